"""Every folder here is one bad (or dirty but declared) raw file, with what must be said of it."""

import gzip
import io
import shutil
import time
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
import xlsxwriter
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from trialkit.problems import Problems
from trialkit.raw.read import read
from trialkit.raw.source import Source

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("*/case.yaml"))
SECONDS = 1.0


def symlink_out(folder):
    (folder.parent / "out.csv").write_text("A\n1\n")
    (folder / "out.csv").symlink_to(folder.parent / "out.csv")


def gzip_bomb(folder):
    (folder / "ae.csv.gz").write_bytes(gzip.compress(bytes(50_000_000)))


def gzip_cut(folder):
    (folder / "ae.csv.gz").write_bytes(gzip.compress(b"A,B\n" * 1000)[:-12])


def workbook(folder, write):
    book = xlsxwriter.Workbook(folder / "lab.xlsx")
    write(book, book.add_worksheet("LIS"))
    book.close()


def xlsx_plain(folder):
    workbook(folder, lambda _, sheet: sheet.write_row(0, 0, ["A", "B"]))


def xlsx_bomb(folder):
    xlsx_plain(folder)
    with zipfile.ZipFile(folder / "lab.xlsx", "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet9.xml", bytes(50_000_000))


def xlsx_far_cell(folder):
    workbook(folder, lambda _, sheet: (sheet.write(0, 0, "A"), sheet.write(1048575, 16383, "x")))


def xlsx_error_cell(folder):
    def write(_, sheet):
        sheet.write_row(0, 0, ["A", "B"])
        sheet.write_row(1, 0, ["x", "#N/A"])
        sheet.write_formula(2, 1, "=NA()", None, "#N/A")

    workbook(folder, write)


def xlsx_no_value(folder):
    book = openpyxl.Workbook()
    book.active.title = "LIS"
    book.active.append(["A"])
    book.active.append(["=1+1"])
    book.save(folder / "lab.xlsx")


def xlsx_dates(folder):
    def write(book, sheet):
        sheet.write_row(0, 0, ["WHEN"])
        sheet.write_datetime(
            1,
            0,
            datetime.fromisoformat("2020-02-29T08:05"),
            book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        )

    workbook(folder, write)


def xlsx_cut(folder):
    xlsx_plain(folder)
    (folder / "lab.xlsx").write_bytes((folder / "lab.xlsx").read_bytes()[:-100])


def xpt(folder, cut=None):
    """Write 100 records of 5 + 8 bytes and keep the first ``cut`` bytes of the records."""
    frame = pd.DataFrame({"A": ["abcde"] * 100, "B": [1.0] * 100})
    pyreadstat.write_xport(frame, str(folder / "ae.xpt"), file_format_version=5)
    data = (folder / "ae.xpt").read_bytes()
    body = data.index(b"HEADER RECORD*******OBS") + 80
    (folder / "ae.xpt").write_bytes(data[: body + cut] if cut is not None else data)
    return data


def xpt_cut_in_card(folder):
    xpt(folder, 300)


def xpt_cut_in_record(folder):
    xpt(folder, 480)


def xpt_cut_in_header(folder):
    xpt(folder, -80)


def xpt_two_members(folder):
    data = xpt(folder)
    (folder / "ae.xpt").write_bytes(data + data[240:])


def sas_cut(folder):
    """Write a header that says: 64-bit, little-endian, one header and one page of 65536 bytes."""
    header = bytearray(65536)
    header[12:32] = bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
    header[32], header[35], header[37] = 0x33, 0x33, 1
    for at, number in ((200, 65536), (204, 65536), (208, 1)):
        header[at : at + 4] = number.to_bytes(4, "little")
    (folder / "ae.sas7bdat").write_bytes(header)


def parquet_cut(folder):
    out = io.BytesIO()
    pq.write_table(pa.table({"A": ["x"] * 100}), out)
    (folder / "lb.parquet").write_bytes(out.getvalue()[:-20])


def parquet_nested(folder):
    pq.write_table(pa.table({"A": [[1], [2]]}), folder / "lb.parquet")


def cases():
    for folder in FOLDERS:
        case = YAML(typ="safe", pure=True).load((folder / "case.yaml").read_text("utf-8"))
        yield pytest.param(folder, case, id=folder.name)


@pytest.mark.parametrize(("folder", "case"), list(cases()))
def test_bad_raw_file(folder, case, tmp_path):
    raw = tmp_path / "raw"
    shutil.copytree(folder, raw, ignore=shutil.ignore_patterns("case.yaml", "__pycache__"))
    if "make" in case:
        globals()[case["make"]](raw)
    source = TypeAdapter(Source).validate_python(case["source"])
    problems, began = Problems(), time.process_time()
    table = read(source, "X", raw, problems)
    assert time.process_time() - began < SECONDS
    said = [(item.kind.code, str(item.where), item.line()) for item in problems.items]
    assert [item[:2] for item in said] == [(want["code"], want["place"]) for want in case["expect"]]
    for want, (_, _, line) in zip(case["expect"], said, strict=True):
        assert want["says"] in line
    assert problems.exit() == case["exit"]
    if "rows" in case:
        assert table.rows == case["rows"]
        assert [line for line, _ in table.quarantined] == case.get("quarantined", [])
