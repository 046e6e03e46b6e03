"""Rules that draw one value from many: earliest, latest, minimum, maximum, sum, mean, count, exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field

from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.dates import DAY, is_iso8601, moments
from trialkit.numerals import as_text
from trialkit.problems import Kind, Place
from trialkit.records import NONE
from trialkit.rule import Reference, Value, VariableRule
from trialkit.rules.datetimes import NOT_ISO
from trialkit.rules.evaluate import as_number, choose
from trialkit.rules.found import Found
from trialkit.rules.select import Selection, TableRows, as_selections, keep_list, keep_witness
from trialkit.sentence import written

NOT_COMPARED = Kind(
    "DATE-108", "dates without a year, or intervals, can't be compared", "Query the site.", "query"
)

Scores: TypeAlias = tuple[npt.NDArray[Any], ...]

SELECTIONS = (
    "one selection or several: {table, of, where, on}; {of, where, within} for records at hand; a column "
    "or rule of the record itself"
)


class OneOrMore:
    """Says in the JSON Schema that one may stand for a list, and a value for a selection.

    >>> OneOrMore().__get_pydantic_json_schema__({}, lambda schema: {"items": {}})["anyOf"][0]
    {'$comment': 'Value'}
    """

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Add the short forms to the schema of the list."""
        one = [{"$comment": "Value"}, handler(schema)["items"]]
        return {"anyOf": [*one, {"type": "array", "items": {"anyOf": one}}]}


Selections = Annotated[list[Selection], BeforeValidator(as_selections), OneOrMore()]


class Counted(TableRows):
    """Rows to count.

    >>> Counted(table="AE").sentence()
    'row of AE of the subject'
    """

    of: Value | None = Field(None, description="column or rule of the table that must not be missing")

    def sentence(self) -> str:
        """Say which rows they are.

        >>> Counted(of="A").sentence()
        'A'
        """
        rows = super().sentence()
        if self.of is None:
            return rows
        return f"{rows} with {written(self.of)}" if self.table or self.within else written(self.of)

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> [(one.column, one.table) for one in Counted(of="A").references()]
        [('A', '')]
        """
        yield from super().references()
        if self.of is not None:
            yield from self.inside(self.of)


class _Aggregate(VariableRule):
    selections: Selections

    def references(self) -> Iterator[Reference]:
        """Name what the selections name.

        >>> [one.column for one in Earliest(earliest="A").references()]
        ['A']
        """
        for selection in self.selections:
            yield from selection.references()


class _Choosing(_Aggregate):
    def apply(self, context: Context) -> Column:
        """Choose the value of each record; keeps the rows that decided.

        >>> Earliest(earliest="A").key()
        'earliest'
        """
        chosen = np.full(context.count, NONE, np.int32)
        best: Scores = ()
        parts, rows = [], []
        for number, selection in enumerate(self.selections):
            found, scores = self._scored(selection.find(context, selection.of))
            row = found.best(*scores)
            mine = tuple(np.append(score, np.inf)[row] for score in scores)
            better = (row != NONE) & ((chosen == NONE) | _less(mine, best))
            chosen[better] = number
            best = tuple(np.where(better, new, old) for new, old in zip(mine, best or mine, strict=True))
            parts.append(found.values.take_or_missing(row))
            rows.append(row)
        for number, selection in enumerate(self.selections):
            keep_witness(context, selection, np.where(chosen == number, rows[number], NONE))
        if len(self.selections) > 1:
            context.branch(chosen)
        return choose(parts, chosen, self)

    def _scored(self, found: Found) -> tuple[Found, Scores]:
        raise NotImplementedError

    def _dates(self, found: Found) -> tuple[Found, Scores]:
        """Give the earliest and latest moment of each row; reports what is no date."""
        column = as_text(found.values)
        low, high = moments(column)
        among = np.zeros(len(column), bool)
        among[found.row] = True
        none = among & np.isnan(low)
        if none.any():
            self._report(none, column, found.inner)
        return found.only(~np.isnan(low)), (low, high)

    def _report(self, none: Mask, column: Column, inner: Context) -> None:
        bad = none & column.where(lambda text: not is_iso8601(text))
        inner.report(NOT_ISO, "a value to compare is no ISO 8601 date", bad, column, self)
        vague = none & ~bad
        inner.report(NOT_COMPARED, "a date without a year can't be compared", vague, column, self)


def _less(mine: Scores, best: Scores) -> npt.NDArray[np.bool_]:
    less = np.zeros(len(mine[0]), bool)
    equal = np.ones(len(mine[0]), bool)
    for new, old in zip(mine, best, strict=False):
        less |= equal & (new < old)
        equal &= new == old
    return less


class Earliest(_Choosing):
    """Earliest {earliest}.

    Dates are compared by the earliest day that they can be: 2014-01 comes before 2014-01-02. Of
    those of one day one with a time comes before one without, then the earlier time, the more
    complete date, the first selection and the first row count. A date without a year and an
    interval can't be compared and are listed.

    >>> Earliest(earliest={"table": "EX", "of": "EXSTDTC"}).sentence()
    'Earliest EXSTDTC in EX of the subject.'
    """

    selections: Selections = Field(alias="earliest", min_length=1, description=SELECTIONS)

    example: ClassVar[str] = """RFSTDTC:
  earliest:
    table: EX
    of: EXSTDTC
    where: EXDOSE > 0
