"""Checks of study days and of starts and ends."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trialkit.checks.review import Review
from trialkit.column import Column
from trialkit.dates import days, moments
from trialkit.problems import Kind, Problem

OTHER_DAY = Kind(
    "CHECK-215",
    "study day is not that of the date",
    "Use the rule for study days; without a complete date or RFSTDTC there is none.",
)
ENDS_BEFORE = Kind(
    "CHECK-216",
    "end is before the start",
    "Ask the site which of the two dates is right.",
    severity="query",
)
REFERENCES = (("RFSTDTC", "RFENDTC"), ("RFXSTDTC", "RFXENDTC"), ("RFCSTDTC", "RFCENDTC"))


def study_days(review: Review) -> list[Problem]:
    """Find study days that are not those of their dates (SDTMIG 3.4, section 4.4.4).

    Day 1 is the day of DM.RFSTDTC. A day that has a date but is missing is no problem.

    >>> from dataclasses import replace
    >>> from trialkit.samples import sample_records, sample_review, sample_store
    >>> vs = sample_review("VS", USUBJID=["1"], VSDTC=["2021-03-05"], VSDY=[0.0])
    >>> dm = sample_records("DM", USUBJID=["1"], RFSTDTC=["2021-03-05"])
    >>> [one.what for one in study_days(replace(vs, store=sample_store(DM=dm)))]
    ['VSDY is not the study day of VSDTC']
    """
    named = [(name, f"{name[:-2]}DTC") for name in review.built.metas if name.endswith("DY")]
    pairs = [(day, date) for day, date in named if day != "VISITDY" and review.has(date)]
    reference = review.of_subject("DM", "RFSTDTC") if pairs else None
    if reference is None:
        return []
    found, first = [], day_numbers(reference)
    for day, date in pairs:
        apart = day_numbers(review.column(date)) - first
        given = review.column(day).objects()
        # NaN differs from every day: a day without a complete date is wrong too
        wrong = ~np.isnan(given) & (given != apart + (apart >= 0))
        found += review.problems(OTHER_DAY, f"{day} is not the study day of {date}", day, wrong)
    return found


def day_numbers(column: Column) -> npt.NDArray[np.float64]:
    """Give the day number of each date; NaN unless it is complete; shape (rows,).

    Times are cut off first, so that each day is read once.

    >>> np.diff(day_numbers(Column.text(["2021-02-28T08:00", "2021-03-01", "2021-03"]))).tolist()
    [1.0, nan]
    """
    texts = [text[:10] if "/" not in text else "" for text in column.values.tolist()]
    known = {text: days(text) for text in set(texts)}
    numbers = [np.nan if (day := known[text]) is None else day for text in texts]
    return np.array(numbers, np.float64)[column.codes]


def starts_and_ends(review: Review) -> list[Problem]:
    """Find ends that are certain to be before their starts, as far as both are known.

    >>> from trialkit.samples import sample_review
    >>> ae = sample_review("AE", AESTDTC=["2021-03-05"], AEENDTC=["2021-02"])
    >>> [one.what for one in starts_and_ends(ae)]
    ['AEENDTC is before AESTDTC']
    """
    own = [(f"{review.domain}{one}DTC", f"{review.domain}ENDTC") for one in ("ST", "")]
    pairs = [pair for pair in (*own, *REFERENCES) if review.has(*pair)]
    found = []
    for start, end in pairs:
        late = moments(review.column(start))[0] > moments(review.column(end))[1]
        found += review.problems(ENDS_BEFORE, f"{end} is before {start}", end, late)
    return found
