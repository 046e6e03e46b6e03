"""What the raw files hold and no rule reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialkit.plan import all_variables, tables_of
from trialkit.problems import Exit, Kind, Place, Problem
from trialkit.reporting.sheet import Cell
from trialkit.result import Result
from trialkit.rule import RecordRule
from trialkit.rules.gather import Gather
from trialkit.spec import DatasetSpec
from trialkit.study import Study

UNMAPPED = Kind(
    "MAP-001",
    "a raw column that no rule reads",
    "Map it, or say `unmapped: list` for its source.",
    exit=Exit.SPEC,
)
UNMAPPED_HEADER = ("what", "source", "file", "column", "label", "rows")


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One raw column that no rule of any dataset reads; ``filled`` counts the rows with a value.

    >>> Unmapped("AE", "AE.csv", "AEX", "", 3).filled
    3
    """

    source: str
    file: str
    column: str
    label: str
    filled: int


def unmapped(result: Result) -> list[Unmapped]:
    """List the columns of the raw files read that no rule of the study reads.

    The rules of all datasets count, also of those that were not built in this run.

    >>> from trialkit.samples import sample_result
    >>> unmapped(sample_result())
    []
    """
    known = mapped(result.study)
    return [
        Unmapped(name, table.file, column, table.labels.get(column, ""), int((~values.missing()).sum()))
        for name, table in sorted(result.store.raw.items())
        if name in result.study.spec.sources
        for column, values in table.columns.items()
        if column not in known[name]
    ]


def mapped(study: Study) -> dict[str, set[str]]:
    """Give the columns of each raw source that rules read, its own key included.

    >>> from trialkit.samples import sample_study
    >>> {"SUBJ", "DAY", "DOSE"} <= mapped(sample_study())["DOSING"]
    True
    """
    found = {name: set(source.named) for name, source in study.spec.sources.items()}
    for spec in study.datasets.values():
        named, tables = _named(spec, study)
        for table, column in named:
            for name in (table,) if table else tables:
                if name in found:
                    found[name].add(column)
    return found


def _named(spec: DatasetSpec, study: Study) -> tuple[set[tuple[str, str]], set[str]]:
    """Give tables and columns that the rules name, and the tables that the records are read from."""
    steps = [one for step in spec.records for one in step.references()]
    values = [one for variable in all_variables(spec).values() for one in variable.rule.references()]
    named = {(one.table, one.column) for one in [*steps, *values]}
    named |= {("", name) for check in spec.checks for name in check.when.names}
    named |= {("", name) for step in spec.records for name in _listed(step, study)}
    return named, {one.table for one in steps if one.table}


def _listed(step: RecordRule, study: Study) -> Iterator[str]:
    """Give the raw columns that a table of the study lists for a gathering step."""
    for one in all_steps(step):
        if isinstance(one, Gather) and isinstance(one.items, str) and one.items in study.tables:
            columns = study.tables[one.items].columns
            for name in one.into.values():
                yield from columns[name].distinct().values.tolist() if name in columns else ()


def all_steps(step: RecordRule) -> Iterator[RecordRule]:
    """Give a step and the steps within it.

    >>> from trialkit.rules.records import Stack
    >>> [one.key() for one in all_steps(Stack(stack=[[{"read": "AE"}], [{"read": "MH"}]]))]
    ['stack', 'read', 'read']
    """
    yield step
    for name in type(step).model_fields:
        yield from _within(getattr(step, name))


def _within(value: object) -> Iterator[RecordRule]:
    if isinstance(value, RecordRule):
        yield from all_steps(value)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _within(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _within(part)


def unread(study: Study) -> list[str]:
    """Name the raw sources that no dataset reads.

    >>> from trialkit.samples import sample_study
    >>> unread(sample_study())
    []
    """
    read = {table for spec in study.datasets.values() for table in tables_of(spec)}
    return sorted(set(study.spec.sources) - read)


def unmapped_problems(result: Result) -> list[Problem]:
    """Give an error for each unmapped column of a source that declares ``unmapped: error`` (MAP-001).

    >>> from trialkit.samples import sample_result
    >>> unmapped_problems(sample_result())
    []
    """
    sources = result.study.spec.sources
    return [
        Problem(
            UNMAPPED,
            f"no rule reads column '{one.column}' of source {one.source}",
            Place(one.file, field=one.column),
            spec=sources[one.source].place("unmapped"),
        )
        for one in unmapped(result)
        if sources[one.source].unmapped == "error"
    ]


def unmapped_rows(result: Result) -> list[tuple[Cell, ...]]:
    """Give the rows of unmapped.csv: columns, sources that no dataset reads, and notes from reading.

    >>> from trialkit.samples import sample_result
    >>> unmapped_rows(sample_result())[-1]
    ('note', 'VITALS', 'vitals.csv', '', 'cells with a missing token', 1)
    """
    columns = [
        ("column", one.source, one.file, one.column, one.label, one.filled) for one in unmapped(result)
    ]
    sources = result.study.spec.sources
    files = [
        ("source", name, sources[name].file, "", "no dataset reads it", "") for name in unread(result.study)
    ]
    notes = [
        ("note", name, table.file, "", note, count)
        for name, table in sorted(result.store.raw.items())
        if name in sources
        for note, count in sorted(table.notes.items())
    ]
    return [*columns, *files, *notes]
