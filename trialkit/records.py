"""Records: columns of one length, and for each record the rows it came from."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from trialkit.column import Column

Rows: TypeAlias = npt.NDArray[np.int32]
NONE = np.int32(-1)


@dataclass(frozen=True, eq=False, slots=True)
class Many:
    """Records made from several rows of one source: pairs of record and row.

    Where ``source`` begins with # it is a key of ``Records.rows``, which has the number of a list for
    each record, and the pairs are of the number of a list and a row.

    >>> Many("LB", np.array([0, 0]), np.array([3, 4])).source
    'LB'
    """

    source: str
    record: Rows
    row: Rows

    @property
    def is_list(self) -> bool:
        """Say whether the pairs are lists that records name by number.

        >>> Many("#EX@CUMDOSE", np.array([0]), np.array([3])).is_list
        True
        """
        return self.source.startswith("#")

    def take(self, places: npt.NDArray[np.integer[Any]]) -> Many:
        """Follow the records to their new places; lists stay.

        >>> Many("LB", np.array([0, 1]), np.array([3, 4])).take(np.array([1])).row.tolist()
        [4]
        """
        if self.is_list:
            return self
        order = np.argsort(places, kind="stable")
        sorted_places = np.asarray(places)[order]
        left = np.searchsorted(sorted_places, self.record, "left")
        times = np.searchsorted(sorted_places, self.record, "right") - left
        start = np.repeat(left - np.r_[0, np.cumsum(times)[:-1]], times) if len(times) else left
        record = order[start + np.arange(int(times.sum()))] if times.sum() else np.empty(0, np.int64)
        return Many(self.source, record.astype(np.int32), np.repeat(self.row, times).astype(np.int32))


class Taken(Mapping[str, Column]):
    """Some rows of columns, each taken when it is first asked for: most columns of wide rows never are.

    >>> taken = Taken({"A": Column.text(["x", "y"])}, np.array([1]))
    >>> taken["A"].objects().tolist(), len(taken)
    (['y'], 1)
    """

    def __init__(self, columns: Mapping[str, Column], places: npt.NDArray[np.integer[Any]]) -> None:
        self._columns = columns
        self._places = places
        self._made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            self._made[name] = self._columns[name].take(self._places)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


@dataclass(frozen=True, eq=False, slots=True)
class Records:
    """Records at hand: their columns, how many there are, and where each came from.

    Args:
        columns: by name, each of ``count`` rows.
        count: number of records.
        rows: for each source table the row that a record came from, -1 for none; shape (count,).
        item: the raw column that a record was gathered from, "" for none.
        many: pairs for records that were made from several rows.

    >>> Records.start("DM", {"SEX": Column.text(["M", "F"])}, 2).rows["DM"].tolist()
    [0, 1]
    """

    columns: Mapping[str, Column]
    count: int
    rows: Mapping[str, Rows] = field(default_factory=dict)
    item: Column | None = None
    many: tuple[Many, ...] = ()

    @staticmethod
    def start(source: str, columns: Mapping[str, Column], count: int) -> Records:
        """Read a table: one record per row.

        >>> Records.start("DM", {}, 3).count
        3
        """
        return Records(dict(columns), count, {source: np.arange(count, dtype=np.int32)})

    def take(self, places: npt.NDArray[np.integer[Any]] | npt.NDArray[np.bool_]) -> Records:
        """Keep these records, by place or by mask; a place may stand more than once.

        >>> Records.start("DM", {}, 3).take(np.array([2, 0])).rows["DM"].tolist()
        [2, 0]
        """
        chosen = np.flatnonzero(places) if places.dtype == bool else places.astype(np.intp, copy=False)
        return Records(
            Taken(self.columns, chosen),
            len(chosen),
            {name: rows[chosen] for name, rows in self.rows.items()},
            self.item.take(chosen) if self.item else None,
            tuple(many.take(chosen) for many in self.many),
        )

    def with_columns(self, columns: Mapping[str, Column]) -> Records:
        """Add or replace columns.

        >>> list(Records.start("DM", {}, 1).with_columns({"A": Column.text(["x"])}).columns)
        ['A']
        """
        return replace(self, columns=ChainMap(dict(columns), self.columns))  # type: ignore[arg-type]

    def settled(self) -> Records:
        """Take every column now, so that what they were taken from can be forgotten.

        >>> Records.start("DM", {"A": Column.text(["x"])}, 1).take(np.array([0])).settled().columns.keys()
        dict_keys(['A'])
        """
        return replace(self, columns=dict(self.columns))

    def with_rows(self, source: str, rows: Rows) -> Records:
        """Note that each record also came from a row of another source.

        >>> Records.start("DM", {}, 1).with_rows("EX", np.array([4])).rows["EX"].tolist()
        [4]
        """
        return replace(self, rows={**self.rows, source: rows})

    def used(self, source: str, size: int) -> npt.NDArray[np.bool_]:
        """Mark which rows of a source stand behind a record; shape (size,).

        >>> Records.start("DM", {}, 3).take(np.array([1])).used("DM", 3).tolist()
        [False, True, False]
        """
        mark = np.zeros(size, bool)
        rows = self.rows.get(source, np.empty(0, np.int32))
        mark[rows[rows >= 0]] = True
        for many in self.many:
            if many.source == source:
                mark[many.row] = True
        return mark

    def sources(self) -> list[str]:
        """Name the sources behind the records.

        >>> Records.start("DM", {}, 1).sources()
        ['DM']
        """
        return sorted({*self.rows, *(many.source for many in self.many)})


def stack(parts: Sequence[Records]) -> Records:
    """Put records below each other; a column that a part lacks is missing there.

    The sources that the parts begin with stay before those that were joined to them.

    >>> a, b = Records.start("A", {"X": Column.text(["1"])}, 1), Records.start("B", {}, 1)
    >>> both = stack([a, b])
    >>> both.columns["X"].objects().tolist(), both.rows["A"].tolist()
    (['1', ''], [0, -1])
    """
    if len(parts) == 1:
        return parts[0]
    parts = _renumbered(parts)
    starts = np.cumsum([0, *(part.count for part in parts)])
    names = dict.fromkeys(name for part in parts for name in part.columns)
    mains = [name for part in parts for name in list(part.rows)[:1]]
    sources = dict.fromkeys([*mains, *(name for part in parts for name in part.rows)])
    many = [
        pair if pair.is_list else Many(pair.source, (pair.record + start).astype(np.int32), pair.row)
        for part, start in zip(parts, starts, strict=False)
        for pair in part.many
    ]
    item = None
    if any(part.item is not None for part in parts):
        item = Column.concat([part.item or Column.constant("", part.count) for part in parts])
    return Records(
        {name: Column.concat([_column(part, name, parts) for part in parts]) for name in names},
        int(starts[-1]),
        {
            name: np.concatenate([part.rows.get(name, np.full(part.count, NONE, np.int32)) for part in parts])
            for name in sources
        },
        item,
        tuple(many),
    )


def _renumbered(parts: Sequence[Records]) -> list[Records]:
    """Number the lists of all parts anew, so that no two have one number.

    Parts that were made from the same records have the same lists: those stay as they are, and stand once.
    Else each record that a step adds would double the lists of all records.
    """
    sizes: dict[tuple[str, tuple[int, ...]], int] = {}
    for part in parts:
        for same, lists in _lists(part).items():
            numbers = [part.rows.get(same[0], np.empty(0, np.int32)), *(pair.record for pair in lists)]
            sizes[same] = max(sizes.get(same, 0), *(int(one.max(initial=-1)) + 1 for one in numbers))
    starts: dict[tuple[str, tuple[int, ...]], int] = {}
    used: dict[str, int] = {}
    for same, size in sizes.items():
        starts[same] = used.get(same[0], 0)
        used[same[0]] = starts[same] + size
    return [_numbered(part, starts, sizes) for part in parts]


def _lists(part: Records) -> dict[tuple[str, tuple[int, ...]], list[Many]]:
    """Give the lists of a part by source, and by which they are: parts of one origin have the same ones."""
    found: dict[str, list[Many]] = {}
    for pair in part.many:
        if pair.is_list and len(pair.record):
            found.setdefault(pair.source, []).append(pair)
    # a step hands on the lists that it does not change as the same objects, and all parts hold theirs while
    # they are compared: two of one id are one. Numbers follow the order of the parts, never that of ids.
    return {(source, tuple(map(id, lists))): lists for source, lists in found.items()}


def _numbered(part: Records, starts: Mapping[Any, int], first: dict[Any, int]) -> Records:
    """Move the numbers of a part's lists; only the first part that has some keeps them."""
    rows, many = dict(part.rows), [pair for pair in part.many if not pair.is_list]
    mine = _lists(part)
    for key in [key for key in rows if key.startswith("#") and "@" in key]:
        if not any(key == source for source, _ in mine):  # the numbers of empty lists may be those of others
            rows[key] = np.full_like(rows[key], NONE)
    for same, lists in mine.items():
        start, numbers = starts[same], rows.get(same[0], np.empty(0, np.int32))
        rows[same[0]] = np.where(numbers < 0, numbers, numbers.astype(np.int32) + np.int32(start))
        if first.pop(same, None) is not None:
            moved = [replace(pair, record=(pair.record + start).astype(np.int32)) for pair in lists]
            many += moved if start else lists
    return replace(part, rows=rows, many=tuple(many))


