"""Numbers and shares of subjects."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from adam.analysis.data import Data
from adam.analysis.method import Method, Statistic, missing
from adam.stats.tests_paired import binomial_ci
from trialkit.rule import ColumnName, Condition
from trialkit.steps import ColumnNames


def subjects(data: Data, name: str) -> int:
    """Count the different subjects.

    >>> from trialkit.column import Column
    >>> subjects(Data("ADAE", {"USUBJID": Column.text(["1", "1", ""])}, 3), "USUBJID")
    1
    """
    return len(set(data.texts(name).tolist()) - {""})


class Responders(Method):
    """Subjects with {responder}[ among those with {evaluable}].

    >>> Responders(responder="CRIT1FL == 'Y'").sentence()
    "Subjects with CRIT1FL == 'Y', with the exact interval of 95 % of Clopper and Pearson."
    """

    responder: Condition = Field(description="which records make a subject a responder")
    evaluable: Condition | None = Field(None, description="which records make a subject count; default: any")
    subject: ColumnName = Field("USUBJID", description="what is counted")
    confidence: float = Field(95, gt=0, lt=100, description="of the interval, in percent")

    also: ClassVar[str] = ", with the exact interval of {confidence} % of Clopper and Pearson"
    example: ClassVar[str] = "method: {responders: {responder: CRIT1FL == 'Y', evaluable: AVAL is not None}}"

    def compute(self, data: Data) -> list[Statistic]:
        """Count the responders.

        >>> from trialkit.column import Column
        >>> columns = {"USUBJID": Column.text(["1", "2"]), "F": Column.text(["Y", ""])}
        >>> [one.shown for one in Responders(responder="F == 'Y'").compute(Data("D", columns, 2))][:3]
        ['2', '1', '50.0']
        """
        among = data.where(self.evaluable)
        n, count = subjects(among, self.subject), subjects(among.where(self.responder), self.subject)
        found = binomial_ci(count, n, self.confidence / 100)
        counts = [Statistic("N", "Evaluable", n, 0), Statistic("COUNT", "Responders", count, 0)]
        labels = ("PCT", "%"), ("LOW", f"Lower {self.confidence:g} % limit"), ("HIGH", "Upper limit")
        shares = (found.proportion, found.low, found.high)
        return [
            *counts,
            *(
                missing(*label, found.reason) if share is None else Statistic(*label, 100 * share, 1)
                for label, share in zip(labels, shares, strict=True)
            ),
        ]


class Frequency(Method):
    """Subjects and records for each {of}.

    >>> Frequency(of="AEDECOD").subject
    'USUBJID'
    """

    of: ColumnNames = Field(min_length=1, description="variables whose values are counted")
    subject: ColumnName = Field("USUBJID", description="what is counted")
    denominator: int | None = Field(None, ge=1, description="number of subjects for percentages")

    example: ClassVar[str] = "method: {frequency: {of: [AEBODSYS, AEDECOD]}}"

    def compute(self, data: Data) -> list[Statistic]:
        """Count the subjects and records of each combination of values.

        >>> from trialkit.column import Column
        >>> columns = {"USUBJID": Column.text(["1", "1"]), "T": Column.text(["Fever", "Fever"])}
        >>> [(one.label, one.shown) for one in Frequency(of="T").compute(Data("D", columns, 2))][2:]
        [('Fever, subjects', '1'), ('Fever, records', '2')]
        """
        made = [
            Statistic("N", "Any, subjects", subjects(data, self.subject), 0),
            Statistic("NREC", "Any, records", data.count, 0),
        ]
        for number, (levels, part) in enumerate(data.groups(self.of), 1):
            label, n = ", ".join(filter(None, levels.values())) or "(missing)", subjects(part, self.subject)
            made += [
                Statistic(f"N{number}", f"{label}, subjects", n, 0),
                Statistic(f"NREC{number}", f"{label}, records", part.count, 0),
            ]
            if self.denominator:
                share = 100 * n / self.denominator
                made.append(Statistic(f"PCT{number}", f"{label}, %", float(np.float64(share)), 1))
        return made
