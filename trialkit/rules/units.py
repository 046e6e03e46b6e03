"""Rules on units: the submission value of a unit, and results in another unit."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from trialkit.codelist import Codelist
from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.numerals import as_text, limit_and_number, to_number, to_text
from trialkit.problems import Kind
from trialkit.rounding import Rounding, fixed_text
from trialkit.rule import Value, VariableRule
from trialkit.rules.codes import Code, codelist_of
from trialkit.rules.evaluate import on_combinations, severity_of
from trialkit.rules.numbers import Count, decimals_of
from trialkit.units import STUDY_TABLE, Linear, Units

NO_CONVERSION = Kind(
    "UNIT-101",
    "nothing says how to convert",
    "Query the unit, or add a row to tables/units.csv of the study.",
)
NO_SINGLE_NUMBER = Kind(
    "UNIT-102",
    "result is not one number, so it can't be converted",
    "Query the result, or say in `unconverted` what it does.",
)

SAME = Linear(Fraction(1))


class Unit(Code):
    """Submission value of the unit {unit}[ in codelist {codelist}].

    As `code`, with the spellings of units besides the codelist's synonyms. A unit that is found
    nowhere is never changed into a term. Controlled terminology: UNIT.

    >>> Unit(unit="LBU").sentence()
    'Submission value of the unit LBU.'
    """

    of: Value = Field(alias="unit", description="the collected unit")
    codelist: str = Field("", description="codelist; default: the variable's, else UNIT")

    files: ClassVar[tuple[str, ...]] = (STUDY_TABLE,)
    example: ClassVar[str] = "LBORRESU: {unit: UNITS, map: {fraction: ''}}"

    def _codelist(self, context: Context) -> Codelist:
        named = self.codelist or context.own_codelist
        return codelist_of(self, self.codelist if named else "UNIT", context)

    def _term(self, text: str, codelist: Codelist, context: Context) -> str | None:
        # Only the table of units knows that M is not m; the codelist's own search folds case.
        found = _units(context).standard(text)
        return found if found in codelist.by_value else None


class Convert(VariableRule):
    """{convert} converted from {from} to {to}[ for {analyte}][, rounded to {decimals} decimals].

    Gives text: a comparator before the number stays (`<0.5`, `>=10`), and a result without any digit
    (`TRACE`) stays as it is. A result with digits that is not one number (`5-7`, `~98`, `1,000`) can't be
    converted. Without a unit to convert to, or with the unit it already has, a result
    stays as it is, but for rounding. The conversions are the study's, then those of the units
    themselves, then those by molar mass of the analyte.

    >>> Convert(convert="LBORRES", **{"from": "LBORRESU", "to": "'mmol/L'"}).sentence()
    "LBORRES converted from LBORRESU to 'mmol/L'."
    """

    of: Value = Field(alias="convert", description="the result, text or number")
    old: Value = Field(alias="from", description="its unit")
    new: Value = Field(alias="to", description="the unit wanted")
    analyte: Value | None = Field(
        None, description="short name of the test, for conversions that depend on it"
    )
    decimals: Count | None = Field(
        None, description="digits after the point; a number, or a value for each record; default: all"
    )
    mode: Rounding = Field("half_up", description="rounding: half_up, half_even, truncate")
    trailing_zeros: bool = Field(False, description="write all decimals, also trailing zeros")
    round_bounds: bool = Field(True, description="also round numbers after a comparator")
    unconverted: Literal["error", "query", "missing", "keep"] = Field(
        "error",
        description="what a result does whose unit can't be converted: error, query or missing "
        "(value missing), keep (as it is)",
    )

    files: ClassVar[tuple[str, ...]] = (STUDY_TABLE,)
    also: ClassVar[str] = (
        "[ ({mode})][{trailing_zeros=true}, with trailing zeros][{round_bounds=false}, but not after <, >]"
        "[{unconverted=keep}, as it is where it can't be converted]"
    )
    example: ClassVar[str] = """LBSTRESC:
  convert: LBORRES
  from: LBORRESU
  to: LBSTRESU
  analyte: LBTESTCD
  decimals: 2
"""

    def apply(self, context: Context) -> Column:
        """Convert each distinct combination; UNIT-101 where nothing says how, UNIT-102 where it can't be.

        >>> Convert(convert="A", **{"from": "U", "to": "'g'"}).unconverted
        'error'
        """
        texts = [as_text(context.value(one)) for one in (self.of, self.old, self.new)]
        none = Column.constant("", context.count)
        analyte = as_text(context.value(self.analyte)) if self.analyte else none
        columns = [*texts, analyte, decimals_of(self, self.decimals, context)]
        group, first = combine(columns, context.count)
        rows = list(zip(*(column.take(first).objects().tolist() for column in columns), strict=True))
        made = [self._converted(_units(context), *row) for row in rows]
        for kind, what in FAULTS.items():
            bad = np.array([one is kind for one in made], bool)[group]
            self._report(kind, what, bad, [*texts, analyte], context)
        instead = [row[0] if self.unconverted == "keep" else "" for row in rows]
        found = [one if isinstance(one, str) else other for one, other in zip(made, instead, strict=True)]
        return Column(np.array(found, object), group)

    def _report(self, kind: Kind, what: str, bad: Mask, columns: list[Column], context: Context) -> None:
        if self.unconverted in ("missing", "keep") or not bad.any():
            return
        shown = on_combinations(columns, context.count, "{} {} to {} {}".format)
        said = f"{self.of.sentence().rstrip('.')} has {what}"
        context.report(kind, said, bad, shown, self, severity=severity_of(self.unconverted))

    def _converted(
        self, units: Units, text: str, old: str, new: str, analyte: str, decimals: float
    ) -> str | Kind:
        """Convert one result; else say why not."""
        result = limit_and_number(text)
        if result is None and not any(map(str.isdigit, text)):
            return text
        linear = units.factor(old, new, analyte) if new else SAME
        if linear is None:
            return NO_CONVERSION
        if result is None:
            return text if linear == SAME else NO_SINGLE_NUMBER
        limit, number = result
        exact = np.isnan(decimals) or bool(limit and not self.round_bounds)
        if exact and linear == SAME:
            return text
        value = math.nan if math.isnan(to_number(number)) else linear.apply(number)
        if not math.isfinite(value):
            return NO_SINGLE_NUMBER
        return limit + self._written(value, None if exact else int(decimals))

    def _written(self, value: float, decimals: int | None) -> str:
        if decimals is None:
            return to_text(value + 0.0)
        text = fixed_text(value, decimals, self.mode)
        return text if self.trailing_zeros or "." not in text else text.rstrip("0").rstrip(".")


FAULTS = {
    NO_CONVERSION: "results whose unit can't be converted",
    NO_SINGLE_NUMBER: "results that are not one number",
}


def _units(context: Context) -> Units:
    assert context.store.units is not None, "no units"
    return context.store.units
