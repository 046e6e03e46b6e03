"""Column checks: what a text must look like, said in a word or as a date format; nothing is converted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from trialkit.dateformats import compile_formats
from trialkit.dates import PartialDate
from trialkit.numerals import to_number
from trialkit.problems import Refusal

Check: TypeAlias = Callable[[str], bool]

_INTEGER = re.compile(r"[+-]?[0-9]+")
_WORDS: dict[str, Check] = {
    "text": lambda text: True,
    "integer": lambda text: _INTEGER.fullmatch(text) is not None,
    "number": lambda text: to_number(text) == to_number(text),
}


def column_check(text: str) -> Check:
    """Make the test that a column check stands for.

    Args:
        text: ``text``, ``integer``, ``number``, or a date format as ``trialkit.dateformats`` describes
            them, such as ``DD-MON-YYYY``.

    Returns:
        A test of one non-missing text. A date must exist in the calendar.

    Raises:
        ValueError: the text is neither a known word nor a date format.

    >>> [column_check("YYYY-MM-DD")(text) for text in ("2020-02-29", "2021-02-29", "2021-2-1")]
    [True, False, False]
    >>> [column_check("number")(text) for text in ("1.5e3", "<5", "inf", "NaN")]
    [True, False, False, False]
    """
    if text in _WORDS:
        return _WORDS[text]
    try:
        formats = compile_formats([text], unknown=())
    except Refusal as refusal:
        why = refusal.problems[0].what.removeprefix(f"date format {text!r} ")
        raise ValueError(f"'{text}' is not text, integer, number or a date format: it {why}") from None
    return lambda value: isinstance(formats.read(value), PartialDate)
