"""Delimited text: the same cells as Python's csv module, the true lines, and nothing guessed."""

import csv
import gzip
import io
import threading

import numpy as np
import pyarrow.csv as arrow_csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from trialkit.problems import Problems
from trialkit.raw import rowscan
from trialkit.raw.read import read
from trialkit.raw.rowscan import Dialect, count_fields, scan
from trialkit.raw.source import CsvSource


def load(folder, data, file="a.csv", **spec):
    (folder / file).write_bytes(data if isinstance(data, bytes) else data.encode())
    problems = Problems()
    table = read(CsvSource(**{"format": "csv", "file": file} | spec), "A", folder, problems)
    return table, problems.items


def cells(table):
    return [list(row) for row in zip(*(c.objects() for c in table.columns.values()), strict=True)]


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\"', "), max_size=5)
rows_of = st.integers(1, 4).flatmap(lambda k: st.lists(st.lists(texts, min_size=k, max_size=k), max_size=6))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    rows=rows_of,
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    blank=st.lists(st.integers(0, 2), min_size=6, max_size=6),
    last=st.booleans(),
)
def test_reads_what_the_csv_module_wrote(tmp_path_factory, rows, end, quoting, blank, last):
    width = len(rows[0]) if rows else 2
    if any("\r" in cell for row in rows for cell in row):
        quoting = csv.QUOTE_ALL  # up to Python 3.12 the minimal quoting forgets carriage returns
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end, quoting=quoting)
    writer.writerow([f"C{n}" for n in range(width)])
    lines = []
    for row, empty in zip(rows, blank, strict=False):
        out.write(end * empty)
        lines.append(out.getvalue().count("\n") + 1)
        writer.writerow(row)
    text = out.getvalue() if last or not rows else out.getvalue().removesuffix(end)
    table, _ = load(tmp_path_factory.mktemp("raw"), text)
    oracle = [row for row in csv.reader(io.StringIO(text, newline="")) if row][1:]
    assert cells(table) == oracle == rows
    assert table.lines.tolist() == lines
    assert table.notes.get("blank lines", 0) == sum(blank[: len(rows)])


@settings(max_examples=60, derandomize=True, deadline=None)
@given(rows_of, st.integers(1, 7))
def test_pieces_make_no_difference(rows, piece):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["A"], *rows])
    text, dialect = np.frombuffer(out.getvalue().encode(), np.uint8), Dialect(44, 34)
    whole = scan(text, dialect)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rowscan, "PIECE", piece)
        pieces = scan(text, dialect)
    assert pieces.starts.tolist() == whole.starts.tolist()
    assert pieces.lines.tolist() == whole.lines.tolist()
    assert count_fields(text, dialect, pieces).tolist() == [1, *map(len, rows)]


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.text('ab,"\n\r\0\x01é', max_size=30), st.sampled_from(["error", "quarantine"]))
def test_any_text_is_read_or_refused_and_no_row_is_lost(tmp_path_factory, text, ragged):
    table, problems = load(tmp_path_factory.mktemp("raw"), "A,B\n" + text, ragged=ragged)
    if table is None:
        assert problems
    elif '"' not in text and "\r" not in text:
        filled = [line for line in text.split("\n") if line]
        assert table.rows + len(table.quarantined) == len(filled)


@pytest.mark.parametrize(
    ("encoding", "written", "text"),
    [
        ("utf-8", "utf-8", "头痛,é"),
        ("utf-8", "utf-8-sig", "头痛,é"),
        ("utf-8-sig", "utf-8-sig", "头痛,é"),
        ("UTF8", "utf-8", "头痛,é"),
        ("utf-16", "utf-16", "头痛,é"),
        ("utf-16-le", "utf-16-le", "头痛,é"),
        ("utf-16-be", "utf-16-be", "头痛,é"),
        ("gb18030", "gb18030", "㐀头痛,𠀀"),
        ("GBK", "gbk", "头痛,恶心"),
        ("cp1252", "cp1252", "é,€"),
        ("latin-1", "latin-1", "é,ß"),
        ("shift_jis", "shift_jis", "表,頭痛"),
        ("ascii", "ascii", "a,b"),
    ],
)
def test_declared_encodings(tmp_path, encoding, written, text):
    table, problems = load(tmp_path, f"A,B\r\n{text}\r\n".encode(written), encoding=encoding)
    assert (cells(table), problems) == ([text.split(",")], [])
    assert list(table.columns) == ["A", "B"]


def test_gbk_bytes_that_are_valid_utf8_follow_the_declaration(tmp_path):
    data = b"A\n\xcd\xb7\xcd\xb4\n"
    assert cells(load(tmp_path, data, encoding="gb18030")[0]) == [["头痛"]]
    assert cells(load(tmp_path, data)[0]) == [["\u0377\u0374"]]


@pytest.mark.parametrize(
    "encoding", ["utf-9", "rot13", "base64", "idna", "unicode_escape", "utf-7", "", "x\0"]
)
def test_what_is_no_encoding_of_data_files_is_refused(encoding):
    with pytest.raises(ValidationError, match="is not an encoding such as utf-8"):
        CsvSource(format="csv", file="a.csv", encoding=encoding)


def test_two_header_lines_after_skipped_lines(tmp_path):
    text = 'Export of "SUBJ", 5"\n\n\nSUBJID,SEX\n编号,"性\n别"\n001,男\n'
    table, problems = load(tmp_path, text, skip=2, header=2, labels=2)
    assert problems == []
    assert table.labels == {"SUBJID": "编号", "SEX": "性\n别"}
    assert (cells(table), table.lines.tolist(), table.notes) == ([["001", "男"]], [7], {"blank lines": 1})


