"""What a source promises of its rows: keys that name one row each, and columns of one value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from trialkit.cells import Cells
from trialkit.column import Column, combine
from trialkit.problems import Kind, Problem
from trialkit.raw.source import RawSource
from trialkit.raw.table import RawTable, said_lines

REPEATED = Kind(
    "RAW-034",
    "rows with the same key",
    "Correct the rows, name more columns under `key`, or set `duplicates` to query or keep.",
)
BLANK_KEY = Kind(
    "RAW-035", "rows with a blank in their key", "Fill it in, or set `duplicates` to query or keep."
)
OTHER_VALUE = Kind("RAW-036", "rows with another value", "Ask for an export of this study alone.")

SHOWN_KEYS = 5

Rows: TypeAlias = npt.NDArray[np.intp]


def promised(table: RawTable, source: RawSource) -> list[Problem]:
    """Find the rows that break what their source says of ``key`` and ``always``.

    Every row of a repeated key is among the cells, those of one key beside each other. A row with a
    blank in its key is a duplicate of none.

    Args:
        table: the table, its missing tokens blank.
        source: key, duplicates and always; columns that the table does not have are passed over.

    >>> from trialkit.raw.source import CsvSource
    >>> source = CsvSource(format="csv", file="dm.csv", key=["SUBJ"])
    >>> table = RawTable("DM", "dm.csv", {"SUBJ": Column.text(["1", "2", "1", ""])}, np.arange(2, 6))
    >>> for found in promised(table, source): print(found.where, found.what)
    dm.csv:2 SUBJ rows with the same key: lines 2, 4
    dm.csv:5 SUBJ a blank in the key of line 5
    """
    found = [one for name, value in source.always.items() for one in _other(table, name, value)]
    if source.duplicates != "keep" and source.key and set(source.key) <= set(table.columns):
        found += [replace(one, severity=source.duplicates) for one in _keys(table, source.key)]
    return found


def _other(table: RawTable, name: str, value: str) -> Iterator[Problem]:
    if name in table.columns:
        column = table.columns[name]
        rows = np.flatnonzero(column.where(lambda text: text != value))
        lines = said_lines(table.lines[rows], table.unit)
        what = f"{name} is not '{value}' in {lines}"
        yield from _found(OTHER_VALUE, what, table, name, column.take(rows), rows)


def _keys(table: RawTable, key: Sequence[str]) -> Iterator[Problem]:
    columns, name = [table.columns[one] for one in key], ", ".join(key)
    blank = np.logical_or.reduce([column.missing() for column in columns])
    group, first = combine(columns, table.rows)
    rows = np.flatnonzero((np.bincount(group, minlength=len(first)) > 1)[group] & ~blank)
    rows = rows[np.argsort(group[rows], kind="stable")]
    said = _said(table, rows, group[rows])
    yield from _found(REPEATED, f"rows with the same key: {said}", table, name, _texts(columns, rows), rows)
    rows = np.flatnonzero(blank)
    said = said_lines(table.lines[rows], table.unit)
    yield from _found(BLANK_KEY, f"a blank in the key of {said}", table, name, _texts(columns, rows), rows)


def _texts(columns: Sequence[Column], rows: Rows) -> Column:
    """Write the keys of some rows."""
    parts = [column.take(rows) for column in columns]
    group, first = combine(parts, len(rows))
    texts = [", ".join(str(part.values[part.codes[row]]) for part in parts) for row in first.tolist()]
    return Column(np.array(texts, object), group)


def _said(table: RawTable, rows: Rows, group: npt.NDArray[np.int32]) -> str:
    """Say the lines of each key, of many keys the first few; rows of one key stand together."""
    starts = np.flatnonzero(np.diff(group, prepend=-1)).tolist()
    spans = list(pairwise([*starts, len(rows)]))[:SHOWN_KEYS]
    keys = [said_lines(table.lines[rows[first:last]], table.unit) for first, last in spans]
    more = len(starts) - len(keys)
    return "; ".join(keys) + (f"; and {more} more keys" if more else "")


def _found(
    kind: Kind, what: str, table: RawTable, name: str, values: Column, rows: Rows
) -> Iterator[Problem]:
    if len(rows):
        cells = Cells({table.name: rows.astype(np.int32)}, None, values, None)
        yield Problem(kind, what, table.spot(int(rows[0]), name), count=len(rows), cells=cells)
