"""The raw table: every cell a text, and every row knowing where it stands in its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from trialkit.column import Column
from trialkit.problems import Kind, Place, Problem, did_you_mean

Lines: TypeAlias = npt.NDArray[np.int32]
Unit: TypeAlias = Literal["line", "row", "record"]

NO_COLUMN = Kind("RAW-001", "column is missing", "Name a column of the file.")

SHOWN_LINES = 10


@dataclass(frozen=True, eq=False, slots=True)
class RawTable:
    """One raw file as read: all text, with row identity.

    Every row of the file is a row here, is set aside in ``quarantined``, or is counted in ``notes``
    as a blank line, so that read = used + excluded can be shown.

    Args:
        name: the name of the source in the spec.
        file: the path of the file, relative to the raw folder.
        columns: text columns by name, in the order of the file; shape (rows,) each.
        lines: the 1-based line (row, record) at which each row begins; shape (rows,).
        unit: what ``lines`` counts: physical lines, sheet rows or records.
        labels: column labels, from a label header line, a dictionary or the file's metadata.
        sha256: of the file, as hexadecimal text.
        notes: counters of what was noticed or changed, such as "cells with blanks trimmed".
        quarantined: line and reason of each row that could not be read.
        companions: SHA-256 of other files that were read for this table, by path.

    >>> table = RawTable("SUBJ", "SUBJ.csv", {"SEX": Column.text(["M", "F"])}, np.array([2, 3], np.int32))
    >>> table.rows, table.spot(1).line
    (2, 3)
    """

    name: str
    file: str
    columns: Mapping[str, Column]
    lines: Lines
    unit: Unit = "line"
    labels: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""
    notes: Mapping[str, int] = field(default_factory=dict)
    quarantined: tuple[tuple[int, str], ...] = ()
    companions: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Count the rows.

        >>> RawTable("A", "a.csv", {}, np.array([2], np.int32)).rows
        1
        """
        return len(self.lines)

    def spot(self, row: int, column: str = "") -> Place:
        """Give the place of a cell or row in the file.

        >>> str(RawTable("A", "a.csv", {}, np.array([2], np.int32)).spot(0, "AGE"))
        'a.csv:2 AGE'
        """
        return Place(file=self.file, line=int(self.lines[row]), field=column)


def missing_columns(table: RawTable, names: Iterable[str]) -> list[Problem]:
    """Find the names that are not columns of the table.

    >>> table = RawTable("A", "a.csv", {"SEX ": Column.text([])}, np.array([], np.int32))
    >>> missing_columns(table, ["SEX"])[0].hint
    "Did you mean 'SEX '? That header has blanks around it."
    """
    return [
        Problem(
            NO_COLUMN,
            f"no column {name!r} in source {table.name}",
            Place(table.file, field=name),
            hint=_nearest(name, table.columns),
        )
        for name in dict.fromkeys(names)
        if name not in table.columns
    ]


def _nearest(name: str, columns: Iterable[str]) -> str:
    known = list(columns)
    blank = [column for column in known if column.strip() == name.strip() and column != column.strip()]
    if blank:
        return f"Did you mean {blank[0]!r}? That header has blanks around it."
    return did_you_mean(name, known)


def said_lines(lines: npt.ArrayLike, unit: Unit = "line") -> str:
    """Say which lines, of many the first few.

    >>> said_lines([3, 7]), said_lines(range(2, 20), "row")
    ('lines 3, 7', 'rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more')
    """
    numbers = np.asarray(lines)
    shown = ", ".join(str(line) for line in numbers[:SHOWN_LINES].tolist())
    more = f" and {len(numbers) - SHOWN_LINES} more" if len(numbers) > SHOWN_LINES else ""
    return f"{unit}{'s' if len(numbers) > 1 else ''} {shown}{more}"
