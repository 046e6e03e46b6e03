"""What only ADaM checks of a finished dataset."""

from __future__ import annotations

from adam.checks.baseline import baselines, changes
from adam.checks.pairs import pairs
from adam.checks.subject import copies, days, values
from trialkit.built import Built
from trialkit.checks.hooks import StandardChecks
from trialkit.checks.review import Review
from trialkit.context import Store
from trialkit.problems import Problem

PARTS = (pairs, baselines, changes, copies, days, values)


def record_checks(built: Built, store: Store) -> list[Problem]:
    """Find problems that concern several variables, records or datasets.

    >>> from trialkit.samples import sample_review
    >>> lb = sample_review("LB", ADY=[0.0])
    >>> [one.what for one in record_checks(lb.built, lb.store)]
    ['ADY is 0']
    """
    review = Review(built, store)
    return [problem for part in PARTS for problem in part(review)]


# ADaMIG 1.3, section 3: a required variable must be in the dataset; null values are allowed but for these.
ADAM_CHECKS = StandardChecks(
    records=record_checks, filled=frozenset({"STUDYID", "USUBJID", "PARAM", "PARAMCD"})
)
