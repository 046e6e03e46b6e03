"""Checks of what a dataset is made of: its variables, their types, names and labels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from trialkit import xptlimits
from trialkit.built import Meta
from trialkit.checks.review import Review
from trialkit.checks.terms import NO_TERMS
from trialkit.checks.values import NULL
from trialkit.column import Column
from trialkit.facts import VariableFacts
from trialkit.problems import Exit, Kind, Place, Problem
from trialkit.standard import Standard

ABSENT = Kind(
    "CHECK-101",
    "required variable is absent",
    "Give it a rule under `variables`.",
    exit=Exit.SPEC,
)
TYPE = Kind(
    "CHECK-103",
    "type differs from the standard",
    "Leave `type` out of the spec; the standard gives it.",
    exit=Exit.SPEC,
)
LABEL = Kind(
    "CHECK-104",
    "label differs from the standard",
    "Leave `label` out of the spec; the standard gives it.",
    exit=Exit.SPEC,
)
NO_LABEL = Kind(
    "CHECK-105",
    "variable has no label",
    "Give it a `label` of at most 40 ASCII characters in the spec.",
    exit=Exit.SPEC,
)


def structure(review: Review, standard: Standard) -> list[Problem]:
    """Find absent variables, and names, labels and types that cannot be published.

    Source: SDTMIG 3.4, sections 2.2 and 4.1.5; SAS TS-140.

    >>> from trialkit.samples import sample_review, sample_standard
    >>> structure(sample_review("VS", USUBJID=["1"], VSTESTCD=["TEMP"]), sample_standard())[0].what
    'required variable STUDYID is absent'
    """
    built = review.built
    facts = standard.facts_of(built.spec)
    listed = {variable.name: variable for variable in facts.variables} if facts else {}
    found = _absent(review, listed.values(), standard)
    for meta in built.metas.values():
        found += _attributes(review, meta, listed.get(meta.name))
        found += _null_identifier(review, meta, standard)
        found += _codelists(review, meta)
    return [*found, *limits(review)]


def limits(review: Review) -> list[Problem]:
    """Find names, labels, formats and types that a version 5 transport file cannot hold.

    The values themselves are checked by the dataset's schema.

    >>> from trialkit.samples import sample_review
    >>> [one.kind.code for one in limits(sample_review("DM", age=["63"]))]
    ['XPT-001']
    """
    columns = {name: review.column(name) for name in review.built.metas}
    nothing = {name: Column(column.values[:0], column.codes[:0]) for name, column in columns.items()}
    return xptlimits.check(review.built.dataset, nothing)


def _absent(review: Review, listed: Iterable[VariableFacts], standard: Standard) -> list[Problem]:
    instead = standard.checks.instead
    return [
        Problem(ABSENT, f"required variable {one.name} is absent", where, spec=review.place(""))
        for one in listed
        if one.core == "Req"
        and not review.has(one.name)
        and one.name.isupper()
        and not any(review.has(other) for other in instead.get(one.name, ()))
        for where in [Place(dataset=review.built.name, variable=one.name)]
    ]


def _attributes(review: Review, meta: Meta, fact: VariableFacts | None) -> list[Problem]:
    where = Place(dataset=review.built.name, variable=meta.name)
    spec, found = review.place(meta.name), []
    if fact is not None and meta.type != fact.type:
        found.append(Problem(TYPE, f"type is {meta.type}, the standard says {fact.type}", where, spec=spec))
    if fact is not None and meta.label != fact.label:
        found.append(Problem(LABEL, f"label is not '{fact.label}'", where, spec=spec))
    if not meta.label or (not meta.known and meta.label == meta.name):
        found.append(Problem(NO_LABEL, NO_LABEL.title, where, spec=spec))
    return found


def _null_identifier(review: Review, meta: Meta, standard: Standard) -> list[Problem]:
    others = [name for name in standard.checks.instead.get(meta.name, ()) if review.has(name)]
    if meta.core != "Req" or not others:
        return []
    filled = [review.filled(name) for name in (meta.name, *others)]
    said = f"neither {meta.name} nor {' nor '.join(others)} has a value"
    return review.problems(NULL, said, meta.name, ~np.logical_or.reduce(filled))


def _codelists(review: Review, meta: Meta) -> list[Problem]:
    terms, where = review.store.terms, Place(dataset=review.built.name, variable=meta.name)
    lost = [name for name in meta.codelists if terms is not None and terms.find(name) is None]
    if not lost:
        return []
    return [Problem(NO_TERMS, f"codelist {' and '.join(lost)} is not in the terminology", where)]
