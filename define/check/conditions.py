"""Conditions and value levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from define.check.view import View
from define.model import RangeCheck, WhereClauseDef
from trialkit.problems import Kind, Problem

VALUES = Kind("DEFC-060", "comparison has the wrong number of values", "Give one, or several for IN.")
NO_CONDITION = Kind("DEFC-061", "value level has no condition", "Give def:WhereClauseRef.")
SAME = Kind("DEFC-062", "two value levels have the same condition", "Give each its own.")
NO_COMMENT = Kind(
    "DEFC-063",
    "condition is on another dataset, without a comment",
    "Say in def:CommentOID how the datasets are joined.",
    severity="query",
)
NOT_A_TERM = Kind("DEFC-064", "condition names a value that is not in the codelist", "Correct the value.")
EMPTY = Kind("DEFC-065", "value list or condition is empty", "Fill it, or remove it.")

SEVERAL = {"IN", "NOTIN"}


def comparisons(view: View) -> Iterator[Problem]:
    """Find comparisons with no value, or with several where one can be.

    >>> from define.model import RangeCheck, WhereClauseDef
    >>> from define.check.samples import findings
    >>> check = RangeCheck(comparator="EQ", item_oid="IT.DM.SEX", values=("F", "M"))
    >>> findings(comparisons, where_clauses=(WhereClauseDef(oid="WC.1", checks=(check,)),))
    ['WC.1: EQ has 2 values']
    """
    for clause in view.metadata.where_clauses:
        if not clause.checks:
            yield view.problem(EMPTY, clause, f"{clause.oid} has no comparison")
        for check in clause.checks:
            if not check.values or (len(check.values) > 1 and check.comparator not in SEVERAL):
                what = f"{clause.oid}: {check.comparator} has {len(check.values)} values"
                yield view.problem(VALUES, check, what)


def terms(view: View) -> Iterator[Problem]:
    """Find values of conditions that the variable's codelist does not have.

    >>> from define.model import RangeCheck, WhereClauseDef
    >>> from define.check.samples import findings
    >>> check = RangeCheck(comparator="EQ", item_oid="IT.DM.SEX", values=("X",))
    >>> findings(terms, where_clauses=(WhereClauseDef(oid="WC.1", checks=(check,)),))
    ["WC.1: 'X' is not in CL.SEX"]
    """
    for clause in view.metadata.where_clauses:
        for check in clause.checks:
            for value, codelist in _not_terms(view, check):
                yield view.problem(NOT_A_TERM, check, f"{clause.oid}: '{value}' is not in {codelist}")


def _not_terms(view: View, check: RangeCheck) -> Iterator[tuple[str, str]]:
    item = view.items.get(check.item_oid)
    codelist = view.codelists.get(item.codelist.codelist_oid) if item and item.codelist else None
    if codelist is not None and codelist.terms and check.comparator in SEVERAL | {"EQ", "NE"}:
        known = {term.coded_value for term in codelist.terms}
        yield from ((value, codelist.oid) for value in check.values if value and value not in known)


def value_lists(view: View) -> Iterator[Problem]:
    """Find value levels without a condition, or with that of another.

    >>> from define.model import ItemRef, ValueListDef
    >>> from define.check.samples import findings
    >>> level = ItemRef(item_oid="IT.DM.SEX", mandatory=False)
    >>> findings(value_lists, value_lists=(ValueListDef(oid="VL.1", items=(level,)),))
    ['VL.1: IT.DM.SEX has no condition']
    """
    for one in view.metadata.value_lists:
        if not one.items:
            yield view.problem(EMPTY, one, f"{one.oid} has no value level")
        seen = Counter[frozenset[str]]()
        for ref in one.items:
            names = frozenset(where.where_clause_oid for where in ref.where_clauses)
            seen[names] += 1
            if not names:
                yield view.problem(NO_CONDITION, ref, f"{one.oid}: {ref.item_oid} has no condition")
            elif seen[names] == 2:
                yield view.problem(SAME, ref, f"{one.oid}: {ref.item_oid} has the condition of another")


def joins(view: View) -> Iterator[Problem]:
    """Find conditions of one dataset on another that do not say how they are joined.

    >>> from define.check.samples import findings
    >>> findings(joins)
    []
    """
    said = set[str]()
    for use in view.uses():
        mine = view.members[use.group.oid]
        for where in use.ref.where_clauses if use.parent else ():
            clause = view.where_clauses.get(where.where_clause_oid)
            if clause is None or clause.oid in said or clause.comment_oid:
                continue
            if _elsewhere(clause, mine, view):
                said.add(clause.oid)
                what = f"{clause.oid} is on another dataset than {use.group.name}"
                yield view.problem(NO_COMMENT, clause, what)


def _elsewhere(clause: WhereClauseDef, mine: frozenset[str], view: View) -> bool:
    return any(check.item_oid in view.owners and check.item_oid not in mine for check in clause.checks)
