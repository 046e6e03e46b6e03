"""Builds and commands that are refused for what the study, the machine or an earlier build has."""

import contextlib
import io
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from trialkit.cli import main
from trialkit.rules.filter import Drop
from trialkit.starter import start_study

BASE = Path(__file__).parents[1] / "base"


def trialkit(*args):
    """Run the command line as a shell does, in this process; give exit code and messages."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(said):
        patch.setattr(sys, "argv", ["trialkit", *map(str, args)])
        with contextlib.redirect_stdout(io.StringIO()), pytest.raises(SystemExit) as end:
            main()
    return end.value.code, said.getvalue()


@pytest.fixture
def study(tmp_path):
    shutil.copytree(BASE, tmp_path / "study")
    return tmp_path / "study"


def build(study, *more):
    return trialkit("sdtm", study, "--raw", study / "raw", "--out", study.parent / "out", *more)


def change(path, old, new):
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.proves("TK-ROWS-2")
def test_a_rule_that_drops_rows_without_a_reason(study, monkeypatch):
    """A bug of ours, which the row accounting does not let pass."""
    change(
        study / "sdtm" / "cm.yaml",
        "  - read: MEDS\n",
        "  - read: MEDS\n  - {drop: SUBJ == '001', reason: x}\n",
    )
    monkeypatch.setattr(
        Drop,
        "apply",
        lambda rule, records, context: records.take(np.array([True] * (records.count - 1) + [False])),
    )
    code, said = build(study, "--datasets", "CM")
    assert "error ROW-001 CM 1 rows of MEDS are lost" in said
    assert code == 1
    assert not (study.parent / "out" / "sdtm").exists()


def test_another_package_of_the_name_of_one_of_ours(study, monkeypatch, tmp_path):
    other = types.ModuleType("define")
    other.__file__ = str(tmp_path / "site-packages" / "define" / "__init__.py")
    monkeypatch.setitem(sys.modules, "define", other)
    code, said = build(study)
    assert (code, said.split(". ")[0]) == (2, "error ENV-001 package 'define' is not the one of this toolkit")
    assert not (study.parent / "out").exists()


def test_some_datasets_over_a_whole_build(study):
    assert build(study)[0] == 0
    code, said = build(study, "--datasets", "CM")
    assert code == 2
    assert "error PUB-004 'out' holds a whole build, and only CM would be built." in said


def test_a_study_day_of_the_dataset_with_the_reference(study):
    change(study / "sdtm" / "dm.yaml", "working: true\n", "")
    change(study / "sdtm" / "dm.yaml", "  ARMCD:", "  DMDY: {study_day: RFICDTC}\n  ARMCD:")
    code, said = build(study)
    assert code == 2
    assert "error SDTM-001 sdtm/dm.yaml:23:9" in said


def test_a_dataset_that_reads_itself(study):
    """Its dataset is not there yet when it is built: said, and not left out without a word."""
    change(study / "sdtm" / "cm.yaml", "  CMTRT: DRUG", "  CMTRT: {lookup: CMTRT, table: CM, on: USUBJID}")
    code, said = build(study, "--datasets", "CM")
    assert code == 2
    assert "error SPEC-021 CM.CMTRT (sdtm/cm.yaml:10:10) unknown table 'CM'." in said
    assert not (study.parent / "out" / "sdtm").exists()


def test_a_profile_of_what_is_not_there(study):
    (study / "profiles").mkdir()
    text = "title: T\nclaim: None.\ndatasets: {CM: {drop: [CMTRTT]}, LB: {working: true}}\n"
    (study / "profiles" / "old.yaml").write_text(text, "utf-8")
    code, said = build(study, "--profile", "old")
    assert code == 2
    assert "error STUDY-007 profiles/old.yaml:3:17 CM has no CMTRTT. Did you mean 'CMTRT'?" in said
    assert "error STUDY-007 profiles/old.yaml:3:1 there is no dataset LB." in said


def test_rules_that_are_not_there():
    code, said = trialkit("rules", "numbr")
    assert (code, said.strip()) == (2, "error CLI-001 there is no rule 'numbr'. Did you mean 'number'?")


def test_define_of_a_folder_without_datasets(tmp_path):
    start_study(tmp_path / "demo")
    (tmp_path / "sdtm").mkdir()
    code, said = trialkit("define", tmp_path / "demo", "--sdtm", tmp_path / "sdtm")
    assert (code, said.split(". ")[0]) == (2, "error DEFB-001 no datasets of this toolkit in 'sdtm'")
