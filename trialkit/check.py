"""The check of a finished dataset: everything its spec, its standard and its format promise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trialkit.built import Built, Meta
from trialkit.checks import iso, terms
from trialkit.checks.keys import NOT_UNIQUE, not_unique
from trialkit.checks.review import Review
from trialkit.checks.schema import column_of, schema_of, value_checks
from trialkit.checks.structure import structure
from trialkit.checks.subjects import subjects
from trialkit.checks.validation import NOT_NULLABLE, failures, held_on, load_pandera
from trialkit.checks.values import NULL, ValueCheck
from trialkit.column import Column
from trialkit.context import Context, Store
from trialkit.dates import offset_of, offsets
from trialkit.problems import Problem, Refusal
from trialkit.standard import Standard

__all__ = ["check", "schema_of", "values_at"]

MANY = 100  # rows per value from which it costs more to find the used values than to check all


def check(built: Built, store: Store, standard: Standard) -> list[Problem]:
    """Check a finished dataset; give every problem, one per check and variable, with all its records.

    The pandera schema of each variable runs on the table of its distinct values, and that of
    the keys on integer codes; what fails is mapped back to records by code. No setting of
    pandera's, in the environment or in a program, turns the checks off.

    Args:
        built: the dataset.
        store: terminology, study and the other datasets of the run.
        standard: what the dataset follows, with the checks that only it needs.

    Returns:
        The problems; ``count`` is exact and ``cells.records`` are the records' places.

    Raises:
        Refusal: ``CHECK-100`` when pandera does not validate.

    >>> from trialkit.samples import sample_review, sample_standard
    >>> vs = sample_review("VS", VSTESTCD=["TEMP", "TEMP"], VSDTC=["2021-02-30", "2021-03"])
    >>> found = check(vs.built, vs.store, sample_standard())
    >>> [(one.where.variable, one.count) for one in found if one.kind is iso.NOT_DATE]
    [('VSDTC', 1)]
    """
    review = Review(built, store)
    with held_on():
        found = structure(review, standard)
        for meta in built.metas.values():
            found += _variable(review, meta, standard)
        found += _keys(review)
        found += subjects(review)
        return [*found, *standard.checks.records(built, store)]


def values_at(
    review: Review,
    name: str,
    checks: list[ValueCheck],
    rows: npt.NDArray[np.int64] | None = None,
    said: str = "",
) -> list[Problem]:
    """Check the values that a variable has in some records.

    Args:
        review: the dataset.
        name: the variable.
        checks: the checks.
        rows: ascending places of the records; default: all.
        said: which records these are, to add to each sentence.

    >>> from trialkit.samples import sample_review
    >>> dm = sample_review("DM", SEX=["M", "", "M"])
    >>> [one.line() for one in values_at(dm, "SEX", [ValueCheck(NULL, "is null", bool)])]
    ['error CHECK-102 DM.SEX record 2 is null. Map a value for every record, or ...']
    """
    column = review.column(name) if rows is None else review.column(name).take(rows)
    meta = review.built.metas[name]
    if not len(column):
        return []
    frame = pd.DataFrame({name: _used(column)})
    schema = load_pandera().DataFrameSchema({name: column_of(meta, checks)})
    named = {one.kind.code: one for one in checks} | {NOT_NULLABLE: ValueCheck(NULL, NULL.title, bool)}
    found: list[Problem] = []
    for failure in failures(schema, frame):
        bad = np.zeros(len(column.values), bool)
        bad[failure.places] = True
        hit, one = np.flatnonzero(bad[column.codes]), named[failure.check]
        hint = one.hint(column.values[np.unique(column.codes[hit])].tolist()) if len(hit) else ""
        found += review.problems(
            one.kind, one.what + said, name, hit if rows is None else rows[hit], hint=hint
        )
    return found


def _used(column: Column) -> pd.Series[Any]:
    """Give the distinct values by place; unused ones may be among few values of many rows."""
    if len(column.values) * MANY < len(column):
        return pd.Series(column.values, dtype=column.values.dtype)
    used = np.zeros(len(column.values), bool)
    used[column.codes] = True
    places = np.flatnonzero(used)
    return pd.Series(column.values[places], index=places, dtype=column.values.dtype)


def _variable(review: Review, meta: Meta, standard: Standard) -> list[Problem]:
    column = review.column(meta.name)
    if (column.kind == "text") != (meta.type == "Char"):
        return []  # the structure's checks have said so
    found = values_at(review, meta.name, value_checks(review, meta, standard))
    return [*found, *_offsets(review, meta), *_value_levels(review, meta)]


def _offsets(review: Review, meta: Meta) -> list[Problem]:
    if not iso.holds_dates(meta):
        return []
    column = review.column(meta.name)
    if len(known := offsets(column)) < 2:
        return []
    what = f"{len(known)} different offsets from UTC"
    return review.problems(iso.OFFSETS, what, meta.name, column.where(lambda text: bool(offset_of(text))))


def _value_levels(review: Review, meta: Meta) -> list[Problem]:
    spec = review.built.spec.variables.get(meta.name)
    levels = [level for level in spec.value_level if level.codelist] if spec else []
    context = Context(review.store, review.built.name, review.built.records)
    found: list[Problem] = []
    for level in levels:
        try:
            rows = np.flatnonzero(context.mask(level.when))
        except Refusal as refusal:
            found += refusal.problems
            continue
        lists = terms.known(replace(meta, codelists=(level.codelist,)), review.store.terms)
        checks = terms.in_codelists(lists, result=meta.role == terms.RESULT)
        found += values_at(review, meta.name, checks, rows, f" where {level.when.text}")
    return found


def _keys(review: Review) -> list[Problem]:
    names = [name for name in review.built.spec.keys if name in review.built.records.columns]
    return (
        not_unique(review, names, NOT_UNIQUE, f"records are not unique by {', '.join(names)}")
        if names
        else []
    )
