"""Wide to long: the columns of a row become records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from trialkit.column import Column, Mask
from trialkit.context import NO_COLUMN, Context
from trialkit.problems import Exit, Kind, Place, Problem, Refusal, did_you_mean
from trialkit.records import Records
from trialkit.rule import RecordRule, Reference
from trialkit.steps import Pairs, as_list, marked

MIXED = Kind(
    "ROW-013", "texts and numbers in one gathered column", "Gather columns of one type.", exit=Exit.SPEC
)


class Item(NamedTuple):
    """One item of a row: its key, its raw columns, and where the spec names it.

    >>> Item("SYSBP", ["SYS_BP"], Place()).key
    'SYSBP'
    """

    key: str
    columns: list[str]
    place: Place


class Gather(RecordRule):
    """One record for each item of a row, with {into} and the item's name in {key}: {gather}.

    An item is one raw column, or a group of columns such as result, unit and limits; the first is its
    result. Items stand in the rule, or in a table of the study whose column ``key`` has their names; then
    ``into`` says for each new column which column of the table holds the raw column's name. A blank
    name means that the item has no such column. Records are in the order of the rows, then of the items.
    All columns of the row stay with each record, and lineage keeps the result's raw column.

    Blank items: ``drop`` leaves out those without a result, ``drop_if_all`` those of which all columns
    are blank, ``keep`` none. A row without any item goes to the ledger.

    >>> Gather(gather={"SYSBP": "SYS_BP"}, key="VSTESTCD", into="RESULT").sentence()
    "One record for each item of a row, with RESULT and the item's name in VSTESTCD: SYSBP: SYS_BP."
    """

    items: dict[str, str | list[str]] | str = Field(
        alias="gather", description="raw column or columns of each item, or the table that lists them"
    )
    name: str = Field(
        alias="key", description="new column with the item's name; in the table, the column with the names"
    )
    into: Pairs = Field(
        description="new columns, in the order of an item's raw columns; the first is the result"
    )
    blank: Literal["drop", "drop_if_all", "keep"] = Field(
        "drop", description="which blank items are left out"
    )
    reason: str = Field("no item has a value", min_length=1, description="why a row has no record at all")

    also: ClassVar[str] = (
        "[{blank=keep}, with blank items][{blank=drop_if_all}, but for items without any value]"
    )
    example: ClassVar[str] = """\
- gather: {SYSBP: SYS_BP, DIABP: DIA_BP}
  key: VSTESTCD
  into: RESULT
- gather:
    ALT: [ALT, ALT_UNIT]
    AST: [AST, AST_UNIT]
  key: LBTESTCD
  into: [RESULT, UNIT]
- gather: LABITEMS
  key: LBTESTCD
  into: {RESULT: RAWRESULT, UNIT: RAWUNIT}
  blank: drop_if_all
