"""The package around an XLSX sheet: safe to open, whole, and what its cells must not be (ECMA-376)."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeVar

from lxml import etree

from trialkit.problems import Exit, Kind, Problem, Problems, did_you_mean
from trialkit.raw.files import BOMB, DAMAGED, MEGABYTE, RawFile, too_large

NO_SHEET = Kind("RAW-040", "workbook has no such sheet", "Name a sheet of the workbook.", exit=Exit.SPEC)
ERROR_CELL = Kind("RAW-041", "cell holds an error value", "Mend the cell in the workbook.")
MERGED = Kind(
    "RAW-045", "merged cells", "Repeat the value in each cell: only the first one of merged cells holds it."
)
NO_VALUE = Kind("RAW-042", "formula has no stored value", "Open the workbook, let it calculate, and save it.")

T = TypeVar("T")
PART_LIMIT = 1024 * MEGABYTE
CELL_LIMIT = 100_000_000
SHOWN = 50

_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\sr=[\"']([0-9]{1,7})[\"']")
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\sr=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_ODD_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\sr=[\"'](?![A-Z]{1,3}[1-9][0-9]{0,6}[\"'])")
REFERENCE = re.compile(rb"\sr=[\"']([A-Z]{1,3}([0-9]{1,7}))[\"']")
_ERROR = re.compile(rb"<(?:\w+:)?c\b([^>]*\st=[\"']e[\"'][^>]*)>")
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>|</(?:\w+:)?c>)"
)
_NOT_FINITE = re.compile(
    rb"<(?:\w+:)?c\b((?:(?!\st=[\"'](?:s|str|inlineStr)[\"'])[^>])*)>\s*(?:<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?"
    rb"<(?:\w+:)?v>\s*[+-]?(?:inf|nan)[a-z]*\s*<",
    re.IGNORECASE,
)
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\b[^>]*?\sref=[\"']([A-Z]{1,3}([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7}))[\"']"
)
_TEXT_RESULT = re.compile(rb"\st=[\"']str[\"']")


def sheet_xml(file: RawFile, sheet: str, problems: Problems) -> bytes | None:
    """Give the XML of a sheet, once the whole package is known to be sound.

    Args:
        file: the workbook.
        sheet: the name of the sheet.
        problems: where problems go: RAW-006, RAW-007, RAW-040.

    >>> from pathlib import Path
    >>> found = Problems()
    >>> sheet_xml(RawFile(Path("a.xlsx"), "a.xlsx", b"no zip", ""), "S", found)
    >>> found.items[0].line()
    "error RAW-007 a.xlsx 'a.xlsx' is no whole XLSX workbook. Ask for the file again."
    """
    return _opened(file, problems, lambda book: _checked(book, file, sheet, problems))


def sheets_xml(file: RawFile, problems: Problems) -> dict[str, bytes] | None:
    """Give the XML of all sheets by their names, once the whole package is known to be sound.

    Args:
        file: the workbook.
        problems: where problems go: RAW-006, RAW-007.

    >>> from pathlib import Path
    >>> found = Problems()
    >>> sheets_xml(RawFile(Path("a.xlsx"), "a.xlsx", b"no zip", ""), found)
    >>> found.items[0].kind.code
    'RAW-007'
    """
    return _opened(file, problems, lambda book: _all(book, file, problems))


def _opened(file: RawFile, problems: Problems, take: Callable[[zipfile.ZipFile], T]) -> T | None:
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as book:
            return take(book)
    except (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, EOFError) as error:
        _damaged(file, problems, error)
    except (KeyError, StopIteration, RuntimeError, ValueError) as error:
        _damaged(file, problems, error)
    return None


def _damaged(file: RawFile, problems: Problems, error: Exception) -> None:
    locked = file.data.startswith(b"\xd0\xcf\x11\xe0") or isinstance(error, RuntimeError)
    hint = "It has a password or is an old .xls: save it as XLSX without one." if locked else ""
    problems.add(Problem(DAMAGED, f"'{file.file}' is no whole XLSX workbook", file.place(), hint=hint))


def _whole(book: zipfile.ZipFile, file: RawFile, problems: Problems) -> bool:
    """Say whether the package can be read, and does not expand beyond reason."""
    infos = book.infolist()
    total = sum(info.file_size for info in infos)
    large = [info for info in infos if too_large(info.compress_size, info.file_size)]
    if large or max(info.file_size for info in infos) > PART_LIMIT or too_large(len(file.data), total):
        what = f"'{file.file}' expands to {total // MEGABYTE} MB from {len(file.data)} bytes"
        problems.add(Problem(BOMB, what, file.place()))
        return False
    if book.testzip() is not None:
        raise zipfile.BadZipFile("a part is not whole")
    return True


def _all(book: zipfile.ZipFile, file: RawFile, problems: Problems) -> dict[str, bytes] | None:
    if not _whole(book, file, problems):
        return None
    made = {name: _fit(book.read(part), file, name, problems) for name, part in _sheets(book)}
    found = {name: xml for name, xml in made.items() if xml is not None}
    return found if len(found) == len(made) else None


def _checked(book: zipfile.ZipFile, file: RawFile, sheet: str, problems: Problems) -> bytes | None:
    if not _whole(book, file, problems):
        return None
    sheets = dict(_sheets(book))
    if sheet not in sheets:
        hint = did_you_mean(sheet, sheets)
        problems.add(Problem(NO_SHEET, f"no sheet '{sheet}' in '{file.file}'", file.place(), hint=hint))
        return None
    return _fit(book.read(sheets[sheet]), file, sheet, problems)


def _fit(xml: bytes, file: RawFile, sheet: str, problems: Problems) -> bytes | None:
    """Give the XML of a sheet whose cells stand in order and in reach."""
    rows = [int(found[1]) for found in _ROW.finditer(xml)]
    disorder = "rows out of order" if any(after <= before for before, after in pairwise(rows)) else ""
    wrong = disorder or ("cells at no place" if _ODD_CELL.search(xml) else "")
    if wrong:
        problems.add(Problem(DAMAGED, f"sheet '{sheet}' of '{file.file}' has {wrong}", file.place()))
        return None
    return None if _too_wide(xml, file, sheet, problems) else xml


def _sheets(book: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Give the name and part of each sheet, by way of the package's relationships."""
    main = next(target for kind, _, target in relations(book, "") if kind.endswith("/officeDocument"))
    parts = {key: target for _, key, target in relations(book, main)}
    for element in parsed(book, main).iter("{*}sheet"):
        key = next(str(value) for name, value in element.attrib.items() if str(name).endswith("}id"))
        if key in parts:
            yield str(element.get("name")), parts[key]


