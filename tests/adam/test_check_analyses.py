"""Declared analyses are checked with the specs, before any dataset is built."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from trialkit.cli import cli

BASE = Path(__file__).parents[1] / "bad" / "base"
ADVS = """\
dataset: ADVS
class: Basic Data Structure
label: Vital Signs Analysis Dataset
structure: One record per subject and measurement
records:
  - read: VS
keys: [USUBJID, PARAMCD, VISITNUM]
variables:
  STUDYID: STUDYID
  USUBJID: USUBJID
  TRTP: {constant: ""}
  PARAMCD: VSTESTCD
  PARAM: {copy: VSTEST, label: SYSPB, comment: Not SYSPB}  # nor TMEP: words for people are no parameters
  VISITNUM: VISITNUM
  AVAL: VSSTRESN
  HIDDEN: {constant: x, working: true}
"""
DISPLAY = """\
display: T-1
title: Vital signs
analyses:
  - id: AR-1
    title: By parameter
    dataset: ADVS
    where: PARAMCD == 'TEMP' and AVAL > 1
    by: PARAM
    method: {describe: {of: AVAL}}
  - id: AR-2
    title: A parameter made of one of the data
    dataset: ADVS
    where: PARAMCD == 'LTEMP'
    method: {describe: {of: AVAL}}
  - id: AR-3
    title: Two parameters
    dataset: ADVS
    method: {correlation: {x: AVAL, x_where: PARAMCD == 'TEMP', y: AVAL, y_where: PARAMCD == 'SYSBP'}}
figures:
  - {id: F-1, title: Course, dataset: ADVS, plot: {spaghetti: {of: AVAL, time: VISITNUM}}}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    shutil.copytree(BASE, folder / "specs")
    (folder / "specs" / "adam").mkdir()
    (folder / "specs" / "analysis").mkdir()
    (folder / "specs" / "adam" / "advs.yaml").write_text(ADVS, "utf-8")
    specs, out = str(folder / "specs"), str(folder / "out")
    found = CliRunner().invoke(cli, ["sdtm", specs, "--raw", f"{specs}/raw", "--out", out])
    assert found.exit_code == 0, found.output
    return folder


def check(folder, display, *, data=True):
    (folder / "specs" / "analysis" / "t1.yaml").write_text(display, "utf-8")
    more = ["--sdtm", str(folder / "out" / "sdtm")] if data else []
    return CliRunner().invoke(cli, ["check", str(folder / "specs"), *more], standalone_mode=False)


@pytest.mark.parametrize("data", [True, False])
def test_good_analyses_pass(built, data):
    found = check(built, DISPLAY, data=data)
    assert "specs are good" in found.output, found.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dataset: ADVS", "dataset: ADV", "ANL-001 analysis/t1.yaml:6:5 unknown dataset 'ADV'"),
        ("AVAL > 1", "AVALL > 1", "ANL-002 analysis/t1.yaml:7:5 unknown variable 'AVALL' of ADVS"),
        ("AVAL > 1", "HIDDEN == 'x'", "ANL-002 analysis/t1.yaml:7:5 unknown variable 'HIDDEN' of ADVS"),
        ("AVAL > 1", "AVAL == 'x'", "EXPR-004"),
        ("AVAL > 1", "AVAL >", "EXPR-001"),
        ("by: PARAM", "by: PARM", "unknown variable 'PARM' of ADVS. Did you mean 'PARAM'?"),
        ("{of: AVAL}", "{of: PARAM}", "ANL-002 analysis/t1.yaml:4:5 variable PARAM of ADVS has texts"),
        ("describe", "describ", "ANL-003 analysis/t1.yaml:9:14 unknown method 'describ'"),
        ("spaghetti", "spagetti", "ANL-003"),
        ("of: AVAL, time", "of: AVAL, tim", "SPEC-004"),
        ("'SYSBP'", "'SYSPB'", "ANL-007 analysis/t1.yaml:18:"),
        ("id: AR-2", "id: AR-1", "ANL-005 analysis/t1.yaml:10:5 'AR-1' stands twice"),
        ("'TEMP'", "'TMEP'", "ANL-007 analysis/t1.yaml:7:5 no parameter 'TMEP' of ADVS. Did you mean 'TE"),
    ],
)
def test_what_cannot_be_is_an_error_at_its_place(built, old, new, said):
    assert old in DISPLAY
    found = check(built, DISPLAY.replace(old, new, 1))
    text = found.output + found.stderr
    assert said in " ".join(text.split())
    assert found.return_value == 2


def test_all_problems_come_at_once(built):
    found = check(built, DISPLAY.replace("AVAL > 1", "AVALL > 1").replace("time: VISITNUM", "time: DAY"))
    assert "2 errors" in found.output + found.stderr


def test_specs_that_cannot_be_loaded_do_not_hide_other_problems(built):
    path = built / "specs" / "adam" / "advs.yaml"
    good = path.read_text("utf-8")
    path.write_text(good.replace("AVAL: VSSTRESN", "AVAL: {copi: VSSTRESN}"), "utf-8")
    try:
        found = check(built, DISPLAY.replace("describe", "describ"), data=False)
    finally:
        path.write_text(good, "utf-8")
    assert "ANL-003" in found.output + found.stderr
    assert "unknown rule 'copi'" in found.output + found.stderr
