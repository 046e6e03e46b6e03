"""Checks against ADSL, and of days, dates and variables without any value."""

from __future__ import annotations

import numpy as np

from trialkit.checks.review import Review
from trialkit.match import match
from trialkit.problems import Kind, Place, Problem
from trialkit.rules.values import Constant
from trialkit.spec import Variable

OTHER_COPY = Kind(
    "CHECK-310",
    "a variable of ADSL has another value than in ADSL",
    "Join it from ADSL, or give the variable another name.",
)
NO_DAY = Kind("CHECK-311", "a study day is 0", "Use the rule analysis_day: there is no day 0.")
LATE_START = Kind(
    "CHECK-312", "end is before the start", "Look at the dates in SDTM, or at how they are imputed.", "query"
)
NO_VALUE = Kind(
    "CHECK-313",
    "a variable has no value in any record",
    'Correct its rule, or say why it is empty: {constant: "", comment: WHY}.',
    "query",
)
FLAGLESS = Kind(
    "CHECK-314",
    "an imputed part is flagged where there is no date",
    "Use the rule imputation_flag on the same date as analysis_date.",
)
# ADaMIG 1.3, 3.3.1: identifiers are those of the records, not copies.
OWN = frozenset({"STUDYID", "USUBJID", "ASEQ"})


def copies(review: Review) -> list[Problem]:
    """Find variables of ADSL whose values differ from those of the subject in ADSL (ADaMIG 1.3, 3.1.1).

    >>> from trialkit.samples import sample_records, sample_review, sample_store
    >>> store = sample_store(ADSL=sample_records("ADSL", USUBJID=["1"], AGE=[60.0]))
    >>> lb = sample_review("LB", store, USUBJID=["1"], AGE=[61.0])
    >>> [one.where.variable for one in copies(lb)]
    ['AGE']
    """
    adsl = review.table("ADSL")
    if adsl is None or review.built.name == "ADSL" or not review.has("USUBJID"):
        return []
    keys = [review.column("USUBJID")], review.count, [adsl.columns["USUBJID"]], adsl.count
    row = match(*keys).first()
    found: list[Problem] = []
    for name in review.built.metas:
        if name in adsl.columns and name not in OWN and adsl.columns[name].kind == review.column(name).kind:
            theirs, mine = adsl.columns[name].take_or_missing(row), review.column(name)
            same = (mine.objects() == theirs.objects()) | (mine.missing() & theirs.missing())
            what = f"{name} is not that of the subject in ADSL"
            found += review.problems(OTHER_COPY, what, name, ~np.asarray(same, bool) & (row >= 0))
    return found


def days(review: Review) -> list[Problem]:
    """Find days 0, ends before starts, and flags of imputation without a date (ADaMIG 1.3, 3.1.2).

    >>> from trialkit.samples import sample_review
    >>> [one.kind.code for one in days(sample_review("LB", ADY=[0.0], ASTDT=[5.0], AENDT=[4.0]))]
    ['CHECK-311', 'CHECK-312']
    """
    found: list[Problem] = []
    for name in review.built.metas:
        if name.endswith("DY") and review.column(name).kind == "number":
            zero = review.column(name).objects() == 0
            found += review.problems(NO_DAY, f"{name} is 0", name, zero)
        if name.endswith("DTF") and review.has(name[:-1]):
            lost = review.filled(name) & ~review.filled(name[:-1])
            found += review.problems(FLAGLESS, f"{name} has a value, {name[:-1]} has none", name, lost)
    if review.has("ASTDT", "AENDT"):
        late = review.column("ASTDT").objects() > review.column("AENDT").objects()
        found += review.problems(LATE_START, "AENDT is before ASTDT", "AENDT", late)
    return found


def values(review: Review) -> list[Problem]:
    """Find variables without any value, which a wrong rule may have made; records must be there.

    A variable whose spec says that it is empty, and why, has no wrong rule.

    >>> from trialkit.samples import sample_review
    >>> [one.what for one in values(sample_review("LB", AVAL=[float("nan")], PARAMCD=["ALT"]))]
    ['AVAL has no value in any record']
    """
    if not review.count:
        return []
    meant = {name for name, one in review.built.spec.variables.items() if _meant_empty(one)}
    return [
        Problem(NO_VALUE, f"{name} has no value in any record", where, spec=review.place(name))
        for name in review.built.metas
        if name not in meant and not review.filled(name).any()
        for where in [Place(dataset=review.built.name, variable=name)]
    ]


def _meant_empty(one: Variable) -> bool:
    return bool(one.comment) and isinstance(one.rule, Constant) and not one.rule.text
