"""From data queries to defects: one for each raw cell or row and code, however many datasets report it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from trialkit.column import Column
from trialkit.numerals import texts
from trialkit.problems import Problem
from trialkit.raw.table import RawTable
from trialkit.records import Rows
from trialkit.reporting.faults import raw_rows, record_keys
from trialkit.reporting.fields import fields_of, fields_of_item
from trialkit.result import Result

NO_ROW = -1


@dataclass(frozen=True, slots=True)
class Defect:
    """What is wrong with one row or cell of a form.

    Args:
        code: of the query.
        form: the raw source; the dataset where no raw row stands behind the record.
        row: of the source, -1 for none.
        line: of its file, 0 for none.
        fields: the raw columns at fault; none where the row as a whole is.
        subject: as the datasets identify the subject, where that is known.
        record: the keys of the dataset's record, where it has any.
        value: what the check saw, for a defect without a raw cell.
        said: what the query says.
        reason: why the row was left out, where it was.
        datasets: those that report it.
        others: rows of other sources behind the same record.

    >>> Defect("Q-1", "AE", 0, 2, ("AETERM",)).datasets
    ()
    """

    code: str
    form: str
    row: int
    line: int
    fields: tuple[str, ...]
    subject: str = ""
    record: str = ""
    value: str = ""
    said: str = ""
    reason: str = ""
    datasets: tuple[str, ...] = ()
    others: tuple[tuple[str, int], ...] = ()


def open_queries(result: Result) -> list[Problem]:
    """Give the data queries that the study does not accept; of a strict run as they were before.

    >>> from trialkit.samples import sample_result
    >>> open_queries(sample_result())
    []
    """
    found, judged = result.store.problems.items, result.problems.items
    accepted = {id(one) for one, now in zip(found, judged, strict=False) if now.accepted}
    return [one for one in found if one.level == "query" and id(one) not in accepted]


def defects(result: Result, asked: Iterable[Problem]) -> list[Defect]:
    """List the defects behind some queries, each once, in the order of forms, rows and fields.

    >>> from trialkit.samples import sample_result
    >>> defects(sample_result(), [])
    []
    """
    finder = _Finder(result)
    found = [one for problem in asked for one in finder.of(problem)]
    return sorted(_merged(found), key=lambda one: (one.form, one.line, one.record, one.fields, one.code))


@dataclass(slots=True)
class _Finder:
    """Finds the raw cells behind a problem."""

    result: Result

    def of(self, problem: Problem) -> Iterator[Defect]:
        if problem.cells is None:
            yield from self._in_file(problem)
            return
        count = len(problem.cells.values)
        raw = self._raw(problem.cells.rows).items()
        rows: dict[str, list[int]] = {name: mine.tolist() for name, mine in raw if len(mine) == count}
        fields = {name: fields_of(problem, name, self.result) for name in rows}
        order = sorted(rows, key=lambda name: not fields[name])
        base = self._base(problem)
        items = self._texts(problem.cells.item, count)
        subject, values = self._texts(problem.cells.subject, count), texts(problem.cells.values)
        records = record_keys(problem, problem.cells, self.result)
        for cell, seen in enumerate(zip(subject, records, values, strict=True)):
            behind = tuple((name, rows[name][cell]) for name in order if rows[name][cell] >= 0)
            yield self._placed(base, behind, fields, items[cell], *seen)

    def _raw(self, rows: Mapping[str, Rows]) -> dict[str, Rows]:
        found = raw_rows(self.result, rows)
        return {name: mine for name, mine in found.items() if name in self.result.study.spec.sources}

    def _base(self, problem: Problem) -> Defect:
        dataset = problem.where.dataset
        known = self.result.flows
        reason = known[dataset].reasons.get(problem.spec, "") if dataset in known else ""
        datasets = (dataset,) if dataset else ()
        code, said = problem.kind.code, problem.what
        return Defect(code, dataset, NO_ROW, 0, (), said=said, reason=reason, datasets=datasets)

    def _texts(self, column: Column | None, count: int) -> list[str]:
        return texts(column) if column is not None else [""] * count

    def _placed(
        self,
        base: Defect,
        behind: tuple[tuple[str, int], ...],
        fields: Mapping[str, tuple[str, ...]],
        item: str,
        subject: str,
        record: str,
        value: str,
    ) -> Defect:
        # one of these is made for each cell: the constructor is many times as fast as `replace`
        code, said, reason, datasets = base.code, base.said, base.reason, base.datasets
        if not behind:
            return Defect(code, base.form, NO_ROW, 0, (), subject, record, value, said, reason, datasets)
        form, row = behind[0]
        table = self.result.store.raw[form]
        mine = fields[form]
        if item in table.columns:
            mine = fields_of_item(mine, item, base.datasets[0] if base.datasets else "", self.result)
        seen = (subject, "", value, said, reason, datasets)
        return Defect(code, form, row, int(table.lines[row]), mine, *seen, behind[1:])

    def _in_file(self, problem: Problem) -> Iterator[Defect]:
        """Find the cells of what reading a file has found."""
        for name in self.result.study.spec.sources:
            table = self.result.store.raw.get(name)
            if table is not None and table.file == problem.where.file and problem.where.file:
                base = replace(self._base(problem), form=name, value=problem.value)
                yield from _of_column(problem, table, base)
                return


def _of_column(problem: Problem, table: RawTable, base: Defect) -> Iterator[Defect]:
    """Give each row whose column has the value at fault; the line alone where no row is known."""
    where, fields = problem.where, tuple(filter(None, [problem.where.field]))
    if where.field not in table.columns or not problem.value:
        yield replace(base, line=where.line, fields=fields)
        return
    column = table.columns[where.field]
    for row in np.flatnonzero(column.where(lambda value: value == problem.value)).tolist():
        yield replace(base, row=row, line=int(table.lines[row]), fields=fields)


def _merged(found: Iterable[Defect]) -> Iterator[Defect]:
    """Make one of the defects of a row that have the same code and speak of the same field."""
    rows: dict[tuple[object, ...], list[Defect]] = {}
    for one in found:
        spot = (one.line,) if one.line else (one.record, one.subject, one.value)
        key = (one.code, one.form, one.row, *spot)
        rows.setdefault(key, []).append(one)
    for members in rows.values():
        if len(members) == 1:
            yield members[0]
            continue
        kept: list[Defect] = []
        for one in sorted(members, key=lambda one: len(one.fields)):
            same = next((k for k in kept if _within(k.fields, one.fields)), None)
            if same is None:
                kept.append(one)
            else:
                datasets = tuple(dict.fromkeys((*same.datasets, *one.datasets)))
                merged = replace(same, datasets=datasets, subject=same.subject or one.subject)
                kept[kept.index(same)] = merged
        yield from kept


def _within(fields: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return set(fields) <= set(others) if fields else not others
