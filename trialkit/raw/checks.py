"""Column checks: what a text must look like, said in a word or as a date pattern; nothing is converted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TypeAlias

Check: TypeAlias = Callable[[str], bool]

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WORDS = {
    "text": re.compile(r".*", re.DOTALL),
    "integer": re.compile(r"[+-]?[0-9]+"),
    "number": re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"),
}
_TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MON": rf"(?P<name>(?i:{'|'.join(_MONTHS)}))",
    "MM": r"(?P<month>0[1-9]|1[0-2])",
    "DD": r"(?P<day>0[1-9]|[12][0-9]|3[01])",
    "hh": r"([01][0-9]|2[0-3])",
    "mm": r"[0-5][0-9]",
    "ss": r"[0-5][0-9]",
}
_TOKEN = re.compile("|".join(_TOKENS))
_LEAP_YEAR = 2000


def column_check(text: str) -> Check:
    """Make the test that a column check stands for.

    Args:
        text: ``text``, ``integer``, ``number``, or a date pattern of the parts YYYY, MM, MON, DD, hh,
            mm and ss, such as ``DD-MON-YYYY``; every other character stands for itself.

    Returns:
        A test of one non-missing text. A date must exist in the calendar.

    Raises:
        ValueError: the text is neither a known word nor a date pattern.

    >>> [column_check("YYYY-MM-DD")(text) for text in ("2020-02-29", "2021-02-29", "2021-2-1")]
    [True, False, False]
    >>> [column_check("number")(text) for text in ("1.5e3", "<5", "inf", "NaN")]
    [True, False, False, False]
    """
    if text in _WORDS:
        return lambda value: _WORDS[text].fullmatch(value) is not None
    parts = _TOKEN.findall(text)
    rest = _TOKEN.sub("", text.replace("T", ""))
    if not parts or len(set(parts)) < len(parts) or re.search(r"[A-Za-z]", rest):
        raise ValueError(f"'{text}' is not text, integer, number or a date pattern such as YYYY-MM-DD")
    return _dated(re.compile(_pattern(text)))


def _pattern(text: str) -> str:
    literals, tokens = _TOKEN.split(text), _TOKEN.findall(text)
    made = [re.escape(literals[0])]
    for token, literal in zip(tokens, literals[1:], strict=True):
        made += [_TOKENS[token], re.escape(literal)]
    return "".join(made)


def _dated(pattern: re.Pattern[str]) -> Check:
    def check(value: str) -> bool:
        found = pattern.fullmatch(value)
        return found is not None and _exists(found.groupdict())

    return check


def _exists(parts: dict[str, str]) -> bool:
    month = _MONTHS.index(parts["name"].lower()) + 1 if "name" in parts else int(parts.get("month", 1))
    try:
        date(int(parts.get("year", _LEAP_YEAR)), month, int(parts.get("day", 1)))
    except ValueError:
        return False
    return True
