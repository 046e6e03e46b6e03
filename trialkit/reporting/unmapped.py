"""What the raw files hold and no rule reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trialkit.dataflow import flows, read_columns
from trialkit.plan import tables_of
from trialkit.problems import Exit, Kind, Place, Problem
from trialkit.reporting.sheet import Cell
from trialkit.result import Result
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
    headers = {name: list(table.columns) for name, table in result.store.raw.items()}
    known = mapped(result.study, headers)
    return [
        Unmapped(name, table.file, column, table.labels.get(column, ""), int((~values.missing()).sum()))
        for name, table in sorted(result.store.raw.items())
        if name in result.study.spec.sources
        for column, values in table.columns.items()
        if column not in known[name]
    ]


def mapped(study: Study, headers: Mapping[str, Iterable[str]] | None = None) -> dict[str, set[str]]:
    """Give the columns of each raw source that rules read, its own key included.

    Args:
        study: the specs.
        headers: the columns of the raw sources that are known.

    >>> from trialkit.samples import sample_study
    >>> sorted(mapped(sample_study())["DOSING"])
    ['', 'DAY', 'DOSE', 'SUBJ', 'UNIT']
    """
    found = {name: set(source.named) for name, source in study.spec.sources.items()}
    for leaf in read_columns(flows(study, headers).values()):
        if leaf.table in found:
            found[leaf.table].add(leaf.column)
    return found


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
