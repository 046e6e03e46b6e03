"""Records with a total over other records, such as the score of a questionnaire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.match import match
from trialkit.model import Model
from trialkit.numerals import as_text, to_text
from trialkit.problems import Kind
from trialkit.records import NONE, Records
from trialkit.rule import ColumnName, Condition, RecordRule, Reference
from trialkit.rules.blankkeys import BLANKS, Blanks, keys_of
from trialkit.rules.choose import Outcome
from trialkit.rules.evaluate import as_number, missing_like
from trialkit.steps import ColumnNames, below, fill, marked, merged_lineage

TWICE = Kind("ROW-030", "an item stands twice in a total", "Drop the duplicate records before.")
NO_MAXIMUM = Kind("ROW-031", "an item without a maximum", "Add the item to the table of maxima.")

Numbers = npt.NDArray[np.float64]
MEMBER = np.int32(-2)  # a total is marked by its number, a record that it adds by -2 minus that number


class Maxima(Model):
    """The largest value of each item, and the maximum of the scale.

    >>> Maxima(table="ADASMAX", item="QSTESTCD", maximum="MAX", to=70).to
    70.0
    """

    table: str = Field(description="table of the study")
    item: str = Field(description="its column with the items' names")
    maximum: str = Field(description="its column with the items' largest values")
    to: float = Field(description="maximum of the whole scale")

    def sentence(self) -> str:
        """Say what a total is multiplied by.

        >>> Maxima(table="ADASMAX", item="QSTESTCD", maximum="MAX", to=70).sentence()
        "70 and divided by the sum of the items' MAX in ADASMAX, by QSTESTCD"
        """
        largest = f"the items' {self.maximum} in {self.table}, by {self.item}"
        return f"{to_text(self.to)} and divided by the sum of {largest}"


class Total(RecordRule):
    """A record for each {by} with the sum of {total}[ where {where}], of {at_least} values or more.

    The new records stand below the others. They have the columns of ``by``, the total and what is ``set``;
    all other columns are missing. They come from the rows of all records of their group.

    Blank values do not count. With fewer than ``at_least`` values there is no record, or one with a
    missing total (``short: missing``). ``prorate_to`` multiplies the sum by that number of items and divides
    by the number of values; ``maxima`` multiplies by the maximum of the scale and divides by the sum
    of the largest values of the items that have one.

    >>> Total(total="RESULT", by=["SUBJECT", "VISIT"], where="CAT == 'A'").sentence()
    "A record for each SUBJECT, VISIT with the sum of RESULT where CAT == 'A', of 1 values or more."
    """

    value: ColumnName = Field(alias="total", description="the values to add; texts must be plain numbers")
    by: ColumnNames = Field(min_length=1, description="one total for each combination")
    where: Condition | None = Field(None, description="the records to add; default: all")
    item: ColumnName = Field(
        "", description="the column with the items' names; an item may stand once in a total"
    )
    into: str = Field("", description="column with the total; default: that of the values")
    values: dict[str, Outcome] = Field({}, alias="set", description="what the new records have, by column")
    blanks: Blanks = Field("error", description=BLANKS)
    at_least: int = Field(1, ge=1, description="how many values a total needs")
    short: Literal["none", "missing"] = Field(
        "none", description="with fewer values: no record, or a missing total"
    )
    prorate_to: int | None = Field(None, ge=1, description="number of items of the whole scale")
    maxima: Maxima | None = Field(None, description="largest value of each item; needs `item`")

    also: ClassVar[str] = (
        "[{short=missing}, else missing][, times {prorate_to} and divided by the number of values]"
        "[, times {maxima}][, into {into}][, each {item} once][; with {set}]"
        "[{blanks=apart}; a blank is a key of its own][{blanks=together}; blanks are a key]"
    )
    example: ClassVar[str] = """\
- total: RESULT
  by: [SUBJECT, VISIT, QSDAT]
  where: RESULT != '' and QSTESTCD != 'ACITM14'
  item: QSTESTCD
  set: {QSTESTCD: ACTOT}
  maxima: {table: ADASMAX, item: QSTESTCD, maximum: MAXIMUM, to: 70}
