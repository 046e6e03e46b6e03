"""Rules on the order of records and terms, and flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from trialkit.column import Column
from trialkit.context import Context
from trialkit.match import runs
from trialkit.numerals import as_text
from trialkit.problems import Kind, Place, did_you_mean
from trialkit.rule import Condition, Value, VariableRule
from trialkit.rules.evaluate import Whole, severity_of, to_numbers, wholes
from trialkit.rules.found import grouped
from trialkit.rules.select import Values
from trialkit.steps import ColumnNames

UNLISTED = Kind(
    "VAL-004", "value is not in the order", "Add it to `order`, or say in `unlisted` what it does."
)


class Sequence(VariableRule):
    """Number of the record[ with the same {within}][, in order of {sequence}], from {start} on.

    Without `within` the records of each subject are numbered (--SEQ; SDTMIG 3.4, section 4.1.5).
    Missing values come first; records that are equal in the order keep their order, and an empty list
    is the order of the records as they were read. With a value as
    `start` each group begins at its own number.

    >>> Sequence(sequence=["VISITNUM", "LBTESTCD"]).sentence()
    'Number of the record, in order of VISITNUM, LBTESTCD, from 1 on.'
    """

    order: Values = Field(alias="sequence", description="what orders the records; may be empty")
    within: ColumnNames = Field([], description="variables of a group; default: the subject")
    start: Whole = Field(1, description="first number; a number, or a value for each record")

    example: ClassVar[str] = """QSSEQ:
  sequence: [VISITNUM, QSTESTCD]
  within: [USUBJID, QSCAT]
  start: {recode: QSCAT, map: {ALZHEIMER'S DISEASE ASSESSMENT SCALE: "2001", MINI-MENTAL STATE: "6001"}}
"""

    def apply(self, context: Context) -> Column:
        """Number the records of each group.

        >>> Sequence(sequence="VISITNUM").start
        1
        """
        names = self.within or [context.store.subject]
        within = [context.column(name, self.place("within")) for name in names]
        group, order = grouped(within, [context.value(rule) for rule in self.order], context.count)
        number = runs(group, order)
        return Column.numbers(number + wholes(self.start, context, self).objects())


class Rank(VariableRule):
    """Place of {rank} in the order {order}.

    A number from 1, to sort terms by.

    >>> Rank(rank="LBCAT", order=["HEMATOLOGY", "CHEMISTRY"]).sentence()
    'Place of LBCAT in the order HEMATOLOGY, CHEMISTRY.'
    """

    of: Value = Field(alias="rank", description="the term")
    order: list[str] = Field(min_length=1, description="the terms in their order")
    unlisted: Literal["error", "query", "last", "missing"] = Field(
        "error", description="what other terms do: error; query (value missing); last; missing"
    )

    also: ClassVar[str] = "[{unlisted=last}, others last]"
    example: ClassVar[str] = "CATN: {rank: LBCAT, order: [HEMATOLOGY, CHEMISTRY, URINALYSIS], unlisted: last}"

    def apply(self, context: Context) -> Column:
        """Give the place of each distinct term; VAL-004 for terms that are not listed.

        >>> Rank(rank="A", order=["x"]).unlisted
        'error'
        """
        column = as_text(context.value(self.of))
        places = {term: float(place) for place, term in reversed(list(enumerate(self.order, 1)))}
        other = len(self.order) + 1.0 if self.unlisted == "last" else np.nan
        unlisted = column.where(lambda text: text != "" and text not in places)
        if self.unlisted in ("error", "query"):
            severity, hint = severity_of(self.unlisted), did_you_mean("", self.order)
            what = f"{self.of.sentence().rstrip('.')} has values that are not in the order"
            context.report(UNLISTED, what, unlisted, column, self, severity=severity, hint=hint)
        return to_numbers(column, lambda text: places.get(text, other if text else np.nan))


class Flag(VariableRule):
    """'{yes}' where {flag}[, else '{no}'].

    A comparison with a missing value is not met.

    >>> Flag(flag="AGE >= 65").sentence()
    "'Y' where AGE >= 65."
    """

    when: Condition = Field(alias="flag", description="the condition")
    yes: str = Field("Y", description="value where it is met")
    no: str = Field("", description="value where it is not")

    example: ClassVar[str] = "ELDERLY: {flag: AGE >= 65, no: N}"

    def literals(self) -> Iterator[tuple[str, Place]]:
        """Give both values.

        >>> [text for text, _ in Flag(flag="AGE >= 65").literals()]
        ['Y', '']
        """
        yield from ((self.yes, self.place("yes")), (self.no, self.place("no")))

    def apply(self, context: Context) -> Column:
        """Flag the records.

        Raises:
            Refusal: EXPR-004 when the expression is no condition.

        >>> Flag(flag="AGE >= 65").yes
        'Y'
        """
        return Column(np.array([self.no, self.yes], object), context.mask(self.when).astype(np.int32))
