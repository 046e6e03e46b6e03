"""Annotations as boxes: how each kind looks, and how boxes stand beside or below each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from define.acrf.content import Box
from define.acrf.fonts import BODY, BOLD, SLANTED, Fonts
from define.acrf.shapes import BLACK, COLOURS, GREY, PALE, WHITE, Colour, Note

PAD = 3.0
GAP = 3.0
MOST_LINES = 20
LOOKS: dict[str, tuple[str, float, Colour, Colour, bool]] = {
    "domain": (BOLD, 9.0, WHITE, BLACK, False),
    "variable": (BODY, 7.5, WHITE, BLACK, False),
    "several": (BODY, 7.5, WHITE, BLACK, False),
    "relation": (BODY, 7.5, WHITE, BLACK, False),
    "use": (SLANTED, 7.0, WHITE, GREY, True),
    "none": (BOLD, 7.0, PALE, GREY, False),
}


def colours_of(datasets: Sequence[str]) -> dict[str, Colour]:
    """Give the datasets of a form their colours, in turn.

    >>> colours_of(["DM", "DS"])["DS"] == COLOURS[1]
    True
    """
    return {dataset: COLOURS[number % len(COLOURS)] for number, dataset in enumerate(datasets)}


def note_of(box: Box, fonts: Fonts, width: float, colours: Mapping[str, Colour]) -> Note:
    """Measure a box; it is as narrow as its text, and stands at 0, 0.

    >>> note = note_of(Box("DMDTC", "variable", "DM"), Fonts.of([]), 200, colours_of(["DM"]))
    >>> note.lines, note.width < 60, note.fill == COLOURS[0]
    (('DMDTC',), True, True)
    """
    font, size, fill, ink, dashed = LOOKS[box.kind]
    lines = tuple(fonts.wrapped(box.text, font, size, width - 2 * PAD, MOST_LINES)) or ("",)
    widest = max(fonts.width(line, font, size) for line in lines)
    return Note(
        0, 0, widest + 2 * PAD, len(lines) * leading(size) + 2 * PAD - 1, lines, box.text,
        colours.get(box.dataset, fill), ink, font, size, dashed, box.dataset or box.kind,
    )  # fmt: skip


def leading(size: float) -> float:
    """Give the distance of lines.

    >>> leading(8.0)
    9.6
    """
    return round(size * 1.2, 2)


def stacked(notes: Sequence[Note], x: float, top: float) -> tuple[list[Note], float]:
    """Put boxes below each other; gives them and the height that they take.

    >>> stacked([Note(0, 0, 50, 12, ("A",), "A"), Note(0, 0, 50, 12, ("B",), "B")], 300, 800)[1]
    27.0
    """
    placed, y = [], top
    for note in notes:
        placed.append(replace(note, x=x, y=y - note.height))
        y -= note.height + GAP
    return placed, max(top - y - GAP, 0.0)


def flowing(notes: Sequence[Note], x: float, top: float, width: float) -> tuple[list[Note], float]:
    """Put boxes beside each other, in as many rows as they need; gives them and the height.

    >>> flowing([Note(0, 0, 50, 12, ("A",), "A"), Note(0, 0, 50, 12, ("B",), "B")], 36, 800, 80)[1]
    27.0
    """
    placed: list[Note] = []
    left, y, tallest = x, top, 0.0
    for note in notes:
        if left > x and left + note.width > x + width:
            left, y, tallest = x, y - tallest - GAP, 0.0
        placed.append(replace(note, x=left, y=y - note.height))
        left += note.width + 2 * GAP
        tallest = max(tallest, note.height)
    return placed, top - y + tallest
