"""Partial ISO 8601 dates and times, as SDTM --DTC variables hold them (SDTMIG 3.4, section 4.4)."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date as calendar_date
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from trialkit.column import Column

Order: TypeAlias = Literal["before", "overlap", "after"]
Precision: TypeAlias = Literal["none", "year", "month", "day", "hour", "minute", "second"]

SAS_DAY_ZERO = calendar_date(1960, 1, 1).toordinal()
DAY = 86400

_TEXT = re.compile(
    r"([0-9]{4}|-)(?:-([0-9]{2}|-)(?:-([0-9]{2}|-)(?:"
    r"T([0-9]{2}|-)(?::([0-9]{2}|-)(?::([0-9]{2})([.,][0-9]+)?)?)?(Z|[+-][0-9]{2}(?::[0-9]{2})?)?)?)?)?"
)
_FRACTION = re.compile(r"[.,][0-9]+")
_OFFSET = re.compile(r"Z|[+-](?:0[0-9]|1[0-4])(?::[0-5][0-9])?")
_TIME_WITH_OFFSET = re.compile(rf"T[^/]*?({_OFFSET.pattern})\Z")
_LIMITS = {"year": (1, 9999), "month": (1, 12), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
_LEAP_YEAR = 2000
_WHOLE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?")
_LASTS = {10: DAY - 1, 16: 59, 19: 0}  # seconds within which a text of that length says when


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date and time of which any component may be unknown (None).

    Args:
        year: 1 to 9999.
        month: 1 to 12.
        day: 1 to the last day of the month; without a year, 29 February can be.
        hour: 0 to 23; 24:00 is refused.
        minute: 0 to 59.
        second: 0 to 59; a leap second is refused.
        fraction: fraction of the second as collected, with its decimal sign, such as ``.250``.
        offset: offset from UTC as collected, ``Z`` or ``+08:00``; never applied to the clock time.

    Raises:
        ValueError: the components can't be a date.

    >>> str(PartialDate(2003, None, 15)), str(PartialDate(None, 12, 15)), str(PartialDate())
    ('2003---15', '--12-15', '')
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    fraction: str = ""
    offset: str = ""

    def __post_init__(self) -> None:
        """Refuse what can't be."""
        for name, (low, high) in _LIMITS.items():
            if (value := getattr(self, name)) is not None and not low <= value <= high:
                raise ValueError(f"{name} must be {low} to {high}")
        if self.day is not None and not 1 <= self.day <= self._last_day():
            raise ValueError("the month has no such day")
        if self.fraction and (self.second is None or not _FRACTION.fullmatch(self.fraction)):
            raise ValueError("a fraction needs a second and digits")
        if self.offset and (self.precision not in _TIMED or not _OFFSET.fullmatch(self.offset)):
            raise ValueError("an offset needs a time and the form +hh:mm")

    @staticmethod
    def parse(text: str) -> PartialDate | None:
        """Read ISO 8601 text in the extended forms of SDTM; anything else gives None.

        >>> PartialDate.parse("2003-12-15T-:15").minute
        15
        >>> [PartialDate.parse(text) for text in ("2021-02-29", "2021-03-05T24:00", "2021-3-5", "2021--")]
        [None, None, None, None]
        """
        if (match := _TEXT.fullmatch(text)) is None:
            return None
        *numbers, fraction, offset = match.groups()
        year, month, day, hour, minute, second = (
            int(part) if part and part != "-" else None for part in numbers
        )
        try:
            found = PartialDate(year, month, day, hour, minute, second, fraction or "", offset or "")
        except ValueError:
            return None
        return found if str(found) == text else None

    def __str__(self) -> str:
        """Write ISO 8601 text: unknown ends are left out, unknown middles are a hyphen."""
        clock = _written([_two(self.hour), _two(self.minute), _two(self.second)], ":")
        year = "-" if self.year is None else f"{self.year:04}"
        days = [year, _two(self.month), _two(self.day)]
        if not clock:
            return _written(days, "-")
        return f"{'-'.join(days)}T{clock}{self.fraction}{self.offset}"

    @property
    def precision(self) -> Precision:
        """Name the smallest known component.

        >>> PartialDate(2021, 3).precision, PartialDate(2021, 3, 5, 8, 2).precision
        ('month', 'minute')
        """
        names: tuple[Precision, ...] = ("second", "minute", "hour", "day", "month", "year")
        return next((name for name in names if getattr(self, name) is not None), "none")

    @property
    def day_number(self) -> int | None:
        """Count days so that 0001-01-01 is 1; None unless year, month and day are known.

        >>> PartialDate(1960, 1, 1).day_number == SAS_DAY_ZERO, PartialDate(1960, 1).day_number
        (True, None)
        """
        if self.year is None or self.month is None or self.day is None:
            return None
        return calendar_date(self.year, self.month, self.day).toordinal()

    def lower(self) -> PartialDate | None:
        """Give the earliest date and time this can be, to the second; None without a year.

        >>> str(PartialDate(2021, 2).lower()), PartialDate(None, 2).lower()
        ('2021-02-01T00:00:00', None)
        """
        return self._filled(1, 0, 0)

    def upper(self) -> PartialDate | None:
        """Give the latest date and time this can be, to the second; None without a year.

        >>> str(PartialDate(2021, 2).upper())
        '2021-02-28T23:59:59'
        """
        return self._filled(12, 23, 59)

    def _filled(self, month: int, hour: int, sixtieth: int) -> PartialDate | None:
        """Fill the unknown components; the day becomes the first or last of its month."""
        if self.year is None:
            return None
        whole = replace(self, month=self.month or month)
        return replace(
            whole,
            day=self.day or (1 if month == 1 else whole._last_day()),
            hour=hour if self.hour is None else self.hour,
            minute=sixtieth if self.minute is None else self.minute,
            second=sixtieth if self.second is None else self.second,
        )

    def _last_day(self) -> int:
        """Give the last day that the month can have."""
        return 31 if self.month is None else calendar.monthrange(self.year or _LEAP_YEAR, self.month)[1]


