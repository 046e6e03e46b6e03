"""The reviewer's guides: what they say, that both forms say the same, and that the bytes stay the same."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader

from define.guide.content import Ask, Figure, Guide, Para, Section, Span, joined, table, text_of
from define.guide.diagram import Column, chains, flow
from define.guide.pdf import pdf_bytes
from define.guide.spec import questions
from define.guide.word import docx_bytes
from trialkit.problems import Refusal
from trialkit.submission.pdf import look_at

from .conftest import done, run

ROOT = Path(__file__).resolve().parents[3]
CREATED = datetime(2024, 1, 31, tzinfo=UTC)


def text_of_pdf(data):
    return flat(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


def text_of_docx(data):
    made = Document(io.BytesIO(data))
    cells = (cell.text for one in made.tables for row in one.rows for cell in row.cells)
    return flat(" ".join([*(one.text for one in made.paragraphs), *cells]))


def flat(text):
    """Leave out blanks: a PDF has none where a line is broken."""
    return re.sub(r"\s+", "", text)


def guide_of(*sections):
    return Guide("csdrg", "A Guide", "S1", "A study", ("Line.",), sections, CREATED, "b1")


def both(guide):
    return text_of_pdf(pdf_bytes(guide)), text_of_docx(docx_bytes(guide))


def written(place, part="sdtm"):
    done("guide", place.specs, "--build", place.build)
    name = {"sdtm": "csdrg", "adam": "adrg"}[part]
    folder = place.build / part
    return (folder / f"{name}.pdf").read_bytes(), (folder / f"{name}.docx").read_bytes()


@pytest.fixture(scope="module")
def guides(once, tmp_path_factory):
    copy = replace(once, build=tmp_path_factory.mktemp("guides") / "build")
    shutil.copytree(once.build, copy.build)
    return {part: written(copy, part) for part in ("sdtm", "adam")}


SECTIONS = {
    "sdtm": [
        "1 Introduction",
        "1.1 Purpose",
        "1.2 Acronyms",
        "2 Protocol Description",
        "2.3 Trial Design Datasets",
        "3 Subject Data Description",
        "3.1 Overview",
        "3.2 Traceability Flow Diagram",
        "3.3 Annotated CRFs",
        "3.4 SDTM Subject Domains",
        "4 Data Conformance Summary",
        "4.1 Conformance Inputs",
        "4.2 Issues Summary",
        "4.3 Additional Conformance Details",
        "Appendix I: Inclusion/Exclusion Criteria",
        "Appendix II: Conformance Issues Details",
        "Appendix III: Legacy Data Conversion Plan and Report",
    ],
    "adam": [
        "1.4 Source Data Used for Analysis Dataset Creation",
        "2.2 Protocol Design in Relation to ADaM Concepts",
        "3 Analysis Considerations Related to Multiple Analysis Datasets",
        "3.1 Comparison of SDTM and ADaM Content",
        "3.2 Core Variables",
        "3.3 Treatment Variables",
        "3.4 Subject Issues that Require Special Analysis Rules",
        "3.5 Use of Visit Windowing, Unscheduled Visits, and Record Selection",
        "3.6 Imputation/Derivation Methods",
        "4 Analysis Data Creation and Processing Issues",
        "4.1 Split Datasets",
        "4.2 Data Dependencies",
        "4.3 Intermediate Datasets",
        "5 Analysis Dataset Descriptions",
        "5.2.1 ADSL - Subject-Level Analysis Dataset",
        "6 Data Conformance Summary",
        "7 Submission of Programs",
        "7.1 ADaM Programs",
        "7.2 Analysis Output Programs",
        "7.3 Macro Programs",
    ],
}


@pytest.mark.parametrize("part", ["sdtm", "adam"])
def test_sections_are_those_of_the_template_in_both_forms(guides, part):
    pdf, docx = guides[part]
    bookmarks = [one.title for one in every(PdfReader(io.BytesIO(pdf)).outline)]
    headings = [
        one.text for one in Document(io.BytesIO(docx)).paragraphs if one.style.name.startswith("Heading")
    ]
    assert [one for one in SECTIONS[part] if one not in bookmarks] == []
    assert [one for one in bookmarks if one != "Contents"] == headings


def every(outline):
    for one in outline:
        yield from every(one) if isinstance(one, list) else [one]


@pytest.mark.parametrize("part", ["sdtm", "adam"])
def test_the_pdf_has_what_an_agency_asks_of_it(guides, part, tmp_path):
    (tmp_path / "guide.pdf").write_bytes(guides[part][0])
    assert look_at(tmp_path / "guide.pdf", "guide.pdf").problems == ()


@pytest.mark.parametrize("part", ["sdtm", "adam"])
def test_links_lead_to_a_page_and_every_page_has_its_number(guides, part):
    reader = PdfReader(io.BytesIO(guides[part][0]))
    pages, links = [page.get_object() for page in reader.pages], 0
    for number, page in enumerate(reader.pages, 1):
        assert f"Page{number}of{len(reader.pages)}" in flat(page.extract_text())
        for note in page.get("/Annots") or ():
            link, links = note.get_object(), links + 1
            if "/Dest" in link:
                target, _, _, top, _ = link["/Dest"]
                assert target.get_object() in pages
                assert 50 < top < 842, "it leads to the heading, not to the end of the page"
    assert links > 10


def test_the_contents_name_the_page_of_each_section(guides):
    reader = PdfReader(io.BytesIO(guides["sdtm"][0]))
    listed = re.findall(r"\. *(\d+)\n([^\n.]+(?:\.\d[^\n]*)?)\n", reader.pages[1].extract_text())
    assert len(listed) > 10
    for number, title in listed:
        assert flat(title) in flat(reader.pages[int(number) - 1].extract_text())


def test_the_docx_has_a_contents_field_and_tables_with_header_rows(guides):
    with zipfile.ZipFile(io.BytesIO(guides["sdtm"][1])) as book:
        body = book.read("word/document.xml").decode()
    assert ' TOC \\o "1-3"' in body
    assert body.count("w:tblHeader") == body.count("<w:tbl>") > 5
    assert body.count('fldCharType="begin"') == body.count('fldCharType="end"')
    anchors = set(re.findall(r'w:anchor="([^"]+)"', body))
    assert anchors <= set(re.findall(r'w:bookmarkStart [^>]*w:name="([^"]+)"', body))


def test_diagrams_are_vectors_in_the_pdf_and_pictures_with_words_in_the_docx(guides):
    pdf, docx = guides["sdtm"]
    reader = PdfReader(io.BytesIO(pdf))
    assert not any(page.images for page in reader.pages)
    with zipfile.ZipFile(io.BytesIO(docx)) as book:
        assert any(name.endswith(".png") for name in book.namelist())
        assert 'descr="Raw data, 3 sources' in book.read("word/document.xml").decode()


def test_texts_that_only_a_person_can_write_are_marked_listed_and_counted(place):
    said = done("guide", place.specs, "--missing").stdout
    assert len(said.splitlines()) == len({**questions("csdrg"), **questions("adrg")})
    pdf, docx = (text_of_pdf(written(place)[0]), text_of_docx(written(place)[1]))
    for question in questions("csdrg").values():
        assert flat(question) in pdf
        assert flat(question) in docx
    (place.specs / "guide.yaml").write_text(
        "sponsor: Good Sponsor Ltd\nlegacy: None was converted.\n", encoding="utf-8"
    )
    after = done("guide", place.specs, "--missing").stdout
    assert len(after.splitlines()) == len(said.splitlines()) - 2
    pdf = text_of_pdf(written(place)[0])
    assert "GoodSponsorLtd" in pdf
    assert flat(questions("csdrg")["sponsor"]) not in pdf


def test_what_is_answered_is_of_the_study(place):
    (place.specs / "guide.yaml").write_text("datasets: {DN: What to know}\n", encoding="utf-8")
    with pytest.raises(Refusal, match="GUIDE-001"):
        written(place)


ACCEPT = """\
accept:
  - check: CORE-000701
    dataset: VS
    says: EPOCH has no value
    reason: there is no trial design, so that no epoch can be told
