"""Fonts that are embedded: DejaVu for Latin letters, another font for those that it lacks, such as Chinese.

The other font is the one that the study declares, else Noto Sans SC (SIL Open Font License 1.1) where its
package is installed. Of it only the letters that are used go into the document.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from itertools import groupby
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, TTLibError, newTable
from matplotlib import get_data_path
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError
from reportlab.pdfbase.ttfonts import TTFont as PdfFont

from trialkit.problems import Exit, Kind, Place, Problem, Refusal

BAD_FONT = Kind("ACRF-003", "font cannot be used", "Give a TrueType or OpenType font.", exit=Exit.SPEC)

BODY, BOLD, SLANTED = "acrf", "acrf-bold", "acrf-slanted"
DEJAVU = {BODY: "DejaVuSans", BOLD: "DejaVuSans-Bold", SLANTED: "DejaVuSans-Oblique"}
PACKAGE, PACKAGE_FILE = "pylopdf-fonts-zh-cn", "NotoSansSC-Regular.otf"
UNKNOWN = "\u25a1"
LAST = 0xFFFF  # reportlab writes no searchable text for letters beyond
FINEST = 1.0  # units of the font by which an outline may differ when it is made TrueType


def clean(text: str) -> str:
    r"""Take out what is no letter: control characters, marks that turn the direction of writing.

    >>> clean("Dose\x00\u202e (mg)\n")
    'Dose (mg)'
    """
    spaced = "".join(" " if one in "\t\n\r\u2028\u2029\xa0" else one for one in text)
    kept = "".join(one for one in spaced if unicodedata.category(one)[0] != "C")
    return " ".join(unicodedata.normalize("NFC", kept).split())


def packaged_font() -> Path | None:
    """Give the file of the font for Chinese; None where its package is not installed.

    >>> packaged_font() is None or packaged_font().name
    'NotoSansSC-Regular.otf'
    """
    try:
        listed = files(PACKAGE) or []
    except PackageNotFoundError:
        return None
    found = [Path(str(one.locate())) for one in listed if one.name == PACKAGE_FILE]
    return found[0] if found and found[0].is_file() else None


@cache
def _dejavu() -> frozenset[int]:
    """Register the fonts for Latin letters; gives the letters that they have."""
    for name, file in DEJAVU.items():
        pdfmetrics.registerFont(PdfFont(name, str(Path(get_data_path()) / "fonts" / "ttf" / f"{file}.ttf")))
    return frozenset(one for one in pdfmetrics.getFont(BODY).face.charToGlyph if one <= LAST)


@dataclass(frozen=True, slots=True)
class Fonts:
    """The fonts of a document.

    Args:
        other: the letters that the other font has of those that are used.
        name: the name of the other font, which is another one for other letters.

    >>> Fonts.of(["Age"]).runs("Age", BODY)
    [('acrf', 'Age')]
    """

    other: frozenset[int] = frozenset()
    name: str = ""

    @classmethod
    def of(cls, texts: Iterable[str], file: Path | None = None) -> Fonts:
        """Make the fonts for some texts.

        Args:
            texts: all texts of the document.
            file: the font for the letters that DejaVu lacks.

        Raises:
            Refusal: ACRF-003 for a font that can't be used.

        >>> Fonts.of(["Age"]).other
        frozenset()
        """
        lacking = sorted({ord(one) for text in texts for one in clean(text)} - _dejavu())
        if not lacking or file is None:
            return cls()
        try:
            made, there = subset(file, lacking)
            if not there:
                return cls()
            font = PdfFont("", io.BytesIO(made))
            font.fontName = font.face.name.decode("latin-1")
            pdfmetrics.registerFont(font)
        except (TTLibError, TTFError, OSError) as error:
            raise Refusal([Problem(BAD_FONT, f"font {file.name}: {error}", Place(file.name))]) from None
        return cls(there, font.fontName)

    def has(self, text: str) -> bool:
        """Say whether there is a letter for every character of a text.

        >>> Fonts.of([]).has("Age"), Fonts.of([]).has("年龄")
        (True, False)
        """
        return all(ord(one) in self.other or ord(one) in _dejavu() for one in clean(text))

    def runs(self, text: str, font: str) -> list[tuple[str, str]]:
        """Divide a text into pieces of one font.

        >>> Fonts.of([]).runs("年 a", BODY)
        [('acrf', '□ a')]
        """
        known, pieces = _dejavu() | self.other, []
        for name, letters in groupby(text, lambda one: self.name if ord(one) in self.other else font):
            pieces.append((name, "".join(one if ord(one) in known else UNKNOWN for one in letters)))
        return pieces

    def width(self, text: str, font: str, size: float) -> float:
        """Measure a text, in points.

        >>> 15 < Fonts.of([]).width("Age", BODY, 9) < 20
        True
        """
        return float(sum(pdfmetrics.stringWidth(piece, name, size) for name, piece in self.runs(text, font)))

    def wrapped(self, text: str, font: str, size: float, width: float, most: int = 12) -> list[str]:
        """Break a text into lines; longer words are broken anywhere, and what is too much is left out.

        >>> Fonts.of([]).wrapped("Date of informed consent", BODY, 9, 70)
        ['Date of', 'informed', 'consent']
        """
        lines: list[str] = []
        for word in _words(clean(text)):
            joined = f"{lines[-1]}{word}" if lines else word.lstrip()
            if lines and self.width(joined.rstrip(), font, size) <= width:
                lines[-1] = joined
            else:
                lines += self._broken(word.lstrip(), font, size, width)
        lines = [line.rstrip() for line in lines]
        return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1][:-1]}…"]

    def _broken(self, word: str, font: str, size: float, width: float) -> list[str]:
        pieces = [""]
        for letter in word:
            if pieces[-1] and self.width(pieces[-1] + letter, font, size) > width:
                pieces.append("")
            pieces[-1] += letter
        return pieces


def _words(text: str) -> list[str]:
    """Divide a text where lines may break: before blanks, and around ideographs."""
    words: list[str] = []
    for letter in text:
        wide = unicodedata.east_asian_width(letter) in "WF"
        if not words or letter == " " or wide or unicodedata.east_asian_width(words[-1][-1]) in "WF":
            words.append(letter)
        else:
            words[-1] += letter
    return words


def subset(file: Path, letters: Iterable[int]) -> tuple[bytes, frozenset[int]]:
    """Take some letters out of a font, as TrueType.

    Args:
        file: the font, TrueType or OpenType.
        letters: the code points.

    Returns:
        The new font, and which of the letters it has.

    Raises:
        TTLibError: the file is no font.

    >>> file = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    >>> sorted(subset(file, [0x41, 0x5E74])[1])
    [65]
    """
    font = TTFont(file, fontNumber=0, recalcTimestamp=False)
    there = frozenset(one for one in letters if one <= LAST) & frozenset(font.getBestCmap() or {})
    options = Options(layout_features=[], notdef_outline=True, name_IDs=[1, 2, 3, 4, 6], hinting=False)
    taking = Subsetter(options)
    taking.populate(unicodes=there)
    taking.subset(font)
    if "CFF " in font:
        _make_truetype(font)
    _rename(font, hashlib.sha256(file.read_bytes() + repr(sorted(there)).encode()).hexdigest()[:12])
    made = io.BytesIO()
    font.save(made, reorderTables=True)
    return made.getvalue(), there


def _rename(font: TTFont, mark: str) -> None:
    """Give a font a name of its own: reportlab takes fonts of one name for the same."""
    table = font["name"]
    own = "".join(one for one in str(table.getDebugName(6) or "font") if one.isascii() and one.isalnum())
    for platform, encoding, language in ((1, 0, 0), (3, 1, 0x409)):
        table.setName(f"{own[:40]}-{mark}", 6, platform, encoding, language)


def _make_truetype(font: TTFont) -> None:
    """Replace the cubic outlines of a font by quadratic ones."""
    outlines, glyphs = font.getGlyphSet(), {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(outlines)
        outlines[name].draw(Cu2QuPen(pen, FINEST, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"], table = newTable("loca"), newTable("glyf")
    table.glyphOrder, table.glyphs = font.getGlyphOrder(), glyphs
    font["glyf"] = table
    for name, glyph in glyphs.items():
        glyph.recalcBounds(table)
        font["hmtx"][name] = (font["hmtx"][name][0], getattr(glyph, "xMin", 0))
    for name in ("CFF ", "VORG", "vhea", "vmtx", "BASE", "DSIG"):
        if name in font:
            del font[name]
    _describe(font)


def _describe(font: TTFont) -> None:
    table = font["maxp"]
    table.tableVersion = 0x00010000
    zero = ("Points", "CompositePoints", "Contours", "CompositeContours", "TwilightPoints", "Storage",
            "FunctionDefs", "InstructionDefs", "StackElements", "SizeOfInstructions", "ComponentElements",
            "ComponentDepth")  # fmt: skip
    for name in zero:
        setattr(table, name if name.startswith("max") else f"max{name}", 0)
    table.maxZones = 1
    font["post"].formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"
