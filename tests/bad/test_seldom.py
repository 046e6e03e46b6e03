"""Problems that hardly anybody meets, each provoked by the input or the machine that leads to it."""

import contextlib
import io
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from adam.analysis.run import load_plan
from trialkit.cli import main
from trialkit.ctimport import parse_package
from trialkit.problems import Problems, Refusal
from trialkit.raw.dataset import dataset_sources, read_dataset
from trialkit.rules.filter import Drop
from trialkit.simulate import simulate
from trialkit.starter import start_study

BASE = Path(__file__).parent / "base"


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


def test_a_study_without_analyses(study):
    with pytest.raises(Refusal, match=r"error ANL-004 analysis analysis/ has no \.yaml file"):
        load_plan(study, study)


def test_analysis_datasets_of_a_table_without_types(tmp_path):
    (tmp_path / "dm.csv").write_text("USUBJID,AGE\n1,40\n", "utf-8")
    problems, sources = Problems(), dataset_sources(tmp_path)
    assert read_dataset(sources["DM"], "DM", tmp_path, problems) is None
    (one,) = problems.items
    assert one.line().startswith(
        "error RAW-090 dm.csv 'dm.csv' is a file that does not know texts from numbers."
    )


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("C66731\t\tNo\tSex\t\t\t\tSex", "ct.txt:2 the codelist has no C-code or no submission value"),
        (
            "C16576\tC66731\t\tSex\tF\t\t\tFemale",
            "ct.txt:2 term C16576 belongs to codelist C66731, which is not",
        ),
    ],
)
def test_damaged_terminology(rows, said):
    names = (*("Code", "Codelist Code", "Codelist Extensible (Yes/No)", "Codelist Name"),)
    more = ("CDISC Submission Value", "CDISC Synonym(s)", "CDISC Definition", "NCI Preferred Term")
    data = ("\t".join((*names, *more)) + "\n" + rows + "\n").encode()
    with pytest.raises(Refusal) as caught:
        parse_package(data, "ct.txt", "SDTM", "2025-03-28")
    (line,) = [one.line() for one in caught.value.problems if one.kind.code == "CT-003"]
    assert line.startswith(f"error CT-003 {said}")


@pytest.mark.parametrize("content", [b"a,b\n1\n", b"a\n\xff\n", b""])
def test_a_list_of_the_simulation_that_cannot_be_read(content, tmp_path):
    specs = tmp_path / "specs"
    specs.mkdir()
    shutil.copy(BASE / "study.yaml", specs)
    (specs / "list.csv").write_bytes(content)
    lines = """\
study: S
partition: person
lists: {visits: list.csv}
tables: {person: {rows: {count: "1"}}}
files: {}
"""
    (specs / "simulation.yaml").write_text(lines, "utf-8")
    with pytest.raises(Refusal, match=r"error SIM-003 list\.csv list\.csv"):
        simulate(specs, 1, 1, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_define_of_a_folder_without_datasets(tmp_path):
    start_study(tmp_path / "demo")
    (tmp_path / "sdtm").mkdir()
    code, said = trialkit("define", tmp_path / "demo", "--sdtm", tmp_path / "sdtm")
    assert (code, said.split(". ")[0]) == (2, "error DEFB-001 no datasets of this toolkit in 'sdtm'")
