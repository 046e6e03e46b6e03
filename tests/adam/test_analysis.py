"""Analyses from declared specs to results, figures and page, on a small study of our own."""

import csv
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

from adam.analysis.run import load_plan
from trialkit.attributes import Dataset, Variable, data_type
from trialkit.cli import cli
from trialkit.column import Column
from trialkit.problems import Refusal
from trialkit.publish import hashes
from trialkit.xpt import write_xpt

STUDY = "study: <b>S1</b>\ncreated: 2024-01-31\nsources: {}\n"
DISPLAY = """\
display: T-1
title: Slopes <script>alert(1)</script>
analyses:
  - id: AR-1
    title: Administration against follow-up
    dataset: ADSLOPE
    where: PARAMCD == 'SLOPE'
    method: {paired: {of: AVAL, between: APERIOD, first: 1, second: 2, decimals: 2}}
    purpose: PRIMARY OUTCOME MEASURE
  - id: AR-2
    title: By period
    dataset: ADSLOPE
    by: [PARAMCD, APERIOD]
    method: {describe: {of: AVAL}}
  - id: AR-3
    title: Model
    dataset: ADQS
    method: {mixed_slopes: {of: AVAL, time: ADY, change: 169}}
  - id: AR-4
    title: Responders
    dataset: ADSLOPE
    where: PARAMCD == 'SLOPE' and APERIOD == 1
    method: {responders: {responder: AVAL > -0.6, evaluable: AVAL is not None}}
  - id: AR-5
    title: Correlation
    dataset: ADSLOPE
    method: {correlation: {x: AVAL, x_where: APERIOD == 1, y: AVAL, y_where: APERIOD == 2}}
  - id: AR-6
    title: Frequencies
    dataset: ADQS
    method: {frequency: {of: SEX, denominator: 20}}
  - id: AR-7
    title: Death
    dataset: ADTTE
    method: {time_to_event: {at: [100, 900]}}
figures:
  - id: F-1
    title: Course
    dataset: ADQS
    plot: {spaghetti: {of: AVAL, time: ADY, period: APERIOD, change: 169}}
  - id: F-2
    title: Slopes
    dataset: ADSLOPE
    where: APERIOD == 1
    plot: {waterfall: {of: AVAL, unit: points, lines: [0.2], low: -0.9}}
  - {id: F-3, title: By visit, dataset: ADQS, plot: {profile: {of: AVAL, log: true}}}
  - {id: F-4, title: Doses, dataset: ADEX, plot: {calendar: {day: ASTDY, dose: AVAL, unit: MIU}}}
"""
SUBJECTS = 12


def frames():
    chance = np.random.default_rng(3)
    rows = []
    for number in range(SUBJECTS):
        start, s1, s2 = chance.normal(36, 4), chance.normal(-0.6, 0.3), chance.normal(-1, 0.4)
        for visit in range(13):
            month = visit * 28 / 30.4375
            value = start + s1 * min(month, 168 / 30.4375) + s2 * max(month - 168 / 30.4375, 0)
            rows.append(
                {
                    "USUBJID": f"S-{number:03d}", "SEX": "FM"[number % 2], "PARAM": "Total",
                    "AVISIT": f"W{visit * 4}",
                    "AVISITN": visit * 4.0, "ADY": visit * 28 + 1.0, "APERIOD": 1.0 if visit <= 6 else 2.0,
                    "AVAL": value + chance.normal(0, 0.5),
                }
            )  # fmt: skip
    qs = pd.DataFrame(rows)
    slopes = [
        {
            "USUBJID": who,
            "PARAMCD": "SLOPE",
            "APERIOD": period,
            "AVAL": np.polyfit(part.ADY / 30.4375, part.AVAL, 1)[0],
        }
        for (who, period), part in qs.groupby(["USUBJID", "APERIOD"])
        if (who, period) != ("S-003", 2.0)
    ]
    tte = {
        "USUBJID": [f"S-{n}" for n in range(6)],
        "AVAL": [10.0, 50, 50, 120, 200, 300],
        "CNSR": [0.0, 0, 1, 0, 1, 1],
    }
    ex = {"USUBJID": ["S-1"] * 3 + ["S-2"], "ASTDY": [1.0, 3, 5, 1], "AVAL": [1.0, 0.5, 0, 1]}
    return {"ADQS": qs, "ADSLOPE": pd.DataFrame(slopes), "ADTTE": pd.DataFrame(tte), "ADEX": pd.DataFrame(ex)}


