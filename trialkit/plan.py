"""The order in which datasets and variables are made: a graph without cycles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from trialkit.problems import NOWHERE, Exit, Kind, Place, Problem, Problems, Refusal
from trialkit.spec import DatasetSpec, Variable

CYCLE = Kind(
    "SPEC-030",
    "the specs need each other in a circle",
    "Read one of them from the raw source or from a working dataset instead.",
    exit=Exit.SPEC,
)


def in_order(
    needs: Mapping[str, Iterable[str]], places: Mapping[str, Place] | None = None
) -> list[list[str]]:
    """Sort names so that each comes after what it needs, in levels that don't need each other.

    Raises:
        Refusal: with the cycle, when there is one.

    >>> in_order({"EX": ["DM"], "DM": [], "LB": ["DM"]})
    [['DM'], ['EX', 'LB']]
    >>> in_order({"A": ["B"], "B": ["A"]})
    Traceback (most recent call last):
    trialkit.problems.Refusal: error SPEC-030 A needs B needs A. Read one of them from the raw source or ...
    """
    sorter = TopologicalSorter({name: sorted(set(after) - {name}) for name, after in sorted(needs.items())})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        start = circle.index(min(circle))
        turned = [*circle[start:-1], *circle[:start], circle[start]]
        what = " needs ".join(turned)
        raise Refusal([Problem(CYCLE, what, (places or {}).get(turned[0], NOWHERE))]) from None
    levels = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        levels.append(ready)
        sorter.done(*ready)
    return levels


def tables_of(spec: DatasetSpec) -> set[str]:
    """Name the tables that a dataset's rules read.

    >>> spec = DatasetSpec.model_validate(
    ...     {"dataset": "DM", "records": [{"read": "SUBJ"}], "variables": {"SEX": "SEX"}, "keys": ["SEX"]})
    >>> tables_of(spec)
    {'SUBJ'}
    """
    rules = [*spec.records, *(v.rule for v in all_variables(spec).values())]
    return {reference.table for rule in rules for reference in rule.references() if reference.table}


def all_variables(spec: DatasetSpec) -> dict[str, Variable]:
    """Give the variables and the supplemental qualifiers of a dataset by name.

    >>> spec = DatasetSpec.model_validate(
    ...     {"dataset": "DM", "records": [{"read": "SUBJ"}], "variables": {"SEX": "SEX"}, "keys": ["SEX"]})
    >>> list(all_variables(spec))
    ['SEX']
    """
    return {**spec.variables, **spec.supplemental}


def dataset_levels(specs: Mapping[str, DatasetSpec], wanted: Iterable[str]) -> list[list[str]]:
    """Order the wanted datasets and those that they need.

    >>> dataset_levels({}, [])
    []
    """
    needs: dict[str, set[str]] = {}
    todo = list(wanted)
    while todo:
        name = todo.pop()
        if name not in needs:
            needs[name] = tables_of(specs[name]) & set(specs)
            todo += needs[name]
    return in_order(needs, {name: specs[name].place("dataset") for name in needs})


def variable_order(spec: DatasetSpec, subject: str = "") -> list[str]:
    """Sort the variables of a dataset so that each comes after those it names.

    The variable that identifies a subject is made as early as it can be, because rules that look
    into other tables match by it without naming it.

    Raises:
        Refusal: with the cycle, when there is one.

    >>> spec = DatasetSpec.model_validate({"dataset": "DM", "records": [{"read": "SUBJ"}], "keys": ["B"],
    ...     "variables": {"A": "B", "B": "RAW"}})
    >>> variable_order(spec)
    ['B', 'A']
    """
    variables = all_variables(spec)
    needs = {
        name: {
            r.column
            for r in variable.rule.references()
            if not r.table and not r.record and r.column in variables
        }
        for name, variable in variables.items()
    }
    before = _behind(subject, needs)
    for name in needs.keys() - before if subject in needs else ():
        needs[name].add(subject)
    places = {name: variable.place() for name, variable in variables.items()}
    return [name for level in in_order(needs, places) for name in level]


def circles(specs: Mapping[str, DatasetSpec], subject: str) -> Problems:
    """Find the datasets and the variables that need each other in a circle.

    >>> circles({}, "USUBJID").items
    []
    """
    found = Problems()
    try:
        dataset_levels(specs, specs)
    except Refusal as refusal:
        found.add(*refusal.problems)
    for spec in specs.values():
        try:
            variable_order(spec, subject)
        except Refusal as refusal:
            found.add(*refusal.problems)
    return found


def _behind(name: str, needs: Mapping[str, set[str]]) -> set[str]:
    """Give a name and all that it needs."""
    found: set[str] = set()
    todo = [name]
    while todo:
        if (one := todo.pop()) not in found:
            found.add(one)
            todo += needs.get(one, ())
    return found