"""

    def _scored(self, found: Found) -> tuple[Found, Scores]:
        found, (low, high) = self._dates(found)
        return found, (np.floor(low / DAY), high - low >= DAY - 1, low, high - low)


class Latest(_Choosing):
    """Latest {latest}.

    Dates are compared by the latest day that they can be: 2014-01 comes after 2014-01-30. Of those
    of one day one with a time comes before one without, then the later time, the more complete
    date, the first selection and the first row count. A date without a year and an interval
    can't be compared and are listed.

    >>> Latest(latest=[{"table": "EX", "of": "EXENDTC"}, "DTHDTC"]).sentence()
    'Latest EXENDTC in EX of the subject, DTHDTC.'
    """

    selections: Selections = Field(alias="latest", min_length=1, description=SELECTIONS)

    example: ClassVar[str] = """RFPENDTC:
  latest:
    - {table: EX, of: EXENDTC}
    - {table: VISITS, of: {date: VISDAT, formats: DD-MON-YYYY}, on: {SUBJID: SUBJECT}}
    - DTHDTC
"""

    def _scored(self, found: Found) -> tuple[Found, Scores]:
        found, (low, high) = self._dates(found)
        return found, (-np.floor(high / DAY), high - low >= DAY - 1, -high, high - low)


class Minimum(_Choosing):
    """Lowest {minimum}.

    Of equal numbers the first selection and the first row win.

    >>> Minimum(minimum=["A", "B"]).sentence()
    'Lowest A, B.'
    """

    selections: Selections = Field(alias="minimum", min_length=1, description=SELECTIONS)

    example: ClassVar[str] = (
        "NADIR: {minimum: {of: TRSTRESN, within: USUBJID, where: \"TRTESTCD == 'SUMDIAM'\"}}"
    )

    def _scored(self, found: Found) -> tuple[Found, Scores]:
        found = _numbers(found, self)
        return found, (found.values.objects(),)


class Maximum(_Choosing):
    """Highest {maximum}.

    Of equal numbers the first selection and the first row win.

    >>> Maximum(maximum=["A", "B"]).sentence()
    'Highest A, B.'
    """

    selections: Selections = Field(alias="maximum", min_length=1, description=SELECTIONS)

    example: ClassVar[str] = "WORST: {maximum: {table: AE, of: {number: AETOXGR}}}"

    def _scored(self, found: Found) -> tuple[Found, Scores]:
        found = _numbers(found, self)
        return found, (-found.values.objects(),)


class Sum(_Aggregate):
    """Sum of {sum}.

    Missing values don't count; without any value the sum is missing.

    >>> Sum(sum={"table": "EX", "of": "EXDOSE"}).sentence()
    'Sum of EXDOSE in EX of the subject.'
    """

    selections: Selections = Field(alias="sum", min_length=1, description=SELECTIONS)

    example: ClassVar[str] = "CUMDOSE: {sum: {table: EX, of: EXDOSE}}"

    def apply(self, context: Context) -> Column:
        """Add up the values of each record.

        >>> Sum(sum="A").key()
        'sum'
        """
        total, count = _added(self, self.selections, context)
        return Column.numbers(np.where(count > 0, total, np.nan))


class Mean(_Aggregate):
    """Mean of {mean}.

    Missing values don't count; without any value the mean is missing.

    >>> Mean(mean=["SYSBP1", "SYSBP2"]).sentence()
    'Mean of SYSBP1, SYSBP2.'
    """

    selections: Selections = Field(alias="mean", min_length=1, description=SELECTIONS)

    example: ClassVar[str] = "SYSBP: {round: {mean: [SYSBP1, SYSBP2, SYSBP3]}, decimals: 1}"

    def apply(self, context: Context) -> Column:
        """Take the mean of the values of each record.

        >>> Mean(mean="A").key()
        'mean'
        """
        total, count = _added(self, self.selections, context)
        return Column.numbers(np.where(count > 0, total, np.nan) / np.where(count > 0, count, 1))


def _numbers(found: Found, rule: VariableRule) -> Found:
    """Read the values as numbers and keep the rows that have one."""
    numbers = as_number(found.values, found.inner, rule)
    return found.with_values(numbers).only(~numbers.missing())


def _added(
    rule: VariableRule, selections: Sequence[Selection], context: Context
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Add the values of each record up, and count them; keeps their rows."""
    total, count = np.zeros(context.count), np.zeros(context.count, np.int64)
    for selection in selections:
        found = _numbers(selection.find(context, selection.of), rule)
        keep_list(context, selection, found)
        total += np.nan_to_num(found.per_key(found.values.objects()))
        count += found.counts()
    return total, count


