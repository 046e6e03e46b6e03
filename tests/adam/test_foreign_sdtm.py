"""SDTM from elsewhere with faults: each is a coded problem or a declared result, never a silent null."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trialkit.problems import Refusal

_spec = importlib.util.spec_from_file_location("foreign", Path(__file__).with_name("foreign.py"))
foreign = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(foreign)
ADSL, build, lines, sdtm = foreign.ADSL, foreign.build, foreign.lines, foreign.sdtm
EMPTY = ("CHECK-313", "DTHDT"), ("CHECK-313", "DCSREAS"), ("CHECK-313", "ADTF"), ("CHECK-313", "MISSREAS")


def changed(frames, dataset, column, row, value):
    """Put a value into a cell, or a column where there is no row."""
    frame = frames[dataset]
    if row is None:
        frame[column] = value
    else:
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value
    return frames


def found(result):
    """The problems but those of variables that have no value in good data either."""
    return [one for one in lines(result) if one[:2] not in EMPTY]


def subject(data, dataset, number):
    frame = data[dataset]
    return frame[f"S1-00{number}" == frame.USUBJID].reset_index(drop=True)


def test_good_data_are_built_without_a_word_but_of_what_is_empty(tmp_path):
    result, data = build(tmp_path, sdtm())
    assert not result.exit()
    assert {one[:2] for one in lines(result)} == set(EMPTY)
    assert {name: len(frame) for name, frame in data.items()} == {"ADSL": 2, "ADQS": 8, "ADSLOPE": 8}


@pytest.mark.parametrize(
    ("dataset", "column", "said"),
    [
        ("QS", "QSSTRESN", "SPEC-020 adam/adqs.yaml:14:13 unknown column 'QSSTRESN'. Did you mean 'QSTEST'?"),
        ("DM", "SEX", "SPEC-020 adam/adsl.yaml:16:8 unknown column 'SEX'"),
        ("EX", "EXENDTC", "SPEC-020 adam/adsl.yaml:21:52 unknown column 'EXENDTC' of EX"),
        ("DM", "USUBJID", "unknown column 'USUBJID'"),
    ],
)
def test_a_missing_variable_is_refused_before_any_rule_runs(tmp_path, dataset, column, said):
    frames = sdtm()
    frames[dataset] = frames[dataset].drop(columns=column)
    with pytest.raises(Refusal) as refused:
        build(tmp_path, frames)
    assert said in str(refused.value)
    assert not (tmp_path / "out" / "adam").exists()


def test_a_missing_dataset_is_refused(tmp_path):
    frames = sdtm()
    del frames["DS"]
    with pytest.raises(Refusal, match=r"SPEC-021 adam/adsl.yaml:6:31 unknown table 'DS'"):
        build(tmp_path, frames)


def test_names_in_lower_case_are_other_names(tmp_path):
    frames = sdtm()
    frames["QS"] = frames["QS"].rename(columns=str.lower)
    with pytest.raises(Refusal, match=r"unknown column 'QSSTRESN'. Did you mean 'qsstresn'?"):
        build(tmp_path, frames)


def test_an_unknown_rule_or_key_is_an_error_before_data_are_read(tmp_path):
    wrong = ADSL.replace("{flag: TRTSDT is not None, no: N}", "{flagg: TRTSDT is not None}")
    with pytest.raises(Refusal, match=r"SPEC-010 adam/adsl.yaml.*unknown rule 'flagg'. Did you mean 'flag'"):
        build(tmp_path / "rule", {}, {"adsl": wrong})
    wrong = ADSL.replace("no: N}", "non: N}")
    with pytest.raises(Refusal, match=r"SPEC-004 adam/adsl.yaml.*unknown key 'non'"):
        build(tmp_path / "key", {}, {"adsl": wrong})


def test_numbers_as_texts_are_numbers(tmp_path):
    frames = sdtm()
    frames["QS"]["QSSTRESN"] = frames["QS"]["QSSTRESN"].map("{:g}".format)
    result, data = build(tmp_path, frames)
    assert not result.exit()
    assert data["ADQS"].AVAL.tolist() == sdtm()["QS"].QSSTRESN.tolist()


@pytest.mark.parametrize("text", ["ND", "<5", "4,5", "inf"])
def test_a_text_that_is_no_number_is_an_error(tmp_path, text):
    frames = sdtm()
    frames["QS"]["QSSTRESN"] = frames["QS"]["QSSTRESN"].map("{:g}".format)
    result, data = build(tmp_path, changed(frames, "QS", "QSSTRESN", 1, text))
    assert (result.exit(), data) == (1, {})
    assert ("VAL-001", "AVAL", 1) in found(result)


def test_dates_as_numbers_are_dates(tmp_path):
    frames = sdtm()
    days = (pd.to_datetime(frames["QS"]["QSDTC"]) - pd.Timestamp("1960-01-01")).dt.days
    result, data = build(tmp_path, changed(frames, "QS", "QSDTC", None, days.astype(float)))
    assert not result.exit()
    assert subject(data, "ADQS", 1).ADY.tolist() == [1, 29, 57, 113]


def test_keys_of_another_type_are_not_joined(tmp_path):
    result, data = build(tmp_path, changed(sdtm(), "QS", "USUBJID", None, [1.0] * 4 + [2.0] * 4))
    assert (result.exit(), data) == (2, {})
    assert [one[0] for one in found(result)] == ["JOIN-005"]


@pytest.mark.parametrize("date", ["10/01/2023", "2023-02-30", "2023-1-10", "20230110"])
def test_a_date_that_is_none_is_an_error(tmp_path, date):
    result, data = build(tmp_path, changed(sdtm(), "QS", "QSDTC", 3, date))
    assert (result.exit(), data) == (1, {})
    assert found(result) == [("ADAM-001", "ADT", 1), ("ADAM-001", "ADTF", 1)]


def test_partial_dates_are_imputed_as_declared_and_flagged(tmp_path):
    frames = changed(sdtm(), "QS", "QSDTC", 2, "2023-03")
    result, data = build(tmp_path, changed(frames, "QS", "QSDTC", 7, ""))
    assert not result.exit()
    one, other = subject(data, "ADQS", 1), subject(data, "ADQS", 2)
    assert (one.ADTF.tolist(), one.ADY.tolist()) == (["", "", "D", ""], [1, 29, 51, 113])
    assert np.isnan(other.ADY[3])
    assert (other.AVISIT[3], other.ANL01FL[3], other.ADTF[3]) == ("", "", "")


def test_a_first_dose_whose_day_is_not_known_is_no_date(tmp_path):
    """Without `impute` nothing is imputed; the population flag follows the date, as its spec says."""
    result, data = build(tmp_path, changed(sdtm(), "EX", "EXSTDTC", 1, "2023-01"))
    assert not result.exit()
    assert data["ADSL"].TRTSDT.isna().tolist() == [False, True]
    assert data["ADSL"].SAFFL.tolist() == ["Y", "N"]


def test_duplicate_records_are_errors_in_each_dataset(tmp_path):
    frames = sdtm()
    frames["QS"] = pd.concat([frames["QS"], frames["QS"].iloc[[2]]])
    result, data = build(tmp_path, frames)
    assert (result.exit(), data) == (1, {})
    assert found(result) == [("ADAM-012", "", 2), ("CHECK-130", "", 2)]


def test_a_subject_twice_in_dm_is_an_error_and_multiplies_nothing(tmp_path):
    frames = sdtm()
    frames["DM"] = pd.concat([frames["DM"], frames["DM"].iloc[[0]]])
    result, data = build(tmp_path, frames)
    assert (result.exit(), data) == (1, {})
    assert {one[0] for one in found(result)} == {"JOIN-001", "JOIN-011", "CHECK-130", "CHECK-141"}


@pytest.mark.parametrize(("who", "codes"), [("S1-999", {"CHECK-140"}), ("", {"CHECK-102"})])
def test_a_record_of_nobody_is_an_error(tmp_path, who, codes):
    result, data = build(tmp_path, changed(sdtm(), "QS", "USUBJID", 3, who))
    assert (result.exit(), data) == (1, {})
    assert {one[0] for one in found(result)} == {"JOIN-002", "ADAM-011", *codes}


@pytest.mark.parametrize("how", ["no record", "no value"])
def test_no_baseline_is_a_query_and_a_missing_change(tmp_path, how):
    frames = sdtm()
    if how == "no record":
        frames["QS"] = frames["QS"].drop(index=0)
    else:
        changed(frames, "QS", "QSSTRESN", 0, np.nan)
        frames["QS"]["QSSTRESN"] = frames["QS"]["QSSTRESN"].astype(float)
    result, data = build(tmp_path, frames)
    mine = subject(data, "ADQS", 1)
    assert not result.exit()
    assert found(result) == [("ADAM-011", "BASE", len(mine))]
    assert mine[["BASE", "CHG", "PCHG", "R2BASE"]].isna().all(axis=None)
    assert subject(data, "ADQS", 2).BASE.tolist() == [30] * 4


def test_a_baseline_of_0_has_a_change_but_no_ratio(tmp_path):
    result, data = build(tmp_path, changed(sdtm(), "QS", "QSSTRESN", None, [0.0, 3, 2, 1, 30, 31, 28, 27]))
    mine = subject(data, "ADQS", 1)
    assert not result.exit()
    assert mine.CHG[1:].tolist() == [3, 2, 1]
    assert mine[["PCHG", "R2BASE"]].isna().all(axis=None)


def test_one_visit_only_has_no_slope_and_says_why(tmp_path):
    frames = sdtm()
    frames["QS"] = frames["QS"][frames["QS"].VISIT == "BASELINE"]
    result, data = build(tmp_path, frames)
    mine = subject(data, "ADSLOPE", 1).set_index(["MEASURE", "APERIOD"])
    assert not result.exit()
    assert mine.AVAL.isna().all()
    assert mine.MISSREAS["slope"].tolist() == ["FEWER THAN 2 ASSESSMENTS", "NO ASSESSMENT"]
    assert mine.MISSREAS["slope_difference"].tolist() == ["NO SLOPE IN PERIODS 1 AND 2"]
    assert ("CHECK-313", "AVAL") in [one[:2] for one in found(result)]


def test_equal_values_have_a_slope_of_0_and_no_slowing(tmp_path):
    result, data = build(tmp_path, changed(sdtm(), "QS", "QSSTRESN", None, 20.0))
    mine = subject(data, "ADSLOPE", 2)
    assert not result.exit()
    assert mine.AVAL.tolist()[:3] == [0, 0, 0]
    assert (np.isnan(mine.AVAL[3]), mine.MISSREAS[3]) == (True, "NO WORSENING IN PERIOD 2")


def test_a_subject_without_a_dose_is_not_treated_and_has_no_days(tmp_path):
    frames = sdtm()
    frames["EX"] = frames["EX"].iloc[:1]
    result, data = build(tmp_path, frames)
    assert not result.exit()
    assert data["ADSL"].SAFFL.tolist() == ["Y", "N"]
    other = subject(data, "ADQS", 2)
    assert other[["ADY", "BASE", "CHG"]].isna().all(axis=None)
    assert set(other.AVISIT) == {""}
    assert found(result) == [("ADAM-011", "BASE", 4)]
    assert set(data["ADSLOPE"].USUBJID) == {"S1-001"}
    assert ("not to analyse", 4) in [(one.reason, len(one.rows)) for one in result.store.ledger.exclusions]


def test_nobody_with_a_dose_is_said(tmp_path):
    frames = sdtm()
    frames["EX"] = frames["EX"].iloc[:0]
    result, data = build(tmp_path, frames)
    assert not result.exit()
    assert ("CHECK-313", "TRTSDT") in [one[:2] for one in lines(result)]
    assert data["ADSL"].SAFFL.tolist() == ["N", "N"]


def test_a_death_in_period_1_ends_the_study_and_leaves_no_slope_of_period_2(tmp_path):
    frames = changed(sdtm(), "DM", "DTHDTC", 0, "2023-02-20")
    changed(changed(frames, "DS", "DSDECOD", 0, "DEATH"), "DS", "DSSTDTC", 0, "2023-02-20")
    frames["QS"] = frames["QS"].drop(index=[2, 3])
    result, data = build(tmp_path, frames)
    assert not result.exit()
    died = subject(data, "ADSL", 1).iloc[0]
    assert (died.DTHDT, died.EOSDT, died.EOSSTT, died.DCSREAS) == (23061, 23061, "DISCONTINUED", "DEATH")
    mine = subject(data, "ADSLOPE", 1)
    assert mine.AVAL.notna().tolist() == [True, False, False, False]
    reasons = ["", "NO ASSESSMENT", "NO SLOPE IN PERIOD 2", "NO SLOPE IN PERIOD 2"]
    assert mine.MISSREAS.tolist() == reasons


def test_no_records_give_datasets_without_records(tmp_path):
    frames = sdtm()
    frames["QS"] = frames["QS"].iloc[:0]
    result, data = build(tmp_path, frames)
    assert not result.exit()
    assert {name: len(frame) for name, frame in data.items()} == {"ADSL": 2, "ADQS": 0, "ADSLOPE": 0}
