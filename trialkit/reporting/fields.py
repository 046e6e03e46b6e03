"""Which raw columns a problem speaks of, by what flows where in the specs."""

from __future__ import annotations

from trialkit.dataflow import NOTHING, raw_leaves
from trialkit.problems import Problem
from trialkit.result import Result


def fields_of(problem: Problem, source: str, result: Result) -> tuple[str, ...]:
    """Name the columns of a source that the rule or check at fault reads, in the order of the file.

    >>> from trialkit.problems import Kind, Place
    >>> from trialkit.samples import sample_result
    >>> asked = Problem(Kind("A-1", "t", "f"), "w", Place(dataset="VS", variable="VSDTC"))
    >>> fields_of(asked, "VITALS", sample_result())
    ('DATE',)
    """
    columns = result.store.raw[source].columns
    if problem.where.field:
        named = set(problem.where.field.split(", "))
    elif (flow := result.flows.get(problem.where.dataset)) is None:
        return ()
    else:
        leaves = flow.places.get(problem.spec, flow.variables.get(problem.where.variable, NOTHING))
        named = {one.column for one in raw_leaves(leaves, result.flows) if one.table == source}
    return tuple(name for name in columns if name in named)


def fields_of_item(fields: tuple[str, ...], item: str, dataset: str, result: Result) -> tuple[str, ...]:
    """Leave the columns of other items out, where records were gathered from items.

    Without any column of the problem it is the item's own.

    >>> from trialkit.samples import sample_result
    >>> fields_of_item(("SYS", "DIA"), "SYS", "VS", sample_result())
    ('SYS',)
    >>> fields_of_item(("DATE",), "SYS", "VS", sample_result())
    ('DATE',)
    """
    groups = result.flows[dataset].groups if dataset in result.flows else {}
    return tuple(one for one in fields if one not in groups or one in groups.get(item, NOTHING)) or (item,)
