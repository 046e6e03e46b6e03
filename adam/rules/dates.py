"""Analysis dates and datetimes: ISO 8601 text as SAS numbers, unknown parts imputed where a spec says how."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from trialkit.column import Column
from trialkit.context import Context
from trialkit.dates import DAY, SAS_DAY_ZERO, PartialDate, clock_seconds, day_numbers, days, moments
from trialkit.problems import Kind
from trialkit.rule import Value, VariableRule
from trialkit.rules.evaluate import Invalid, severity_of, to_numbers
from trialkit.rules.select import Values

NO_DATE = Kind(
    "ADAM-001", "not one ISO 8601 date", "Correct the date in SDTM, or say in `invalid` what it does."
)

Impute = Literal["none", "first", "middle", "last"]
Numbers = npt.NDArray[np.float64]
ZERO = SAS_DAY_ZERO * DAY
LEVELS = {"": 0, "D": 1, "M": 2, "Y": 3}
HIGHEST = {"day": 1, "month": 2, "year": 3}


class Guess(NamedTuple):
    """What one date can be and what it is taken to be, in seconds since 1960, with imputation flags.

    >>> Guess(0.0, 86399.0, 0.0, "", "H").date
    ''
    """

    low: float
    high: float
    at: float
    date: str
    time: str


NOTHING = Guess(np.nan, np.nan, np.nan, "", "")


class _Imputing(VariableRule):
    """What the rules share that read dates with unknown parts."""

    impute: Impute = Field(
        "none", description="what unknown parts of the date become; none: the value is missing"
    )
    highest: Literal["day", "month", "year"] = Field(
        "month", description="the highest part that is imputed; year needs a bound"
    )
    preserve: bool = Field(False, description="a known day stays where the month is unknown")
    not_before: Values = Field([], description="dates that an imputed one is not before, where it can be")
    not_after: Values = Field([], description="dates that an imputed one is not after, where it can be")
    invalid: Invalid = Field("error", description="what a text does that is not one ISO 8601 date")

    unit: ClassVar[int] = DAY
    also: ClassVar[str] = (
        "[, no part above the {highest}][{preserve=true}, known days kept]"
        "[, not before {not_before}][, not after {not_after}]"
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.highest == "year" and not (self.not_before or self.not_after):
            raise ValueError("a year is imputed by `not_before` or `not_after` only")
        return self

    def clock(self) -> str:
        """Say what unknown times become.

        >>> AnalysisDate(analysis_date="AESTDTC").clock()
        'first'
        """
        return "first"

    def guesses(self, column: Column, context: Context) -> list[Guess]:
        """Read each distinct text; ADAM-001 for what is not one date."""
        read = [self._guess(text) for text in column.values.tolist()]
        bad = np.array([one is None for one in read], bool)[column.codes] & ~column.missing()
        if self.invalid != "missing":
            what = "a text is not one ISO 8601 date"
            context.report(NO_DATE, what, bad, column, self, severity=severity_of(self.invalid))
        return [one or NOTHING for one in read]

    def _guess(self, text: str) -> Guess | None:
        date = PartialDate.parse(text) if text else PartialDate()
        if date is None:
            return None
        flag = "Y" if date.year is None else "M" if date.month is None else "D" if date.day is None else ""
        time = (
            "H" if date.hour is None else "M" if date.minute is None else "S" if date.second is None else ""
        )
        low, high = self._moment(date, "first", "first"), self._moment(date, "last", "last")
        at = self._moment(date, self.impute, self.clock())
        if LEVELS[flag] > (0 if self.impute == "none" else HIGHEST[self.highest]) or np.isnan(at):
            return NOTHING
        return Guess(low, high, at, flag, time)

    def _moment(self, date: PartialDate, impute: str, clock: str) -> float:
        """Give the moment that a date is taken to be; infinite where the year is unknown."""
        if date.year is None:
            return {"first": -np.inf, "last": np.inf}.get(impute, np.nan)
        if (missing := clock == "none") and date.minute is None:
            return np.nan
        hour, rest = (23, 59) if clock == "last" else (0, 0)
        whole = replace(
            filled(date, impute, preserve=self.preserve),
            hour=hour if date.hour is None else date.hour,
            minute=rest if date.minute is None else date.minute,
            second=(0 if missing else rest) if date.second is None else date.second,
            fraction="" if date.second is None else date.fraction,
        )
        return clock_seconds(whole) + float("0" + whole.fraction.replace(",", ".")) - ZERO

    def moved(self, column: Column, guesses: list[Guess], context: Context) -> Numbers:
        """Give the number of each record, drawn to its bounds within what its date can be."""
        moments = np.array([one[:3] for one in guesses], np.float64).reshape(-1, 3)
        low, high, at = (np.floor(moments / self.unit) if self.unit > 1 else moments)[column.codes].T
        flags = [bool(one.date or (one.time and self.unit == 1)) for one in guesses]
        imputed = np.array(flags, bool)[column.codes]
        for rules, draw in ((self.not_after, np.minimum), (self.not_before, np.maximum)):
            for rule in rules:
                bound = as_sas(context.value(rule), self.unit)
                near = imputed & (low <= bound) & (bound <= high)
                at = np.where(near, draw(at, bound), at)
        return np.where(np.isfinite(at), at, np.nan)


def _unknown(parts: dict[str, int | None]) -> str:
    """Give the flag of the first part that is unknown."""
    return next((flag for flag, part in parts.items() if part is None), "")


def filled(date: PartialDate, impute: str, *, preserve: bool = False) -> PartialDate:
    """Fill the unknown day and month of a date with a known year.

    >>> str(filled(PartialDate(2021, 2), "last")), str(filled(PartialDate(2021), "middle"))
    ('2021-02-28', '2021-06-30')
    """
    assert date.year is not None, "the year is known"
    month = date.month or {"first": 1, "last": 12}.get(impute, 6)
    last = calendar.monthrange(date.year, month)[1]
    day = date.day if date.month or preserve else None
    day = day or {"first": 1, "last": last}.get(impute, 15 if date.month else 30)
    return replace(date, month=month, day=min(day, last))


def as_sas(column: Column, unit: int = DAY) -> Numbers:
    """Give SAS dates (or, with a unit of 1, datetimes) of numbers or complete ISO 8601 texts; shape (rows,).

    >>> as_sas(Column.text(["1960-01-03", "1960"])).tolist(), as_sas(Column.numbers([5.0])).tolist()
    ([2.0, nan], [5.0])
    """
    if column.kind == "number":
        return np.asarray(column.objects(), np.float64)
    if unit == DAY:
        return day_numbers(column) - SAS_DAY_ZERO
    low, high = moments(column)
    return np.where(high - low < DAY, low - ZERO, np.nan)


class AnalysisDate(_Imputing):
    """Date of {analysis_date} as a number of days since 1960-01-01[, unknown parts imputed: {impute}].

    ISO 8601 text becomes the number that SAS shows as a date; a time is left out, and a number stays as
    it is. A date with unknown parts is missing with ``impute: none``. Otherwise an unknown day becomes the
    1st, 15th or last of its month, an unknown month January, June (the 30th) or December. An imputed date
    is drawn to ``not_before`` and ``not_after`` only where these are days that the date can be.
    (ADT, ASTDT, AENDT: ADaMIG 1.3, sections 3.1.2 and 3.3.3.)

    >>> AnalysisDate(analysis_date="AESTDTC", impute="first").sentence()
    'Date of AESTDTC as a number of days since 1960-01-01, unknown parts imputed: first.'
    """

    of: Value = Field(alias="analysis_date", description="date or datetime (ISO 8601)")

    example: ClassVar[str] = "ASTDT: {analysis_date: AESTDTC, impute: first, not_before: TRTSDT}"

    def apply(self, context: Context) -> Column:
        """Read each distinct date; ADAM-001 for what is not one date.

        >>> AnalysisDate(analysis_date="A").impute
        'none'
        """
        column = context.value(self.of)
        if column.kind == "number":
            return column
        whole = {text: days(text) for text in column.distinct().values.tolist()}
        if None not in whole.values():
            return to_numbers(column, lambda text: float((whole[text] or 0) - SAS_DAY_ZERO))
        small = column.distinct()
        guesses = self.guesses(small, context)
        if self.impute == "none":
            return Column(np.floor(np.array([one.at for one in guesses], np.float64) / DAY), small.codes)
        return Column.numbers(self.moved(small, guesses, context))


class AnalysisDatetime(_Imputing):
    """Datetime of {analysis_datetime} in seconds since 1960-01-01[, unknown date: {impute}][, time: {time}].

    As ``analysis_date``, to the second, on the clock as collected. With ``time: none`` a datetime
    without minutes is missing; seconds that are not there count as 0. (ADTM, ASTDTM: ADaMIG 1.3,
    section 3.3.3.)

    >>> AnalysisDatetime(analysis_datetime="EXSTDTC", time="first").sentence()[-13:]
    ' time: first.'
    """

    of: Value = Field(alias="analysis_datetime", description="datetime (ISO 8601)")
    time: Literal["none", "first", "last"] = Field(
        "none", description="what unknown parts of the time become: 0 (first), 23:59:59 (last)"
    )

    unit: ClassVar[int] = 1
    example: ClassVar[str] = "ASTDTM: {analysis_datetime: EXSTDTC, impute: first, time: first}"

    def clock(self) -> str:
        """Say what unknown times become.

        >>> AnalysisDatetime(analysis_datetime="A").clock()
        'none'
        """
        return self.time

    def apply(self, context: Context) -> Column:
        """Read each distinct datetime; ADAM-001 for what is not one.

        >>> AnalysisDatetime(analysis_datetime="A").unit
        1
        """
        column = context.value(self.of)
        if column.kind == "number":
            return column
        small = column.distinct()
        return Column.numbers(self.moved(small, self.guesses(small, context), context))


class ImputationFlag(AnalysisDatetime):
    """The highest imputed part of the {part} of {imputation_flag}[ (date: {impute})][ (time: {time})].

    Y, M or D for a date and H, M or S for a time; missing where nothing is imputed or there is no
    date at all. Give the keys of the ``analysis_date`` or ``analysis_datetime`` that it goes with.
    ``to_minute`` says that seconds are not collected: then they are no imputation. (ADTF, ATMF; codelists
    DATEFL and TIMEFL: ADaMIG 1.3, section 3.1.3.)

    >>> ImputationFlag(imputation_flag="AESTDTC", impute="first").sentence()
    'The highest imputed part of the date of AESTDTC (date: first).'
    """

    of: Value = Field(alias="imputation_flag", description="date or datetime (ISO 8601)")
    part: Literal["date", "time"] = Field("date", description="of which part: date, time")
    to_minute: bool = Field(False, description="seconds are not collected and no imputation")

    also: ClassVar[str] = f"[{{to_minute=true}}, seconds not collected]{_Imputing.also}"
    example: ClassVar[str] = "ASTDTF: {imputation_flag: AESTDTC, impute: first, not_before: TRTSDT}"

    def clock(self) -> str:
        """Say what unknown times become; of a date alone they don't matter.

        >>> ImputationFlag(imputation_flag="A").clock()
        'first'
        """
        return "first" if self.part == "date" else self.time

    def apply(self, context: Context) -> Column:
        """Flag each distinct date; ADAM-001 for what is not one date.

        >>> ImputationFlag(imputation_flag="A").part
        'date'
        """
        small = context.value(self.of).distinct()
        if small.kind == "number":
            return Column.constant("", context.count)
        guesses = self.guesses(small, context)
        said: Callable[[Guess], str] = self._time if self.part == "time" else lambda one: one.date
        flags = Column(np.array([said(one) for one in guesses], object), small.codes)
        if "Y" not in {one.date for one in guesses}:
            return flags
        there = ~np.isnan(self.moved(small, guesses, context))
        return flags.take_or_missing(np.where(there, np.arange(len(flags)), -1))

    def _time(self, one: Guess) -> str:
        seconds = one.time == "S" and (self.to_minute or self.time == "none")
        return "" if seconds else one.time
