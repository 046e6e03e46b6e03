"""Results below the limit of quantification."""

from __future__ import annotations

import math
import re
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from trialkit.column import Column, combine
from trialkit.context import Context
from trialkit.numerals import as_text, to_number
from trialkit.problems import Kind
from trialkit.records import Records
from trialkit.rule import ColumnName, Condition, RecordRule
from trialkit.rules.evaluate import as_number, to_numbers
from trialkit.steps import as_list

NO_LIMIT = Kind(
    "ADAM-031",
    "a result below the limit of quantification without a limit",
    "Give the column with the limit under `limit`, or correct the result.",
)

_BELOW = re.compile(r"<\s*([0-9.]+)")


class BelowLimit(RecordRule):
    """Results {below_limit} below the limit of quantification[ {limit}] become {use} that limit in {value}.

    Below the limit is a text such as "<5", with 5 as its limit; one of ``texts``, such as BLQ, or a number
    below ``limit``, with ``limit`` as theirs. The value of other results stays; where the records have
    no such column yet it is the number in the result. DTYPE is HALFLLOQ or LLOQ where a value is
    replaced. A result below a limit that is not known is an error (ADAM-031). (DTYPE: ADaMIG 1.3, section
    4.5.)

    >>> BelowLimit(below_limit="LBSTRESC", use="half").sentence()
    'Results LBSTRESC below the limit of quantification become half that limit in AVAL.'
    """

    result: ColumnName = Field(alias="below_limit", description="the result as text")
    use: Literal["half", "all"] = Field("half", description="what of the limit they become: half, all")
    limit: ColumnName = Field("", description="column with the limit")
    texts: Annotated[list[str], BeforeValidator(as_list)] = Field(
        [], description="texts that mean below the limit, in any case"
    )
    value: str = Field("AVAL", description="column with the values")
    where: Condition | None = Field(None, description="the records that it is meant for; default: all")

    also: ClassVar[str] = "[, where {where}][; also {texts}]"
    example: ClassVar[str] = "- {below_limit: PCSTRESC, use: half, limit: PCLLOQ, texts: BLQ}\n"

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Add the values and DTYPE.

        >>> sorted(BelowLimit(below_limit="A").columns(frozenset({"A"}), {}))
        ['A', 'AVAL', 'DTYPE']
        """
        return before | {self.value, "DTYPE"}

    def makes(self, *, added: bool) -> dict[str, tuple[str, ...]]:
        """Say that the value and DTYPE come from the result and the limit.

        >>> BelowLimit(below_limit="R").makes(added=False)
        {'AVAL': ('R',), 'DTYPE': ('R',)}
        """
        return dict.fromkeys((self.value, "DTYPE"), tuple(filter(None, (self.result, self.limit))))

    def apply(self, records: Records, context: Context) -> Records:
        """Replace the values.

        >>> from trialkit.samples import sample_context, sample_records
        >>> records = sample_records(R=["<5", "7"])
        >>> made = BelowLimit(below_limit="R").apply(records, sample_context(records)).columns
        >>> made["AVAL"].objects().tolist(), made["DTYPE"].objects().tolist()
        ([2.5, 7.0], ['HALFLLOQ', ''])
        """
        result = as_text(records.columns[self.result])
        limit = Column.constant(math.nan, records.count)
        if self.limit:
            limit = as_number(records.columns[self.limit], context, self)
        below = self._below(result, limit)
        if self.where:
            below = np.where(context.mask(self.where), below, np.nan)
        unknown = below == np.inf
        context.report(NO_LIMIT, NO_LIMIT.title, unknown, result, self)
        replaced = ~np.isnan(below) & ~unknown
        old = records.columns.get(self.value)
        known = to_numbers(result, to_number) if old is None else as_number(old, context, self)
        share = 0.5 if self.use == "half" else 1.0
        values = np.where(unknown, np.nan, np.where(replaced, share * below, known.objects()))
        kinds = records.columns.get("DTYPE", Column.constant("", records.count))
        said = Column.constant("HALFLLOQ" if self.use == "half" else "LLOQ", records.count)
        both, place = Column.concat([kinds, said]), np.arange(records.count)
        made = both.take(np.where(replaced, place + records.count, place))
        return records.with_columns({self.value: Column.numbers(values), "DTYPE": made})

    def _below(self, result: Column, limit: Column) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Give the limit that each result is below: NaN for none, infinite for one that is not known."""
        group, first = combine([result, limit], len(result))
        pairs = zip(result.take(first).objects(), limit.take(first).objects(), strict=True)
        found = np.array([self._limit(text, number) for text, number in pairs], np.float64)
        return found[group]

    def _limit(self, text: str, limit: float) -> float:
        if match := _BELOW.fullmatch(text.strip()):
            return to_number(match[1])
        if text.strip().upper() in (one.upper() for one in self.texts):
            return math.inf if math.isnan(limit) else limit
        return limit if to_number(text) < limit else math.nan
