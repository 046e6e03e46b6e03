"""ADaM of CDISCPILOT01 from its SDTM against the published one, and `why` against the Parquet files."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from trialkit.own import standard_of
from trialkit.result import Options
from trialkit.run import run
from trialkit.why import open_explainer, records_where

ROOT = Path(__file__).resolve().parents[2]
ZERO = pd.Timestamp("1960-01-01")


def load_bench(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "bench" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


bench = load_bench("pilot_adam")


@pytest.fixture(scope="module")
def data(reference):
    folder = reference / "adam_pilot"
    if not (folder / "sdtm").is_dir():
        pytest.skip("no SDTM and ADaM of CDISCPILOT01 in the reference folder")
    return folder


@pytest.fixture(scope="module")
def built(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("pilot")
    result = run(Options(bench.SPECS, data / "sdtm", out), standard_of("adam", "1.3"))
    assert [problem.line() for problem in result.problems.items] == []
    return out


@pytest.fixture(scope="module")
def scores(built, data):
    read = {name: bench.made(built / "adam", name) for name in bench.KEYS}
    return {name: bench.score(read[name], bench.published(data / "adam", name), name) for name in bench.KEYS}


@pytest.mark.parametrize("name", list(bench.KEYS))
def test_score(scores, name):
    one = scores[name]
    equal, cells, apart = bench.NEEDED[name]
    assert one.absent == []
    assert (one.equal, one.cells, one.ours_only, one.theirs_only) == (equal, cells, apart, apart)


def test_only_known_errata_differ(scores):
    found = {
        (name, column): subjects
        for name, one in scores.items()
        for column, subjects in one.different.items()
        if subjects
    }
    assert set(found) == set(bench.WHY)
    assert found["ADSL", "BMIBLGR1"] == ["01-702-1082"]
    assert {len(subjects) for (name, _), subjects in found.items() if name == "ADADAS"} == {19}


@pytest.fixture(scope="module")
def ask(built, data):
    explainer = open_explainer(built, bench.SPECS, data / "sdtm", data / "sdtm")

    def asked(dataset, where, variable):
        (record,) = records_where(explainer.builds[0], dataset, where)
        return explainer.why(dataset, record, variable)

    return asked


@pytest.fixture(scope="module")
def sdtm(data):
    return {path.stem: pd.read_parquet(path) for path in (data / "sdtm").glob("*.parquet")}


def cells(answer, sdtm):
    """The cells that an answer names, by file and column, as pandas reads them."""
    found = {}
    for one in answer.cells():
        if one.column:
            value = sdtm[Path(one.file).stem][one.column].iloc[one.line - 1]
            found.setdefault(f"{Path(one.file).stem}.{one.column}", []).append(value)
    return found


SUBJECT = "USUBJID == '01-701-1023'"
ALT = "USUBJID == '01-701-1015' and PARAMCD == 'ALT'"
TOTAL = f"{SUBJECT} and PARAMCD == 'ACTOT'"


def days(text):
    return (pd.Timestamp(text) - ZERO).days


def test_why_first_date(ask, sdtm):
    answer = ask("ADSL", SUBJECT, "TRTSDT")
    found = cells(answer, sdtm)
    assert [float(answer.value)] == [days(text) for text in found["sv.SVSTDTC"]]
    own = sdtm["sv"].query("USUBJID == '01-701-1023' and VISITNUM == 3")
    assert found["sv.SVSTDTC"] == own["SVSTDTC"].tolist()


def test_why_end_date_from_disposition(ask, sdtm):
    ex = sdtm["ex"].sort_values("EXSEQ").groupby("USUBJID").tail(1)
    subject = ex[ex["EXENDTC"].isna()]["USUBJID"].iloc[0]
    answer = ask("ADSL", f"USUBJID == '{subject}'", "TRTEDT")
    found = cells(answer, sdtm)
    assert days(found["ds.DSSTDTC"][0]) == float(answer.value)


def test_why_sum(ask, sdtm):
    subject = "01-701-1028"
    answer = ask("ADSL", f"USUBJID == '{subject}'", "CUMDOSE")
    rows = sdtm["ex"].query(f"USUBJID == '{subject}'")
    assert sorted(cells(answer, sdtm)["ex.EXDOSE"]) == sorted(rows["EXDOSE"])
    lengths = (pd.to_datetime(rows["EXENDTC"]) - pd.to_datetime(rows["EXSTDTC"])).dt.days + 1
    assert (rows["EXDOSE"] * lengths).sum() == float(answer.value)


def test_why_score(ask, sdtm):
    answer = ask("ADSL", SUBJECT, "MMSETOT")
    assert sum(map(float, cells(answer, sdtm)["qs.QSORRES"])) == float(answer.value)


def test_why_exists(ask, sdtm):
    answer = ask("ADSL", SUBJECT, "EFFFL")
    found = cells(answer, sdtm)
    assert answer.value == "Y"
    assert min(found["qs.VISITNUM"]) > 3


def test_why_value(ask, sdtm):
    answer = ask("ADADAS", f"{TOTAL} and AVISIT == 'Week 8'", "AVAL")
    assert cells(answer, sdtm)["qs.QSSTRESN"] == [float(answer.value)]


def test_why_carried_forward(ask, sdtm):
    answer = ask("ADADAS", f"{TOTAL} and DTYPE == 'LOCF'", "AVAL")
    source = ask("ADADAS", f"{TOTAL} and AVISIT == 'Week 8'", "AVAL")
    assert [one.spot for one in answer.cells()] == [one.spot for one in source.cells()]
    assert cells(answer, sdtm)["qs.QSSTRESN"] == [float(answer.value)]


def test_why_change(ask, sdtm):
    answer = ask("ADADAS", f"{TOTAL} and AVISIT == 'Week 8'", "CHG")
    value, base = cells(answer, sdtm)["qs.QSSTRESN"]
    assert value - base == float(answer.value)


def test_why_baseline(ask, sdtm):
    answer = ask("ADLBC", f"{ALT} and AVISIT == 'End of Treatment'", "BASE")
    found = cells(answer, sdtm)
    assert found["lb.LBSTRESN"] == [float(answer.value)]
    assert "Y" in found["lb.LBBLFL"]


def test_why_ratio(ask, sdtm):
    answer = ask("ADLBC", f"{ALT} and AVISIT == 'Week 2'", "R2A1HI")
    found = cells(answer, sdtm)
    assert found["lb.LBSTRESN"][0] / found["lb.LBSTNRHI"][0] == pytest.approx(float(answer.value))


def test_why_flag(ask, sdtm):
    answer = ask("ADLBC", f"{ALT} and AVISIT == 'Week 2'", "ANL01FL")
    found = cells(answer, sdtm)
    assert answer.value == "Y"
    assert set(found["lb.LBTESTCD"]) == {"ALT"}
    assert "WEEK 2" in found["lb.VISIT"]


def test_why_day(ask, sdtm):
    answer = ask("ADLBC", f"{ALT} and AVISIT == 'Week 2'", "ADY")
    found = cells(answer, sdtm)
    apart = days(found["lb.LBDTC"][0][:10]) - days(found["sv.SVSTDTC"][0])
    assert apart + 1 == float(answer.value)
