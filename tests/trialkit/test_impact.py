"""What a change touches, read off the specs; held against what a build with the change really changes."""

import json

import pytest
from click.testing import CliRunner

from trialkit.changes import Scene, terminology_changes
from trialkit.cli import cli
from trialkit.comparefiles import compare_paths
from trialkit.dataflow import flows
from trialkit.impact import Asked, impact
from trialkit.own import standard_of
from trialkit.problems import Refusal
from trialkit.result import Options
from trialkit.run import run
from trialkit.study import load_study

STUDY = """\
study: X1
created: 2024-01-31T00:00:00
standard: {name: SDTMIG, version: "3.4", terminology: 2025-03-28}
sources:
  SUBJ: {format: csv, file: subj.csv}
  DOSE: {format: csv, file: dose.csv}
  VS1: {format: csv, file: vs1.csv}
  VS2: {format: csv, file: vs2.csv}
codelists:
  SEX: {terms: {F: [woman]}}
"""
DM = """\
dataset: DM
records: [{read: SUBJ}]
keys: [USUBJID]
variables:
  STUDYID: {constant: X1}
  DOMAIN: {constant: DM}
  USUBJID: SUBJ
  SUBJID: SUBJ
  SITEID: {constant: "1"}
  SEX: {code: SEX, codelist: SEX}
  RFSTDTC: {earliest: {table: DOSES, of: DAY}}
  COUNTRY: {constant: CHN}
  ARM: {constant: A}
  ARMCD: {constant: A}
  ACTARM: {constant: A}
  ACTARMCD: {constant: A}
"""
DOSES = """\
dataset: DOSES
working: true
records:
  - read: DOSE
  - keep: DONE == 'Y'
    reason: not given
keys: [USUBJID, DAY]
variables:
  USUBJID: SUBJ
  DAY: {date: DAY, formats: {include: sdtm/shared/formats.yaml}}
"""
VS = """\
dataset: VS
records:
  - stack:
      - - read: VS1
        - let:
            WHEN: {date: DAT1, formats: YYYY-MM-DD}
            NOTE: REMARK
        - gather: {SYSBP: SYS, DIABP: DIA}
          key: TEST
          into: RESULT
      - - read: VS2
        - let: {WHEN: {date: DAT2, formats: YYYY-MM-DD}}
        - gather: {PULSE: PUL}
          key: TEST
          into: RESULT
keys: [USUBJID, VSTESTCD, VSDTC]
variables:
  STUDYID: {constant: X1}
  DOMAIN: {constant: VS}
  USUBJID: SUBJ
  VSSEQ: {sequence: [VSTESTCD, VSDTC]}
  VSTESTCD: TEST
  VSTEST: {decode: VSTESTCD}
  VSORRES: RESULT
  VSSTRESC: VSORRES
  VSSTRESN: {number: VSSTRESC}
  VSDTC: WHEN
  VSDY: {study_day: VSDTC}
checks:
  - when: VSSTRESN > 300
    say: Is it right?
    variable: VSORRES
    code: Q-01
"""
RAW = {
    "subj.csv": "SUBJ,SEX,AGE\n1,F,40\n2,woman,50\n",
    "dose.csv": "SUBJ,DAY,DONE\n1,2020-01-02,Y\n1,2020-01-05,Y\n2,2020-02-02,Y\n",
    "vs1.csv": "SUBJ,DAT1,SYS,DIA,REMARK\n1,2020-01-01,120,80,x\n2,2020-02-03,130,85,\n",
    "vs2.csv": "SUBJ,DAT2,PUL\n1,2020-01-01,60\n2,2020-02-03,70\n",
}


@pytest.fixture
def folders(tmp_path):
    specs, raw = tmp_path / "specs", tmp_path / "raw"
    for folder in (specs / "sdtm" / "shared", raw):
        folder.mkdir(parents=True)
    (specs / "study.yaml").write_text(STUDY)
    for name, text in (("dm", DM), ("doses", DOSES), ("vs", VS)):
        (specs / "sdtm" / f"{name}.yaml").write_text(text)
    (specs / "sdtm" / "shared" / "formats.yaml").write_text("- YYYY-MM-DD\n- DD.MM.YYYY\n")
    for name, text in RAW.items():
        (raw / name).write_text(text)
    return specs, raw, tmp_path / "out"


def standard():
    return standard_of("sdtm", "3.4")


def touched(folders, *changed, **keys):
    asked = Asked(folders[0], changed, **keys)
    return {(one.name, one.how) for found in impact(asked, standard()) for one in found.touches}


def line_of(folders, file, text):
    lines = (folders[0] / file).read_text().splitlines()
    return f"{file}:{next(number for number, line in enumerate(lines, 1) if text in line)}"


