"""Exposure: one line for each subject, one mark for each dose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from adam.analysis.data import Data
from adam.figures.plot import COLORS, Plot, nothing, short_ids, spread
from trialkit.rule import ColumnName

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Calendar(Plot):
    """Doses of each subject by {day}, coloured by {dose}.

    >>> Calendar(day="ASTDY", dose="AVAL").key()
    'calendar'
    """

    day: ColumnName = Field(description="study day of the dose")
    dose: ColumnName = Field(description="the dose; 0 for one that was missed")
    unit: str = Field("", description="unit of the dose")
    subject: ColumnName = Field("USUBJID", description="who had it")

    example: ClassVar[str] = "plot: {calendar: {day: ASTDY, dose: AVAL, unit: 10^6 IU}}"

    def draw(self, figure: Figure, data: Data) -> str:
        """Draw a row for each subject.

        >>> Calendar(day="ASTDY", dose="AVAL").subject
        'USUBJID'
        """
        days, doses = data.numbers(self.day), data.numbers(self.dose)
        data = data.take(~np.isnan(days) & ~np.isnan(doses))
        if not data.count:
            return nothing(figure, "no dose")
        days, doses, who = data.numbers(self.day), data.numbers(self.dose), data.texts(self.subject)
        subjects, row = np.unique(who.astype(str), return_inverse=True)
        figure.set_size_inches(8.4, min(1.2 + 0.24 * len(subjects), 12))
        axes = figure.subplots()
        for number, dose in enumerate(sorted(set(doses.tolist()), reverse=True)):
            mine = doses == dose
            label = f"{dose:g} {self.unit}".strip() if dose else "missed"
            style: Any = {"marker": "|" if dose else "x", "color": COLORS[number % len(COLORS)]}
            axes.scatter(days[mine], row[mine], s=26, label=label, **style)
        if len(subjects) <= 60:
            axes.set_yticks(range(len(subjects)), short_ids(subjects.tolist()))
        axes.invert_yaxis()
        axes.set_xlim(*spread(days, 0.02))
        axes.set_xlabel("Study day")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, title="Dose")
        return f"{data.count} doses of {len(subjects)} subjects."
