"""The records that a condition selects."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from define.check.tables import Tables
from define.check.view import View
from define.model import ItemDef, ItemGroupDef, RangeCheck, WhereClauseDef, WhereClauseRef
from trialkit.column import Column, Mask
from trialkit.numerals import to_number
from trialkit.tables import Table

SUBJECT = "USUBJID"
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "LT": operator.lt,
    "LE": operator.le,
    "GT": operator.gt,
    "GE": operator.ge,
    "EQ": operator.eq,
    "NE": operator.ne,
}


def compared(column: Column, comparator: str, values: Sequence[str]) -> Mask:
    """Mark the values for which a comparison holds; shape (rows,).

    >>> compared(Column.text(["A", "B", "C"]), "NOTIN", ["A", "B"]).tolist()
    [False, False, True]
    >>> compared(Column.numbers([1.0, 2.0]), "GE", ["2"]).tolist()
    [False, True]
    """
    number = column.kind == "number"
    said = [to_number(value) if number else value for value in values]
    known = set(said)
    if comparator == "IN":
        return column.where(lambda value: value in known)
    if comparator == "NOTIN":
        return column.where(lambda value: value not in known)
    test = _COMPARE.get(comparator)
    if test is None or not said:
        return np.zeros(len(column), bool)
    return column.where(lambda value: test(value, said[0]))


class Selector:
    """Finds the records of a dataset that conditions select.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from define.samples import sample_define
    >>> view = View(sample_define(), "define.xml")
    >>> selector = Selector(view, Tables(Path("nowhere")))
    >>> dm = view.groups["IG.DM"]
    >>> check = RangeCheck(comparator="EQ", item_oid="IT.DM.SEX", values=("F",))
    >>> clause = WhereClauseDef(oid="WC.1", checks=(check,))
    >>> selector.clause(dm, {"SEX": Column.text(["F", "M"])}, 2, clause).tolist()
    [True, False]
    """

    def __init__(self, view: View, tables: Tables) -> None:
        """Keep the definitions and the data."""
        self.view = view
        self.tables = tables

    def any_of(self, group: ItemGroupDef, table: Table, refs: Sequence[WhereClauseRef]) -> Mask | None:
        """Mark the records that any of the conditions selects; None where one cannot be judged.

        >>> from pathlib import Path
        >>> from define.samples import sample_define
        >>> from trialkit.attributes import Dataset
        >>> view = View(sample_define(), "define.xml")
        >>> table = Table(Dataset("DM", "", ()), {}, 2)
        >>> Selector(view, Tables(Path("nowhere"))).any_of(view.groups["IG.DM"], table, ()).tolist()
        [False, False]
        """
        marked = np.zeros(table.count, bool)
        for ref in refs:
            clause = self.view.where_clauses.get(ref.where_clause_oid)
            mask = self.clause(group, table.columns, table.count, clause) if clause else None
            if mask is None:
                return None
            marked |= mask
        return marked

    def clause(
        self, group: ItemGroupDef, columns: Mapping[str, Column], rows: int, clause: WhereClauseDef
    ) -> Mask | None:
        """Mark the records for which all comparisons hold; None where one cannot be judged.

        >>> from pathlib import Path
        >>> from define.samples import sample_define
        >>> view = View(sample_define(), "define.xml")
        >>> selector, dm = Selector(view, Tables(Path("nowhere"))), view.groups["IG.DM"]
        >>> selector.clause(dm, {}, 2, WhereClauseDef(oid="WC.1")).tolist()
        [True, True]
        """
        marked = np.ones(rows, bool)
        for check in clause.checks:
            mask = self._check(group, columns, check)
            if mask is None:
                return None
            marked &= mask
        return marked

    def _check(self, group: ItemGroupDef, columns: Mapping[str, Column], check: RangeCheck) -> Mask | None:
        item = self.view.items.get(check.item_oid)
        if item is None:
            return None
        if check.item_oid in self.view.members.get(group.oid, ()):
            column = columns.get(item.name)
            return None if column is None else compared(column, check.comparator, check.values)
        return self._elsewhere(columns, check, item)

    def _elsewhere(self, columns: Mapping[str, Column], check: RangeCheck, item: ItemDef) -> Mask | None:
        """Mark the records of the subjects that have such a record in the other dataset."""
        other = self.view.owners.get(check.item_oid)
        table = self.tables.of(other) if other else None
        if table is None or SUBJECT not in columns or not {SUBJECT, item.name} <= table.columns.keys():
            return None
        there = compared(table.columns[item.name], check.comparator, check.values)
        subjects = set(table.columns[SUBJECT].take(there).distinct().values.tolist())
        return columns[SUBJECT].where(lambda value: value in subjects)
