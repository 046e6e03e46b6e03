"""Two values of each subject compared: one period with another, a visit with baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field

from adam.analysis.data import Data, Numbers
from adam.analysis.method import NOT_ESTIMABLE, Method, Statistic, missing
from adam.stats.signed_rank import SignedRank, signed_rank_test
from adam.stats.tests_paired import Ratio, TTest, geometric_mean_ratio, paired_t
from trialkit.column import combine
from trialkit.problems import Kind, Place, Problem, Refusal
from trialkit.rule import ColumnName

SEVERAL = Kind(
    "ANL-010",
    "a subject has several values for one side of a comparison",
    "Select one record for each subject, such as those with an analysis flag.",
)


@dataclass(frozen=True, slots=True)
class Sides:
    """The values of the subjects on both sides, NaN where one has none; shape (subjects,) each.

    >>> Sides(np.array([1.0, np.nan]), np.array([2.0, 3.0])).both.tolist()
    [True, False]
    """

    first: Numbers
    second: Numbers

    @property
    def both(self) -> np.ndarray:
        """Mark the subjects that have both values.

        >>> Sides(np.array([1.0]), np.array([2.0])).both.tolist()
        [True]
        """
        return ~np.isnan(self.first) & ~np.isnan(self.second)

    def alone(self, side: Numbers) -> int:
        """Count the subjects that have only the value of one side.

        >>> (made := Sides(np.array([1.0, 2.0]), np.array([np.nan, 3.0]))).alone(made.first)
        1
        """
        return int((~np.isnan(side) & ~self.both).sum())


def number(name: str, label: str, value: float | None, decimals: int, reason: str = "") -> Statistic:
    """Give a statistic of a test, which is missing with the reason of the test.

    >>> number("T", "t", None, 2, "one pair").reason
    'one pair'
    """
    if value is None or math.isnan(value):
        return missing(name, label, reason or "it can't be computed")
    return Statistic(name, label, float(value), decimals)


def check_single(subject: np.ndarray, said: str, place: Place) -> None:
    """Refuse several values of one subject.

    Args:
        subject: number of the subject of each value.
        said: which values they are.
        place: in the spec.

    Raises:
        Refusal: ANL-010.

    >>> check_single(np.array([0, 1]), "AVAL", Place())
    """
    if (np.bincount(subject, minlength=1) > 1).any():
        raise Refusal([Problem(SEVERAL, f"a subject has several values of {said}", place)])


def convention(name: str, reason: str = "") -> Statistic:
    """Say which convention of a test was used.

    >>> convention("exact").shown
    'exact'
    """
    return Statistic("CONVENTION", "Convention", math.nan, reason=reason, text=name or NOT_ESTIMABLE)


class Paired(Method):
    """{of} of {first_level} minus {second_level}, by {between}, in subjects with both.

    With ties or zeros the signed rank test falls back to the normal approximation with continuity
    correction; the convention used is a result. A subject without one of the values is left out and
    counted. On the `log` scale the geometric mean ratio of the first to the second takes the place of the
    difference (values must be above 0).

    >>> Paired(of="AVAL", between="APERIOD", first="1", second="2").first_level
    'administration'
    """

    of: ColumnName = Field(description="the values")
    between: ColumnName = Field(description="variable that tells the two sides apart")
    first: str = Field(description="its value on the first side")
    second: str = Field(description="its value on the second side")
    first_level: str = Field("administration", description="what the first side is called")
    second_level: str = Field("follow-up", description="what the second side is called")
    subject: ColumnName = Field("USUBJID", description="what pairs the values")
    log: bool = Field(False, description="compare logarithms, as a ratio")
    confidence: float = Field(95, gt=0, lt=100, description="of the intervals, in percent")
    decimals: int = Field(1, ge=0, le=8, description="decimals of the values themselves")

    also: ClassVar[str] = (
        ", by a paired t test and an exact Wilcoxon signed rank test with the Hodges-Lehmann estimate; "
        "intervals of {confidence} %"
    )
    example: ClassVar[str] = (
        "method: {paired: {of: AVAL, between: APERIOD, first: 1, second: 2, decimals: 2}}"
    )

    def sides(self, data: Data) -> Sides:
        """Pair the values of the subjects.

        Raises:
            Refusal: ANL-010 when a subject has several values on one side.

        >>> from trialkit.column import Column
        >>> columns = {"A": Column.numbers([1.0, 2.0]), "P": Column.text(["1", "2"]),
        ...     "USUBJID": Column.text(["x", "x"])}
        >>> made = Paired(of="A", between="P", first="1", second="2").sides(Data("D", columns, 2))
        >>> made.first.tolist(), made.second.tolist()
        ([1.0], [2.0])
        """
        values, side = data.numbers(self.of), data.texts(self.between)
        subject, first = combine([data.column(self.subject)], data.count)
        made = []
        for level in (self.first, self.second):
            mine = (side == level) & ~np.isnan(values)
            check_single(subject[mine], f"{self.of} where {self.between} is {level}", self.place())
            found = np.full(len(first), np.nan)
            found[subject[mine]] = values[mine]
            made.append(found)
        return Sides(*made)

    def compute(self, data: Data) -> list[Statistic]:
        """Compare the two sides.

        >>> from trialkit.column import Column
        >>> columns = {"A": Column.numbers([1.0, 2.0]), "P": Column.text(["1", "2"]),
        ...     "USUBJID": Column.text(["x", "x"])}
        >>> made = Paired(of="A", between="P", first="1", second="2").compute(Data("D", columns, 2))
        >>> [(one.name, one.shown, one.reason) for one in made if one.name in ("NPAIR", "SDDIFF")]
        [('NPAIR', '1', ''), ('SDDIFF', 'NE', 'one difference: no standard deviation')]
        """
        sides = self.sides(data)
        both = sides.both
        counts = [
            Statistic("NPAIR", "Subjects with both", int(both.sum()), 0),
            Statistic("NFIRST", f"Only {self.first_level}", sides.alone(sides.first), 0),
            Statistic("NSECOND", f"Only {self.second_level}", sides.alone(sides.second), 0),
        ]
        first, second = sides.first[both], sides.second[both]
        if self.log:
            return [*counts, *self._ratios(first, second)]
        means = [(self.first_level, "FIRST", first), (self.second_level, "SECOND", second)]
        middle = [
            number(f"MEAN{name}", f"Mean, {label}", values.mean() if len(values) else None, self.decimals + 1,
                   "no subject has both values")
            for label, name, values in means
        ]  # fmt: skip
        level = self.confidence / 100
        difference = self._difference(paired_t(first, second, level=level))
        return [*counts, *middle, *difference, *self._ranks(signed_rank_test(first - second, level=level))]

    def _difference(self, found: TTest) -> list[Statistic]:
        places, why = self.decimals + 1, found.reason
        return [
            number("DIFF", "Mean difference", found.mean, places, why),
            number("SDDIFF", "SD of differences", found.sd, places + 1, why),
            number("DIFFLOW", f"Lower {self.confidence:g} % limit", found.low, places, why),
            number("DIFFHIGH", f"Upper {self.confidence:g} % limit", found.high, places, why),
            number("T", "t", found.t, 3, why),
            number("DF", "df", found.df, 0, why),
            number("PT", "p, paired t", found.p, 4, why),
        ]

    def _ranks(self, found: SignedRank) -> list[Statistic]:
        places, why = self.decimals + 1, found.reason
        return [
            number("V", "Wilcoxon V", found.statistic, 1, why),
            number("PW", "p, Wilcoxon", found.p, 4, why),
            convention(found.convention, why),
            number("HL", "Hodges-Lehmann", found.estimate, places, why),
            number("HLLOW", "HL lower limit", found.low, places, why),
            number("HLHIGH", "HL upper limit", found.high, places, why),
        ]

    def _ratios(self, first: Numbers, second: Numbers) -> list[Statistic]:
        good = (first > 0) & (second > 0)
        found: Ratio = geometric_mean_ratio(first[good], second[good], self.confidence / 100)
        ranks = signed_rank_test(np.log(first[good]) - np.log(second[good]), level=self.confidence / 100)
        why = found.reason
        return [
            Statistic("NLOW", "Not above 0, left out", int((~good).sum()), 0),
            number("RATIO", "Geometric mean ratio", found.ratio, 3, why),
            number("RATIOLOW", f"Lower {self.confidence:g} % limit", found.low, 3, why),
            number("RATIOHIGH", f"Upper {self.confidence:g} % limit", found.high, 3, why),
            number("PT", "p, t of logarithms", found.p, 4, why),
            number("V", "Wilcoxon V", ranks.statistic, 1, ranks.reason),
            number("PW", "p, Wilcoxon", ranks.p, 4, ranks.reason),
            convention(ranks.convention, ranks.reason),
        ]
