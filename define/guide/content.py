"""What a guide says: sections of paragraphs, lists, tables and diagrams, with no thought of how they look.

Both forms of a guide, PDF and DOCX, are drawn from this alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from define.guide.diagram import Drawing
from trialkit.submission.spec import GUIDE


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text of one kind.

    Args:
        text: what it says.
        bold: whether it stands out.
        to: the key of a section that it leads to.
        file: the file beside the guide that it leads to.

    >>> Span("DM", bold=True).to
    ''
    """

    text: str
    bold: bool = False
    to: str = ""
    file: str = ""


Text: TypeAlias = tuple[Span, ...]
Said: TypeAlias = "str | Span | Text"


def inert(text: str) -> str:
    r"""Take out of a text what is no letter: control characters, marks that turn the direction of writing.

    >>> inert("Dose\x00\u202e\t(mg)")
    'Dose (mg)'
    """
    spaced = "".join(" " if one.isspace() else one for one in text)
    kept = "".join(one for one in spaced if unicodedata.category(one)[0] != "C")
    return unicodedata.normalize("NFC", kept)


def text_of(said: Said) -> Text:
    """Make a text of what is said, without any sign that no font or file can take.

    >>> text_of("See ")[0].text
    'See '
    """
    spans = (said,) if isinstance(said, (str, Span)) else said
    pieces = (Span(one) if isinstance(one, str) else one for one in spans)
    return tuple(replace(one, text=inert(one.text)) for one in pieces)


def joined(*parts: Said) -> Text:
    """Put texts one after the other.

    >>> [one.text for one in joined("See ", Span("4.2", to="issues"))]
    ['See ', '4.2']
    """
    return tuple(span for part in parts for span in text_of(part))


def plain(text: Text) -> str:
    """Give a text without its kinds.

    >>> plain(joined("a", Span("b", bold=True)))
    'ab'
    """
    return "".join(one.text for one in text)


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph; a small one is a note.

    >>> Para(text_of("Text.")).small
    False
    """

    text: Text
    small: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of points.

    >>> Bullets((text_of("One."),)).items[0][0].text
    'One.'
    """

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header row.

    Args:
        title: what it shows.
        head: the names of its columns.
        rows: its cells.
        widths: the shares of its columns in the width.

    >>> Table("Datasets", ("Dataset",), ((text_of("DM"),),), (1,)).head
    ('Dataset',)
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A diagram.

    Args:
        title: what it shows.
        drawing: how it looks.
        words: the same in words, for who cannot see it.

    >>> Figure("Flow", Drawing(10, 10), "From A to B.").words
    'From A to B.'
    """

    title: str
    drawing: Drawing
    words: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A text that a person has still to write.

    Args:
        key: where the answer goes in guide.yaml.
        question: what is asked.
        file: where it goes where that is another file than guide.yaml.

    >>> Ask("sponsor", "Who is the sponsor?").file
    'guide.yaml'
    """

    key: str
    question: str
    file: str = GUIDE


Block: TypeAlias = Para | Bullets | Table | Figure | Ask


@dataclass(frozen=True, slots=True)
class Section:
    """A section with what stands in it and the sections below it.

    Args:
        key: what links lead to.
        title: its heading.
        blocks: its content.
        parts: the sections below.
        mark: stands in the place of its number, such as Appendix I.

    >>> Section("intro", "Introduction").mark
    ''
    """

    key: str
    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple[Section, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its number.

    >>> Heading("intro", "1", "Introduction", 1).shown
    '1 Introduction'
    """

    key: str
    number: str
    title: str
    level: int

    @property
    def shown(self) -> str:
        """Give number and title.

        >>> Heading("app-1", "Appendix I", "Criteria", 1).shown
        'Appendix I: Criteria'
        """
        between = ": " if self.number[:1].isalpha() else " "
        return inert(f"{self.number}{between}{self.title}" if self.number else self.title)


Piece: TypeAlias = Heading | Block


@dataclass(frozen=True, slots=True)
class Guide:
    """A reviewer's guide.

    Args:
        name: of its files, such as csdrg.
        title: such as Analysis Data Reviewer's Guide.
        study: the study.
        subtitle: its title.
        lines: what the cover says below.
        sections: its sections.
        created: the time that the files carry.
        build: the build that it is about.
        stamp: all that it was made from, for who has to know whether it is old.

    >>> Guide("csdrg", "Guide", "S1", "", (), (), datetime(2024, 1, 31)).build
    ''
    """

    name: str
    title: str
    study: str
    subtitle: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    created: datetime
    build: str = ""
    stamp: str = ""

    def asks(self) -> list[tuple[Heading, Ask]]:
        """Give the texts that a person has still to write, each with the heading before it.

        >>> Guide("csdrg", "Guide", "S1", "", (), (), datetime(2024, 1, 31)).asks()
        []
        """
        found, last = [], Heading("", "", "", 1)
        for piece in self.pieces():
            last = piece if isinstance(piece, Heading) else last
            if isinstance(piece, Ask):
                found.append((last, piece))
        return found

    def pieces(self) -> Iterator[Piece]:
        """Give all of it in order, headings, tables and figures with their numbers.

        >>> made = Guide("csdrg", "Guide", "S1", "", (), (Section("a", "A"),), datetime(2024, 1, 31))
        >>> [piece.shown for piece in made.pieces()]
        ['1 A']
        """
        counts = _Counts()
        for piece in _numbered(self.sections, "", 1):
            yield counts.titled(piece)


@dataclass(slots=True)
class _Counts:
    seen: dict[str, int] = field(default_factory=dict)

    def titled(self, piece: Piece) -> Piece:
        if not isinstance(piece, (Table, Figure)):
            return piece
        kind = type(piece).__name__
        self.seen[kind] = self.seen.get(kind, 0) + 1
        return replace(piece, title=inert(f"{kind} {self.seen[kind]}. {piece.title}"))


def _numbered(sections: Iterable[Section], before: str, level: int) -> Iterator[Piece]:
    count = 0
    for one in sections:
        count += not one.mark
        number = one.mark or f"{before}{count}"
        yield Heading(one.key, number.strip(), one.title, level)
        yield from one.blocks
        yield from _numbered(one.parts, f"{number}.", level + 1)


def table(title: str, head: str, rows: Iterable[Iterable[Said]], widths: tuple[float, ...]) -> list[Block]:
    """Make a table of its rows; none where there are none.

    Args:
        title: what it shows.
        head: the names of its columns, with a bar between them.
        rows: its cells.
        widths: the shares of its columns in the width.

    >>> table("Datasets", "Dataset | Records", [["DM", "13"]], (1, 1))[0].head
    ('Dataset', 'Records')
    >>> table("Datasets", "Dataset | Records", [], (1, 1))
    []
    """
    made = tuple(tuple(text_of(cell) for cell in row) for row in rows)
    names = tuple(one.strip() for one in head.split("|"))
    return [Table(title, names, made, widths)] if made else []


def paras(text: str) -> list[Block]:
    r"""Make paragraphs of a text that a person wrote; an empty line divides them.

    >>> len(paras("One.\n\nTwo."))
    2
    """
    # marks of code are no part of a text for a reviewer
    parts = (" ".join(part.replace("`", "").split()) for part in text.split("\n\n"))
    return [Para(text_of(part)) for part in parts if part]
