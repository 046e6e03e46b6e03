"""`why` on records that ADaM rules add: it names every value that went into them, and no other."""

import pandas as pd
import pytest

from trialkit.own import standard_of
from trialkit.result import Options
from trialkit.run import run
from trialkit.why import open_explainer, records_where

STUDY = """\
study: SMALL
created: 2025-01-01T00:00:00
analysis: {name: ADaMIG, version: "1.3", terminology: 2025-03-28}
sources: {}
"""
SUBJ = """\
dataset: SUBJ
records: [{read: DM}]
keys: [USUBJID]
working: true
variables: {USUBJID: USUBJID, TRTSDT: {analysis_date: RFXSTDTC, type: Num}}
"""
ADLB = """\
dataset: ADLB
class: Basic Data Structure
label: Laboratory
structure: One record per subject, parameter, analysis visit and type of derivation
records:
  - read: LB
  - join: SUBJ
    on: USUBJID
    take: [TRTSDT]
  - let:
      PARAMCD: LBTESTCD
      ADT: {analysis_date: LBDTC}
      ADY: {analysis_day: ADT, reference: TRTSDT}
  - below_limit: LBSTRESC
  - windows: WINDOWS
  - summarise: AVERAGE
    by: [USUBJID, PARAMCD, AVISIT]
    at_least: 2
  - parameter: A / B
    by: [USUBJID, ADT]
    where: DTYPE != 'AVERAGE'
    set: {PARAMCD: AB}
  - carry_forward: LOCF
    windows: WINDOWS
    by: [USUBJID, PARAMCD]
    where: PARAMCD == 'B'
keys: [USUBJID, PARAMCD, AVISIT, ADT, DTYPE]
variables:
  STUDYID: STUDYID
  USUBJID: USUBJID
  PARAM: {case: [{when: PARAMCD == 'A', then: Test A}, {when: PARAMCD == 'B', then: Test B}], else: Ratio}
  PARAMCD: PARAMCD
  ADT: ADT
  ADY: ADY
  AVISIT: AVISIT
  AVAL: AVAL
  DTYPE: DTYPE
  SRCDOM: {source: dataset}
  SRCSEQ: {source: sequence}
"""
WINDOWS = "AVISIT,AVISITN,AWTARGET,AWLO,AWHI\nBase,0,1,,1\nWeek 1,1,8,2,\n"
LB = {
    "LBSEQ": [1.0, 2.0, 3.0, 4.0],
    "LBTESTCD": ["A", "A", "B", "A"],
    "LBSTRESC": ["4", "6", "<2", "9"],
    "LBDTC": ["2024-01-01", "2023-12-30", "2024-01-01", "2024-01-08"],
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    specs, data, out = folder / "specs", folder / "sdtm", folder / "out"
    for part in (specs / "adam", specs / "tables", data):
        part.mkdir(parents=True)
    (specs / "study.yaml").write_text(STUDY, encoding="utf-8")
    (specs / "adam" / "subj.yaml").write_text(SUBJ, encoding="utf-8")
    (specs / "adam" / "adlb.yaml").write_text(ADLB, encoding="utf-8")
    (specs / "tables" / "WINDOWS.csv").write_text(WINDOWS, encoding="utf-8")
    shared = {"STUDYID": "SMALL", "USUBJID": "1"}
    pd.DataFrame({**shared, "RFXSTDTC": ["2024-01-01"]}).to_parquet(data / "dm.parquet")
    pd.DataFrame({**LB, **shared}).to_parquet(data / "lb.parquet")
    result = run(Options(specs, data, out), standard_of("adam", "1.3"))
    assert [problem.line() for problem in result.problems.errors()] == []
    explainer = open_explainer(out, specs, data, data)

    def asked(where, variable):
        (record,) = records_where(explainer.builds[0], "ADLB", where)
        return explainer.why("ADLB", record, variable)

    return asked


def results(answer):
    return sorted(one.line for one in answer.cells() if one.column == "LBSTRESC")


def test_average(ask):
    answer = ask("DTYPE == 'AVERAGE' and PARAMCD == 'A'", "AVAL")
    assert (answer.value, results(answer)) == ("5", [1, 2])
    assert ask("DTYPE == 'AVERAGE' and PARAMCD == 'A'", "SRCSEQ").value == ""


def test_below_limit(ask):
    answer = ask("PARAMCD == 'B' and DTYPE == 'HALFLLOQ'", "AVAL")
    assert (answer.value, results(answer)) == ("1", [3])
    assert "below the limit" in answer.origins[0].rule


def test_parameter(ask):
    answer = ask("PARAMCD == 'AB'", "AVAL")
    assert (answer.value, results(answer)) == ("4", [1, 3])
    assert "A / B" in answer.origins[0].rule
    assert ask("PARAMCD == 'AB'", "SRCDOM").value == ""
    assert ask("PARAMCD == 'A' and AVISIT == 'Week 1'", "SRCSEQ").value == "4"


def test_window(ask):
    answer = ask("PARAMCD == 'A' and AVISIT == 'Week 1'", "AVISIT")
    assert [one.line for one in answer.cells() if one.column == "LBDTC"] == [4]
    assert "analysis window" in answer.origins[0].rule


def test_carried_forward(ask):
    answer = ask("PARAMCD == 'B' and DTYPE == 'LOCF'", "AVAL")
    assert (answer.value, results(answer)) == ("1", [3])
    visit = ask("PARAMCD == 'B' and DTYPE == 'LOCF'", "AVISIT")
    assert "carried forward" in visit.origins[0].rule
    assert ask("PARAMCD == 'B' and DTYPE == 'LOCF'", "SRCSEQ").value == "3"
