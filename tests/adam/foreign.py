"""A small study whose SDTM comes from elsewhere, with specs for its analysis datasets."""

from __future__ import annotations

import pandas as pd
import pyreadstat

from adam.standard import standard
from trialkit.result import Options
from trialkit.run import run

STUDY = "study: S1\ncreated: 2024-01-31\nsources: {}\n"
ADSL = """\
dataset: ADSL
records:
  - read: DM
  - let:
      AFTER: {exists: {table: QS, where: QSDY > 1}}
      ENDDTC: {last: DSSTDTC, table: DS, where: DSCAT == 'DISPOSITION EVENT'}
      ENDED: {last: DSDECOD, table: DS, where: DSCAT == 'DISPOSITION EVENT'}
keys: [USUBJID]
variables:
  STUDYID: STUDYID
  USUBJID: USUBJID
  SUBJID: SUBJID
  SITEID: SITEID
  AGE: AGE
  AGEU: AGEU
  SEX: SEX
  RACE: RACE
  ARM: ARM
  TRT01P: ARM
  TRTSDT: {analysis_date: {earliest: {table: EX, of: EXSTDTC}}}
  TRTEDT: {analysis_date: {latest: {table: EX, of: EXENDTC}}}
  SAFFL: {flag: TRTSDT is not None, no: N}
  DTHDT: {analysis_date: DTHDTC}
  EOSDT: {analysis_date: ENDDTC}
  EOSSTT:
    case: [{when: ENDED == 'COMPLETED', then: COMPLETED}, {when: ENDED != '', then: DISCONTINUED}]
    else: ONGOING
  DCSREAS: {case: [{when: EOSSTT == 'DISCONTINUED', then: {copy: ENDED}}]}
"""
ADQS = """\
dataset: ADQS
class: Basic Data Structure
label: Questionnaire Analysis Dataset
structure: One record per subject, parameter and form
records:
  - read: QS
  - join: ADSL
    on: USUBJID
    take: [TRT01P, TRTSDT, SAFFL]
  - let:
      ADT: {analysis_date: QSDTC, impute: first}
      ADTF: {imputation_flag: QSDTC, impute: first}
      ADY: {analysis_day: ADT, reference: TRTSDT}
      AVAL: QSSTRESN
      PARAMCD: QSTESTCD
  - windows:
      - {visit: Baseline, number: 0, target: 1, to: 1}
      - {visit: Week 4, number: 4, target: 29, from: 2, to: 42}
      - {visit: Week 8, number: 8, target: 57, from: 43, to: 84}
      - {visit: Week 16, number: 16, target: 113, from: 85}
    flag: ANL01FL
    by: [USUBJID, PARAMCD]
    ties: later
    value: AVAL
keys: [USUBJID, PARAMCD, QSSEQ]
variables:
  STUDYID: STUDYID
  USUBJID: USUBJID
  TRTP: TRT01P
  TRTSDT: TRTSDT
  SAFFL: SAFFL
  ASEQ: {sequence: [PARAMCD, ADT, QSSEQ]}
  QSSEQ: QSSEQ
  PARAMCD: PARAMCD
  PARAM: QSTEST
  ADT: ADT
  ADTF: ADTF
  ADY: ADY
  AVISIT: AVISIT
  AVISITN: AVISITN
  AVAL: AVAL
  ABLFL: {case: [{when: AVISITN == 0 and ANL01FL == 'Y', then: Y}]}
  BASE: {baseline_value: AVAL, by: [USUBJID, PARAMCD], unmatched: query}
  CHG: {change: AVAL, from: BASE, where: ABLFL != 'Y'}
  PCHG: {percent_change: AVAL, from: BASE, where: ABLFL != 'Y'}
  R2BASE: {ratio: AVAL, to: BASE}
  ANL01FL: ANL01FL
  AWTARGET: AWTARGET
  AWTDIFF: AWTDIFF
  AWLO: AWLO
  AWHI: AWHI
  AWU: AWU
"""
ADSLOPE = """\
dataset: ADSLOPE
class: Basic Data Structure
label: Slopes Analysis Dataset
structure: One record per subject, measure and period
records:
  - read: ADQS
  - keep: ANL01FL == 'Y'
    reason: not to analyse
  - slopes: AVAL
    over: ADY
    by: [USUBJID, PARAMCD]
    periods: {"1": ADY <= 57, "2": ADY > 57}
    shared: AVISITN == 8
    at_least: 2
    give: [slope, slope_difference, slope_slowing]
    beside: {NVAL: n}
  - let: {PARAMCD: {concat: ["'F'", MEASURE], separator: ""}}
keys: [USUBJID, MEASURE, APERIOD]
variables:
  STUDYID: {constant: S1}
  USUBJID: USUBJID
  MEASURE: {copy: MEASURE, label: Measure, type: Char}
  TRTP: {lookup: TRT01P, table: ADSL}
  PARAMCD: {recode: MEASURE, map: {slope: FSL, slope_difference: FSLD, slope_slowing: FSLP}}
  PARAM: {recode: MEASURE, map: {slope: Slope, slope_difference: Difference, slope_slowing: Slowing}}
  APERIOD: APERIOD
  AVAL: AVAL
  MISSREAS: {copy: REASON, label: Reason Analysis Value Is Missing, type: Char}
  NVAL: {copy: NVAL, label: Number of Values Used, type: Num}
"""
DAYS = {"BASELINE": "2023-01-10", "WEEK 4": "2023-02-07", "WEEK 8": "2023-03-07", "WEEK 16": "2023-05-02"}
SCORES = {"1": (40, 39, 37, 33), "2": (30, 31, 28, 27)}


