"""The functions of the expression language: each takes one value and, at most, one quoted text."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from trialkit.numerals import to_number, to_text

Gives: TypeAlias = Literal["condition", "text", "number"]

LONGEST_PATTERN = 200
MOST_REPEATS = 10

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
        "number",
        lambda value, _: to_number(value.strip()) if isinstance(value, str) else value,
        texts_only=False,
    ),
    "text": Function(
        "text", lambda value, _: value if isinstance(value, str) else to_text(value), texts_only=False
    ),
}
