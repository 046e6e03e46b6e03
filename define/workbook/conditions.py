"""Conditions of the model as comparisons of named variables."""

from __future__ import annotations

from define.check.view import View
from define.model import ItemGroupDef, WhereClauseRef
from define.workbook.where import Comparison


def owner(view: View, oid: str) -> tuple[str, str]:
    """Name the first dataset that has a variable, and the variable.

    >>> from define.samples import sample_define
    >>> owner(View(sample_define(), "define.xml"), "IT.DM.SEX")
    ('DM', 'SEX')
    """
    item = view.items.get(oid)
    group = view.owners.get(oid)
    return group.name if group else "", item.name if item else oid


def comparisons(
    view: View, group: ItemGroupDef, refs: tuple[WhereClauseRef, ...]
) -> tuple[tuple[Comparison, ...], ...]:
    """Give conditions as comparisons of named variables; those of the dataset at hand need no dataset.

    >>> from define.samples import sample_define
    >>> view = View(sample_define(), "define.xml")
    >>> comparisons(view, view.metadata.item_groups[0], ())
    ()
    """
    mine, made = view.members.get(group.oid, frozenset()), []
    for ref in refs:
        clause = view.where_clauses.get(ref.where_clause_oid)
        found = []
        for check in clause.checks if clause else ():
            dataset, variable = owner(view, check.item_oid)
            near = "" if check.item_oid in mine else dataset
            found.append(Comparison(near, variable, check.comparator, check.values))
        made.append(tuple(found))
    return tuple(made)
