"""Drafts of trial design: what of a record says what, files that build, and nothing overwritten."""

import csv
import io
import json
import shutil
from pathlib import Path

import pyreadstat
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sdtm.registry.design import arms, elements, short_names, times, visits
from sdtm.registry.draft import DATASETS, Setting, draft, table_text
from sdtm.registry.lines import CODELISTS
from sdtm.registry.read import read_record
from sdtm.registry.record import Arm, Outcome, Record
from sdtm.registry.summary import summary
from sdtm.registry.texts import plain
from sdtm.registry.write import import_record
from sdtm.standard import standard
from trialkit.cli import cli
from trialkit.problems import Exit, Refusal
from trialkit.result import Options
from trialkit.run import run
from trialkit.starter import start_study
from trialkit.terms import load_terminology

RECORDS = Path(__file__).parent / "records"
TERMS = load_terminology("SDTM", "2025-03-28")
# CDISC conformance rules CG0287: parameters of every TS; CG0273 to CG0279: of an interventional trial.
REQUIRED = (
    *("ADDON", "AGEMAX", "AGEMIN", "LENGTH", "PLANSUB", "RANDOM", "SEXPOP", "STOPRULE", "TBLIND", "TCNTRL"),
    *("TITLE", "TPHASE", "TTYPE", "OBJPRIM", "SPONSOR", "REGID", "OUTMSPRI", "FCNTRY", "ADAPT", "DCUTDTC"),
    *("DCUTDESC", "NARMS", "STYPE", "SSTDTC", "SENDTC", "ACTSUB", "HLTSUBJI"),
    *("INTMODEL", "INTTYPE", "PCLAS", "TRT", "TDIGRP", "CURTRT", "INDIC"),
)


@pytest.fixture(scope="module")
def record():
    return read_record(RECORDS / "trial.json")


@pytest.fixture(scope="module")
def lines(record):
    return summary(record, TERMS, "3.4")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_all_required_parameters_have_a_line(lines):
    assert set(REQUIRED) <= {line.parameter for line in lines}
    assert {line.parameter for line in lines} <= set(TERMS.codelist("TSPARMCD").by_value)


VALUES = {
    "TITLE": "A Randomized, Double-blind, Placebo-controlled Study of Demodrug in Adults With Restless "
    'Widgets - the "WIDGET" Study',
    "REGID": "NCT99990001",
    "SPREFID": "DEMO01",
    "SPONSOR": "Example Institute",
    "STYPE": "INTERVENTIONAL",
    "TPHASE": "PHASE II/III TRIAL",
    "TINDTP": "TREATMENT",
    "INTMODEL": "PARALLEL",
    "TBLIND": "DOUBLE BLIND",
    "TCNTRL": "PLACEBO",
    "RANDOM": "Y",
    "NARMS": "2",
    "INTTYPE": "DRUG",
    "TRT": "Demodrug",
    "COMPTRT": "Placebo tablet",
    "DOSE": "20",
    "DOSU": "mg",
    "DOSFRQ": "QD",
    "ROUTE": "ORAL",
    "HLTSUBJI": "N",
    "AGEMIN": "P18Y",
    "SEXPOP": "F",
    "ACTSUB": "1200",
    "SSTDTC": "2023-01-02",
    "SENDTC": "2023-04-30",
    "ONGOSIND": "N",
    "FDADRIND": "Y",
    "FDADEIND": "N",
    "DMCIND": "Y",
    "OUTMSPRI": "Widget score: Change of the widget score [Baseline, week 4 and week 8]",
    "SDTIGVER": "3.4",
    "SDTMVER": "2.0",
}


def test_the_record_says_these_values(lines):
    assert {name: [line.value for line in lines if line.parameter == name] for name in VALUES} == {
        name: [value] for name, value in VALUES.items()
    }
    assert [line.value for line in lines if line.parameter == "INDIC"] == ["Restless Widgets", "Loose Screws"]
    assert [line.code for line in lines if line.parameter == "FCNTRY"] == ["USA", "KOR"]
    assert [line.null for line in lines if line.parameter == "AGEMAX"] == ["PINF"]


def test_a_line_has_a_value_or_a_null_flavor_and_says_why(lines):
    for line in lines:
        assert bool(line.value) != bool(line.null), line
        assert bool(line.source) or bool(line.decide), line
        assert line.null != "NI" or line.decide, line
        if line.codelist:
            assert line.value in TERMS.codelist(line.codelist).by_value
        assert line.parameter not in CODELISTS or bool(line.codelist) == bool(line.value)