def sdtm():
    """Good SDTM of two subjects, by dataset."""
    who = {"1": "S1-001", "2": "S1-002"}
    dm = pd.DataFrame(
        {
            "STUDYID": "S1", "DOMAIN": "DM", "USUBJID": list(who.values()), "SUBJID": ["001", "002"],
            "SITEID": "01", "AGE": [60.0, 55.0], "AGEU": "YEARS", "SEX": ["F", "M"], "RACE": "ASIAN",
            "ARM": "DRUG", "DTHDTC": "",
        }
    )  # fmt: skip
    ex = pd.DataFrame(
        [
            {"STUDYID": "S1", "DOMAIN": "EX", "USUBJID": one, "EXSEQ": 1.0, "EXTRT": "DRUG", "EXDOSE": 5.0,
             "EXSTDTC": "2023-01-10", "EXENDTC": "2023-04-10"}
            for one in who.values()
        ]
    )  # fmt: skip
    qs = pd.DataFrame(
        [
            {"STUDYID": "S1", "DOMAIN": "QS", "USUBJID": who[key], "QSSEQ": float(number), "QSTESTCD": "FRS",
             "QSTEST": "Function Score", "QSSTRESN": float(value), "VISIT": visit, "QSDTC": day,
             "QSDY": float((pd.Timestamp(day) - pd.Timestamp("2023-01-10")).days + 1)}
            for key, scores in SCORES.items()
            for number, (value, (visit, day)) in enumerate(zip(scores, DAYS.items(), strict=True), 1)
        ]
    )  # fmt: skip
    ds = pd.DataFrame(
        [
            {"STUDYID": "S1", "DOMAIN": "DS", "USUBJID": one, "DSSEQ": 1.0, "DSDECOD": "COMPLETED",
             "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2023-05-02"}
            for one in who.values()
        ]
    )  # fmt: skip
    return {"DM": dm, "EX": ex, "QS": qs, "DS": ds}


def build(folder, frames, specs=None):
    """Write SDTM as another program would, build the analysis datasets; give the result and the data."""
    (folder / "specs" / "adam").mkdir(parents=True)
    (folder / "specs" / "study.yaml").write_text(STUDY, "utf-8")
    for name, text in {"adsl": ADSL, "adqs": ADQS, "adslope": ADSLOPE, **(specs or {})}.items():
        (folder / "specs" / "adam" / f"{name}.yaml").write_text(text, "utf-8")
    (folder / "sdtm").mkdir()
    for name, frame in frames.items():
        pyreadstat.write_xport(frame, folder / "sdtm" / f"{name.lower()}.xpt", table_name=name)
    result = run(Options(folder / "specs", folder / "sdtm", folder / "out", dataset_json=False), standard())
    made = {
        file.stem.upper(): pyreadstat.read_xport(file, disable_datetime_conversion=True)[0]
        for file in sorted((folder / "out" / "adam").glob("*.xpt"))
    }
    return result, made


def lines(result):
    """Give the problems as code, variable or column, and count."""
    return sorted((one.kind.code, one.where.variable, one.count) for one in result.problems.items)