_TIMED = ("hour", "minute", "second")


def _two(part: int | None) -> str:
    """Write a component in two digits, or the hyphen that stands for an unknown one."""
    return "-" if part is None else f"{part:02}"


def _written(parts: list[str], separator: str) -> str:
    """Join components up to the last known one."""
    while parts and parts[-1] == "-":
        parts = parts[:-1]
    return separator.join(parts)


def parse_interval(text: str) -> tuple[PartialDate, PartialDate] | None:
    """Read ``start/end``, the interval within which something happened (ISO 8601).

    >>> [str(end) for end in parse_interval("2003-12-01/2003-12-10")]
    ['2003-12-01', '2003-12-10']
    >>> parse_interval("2003-12-01") is None
    True
    """
    start, _, end = text.partition("/")
    low, high = PartialDate.parse(start), PartialDate.parse(end)
    return None if low is None or high is None else (low, high)


def is_iso8601(text: str) -> bool:
    """Say whether text is a date, date-time or interval that a --DTC variable may hold.

    Hyphens may stand for unknown components (SDTMIG 3.4, section 4.4.2). Durations are
    checked by ``trialkit.durations``.

    >>> [is_iso8601(text) for text in ("2003---15", "-----T07:15", "2003-12/2004", "31/12/2003", "")]
    [True, True, True, False, False]
    """
    return PartialDate.parse(text) is not None or parse_interval(text) is not None


def order(one: PartialDate, other: PartialDate) -> Order:
    """Say whether one date is for certain before or after the other, else ``overlap``.

    Clock times are compared as collected; offsets count only where both dates have one, and
    fractions of a second likewise. A date without a year overlaps every date.

    >>> order(PartialDate(2021, 2), PartialDate(2021, 3, 5)), order(PartialDate(2021), PartialDate(2021, 3))
    ('before', 'overlap')
    """
    mine, theirs = _span(one, other), _span(other, one)
    if mine is None or theirs is None:
        return "overlap"
    if mine[1] < theirs[0]:
        return "before"
    return "after" if mine[0] > theirs[1] else "overlap"


def _span(date: PartialDate, other: PartialDate) -> tuple[Decimal, Decimal] | None:
    """Give the first and last second a date can be, on the clock that it shares with the other."""
    low, high = date.lower(), date.upper()
    if low is None or high is None:
        return None
    shift = offset_seconds(date.offset) if date.offset and other.offset else 0
    both = date.fraction and other.fraction
    extra = Decimal("0" + date.fraction.replace(",", ".")) - shift if both else Decimal(-shift)
    return clock_seconds(low) + extra, clock_seconds(high) + extra


def clock_seconds(date: PartialDate) -> int:
    """Count the seconds from day number 0 to a date and time, unknown time counted as 00:00:00.

    The fraction and the offset are left out.

    Raises:
        ValueError: year, month or day is unknown.

    >>> clock_seconds(PartialDate(1, 1, 1, 0, 1)) - DAY
    60
    """
    if (number := date.day_number) is None:
        raise ValueError("the date is not complete")
    return number * DAY + (date.hour or 0) * 3600 + (date.minute or 0) * 60 + (date.second or 0)