"""


def test_a_check_that_was_not_run_is_there_with_its_reason(place):
    (place.specs / "conformance.yaml").write_text(ACCEPT, encoding="utf-8")
    for text in (text_of_pdf(written(place)[0]), text_of_docx(written(place)[1])):
        assert "CORE-000701" in text
        assert flat("EPOCH has no value") in text
        assert flat("there is no trial design, so that no epoch can be told") in text
        assert flat("not run") in text


def test_a_check_without_meaning_or_report_is_asked_for(place):
    (place.specs / "conformance.yaml").write_text(
        ACCEPT.replace("    says: EPOCH has no value\n", ""), encoding="utf-8"
    )
    assert "conformance.yaml:CORE-000701" in text_of_pdf(written(place)[0])


def test_counts_of_core_come_from_the_report_of_the_same_build(place):
    (place.specs / "conformance.yaml").write_text(ACCEPT, encoding="utf-8")
    done("conformance", place.specs, "--build", place.build, "--out", place.build / "conformance")
    report = place.build / "conformance" / "conformance.json"
    said = json.loads(report.read_text(encoding="utf-8"))
    row = {"tool": "CDISC CORE", "part": "sdtm", "check": "CORE-000701", "dataset": "VS", "variable": "EPOCH"}
    row |= {"row": 3, "record": "", "subject": "S1", "value": "", "what": "EPOCH is missing", "count": 37}
    said["findings"].append(row)
    said["checked"].append("sdtm: CDISC CORE 1, 9 rules")
    report.write_text(json.dumps(said), encoding="utf-8")
    assert flat("CORE-000701 (CDISC CORE) 37 EPOCH has no value") in text_of_pdf(written(place)[0])
    said["builds"]["sdtm"] = "another"
    report.write_text(json.dumps(said), encoding="utf-8")
    assert flat("CORE-000701 (CDISC CORE) not run") in text_of_pdf(written(place)[0])


def test_the_package_takes_the_guides_and_define_xml_names_them(place):
    (place.specs / "guide.yaml").write_text("legacy: Not applicable.\n", encoding="utf-8")
    place.define()
    assert b'xlink:href="csdrg.pdf"' in (place.sdtm / "define.xml").read_bytes()
    before = written(place)
    assert written(place) == before, "what define-check says of the guides themselves is not in them"
    done("package", place.specs, "--build", place.build, "--out", place.out)
    names = {path.name for path in place.out.rglob("*.pdf")}
    assert names == {"csdrg.pdf", "adrg.pdf"}


def test_a_folder_that_cannot_be_written(place):
    place.out.write_text("a file", encoding="utf-8")
    with pytest.raises(Refusal, match="PUB-003"):
        done("guide", place.specs, "--build", place.build, "--out", place.out / "below")


def test_what_is_asked_for_is_said():
    for words, said in (
        (("nowhere",), "give --build, or --missing"),
        (("nowhere", "--missing"), "STUDY-001"),
    ):
        assert said in str(run("guide", *words).exception)


def test_an_old_guide_does_not_go_out(place):
    written(place)
    (place.specs / "guide.yaml").write_text("legacy: Not applicable.\n", encoding="utf-8")
    with pytest.raises(
        Refusal, match=r"PKG-017 .*csdrg\.pdf was made from another build, or before guide\.yaml"
    ):
        done("package", place.specs, "--build", place.build, "--out", place.out)


def test_a_guide_that_others_wrote_is_taken_as_it_is(place, pdf):
    pdf(place.sdtm / "csdrg.pdf")
    done("package", place.specs, "--build", place.build, "--out", place.out)
    assert [path.name for path in place.out.rglob("csdrg.pdf")] == ["csdrg.pdf"]


def test_a_study_of_tabulations_alone_has_one_guide(place):
    for name in ("adam", "analysis", "trace/adam", "reports-adam"):
        shutil.rmtree(place.build / name)
    done("guide", place.specs, "--build", place.build, "--out", place.out)
    assert sorted(path.name for path in place.out.iterdir()) == ["csdrg.docx", "csdrg.pdf"]


SCRIPT = """
import hashlib, sys
from pathlib import Path
from define.guide.build import write_guides
for path in write_guides(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])):
    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_the_bytes_are_the_same_elsewhere(place, tmp_path):
    found = set()
    for seed, zone, locale in (("0", "Asia/Shanghai", "C"), ("77", "America/New_York", "C.UTF-8")):
        other = tmp_path / f"elsewhere-{seed}"
        shutil.copytree(place.specs, other / "demo")
        shutil.copytree(place.build, other / "build")
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
        words = [sys.executable, "-c", SCRIPT, str(other / "demo"), str(other / "build"), str(other / "out")]
        found.add(
            subprocess.run(words, env=env, cwd=other, check=True, capture_output=True, text=True).stdout
        )
    assert len(found) == 1
    assert len(found.pop().splitlines()) == 4


