"""Dates moved by days."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import Field

from trialkit.column import Column
from trialkit.context import Context
from trialkit.dates import days
from trialkit.numerals import as_text
from trialkit.rule import Value, VariableRule
from trialkit.rules.evaluate import to_texts


class Shift(VariableRule):
    """Day of {shift} moved by {days} days.

    Later for a positive number, earlier for a negative one; without a time. A date that is not
    complete, or that would leave the calendar, gives nothing. Elements whose start is a number of
    days from an injection or a visit need it (SE; SDTMIG 3.4, section 5.3).

    >>> Shift(shift="EXSTDTC", days=28).sentence()
    'Day of EXSTDTC moved by 28 days.'
    """

    of: Value = Field(alias="shift", description="date (ISO 8601)")
    days: int = Field(description="number of days; negative: earlier")

    example: ClassVar[str] = "SEENDTC: {shift: SESTDTC, days: 28}"

    def apply(self, context: Context) -> Column:
        """Move each distinct date.

        >>> Shift(shift="A", days=1).days
        1
        """
        return to_texts(as_text(context.value(self.of)), self._moved)

    def _moved(self, text: str) -> str:
        number = days(text)
        moved = 0 if number is None else number + self.days
        return date.fromordinal(moved).isoformat() if 0 < moved <= date.max.toordinal() else ""
