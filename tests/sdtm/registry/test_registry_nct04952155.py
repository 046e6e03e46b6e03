"""Trial design of NCT04952155: what the tables say, and what is built from them."""

import csv
import shutil
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from sdtm.standard import standard
from trialkit.result import Options
from trialkit.run import run
from trialkit.simulate import simulate

STUDY = Path(__file__).parents[3] / "specs" / "nct04952155"
DESIGN = ("TS", "TI", "TV", "TA", "TE", "DM")
# CDISC conformance rules CG0287, CG0273, CG0275 to CG0279.
REQUIRED = {
    *("ADDON", "AGEMAX", "AGEMIN", "LENGTH", "PLANSUB", "RANDOM", "SEXPOP", "STOPRULE", "TBLIND", "TCNTRL"),
    *("TITLE", "TPHASE", "TTYPE", "OBJPRIM", "SPONSOR", "REGID", "OUTMSPRI", "FCNTRY", "ADAPT", "DCUTDTC"),
    *("DCUTDESC", "NARMS", "STYPE", "SSTDTC", "SENDTC", "ACTSUB", "HLTSUBJI"),
    *("INTMODEL", "INTTYPE", "PCLAS", "TRT", "TDIGRP", "CURTRT", "INDIC"),
}
# Reference terminologies: CG0444, CG0455, CG0456, CG0458.
REFERENCES = {
    "TRT": "UNII",
    "CURTRT": "UNII",
    "PCLAS": "MED-RT",
    "FCNTRY": "ISO 3166-1 alpha-3",
    "INDIC": "SNOMED",
    "TDIGRP": "SNOMED",
}


def table(name):
    with (STUDY / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def build(specs, raw, out):
    return run(Options(specs, raw, out, DESIGN, dataset_json=False), standard())


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw") / "raw"
    simulate(STUDY, 13, 3, folder)
    return folder


@pytest.fixture(scope="module")
def made(raw, tmp_path_factory) -> dict[str, pd.DataFrame]:
    out = tmp_path_factory.mktemp("out") / "out"
    result = build(STUDY, raw, out)
    assert [problem.line() for problem in result.problems.errors()] == []
    assert [one.kind.code for one in result.problems.items if one.kind.code.startswith("Q-T")] == []
    return {name: pyreadstat.read_xport(out / "sdtm" / f"{name.lower()}.xpt")[0] for name in DESIGN}


def test_no_decision_is_open():
    assert {row["DECIDE"] or "" for name in ("ts", "ti", "tv", "ta", "te") for row in table(name)} == {""}
    assert all(row["SOURCE"] for name in ("ts", "ti", "tv", "ta", "te") for row in table(name))


def test_the_required_parameters_have_values(made):
    ts = made["TS"]
    assert set(ts[ts.TSVAL != ""].TSPARMCD) >= REQUIRED
    assert ((ts.TSVAL == "") != (ts.TSVALNF == "")).all()
    assert set(ts[ts.TSVALNF != ""].TSVALNF) == {"NA", "UNK"}


def test_codes_have_their_reference(made):
    ts = made["TS"]
    found = ts.drop_duplicates("TSPARMCD").set_index("TSPARMCD")
    assert {name: found.TSVCDREF[name] for name in REFERENCES} == REFERENCES
    coded = ts[ts.TSVCDREF == "CDISC CT"]
    assert len(coded) == sum(bool(row["CODELIST"]) for row in table("ts")) == 28
    assert coded.TSVALCD.str.fullmatch(r"C\d+").all()
    assert set(coded.TSVCDVER) == {"2025-03-28"}
    pairs = ts[ts.TSVAL != ""].drop_duplicates(["TSVAL", "TSVALCD"])
    assert not pairs.TSVAL.duplicated().any()


def test_subjects_are_counted(made):
    ts = made["TS"].set_index("TSPARMCD")
    assert ts.TSVAL["ACTSUB"] == str((made["DM"].ARMCD != "").sum()) == "13"


def test_the_study_starts_and_ends_with_its_subjects(made):
    ts, dm = made["TS"].set_index("TSPARMCD"), made["DM"]
    assert ts.TSVAL["SSTDTC"] == dm.RFICDTC.min()
    assert ts.TSVAL["SENDTC"] == dm.RFPENDTC.max() <= ts.TSVAL["DCUTDTC"]


def test_a_consent_before_the_start_of_the_study_is_a_query(raw, tmp_path):
    specs = tmp_path / "specs"
    shutil.copytree(STUDY, specs)
    path = specs / "tables" / "ts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("SSTDTC,,2020-01-01", "SSTDTC,,2021-01-01"))
    result = build(specs, raw, tmp_path / "out")
    found = [problem for problem in result.problems.items if problem.kind.code == "Q-TS-02"]
    assert [(one.count, one.what) for one in found] == [
        (1, "An informed consent is before the registered start of the study. Which date is right?")
    ]


def test_visits_are_those_of_the_schedule(made):
    tv, schedule = made["TV"], table("schedule")
    assert list(tv.VISIT) == [row["VISIT"] for row in schedule]
    assert list(tv.VISITNUM) == [float(row["VISITNUM"]) for row in schedule]
    weeks = tv[tv.VISIT.str.startswith("WEEK")]
    week = weeks.VISIT.str.removeprefix("WEEK ").astype(int)
    assert list(weeks.VISITNUM) == list(2 + week / 4)
    assert list(weeks.VISITDY) == list(7 * week + 1)
    for row in weeks[week > 0].itertuples():
        assert f"Day {row.VISITDY:.0f} +/- " in row.TVSTRL


def test_criteria_are_short_and_whole(made):
    ti = made["TI"]
    assert list(ti.IECAT.value_counts().sort_index()) == [9, 8]
    assert ti.IETEST.str.len().max() <= 200
    long = [row for row in table("ti") if len(row["FULLTEXT"]) > 200]
    assert [row["IETESTCD"] for row in long] == ["INCL03", "INCL05", "EXCL06"]


def test_arms_are_made_of_elements(made):
    ta, te = made["TA"], made["TE"]
    assert list(ta.ETCD) == ["SCRN", *["IL2", "REST"] * 6, "FU"]
    assert list(ta.TAETORD) == list(range(1, 15))
    assert set(ta.ETCD) == set(te.ETCD)
    assert set(made["DM"].ARMCD) - {""} == set(ta.ARMCD)
    assert set(made["DM"].ARM) - {""} == set(ta.ARM)
    assert list(dict.fromkeys(ta.EPOCH)) == ["SCREENING", "TREATMENT", "FOLLOW-UP"]
