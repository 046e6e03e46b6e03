"""Checks of values that stand for one another, such as a parameter and its code."""

from __future__ import annotations

from trialkit.checks.pairs import one_to_one
from trialkit.checks.review import Review
from trialkit.problems import Problem

# ADaMIG 1.3, sections 3.2 and 3.3: a variable and its code or number go together one to one.
NUMBERED = "N"
PAIRS = (("PARAMCD", "PARAM"), ("APERIOD", "APERIODC"), ("ASPER", "ASPERC"))


def pairs(review: Review) -> list[Problem]:
    """Find parameters, visits, treatments and groups that don't go with one code or number.

    Source: ADaMIG 1.3, sections 3.1.2 and 3.3.4. AVALC goes with one AVAL within a parameter.

    >>> from trialkit.samples import sample_review
    >>> lb = sample_review("LB", PARAMCD=["ALT", "ALT"], PARAM=["Alanine", "Aspartate"])
    >>> [one.what for one in pairs(lb)]
    ['PARAMCD has more than one PARAM']
    """
    named = [pair for pair in PAIRS if review.has(*pair)]
    numbered = ((name, f"{name}{NUMBERED}") for name in review.built.metas if not name.endswith(NUMBERED))
    named += [pair for pair in numbered if review.has(*pair)]
    found = [problem for left, right in named for problem in one_to_one(review, left, right)]
    if review.has("PARAMCD", "AVAL", "AVALC"):
        found += one_to_one(review, "AVALC", "AVAL", ["PARAMCD"])
    return found