def test_both_forms_give_one_draft(record):
    page = read_record(RECORDS / "trial.txt")
    assert draft(page, Setting(TERMS)) == draft(record, Setting(TERMS))


def test_an_empty_record_is_drafted():
    bare = Record.model_validate({"protocolSection": {"identificationModule": {"nctId": "NCT99990001"}}})
    made = draft(bare, Setting(TERMS))
    parameters = {row["TSPARMCD"]: row for row in rows(made.files["tables/ts.csv"])}
    assert set(REQUIRED) <= set(parameters)
    assert parameters["TPHASE"]["DECIDE"] == "the record does not say"
    assert "decide: tables/ti.csv: the record has nothing for it" in made.decisions


@pytest.mark.parametrize(
    ("changes", "parameter", "value", "null", "decide"),
    [
        ({"allocation": "NA"}, "RANDQT", "", "NA", ""),
        ({"allocation": "NON_RANDOMIZED"}, "RANDOM", "N", "", ""),
        ({"masking": "NONE"}, "TBLIND", "OPEN LABEL", "", ""),
        ({"phases": ("EARLY_PHASE1",)}, "TPHASE", "EARLY PHASE I", "", ""),
        ({"phases": ("NA",)}, "TPHASE", "NOT APPLICABLE", "", ""),
        ({"purpose": "OTHER"}, "TINDTP", "", "NI", "no term of TINDTP for 'OTHER' of the record"),
        ({"oldest": "70 Years"}, "AGEMAX", "P70Y", "", ""),
        ({"youngest": ""}, "AGEMIN", "", "NI", "is there a lowest age"),
        ({"enrolled_type": "ESTIMATED"}, "PLANSUB", "1200", "", ""),
        ({"model": "CROSSOVER"}, "INTMODEL", "CROSS-OVER", "", ""),
        ({"sex": "ALL"}, "SEXPOP", "BOTH", "", ""),
        ({"title": "Eine Studie über 白"}, "TITLE", "Eine Studie uber 白", "", "write it in ASCII"),
    ],
)  # fmt: skip
def test_what_a_field_says(record, changes, parameter, value, null, decide):
    found = [
        one for one in summary(record.model_copy(update=changes), TERMS, "3.4") if one.parameter == parameter
    ]
    assert [(one.value, one.null, one.decide) for one in found] == [(value, null, decide)]


def test_an_observational_study_has_no_intervention_model(record):
    changed = record.model_copy(update={"type": "OBSERVATIONAL", "observed": "COHORT"})
    found = {line.parameter: line.value for line in summary(changed, TERMS, "3.4")}
    assert found["OBSMODEL"] == "COHORT"
    assert "INTMODEL" not in found


def test_estimated_dates_are_to_be_decided(record):
    planned = record.model_copy(update={"end": record.end.model_copy(update={"type": "ESTIMATED"})})
    found = [line.decide for line in summary(planned, TERMS, "3.4") if line.parameter == "SENDTC"]
    assert found == ["the last date of the study; the record has an estimate"]


def test_long_texts_are_cut_and_kept(record):
    made = draft(record, Setting(TERMS)).files
    long = next(row for row in rows(made["tables/ts.csv"]) if row["TSPARMCD"] == "OUTMSADD")
    assert f"{long['TSVAL']} {long['TSVAL1']}" == plain(record.other[0].said)
    assert "  TSVAL1: TSVAL1\n" in made["sdtm/ts.yaml"]
    last = rows(made["tables/ti.csv"])[-1]
    assert last["IETEST"].endswith(" ...")
    assert len(last["IETEST"]) <= 200 < len(last["FULLTEXT"])
    assert last["DECIDE"] == "write it in at most 200 characters"
    for name in DATASETS:
        cells = rows(made[f"tables/{name}.csv"])
        assert all(len(text) <= 200 for row in cells for key, text in row.items() if key != "FULLTEXT")


def test_texts_are_inert(record):
    text = draft(record, Setting(TERMS)).files["tables/ts.csv"]
    assert "'=SUM(A1:A9): A text that a spreadsheet would run [day 3]" in text
    evil = record.model_copy(update={"study": 'X"}\n  SEX: {constant: F', "title": "=cmd()\x1b[2J"})
    made = draft(evil, Setting(TERMS)).files
    assert '  STUDYID: {constant: "X\\"}\\n  SEX: {constant: F"}' in made["sdtm/dm.yaml".replace("dm", "ts")]
    assert rows(made["tables/ts.csv"])[0]["TSVAL"] == "'=cmd()[2J"


