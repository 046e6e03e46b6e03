"""A form on pages: its head, which is repeated on every page, and its fields as rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from define.acrf.boxes import colours_of, flowing, leading, note_of, stacked
from define.acrf.content import FieldContent, FormContent
from define.acrf.fonts import BODY, BOLD, Fonts, clean
from define.acrf.names import Names
from define.acrf.shapes import (
    BOTTOM,
    GREY,
    INK,
    LEFT,
    PALE,
    RIGHT,
    RULE,
    TOP,
    WHITE,
    Anchor,
    Colour,
    Page,
    Rectangle,
    Shape,
    Text,
)

LABEL_WIDTH = 178.0
ANSWER_X, ANSWER_WIDTH, ANSWER_HEIGHT = LEFT + LABEL_WIDTH + 8, 92.0, 15.0
NOTES_X = ANSWER_X + ANSWER_WIDTH + 10
ROW_PAD = 5.0
LABEL_LINES = 12
Line = tuple[str, str, float, Colour]


@dataclass(slots=True)
class FormPlacer:
    """Places one form.

    Args:
        form: what stands on it.
        fonts: the fonts.
        names: the names of destinations.

    >>> from define.acrf.samples import sample_writer
    >>> len(FormPlacer(sample_writer().form("VITALS"), Fonts.of([]), Names()).placed())
    1
    """

    form: FormContent
    fonts: Fonts
    names: Names
    pages: list[Page] = field(default_factory=list)
    y: float = 0.0

    def placed(self) -> list[Page]:
        """Place the form; gives its pages.

        >>> from define.acrf.samples import sample_writer
        >>> pages = FormPlacer(sample_writer().form("VITALS"), Fonts.of([]), Names()).placed()
        >>> [one.name for one in pages[0].shapes if isinstance(one, Anchor)][:2]
        ['VITALS', 'VITALS.SUBJ']
        """
        self._new_page()
        for title, fields in self.form.sections:
            rows = [self._row(one) for one in fields]
            if title:
                self._heading(title, rows[0][1] if rows else 0.0)
            for shapes, height in rows:
                self._put(shapes, height)
        return self.pages

    def _new_page(self) -> None:
        again = bool(self.pages)
        self.pages.append(Page())
        self.y = TOP - 14
        if not again:
            self.pages[0].add(Anchor(self.names.of(self.form.source), self.y + 14))
        self._title(again)
        self._heads(again)
        self._columns()

    def _title(self, again: bool) -> None:
        title = f"{self.form.title} (continued)" if again else self.form.title
        original = self.form.original if self.fonts.has(self.form.original) else ""
        lines = [(line, BOLD, 14.0, INK) for line in self.fonts.wrapped(title, BOLD, 14, RIGHT - LEFT, 4)]
        lines += [
            (line, BODY, 10.0, GREY) for line in self.fonts.wrapped(original, BODY, 10, RIGHT - LEFT, 2)
        ]
        if not again:
            for about in self.form.about:
                found = self.fonts.wrapped(about, BODY, 7.5, RIGHT - LEFT, 3)
                lines += [(line, BODY, 7.5, GREY) for line in found]
        for text, font, size, colour in lines:
            self.y -= leading(size)
            self.pages[-1].add(Text(LEFT, self.y, text, font, size, colour))
        self.y -= 7

    def _heads(self, again: bool) -> None:
        """Put the annotations of the form; on a further page the domains alone, as legend of the colours."""
        colours = colours_of(self.form.domains)
        width = RIGHT - LEFT
        for kinds in (("domain",), ("variable", "relation")):
            boxes = [
                box for box in self.form.heads if box.kind in kinds and (not again or kinds[0] == "domain")
            ]
            notes = [note_of(box, self.fonts, width, colours) for box in boxes]
            if notes:
                placed, height = flowing(notes, LEFT, self.y, width)
                self.pages[-1].add(*placed)
                self.y -= height + 4
        self.y -= 2

    def _columns(self) -> None:
        self.y -= 10
        for x, text in ((LEFT + 2, "Field"), (ANSWER_X, "Answer"), (NOTES_X, "Annotation")):
            self.pages[-1].add(Text(x, self.y, text, BOLD, 7, GREY))
        self.y -= 4
        self.pages[-1].add(Rectangle(LEFT, self.y, RIGHT - LEFT, 0.0, None, GREY))

    def _heading(self, title: str, next_height: float) -> None:
        lines = self.fonts.wrapped(title, BOLD, 8.5, RIGHT - LEFT - 8, 3)
        height = len(lines) * leading(8.5) + 6
        if self.y - height - next_height < BOTTOM:
            self._new_page()
        self.y -= height
        self.pages[-1].add(Rectangle(LEFT, self.y, RIGHT - LEFT, height, PALE, None))
        for number, line in enumerate(lines):
            base = self.y + height - 3 - leading(8.5) * (number + 1) + 2
            self.pages[-1].add(Text(LEFT + 4, base, line, BOLD, 8.5, INK))

    def _put(self, shapes: list[Shape], height: float) -> None:
        """Put a row, which was measured from 0 downwards, below the last one."""
        if self.y - height < BOTTOM:
            self._new_page()
        self.pages[-1].add(*(_moved(one, self.y) for one in shapes))
        self.y -= height
        self.pages[-1].add(Rectangle(LEFT, self.y, RIGHT - LEFT, 0.0, None, RULE))

    def _row(self, one: FieldContent) -> tuple[list[Shape], float]:
        shapes: list[Shape] = [Anchor(self.names.of(self.form.source, one.column), 2)]
        y = -ROW_PAD
        for text, font, size, colour in self._label(one):
            y -= leading(size)
            shapes.append(Text(LEFT + 2, y + 1.5, text, font, size, colour))
        colours = colours_of(self.form.domains)
        notes = [note_of(box, self.fonts, RIGHT - NOTES_X, colours) for box in one.boxes]
        placed, taken = stacked(notes, NOTES_X, -ROW_PAD)
        answer = Rectangle(ANSWER_X, -ROW_PAD - ANSWER_HEIGHT, ANSWER_WIDTH, ANSWER_HEIGHT, WHITE, GREY)
        height = max(-y, taken + ROW_PAD, ANSWER_HEIGHT + ROW_PAD) + ROW_PAD
        return [*shapes, answer, *placed], height

    def _label(self, one: FieldContent) -> Iterator[Line]:
        """Give the lines that name a field: in English, in the language of the form, and its column."""
        original = clean(one.original) if self.fonts.has(one.original) else ""
        main = clean(one.label) or original or clean(one.column)
        width = LABEL_WIDTH - 4
        for line in self.fonts.wrapped(main, BOLD, 8.5, width, LABEL_LINES):
            yield line, BOLD, 8.5, INK
        if original and original != main:
            for line in self.fonts.wrapped(original, BODY, 8, width, LABEL_LINES):
                yield line, BODY, 8.0, INK
        if clean(one.column) != main:
            for line in self.fonts.wrapped(one.column, BODY, 6.5, width, 3):
                yield line, BODY, 6.5, GREY


def _moved(shape: Shape, by: float) -> Shape:
    return replace(shape, y=shape.y + by)
