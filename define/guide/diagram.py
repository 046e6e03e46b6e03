"""Diagrams as boxes, arrows and labels, with places in points from the upper left corner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from define.acrf.shapes import COLOURS, GREY, PALE, Colour

WIDTH = 523.0  # the text of a page
HEIGHT, TALL, GAP = 24.0, 31.0, 7.0
LETTER = 3.5  # about the width of a letter below the name of a box
HEAD = 20.0
WIDEST = 150.0
# told apart in grey and by readers who see no red or green (Okabe and Ito 2008)
LINES = tuple(
    Colour.of(*one)
    for one in ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (92, 92, 92), (86, 140, 180))
)


@dataclass(frozen=True, slots=True)
class Box:
    """A box with lines of text; the first is bold.

    >>> Box(0, 0, 10, 10, ("DM",)).fill.red
    0.9333333333333333
    """

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    fill: Colour = PALE


@dataclass(frozen=True, slots=True)
class Arrow:
    """A straight line with a head at its end, or a part of a line that goes on.

    >>> Arrow(0, 0, 10, 10).colour == GREY
    True
    """

    x: float
    y: float
    to_x: float
    to_y: float
    colour: Colour = GREY
    headed: bool = True


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text in the middle of a width, or from its left.

    >>> Label(0, 10, 50, "Raw data").bold
    True
    """

    x: float
    y: float
    width: float
    text: str
    bold: bool = True
    left: bool = False


Shape: TypeAlias = Box | Arrow | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes on an area; the first are below the later ones.

    >>> Drawing(100, 50).shapes
    ()
    """

    width: float
    height: float
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a flow: its title, and its boxes by name with what stands below the name.

    Args:
        title: above it.
        nodes: its boxes.
        ordered: whether the boxes stay in their order; else each is put near to those that lead to it.

    >>> Column("SDTM", {"DM": "Demographics"}).nodes["DM"]
    'Demographics'
    """

    title: str
    nodes: Mapping[str, str]
    ordered: bool = False


Edges: TypeAlias = Iterable[tuple[str, str]]


@dataclass(slots=True)
class _Flow:
    columns: Sequence[Column]
    edges: list[tuple[str, str]]
    places: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def box(self) -> float:
        return min(WIDEST, (WIDTH - 40 * (len(self.columns) - 1)) / len(self.columns))

    def x(self, place: int) -> float:
        if len(self.columns) == 1:
            return (WIDTH - self.box) / 2
        return place * (WIDTH - self.box) / (len(self.columns) - 1)

    @property
    def high(self) -> float:
        """Give the height of all boxes: more where a label needs a second line."""
        labels = [label for one in self.columns for label in one.nodes.values()]
        return TALL if any(len(one) * LETTER > self.box - 6 for one in labels) else HEIGHT

    def drawn(self) -> Drawing:
        rows = max(len(one.nodes) for one in self.columns)
        height = HEAD + rows * (self.high + GAP)
        orders = self._ordered()
        boxes: list[Shape] = []
        for place, (column, names) in enumerate(zip(self.columns, orders, strict=True)):
            boxes.append(Label(self.x(place), 11, self.box, column.title))
            top = HEAD + (rows - len(names)) * (self.high + GAP) / 2
            for number, name in enumerate(names):
                y = top + number * (self.high + GAP)
                self.places[f"{place} {name}"] = (self.x(place), y)
                lines = tuple(filter(None, (name, column.nodes[name])))
                boxes.append(Box(self.x(place), y, self.box, self.high, lines, COLOURS[place % len(COLOURS)]))
        return Drawing(WIDTH, height, (*self._arrows(), *boxes))

    def _ordered(self) -> list[list[str]]:
        """Put the boxes of each column near to those that lead to them."""
        orders = [list(one.nodes) for one in self.columns]
        for place in range(1, len(orders)):
            if self.columns[place].ordered:
                continue
            before = {name: row for earlier in orders[:place] for row, name in enumerate(earlier)}
            orders[place].sort(key=lambda name: self._middle(name, before))
        return orders

    def _middle(self, name: str, before: Mapping[str, int]) -> float:
        rows = [before[start] for start, end in self.edges if end == name and start in before]
        return sum(rows) / len(rows) if rows else float(len(before))

    def _arrows(self) -> list[Shape]:
        found: list[Shape] = []
        starts = list(dict.fromkeys(start for start, _ in self.edges))
        for start, end in self.edges:
            from_place, to_place = self._place(start), self._place(end)
            if from_place is None or to_place is None or from_place >= to_place:
                continue
            x, y = self.places[f"{from_place} {start}"]
            to_x, to_y = self.places[f"{to_place} {end}"]
            number = starts.index(start)
            colour = LINES[number % len(LINES)]
            ways = [(x + self.box, y + self.high / 2)]
            for place in range(from_place + 1, to_place):
                ways += self._around(place, ways[-1], (to_x, to_y + self.high / 2), number)
            ways.append((to_x, to_y + self.high / 2))
            found += [
                Arrow(*here, *there, colour, headed=there == ways[-1]) for here, there in pairwise(ways)
            ]
        return found

    def _around(
        self, place: int, here: tuple[float, float], there: tuple[float, float], number: int
    ) -> list[tuple[float, float]]:
        """Lead a line through a column, between two of its boxes, near to the straight way."""
        left = self.x(place)
        straight = here[1] + (there[1] - here[1]) * (left - here[0]) / (there[0] - here[0])
        tops = [self.places[f"{place} {name}"][1] for name in self.columns[place].nodes]
        free = [min(tops) - GAP / 2, *(top + self.high + GAP / 2 for top in tops)]
        inside = free[0] < straight < max(free)
        y = min(free, key=lambda one: abs(one - straight)) if inside else straight
        y += (number % 3 - 1) * 1.5  # lines of several boxes side by side
        return [(left, y), (left + self.box, y)]

    def _place(self, name: str) -> int | None:
        return next((place for place, one in enumerate(self.columns) if name in one.nodes), None)


