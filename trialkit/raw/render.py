"""Typed cells of spreadsheets, SAS files and Parquet as texts: numbers in full, dates in ISO 8601."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from trialkit.numerals import to_text
from trialkit.raw.source import Dates

SAS_DAY_ZERO = datetime(1960, 1, 1)  # noqa: DTZ001 - SAS times are local and have no zone

_DATE = re.compile(
    r"(DATE|DAY|DDMMYY[BCDNPS]?|MMDDYY[BCDNPS]?|YYMMDD[BCDNPS]?|E8601DA|B8601DA|IS8601DA|EURDF(DD|DE|DN|DT|WD)?"
    r"|JULIAN|JULDAY|MON(NAME|TH|YY)|MMYY[CDNPS]?|YYMM[CDNPS]?|YYMON|YYQR?[CDNPS]?|QTRR?|WEEKDAT[EX]|WEEKDAY"
    r"|WEEK[UVW]|WORDDAT[EX]|DOWNAME|YEAR|NENGO|MINGUO|NLDATE\w*)"
)
_DATETIME = re.compile(
    r"(DATETIME|DATEAMPM|MDYAMPM|DT(DATE|DATEYY|MONYY|WKDATX|YEAR|YYQC)|E8601D[TNXZ]|B8601D[TNXZ]|IS8601D[TNZ]"
    r"|NLDATM\w*)"
)
_TIME = re.compile(r"(TIME|TIMEAMPM|TOD|HHMM|HOUR|MMSS|E8601T[MXZ]|B8601T[MXZ]|IS8601T[MXZ]|NLTIM\w*)")


def cell_text(value: Any, dates: Dates = "auto") -> str:
    """Write a typed cell as text; None is missing.

    Args:
        value: text, number, boolean, date, time, datetime, duration or bytes.
        dates: how much of a datetime to write; ``auto`` writes what is not zero from the right, and a
            datetime at midnight as a date.

    Raises:
        ValueError: ``dates`` leaves out a time of day or seconds that the cell has.
        TypeError: the value is of no such type.

    >>> cell_text(datetime(2020, 2, 29, 8, 5)), cell_text(date(2020, 2, 29), "minute"), cell_text(True)
    ('2020-02-29T08:05', '2020-02-29', 'TRUE')
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).upper()
        case int():
            return str(value)
        case float():
            return to_text(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            return _datetime_text(value, dates)
        case date():
            return value.isoformat()
        case time():
            return _clock(value)
        case timedelta():
            return duration_text(value.total_seconds())
    raise TypeError(f"no text for a cell of type {type(value).__name__}")


def _datetime_text(value: datetime, dates: Dates) -> str:
    needed = (
        "second" if value.second or value.microsecond else "minute" if value.hour or value.minute else "date"
    )
    order = ("date", "minute", "second")
    wanted = needed if dates == "auto" else dates
    if order.index(needed) > order.index(wanted):
        raise ValueError(f"dates: {dates} would leave out part of the cell, which is precise to the {needed}")
    if wanted == "date":
        return value.date().isoformat()
    precise = "minutes" if wanted == "minute" else "microseconds" if value.microsecond else "seconds"
    return value.isoformat(timespec=precise)


def _clock(value: time) -> str:
    precise = "microseconds" if value.microsecond else "seconds" if value.second else "minutes"
    return value.isoformat(timespec=precise)


def duration_text(seconds: float) -> str:
    """Write a length of time as hours, minutes and, where there are any, seconds.

    >>> duration_text(29100), duration_text(90061.5), duration_text(-60)
    ('08:05', '25:01:01.5', '-00:01')
    """
    sign, rest = "-" if seconds < 0 else "", abs(round(seconds, 6))
    minutes, second = divmod(rest, 60)
    clock = f"{sign}{int(minutes // 60):02d}:{int(minutes % 60):02d}"
    whole, point, part = to_text(float(round(second, 6))).partition(".")
    return clock if not second else f"{clock}:{whole.zfill(2)}{point}{part}"


def sas_kind(form: str) -> str:
    """Say what a SAS format shows a number as: date, datetime, time or number.

    >>> [sas_kind(form) for form in ("DATE9.", "E8601DT19.", "TIME5", "BEST12.", "$CHAR8.", "")]
    ['date', 'datetime', 'time', 'number', 'number', 'number']
    """
    name = re.sub(r"[0-9]*\.?[0-9]*$", "", form.upper().rstrip("."))
    for kind, pattern in (("datetime", _DATETIME), ("date", _DATE), ("time", _TIME)):
        if pattern.fullmatch(name):
            return kind
    return "number"


def sas_text(value: float | str | None, kind: str) -> str:
    """Write a SAS number by what its format shows it as; a special missing value as ``.A``.

    Raises:
        OverflowError: a date beyond the years 1 to 9999.

    >>> [sas_text(21974.0, kind) for kind in ("date", "datetime", "time", "number")]
    ['2020-02-29', '1960-01-01T06:06:14', '06:06:14', '21974']
    """
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return f".{value}"
    if kind == "time":
        return duration_text(value)
    if kind == "number":
        return to_text(value)
    moment = SAS_DAY_ZERO + (timedelta(days=value) if kind == "date" else timedelta(seconds=value))
    return _datetime_text(moment, "auto" if kind == "date" else "second")
