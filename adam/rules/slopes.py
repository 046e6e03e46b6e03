"""Slopes per subject and period by least squares, and their difference between two periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, model_validator

from adam.stats.ols import Lines, ols_by_group
from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.numerals import to_number
from trialkit.problems import Kind
from trialkit.records import NONE, Records
from trialkit.records import stack as stacked
from trialkit.rule import ColumnName, Condition, RecordRule
from trialkit.rules.evaluate import as_number, missing_like
from trialkit.steps import ColumnNames, as_list, as_pairs, merged_lineage

Numbers: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.integer[Any]]

MONTH = 30.4375  # days
DIRECTION = Kind(
    "ADAM-050",
    "nothing says which direction of a scale is better",
    "Give each parameter Y or N in the column that `higher_is_better` names.",
)

OfPeriod: TypeAlias = Literal["slope", "rate", "n", "se", "intercept", "r2", "first", "last", "days"]
Between: TypeAlias = Literal["slope_difference", "slope_slowing", "rate_difference", "rate_slowing"]
ALL_BETWEEN = ("slope_difference", "slope_slowing", "rate_difference", "rate_slowing")


@dataclass(frozen=True, eq=False, slots=True)
class _Cells:
    """One measure of each group: its values, and why one is missing; shapes (groups,)."""

    values: Numbers
    reason: npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False, slots=True)
class _Points:
    """The assessments of all groups and periods.

    Args:
        place: place of each assessment among the records; one of two periods stands twice.
        cell: number of its group and period: group x periods + period.
        valid: whether it has a value and a day.
        groups: number of groups.
        first: for each group one record.
    """

    place: Places
    cell: Places
    valid: Mask
    groups: int
    first: Places


class Slopes(RecordRule):
    """Least squares slope of {slopes} per month of {over}, by {by} and period ({periods}).

    A month is 30.4375 days, and a slope needs ``at_least`` assessments on days ``span`` or more apart.

    The new records take the place of the others: for each combination of `by` one for each period and
    measure, with the period's name in the column `period` and the measure's name in the column `measure`, and
    one for each measure between the first two periods, without a period. They come from the records with a
    value and a day. Days are exact days, not those of the planned visits. Study days have no day 0 and count
    a day too many from before the first dose to after it: where a course begins before the dose, count the
    days of the calendar, with ``let: {DAY: {compute: ADT - TRTSDT + 1}}``.

    Measures of a period: `slope`; its `se`, its `intercept` at day 0 and `r2`; `n`, the number of
    assessments; the `first` and `last` day and the `days` between; and `rate`, the last value minus the
    first one, divided by the months between, which must be `gap` days or more. Of several on one day the
    order of the records decides which one is first or last.

    Measures between the periods: `slope_difference` is the first period's slope minus the second one's, with
    the opposite sign where a lower value is better, so that above 0 the first period is better.
    `slope_slowing` is 100 x (1 - slope of the first / slope of the second), missing where the second one
    shows no worsening. `rate_difference` and `rate_slowing` are the same of the rates.

    What can't be computed is missing, and the column `reason` says why; the record is there in any case.

    >>> Slopes(slopes="AVAL", over="ADY", by="PARAMCD", periods={"1": "ADY < 170"}).at_least
    3
    """

    value: ColumnName = Field(alias="slopes", description="the values")
    over: ColumnName = Field(description="the days: a study day, or a date as a number")
    by: ColumnNames = Field(
        min_length=1, description="a slope for each combination, such as subject and parameter"
    )
    periods: dict[str, Condition] = Field(min_length=1, description="the periods: which records are in each")
    shared: Condition | None = Field(
        None, description="records that count in the period after theirs as well, such as the visit between"
    )
    at_least: int = Field(3, ge=2, description="how many assessments a slope needs")
    span: float = Field(0, ge=0, description="days that must lie between its first and last assessment")
    gap: float = Field(56, ge=1, description="days that must lie between the two values of a rate")
    give: Annotated[list[OfPeriod | Between], BeforeValidator(as_list)] = Field(
        ["slope"], min_length=1, description="the measures"
    )
    extra: Annotated[dict[str, OfPeriod], BeforeValidator(as_pairs)] = Field(
        {}, alias="beside", description="measures of the period beside each value, by column"
    )
    last: ColumnNames = Field(
        [], description="columns that are taken from the last assessment of the period, such as its date"
    )
    higher_is_better: ColumnName = Field(
        "", description="column with Y or N; default: a higher value is better"
    )
    into: str = Field("", description="column with the measure's value; default: that of the values")
    period: str = Field("APERIOD", description="column with the period's name")
    measure: str = Field("MEASURE", description="column with the measure's name")
    reason: str = Field("REASON", description="column that says why a value is missing")

    also: ClassVar[str] = (
        "[, in the next period as well: {shared}], from {at_least} assessments or more"
        "[, {span} days or more apart][: {give}][, rates over {gap} days or more][, beside it {beside}]"
        "[, {last} of the last assessment][, higher is better: {higher_is_better}][, value in {into}]"
        "[, period in {period}][, measure in {measure}]"
    )
    example: ClassVar[str] = """\
