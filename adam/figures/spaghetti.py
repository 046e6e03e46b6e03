"""Values over time, one line for each subject, with the fitted lines of the periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from adam.analysis.data import Data
from adam.figures.plot import COLORS, LINE, SOFT, Plot, nothing, short_ids, spread
from trialkit.column import Mask
from trialkit.rule import ColumnName, Condition

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = 30
DAYS_A_WEEK = 7


class Spaghetti(Plot):
    """{of} over {time}, with an ordinary least squares line for each subject and {period}.

    Up to 30 subjects have a panel each, with the others in grey behind; more share one panel. With ``fit``
    and ``shared`` the lines are those that the rule ``slopes`` fits to the same records, over days of the
    calendar: between study day -1 and 1 there is one day.

    >>> Spaghetti(of="AVAL", time="ADY").key()
    'spaghetti'
    """

    of: ColumnName = Field(description="the values")
    time: ColumnName = Field(description="study day")
    period: ColumnName = Field("", description="a line is fitted for each of its values; default: none")
    subject: ColumnName = Field("USUBJID", description="who they are of")
    label: str = Field("", description="label of the values; default: the variable")
    change: float | None = Field(None, description="study day at which the periods change")
    shared: Condition | None = Field(
        None, description="records that count in the period after theirs as well, such as the visit between"
    )
    fit: Condition | None = Field(None, description="the records that lines are fitted to; default: all")
    fewest: int = Field(3, ge=2, description="fewest assessments for a fitted line")

    example: ClassVar[str] = (
        "plot: {spaghetti: {of: AVAL, time: ADY, period: APERIOD, shared: AVISITN == 24, change: 169}}"
    )

    def draw(self, figure: Figure, data: Data) -> str:
        """Draw the panels.

        >>> Spaghetti(of="AVAL", time="ADY").fewest
        3
        """
        known = ~np.isnan(data.numbers(self.of)) & ~np.isnan(data.numbers(self.time))
        data = data.take(known)
        if not data.count:
            return nothing(figure, "no assessment")
        subjects = data.groups([self.subject])
        names = short_ids([levels[self.subject] for levels, _ in subjects])
        if len(subjects) <= PANELS:
            self._panels(figure, data, [part for _, part in subjects], names)
        else:
            self._together(figure, data, [part for _, part in subjects])
        return f"{len(subjects)} subjects with {data.count} assessments over time."

    def _panels(self, figure: Figure, data: Data, parts: list[Data], names: list[str]) -> None:
        wide = min(len(parts), 5)
        high = -(-len(parts) // wide)
        figure.set_size_inches(8.4, 1.7 * high + 0.8)
        panels = figure.subplots(high, wide, sharex=True, sharey=True, squeeze=False).ravel()
        periods = [one[self.period] for one, _ in data.groups([self.period])] if self.period else []
        for axes, part, name in zip(panels, parts, names, strict=False):
            for other in parts:
                self._line(axes, other, color=LINE, linewidth=0.6)
            self._line(axes, part, color=SOFT, linewidth=0.9, marker="o", markersize=2.5)
            self._fits(axes, part, [one for one in periods if one])
            axes.set_title(name, fontsize=8, loc="left")
        for axes in panels[len(parts) :]:
            axes.axis("off")
        self._limits(panels[0], data)
        figure.supxlabel("Study week", fontsize=9)
        figure.supylabel(self.label or self.of, fontsize=9)

    def _together(self, figure: Figure, data: Data, parts: list[Data]) -> None:
        axes = figure.subplots()
        for part in parts:
            self._line(axes, part, color=COLORS[0], linewidth=0.4, alpha=0.25)
        self._limits(axes, data)
        axes.set_xlabel("Study week")
        axes.set_ylabel(self.label or self.of)

    def _limits(self, axes: Axes, data: Data) -> None:
        axes.set_xlim(*spread(self._weeks(data)))
        axes.set_ylim(*spread(data.numbers(self.of)))

    def _weeks(self, data: Data) -> npt.NDArray[np.float64]:
        days = data.numbers(self.time)
        return np.where(days < 0, days + 1, days) / DAYS_A_WEEK  # study days have no day 0, time has

    def _line(self, axes: Axes, data: Data, **style: Any) -> None:
        weeks, values = self._weeks(data), data.numbers(self.of)
        order = np.argsort(weeks, kind="stable")
        axes.plot(weeks[order], values[order], **style)
        if self.change is not None:
            axes.axvline(self.change / DAYS_A_WEEK, color=SOFT, linewidth=0.6, linestyle=(0, (4, 3)))

    def _fits(self, axes: Axes, data: Data, periods: list[str]) -> None:
        weeks, values = self._weeks(data), data.numbers(self.of)
        for number, mine in enumerate(self.members(data, periods)):
            if mine.sum() >= self.fewest and np.ptp(weeks[mine]) > 0:
                slope, start = np.polyfit(weeks[mine], values[mine], 1)
                ends = np.array([weeks[mine].min(), weeks[mine].max()])
                axes.plot(ends, start + slope * ends, color=COLORS[number % len(COLORS)], linewidth=2.0)

    def members(self, data: Data, periods: list[str]) -> list[Mask]:
        """Mark the records of each period, those that it shares with the period before as well.

        >>> from trialkit.column import Column
        >>> columns = {"P": Column.numbers([1.0, 1.0, 2.0]), "V": Column.numbers([0.0, 24.0, 48.0])}
        >>> plot = Spaghetti(of="V", time="V", period="P", shared="V == 24")
        >>> [mask.tolist() for mask in plot.members(Data("ADQS", columns, 3), ["1", "2"])]
        [[True, True, False], [False, True, True]]
        """
        there = data.texts(self.period) if self.period else np.full(data.count, "")
        counts = self.fit.mask(data.column, data.count) if self.fit else np.ones(data.count, bool)
        shared = self.shared.mask(data.column, data.count) if self.shared else np.zeros(data.count, bool)
        made, before = [], np.zeros(data.count, bool)
        for name in periods:
            mine = there == name
            made.append(counts & (mine | (before & shared)))
            before = mine
        return made