def relations(book: zipfile.ZipFile, part: str) -> Iterator[tuple[str, str, str]]:
    """Give the kind, key and target of each relationship of a part, "" being the package itself.

    >>> out = io.BytesIO()
    >>> with zipfile.ZipFile(out, "w") as book:
    ...     book.writestr("_rels/.rels", '<r><s Type="t" Id="i" Target="a.xml"/></r>')
    ...     list(relations(book, ""))
    [('t', 'i', 'a.xml')]
    """
    folder, name = posixpath.split(part)
    for element in parsed(book, posixpath.join(folder, "_rels", f"{name}.rels")):
        target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", "")))
        yield element.get("Type", ""), element.get("Id", ""), target.lstrip("/")


def parsed(book: zipfile.ZipFile, part: str) -> etree._Element:
    """Parse a part, which may not declare entities.

    Raises:
        ValueError: it has a document type.

    >>> out = io.BytesIO()
    >>> with zipfile.ZipFile(out, "w") as book:
    ...     book.writestr("a.xml", "<a/>")
    ...     parsed(book, "a.xml").tag
    'a'
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    xml = book.read(part)
    if b"<!DOCTYPE" in xml:
        raise ValueError("a part has a document type")
    return etree.fromstring(xml, parser)


def _too_wide(xml: bytes, file: RawFile, sheet: str, problems: Problems) -> bool:
    """Say whether the used range is beyond reason, which a few cells far apart are enough for."""
    columns, rows = {b""}, {b"0", *(found[1] for found in _ROW.finditer(xml))}
    for found in _CELL.finditer(xml):
        columns.add(found[1])
        rows.add(found[2])
    last, width = max(map(int, rows)), max(column_number(name.decode()) for name in columns)
    if last * width <= CELL_LIMIT:
        return False
    what = f"sheet '{sheet}' spans {last} rows by {width} columns"
    problems.add(Problem(BOMB, what, file.place(), hint="Clear the far cells of the sheet."))
    return True


def column_number(letters: str) -> int:
    """Give the number of a column from its letters.

    >>> column_number("A"), column_number("AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def report_bad_cells(xml: bytes, file: RawFile, skip: int, problems: Problems) -> None:
    """Report the cells with an error value and the formulas without a value.

    Args:
        xml: of the sheet.
        file: for places.
        skip: rows above the header, which nobody reads.
        problems: where problems go: RAW-041, RAW-042.

    >>> from pathlib import Path
    >>> found, file = Problems(), RawFile(Path("a.xlsx"), "a.xlsx", b"", "")
    >>> report_bad_cells(b'<c r="B2" t="e"><v>#N/A</v></c><c r="C2"><f>A1</f></c>', file, 0, found)
    >>> [problem.what for problem in found.items]
    ['cell B2 holds an error value', 'the formula of cell C2 has no stored value']
    """
    errors = [(ERROR_CELL, "cell {} holds an error value", found[1]) for found in _ERROR.finditer(xml)]
    errors += [(ERROR_CELL, "cell {} holds no finite number", one[1]) for one in _NOT_FINITE.finditer(xml)]
    formulas = [
        (NO_VALUE, "the formula of cell {} has no stored value", found[1])
        for found in _FORMULA.finditer(xml)
        if not _TEXT_RESULT.search(found[1])
    ]
    for kind, what, attributes in errors[:SHOWN] + formulas[:SHOWN]:
        reference = REFERENCE.search(attributes)
        cell, row = (reference[1].decode(), int(reference[2])) if reference else ("(unnamed)", skip + 1)
        if row > skip:
            problems.add(Problem(kind, what.format(cell), file.place(row)))
    for kind, count in ((ERROR_CELL, len(errors)), (NO_VALUE, len(formulas))):
        if count > SHOWN:
            problems.add(Problem(kind, f"{kind.title}, more", file.place(), count=count - SHOWN))


def report_merged(xml: bytes, file: RawFile, header: int, problems: Problems) -> None:
    """Report merged cells below the header, of which all but the first are blank.

    Args:
        xml: of the sheet.
        file: for places.
        header: the last row of the header.
        problems: where problems go: RAW-045.

    >>> from pathlib import Path
    >>> found, file = Problems(), RawFile(Path("a.xlsx"), "a.xlsx", b"", "")
    >>> report_merged(b'<mergeCell ref="A2:A4"/>', file, 1, found)
    >>> [problem.what for problem in found.items]
    ['cells A2:A4 are merged: all but the first are blank']
    """
    merged = [(found[1].decode(), int(found[2])) for found in _MERGED.finditer(xml) if int(found[3]) > header]
    for cells, row in merged[:SHOWN]:
        what = f"cells {cells} are merged: all but the first are blank"
        problems.add(Problem(MERGED, what, file.place(row), severity="query"))
    if more := len(merged[SHOWN:]):
        problems.add(Problem(MERGED, "more cells are merged", file.place(), severity="query", count=more))
