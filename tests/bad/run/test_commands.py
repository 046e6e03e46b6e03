"""Every command with arguments that make no sense: exit code 2, one plain reason, nothing written."""

import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from trialkit.cli import main

BASE = Path(__file__).parents[1] / "base"
BUILD = "sdtm study --raw study/raw --out out"
CASES = {
    "nonsense": "No such command 'nonsense'",
    "sdtm": "Missing argument 'SPEC_DIR'",
    "sdtm study": "Missing option '--raw'",
    f"{BUILD} --workers 0": "0 is not in the range 1<=x<=64",
    f"{BUILD} --workers many": "'many' is not a valid integer range",
    f"{BUILD} --datsets DM": "Did you mean '--datasets'?",
    f"{BUILD} --datasets dm": "error STUDY-004 unknown dataset 'dm'. Did you mean 'DM'?",
    "sdtm nowhere --raw study/raw --out out": "error STUDY-001 there is no study.yaml in 'nowhere'.",
    "sdtm study/study.yaml --raw study/raw --out out": "Directory 'study/study.yaml' is a file.",
    "sdtm study --raw study/raw --out study": "error PUB-002 'study' is the folder of the specs.",
    "sdtm study --raw study/raw --out study/raw": "error PUB-002 'raw' is the folder of the files to read.",
    "sdtm study --raw study/raw --out /": "error PUB-002 '/' is the root folder.",
    "sdtm study --raw study/raw --out /proc/x/y": "error ENV-003 no such file or directory: x. Check path",
    "sdtm study --raw study/raw --out /dev/null/x": "error PUB-003 reports a part of the path is a file: x.",
    "check nowhere": "error STUDY-001 there is no study.yaml in 'nowhere'.",
    "check study --raw nowhere": "The raw folder 'nowhere' has no files: give the right one with --raw.",
    "rules numbr": "there is no rule 'numbr'. Did you mean 'number'?",
    "why DM SEX --where SUBJID=='001' --out nowhere": "error WHY-001 no build in 'nowhere'.",
    "diff nowhere other": "error DIFF-004 nowhere no datasets to compare. Give two files, or two folders.",
    "diff torn.xpt torn.xpt": "error TAB-002 torn.xpt dataset cannot be read: it is damaged or of another",
    "diff torn.json torn.json": "error TAB-002 torn.json dataset cannot be read: it is damaged or of another",
    "diff a.csv a.csv": "error DIFF-001 A no keys are known. Name them with --keys.",
    "diff a.csv a.csv --keys NOPE": "error DIFF-002 A 'NOPE' is not in both. Known: A.",
    "diff a.csv a.csv --keys A --csv nowhere/x.csv": "error ENV-003 no such file or directory: x.csv.",
    "diff a.csv a.csv --keys CM:": "error DIFF-001 'CM:' names no key.",
    "diff a.csv a.csv --keys CM:A": "error DIFF-005 no dataset CM.",
    "diff a.csv a.csv --keys A --abs nan": "error DIFF-006 nan is not a tolerance.",
    "diff a.csv a.csv --keys A --rel inf": "error DIFF-006 inf is not a tolerance.",
    "diff a.csv a.csv --keys A --tolerance NOPE=1": "error DIFF-006 no dataset has a variable NOPE.",
    "diff a.csv a.csv --keys A --csv a.csv": "error DIFF-007 a.csv file is written twice or compared.",
    "diff study/raw study/raw --csv study/raw/meds.csv": "error DIFF-007 meds.csv file is written twice",
    "diff a.csv a.csv --keys A --csv x.csv --html x.csv": "error DIFF-007 x.csv file is written twice",
    "diff short.json short.json": "error TAB-002 short.json dataset cannot be read",
    "diff object.json object.json": "error TAB-002 object.json dataset cannot be read",
    "diff huge.json huge.json": "error TAB-002 huge.json dataset cannot be read",
    "diff records.json records.json": "error TAB-002 records.json dataset cannot be read",
    "diff type.json type.json": "error TAB-002 type.json dataset cannot be read",
    f"{BUILD} --datasets ''": "Invalid value for '--datasets': it names no dataset",
    f"{BUILD} --previous torn.csv": "error RAW-013 torn.csv:2 the quote that opens here is never closed.",
    "sdtm study --raw study/raw --out ''": "An empty text names no path.",
    "sdtm study --raw study/raw --out study/raw/x": "error PUB-002 'x' is among the files to read.",
    "sdtm study --raw study/raw --out study/sdtm/x": "error PUB-002 'x' is among the specs.",
    "init study": "error CLI-002 'study' is there and is not empty.",
    "init a.csv/x": "error ENV-003 not a directory: x. Check path, permissions and free space",
    "ct import nowhere --out x.tsv.gz": "error CT-006 nowhere the file cannot be read.",
    "ct import a.csv --out x.tsv.gz": "error CT-001 a.csv the file is not in a known form of terminology.",
    "simulate study --subjects 0 --out out": "0 is not in the range 1<=x<=100000",
    "simulate study --out out": "there is no simulation.yaml in 'study'.",
}
WHOLE_JSON = {
    "name": "A",
    "label": "",
    "records": 1,
    "columns": [{"name": name, "label": "", "dataType": "integer", "keySequence": 1} for name in "AB"],
    "rows": [[1, 2]],
}
DAMAGED_JSON = {
    "short": {"rows": [[1]]},
    "object": {"rows": {}},
    "huge": {"rows": [[10**400, 2]]},
    "records": {"records": 99},
    "type": {"columns": [{"name": name, "label": "", "dataType": "number"} for name in "AB"]},
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    shutil.copytree(BASE, tmp_path / "study")
    (tmp_path / "torn.xpt").write_bytes(bytes(500))
    (tmp_path / "torn.json").write_text("{")
    (tmp_path / "a.csv").write_text("A\n1\n")
    (tmp_path / "torn.csv").write_text('A\n"1\n')
    for name, change in DAMAGED_JSON.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({**WHOLE_JSON, **change}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.proves("TK-FAIL-2")
@pytest.mark.parametrize("command", CASES)
def test_command_that_makes_no_sense(command, here, monkeypatch, capsys):
    before = sorted(here.rglob("*"))
    monkeypatch.setattr(sys, "argv", ["trialkit", *shlex.split(command)])
    with pytest.raises(SystemExit) as end:
        main()
    messages = capsys.readouterr().err
    assert CASES[command] in messages
    assert end.value.code == 2
    assert "Traceback" not in messages
    assert sorted(here.rglob("*")) == before