def test_names_in_the_second_header_line(tmp_path):
    table, _ = load(tmp_path, "Subject,Sex\nSUBJID,SEX\n001,M\n", header=2, names=2, labels=1)
    assert table.labels == {"SUBJID": "Subject", "SEX": "Sex"}


def test_no_header_line(tmp_path):
    table, _ = load(tmp_path, "001,M\n", header=0, column_names=["SUBJID", "SEX"])
    assert (cells(table), table.lines.tolist()) == ([["001", "M"]], [1])
    with pytest.raises(ValidationError, match="give column_names"):
        CsvSource(format="csv", file="a.csv", header=0)


def test_given_names_replace_the_header(tmp_path):
    table, problems = load(tmp_path, "A,A,\n1,2,3\n", column_names=["A1", "A2", "A3"])
    assert (list(table.columns), problems) == (["A1", "A2", "A3"], [])


def test_nothing_is_guessed(tmp_path):
    rows = ["001", "NA", "N/A", "None", "null", "nan", "-", "#1", "TRUE", "1e5", " x ", "2020-01-01", "inf"]
    table, problems = load(tmp_path, "A\n" + "\n".join(rows) + "\n")
    assert (cells(table), problems) == ([[row] for row in rows], [])


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"format": "tsv"}, "A\tB\nx\t1,5\n"),
        ({"delimiter": "tab"}, "A\tB\nx\t1,5\n"),
        ({"delimiter": ";"}, "A;B\nx;1,5\n"),
        ({"delimiter": "pipe"}, "A|B\nx|1,5\n"),
        ({"quote": "'"}, "A,B\nx,'1,5'\n"),
    ],
)
def test_dialects(tmp_path, spec, text):
    assert cells(load(tmp_path, text, **spec)[0]) == [["x", "1,5"]]


def test_without_quoting_a_quote_is_text(tmp_path):
    assert cells(load(tmp_path, 'A\tB\n5" tall\t"x\n', format="tsv", quote="")[0]) == [['5" tall', '"x']]


@pytest.mark.parametrize("spec", [{"delimiter": "||"}, {"delimiter": "é"}, {"quote": ","}, {"quote": "“"}])
def test_bad_dialects_are_refused(spec):
    with pytest.raises(ValidationError):
        CsvSource(format="csv", file="a.csv", **spec)


def test_carriage_returns_alone_end_lines_when_nothing_else_does(tmp_path):
    table, _ = load(tmp_path, "A,B\r1,2\r3,4\r")
    assert (cells(table), table.lines.tolist()) == ([["1", "2"], ["3", "4"]], [2, 3])


def test_gzip_of_several_members(tmp_path):
    data = gzip.compress(b"A\n1\n") + gzip.compress(b"2\n")
    assert cells(load(tmp_path, data, file="a.csv.gz")[0]) == [["1"], ["2"]]


def test_a_mark_inside_the_text_is_kept(tmp_path):
    assert cells(load(tmp_path, "\ufeffA\n\ufeffx\n")[0]) == [["\ufeffx"]]


def test_lines_of_bad_bytes_are_those_of_the_file(tmp_path):
    data = b'x\nA,B\n"1\n2",3\n"4\n\xff",5\n\n6,\xfe\xfe\n7,8,9\n10,11\n'
    table, problems = load(tmp_path, data, skip=1, undecodable="quarantine", ragged="quarantine")
    assert cells(table) == [["1\n2", "3"], ["10", "11"]]
    assert table.lines.tolist() == [3, 10]
    assert table.quarantined == (
        (5, "bytes that do not decode"),
        (8, "bytes that do not decode"),
        (9, "3 fields where the header has 2"),
    )
    assert [str(problem.where) for problem in problems] == ["a.csv:6", "a.csv:8", "a.csv:9"]
    assert {problem.level for problem in problems} == {"query"}


def test_many_bad_lines_are_counted_exactly_and_listed_in_part(tmp_path):
    table, problems = load(tmp_path, "A,B\n" + "1\n" * 1000)
    assert (len(problems), sum(problem.count for problem in problems)) == (51, 1000)
    assert len(table.quarantined) == 1000


def test_a_value_longer_than_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr("trialkit.raw.delimited.BLOCK", 1024)
    long = "x" * 5000
    assert cells(load(tmp_path, f'A,B\n1,2\n"{long}\n",{long}\n3,4\n')[0])[1] == [f"{long}\n", long]


def test_the_table_knows_its_file(tmp_path):
    (tmp_path / "edc").mkdir()
    table, _ = load(tmp_path, "A\n1\n", file="edc/a.csv")
    assert (table.name, table.file, table.unit) == ("A", "edc/a.csv", "line")
    assert load(tmp_path, "A\n1\n", sha256=table.sha256)[1] == []


def test_no_thread_of_arrow_holds_python_objects_after_reading(tmp_path, monkeypatch):
    """One that lets go after the interpreter has ended aborts the process; here it is slow to do so."""
    held, read_csv = [], arrow_csv.read_csv

    def slow(buffer, read, parse, convert):
        held.append((buffer, parse))
        threading.Timer(0.05, held.clear).start()
        return read_csv(buffer, read, parse, convert)

    monkeypatch.setattr(arrow_csv, "read_csv", slow)
    (tmp_path / "a.csv").write_text("A\n1\n")
    table = read(CsvSource(format="csv", file="a.csv"), "A", tmp_path, Problems())
    assert (table.rows, held) == (1, [])
