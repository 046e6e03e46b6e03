"""What a page is made of: texts, rectangles, annotations, destinations and links, with places in points.

The origin is the lower left corner of the page, as in PDF.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

WIDTH, HEIGHT = 595.28, 841.89  # A4
LEFT, RIGHT, TOP, BOTTOM = 36.0, WIDTH - 36.0, HEIGHT - 34.0, 44.0


class Colour(NamedTuple):
    """Red, green and blue, each 0 to 1.

    >>> Colour.of(255, 255, 150).red
    1.0
    """

    red: float
    green: float
    blue: float

    @classmethod
    def of(cls, red: int, green: int, blue: int) -> Colour:
        """Make it from parts of 255.

        >>> Colour.of(0, 0, 0)
        Colour(red=0.0, green=0.0, blue=0.0)
        """
        return cls(red / 255, green / 255, blue / 255)


BLACK, WHITE = Colour.of(0, 0, 0), Colour.of(255, 255, 255)
INK, GREY, PALE, RULE = (
    Colour.of(32, 38, 46),
    Colour.of(105, 112, 122),
    Colour.of(238, 241, 245),
    Colour.of(205, 210, 217),
)
# blue, yellow, green and orange as annotated forms usually have them, then others that are told from them
COLOURS = (
    Colour.of(191, 255, 255), Colour.of(255, 255, 150), Colour.of(150, 255, 150), Colour.of(255, 190, 155),
    Colour.of(225, 205, 255), Colour.of(255, 205, 230), Colour.of(205, 225, 255), Colour.of(225, 235, 190),
    Colour.of(235, 220, 200), Colour.of(205, 240, 225),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; ``y`` is its base line.

    >>> Text(36, 800, "Age").size
    8.5
    """

    x: float
    y: float
    text: str
    font: str = "acrf"
    size: float = 8.5
    colour: Colour = INK


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle with its lower left corner at ``x, y``.

    >>> Rectangle(36, 800, 10, 5).fill is None
    True
    """

    x: float
    y: float
    width: float
    height: float
    fill: Colour | None = None
    line: Colour | None = RULE


@dataclass(frozen=True, slots=True)
class Note:
    """An annotation: a box with lines of text.

    >>> Note(300, 800, 80, 12, ("DMDTC",), "DMDTC").dashed
    False
    """

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    contents: str
    fill: Colour = WHITE
    ink: Colour = BLACK
    font: str = "acrf"
    size: float = 7.5
    dashed: bool = False
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A named destination, and the bookmark that leads there where it has a title.

    >>> Anchor("SUBJ", 800).name
    'SUBJ'
    """

    name: str
    y: float


@dataclass(frozen=True, slots=True)
class Link:
    """A rectangle that leads to a destination.

    >>> Link(36, 800, 100, 10, "SUBJ").to
    'SUBJ'
    """

    x: float
    y: float
    width: float
    height: float
    to: str


Shape: TypeAlias = Text | Rectangle | Note | Anchor | Link


@dataclass(slots=True)
class Page:
    """One page and what is on it.

    >>> Page().shapes
    []
    """

    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        """Put something on the page.

        >>> page = Page()
        >>> page.add(Anchor("SUBJ", 800))
        >>> len(page.shapes)
        1
        """
        self.shapes.extend(shapes)
