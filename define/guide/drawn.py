"""Diagrams as vectors of a PDF, and as pictures."""

from __future__ import annotations

import io
from math import atan2, cos, sin
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Page
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch, Polygon

from define.acrf.fonts import BODY, BOLD, Fonts, packaged_font
from define.acrf.shapes import GREY, INK
from define.guide.content import inert
from define.guide.diagram import HEIGHT, Arrow, Box, Drawing, Label

SIZE, SMALL = 7.5, 6.0
TIP = 5.0
DOTS = 200  # per inch


def fitted(text: str, font: str, size: float, width: float, fonts: Fonts) -> str:
    """Shorten a text to a width, with an ellipsis where something is left out.

    >>> fitted("Adverse Events", BODY, 7.5, 30, Fonts.of([]))
    'Adver…'
    """
    text = inert(text)
    if fonts.width(text, font, size) <= width:
        return text
    while text and fonts.width(f"{text}…", font, size) > width:
        text = text[:-1]
    return f"{text}…"


def _lines(box: Box, fonts: Fonts) -> list[tuple[str, str, float, float]]:
    """Give text, font, size and base line of each line of a box."""
    name, *below = box.lines or ("",)
    inside = box.width - 6
    texts = [(fitted(name, BOLD, SIZE, inside, fonts), BOLD, SIZE)] * bool(box.lines)
    for text in below[:1]:
        lines = fonts.wrapped(inert(text), BODY, SMALL, inside, 2) if box.height > HEIGHT else [text]
        texts += [(fitted(line, BODY, SMALL, inside, fonts), BODY, SMALL) for line in lines]
    y, made = box.y + (box.height - sum(size * 1.25 for _, _, size in texts)) / 2, []
    for text, font, size in texts:
        y += size * 1.25
        made.append((text, font, size, y - size * 0.32))
    return made


def _head(arrow: Arrow) -> list[tuple[float, float]]:
    turn = atan2(arrow.to_y - arrow.y, arrow.to_x - arrow.x)
    ends = [(arrow.to_x - TIP * cos(turn + way), arrow.to_y - TIP * sin(turn + way)) for way in (-0.4, 0.4)]
    return [(arrow.to_x, arrow.to_y), *ends]


def draw(canvas: Any, drawing: Drawing, fonts: Fonts) -> None:
    """Draw on a canvas whose origin is the upper left corner of the drawing; y goes down from there.

    >>> draw(None, Drawing(10, 10), Fonts.of([]))
    """
    for shape in drawing.shapes:
        match shape:
            case Box():
                canvas.setFillColorRGB(*shape.fill)
                canvas.setStrokeColorRGB(*GREY)
                canvas.setLineWidth(0.5)
                canvas.roundRect(shape.x, -shape.y - shape.height, shape.width, shape.height, 3, fill=1)
                for text, font, size, y in _lines(shape, fonts):
                    x = shape.x + (shape.width - fonts.width(text, font, size)) / 2
                    _string(canvas, fonts, (x, -y), text, font, size)
            case Arrow():
                _arrow(canvas, shape)
            case Label():
                font = BOLD if shape.bold else BODY
                text = fitted(shape.text, font, SIZE, shape.width, fonts)
                free = 0.0 if shape.left else (shape.width - fonts.width(text, font, SIZE)) / 2
                _string(canvas, fonts, (shape.x + free, -shape.y), text, font, SIZE)


def _arrow(canvas: Any, arrow: Arrow) -> None:
    canvas.setStrokeColorRGB(*arrow.colour)
    canvas.setFillColorRGB(*arrow.colour)
    canvas.setLineWidth(0.7)
    canvas.line(arrow.x, -arrow.y, arrow.to_x, -arrow.to_y)
    if not arrow.headed:
        return
    path, (tip, *rest) = canvas.beginPath(), _head(arrow)
    path.moveTo(tip[0], -tip[1])
    for x, y in rest:
        path.lineTo(x, -y)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _string(canvas: Any, fonts: Fonts, at: tuple[float, float], text: str, font: str, size: float) -> None:
    canvas.setFillColorRGB(*INK)
    x, y = at
    for name, piece in fonts.runs(text, font):
        canvas.setFont(name, size)
        canvas.drawString(x, y, piece)
        x += canvas.stringWidth(piece, name, size)


def picture(drawing: Drawing, fonts: Fonts) -> bytes:
    """Draw a picture as PNG, with the same bytes every time.

    >>> picture(Drawing(10, 10), Fonts.of([]))[1:4]
    b'PNG'
    """
    with mpl.rc_context({"font.family": "DejaVu Sans", "text.usetex": False, "text.parse_math": False}):
        page = Page(figsize=(drawing.width / 72, max(drawing.height, 1) / 72), dpi=DOTS)
        FigureCanvasAgg(page)
        area = page.add_axes((0, 0, 1, 1), xlim=(0, drawing.width), ylim=(max(drawing.height, 1), 0))
        area.set_axis_off()
        for shape in drawing.shapes:
            _paint(area, shape, fonts)
        file = io.BytesIO()
        page.savefig(file, format="png", dpi=DOTS, metadata={"Software": None})
        return file.getvalue()


def _paint(area: Any, shape: Box | Arrow | Label, fonts: Fonts) -> None:
    match shape:
        case Box():
            corner, size = (shape.x + 3, shape.y + 3), (shape.width - 6, shape.height - 6)
            look: dict[str, Any] = {"facecolor": shape.fill, "edgecolor": GREY, "linewidth": 0.5}
            area.add_patch(FancyBboxPatch(corner, *size, boxstyle="round,pad=3", **look))
            for text, font, points, y in _lines(shape, fonts):
                _text(area, (shape.x + shape.width / 2, y), text, (font, points, "center"), fonts)
        case Arrow():
            area.plot([shape.x, shape.to_x], [shape.y, shape.to_y], color=shape.colour, linewidth=0.7)
            if shape.headed:
                area.add_patch(Polygon(_head(shape), closed=True, facecolor=shape.colour, edgecolor="none"))
        case Label():
            font = BOLD if shape.bold else BODY
            text = fitted(shape.text, font, SIZE, shape.width, fonts)
            x = shape.x if shape.left else shape.x + shape.width / 2
            _text(area, (x, shape.y), text, (font, SIZE, "left" if shape.left else "center"), fonts)


def _text(area: Any, at: tuple[float, float], text: str, look: tuple[str, float, str], fonts: Fonts) -> None:
    """Write a text: where, what, in which font and size, from where, with which fonts there are."""
    (x, y), (font, size, across) = at, look
    runs = fonts.runs(text, font)
    other = packaged_font() if any(name not in (BODY, BOLD) for name, _ in runs) else None
    text = "".join(piece for _, piece in runs)
    face = FontProperties(fname=other) if other else FontProperties()
    face.set_size(size)
    face.set_weight("bold" if font == BOLD else "normal")
    area.text(x, y, text, fontproperties=face, ha=across, va="baseline", color=INK)
