"""Cells at fault: where in the raw files, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trialkit.column import Column
from trialkit.records import Records, Rows, is_main


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """The cells behind one problem, one per record at fault.

    Args:
        rows: for each main source the row of it, -1 for none; shape (cells,) each.
        item: the raw column that each record was gathered from.
        values: the offending values; subject data, never for logs.
        subject: the subject of each cell where it is known.
        records: the place of each cell's record in the finished dataset, when it is finished.

    >>> Cells({}, None, Column.text(["x"]), None).values.objects().tolist()
    ['x']
    """

    rows: dict[str, Rows]
    item: Column | None
    values: Column
    subject: Column | None
    records: Rows | None = None

    @staticmethod
    def of(records: Records, values: Column, mask: np.ndarray, subject: Column | None) -> Cells:
        """Take the marked records.

        >>> records = Records.start("LB", {}, 2)
        >>> cells = Cells.of(records, Column.text(["a", "b"]), np.array([False, True]), None)
        >>> cells.rows["LB"].tolist()
        [1]
        """
        chosen = np.flatnonzero(mask)
        rows = {key: value[chosen] for key, value in records.rows.items() if is_main(key)}
        item = records.item.take(chosen) if records.item is not None else None
        return Cells(rows, item, values.take(chosen), subject.take(chosen) if subject is not None else None)

    def among(self, records: Records) -> np.ndarray:
        """Mark the records that these cells are in; shape (records,).

        A record is known by its own rows in the main sources and by the column it was gathered from.

        >>> records = Records.start("LB", {}, 3)
        >>> cells = Cells.of(records, Column.text(["a", "b", "c"]), np.array([False, True, False]), None)
        >>> cells.among(records).tolist()
        [False, True, False]
        """
        found = np.full(records.count, bool(self.rows))
        for key, rows in self.rows.items():
            found &= np.isin(records.rows[key], rows) if key in records.rows else False
        near = np.flatnonzero(found)
        mine = set(_identities(self.rows, self.item, np.arange(len(self.values))))
        for place, one in zip(near, _identities(records.rows, records.item, near, [*self.rows]), strict=True):
            found[place] = one in mine
        return found


def _identities(
    rows: Mapping[str, Rows], item: Column | None, places: np.ndarray, keys: Sequence[str] = ()
) -> Iterator[tuple[object, ...]]:
    parts: list[list[object]] = [rows[key][places].tolist() for key in keys or rows]
    parts.append(item.take(places).objects().tolist() if item is not None else [""] * len(places))
    return zip(*parts, strict=True)