def offset_seconds(offset: str) -> int:
    """Give an offset from UTC in seconds.

    >>> offset_seconds("+08:00"), offset_seconds("-05"), offset_seconds("Z")
    (28800, -18000, 0)
    """
    if offset in ("", "Z"):
        return 0
    hours, _, minutes = offset[1:].partition(":")
    return (int(hours) * 3600 + int(minutes or "0") * 60) * (-1 if offset[0] == "-" else 1)


def _whole(text: str) -> datetime | None:
    """Read a complete date without a time, or to the minute or second, at the speed of C; else None."""
    try:
        return datetime.fromisoformat(text) if _WHOLE.fullmatch(text) else None
    except ValueError:
        return None


def days(text: str) -> int | None:
    """Give the day number of ISO 8601 text; None unless its date part is complete.

    >>> days("1960-01-02T08:02") - SAS_DAY_ZERO, days("1960-01"), days("UNK")
    (1, None, None)
    """
    if whole := _whole(text):
        return whole.toordinal()
    found = PartialDate.parse(text)
    return None if found is None else found.day_number


def _texts(column: Column) -> list[str]:
    """Give the distinct texts; a number is no date."""
    return [""] * len(column.values) if column.kind == "number" else column.values.tolist()


def day_numbers(column: Column) -> npt.NDArray[np.float64]:
    """Give the day number of each row of ISO 8601 text; NaN unless complete; shape (rows,).

    >>> (day_numbers(Column.text(["1960-01-03", "1960"])) - SAS_DAY_ZERO).tolist()
    [2.0, nan]
    """
    found = [days(text) for text in _texts(column)]
    return np.array([np.nan if day is None else day for day in found], np.float64)[column.codes]


def moments(column: Column) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the earliest and the latest moment that each row of ISO 8601 text can be.

    Moments are seconds on the clock as collected, shape (rows,); NaN without a year. They serve
    to find the first and last of several dates and to compare columns of dates.

    >>> low, high = moments(Column.text(["2021", "2021-12-31T23:59", ""]))
    >>> (high - low + 1).tolist()
    [31536000.0, 60.0, nan]
    """
    pairs = np.full((2, len(column.values)), np.nan)
    for place, text in enumerate(_texts(column)):
        if whole := _whole(text):
            start = whole.toordinal() * DAY + whole.hour * 3600 + whole.minute * 60 + whole.second
            pairs[:, place] = start, start + _LASTS[len(text)]
        elif (found := PartialDate.parse(text)) and (low := found.lower()) and (high := found.upper()):
            part = float("0" + found.fraction.replace(",", "."))
            pairs[:, place] = clock_seconds(low) + part, clock_seconds(high) + part
    return pairs[0][column.codes], pairs[1][column.codes]


def study_day(date: Column, reference: Column) -> Column:
    """Derive the study day (--DY; SDTMIG 3.4, section 4.4.4).

    The reference date is day 1 and the day before it day -1; there is no day 0. A date or
    reference date that is not complete gives a missing day. Only date parts count.

    Args:
        date: ISO 8601 texts.
        reference: ISO 8601 texts, such as RFSTDTC, one per row.

    >>> dates = Column.text(["2021-03-05T08:02", "2021-03-04", "2021-03", "2021-03-07"])
    >>> study_day(dates, Column.constant("2021-03-05", 4)).objects().tolist()
    [1.0, -1.0, nan, 3.0]
    """
    apart = day_numbers(date) - day_numbers(reference)
    return Column.numbers(apart + (apart >= 0))


def offset_of(text: str) -> str:
    """Give the offset from UTC of an ISO 8601 date-time; "" for none.

    >>> offset_of("2021-03-05T08:02-05:00"), offset_of("2021-03-05T08:02"), offset_of("2021T08/2021-03-05")
    ('-05:00', '', '')
    """
    found = _TIME_WITH_OFFSET.search(text)
    return found[1] if found else ""


def offsets(column: Column) -> tuple[str, ...]:
    """List the offsets from UTC that a column's date-times have; more than one needs a look.

    Date-times without an offset are listed as the empty text.

    >>> offsets(Column.text(["2021-03-05T08:02+08:00", "2021-03-05T08:02", "2021-03-05"]))
    ('', '+08:00')
    """
    return tuple(sorted({offset_of(text) for text in column.distinct().values.tolist() if "T" in text}))
