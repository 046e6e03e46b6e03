"""Checks of baseline and of what is computed from it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trialkit.checks.review import Review
from trialkit.column import Column, Mask
from trialkit.match import match
from trialkit.problems import Kind, Problem

SEVERAL = Kind(
    "CHECK-301",
    "several records are baseline",
    "Flag one record for each subject, parameter and type of baseline.",
)
OTHER_BASE = Kind(
    "CHECK-302",
    "baseline value is not that of the baseline record",
    "Use the rule baseline_value on the flag, with the same groups.",
)
OTHER_CHANGE = Kind(
    "CHECK-303",
    "change is not what analysis value and baseline make",
    "Use the rules change, percent_change and ratio.",
)
NEAR = 1e-9
GROUP = ("USUBJID", "PARAMCD", "BASETYPE")
VALUES = (("BASE", "AVAL"), ("BASEC", "AVALC"))


def baselines(review: Review) -> list[Problem]:
    """Find groups with several baseline records, and baselines that are of none.

    Source: ADaMIG 1.3, section 3.3.4 and 4.2.1.

    >>> from trialkit.samples import sample_review
    >>> lb = sample_review("LB", USUBJID=["1", "1"], PARAMCD=["A", "A"], ABLFL=["Y", ""],
    ...     AVAL=[3.0, 4.0], BASE=[3.0, 2.0])
    >>> [(one.kind.code, one.where.variable, one.count) for one in baselines(lb)]
    [('CHECK-302', 'BASE', 1)]
    """
    names = [name for name in GROUP if review.has(name)]
    if not review.has("ABLFL", "USUBJID", "PARAMCD"):
        return []
    flagged = np.flatnonzero(review.column("ABLFL").where(lambda value: value == "Y"))
    found = _several(review, names, flagged)
    if not found:
        for base, value in VALUES:
            found += _other(review, names, flagged, base, value) if review.has(base, value) else []
    return found


def _several(review: Review, names: list[str], flagged: npt.NDArray[np.int64]) -> list[Problem]:
    few = [review.column(name).take(flagged) for name in names]
    shared = match(few, len(flagged), few, len(flagged)).count > 1
    what = "several records are baseline"
    return review.problems(SEVERAL, what, "ABLFL", flagged[shared])


def _other(
    review: Review, names: list[str], flagged: npt.NDArray[np.int64], base: str, value: str
) -> list[Problem]:
    keys = [review.column(name) for name in names]
    row = match(keys, review.count, [key.take(flagged) for key in keys], len(flagged)).first()
    right = review.column(value).take(flagged).take_or_missing(row)
    wrong = review.filled(base) & ~_equal(review.column(base), right)
    return review.problems(OTHER_BASE, f"{base} is not {value} of the baseline record", base, wrong)


def _equal(left: Column, right: Column) -> Mask:
    if "text" in (left.kind, right.kind):
        return np.asarray(left.objects() == right.objects(), bool)
    near = np.isclose(left.objects(), right.objects(), rtol=NEAR, atol=NEAR, equal_nan=True)
    return np.asarray(near, bool)


def changes(review: Review) -> list[Problem]:
    """Find changes that don't follow from AVAL and BASE, as far as all three are there.

    CHG is AVAL - BASE, PCHG is 100 CHG / BASE and R2BASE is AVAL / BASE (ADaMIG 1.3, section 3.3.4).

    >>> from trialkit.samples import sample_review
    >>> lb = sample_review("LB", AVAL=[3.0, 4.0], BASE=[2.0, 2.0], CHG=[1.0, 1.0])
    >>> [(one.where.variable, one.count) for one in changes(lb)]
    [('CHG', 1)]
    """
    if not review.has("AVAL", "BASE"):
        return []
    value, base = review.column("AVAL").objects(), review.column("BASE").objects()
    with np.errstate(divide="ignore", invalid="ignore"):
        right = {"CHG": value - base, "PCHG": 100 * (value - base) / base, "R2BASE": value / base}
    found: list[Problem] = []
    for name, numbers in right.items():
        if review.has(name):
            given = review.column(name).objects()
            wrong = ~np.isnan(given) & ~np.isclose(given, numbers, rtol=1e-8, atol=NEAR)
            found += review.problems(OTHER_CHANGE, f"{name} does not follow from AVAL and BASE", name, wrong)
    return found