class _Counting(VariableRule):
    counted: list[Counted]

    def references(self) -> Iterator[Reference]:
        """Name what the selections name.

        >>> [one.column for one in Count(count="A").references()]
        ['A']
        """
        for counted in self.counted:
            yield from counted.references()


class Count(_Counting):
    """Number of each {count}.

    0 without any. With `distinct: true` the number of different values of `of`.

    >>> Count(count={"table": "AE", "where": "AESER == 'Y'"}).sentence()
    "Number of each row of AE of the subject where AESER == 'Y'."
    """

    counted: Annotated[list[Counted], BeforeValidator(as_selections), OneOrMore()] = Field(
        alias="count",
        min_length=1,
        description="rows to count: {table, of, where, on}, {of, within}, or values",
    )
    distinct: bool = Field(False, description="count different values of `of`")

    also: ClassVar[str] = "[{distinct=true}, each different value once]"
    example: ClassVar[str] = "NSAE: {count: {table: AE, where: \"AESER == 'Y'\"}}"

    def apply(self, context: Context) -> Column:
        """Count the rows of each record; keeps them.

        >>> Count(count="A").distinct
        False
        """
        total = np.zeros(context.count)
        for counted in self.counted:
            found = counted.find(context, counted.of)
            found = _different(found) if self.distinct else found
            keep_list(context, counted, found)
            total += found.counts()
        return Column.numbers(total)


def _different(found: Found) -> Found:
    """Keep the first row of each value of each key."""
    keys = Column(np.arange(found.keys).astype(np.float64), found.key)
    _, first = combine([keys, found.values.take(found.row)], len(found.row))
    mask = np.zeros(len(found.values), bool)
    mask[found.row[first]] = True
    return found.only(mask)


class Exists(_Counting):
    """'{yes}' where there is a {exists}[, else '{no}'].

    >>> Exists(exists={"table": "EX", "where": "EXDOSE > 0"}).sentence()
    "'Y' where there is a row of EX of the subject where EXDOSE > 0."
    """

    counted: Annotated[list[Counted], BeforeValidator(as_selections), OneOrMore()] = Field(
        alias="exists", min_length=1, description="rows to look for: {table, of, where, on} or {of, within}"
    )
    yes: str = Field("Y", description="value where there is one")
    no: str = Field("", description="value where there is none")

    example: ClassVar[str] = "SAFFL: {exists: {table: EX, where: EXDOSE > 0}, no: N}"

    def literals(self) -> Iterator[tuple[str, Place]]:
        """Give both values.

        >>> [text for text, _ in Exists(exists="A").literals()]
        ['Y', '']
        """
        yield from ((self.yes, self.place("yes")), (self.no, self.place("no")))

    def apply(self, context: Context) -> Column:
        """Look for a row for each record; keeps the first one.

        >>> Exists(exists="A").yes
        'Y'
        """
        there = np.zeros(context.count, bool)
        for counted in self.counted:
            row = counted.find(context, counted.of).best()
            keep_witness(context, counted, row)
            there |= row != NONE
        return Column(np.array([self.no, self.yes], object), there.astype(np.int32))
