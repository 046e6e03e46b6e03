"""Checks of single values: each runs on the distinct values of a variable, never on its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trialkit import ibm
from trialkit.built import Meta
from trialkit.checks.validation import load_pandera
from trialkit.problems import Kind
from trialkit.xptlimits import ASCII, BLANKS, CONTROL, LENGTH, MOST_BYTES, RANGE

if TYPE_CHECKING:
    from pandera.pandas import Check

NULL = Kind(
    "CHECK-102",
    "required variable is null",
    "Map a value for every record, or exclude the record with a reason.",
)
_CONTROL = re.compile("[\x00-\x1f\x7f]")


def no_hint(values: Sequence[Any]) -> str:
    """Give no more help than the kind of problem does.

    >>> no_hint(["x"])
    ''
    """
    return ""


@dataclass(frozen=True, eq=False, slots=True)
class ValueCheck:
    """One check of the distinct values of a variable.

    A missing number never reaches ``passes``; a missing text does, as the empty string.

    Args:
        kind: the kind of problem; a variable has at most one check of each kind.
        what: the sentence of the problem, without subject data.
        passes: whether one value is good.
        hint: more help, from the values at fault.
        surely: whether all values are certain to pass, where that is quicker to know.

    >>> short = ValueCheck(NULL, "too long", lambda text: len(text) < 9)
    >>> short.good(pd.Series(["a", "abcdefghi"])).tolist()
    [True, False]
    """

    kind: Kind
    what: str
    passes: Callable[[Any], bool]
    hint: Callable[[Sequence[Any]], str] = no_hint
    surely: Callable[[Sequence[Any]], bool] | None = None

    def good(self, series: pd.Series[Any]) -> pd.Series[bool]:
        """Mark the values that pass; shape (values,).

        >>> ValueCheck(NULL, "null", bool).good(pd.Series(["a", ""], index=[4, 7])).to_dict()
        {4: True, 7: False}
        """
        values = series.tolist()
        if self.surely is not None and values and self.surely(values):
            return pd.Series(True, index=series.index)
        return pd.Series([self.passes(value) for value in values], index=series.index, dtype=bool)

    def as_pandera(self) -> Check:
        """Give the check as pandera runs it; its name is the code of the problem.

        >>> ValueCheck(NULL, "is null", bool).as_pandera().name
        'CHECK-102'
        """
        check: Check = load_pandera().Check(
            self.good, name=self.kind.code, title=self.kind.title, description=self.kind.fix, error=self.what
        )
        return check


def required(meta: Meta) -> list[ValueCheck]:
    """Give the check that a required variable is never null (SDTMIG 3.4, section 4.1.5).

    >>> [check.what for check in required(Meta("SEX", "Sex", "Char", core="Req"))]
    ['required variable is null']
    """
    return [ValueCheck(NULL, NULL.title, bool)] if meta.core == "Req" else []


def texts(meta: Meta) -> list[ValueCheck]:
    """Give the checks of what a version 5 transport file can hold in a text (SAS TS-140).

    >>> [check.what for check in texts(Meta("SEX", "Sex", "Char", length=1)) if not check.passes("Fé ")]
    ['text is longer than 1 bytes', 'text is not ASCII', 'text ends with a blank']
    """
    limit = min(meta.length or MOST_BYTES, MOST_BYTES)
    return [
        ValueCheck(
            LENGTH,
            f"text is longer than {limit} bytes",
            lambda text: len(text.encode()) <= limit,
            surely=lambda values: 4 * max(map(len, values)) <= limit,
        ),
        ValueCheck(ASCII, "text is not ASCII", str.isascii, surely=lambda values: "".join(values).isascii()),
        ValueCheck(
            CONTROL,
            "text has control characters",
            lambda text: not _CONTROL.search(text),
            surely=lambda values: not _CONTROL.search("".join(values)),
        ),
        ValueCheck(BLANKS, "text ends with a blank", lambda text: not text.endswith(" ")),
    ]


def numbers() -> list[ValueCheck]:
    """Give the check of the numbers that a version 5 transport file can hold (SAS TS-140).

    >>> [check.passes(value) for check in numbers() for value in (63.0, 1e99)]
    [True, False]
    """
    return [
        ValueCheck(
            RANGE,
            "number is out of range",
            lambda value: bool(ibm.holds(np.array([value]))[0]),
            surely=lambda values: bool(ibm.holds(np.array(values)).all()),
        )
    ]