- slopes: AVAL
  over: ADY
  by: [USUBJID, PARAMCD]
  periods: {"1": APERIOD == 1, "2": APERIOD == 2}
  shared: AVISITN == 24
  give: [slope, se, slope_difference, slope_slowing]
  beside: {NASSESS: n, AWLO: first, AWHI: last}
  last: ADT
"""

    @model_validator(mode="after")
    def _two_periods(self) -> Slopes:
        if len(self.periods) < 2 and set(self.give) & set(ALL_BETWEEN):
            raise ValueError("a difference or slowing needs two periods")
        return self

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Name the columns of the new records.

        >>> rule = Slopes(slopes="AVAL", over="ADY", by="PARAMCD", periods={"1": "ADY < 170"})
        >>> sorted(rule.columns(frozenset(), {}))
        ['APERIOD', 'AVAL', 'MEASURE', 'PARAMCD', 'REASON']
        """
        made = (self.into or self.value, self.period, self.measure, self.reason)
        return frozenset({*self.by, *made, *self.extra, *self.last})

    def makes(self, *, added: bool) -> dict[str, tuple[str, ...]]:
        """Say that a measure comes from values and days.

        >>> rule = Slopes(slopes="AVAL", over="ADY", by="PARAMCD", periods={"1": "ADY < 170"})
        >>> rule.makes(added=False)["AVAL"]
        ('AVAL', 'ADY')
        """
        both = (self.value, self.over)
        found: dict[str, tuple[str, ...]] = dict.fromkeys((self.into or self.value, *self.extra), both)
        return {**found, **dict.fromkeys((self.period, self.measure, self.reason), both)}

    def apply(self, records: Records, context: Context) -> Records:
        """Put the slopes in place of the records.

        >>> from trialkit.samples import sample_context
        >>> x, y = Column.numbers([0, 30.4375, 60.875]), Column.numbers([9, 8, 7])
        >>> records = Records.start("ADQS", {"ID": Column.text(["a"] * 3), "Y": y, "X": x}, 3)
        >>> rule = Slopes(slopes="Y", over="X", by="ID", periods={"1": "X >= 0"})
        >>> rule.apply(records, sample_context(records)).columns["Y"].objects().tolist()
        [-1.0]
        """
        x, y = (self._numbers(name, records, context) for name in (self.over, self.value))
        points = self._points(records, context, ~(np.isnan(x) | np.isnan(y)))
        used = np.flatnonzero(points.valid)
        place = points.place[used]
        size = points.groups * len(self.periods)
        lines = ols_by_group(points.cell[used], x[place], y[place], size)
        first, last = _ends(points.cell[used], x[place], lines.n)
        cells = self._measured(lines, np.append(y[place], np.nan)[last] - np.append(y[place], np.nan)[first])
        parts = [self._of_periods(records, points, np.append(place, NONE)[last], cells, context)]
        between = [one for one in self.give if one in ALL_BETWEEN]
        if between:
            sign = self._sign(records, points, context)
            parts += [self._between(records, points, cells, sign, between, context)]
        self._leave_out(records, points, context)
        return stacked(parts)

    def _numbers(self, name: str, records: Records, context: Context) -> Numbers:
        return np.asarray(as_number(records.columns[name], context, self).objects(), np.float64)

    def _points(self, records: Records, context: Context, valid: Mask) -> _Points:
        """Find the assessments of each group and period, shared ones in the next period as well."""
        group, first = combine([records.columns[name] for name in self.by], records.count)
        shared = context.mask(self.shared) if self.shared else np.zeros(records.count, bool)
        before = np.zeros(records.count, bool)
        place, cell = [], []
        for number, condition in enumerate(self.periods.values()):
            own = context.mask(condition)
            mine = np.flatnonzero(own | (before & shared))
            place.append(mine)
            cell.append(group[mine].astype(np.int64) * len(self.periods) + number)
            before = own
        places = np.concatenate(place)
        return _Points(places, np.concatenate(cell), valid[places], len(first), first)

    def _measured(self, lines: Lines, change: Numbers) -> dict[str, _Cells]:
        """Compute every measure of each group and period; ``change`` is from its first to its last value."""
        low, high = lines.x_first, lines.x_last
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = change / (high - low) * MONTH
        why = _first_true(self._too_little(lines.n, high - low, self.at_least, self.span))
        steep = np.where(why == "", lines.slope * MONTH, np.nan)
        unsure = np.where(why == "", lines.se * MONTH, np.nan)
        no_se = np.where((why == "") & (lines.n < 3), "FEWER THAN 3 ASSESSMENTS", why)
        no_r2 = np.where((why == "") & np.isnan(lines.r2), "ALL VALUES EQUAL", why)
        no_rate = _first_true(self._too_little(lines.n, high - low, 2, self.gap))
        nothing = np.where(lines.n == 0, "NO ASSESSMENT", "").astype(object)
        return {
            "slope": _Cells(steep, why),
            "se": _Cells(unsure, no_se),
            "intercept": _Cells(np.where(why == "", lines.intercept, np.nan), why),
            "r2": _Cells(np.where(why == "", lines.r2, np.nan), no_r2),
            "rate": _Cells(np.where(no_rate == "", rate, np.nan), no_rate),
            "n": _Cells(lines.n.astype(np.float64), np.full(len(lines.n), "", object)),
            "first": _Cells(low, nothing),
            "last": _Cells(high, nothing),
            "days": _Cells(high - low, nothing),
        }

    def _too_little(
        self, n: npt.NDArray[np.int64], days: Numbers, least: int, span: float
    ) -> list[tuple[str, Mask]]:
        return [
            ("NO ASSESSMENT", n == 0),
            (f"FEWER THAN {least} ASSESSMENTS", n < least),
            ("ALL ASSESSMENTS ON ONE DAY", days == 0),
            (f"LESS THAN {span:g} DAYS", days < span),
        ]

    def _of_periods(
        self,
        records: Records,
        points: _Points,
        last: Places,
        cells: dict[str, _Cells],
        context: Context,
    ) -> Records:
        """Make a record for each group, period and measure."""
        periods, given = len(self.periods), [one for one in self.give if one not in ALL_BETWEEN]
        count = points.groups * periods
        group = np.repeat(np.arange(points.groups), periods)
        made = _lineage(records, points, points.cell, count, group, context)
        columns = {name: records.columns[name].take(points.first[group]) for name in self.by}
        columns |= {name: records.columns[name].take_or_missing(last) for name in self.last}
        columns |= {name: Column.numbers(cells[measure].values) for name, measure in self.extra.items()}
        columns[self.period] = self._names().take(np.tile(np.arange(periods), points.groups))
        return self._tall(replace(made, columns=columns), given, [cells[one] for one in given])

    def _names(self) -> Column:
        """Give the names of the periods, as numbers where all are."""
        numbers = [to_number(name) for name in self.periods]
        return Column.text(self.periods) if np.isnan(numbers).any() else Column.numbers(numbers)

    def _tall(self, made: Records, measures: Sequence[str], cells: list[_Cells]) -> Records:
        """Repeat each record for each measure."""
        size, count = len(measures), made.count
        order = np.arange(size * count).reshape(size, count).T.ravel()  # the measures of a record together
        tall = made.take(np.repeat(np.arange(count), size))
        values = np.concatenate([one.values for one in cells] or [np.empty(0)])
        reasons = [one.reason for one in cells] or [np.empty(0, object)]
        columns = {
            self.into or self.value: Column.numbers(values[order]),
            self.measure: Column.text(list(measures) * count),
            self.reason: Column.text(np.concatenate(reasons)[order].tolist()),
        }
        return replace(tall, columns={**tall.columns, **columns})

    def _sign(self, records: Records, points: _Points, context: Context) -> Numbers:
        """Give 1 for each group where higher is better, -1 where lower is, and NaN where nothing says so."""
        if not self.higher_is_better:
            return np.ones(points.groups)
        said = records.columns[self.higher_is_better]
        known = said.where(lambda text: text in ("Y", "N"))
        context.report(DIRECTION, "the direction of a scale is neither Y nor N", ~known, said, self)
        said = said.take(points.first)
        better, worse = said.where(lambda text: text == "Y"), said.where(lambda text: text == "N")
        return np.where(better, 1.0, np.where(worse, -1.0, np.nan))

    def _between(
        self,
        records: Records,
        points: _Points,
        cells: dict[str, _Cells],
        sign: Numbers,
        measures: Sequence[str],
        context: Context,
    ) -> Records:
        """Make a record for each group and measure between the first two periods."""
        group = np.arange(points.groups)
        inner = points.cell % len(self.periods) < 2
        cell = np.where(inner, points.cell // len(self.periods), NONE)
        made = _lineage(records, points, cell, points.groups, group, context)
        columns = {name: records.columns[name].take(points.first) for name in self.by}
        columns |= {name: missing_like(records.columns[name].kind, points.groups) for name in self.last}
        columns |= {name: missing_like("number", points.groups) for name in self.extra}
        columns[self.period] = missing_like(self._names().kind, points.groups)
        found = [self._compared(one, cells[one.split("_")[0]], sign) for one in measures]
        return self._tall(replace(made, columns=columns), measures, found)

    def _compared(self, measure: str, cells: _Cells, sign: Numbers) -> _Cells:
        size, names, what = len(self.periods), list(self.periods), measure.split("_")[0].upper()
        first, second = cells.values[0::size], cells.values[1::size]
        slowing = measure.endswith("slowing")
        why = [
            (f"NO {what} IN PERIODS {names[0]} AND {names[1]}", np.isnan(first) & np.isnan(second)),
            (f"NO {what} IN PERIOD {names[0]}", np.isnan(first)),
            (f"NO {what} IN PERIOD {names[1]}", np.isnan(second)),
            ("DIRECTION OF THE SCALE IS NOT KNOWN", np.isnan(sign)),
            (f"NO WORSENING IN PERIOD {names[1]}", slowing & (sign * second >= 0)),
        ]
        reason = _first_true(why)
        with np.errstate(divide="ignore", invalid="ignore"):
            made = 100 * (1 - first / second) if slowing else sign * (first - second)
        return _Cells(np.where(reason == "", made, np.nan), reason)

    def _leave_out(self, records: Records, points: _Points, context: Context) -> None:
        """Say why records stand behind no slope."""
        used = np.zeros(records.count, bool)
        used[points.place[_behind(points)]] = True
        inside = np.zeros(records.count, bool)
        inside[points.place] = True
        ledger = context.store.ledger
        for mask, reason in ((~inside, "in no period"), (inside & ~used, "no value or no day")):
            if mask.any():
                ledger.exclude(context.dataset, records, mask, reason, self.place())


def _ends(cell: Places, day: Numbers, n: npt.NDArray[np.int64]) -> tuple[Places, Places]:
    """Find the first and last assessment of each group and period by day, then in order; -1 for none."""
    order = np.append(np.lexsort([day, cell]), NONE)
    end = np.cumsum(n)
    return np.where(n > 0, order[end - n], NONE), np.where(n > 0, order[end - 1], NONE)


def _first_true(reasons: list[tuple[str, Mask]]) -> npt.NDArray[np.object_]:
    """Give the first reason that holds, "" for none."""
    found = np.full(len(reasons[0][1]), "", object)
    for reason, mask in reversed(reasons):
        found[mask] = reason
    return found


def _behind(points: _Points) -> Mask:
    """Mark the assessments that stand behind a record: those with a value, or all where none has one."""
    some = np.zeros(int(points.cell.max(initial=-1)) + 1, bool)
    some[points.cell[points.valid]] = True
    return points.valid | ~some[points.cell]


def _lineage(
    records: Records, points: _Points, cell: Places, count: int, group: Places, context: Context
) -> Records:
    """Make new records that come from the assessments of their cells."""
    behind = np.flatnonzero(_behind(points) & (cell >= 0))
    members, number = points.place[behind], cell[behind]
    first = np.full(count, NONE, np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    alone = np.flatnonzero(first == NONE)  # they come from no record
    pairs = records.take(np.r_[members, points.first[group[alone]]])
    first[alone] = len(number) + np.arange(len(alone))
    rows, many = merged_lineage(pairs, np.r_[number, np.full(len(alone), NONE)], first, context.step)
    for key in rows:
        rows[key] = rows[key].copy()
        rows[key][alone] = NONE
    item = missing_like("text", count) if records.item is not None else None
    return Records({}, count, rows, item, many)
