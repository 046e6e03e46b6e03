"""Problems: coded, located, collected, and never a reason to stop looking for the next one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal, TypeAlias

from trialkit.cells import Cells

Severity: TypeAlias = Literal["error", "query"]

CONTEXT_LINES = 2
WIDEST = 160  # characters of a line that are shown


class Exit(IntEnum):
    """The exit codes of every command.

    >>> int(Exit.SPEC)
    2
    """

    OK = 0
    DATA = 1
    SPEC = 2
    BUG = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem, declared as a constant beside the code that finds it.

    Args:
        code: stable identifier, such as ``RAW-004``: family, then number.
        title: what is wrong, in a few words, without values.
        fix: what a person does about it.
        severity: ``error`` blocks publishing; ``query`` is published and listed.
        exit: the exit code that an error of this kind leads to.

    >>> Kind("RAW-001", "raw file is missing", "give the folder that has it", exit=Exit.SPEC).code
    'RAW-001'
    """

    code: str
    title: str
    fix: str
    severity: Severity = "error"
    exit: Exit = Exit.DATA


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem is: a spot in a file, or a cell of a dataset, or both.

    ``file`` is relative to the study or raw folder, never an absolute path.

    >>> str(Place(file="sdtm/dm.yaml", line=3, column=5))
    'sdtm/dm.yaml:3:5'
    >>> str(Place(dataset="LB", variable="LBDTC"))
    'LB.LBDTC'
    """

    file: str = ""
    line: int = 0
    column: int = 0
    field: str = ""
    dataset: str = ""
    variable: str = ""
    record: str = ""

    def __str__(self) -> str:
        """Write the place as ``file:line:column`` and ``DATASET.VARIABLE record``."""
        spot = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        cell = ".".join(part for part in (self.dataset, self.variable) if part)
        return " ".join(part for part in (spot, self.field, cell, self.record) if part)


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem found in one run.

    Args:
        kind: what kind of problem.
        what: the sentence for this case; it may name columns and terms of the spec but no
            subject data, because it is printed on the terminal and in logs.
        where: the place.
        value: the offending value; written only to the problem tables under ``build/``.
        hint: one more sentence of help for this case, such as a "did you mean".
        count: how many cells or rows this stands for.
        severity: overrides the severity of the kind, where the spec declares a handling.
        spec: the spec line that declares the rule, when ``where`` is in the data.
        frame: the lines of the spec around the place, with a caret.
        cells: the cells at fault, when ``where`` is in the data.
        accepted: the study's reason, when it accepts the finding.

    >>> kind = Kind("SPEC-003", "unknown key", "see the language reference", exit=Exit.SPEC)
    >>> print(Problem(kind, "unknown key 'labl'", Place("dm.yaml", 3, 5)).line())
    error SPEC-003 dm.yaml:3:5 unknown key 'labl'. see the language reference
    """

    kind: Kind
    what: str
    where: Place = NOWHERE
    value: str = ""
    hint: str = ""
    count: int = 1
    severity: Severity | None = None
    spec: Place = NOWHERE
    frame: str = ""
    cells: Cells | None = None
    accepted: str = ""

    @property
    def level(self) -> Severity:
        """Give the severity that counts: the problem's own, else that of its kind.

        >>> Problem(Kind("A-1", "t", "f", severity="query"), "w").level
        'query'
        """
        return self.severity or self.kind.severity

    @property
    def advice(self) -> str:
        """Say what to do; where the spec has made a query of an error, there is only the site to ask.

        >>> Problem(Kind("A-1", "t", "Do this."), "w").advice
        'Do this.'
        >>> Problem(Kind("A-1", "t", "Do this."), "w", severity="query").advice
        'Ask the site.'
        """
        asked = self.severity == "query" and self.kind.severity == "error" and not self.accepted
        return self.hint or ("Ask the site." if asked else self.kind.fix)

    def line(self) -> str:
        """Write the problem as one line of text without any subject data.

        >>> Problem(Kind("A-1", "t", "Do this."), "Bad", count=2).line()
        'error A-1 Bad (2 times). Do this.'
        """
        times = f" ({self.count} times)" if self.count > 1 else ""
        end = "" if self.what.endswith("?") else "."
        said = f"{self.what.rstrip('.')}{times}{end} {self.advice}"
        return " ".join(part for part in (self.level, self.kind.code, str(self.where), said) if part)


class Refusal(Exception):  # noqa: N818 - the field's word: the toolkit refuses, it does not break
    """Raised where nothing more can be done; carries every problem found so far.

    >>> Refusal([Problem(Kind("A-1", "t", "f"), "Bad")]).problems[0].what
    'Bad'
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems."""
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.line() for problem in self.problems))


def of_spec(problem: Problem) -> Problem:
    """Give a problem of a file that belongs to the specs or the usage: it leads to exit code 2.

    >>> of_spec(Problem(Kind("A-1", "t", "f"), "Bad")).kind.exit
    <Exit.SPEC: 2>
    """
    return replace(problem, kind=replace(problem.kind, exit=Exit.SPEC))


@dataclass(slots=True)
class Problems:
    """The problems of a run, collected in the order they were found.

    >>> found = Problems()
    >>> found.add(Problem(Kind("A-1", "t", "f"), "Bad"))
    >>> len(found.errors()), found.exit()
    (1, <Exit.DATA: 1>)
    """

    items: list[Problem] = field(default_factory=list)

    def add(self, *problems: Problem) -> None:
        """Keep problems.

        >>> found = Problems()
        >>> found.add()
        >>> found.items
        []
        """
        self.items.extend(problems)

    def errors(self) -> list[Problem]:
        """Give the problems that block publishing.

        >>> Problems().errors()
        []
        """
        return [problem for problem in self.items if problem.level == "error"]

    def queries(self) -> list[Problem]:
        """Give the problems that only the site can answer.

        >>> Problems().queries()
        []
        """
        return [problem for problem in self.items if problem.level == "query"]

    def exit(self) -> Exit:
        """Give the exit code: the highest of the errors', or 0.

        >>> Problems().exit()
        <Exit.OK: 0>
        """
        return max((problem.kind.exit for problem in self.errors()), default=Exit.OK)

    def refuse(self) -> None:
        """Raise ``Refusal`` when there is any error.

        >>> Problems().refuse()
        """
        if self.errors():
            raise Refusal(self.items)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the nearest known name, or list a few known ones.

    >>> did_you_mean("LBTESCD", ["LBTEST", "LBTESTCD"])
    "Did you mean 'LBTESTCD'?"
    >>> did_you_mean("X", ["Alpha"])
    'Known: Alpha.'
    """
    names = sorted(set(known))
    folded = {candidate.casefold(): candidate for candidate in names}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{folded[near[0]]}'?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"Known: {shown}." if names else "None is known."


def code_frame(text: str, line: int, column: int) -> str:
    r"""Show the lines around a spot with a caret below it.

    >>> print(code_frame("a: 1\nb: 2", 2, 4))
      1 | a: 1
    > 2 | b: 2
        |    ^
    """
    lines = text.splitlines()
    first, last = max(1, line - CONTEXT_LINES), min(len(lines), line + CONTEXT_LINES)
    width, shown, cut = len(str(last)), [], max(0, column - WIDEST)
    for number in range(first, last + 1):
        mark, left = (">", cut) if number == line else (" ", 0)
        text = lines[number - 1][left : left + WIDEST]
        shown.append(f"{mark} {number:>{width}} | {text}".rstrip())
        if number == line:
            shown.append(f"  {' ' * width} | {' ' * (column - cut - 1)}^")
    return "\n".join(shown)
