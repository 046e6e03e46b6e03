"""The workbook: three generations, there and back; oddities of real ones; errors with sheet, row, column."""

import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from define.check.run import check_define
from define.check.samples import changed
from define.commands import define_export, define_import
from define.model import Description
from define.read import read_define
from define.samples import sample_define
from define.workbook.book import CELL_LIMIT, read_book, write_book
from define.workbook.exports import export_book
from define.workbook.imports import import_book
from define.workbook.layout import CLASSIC, CURRENT, GENERATIONS, V21
from define.workbook.where import COMPARATORS, Comparison, parse_where, where_text
from trialkit.problems import Exit, Problems, Refusal

HERE = Path(__file__).parent
CREATED = datetime(2024, 1, 31, tzinfo=UTC)
FILES = ("official21_sdtm", "official21_adam_arm", "pharmasug2023_vlm", "msg20_sdtm33")


def there_and_back(define, generation, folder):
    """Export, write, read, import and export again; gives the first and the second workbook."""
    book, _ = export_book(define, generation)
    path = folder / "define.xlsx"
    write_book(path, book, generation, CREATED)
    problems = Problems()
    read = read_book(path, problems)
    made = import_book(read, problems)
    again, _ = export_book(made, generation)
    return book, read, again, made, problems.items


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("name", FILES)
def test_reference_files_come_back(reference, tmp_path, name, generation):
    define = read_define(reference / "define" / f"{name}.xml", Problems())
    book, read, again, _, problems = there_and_back(define, GENERATIONS[generation], tmp_path)
    assert [one.line() for one in problems] == []
    for sheet in GENERATIONS[generation].sheets:
        assert read.rows(sheet) == trimmed(book.rows(sheet)), sheet
        assert kept(again.rows(sheet)) == kept(book.rows(sheet)), sheet


def trimmed(rows):
    """Blanks at the end of a cell, as real workbooks have them, are not read."""
    return [replace(row, values={k: v.rstrip() for k, v in row.values.items() if v.rstrip()}) for row in rows]


def kept(rows):
    return sorted(sorted((k, v.rstrip()) for k, v in row.values.items()) for row in rows)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_what_the_official_examples_never_show(tmp_path, generation):
    define = read_define(HERE / "unseen.xml", Problems())
    book, _, again, made, problems = there_and_back(define, GENERATIONS[generation], tmp_path)
    assert [one.line() for one in problems] == []
    for sheet in GENERATIONS[generation].sheets:
        assert kept(again.rows(sheet)) == kept(book.rows(sheet)), sheet
    result = next(item for item in made.metadata.items if item.oid == "IT.VS.VSORRES")
    pages = [page.pages for page in result.origins[0].documents[0].pages]
    assert pages == ["3-5", "VS1 VS2"]


def test_a_21_workbook_holds_the_sample_whole(tmp_path):
    _, _, _, made, problems = there_and_back(sample_define(), V21, tmp_path)
    assert problems == []
    one, other = made.metadata, sample_define().metadata
    assert one.item_groups == other.item_groups
    assert one.codelists == other.codelists
    assert one.standards == other.standards
    named = [replace(item, sas_field_name="") for item in one.items]
    assert tuple(named) == other.items


# the text of a term, a second expression, an alias of a method, a second language, a label of pages
LOST = [
    "Context of Alias",
    "Context of FormalExpression",
    "Name of Alias",
    "Title of PDFPageRef",
    "lang of TranslatedText",
    "text of FormalExpression",
    "text of TranslatedText",
]


def test_what_a_generation_cannot_hold_is_said():
    for generation in (CLASSIC, CURRENT, V21):
        assert export_book(sample_define(), generation)[1] == []
    define = read_define(HERE / "unseen.xml", Problems())
    problems = export_book(define, V21)[1]
    assert {one.kind.code for one in problems} == {"DEFW-020"}
    lost = [one.what.removesuffix(": not in a 2.1 workbook") for one in problems]
    assert lost == LOST
    assert len(export_book(define, CLASSIC)[1]) > len(lost)


def test_imported_workbook_is_a_valid_define(tmp_path):
    define_export(HERE / "unseen.xml", tmp_path / "define.xlsx")
    assert define_import(tmp_path / "define.xlsx", tmp_path / "define.xml") == Exit.OK
    checked = check_define(tmp_path / "define.xml")
    assert {one.kind.code for one in checked.problems if one.level == "error"} <= set(), [
        one.line() for one in checked.problems
    ]


