"""The commands: exit codes, outputs, and no traceback for anything."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from trialkit.cli import cli

HERE = Path(__file__).parent


def trialkit(*arguments):
    script = "from trialkit.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True
    )


def test_check_of_a_good_file(tmp_path):
    page = tmp_path / "c.html"
    done = trialkit("define-check", HERE / "unseen.xml", "--html", page, "--json", tmp_path / "c.json")
    assert done.returncode == 0, done.stderr
    assert "0 errors, 2 questions; 2 datasets" in done.stderr
    assert page.read_text("utf-8").startswith("<!doctype html>")


BAD = {
    "no file": (None, 2, "DEF-001"),
    "no XML": (b"rubbish", 2, "DEF-002"),
    "entities": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 2, "DEF-003"),
    "another root": (b"<html/>", 2, "DEF-004"),
}


@pytest.mark.parametrize("name", BAD)
def test_check_of_a_bad_file(tmp_path, name):
    content, code, said = BAD[name]
    path = tmp_path / "define.xml"
    if content is not None:
        path.write_bytes(content)
    done = trialkit("define-check", path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "root:" not in done.stderr + done.stdout


def test_workbook_there_and_back(tmp_path):
    for generation in ("classic", "current", "2.1"):
        book, made = tmp_path / "define.xlsx", tmp_path / "define.xml"
        asked = ["define-workbook", "export", str(HERE / "unseen.xml"), "--out", str(book)]
        done = CliRunner().invoke(cli, [*asked, "--generation", generation], standalone_mode=False)
        assert done.exception is None
        done = CliRunner().invoke(
            cli, ["define-workbook", "import", str(book), "--out", str(made)], standalone_mode=False
        )
        assert done.return_value == 0
        assert made.read_bytes().startswith(b"<?xml")
