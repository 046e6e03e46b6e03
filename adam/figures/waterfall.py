"""One bar for each subject, sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from adam.analysis.data import Data
from adam.figures.plot import COLORS, INK, SOFT, Plot, nothing, short_ids
from trialkit.rule import ColumnName

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Waterfall(Plot):
    """Waterfall of {of}, one bar for each subject.

    >>> Waterfall(of="AVAL").key()
    'waterfall'
    """

    of: ColumnName = Field(description="the value of each subject")
    subject: ColumnName = Field("USUBJID", description="who it is of")
    unit: str = Field("", description="unit of the values")
    label: str = Field("", description="label of the axis; default: the variable")
    lines: list[float] = Field([], description="values at which a line is drawn, such as 20, 25, 50")
    low: float | None = Field(None, description="bars below are cut here and marked")

    example: ClassVar[str] = "plot: {waterfall: {of: AVAL, unit: '%', lines: [20, 25, 50], low: -100}}"

    def draw(self, figure: Figure, data: Data) -> str:
        """Draw the bars from the highest to the lowest.

        >>> Waterfall(of="AVAL").low is None
        True
        """
        values, who = data.numbers(self.of), data.texts(self.subject)
        known = ~np.isnan(values)
        if not known.any():
            return nothing(figure, "no subject has a value")
        order = np.lexsort((who[known], -values[known]))
        values, names = values[known][order], short_ids(who[known][order].tolist())
        axes, shown = figure.subplots(), np.maximum(values, -np.inf if self.low is None else self.low)
        axes.bar(range(len(values)), shown, color=[COLORS[0] if one > 0 else COLORS[1] for one in values])
        axes.axhline(0, color=INK, linewidth=0.8)
        for line in self.lines:
            axes.axhline(line, color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)))
            axes.text(len(values) - 0.4, line, f"{line:g}", color=SOFT, va="bottom", ha="right", fontsize=8)
        self._mark(axes, values, names)
        above = int((values > 0).sum())
        said = "1 subject" if len(values) == 1 else f"{len(values)} subjects"
        return f"{said}: {above} above 0, {len(values) - above} at or below."

    def _mark(self, axes: Axes, values: np.ndarray, names: list[str]) -> None:
        for place, value in enumerate(values.tolist()):
            if self.low is not None and value < self.low:
                style: Any = {"ha": "center", "va": "bottom", "fontsize": 7, "color": "white"}
                axes.text(place, self.low, f"{value:.0f}", **style)
        if len(names) <= 60:
            axes.set_xticks(range(len(names)), names, rotation=90 if len(names) > 16 else 0)
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("Subject")
        axes.set_ylabel(f"{self.label or self.of}{f' ({self.unit})' if self.unit else ''}")