def _column(part: Records, name: str, parts: Sequence[Records]) -> Column:
    if name in part.columns:
        return part.columns[name]
    kind = next(other.columns[name].kind for other in parts if name in other.columns)
    return Column.constant("" if kind == "text" else float("nan"), part.count)


def narrow(rows: npt.NDArray[np.integer[Any]]) -> Rows:
    """Keep row numbers in as few bytes as they need; most that decide a value are of small tables.

    >>> narrow(np.array([-1, 7])).dtype, narrow(np.array([0, 200])).dtype
    (dtype('int8'), dtype('int16'))
    """
    most = max(int(rows.max(initial=0)), -int(rows.min(initial=0)))
    return rows.astype(np.min_scalar_type(-most - 1))


def source_of(key: str) -> str:
    """Give the source whose rows a key of ``Records.rows`` has; "" for other numbers.

    >>> source_of("EX@RFSTDTC"), source_of("LB"), source_of("#DSCAT"), source_of("#EX@CUMDOSE")
    ('EX', 'LB', '', '')
    """
    return key.split("@")[0] if not key.startswith("#") else ""


def is_main(key: str) -> bool:
    """Say whether rows are the records' own, not those that decided one value.

    >>> is_main("LB"), is_main("EX@RFSTDTC")
    (True, False)
    """
    return "@" not in key and not key.startswith("#")


def variable_of(key: str) -> str:
    """Give the variable whose value these rows or branches decided; "" for the records' own rows.

    >>> variable_of("EX@RFSTDTC~2"), variable_of("#DSCAT"), variable_of("#EX@CUMDOSE"), variable_of("LB")
    ('RFSTDTC', 'DSCAT', 'CUMDOSE', '')
    """
    base = key.split("~")[0]
    return base.partition("@")[2] or (base[1:] if base.startswith("#") else "")