def test_a_raw_column_goes_through_working_datasets(folders):
    assert touched(folders, "dose.csv:DAY") == {
        *(("DM.RFSTDTC", "values"), ("VS.VSDY", "values"), ("DOSES.DAY", "values")),
    }


def test_a_column_that_decides_on_records_touches_them(folders):
    found = touched(folders, "dose.csv:DONE")
    assert ("DOSES", "records") in found
    assert ("DM.RFSTDTC", "values") in found
    assert ("VS.VSDY", "values") in found
    assert ("DM.SEX", "values") not in found


def test_a_gathered_column_of_one_branch(folders):
    found = touched(folders, "vs2.csv:PUL")
    assert {("VS.VSORRES", "values"), ("VS.VSSTRESN", "values"), ("VS", "records")} <= found
    assert not {name for name, _ in found} & {"VS.VSDTC", "VS.VSDY", "VS.USUBJID", "DM.SEX"}


def test_a_column_that_no_rule_reads(folders):
    assert touched(folders, "subj.csv:AGE", raw=folders[1]) == set()
    assert touched(folders, "vs1.csv:REMARK") == set()


def test_a_whole_file_touches_all_that_is_read_of_it(folders):
    found = touched(folders, "vs1.csv")
    assert ("VS", "records") in found
    assert not {name for name, _ in found if name.startswith("DM")}


def test_one_variable_of_a_spec(folders):
    found = touched(folders, line_of(folders, "sdtm/vs.yaml", "VSORRES: RESULT"))
    assert found == {("VS.VSORRES", "values"), ("VS.VSSTRESC", "values"), ("VS.VSSTRESN", "values")}


def test_one_working_column_of_one_branch(folders):
    found = touched(folders, line_of(folders, "sdtm/vs.yaml", "WHEN: {date: DAT1"))
    assert found == {("VS.VSDTC", "values"), ("VS.VSDY", "values"), ("VS.VSSEQ", "values")}
    assert touched(folders, line_of(folders, "sdtm/vs.yaml", "NOTE: REMARK")) == set()


def test_a_check_and_what_holds_for_the_dataset(folders):
    assert touched(folders, line_of(folders, "sdtm/vs.yaml", "say: Is it right?")) == {("VS", "checks")}
    assert touched(folders, line_of(folders, "sdtm/vs.yaml", "keys: [USUBJID")) == {("VS", "attributes")}


def test_an_included_file_touches_those_that_include_it(folders):
    assert touched(folders, "sdtm/shared/formats.yaml") == touched(folders, "dose.csv:DAY")
    assert touched(folders, "sdtm/shared/formats.yaml:2") == touched(folders, "dose.csv:DAY")


def test_lines_of_the_study(folders):
    assert ("DM.SEX", "values") in touched(folders, line_of(folders, "study.yaml", "SEX:"))
    assert touched(folders, line_of(folders, "study.yaml", "VS2:")) == touched(folders, "VS2")
    assert touched(folders, line_of(folders, "study.yaml", "created:")) == {
        *(("DM", "records"), ("VS", "records"), ("DOSES", "records")),
    }


def test_paths_from_the_current_folder(folders, monkeypatch):
    monkeypatch.chdir(folders[0].parent)
    assert touched(folders, "specs/sdtm/dm.yaml") == touched(folders, "sdtm/dm.yaml")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            "sdtm/vs.yml",
            r"IMPACT-001 'sdtm/vs\.yml' is not a part of the study\. Did you mean 'sdtm/vs\.yaml'",
        ),
        ("vs3.csv", r"IMPACT-001 .* Did you mean 'vs[12]\.csv'\?"),
        ("sdtm/vs.yaml:999", r"IMPACT-002 .* has no line '999'\. It has lines 1 to 33\."),
        ("sdtm/vs.yaml:x", r"IMPACT-002 .* has no line 'x'"),
        ("vs1.csv:SYSS", r"IMPACT-001 VS1 has no column 'SYSS'\. Did you mean 'SYS'\?"),
    ],
)
def test_what_is_no_part_of_the_study_is_refused(folders, changed, said):
    with pytest.raises(Refusal, match=said):
        touched(folders, changed, raw=folders[1])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            "vs1.csv:SYSS",
            r"IMPACT-001 no rule reads a column 'SYSS' of VS1\. Did you mean 'SYS'\? With --raw",
        ),
        (
            "dose.csv:X",
            r"IMPACT-001 no rule reads a column 'X' of DOSE\. Known: DAY, DONE, SUBJ\. With --raw",
        ),
    ],
)
def test_without_raw_files_a_column_has_to_be_read_by_a_rule(folders, changed, said):
    with pytest.raises(Refusal, match=said):
        touched(folders, changed)


