"""The list of queries: each defect once, ids that survive, what became of each, and nothing that runs."""

import csv
import json
import random
import zipfile
from collections import Counter
from io import BytesIO

import openpyxl
import pytest

from trialkit.dateformats import KINDS
from trialkit.generate import kinds
from trialkit.own import standard_of
from trialkit.problems import Refusal
from trialkit.queries.listing import columns_of
from trialkit.queries.previous import read_previous
from trialkit.queries.wording import Text, Wording, own_texts, split
from trialkit.result import Options
from trialkit.run import run

STUDY = """\
study: X1
created: 2024-01-31T00:00:00
extract: {extract}
sources:
  SUBJ: {{format: csv, file: subj.csv, key: [SUBJ], subject: SUBJ}}
  FORM:
    format: csv
    file: form.csv
    header: 2
    labels: 2
    key: [SUBJ, VISIT]
    duplicates: keep
    subject: SUBJ
    visit: VISIT
    ragged: quarantine
  LAB: {{format: csv, file: lab.csv, key: [SAMPLE]}}
"""
FORMS = """\
dataset: {name}
working: true
records:
  - read: FORM
  - exact_duplicates: query
    code: Q-01
    query: The row is there twice; one is used. Please delete the other.
  - join: SUBJ
    on: SUBJ
    take: SEX
    missing: quarantine
    reason: unknown subject
    code: Q-02
    query: Whose form is this?
  - let:
      DTC: {{date: DAY, formats: YYYY-MM-DD, invalid: query}}
  - query: DTC != '' and length(DTC) < 10
    say: The date is not complete. Is the rest known?
    code: Q-03
    column: DAY
  - gather: {{A: ITEMA, B: ITEMB}}
    key: CODE
    into: RESULT
    blank: keep
keys: [USUBJID, VISIT, CODE]
variables:
  USUBJID: {{concat: ["'X1-'", SUBJ]}}
  VISIT: VISIT
  CODE: CODE
  DTC: DTC
  RESULT: RESULT
checks:
  - when: number(RESULT) > 4
    say: The answer is above 4. Which one is right?
    variable: RESULT
    code: Q-04
"""
LABS = """\
dataset: LABS
working: true
records:
  - read: LAB
  - join: FORMS
    on: {SAMPLE: SAMPLE}
    take: [USUBJID, VISIT]
keys: [SAMPLE]
variables:
  SAMPLE: SAMPLE
  USUBJID: USUBJID
  UNIT: UNIT
checks:
  - {when: UNIT == '', say: Which unit is it?, variable: UNIT, code: Q-05}
"""
ROWS = [
    "1,W0,2020-02-30,=1+1,1,S1",
    "1,W4,2020-03-UK,5,1,S2",
    "2,W0,2020-02-01,2,9,S3",
    "2,W0,2020-02-01,2,9,S3",
    "9,W0,2020-02-01,1,1,S4",
]
HEAD = "SUBJ,VISIT,DAY,ITEMA,ITEMB,SAMPLE\n受试者,访视,日期,条目甲,条目乙,样本\n"


@pytest.fixture
def folders(tmp_path):
    specs, raw = tmp_path / "specs", tmp_path / "raw"
    for folder in (specs / "sdtm", specs / "tables", raw):
        folder.mkdir(parents=True)
    (specs / "study.yaml").write_text(STUDY.format(extract="E1"))
    (specs / "sdtm" / "again.yaml").write_text(FORMS.format(name="AGAIN"))
    forms = FORMS.format(name="FORMS").replace("  CODE: CODE\n", "  CODE: CODE\n  SAMPLE: SAMPLE\n")
    (specs / "sdtm" / "forms.yaml").write_text(forms)
    (raw / "subj.csv").write_text("SUBJ,SEX\n1,F\n2,M\n")
    (raw / "lab.csv").write_text("SAMPLE,UNIT\nS2,\n")
    write_forms(raw, ROWS)
    return specs, raw, tmp_path / "out"