def test_visits_are_the_points_in_time_of_the_outcomes(record):
    found = [(row["VISITNUM"], row["VISIT"], row["VISITDY"]) for row in visits(record)]
    assert found == [
        ("1", "SCREENING", ""),
        ("2", "WEEK 0", "1"),
        ("3", "DAY 3", "3"),
        ("4", "WEEK 4", "29"),
        ("5", "WEEK 8", "57"),
        ("6", "WEEK 12", "85"),
    ]


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        ("Week 0,week 24 and week 48", [("week", 0), ("week", 24), ("week", 48)]),
        ("Months 3, 6 & 12", [("month", 3), ("month", 6), ("month", 12)]),
        ("Day 1; 28 days; 1st month", [("day", 1), ("day", 28), ("month", 1)]),
        ("from day 1 to day 28", []),
        ("through study completion, an average of 1 year", []),
        ("within 24 hours", []),
        ("", []),
    ],
)
def test_points_in_time(frame, found):
    assert list(times(frame)) == found


def test_months_have_no_study_day():
    some = Record.model_construct(
        nct="NCT99990001", primary=(Outcome(timeFrame="month 6"),), secondary=(), other=(), outcomes=()
    )
    assert [(row["VISIT"], row["VISITDY"]) for row in visits(some)] == [("SCREENING", ""), ("MONTH 6", "")]


def test_each_arm_has_three_elements(record):
    assert [(row["ARMCD"], row["ETCD"], row["EPOCH"], row["TABRANCH"]) for row in arms(record)] == [
        ("ACTIVE", "SCRN", "SCREENING", "Randomized to Active"),
        ("ACTIVE", "ACTIVE", "TREATMENT", ""),
        ("ACTIVE", "FU", "FOLLOW-UP", ""),
        ("PLACEBO", "SCRN", "SCREENING", "Randomized to Placebo"),
        ("PLACEBO", "PLACEBO", "TREATMENT", ""),
        ("PLACEBO", "FU", "FOLLOW-UP", ""),
    ]
    assert {row["ETCD"] for row in arms(record)} == {row["ETCD"] for row in elements(record)}


def test_an_arm_that_is_called_like_an_element_has_another_code():
    some = Record.model_construct(nct="NCT99990001", arms=(Arm(label="FU"), Arm(label="Scrn")), allocation="")
    codes = [row["ETCD"] for row in elements(some)]
    assert len(set(codes)) == len(codes) == 4


@settings(max_examples=200)
@given(st.lists(st.text(st.sampled_from("AB-白 ab1"), max_size=12), min_size=1, max_size=12))
def test_short_names_are_unique_and_short(labels):
    made = short_names(labels, 8)
    assert len(set(made)) == len(labels)
    assert all(1 <= len(code) <= 8 and code.isascii() and code.isalnum() for code in made)


@settings(max_examples=100)
@given(st.lists(st.fixed_dictionaries({"A": st.text(max_size=20), "B": st.text(max_size=20)}), max_size=5))
def test_tables_are_read_as_they_were_written(made):
    clean = [{key: plain(text) for key, text in row.items()} for row in made]
    back = rows(table_text(("A", "B"), clean))
    assert [{key: text.removeprefix("'") for key, text in row.items()} for row in back] == [
        {key: text.removeprefix("'") for key, text in row.items()} for row in clean
    ]


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    start_study(folder)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    terms = "{CLINICALTRIALS.GOV: Registry, ISO 3166-1 alpha-3: Countries, ISO 8601: Dates}"
    lists = f"codelists:\n  DICTNAM:\n    terms: {terms}\n"
    (folder / "study.yaml").write_text(
        text.replace("codelists:\n", lists) if "codelists:" in text else text + lists
    )
    return folder


def build(folder, out):
    names = ("TS", "TI", "TV", "TA", "TE")
    return run(Options(folder, folder / "raw", out, names, dataset_json=False), standard())


