"""A guide as DOCX: real headings, a field for the contents, tables with header rows, links, pictures."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_BREAK, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from define.acrf.fonts import Fonts
from define.acrf.shapes import INK, PALE, RULE, Colour
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
from define.guide.drawn import picture
from define.guide.texts import CONTENTS, INK_LINK, WARN, asked, open_texts, texts_in

FULL = Pt(523)
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a ZIP file can hold
HEADING, FACE = "Heading", "Calibri"
SIZES = {1: 15, 2: 12, 3: 10.5}
PADDING = (70, 40)  # of a cell, left and right, above and below, in twentieths of a point


def docx_bytes(guide: Guide, fonts: Fonts | None = None) -> bytes:
    """Write a guide as DOCX; the same guide gives the same bytes.

    Args:
        guide: what it says.
        fonts: measure the texts of diagrams; default: those that its letters need.

    >>> from datetime import datetime
    >>> docx_bytes(Guide("csdrg", "Guide", "S1", "", (), (), datetime(2024, 1, 31)))[:2]
    b'PK'
    """
    return _Writer(guide, fonts or Fonts.of(texts_in(guide))).written()


def _hex(colour: Colour) -> str:
    return "".join(f"{round(part * 255):02X}" for part in colour)


def _element(tag: str, /, **attributes: str) -> Any:
    made = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _field(paragraph: Any, code: str, shown: str) -> None:
    """Add a field that Word computes, with what it shows until then."""
    _open_field(paragraph, code)
    paragraph.add_run(shown)
    _close_field(paragraph)


def _open_field(paragraph: Any, code: str, **attributes: str) -> None:
    text = _element("w:instrText")
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    text.text = f" {code} "
    begin = _element("w:fldChar", fldCharType="begin", **attributes)
    for part in (begin, text, _element("w:fldChar", fldCharType="separate")):
        paragraph.add_run()._r.append(part)


def _close_field(paragraph: Any) -> None:
    paragraph.add_run()._r.append(_element("w:fldChar", fldCharType="end"))


class _Writer:
    def __init__(self, guide: Guide, fonts: Fonts) -> None:
        self.guide, self.fonts = guide, fonts
        self.document = Document()
        self.marks: dict[str, str] = {}

    def written(self) -> bytes:
        self._describe()
        # Word computes contents, pages and numbers of pages when it opens the file
        settings = self.document.settings.element
        settings.find(qn("w:compat")).addprevious(_element("w:updateFields", val="true"))
        self._styles()
        self._page()
        self._cover()
        pieces = [*open_texts(self.guide), *self.guide.pieces()]
        heads = [piece for piece in pieces if isinstance(piece, Heading)]
        self.marks = {one.key: f"_Guide{number}" for number, one in enumerate(heads, 1)}
        self._contents(heads)
        for piece, after in zip(pieces, [*pieces[1:], None], strict=False):
            self._add(piece)
            noted = isinstance(piece, Figure) and isinstance(after, Para) and after.small
            if noted or (isinstance(piece, Para) and isinstance(after, Table | Bullets)):
                self.document.paragraphs[-1].paragraph_format.keep_with_next = True
        file = io.BytesIO()
        self.document.save(file)
        return repacked(file.getvalue())

    def _describe(self) -> None:
        about, guide = self.document.core_properties, self.guide
        created = guide.created if guide.created.tzinfo is None else guide.created.astimezone(UTC)
        about.title, about.subject = inert(f"{guide.title}, {guide.study}")[:255], inert(guide.title)[:255]
        about.author = about.last_modified_by = inert(guide.study)[:255]
        about.created = about.modified = about.last_printed = created.replace(tzinfo=None)
        about.comments, about.keywords, about.language, about.revision = "", guide.stamp, "en", 1

    def _styles(self) -> None:
        styles = self.document.styles
        styles["Normal"].font.name, styles["Normal"].font.size = FACE, Pt(10)
        styles["Normal"].element.rPr.rFonts.set(qn("w:eastAsia"), "Noto Sans SC")
        for level, size in SIZES.items():
            font = styles[f"{HEADING} {level}"].font
            font.name, font.size, font.color.rgb = FACE, Pt(size), RGBColor.from_string(_hex(INK))
            names = styles[f"{HEADING} {level}"].element.rPr.rFonts
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # they win over names
                names.attrib.pop(qn(f"w:{theme}"), None)
        caption = styles["Caption"]
        caption.font.color.rgb = RGBColor.from_string(_hex(INK))
        caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(8), Pt(4)
        self._pad(styles["Table Grid"].element)

    def _pad(self, style: Any) -> None:
        """Leave room between the lines of a table and its texts."""
        margins, (beside, above) = _element("w:tblCellMar"), PADDING
        for side, width in (("top", above), ("left", beside), ("bottom", above), ("right", beside)):
            margins.append(_element(f"w:{side}", w=str(width), type="dxa"))
        look = style.find(qn("w:tblPr"))
        for old in look.findall(qn("w:tblCellMar")):
            look.remove(old)
        look.append(margins)

    def _page(self) -> None:
        section = self.document.sections[0]
        section.orientation = WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Pt(595.28), Pt(841.89)
        section.left_margin = section.right_margin = Pt(36)
        section.different_first_page_header_footer = True
        head = section.header.paragraphs[0]
        self._right_tab(head)
        head.add_run(inert(f"Study {self.guide.study}")).font.size = Pt(8)
        head.add_run(f"\t{inert(self.guide.title)}").font.size = Pt(8)
        for footer in (section.footer, section.first_page_footer):
            line = footer.paragraphs[0]
            build = f", build {self.guide.build}" if self.guide.build else ""
            self._right_tab(line)
            line.add_run(f"{inert(f'{self.guide.name}.docx{build}')}\tPage ")
            _field(line, "PAGE", "1")
            line.add_run(" of ")
            _field(line, "NUMPAGES", "1")
            for run in line.runs:
                run.font.size = Pt(8)

    def _right_tab(self, line: Any) -> None:
        """Leave one tab stop, at the right, of those that the style of headers and footers has."""
        for stop in self.document.styles[line.style.name].paragraph_format.tab_stops:
            line.paragraph_format.tab_stops.add_tab_stop(stop.position, WD_TAB_ALIGNMENT.CLEAR)
        line.paragraph_format.tab_stops.add_tab_stop(FULL, WD_TAB_ALIGNMENT.RIGHT)

    def _cover(self) -> None:
        guide = self.guide
        for text, size in ((guide.study, 12), (guide.title, 26), (guide.subtitle, 12)):
            if text:
                paragraph = self.document.add_paragraph()
                run = paragraph.add_run(inert(text))
                run.bold, run.font.size = size != 12 or text == guide.study, Pt(size)
        for line in guide.lines:
            self.document.add_paragraph(inert(line))
        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def _contents(self, heads: list[Heading]) -> None:
        """Add a contents field, filled with links until Word computes it."""
        title = self.document.add_paragraph()
        title.add_run(CONTENTS).bold = True
        listed = [one for one in heads if one.level <= 3]
        for number, one in enumerate(listed):
            line = self.document.add_paragraph(style=self._toc(one.level))
            if not number:
                _open_field(line, 'TOC \\o "1-3" \\h \\z \\u', dirty="true")
            self._link(line, Span(one.shown, to=one.key))
            line.add_run("\t")
            _field(line, f"PAGEREF {self.marks[one.key]} \\h", "")
            if number == len(listed) - 1:
                _close_field(line)
        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def _toc(self, level: int) -> Any:
        name, styles = f"toc {level}", self.document.styles
        if name not in [one.name for one in styles]:
            made = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=True)
            made.base_style = styles["Normal"]
            made.paragraph_format.left_indent = Pt(12 * (level - 1))
            made.paragraph_format.space_after = Pt(1)
            made.paragraph_format.tab_stops.add_tab_stop(FULL, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        return styles[name]

    def _add(self, piece: Piece) -> None:
        match piece:
            case Heading():
                self._heading(piece)
            case Para():
                paragraph = self.document.add_paragraph()
                self._write(paragraph, piece.text, 8.5 if piece.small else 0)
            case Bullets():
                for one in piece.items:
                    self._write(self.document.add_paragraph(style="List Bullet"), one)
            case Table():
                self._table(piece)
            case Figure():
                self._figure(piece)
            case Ask():
                self._ask(piece)

    def _heading(self, one: Heading) -> None:
        paragraph = self.document.add_heading(one.shown, min(one.level, 3))
        number = str(list(self.marks).index(one.key) + 1)
        start = _element("w:bookmarkStart", id=number, name=self.marks[one.key])
        paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
        paragraph._p.append(_element("w:bookmarkEnd", id=number))

    def _write(self, paragraph: Any, text: Text, size: float = 0) -> None:
        for span in text:
            if span.to in self.marks or span.file:
                self._link(paragraph, span, size)
                continue
            run = paragraph.add_run(inert(span.text))
            run.bold = span.bold or None
            if size:
                run.font.size = Pt(size)

    def _link(self, paragraph: Any, span: Span, size: float = 0) -> None:
        link = OxmlElement("w:hyperlink")
        if span.to in self.marks:
            link.set(qn("w:anchor"), self.marks[span.to])
        else:
            link.set(
                qn("r:id"),
                self.document.part.relate_to(span.file, RELATIONSHIP_TYPE.HYPERLINK, is_external=True),
            )
        run = paragraph.add_run(inert(span.text))
        run.bold, run.font.color.rgb = span.bold or None, RGBColor.from_string(INK_LINK[1:])
        if size:
            run.font.size = Pt(size)
        link.append(run._r)
        paragraph._p.append(link)

    def _table(self, one: Table) -> None:
        self.document.add_paragraph(one.title, style="Caption").paragraph_format.keep_with_next = True
        made = self.document.add_table(rows=1, cols=len(one.head), style="Table Grid")
        made.autofit = False
        widths = [Pt(width) for width in column_widths(one, self.fonts, FULL.pt, 2 * PADDING[0] / 20 + 1)]
        for column, width in zip(made.columns, widths, strict=True):
            column.width = width
        body = made._tbl
        self._row(
            made.rows[0]._tr, [text_of(Span(name, bold=True)) for name in one.head], widths, RULE, keep=True
        )
        made.rows[0]._tr.get_or_add_trPr().append(_element("w:tblHeader"))
        for number, cells in enumerate(one.rows):
            row = made.add_row()._tr if number < 1 else self._copy(body)
            # the first two rows and the last two stay on one page
            ends = number == 0 or number == len(one.rows) - 2
            self._row(row, cells, widths, PALE if number % 2 else None, keep=ends)
        self.document.add_paragraph().paragraph_format.space_after = Pt(4)

    def _copy(self, body: Any) -> Any:
        """Add a row like the first: adding one by one reads the whole table each time."""
        row = OxmlElement("w:tr")
        for _ in body.tblGrid.findall(qn("w:gridCol")):
            cell = OxmlElement("w:tc")
            cell.append(OxmlElement("w:p"))
            row.append(cell)
        body.append(row)
        return row

    def _row(
        self, row: Any, cells: Any, widths: list[Pt], fill: Colour | None, *, keep: bool = False
    ) -> None:
        row.get_or_add_trPr().append(_element("w:cantSplit"))
        for cell, text, width in zip(row.findall(qn("w:tc")), cells, widths, strict=True):
            cell.width = width
            if fill is not None:
                cell.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=_hex(fill)))
            paragraph = cell.find(qn("w:p"))
            if keep:
                paragraph.get_or_add_pPr().append(_element("w:keepNext"))
            paragraph.get_or_add_pPr().append(_element("w:spacing", after="0"))
            self._write(Paragraph(paragraph, self.document._body), text, 8)

    def _figure(self, one: Figure) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        width = Pt(min(one.drawing.width, 523.0, one.drawing.width * 620 / max(one.drawing.height, 1)))
        shape = paragraph.add_run().add_picture(io.BytesIO(picture(one.drawing, self.fonts)), width=width)
        shape._inline.docPr.set("descr", inert(one.words))
        shape._inline.docPr.set("title", inert(one.title))
        self.document.add_paragraph(one.title, style="Caption")

    def _ask(self, ask: Ask) -> None:
        paragraph = self.document.add_paragraph()
        look = paragraph._p.get_or_add_pPr()
        look.append(_element("w:shd", val="clear", color="auto", fill=_hex(WARN)))
        self._write(paragraph, asked(ask))


def repacked(data: bytes) -> bytes:
    """Pack the parts of a file again, without the time of packing.

    >>> file = io.BytesIO()
    >>> with zipfile.ZipFile(file, "w") as book:
    ...     book.writestr("a.xml", "<a/>")
    >>> zipfile.ZipFile(io.BytesIO(repacked(file.getvalue()))).infolist()[0].date_time[0]
    1980
    """
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(made, "w") as after:
        for one in before.infolist():
            part = zipfile.ZipInfo(one.filename, EPOCH)
            part.compress_type, part.create_system = zipfile.ZIP_DEFLATED, 3
            after.writestr(part, before.read(one), zipfile.ZIP_DEFLATED, 6)
    return made.getvalue()
