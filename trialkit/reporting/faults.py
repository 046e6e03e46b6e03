"""Problems as rows: one for each cell at fault, with its place in the raw files and its record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from trialkit.cells import Cells
from trialkit.numerals import texts
from trialkit.problems import Problem
from trialkit.raw.table import RawTable
from trialkit.records import NONE, Rows, is_main
from trialkit.reporting.fields import fields_of, fields_of_item
from trialkit.reporting.sheet import Cell
from trialkit.result import Result

MOST_CELLS = 1000
FAULT_HEADER = (
    *("severity", "code", "dataset", "variable", "subject", "record", "file", "line", "column", "also"),
    *("value", "what", "fix", "spec", "accepted", "count"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One cell or row at fault; ``also`` names the other raw rows behind its record.

    >>> Fault(file="AE.csv", line=3).spot
    'AE.csv:3'
    """

    subject: str = ""
    record: str = ""
    file: str = ""
    line: int = 0
    column: str = ""
    also: str = ""
    value: str = ""

    @property
    def spot(self) -> str:
        """Give the file and line.

        >>> Fault().spot
        ''
        """
        return f"{self.file}:{self.line}" if self.line else self.file


def ordered(problems: list[Problem]) -> list[Problem]:
    """Sort problems: errors, data queries, accepted findings; then by code and place.

    >>> from trialkit.problems import Kind
    >>> kind = Kind("A-1", "t", "f")
    >>> [p.what for p in ordered([Problem(kind, "b", severity="query"), Problem(kind, "a")])]
    ['a', 'b']
    """
    return sorted(problems, key=_rank)


def _rank(problem: Problem) -> tuple[bool, bool, str, str, str, str, str, str]:
    where = problem.where
    level = (bool(problem.accepted), problem.level != "error")
    return (
        *level,
        problem.kind.code,
        where.dataset,
        where.variable,
        str(where),
        problem.what,
        str(problem.spec),
    )


def faults(problem: Problem, result: Result, most: int = MOST_CELLS) -> list[Fault]:
    """List the first cells of a problem; one fault without cells when none are known.

    >>> from trialkit.problems import Kind, Place
    >>> faults(Problem(Kind("A-1", "t", "f"), "w", Place("dm.yaml", 3), value="x"), None)[0].spot
    'dm.yaml:3'
    """
    if problem.cells is None:
        where = problem.where
        return [Fault("", where.record, where.file, where.line, where.field, "", problem.value)]
    size = min(most, len(problem.cells.values))
    head = _head(problem.cells, size)
    raw = result.store.raw
    lines = {name: _lines(raw[name], rows) for name, rows in raw_rows(result, head.rows).items()}
    read = {name: fields_of(problem, name, result) for name in lines}
    items = texts(head.item) if head.item is not None else [""] * size
    orders = {item: _order(item, read, result) for item in dict.fromkeys(items)}
    spots = (
        [(name, line) for name in orders[item] if (line := lines[name][cell])]
        for cell, item in enumerate(items)
    )
    subject = texts(head.subject) if head.subject is not None else [""] * size
    cells = zip(subject, record_keys(problem, head, result), items, texts(head.values), spots, strict=True)
    files = {name: raw[name].file for name in lines}
    columns = {
        (item, name): ", ".join(_columns(problem, name, item, read[name], result))
        for item in orders
        for name in lines
    }
    return [_fault(*cell, files, columns) for cell in cells]


def _lines(table: RawTable, rows: Rows) -> list[int]:
    """Give the line of each row, 0 for none."""
    found: list[int] = np.where(rows >= 0, np.append(table.lines, 0)[rows], 0).tolist()
    return found


def _order(item: str, read: Mapping[str, tuple[str, ...]], result: Result) -> list[str]:
    """Order sources: first those that have columns at fault, tables of the study last."""
    raw, tables = result.store.raw, result.study.tables
    return sorted(read, key=lambda name: (name in tables, not read[name], item not in raw[name].columns))


