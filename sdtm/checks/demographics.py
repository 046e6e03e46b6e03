"""Checks of the demographics dataset (SDTMIG 3.4, section 5.2)."""

from __future__ import annotations

import numpy as np

from trialkit.checks.review import Review
from trialkit.column import Mask
from trialkit.problems import Kind, Problem

ARM_AND_REASON = Kind(
    "CHECK-210",
    "arm has a value although a reason says why it is null",
    "Leave the arm variables null for these subjects, or ARMNRS.",
)
NO_REASON = Kind(
    "CHECK-211",
    "arm is null and no reason says why",
    "Map ARMNRS for subjects without a planned or actual arm.",
)
AGE = Kind("CHECK-212", "age and its unit do not stand together", "Map both AGE and AGEU, or neither.")
REFERENCE = Kind(
    "CHECK-213",
    "reference start date and treatment contradict each other",
    "RFSTDTC is null for subjects who were not assigned, and given for those who were treated.",
)
DEATH = Kind("CHECK-214", "date of death without the death flag", "Map DTHFL to Y where DTHDTC has a value.")
PLANNED, ACTUAL = ("ARMCD", "ARM"), ("ACTARMCD", "ACTARM")
# SDTMIG 3.4, 5.2: reasons that leave both arms null; the others leave at least one of them null.
NEVER_ASSIGNED = {"SCREEN FAILURE", "NOT ASSIGNED"}
NO_ACTUAL_ARM = {*NEVER_ASSIGNED, "ASSIGNED, NOT TREATED", "UNPLANNED TREATMENT"}


def demographics(review: Review) -> list[Problem]:
    """Find contradictions between the variables of DM; nothing in other datasets.

    >>> from trialkit.samples import sample_review
    >>> dm = sample_review("DM", AGE=[63.0], AGEU=[""], DTHDTC=["2021"], DTHFL=[""])
    >>> [one.kind.code for one in demographics(dm)]
    ['CHECK-212', 'CHECK-214']
    """
    if review.built.name != "DM":
        return []
    found = [*_arms(review), *_references(review)]
    if review.has("AGE", "AGEU"):
        apart = review.filled("AGE") != review.filled("AGEU")
        found += review.problems(AGE, AGE.title, "AGEU", apart)
    if review.has("DTHDTC", "DTHFL"):
        unmarked = review.filled("DTHDTC") & ~review.column("DTHFL").where(lambda text: text == "Y")
        found += review.problems(DEATH, DEATH.title, "DTHFL", unmarked)
    return found


def _arms(review: Review) -> list[Problem]:
    if not review.has("ARMNRS", *PLANNED, *ACTUAL):
        return []
    planned, actual = (_any(review, names) for names in (PLANNED, ACTUAL))
    reason = review.filled("ARMNRS")
    never = review.column("ARMNRS").where(lambda text: text in NEVER_ASSIGNED)
    untreated = review.column("ARMNRS").where(lambda text: text in NO_ACTUAL_ARM)
    wrong = (never & planned) | (untreated & actual) | (reason & planned & actual)
    lost = ~reason & ~(_all(review, PLANNED) & _all(review, ACTUAL))
    return [
        *review.problems(ARM_AND_REASON, ARM_AND_REASON.title, "ARMNRS", wrong),
        *review.problems(NO_REASON, NO_REASON.title, "ARMNRS", lost),
    ]


def _any(review: Review, names: tuple[str, ...]) -> Mask:
    return np.asarray(np.logical_or.reduce([review.filled(name) for name in names]))


def _all(review: Review, names: tuple[str, ...]) -> Mask:
    return np.asarray(np.logical_and.reduce([review.filled(name) for name in names]))


def _references(review: Review) -> list[Problem]:
    if not review.has("RFSTDTC"):
        return []
    given, found = review.filled("RFSTDTC"), []
    if review.has("ARMNRS"):
        never = review.column("ARMNRS").where(lambda text: text in NEVER_ASSIGNED)
        what = "RFSTDTC has a value for a subject who was not assigned"
        found += review.problems(REFERENCE, what, "RFSTDTC", given & never)
    if review.has("RFXSTDTC"):
        what = "RFSTDTC is missing for a subject who was treated"
        found += review.problems(REFERENCE, what, "RFSTDTC", ~given & review.filled("RFXSTDTC"))
    return found
