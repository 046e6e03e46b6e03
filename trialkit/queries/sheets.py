"""The list of queries as CSV and as a workbook."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from trialkit.queries.listing import Listing, counts
from trialkit.queries.previous import NEW, OPEN, RESOLVED, SHEET
from trialkit.reporting.sheet import TEXT_ONLY, write_sheet

WIDTHS = {
    **{"id": 15, "status": 10, "since": 14, "subject": 12, "form": 12, "visit": 14, "record": 24},
    **{
        "field": 14,
        "label": 18,
        "value": 24,
        "code": 13,
        "usubjid": 22,
        "dataset": 14,
        "file": 18,
        "line": 7,
    },
}
WIDE = 42
COLOURS = {NEW: "#FCE4D6", RESOLVED: "#E2EFDA"}


def write_queries(folder: Path, listing: Listing, created: datetime, study: str) -> None:
    """Write queries.csv and queries.xlsx, the same bytes for the same list.

    Args:
        folder: an existing folder.
        listing: the list.
        created: the time stamp of the workbook.
        study: its title.

    >>> import tempfile
    >>> from datetime import UTC
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_queries(folder, Listing(("id", "form", "code"), ()), datetime(2023, 3, 1, tzinfo=UTC), "DEMO01")
    >>> sorted(path.name for path in folder.iterdir())
    ['queries.csv', 'queries.xlsx']
    """
    write_sheet(folder / "queries.csv", listing.columns, listing.rows())
    made = io.BytesIO()  # so that a full disk is an error of ours, not of the writer
    with xlsxwriter.Workbook(made, TEXT_ONLY) as book:
        book.set_properties({"title": f"Queries of {study}", "created": created.replace(tzinfo=None)})
        _lines(book, listing)
        _summary(book, listing)
    (folder / "queries.xlsx").write_bytes(made.getvalue())


def _lines(book: Any, listing: Listing) -> None:
    sheet = book.add_worksheet(SHEET)
    head = book.add_format({"bold": True, "bg_color": "#D9E1F2", "valign": "top", "text_wrap": True})
    plain = {"valign": "top", "text_wrap": True, "num_format": "@"}
    cell = book.add_format(plain)
    styles = {status: book.add_format({**plain, "bg_color": colour}) for status, colour in COLOURS.items()}
    for place, name in enumerate(listing.columns):
        sheet.set_column(place, place, WIDTHS.get(name, WIDE if name[:4] in ("what", "ques") else 12))
        sheet.write_string(0, place, name, head)
    for number, line in enumerate(listing.lines, 1):
        for place, name in enumerate(listing.columns):
            text = line.get(name, "")
            style = styles.get(text, cell) if name == "status" else cell
            sheet.write_string(number, place, text, style)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(listing.lines)), len(listing.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _summary(book: Any, listing: Listing) -> None:
    """Count the queries by form and by code."""
    sheet, bold = book.add_worksheet("Summary"), book.add_format({"bold": True})
    sheet.set_column(0, 0, 18)
    row = 0
    for by in ("form", "code"):
        for place, title in enumerate((by, NEW, OPEN, RESOLVED)):
            sheet.write_string(row, place, title, bold)
        for name, found in counts(listing, by).items():
            row += 1
            sheet.write_string(row, 0, name)
            for place, status in enumerate((NEW, OPEN, RESOLVED), 1):
                sheet.write_number(row, place, found[status])
        row += 2
