"""Cells of a sheet whose number means something else than it shows: dates that are none, padded numbers."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from trialkit.problems import Kind, Problem, Problems
from trialkit.raw.files import RawFile
from trialkit.raw.workbook import REFERENCE, SHOWN, parsed, relations

NO_DATE = Kind(
    "RAW-044", "date cell has no date", "Correct the cell: spreadsheets count days from March 1900 reliably."
)

Shown: TypeAlias = Literal["date", "datetime", "time"]

BUILT_IN: dict[int, Shown] = dict.fromkeys([*range(14, 18), *range(27, 32), 36, *range(50, 59)], "date")
BUILT_IN |= dict.fromkeys([*range(18, 22), 32, 33, 34, 35, 45, 47], "time") | {22: "datetime"}
MARCH_1900, LAST_DAY = 61, 2_958_466  # days of the 1900 system: after the 29 February that never was, 9999
DAYS_TO_1904 = 1462

_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_VALUE = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*(?:<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?v>([^<]*)<"
)
_STYLE = re.compile(rb"\ss=[\"']([0-9]+)[\"']")
_TYPE = re.compile(rb"\st=[\"'](?!n[\"'])")


class Formats(NamedTuple):
    """What the cell styles of a workbook show numbers as, by number of the style.

    ``padded`` has the width of formats such as ``000``, ``dates`` the formats of dates and times;
    ``since_1904`` says that days are counted from 1904.

    >>> Formats({3: 3}, {}, False).padded[3]
    3
    """

    padded: dict[int, int]
    dates: dict[int, Shown]
    since_1904: bool


def shown_as(code: str) -> Shown | None:
    """Say what a number format shows: a date, a time, both, or None for numbers and lengths of time.

    >>> [shown_as(code) for code in ("dd-mmm-yyyy", "hh:mm", "m/d/yy h:mm", "[h]:mm", "0.00", '0 "days"')]
    ['date', 'time', 'datetime', None, None, None]
    """
    bare = _QUOTED.sub("", code.split(";")[0]).lower().replace("general", "").replace("am/pm", "")
    if _ELAPSED.search(bare):
        return None
    time = "h" in bare or "s" in bare
    if "y" in bare or "d" in bare or ("m" in bare and not time):
        return "datetime" if time else "date"
    return "time" if time else None


def read_formats(data: bytes) -> Formats:
    """Read the cell styles of a workbook.

    >>> import xlsxwriter
    >>> out = io.BytesIO()
    >>> book = xlsxwriter.Workbook(out)
    >>> _ = book.add_worksheet("S").write(0, 0, 1, book.add_format({"num_format": "000"})), book.close()
    >>> read_formats(out.getvalue())
    Formats(padded={1: 3}, dates={}, since_1904=False)
    """
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        main = next(target for kind, _, target in relations(book, "") if kind.endswith("/officeDocument"))
        since_1904 = any(
            one.get("date1904") in ("1", "true") for one in parsed(book, main).iter("{*}workbookPr")
        )
        parts = [target for kind, _, target in relations(book, main) if kind.endswith("/styles")]
        codes = [code for part in parts if part in book.namelist() for code in _codes(book, part)]
    padded = {style: len(code) for style, (_, code) in enumerate(codes) if re.fullmatch("00+", code)}
    shown = {style: shown_as(code) if code else BUILT_IN.get(key) for style, (key, code) in enumerate(codes)}
    return Formats(padded, {style: kind for style, kind in shown.items() if kind}, since_1904)


def _codes(book: zipfile.ZipFile, part: str) -> Iterator[tuple[int, str]]:
    """Give the number and, where it is the workbook's own, the code of each style's format."""
    tree = parsed(book, part)
    own = {one.get("numFmtId"): one.get("formatCode", "") for one in tree.iter("{*}numFmt")}
    for styles in tree.iter("{*}cellXfs"):
        for style in styles.iterchildren("{*}xf"):
            key = style.get("numFmtId", "0")
            yield int(key) if key.isdigit() else 0, own.get(key, "")


def padded_cells(xml: bytes, formats: Formats) -> dict[tuple[int, str], int]:
    """Find the cells with a whole number that is shown with leading zeros: width by row and column.

    >>> padded_cells(b'<c r="B2" s="1"><v>7</v></c>', Formats({1: 3}, {}, False))
    {(2, 'B'): 3}
    """
    if not formats.padded:
        return {}
    found = {}
    for place, style, value in _numbers(xml):
        if style in formats.padded and value.isdigit():
            found[place] = formats.padded[style]
    return found


def report_dates(xml: bytes, formats: Formats, file: RawFile, skip: int, problems: Problems) -> None:
    """Report the cells that are shown as a date but hold a number that is none.

    Args:
        xml: of the sheet.
        formats: of the workbook.
        file: for places.
        skip: rows above the header, which nobody reads.
        problems: where problems go: RAW-044.

    >>> from pathlib import Path
    >>> found, file = Problems(), RawFile(Path("a.xlsx"), "a.xlsx", b"", "")
    >>> report_dates(b'<c r="B2" s="1"><v>-5</v></c>', Formats({}, {1: "date"}, False), file, 0, found)
    >>> [problem.what for problem in found.items]
    ['cell B2 is shown as a date and holds a number that is none']
    """
    if not formats.dates:
        return
    bad = [
        (place, formats.dates[style])
        for place, style, value in _numbers(xml)
        if style in formats.dates and place[0] > skip and not _is_date(value, formats.dates[style], formats)
    ]
    for (row, column), kind in bad[:SHOWN]:
        what = f"cell {column}{row} is shown as a {kind} and holds a number that is none"
        problems.add(Problem(NO_DATE, what, file.place(row)))
    if more := len(bad[SHOWN:]):
        problems.add(Problem(NO_DATE, "more cells hold no date", file.place(), count=more))


def _is_date(text: bytes, kind: Shown, formats: Formats) -> bool:
    """Say whether a number is a date, or a time of day where a time is shown."""
    try:
        value = float(text)
    except ValueError:
        return True  # an ISO 8601 text, which has a reader of its own
    last = LAST_DAY - formats.since_1904 * DAYS_TO_1904
    if 0 <= value < 1 and kind != "date":
        return True
    first = 0 if formats.since_1904 else 1
    real = first <= value < last and (formats.since_1904 or not MARCH_1900 - 1 <= value < MARCH_1900)
    return real and (kind != "time" or value >= MARCH_1900)


def _numbers(xml: bytes) -> Iterator[tuple[tuple[int, str], int, bytes]]:
    """Give row and column, style and text of each cell that holds a number in a style of its own."""
    for attributes, value in _VALUE.findall(xml):
        style, reference = _STYLE.search(attributes), REFERENCE.search(attributes)
        if style and reference and not _TYPE.search(attributes):
            column = reference[1].rstrip(b"0123456789").decode()
            yield (int(reference[2]), column), int(style[1]), value.strip()