"""

    @model_validator(mode="after")
    def _one_scale(self) -> Total:
        if self.maxima and (self.prorate_to or not self.item):
            raise ValueError("`maxima` needs `item` and excludes `prorate_to`")
        return self

    def references(self) -> Iterator[Reference]:
        """Name the columns, and those of the table of maxima.

        >>> [one.column for one in Total(total="RESULT", by="VISIT").references()]
        ['RESULT', 'VISIT']
        """
        yield from super().references()
        if self.maxima:
            for column in ("", self.maxima.item, self.maxima.maximum):
                yield Reference(column, self.maxima.table, self.place("maxima"))

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Add the column of the total and those that are set.

        >>> sorted(Total(total="A", by="B", into="SUM").columns(frozenset({"A", "B"}), {}))
        ['A', 'B', 'SUM']
        """
        return before | {self.into or self.value, *self.values}

    def apply(self, records: Records, context: Context) -> Records:
        """Add the totals.

        >>> from trialkit.samples import sample_context
        >>> records = Records.start("QS", {"A": Column.text(["1", "2"]), "B": Column.text(["x", "x"])}, 2)
        >>> made = Total(total="A", by="B").apply(records, sample_context(records, "QS"))
        >>> made.columns["A"].objects().tolist(), made.rows["QS"].tolist(), made.many[0].row.tolist()
        (['1', '2', '3'], [0, 1, -1], [0, 1])
        """
        mask = context.mask(self.where) if self.where else np.ones(records.count, bool)
        chosen = records.columns[self.value].take_or_missing(np.where(mask, np.arange(records.count), -1))
        values = as_number(chosen, context, self).objects()
        answered = mask & ~np.isnan(values)
        keys = keys_of(self, self.blanks, self.by, records, context, among=mask)
        self._check_items(answered, keys, records, context)
        members = np.flatnonzero(mask)
        inner, first = combine([key.take(members) for key in keys], len(members))
        group = np.full(records.count, -1, np.int32)
        group[members] = inner
        total, enough = self._totals(values, answered, group, len(first), context)
        kept = np.ones(len(first), bool) if self.short == "missing" else enough
        number = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)  # the last stands for group -1
        number = number[group].astype(np.int32)
        made = self._records(records, number, members[first[kept]], total[kept], context)
        made = fill(made, self.values, context)
        added = answered & (number >= 0)
        told = marked(records, np.where(added, MEMBER - number, NONE), context)
        return below([told, marked(made, np.arange(made.count, dtype=np.int32), context)], self)

    def _check_items(self, answered: Mask, by: list[Column], records: Records, context: Context) -> None:
        if not self.item:
            return
        places = np.flatnonzero(answered)
        item = records.columns[self.item]
        group, _ = combine([key.take(places) for key in (*by, item)], len(places))
        twice = np.zeros(records.count, bool)
        twice[places[np.bincount(group)[group] > 1]] = True
        context.report(TWICE, "an item stands more than once in a total", twice, item, self)

    def _totals(
        self, values: Numbers, answered: Mask, group: npt.NDArray[Any], groups: int, context: Context
    ) -> tuple[Numbers, Mask]:
        """Give the total of each group, and which groups have enough values."""
        mine = group[answered]
        count = np.bincount(mine, minlength=groups)
        total = np.bincount(mine, values[answered], groups).astype(np.float64)
        enough = count >= self.at_least
        over: Numbers = np.ones(groups)
        if self.maxima:
            over = np.bincount(mine, self._maximum(answered, context), groups).astype(np.float64)
            total = total * self.maxima.to
        elif self.prorate_to:
            over, total = count.astype(np.float64), total * self.prorate_to
        with np.errstate(divide="ignore", invalid="ignore"):
            total = np.where(enough & (over > 0), total / over, np.nan)
        return total, enough

    def _maximum(self, answered: Mask, context: Context) -> Numbers:
        """Look up the largest value of the item of each record that counts."""
        assert self.maxima is not None
        table, items = context.table(self.maxima.table), context.column(self.item)
        found = match([items], len(items), [table.columns[self.maxima.item]], table.count).first()
        largest = as_number(table.columns[self.maxima.maximum], context, self)
        numbers = largest.take_or_missing(found).objects()
        context.report(NO_MAXIMUM, "an item has no maximum", answered & np.isnan(numbers), items, self)
        return np.asarray(np.nan_to_num(numbers[answered]), np.float64)

    def _records(
        self,
        records: Records,
        group: npt.NDArray[Any],
        first: npt.NDArray[Any],
        total: Numbers,
        context: Context,
    ) -> Records:
        into = self.into or self.value
        rows, many = merged_lineage(records, group, first, context.step)
        columns = {name: records.columns[name].take(first) for name in self.by}
        made = Column.numbers(total)
        as_it_is = into in records.columns and records.columns[into].kind == "text"
        columns[into] = as_text(made) if as_it_is else made
        item = missing_like("text", len(first)) if records.item is not None else None
        return Records(columns, len(first), rows, item, many)
