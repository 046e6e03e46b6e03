"""What the page of a run shows, worked out before the template lays it out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from typing import Any

from trialkit.built import Built
from trialkit.problems import Problem
from trialkit.reporting.accounts import Account, accounts
from trialkit.reporting.faults import Fault, faults, ordered
from trialkit.reporting.html import render
from trialkit.reporting.unmapped import unmapped, unread
from trialkit.result import Result

SHOWN_CELLS = 50
SHARES = 100.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem with its first cells.

    >>> from trialkit.problems import Kind
    >>> Finding(Problem(Kind("A-1", "t", "f"), "w", accepted="known"), ()).level
    'accepted'
    """

    problem: Problem
    faults: tuple[Fault, ...]

    @property
    def level(self) -> str:
        """Give error, query or accepted.

        >>> from trialkit.problems import Kind
        >>> Finding(Problem(Kind("A-1", "t", "f"), "w"), ()).level
        'error'
        """
        return "accepted" if self.problem.accepted else self.problem.level

    @property
    def hidden(self) -> int:
        """Count the cells that are not shown.

        >>> from trialkit.problems import Kind
        >>> Finding(Problem(Kind("A-1", "t", "f"), "w", count=3), (Fault(),)).hidden
        2
        """
        return max(0, self.problem.count - len(self.faults))


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one code and level; ``count`` is that of all their cells.

    >>> Group("A-1", "error", "title", "fix", 0, ()).count
    0
    """

    code: str
    level: str
    title: str
    fix: str
    count: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of a bar, in percent of its width.

    >>> Bar("used", 0.0, 90.0).width
    90.0
    """

    kind: str
    start: float
    width: float


def groups(result: Result) -> list[Group]:
    """Group the problems by level and code, errors first.

    >>> from trialkit.samples import sample_result
    >>> groups(sample_result())
    []
    """
    found = [Finding(one, tuple(faults(one, result, SHOWN_CELLS))) for one in ordered(result.problems.items)]
    made = []
    for (level, code), members in groupby(found, key=lambda one: (one.level, one.problem.kind.code)):
        mine = tuple(members)
        kind = mine[0].problem.kind
        made.append(Group(code, level, kind.title, kind.fix, sum(one.problem.count for one in mine), mine))
    return made


def bars(account: Account) -> list[Bar]:
    """Divide a bar between the used rows and each reason for leaving rows out.

    >>> from trialkit.reporting.accounts import Part
    >>> [bar.width for bar in bars(Account("raw", "A", "", 4, 3, (Part("x", 1),)))]
    [75.0, 25.0]
    """
    sizes = [("used", account.used)] + [
        (account.kind(place), part.rows) for place, part in enumerate(account.excluded)
    ]
    total, start, made = max(1, account.read), 0, []
    for kind, size in sizes:
        made.append(Bar(kind, round(SHARES * start / total, 3), round(SHARES * size / total, 3)))
        start += size
    return [bar for bar in made if bar.width]


def subjects(built: Built, variable: str) -> int | None:
    """Count the subjects of a dataset; None when it has no variable for them.

    >>> from trialkit.samples import sample_result
    >>> dm = sample_result().built[0]
    >>> subjects(dm, "USUBJID") == dm.count, subjects(dm, "POOLID")
    (True, None)
    """
    if variable not in built.records.columns:
        return None
    column = built.records.columns[variable]
    return len(column.take(~column.missing()).distinct().values)


def folder_of(built: Built) -> str:
    """Name the folder of a dataset beside the reports: that of its spec.

    >>> from trialkit.samples import sample_result
    >>> {folder_of(one) for one in sample_result().built}
    {'sdtm'}
    """
    return built.spec.place().file.partition("/")[0]


def run_page(result: Result) -> str:
    """Make run.html.

    >>> from trialkit.samples import sample_result
    >>> "Vital Signs" in run_page(sample_result())
    True
    """
    errors, study = result.problems.errors(), result.study.spec
    queries = [one for one in result.problems.queries() if not one.accepted]
    found = accounts(result)
    every: list[dict[str, Any]] = [
        {"built": one, "subjects": subjects(one, result.store.subject), "folder": folder_of(one)}
        for one in sorted(result.built, key=lambda one: one.name)
    ]
    return render(
        "run.html",
        study=study,
        toolkit=version("trialkit"),
        dictionaries=[one.title for _, one in sorted(result.dictionaries.items())],
        failed=bool(errors),
        errors=sum(one.count for one in errors),
        queries=sum(one.count for one in queries),
        accepted=sum(one.count for one in result.problems.items if one.accepted),
        datasets=every,
        missing=sorted(set(result.study.datasets) - {one.name for one in result.built}),
        accounts=[(one, bars(one)) for one in found],
        left_out=sum(one.left_out for one in found if one.origin == "raw"),
        unmapped=unmapped(result),
        unread=unread(result.study),
        groups=groups(result),
        raw=[table for name, table in sorted(result.store.raw.items()) if name in study.sources],
    )
