"""Descriptive statistics of numbers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from adam.analysis.data import Data
from adam.analysis.method import Method, Statistic, missing
from trialkit.rule import ColumnName

NO_VALUE = "no value"
ONE_VALUE = "a single value"


class Describe(Method):
    """Number of values, mean, standard deviation, median, quartiles, minimum and maximum of {of}.

    Quartiles are interpolated between values (type 7 of Hyndman and Fan 1996).

    >>> from trialkit.column import Column
    >>> data = Data("ADLB", {"AVAL": Column.numbers([1.0, 2.0, 4.0])}, 3)
    >>> [(one.name, one.shown) for one in Describe(of="AVAL").compute(data)][:3]
    [('N', '3'), ('NMISS', '0'), ('MEAN', '2.33')]
    """

    of: ColumnName = Field(description="the values")
    decimals: int = Field(1, ge=0, le=8, description="decimals of the values themselves")

    example: ClassVar[str] = "method: {describe: {of: AVAL, decimals: 1}}"

    def compute(self, data: Data) -> list[Statistic]:
        """Describe the values that are there.

        >>> from trialkit.column import Column
        >>> [one.reason for one in Describe(of="A").compute(Data("X", {"A": Column.numbers([])}, 0))][2]
        'no value'
        """
        values = data.numbers(self.of)
        values = values[~np.isnan(values)]
        n, places = len(values), self.decimals
        made = [Statistic("N", "n", n, 0), Statistic("NMISS", "Missing", data.count - n, 0)]
        labels = ("MEAN", "Mean"), ("SD", "SD"), ("MEDIAN", "Median"), ("Q1", "Q1"), ("Q3", "Q3")
        if not n:
            return [*made, *(missing(*one, NO_VALUE) for one in (*labels, ("MIN", "Min"), ("MAX", "Max")))]
        q1, median, q3 = np.percentile(values, [25, 50, 75]).tolist()
        spread = Statistic("SD", "SD", float(values.std(ddof=1)), places + 2) if n > 1 else None
        return [
            *made,
            Statistic("MEAN", "Mean", float(values.mean()), places + 1),
            spread or missing("SD", "SD", ONE_VALUE),
            Statistic("MEDIAN", "Median", median, places + 1),
            Statistic("Q1", "Q1", q1, places + 1),
            Statistic("Q3", "Q3", q3, places + 1),
            Statistic("MIN", "Min", float(values.min()), places),
            Statistic("MAX", "Max", float(values.max()), places),
        ]
