"""Every endpoint of the registry record of NCT04952155 has a result or a stated reason, on dirty data."""

import csv
import math
from pathlib import Path

import numpy as np
import pyreadstat
import pytest
from click.testing import CliRunner
from scipy import stats

from trialkit.cli import cli

STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"
MAIN = {
    "paired": ("DIFF", "RATIO"), "mixed_slopes": ("DIFF",), "describe": ("MEAN",), "responders": ("PCT",),
    "frequency": ("N",), "time_to_event": ("MEDIAN",),
}  # fmt: skip


def call(*arguments):
    made = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert made.exit_code == 0, made.output
    assert made.exception is None


@pytest.fixture(scope="module", params=["monthly", "minimal"])
def made(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param)
    call("simulate", STUDY, "--seed", 4, "--schedule", request.param, "--out", out / "raw")
    call("sdtm", STUDY, "--raw", out / "raw", "--out", out, "--no-json")
    call("adam", STUDY, "--sdtm", out / "sdtm", "--out", out, "--no-json")
    call("analyze", STUDY, "--adam", out / "adam", "--out", out)
    rows = list(csv.DictReader((out / "analysis" / "ard.csv").read_text("utf-8-sig").splitlines()))
    return request.param, out, rows


def test_every_endpoint_has_a_result_or_a_reason(made):
    _, _, rows = made
    endpoints = {one["display"] for one in rows}
    assert endpoints == {"T-1", "T-2", "T-3", "T-4", "T-5"}
    for one in rows:
        assert one["value"] or one["reason"] or one["text"] not in ("", "NE"), one
    found = {(one["analysis"], one["group1_level"], one["group2_level"]): one["method"] for one in rows}
    for key, method in found.items():
        mine = [row for row in rows if (row["analysis"], row["group1_level"], row["group2_level"]) == key]
        main = [row for row in mine if row["statistic"] in MAIN[method]]
        reasons = [row for row in mine if row["reason"]]
        assert any(row["value"] for row in main) or reasons, key


def test_the_model_names_its_rung_or_why_there_is_none(made):
    schedule, _, rows = made
    rungs = [one for one in rows if one["statistic"] == "RUNG"]
    assert len(rungs) == 5
    for one in rungs:
        assert one["text"] != "NE" or one["reason"]
    if schedule == "minimal":  # three visits cannot carry seven covariance parameters
        assert all("unstructured" not in one["text"] or one["text"].startswith("one") for one in rungs)
        assert all(one["reason"] for one in rungs)


def test_the_primary_analysis_is_that_of_an_independent_program(made):
    _, out, rows = made
    data, _ = pyreadstat.read_xport(out / "adam" / "adslope.xpt")
    mine = data[(data.PARAMCD == "ALSF1RT") & (data.FASFL == "Y")]
    wide = mine.pivot_table(index="USUBJID", columns="APERIOD", values="AVAL").dropna()
    difference = (wide[1.0] - wide[2.0]).to_numpy()
    found = {one["statistic"]: one for one in rows if one["analysis"] == "AR-1.1"}
    assert float(found["NPAIR"]["value"]) == len(wide)
    assert float(found["DIFF"]["value"]) == pytest.approx(difference.mean(), rel=1e-8)
    low, high = stats.ttest_1samp(difference, 0).confidence_interval()
    assert float(found["DIFFLOW"]["value"]) == pytest.approx(low, rel=1e-8)
    assert float(found["DIFFHIGH"]["value"]) == pytest.approx(high, rel=1e-8)
    if not (np.unique(np.abs(difference)).size < len(difference) or (difference == 0).any()):
        assert float(found["PW"]["value"]) == pytest.approx(stats.wilcoxon(difference, method="exact").pvalue)


def test_ratios_are_those_of_an_independent_program(made):
    _, out, rows = made
    data, _ = pyreadstat.read_xport(out / "adam" / "adcp.xpt")
    mine = data[(data.PARAMCD == "TREGPCT") & (data.IMMFL == "Y") & (data.ANL01FL == "Y")]
    wide = mine.pivot_table(index="USUBJID", columns="AVISIT", values="AVAL").dropna()
    ratio = math.exp((np.log(wide["Week 24"]) - np.log(wide["Baseline"])).mean())
    [param] = set(mine.PARAM)
    found = {
        one["statistic"]: one for one in rows if one["analysis"] == "AR-3.1" and one["group1_level"] == param
    }
    assert float(found["RATIO"]["value"]) == pytest.approx(ratio, rel=1e-8)