HOSTILE = (
    "<b>&amp;<script>alert(1)</script>", "\x00\x1b[31m\u202eevil", "x" * 600, "年龄" * 400,
    "{{7*7}} %s $HOME `id`", "=1+1", "\ud800 lone", "\U0001F600", "line\nbreak\ttab", "",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_inert(text):
    rows = [[text, Span(text, bold=True)]] * 2
    drawing = flow([Column(text, {text: text}), Column("to", {"x": text})], [(text, "x")])
    figures = (Figure(text, drawing, text), Figure("Arms", chains({text: [(text, text, text)]}), text))
    blocks = (
        Para(joined(text, Span(text, to="a"))),
        *table(text, "A | B", rows, (1, 9)),
        *figures,
        Ask("k", text),
    )
    pdf, docx = both(guide_of(Section("a", text, blocks)))
    for said in (pdf, docx):
        assert "\x00" not in said
        assert "\u202e" not in said
    if text.isprintable() and text.isascii():
        assert flat(text) in docx


def test_a_cell_longer_than_a_page_is_divided():
    long = " ".join(f"word{number}" for number in range(3000))
    pdf, docx = both(guide_of(Section("a", "A", tuple(table("T", "A | B", [[long, "b"]], (1, 1))))))
    assert "word2999" in pdf
    assert "word2999" in docx


def test_a_heading_stands_with_what_follows_it():
    sections = []
    for number in range(12):
        drawing = flow([Column("a", {f"n{row}": "" for row in range(number + 3)})], [])
        sections.append(
            Section(f"s{number}", f"Heading{number}", (Figure(f"Caption{number}.", drawing, ""),))
        )
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf_bytes(guide_of(*sections)))).pages[2:]]
    for page in pages:
        assert re.findall(r"Heading(\d+)", page) == re.findall(r"Caption(\d+)", page)
    assert "Caption11." in pages[-1]


