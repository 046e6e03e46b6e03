"""Rules on numbers: reading, writing, rounding, computing, scores."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field, model_validator

from trialkit.column import Column, combine
from trialkit.context import Context
from trialkit.numerals import to_number, to_text
from trialkit.problems import Kind
from trialkit.rounding import Rounding, fixed_text, round_half
from trialkit.rule import Condition, Rule, Value, VariableRule
from trialkit.rules.evaluate import (
    Invalid,
    Least,
    Whole,
    as_number,
    least_of,
    severity_of,
    to_numbers,
    wholes,
    without,
)  # fmt: skip

INVALID = Kind("NUM-002", "text is no number", "Query the site, or say in `invalid` what such a text does.")
NOT_FINITE = Kind(
    "NUM-003", "infinity or NaN as a text", "Mend the export: these are traces of a failed computation."
)
NO_DECIMALS = Kind("NUM-004", "decimals are no whole number", "Give whole numbers from 0 to 15.")
BEYOND = Kind("NUM-005", "item is above its maximum", "Query the site, or correct `maxima`.")

_NOT_FINITE = re.compile(r"[+-]?(?:inf|infinity|nan|∞)", re.IGNORECASE)
_MOST = 15


def few(decimals: int | VariableRule) -> int | VariableRule:
    """Refuse a number of decimals that no number has.

    Raises:
        ValueError: it is not 0 to 15.

    >>> few(2)
    2
    """
    if isinstance(decimals, int) and decimals not in range(_MOST + 1):
        raise ValueError(f"decimals are 0 to {_MOST}")
    return decimals


Count = Annotated[Whole, AfterValidator(few)]


def decimals_of(rule: Rule, decimals: int | VariableRule | None, context: Context) -> Column:
    """Give the decimals of each record, missing for none; NUM-004 for what can't be.

    >>> from trialkit.samples import sample_context
    >>> from trialkit.records import Records
    >>> decimals_of(Rule(), 2, sample_context(Records({}, 1), "LB")).objects().tolist()
    [2.0]
    """
    if decimals is None:
        return Column.constant(np.nan, context.count)
    places = wholes(decimals, context, rule)
    bad = places.where(lambda value: not math.isnan(value) and value not in range(_MOST + 1))
    context.report(NO_DECIMALS, "decimals are no whole number from 0 to 15", bad, places, rule)
    return without(places, bad)


class Number(VariableRule):
    """Number in {number}.

    Digits with the declared decimal and thousands marks, a sign, and an exponent. The texts inf and
    nan are errors in any case (NUM-003). Results such as `<5` are no numbers: with
    `invalid: missing` --STRESN stays missing while --ORRES has the text (SDTMIG 3.4, section 4.5.1).

    >>> Number(number="LBORRES").sentence()
    'Number in LBORRES.'
    """

    origin = ""

    of: Value = Field(alias="number", description="the text")
    decimal: Literal[".", ",", "·"] = Field(".", description="decimal mark")
    thousands: str = Field("", max_length=1, description="mark between groups of three digits")
    strip: list[str] = Field([], description="texts removed at the ends, such as flags ↑ ↓ H L *")
    full_width: bool = Field(False, description="full-width digits and signs count")
    invalid: Invalid = Field("error", description="what any other text does: error, query, missing")

    also: ClassVar[str] = (
        "[, decimal mark '{decimal}'][, thousands mark '{thousands}'][, without {strip} at its ends]"
        "[{full_width=true}, digits of full width included]"
    )
    example: ClassVar[str] = "LBSTRESN: {number: LBSTRESC, invalid: missing}"

    @model_validator(mode="after")
    def _two_marks(self) -> Self:
        if self.thousands == self.decimal or self.thousands.isalnum() or "" in self.strip:
            raise ValueError("decimal mark, thousands mark and stripped texts must differ and be marks")
        return self

    def apply(self, context: Context) -> Column:
        """Read each distinct text; NUM-002 and NUM-003 for what is no number.

        >>> Number(number="A").invalid
        'error'
        """
        column = context.value(self.of)
        if column.kind == "number":
            return column
        read = {text: self.read(text) for text in column.distinct().values.tolist()}
        bad = column.where(lambda text: text != "" and math.isnan(read.get(text, 0.0)))
        endless = bad & column.where(lambda text: bool(_NOT_FINITE.fullmatch(text.strip())))
        name = self.of.sentence().rstrip(".")
        context.report(NOT_FINITE, f"{name} has inf or nan as a text", endless, column, self)
        if self.invalid != "missing":
            severity = severity_of(self.invalid)
            what = f"{name} has texts that are no number"
            context.report(INVALID, what, bad & ~endless, column, self, severity=severity)
        return to_numbers(column, read.__getitem__)

    def read(self, text: str) -> float:
        """Read one text; NaN where it is no number.

        >>> Number(number="A", thousands=",", strip=["↑"]).read("1,234.5 ↑")
        1234.5
        """
        text = unicodedata.normalize("NFKC", text).strip() if self.full_width else text.strip()
        for mark in self.strip:
            text = text.removeprefix(mark).removesuffix(mark).strip()
        if self.thousands and self.thousands in text:
            mark = re.escape(self.thousands)
            if not re.match(rf"[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?![0-9{mark}])", text):
                return math.nan
            text = text.replace(self.thousands, "")
        if self.decimal != ".":
            text = "" if "." in text else text.replace(self.decimal, ".")
        return to_number(text)


class Text(VariableRule):
    """{text} as text[ with {decimals} decimals].

    Without decimals the shortest text that names the number, and never an exponent. Texts stay as
    they are.

    >>> Text(text="AGE").sentence()
    'AGE as text.'
    """

    origin = ""

    of: Value = Field(alias="text", description="the number")
    decimals: Count | None = Field(
        None, description="digits after the point; a number, or a value for each record"
    )
    mode: Rounding = Field("half_up", description="rounding: half_up, half_even, truncate")

    also: ClassVar[str] = "[ ({mode})]"
    example: ClassVar[str] = "VSSTRESC: {text: VSSTRESN, decimals: 1}"

    def apply(self, context: Context) -> Column:
        """Write each distinct number; NUM-004 for decimals that can't be.

        >>> Text(text="AGE", decimals=1).decimals
        1
        """
        column = context.value(self.of)
        if column.kind == "text":
            return column
        return rounded(self, column, self.decimals, self.mode, context, text=True)


class Round(VariableRule):
    """{round} rounded to {decimals} decimals ({mode}).

    A half is rounded away from zero (`half_up`, ROUND in SAS), to the even digit (`half_even`), or
    digits are dropped (`truncate`). A number without decimals declared stays as it is.

    >>> Round(round="A", decimals=2).sentence()
    'A rounded to 2 decimals (half_up).'
    """

    of: Value = Field(alias="round", description="the number")
    decimals: Count = Field(0, description="digits after the point; a number, or a value for each record")
    mode: Rounding = Field("half_up", description="rounding: half_up, half_even, truncate")

    example: ClassVar[str] = "VSSTRESN: {round: {compute: number(TEMP) * 1.8 + 32}, decimals: 1}"

    def apply(self, context: Context) -> Column:
        """Round each distinct number; NUM-004 for decimals that can't be.

        >>> Round(round="A").mode
        'half_up'
        """
        column = as_number(context.value(self.of), context, self)
        return rounded(self, column, self.decimals, self.mode, context, text=False)


def rounded(
    rule: VariableRule,
    column: Column,
    decimals: int | VariableRule | None,
    mode: Rounding,
    context: Context,
    *,
    text: bool,
) -> Column:
    """Round numbers, each with its own decimals, into numbers or texts.

    >>> from trialkit.samples import sample_context
    >>> from trialkit.records import Records
    >>> context = sample_context(Records({}, 1), "LB")
    >>> rounded(Text(text="A"), Column.numbers([2.675]), 2, "half_up", context, text=True).objects().tolist()
    ['2.68']
    """
    places = decimals_of(rule, decimals, context)
    group, first = combine([column, places], context.count)
    pairs = list(zip(*(one.take(first).objects().tolist() for one in (column, places)), strict=True))
    if text:
        made = [to_text(v + 0.0) if math.isnan(d) else fixed_text(v, int(d), mode) for v, d in pairs]
        return Column(np.array(made, object), group)
    return Column(
        np.array([v if math.isnan(d) else round_half(v, int(d), mode) for v, d in pairs], float), group
    )


class Compute(VariableRule):
    """{compute}.

    An expression on columns. A missing number, a division by zero and a result that is too large
    make the value missing.

    >>> Compute(compute="WEIGHT / (HEIGHT * HEIGHT)").sentence()
    'WEIGHT / (HEIGHT * HEIGHT).'
    """

    expression: Condition = Field(alias="compute", description="the expression")

    example: ClassVar[str] = "VSSTRESN: {compute: (number(TEMP) - 32) / 1.8}"

    def apply(self, context: Context) -> Column:
        """Compute each distinct combination of the columns.

        Raises:
            Refusal: EXPR-004 when the expression calculates with texts or is a condition.

        >>> Compute(compute="A + 1").expression.names
        ('A',)
        """
        return self.expression.column(context.column, context.count)


class Score(VariableRule):
    """Sum of {score}[, scaled to {scale}][, at least {at_least} answered]; unanswered items: {unanswered}.

    `unanswered: missing` makes the score missing, `ignore` adds up what there is, and `prorate`
    also multiplies by the maximum of all items over the maximum of the answered items (without
    `maxima`, by the number of all items over that of the answered ones). With `scale` the score is
    sum x scale / maximum, where the maximum is that of the answered items under `prorate`. Without
    any answer the score is missing.

    >>> Score(score=["A", "B"], maxima=[5, 10], scale=70, unanswered="prorate").sentence()
    'Sum of A, B, scaled to 70; unanswered items: prorate; maxima of the items: 5, 10.'
    """

    items: list[Value] = Field(alias="score", min_length=1, description="the items, as numbers")
    unanswered: Literal["missing", "ignore", "prorate"] = Field(
        "missing", description="what unanswered items do: missing, ignore, prorate"
    )
    at_least: Least | None = Field(
        None, description="fewest answered items for a score: a number, or a part such as 50%; default: 1"
    )
    maxima: list[float] = Field([], description="highest value of each item, or one for all items")
    scale: float | None = Field(None, gt=0, description="highest value of the score")
    invalid: Invalid = Field(
        "error", description="what an item that is no number or above its maximum does: error, query, missing"
    )

    also: ClassVar[str] = "[; maxima of the items: {maxima}]"
    example: ClassVar[str] = """TOTAL:
  score: [ITEM1, ITEM2, ITEM3]
  maxima: [10, 5, 5]
  scale: 70
  unanswered: prorate
  at_least: 2