def test_the_terminology(folders):
    study = load_study(folders[0], "sdtm", ("trialkit.rules", "sdtm.rules"))
    scene = Scene(study, standard(), frozenset())
    assert terminology_changes(scene, "2025-03-28", "2025-03-28") == []
    with pytest.raises(Refusal, match="TERM-001"):
        touched(folders, terminology="2099-01-01")


def test_since_a_build(folders):
    run(Options(*folders, dataset_json=False), standard())
    assert impact(Asked(folders[0], raw=folders[1], out=folders[2]), standard()) == []
    (folders[1] / "vs2.csv").write_text(RAW["vs2.csv"].replace("60", "61"))
    vs = folders[0] / "sdtm" / "dm.yaml"
    vs.write_text(DM.replace("CHN", "USA"))
    found = impact(Asked(folders[0], raw=folders[1], out=folders[2]), standard())
    assert [one.change for one in found] == ["sdtm/dm.yaml", "vs2.csv"]
    assert {one.dataset for one in found[1].touches} == {"VS"}
    with pytest.raises(Refusal, match="WHY-001 no build in 'nowhere'"):
        impact(Asked(folders[0], out=folders[0] / "nowhere"), standard())


CHANGES = [
    ("dose.csv", "2020-01-02", "2019-12-30", "dose.csv:DAY"),
    ("dose.csv", "1,2020-01-02,Y", "1,2020-01-02,N", "dose.csv:DONE"),
    ("vs1.csv", "120", "125", "vs1.csv:SYS"),
    ("vs1.csv", "2020-01-01", "2020-01-09", "vs1.csv:DAT1"),
    ("vs2.csv", "60", "", "vs2.csv:PUL"),
    ("subj.csv", "1,F", "1,M", "subj.csv:SEX"),
    ("subj.csv", "40", "41", "subj.csv:AGE"),
    ("vs1.csv", ",x", ",y", "vs1.csv:REMARK"),
]


@pytest.mark.parametrize(("file", "old", "new", "named"), CHANGES, ids=[change[3] for change in CHANGES])
def test_nothing_else_changes_than_is_said(folders, file, old, new, named):
    specs, raw, out = folders
    run(Options(specs, raw, out), standard())
    (raw / file).write_text(RAW[file].replace(old, new))
    run(Options(specs, raw, out.parent / "other"), standard())
    compared = compare_paths(out, out.parent / "other")
    said = touched(folders, named, raw=folders[1])
    for one in compared.comparisons:
        if len(one.added) or len(one.removed):
            keys = {(f"{one.name}.{key}", "values") for key in one.keys}
            assert {(one.name, "records"), *keys} & said
        for variable in one.variables:
            assert {(f"{one.name}.{variable.name}", "values"), (one.name, "records")} & said
    assert compared.equal == (named in ("subj.csv:AGE", "vs1.csv:REMARK"))


def test_every_raw_column_that_is_read_is_a_leaf(folders):
    study = load_study(folders[0], "sdtm", ("trialkit.rules", "sdtm.rules"))
    headers = {"VS1": ["SUBJ", "DAT1", "SYS", "DIA", "REMARK"], "VS2": ["SUBJ", "DAT2", "PUL"]}
    vs = flows(study, headers)["VS"]
    assert {(one.table, one.column) for one in vs.variables["VSDTC"]} == {("VS1", "DAT1"), ("VS2", "DAT2")}
    assert {(one.table, one.column) for one in vs.variables["USUBJID"]} == {("VS1", "SUBJ"), ("VS2", "SUBJ")}
    assert {("VS1", "SYS"), ("VS1", "DIA"), ("VS2", "PUL")} == {tuple(one) for one in vs.variables["VSORRES"]}


def test_the_command(folders):
    done = CliRunner().invoke(cli, ["impact", str(folders[0]), "--changed", "dose.csv:DAY"])
    assert done.exit_code == 0
    assert "dose.csv:DAY touches 2 published datasets" in done.stdout
    assert "DOSES.DAY > DM.RFSTDTC" in done.stdout
    done = CliRunner().invoke(cli, ["impact", str(folders[0]), "--changed", "dose.csv:DAY", "--json"])
    (found,) = json.loads(done.stdout)["impact"]
    assert found["touches"][0] == {
        **{"dataset": "DM", "variable": "RFSTDTC", "how": "values", "published": True, "via": ["DOSES.DAY"]}
    }
    done = CliRunner().invoke(cli, ["impact", str(folders[0])])
    assert done.exit_code == 2
    assert "say what has changed" in done.output
