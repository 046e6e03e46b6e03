"""SAS datasets and transport files: whole or refused, dates by their formats."""

from types import SimpleNamespace

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.problems import Problems
from trialkit.raw.read import read
from trialkit.raw.render import sas_kind
from trialkit.raw.source import SasSource, XptSource


def load_xpt(folder, **spec):
    problems = Problems()
    return read(
        XptSource(**{"format": "xpt", "file": "ae.xpt"} | spec), "AE", folder, problems
    ), problems.items


def columns(table):
    return {name: column.objects().tolist() for name, column in table.columns.items()}


@pytest.mark.parametrize("version", [5, 8])
def test_transport_file(tmp_path, version):
    frame = pd.DataFrame(
        {
            "ID": ["001", "", "x"],
            "N": [0.1, None, -3.0],
            "D": [21974.0, None, -1.0],
            "DT": [21974 * 86400 + 29100.0, None, 0.0],
            "T": [29100.0, None, 1.0],
        }
    )
    formats = {"D": "DATE9.", "DT": "E8601DT19.", "T": "TIME8."}
    path = tmp_path / "ae.xpt"
    labels = ["Subject", "", "Date", "", ""]
    pyreadstat.write_xport(
        frame, str(path), column_labels=labels, variable_format=formats, file_format_version=version
    )
    table, problems = load_xpt(tmp_path)
    assert problems == []
    assert columns(table) == {
        "ID": ["001", "", "x"],
        "N": ["0.1", "", "-3"],
        "D": ["2020-02-29", "", "1959-12-31"],
        "DT": ["2020-02-29T08:05:00", "", "1960-01-01T00:00:00"],
        "T": ["08:05", "", "00:00:01"],
    }
    assert (table.lines.tolist(), table.unit) == ([1, 2, 3], "record")
    assert table.labels == {"ID": "Subject", "D": "Date"}


@settings(max_examples=60, derandomize=True, deadline=None)
@given(rows=st.integers(1, 12), cut=st.integers(1, 400))
def test_a_file_cut_short_never_reads_as_whole(tmp_path_factory, rows, cut):
    """A record of 100 bytes without blanks can't end on a card unless the file is whole."""
    folder = tmp_path_factory.mktemp("raw")
    frame = pd.DataFrame({"A": ["x" * 100] * rows})
    pyreadstat.write_xport(frame, str(folder / "ae.xpt"), file_format_version=5)
    data = (folder / "ae.xpt").read_bytes()
    (folder / "ae.xpt").write_bytes(data[:-cut])
    table, problems = load_xpt(folder)
    whole = (len(data) - cut - 80 - data.index(b"HEADER RECORD*******OBS")) % 400 == 0
    assert problems or whole
    assert table is None or whole


def test_special_missing_values_keep_their_letter(tmp_path):
    frame = pd.DataFrame(
        {"N": [None, None, 1.0, None], "A": [".A", "x", "y", "z"], "M": [1.0, None, None, 2.0]}
    )
    pyreadstat.write_xport(frame, str(tmp_path / "ae.xpt"), file_format_version=5)
    data = bytearray((tmp_path / "ae.xpt").read_bytes())
    body = data.index(b"HEADER RECORD*******OBS") + 80
    length = 8 + 2 + 8
    data[body : body + 8] = b"A" + bytes(7)
    data[body + length + 10 : body + length + 18] = b"_" + bytes(7)
    (tmp_path / "ae.xpt").write_bytes(data)
    table, problems = load_xpt(tmp_path, missing=[".A"])
    assert problems == []
    assert columns(table) == {"N": ["", "", "1", ""], "A": ["", "x", "y", "z"], "M": ["1", "._", "", "2"]}


def test_texts_of_another_encoding_need_a_declaration(tmp_path):
    frame = pd.DataFrame({"A": ["HAeLT"]})
    pyreadstat.write_xport(frame, str(tmp_path / "ae.xpt"), file_format_version=5)
    data = (tmp_path / "ae.xpt").read_bytes().replace(b"HAeLT", "hälTx".encode("cp1252"))
    (tmp_path / "ae.xpt").write_bytes(data)
    table, problems = load_xpt(tmp_path)
    assert (table, [problem.kind.code for problem in problems]) == (None, ["RAW-007"])
    assert columns(load_xpt(tmp_path, encoding="WINDOWS-1252")[0]) == {"A": ["hälTx"]}


def sas_file(folder):
    header = bytearray(2048)
    header[12:32] = bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
    header[37] = 1
    for at, number in ((196, 1024), (200, 1024), (204, 1)):
        header[at : at + 4] = number.to_bytes(4, "little")
    (folder / "ae.sas7bdat").write_bytes(header)