def flow(columns: Iterable[Column], edges: Edges) -> Drawing:
    """Draw columns of boxes with arrows from left to right; an empty column is left out.

    Args:
        columns: from left to right.
        edges: pairs of names of boxes.

    >>> made = flow([Column("Raw", {"A": ""}), Column("SDTM", {"DM": ""})], [("A", "DM")])
    >>> [type(one).__name__ for one in made.shapes]
    ['Arrow', 'Label', 'Box', 'Label', 'Box']
    """
    filled = [one for one in columns if one.nodes]
    return _Flow(filled, list(dict.fromkeys(edges))).drawn() if filled else Drawing(WIDTH, 0)


def chains(rows: Mapping[str, Sequence[tuple[str, str, str]]]) -> Drawing:
    """Draw a row of boxes for each name, such as the elements of each arm, in the colours of their groups.

    Args:
        rows: for each name the code and text of a box and its group.

    >>> made = chains({"IL-2": [("SCRN", "Screening", "SCREENING"), ("IL2", "IL-2", "TREATMENT")]})
    >>> len(made.shapes)
    8
    """
    shapes: list[Shape] = []
    groups = list(dict.fromkeys(group for row in rows.values() for _, _, group in row))
    y = 0.0
    for name, row in rows.items():
        shapes.append(Label(0, y + 10, WIDTH, name, left=True))
        y += 16
        for start in range(0, len(row), 7):
            shapes += _line(row[start : start + 7], y, groups, more=start + 7 < len(row))
            y += TALL + GAP
        y += 4
    width = 120.0
    for number, group in enumerate(groups):
        across, down = number % 4, number // 4
        fill = COLOURS[number % len(COLOURS)]
        shapes.append(Box(across * (width + 8), y + down * 20, 12, 12, (), fill))
        shapes.append(
            Label(across * (width + 8) + 16, y + down * 20 + 9, width - 16, group, False, left=True)
        )
    return Drawing(WIDTH, y + 20 * -(-len(groups) // 4), tuple(shapes))


def _line(row: Sequence[tuple[str, str, str]], y: float, groups: Sequence[str], *, more: bool) -> list[Shape]:
    width = (WIDTH - 6 * 14) / 7
    made: list[Shape] = []
    for number, (code, text, group) in enumerate(row):
        x = number * (width + 14)
        if number + 1 < len(row) or more:
            made.append(Arrow(x + width, y + TALL / 2, min(x + width + 14, WIDTH), y + TALL / 2))
        made.append(Box(x, y, width, TALL, (code, text), COLOURS[groups.index(group) % len(COLOURS)]))
    return made