"""

    @model_validator(mode="after")
    def _maximum_each(self) -> Self:
        if len(self.maxima) not in (0, 1, len(self.items)):
            raise ValueError(f"give one maximum, or one for each of the {len(self.items)} items")
        if self.scale is not None and not self.maxima:
            raise ValueError("a scale needs the maxima of the items")
        if not all(0 < maximum < math.inf for maximum in self.maxima):
            raise ValueError("a maximum must be a number above 0")
        if least_of(self.at_least or 1, len(self.items)) > len(self.items):
            raise ValueError(f"there are only {len(self.items)} items")
        return self

    def apply(self, context: Context) -> Column:
        """Add the items of each record up; NUM-005 for items above their maximum.

        >>> Score(score=["A", "B"]).unanswered
        'missing'
        """
        texts = [context.value(item) for item in self.items]
        columns = [self._numbers(text, context) for text in texts]
        weights = self.maxima * len(columns) if len(self.maxima) == 1 else self.maxima
        pairs = zip(texts, columns, strict=True)
        beyond = np.logical_or.reduce([one.missing() & ~text.missing() for text, one in pairs])
        for column, most in zip(columns, weights, strict=False):
            above = column.where(lambda value, most=most: value > most)  # type: ignore[misc]
            if self.invalid != "missing":
                severity = severity_of(self.invalid)
                context.report(BEYOND, "an item is above its maximum", above, column, self, severity=severity)
            beyond |= above
        return without(Column.numbers(self._scores(columns, weights, context.count)), beyond)

    def _numbers(self, column: Column, context: Context) -> Column:
        if self.invalid == "error" or column.kind == "number":
            return as_number(column, context, self)
        numbers = to_numbers(column, to_number)
        if self.invalid == "query":
            bad = numbers.missing() & ~column.missing()
            context.report(INVALID, "an item is no number", bad, column, self, severity="query")
        return numbers

    def _scores(self, columns: Sequence[Column], weights: list[float], rows: int) -> npt.NDArray[np.float64]:
        weights = weights or [1.0] * len(columns)
        total, answered, most = np.zeros(rows), np.zeros(rows, np.int64), np.zeros(rows)
        for column, weight in zip(columns, weights, strict=True):
            given = ~column.missing()
            total += np.where(given, column.objects(), 0.0)
            answered += given
            most += weight * given
        least = len(columns) if self.unanswered == "missing" else least_of(self.at_least or 1, len(columns))
        enough = answered >= least
        if self.unanswered == "prorate":
            total = total * (self.scale or sum(weights)) / np.where(enough, most, 1.0)
        elif self.scale:
            total = total * self.scale / sum(weights)
        return np.where(enough, total, np.nan)