def load_sas(folder, monkeypatch, data, formats, rows):
    """Read a file of the right size, with what pyreadstat would give for it."""
    meta = SimpleNamespace(
        column_names=list(data),
        column_labels=[None] * len(data),
        original_variable_types=formats,
        readstat_variable_types={"A": "string"},
        number_rows=rows,
    )
    monkeypatch.setattr(pyreadstat, "read_sas7bdat", lambda path, **options: (data, meta))
    sas_file(folder)
    problems = Problems()
    return read(SasSource(format="sas7bdat", file="ae.sas7bdat"), "AE", folder, problems), problems.items


def test_dataset(tmp_path, monkeypatch):
    data = {"A": ["001", None], "N": [1.5, "B"], "D": [21974.0, float("nan")], "E": [None, "C"]}
    table, problems = load_sas(tmp_path, monkeypatch, data, {"A": "$CHAR3", "D": "YYMMDD10"}, 2)
    assert problems == []
    assert columns(table) == {"A": ["001", ""], "N": ["1.5", ".B"], "D": ["2020-02-29", ""], "E": ["", ".C"]}


def test_dataset_with_fewer_records_than_it_says(tmp_path, monkeypatch):
    table, problems = load_sas(tmp_path, monkeypatch, {"A": ["x"]}, {}, 2)
    assert (table, problems[0].what) == (None, "'ae.sas7bdat' has 1 of 2 records")


@pytest.mark.proves("RAW-051")
def test_number_beyond_the_calendar(tmp_path, monkeypatch):
    table, problems = load_sas(tmp_path, monkeypatch, {"D": [1e9, 0.0]}, {"D": "DATE9"}, 2)
    assert columns(table) == {"D": ["", "1960-01-01"]}
    assert [(str(p.where), p.what) for p in problems] == [
        ("ae.sas7bdat:1 D", "column D with format DATE9 holds a number beyond the calendar")
    ]


def test_dataset_that_pyreadstat_refuses(tmp_path):
    sas_file(tmp_path)
    problems = Problems()
    assert read(SasSource(format="sas7bdat", file="ae.sas7bdat"), "AE", tmp_path, problems) is None
    assert [problem.kind.code for problem in problems.items] == ["RAW-007"]


@pytest.mark.parametrize(
    ("kind", "formats"),
    [
        (
            "date",
            "DATE DATE9. DATE7 MMDDYY10. DDMMYYP8 YYMMDDN8. E8601DA. B8601DA8 WORDDATE20. MONYY7. YYMMD7",
        ),
        ("datetime", "DATETIME DATETIME20. DATETIME22.3 E8601DT. B8601DT15 DTDATE9. IS8601DT MDYAMPM25."),
        ("time", "TIME TIME5. TOD8. HHMM5 E8601TM8.2 B8601TM MMSS5. TIMEAMPM11."),
        ("number", "BEST12. 8.2 F8 COMMA10.2 $20. SEXF. DATA. TIMING. DAT1F. DOLLAR9. Z4."),
    ],
)
def test_sas_formats(kind, formats):
    assert {form: sas_kind(form) for form in formats.split()} == dict.fromkeys(formats.split(), kind)


def changed_xpt(folder, frame, change):
    pyreadstat.write_xport(frame, str(folder / "ae.xpt"), file_format_version=5)
    data = bytearray((folder / "ae.xpt").read_bytes())
    change(data, data.index(b"HEADER RECORD*******NAMESTR") + 80)
    (folder / "ae.xpt").write_bytes(data)
    return load_xpt(folder)


def put(at, new):
    def change(data, names):
        data[names + at : names + at + len(new)] = new

    return change


@pytest.mark.parametrize(
    ("at", "new", "code"),
    [
        (4, b"\xff\xff", "RAW-007"),
        (4, b"\0\0", "RAW-007"),
        (0, b"\0\x09", "RAW-007"),
        (84, b"\xff\xff\xff\xff", "RAW-007"),
        (84, b"\0\0\x0f\0", "RAW-007"),
        (8, b"\0" * 8, "RAW-022"),
        (148, b"A       ", "RAW-021"),
    ],
    ids=[
        "negative length",
        "no length",
        "no kind",
        "before the record",
        "beyond the record",
        "no name",
        "name twice",
    ],
)
def test_a_damaged_variable_never_loses_rows(tmp_path, at, new, code, recwarn):
    frame = pd.DataFrame({"A": ["x", "y"], "B": ["1", "2"]})
    table, problems = changed_xpt(tmp_path, frame, put(at, new))
    assert (table, [problem.kind.code for problem in problems]) == (None, [code])
    assert list(recwarn) == []


def test_a_nul_byte_in_a_text_is_refused(tmp_path):
    def change(data, _):
        at = data.index(b"ASPIRIN")
        data[at + 2] = 0

    _, problems = changed_xpt(tmp_path, pd.DataFrame({"A": ["ASPIRIN", "IBU"]}), change)
    assert [f"{one.kind.code} {one.where}" for one in problems] == ["RAW-011 ae.xpt:1 A"]


def test_an_encoding_that_is_none_is_a_problem_of_the_spec():
    with pytest.raises(ValueError, match="'nonsense' is not an encoding"):
        XptSource(format="xpt", file="ae.xpt", encoding="nonsense")
