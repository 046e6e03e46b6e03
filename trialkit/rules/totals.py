"""Records with a total over other records, such as the score of a questionnaire."""

from __future__ import annotations

import math
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
from trialkit.rounding import round_half
from trialkit.rule import ColumnName, Condition, RecordRule, Reference
from trialkit.rules.blankkeys import BLANKS, Blanks, keys_of
from trialkit.rules.choose import Outcome
from trialkit.rules.evaluate import (
    Invalid,
    Least,
    as_number,
    least_of,
    missing_like,
    severity_of,
    to_numbers,
)  # fmt: skip
from trialkit.steps import ColumnNames, below, fill, marked, merged_lineage

TWICE = Kind("ROW-030", "an item stands twice in a total", "Drop the duplicate records before.")
NO_MAXIMUM = Kind("ROW-031", "an item without a maximum", "Add the item to the table of maxima.")
OUTSIDE = Kind(
    "ROW-032", "a value is outside the range of its item", "Query the site, or say in `invalid` what it does."
)
TOO_MANY = Kind(
    "ROW-033",
    "a total has more values than the scale has items",
    "Leave out what is no item, such as a total on the form, with `where`; or correct the number of items.",
)

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


class Scale(Model):
    """The range of every item, and the maximum of the scale, which begins at 0.

    >>> Scale(low=1, high=5).sentence()
    '0 to 100, from items of 1 to 5'
    """

    low: float = Field(0.0, description="lowest value of an item")
    high: float = Field(description="highest value of an item")
    to: float = Field(100.0, gt=0, description="maximum of the scale")

    @model_validator(mode="after")
    def _rising(self) -> Scale:
        if not -math.inf < self.low < self.high < math.inf:
            raise ValueError("`high` must be above `low`")
        return self

    def sentence(self) -> str:
        """Say from what to what values go.

        >>> Scale(high=4).sentence()
        '0 to 100, from items of 0 to 4'
        """
        return f"0 to {to_text(self.to)}, from items of {to_text(self.low)} to {to_text(self.high)}"


class Total(RecordRule):
    """A record for each {by} with the sum of {total}[ where {where}], of {at_least} values or more.

    The new records stand below the others. They have the columns of ``by``, the total and what is ``set``;
    all other columns are missing. They come from the rows of all records of their group.

    Blank values do not count. With fewer than ``at_least`` values there is no record, or one with a
    missing total (``short: missing``). ``prorate_to`` multiplies the sum by that number of items and divides
    by the number of values; ``maxima`` multiplies by the maximum of the scale and divides by the sum
    of the largest values of the items that have one. ``scale`` gives the mean of the items as a part of their
    range. With ``impute: mean`` each of the ``items`` that has no value counts with the mean of those that
    have one, rounded half up to ``decimals``, if need be; where nothing is rounded that is proration.

    A value outside the range of its item (``scale``, ``maxima``) is an error (ROW-032); with
    ``invalid: query`` or ``missing`` it does not count.

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
    items: int | None = Field(None, ge=1, description="number of items of the whole scale")
    at_least: Least = Field(
        1, description="how many values a total needs: a number, or a part of `items` such as 50%"
    )
    short: Literal["none", "missing"] = Field(
        "none", description="with fewer values: no record, or a missing total"
    )
    prorate_to: int | None = Field(None, ge=1, description="number of items of the whole scale")
    maxima: Maxima | None = Field(None, description="largest value of each item; needs `item`")
    scale: Scale | None = Field(
        None,
        description="{low, high, to}: range of the items, and the maximum of a scale from 0, by default 100",
    )
    impute: Literal["", "mean"] = Field(
        "", description="items without a value have the mean of the others: mean"
    )
    decimals: int | None = Field(None, ge=0, le=8, description="of an imputed value; default: not rounded")
    invalid: Invalid = Field(
        "error", description="a value outside the range of its item: error, query, missing"
    )

    also: ClassVar[str] = (
        "[{short=missing}, else missing][, times {prorate_to} and divided by the number of values]"
        "[, times {maxima}][, items without a value imputed by the {impute} of the others]"
        "[ in {decimals} decimals][, scaled to {scale}][, into {into}][, each {item} once][; with {set}]"
        "[{blanks=apart}; a blank is a key of its own][{blanks=together}; blanks are a key]"
    )
    example: ClassVar[str] = """\
- total: RESULT
  by: [SUBJECT, VISIT, QSDAT]
  where: RESULT != '' and QSTESTCD != 'ACITM14'
  item: QSTESTCD
  set: {QSTESTCD: ACTOT}
  maxima: {table: ADASMAX, item: QSTESTCD, maximum: MAXIMUM, to: 70}
- total: QSSTRESN
  by: [USUBJID, QSSCAT, VISITNUM]
  item: QSTESTCD
  into: AVAL
  items: 10
  at_least: 50%
  scale: {low: 0, high: 4}
  set: {PARAMCD: ALSQMOBP}
- total: QSSTRESN
  by: [USUBJID, VISITNUM]
  items: 28
  at_least: 26
  impute: mean
  decimals: 0
  set: {PARAMCD: ROADRAWI}