def write(folder):
    folder.mkdir(parents=True)
    for name, frame in frames().items():
        columns = {
            one: Column.numbers(frame[one]) if frame[one].dtype.kind == "f" else Column.text(frame[one])
            for one in frame
        }
        variables = tuple(
            Variable(one, one, kind, data_type(kind, column), None if kind == "Char" else 8)
            for one, column in columns.items()
            for kind in ["Char" if column.kind == "text" else "Num"]
        )
        write_xpt(
            folder / f"{name.lower()}.xpt",
            Dataset(name, name, variables),
            columns,
            created=datetime(2024, 1, 31, tzinfo=UTC),
        )


def study(folder, display=DISPLAY):
    (folder / "specs" / "analysis").mkdir(parents=True)
    (folder / "specs" / "study.yaml").write_text(STUDY, "utf-8")
    (folder / "specs" / "analysis" / "t1.yaml").write_text(display, "utf-8")
    write(folder / "adam")
    return folder


def call(folder, out="out"):
    arguments = [str(folder / "specs"), "--adam", str(folder / "adam"), "--out", str(folder / out)]
    return CliRunner().invoke(cli, ["analyze", *arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = study(tmp_path_factory.mktemp("analysis"))
    found = call(folder)
    assert found.exit_code == 0, found.output
    assert "7 analyses, 4 figures" in found.output
    return folder


@pytest.fixture(scope="module")
def ard(made):
    return list(csv.DictReader((made / "out/analysis/ard.csv").read_text("utf-8-sig").splitlines()))


def value(ard, analysis, statistic, **levels):
    found = [
        row
        for row in ard
        if row["analysis"] == analysis and row["statistic"] == statistic
        and all(row[key] == wanted for key, wanted in levels.items())
    ]  # fmt: skip
    [row] = found
    return float(row["value"]) if row["value"] else row["text"]


def test_paired_results_are_those_of_scipy(ard):
    slopes = frames()["ADSLOPE"].pivot_table(index="USUBJID", columns="APERIOD", values="AVAL").dropna()
    expected = stats.ttest_rel(slopes[1.0], slopes[2.0])
    assert value(ard, "AR-1", "NPAIR") == len(slopes) == SUBJECTS - 1
    assert value(ard, "AR-1", "NFIRST") == 1
    assert value(ard, "AR-1", "DIFF") == pytest.approx((slopes[1.0] - slopes[2.0]).mean(), rel=1e-9)
    assert value(ard, "AR-1", "T") == pytest.approx(expected.statistic, rel=1e-9)
    assert value(ard, "AR-1", "PT") == pytest.approx(expected.pvalue, rel=1e-8)
    low, high = expected.confidence_interval()
    assert (value(ard, "AR-1", "DIFFLOW"), value(ard, "AR-1", "DIFFHIGH")) == pytest.approx(
        (low, high), rel=1e-8
    )
    assert value(ard, "AR-1", "PW") == pytest.approx(
        stats.wilcoxon(slopes[1.0] - slopes[2.0], method="exact").pvalue, rel=1e-8
    )
    assert value(ard, "AR-1", "CONVENTION") == "exact"


def test_groups_are_described(ard):
    slopes = frames()["ADSLOPE"]
    for period in (1.0, 2.0):
        values = slopes.query("APERIOD == @period").AVAL
        levels = {"group1_level": "SLOPE", "group2": "APERIOD", "group2_level": f"{period:g}"}
        for name, right in (
            ("N", len(values)),
            ("MEAN", values.mean()),
            ("SD", values.std()),
            ("Q1", values.quantile(0.25)),
        ):
            assert value(ard, "AR-2", name, **levels) == pytest.approx(right, rel=1e-9)


def test_the_model_names_its_rung_and_recovers_the_slopes(ard):
    assert value(ard, "AR-3", "RUNG") == "both slopes, unstructured"
    assert value(ard, "AR-3", "NOBS") == SUBJECTS * 13
    slopes = frames()["ADSLOPE"].groupby("APERIOD").AVAL.mean()
    assert value(ard, "AR-3", "B1") == pytest.approx(slopes[1.0], abs=0.1)
    difference = value(ard, "AR-3", "B1") - value(ard, "AR-3", "B2")
    assert value(ard, "AR-3", "DIFF") == pytest.approx(difference, rel=1e-8)
    slowing = 100 * (1 - value(ard, "AR-3", "B1") / value(ard, "AR-3", "B2"))
    assert value(ard, "AR-3", "SLOWING") == pytest.approx(slowing, rel=1e-8)


def test_shares_correlations_and_counts(ard):
    slopes = frames()["ADSLOPE"]
    first = slopes[slopes.APERIOD == 1].set_index("USUBJID").AVAL
    assert value(ard, "AR-4", "COUNT") == (first > -0.6).sum()
    exact = stats.binomtest(int((first > -0.6).sum()), len(first)).proportion_ci(method="exact")
    assert value(ard, "AR-4", "LOW") == pytest.approx(100 * exact.low, rel=1e-8)
    wide = slopes.pivot_table(index="USUBJID", columns="APERIOD", values="AVAL").dropna()
    assert value(ard, "AR-5", "RHO") == pytest.approx(
        stats.spearmanr(wide[1.0], wide[2.0]).statistic, rel=1e-9
    )
    assert value(ard, "AR-6", "N1") == 6
    assert value(ard, "AR-6", "PCT1") == 30


def test_survival_by_hand(ard):
    assert value(ard, "AR-7", "NEVENT") == 3
    # 6 at risk at 10, 5 at 50, 3 at 120
    assert value(ard, "AR-7", "SURV100") == pytest.approx(100 * 5 / 6 * 4 / 5, rel=1e-9)
    assert value(ard, "AR-7", "MEDIAN") == 120
    missing = [row for row in ard if row["statistic"] == "SURV900"]
    assert [row["reason"] for row in missing] == ["nobody was followed so long"]


def test_no_statistic_is_missing_without_a_reason(ard):
    assert [row for row in ard if not row["value"] and not row["reason"] and row["text"] in ("", "NE")] == []


def test_json_says_the_same(made, ard):
    plain = json.loads((made / "out/analysis/ard.json").read_text("utf-8"))
    numbers = [
        (one["analysis"], made["name"], made["text"])
        for one in plain
        for group in one["results"]
        for made in group["statistics"]
    ]
    assert numbers == [(row["analysis"], row["statistic"], row["text"]) for row in ard]
    assert plain[0]["purpose"] == "PRIMARY OUTCOME MEASURE"


def test_the_page_is_whole_and_inert(made):
    page = (made / "out/analysis/analysis.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "&lt;b&gt;S1" in page
    assert page.count("data:image/svg+xml;base64,") == 4
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert all(f'id="{one}"' in page for one in ("AR-1", "AR-7", "F-4", "T-1"))


@pytest.mark.parametrize(("seed", "zone"), [("0", "UTC"), ("77", "Asia/Shanghai")])
def test_same_bytes_again(made, seed, zone):
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
    out = made / f"again{seed}"
    command = [sys.executable, "-c", "from trialkit.cli import main; main()"]
    arguments = ["analyze", str(made / "specs"), "--adam", str(made / "adam"), "--out", str(out)]
    subprocess.run([*command, *arguments], check=True, env=environment, capture_output=True)
    assert hashes(out / "analysis") == hashes(made / "out/analysis")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("dataset: ADSLOPE\n", "dataset: ADSLOP\n"), "ANL-001 unknown dataset 'ADSLOP'"),
        (("of: AVAL, between", "of: AVALL, between"), "ANL-002 unknown variable 'AVALL' of ADSLOPE"),
        (("where: PARAMCD == 'SLOPE'\n", "where: PARMCD == 'SLOPE'\n"), "ANL-002 unknown variable 'PARMCD'"),
        (("where: PARAMCD == 'SLOPE'\n", "where: PARAMCD == 'SLOP'\n"), "ANL-007 no parameter 'SLOP' of AD"),
        (("change: 169}}\n  - id: AR-4", "change: W24DY}}\n  - id: AR-4"), "unknown variable 'W24DY'"),
        (("by: [PARAMCD, APERIOD]", "by: [PARAMCD, APER]"), "ANL-002 unknown variable 'APER'"),
        (("{describe:", "{describ:"), "ANL-003 unknown method 'describ'"),
        (("{waterfall:", "{waterfal:"), "ANL-003 unknown plot 'waterfal'"),
        (("id: AR-2", "id: AR-1"), "ANL-005 'AR-1' stands twice"),
        (("decimals: 2}}", "decimales: 2}}"), "SPEC-004 unknown key 'decimales'"),
        (("purpose: PRIMARY OUTCOME MEASURE", "purpose: MAIN"), "SPEC-006"),
        (("change: 169}}\n  - id: AR-4", "change: 169, ladder: [all]}}\n  - id: AR-4"), "SPEC-006"),
        (("where: PARAMCD == 'SLOPE'\n    method: {paired", "method: {paired"), None),
    ],
)  # fmt: skip
def test_bad_specs_are_refused_before_anything_is_written(tmp_path, change, code):
    assert change[0] in DISPLAY
    found = call(study(tmp_path, DISPLAY.replace(*change, 1)))
    if code is None:
        assert found.exit_code == 0
        return
    assert isinstance(found.exception, Exception)
    text = re.sub(r" analysis/t1.yaml:\d+:\d+", "", str(found.exception))
    assert code in text
    assert not (tmp_path / "out").exists()


