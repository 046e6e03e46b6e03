"""What both forms of a guide say alike around its content, and all its texts."""

from __future__ import annotations

from collections.abc import Iterator

from define.acrf.shapes import Colour
from define.guide.content import (
    Ask,
    Block,
    Bullets,
    Figure,
    Guide,
    Heading,
    Para,
    Piece,
    Span,
    Table,
    Text,
    joined,
    plain,
    table,
    text_of,
)
from define.guide.diagram import Arrow

CONTENTS, OPEN = "Contents", "Texts that are still to be written"
ASK = "To be written: "
INK_LINK = "#1F4E9E"
WARN = Colour.of(255, 236, 179)


def open_texts(guide: Guide) -> list[Piece]:
    """List the texts that a person has still to write, each with a link to its section; nothing for none.

    >>> from datetime import datetime
    >>> open_texts(Guide("csdrg", "Guide", "S1", "", (), (), datetime(2024, 1, 31)))
    []
    """
    asks = guide.asks()
    if not asks:
        return []
    rows = [
        (Span(heading.shown, to=heading.key), ask.question, f"{ask.file}: {ask.key}") for heading, ask in asks
    ]
    said = (
        f"{len(asks)} text{'' if len(asks) == 1 else 's'} of this guide can't be known from the "
        "specifications and the data. Each is marked where it belongs; "
        "this list goes when the last one is written."
    )
    blocks: list[Block] = [
        Para(text_of(said)),
        *table(OPEN, "Section | What is asked | Answer in", rows, (3, 5, 3)),
    ]
    return [Heading("open", "", OPEN, 1), *blocks]


def asked(ask: Ask) -> Text:
    """Say what is still to be written, and where the answer goes.

    >>> plain(asked(Ask("sponsor", "Who is the sponsor?")))
    'To be written: Who is the sponsor? (guide.yaml: sponsor)'
    """
    return joined(Span(ASK, bold=True), f"{ask.question} ({ask.file}: {ask.key})")


def texts_in(guide: Guide) -> Iterator[str]:
    """Give every text of a guide, for the letters that its fonts need.

    >>> from datetime import datetime
    >>> "S1" in list(texts_in(Guide("csdrg", "Guide", "S1", "", (), (), datetime(2024, 1, 31))))
    True
    """
    yield from (guide.name, guide.title, guide.study, guide.subtitle, *guide.lines, guide.build)
    yield from (f"{CONTENTS} {OPEN} {ASK}", "Page of build Study .pdf 0123456789\u2022\u2026")
    for piece in guide.pieces():
        yield from _texts(piece)


def _texts(piece: Piece) -> Iterator[str]:
    match piece:
        case Heading():
            yield piece.shown
        case Para():
            yield plain(piece.text)
        case Bullets():
            yield from map(plain, piece.items)
        case Table():
            yield from (piece.title, *piece.head, *(plain(cell) for row in piece.rows for cell in row))
        case Figure():
            yield piece.title
            for shape in piece.drawing.shapes:
                if not isinstance(shape, Arrow):
                    yield from (shape.text,) if hasattr(shape, "text") else shape.lines
        case Ask():
            yield f"{piece.question} {piece.file} {piece.key}"