"""

    @model_validator(mode="after")
    def _one_scale(self) -> Total:
        if self.maxima and (self.prorate_to or not self.item):
            raise ValueError("`maxima` needs `item` and excludes `prorate_to`")
        if sum(map(bool, (self.maxima, self.prorate_to, self.scale))) > 1:
            raise ValueError("`scale`, `maxima` and `prorate_to` exclude each other")
        if not self.items and (self.impute or isinstance(self.at_least, str)):
            raise ValueError("`impute` and a percentage need `items`")
        if self.impute and (self.maxima or self.prorate_to):
            raise ValueError("`impute` excludes `maxima` and `prorate_to`")
        if self.decimals is not None and not self.impute:
            raise ValueError("`decimals` goes with `impute`")
        if self.items and self.least > self.items:
            raise ValueError(f"there are only {self.items} items")
        return self

    @property
    def least(self) -> int:
        """Say how many values a total needs.

        >>> Total(total="A", by="B", items=7, at_least="50%").least
        4
        """
        return least_of(self.at_least, self.items or 0)

    def told(self) -> dict[str, str]:
        """Write a percentage as the number that it is.

        >>> Total(total="A", by="B", items=7, at_least="50%").sentence()
        'A record for each B with the sum of A, of 4 (50% of 7) values or more.'
        """
        part = f" ({self.at_least} of {self.items})" if isinstance(self.at_least, str) else ""
        return {**super().told(), "at_least": f"{self.least}{part}"}

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
        answered = self._counting(mask & ~np.isnan(values), values, chosen, context)
        keys = keys_of(self, self.blanks, self.by, records, context, among=mask)
        self._check_items(answered, keys, records, context)
        members = np.flatnonzero(mask)
        inner, first = combine([key.take(members) for key in keys], len(members))
        group = np.full(records.count, -1, np.int32)
        group[members] = inner
        self._check_size(answered, group, records.columns[self.item or self.value], context)
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

    def _check_size(self, answered: Mask, group: npt.NDArray[Any], shown: Column, context: Context) -> None:
        """Report the values of groups that have more of them than the whole scale has items."""
        # a scale of one item is the mean of however many values there are
        size = self.items or self.prorate_to or 1
        if size > 1:
            count = np.bincount(group[answered], minlength=int(group.max(initial=0)) + 1)
            many = answered & (count[np.maximum(group, 0)] > size)
            context.report(TOO_MANY, f"a total has more than {size} values", many, shown, self)

    def _totals(
        self, values: Numbers, answered: Mask, group: npt.NDArray[Any], groups: int, context: Context
    ) -> tuple[Numbers, Mask]:
        """Give the total of each group, and which groups have enough values."""
        mine = group[answered]
        count = np.bincount(mine, minlength=groups)
        total = np.bincount(mine, values[answered], groups).astype(np.float64)
        enough = count >= self.least
        over: npt.NDArray[Any] = np.ones(groups)
        if self.maxima:
            largest = np.nan_to_num(self._maximum(context)[answered])
            over = np.bincount(mine, largest, groups).astype(np.float64)
            total = total * self.maxima.to
        elif self.prorate_to:
            over, total = count.astype(np.float64), total * self.prorate_to
        elif self.impute:
            total, count = self._imputed(total, count)
        if self.scale:
            low, high = self.scale.low, self.scale.high
            over, total = count * (high - low), (total - count * low) * self.scale.to
        with np.errstate(divide="ignore", invalid="ignore"):
            total = np.where(enough & (over > 0), total / over, np.nan)
        return total, enough

    def _imputed(self, total: Numbers, count: npt.NDArray[Any]) -> tuple[Numbers, npt.NDArray[Any]]:
        """Add the mean for each item without a value; give the number of values as well."""
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / count
        if self.decimals is not None:
            decimals = self.decimals
            mean = to_numbers(Column.numbers(mean), lambda one: _half_up(one, decimals)).objects()
        lacking = np.maximum((self.items or 0) - count, 0)
        return np.where(count > 0, total + lacking * mean, np.nan), count + lacking

    def _counting(self, answered: Mask, values: Numbers, shown: Column, context: Context) -> Mask:
        """Leave values out that are outside the range of their item."""
        outside = np.zeros(len(values), bool)
        if self.scale:
            outside = answered & ((values < self.scale.low) | (values > self.scale.high))
        elif self.maxima:
            largest = self._maximum(context)
            items = context.column(self.item)
            context.report(NO_MAXIMUM, "an item has no maximum", answered & np.isnan(largest), items, self)
            outside = answered & (values > largest)
        if outside.any() and self.invalid != "missing":
            severity = severity_of(self.invalid)
            context.report(OUTSIDE, OUTSIDE.title, outside, shown, self, severity=severity)
        return answered & ~outside

    def _maximum(self, context: Context) -> Numbers:
        """Look up the largest value of the item of each record; NaN for an item that has none."""
        assert self.maxima is not None
        table, items = context.table(self.maxima.table), context.column(self.item)
        found = match([items], len(items), [table.columns[self.maxima.item]], table.count).first()
        largest = as_number(table.columns[self.maxima.maximum], context, self)
        return np.asarray(largest.take_or_missing(found).objects(), np.float64)

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


def _half_up(value: float, decimals: int) -> float:
    return value if math.isnan(value) else round_half(value, decimals)