def test_a_draft_builds_and_lists_each_open_decision(study, tmp_path):
    imported = import_record(RECORDS / "trial.json", study)
    assert imported.exit() == Exit.OK
    assert set(imported.written) == {
        f"{part}" for name in DATASETS for part in (f"sdtm/{name}.yaml", f"tables/{name}.csv")
    }
    result = build(study, tmp_path / "out")
    assert [problem.line() for problem in result.problems.errors()] == []
    found = {one.kind.code: one.count for one in result.problems.queries() if one.kind.code.startswith("Q-")}
    open_points = {
        f"Q-{name.upper()}-01": sum(
            bool(row["DECIDE"]) for row in rows((study / "tables" / f"{name}.csv").read_text())
        )
        for name in DATASETS
    }
    assert found == open_points
    assert sum(open_points.values()) == sum("csv:" in one for one in imported.decisions)


def test_what_goes_on_in_more_variables_has_the_labels_of_the_standard(study, tmp_path):
    import_record(RECORDS / "trial.json", study)
    build(study, tmp_path / "out")
    frame, meta = pyreadstat.read_xport(tmp_path / "out" / "sdtm" / "ts.xpt")
    assert meta.column_names_to_labels["TSVAL1"] == "Parameter Value 1"
    assert list(frame.columns[6:9]) == ["TSVAL", "TSVAL1", "TSVALNF"]


def test_the_number_of_subjects_is_counted_where_there_is_dm(study):
    import_record(RECORDS / "trial.json", study)
    assert (
        "{when: TSPARMCD == 'ACTSUB', then: {text: {count: {table: DM"
        in (study / "sdtm" / "ts.yaml").read_text()
    )
    row = next(row for row in rows((study / "tables" / "ts.csv").read_text()) if row["TSPARMCD"] == "ACTSUB")
    assert (row["TSVAL"], row["SOURCE"], row["DECIDE"]) == ("", "counted in DM", "")


def test_a_decided_draft_has_no_queries(study, tmp_path):
    import_record(RECORDS / "trial.json", study)
    for name in DATASETS:
        path = study / "tables" / f"{name}.csv"
        made = rows(path.read_text())
        path.write_text(table_text(list(made[0]), [{**row, "DECIDE": ""} for row in made]))
    result = build(study, tmp_path / "out")
    assert [one.line() for one in result.problems.items if one.kind.code.startswith("Q-")] == []


