"""CSV files and workbooks that a spreadsheet opens without running anything in them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from trialkit.numerals import to_number

Cell: TypeAlias = str | int

# options of XlsxWriter by which a text of a workbook stays text
TEXT_ONLY = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


def inert(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    A plain number is no formula, so ``-5`` stays as it is.

    >>> inert("=1+1"), inert("-5"), inert("-5+cmd")
    ("'=1+1", '-5', "'-5+cmd")
    """
    return f"'{text}" if text and text[0] in FORMULA and math.isnan(to_number(text)) else text


def write_sheet(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    r"""Write a CSV file: UTF-8 with a byte order mark, so that spreadsheets read it as such.

    Texts that a spreadsheet would take for a formula get an apostrophe before them.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> write_sheet(path, ["what", "rows"], [["@x", 1]])
    >>> path.read_text(encoding="utf-8-sig")
    "what,rows\n'@x,1\n"
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([inert(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
