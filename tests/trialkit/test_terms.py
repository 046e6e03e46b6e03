"""Terminology: what is shipped, how texts become terms, and what a study may add."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.packages import Package, Term, open_package, read_package, write_package
from trialkit.problems import Exit, Place, Refusal
from trialkit.terms import (
    Codelist,
    SponsorCodelist,
    Terminology,
    join_terminologies,
    load_terminology,
    read_terminology,
)

SDTM = load_terminology("SDTM", "2025-03-28")
ADAM = load_terminology("ADaM", "2026-03-27")
REFERENCE = os.environ.get("TRIALKIT_REFERENCE", "")
QUICK = settings(max_examples=100, derandomize=True, deadline=None)
SHIPPED = [("SDTM", "2025-03-28"), ("ADaM", "2025-03-28"), ("ADaM", "2026-03-27")]


@pytest.mark.skipif(not REFERENCE, reason="TRIALKIT_REFERENCE does not name a folder of reference data")
@pytest.mark.parametrize(("standard", "version"), SHIPPED)
def test_shipped_terms_are_those_of_the_reference(standard, version):
    path = Path(REFERENCE) / "ct" / f"{standard.lower()}_ct_{version}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        expected = {tuple(row.values()) for row in csv.DictReader(file)}
    terminology, found = load_terminology(standard, version), set()
    for codelist in map(terminology.codelist, terminology.names):
        head = (codelist.code, codelist.name, codelist.label, "Yes" if codelist.extensible else "No")
        found |= {(*head, t.code, t.value, t.preferred, "; ".join(t.synonyms)) for t in codelist.terms}
    assert found == expected


def test_counts_of_what_is_shipped():
    assert len(SDTM.names) == 1158
    assert sum(len(SDTM.codelist(name).terms) for name in SDTM.names) == 43698
    assert (SDTM.codelist("UNIT").extensible, SDTM.codelist("SEX").extensible) == (True, False)


@pytest.mark.parametrize(("standard", "version"), SHIPPED)
def test_a_package_file_is_written_as_it_was_read(standard, version):
    package = open_package(standard, version)
    again = read_package(write_package(package), "again")
    assert (again.standard, again.version, again.lines) == (standard, version, package.lines)


def test_codelists_are_found_by_name_and_by_code():
    assert SDTM.codelist("C66731") is SDTM.codelist("SEX")
    assert (SDTM.codelist("SEX").standard, SDTM.codelist("SEX").version) == ("SDTM", "2025-03-28")


def test_an_unknown_codelist_is_refused_with_the_place():
    with pytest.raises(Refusal) as refused:
        SDTM.codelist("SEXX", Place("dm.yaml", 4, 9))
    problem = refused.value.problems[0]
    assert problem.line() == "error TERM-003 dm.yaml:4:9 there is no codelist 'SEXX'. Did you mean 'SEX'?"
    assert problem.kind.exit is Exit.SPEC


@pytest.mark.parametrize(
    ("codelist", "text", "value"),
    [
        ("SEX", "M", "M"),
        ("SEX", "male", "M"),
        ("SEX", " Female ", "F"),
        ("SEX", "Ｆ", "F"),
        ("NY", "Yes", "Y"),
        ("NY", "yess", None),
        ("RACE", "Asian", "ASIAN"),
        ("ROUTE", "intravenous route of administration", "INTRAVENOUS"),
        ("LBTESTCD", "Glucose", "GLUC"),
        ("UNIT", "pa", None),
        ("UNIT", "AU", None),
        ("SEX", "", None),
    ],
)
def test_texts_become_submission_values(codelist, text, value):
    assert SDTM.codelist(codelist).resolve(text) == value


def test_case_and_synonyms_can_be_left_out():
    sex = SDTM.codelist("SEX")
    assert (sex.resolve("m", case=True), sex.resolve("Male", case=True)) == (None, "M")
    assert (sex.resolve("m", synonyms=False), sex.resolve("Male", synonyms=False)) == ("M", None)


@QUICK
@given(st.sampled_from(sorted({"SEX", "UNIT", "LBTESTCD", "ROUTE", "FREQ"})), st.data())
def test_a_submission_value_means_itself(name, data):
    codelist = SDTM.codelist(name)
    value = data.draw(st.sampled_from(codelist.values))
    assert codelist.resolve(value) == codelist.resolve(value, synonyms=False, case=True) == value
    assert codelist.by_code[codelist.code_of(value)].value == value


@QUICK
@given(st.text(max_size=10))
def test_any_text_is_a_term_or_none(text):
    assert SDTM.codelist("ROUTE").resolve(text) in {None, *SDTM.codelist("ROUTE").values}


def test_suggestions_use_values_and_synonyms():
    assert SDTM.codelist("SEX").suggest("Femal") == "Did you mean 'F' (Female)?"
    assert SDTM.codelist("ROUTE").suggest("INTRAVENOS") == "Did you mean 'INTRAVENOUS'?"
    assert SDTM.codelist("NY").suggest("###") == "Known: N, NA, U, Y."


@pytest.mark.parametrize(
    ("codelist", "value", "decode"),
    [
        ("LBTESTCD", "GLUC", "Glucose"),
        ("LBTEST", "Glucose", "GLUC"),
        ("VSTESTCD", "SYSBP", "Systolic Blood Pressure"),
        ("TSPARMCD", "PLANSUB", "Planned Number of Subjects"),
        ("PKPARMCD", "CMAX", "Max Conc"),
        ("NY", "Y", "Yes"),
        ("LBTESTCD", "NONSENSE", None),
    ],
)
def test_decodes(codelist, value, decode):
    assert SDTM.decode(codelist, value) == decode


def test_every_list_of_test_codes_has_its_list_of_names():
    both = SDTM.joined(ADAM)
    codes = [name for name in both.names if name.endswith(("TESTCD", "PARMCD", "TC")) and name != "KILLIPC"]
    pairs = [(both.codelist(name), both.partner(name)) for name in codes]
    assert len(pairs) > 300
    assert [code.name for code, names in pairs if names is None] == []
    assert all(code.by_code.keys() == names.by_code.keys() for code, names in pairs)


def test_adam_terms_come_before_sdtm_terms():
    both = join_terminologies([ADAM, SDTM])
    assert both.codelist("DTYPE").standard == "ADaM"
    assert both.codelist("TPCATRS").standard == "ADaM"
    assert both.codelist("SEX").standard == "SDTM"
    assert "DATEFL" in both.names


def test_a_study_extends_codelists_and_adds_its_own():
    own = SDTM.extended(
        {
            "UNIT": {"terms": {"spots": ["Flecken", "pa"]}},
            "SEX": SponsorCodelist.model_validate({"terms": {"M": ["man"], "U": ["F?"]}}),
            "ARMSP": {"label": "Arms", "terms": {"A": "Treatment A", "B": {"decode": "Treatment B"}}},
        }
    )
    assert own.codelist("C71620").resolve("FLECKEN") == "spots"
    assert own.codelist("UNIT").resolve("pa") == "spots"
    assert own.codelist("UNIT").by_value["spots"].sponsor
    assert own.codelist("SEX").resolve("Man") == "M"
    assert own.codelist("SEX").code_of("M") == "C20197"
    arms = own.codelist("ARMSP")
    assert (arms.label, arms.code, arms.values, arms.standard) == ("Arms", "", ("A", "B"), "")
    assert (own.decode("ARMSP", "A"), arms.resolve("treatment b")) == ("Treatment A", "B")
    assert SDTM.codelist("SEX").resolve("man") is None
    assert own.joined(ADAM).codelist("ARMSP") is arms


def test_a_study_adds_twice():
    first = SDTM.extended({"UNIT": {"terms": {"spots": ["Flecken"]}}})
    second = first.extended({"UNIT": {"terms": {"dots": ["Punkte"]}}})
    unit = second.codelist("UNIT")
    assert (unit.resolve("Flecken"), unit.resolve("Punkte")) == ("spots", "dots")


def test_what_a_study_may_not_add_is_refused_all_at_once():
    with pytest.raises(Refusal) as refused:
        SDTM.extended({"SEX": {"terms": {"FEMAL": []}}, "UNIT": {"terms": {"a1": ["same"], "b1": ["same"]}}})
    assert [problem.line() for problem in refused.value.problems] == [
        "error TERM-004 'FEMAL' cannot be added to codelist SEX. Did you mean 'F' (Female)?",
        "error TERM-005 'same' is a synonym of two terms of UNIT. Keep the synonym at one term.",
    ]


def test_a_study_names_its_own_package(tmp_path: Path):
    lines = ("C66731\tSEX\tSex\tNo", "\tC20197\tM\tMale\t")
    path = tmp_path / "sdtm-2030-01-01.tsv.gz"
    path.write_bytes(write_package(Package("SDTM", "2030-01-01", lines)))
    assert read_terminology(path).codelist("SEX").terms == (Term("M", "C20197", "Male"),)
    assert load_terminology("SDTM", "2030-01-01", tmp_path).names == ["SEX"]
    with pytest.raises(Refusal, match=r"TERM-001 there is no terminology package 'SDTM 2031-01-01'"):
        load_terminology("SDTM", "2031-01-01", tmp_path)
    with pytest.raises(Refusal, match="TERM-001"):
        load_terminology("SDTM", "2031-01-01", tmp_path / "nowhere")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain",
        gzip.compress(b"SDTM\t1\nC1\tA\ta\tNo")[:-9],
        gzip.compress(b"SDTM\t1\nC1\tA\ta\tNo"),
        gzip.compress(b"SDTM\t1\nC1\tA\ta\n"),
        gzip.compress(b"SDTM\t1\n\tC1\tA\ta\t\n"),
        gzip.compress(b"SDTM\t1\n"),
        gzip.compress(b"SDTM\t1\nC1\tA\ta\tNo\n\n"),
        gzip.compress(b"\xff\n"),
    ],
    ids=range(9),
)
def test_a_damaged_package_is_refused(data):
    with pytest.raises(Refusal, match=r"TERM-002 bad\.tsv\.gz"):
        read_package(data, "bad.tsv.gz")


def test_an_empty_terminology_knows_nothing():
    assert Terminology().names == []
    assert Codelist("", "X", "", True, ()).suggest("a") == "None is known."
