"""How a number is read from a text, and how it is written: one way for rules, checks, readers and reports."""

from __future__ import annotations

import math
import re

import numpy as np

from trialkit.column import Column

_DECIMAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_NUMBER = re.compile(rf"{_DECIMAL}(?:[eE][+-]?[0-9]+)?")
_LIMIT = re.compile(rf"(<=|>=|<|>|≤|≥)?\s*({_DECIMAL}(?:[eE][+-]?[0-9]{{1,3}})?)")


def to_number(text: str) -> float:
    """Read a decimal number; NaN where text is none, is ``inf`` or ``nan``, or is too large.

    >>> to_number("3.20"), to_number("<5"), to_number("inf"), to_number("1e999")
    (3.2, nan, nan, nan)
    """
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else math.nan


def to_text(value: float) -> str:
    """Write a number as its shortest text of at most 15 digits, without an exponent; NaN is missing.

    Fifteen digits are what every double can hold, and what SAS shows.

    >>> to_text(3.0), to_text(0.1 + 0.2), to_text(float("nan"))
    ('3', '0.3', '')
    """
    if math.isnan(value):
        return ""
    rounded = float(f"{value:.15g}")
    exact = (value.is_integer() and abs(value) < 2**53) or math.isinf(rounded)
    return np.format_float_positional((value if exact else rounded) + 0.0, trim="-")


def limit_and_number(text: str) -> tuple[str, str] | None:
    """Take a result such as ``<0.5`` apart: its comparator and its number; None for other texts.

    >>> limit_and_number("<= 0.5"), limit_and_number("7E2"), limit_and_number("POSITIVE")
    (('<=', '0.5'), ('', '7E2'), None)
    """
    found = _LIMIT.fullmatch(text.strip())
    return (found[1] or "", found[2]) if found else None


def as_text(column: Column) -> Column:
    """Write numbers in their shortest form; texts stay as they are.

    >>> as_text(Column.numbers([1.0, np.nan])).objects().tolist()
    ['1', '']
    """
    if column.kind == "text":
        return column
    small = column.distinct()
    return Column(np.array([to_text(value) for value in small.values.tolist()], object), small.codes)


def texts(column: Column) -> list[str]:
    """Give the values of a column as texts, row by row.

    >>> texts(Column.numbers([1.0, float("nan")]))
    ['1', '']
    """
    made: list[str] = as_text(column).objects().tolist()
    return made
