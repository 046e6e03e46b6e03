"""Rules that take a value from another row: lookup, first, last, previous."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from trialkit.column import Column, Mask
from trialkit.context import Context
from trialkit.match import runs
from trialkit.problems import Kind, Severity
from trialkit.records import NONE
from trialkit.rule import Reference, Rule, TableName, Value, VariableRule
from trialkit.rules.evaluate import Invalid, severity_of
from trialkit.rules.found import grouped, key_texts, positions
from trialkit.rules.select import KeyedRows, Ordered, TableRows, Values, keep_witness
from trialkit.steps import ColumnNames

SEVERAL = Kind(
    "JOIN-011",
    "several rows of the table fit one record",
    "Name more keys, add `where:`, or say with `pick:` which row counts.",
)
NO_ROW = Kind("JOIN-012", "no row of the table fits", "Correct the key, or say in `unmatched` what happens.")


class Lookup(KeyedRows, VariableRule):
    """{lookup} in {table}[, by {on}][, where {where}].

    The row of the table that has the record's keys; a missing key fits none. A number is compared
    with a text by its shortest form. More than one row is an error, unless `pick` says which one
    counts, by `order` or in the order of the table.

    >>> Lookup(lookup="VISITNUM", table="VISITS", on="VISIT").sentence()
    'VISITNUM in VISITS, by VISIT.'
    """

    origin = ""

    of: Value = Field(alias="lookup", description="column or rule of the table")
    table: TableName = Field(description="the table: a source, a dataset, or a CSV of the study")
    pick: Literal["first", "last", ""] = Field("", description="which of several rows: first, last")
    order: Values = Field([], description="what orders the rows; default: the order of the table")
    unmatched: Invalid = Field("error", description="what a record without a row does: error, query, missing")

    also: ClassVar[str] = "[, the {pick} one][ in order of {order}]"
    example: ClassVar[str] = "VISITNUM: {lookup: VISITNUM, table: VISITS, on: {INSTANCE: VISITNAME}}"

    def references(self) -> Iterator[Reference]:
        """Name the keys on both sides and the columns of the table.

        >>> [(r.column, r.table) for r in Lookup(lookup="A", table="T", on={"K": "L"}).references()]
        [('', 'T'), ('K', ''), ('L', 'T'), ('A', 'T')]
        """
        yield from super().references()
        for rule in (self.of, *self.order):
            yield from self.inside(rule)

    def apply(self, context: Context) -> Column:
        """Look each record up; keeps the row that was found.

        >>> Lookup(lookup="A", table="T", on="K").unmatched
        'error'
        """
        found = self.find(context, self.of, missing=True)
        counts = found.counts()
        if self.unmatched != "missing":
            severity = severity_of(self.unmatched)
            self._report(NO_ROW, f"no row of {self.table} fits", counts == 0, context, severity)
        if not self.pick:
            self._report(SEVERAL, f"several rows of {self.table} fit one record", counts > 1, context)
        places = positions(self.order, found.inner)
        row = found.best(-places if self.pick == "last" else places)
        keep_witness(context, self, row)
        return found.values.take_or_missing(row)

    def _report(
        self, kind: Kind, what: str, mask: Mask, context: Context, severity: Severity | None = None
    ) -> None:
        names = [context.store.subject] if self.on is None else list(self.on)
        if mask.any():
            keys = key_texts([context.column(name) for name in names], mask)
            context.report(kind, what, mask, keys, self, severity=severity)


class _Chosen(Ordered, VariableRule):
    of: Value

    def sentence(self) -> str:
        """Say the rule's own sentence.

        >>> First(first="A", within="B").sentence()
        'First A with the same B.'
        """
        return Rule.sentence(self)

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> [one.column for one in First(first="A", within="B").references()]
        ['B', 'A']
        """
        yield from super().references()
        yield from self.inside(self.of)

    def _take(self, context: Context, sign: float) -> Column:
        found = self.find(context, self.of)
        row = found.best(sign * positions(self.order, found.inner))
        keep_witness(context, self, row)
        return found.values.take_or_missing(row)


class First(_Chosen):
    """First {first}[ in {table}][ by {on}][ with the same {within}][ where {where}][, in order of {order}].

    The value of the first row in the order that has one; of equal ones the first in the table. A
    missing value in the order comes first.

    >>> First(first="VSSTRESN", table="VS", where="VSTESTCD == 'WEIGHT'", order="VSDTC").sentence()
    "First VSSTRESN in VS where VSTESTCD == 'WEIGHT', in order of VSDTC."
    """

    of: Value = Field(alias="first", description="column or rule of the rows")

    example: ClassVar[str] = """WEIGHT:
  first: VSSTRESN
  table: VS
  where: VSTESTCD == 'WEIGHT'
  order: VSDTC
"""

    def apply(self, context: Context) -> Column:
        """Take the value of each record; keeps the row that gave it.

        >>> First(first="A", within="B").table
        ''
        """
        return self._take(context, 1.0)


class Last(_Chosen):
    """Last {last}[ in {table}][ by {on}][ with the same {within}][ where {where}][, in order of {order}].

    The value of the last row in the order that has one; of equal ones the last in the table. A
    missing value in the order comes first.

    >>> Last(last="EXTRT", table="EX", order=["EXSTDTC", "EXSEQ"]).sentence()
    'Last EXTRT in EX, in order of EXSTDTC, EXSEQ.'
    """

    of: Value = Field(alias="last", description="column or rule of the rows")

    example: ClassVar[str] = "LASTTRT: {last: EXTRT, table: EX, order: [EXSTDTC, EXSEQ]}"

    def apply(self, context: Context) -> Column:
        """Take the value of each record; keeps the row that gave it.

        >>> Last(last="A", within="B").table
        ''
        """
        return self._take(context, -1.0)


class Previous(VariableRule):
    """{previous} of the record before with the same {within}, in order of {order}.

    Counts records, also those whose value is missing. `step: 2` takes the one before that, and a
    negative step a record after.

    >>> Previous(previous="AVAL", within=["USUBJID", "PARAMCD"], order="ADTM").sentence()
    'AVAL of the record before with the same USUBJID, PARAMCD, in order of ADTM.'
    """

    of: Value = Field(alias="previous", description="the value")
    within: ColumnNames = Field(min_length=1, description="variables in which the records agree")
    order: Values = Field(min_length=1, description="what orders the records")
    step: int = Field(1, description="how many records before, not 0; negative: after")

    also: ClassVar[str] = "[, {step} records before]"

    @field_validator("step")
    @classmethod
    def _not_itself(cls, step: int) -> int:
        if not step:
            raise ValueError("0 is the record itself")
        return step

    example: ClassVar[str] = "LASTVIS: {previous: SVSTDTC, within: USUBJID, order: SVSTDTC}"

    def apply(self, context: Context) -> Column:
        """Take the value of each record's predecessor; keeps that record's rows.

        >>> Previous(previous="A", within="B", order="C").step
        1
        """
        within = [context.column(name, self.place("within")) for name in self.within]
        group, order = grouped(within, [context.value(rule) for rule in self.order], context.count)
        number = runs(group, order)
        size = np.bincount(group, minlength=1)[group]
        place = np.empty(context.count, np.int64)
        place[order] = np.arange(context.count)
        there = (number - self.step >= 0) & (number - self.step < size)
        row = np.where(there, order[np.where(there, place - self.step, 0)], NONE).astype(np.int32)
        keep_witness(context, TableRows.model_construct(table="", within=self.within), row)
        return context.value(self.of).take_or_missing(row)
