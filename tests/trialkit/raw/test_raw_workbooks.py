"""XLSX sheets and Parquet files: typed cells become the texts that a person would read."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.numerals import to_text
from trialkit.problems import Problems
from trialkit.raw.files import RawFile
from trialkit.raw.read import read
from trialkit.raw.render import cell_text, duration_text
from trialkit.raw.source import ParquetSource, XlsxSource
from trialkit.raw.workbook import report_bad_cells


def load_sheet(folder, write, **spec):
    book = xlsxwriter.Workbook(folder / "lab.xlsx", {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    write(book, book.add_worksheet("LIS"))
    book.close()
    return load_book(folder, **spec)


def load_book(folder, **spec):
    problems = Problems()
    source = XlsxSource(**{"format": "xlsx", "file": "lab.xlsx", "sheet": "LIS"} | spec)
    return read(source, "LB", folder, problems), problems.items


def columns(table):
    return {name: column.objects().tolist() for name, column in table.columns.items()}


def test_a_blank_row_among_the_header_rows_is_refused(tmp_path):
    def write(_, sheet):
        for row, cells in ((0, ["ID"]), (2, ["001"]), (3, ["002"])):
            sheet.write_row(row, 0, cells)

    table, problems = load_sheet(tmp_path, write, header=2, labels=2)
    assert table is None
    assert [problem.kind.code for problem in problems] == ["RAW-020"]
    named, problems = load_sheet(tmp_path, write, header=1)
    assert (named.rows, problems) == (2, [])


def test_sheet_rows_and_labels(tmp_path):
    def write(_, sheet):
        sheet.write(0, 0, "Exported by LIS")
        sheet.write_row(2, 1, ["ID", "RES"])
        sheet.write_row(3, 1, ["标本号", "结果"])
        sheet.write_row(4, 1, ["001", 3.2])
        sheet.write_row(6, 1, ["", "<0.01"])

    table, problems = load_sheet(tmp_path, write, skip=1, header=2, labels=2)
    assert problems == []
    assert columns(table) == {"ID": ["001", ""], "RES": ["3.2", "<0.01"]}
    assert (table.lines.tolist(), table.unit, table.labels) == (
        [5, 7],
        "row",
        {"ID": "标本号", "RES": "结果"},
    )
    assert table.notes == {"blank lines": 2}


def test_typed_cells(tmp_path):
    def write(book, sheet):
        clock, day = (book.add_format({"num_format": form}) for form in ("hh:mm", "yyyy-mm-dd"))
        sheet.write_row(0, 0, ["A"])
        cells = [1, 1.0, 0.1 + 0.2, 1e-7, 123456789012345, -0.0, True, False, "1", "2020-02-29"]
        for row, cell in enumerate(cells, 1):
            sheet.write(row, 0, cell)
        sheet.write_datetime(11, 0, datetime.fromisoformat("2020-02-29"))
        sheet.write_datetime(12, 0, datetime.fromisoformat("2020-02-29T08:05:07"))
        sheet.write_datetime(13, 0, date(2020, 2, 29), day)
        sheet.write_datetime(14, 0, time(8, 2), clock)
        sheet.write_formula(15, 0, '="x"', None, "x")

    table, problems = load_sheet(tmp_path, write)
    assert problems == []
    assert columns(table)["A"] == [
        *("1", "1", "0.3", "0.0000001", "123456789012345", "0", "TRUE", "FALSE", "1", "2020-02-29"),
        *("2020-02-29", "2020-02-29T08:05:07", "2020-02-29", "08:02", "x"),
    ]


@pytest.mark.parametrize(
    ("dates", "texts"),
    [
        ("auto", ["2020-02-29T08:05", "2020-02-29"]),
        ("minute", ["2020-02-29T08:05", "2020-02-29"]),
        ("second", ["2020-02-29T08:05:00", "2020-02-29"]),
    ],
)
def test_declared_dates(tmp_path, dates, texts):
    def write(_, sheet):
        sheet.write_row(0, 0, ["A"])
        for row, moment in enumerate(["2020-02-29T08:05", "2020-02-29"], 1):
            sheet.write_datetime(row, 0, datetime.fromisoformat(moment))

    assert columns(load_sheet(tmp_path, write, dates=dates)[0])["A"] == texts


def test_a_book_of_another_writer(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "LIS"
    for row in (["A", None, "C"], ["x", None, 1], [None, None, None], ["", None, 2.5]):
        book.active.append(row)
    book.save(tmp_path / "lab.xlsx")
    table, problems = load_book(tmp_path)
    assert (columns(table), problems) == ({"A": ["x", ""], "C": ["1", "2.5"]}, [])
    assert table.lines.tolist() == [2, 4]


def test_true_and_one_are_not_one_value(tmp_path):
    def write(_, sheet):
        sheet.write_column(0, 0, ["A", 1, True, "1", 0, False])

    assert columns(load_sheet(tmp_path, write)[0])["A"] == ["1", "TRUE", "1", "0", "FALSE"]


def test_damage_inside_the_package_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "lab.xlsx", "w") as book:
        book.writestr("_rels/.rels", '<!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>')
    assert [problem.kind.code for problem in load_book(tmp_path)[1]] == ["RAW-007"]


def test_a_formula_may_give_an_empty_text():
    found, file = Problems(), RawFile(Path("a.xlsx"), "a.xlsx", b"", "")
    cells = b'<c r="A2" t="str"><f>B2</f><v></v></c><c r="A3"><f>B3</f><v></v></c><c r="A4"/>'
    report_bad_cells(cells, file, 0, found)
    assert [str(problem.where) for problem in found.items] == ["a.xlsx:3"]


def test_parquet(tmp_path):
    data = {
        "ID": pa.array(["001", None, "NA"]),
        "CODE": pa.array(["x", None, "x"]).dictionary_encode(),
        "N": pa.array([1, None, 3], pa.int64()),
        "F": pa.array([0.1, float("nan"), 2.0]),
        "D": pa.array([date(2020, 2, 29), None, date(1, 1, 1)]),
        # microseconds since 1970 UTC: pyarrow takes a datetime with a zone for UTC once pandera is imported
        "T": pa.array([1_582_905_600_000_000, None, None], pa.timestamp("us", "+08:00")),
        "DEC": pa.array([Decimal("1.50"), None, None]),
        "B": pa.array([True, False, None]),
        "NOTHING": pa.nulls(3),
    }
    pq.write_table(pa.table(data), tmp_path / "lb.parquet", row_group_size=2)
    problems = Problems()
    table = read(ParquetSource(format="parquet", file="lb.parquet"), "LB", tmp_path, problems)
    assert problems.items == []
    assert columns(table) == {
        "ID": ["001", "", "NA"],
        "CODE": ["x", "", "x"],
        "N": ["1", "", "3"],
        "F": ["0.1", "", "2"],
        "D": ["2020-02-29", "", "0001-01-01"],
        "T": ["2020-02-29T00:00:00+08:00", "", ""],
        "DEC": ["1.50", "", ""],
        "B": ["TRUE", "FALSE", ""],
        "NOTHING": ["", "", ""],
    }
    assert (table.lines.tolist(), table.unit) == ([1, 2, 3], "row")


def test_parquet_without_rows(tmp_path):
    out = io.BytesIO()
    pq.write_table(pa.table({"A": pa.array([], pa.string())}), out)
    (tmp_path / "lb.parquet").write_bytes(out.getvalue())
    table = read(ParquetSource(format="parquet", file="lb.parquet"), "LB", tmp_path, Problems())
    assert (table.rows, list(table.columns)) == (0, ["A"])


@settings(max_examples=200, derandomize=True)
@given(st.floats(-1e15, 1e15).map(lambda value: float(f"{value:.15g}")))
def test_numbers_keep_15_digits(value):
    text = to_text(value)
    assert float(text) == value
    assert "e" not in text


@settings(max_examples=100, derandomize=True)
@given(st.integers(0, 10**6))
def test_durations_add_up(seconds):
    hours, minutes, rest = ([*duration_text(seconds).split(":"), "0"])[:3]
    assert int(hours) * 3600 + int(minutes) * 60 + int(rest) == seconds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (float("inf"), "inf"),
        (timedelta(hours=25, seconds=1), "25:00:01"),
        (time(8, 2, 3, 500000), "08:02:03.500000"),
        (-0.0, "0"),
    ],
)
def test_cell_text(value, text):
    assert cell_text(value) == text


def test_cells_without_a_text_are_refused():
    with pytest.raises(TypeError, match="no text for a cell of type list"):
        cell_text([])


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32()])
def test_parquet_numbers_of_less_precision_keep_their_digits(tmp_path, kind):
    array = pa.array([0.1, None, 3.0, float("nan"), 20.5]).cast(kind)
    pq.write_table(pa.table({"N": array}), tmp_path / "lb.parquet")
    problems = Problems()
    table = read(ParquetSource(format="parquet", file="lb.parquet"), "LB", tmp_path, problems)
    assert problems.items == []
    assert columns(table) == {"N": ["0.1", "", "3", "", "20.5"]}


@pytest.mark.parametrize("year", [10000, 0])
def test_parquet_dates_beyond_the_calendar_are_refused(tmp_path, year):
    moment = (year - 1970) * 366 * 86400 * 1_000_000
    pq.write_table(pa.table({"T": pa.array([moment], pa.timestamp("us"))}), tmp_path / "lb.parquet")
    problems = Problems()
    assert read(ParquetSource(format="parquet", file="lb.parquet"), "LB", tmp_path, problems) is None
    assert [problem.kind.code for problem in problems.items] == ["RAW-081"]


def test_escaped_characters_are_read(tmp_path):
    def write(_, sheet):
        sheet.write_column(0, 0, ["A", "a\rb", "_x0041_"])

    assert columns(load_sheet(tmp_path, write)[0])["A"] == ["a\rb", "_x0041_"]


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-5, "yyyy-mm-dd", None),
        (0, "yyyy-mm-dd", None),
        (60, "dd-mmm-yyyy", None),
        (3_000_000, "yyyy-mm-dd hh:mm", None),
        (1, "hh:mm", None),
        (1, "yyyy-mm-dd", "1900-01-01"),
        (61, "yyyy-mm-dd", "1900-03-01"),
        (0.5, "hh:mm", "12:00"),
        (43890.5, "hh:mm", "2020-02-29T12:00"),
        (1.5, "[h]:mm", "36:00"),
        (-5, '0 "days"', "-5"),
        (1, "000", "001"),
        (1234, "000", "1234"),
        (1.5, "000", "1.5"),
    ],
)
def test_numbers_are_what_the_sheet_shows(tmp_path, value, form, text):
    def write(book, sheet):
        sheet.write_column(0, 0, ["A", "x"])
        sheet.write_number(2, 0, value, book.add_format({"num_format": form}))

    table, problems = load_sheet(tmp_path, write)
    assert [problem.kind.code for problem in problems] == ([] if text else ["RAW-044"])
    assert text is None or columns(table)["A"] == ["x", text]


def changed_sheet(folder, old, new):
    book = xlsxwriter.Workbook(folder / "plain.xlsx")
    book.add_worksheet("LIS").write_column(0, 0, ["A", 1, 2])
    book.close()
    with zipfile.ZipFile(folder / "plain.xlsx") as plain, zipfile.ZipFile(folder / "lab.xlsx", "w") as made:
        for info in plain.infolist():
            data = plain.read(info)
            assert info.filename != "xl/worksheets/sheet1.xml" or old in data
            made.writestr(info.filename, data.replace(old, new))
    return load_book(folder)


@pytest.mark.parametrize("number", [b"INF", b"-inf", b"NaN"])
def test_a_number_that_is_not_finite_is_an_error_cell(tmp_path, number):
    _, problems = changed_sheet(tmp_path, b"<v>2</v>", b"<v>%s</v>" % number)
    assert [problem.what for problem in problems] == ["cell A3 holds no finite number"]


def test_a_row_that_stands_twice_is_refused(tmp_path):
    table, problems = changed_sheet(tmp_path, b'<row r="3"', b'<row r="2"')
    assert (table, [problem.kind.code for problem in problems]) == (None, ["RAW-007"])


def test_merged_cells_are_listed(tmp_path):
    def write(_, sheet):
        sheet.write_row(0, 0, ["A", "B"])
        sheet.merge_range("A2:A3", "x")
        sheet.write_column(1, 1, ["1", "2"])

    table, problems = load_sheet(tmp_path, write)
    assert columns(table)["A"] == ["x", ""]
    assert [(one.kind.code, one.severity) for one in problems] == [("RAW-045", "query")]
