"""What is declared to be changed in, or must hold for, every cell of a raw table; on distinct values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from trialkit.column import Column, Mask
from trialkit.cutoff import without_late
from trialkit.problems import Kind, Problem, Problems, Severity
from trialkit.raw.checks import column_check
from trialkit.raw.keys import promised
from trialkit.raw.source import RawSource, Trim
from trialkit.raw.table import RawTable, missing_columns, said_lines

CONTROL = Kind("RAW-030", "cell holds a control character", "Mend the cell, or add controls to trim.")
NBSP = Kind("RAW-031", "cells hold no-break blanks", "Add nbsp to trim.", severity="query")
LOST_TEXT = Kind(
    "RAW-032",
    "cells hold the replacement character",
    "Ask for the lost text and a new export.",
    severity="query",
)
MISTYPED = Kind("RAW-033", "text does not fit its column check", "Mend the cell or the check.")

SHOWN = 50

_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAK = re.compile(r"\r\n|\r|\n")
_NBSP = re.compile("[\u00a0\u2007\u202f]")
_LOST = re.compile("\ufffd")
_FULLWIDTH = {0x3000: " "} | {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}

_CHANGES: dict[Trim, tuple[str, Callable[[str], str]]] = {
    "fullwidth": ("cells with full-width forms changed", lambda text: text.translate(_FULLWIDTH)),
    "nbsp": ("cells with no-break blanks changed", lambda text: _NBSP.sub(" ", text)),
    "controls": ("cells with control characters changed", lambda text: _CONTROL.sub(" ", text)),
    "breaks": ("cells with line breaks changed", lambda text: _BREAK.sub(" ", text)),
    "blanks": ("cells with blanks trimmed", lambda text: text.strip(" ")),
}


def clean(table: RawTable, source: RawSource, problems: Problems) -> RawTable:
    """Trim as declared, make missing tokens missing, and check every cell.

    Args:
        table: the table as read.
        source: trim, missing, columns, mistyped, key, duplicates and always.
        problems: where problems go: RAW-001 and RAW-030 to RAW-036.

    Returns:
        The table with its columns changed and every change counted in ``notes``.

    >>> from trialkit.raw.source import ParquetSource
    >>> source = ParquetSource(format="parquet", file="a.parquet", trim=["blanks"], missing=["ND"])
    >>> table = RawTable("A", "a.parquet", {"X": Column.text([" 1", "ND"])}, np.array([1, 2], np.int32))
    >>> done = clean(table, source, Problems())
    >>> done.columns["X"].objects().tolist(), done.notes["cells with blanks trimmed"]
    (['1', ''], 1)
    """
    notes = Counter(table.notes)
    columns = {name: _changed(column, source, notes) for name, column in table.columns.items()}
    done = without_late(replace(table, columns=columns), source.cutoff)
    for name in columns:
        _look(done, name, notes, problems)
    _check_columns(done, source, problems)
    problems.add(*promised(done, source))
    if blank := int(_blank_rows(done).sum()):
        notes["blank rows"] = blank
    return replace(done, notes=dict(notes))


def _changed(column: Column, source: RawSource, notes: Counter[str]) -> Column:
    values = column.values
    for trim, (note, change) in _CHANGES.items():
        if trim in source.trim:
            values = _counted(values, column, change, notes, note)
    if source.missing:
        tokens = frozenset(source.missing)
        values = _counted(
            values, column, lambda text: "" if text in tokens else text, notes, "cells with a missing token"
        )
    return column if values is column.values else Column(values, column.codes).unified()


def _counted(
    values: Any, column: Column, change: Callable[[str], str], notes: Counter[str], note: str
) -> Any:
    """Change the distinct values and count the cells that changed."""
    changed = [change(value) for value in values]
    differs = np.fromiter(
        (a is not b and a != b for a, b in zip(changed, values, strict=True)), bool, len(values)
    )
    if not differs.any():
        return values
    notes[note] += int(differs[column.codes].sum())
    return np.array(changed, object)


def _look(table: RawTable, name: str, notes: Counter[str], problems: Problems) -> None:
    column = table.columns[name]
    text = "".join(column.values)
    if text.isprintable() and "\ufffd" not in text:
        return
    notes["cells with line breaks"] += _count(column, _BREAK)
    notes["cells with no-break blanks"] += _count(column, _NBSP)
    for kind, pattern in ((NBSP, _NBSP), (LOST_TEXT, _LOST)):
        if count := _count(column, pattern):
            what = f"{kind.title} in column {name}"
            problems.add(Problem(kind, what, table.spot(_first(column, pattern), name), count=count))
    found = _matches(column, _CONTROL)
    if found.any():
        _report(table, name, CONTROL, "a control character in column", found, problems)
    for note in [note for note, count in notes.items() if not count]:
        del notes[note]


def _matches(column: Column, pattern: re.Pattern[str]) -> Mask:
    return np.fromiter(
        (pattern.search(value) is not None for value in column.values), bool, len(column.values)
    )


def _count(column: Column, pattern: re.Pattern[str]) -> int:
    return int(_matches(column, pattern)[column.codes].sum())


def _first(column: Column, pattern: re.Pattern[str]) -> int:
    return int(np.argmax(_matches(column, pattern)[column.codes]))


def _check_columns(table: RawTable, source: RawSource, problems: Problems) -> None:
    problems.add(*missing_columns(table, [*source.named, *source.always, *source.columns]))
    severity: Severity = source.mistyped
    for name, text in source.columns.items():
        if name in table.columns:
            check, column = column_check(text), table.columns[name]
            bad = np.array([value != "" and not check(value) for value in column.values], bool)
            _report(table, name, MISTYPED, f"a text that is not {text} in column", bad, problems, severity)


def _report(
    table: RawTable,
    name: str,
    kind: Kind,
    what: str,
    bad: Mask,
    problems: Problems,
    severity: Severity | None = None,
) -> None:
    """Report each bad distinct value with its rows; the details are capped, the counts exact."""
    column = table.columns[name]
    places = np.flatnonzero(bad & (np.bincount(column.codes, minlength=len(column.values)) > 0))
    for place in places[:SHOWN]:
        rows = np.flatnonzero(column.codes == place)
        problems.add(
            Problem(
                kind,
                f"{what} {name}",
                replace(table.spot(int(rows[0]), name), record=said_lines(table.lines[rows], table.unit)),
                value=str(column.values[place]),
                count=len(rows),
                severity=severity,
            )
        )
    if len(places) > SHOWN:
        more = int(np.isin(column.codes, places[SHOWN:]).sum())
        problems.add(
            Problem(
                kind,
                f"{what} {name}, more",
                replace(table.spot(0, name), line=0),
                count=more,
                severity=severity,
            )
        )


def _blank_rows(table: RawTable) -> Mask:
    blank = np.ones(table.rows, bool)
    for column in table.columns.values():
        if not blank.any():
            break
        blank &= column.missing()
    return blank
