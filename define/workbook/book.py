"""The workbook as rows of texts: read with all its oddities, written so that text stays text."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from define.whole import write_whole
from define.workbook.layout import NEEDED, Generation, column_of, sheet_of
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal
from trialkit.raw.files import BOMB, RawFile
from trialkit.raw.render import cell_text
from trialkit.raw.workbook import report_bad_cells, report_merged, sheets_xml
from trialkit.reporting.sheet import TEXT_ONLY

UNREADABLE = Kind("DEFW-001", "workbook cannot be read", "Give an XLSX file.", exit=Exit.SPEC)
NO_SHEET = Kind("DEFW-002", "sheet is absent", "Add the sheet.", exit=Exit.SPEC)
IGNORED = Kind("DEFW-003", "not known, so ignored", "Rename it, if it matters.", severity="query")
NO_COLUMN = Kind("DEFW-004", "column is absent", "Add the column.", exit=Exit.SPEC)
TOO_LONG = Kind("DEFW-021", "text is longer than a cell can be", "Shorten it to 32,767 characters.")

_ABOUT = re.compile(r"<dc:description>([^<]*)</dc:description>")
HEADER_WITHIN = 10  # rows: a legend may stand above the header
CELL_LIMIT = 32767
WIDE = {"Label", "Description", "Comment", "Title", "Value", "Expression Code", "Where Clause", "Structure"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its texts by column, and where it stands.

    >>> Row({"Dataset": "DM"}, Place("define.xlsx", 2, field="Datasets")).get("Label")
    ''
    """

    values: Mapping[str, str]
    place: Place = field(default=Place(), compare=False)

    def get(self, column: str) -> str:
        """Give a text; "" where the cell is empty or the column absent.

        >>> Row({"Dataset": "DM"}).get("Dataset")
        'DM'
        """
        return self.values.get(column, "")

    def at(self, column: str) -> Place:
        """Give the place of a cell.

        >>> str(Row({}, Place("define.xlsx", 2, field="Datasets")).at("Label"))
        'define.xlsx:2 Datasets Label'
        """
        return Place(self.place.file, self.place.line, field=f"{self.place.field} {column}")


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook: its rows by sheet, and the columns that it had.

    >>> Book({"Datasets": [Row({"Dataset": "DM"})]}).rows("Variables")
    []
    """

    sheets: Mapping[str, list[Row]]
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)

    def rows(self, sheet: str) -> list[Row]:
        """Give the rows of a sheet.

        >>> len(Book({"Datasets": [Row({"Dataset": "DM"})]}).rows("Datasets"))
        1
        """
        return self.sheets.get(sheet, [])


def read_book(path: Path, problems: Problems) -> Book:
    """Read a workbook of any generation; what it has beside is ignored and said.

    Args:
        path: the XLSX file.
        problems: where problems go: DEFW-002 to DEFW-004, RAW-041, RAW-042, RAW-045.

    Raises:
        Refusal: DEFW-001, RAW-006.

    >>> read_book(Path("nowhere.xlsx"), Problems())
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEFW-001 nowhere.xlsx workbook cannot be read. Give an XLSX file.
    """
    grids = _grids(path, problems)
    sheets: dict[str, list[Row]] = {}
    columns: dict[str, frozenset[str]] = {}
    for printed, grid in grids.items():
        sheet, place = sheet_of(printed), Place(path.name, field=printed)
        if not sheet or sheet in sheets:
            problems.add(Problem(IGNORED, f"sheet '{printed}' was ignored", place))
            continue
        sheets[sheet], columns[sheet] = _rows(sheet, grid, place, problems)
    for sheet in ("Datasets", "Variables"):
        if sheet not in sheets:
            problems.add(Problem(NO_SHEET, f"there is no sheet {sheet}", Place(path.name)))
    return Book(sheets, columns)


def _grids(path: Path, problems: Problems) -> dict[str, list[list[Any]]]:
    """Give the cells of each sheet of a workbook that is safe to open."""
    found = Problems()
    try:
        file = RawFile(path, path.name, path.read_bytes(), "")
        if sheets := sheets_xml(file, found):
            for name, xml in sheets.items():
                _report_cells(name, xml, file, problems)
            workbook = CalamineWorkbook.from_filelike(io.BytesIO(file.data))
            return {
                name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in sheets
            }
    except (OSError, CalamineError, ValueError):
        pass
    said = [one for one in found.items if one.kind is BOMB]
    hint = next((one.hint for one in found.items if one.hint), "")
    raise Refusal(said or [Problem(UNREADABLE, UNREADABLE.title, Place(path.name), hint=hint)])


def _report_cells(sheet: str, xml: bytes, file: RawFile, problems: Problems) -> None:
    """Report error values, formulas without a value and merged cells of a sheet that is read."""
    if sheet_of(sheet):
        found = Problems()
        report_bad_cells(xml, file, 0, found)
        report_merged(xml, file, 0, found)
        for one in found.items:
            problems.add(replace(one, where=replace(one.where, field=sheet), hint=one.kind.fix))


def _rows(
    sheet: str, grid: list[list[Any]], place: Place, problems: Problems
) -> tuple[list[Row], frozenset[str]]:
    texts = [
        [cell_text(cell).strip() if not isinstance(cell, str) else cell.rstrip() for cell in row]
        for row in grid
    ]
    head, names = _header(sheet, texts)
    for needed in NEEDED[sheet]:
        if needed not in names:
            problems.add(Problem(NO_COLUMN, f"sheet {place.field} has no column {needed}", place))
    for printed, name in zip(texts[head] if texts else [], names, strict=False):
        if printed and not name:
            problems.add(Problem(IGNORED, f"column '{printed}' of sheet {place.field} was ignored", place))
    rows = []
    for number, row in enumerate(texts[head + 1 :], head + 2):
        values = {name: text for name, text in zip(names, row, strict=False) if name and text}
        if values:
            rows.append(Row(values, Place(place.file, number, field=place.field)))
    return rows, frozenset(names)


def _header(sheet: str, texts: list[list[str]]) -> tuple[int, list[str]]:
    """Find the row of the header: the first that has a column which is needed, else the first."""
    for number, row in enumerate(texts[:HEADER_WITHIN]):
        names = [column_of(sheet, text.strip()) for text in row]
        if set(names) & set(NEEDED[sheet]) and sum(map(bool, names)) > 1:
            return number, names
    return 0, [column_of(sheet, text) for text in texts[0]] if texts else []


def write_book(path: Path, book: Book, generation: Generation, created: datetime, about: str = "") -> None:
    """Write a workbook; the same rows give the same bytes, and text that looks like a formula stays text.

    Args:
        path: the XLSX file.
        book: the rows.
        generation: which sheets and columns it has.
        created: the time stamp of the file; no clock is read.
        about: kept among the properties of the file, for ``about_book``.

    Raises:
        Refusal: DEFW-021.
        Refusal: PUB-003, the file cannot be written.

    >>> import tempfile
    >>> from define.workbook.layout import V21
    >>> path = Path(tempfile.mkdtemp()) / "define.xlsx"
    >>> write_book(path, Book({"Datasets": [Row({"Dataset": "DM"})]}), V21, datetime(2024, 1, 31))
    >>> read_book(path, Problems()).rows("Datasets")[0].get("Dataset")
    'DM'
    """
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, TEXT_ONLY) as workbook:
        workbook.set_properties(
            {"title": "Define-XML", "comments": about, "created": created.replace(tzinfo=None)}
        )
        for sheet, columns in generation.sheets.items():
            rows = book.rows(sheet)
            more = (name for name in generation.further(sheet) if any(row.get(name) for row in rows))
            _sheet(workbook, generation, sheet, (*columns, *more), rows)
    write_whole(path, made.getvalue())


def about_book(path: Path) -> str:
    """Give what was kept among the properties of a workbook; "" where there is nothing, or no workbook.

    >>> about_book(Path("nowhere.xlsx"))
    ''
    """
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read("docProps/core.xml").decode("utf-8", "replace")
    except (OSError, KeyError, zipfile.BadZipFile):
        return ""
    found = _ABOUT.search(text)
    return html.unescape(found[1]) if found else ""


def _sheet(
    workbook: Any, generation: Generation, sheet: str, columns: tuple[str, ...], rows: list[Row]
) -> None:
    made = workbook.add_worksheet(generation.label(sheet))
    head = workbook.add_format({"bold": True, "bg_color": "#D9E1F2"})
    cell = workbook.add_format({"num_format": "@", "valign": "top"})
    for place, name in enumerate(columns):
        made.set_column(place, place, 42 if name in WIDE else 16)
        made.write_string(0, place, generation.label(sheet, name), head)
    for number, row in enumerate(rows, 1):
        for place, name in enumerate(columns):
            text = row.get(name)
            if len(text) > CELL_LIMIT:
                where = Place(line=number + 1, field=f"{sheet} {name}")
                raise Refusal([Problem(TOO_LONG, f"{TOO_LONG.title}: {len(text):,}", where)])
            if text:
                made.write_string(number, place, text, cell)
    made.freeze_panes(1, 0)
