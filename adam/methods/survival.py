"""Time to an event by Kaplan and Meier."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from adam.analysis.data import Data, Numbers
from adam.analysis.method import Method, Statistic, missing
from trialkit.rule import ColumnName

NOT_REACHED = "not reached"
NO_VALUE = "no value"


def survival(time: Numbers, event: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Give the times of events, the share without event after each, and Greenwood's variance sum.

    Args:
        time: to the event or censoring, shape (n,).
        event: 1 for an event, 0 for a censoring, shape (n,).

    >>> [one.round(4).tolist() for one in survival(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1, 1, 0, 1]))]
    [[1.0, 2.0, 3.0], [0.75, 0.5, 0.0], [0.0833, 0.25, inf]]
    """
    times = np.unique(time[event == 1])
    risk = (time[None, :] >= times[:, None]).sum(1).astype(np.float64)
    died = ((time[None, :] == times[:, None]) & (event == 1)[None, :]).sum(1).astype(np.float64)
    with np.errstate(divide="ignore"):
        return times, np.cumprod(1 - died / risk), np.cumsum(died / (risk * (risk - died)))


class TimeToEvent(Method):
    """Subjects with event, and the median time of {of} by Kaplan and Meier with a {confidence} % interval.

    An event is a record with CNSR 0. Intervals are those of the log-log transformation (Brookmeyer and
    Crowley 1982; Kalbfleisch and Prentice 1980).

    >>> TimeToEvent().sentence()[:20]
    'Subjects with event,'
    """

    of: ColumnName = Field("AVAL", description="the time")
    censored: ColumnName = Field("CNSR", description="0 for an event, above 0 for a censoring")
    at: list[float] = Field([], description="times at which the share without event is given")
    unit: str = Field("days", description="unit of the time")
    confidence: float = Field(95, gt=0, lt=100, description="of the intervals, in percent")

    example: ClassVar[str] = "method: {time_to_event: {of: AVAL, censored: CNSR, at: [168, 336]}}"

    def compute(self, data: Data) -> list[Statistic]:
        """Estimate the median, and the share without event at the given times.

        >>> from trialkit.column import Column
        >>> columns = {"AVAL": Column.numbers([10, 20, 30]), "CNSR": Column.numbers([0, 1, 0])}
        >>> made = TimeToEvent().compute(Data("ADTTE", columns, 3))
        >>> [(one.name, one.shown) for one in made][:3]
        [('N', '3'), ('NEVENT', '2'), ('MEDIAN', '30')]
        """
        time, event = data.numbers(self.of), (data.numbers(self.censored) == 0).astype(np.float64)
        known = ~np.isnan(time)
        time, event = time[known], event[known]
        counts = [Statistic("N", "n", len(time), 0), Statistic("NEVENT", "Events", float(event.sum()), 0)]
        if not len(time):
            return [*counts, missing("MEDIAN", f"Median ({self.unit})", NO_VALUE)]
        times, share, variance = survival(time, event)
        low, high = self._limits(share, variance)
        made = [
            self._reached("MEDIAN", f"Median ({self.unit})", times, share),
            self._reached("MEDLOW", "Lower limit", times, low),
            self._reached("MEDHIGH", "Upper limit", times, high),
        ]
        for at in self.at:
            made += self._at(at, times, (share, low, high), float(time.max()))
        return [*counts, *made]

    def _limits(self, share: Numbers, variance: Numbers) -> tuple[Numbers, Numbers]:
        with np.errstate(divide="ignore", invalid="ignore"):
            log = np.log(share)
            width = float(ndtri(0.5 + self.confidence / 200)) * np.sqrt(variance) / np.abs(log)
            low, high = share ** np.exp(width), share ** np.exp(-width)
        return np.where(share > 0, low, np.nan), np.where(share > 0, high, np.nan)

    @staticmethod
    def _reached(name: str, label: str, times: Numbers, share: Numbers) -> Statistic:
        under = np.flatnonzero(share <= 0.5)
        if not len(under):
            return missing(name, label, NOT_REACHED)
        return Statistic(name, label, float(times[under[0]]), 0)

    @staticmethod
    def _at(at: float, times: Numbers, curves: tuple[Numbers, ...], last: float) -> list[Statistic]:
        place = int((times <= at).sum()) - 1
        labels = ("SURV", "without event"), ("SURVLOW", "lower limit"), ("SURVHIGH", "upper limit")
        names = [(f"{name}{at:g}", f"At {at:g}, {label}") for name, label in labels]
        if at > last:
            return [missing(*one, "nobody was followed so long") for one in names]
        values = [100.0 if place < 0 else 100 * float(curve[place]) for curve in curves]
        return [Statistic(*one, value, 1) for one, value in zip(names, values, strict=True)]
