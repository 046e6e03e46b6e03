"""Results against their reference range."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from trialkit.column import Column
from trialkit.context import Context
from trialkit.numerals import as_text, to_number
from trialkit.rule import Value, VariableRule
from trialkit.rules.evaluate import on_combinations


class RangeIndicator(VariableRule):
    """LOW, NORMAL or HIGH: {range_indicator} against the limits {low} and {high}.

    A result on a limit is NORMAL, and one limit alone decides as far as it can. "<x" is LOW where x is
    below the lower limit, ">x" HIGH where x is above the upper limit. All else is missing: no result, no
    limit, texts that are no numbers. With a limit that can't be read nothing is NORMAL.
    Result and limits must have one unit. (--NRIND: SDTM 2.0, Findings; ANRIND, AyIND: ADaMIG 1.3,
    section 3.3.4.)

    >>> RangeIndicator(range_indicator="LBORRES", low="LBORNRLO", high="LBORNRHI").sentence()
    'LOW, NORMAL or HIGH: LBORRES against the limits LBORNRLO and LBORNRHI.'
    """

    result: Value = Field(alias="range_indicator", description="the result, a number or text")
    low: Value = Field(description="lower limit")
    high: Value = Field(description="upper limit")

    example: ClassVar[str] = """\
LBNRIND: {range_indicator: LBORRES, low: LBORNRLO, high: LBORNRHI}
ANRIND: {range_indicator: AVAL, low: ANRLO, high: ANRHI}
"""

    def apply(self, context: Context) -> Column:
        """Compare each result with its limits.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.records import Records
        >>> low, high = Column.constant("2", 2), Column.constant("4", 2)
        >>> columns = {"R": Column.text(["5", "<1"]), "L": low, "H": high}
        >>> context = sample_context(Records.start("LB", columns, 2), "LB")
        >>> RangeIndicator(range_indicator="R", low="L", high="H").apply(context).objects().tolist()
        ['HIGH', 'LOW']
        """
        columns = [as_text(context.value(one)) for one in (self.result, self.low, self.high)]
        made = on_combinations(columns, context.count, indicator)
        return made if context.count else Column.text([])


def indicator(result: str, low: str, high: str) -> str:
    """Compare one result with its limits.

    >>> [indicator(text, "2", "4") for text in ("1", "2", "5", "<1", "<3", ">5", "", "POS")]
    ['LOW', 'NORMAL', 'HIGH', 'LOW', '', 'HIGH', '', '']
    >>> indicator("3", "", ""), indicator("3", "", "4"), indicator("5", "", "4")
    ('', 'NORMAL', 'HIGH')
    """
    lower, upper = to_number(low.strip()), to_number(high.strip())
    sign = result[:1] if result[:1] in "<>" else ""
    value = to_number(result.lstrip("<>").lstrip("=").strip() if sign else result)
    if value < lower and sign != ">":
        return "LOW"
    if value > upper and sign != "<":
        return "HIGH"
    known = not sign and not np.isnan(value) and not (np.isnan(lower) and np.isnan(upper))
    unread = any(np.isnan(limit) and text.strip() for limit, text in ((lower, low), (upper, high)))
    return "NORMAL" if known and not unread else ""
