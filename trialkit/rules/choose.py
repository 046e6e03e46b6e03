"""Rules that choose between values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema

from trialkit.column import Column
from trialkit.context import Context
from trialkit.model import Model, SpecMap, SpecText
from trialkit.problems import Place
from trialkit.records import NONE
from trialkit.rule import Condition, Value, VariableRule, as_value
from trialkit.rules.evaluate import choose, compute_where
from trialkit.rules.values import Constant


def as_outcome(value: Any, info: ValidationInfo) -> Any:
    """Read what a case gives: a plain text is the value itself, a mapping is a rule.

    >>> from types import SimpleNamespace
    >>> as_outcome("ABNORMAL", SimpleNamespace(context=None)).sentence()
    "'ABNORMAL'."
    """
    if not isinstance(value, str):
        return as_value(value, info)
    place = getattr(value, "place", Place())
    text = value[1:-1] if len(value) > 1 and value[0] == value[-1] == "'" else str(value)
    return as_value(SpecMap({"constant": SpecText(text, place)}, place, {"constant": place}), info)


Outcome = Annotated[
    VariableRule,
    BeforeValidator(as_outcome),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"$comment": "Value"}]}),
]


class When(Model):
    """One case: a condition and what it gives.

    >>> When.model_validate({"when": "AGE >= 65", "then": "ELDERLY"}).when.text
    'AGE >= 65'
    """

    when: Condition = Field(description="which records")
    then: Outcome = Field(description="the value, or a rule that gives it")


class Case(VariableRule):
    """The first case that applies: {case}; else {else}.

    A text after `then` and `else` is the value itself, which a numeric variable reads as a number; a
    column is written `{copy: COLUMN}`. Each rule sees only the records of its case, so that it finds no
    fault with others.

    >>> Case(case=[{"when": "AGE >= 65", "then": "Y"}]).sentence()
    "The first case that applies: when AGE >= 65, then 'Y'; else missing."
    """

    cases: list[When] = Field(alias="case", min_length=1, description="conditions and what they give")
    otherwise: Outcome = Field(
        Constant(constant=""), alias="else", description="what all other records get; default: missing"
    )

    example: ClassVar[str] = """DSCAT:
  case:
    - {when: "OTHERSP != ''", then: OTHER EVENT}
    - {when: "DSDECOD == 'RANDOMIZED'", then: PROTOCOL MILESTONE}
  else: DISPOSITION EVENT
"""

    def literals(self) -> Iterator[tuple[str, Place]]:
        """Give the texts of all cases.

        >>> [text for text, _ in Case(case=[{"when": "AGE >= 65", "then": "Y"}], **{"else": "N"}).literals()]
        ['Y', 'N']
        """
        for rule in (*(one.then for one in self.cases), self.otherwise):
            yield from rule.literals()

    def apply(self, context: Context) -> Column:
        """Choose for each record; keeps which case gave the value.

        Raises:
            Refusal: VAL-010 when cases give numbers and texts.

        >>> Case(case=[{"when": "AGE >= 65", "then": "Y"}]).otherwise.sentence()
        'missing.'
        """
        chosen = np.full(context.count, len(self.cases), np.int32)
        for number in reversed(range(len(self.cases))):
            chosen[context.mask(self.cases[number].when)] = number
        rules = [*(one.then for one in self.cases), self.otherwise]
        parts = [compute_where(context, rule, chosen == number) for number, rule in enumerate(rules)]
        context.branch(chosen)
        return choose(parts, chosen, self)


class FirstOf(VariableRule):
    """First of {first_of} that is not missing.

    Each rule sees only the records for which those before it gave nothing.

    >>> FirstOf(first_of=["A", "'N'"]).sentence()
    "First of A, 'N' that is not missing."
    """

    origin = ""

    values: list[Value] = Field(alias="first_of", min_length=1, description="the values, in their order")

    example: ClassVar[str] = "DSTERM: {upper: {first_of: [IT.DSTERM, OTHERSP]}}"

    def literals(self) -> Iterator[tuple[str, Place]]:
        """Give the texts among the values.

        >>> [text for text, _ in FirstOf(first_of=["A", "'N'"]).literals()]
        ['N']
        """
        for rule in self.values:
            yield from rule.literals()

    def apply(self, context: Context) -> Column:
        """Choose for each record; keeps which value it was.

        Raises:
            Refusal: VAL-010 when the values are numbers and texts.

        >>> len(FirstOf(first_of=["A", "B"]).values)
        2
        """
        chosen, parts = np.full(context.count, NONE, np.int32), []
        for number, rule in enumerate(self.values):
            parts.append(compute_where(context, rule, chosen == NONE))
            chosen[(chosen == NONE) & ~parts[-1].missing()] = number
        context.branch(chosen)
        return choose(parts, chosen, self)
