"""Labels that were not written for a page: long ones, hostile ones, letters that no font has."""

import sys

import pytest
from pypdf import PdfReader

from define.acrf import build
from define.acrf.fonts import Fonts, clean, packaged_font
from define.acrf.names import Names
from trialkit.problems import Refusal

DM = "dataset: DM\nrecords: [{read: RAW}]\nkeys: [USUBJID]\nvariables:\n  USUBJID: SUBJ\n  SEX: VALUE\n"
LONG = "Long " * 400
HOSTILE = [
    "(unbalanced \\(",
    "%%EOF endobj <</Type /Catalog>>",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe\u2066",
    "a\u0301\u0301\u0301 \ufeff\u200b",
    "\U0001f600 \U00020000",
    "x" * 3000,
    "不良事件" * 300,
    "tab\tand \u2028 line",
]


def drawn(study, name="acrf.pdf"):
    acrf = build(study, study.folder / "raw", study.folder / name)
    return acrf, PdfReader(acrf.file, strict=True)


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels(make_study, label):
    study = make_study(DM, labels=["Subject", label.replace('"', "")])
    acrf, reader = drawn(study)
    assert len(reader.pages) == acrf.pages == 3
    assert acrf.pages_of("DM", "SEX") == [3]


def test_hostile_columns_have_destinations_of_their_own(make_study):
    columns = ["SUBJ", "a b", "a  b", "a/b", "%00(", "年龄", "VALUE"]
    acrf, reader = drawn(make_study(DM, columns=columns))
    names = {acrf.destination_of("RAW", column) for column in columns}
    assert len(names) == len(columns)
    assert all(name.isascii() and not set(name) & set(" ()<>[]{}/%#") for name in names)
    assert names <= set(reader.named_destinations)


def test_long_labels_are_wrapped_and_many_fields_take_many_pages(make_study, notes):
    columns = ["SUBJ", "VALUE", *(f"C{number}" for number in range(120))]
    acrf, reader = drawn(make_study(DM, columns=columns, labels=["Subject", *[LONG] * 121]))
    assert acrf.pages > 12
    assert sum(text == "[NOT SUBMITTED]" for _, text, _, _ in notes(reader)) == 120 + 1  # and the legend
    assert "continued" in reader.pages[acrf.pages - 1].extract_text()


def test_many_forms_take_several_pages_of_the_list(tmp_path, loaded):
    sources = "".join(f"  S{n:03}: {{format: csv, file: s.csv, key: [SUBJ]}}\n" for n in range(120))
    (tmp_path / "sdtm").mkdir()
    (tmp_path / "sdtm" / "dm.yaml").write_text(DM.replace("RAW", "S000"))
    (tmp_path / "study.yaml").write_text(f"study: S1\ncreated: 2024-01-31\nsources:\n{sources}")
    (tmp_path / "s.csv").write_text("SUBJ,VALUE\n")
    acrf = build(loaded(tmp_path), tmp_path, tmp_path / "acrf.pdf")
    reader = PdfReader(acrf.file)
    assert acrf.places[("S000", "")][0] == 5
    assert reader.get_destination_page_number(reader.named_destinations["S119"]) + 1 == acrf.pages == 124


def test_without_a_font_the_english_labels_are_there_and_the_cover_says_so(make_study, monkeypatch):
    monkeypatch.setattr(sys.modules["define.acrf.build"], "packaged_font", lambda: None)
    forms = "forms: {RAW: {title: Subject, original: 受试者, labels: {VALUE: Sex}}}"
    _, reader = drawn(make_study(DM, labels=["筛选号", "性别"], forms=forms))
    text = reader.pages[2].extract_text()
    assert "Sex" in text
    assert "SUBJ" in text
    assert "性别" not in text
    assert "Labels in the language of the forms are left out" in reader.pages[0].extract_text()


def test_documents_of_one_process_have_fonts_of_their_own(make_study):
    if packaged_font() is None:
        pytest.skip("the package of the font is not installed")
    for label in ("性别", "年龄", "性别"):
        study = make_study(DM, labels=["筛选号", label])
        assert label in drawn(study)[1].pages[2].extract_text()


def test_the_font_of_the_study(make_study):
    font = packaged_font()
    if font is None:
        pytest.skip("the package of the font is not installed")
    study = make_study(DM, labels=["筛选号", "性别"], forms="font: own.otf")
    (study.folder / "own.otf").write_bytes(font.read_bytes())
    assert "性别" in drawn(study)[1].pages[2].extract_text()


@pytest.mark.parametrize(
    ("forms", "code"),
    [
        ("forms: {RAWW: {title: Subject}}", "ACRF-001"),
        ("forms: {RAW: {labels: {VALU: Sex}}}", "ACRF-002"),
        ("forms: {RAW: {sections: [{title: A, fields: [VALU]}]}}", "ACRF-002"),
        ("forms: {RAW: {titel: Subject}}", "SPEC-004"),
        ("font: study.yaml", "ACRF-003"),
        ("font: ../font.ttf", "PATH-001"),
    ],
)
def test_what_is_wrong_with_forms_yaml(make_study, forms, code):
    study = make_study(DM, labels=["筛选号", "性别"], forms=forms)
    with pytest.raises(Refusal) as refused:
        drawn(study)
    assert [one.kind.code for one in refused.value.problems] == [code]


def test_forms_yaml_divides_and_names(make_study):
    forms = """
version: "2"
visits: [WEEK 0, WEEK 4]
forms:
  RAW:
    title: Subject
    sections: [{title: Person, fields: [VALUE]}]
    system: [SUBJ]
    labels: {VALUE: Sex, SUBJ: Number}
    visits: [WEEK 4]
"""
    acrf, reader = drawn(make_study(DM, forms=forms))
    form = acrf.forms[0]
    assert [(title, [one.label for one in fields]) for title, fields in form.sections] == [
        ("Person", ["Sex"]),
        ("System fields", ["Number"]),
    ]
    text = reader.pages[2].extract_text()
    assert "Version 2" in text
    assert "Visits: WEEK 4" in text


def test_columns_of_a_source_without_file_come_from_the_form_and_the_rules(make_study):
    study = make_study(DM, forms="forms: {RAW: {labels: {AGE: Age}}}")
    acrf = build(study, {}, study.folder / "acrf.pdf")
    [(_, fields)] = acrf.forms[0].sections
    assert [one.column for one in fields] == ["AGE", "SUBJ", "VALUE"]


def test_words_and_letters():
    assert clean("a\x00b\u202ec") == "abc"
    assert Fonts.of([]).wrapped("x" * 40, "acrf", 9, 60)[0] == "x" * 11
    assert Names().of("A", "B") == "A.B"
    names = Names()
    assert names.of("A.B") != names.of("A", "B")
