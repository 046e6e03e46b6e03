"""XLSX sheets to an all-text table."""

from __future__ import annotations

import io
from typing import Any, TypeAlias

import numpy as np
from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook

from trialkit.column import Column
from trialkit.problems import Kind, Problem, Problems
from trialkit.raw.cellformats import padded_cells, read_formats, report_dates
from trialkit.raw.files import DAMAGED, RawFile
from trialkit.raw.header import BLANK_BETWEEN, NO_HEADER, read_header
from trialkit.raw.render import cell_text
from trialkit.raw.source import Dates, XlsxSource
from trialkit.raw.table import RawTable, said_lines
from trialkit.raw.workbook import column_number, report_bad_cells, report_merged, sheet_xml

CUT_DATE = Kind("RAW-043", "date cell is more precise than declared", "Set dates to minute, second or auto.")

Row: TypeAlias = tuple[int, list[Any]]
Padded: TypeAlias = dict[tuple[int, str], int]


def read_xlsx(source: XlsxSource, name: str, file: RawFile, problems: Problems) -> RawTable | None:
    """Read one sheet of a workbook; numbers in full, dates in ISO 8601.

    Args:
        source: which sheet, and how its header stands.
        name: the name of the source.
        file: the workbook.
        problems: where problems go: RAW-006, RAW-007, RAW-020 to RAW-023, RAW-040 to RAW-045.

    Returns:
        The table, its rows named by sheet row; empty sheet rows between others are counted in
        ``notes``, and empty columns without a name are left out.

    >>> from pathlib import Path
    >>> found, file = Problems(), RawFile(Path("a.xlsx"), "a.xlsx", b"no zip", "")
    >>> read_xlsx(XlsxSource(format="xlsx", file="a.xlsx", sheet="S"), "A", file, found)
    >>> found.items[0].kind.code
    'RAW-007'
    """
    xml = sheet_xml(file, source.sheet, problems)
    if xml is None:
        return None
    report_bad_cells(xml, file, source.skip, problems)
    report_merged(xml, file, source.skip + source.header, problems)
    try:
        formats = read_formats(file.data)
    except (etree.XMLSyntaxError, ValueError):
        problems.add(Problem(DAMAGED, f"the styles of '{file.file}' cannot be read", file.place()))
        return None
    report_dates(xml, formats, file, source.skip, problems)
    grid = _grid(source, file, padded_cells(xml, formats), problems)
    return None if grid is None else _table(source, name, file, grid, problems)


def _grid(source: XlsxSource, file: RawFile, padded: Padded, problems: Problems) -> list[Row] | None:
    """Give the rows that have any cell, with their sheet row numbers, without empty columns."""
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(file.data)).get_sheet_by_name(source.sheet)
        rows = sheet.to_python(skip_empty_area=False)
    except CalamineError as error:
        what = f"sheet '{source.sheet}' of '{file.file}' cannot be read: {error}"
        problems.add(Problem(DAMAGED, what, file.place()))
        return None
    for (number, letters), width in padded.items():
        cells, place = rows[number - 1], column_number(letters) - 1
        if isinstance(cells[place], (int, float)):
            cells[place] = f"{cells[place]:.0f}".zfill(width)
    filled = [
        (number, row) for number, row in enumerate(rows, 1) if number > source.skip and any(map(_full, row))
    ]
    width = max((len(row) for _, row in filled), default=0)
    used = [place for place in range(width) if any(_full(row[place]) for _, row in filled)]
    return [(number, [row[place] for place in used]) for number, row in filled]


def _full(cell: Any) -> bool:
    return bool(cell != "")


def _table(
    source: XlsxSource, name: str, file: RawFile, grid: list[Row], problems: Problems
) -> RawTable | None:
    top, body = grid[: source.header], grid[source.header :]
    heads = [[cell_text(cell) for cell in row] for _, row in top]
    first = source.skip + 1 if source.column_names else top[0][0] if top else 0
    if source.header > 1 and top and top[-1][0] - first != len(top) - 1:
        problems.add(Problem(NO_HEADER, BLANK_BETWEEN, file.place(top[-1][0])))
        return None
    header = read_header(heads, source, file, [number for number, _ in top], problems)
    if header is None:
        return None
    lines = np.array([number for number, _ in body], np.int32)
    columns = {}
    for place, column in enumerate(header.names):
        cells = [row[place] for _, row in body]
        columns[column], cut = _column(cells, source.dates)
        if cut:
            rows = lines[cut]
            what = f"dates: {source.dates} would cut date cells in {said_lines(rows, 'row')}"
            problems.add(Problem(CUT_DATE, what, file.place(int(rows[0]), column), count=len(rows)))
    blank = grid[-1][0] - source.skip - len(grid) if grid else 0
    notes = {"blank lines": blank} if blank else {}
    return RawTable(name, file.file, columns, lines, "row", header.labels, file.sha256, notes)


def _column(cells: list[Any], dates: Dates) -> tuple[Column, list[int]]:
    """Write each distinct cell as text, and list the rows whose date would be cut."""
    keys = [(type(cell), cell) for cell in cells]
    texts: dict[Any, str] = {}
    cut = set()
    for key in dict.fromkeys(keys):
        try:
            texts[key] = cell_text(key[1], dates)
        except ValueError:
            texts[key] = cell_text(key[1])
            cut.add(key)
    rows = [row for row, key in enumerate(keys) if key in cut] if cut else []
    return Column.text(texts[key] for key in keys), rows
