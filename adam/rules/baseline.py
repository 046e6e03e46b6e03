"""Analysis day, baseline value, and what is computed from analysis value and baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from adam.rules.dates import as_sas
from trialkit.column import Column, Mask
from trialkit.context import Context
from trialkit.problems import Kind
from trialkit.records import NONE
from trialkit.rule import Condition, Reference, Value, VariableRule
from trialkit.rules.evaluate import Invalid, as_number, severity_of
from trialkit.rules.found import key_texts
from trialkit.rules.select import TableRows, keep_witness
from trialkit.steps import ColumnNames

SEVERAL = Kind(
    "ADAM-010",
    "several records are flagged as baseline",
    "Name more columns under `by`, such as BASETYPE, or flag one of them.",
)
WITHOUT = Kind("ADAM-011", "no record is flagged as baseline", "Flag one, or say `unmatched: missing`.")

Numbers = npt.NDArray[np.float64]


class AnalysisDay(VariableRule):
    """Day of {analysis_day} relative to {reference}, which is day 1; the day before it is day -1.

    There is no day 0. Both are SAS dates (days since 1960-01-01) or complete ISO 8601 dates. Missing
    where one of them is missing. (ADY, ASTDY, AENDY: ADaMIG 1.3, sections 3.1.2 and 3.3.3.)

    >>> AnalysisDay(analysis_day="ADT", reference="TRTSDT").sentence()[-33:]
    'y 1; the day before it is day -1.'
    """

    of: Value = Field(alias="analysis_day", description="date")
    reference: Value = Field(description="date of day 1, such as TRTSDT")

    example: ClassVar[str] = "ADY: {analysis_day: ADT, reference: TRTSDT}"

    def apply(self, context: Context) -> Column:
        """Count the days.

        >>> from trialkit.samples import sample_context, sample_records
        >>> context = sample_context(sample_records(D=[9.0, 10.0], R=[10.0, 10.0]))
        >>> AnalysisDay(analysis_day="D", reference="R").apply(context).objects().tolist()
        [-1.0, 1.0]
        """
        apart = as_sas(context.value(self.of)) - as_sas(context.value(self.reference))
        return Column.numbers(np.floor(apart) + (apart >= 0))


class BaselineValue(TableRows, VariableRule):
    """{baseline_value} of the record with the same {by} where {flag}; missing where there is none.

    Of numbers and of texts (BASE and BASEC: ADaMIG 1.3, section 3.3.4). ``flag`` says which record is
    baseline. Several baseline records of one group are an error (ADAM-010) and give no value. With
    ``table`` the baseline records are those of another dataset, by the keys under ``on``.

    >>> BaselineValue(baseline_value="AVAL", by=["USUBJID", "PARAMCD"]).sentence()
    "AVAL of the record with the same USUBJID, PARAMCD where ABLFL == 'Y'; missing where there is none."
    """

    of: Value = Field(alias="baseline_value", description="the value")
    within: ColumnNames = Field([], alias="by", description="one baseline for each combination")
    where: Condition = Field(
        "ABLFL == 'Y'", alias="flag", validate_default=True, description="which record is baseline"
    )
    unmatched: Invalid = Field("missing", description="a group without baseline: error, query, missing")

    also: ClassVar[str] = "[, in {table}][ by {on}]"
    example: ClassVar[str] = """\
BASE: {baseline_value: AVAL, by: [USUBJID, PARAMCD, BASETYPE]}
WEIGHTBL: {baseline_value: AVAL, table: ADVS, on: USUBJID, flag: PARAMCD == 'WEIGHT' and ABLFL == 'Y'}
"""

    @model_validator(mode="after")
    def _grouped(self) -> Self:
        if not (self.within or self.table):
            raise ValueError("`by` is missing")
        return self

    def sentence(self) -> str:
        """Say the rule's own sentence.

        >>> BaselineValue(baseline_value="AVAL", table="ADVS", on="USUBJID").sentence()[:53]
        "AVAL of the row where ABLFL == 'Y'; missing where the"
        """
        said = VariableRule.sentence(self)
        return said if self.within else said.replace("the record with the same ", "the row")

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> [one.column for one in BaselineValue(baseline_value="AVAL", by="USUBJID").references()]
        ['USUBJID', 'ABLFL', 'AVAL']
        """
        yield from super().references()
        yield from self.inside(self.of)

    def apply(self, context: Context) -> Column:
        """Take the value of the flagged record; keeps which one that is.

        >>> from trialkit.samples import sample_context, sample_records
        >>> records = sample_records(ID=["1", "1"], AVAL=[3.0, 4.0], ABLFL=["Y", ""])
        >>> rule = BaselineValue(baseline_value="AVAL", by="ID")
        >>> rule.apply(sample_context(records)).objects().tolist()
        [3.0, 3.0]
        """
        found = self.find(context)
        counts = found.counts()
        several = counts > 1
        if not self.table:
            several &= context.mask(self.where)
        self._report(SEVERAL, several, context)
        if self.unmatched != "missing":
            self._report(WITHOUT, counts == 0, context)
        row = np.where(counts == 1, found.best(), NONE).astype(np.int32)
        keep_witness(context, self, row)
        return found.inner.value(self.of).take_or_missing(row)

    def _report(self, kind: Kind, mask: Mask, context: Context) -> None:
        if mask.any():
            severity = severity_of(self.unmatched) if kind is WITHOUT else None
            names = self.within or list(self.on or [context.store.subject])
            shown = key_texts([context.column(name) for name in names], mask)
            context.report(kind, kind.title, mask, shown, self, severity=severity)


