"""How the guides look: nothing alone on a page, no word broken, lines beside boxes, fields of Word."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from docx import Document
from pypdf import PdfReader

from define.guide.conformance import _row, alike
from define.guide.content import Bullets, Figure, Guide, Para, Section, table, text_of
from define.guide.diagram import Arrow, Box, Column, flow
from define.guide.findings import CORE, Issue
from define.guide.pdf import pdf_bytes
from define.guide.word import docx_bytes

from .conftest import done

CREATED = datetime(2024, 1, 31, tzinfo=UTC)
FILE = "analysis-t3-immunology-and-more.txt"


def guide_of(*blocks):
    return Guide("csdrg", "A Guide", "S1", "", (), (Section("a", "A", tuple(blocks)),), CREATED, "b1")


def pages_of(data):
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages][2:]


def filled(number):
    return [Para(text_of(f"Filler {one}.")) for one in range(number)]


def test_a_word_is_not_broken_where_its_column_is_narrow():
    rows = [["one " * 20, FILE]]
    (page,) = pages_of(pdf_bytes(guide_of(*table("T", "A | B", rows, (9, 1)))))
    assert FILE in page


def test_words_that_fit_nowhere_are_broken_and_stay_in_the_page():
    (page,) = pages_of(pdf_bytes(guide_of(*table("T", "A | B", [["x" * 200, "q" * 200]], (1, 1)))))
    assert page.count("x") == 200
    assert page.count("q") == 200


@pytest.mark.parametrize("number", range(30, 48, 3))
def test_no_row_stands_alone_on_the_last_page(number):
    rows = [[f"row{one}.", "text"] for one in range(number)]
    pages = pages_of(pdf_bytes(guide_of(*table("T", "A | B", rows, (1, 1)))))
    assert len(re.findall(r"row\d+\.", pages[-1])) > 1
    assert sum(len(re.findall(r"row\d+\.", page)) for page in pages) == number


@pytest.mark.parametrize("number", range(28, 44, 2))
def test_a_lead_in_stands_with_what_it_leads_to(number):
    lead = Para(text_of("These are they:"))
    for block in (
        *table("T", "A", [["row0."], ["row1."]], (1,)),
        Bullets((text_of("row0."), text_of("row1."))),
    ):
        pages = pages_of(pdf_bytes(guide_of(*filled(number), lead, block)))
        (page,) = [page for page in pages if "These are they:" in page]
        assert "row0." in page
        assert "row1." in page


def test_a_line_passes_beside_the_boxes_of_a_column_between():
    columns = [
        Column("one", {f"a{row}": "" for row in range(5)}),
        Column("two", {f"b{row}": "" for row in range(5)}),
        Column("three", {"c": ""}),
    ]
    made = flow(columns, [(f"a{row}", "c") for row in range(5)] + [("b0", "c")])
    boxes = [one for one in made.shapes if isinstance(one, Box)]
    lines = [one for one in made.shapes if isinstance(one, Arrow)]
    assert sum(one.headed for one in lines) == 6
    for line in lines:
        for part in range(1, 20):
            x, y = (a + (b - a) * part / 20 for a, b in ((line.x, line.to_x), (line.y, line.to_y)))
            inside = [
                box for box in boxes
                if box.x + 1 < x < box.x + box.width - 1 and box.y < y < box.y + box.height
            ]  # fmt: skip
            assert inside == []


def test_boxes_of_an_ordered_column_stay_in_their_order():
    columns = [Column("a", {"x": "", "y": ""}), Column("b", {"T-1": "", "T-2": ""}, ordered=True)]
    made = flow(columns, [("y", "T-1"), ("x", "T-2")])
    assert [one.lines[0] for one in made.shapes if isinstance(one, Box)][2:] == ["T-1", "T-2"]


def test_a_long_label_has_a_second_line_instead_of_an_end():
    label = "Concomitant Medications Analysis Dataset"
    columns = [Column(name, {name: label}) for name in "abcd"]
    (page,) = pages_of(pdf_bytes(guide_of(Figure("F", flow(columns, []), ""))))
    assert re.sub(r"\s+", "", page).count("Dataset") == 4
    assert "\u2026" not in page


def test_word_computes_contents_and_pages_when_it_opens_the_file():
    data = docx_bytes(guide_of(Para(text_of("Lead:")), *table("T", "A", [["1"], ["2"]], (1,))))
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        settings, body, styles = (
            book.read(f"word/{name}.xml").decode() for name in ("settings", "document", "styles")
        )
    assert settings.index("w:updateFields") < settings.index("w:compat>")
    assert body.count("PAGEREF") == 1
    assert "<w:tblCellMar>" in styles.partition('w:styleId="TableGrid"')[2].partition("</w:style>")[0]
    made = Document(io.BytesIO(data))
    assert made.core_properties.author == "S1"
    assert next(one for one in made.paragraphs if one.text == "Lead:").paragraph_format.keep_with_next


ACCEPT = """\
accept:
  - {check: [CORE-000001, CORE-000002], dataset: VS, says: It is wrong, reason: it is right}
  - {check: CORE-000003, dataset: VS, says: Is it wrong?, reason: it is right}
"""


def test_findings_of_one_reason_are_one_row_and_drafts_are_marked(place):
    (place.specs / "conformance.yaml").write_text(ACCEPT, encoding="utf-8")
    said = done("guide", place.specs, "--build", place.build).stderr
    assert "3 accepted findings have no count in the guides" in said
    text = " ".join(page.extract_text() for page in PdfReader(place.build / "sdtm" / "csdrg.pdf").pages)
    flat = re.sub(r"\s+", "", text)
    assert "CORE-000001,CORE-000002,CORE-000003(CDISCCORE)notrunItiswrong.Isitwrong?itisright" in flat
    assert "3acceptedfindings(oneforeachruleanddataset,of3rules)" in flat
    assert re.search(r"DRAFT-\d+textsstilltobewritten", flat)
    assert "?." not in flat


def test_counts_of_a_row_are_told_apart_where_they_differ():
    first = Issue("sdtm", "accepted", CORE, "CORE-1", "AE", "AETERM", 4, "It is wrong.", "it is right")
    second = replace(first, dataset="PR", variable="PRTRT", count=1737)
    (many,) = alike([first, second])
    assert many == [first, second]
    assert alike([replace(one, tool="trialkit") for one in many]) != [many], "a variable each"
    report = _row(many)
    assert [report[2], report[3], report[4]] == ["AE: 4; PR: 1,737", "It is wrong.", "it is right"]
    assert _row([first, replace(first, check="CORE-2")])[2] == "4 each"
