"""Problems as a person reads them on a terminal: no subject data, worst first."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialkit.problems import Problem

MOST_FRAMES = 20
MOST_ROWS = 60
STYLES = {"error": "bold red", "query": "yellow"}


def show_problems(problems: Iterable[Problem], console: Console) -> None:
    """Print problems as a table, and below it the code frames of those in the specs.

    >>> from trialkit.problems import Kind
    >>> show_problems([Problem(Kind("A-1", "t", "Mend it."), "Bad")], Console(width=60, color_system=None))
    <BLANKLINE>
     error A-1 1 Bad. Mend it.
    """
    ordered = sorted(problems, key=lambda problem: (problem.level != "error", problem.kind.code))
    if not ordered:
        return
    console.print()
    console.print(_table(ordered[:MOST_ROWS]))
    if len(ordered) > MOST_ROWS:
        console.print(f"... and {len(ordered) - MOST_ROWS} more kinds of problem, in the reports")
    framed = [problem for problem in ordered if problem.frame]
    for problem in framed[:MOST_FRAMES]:
        console.print(Text(f"\n{problem.where}: {problem.what}\n{problem.frame}"))


def _table(problems: list[Problem]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("level", "code", "count", "what"):
        table.add_column(name, justify="right" if name == "count" else "left", overflow="fold")
    for problem in problems:
        table.add_row(
            Text(f" {problem.level}", STYLES[problem.level]),
            problem.kind.code,
            str(problem.count),
            Text(" ".join(part for part in (_place(problem), _said(problem)) if part)),
        )
    return table


def _place(problem: Problem) -> str:
    return str(problem.where) or str(problem.spec)


def _said(problem: Problem) -> str:
    end = "" if problem.what.endswith((".", "?", "!")) else "."
    said = f"{problem.what}{end} {problem.hint or problem.kind.fix}"
    return f"{said} Accepted: {problem.accepted}" if problem.accepted else said
