"""Rows after the data cutoff: left out as they are read, each for that reason, and never by a guess."""

import csv
import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.column import Column
from trialkit.cutoff import AFTER_CUTOFF, CutoffColumn, definitely_after, same_rows, without_late
from trialkit.own import standard_of
from trialkit.problems import Problems
from trialkit.raw.read import read
from trialkit.raw.source import CsvSource
from trialkit.raw.table import RawTable
from trialkit.result import Options
from trialkit.run import run
from trialkit.why import Question, why

LAST = datetime.date(2021, 3, 15)
FORMATS = ["YYYY-MM-DD", "YYYY/M/D h:mm"]


def cutoff(**keys):
    return CutoffColumn(column="D", formats=FORMATS, **keys)


@pytest.mark.parametrize(
    ("text", "late"),
    [
        ("2021-03-15", False),
        ("2021-03-16", True),
        ("2021/3/15 23:59", False),
        ("2021/3/16 0:00", True),
        ("2021-03-UK", False),
        ("2021-04-UK", True),
        ("2021-UK-UK", False),
        ("2022-UK-UK", True),
        ("2020-UK-UK", False),
        ("", False),
        ("2021-02-30", False),
        ("soon", False),
    ],
)
def test_only_what_is_definitely_after(text, late):
    assert definitely_after(Column.text([text]), cutoff(date=LAST)).tolist() == [late]


def test_without_a_date_nothing_is_left_out():
    assert not definitely_after(Column.text(["2099-01-01"]), cutoff()).any()


@settings(max_examples=200)
@given(st.lists(st.dates(datetime.date(2021, 3, 1), datetime.date(2021, 3, 31)), max_size=20))
def test_whole_dates_as_the_calendar_has_them(dates):
    texts = Column.text([day.isoformat() for day in dates])
    assert definitely_after(texts, cutoff(date=LAST)).tolist() == [day > LAST for day in dates]


def test_rows_left_out_are_set_aside_with_their_lines():
    columns = {
        "D": Column.text(["2021-03-20", "2021-03-01", "2021-04-01"]),
        "X": Column.text(["a", "b", "c"]),
    }
    table = RawTable("V", "v.csv", columns, np.array([2, 3, 5], np.int32), quarantined=((4, "ragged"),))
    cut = without_late(table, cutoff(date=LAST))
    assert cut.columns["X"].objects().tolist() == ["b"]
    assert cut.quarantined == ((4, "ragged"), (2, AFTER_CUTOFF), (5, AFTER_CUTOFF))
    assert same_rows(table, cut.lines).columns["X"].objects().tolist() == ["b"]
    assert without_late(table, None) is table


def test_the_column_must_be_there(tmp_path):
    (tmp_path / "v.csv").write_text("SUBJ,VISDAT\n1,2021-03-01\n")
    problems = Problems()
    source = CsvSource(
        format="csv", file="v.csv", cutoff={"column": "VISDATE", "formats": "iso"}, visit="VISDT"
    )
    read(source, "V", tmp_path, problems)
    assert sorted((one.kind.code, one.what, one.hint) for one in problems.items) == [
        ("RAW-001", "no column 'VISDATE' in source V", "Did you mean 'VISDAT'?"),
        ("RAW-001", "no column 'VISDT' in source V", "Did you mean 'VISDAT'?"),
    ]


STUDY = """\
study: X1
created: 2024-01-31T00:00:00
cutoff: 2021-03-15
extract: X1-1
sources:
  SUBJ: {format: csv, file: subj.csv}
  VIS:
    format: csv
    file: vis.csv
    trim: [blanks]
    key: [SUBJ]
    cutoff: {column: VISDAT, formats: YYYY-MM-DD}
"""
DATASET = """\
dataset: SUBJECTS
working: true
records: [{read: SUBJ}]
keys: [SUBJ]
variables:
  SUBJ: SUBJ
  LAST: {latest: {table: VISITS, of: VISDTC, on: SUBJ}}
"""
VISITS = """\
dataset: VISITS
working: true
records: [{read: VIS}]
keys: [SUBJ]
variables:
  SUBJ: SUBJ
  VISDTC: {date: VISDAT, formats: YYYY-MM-DD}
"""


def test_the_ledger_says_after_data_cutoff(tmp_path):
    specs, raw = tmp_path / "specs", tmp_path / "raw"
    (specs / "sdtm").mkdir(parents=True)
    raw.mkdir()
    (specs / "study.yaml").write_text(STUDY)
    (specs / "sdtm" / "subjects.yaml").write_text(DATASET)
    (specs / "sdtm" / "visits.yaml").write_text(VISITS)
    (raw / "subj.csv").write_text("SUBJ\n1\n2\n")
    # the second row of subject 1 would be a repeated key, if it were not after the cutoff
    (raw / "vis.csv").write_text("SUBJ,VISDAT\n1,2021-03-01\n1, 2021-03-16\n2,2021-03-15\n")
    result = run(Options(specs, raw, tmp_path / "out"), standard_of("sdtm", "3.4"))
    assert result.problems.errors() == []
    ledger = (tmp_path / "out/reports/ledger.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(ledger.splitlines()))
    mine = [(row["reason"], row["rows"]) for row in rows if row["source"] == "VIS" and not row["dataset"]]
    assert mine == [("used", "2"), ("after data cutoff", "1"), ("balance", "3")]
    assert [row["balance"] for row in rows if row["source"] == "VIS"][-1] == "3 = 2 + 1"
    manifest = (tmp_path / "out/reports/manifest.json").read_text()
    assert '"cutoff": "2021-03-15"' in manifest
    assert '"extract": "X1-1"' in manifest


def test_why_names_the_lines_of_the_file_that_were_kept(tmp_path):
    specs, raw = tmp_path / "specs", tmp_path / "raw"
    (specs / "sdtm").mkdir(parents=True)
    raw.mkdir()
    (specs / "study.yaml").write_text(STUDY)
    (specs / "sdtm" / "visits.yaml").write_text(VISITS)
    # untrimmed, the date of line 2 could not be read, and its row would not be left out
    (raw / "vis.csv").write_text("SUBJ,VISDAT\n1, 2021-03-16\n1,2021-03-01\n2,2021-03-15\n")
    run(Options(specs, raw, tmp_path / "out"), standard_of("sdtm", "3.4"))
    question = Question("VISITS", "SUBJ == '2'", "VISDTC", tmp_path / "out", specs, raw)
    (answer,), warnings = why(question)
    (origin,) = answer.origins
    assert (origin.file, origin.line, origin.value) == ("vis.csv", 4, "2021-03-15")
    assert warnings == []
