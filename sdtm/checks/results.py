"""Checks of findings: results, their standard forms, and tests that were not done."""

from __future__ import annotations

import numpy as np

from trialkit.checks.pairs import unusual
from trialkit.checks.review import Review
from trialkit.column import Mask
from trialkit.numerals import to_number
from trialkit.problems import Kind, Problem

OTHER_NUMBER = Kind(
    "CHECK-220",
    "numeric result is not the number in the standard result",
    "Derive --STRESN from --STRESC: the number where it is one, else missing.",
)
NOT_STANDARD = Kind(
    "CHECK-221",
    "result has no standard result",
    "Say how it is standardised, or ask the site about it.",
    severity="query",
)
NOT_DONE = Kind(
    "CHECK-222",
    "a test that was not done has a result",
    "Leave the results missing where --STAT is NOT DONE, or --STAT where there is a result.",
)
REASON = Kind(
    "CHECK-223",
    "reason not done without NOT DONE",
    "Map --STAT where there is a reason, or the reason to another variable.",
)
UNITS = Kind(
    "CHECK-224",
    "test has more than one standard unit",
    "Convert the results of a test to one unit, or tell the tests apart.",
    severity="query",
)
CLOSE = 1e-9
RESULTS = ("ORRES", "ORRESU", "STRESC", "STRESN", "STRESU")
# What tells apart tests of one short name, for their units.
TOLD_APART = ("TESTCD", "CAT", "SCAT", "SPEC", "METHOD")


def results(review: Review) -> list[Problem]:
    """Find results that contradict each other (SDTMIG 3.4, sections 4.5.1 and 6.3).

    A result that the site is asked about already may stay as collected, without its number: it is
    not found once more.

    >>> from trialkit.samples import sample_review
    >>> lb = sample_review("LB", LBORRES=["5", "7"], LBSTRESC=["5", ""], LBSTRESN=[50.0, float("nan")])
    >>> [one.what for one in results(lb)]
    ['LBSTRESN is not the number in LBSTRESC', 'LBSTRESC is missing where LBORRES has a value']
    """
    asked = _asked(review)
    return [*_numbers(review, asked), *_standard(review, asked), *_not_done(review), *_units(review)]


def _asked(review: Review) -> Mask:
    """Mark the records with a data query about their result."""
    names = {f"{review.domain}{one}" for one in RESULTS}
    asked = np.zeros(review.count, bool)
    for one in review.store.problems.items:
        about = one.where.dataset == review.built.name and one.where.variable in names
        if about and one.level == "query" and one.cells is not None:
            asked |= one.cells.among(review.built.records)
    return asked


def _numbers(review: Review, asked: Mask) -> list[Problem]:
    text, number = f"{review.domain}STRESC", f"{review.domain}STRESN"
    if not review.has(text, number):
        return []
    column = review.column(text)
    read = [to_number(value) for value in column.values.tolist()]
    want, got = np.array(read, np.float64)[column.codes], review.column(number).objects()
    near = np.abs(want - got) <= CLOSE * np.maximum(1.0, np.abs(want))
    wrong = ~near & ~(np.isnan(got) & (np.isnan(want) | asked))
    return review.problems(OTHER_NUMBER, f"{number} is not the number in {text}", number, wrong)


def _standard(review: Review, asked: Mask) -> list[Problem]:
    original, standard = f"{review.domain}ORRES", f"{review.domain}STRESC"
    if not review.has(original, standard):
        return []
    lost = review.filled(original) & ~review.filled(standard) & ~asked
    what = f"{standard} is missing where {original} has a value"
    return review.problems(NOT_STANDARD, what, standard, lost, review.column(original))


def _not_done(review: Review) -> list[Problem]:
    status, reason = f"{review.domain}STAT", f"{review.domain}REASND"
    found: list[Problem] = []
    if review.has(status):
        undone = review.filled(status)
        for name in (f"{review.domain}{one}" for one in ("ORRES", "STRESC", "STRESN")):
            if review.has(name):
                what = f"{name} has a value where {status} is NOT DONE"
                found += review.problems(NOT_DONE, what, name, undone & review.filled(name))
    if review.has(reason):
        done = ~review.filled(status) if review.has(status) else np.ones(review.count, bool)
        what = f"{reason} has a value where {status} is not NOT DONE"
        found += review.problems(REASON, what, reason, review.filled(reason) & done)
    return found


def _units(review: Review) -> list[Problem]:
    unit = f"{review.domain}STRESU"
    names = [f"{review.domain}{one}" for one in TOLD_APART]
    if not review.has(names[0], unit):
        return []
    known = [names[0], *(name for name in names[1:] if review.has(name))]
    rows = unusual(review, known[::-1], unit)
    return review.problems(UNITS, f"{names[0]} has more than one {unit}", unit, rows)
