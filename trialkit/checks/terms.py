"""Checks of values against codelists."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Sequence

from trialkit.built import Meta
from trialkit.checks.values import ValueCheck
from trialkit.codelist import Codelist, folded
from trialkit.numerals import limit_and_number, to_number
from trialkit.problems import Kind
from trialkit.terms import Terminology

CLOSED = Kind(
    "CHECK-110",
    "value is not in the codelist, which is not extensible",
    "Map it to a submission value of the codelist.",
)
OPEN = Kind(
    "CHECK-111",
    "value is not in the codelist and not declared as a sponsor term",
    "Map it to a submission value, or declare it under `codelists` in study.yaml.",
)
LISTED = Kind(
    "CHECK-112",
    "value is not one that the standard allows",
    "Map it to one of the values that the implementation guide lists.",
)
NO_TERMS = Kind(
    "CHECK-113",
    "codelist is not in the terminology, so that values are not checked",
    "Use a terminology package that has it, or declare it under `codelists` in study.yaml.",
    severity="query",
)
RESULT = "Result Qualifier"  # the role whose codelists hold words and never numbers
SHOWN = 5
ALIKE = 0.85


def known(meta: Meta, terms: Terminology | None) -> list[Codelist]:
    """Give the codelists of a variable that the terminology has.

    >>> known(Meta("SEX", "Sex", "Char", codelists=("SEX",)), None)
    []
    """
    found = [terms.find(name) for name in meta.codelists] if terms else []
    return [one for one in found if one is not None]


def in_codelists(
    codelists: Sequence[Codelist], sanctioned: Collection[str] = (), *, result: bool = False
) -> list[ValueCheck]:
    """Give the check that a text is a submission value of one of some codelists, or missing.

    A study's own terms are part of its codelists. Where one of them is extensible, a number
    passes as a result; no codelist can list all results.

    Args:
        codelists: none gives no check.
        sanctioned: further values that the guide asks for.
        result: whether the variable holds results.

    >>> from trialkit.packages import Term
    >>> sex = Codelist("C66731", "SEX", "Sex", False, (Term("F", "C1", "Female"), Term("M", "C2", "Male")))
    >>> [check] = in_codelists([sex])
    >>> check.what, check.passes("F"), check.passes("female"), check.hint(["female"])
    ('value is not in codelist SEX', True, False, "Use 'F'. Map it to a submission value of the codelist.")
    """
    if not codelists:
        return []
    allowed = {"", *sanctioned}.union(*(one.by_value for one in codelists))
    extensible = any(one.extensible for one in codelists)
    free, kind = result and extensible, OPEN if extensible else CLOSED
    names = " or ".join(one.name for one in codelists)
    return [
        ValueCheck(
            kind,
            f"value is not in codelist {names}",
            lambda text: text in allowed or (free and is_result(text)),
            lambda values: _hint(values, codelists, kind),
            lambda values: allowed.issuperset(values),
        )
    ]


def is_result(text: str) -> bool:
    """Say whether a text is a number, or a number that is a limit.

    >>> is_result("<0.5"), is_result("5"), is_result("POSITIVE")
    (True, True, False)
    """
    return limit_and_number(text) is not None or not math.isnan(to_number(text))


def listed(name: str, values: Sequence[str]) -> list[ValueCheck]:
    """Give the check that a text is one of those that the guide lists, or missing.

    >>> [check.what for check in listed("DOMAIN", ["LB"])]
    ['DOMAIN is not LB']
    """
    allowed, said = {"", *values}, " or ".join(values)
    check = ValueCheck(LISTED, f"{name} is not {said}", lambda text: text in allowed)
    return [check] if values else []


def _hint(values: Sequence[str], codelists: Sequence[Codelist], kind: Kind) -> str:
    meant = {term for value in values for one in codelists if (term := one.resolve(value))}
    if meant:
        shown = ", ".join(f"'{term}'" for term in sorted(meant)[:SHOWN])
        return f"Use {shown}. {kind.fix}"
    near = {term for value in sorted(values)[:SHOWN] for one in codelists if (term := _near(value, one))}
    return " ".join([*(f"Did you mean '{term}'?" for term in sorted(near)), kind.fix])


def _near(value: str, codelist: Codelist) -> str:
    """Give the term that a text is a misspelling of; a wrong guess is worse than none."""
    names = {
        folded(name): term.value
        for term in codelist.terms
        for name in (term.value, term.preferred, *term.synonyms)
    }
    found = difflib.get_close_matches(folded(value), names, 1, ALIKE)
    return names[found[0]] if found else ""
