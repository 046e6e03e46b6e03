"""One dataset beside what define.xml says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from define.check.select import Selector
from define.check.tables import Tables
from define.check.view import Use, View
from define.model import ItemGroupDef
from define.samples import sample_define
from trialkit.attributes import Dataset, Variable
from trialkit.column import Column, Mask
from trialkit.problems import Kind, Problem
from trialkit.tables import Table


@dataclass(slots=True)
class Usage:
    """What was seen in the data of each codelist, over all datasets.

    Args:
        seen: by codelist, the values that occur.
        complete: by codelist, whether all variables that use it were looked at.

    >>> Usage().seen
    {}
    """

    seen: dict[str, set[str]] = field(default_factory=dict)
    complete: dict[str, bool] = field(default_factory=dict)


class Sheet:
    """A dataset, its definition, and its variables and value levels.

    >>> sample_sheet(USUBJID=["1"], SEX=["F"]).table.count
    1
    """

    def __init__(self, view: View, selector: Selector, group: ItemGroupDef, table: Table) -> None:
        """Keep the definition and the data."""
        self.view = view
        self.selector = selector
        self.group = group
        self.table = table

    @cached_property
    def uses(self) -> list[Use]:
        """Give the variables, each followed by its value levels.

        >>> [use.name for use in sample_sheet(USUBJID=["1"]).uses]
        ['DM.USUBJID', 'DM.SEX']
        """
        mine = (use for use in self.view.variables() if use.group is self.group)
        return [one for use in mine for one in (use, *self.view.levels(use))]

    @cached_property
    def masks(self) -> dict[str, Mask | None]:
        """Give the records of each value level by ``Use.name``; None where a condition cannot be judged.

        >>> sample_sheet(USUBJID=["1"]).masks
        {}
        """
        return {
            use.name: self.selector.any_of(self.group, self.table, use.ref.where_clauses)
            for use in self.uses
            if use.parent and use.ref.where_clauses
        }

    def column(self, use: Use) -> Column | None:
        """Give the values of a variable, or those of a value level; None where there are none.

        >>> sheet = sample_sheet(USUBJID=["1"])
        >>> [sheet.column(use) is None for use in sheet.uses]
        [False, True]
        """
        column = self.table.columns.get(use.variable)
        if column is None or use.parent is None:
            return column
        mask = self.masks.get(use.name)
        return None if mask is None else column.take(mask).compact()

    def columns(self) -> Iterator[tuple[Use, Column]]:
        """Give every variable and value level that has values to look at.

        >>> [use.name for use, _ in sample_sheet(USUBJID=["1"]).columns()]
        ['DM.USUBJID']
        """
        for use in self.uses:
            column = self.column(use)
            if column is not None:
                yield use, column

    def problem(self, kind: Kind, use: Use, what: str, **more: Any) -> Problem:
        """Make a problem that is at the reference to a variable.

        >>> sheet = sample_sheet(USUBJID=["1"])
        >>> str(sheet.problem(Kind("A-1", "t", "f"), sheet.uses[0], "w").where)
        'define.xml DM.USUBJID'
        """
        return self.view.problem(kind, use.ref, what, use, **more)


def sample_sheet(**values: list[Any]) -> Sheet:
    """Make the dataset of the sample with some values.

    >>> sample_sheet(USUBJID=["1", "2"]).table.count
    2
    """
    view = View(sample_define(), "define.xml")
    return sheet_of(view, view.metadata.item_groups[0], values)


def sheet_of(view: View, group: ItemGroupDef, values: dict[str, list[Any]]) -> Sheet:
    """Make a dataset with some values; texts, unless they are all numbers.

    >>> view = View(sample_define(), "define.xml")
    >>> sheet_of(view, view.metadata.item_groups[0], {"AGE": [1.0]}).table.columns["AGE"].kind
    'number'
    """
    columns, variables = {}, []
    for name, mine in values.items():
        number = bool(mine) and all(isinstance(value, float) for value in mine)
        columns[name] = Column.numbers(mine) if number else Column.text(mine)
        variables.append(Variable(name, "", "Num" if number else "Char", "float" if number else "string"))
    rows = max((len(mine) for mine in values.values()), default=0)
    table = Table(Dataset(group.name, "", tuple(variables)), columns, rows)
    return Sheet(view, Selector(view, Tables(Path("nowhere"))), group, table)