"""

    @model_validator(mode="after")
    def _columns_fit(self) -> Gather:
        named = self.items.items() if isinstance(self.items, dict) else ()
        wrong = [key for key, columns in named if len(as_list(columns)) != len(self.into)]
        if wrong:
            said = "each item needs as many columns as `into` names: "
            raise ValueError(f"{said}{len(self.into)}, not so {', '.join(wrong)}")
        if self.name in self.into or not self.into:
            raise ValueError("`into` needs names of its own, other than `key`")
        return self

    def references(self) -> Iterator[Reference]:
        """Name the raw columns of the items, or the table and its columns.

        >>> gather = Gather(gather="ITEMS", key="TESTCD", into={"RESULT": "RAW"})
        >>> [(one.table, one.column) for one in gather.references()]
        [('ITEMS', ''), ('ITEMS', 'TESTCD'), ('ITEMS', 'RAW')]
        """
        place = self.place("gather")
        if isinstance(self.items, str):
            for column in ("", self.name, *self.into.values()):
                yield Reference(column, self.items, place)
            return
        for columns in self.items.values():
            yield from (Reference(name, place=place) for name in as_list(columns) if name)

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Add the new columns.

        >>> gather = Gather(gather={"SYSBP": "SYS_BP"}, key="TEST", into="RESULT")
        >>> sorted(gather.columns(frozenset({"SYS_BP"}), {}))
        ['RESULT', 'SYS_BP', 'TEST']
        """
        return before | {self.name, *self.into}

    def apply(self, records: Records, context: Context) -> Records:
        """Make the records.

        Raises:
            Refusal: SPEC-020 for raw columns that the table names and the records lack; ROW-013.

        >>> from trialkit.samples import sample_context
        >>> records = Records.start("VS", {"A": Column.text(["1", ""]), "B": Column.text(["2", "3"])}, 2)
        >>> gather = Gather(gather={"X": "A", "Y": "B"}, key="TEST", into="RESULT")
        >>> made = gather.apply(records, sample_context(records, "VS"))
        >>> made.columns["RESULT"].objects().tolist(), made.rows["VS"].tolist()
        (['1', '2', '3'], [0, 0, 1])
        """
        items = self.listed(context)
        parts = [
            _interleaved(self._wanted(number, items, records), records.count)
            for number in range(len(self.into))
        ]
        kept = self._kept(parts)
        count = kept.sum(axis=1)
        if not count.all():
            context.store.ledger.exclude(context.dataset, records, count == 0, self.reason, self.place())
        item = np.broadcast_to(np.arange(len(items), dtype=np.int32), kept.shape)[kept]
        made = {
            name: Column(part.values, part.codes[kept]) for name, part in zip(self.into, parts, strict=True)
        }
        made[self.name] = Column(_objects([one.key for one in items]), item).unified()
        source = Column(_objects([one.columns[0] for one in items]), item)
        gathered = records.take(np.repeat(np.arange(records.count), count)).with_columns(made)
        return marked(replace(gathered, item=source), item, context)

    def listed(self, context: Context) -> list[Item]:
        """List the items, from the rule or from the table.

        >>> from trialkit.samples import sample_context
        >>> gather = Gather(gather={"SYSBP": "SYS_BP"}, key="TEST", into="RESULT")
        >>> gather.listed(sample_context(Records({}, 0), "VS"))[0].columns
        ['SYS_BP']
        """
        if isinstance(self.items, dict):
            place = self.place("gather")
            return [Item(key, as_list(columns), place) for key, columns in self.items.items()]
        table, raw = context.table(self.items), context.store.raw.get(self.items)
        keys = table.columns[self.name].objects().tolist()
        groups = zip(*(table.columns[name].objects().tolist() for name in self.into.values()), strict=True)
        return [
            Item(key, list(group), raw.spot(row, self.name) if raw else self.place("gather"))
            for row, (key, group) in enumerate(zip(keys, groups, strict=True))
        ]

    def _wanted(self, number: int, items: list[Item], records: Records) -> list[Column]:
        """Give one of the columns of every item; a blank name gives missing values."""
        names = {one.columns[number]: one.place for one in items if one.columns[number]}
        wrong = [
            Problem(NO_COLUMN, f"unknown column '{name}'", place, hint=did_you_mean(name, records.columns))
            for name, place in names.items()
            if name not in records.columns
        ]
        kinds = {records.columns[name].kind for name in names if name in records.columns}
        if len(kinds) > 1:
            wrong.append(
                Problem(MIXED, "texts and numbers are gathered into one column", self.place("gather"))
            )
        if wrong:
            raise Refusal(wrong)
        nothing = Column.constant(np.nan if "number" in kinds else "", records.count)
        return [records.columns[one.columns[number]] if one.columns[number] else nothing for one in items]

    def _kept(self, parts: list[Column]) -> Mask:
        """Mark the items that become records; shape (rows, items)."""
        if self.blank == "keep":
            return np.ones(parts[0].codes.shape, bool)
        judged = parts if self.blank == "drop_if_all" else parts[:1]
        return np.asarray(np.any([~_blank(part) for part in judged], axis=0), bool)


def _blank(part: Column) -> Mask:
    """Mark the blank cells; the part's values are distinct, so one code stands for blank."""
    nothing = np.flatnonzero(part.values == "" if part.kind == "text" else np.isnan(part.values))
    return np.asarray(part.codes == (nothing[0] if len(nothing) else -1), bool)


def _interleaved(columns: Sequence[Column], rows: int) -> Column:
    """Put columns side by side, coded by one table of distinct values; codes have shape (rows, items)."""
    codes = np.empty((rows, len(columns)), np.int32)
    if not columns:
        return Column(_objects([]), codes)
    whole = Column(
        np.concatenate([column.values for column in columns]),
        np.arange(sum(len(column.values) for column in columns), dtype=np.int32),
    ).unified()
    start = 0
    for number, column in enumerate(columns):
        codes[:, number] = whole.codes[start + column.codes]
        start += len(column.values)
    return Column(whole.values, codes)


def _objects(texts: Sequence[str]) -> npt.NDArray[Any]:
    made = np.empty(len(texts), object)
    made[:] = texts
    return made
