"""Checks of study days and of starts and ends."""

from __future__ import annotations

import numpy as np

from trialkit.checks.review import Review
from trialkit.dates import study_day
from trialkit.instants import shared_moments
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
    found: list[Problem] = []
    for day, date in pairs:
        given, right = review.column(day).objects(), study_day(review.column(date), reference).objects()
        wrong = ~np.isnan(given) & (given != right)  # NaN differs: without a complete date there is no day
        found += review.problems(OTHER_DAY, f"{day} is not the study day of {date}", day, wrong)
    return found


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
        first, last = shared_moments(review.column(start), review.column(end))
        late = first[0] > last[1]
        found += review.problems(ENDS_BEFORE, f"{end} is before {start}", end, late)
    return found