def test_an_empty_guide_can_be_drawn():
    pdf, docx = both(guide_of())
    assert "AGuide" in pdf
    assert "AGuide" in docx


def test_a_deep_heading_is_a_bookmark_below_the_last():
    deep = Section("a", "A", (Para(text_of("x")),), (Section("b", "B", parts=(Section("c", "C"),)),))
    reader = PdfReader(io.BytesIO(pdf_bytes(guide_of(deep))))
    assert [one.title for one in every(reader.outline)] == ["Contents", "1 A", "1.1 B", "1.1.1 C"]


def pilot():
    folder = Path(os.environ.get("TRIALKIT_REFERENCE", "nowhere")) / "cdiscpilot01" / "raw"
    return folder if folder.is_dir() else None


@pytest.mark.skipif(pilot() is None, reason="no raw forms of CDISCPILOT01: set TRIALKIT_REFERENCE")
def test_every_accepted_finding_of_the_pilot_is_in_its_guide(tmp_path):
    from define.guide.spec import load_guide
    from trialkit.load import Loading, load
    from trialkit.spec import StudySpec

    specs = ROOT / "specs" / "cdiscpilot01"
    done("sdtm", specs, "--raw", pilot(), "--out", tmp_path)
    done("guide", specs, "--build", tmp_path)
    accepts = load(specs / "study.yaml", StudySpec, Loading(), specs).accept
    pdf = text_of_pdf((tmp_path / "sdtm" / "csdrg.pdf").read_bytes())
    docx = text_of_docx((tmp_path / "sdtm" / "csdrg.docx").read_bytes())
    assert len(accepts) == 7
    for one in accepts:
        for said in (pdf, docx):
            assert flat(f"{one.dataset} {one.variable} {one.code} (trialkit) {one.count:,}") in said
            assert flat(one.reason) in said
    assert flat(load_guide(specs).design)[:60] in pdf


def test_decisions_are_listed_with_their_line(place):
    spec = place.specs / "sdtm" / "vs.yaml"
    text = spec.read_text(encoding="utf-8").replace(
        "dataset: VS\n",
        'dataset: VS\ncomment: "One record per result. Positions are lying [J]."\n# ears only [J]\n',
        1,
    )
    spec.write_text(text, encoding="utf-8")
    place.tabulate()
    for name in ("adam", "analysis", "trace/adam", "reports-adam"):
        shutil.rmtree(place.build / name)
    for said in (text_of_pdf(written(place)[0]), text_of_docx(written(place)[1])):
        assert flat("VS Positions are lying. sdtm/vs.yaml:") in said
        assert flat("ears only sdtm/vs.yaml:") in said
        assert "[J]" not in said
