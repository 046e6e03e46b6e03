"""Checks of cell phenotypes: which population a test counts."""

from __future__ import annotations

import numpy as np

from trialkit.checks.review import Review
from trialkit.column import Mask
from trialkit.problems import Kind, Problem

NOT_SUB = Kind(
    "CHECK-225",
    "part of a cell population under the name of the whole",
    "Use the test with Sub in its name, or leave sublineage and cell state missing.",
)
HALF_STATE = Kind(
    "CHECK-226", "cell state and its markers do not stand together", "Fill CPCELSTA and CPCSMRKS, or neither."
)
PARTS = ("CPSBMRKS", "CPCELSTA", "CPCSMRKS")


def phenotypes(review: Review) -> list[Problem]:
    """Find tests of subpopulations that their name hides (CP; SDTMIG 3.4, 6.3.5.3, assumptions 4 and 5).

    >>> from trialkit.samples import sample_review
    >>> cp = sample_review("CP", CPTEST=["TLym Help Reg", "TLym Help Reg Sub"], CPSBMRKS=["CD31+", "CD31+"])
    >>> [(one.what, one.count) for one in phenotypes(cp)]
    [('CPTEST does not say that it is a subpopulation', 1)]
    """
    if review.domain != "CP":
        return []
    _, state, markers = (_filled(review, name) for name in PARTS)
    shown = "CPCELSTA" if review.has("CPCELSTA") else "CPCSMRKS"
    apart = state != markers
    found = review.problems(HALF_STATE, HALF_STATE.title, shown, apart) if apart.any() else []
    if review.has("CPTEST"):
        whole = ~review.column("CPTEST").where(lambda name: "Sub" in name.replace("/", " ").split())
        part = np.logical_or.reduce([_filled(review, name) for name in PARTS])
        found += review.problems(
            NOT_SUB, "CPTEST does not say that it is a subpopulation", "CPTEST", part & whole
        )
    return found


def _filled(review: Review, name: str) -> Mask:
    return review.filled(name) if review.has(name) else np.zeros(review.count, bool)
