"""`why` on CDISCPILOT01: cells of every class of rules, made again from the raw cells."""

import importlib.util
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("whystudy", Path(__file__).with_name("whystudy.py"))
tools = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tools)
ENOUGH = 10


@pytest.fixture(scope="module")
def pilot(tmp_path_factory, reference):
    folder = os.environ.get("TRIALKIT_PILOT_RAW", "")
    raw = Path(folder) if folder else reference / "cdiscpilot01" / "raw"
    if not raw.is_dir():
        pytest.skip("no raw forms of CDISCPILOT01: set TRIALKIT_PILOT_RAW to their folder")
    return tools.Study(ROOT / "specs" / "cdiscpilot01", raw, tmp_path_factory.mktemp("pilot"))


def pilot_earliest(study):
    for column, variable, best in (("IT.ECSTDAT", "RFXSTDTC", min), ("IT.ECENDAT", "RFXENDTC", max)):
        kind = "earliest" if best is min else "latest"
        for record, answer in study.asked(kind, "DM", variable):
            subject = study.value("DM", record, "USUBJID")[3:]
            rows = {line: row for line, row in study.rows["ec_raw.csv"].items() if row["PATNUM"] == subject}
            days = {line: tools.iso(row[column], "%d-%b-%Y") for line, row in rows.items() if row[column]}
            (line,) = tools.named(answer, column)
            assert answer.value == days[line] == best(days.values())


def pilot_latest_of_several(study):
    sources = [
        ("ds_raw.csv", "DSDTCOL", "DSTMCOL", "%m-%d-%Y"),
        ("qsco_form.csv", "QDAT", "", "%d-%b-%Y"),
        ("ae_raw.csv", "AEDTCOL", "", "%m/%d/%Y"),
    ]
    for record, answer in study.asked("latest", "DM", "RFPENDTC"):
        subject = study.value("DM", record, "USUBJID")[3:]
        days = {
            (file, line): tools.iso(row[column], form)
            for file, column, _, form in sources
            for line, row in study.rows.get(file, {}).items()
            if row["PATNUM"] == subject
        }
        places = {(one.file, one.line) for one in answer.cells()}
        assert {days[place] for place in places if place in days} == {max(days.values())}
        assert answer.value[:10] == max(days.values())


def pilot_lookup(study):
    for variable, table in (("LBSTRESU", "lb_tests"), ("QSTEST", "qs_tests")):
        dataset = variable[:2]
        for record, answer in study.asked("lookup", dataset, variable):
            file = f"tables/{table}.csv"
            assert tools.only(tools.named(answer, f"{dataset}TESTCD", file)) == study.value(
                dataset, record, f"{dataset}TESTCD"
            )
            assert tools.only(tools.named(answer, variable, file)) == answer.value


def pilot_first_of(study):
    for _, answer in study.asked("first_of", "DS", "DSTERM"):
        (cell,) = answer.cells()
        row = study.rows["ds_raw.csv"][cell.line]
        assert answer.value == (row["IT.DSTERM"] or row["OTHERSP"]).upper()
        assert cell.column == ("IT.DSTERM" if row["IT.DSTERM"] else "OTHERSP")


def pilot_case(study):
    for record, answer in study.asked("case", "LB", "EPOCH"):
        visit = float(study.value("LB", record, "VISITNUM"))
        expected = "SCREENING" if visit < 3 else "FOLLOW-UP" if visit == 201 else "TREATMENT"
        assert answer.value == expected
        assert answer.notes[0].startswith(
            {"SCREENING": "case 1", "FOLLOW-UP": "case 2"}.get(expected, "no case")
        )
        assert len(tools.named(answer, "VISITNAME")) == 1


