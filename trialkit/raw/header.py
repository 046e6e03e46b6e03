"""Header lines: which text names a column, and which labels it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from trialkit.problems import Kind, Problem, Problems
from trialkit.raw.decode import UNDECODED
from trialkit.raw.files import RawFile

NO_HEADER = Kind(
    "RAW-020", "header lines are missing or uneven", "Correct header, skip and names in the spec."
)
SAME_NAME = Kind("RAW-021", "header names repeat", "Give distinct names with column_names.")
NO_NAME = Kind("RAW-022", "column has no name", "Give the names with column_names.")
BAD_NAME = Kind("RAW-023", "header does not decode", "Declare the encoding of the file.")

BLANK_BETWEEN = "a blank line stands among the header lines: is it one of them?"


class _HeaderSpec(Protocol):
    """What a source says of its header lines."""

    @property
    def header(self) -> int: ...

    @property
    def names(self) -> int: ...

    @property
    def labels(self) -> int | None: ...

    @property
    def column_names(self) -> tuple[str, ...] | None: ...


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, in order, and the labels of those that have one.

    >>> Header(["A"], {"A": "Age"}).labels["A"]
    'Age'
    """

    names: list[str]
    labels: dict[str, str]


def read_header(
    rows: Sequence[Sequence[str]],
    source: _HeaderSpec,
    file: RawFile,
    lines: Sequence[int],
    problems: Problems,
) -> Header | None:
    """Make the header of a table from its header lines.

    Args:
        rows: the cells of each header line.
        source: which line holds what.
        file: the file, for places.
        lines: the line number of each header line.
        problems: where problems go: RAW-020 to RAW-023.

    >>> from pathlib import Path
    >>> from trialkit.raw.source import CsvSource
    >>> spec = CsvSource(format="csv", file="a.csv", header=2, labels=2)
    >>> file = RawFile(Path("a.csv"), "a.csv", b"", "")
    >>> read_header([["A"], ["Age"]], spec, file, [1, 2], Problems())
    Header(names=['A'], labels={'A': 'Age'})
    """
    if len(rows) < source.header:
        what = f"{len(rows)} of {source.header} header lines are there"
        problems.add(Problem(NO_HEADER, what, file.place()))
        return None
    place = file.place(lines[source.names - 1] if source.names <= len(lines) else 0)
    names = list(source.column_names or rows[source.names - 1])
    found = _name_problems(names)
    if any(len(row) != len(names) for row in rows[: source.header]):
        found.append((NO_HEADER, f"header lines have {_widths(rows)} fields for {len(names)} columns"))
    problems.add(*(Problem(kind, what, place) for kind, what in found))
    labels = rows[source.labels - 1] if source.labels is not None else []
    pairs = {name: label for name, label in zip(names, labels, strict=False) if label}
    return None if found else Header(names, pairs)


def _widths(rows: Sequence[Sequence[str]]) -> str:
    return " and ".join(str(len(row)) for row in rows)


def _name_problems(names: list[str]) -> list[tuple[Kind, str]]:
    places: dict[str, list[str]] = defaultdict(list)
    for number, name in enumerate(names, 1):
        places[name.strip()].append(str(number))
    found = [(NO_NAME, f"column {number} has no name in the header") for number in places.pop("", [])]
    found += [
        (SAME_NAME, f"columns {' and '.join(numbers)} are both named '{name}'")
        for name, numbers in places.items()
        if len(numbers) > 1
    ]
    return (
        found + [(BAD_NAME, "the header has bytes that do not decode") for n in names if UNDECODED in n][:1]
    )
