"""A guide as PDF: contents with page numbers, bookmarks, links, headers and footers, embedded fonts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib.colors import Color
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    LongTable,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)
from reportlab.platypus.flowables import KeepTogether
from reportlab.platypus.tableofcontents import TableOfContents

from define.acrf.fonts import BODY, BOLD, Fonts
from define.acrf.shapes import GREY, HEIGHT, INK, PALE, RULE, WIDTH, Colour
from define.canvas import About, EmbeddedCanvas
from define.guide.columns import column_widths
from define.guide.content import (
    Ask,
    Bullets,
    Figure,
    Guide,
    Heading,
    Para,
    Piece,
    Span,
    Table,
    Text,
    inert,
    text_of,
)
from define.guide.drawn import draw
from define.guide.texts import CONTENTS, INK_LINK, WARN, asked, open_texts, texts_in

SIDE, TOP, BOTTOM = 36.0, 58.0, 52.0
LEVELS = {1: 15.0, 2: 12.0, 3: 10.5}
FULL = WIDTH - 2 * SIDE
TALLEST = (HEIGHT - TOP - BOTTOM) * 0.7  # of a row that is not divided


def _colour(one: Colour) -> Color:
    return Color(*one)


_WHOLE = {"allowWidows": 0, "allowOrphans": 0}  # no line of a paragraph alone on a page


def _style(name: str, size: float, **more: Any) -> ParagraphStyle:
    fixed = {"fontName": BODY, "fontSize": size, "leading": size * 1.35, "textColor": _colour(INK)}
    return ParagraphStyle(name, **{**fixed, "bulletFontName": BODY, "splitLongWords": 1, **_WHOLE, **more})


BODY_STYLE = _style("body", 9.5, spaceAfter=5)
NOTE = _style("note", 8, textColor=_colour(GREY), spaceAfter=5)
POINT = _style("point", 9.5, leftIndent=14, bulletIndent=3, spaceAfter=2)
CELL = _style("cell", 8)
HEAD = _style("head", 8, fontName=BOLD)
CAPTION = _style("caption", 8.5, fontName=BOLD, spaceBefore=5, spaceAfter=3)
HEADINGS = {
    level: _style(f"heading {level}", size, fontName=BOLD, spaceBefore=10, spaceAfter=5)
    for level, size in LEVELS.items()
}
COVER = (
    _style("study", 12, fontName=BOLD, textColor=_colour(GREY), spaceAfter=6),
    _style("title", 24, fontName=BOLD, spaceAfter=14, leading=30),
    _style("subtitle", 12, spaceAfter=18),
)
TOC = [
    _style(f"toc {level}", 9, leftIndent=12 * level, fontName=BOLD if not level else BODY)
    for level in range(3)
]


def pdf_bytes(guide: Guide, fonts: Fonts | None = None) -> bytes:
    """Draw a guide as PDF; the same guide gives the same bytes.

    Args:
        guide: what it says.
        fonts: its fonts; default: those that its letters need.

    >>> from datetime import datetime
    >>> pdf_bytes(Guide("csdrg", "Guide", "S1", "", (), (), datetime(2024, 1, 31)))[:8]
    b'%PDF-1.7'
    """
    return _Document(guide, fonts or Fonts.of(texts_in(guide))).drawn()


class _Heading(Paragraph):  # type: ignore[misc]
    """A heading of the contents and bookmarks; the rest of one that is divided is none."""

    heading: Heading | None = None
    listed = True

    @classmethod
    def of(cls, heading: Heading, html: str, style: ParagraphStyle, *, listed: bool = True) -> _Heading:
        made = cls(html, style)
        made.heading, made.listed = heading, listed
        return made

    def split(self, width: float, height: float) -> list[Flowable]:
        parts: list[Flowable] = super().split(width, height)
        if parts:
            parts[0].heading, parts[0].listed = self.heading, self.listed
        return parts

    def draw(self) -> None:
        if self.heading is not None:
            for kind in ("to", "outline"):
                self.canv.bookmarkHorizontal(f"{kind} {self.heading.key}", 0, self.height + 8)
        super().draw()


class _Drawing(Flowable):  # type: ignore[misc]
    def __init__(self, figure: Figure, fonts: Fonts, high: float) -> None:
        super().__init__()
        self.figure, self.fonts = figure, fonts
        whole = figure.drawing
        self.scale = min(1.0, FULL / max(whole.width, 1), high / max(whole.height, 1))
        self.width, self.height = whole.width * self.scale, whole.height * self.scale

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        self.canv.saveState()
        self.canv.translate(0, self.height)
        self.canv.scale(self.scale, self.scale)
        draw(self.canv, self.figure.drawing, self.fonts)
        self.canv.restoreState()


class _Template(BaseDocTemplate):  # type: ignore[misc]
    """A document that knows from its pass before how many pages it has."""

    def __init__(self, file: io.BytesIO, guide: Guide, fonts: Fonts) -> None:
        super().__init__(file, pagesize=(WIDTH, HEIGHT), allowSplitting=1)
        self.guide, self.fonts, self.total, self.last, self.level = guide, fonts, 1, 1, -1
        frame = Frame(SIDE, BOTTOM, FULL, HEIGHT - TOP - BOTTOM, 0, 0, 0, 0)
        self.addPageTemplates([PageTemplate("page", [frame], onPageEnd=self._around)])

    def beforeDocument(self) -> None:  # noqa: N802 - reportlab's name
        # the last pass only repeats the one before it, so that its number of pages is that of the document
        self.level, self.total = -1, self.last
        guide = self.guide
        about = About(f"{guide.title}, {guide.study}", guide.study, guide.title, guide.created, guide.stamp)
        self.canv.describe(about)
        self.canv.showOutline()

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        heading = flowable.heading if isinstance(flowable, _Heading) else None
        if heading is None:
            return
        # a bookmark can be at most one level below the one before it
        self.level = min(heading.level - 1, self.level + 1)
        title = heading.shown.strip() or "-"
        self.canv.addOutlineEntry(title, f"outline {heading.key}", self.level, closed=self.level > 0)
        if flowable.listed:
            html = _html(text_of(heading.shown), self.fonts, BOLD if heading.level == 1 else BODY)
            self.notify("TOCEntry", (min(heading.level, 3) - 1, html, self.page, f"to {heading.key}"))

    def afterPage(self) -> None:  # noqa: N802 - reportlab's name
        self.last = self.page

    def _around(self, canvas: Any, _: Any) -> None:
        number, guide = canvas.getPageNumber(), self.guide
        left, right = f"Study {guide.study}", guide.title
        if number > 1:
            self._line(canvas, HEIGHT - 36, left, right)
        said = f"Page {number} of {max(self.total, number)}"
        self._line(canvas, BOTTOM - 26, f"{guide.name}.pdf, build {guide.build}" if guide.build else "", said)
        canvas.setStrokeColor(_colour(RULE))
        canvas.setLineWidth(0.5)
        canvas.line(SIDE, BOTTOM - 14, WIDTH - SIDE, BOTTOM - 14)

    def _line(self, canvas: Any, y: float, left: str, right: str) -> None:
        canvas.setFillColor(_colour(GREY))
        half = FULL / 2 - 10
        shown = (self.fonts.wrapped(inert(left), BODY, 7.5, half, 9) or [""])[0]
        _write(canvas, self.fonts, SIDE, y, shown)
        shown = (self.fonts.wrapped(inert(right), BODY, 7.5, half, 9) or [""])[0]
        _write(canvas, self.fonts, WIDTH - SIDE - self.fonts.width(shown, BODY, 7.5), y, shown)


def _write(canvas: Any, fonts: Fonts, x: float, y: float, text: str) -> None:
    for font, piece in fonts.runs(text, BODY):
        canvas.setFont(font, 7.5)
        canvas.drawString(x, y, piece)
        x += canvas.stringWidth(piece, font, 7.5)


def _html(text: Text, fonts: Fonts, font: str = BODY) -> str:
    """Write a text as reportlab's markup, with the font of each letter."""
    made = []
    for span in text:
        runs = fonts.runs(inert(span.text), BOLD if span.bold else font)
        inner = "".join(f'<font name="{name}">{escape(piece)}</font>' for name, piece in runs)
        made.append(_linked(span, inner))
    return "".join(made)


