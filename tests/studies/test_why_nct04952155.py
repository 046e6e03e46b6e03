"""`why` on the simulated NCT04952155: cells of every class of rules, made again from the raw cells."""

import importlib.util
import re
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from trialkit.cli import cli

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("whystudy", Path(__file__).with_name("whystudy.py"))
tools = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tools)
ENOUGH = 10


@pytest.fixture(scope="module")
def als(tmp_path_factory):
    specs, folder = ROOT / "specs" / "nct04952155", tmp_path_factory.mktemp("als")
    raw = folder / "raw"
    made = CliRunner().invoke(
        cli, ["simulate", str(specs), "--subjects", "13", "--seed", "1", "--out", str(raw)]
    )
    assert made.exit_code == 0, made.output
    return tools.Study(specs, raw, folder / "out", "DM,EX,LB,QS", encoding="gb18030", header=2)


def numbers(text):
    """The numbers of a date as it was written, in the order of ISO 8601."""
    if re.fullmatch(r"\d{8}", text):
        return [int(text[:4]), int(text[4:6]), int(text[6:])]
    found = [int(one) for one in re.findall(r"\d+", text)]
    return found[::-1] if found and found[0] < 100 else found


def clock(text):
    afternoon = "下午" in text
    found = [int(one) for one in re.findall(r"\d+", text)]
    return [found[0] % 12 + 12 if afternoon else found[0], *found[1:]] if found else []


def moment(day, time):
    """A date and time as numbers; [] for one that is not complete."""
    return [*numbers(day), *clock(time)] if len(numbers(day)) == 3 and "UK" not in day.upper() else []


def parts(text):
    return [int(one) for one in re.findall(r"\d+", text)]


def entries(study, file, **keys):
    """The lines of a file with these texts."""
    index = (file, *keys)
    if index not in study.known:
        study.known[index] = defaultdict(dict)
        for line, row in study.rows[file].items():
            study.known[index][tuple(row.get(name, "").strip() for name in keys)][line] = row
    return study.known[index][tuple(keys.values())]


def als_deduplicated(study):
    """Of several entries of one key the line that is named is the first of the last."""
    files = {
        "DOSING": ("DOSE.csv", "DOSEDTC", ["SCRNO", "CYCLE", "INJNO"]),
        "VISITS": ("VISIT.csv", "VISITNUM", ["SCRNO", "VISIT"]),
        "SUBJECTS": ("SUBJ.csv", "SCRNO", ["SCRNO"]),
    }
    twice = 0
    for dataset, (file, variable, keys) in files.items():
        for record in range(study.build.datasets[dataset]):
            study.checked.update(["exact_duplicates", "duplicate_keys"])
            answer = study.why(dataset, record, variable)
            line = next(one.line for one in answer.cells() if one.file == file)
            mine = study.rows[file][line]
            same = entries(study, file, **{key: mine[key].strip() for key in keys})
            latest = max(row["AUDITTIME"] for row in same.values())
            assert line == min(at for at, row in same.items() if row["AUDITTIME"] == latest)
            twice += len(same) > 1
    assert twice >= 5


def als_join(study):
    files = {"ALSFRS-R": "ALSFRS.csv", "ROADS": "ROADS.csv", "ALSAQ-40": "ALSAQ.csv"}
    for record, answer in study.asked("join", "QS", "USUBJID", most=40):
        file = files[study.value("QS", record, "QSCAT")]
        (key,) = [one.value for one in answer.origins if one.role == "key" and one.file == file]
        assert key in tools.named(answer, "SCRNO", "SUBJ.csv").values()
    for _, answer in study.asked("join", "LB", "VISITNUM", most=40):
        sample = tools.only(
            {**tools.named(answer, "SAMPNO", "LABHOSP"), **tools.named(answer, "SAMPNO", "BIOMK")} or {0: ""}
        )
        if sample:
            assert tools.only(tools.named(answer, "SAMPNO", "SAMPLES")).strip() == sample.strip()


