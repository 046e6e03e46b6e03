"""The terms that a dictionary does not have, for those who code."""

from __future__ import annotations

from trialkit.numerals import texts
from trialkit.reporting.faults import Fault, faults
from trialkit.reporting.sheet import Cell
from trialkit.result import Result
from trialkit.rules.coding import AMBIGUOUS, UNCODED

UNCODED_HEADER = ("code", "dataset", "variable", "term", "records", "what", "file", "line", "column")


def uncoded_rows(result: Result) -> list[tuple[Cell, ...]]:
    """Give the rows of uncoded.csv: each term once, with the number of its records and its first place.

    >>> from trialkit.samples import sample_result
    >>> uncoded_rows(sample_result())
    []
    """
    rows: list[tuple[Cell, ...]] = []
    for problem in result.store.problems.items:
        if problem.kind.code not in (UNCODED.code, AMBIGUOUS.code) or problem.cells is None:
            continue
        terms = texts(problem.cells.values)
        first: dict[str, Fault] = {}
        for one, term in zip(faults(problem, result, len(terms)), terms, strict=True):
            first.setdefault(term, one)
        where = problem.where
        head = (problem.kind.code, where.dataset, where.variable)
        for term, one in sorted(first.items()):
            spot = (one.file, one.line or "", one.column)
            rows.append((*head, term, terms.count(term), problem.what, *spot))
    return rows