FORMULAS = ["=1+1", "+A1", "-2", "@SUM(A1)", '=HYPERLINK("http://x")', "http://example.org", "007", "1E5"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_looks_like_a_formula_stays_text(tmp_path, text):
    define = changed(sample_define(), "study.metadata.items.1", description=Description.of(text))
    _, read, _, made, _ = there_and_back(define, V21, tmp_path)
    assert read.rows("Variables")[1].get("Label") == text
    assert made.metadata.items[1].label == text
    with zipfile.ZipFile(tmp_path / "define.xlsx") as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets/sheet" in name]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)


def test_same_model_same_bytes(tmp_path):
    book, _ = export_book(sample_define(), V21)
    for name in ("a.xlsx", "b.xlsx"):
        write_book(tmp_path / name, book, V21, CREATED)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_text_too_long_for_a_cell_is_refused(tmp_path):
    define = changed(
        sample_define(), "study.metadata.items.1", description=Description.of("x" * (CELL_LIMIT + 1))
    )
    book, _ = export_book(define, V21)
    with pytest.raises(Refusal, match="DEFW-021"):
        write_book(tmp_path / "a.xlsx", book, V21, CREATED)
    assert list(tmp_path.iterdir()) == []


def workbook(path, **sheets):
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name.replace("_", " "))
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


ODD = {
    "Notes": [["anything"]],
    "DEFINE": [
        ["Legend: required"],
        [],
        ["attribute", "VALUE", ""],
        ["StudyName", "S1 "],
        ["Language", "en"],
    ],
    "datasets": [
        ["dataset ", "DESCRIPTION", "Class", "My Own Column", "key variables", "Repeating"],
        ["DM", "Demographics", "SPECIAL PURPOSE", "x", "USUBJID", "no"],
        ["", "", "", "", "", ""],
    ],
    "Variables": [
        ["Order", "Dataset", "Variable", "Label", "Data Type", "Length", "Origin", "Mandatory"],
        [1, "DM", "USUBJID", "Unique Subject Identifier   ", "text", 8, "CRF", "Yes"],
        [],
        [2, "DM", "AGE", "Age", "integer", 2.0, "eDT", "No"],
    ],
}


def test_real_workbooks_are_odd(tmp_path):
    problems = Problems()
    define = import_book(read_book(workbook(tmp_path / "a.xlsx", **ODD), problems), problems)
    said = [(one.kind.code, one.what) for one in problems.items]
    assert said == [
        ("DEFW-003", "sheet 'Notes' was ignored"),
        ("DEFW-003", "column 'My Own Column' of sheet datasets was ignored"),
    ]
    metadata = define.metadata
    assert [item.length for item in metadata.items] == [8, 2]
    assert metadata.items[0].label == "Unique Subject Identifier"
    assert [(item.origins[0].type, item.origins[0].source) for item in metadata.items] == [
        ("Collected", "Investigator"),
        ("Collected", "Vendor"),
    ]
    group = metadata.item_groups[0]
    assert (group.label, group.repeating, group.items[0].key_sequence) == ("Demographics", False, 1)


