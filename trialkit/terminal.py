"""What a person reads on the terminal: no subject data, worst first."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialkit.problems import Problem

MOST_FRAMES = 20
MOST_ROWS = 60
UNBROKEN = 10_000  # width in a file or pipe: trees would be cut at that of a terminal
STYLES = {"error": "bold red", "query": "yellow"}

Spot = Callable[[Problem], str]


class Terminal(Console):
    """A standard stream: no line is broken in a file or pipe, and a reader who goes away ends nothing.

    >>> Terminal(stderr=True).stderr
    True
    """

    def __init__(self, *, stderr: bool = False) -> None:
        """Take the standard error stream, or the standard output."""
        stream = sys.stderr if stderr else sys.stdout
        width = None if stream.isatty() else UNBROKEN
        super().__init__(
            stderr=stderr, soft_wrap=width is not None, width=width, highlight=False, markup=False
        )

    def _check_buffer(self) -> None:
        """Write what was printed; messages that find no room must not change what the command comes to."""
        try:
            super()._check_buffer()
        except OSError:
            if not self.stderr:
                raise
            self._buffer.clear()
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Write nothing more, as after ``| head``; what the command does goes on.

        >>> Terminal().quiet
        False
        """
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def show_usage(error: click.ClickException) -> None:
    """Say what is wrong with a command, as far as the standard error stream takes it.

    >>> show_usage(click.UsageError("No such command."))
    """
    try:
        error.show()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def no_spot(_: Problem) -> str:
    """Know of no raw row behind a problem.

    >>> no_spot(None)
    ''
    """
    return ""


def show_problems(problems: Iterable[Problem], console: Console, spot: Spot = no_spot) -> None:
    """Print problems, and below them the code frames of those in the specs.

    On a terminal they are a table; in a file or pipe each is one line, however long.

    Args:
        problems: the problems, in any order.
        console: where they go.
        spot: names file and line of the first raw row behind a problem.

    >>> from trialkit.problems import Kind
    >>> show_problems([Problem(Kind("A-1", "t", "Mend it."), "Bad")], Console(width=60, color_system=None))
    error A-1 Bad. Mend it.
    """
    ordered = sorted(problems, key=lambda problem: (problem.level != "error", problem.kind.code))
    if ordered and console.is_terminal:
        console.print()
        console.print(_table(ordered[:MOST_ROWS], spot))
    for problem in () if console.is_terminal else ordered[:MOST_ROWS]:
        console.print(Text(_line(problem, spot)), soft_wrap=True)
    if len(ordered) > MOST_ROWS:
        console.print(f"... and {len(ordered) - MOST_ROWS} more kinds of problem, in the reports")
    framed = [problem for problem in ordered if problem.frame]
    for problem in framed[:MOST_FRAMES]:
        console.print(Text(f"\n{_framed(problem)}\n{problem.frame}"), soft_wrap=True)


def _framed(problem: Problem) -> str:
    return f"{problem.where}: {problem.what}" if str(problem.where) else problem.what


def _line(problem: Problem, spot: Spot) -> str:
    times = f"({problem.count:,} times)" if problem.count > 1 else ""
    parts = (problem.level, problem.kind.code, _place(problem, spot), times, _said(problem))
    return " ".join(part for part in parts if part)


def _table(problems: list[Problem], spot: Spot) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("level", "code", "count", "what"):
        table.add_column(name, justify="right" if name == "count" else "left", overflow="fold")
    for problem in problems:
        table.add_row(
            Text(f" {problem.level}", STYLES[problem.level]),
            problem.kind.code,
            f"{problem.count:,}",
            Text(" ".join(part for part in (_place(problem, spot), _said(problem)) if part)),
        )
    return table


def _place(problem: Problem, spot: Spot) -> str:
    """Say where the problem is: in the data, in the raw file, and which line of the specs finds it."""
    where, spec = str(problem.where), str(problem.spec) if problem.spec.file != problem.where.file else ""
    spots = (
        where,
        spot(problem) if problem.cells is not None and not problem.where.file else "",
        f"({spec})" if where and spec else spec,
    )
    return " ".join(part for part in spots if part)


def _said(problem: Problem) -> str:
    end = "" if problem.what.endswith((".", "?", "!")) else "."
    said = f"{problem.what}{end} {problem.advice}"
    return f"{said} Accepted: {problem.accepted}" if problem.accepted else said