def als_first(study):
    """The first screening of a person, by the day of informed consent."""
    for kind in ("first", "within"):
        for _, answer in study.asked(kind, "SUBJECTS", "FIRSTSCR"):
            (person,) = {one.value for one in answer.cells() if one.column == "MRN"}
            rows = [row for row in entries(study, "SUBJ.csv", MRN=person).values() if row["SCRNO"]]
            first = min(rows, key=lambda row: (numbers(row["ICDAT"]), row["SCRNO"]))
            assert answer.value == first["SCRNO"] == tools.only(tools.named(answer, "SCRNO"))


def injections(study, subject):
    """Date and time, line and cycle of the injections of a person that were given."""
    if "injections" not in study.known:
        people = dict(zip(*(study.values("SUBJECTS", name) for name in ("SCRNO", "USUBJID")), strict=True))
        study.known["injections"] = defaultdict(dict)
        for line, row in study.rows["DOSE.csv"].items():
            if row["GIVEN"].strip() in ("是", "1", "√"):
                given = (moment(row["ACTDAT"], row["ACTTIM"]), row["CYCLE"])
                study.known["injections"][people.get(row["SCRNO"], "")][line] = given
    return study.known["injections"][subject]


def als_earliest(study):
    for kind, variable, best in (("earliest", "RFXSTDTC", min), ("latest", "RFXENDTC", max)):
        for record, answer in study.asked(kind, "DM", variable):
            given = injections(study, study.value("DM", record, "USUBJID"))
            (line,) = tools.named(answer, "ACTDAT")
            assert parts(answer.value) == given[line][0] == best(day for day, _ in given.values() if day)


def als_elements(study):
    """Elements begin with the first injection of a cycle, or the day after the last one."""
    for record, answer in study.asked("one_per", "ELEMENTS", "SESTDTC", most=200):
        element, subject = (study.value("ELEMENTS", record, name) for name in ("ETCD", "USUBJID"))
        if element not in ("IL2", "REST"):
            continue
        study.checked["shift" if element == "REST" else "earliest"] += 1
        given = injections(study, subject)
        line = max(tools.named(answer, "ACTDAT"))
        cycle = {at: day for at, (day, number) in given.items() if number == given[line][1] and day}
        if element == "IL2":
            assert parts(answer.value) == given[line][0] == min(cycle.values())
        else:
            assert given[line][0] == max(cycle.values())
            assert (date(*parts(answer.value)) - date(*given[line][0][:3])).days == 1


def als_previous(study):
    for record, answer in study.asked("previous", "ELEMENTS", "SEENDTC", most=40):
        if answer.notes[0].startswith("value 1"):
            (after,) = [one for one in answer.origins if one.role == "deciding record"]
            assert after.record == record + 2
            assert answer.value == study.value("ELEMENTS", record + 1, "SESTDTC") == after.value


