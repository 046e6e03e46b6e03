"""Values by visit: each subject, and the middle of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from adam.analysis.data import Data
from adam.figures.plot import COLORS, LINE, Plot, nothing
from trialkit.rule import ColumnName

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Profile(Plot):
    """{of} by {visit}, each subject and the median with quartiles, one panel for each {panel}.

    >>> Profile(of="AVAL", visit="AVISITN").key()
    'profile'
    """

    of: ColumnName = Field(description="the values")
    visit: ColumnName = Field("AVISITN", description="number of the visit")
    label: ColumnName = Field("AVISIT", description="name of the visit")
    panel: ColumnName = Field("PARAM", description="one panel for each value")
    subject: ColumnName = Field("USUBJID", description="who they are of")
    log: bool = Field(False, description="logarithmic axis")

    example: ClassVar[str] = "plot: {profile: {of: AVAL, visit: AVISITN, panel: PARAM, log: true}}"

    def draw(self, figure: Figure, data: Data) -> str:
        """Draw the panels.

        >>> Profile(of="AVAL").log
        False
        """
        values = data.numbers(self.of)
        drawn = (values > 0) | (not self.log)
        data = data.take(drawn & ~np.isnan(values) & ~np.isnan(data.numbers(self.visit)))
        if not data.count:
            return nothing(figure, "no value")
        panels = data.groups([self.panel])
        wide = min(len(panels), 3)
        high = -(-len(panels) // wide)
        figure.set_size_inches(8.4, 2.6 * high + 0.4)
        places = figure.subplots(high, wide, squeeze=False).ravel()
        for axes, (levels, part) in zip(places, panels, strict=False):
            self._panel(axes, part)
            axes.set_title(levels[self.panel], fontsize=8, loc="left", wrap=True)
        for axes in places[len(panels) :]:
            axes.axis("off")
        return f"{len(panels)} parameters, {data.count} values."

    def _panel(self, axes: Axes, data: Data) -> None:
        if self.log:
            axes.set_yscale("log")
        for _, part in data.groups([self.subject]):
            visits, values = part.numbers(self.visit), part.numbers(self.of)
            order = np.argsort(visits, kind="stable")
            axes.plot(visits[order], values[order], color=LINE, linewidth=0.8, marker="o", markersize=2)
        parts = data.groups([self.visit])
        at = [float(part.numbers(self.visit)[0]) for _, part in parts]
        quartiles = [np.percentile(part.numbers(self.of), [25, 50, 75]) for _, part in parts]
        low, middle, high = np.array(quartiles).T
        arms = [middle - low, high - middle]
        axes.errorbar(at, middle, arms, color=COLORS[0], marker="s", markersize=4, capsize=3)
        axes.set_xticks(at, [part.texts(self.label)[0] for _, part in parts], fontsize=7)
        if len(at) > 5:
            axes.tick_params(axis="x", rotation=90)
