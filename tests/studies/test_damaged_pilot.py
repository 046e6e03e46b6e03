"""CDISCPILOT01's raw forms, damaged at random: every damage is listed with its file and line.

The damage is done here, on the lines of the files; nothing of the simulator or of the readers is used.
"""

import csv
import io
import os
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from trialkit.cli import cli

ROOT = Path(__file__).resolve().parents[2]
# file, column, what stands there instead, how many cells
CELLS = [
    ("dm_raw.csv", "IT.SEX", "Femle", 4),
    ("dm_raw.csv", "IT.RACE", "Martian", 3),
    ("dm_raw.csv", "COL_DT", "02/30/2013", 5),
    ("dm_raw.csv", "IT.AGE", "sixty", 3),
    ("ec_raw.csv", "IT.ECDSTXT", "54x", 5),
    ("ec_raw.csv", "IT.ECSTDAT", "31-Feb-2013", 4),
    ("ec_raw.csv", "DOSFRQ", "Dayly", 4),
    ("ec_raw.csv", "PATNUM", "799-9999", 3),
    ("ec_raw.csv", "VISITNAME", "Week 99", 3),
    ("ds_raw.csv", "DSTMCOL", "25:61", 4),
    ("ds_raw.csv", "IT.DSSTDAT", "13-45-2013", 4),
    ("lab_transfer.csv", "TESTNAME", "Asparatate", 40),
    ("lab_transfer.csv", "UNITS", "mg//dL", 40),
    ("lab_transfer.csv", "COLLDATE", "30-Feb-2013", 40),
    ("lab_transfer.csv", "COLLTIME", "24:30", 40),
    ("lab_transfer.csv", "REFHIGH", "1.2.3", 20),
    ("lab_transfer.csv", "VISITNAME", "Week 99", 20),
    ("qsco_form.csv", "IT.ACITM01", "ten", 6),
    ("qsco_form.csv", "IT.ACITM08", "99", 6),
    ("qsco_form.csv", "QDAT", "00-Jan-2014", 6),
    ("qsgi_form.csv", "IT.CIBIC", "MUCH BETTER", 6),
    ("qsmm_form.csv", "INSTANCE", "Week 99", 6),
]


def raw_folder():
    named = os.environ.get("TRIALKIT_PILOT_RAW", "")
    return (
        Path(named) if named else Path(os.environ.get("TRIALKIT_REFERENCE", "none")) / "cdiscpilot01" / "raw"
    )


@pytest.fixture(scope="module")
def forms():
    folder = raw_folder()
    if not folder.is_dir():
        pytest.skip("no raw forms of CDISCPILOT01: set TRIALKIT_PILOT_RAW to their folder")
    return {path.name: path.read_text(encoding="utf-8").splitlines() for path in sorted(folder.glob("*.csv"))}


def write(forms, folder):
    folder.mkdir()
    for name, lines in forms.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def changed(line, place, value):
    cells = next(csv.reader([line]))
    cells[place] = value
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def damaged(forms, seed):
    """Change cells, each row at most once; give the files and the (file, line) of each change."""
    rng = random.Random(seed)
    files, done = {name: list(lines) for name, lines in forms.items()}, {}
    for name, column, value, times in CELLS:
        place = next(csv.reader([forms[name][0]])).index(column)
        filled = [n for n in range(1, len(forms[name])) if next(csv.reader([forms[name][n]]))[place]]
        free = [n for n in filled if (name, n + 1) not in done]
        for n in rng.sample(free, times):
            files[name][n] = changed(files[name][n], place, value)
            done[name, n + 1] = (column, value)
    return files, done


def build(raw, out):
    arguments = [
        "sdtm",
        str(ROOT / "specs" / "cdiscpilot01"),
        "--raw",
        str(raw),
        "--out",
        str(out),
        "--no-json",
    ]
    code = CliRunner().invoke(cli, arguments, standalone_mode=False).return_value
    with (out / "reports" / "problems.csv").open(encoding="utf-8-sig", newline="") as file:
        return code, list(csv.DictReader(file))


@pytest.mark.parametrize("seed", [1, 2])
def test_every_damage_is_listed_at_its_line(forms, tmp_path, seed):
    files, done = damaged(forms, seed)
    code, problems = build(write(files, tmp_path / "raw"), tmp_path / "out")
    assert code == 1
    assert not list((tmp_path / "out").glob("sdtm/*.xpt"))
    listed = {(row["file"], int(row["line"])) for row in problems if row["line"]}
    assert {place: what for place, what in done.items() if place not in listed} == {}


def test_what_is_not_damaged_is_not_listed(forms, tmp_path):
    code, problems = build(write(forms, tmp_path / "raw"), tmp_path / "out")
    assert code == 0
    assert [row for row in problems if row["severity"] == "error"] == []


def test_broken_lines_are_all_listed(forms, tmp_path):
    folder = write(forms, tmp_path / "raw")
    lines = (folder / "lab_transfer.csv").read_bytes().splitlines()
    lines[99] = lines[99] + b",more"
    lines[499] = lines[499].rsplit(b",", 1)[0]
    lines[999] = lines[999].replace(b",", b",\xff", 1)
    (folder / "lab_transfer.csv").write_bytes(b"\n".join(lines) + b"\n")
    subjects = (folder / "dm_raw.csv").read_text().splitlines()
    (folder / "dm_raw.csv").write_text("\n".join([*subjects, subjects[9]]) + "\n")
    code, problems = build(folder, tmp_path / "out")
    listed = {(row["file"], int(row["line"])) for row in problems if row["line"]}
    assert code == 1
    assert {("lab_transfer.csv", n) for n in (100, 500, 1000)} <= listed
    assert {("dm_raw.csv", 10), ("dm_raw.csv", len(subjects) + 1)} <= listed
    assert not (tmp_path / "out" / "sdtm").exists()