def als_baseline(study):
    """The flagged record is the last answer before the first injection; all of its group name it."""
    groups = defaultdict(list)
    for record, keys in enumerate(
        zip(*(study.values("QS", name) for name in ("USUBJID", "QSCAT", "QSTESTCD")), strict=True)
    ):
        groups[keys].append(record)
    for keys in list(groups)[:: len(groups) // 25]:
        first = min((day for day, _ in injections(study, keys[0]).values() if day), default=[])
        count = [
            (study.value("QS", one, "QSDTC"), one)
            for one in groups[keys]
            if study.value("QS", one, "QSSTRESC")
            and len(study.value("QS", one, "QSDTC")) == 10
            and parts(study.value("QS", one, "QSDTC")) <= first[:3]
        ]
        baseline = max(count)[1] if count else -1
        for record in groups[keys][:3]:
            study.checked["baseline"] += 1
            answer = study.why("QS", record, "QSLOBXFL")
            assert answer.value == ("Y" if record == baseline else "")
            said = (
                "this record"
                if record == baseline
                else f"record {baseline + 1}"
                if count
                else "no record of its group"
            )
            assert f"{said} decides" in answer.notes
            if count:
                days = {
                    one.value
                    for one in answer.every()
                    if one.what == "QS.QSDTC" and one.record == baseline + 1
                }
                assert days == {max(count)[0]}
                assert first in [
                    moment(study.rows["DOSE.csv"][line]["ACTDAT"], study.rows["DOSE.csv"][line]["ACTTIM"])
                    for line in tools.named(answer, "ACTDAT")
                ]


def als_epoch(study):
    for record, answer in study.asked("epoch", "EX", "EPOCH", most=30):
        start = max(
            one.value
            for one in answer.every()
            if one.what == "ELEMENTS.SESTDTC" and one.role == "row of ELEMENTS"
        )
        later = [
            study.value("ELEMENTS", i, "SESTDTC")
            for i in range(study.build.datasets["ELEMENTS"])
            if study.value("ELEMENTS", i, "USUBJID") == study.value("EX", record, "USUBJID")
        ]
        given = study.value("EX", record, "EXSTDTC")
        assert start == max(one for one in later if one <= given)
        assert min(tools.named(answer, "ACTDAT")) in injections(study, study.value("EX", record, "USUBJID"))


def als_gather(study):
    items = {
        row["QSTESTCD"]: row["ITEM"]
        for name in ("alsfrs", "alsaq", "roads")
        for row in study.rows[f"tables/{name}_items.csv"].values()
    }
    files = {"ALSF": "ALSFRS.csv", "ROAD": "ROADS.csv", "ALSQ": "ALSAQ.csv"}
    for kind in ("gather", "stack"):
        for record, answer in study.asked(kind, "QS", "QSORRES", most=50):
            test = study.value("QS", record, "QSTESTCD")
            (cell,) = answer.cells()
            assert (cell.file, cell.column, cell.value.strip()) == (
                files[test[:4]],
                items[test],
                answer.value,
            )
            filled = study.rows[cell.file][cell.line]["EVALDAT" if test.startswith("ALSF") else "FILLDAT"]
            assert not study.value("QS", record, "QSDTC") or numbers(filled) == parts(
                study.value("QS", record, "QSDTC")
            )
    for _, answer in study.asked("stack", "LB", "LBORRES", most=40):
        (cell,) = answer.cells()
        assert cell.file in ("LABHOSP.xlsx", "BIOMK.csv")
        assert re.sub(r"[^0-9.]", "", cell.value) == re.sub(r"[^0-9.]", "", answer.value)


def als_not_done(study):
    for record, answer in study.asked("not_done", "QS", "QSSTAT", most=30):
        assert answer.value == "NOT DONE"
        assert not study.value("QS", record, "QSORRES")
        cells = [one for one in answer.cells() if re.fullmatch(r"Q\d+[AB]?|R\d\d|A\d\d|TOTAL", one.column)]
        assert cells
        assert not any(one.value.strip() not in ("", "/", "NA", "ND", "--", "未做") for one in cells)


def als_dates(study):
    for _, answer in study.asked("date", "DOSING", "DOSEDTC", most=60):
        assert parts(answer.value) == moment(
            tools.only(tools.named(answer, "ACTDAT")), tools.only(tools.named(answer, "ACTTIM"))
        )
    for record, answer in study.asked("study_day", "EX", "EXSTDY", most=30):
        first = study.value(
            "DM", study.values("DM", "USUBJID").index(study.value("EX", record, "USUBJID")), "RFSTDTC"
        )
        assert answer.value == tools.study_day(study.value("EX", record, "EXSTDTC"), first)
        days = {
            "-".join(f"{one:02}" for one in numbers(text)) for text in tools.named(answer, "ACTDAT").values()
        }
        assert days == {study.value("EX", record, "EXSTDTC")[:10], first[:10]}


def als_tables(study):
    for _, answer in study.asked("lookup", "DOSING", "LOC"):
        assert tools.only(tools.named(answer, "SITE", "DOSE")) == tools.only(
            tools.named(answer, "SITE", "tables/injection_sites.csv")
        )
        assert tools.only(tools.named(answer, "EXLOC")) == answer.value
    for _, answer in study.asked("visit", "VISITS", "VISITNUM", most=40):
        if planned := tools.named(answer, "VISITNUM", "tables/schedule.csv"):
            assert tools.only(planned) == answer.value
        else:
            assert tools.only(tools.named(answer, "VISIT")).endswith(answer.value)
    for _, answer in study.asked("code", "DM", "SEX"):
        text = tools.only(tools.named(answer, "SEX"))
        assert answer.value == {"男": "M", "女": "F", "1": "M", "2": "F"}.get(text, text)
    for _, answer in study.asked("recode", "DOSING", "OCCUR"):
        assert (
            answer.value
            == {"是": "Y", "1": "Y", "√": "Y", "否": "N", "0": "N"}[tools.only(tools.named(answer, "GIVEN"))]
        )
    for _, answer in study.asked("convert", "DOSING", "AMOUNT", most=60):
        dose, unit = float(tools.only(tools.named(answer, "DOSE"))), tools.only(tools.named(answer, "DOSEU"))
        million = 1e6 if unit in ("IU", "U") else 100 if "万" in unit and "百万" not in unit else 1
        assert float(answer.value) == pytest.approx(dose / million)


def als_choices(study):
    for record, answer in study.asked("case", "DM", "ARMCD", keep=lambda value: True, most=20):
        enrolled = study.why("DM", record, "ENRNO").value
        assert answer.value == ("IL2" if enrolled else "")
        assert answer.notes[0] == ("case 1 of 1: ENRNO != ''" if enrolled else "no case applies: else")
        assert list(tools.named(answer, "ENRNO").values()) == [enrolled] or not enrolled
    for record, answer in study.asked("first_of", "QS", "EPOCH", most=40):
        whole = len(study.value("QS", record, "QSDTC")) == 10
        assert answer.notes[0] == f"value {1 if whole else 2} of 2"
        assert answer.origins[0].what == ("QS.QSDTC" if whole else "QS.VISDTC")
    for _, answer in study.asked("flag", "DM", "DTHFL", keep=lambda value: True, most=20):
        assert (answer.value == "Y") == any(text.strip() for text in tools.named(answer, "DTHDAT").values())


def als_supplemental(study):
    for record, answer in study.asked("supplemental", "SUPPDM", "QVAL", most=20):
        (parent,) = answer.origins
        assert parent.what == f"DM.{study.value('SUPPDM', record, 'QNAM')}"
        assert study.value("DM", parent.record - 1, "USUBJID") == study.value("SUPPDM", record, "USUBJID")


ALS = [one for name, one in sorted(globals().items()) if name.startswith("als_")]


@pytest.mark.parametrize("check", ALS, ids=lambda one: one.__name__)
def test_nct04952155(als, check):
    assert als.once(check) >= ENOUGH


@pytest.mark.proves("TK-WHY-1")
def test_nct04952155_every_variable(als):
    for check in ALS:  # of which another process may have had some
        als.once(check)
    tools.check_every_class(als)
    wanted = {
        "lookup", "first_of", "case", "earliest", "latest", "visit", "study_day", "gather", "stack", "join",
        "code", "unit", "convert", "date", "date_part", "number", "recode", "sequence", "baseline", "epoch",
        "exact_duplicates", "duplicate_keys", "one_per", "not_done", "previous", "first", "shift", "flag",
    }  # fmt: skip
    assert {kind for kind in wanted if als.checked[kind] < ENOUGH} == set()


def test_included_steps_name_their_folder(als):
    places = {one.spec for record in range(40) for one in als.why("QS", record, "QSDTC").every() if one.spec}
    assert {place.split(":")[0] for place in places} <= {
        "sdtm/qs.yaml", *(f"sdtm/instruments/{name}.yaml" for name in ("alsaq", "alsfrs", "roads"))
    }  # fmt: skip
    assert len(places) > 1
