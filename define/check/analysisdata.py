"""Analysis results against the data: every condition selects records."""

from __future__ import annotations

from collections.abc import Iterator

from define.check.select import Selector
from define.check.values import NO_RECORD
from define.check.view import View
from trialkit.problems import Problem


def analysis_conditions(view: View, selector: Selector) -> Iterator[Problem]:
    """Find analyses whose conditions select no record of their datasets.

    >>> from pathlib import Path
    >>> from define.check.tables import Tables
    >>> from define.samples import sample_define
    >>> view = View(sample_define(), "define.xml")
    >>> list(analysis_conditions(view, Selector(view, Tables(Path("nowhere")))))
    []
    """
    for display in view.metadata.analyses.displays if view.metadata.analyses else ():
        for result in display.results:
            for dataset in result.datasets.datasets if result.datasets else ():
                group = view.groups.get(dataset.item_group_oid)
                table = selector.tables.of(group) if group and dataset.where_clause else None
                if group is None or table is None or dataset.where_clause is None:
                    continue
                mask = selector.any_of(group, table, (dataset.where_clause,))
                if mask is not None and not mask.any():
                    what = f"{result.oid}: the condition on {group.name} selects no record"
                    yield view.problem(NO_RECORD, dataset.where_clause, what)