def pilot_visit(study):
    for _, answer in study.asked("visit", "LB", "VISITNUM", most=40):
        collected = tools.only(tools.named(answer, "VISITNAME"))
        planned = tools.named(answer, "VISITNUM", "tables/visits.csv")
        if collected.startswith("Unscheduled"):
            assert not planned
            assert answer.value == collected.split()[1]
        else:
            assert tools.only(planned) == answer.value
            assert tools.only(tools.named(answer, "VISIT", "tables/visits.csv")) == collected.upper()


def pilot_study_day(study):
    own = {
        "LB": ("LBDY", "COLLDATE"),
        "DS": ("DSSTDY", "IT.DSSTDAT"),
        "EX": ("EXENDY", "IT.ECENDAT"),
        "QS": ("QSDY", "QDAT"),
    }
    for dataset, (variable, column) in own.items():
        for _, answer in study.asked("study_day", dataset, variable):
            dates = [
                tools.iso(text, "%d-%b-%Y", "%m-%d-%Y")
                for text in (
                    tools.only(tools.named(answer, column)),
                    tools.only(tools.named(answer, "IT.ECSTDAT")),
                )
            ]
            assert answer.value == tools.study_day(*dates)


def pilot_gather(study):
    files = {"MMSE": "qsmm_form.csv", "ADAS-COG": "qsco_form.csv", "ADCS-CGIC": "qsgi_form.csv"}
    for kind in ("gather", "stack"):
        for record, answer in study.asked(kind, "QS", "QSORRES", most=25):
            (cell,) = [
                one for one in answer.cells() if one.column == f"IT.{study.value('QS', record, 'QSTESTCD')}"
            ]
            row = study.rows[cell.file][cell.line]
            assert cell.file == files[study.value("QS", record, "QSCAT")]
            assert (cell.value, f"01-{row['PATNUM']}") == (answer.value, study.value("QS", record, "USUBJID"))
            assert tools.iso(row["QDAT"], "%d-%b-%Y") == study.value("QS", record, "QSDTC")


