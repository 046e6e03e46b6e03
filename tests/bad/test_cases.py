"""Every case changes one thing of the small study in base/ and is run through the real command line.

A case says what it changes (``change``: texts that stand once in a file; ``write``: whole files; ``bytes``:
the same in Latin-1; ``remove``, ``copy``, ``link``), which command runs, and all that must come of it: the
exit code, every printed line of a problem (severity, code, place, cause and fix), the ``cells`` that stand
in problems.csv with their values, which the terminal never shows, and what is published (``gives``).
"""

import contextlib
import csv
import io
import json
import shutil
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from trialkit.cli import main

HERE = Path(__file__).parent
TABLES = sorted(HERE.glob("*/cases.yaml"))
OWN = {
    "CM": {"sdtm/cm.yaml", "raw/meds.csv"},
    "VS": {"sdtm/vs.yaml", "raw/vitals.csv", "tables/tests.csv", "tables/visits.csv"},
}


def cases():
    for table in TABLES:
        for case in YAML(typ="safe", pure=True).load(table.read_text("utf-8")):
            yield pytest.param(case, id=f"{table.parent.name}: {case['case']}")


def trialkit(*args):
    """Run the command line as a shell does, in this process; give exit code, output and messages."""
    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["trialkit", *map(str, args)]
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as end,
        ):
            main()
    finally:
        sys.argv = argv
    return end.value.code, out.getvalue(), err.getvalue()


def prepare(case, folder):
    shutil.copytree(HERE / "base", folder)
    for file, texts in case.get("change", {}).items():
        text = (folder / file).read_text("utf-8")
        for old, new in texts.items():
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
            text = text.replace(old, new)
        (folder / file).write_text(text, "utf-8", newline="")
    for encoding, key in (("utf-8", "write"), ("latin-1", "bytes")):
        for file, text in case.get(key, {}).items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(text.encode(encoding))
    for old, new in case.get("copy", {}).items():
        shutil.copy(folder / old, folder / new)
    for file in case.get("remove", []):
        (folder / file).unlink()
    for file, target in case.get("link", {}).items():
        (folder / file).symlink_to(target)


def problem_lines(messages):
    return [line for line in messages.splitlines() if line.startswith(("error ", "query "))]


def reported(out):
    folder = out / "reports"
    if not (folder / "problems.csv").exists():
        return []
    with (folder / "problems.csv").open(encoding="utf-8-sig", newline="") as file:
        return [f"{row['file']}:{row['line']} {row['column']} {row['value']}" for row in csv.DictReader(file)]


def published(out, name):
    dataset, variable = name.split(".")
    data = json.loads((out / "sdtm" / f"{dataset.lower()}.json").read_text("utf-8"))
    place = [column["name"] for column in data["columns"]].index(variable)
    return [row[place] for row in data["rows"]]


def datasets(case):
    """Name the one dataset that a case is about, so that the others need not be built."""
    touched = {file for key in ("change", "write", "bytes", "remove") for file in case.get(key, [])}
    return next((name for name, files in OWN.items() if touched and touched <= files), "")


def run(case, folder, out):
    if case.get("command") == "check":
        return trialkit("check", folder)
    only = datasets(case)
    args = ["--datasets", only] if only and "args" not in case else case.get("args", [])
    return trialkit("sdtm", folder, "--raw", folder / case.get("raw", "raw"), "--out", out, *args)


@pytest.mark.proves("TK-FAIL-1", "TK-FAIL-2")
@pytest.mark.parametrize("case", list(cases()))
def test_bad_input(case, tmp_path):
    folder, out = tmp_path / "study", tmp_path / "out"
    prepare(case, folder)
    code, _, messages = run(case, folder, out)
    assert problem_lines(messages) == case["says"]
    assert code == case["exit"]
    assert "Traceback" not in messages
    assert (out / "sdtm").exists() == (code == 0 and case.get("command") != "check")
    for cell in case.get("cells", []):
        assert cell in reported(out)
        assert cell.split(" ", 2)[2] not in messages
    for name, values in case.get("gives", {}).items():
        assert published(out, name) == values