class _Compared(VariableRule):
    """What the rules share that compare a value with another one of its record."""

    where: Condition | None = Field(None, description="the records that get a value; default: all")

    also: ClassVar[str] = "[, where {where}]"

    def numbers(self, value: VariableRule, other: VariableRule, context: Context) -> tuple[Numbers, Numbers]:
        """Give both values of each record; where there is to be none, the first one is missing."""
        mine, theirs = (as_number(context.value(one), context, self).objects() for one in (value, other))
        return (np.where(context.mask(self.where), mine, np.nan) if self.where else mine), theirs


class Change(_Compared):
    """{change} - {from}.

    Missing where one of them is missing. (CHG: ADaMIG 1.3, section 3.3.4.)

    >>> Change.model_validate({"change": "AVAL", "from": "BASE"}).sentence()
    'AVAL - BASE.'
    """

    of: Value = Field(alias="change", description="the value")
    base: Value = Field(alias="from", description="what it is compared with")

    example: ClassVar[str] = "CHG: {change: AVAL, from: BASE, where: ABLFL != 'Y'}"

    def apply(self, context: Context) -> Column:
        """Subtract.

        >>> Change.model_validate({"change": "AVAL", "from": "BASE"}).key()
        'change'
        """
        value, base = self.numbers(self.of, self.base, context)
        return Column.numbers(value - base)


class PercentChange(_Compared):
    """100 x ({percent_change} - {from}) / {from}, missing where {from} is 0.

    Missing where one of them is missing. (PCHG: ADaMIG 1.3, section 3.3.4.)

    >>> PercentChange.model_validate({"percent_change": "AVAL", "from": "BASE"}).sentence()
    '100 x (AVAL - BASE) / BASE, missing where BASE is 0.'
    """

    of: Value = Field(alias="percent_change", description="the value")
    base: Value = Field(alias="from", description="what it is compared with")

    example: ClassVar[str] = "PCHG: {percent_change: AVAL, from: BASE, where: ABLFL != 'Y'}"

    def apply(self, context: Context) -> Column:
        """Compare.

        >>> PercentChange.model_validate({"percent_change": "AVAL", "from": "BASE"}).key()
        'percent_change'
        """
        value, base = self.numbers(self.of, self.base, context)
        return Column.numbers(100 * divided(value - base, base))


class Ratio(_Compared):
    """{ratio} / {to}, missing where {to} is 0.

    Missing where one of them is missing. (R2BASE, R2AyLO, R2AyHI: ADaMIG 1.3, section 3.3.4.)

    >>> Ratio(ratio="AVAL", to="A1HI").sentence()
    'AVAL / A1HI, missing where A1HI is 0.'
    """

    of: Value = Field(alias="ratio", description="the value")
    to: Value = Field(description="what it is divided by")

    example: ClassVar[str] = "R2BASE: {ratio: AVAL, to: BASE}"

    def apply(self, context: Context) -> Column:
        """Divide.

        >>> Ratio(ratio="AVAL", to="A1HI").key()
        'ratio'
        """
        return Column.numbers(divided(*self.numbers(self.of, self.to, context)))


def divided(value: Numbers, by: Numbers) -> Numbers:
    """Divide; a division by 0 and a result that is too large are missing.

    >>> divided(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        made = value / by
    return np.where(np.isfinite(made), made, np.nan)
