"""Slopes of two periods from one mixed model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from adam.analysis.data import Data, Numbers
from adam.analysis.method import Method, Statistic, missing
from adam.stats.errors import FitError
from adam.stats.inference import Method as Degrees
from adam.stats.inference import contrast
from adam.stats.ladder import SLOPE_LADDER, Ladder, fit_ladder
from adam.stats.mixed import MixedFit
from adam.stats.piecewise import Piecewise, piecewise
from trialkit.column import combine
from trialkit.numerals import to_number
from trialkit.rule import ColumnName, Reference

DAYS_A_MONTH = 30.4375
RUNGS = {rung.name: rung for rung in SLOPE_LADDER}
Structure = Literal[
    "both slopes, unstructured", "both slopes, diagonal", "one slope, unstructured", "intercept only"
]
LADDER: tuple[Structure, ...] = (
    "both slopes, unstructured", "both slopes, diagonal", "one slope, unstructured", "intercept only",
)  # fmt: skip
CONTRASTS = ("B1", "B2", "DIFF")
PARTS = (
    ("", "", "", 3), ("", "SE", ", SE", 3), ("", "LOW", ", lower limit", 3), ("", "HIGH", ", upper limit", 3),
    ("", "DF", ", df", 1), ("P", "", ", p", 4),
)  # fmt: skip


class MixedSlopes(Method):
    """Linear mixed model of {of} by REML, linear in {time}, with a change of slope at {change}.

    A month has 30.4375 days; time 0 is study day 1. The first structure whose fit converges and is not
    singular is used and named; without one there is no result but the reasons. Percent slowing is
    100 (1 - first slope / second slope), and missing where the second slope is no worsening. The difference
    is first minus second slope, whichever direction is better; that of the rule `slopes` is turned so that
    above 0 the first period is better.

    >>> int(MixedSlopes(of="AVAL", time="ADY", change="169").confidence)
    95
    """

    of: ColumnName = Field(description="the values")
    time: ColumnName = Field(description="study day")
    change: str = Field(description="study day at which the slope may change, or a variable that has it")
    first_level: str = Field("administration", description="what the period before the change is called")
    second_level: str = Field("follow-up", description="what the period after it is called")
    subject: ColumnName = Field("USUBJID", description="whose random effects they are")
    ladder: list[Structure] = Field(list(LADDER), min_length=1, description="random effects, in order")
    degrees: Degrees = Field("kenward-roger", description="degrees of freedom: kenward-roger, satterthwaite")
    higher_is_better: bool = Field(True, description="a falling value is a worsening, for percent slowing")
    confidence: float = Field(95, gt=0, lt=100, description="of the intervals, in percent")

    also: ClassVar[str] = (
        "; random intercept and slopes of each {subject}; slopes a month and their difference, "
        "{first_level} minus {second_level}, with {degrees} degrees of freedom and intervals of "
        "{confidence} %; random effects tried in this order: {ladder}"
    )
    example: ClassVar[str] = (
        "method: {mixed_slopes: {of: AVAL, time: ADY, change: 169, "
        "first_level: administration, second_level: follow-up}}"
    )

    def references(self) -> Iterator[Reference]:
        """Name the variables; the change point is one where it is no number.

        >>> [one.column for one in MixedSlopes(of="AVAL", time="ADY", change="KNOT").references()]
        ['AVAL', 'ADY', 'USUBJID', 'KNOT']
        """
        yield from super().references()
        if math.isnan(to_number(self.change)):
            yield Reference(self.change, place=self.place("change"))

    def compute(self, data: Data) -> list[Statistic]:
        """Fit the model and give slopes, difference and percent slowing.

        >>> from trialkit.column import Column
        >>> columns = {"A": Column.numbers([]), "D": Column.numbers([]), "USUBJID": Column.text([])}
        >>> MixedSlopes(of="A", time="D", change="169").compute(Data("D", columns, 0))[2].reason
        'no assessment'
        """
        values, days, knot = data.numbers(self.of), data.numbers(self.time), self._knots(data)
        known = ~np.isnan(values) & ~np.isnan(days) & ~np.isnan(knot)
        subject, first = combine([data.column(self.subject).take(known)], int(known.sum()))
        counts = [
            Statistic("NSUBJ", "Subjects", len(first), 0),
            Statistic("NOBS", "Assessments", int(known.sum()), 0),
        ]
        if not known.any():
            return [*counts, missing("RUNG", "Random effects", "no assessment")]
        design = piecewise(_months(days[known]), _months(knot[known]))
        try:
            rungs = [RUNGS[name] for name in self.ladder]
            ladder = fit_ladder(values[known], design.x, design.z, subject, rungs)
        except FitError as error:
            return [*counts, missing("RUNG", "Random effects", f"{error.condition}: {error}")]
        if ladder.fit is None:
            return [*counts, missing("RUNG", "Random effects", ladder.reason)]
        return [*counts, self._rung(ladder), *self._slopes(ladder.fit, design), *self._variances(ladder.fit)]

    def _knots(self, data: Data) -> Numbers:
        day = to_number(self.change)
        return data.numbers(self.change) if math.isnan(day) else np.full(data.count, day)

    @staticmethod
    def _rung(ladder: Ladder) -> Statistic:
        return Statistic("RUNG", "Random effects", math.nan, reason=ladder.reason, text=ladder.rung)

    def _slopes(self, fit: MixedFit, design: Piecewise) -> list[Statistic]:
        made: list[Statistic] = []
        weights: tuple[npt.NDArray[np.float64], ...] = (design.before, design.after, -design.change)
        slopes = []
        labels = (f"Slope, {self.first_level}", f"Slope, {self.second_level}", "Difference")
        for name, label, weight in zip(CONTRASTS, labels, weights, strict=True):
            found = contrast(fit, weight, self.degrees, self.confidence / 100)
            slopes.append(found.estimate)
            numbers = (found.estimate, found.se, found.low, found.high, found.df, found.p)
            made += [
                Statistic(f"{start}{name}{part}", f"{label}{said}", value, places)
                for (start, part, said, places), value in zip(PARTS, numbers, strict=True)
            ]
        return [*made, self._slowing(slopes[0], slopes[1])]

    def _slowing(self, before: float, after: float) -> Statistic:
        name, label = "SLOWING", "Percent slowing"
        worse = after < 0 if self.higher_is_better else after > 0
        if not worse:
            return missing(name, label, f"the slope of {self.second_level} is no worsening")
        return Statistic(name, label, 100 * (1 - before / after), 1)

    def _variances(self, fit: MixedFit) -> list[Statistic]:
        spread = np.sqrt(np.diag(fit.g)).tolist()
        effects = ("intercept", f"slope, {self.first_level}", f"slope, {self.second_level}", "slope")
        sds = [
            Statistic(f"SD{place}", f"SD of {effects[place]}", value, 3)
            for place, value in zip(fit.effects, spread, strict=True)
        ]
        residual = Statistic("SDRESID", "Residual SD", math.sqrt(fit.sigma2), 3)
        return [*sds, residual, Statistic("REML", "REML criterion", fit.minus2loglik, 3)]


def _months(days: Numbers) -> Numbers:
    """Give months since study day 1; there is no day 0."""
    return np.where(days > 0, days - 1, days) / DAYS_A_MONTH
