"""Checks of ISO 8601 dates, times, intervals and durations (SDTMIG 3.4, section 4.4)."""

from __future__ import annotations

import re
from datetime import date

from trialkit.built import Meta
from trialkit.checks.values import ValueCheck
from trialkit.dates import PartialDate, is_iso8601
from trialkit.durations import is_duration
from trialkit.problems import Kind

NOT_DATE = Kind(
    "CHECK-120",
    "not an ISO 8601 date or time that the calendar has",
    "Map it with a rule for dates, which says what an impossible or partial date becomes.",
)
NOT_DURATION = Kind(
    "CHECK-121",
    "not an ISO 8601 duration",
    "Map it with a rule for durations.",
)
AFTER_CUTOFF = Kind(
    "CHECK-122",
    "date is after the data cutoff",
    "Ask the site whether the date is right, or correct the cutoff in study.yaml.",
    severity="query",
)
OFFSETS = Kind(
    "CHECK-123",
    "times with different offsets from UTC",
    "Ask which clock the times were taken from; they are kept as collected.",
    severity="query",
)
DATE, DURATION = "ISO 8601 datetime", "ISO 8601 duration"
# A date that every calendar month has: certain to be right without a look at the calendar.
_PLAIN = re.compile(
    r"(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?",
    re.ASCII,
)


def holds_dates(meta: Meta) -> bool:
    """Say whether a text variable holds dates.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> vs = sample_study().datasets["VS"]
    >>> [holds_dates(sample_standard().meta(vs, name)) for name in ("VSDTC", "VSTEST", "XXDTC")]
    [True, False, True]
    """
    return meta.type == "Char" and meta.described.startswith(DATE)


def dates(meta: Meta, cutoff: date | None) -> list[ValueCheck]:
    """Give the checks of dates and durations that a variable needs.

    >>> lbdtc = Meta("LBDTC", "", "Char", described=DATE)
    >>> [check.kind.code for check in dates(lbdtc, date(2021, 3, 1))]
    ['CHECK-120', 'CHECK-122']
    """
    checks = []
    if meta.type == "Char" and meta.described.startswith(DURATION):
        either = meta.described != DURATION
        passes = is_duration_or_interval if either else is_duration
        said = NOT_DURATION.title + (" or interval" if either else "")
        checks.append(ValueCheck(NOT_DURATION, said, lambda text: not text or passes(text)))
    if holds_dates(meta):
        checks.append(ValueCheck(NOT_DATE, NOT_DATE.title, lambda text: not text or is_date(text)))
    if holds_dates(meta) and cutoff is not None:
        last = cutoff.isoformat()
        checks.append(
            ValueCheck(AFTER_CUTOFF, AFTER_CUTOFF.title, lambda text: not _begins_after(text, last))
        )
    return checks


def is_date(text: str) -> bool:
    """Say whether a text is a date, a date and time, or an interval of ISO 8601.

    >>> [is_date(text) for text in ("2021-02", "2021-02-30", "2021-02-01T24:00", "2021-02/2021-03")]
    [True, False, False, True]
    """
    return bool(_PLAIN.fullmatch(text)) or is_iso8601(text) or _with_duration(text)


def is_duration_or_interval(text: str) -> bool:
    """Say whether a text is a duration or an interval of ISO 8601.

    >>> [is_duration_or_interval(text) for text in ("P7D", "2021-02-01/P7D", "2021-02-01", "a/b")]
    [True, True, False, False]
    """
    return is_duration(text) or ("/" in text and is_date(text))


def _with_duration(text: str) -> bool:
    start, _, end = text.partition("/")
    one = is_duration(start) and PartialDate.parse(end) is not None
    return one or (is_duration(end) and PartialDate.parse(start) is not None)


def _begins_after(text: str, last: str) -> bool:
    # dates sort as texts, and a partial date before its first day
    if text[:10] <= last:
        return False
    found = PartialDate.parse(text.split("/")[0])
    low = found.lower() if found else None
    return low is not None and str(low)[:10] > last
