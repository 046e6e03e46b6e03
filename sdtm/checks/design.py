"""Checks of values whose codelist or form depends on another variable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trialkit.check import values_at
from trialkit.checks.iso import NOT_DATE, NOT_DURATION, is_date
from trialkit.checks.review import Review
from trialkit.checks.terms import in_codelists
from trialkit.checks.terms import known as known_lists
from trialkit.checks.values import ValueCheck
from trialkit.durations import is_duration
from trialkit.problems import Kind, Problem

NO_VALUE = Kind(
    "CHECK-241",
    "trial summary parameter has neither a value nor a null flavor",
    "Give TSVAL, or say in TSVALNF why it is null.",
)
# SDTMIG 3.4, 6.2.3: the codelist of DSDECOD for each DSCAT.
DSDECOD = {"PROTOCOL MILESTONE": "PROTMLST", "DISPOSITION EVENT": "NCOMPLT", "OTHER EVENT": "OTHEVENT"}
# CDISC CT, TSPARMCD: the codelist of TSVAL for each parameter that has one.
TSVAL = {
    **dict.fromkeys(
        ["ADDON", "EXTTIND", "HLTSUBJI", "PDPSTIND", "PDSTIND", "PIPIND", "RANDOM", "RDIND"], "NY"
    ),
    **{
        name: name
        for name in ("INTMODEL", "INTTYPE", "SEXPOP", "STYPE", "TCNTRL", "TINDTP", "TPHASE", "TTYPE")
    },
    "TBLIND": "TBLIND",
    "DOSFRQ": "FREQ",
    "DOSU": "UNIT",
    "DOSFRM": "FRM",
    "ROUTE": "ROUTE",
}
DURATIONS = {"AGEMAX", "AGEMIN", "LENGTH"}
DATES = {"SSTDTC", "SENDTC", "DCUTDTC"}
ISO = (
    (DURATIONS, ValueCheck(NOT_DURATION, NOT_DURATION.title, lambda text: not text or is_duration(text))),
    (DATES, ValueCheck(NOT_DATE, NOT_DATE.title, lambda text: not text or is_date(text))),
)


def dependent_values(review: Review) -> list[Problem]:
    """Check DSDECOD by its category, and TSVAL by its parameter.

    >>> from trialkit.samples import sample_review
    >>> ts = sample_review("TS", TSPARMCD=["AGEMIN", "LENGTH"], TSVAL=["18 YEARS", ""])
    >>> [one.what for one in dependent_values(ts)]
    ['not an ISO 8601 duration', 'trial summary parameter has neither a value nor a null flavor']
    """
    found = _by(review, "DSCAT", "DSDECOD", DSDECOD)
    if not review.has("TSPARMCD", "TSVAL"):
        return found
    found += _by(review, "TSPARMCD", "TSVAL", TSVAL)
    for parameters, check in ISO:
        rows = np.flatnonzero(review.column("TSPARMCD").where(parameters.__contains__))
        found += values_at(review, "TSVAL", [check], rows)
    empty = ~review.filled("TSVAL")
    if review.has("TSVALNF"):
        empty &= ~review.filled("TSVALNF")
    return [*found, *review.problems(NO_VALUE, NO_VALUE.title, "TSVAL", empty)]


def _by(review: Review, decider: str, variable: str, codelists: dict[str, str]) -> list[Problem]:
    terms, found = review.store.terms, []
    if terms is None or not review.has(decider, variable):
        return []
    # a value in none of the variable's codelists has been found already
    known = {text for one in known_lists(review.built.metas[variable], terms) for text in one.by_value}
    for value, name in codelists.items():
        rows = np.flatnonzero(review.column(decider).where(value.__eq__))
        codelist = terms.find(name)
        if len(rows) and codelist is not None:
            checks = [_among(check, known) for check in in_codelists([codelist])]
            found += values_at(review, variable, checks, rows, f" where {decider} is {value}")
    return found


def _among(check: ValueCheck, known: set[str]) -> ValueCheck:
    passes = check.passes
    return replace(check, passes=lambda text: passes(text) or (bool(known) and text not in known))
