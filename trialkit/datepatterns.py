"""The language of date formats: patterns that look like the dates they read.

A date format is written as the text looks: ``YYYY-MM-DD``, ``YYYY年M月D日``, ``DD-MON-YYYY``,
``M/D/YYYY h:mm[:ss]``.

| token | stands for |
|---|---|
| ``YYYY`` | year, 4 digits |
| ``YY`` | year, 2 digits; needs a declared year cutoff |
| ``MM``, ``M`` | month, 2 digits; 1 or 2 digits |
| ``MON``, ``MONTH`` | English month: JAN; January; in any case |
| ``DD``, ``D`` | day |
| ``hh``, ``h`` | hour |
| ``mm``, ``m`` | minute |
| ``ss``, ``s`` | second |
| ``f`` | digits of the fraction of the second |
| ``AM`` | half of the day: AM, A.M., 上午, PM, P.M., 下午 |
| ``Z`` | offset from UTC: Z, +08:00, +0800 |
| ``[...]`` | a part that may be absent |
| ``{rest}`` or ``…`` | anything, declared to be ignored; tried only when no format without it fits |
| ``'...'`` | these letters as they are |
| a blank | one or more blanks |

Other signs stand for themselves. A component may also be one of the declared unknown tokens.

Four formats have a name instead: ``iso`` (ISO 8601 as it is, parts unknown or not), ``excel`` (the serial
number of a spreadsheet, 1900 date system), ``sas-date`` and ``sas-datetime`` (days and seconds since
1960-01-01).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

Token: TypeAlias = tuple[str, str]

LONGEST_FORMAT = 100
MOST_OPTIONS = 8

_MONTHS = (
    *("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE"),
    *("JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"),
)
MONTH_NUMBERS = {name[:size]: place for place, name in enumerate(_MONTHS, 1) for size in (3, len(name))}
HALVES = {"AM": 0, "A.M.": 0, "上午": 0, "PM": 12, "P.M.": 12, "下午": 12}
_TOKENS: dict[str, tuple[str, str]] = {
    "YYYY": ("year", "[0-9]{4}"),
    "YY": ("short", "[0-9]{2}"),
    "MONTH": ("month", "|".join(_MONTHS)),
    "MON": ("month", "|".join(name[:3] for name in _MONTHS)),
    "MM": ("month", "[0-9]{2}"),
    "M": ("month", "[0-9]{1,2}"),
    "DD": ("day", "[0-9]{2}"),
    "D": ("day", "[0-9]{1,2}"),
    "hh": ("hour", "[0-9]{2}"),
    "h": ("hour", "[0-9]{1,2}"),
    "mm": ("minute", "[0-9]{2}"),
    "m": ("minute", "[0-9]{1,2}"),
    "ss": ("second", "[0-9]{2}"),
    "s": ("second", "[0-9]{1,2}"),
    "f": ("fraction", "[0-9]+"),
    "AM": ("half", "|".join(map(re.escape, HALVES))),
    "Z": ("offset", "Z|[+-][0-9]{2}(?::?[0-9]{2})?"),
}
_OPEN = ("M", "D", "h", "m", "s", "f")
_WORDS = ("MON", "MONTH", "AM", "Z")
DATE_PARTS = ("year", "month", "day")
NUMBERS = (*DATE_PARTS, "hour", "minute", "second")
_LEXER = re.compile(
    r"(?P<token>YYYY|YY|MONTH|MON|MM|M|DD|D|hh|h|mm|m|ss|s|f|AM|Z)|(?P<rest>…|\{rest\})|'(?P<quoted>[^']*)'"
    r"|(?P<open>\[)|(?P<close>\])|(?P<blank>\s+)|(?P<sign>T|[^A-Za-z'{}])|(?P<bad>[A-Za-z]+|.)",
    re.DOTALL,
)


def _tokens(text: str) -> list[Token]:
    """Split a format into (kind, text) tokens."""
    return [(str(match.lastgroup), match[match.lastgroup or 0]) for match in _LEXER.finditer(text)]


def fault(text: str, year_cutoff: int | None = None) -> tuple[str, str] | None:
    """Give the first thing that is wrong with a pattern and how to fix it.

    >>> fault("YYYY-MM-DD"), fault("DD/MM/YY")[0]
    (None, 'has a two-digit year')
    """
    if not text.strip() or len(text) > LONGEST_FORMAT:
        return "is empty or too long", f"Write at most {LONGEST_FORMAT} characters."
    tokens = _tokens(text)
    return _bad_token(tokens) or _bad_shape(tokens, year_cutoff)


def compile_pattern(text: str, unknown: Sequence[str]) -> re.Pattern[str]:
    """Compile a pattern without a fault; its groups are the components.

    >>> compile_pattern("M/D/YYYY", ["UNK"]).fullmatch("3/unk/2021").groupdict()
    {'month': '3', 'day': 'unk', 'year': '2021'}
    """
    source = "".join(_source(kind, word, unknown) for kind, word in _tokens(text))
    return re.compile(source, re.IGNORECASE | re.ASCII)


def ignores_rest(text: str) -> bool:
    """Say whether a pattern ignores a part of the text.

    >>> ignores_rest("YYYY年{rest}"), ignores_rest("YYYY年")
    (True, False)
    """
    return any(kind == "rest" for kind, _ in _tokens(text))


def _bad_token(tokens: Sequence[Token]) -> Token | None:
    """Find what the format language does not have."""
    kinds = [kind for kind, _ in tokens]
    if bad := [word for kind, word in tokens if kind == "bad"]:
        hint = "Write YYYY, MM, DD, hh, mm, ss, MON for English month names; put other letters in quotes"
        return f"has '{bad[0]}', which stands for nothing", f"{hint}."
    depth = np.cumsum([0, *((kind == "open") - (kind == "close") for kind in kinds)])
    if depth.min() < 0 or depth[-1]:
        return "has a bracket without its partner", "Write [...] around a part that may be absent."
    if kinds.count("rest") > 1 or kinds.count("open") > MOST_OPTIONS:
        return "ignores or leaves out too much", f"Write one {{rest}} and at most {MOST_OPTIONS} brackets."
    return None


def _bad_shape(tokens: Sequence[Token], year_cutoff: int | None) -> Token | None:
    """Find components that are absent, doubled, or run into each other."""
    words = [word for kind, word in tokens if kind == "token"]
    names = [_TOKENS[word][0].replace("short", "year") for word in words]
    if not set(names) & set(NUMBERS):
        return "has no date or time component", "Write at least one of YYYY, MM, DD, hh, mm, ss."
    if doubled := [name for name in names if names.count(name) > 1]:
        return f"has the {doubled[0]} twice", "MM is the month, mm the minute; MON is an English month name."
    if "YY" in words and year_cutoff is None:
        return "has a two-digit year", "Declare a year cutoff, the first of the hundred years it can be."
    if "minute" in names and "hour" not in names and set(names) & set(DATE_PARTS):
        return "has minutes without hours", "MM is the month, mm the minute."
    if ("half" in names and "hour" not in names) or ("fraction" in names and "second" not in names):
        return "has AM without an hour or f without a second", "Write h AM or ss.f."
    if run := _runs_together(tokens):
        return f"has '{run}', which can't be told apart", "Write MM, DD, hh, mm, ss where nothing separates."
    return None


def _runs_together(tokens: Sequence[Token]) -> str:
    """Find a number of open width directly before another number."""
    plain = [token for token in tokens if token[0] not in ("open", "close")]
    for (_, one), (kind, other) in itertools.pairwise(plain):
        if one in _OPEN and kind == "token" and other not in _WORDS:
            return one + other
    return ""


def _source(kind: str, word: str, unknown: Sequence[str]) -> str:
    """Give the regular expression of one token."""
    fixed = {"rest": ".*", "open": "(?:", "close": ")?", "blank": r"\s+"}
    if kind != "token":
        return fixed.get(kind) or re.escape(word)
    name, digits = _TOKENS[word]
    dated = name in (*DATE_PARTS, "short")
    tokens = [token for token in unknown if dated or (name in NUMBERS and not token.isdigit())]
    either = "|".join([digits, *map(re.escape, tokens)])
    return f"(?P<{name}>{either})"