WRONG = {
    "Length": ("Variables", 1, "Length", "eight", "DEFW-007", "define.xlsx:2 Variables Length"),
    "Mandatory": ("Variables", 1, "Mandatory", "maybe", "DEFW-007", "define.xlsx:2 Variables Mandatory"),
    "Codelist": ("Variables", 1, "Codelist", "NOPE", "DEFW-006", "define.xlsx:2 Variables Codelist"),
    "Method": ("Variables", 2, "Method", "NOPE", "DEFW-006", "define.xlsx:3 Variables Method"),
    "Comment": ("Datasets", 1, "Comment", "NOPE", "DEFW-006", "define.xlsx:2 Datasets Comment"),
    "Key": ("Datasets", 1, "Key Variables", "NOPE", "DEFW-006", "define.xlsx:2 Datasets Key Variables"),
    "Pages": ("Variables", 1, "Pages", "7", "DEFW-006", "define.xlsx:2 Variables Pages"),
    "Dataset": ("Variables", 1, "Dataset", "XX", "DEFW-006", "define.xlsx:2 Variables Dataset"),
    "Variable": ("Variables", 2, "Variable", "USUBJID", "DEFW-008", "define.xlsx:3 Variables Variable"),
    "Data Type": ("Variables", 1, "Data Type", "", "DEFW-005", "define.xlsx:2 Variables Data Type"),
    "Standard": ("Datasets", 1, "Standard", "SDTMIG 9", "DEFW-006", "define.xlsx:2 Datasets Standard"),
    "Where": ("ValueLevel", 1, "Where Clause", "SEX", "DEFW-007", "define.xlsx:2 ValueLevel Where Clause"),
    "Where variable": (
        "ValueLevel",
        1,
        "Where Clause",
        "SEXX EQ F",
        "DEFW-006",
        "define.xlsx:2 ValueLevel Variable",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_name_sheet_row_and_column(tmp_path, name):
    sheet, row, column, text, code, place = WRONG[name]
    book, _ = export_book(sample_define(), V21)
    sheets = {key: [dict(one.values) for one in rows] for key, rows in book.sheets.items()}
    if sheet == "ValueLevel":
        sheets[sheet] = [{"Dataset": "DM", "Variable": "SEX", "Data Type": "text"}]
    sheets[sheet][row - 1][column] = text
    grids = {
        key.replace(" ", "_"): [
            V21.sheets[key],
            *([one.get(name, "") for name in V21.sheets[key]] for one in rows),
        ]
        for key, rows in sheets.items()
        if key in V21.sheets
    }
    problems = Problems()
    import_book(read_book(workbook(tmp_path / "define.xlsx", **grids), problems), problems)
    assert (code, place) in [(one.kind.code, str(one.where)) for one in problems.items]
    target = tmp_path / "define.xml"
    assert define_import(tmp_path / "define.xlsx", target) in (Exit.DATA, Exit.SPEC)
    assert not target.exists()


def test_no_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"rubbish")
    with pytest.raises(Refusal, match="DEFW-001"):
        read_book(path, Problems())
    problems = Problems()
    read_book(workbook(path, Datasets=[["Label"], ["x"]]), problems)
    assert {one.kind.code for one in problems.items} == {"DEFW-002", "DEFW-004"}


FIRST = '<c r="A2" t="s"><v>2</v></c>'  # the cell below the header of the sheet of DATASETS
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
MERGED = '</sheetData><mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
SPOILT = {
    "a far cell": ("</sheetData>", FAR, "RAW-006", "define.xlsx"),
    "a cell at no place": ('r="A2"', 'r="ZZZZZZZ99999999999"', "DEFW-001", "define.xlsx"),
    "an error value": (FIRST, '<c r="A2" t="e"><v>#REF!</v></c>', "RAW-041", "define.xlsx:2 Datasets"),
    "a formula that nothing has calculated": (
        *(FIRST, '<c r="A2"><f>B2</f></c>', "RAW-042", "define.xlsx:2 Datasets"),
    ),
    "merged cells": ("</sheetData>", MERGED, "RAW-045", "define.xlsx:2 Datasets"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_cells_that_cannot_be_read_are_said(tmp_path, name):
    old, new, code, place = SPOILT[name]
    whole = workbook(tmp_path / "whole.xlsx", Datasets=[["Dataset", "Label"], ["DM", "Demographics"]])
    with (
        zipfile.ZipFile(whole) as archive,
        zipfile.ZipFile(tmp_path / "define.xlsx", "w", zipfile.ZIP_DEFLATED) as spoilt,
    ):
        for part in archive.namelist():
            text = archive.read(part).decode()
            if part.endswith("sheet1.xml"):
                assert old in text
                text = text.replace(old, new, 1)
            spoilt.writestr(part, text)
    problems = Problems()
    try:
        read_book(tmp_path / "define.xlsx", problems)
    except Refusal as refusal:
        problems.add(*refusal.problems)
    assert (code, place) in [(one.kind.code, str(one.where)) for one in problems.items]
    assert "Ask the site" not in "".join(one.line() for one in problems.items)


# -- conditions as text

NAMES = st.from_regex(r"[A-Z][A-Z0-9]{0,7}", fullmatch=True)
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp"))) | st.sampled_from(
    ["A and B EQ C", "or", "(x)", "a, b", '"', "'", "Week 2", " x "]
)


@st.composite
def comparison(draw):
    operator = draw(st.sampled_from(COMPARATORS))
    several = operator in ("IN", "NOTIN")
    values = draw(st.lists(VALUES, min_size=1, max_size=3 if several else 1))
    return Comparison(draw(NAMES | st.just("")), draw(NAMES), operator, tuple(values))


@given(st.lists(st.lists(comparison(), min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple))
def test_conditions_come_back(conditions):
    assert parse_where(where_text(conditions)) == conditions


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A IN (B, 'C, D') AND E NE f", 'A IN (B, "C, D") and E NE f'),
        ("A not in (B)", "A NOTIN (B)"),
        ("DM.SEX = F", "DM.SEX EQ F"),
        ("A EQ B AND C", 'A EQ "B AND C"'),
        ("A>=3", "A GE 3"),
    ],
)
def test_conditions_as_people_write_them(text, said):
    assert where_text(parse_where(text)) == said


@pytest.mark.parametrize("text", ["", "A", "A EQ", "A IN (B", "A IN (B) C", "A ~ B", "A IN (B C", "EQ B"])
def test_conditions_that_are_none(text):
    with pytest.raises(ValueError):
        parse_where(text)
