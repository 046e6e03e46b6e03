"""Checks of datasets that point to records of others: SUPP--, CO and RELREC (SDTMIG 3.4, section 8)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from trialkit.checks.pairs import combinations
from trialkit.checks.review import Review
from trialkit.column import Column, Mask, combine
from trialkit.match import match
from trialkit.numerals import as_text, to_number, to_text
from trialkit.problems import Kind, Problem
from trialkit.records import Records

NO_DOMAIN = Kind(
    "CHECK-230", "related domain is not there", "Build the domain in the same run, or correct RDOMAIN."
)
NO_IDVAR = Kind(
    "CHECK-231", "related variable is not in the domain", "Name a variable of the related dataset in IDVAR."
)
NO_RECORD = Kind(
    "CHECK-232",
    "no related record",
    "Give the value that IDVAR has in a record of the subject.",
)
HALF = Kind("CHECK-233", "IDVAR and IDVARVAL do not stand together", "Fill both, or neither.")
PARENT_NAME = Kind(
    "CHECK-234",
    "QNAM is the name of a variable of the parent dataset",
    "Map the value to the variable, or give the qualifier another name.",
)
ALONE = Kind("CHECK-235", "relationship with a single member", "Give every RELID at least two records.")


def related(review: Review) -> list[Problem]:
    """Find references that lead nowhere; nothing in datasets without references.

    >>> from trialkit.samples import sample_review
    >>> suppae = sample_review("SUPPAE", RDOMAIN=["AE"], IDVAR=["AESEQ"], IDVARVAL=["1"], QNAM=["AETRTEM"])
    >>> [one.what for one in related(suppae)]
    ['there is no dataset of domain AE']
    """
    if not review.has("RDOMAIN", "IDVAR", "IDVARVAL"):
        return []
    found = []
    for domain, variable, rows in _targets(review):
        found += _resolved(review, domain, variable, rows)
    return [*found, *_halves(review), *_parent_names(review), *_members(review)]


def _targets(review: Review) -> Iterator[tuple[str, str, npt.NDArray[np.int64]]]:
    columns = [review.column("RDOMAIN").compact(), review.column("IDVAR").compact()]
    key, table = combinations(columns, review.count)
    for number, first, second in zip(table["key"], table[0], table[1], strict=True):
        if domain := columns[0].values[first]:
            yield domain, columns[1].values[second], np.flatnonzero(key == number)


def parents(review: Review, domain: str, before: str = "") -> list[Records]:
    """Give the datasets that hold a domain, of which there are several when it is split.

    Args:
        review: the dataset under review.
        domain: the domain.
        before: only those whose names are before this one.

    >>> from trialkit.samples import sample_records, sample_review, sample_store
    >>> store = sample_store(LBCH=sample_records("LBCH", DOMAIN=["LB"]))
    >>> len(parents(sample_review("SUPPLB", store, RDOMAIN=["LB"]), "LB"))
    1
    """
    named = {name: table for name in review.store.tables if (table := review.table(name)) is not None}
    held = {name: table for name, table in named.items() if name == domain or _holds(table, domain)}
    return [table for name, table in held.items() if not before or name < before]


def _holds(table: Records, domain: str) -> bool:
    column = table.columns.get("DOMAIN")
    return column is not None and column.kind == "text" and domain in column.compact().values.tolist()


def _resolved(review: Review, domain: str, variable: str, rows: npt.NDArray[np.int64]) -> list[Problem]:
    tables = parents(review, domain)
    if not tables:
        return review.problems(NO_DOMAIN, f"there is no dataset of domain {domain}", "RDOMAIN", rows)
    named = variable or review.subject
    known = [table for table in tables if named in table.columns]
    if not known:
        return review.problems(NO_IDVAR, f"{named} is not a variable of {domain}", "IDVAR", rows)
    value = review.column("IDVARVAL" if variable else review.subject).take(rows)
    subject = review.column(review.subject).take(rows) if review.has(review.subject) else value
    hit = np.zeros(len(rows), bool)
    for table in known:
        hit |= _found(value, subject, table, named, review.subject)
    what = f"there is no record of {domain} with this {named}"
    lost = ~hit & ~value.missing()
    return review.problems(NO_RECORD, what, "IDVARVAL" if variable else review.subject, rows[lost])


def _found(value: Column, subject: Column, table: Records, named: str, who: str) -> Mask:
    theirs = table.columns[named]
    keys = [(alike(value), alike(theirs))]
    if who in table.columns and named != who and not subject.missing().all():
        keys.append((subject, table.columns[who]))
    mine, others = zip(*keys, strict=True)
    return np.asarray(match(mine, len(value), others, table.count).count > 0)


def alike(column: Column) -> Column:
    """Write values so that equal numbers are equal texts.

    >>> alike(Column.numbers([1.0])).objects().tolist(), alike(Column.text(["01"])).objects().tolist()
    (['1'], ['1'])
    """
    return as_text(column).map(
        lambda text: text if math.isnan(number := to_number(text)) else to_text(number)
    )


def _halves(review: Review) -> list[Problem]:
    apart = review.filled("IDVAR") != review.filled("IDVARVAL")
    if review.built.name == "RELREC":  # a relationship of whole datasets has no subject and no value
        apart &= review.filled(review.subject) if review.has(review.subject) else False
    return review.problems(HALF, HALF.title, "IDVARVAL", apart)


def _parent_names(review: Review) -> list[Problem]:
    if not review.has("QNAM"):
        return []
    names = {name for domain in review.column("RDOMAIN").compact().values for table in parents(review, domain)
             for name in _published(review, table)}  # fmt: skip
    taken = review.column("QNAM").where(names.__contains__)
    return review.problems(PARENT_NAME, PARENT_NAME.title, "QNAM", taken)


def _published(review: Review, table: Records) -> set[str]:
    # the parent's qualifiers and working variables are columns of its table too, but not published
    spec = review.built.spec
    working = {name for name, variable in spec.variables.items() if variable.working}
    return set(table.columns) - working - {*spec.supplemental}


def _members(review: Review) -> list[Problem]:
    if review.built.name != "RELREC" or not review.has("RELID"):
        return []
    columns = [review.column(name) for name in (review.subject, "RELID") if review.has(name)]
    group, first = combine(columns, review.count)
    single = np.bincount(group, minlength=len(first))[group] < 2
    return review.problems(ALONE, ALONE.title, "RELID", single)