def _columns(
    problem: Problem, source: str, item: str, fields: tuple[str, ...], result: Result
) -> tuple[str, ...]:
    if item not in result.store.raw[source].columns:
        return fields
    return fields_of_item(fields, item, problem.where.dataset, result)


def _fault(
    subject: str,
    record: str,
    item: str,
    value: str,
    spots: list[tuple[str, int]],
    files: Mapping[str, str],
    columns: Mapping[tuple[str, str], str],
) -> Fault:
    if not spots:
        return Fault(subject, record, column=item, value=value)
    (source, line), *others = spots
    also = "; ".join(f"{files[name]}:{other}" for name, other in others)
    return Fault(subject, record, files[source], line, columns[item, source], also, value)


def _head(cells: Cells, size: int) -> Cells:
    first = np.arange(size)
    return Cells(
        {source: rows[:size] for source, rows in cells.rows.items()},
        cells.item.take(first) if cells.item is not None else None,
        cells.values.take(first),
        cells.subject.take(first) if cells.subject is not None else None,
        cells.records[:size] if cells.records is not None else None,
    )


def raw_rows(result: Result, rows: Mapping[str, Rows]) -> dict[str, Rows]:
    """Follow rows of sources and of built datasets down to rows of files.

    >>> from trialkit.samples import sample_result
    >>> raw_rows(sample_result(), {"VS": np.array([0])})["VITALS"].tolist()
    [0]
    """
    found: dict[str, Rows] = {}
    # what a record was read from itself comes before what a dataset on its way was joined with
    for name, places in sorted(rows.items(), key=lambda one: one[0] not in result.store.raw):
        if name in result.store.raw:
            deeper = {name: places}
        else:
            deeper = raw_rows(result, _behind(result, name, places))
        for source, mine in deeper.items():
            found[source] = np.where(found[source] >= 0, found[source], mine) if source in found else mine
    return found


def _behind(result: Result, name: str, places: Rows) -> dict[str, Rows]:
    built = next((one for one in result.built if one.name == name), None)
    if built is None or not built.count:
        return {}
    mains = {key: rows for key, rows in built.records.rows.items() if is_main(key)}
    return {key: np.where(places >= 0, rows[places], NONE) for key, rows in mains.items()}


def record_keys(problem: Problem, cells: Cells, result: Result) -> list[str]:
    """Write the keys of each cell's record, where the record is finished.

    >>> from trialkit.column import Column
    >>> from trialkit.problems import Kind, Place
    >>> from trialkit.samples import sample_result
    >>> cells = Cells({}, None, Column.text(["x"]), None, records=np.array([0]))
    >>> record_keys(Problem(Kind("A-1", "t", "f"), "w", Place(dataset="DM")), cells, sample_result())
    ['USUBJID=DEMO01-01-001']
    """
    built = next((one for one in result.built if one.name == problem.where.dataset), None)
    if cells.records is None or built is None:
        return [problem.where.record] * len(cells.values)
    keys = [name for name in built.spec.keys if name in built.records.columns]
    columns = [texts(built.records.columns[name].take(cells.records)) for name in keys]
    pairs = zip(*columns, strict=True) if columns else [()] * len(cells.values)
    return [" ".join(f"{name}={value}" for name, value in zip(keys, values, strict=True)) for values in pairs]


def fault_rows(result: Result) -> Iterator[tuple[Cell, ...]]:
    """Give the rows of problems.csv; ``count`` is that of the whole problem, however many are listed.

    >>> from trialkit.samples import sample_result
    >>> list(fault_rows(sample_result()))
    []
    """
    for one in ordered(result.problems.items):
        level = "accepted" if one.accepted else one.level
        head = (level, one.kind.code, one.where.dataset, one.where.variable)
        tail = (one.what, one.advice, str(one.spec), one.accepted, one.count)
        for fault in faults(one, result):
            where = (fault.subject, fault.record, fault.file, fault.line or "", fault.column, fault.also)
            yield (*head, *where, fault.value, *tail)