def snapshot(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def invoke(*words):
    return CliRunner().invoke(cli, ["registry", "import", *map(str, words)], standalone_mode=False)


def test_what_has_to_agree_with_the_draft_is_named_at_the_end(tmp_path):
    assert "compare:" not in invoke(RECORDS / "trial.json", "--specs", tmp_path / "new").stdout
    start_study(tmp_path / "study")
    lines = invoke(RECORDS / "trial.json", "--specs", tmp_path / "study").stdout.splitlines()
    assert lines[-2:] == [
        "compare: sdtm/dm.yaml: ARMCD and ARM, ACTARMCD and ACTARM have to be arms of tables/ta.csv",
        "compare: tables/visits.csv: VISITNUM and VISIT have to be visits of tables/tv.csv",
    ]


def test_the_second_import_writes_nothing(tmp_path):
    first = invoke(RECORDS / "trial.json", "--specs", tmp_path)
    assert first.return_value == Exit.OK
    assert "written: tables/ts.csv\n" in first.output
    assert "decide: tables/ts.csv:" in first.output
    before = snapshot(tmp_path)
    second = invoke(RECORDS / "trial.txt", "--specs", tmp_path)
    assert (second.return_value, snapshot(tmp_path)) == (Exit.OK, before)
    assert "written" not in second.stdout


def test_a_changed_file_is_shown_and_kept(tmp_path):
    invoke(RECORDS / "trial.json", "--specs", tmp_path)
    path = tmp_path / "tables" / "ts.csv"
    path.write_text(path.read_text().replace("PHASE II/III TRIAL", "PHASE III TRIAL"))
    (tmp_path / "sdtm" / "te.yaml").unlink()
    before = snapshot(tmp_path)
    result = invoke(RECORDS / "trial.json", "--specs", tmp_path)
    assert (result.return_value, snapshot(tmp_path)) == (Exit.DATA, before)
    assert "--- tables/ts.csv\n+++ tables/ts.csv (draft)\n@@ " in result.stdout
    assert "-TPHASE,,PHASE III TRIAL," in result.stdout
    assert "+TPHASE,,PHASE II/III TRIAL," in result.stdout
    assert "error REG-005 tables/ts.csv file is there and differs from the draft." in result.stderr


def test_a_missing_file_is_written_where_the_others_are_equal(tmp_path):
    invoke(RECORDS / "trial.json", "--specs", tmp_path)
    before = snapshot(tmp_path)
    (tmp_path / "sdtm" / "te.yaml").unlink()
    result = invoke(RECORDS / "trial.json", "--specs", tmp_path)
    assert (result.return_value, snapshot(tmp_path)) == (Exit.OK, before)
    assert result.stdout.splitlines()[0] == "written: sdtm/te.yaml"


def test_nothing_stays_where_a_file_cannot_be_written(tmp_path):
    (tmp_path / "tables").write_text("a file where a folder has to be")
    with pytest.raises(OSError, match="tables"):
        import_record(RECORDS / "trial.json", tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["tables"]


def test_without_a_folder_the_specs_have_the_number_of_the_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke(RECORDS / "trial.json").return_value == Exit.OK
    assert (tmp_path / "specs" / "nct99990001" / "tables" / "ts.csv").is_file()


def test_study_yaml_says_what_the_study_is(study):
    path = study / "study.yaml"
    path.write_text(path.read_text().replace("study: DEMO01", "study: OTHER1\ncutoff: 2023-05-01"))
    imported = import_record(RECORDS / "trial.json", study)
    assert '  STUDYID: {constant: "OTHER1"}' in (study / "sdtm" / "ta.yaml").read_text()
    assert "DCUTDTC,CUTOFF,2023-05-01," in (study / "tables" / "ts.csv").read_text()
    assert imported.decisions[-1] == "decide: study.yaml names the study OTHER1, the record DEMO01"


def test_a_bad_study_yaml_is_refused(study):
    (study / "study.yaml").write_text("study: X\nsorces: {}\n")
    with pytest.raises(Refusal, match="unknown key 'sorces'"):
        import_record(RECORDS / "trial.json", study)
    assert not (study / "tables" / "ts.csv").exists()


def test_terms_that_study_yaml_lacks_are_named(tmp_path):
    imported = import_record(RECORDS / "trial.json", tmp_path)
    assert imported.decisions[-2:] == (
        "decide: study.yaml: declare under `codelists` the terms of DICTNAM that the terminology has not: "
        "CLINICALTRIALS.GOV, ISO 3166-1 alpha-3, ISO 8601",
        "decide: STUDYID in sdtm/*.yaml: there is no study.yaml that names the study",
    )


def test_a_draft_is_the_same_under_any_hash_seed(tmp_path):
    import_record(RECORDS / "trial.json", tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert import_record(RECORDS / "trial.txt", tmp_path / "b").exit() == Exit.OK


def test_the_record_of_nct04952155(reference, tmp_path):
    file = reference.parent / "design" / "registry-record.txt"
    if not file.is_file():
        pytest.skip("no registry record beside the reference data")
    imported = import_record(file, tmp_path)
    made = {name: rows((tmp_path / "tables" / f"{name}.csv").read_text()) for name in DATASETS}
    values = {row["TSPARMCD"]: row["TSVAL"] for row in made["ts"]}
    assert imported.exit() == Exit.OK
    assert [row["IETESTCD"] for row in made["ti"]] == [
        *(f"INCL{number:02}" for number in range(1, 9)),
        *(f"EXCL{number:02}" for number in range(1, 10)),
    ]
    assert [row["VISIT"] for row in made["tv"]] == ["SCREENING", "WEEK 0", "WEEK 24", "WEEK 48"]
    assert [row["VISITDY"] for row in made["tv"]] == ["", "1", "169", "337"]
    assert {
        name: values[name] for name in ("TPHASE", "DOSU", "DOSFRQ", "ROUTE", "FCNTRY", "SSTDTC", "RANDOM")
    } == {
        "TPHASE": "PHASE II TRIAL",
        "DOSU": "10^6 IU",
        "DOSFRQ": "QOD",
        "ROUTE": "SUBCUTANEOUS",
        "FCNTRY": "CHN",
        "SSTDTC": "2020-01-01",
        "RANDOM": "N",
    }
    assert sum(row["TSPARMCD"] == "OUTMSPRI" for row in made["ts"]) == 7
    assert all(text.isascii() for name in DATASETS for row in made[name] for text in row.values())
    assert json.dumps(imported.decisions).count("is it primary or secondary") == 7
