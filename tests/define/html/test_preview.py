"""What is counted of data: on every format, and no more of a subject than was asked for."""

from datetime import UTC, datetime

import pytest

from define.html.preview import Frequent, preview_of
from trialkit.attributes import Dataset, Variable
from trialkit.column import Column
from trialkit.problems import Refusal
from trialkit.xpt import write_xpt

AE = Dataset(
    "AE",
    "Adverse Events",
    (
        Variable("USUBJID", "Subject", "Char", "string", 4),
        Variable("AETERM", "Term", "Char", "string", 20),
        Variable("AESTDT", "Start", "Num", "date", format="DATE9."),
        Variable("AESTTM", "At", "Num", "datetime", format="DATETIME20."),
        Variable("AESEQ", "Number", "Num", "float"),
        Variable("AEEMPTY", "Empty", "Char", "string", 1),
    ),
)
COLUMNS = {
    "USUBJID": Column.text(["S1", "S1", "S2"]),
    "AETERM": Column.text(["HEADACHE", "", "HEADACHE"]),
    "AESTDT": Column.numbers([0.0, 366.0, float("nan")]),
    "AESTTM": Column.numbers([0.0, 86399.0, 0.0]),
    "AESEQ": Column.numbers([1.5, 2.0, 1.5]),
    "AEEMPTY": Column.text(["", "", ""]),
}


@pytest.fixture
def folder(tmp_path):
    write_xpt(tmp_path / "ae.xpt", AE, COLUMNS, created=datetime(2014, 1, 1, tzinfo=UTC))
    (tmp_path / "ae.csv").write_text("USUBJID\nOTHER\n")
    (tmp_path / "notes.txt").write_text("no dataset")
    return tmp_path


def test_none_reads_nothing(tmp_path):
    assert preview_of(tmp_path / "nowhere", "none") is None


def test_summary_counts_distinct_values(folder):
    ae = preview_of(folder).datasets["AE"]
    assert ae.records == 3
    term = ae.variables["AETERM"]
    assert (term.count, term.missing, term.distinct) == (3, 1, 1)
    assert term.frequent == (Frequent("HEADACHE", 2),)
    assert ae.variables["AESEQ"].smallest == "1.5"
    assert ae.variables["AEEMPTY"].distinct == 0
    assert ae.rows == ()


def test_numeric_dates_are_written_as_dates(folder):
    ae = preview_of(folder).datasets["AE"].variables
    assert (ae["AESTDT"].smallest, ae["AESTDT"].largest) == ("1960-01-01", "1961-01-01")
    assert ae["AESTTM"].largest == "1960-01-01T23:59:59"


def test_summary_names_no_subject(folder):
    subject = preview_of(folder).of("AE", "USUBJID")
    assert subject.distinct == 2
    assert (subject.smallest, subject.largest, subject.frequent) == ("", "", ())


def test_values_of_one_record_are_not_frequent(folder):
    assert preview_of(folder).of("AE", "AESTDT").frequent == ()


def test_rows_shows_the_first_records(folder):
    ae = preview_of(folder, "rows").datasets["AE"]
    assert ae.columns[:3] == ("USUBJID", "AETERM", "AESTDT")
    assert ae.rows[0][:3] == ("S1", "HEADACHE", "1960-01-01")
    assert ae.rows[2][2] == ""


def test_only_the_datasets_asked_for(folder):
    assert preview_of(folder, names=["dm"]).datasets == {}


def test_damaged_file_is_refused(tmp_path):
    (tmp_path / "dm.xpt").write_bytes(b"no XPT")
    with pytest.raises(Refusal, match="TAB-002"):
        preview_of(tmp_path)


def test_texts_have_ends_where_they_are_numbers_or_dates(tmp_path):
    (tmp_path / "lb.csv").write_text(
        "LBORRES,LBDTC,LBTEST,LBMIX\n10,2014-01-02,Sodium,9\n9,2014-01,Albumin,<5\n.5,2013-12-31T10:00,Sodium,1\n"
    )
    found = {
        name: (one.smallest, one.largest)
        for name, one in preview_of(tmp_path).datasets["LB"].variables.items()
    }
    assert found["LBORRES"] == (".5", "10")
    assert found["LBDTC"] == ("2013-12-31T10:00", "2014-01-02")
    assert found["LBTEST"] == found["LBMIX"] == ("", "")
