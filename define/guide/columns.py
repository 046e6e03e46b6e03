"""How wide the columns of a table are: as their shares say, but none narrower than its longest word."""

from __future__ import annotations

from collections.abc import Sequence

from define.acrf.fonts import BODY, BOLD, Fonts
from define.guide.content import Table, plain

SIZE, PADDING = 8.0, 8.0  # of the text of a cell, and around it with something for rounding


def column_widths(one: Table, fonts: Fonts, full: float, padding: float = PADDING) -> list[float]:
    """Give the width of each column in points; all of them together fill the width.

    Args:
        one: the table.
        fonts: measure its words.
        full: the width that there is.
        padding: what stands left and right of a text.

    >>> from define.guide.content import text_of
    >>> made = Table("T", ("A", "B"), ((text_of("a" * 20), text_of("b")),), (1, 9))
    >>> [round(width) for width in column_widths(made, Fonts.of(["ab"]), 300)]
    [106, 194]
    """
    needed = [_longest(one, place, fonts) + padding for place in range(len(one.head))]
    share = full / sum(one.widths)
    return _widened([width * share for width in one.widths], needed, full)


def _longest(one: Table, place: int, fonts: Fonts) -> float:
    """Measure the longest word of a column; names of columns are bold, as is what stands out."""
    words = {(BOLD, word) for word in one.head[place].split()}
    for row in one.rows:
        font = BOLD if any(span.bold for span in row[place]) else BODY
        words |= {(font, word) for word in plain(row[place]).split()}
    return max((fonts.width(word, font, SIZE) for font, word in words), default=0.0)


def _widened(widths: Sequence[float], needed: Sequence[float], full: float) -> list[float]:
    """Take from the columns that have more than they need what the others lack."""
    if sum(needed) > full:  # words that fit nowhere are broken
        needed = [min(one, full / len(needed)) for one in needed]
    lack = sum(max(0.0, least - width) for width, least in zip(widths, needed, strict=True))
    spare = sum(max(0.0, width - least) for width, least in zip(widths, needed, strict=True))
    part = lack / spare if spare else 0.0
    return [
        least if width < least else width - (width - least) * part
        for width, least in zip(widths, needed, strict=True)
    ]
