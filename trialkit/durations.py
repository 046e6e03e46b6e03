"""ISO 8601 durations, as SDTM --DUR and --ELTM variables hold them (SDTMIG 3.4, section 4.4.3)."""

from __future__ import annotations

import re

from trialkit.dates import DAY, PartialDate, clock_seconds, offset_seconds

_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
_WHOLE = re.compile(
    rf"-?P(?=[0-9T])(?:({_NUMBER})W|(?:({_NUMBER})Y)?(?:({_NUMBER})M)?(?:({_NUMBER})D)?"
    rf"(?:T(?=[0-9])(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?)"
)
_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_DESIGNATORS = {
    "P{}Y": ("year", "years", "yr", "yrs"),
    "P{}M": ("month", "months", "mo", "mon"),
    "P{}W": ("week", "weeks", "wk", "wks"),
    "P{}D": ("day", "days", "d"),
    "PT{}H": ("hour", "hours", "h", "hr", "hrs"),
    "PT{}M": ("minute", "minutes", "min", "mins"),
    "PT{}S": ("second", "seconds", "s", "sec", "secs"),
}
_FORMS = {unit: form for form, units in _DESIGNATORS.items() for unit in units}
UNITS = tuple(_FORMS)


def is_duration(text: str) -> bool:
    """Say whether text is an ISO 8601 duration; only its last number may have decimals.

    A leading minus is allowed, for planned elapsed times before the reference point.

    >>> [is_duration(text) for text in ("P14D", "-PT15M", "P1Y2M", "P2W", "P1.5D", "P", "P1DT", "14D")]
    [True, True, True, True, True, False, False, False]
    >>> is_duration("P1.5DT2H"), is_duration("P1W2D")
    (False, False)
    """
    if (match := _WHOLE.fullmatch(text)) is None:
        return False
    numbers = [number for number in match.groups() if number]
    return all(number.isdigit() for number in numbers[:-1])


def duration(number: str, unit: str) -> str | None:
    """Write a number and a unit as an ISO 8601 duration; None where either can't be read.

    Args:
        number: decimal digits with an optional decimal point; leading zeros are dropped.
        unit: one of ``UNITS``, in any case; ``m`` is not among them, it may be month or minute.

    >>> duration("14", "DAYS"), duration("030", "min"), duration("1.50", "HOURS"), duration("2", "m")
    ('P14D', 'PT30M', 'PT1.5H', None)
    """
    form = _FORMS.get(unit.casefold())
    if form is None or not _DECIMAL.fullmatch(number):
        return None
    whole, _, part = number.partition(".")
    digits = whole.lstrip("0") or "0"
    return form.format(f"{digits}.{part.rstrip('0')}" if part.rstrip("0") else digits)


def between(start: PartialDate, end: PartialDate) -> str | None:
    """Give the time from start to end as an ISO 8601 duration; None unless both dates are complete.

    The duration is as exact as the less exact of the two: days where either has no time, else
    to the hour, minute or second. Offsets count only where both have one. An end before the
    start gives a leading minus.

    >>> between(PartialDate(2021, 3, 1), PartialDate(2021, 3, 15, 8, 2))
    'P14D'
    >>> between(PartialDate(2021, 3, 1, 22, 30), PartialDate(2021, 3, 3, 0, 15))
    'P1DT1H45M'
    >>> between(PartialDate(2021, 3), PartialDate(2021, 4)) is None
    True
    """
    if start.day_number is None or end.day_number is None:
        return None
    step = max(_step(start), _step(end))
    shift = offset_seconds(end.offset) - offset_seconds(start.offset) if start.offset and end.offset else 0
    if step == DAY:
        seconds = (end.day_number - start.day_number) * DAY
    else:
        seconds = clock_seconds(end) // step * step - clock_seconds(start) // step * step - shift
    return _written(seconds, step)


def _step(date: PartialDate) -> int:
    """Give the seconds in the smallest component down to which everything is known."""
    if date.hour is None:
        return DAY
    if date.minute is None:
        return 3600
    return 60 if date.second is None else 1


def _written(seconds: int, step: int) -> str:
    """Write seconds as days, hours, minutes and seconds; nothing is written as 0 of the smallest."""
    sign, left = ("-" if seconds < 0 else ""), abs(seconds)
    whole, left = divmod(left, DAY)
    parts = [(left // 3600, "H"), (left % 3600 // 60, "M"), (left % 60, "S")]
    clock = "".join(f"{number}{letter}" for number, letter in parts if number)
    if not seconds:
        return {DAY: "P0D", 3600: "PT0H", 60: "PT0M"}.get(step, "PT0S")
    return f"{sign}P{f'{whole}D' if whole else ''}{f'T{clock}' if clock else ''}"