def _linked(span: Span, inner: str) -> str:
    target = f"#to {span.to}" if span.to else f"pdf:{span.file}" if span.file.endswith(".pdf") else ""
    return f'<a href={quoteattr(target)} color="{INK_LINK}">{inner}</a>' if target else inner


class _Document:
    def __init__(self, guide: Guide, fonts: Fonts) -> None:
        self.guide, self.fonts = guide, fonts

    def drawn(self) -> bytes:
        file = io.BytesIO()
        template = _Template(file, self.guide, self.fonts)
        template.multiBuild(self._story(), maxPasses=8, canvasmaker=EmbeddedCanvas)
        return file.getvalue()

    def _para(self, text: Text, style: ParagraphStyle, **more: Any) -> Paragraph:
        return Paragraph(_html(text, self.fonts, style.fontName), style, **more)

    def _story(self) -> list[Flowable]:
        guide = self.guide
        top = (guide.study, guide.title, guide.subtitle)
        cover = [self._para(text_of(text), style) for text, style in zip(top, COVER, strict=True) if text]
        lines = [self._para(text_of(line), BODY_STYLE) for line in guide.lines]
        story = [Spacer(1, 130), *cover, *lines, PageBreak(), *self._contents(), PageBreak()]
        pieces = [*open_texts(guide), *guide.pieces()]
        for place, piece in enumerate(pieces):
            if not place or not self._leads(pieces[place - 1], piece):
                story.append(CondPageBreak(self._room(pieces[place:])))
            story += self._flowables(piece)
        return story

    def _leads(self, one: Piece, after: Piece) -> bool:
        """Say whether a piece stands on the page of the one after it: headings, and what leads to a list."""
        listed = isinstance(after, Table | Bullets)
        noted = isinstance(after, Para) and after.small
        return (
            isinstance(one, Heading)
            or (isinstance(one, Para) and not one.small and listed)
            or (isinstance(one, Figure) and noted)
        )

    def _room(self, pieces: Sequence[Piece]) -> float:
        """Say how much room a piece needs with the start of what it leads to, so that none stands alone."""
        room = 0.0
        for one, after in pairwise(pieces):
            if not self._leads(one, after):
                return min(room + self._start(one), HEIGHT - TOP - BOTTOM - 1)
            room += self._whole(one)
        return min(room + self._start(pieces[-1]), HEIGHT - TOP - BOTTOM - 1)

    def _start(self, one: Piece) -> float:
        """Say how much room the start of a piece needs: two rows, points or lines, or a whole diagram."""
        match one:
            case Table():
                caption, made, _ = self._table(one)
                return _high([caption]) + float(sum(made._rowHeights[:3]))
            case Bullets():
                return _high(self._flowables(Bullets(one.items[:2])))
            case Para(small=False):
                return 45.0  # three lines, so that a short one does not stand alone below its heading
            case _:
                return self._whole(one)

    def _whole(self, one: Piece) -> float:
        """Say how much room all of a piece needs."""
        return self._drawing(one).height + 40 if isinstance(one, Figure) else _high(self._flowables(one))

    def _drawing(self, one: Figure) -> _Drawing:
        return _Drawing(one, self.fonts, HEIGHT - TOP - BOTTOM - 120)

    def _contents(self) -> list[Flowable]:
        toc = TableOfContents(dotsMinLevel=0)
        toc.levelStyles = TOC
        toc.tableStyle = TableStyle(
            [
                _EMBEDDED,
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
            ]
        )
        heading = Heading("contents", "", CONTENTS, 1)
        made = _Heading.of(heading, _html(text_of(CONTENTS), self.fonts, BOLD), HEADINGS[1], listed=False)
        return [made, toc]

    def _flowables(self, piece: Piece) -> list[Flowable]:
        match piece:
            case Heading():
                style = HEADINGS[min(piece.level, 3)]
                html = _html(text_of(piece.shown), self.fonts, BOLD)
                return [_Heading.of(piece, html, style, listed=piece.level <= 3)]
            case Para():
                return [self._para(piece.text, NOTE if piece.small else BODY_STYLE)]
            case Bullets():
                return [*(self._para(one, POINT, bulletText="\u2022") for one in piece.items), Spacer(1, 4)]
            case Table():
                return self._table(piece)
            case Figure():
                caption = self._para(text_of(piece.title), CAPTION)
                return [KeepTogether([Spacer(1, 4), self._drawing(piece), caption])]
            case Ask():
                return [self._ask(piece), Spacer(1, 6)]

    def _table(self, one: Table) -> list[Flowable]:
        head = [self._para(text_of(name), HEAD) for name in one.head]
        rows = [head, *([self._para(cell, CELL) for cell in row] for row in one.rows)]
        widths = column_widths(one, self.fonts, FULL)
        made = LongTable(rows, colWidths=widths, repeatRows=1, style=_grid())
        made.wrap(FULL, HEIGHT)
        made.splitInRow = int(max(made._rowHeights) > TALLEST)  # else a row stays on one page
        if len(rows) > 2 and sum(made._rowHeights[-2:]) < TALLEST:
            made.setStyle(TableStyle([("NOSPLIT", (0, -2), (-1, -1))]))  # no row alone on the last page
            made.wrap(FULL, HEIGHT)
        return [self._para(text_of(one.title), CAPTION), made, Spacer(1, 8)]

    def _ask(self, ask: Ask) -> Flowable:
        rows = [[self._para(asked(ask), CELL)]]
        look = [
            ("BACKGROUND", (0, 0), (-1, -1), _colour(WARN)),
            ("BOX", (0, 0), (-1, -1), 0.6, _colour(GREY)),
        ]
        return LongTable(rows, colWidths=[FULL], splitInRow=1, style=TableStyle([*_PADDED, *look]))


def _high(flowables: Iterable[Flowable]) -> float:
    """Measure the height of what stands one below the other."""
    heights = (one.wrap(FULL, HEIGHT)[1] + one.getSpaceBefore() + one.getSpaceAfter() for one in flowables)
    return float(sum(heights))


_EMBEDDED = ("FONTNAME", (0, 0), (-1, -1), BODY)  # else a table names Helvetica, though it writes nothing
_PADDED = [
    _EMBEDDED,
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    *((f"{side}PADDING", (0, 0), (-1, -1), 3) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
]


def _grid() -> TableStyle:
    lines = [
        ("BACKGROUND", (0, 0), (-1, 0), _colour(RULE)),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [None, _colour(PALE)]),
        ("INNERGRID", (0, 0), (-1, -1), 0.3, _colour(RULE)),
        ("BOX", (0, 0), (-1, -1), 0.5, _colour(GREY)),
    ]
    return TableStyle([*_PADDED, *lines])
