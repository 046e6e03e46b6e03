"""The functions of the expression language: each takes one value and, at most, one quoted text."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

Gives: TypeAlias = Literal["condition", "text", "number"]

LONGEST_PATTERN = 200
MOST_REPEATS = 10

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_INNER = re.compile(r"\((?:\?(?::|P<\w+>|<?[=!]))?([^()]*)\)([*+{]?)")


@dataclass(frozen=True, slots=True)
class Function:
    """One function that an expression may call.

    Args:
        gives: what it gives: a condition, a text or a number.
        apply: the computation for one value and the quoted text.
        arguments: 1, or 2 where a quoted text follows the value.
        texts_only: refuse numbers.

    >>> FUNCTIONS["startswith"].apply("ALT 3", "ALT")
    True
    """

    gives: Gives
    apply: Callable[[Any, str], str | float | bool]
    arguments: int = 1
    texts_only: bool = True


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


def pattern_fault(pattern: str) -> str:
    """Say why a regular expression is refused; empty where it is fine.

    Repeats within repeats, repeated alternatives, back references and more than ten repeats are
    refused: the time they take can explode with the length of a text.

    >>> pattern_fault(r"WEEK [0-9]+"), pattern_fault("(a+)+")
    ('', 'it repeats too much, or repeats a repeat or an alternative')
    >>> pattern_fault("(")
    'it is no regular expression'
    """
    if len(pattern) > LONGEST_PATTERN:
        return f"it is longer than {LONGEST_PATTERN} characters"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            groups = re.compile(pattern)
    except (re.error, RecursionError, OverflowError, Warning):
        return "it is no regular expression"
    if groups.flags & re.VERBOSE or re.search(r"\\[1-9]|\(\?P=|\(\?\(", pattern):
        return "it has a back reference or a flag"
    return "it repeats too much, or repeats a repeat or an alternative" if _explodes(pattern) else ""


def _explodes(pattern: str) -> bool:
    """Find a repeated group that holds a repeat or an alternative, from the innermost group out."""
    bare = _ATOM.sub("x", pattern)
    if len(re.findall(r"[*+{]|(?<!\()\?", bare)) > MOST_REPEATS:
        return True
    while match := _INNER.search(bare):
        busy = re.search(r"[*+?{|]", match[1])
        if busy and match[2]:
            return True
        bare = bare[: match.start()] + ("x+" if busy else "x") + match[2] + bare[match.end() :]
    return False


FUNCTIONS: dict[str, Function] = {
    "startswith": Function("condition", lambda value, text: value.startswith(text), 2),
    "endswith": Function("condition", lambda value, text: value.endswith(text), 2),
    "contains": Function("condition", lambda value, text: text in value, 2),
    "matches": Function("condition", lambda value, text: bool(re.fullmatch(text, value)), 2),
    "length": Function("number", lambda value, _: float(len(value))),
    "upper": Function("text", lambda value, _: value.upper()),
    "lower": Function("text", lambda value, _: value.lower()),
    "number": Function(
        "number", lambda value, _: to_number(value) if isinstance(value, str) else value, texts_only=False
    ),
    "text": Function(
        "text", lambda value, _: value if isinstance(value, str) else to_text(value), texts_only=False
    ),
}