def write_forms(raw, rows):
    (raw / "form.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


def build(folders, **choices):
    specs, raw, out = folders
    return run(Options(specs, raw, out, **choices), standard_of("sdtm", "3.4"))


def listed(out):
    text = (out / "reports" / "queries.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def ids_of(out):
    return {(one["code"], one["subject"], one["visit"], one["field"]): one["id"] for one in listed(out)}


def spots(lines):
    return {(one["code"], one["subject"], one["visit"], one["field"], one["value"]) for one in lines}


FOUND = {
    ("DATE-002", "1", "W0", "DAY", "2020-02-30"),
    ("Q-01", "2", "W0", "", ""),
    ("Q-02", "9", "W0", "SUBJ", "9"),
    ("Q-03", "1", "W4", "DAY", "2020-03-UK"),
    ("Q-04", "1", "W4", "ITEMA", "5"),
    ("Q-04", "2", "W0", "ITEMB", "9"),
}


def test_each_defect_is_listed_once_though_two_datasets_and_many_records_report_it(folders):
    result = build(folders)
    assert result.problems.errors() == []
    assert sum(one.count for one in result.problems.queries()) > 2 * len(FOUND) - 1
    lines = listed(folders[2])
    assert spots(lines) == FOUND
    assert len(lines) == len(FOUND) == len({one["id"] for one in lines})
    assert {one["dataset"] for one in lines} == {"AGAIN, FORMS"}
    assert {one["status"] for one in lines} == {"new"}
    assert {one["since"] for one in lines} == {"E1"}


def test_what_is_wrong_and_what_is_asked(folders):
    build(folders)
    said = {one["code"]: (one["what"], one["question"], one["label"]) for one in listed(folders[2])}
    assert said["DATE-002"] == ("There is no such date.", "What is the date?", "日期")
    assert said["Q-01"] == ("The row is there twice; one is used.", "Please delete the other.", "")
    assert said["Q-02"] == ("Unknown subject.", "Whose form is this?", "受试者")
    assert said["Q-03"] == ("The date is not complete.", "Is the rest known?", "日期")


def test_ids_survive_another_order_of_the_lines_and_other_values(folders):
    build(folders)
    before = {
        (one["code"], one["subject"], one["visit"], one["field"]): one["id"] for one in listed(folders[2])
    }
    rows = [row.replace("=1+1", "3").replace("2020-02-30", "2021-02-29") for row in ROWS]
    random.Random(1).shuffle(rows)
    write_forms(folders[1], ["3,W8,2020-02-01,1,1,S9", *rows])
    (folders[1] / "subj.csv").write_text("SUBJ,SEX\n3,F\n2,M\n1,F\n")
    build(folders)
    after = {
        (one["code"], one["subject"], one["visit"], one["field"]): one["id"] for one in listed(folders[2])
    }
    assert after == before


def test_new_open_and_resolved(folders):
    build(folders)
    earlier = folders[2].parent / "earlier.csv"
    earlier.write_bytes((folders[2] / "reports" / "queries.csv").read_bytes())
    rows = [row.replace("2020-02-30", "2020-02-28") for row in ROWS]
    write_forms(folders[1], [*rows, "1,W8,2020-05-01,7,1,S8"])
    (folders[0] / "study.yaml").write_text(STUDY.format(extract="E2"))
    build(folders, previous=earlier)
    lines = listed(folders[2])
    status = {(one["code"], one["visit"], one["field"]): (one["status"], one["since"]) for one in lines}
    assert status[("DATE-002", "W0", "DAY")] == ("resolved", "E1")
    assert status[("Q-04", "W8", "ITEMA")] == ("new", "E2")
    assert Counter(one["status"] for one in lines) == {"resolved": 1, "new": 1, "open": 5}
    assert {one["since"] for one in lines if one["status"] == "open"} == {"E1"}
    assert lines[-1]["status"] == "resolved"
    facts = json.loads((folders[2] / "reports" / "manifest.json").read_text())["previous"]
    assert facts["file"] == "earlier.csv"
    assert len(facts["sha256"]) == 64


def test_the_workbook_is_an_earlier_list_as_well_as_the_csv(folders):
    build(folders)
    book = folders[2] / "reports" / "queries.xlsx"
    (folders[2].parent / "kept.xlsx").write_bytes(book.read_bytes())
    build(folders, previous=folders[2].parent / "kept.xlsx")
    assert {one["status"] for one in listed(folders[2])} == {"open"}


def test_a_query_of_a_dataset_that_was_not_built_is_not_resolved(folders):
    build(folders)
    earlier = folders[2].parent / "earlier.csv"
    earlier.write_bytes((folders[2] / "reports" / "queries.csv").read_bytes())
    write_forms(folders[1], [row.replace("2020-02-30", "2020-02-28") for row in ROWS])
    only = (folders[0], folders[1], folders[2].parent / "part")
    build(only, previous=earlier, datasets=("FORMS",))
    status = {(one["code"], one["field"]): one["status"] for one in listed(only[2])}
    assert status["DATE-002", "DAY"] == "open"


def test_a_query_that_comes_back_after_it_was_resolved_is_new(folders):
    build(folders)
    earlier = folders[2].parent / "earlier.csv"
    text = (folders[2] / "reports" / "queries.csv").read_text(encoding="utf-8-sig")
    earlier.write_text(text.replace(",new,", ",resolved,"), encoding="utf-8-sig")
    build(folders, previous=earlier)
    assert {one["status"] for one in listed(folders[2])} == {"new"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("list.txt", "", r"QUERY-002 list\.txt not a list of queries"),
        (
            "list.csv",
            "id,state\n1,new\n",
            r"QUERY-002 list\.csv it has no column 'status'\. Did you mean 'state'",
        ),
        (
            "list.csv",
            "id,status,since,form,dataset,study\n1,new,,AE,AE,X2\n",
            r"QUERY-002 list\.csv:2 a query of another study than X1",
        ),
        (
            "list.csv",
            "id,status,since,form,dataset,study\n1,gone,,AE,AE,X1\n",
            r"QUERY-002 list\.csv:2 a line without an id or status",
        ),
        (
            "list.csv",
            "id,status,since,form,dataset,study\n1,new,,AE,AE,X1\n1,new,,AE,AE,X2\n2,new,,AE,AE,X2\n",
            r"^error QUERY-002 list\.csv:3 a query of another study than X1 \(2 times\)\. Give [^;]*$",
        ),
        ("none.csv", None, r"^error QUERY-003 there is no file '\S+none\.csv'\. Give the path[^;]*$"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path, name, text, said):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(Refusal, match=said):
        read_previous(tmp_path / name, "X1")


def test_formulas_stay_texts(folders):
    (folders[0] / "sdtm" / "more.yaml").write_text(
        FORMS.format(name="MORE").replace("number(RESULT) > 4", "RESULT == '=1+1'").replace("Q-04", "Q-06")
    )
    build(folders)
    line = next(one for one in listed(folders[2]) if one["code"] == "Q-06")
    assert line["value"] == "'=1+1"
    data = (folders[2] / "reports" / "queries.xlsx").read_bytes()
    sheet = openpyxl.load_workbook(BytesIO(data))["Queries"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert [(cell.data_type, cell.number_format) for cell in cells] == [("s", "@")] or not cells
    with zipfile.ZipFile(BytesIO(data)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
        assert b"=1+1" in book.read("xl/sharedStrings.xml")
    kept = folders[2].parent / "kept.csv"
    kept.write_bytes((folders[2] / "reports" / "queries.csv").read_bytes())
    assert "=1+1" in {one["value"] for one in read_previous(kept, "X1").lines}


def test_the_workbook_is_what_a_data_manager_filters_in(folders):
    (folders[0] / "tables" / "queries.csv").write_text(
        "code,language,what,question\nQ-02,zh,受试者编号无法识别。,该表单属于哪位受试者？\n", encoding="utf-8"
    )
    build(folders)
    book = openpyxl.load_workbook(folders[2] / "reports" / "queries.xlsx")
    sheet = book["Queries"]
    head = tuple(cell.value for cell in sheet[1])
    assert head == columns_of(("en", "zh"))
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == f"A1:T{len(FOUND) + 1}"
    lines = [dict(zip(head, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=2)]
    chinese = {line["code"]: (line["what zh"], line["question zh"]) for line in lines}
    assert chinese["Q-02"] == ("受试者编号无法识别。", "该表单属于哪位受试者？")
    assert chinese["DATE-002"] == ("该日期不存在。", "正确的日期是什么？")
    assert chinese["Q-03"] == ("The date is not complete.", "Is the rest known?")
    assert book.properties.created.isoformat() == "2024-01-31T00:00:00"
    assert [row[0].value for row in book["Summary"].iter_rows()][:2] == ["form", "FORM"]


def test_the_same_run_gives_the_same_bytes(folders):
    made = []
    for name in ("a", "b"):
        out = folders[2].parent / name
        build((folders[0], folders[1], out))
        made.append([(out / "reports" / f"queries.{end}").read_bytes() for end in ("csv", "xlsx")])
    assert made[0] == made[1]


def test_accepted_findings_are_not_asked(folders):
    result = build(folders)
    count = sum(one.count for one in result.problems.queries() if one.kind.code == "Q-03")
    accept = f"accept:\n  - {{code: Q-03, count: {count}, reason: the rest of the dates is not known}}\n"
    (folders[0] / "study.yaml").write_text(STUDY.format(extract="E1") + accept)
    build(folders)
    assert spots(listed(folders[2])) == {one for one in FOUND if one[0] != "Q-03"}


@pytest.mark.proves("TK-FAIL-4")
def test_a_strict_run_lists_the_same_queries_with_its_errors(folders):
    result = build(folders, strict=True)
    assert result.problems.errors()
    assert spots(listed(folders[2])) == FOUND


def test_a_row_that_cannot_be_read_is_asked_about(folders):
    write_forms(folders[1], [*ROWS, "2,W4,2020"])
    build(folders)
    (line,) = [one for one in listed(folders[2]) if one["code"] == "RAW-015"]
    assert (line["form"], line["line"], line["question"]) == ("FORM", "8", "What does the row say?")


def test_rows_that_their_key_does_not_tell_apart_are_numbered(folders):
    write_forms(folders[1], [*ROWS, "9,W0,2020-02-01,2,2,S5"])
    build(folders)
    ids = sorted(one["id"] for one in listed(folders[2]) if one["code"] == "Q-02")
    assert len(ids) == 2
    assert ids[1] == f"{ids[0]}-2"


def test_subject_and_visit_come_from_the_row_that_was_joined(folders):
    specs = folders[0] / "sdtm"
    labs = LABS.replace("join: FORMS", "join: FORM").replace("[USUBJID, VISIT]", "[SUBJ, VISIT]")
    labs = labs.replace("USUBJID: USUBJID", "USUBJID: {concat: [\"'X1-'\", SUBJ]}")
    (specs / "labs.yaml").write_text(labs)
    build(folders)
    line = next(one for one in listed(folders[2]) if one["code"] == "Q-05")
    assert (line["form"], line["subject"], line["visit"], line["record"]) == ("LAB", "1", "W4", "SAMPLE=S2")
    assert (line["what"], line["question"]) == ("", "Which unit is it?")


def test_texts_for_a_code_that_nobody_asks_are_refused(folders):
    (folders[0] / "tables" / "queries.csv").write_text("code,language,what,question\nQ-2,zh,x,y\n")
    with pytest.raises(Refusal, match=r"QUERY-001 tables/queries\.csv:2 code no query has the code 'Q-2'"):
        build(folders)


def test_a_code_with_blank_texts_is_not_for_the_site(folders):
    (folders[0] / "tables" / "queries.csv").write_text("code,language,what,question\nQ-03,en,,\n")
    build(folders)
    assert spots(listed(folders[2])) == {one for one in FOUND if one[0] != "Q-03"}


@pytest.mark.parametrize(
    ("text", "what", "question"),
    [
        ("A. B?", "A.", "B?"),
        ("Which one?", "", "Which one?"),
        ("", "", ""),
        ("值不对。哪一个？", "值不对。", "哪一个？"),
        ("It is 0.5 too high. Why?", "It is 0.5 too high.", "Why?"),
    ],
)
def test_the_last_sentence_is_the_question(text, what, question):
    assert split(text) == Text(what, question)


def test_a_statement_gets_a_question():
    text = Wording({}).text("Q-1", "en", "The dose is too high.")
    assert text == Text("The dose is too high.", "Please check it and correct it where it is wrong.")


def test_the_own_texts_speak_of_codes_that_exist_in_english_and_chinese():
    codes = {code for code, _ in own_texts()} - {"*"}
    assert codes <= {kind.code for kind in (*kinds(), *KINDS.values())}
    for code in codes:
        text = own_texts()[code, "en"]
        assert not text.question or own_texts()[code, "zh"].question
    asked = kinds(("trialkit", "sdtm"))  # of analysis datasets and define.xml no site is asked
    silent = {kind.code for kind in asked if kind.severity == "query"} - codes
    assert silent <= {"ROW-010", "ROW-012"}, "the study words these itself"
