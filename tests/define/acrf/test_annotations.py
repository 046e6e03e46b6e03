"""Which variables a field is annotated with, case by case: what the specs say, what stands on the form."""

import pytest

from define.acrf.annotations import annotations_of
from define.acrf.content import use_box
from define.acrf.mapped import Mapped
from define.acrf.uses import Use, uses_of
from trialkit.dataflow import Leaf

AE = """dataset: AE
records:
  - read: RAW
  {steps}
keys: [USUBJID]
variables:
  USUBJID: {{concat: ["'S1-'", SUBJ]}}
  {variables}
"""
CASES = {
    "copy": ("AETERM: VALUE", ["AETERM"]),
    "code": ("AESER: {code: VALUE, codelist: NY, map: {Ja: Y}}", ["AESER"]),
    "date": ("AESTDTC: {date: VALUE, formats: YYYY-MM-DD}", ["AESTDTC"]),
    "time": ("AESTDTC: {date: OTHER, formats: YYYY-MM-DD, time: VALUE, time_formats: 'hh:mm'}", ["AESTDTC"]),
    "nested": ("AETERM: {upper: {trim: VALUE}}", ["AETERM"]),
    "first of": ("AETERM: {first_of: [OTHER, VALUE]}", ["AETERM"]),
    "case": ("AETERM: {case: [{when: OTHER == 'x', then: {copy: VALUE}}]}", ["AETERM"]),
    "condition of a case": ("AETERM: {case: [{when: VALUE == 'x', then: Y}]}", []),
    "case that never applies": ("AETERM: {case: [{when: DOMAIN == 'DM', then: {copy: VALUE}}]}", []),
    "concat": ("AETERM: {concat: [VALUE, OTHER]}", []),
    "flag": ("AESER: {flag: VALUE == 'x'}", []),
    "constant": ("AESER: {constant: Y}", []),
    "translated": ("AETERM: {lookup: ENGLISH, table: words, on: {VALUE: TEXT}}", ["AETERM"]),
    "attribute of a term": (
        "AETERM: {lookup: KIND, table: words, on: {AESER: TEXT}}\n  AESER: {code: VALUE, codelist: NY}",
        ["AESER"],
    ),
    "converted": ("AETERM: {convert: VALUE, from: OTHER, to: \"'kg'\"}", ["AETERM"]),
    "standard result": ("AEOUT: VALUE\n  AETERM: {convert: AEOUT, from: OTHER, to: \"'kg'\"}", ["AEOUT"]),
    "copy of a variable": ("AESTDTC: VALUE\n  AEENDTC: AESTDTC", ["AESTDTC", "AEENDTC"]),
    "by a working variable": ("AETERM: {upper: W}\n  W: {copy: VALUE, working: true}", ["AETERM"]),
    "picked": ("AESTDTC: {earliest: {of: VALUE, within: USUBJID}}", ["AESTDTC (earliest)"]),
    "picked by a condition": ("AESTDTC: {earliest: {of: VALUE, within: USUBJID, where: OTHER == 'x'}}", []),
    "earliest of two": ("AESTDTC: {earliest: [VALUE, OTHER]}", []),
    "looked up in the source": ("AETERM: {lookup: VALUE, table: RAW, on: SUBJ, pick: first}", ["AETERM"]),
    "said to be derived": ("AETERM: {copy: VALUE, origin: {type: Derived, source: Sponsor}}", []),
    "of its own name": ("VALUE: VALUE", ["AE.VALUE"]),
}


def texts(study, column="VALUE"):
    found = annotations_of(Mapped(study, {"RAW": ["SUBJ", "VALUE", "OTHER"]}))
    return [one.text for one in found.get(Leaf("RAW", column), [])]


@pytest.mark.parametrize("case", CASES)
def test_rules(make_study, case):
    variables, expected = CASES[case]
    words = {"words": "TEXT,ENGLISH,KIND\nx,y,z\n"}
    text = AE.format(steps="", variables=f"DOMAIN: {{constant: AE}}\n  {variables}")
    assert texts(make_study(text, tables=words)) == expected


def test_a_supplemental_qualifier(make_study):
    extra = "AETERM: OTHER\nsupplemental:\n  AECRIT: {copy: VALUE, label: Criterion}"
    assert texts(make_study(AE.format(steps="", variables=extra))) == ["SUPPAE.QVAL WHEN QNAM = AECRIT"]


def test_gathered_columns_have_the_test_as_condition(make_study):
    steps = "- gather: {SYSBP: VALUE, PULSE: OTHER, DIABP: VALUE}\n    key: T\n    into: R"
    vs = AE.replace("AE", "VS").format(steps=steps, variables="VSTESTCD: T\n  VSORRES: R")
    study = make_study(vs)
    assert texts(study) == ["VSORRES WHEN VSTESTCD IN (SYSBP, DIABP)"]
    assert texts(study, "OTHER") == ["VSORRES WHEN VSTESTCD = PULSE"]


def test_items_of_a_table_are_told_by_what_it_says_of_them(make_study):
    steps = "- {gather: items, key: ITEM, into: {R: COLUMN}}\n  - {join: items, on: ITEM, take: [TEST, SIDE]}"
    mk = AE.replace("AE", "MK").format(steps=steps, variables="MKTESTCD: TEST\n  MKLAT: SIDE\n  MKORRES: R")
    study = make_study(mk, tables={"items": "ITEM,COLUMN,TEST,SIDE\na,VALUE,GRIP,LEFT\nb,OTHER,GRIP,RIGHT\n"})
    assert texts(study) == ["MKORRES WHEN MKLAT = LEFT"]
    assert texts(study, "OTHER") == ["MKORRES WHEN MKLAT = RIGHT"]


def test_branches_are_told_by_their_constants(make_study):
    branch = "- - read: RAW\n        - let: {{WHAT: {{constant: {0}}}, DAY: {1}}}"
    steps = "- stack:\n      " + "\n      ".join(
        branch.format(*one) for one in (("A", "VALUE"), ("B", "OTHER"))
    )
    ds = (
        AE.replace("AE", "DS")
        .replace("  - read: RAW\n", "")
        .format(steps=steps, variables="DSDECOD: WHAT\n  DSSTDTC: DAY")
    )
    assert texts(make_study(ds)) == ["DSSTDTC WHEN DSDECOD = A"]


def test_a_working_dataset_is_gone_through_and_a_published_one_is_not(make_study):
    first = "dataset: {0}\nrecords: [{{read: RAW}}]\nkeys: [SUBJ]\nvariables: {{SUBJ: SUBJ, DAY: VALUE}}\n{1}"
    ds = "dataset: DS\nrecords: [{read: FIRST}]\nkeys: [DSSTDTC]\nvariables: {DSSTDTC: DAY}\n"
    assert texts(make_study(first.format("FIRST", "working: true"), ds)) == ["DSSTDTC"]
    assert texts(make_study(first.format("FIRST", ""), ds)) == ["FIRST.DAY"]


def test_what_a_field_is_used_for(make_study):
    steps = "- {keep: OTHER != '', reason: none}"
    study = make_study(AE.format(steps=steps, variables="AESER: {flag: VALUE == 'x'}"))
    uses = uses_of(study, {"RAW": {"SUBJ": "", "VALUE": "", "OTHER": "", "MORE": ""}})
    said = {
        column: use_box(uses.get(Leaf("RAW", column), Use())).text for column in ("VALUE", "OTHER", "MORE")
    }
    assert said == {
        "VALUE": "Used for: AESER",
        "OTHER": "Used for: choice of records in AE",
        "MORE": "[NOT SUBMITTED]",
    }
