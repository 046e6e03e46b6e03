"""Dates moved by days."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import numpy as np
from pydantic import Field

from trialkit.column import Column, combine
from trialkit.context import Context
from trialkit.dates import PartialDate, days
from trialkit.numerals import as_text
from trialkit.rule import Value, VariableRule
from trialkit.rules.datetimes import NOT_ISO
from trialkit.rules.evaluate import Whole, wholes


class Shift(VariableRule):
    """Day of {shift} moved by {days} days.

    Later for a positive number, earlier for a negative one; without a time. A date that is not
    complete, or that would leave the calendar, gives nothing, and nor does a number of days that is
    missing or not whole. Elements whose start is a number of days from an injection or a visit need
    it (SE; SDTMIG 3.4, section 5.3), and planned days of visits.

    >>> Shift(shift="EXSTDTC", days=28).sentence()
    'Day of EXSTDTC moved by 28 days.'
    """

    of: Value = Field(alias="shift", description="date (ISO 8601)")
    days: Whole = Field(
        description="number of days, negative: earlier; or a value that gives it for each record"
    )

    example: ClassVar[str] = "SEENDTC: {shift: SESTDTC, days: 28}"

    def apply(self, context: Context) -> Column:
        """Move each distinct date; DATE-107 for what is none.

        >>> Shift(shift="A", days=1).days
        1
        """
        dates, moves = as_text(context.value(self.of)), wholes(self.days, context, self)
        bad = dates.where(lambda text: text != "" and PartialDate.parse(text) is None)
        context.report(NOT_ISO, f"{self.of.sentence().rstrip('.')} is no ISO 8601 date", bad, dates, self)
        group, first = combine([dates, moves], context.count)
        pairs = zip(dates.take(first).objects(), moves.take(first).objects(), strict=True)
        return Column(np.array([_moved(text, number) for text, number in pairs], object), group)


def _moved(text: str, move: float) -> str:
    number = days(text)
    if number is None or not move.is_integer():
        return ""
    moved = number + int(move)
    return date.fromordinal(moved).isoformat() if 0 < moved <= date.max.toordinal() else ""
