"""Pages as PDF: text of embedded fonts, FreeText annotations with their appearance, destinations, bookmarks.

The bytes depend on nothing but the pages: no clock, no random identifier.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reportlab.pdfbase import pdfdoc

from define.acrf.boxes import PAD, leading
from define.acrf.fonts import BODY, Fonts, clean
from define.acrf.outline import Entry
from define.acrf.shapes import (
    BOTTOM,
    GREY,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Anchor,
    Link,
    Note,
    Page,
    Rectangle,
    Shape,
    Text,
)
from define.canvas import About, EmbeddedCanvas

PRINTED = 4  # the annotation is printed with the page


@dataclass(frozen=True, slots=True)
class Description:
    """What the document says of itself.

    >>> Description("aCRF", "DEMO01", "DEMO01", datetime(2024, 1, 31)).title
    'aCRF'
    """

    title: str
    study: str
    footer: str
    created: datetime


def pdf_of(pages: Sequence[Page], entries: Sequence[Entry], fonts: Fonts, about: Description) -> bytes:
    """Write pages as a PDF file.

    Args:
        pages: the pages in order.
        entries: the bookmarks.
        fonts: the fonts of the texts.
        about: what the document says of itself.

    >>> about = Description("aCRF", "DEMO01", "DEMO01", datetime(2024, 1, 31))
    >>> pdf_of([Page([Text(36, 800, "Age")])], [], Fonts.of([]), about)[:5]
    b'%PDF-'
    """
    return _Drawing(fonts, about, len(pages)).drawn(pages, entries)


class _Drawing:
    def __init__(self, fonts: Fonts, about: Description, total: int) -> None:
        self.fonts, self.about, self.total = fonts, about, total
        self.file = io.BytesIO()
        self.canvas = EmbeddedCanvas(self.file, pagesize=(WIDTH, HEIGHT))
        self.destinations: dict[str, Any] = {}
        self.bookmarks: dict[str, list[str]] = defaultdict(list)
        self.notes = 0

    def drawn(self, pages: Sequence[Page], entries: Sequence[Entry]) -> bytes:
        about = self.about
        self.canvas.describe(About(about.title, about.study, "Annotated case report form", about.created))
        for number, entry in enumerate(entries):  # a bookmark of reportlab's has the title of its key
            self.bookmarks[entry.to].append(f"bookmark {number}")
        for number, page in enumerate(pages, 1):
            for shape in page.shapes:
                self._draw(shape)
            self._footer(number)
            self.canvas.showPage()
        for number, entry in enumerate(entries):
            title, key = clean(entry.title) or "-", f"bookmark {number}"
            self.canvas.addOutlineEntry(title, key, entry.level, closed=entry.level > 0)
        if entries:
            self.canvas.showOutline()
        self._name_destinations()
        self.canvas.save()
        return self.file.getvalue()

    def _draw(self, shape: Shape) -> None:
        match shape:
            case Text():
                self._text(shape.x, shape.y, shape.text, shape)
            case Rectangle():
                self._rectangle(shape)
            case Note():
                self._note(shape)
            case Anchor():
                for name in (shape.name, *self.bookmarks[shape.name]):
                    self.canvas.bookmarkHorizontalAbsolute(name, shape.y, left=0)
                spot = [self.canvas._doc.thisPageRef(), pdfdoc.PDFName("XYZ"), 0, shape.y, 0]
                self.destinations[shape.name] = pdfdoc.PDFArray(spot)
            case Link():
                area = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
                self.canvas.linkAbsolute("", shape.to, area, Border="[0 0 0]")

    def _text(self, x: float, y: float, text: str, look: Text | Note) -> None:
        self.canvas.setFillColorRGB(*(look.colour if isinstance(look, Text) else look.ink))
        for font, piece in self.fonts.runs(clean(text), look.font):
            self.canvas.setFont(font, look.size)
            self.canvas.drawString(x, y, piece)
            x += self.canvas.stringWidth(piece, font, look.size)

    def _rectangle(self, shape: Rectangle) -> None:
        self.canvas.setLineWidth(0.5)
        if shape.line is not None:
            self.canvas.setStrokeColorRGB(*shape.line)
        if shape.fill is not None:
            self.canvas.setFillColorRGB(*shape.fill)
        if shape.height:
            lined, filled = int(shape.line is not None), int(shape.fill is not None)
            self.canvas.rect(shape.x, shape.y, shape.width, shape.height, stroke=lined, fill=filled)
        else:
            self.canvas.line(shape.x, shape.y, shape.x + shape.width, shape.y)

    def _note(self, note: Note) -> None:
        """Add a FreeText annotation; its appearance is drawn here, so that all viewers show the same."""
        self.notes += 1
        name = f"note{self.notes}"
        self.canvas.beginForm(name, 0, 0, note.width, note.height)
        self._appearance(note)
        self.canvas.endForm()
        look = pdfdoc.PDFDictionary({"N": pdfdoc.PDFObjectReference(pdfdoc.xObjectName(name))})
        area = [note.x, note.y, note.x + note.width, note.y + note.height]
        entries = {
            "Type": pdfdoc.PDFName("Annot"),
            "Subtype": pdfdoc.PDFName("FreeText"),
            "Rect": pdfdoc.PDFArray([round(one, 2) for one in area]),
            "Contents": pdfdoc.PDFString(clean(note.contents)),
            "DA": pdfdoc.PDFString(f"/Helv {note.size:g} Tf {note.ink.red:.2f} g"),
            "NM": pdfdoc.PDFString(name),
            "T": pdfdoc.PDFString(clean(self.about.study)),
            "Subj": pdfdoc.PDFString(note.subject),
            "F": PRINTED,
            "C": pdfdoc.PDFArray([round(one, 3) for one in note.fill]),
            "AP": look,
        }
        self.canvas._addAnnotation(pdfdoc.PDFDictionary(entries), name)

    def _appearance(self, note: Note) -> None:
        self.canvas.setLineWidth(0.6)
        self.canvas.setStrokeColorRGB(*(GREY if note.dashed else note.ink))
        self.canvas.setFillColorRGB(*note.fill)
        if note.dashed:
            self.canvas.setDash(2, 1.5)
        self.canvas.rect(0.4, 0.4, note.width - 0.8, note.height - 0.8, stroke=1, fill=1)
        y = note.height - PAD
        for line in note.lines:
            y -= leading(note.size)
            self._text(PAD, y + note.size * 0.28, line, note)

    def _footer(self, number: int) -> None:
        said = f"Page {number} of {self.total}"
        left = self.fonts.wrapped(self.about.footer, BODY, 7, RIGHT - LEFT - 90, 2)[:1] or [""]
        self._rectangle(Rectangle(LEFT, BOTTOM - 10, RIGHT - LEFT, 0.0))
        self._text(LEFT, BOTTOM - 19, left[0], Text(0, 0, "", BODY, 7, GREY))
        right = RIGHT - self.fonts.width(said, BODY, 7)
        self._text(right, BOTTOM - 19, said, Text(0, 0, "", BODY, 7, GREY))

    def _name_destinations(self) -> None:
        """List the destinations by name, so that links from other files find them."""
        pairs: list[Any] = []
        for name, spot in sorted(self.destinations.items()):
            pairs += [pdfdoc.PDFString(name), spot]
        tree = pdfdoc.PDFDictionary({"Names": pdfdoc.PDFArray(pairs)})
        self.canvas._doc.Catalog.Names = pdfdoc.PDFDictionary({"Dests": tree})
