"""Checks that every subject is one of the study's."""

from __future__ import annotations

from trialkit.built import Meta
from trialkit.checks.keys import not_unique
from trialkit.checks.review import Review
from trialkit.checks.values import ValueCheck
from trialkit.problems import Kind, Place, Problem

ORPHAN = Kind(
    "CHECK-140",
    "subject is not in the dataset of subjects",
    "Add the subject there, or exclude the records with a reason.",
)
TWICE = Kind(
    "CHECK-141",
    "subject has more than one record in the dataset of subjects",
    "Keep one record per subject, by a rule with a reason.",
)
UNCHECKED = Kind(
    "CHECK-142",
    "subjects are not checked",
    "Build the dataset of subjects in the same run.",
    severity="query",
)


def known_subject(review: Review, meta: Meta, names: tuple[str, ...] = ()) -> list[ValueCheck]:
    """Give the check that a variable holds subjects of the study only.

    Args:
        review: the dataset.
        meta: the variable.
        names: variables that identify subjects beside the study's own.

    >>> from trialkit.samples import sample_records, sample_review, sample_store
    >>> lb = sample_review("LB", sample_store(DM=sample_records("DM", USUBJID=["1"])), USUBJID=["2"])
    >>> [check.passes("2") for check in known_subject(lb, lb.built.metas["USUBJID"])]
    [False]
    """
    dataset, table = review.store.subjects, review.table(review.store.subjects)
    if meta.name not in (review.subject, *names) or review.built.name == dataset or table is None:
        return []
    if review.subject not in table.columns:
        return []
    known = {"", *table.columns[review.subject].compact().values.tolist()}
    return [ValueCheck(ORPHAN, f"subject is not in {dataset}", known.__contains__, surely=known.issuperset)]


def subjects(review: Review) -> list[Problem]:
    """Find subjects with two records in the dataset of subjects, or say that none is there to check.

    >>> from trialkit.samples import sample_review
    >>> [one.what for one in subjects(sample_review("LB", USUBJID=["1"]))]
    ['subjects are not checked, DM is not built in this run']
    """
    if not review.has(review.subject):
        return []
    if review.built.name == review.store.subjects:
        return not_unique(review, [review.subject], TWICE, "subject has more than one record", review.subject)
    if review.table(review.store.subjects) is None:
        where = Place(dataset=review.built.name, variable=review.subject)
        what = f"subjects are not checked, {review.store.subjects} is not built in this run"
        return [Problem(UNCHECKED, what, where)]
    return []
