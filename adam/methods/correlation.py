"""Two parameters of the same subjects, held against each other."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from adam.analysis.data import Data, Numbers
from adam.analysis.method import Method, Statistic
from adam.methods.paired import check_single, convention, number
from adam.stats.tests_paired import spearman
from trialkit.column import combine
from trialkit.rule import ColumnName, Condition


class Correlation(Method):
    """Spearman's rank correlation of {x} where {x_where} and {y} where {y_where}, in subjects with both.

    Small samples have the exact distribution, larger ones and ties an approximation; the convention used
    is a result.

    >>> Correlation(x="A", x_where="P == '1'", y="A", y_where="P == '2'").subject
    'USUBJID'
    """

    x: ColumnName = Field(description="the first value")
    x_where: Condition = Field(description="the record of a subject that has it")
    y: ColumnName = Field(description="the second value")
    y_where: Condition = Field(description="the record of a subject that has it")
    subject: ColumnName = Field("USUBJID", description="what pairs the values")

    example: ClassVar[str] = """method:
  correlation: {x: BASE, x_where: PARAMCD == 'NFLPS', y: AVAL, y_where: PARAMCD == 'ALSF1SL'}
"""

    def compute(self, data: Data) -> list[Statistic]:
        """Correlate the values of the subjects that have both.

        >>> from trialkit.column import Column
        >>> columns = {"A": Column.numbers([1.0]), "P": Column.text(["1"]), "USUBJID": Column.text(["x"])}
        >>> one = Correlation(x="A", x_where="P == '1'", y="A", y_where="P == '2'")
        >>> one.compute(Data("D", columns, 1))[1].shown
        'NE'
        """
        first, second = self._side(data, self.x, self.x_where), self._side(data, self.y, self.y_where)
        names = sorted(first.keys() & second.keys())
        pairs: Numbers = np.array([[first[name], second[name]] for name in names]).reshape(-1, 2)
        found = spearman(pairs[:, 0], pairs[:, 1])
        return [
            Statistic("NPAIR", "Subjects with both", len(names), 0),
            number("RHO", "Spearman's rho", found.rho, 3, found.reason),
            number("P", "p", found.p, 4, found.reason),
            convention(found.convention, found.reason),
        ]

    def _side(self, data: Data, name: str, where: Condition) -> dict[str, float]:
        part = data.where(where)
        part = part.take(~np.isnan(part.numbers(name)))
        subject, _ = combine([part.column(self.subject)], part.count)
        check_single(subject, f"{name} where {where.text}", self.place())
        return dict(zip(part.texts(self.subject).tolist(), part.numbers(name).tolist(), strict=True))
