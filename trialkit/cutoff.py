"""The data cutoff: rows of a raw source that are dated after it are left out as they are read."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from trialkit.column import Column, Mask
from trialkit.dateformats import Failure, compile_formats
from trialkit.dates import PartialDate, order
from trialkit.model import Model
from trialkit.rules.datetimes import DateFormats

if TYPE_CHECKING:
    from trialkit.raw.table import Lines, RawTable

AFTER_CUTOFF = "after data cutoff"


class CutoffColumn(Model):
    """Which column of a source dates its rows, and how its dates look.

    >>> CutoffColumn(column="VISDAT", formats="YYYY-MM-DD").formats
    ['YYYY-MM-DD']
    """

    column: str = Field(description="the column with the date of a row")
    formats: DateFormats = Field(min_length=1, description="one format or several, as the dates look")
    date: datetime.date | None = Field(None, description="last date that counts; default: the study's cutoff")


def definitely_after(column: Column, cutoff: CutoffColumn) -> Mask:
    """Mark the rows whose date is after the cutoff whatever its unknown parts are; shape (rows,).

    A blank date, and one that can't be read, is no reason to leave a row out: the rule that maps it
    says what is wrong with it.

    >>> cutoff = CutoffColumn(column="D", formats="YYYY-MM-DD", date="2021-03-15")
    >>> dates = Column.text(["2021-03-16", "2021-03-UK", "2021-04-UK", "2021-03-15", "", "?"])
    >>> definitely_after(dates, cutoff)
    array([ True, False,  True, False, False, False])
    """
    if cutoff.date is None:
        return np.zeros(len(column), bool)
    formats = compile_formats(cutoff.formats)
    last = PartialDate(cutoff.date.year, cutoff.date.month, cutoff.date.day)

    def late(text: str) -> bool:
        found = formats.read(text)
        return not isinstance(found, Failure) and order(found, last) == "after"

    return column.where(late)


def without_late(table: RawTable, cutoff: CutoffColumn | None) -> RawTable:
    """Leave out the rows that are dated after the cutoff; they are kept as set aside, for the ledger.

    >>> from trialkit.raw.table import RawTable
    >>> column = Column.text(["2021-03-16", "2021-03-15"])
    >>> table = RawTable("VISIT", "VISIT.csv", {"D": column}, np.array([2, 3], np.int32))
    >>> cut = without_late(table, CutoffColumn(column="D", formats="iso", date="2021-03-15"))
    >>> cut.lines.tolist(), cut.quarantined
    ([3], ((2, 'after data cutoff'),))
    """
    if cutoff is None or cutoff.column not in table.columns:
        return table
    late = definitely_after(table.columns[cutoff.column], cutoff)
    if not late.any():
        return table
    aside = tuple((int(line), AFTER_CUTOFF) for line in table.lines[late])
    return replace(_kept(table, ~late), quarantined=(*table.quarantined, *aside))


def same_rows(table: RawTable, lines: Lines) -> RawTable:
    """Keep the rows that begin at these lines.

    >>> from trialkit.raw.table import RawTable
    >>> table = RawTable("A", "a.csv", {}, np.array([2, 3], np.int32))
    >>> same_rows(table, np.array([3], np.int32)).rows
    1
    """
    return _kept(table, np.isin(table.lines, lines))


def _kept(table: RawTable, mask: Mask) -> RawTable:
    columns = {name: column.take(mask) for name, column in table.columns.items()}
    return replace(table, columns=columns, lines=table.lines[mask])