def test_a_folder_without_datasets_says_how_to_make_them(tmp_path):
    (tmp_path / "study.yaml").write_text("study: S\ncreated: 2024-01-31T00:00:00\nsources: {}\n", "utf-8")
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis" / "t1.yaml").write_text("display: T-1\ntitle: T\n", "utf-8")
    with pytest.raises(Refusal, match="ANL-006 no datasets in 'adam'"):
        load_plan(tmp_path, tmp_path / "adam")


def test_a_subject_with_two_values_of_a_side_is_refused(tmp_path):
    folder = study(
        tmp_path, DISPLAY.replace("dataset: ADSLOPE\n    where: PARAMCD == 'SLOPE'", "dataset: ADQS", 1)
    )
    assert "ANL-010" in str(call(folder).exception)


def test_no_record_is_a_result_with_its_reason(tmp_path):
    folder = study(
        tmp_path,
        DISPLAY.replace(
            "where: PARAMCD == 'SLOPE'\n    method: {paired", "where: APERIOD == 9\n    method: {paired"
        ),
    )
    assert call(folder).exit_code == 0
    rows = list(csv.DictReader((folder / "out/analysis/ard.csv").read_text("utf-8-sig").splitlines()))
    mine = {row["statistic"]: row["reason"] for row in rows if row["analysis"] == "AR-1"}
    assert mine["DIFF"]
    assert mine["PW"]


def test_a_study_without_analyses(tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY, "utf-8")
    with pytest.raises(Refusal, match=r"error ANL-004 analysis analysis/ has no \.yaml file"):
        load_plan(tmp_path, tmp_path)