def pilot_score(study):
    most = [10, 5, 5, 5, 5, 8, 12, 5, 5, 5, 5]
    items = [f"IT.ACITM{number:02}" for number in (1, 2, 4, 5, 6, 7, 8, 11, 12, 13, 14)]
    totals = [i for i, test in enumerate(study.values("QS", "QSTESTCD")) if test == "ACTOT"]
    for record in totals[:: len(totals) // 20]:
        study.checked["score"] += 1
        cells = [one for one in study.why("QS", record, "QSSTRESN").cells() if one.column in items]
        assert sorted(one.column for one in cells) == items
        assert len({one.line for one in cells}) == 1
        points = {one.column: float(one.value) for one in cells if one.value}
        scale = sum(size for size, item in zip(most, items, strict=True) if item in points)
        assert float(study.value("QS", record, "QSSTRESN")) == pytest.approx(
            70 * sum(points.values()) / scale, abs=1e-8
        )


def pilot_convert(study):
    factors = {
        (row["from"], row["to"], row["analyte"]): row for row in study.rows["tables/units.csv"].values()
    }
    converted = 0
    for record, answer in study.asked("convert", "LB", "LBSTRESC", most=150):
        test, result = study.value("LB", record, "LBTESTCD"), tools.only(tools.named(answer, "RESULT"))
        new = tools.only(tools.named(answer, "CONVERT_TO"))
        row = factors.get((study.value("LB", record, "LBORRESU"), new, test))
        converted += row is not None
        if row is None:
            assert answer.value == result
        elif re.fullmatch(r"[0-9.]+", result):
            expected = float(result) * float(row["factor"]) + float(row["offset"] or 0)
            assert float(answer.value) == pytest.approx(expected, rel=1e-9)
    assert converted >= ENOUGH


def pilot_range_indicator(study):
    for _, answer in study.asked("range_indicator", "LB", "LBNRIND", most=40):
        low, high = (list(tools.named(answer, name).values()) for name in ("REFLOW", "REFHIGH"))
        result = tools.only(tools.named(answer, "RESULT"))
        if any(low) and any(high) and re.fullmatch(r"[0-9.]+", result):
            value, (low,), (high,) = float(result), map(float, low), map(float, high)
            assert answer.value == ("LOW" if value < low else "HIGH" if value > high else "NORMAL")


def pilot_texts(study):
    for _record, answer in study.asked("date", "LB", "LBDTC"):
        day, time = (tools.only(tools.named(answer, column)) for column in ("COLLDATE", "COLLTIME"))
        assert answer.value == tools.iso(day, "%d-%b-%Y") + (f"T{time}" if time else "")
    for _, answer in study.asked("concat", "LB", "USUBJID"):
        assert (
            answer.value
            == f"01-{tools.only(tools.named(answer, 'SITE'))}-{tools.only(tools.named(answer, 'SCREENNO'))}"
        )
    for _, answer in study.asked("split", "DM", "SITEID"):
        assert answer.value == tools.only(tools.named(answer, "PATNUM")).split("-")[0]
    for _, answer in study.asked("upper", "EX", "EXTRT"):
        assert answer.value == tools.only(tools.named(answer, "DRUGAD")).upper()
    for _, answer in study.asked("number", "EX", "EXDOSE"):
        assert float(answer.value) == float(tools.only(tools.named(answer, "IT.ECDSTXT")))
    for _, answer in study.asked("recode", "DM", "ARM"):
        arm = tools.only(tools.named(answer, "PLANNED_ARM"))
        assert answer.value == {"Xan High": "Xanomeline High Dose", "Xan Low": "Xanomeline Low Dose"}.get(
            arm, arm
        )
    for _, answer in study.asked("code", "DM", "SEX"):
        assert answer.value == tools.only(tools.named(answer, "IT.SEX"))[0]
    for _, answer in study.asked("constant", "DM", "DOMAIN"):
        assert answer.cells() == []


def pilot_codes(study):
    """Of one collected text there is one term, whatever the record."""
    for kind, variable, column in (
        ("code", "LBTESTCD", "TESTNAME"),
        ("decode", "LBTEST", "TESTNAME"),
        ("unit", "LBORRESU", "UNITS"),
    ):
        terms = defaultdict(set)
        for record, answer in study.asked(kind, "LB", variable, most=60):
            row = study.rows["lab_transfer.csv"][next(iter(tools.named(answer, column)))]
            terms[tools.only(tools.named(answer, column))].add(answer.value)
            assert (row["RESULT"], row["SCREENNO"]) == (
                study.value("LB", record, "LBORRES"),
                study.value("LB", record, "USUBJID")[-4:],
            )
        assert all(len(found) == 1 for found in terms.values())


def pilot_sequence(study):
    for record, answer in study.asked("sequence", "DS", "DSSEQ"):
        subject = study.value("DS", record, "USUBJID")[3:]
        lines = sorted(line for line, row in study.rows["ds_raw.csv"].items() if row["PATNUM"] == subject)
        own = study.why("DS", record, "DSSTDTC").cells()[0].line
        assert answer.value == str(lines.index(own) + 1)
        assert tools.only(tools.named(answer, "PATNUM")) == subject


PILOT = [one for name, one in sorted(globals().items()) if name.startswith("pilot_")]


@pytest.mark.parametrize("check", PILOT, ids=lambda one: one.__name__)
def test_the_pilot(pilot, check):
    assert pilot.once(check) >= ENOUGH


def test_the_pilot_every_variable(pilot):
    for check in PILOT:  # of which another process may have had some
        pilot.once(check)
    tools.check_every_class(pilot)
    wanted = {
        "lookup", "first_of", "case", "earliest", "latest", "score", "visit", "study_day", "gather", "stack",
        "code", "unit", "convert", "date", "number", "recode", "sequence", "concat", "range_indicator",
    }  # fmt: skip
    assert {kind for kind in wanted if pilot.checked[kind] < ENOUGH} == set()
