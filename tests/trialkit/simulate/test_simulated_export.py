"""The simulated export against its truth, read by code that shares nothing with the simulator."""

import csv
import hashlib
import json
import re
import shutil
from collections import Counter, defaultdict

import pytest

import trialkit.simulate.run as run_module
from trialkit.problems import Refusal
from trialkit.simulate import simulate

SIZES = [(1, "monthly"), (13, "monthly"), (13, "minimal"), (120, "monthly")]


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(("subjects", "schedule"), SIZES)
def test_a_clean_export_has_no_anomaly(export, check, subjects, schedule):
    made = export(subjects, 1, schedule, clean=True)
    assert check(made) == []
    assert {row["KIND"] for row in made.defects} <= {"event"}


@pytest.mark.parametrize("subjects", [13, 120])
def test_totals_never_rise_by_more_than_4_in_a_clean_export(export, subjects):
    before = {}
    for row in export(subjects, clean=True).ALSFRS:
        total = int(row["TOTAL"])
        assert total - before.get(row["SCRNO"], total) <= 4
        before[row["SCRNO"]] = total


# What an independent check sees of each code, in the damaged row itself.
SEEN = {
    "D03": {"item out of range", "grade"},
    "D04": {"total is not the sum"},
    "D05": {"items 5a and 5b"},
    "D06": {"item missing"},
    "D07": {"partial date", "impossible date", "before consent", "end before start"},
    "D08": {"value far from its range", "unit does not fit the range", "unit"},
    "D16": {"sample and subject do not belong together"},
    "D19": {"undecodable"},
    "D17": {"baseline sample after the first injection"},
}


@pytest.mark.parametrize(("subjects", "schedule"), SIZES)
def test_every_detectable_defect_is_seen_and_nothing_else(export, check, subjects, schedule):
    made = export(subjects, 3, schedule)
    found = {(file, line, what) for file, line, what in check(made) if what != "key stands twice"}
    expected = set()
    for row in made.defects:
        if (
            row["KIND"] == "defect"
            and row["QUERY"] == "Y"
            and row["DETECTABLE"] == "Y"
            and row["CODE"] in SEEN
        ):
            place = (row["FILE"].split(".")[0], int(row["LINE"]))
            seen = {what for file, line, what in found if (file, line) == place}
            assert seen & SEEN[row["CODE"]], row
            expected |= {(*place, what) for what in SEEN[row["CODE"]]}
    late = {"date differs from the visit's"}  # the other side of D17
    assert {item for item in found - expected if item[2] not in late} == set()


def test_the_second_rows_of_a_key_are_all_defects(export, check):
    made = export(120, 3)
    twice = Counter(file for file, _, what in check(made) if what == "key stands twice")
    logged = Counter(row["FILE"].split(".")[0] for row in made.defects if row["CODE"] in ("D01", "D02"))
    assert {file: count / 2 for file, count in twice.items()} == dict(logged)


def test_duplicates_are_letter_for_letter_and_re_entries_are_older(export):
    made = export(120, 3)
    for row in made.defects:
        if row["CODE"] not in ("D01", "D02"):
            continue
        file = row["FILE"].split(".")[0]
        rows = {line["#"]: line for line in getattr(made, file)}
        here = rows[int(row["LINE"])]
        nearby = [rows[n] for n in (here["#"] - 1, here["#"] + 1) if n in rows]
        cells = {name: cell for name, cell in here.items() if name != "#"}
        if row["CODE"] == "D01":
            assert any(cells == {n: c for n, c in other.items() if n != "#"} for other in nearby)
        else:
            key = [name.split("=")[0] for name in row["KEY"].split("|")]
            other = next(o for o in nearby if all(o[name] == here[name] for name in key))
            assert other[row["FIELD"]] == row["CLEAN"] != here[row["FIELD"]] == row["DIRTY"]
            assert here["AUDITTIME"] < other["AUDITTIME"]
            assert [n for n in cells if cells[n] != other[n]] == sorted(
                [row["FIELD"], "AUDITTIME"], key=list(cells).index
            )


@pytest.mark.parametrize(("subjects", "schedule"), SIZES)
def test_the_list_of_defects_says_what_stands_in_the_file(export, subjects, schedule):
    made = export(subjects, 3, schedule)
    files = {}
    for row in made.defects:
        name = row["FILE"].split(".")[0]
        rows = files.setdefault(name, {line["#"]: line for line in getattr(made, name)})
        line = rows.get(int(row["LINE"]))
        if line is None:
            assert (row["CODE"], (name, int(row["LINE"])) in made.undecodable) == ("D19", True)
            continue
        if row["FIELD"]:
            assert line[row["FIELD"]] == row["DIRTY"], row
        for part in row["KEY"].split("|"):
            column, value = part.split("=", 1)
            if column != row["FIELD"]:
                assert line[column] == value, row
    assert [row["DEFID"] for row in made.defects] == [f"DEF{n:06}" for n in range(1, len(made.defects) + 1)]


def test_a_row_has_one_defect_at_most(export):
    codes = defaultdict(set)
    for row in export(120, 3).defects:
        codes[row["FILE"], row["LINE"]].add(row["CODE"])
    assert [codes for codes in codes.values() if len(codes) > 1] == []


def test_clean_and_damaged_export_differ_in_the_listed_cells_only(export):
    dirty, clean = export(13, 5), export(13, 5, clean=True)
    listed = defaultdict(set)
    for row in dirty.defects:
        if row["KIND"] == "defect":
            listed[row["FILE"].split(".")[0]].add(int(row["LINE"]))
    for name in ("SUBJ", "IE", "DS", "VISIT", "ROADS", "ALSAQ", "VS", "MRC", "BIOMK", "AE", "CM"):
        kept = [row for row in getattr(dirty, name) if row["#"] not in listed[name]]
        cells = [tuple(list(row.values())[1:]) for row in getattr(clean, name)]
        assert {tuple(list(row.values())[1:]) for row in kept} <= set(cells)


RATES = {  # per row, of the files that it hits
    "D01": (0.01, "ALSFRS ROADS ALSAQ MRC VS DOSE VISIT SAMPLES AE CM MH LABHOSP BIOMK FLOW"),
    "D02": (0.005, "ROADS ALSAQ"),
    "D03": (0.003 * 11, "ALSFRS"),
    "D04": (0.03, "ALSFRS"),
    "D05": (0.03, "ALSFRS"),
    "D08": (0.005, "LABHOSP"),
    "D14": (0.06, "DOSE"),
    "D09": (0.07, "VISIT"),
    "D10": (0.055, "VISIT"),
}


@pytest.mark.parametrize("code", RATES)
def test_rates_are_near_the_declared_ones(export, code):
    made, (rate, files) = export(120, 3), RATES[code]
    rows = sum(len(getattr(made, file)) for file in files.split())
    hits = [row for row in made.defects if row["CODE"] == code and row["FILE"].split(".")[0] in files.split()]
    assert 0.75 * rate < len(hits) / rows < 1.3 * rate


def test_forms_with_missing_items_are_5_per_cent(export):
    made = export(120, 3)
    hit = {(row["FILE"], row["LINE"]) for row in made.defects if row["CODE"] == "D06"}
    forms = sum(len(getattr(made, file)) for file in ("ALSFRS", "ROADS", "ALSAQ"))
    assert 0.04 < len(hit) / forms < 0.06


@pytest.mark.parametrize(
    ("code", "count"), {"D11": 4, "D12": 3, "D13": 5, "D16": 2, "D17": 1, "D20": 2, "D21": 1}.items()
)
def test_13_subjects_have_the_declared_counts(export, code, count):
    made = export(13, 7)
    assert len([row for row in made.defects if row["CODE"] == code]) == count  # D11 and D12: per file
    assert len(made.SUBJ) == 18
    assert sum(bool(row["ENRNO"]) for row in made.SUBJ) == 13


def test_all_codes_are_there(export):
    assert {row["CODE"] for row in export(13, 7).defects} == {f"D{n:02}" for n in range(1, 22)}


def test_a_better_total_by_another_rater(export):
    made = export(120, 3)
    totals = {(row["SCRNO"], row["VISIT"]): row for row in made.truth("truth_visit") if row["ALSFRS"]}
    order = defaultdict(list)
    for key in totals:
        order[key[0]].append(key)
    hits = [row for row in made.defects if row["CODE"] == "D21"]
    assert 6 <= len(hits) <= 10
    for row in hits:
        key = tuple(part.split("=")[1] for part in row["KEY"].split("|"))
        before = order[key[0]][order[key[0]].index(key) - 1]
        assert int(totals[key]["ALSFRS"]) - int(totals[before]["ALSFRS"]) == 6


def test_truth_is_what_the_clean_files_say(export):
    made = export(120, 1, clean=True)
    truth = {(row["SCRNO"], row["VISIT"]): row for row in made.truth("truth_visit")}
    seen = 0
    for row in made.ALSFRS:
        known = truth[row["SCRNO"], row["VISIT"]]
        items = {name: int(cell.strip() or 0) for name, cell in row.items() if re.match(r"Q\d", str(name))}
        assert int(known["ALSFRS"]) == int(row["TOTAL"]) == sum(items.values())
        assert int(known["BULBAR"]) == items["Q1"] + items["Q2"] + items["Q3"]
        assert int(known["RESP"]) == items["Q10"] + items["Q11"] + items["Q12"]
        seen += 1
    assert seen == sum(bool(row["ALSFRS"]) for row in truth.values())
    canonical = {}
    for row in made.truth("truth_visit"):
        canonical[row["SCRNO"], row["DATE"]] = row
    for row in made.ALSAQ:
        d, m, y = row["FILLDAT"].split("/")
        known = canonical[row["SCRNO"], f"{y}-{m}-{d}"]
        for name, first, last in (
            ("MOB", 1, 10),
            ("ADL", 11, 20),
            ("EAT", 21, 23),
            ("COM", 24, 30),
            ("EMO", 31, 40),
        ):
            assert int(known[f"ALSAQ{name}"]) == sum(int(row[f"A{n:02}"]) for n in range(first, last + 1))


def test_truth_of_samples_doses_and_disposition(export):
    made = export(120, 1, clean=True)
    samples = {row["SAMPNO"]: row for row in made.truth("truth_sample") if row["SAMPNO"]}
    assert len(samples) == sum(row["STATUS"] == "DONE" for row in made.truth("truth_sample"))
    assert set(samples) >= {row["SAMPNO"] for row in made.LABHOSP}
    assert {row["SAMPNO"] for row in made.BIOMK} == {
        k for k, v in samples.items() if v["MATRIX"] in ("血清", "脑脊液")
    }
    assert len(made.truth("truth_dose")) == len(made.DOSE)
    people = {row["SCRNO"]: row for row in made.truth("truth_subject")}
    for row in made.DS:
        disp = people[row["SCRNO"]]["DISP"]
        assert row["STATUS"] == {"completed": "完成", "death": "死亡", "screen failure": "筛选失败"}.get(
            disp, "退出"
        )
    assert len({row["USUBJID"] for row in people.values()}) == len({row["MRN"] for row in people.values()})
    for row in people.values():
        assert row["USUBJID"] == f"M2020420-01-{row['FIRSTSCR']}"


def test_latent_slopes_follow_the_declared_distributions(export):
    people = [row for row in export(120, 1, clean=True).truth("truth_subject") if row["ENROLLED"] == "1"]
    als = [row for row in people if row["MIMIC"] == "0"]
    mean = sum(float(row["S2"]) for row in als) / len(als)
    gain = sum(float(row["S1"]) - float(row["S2"]) for row in people) / len(people)
    assert len(people) == 120
    assert -1.25 < mean < -0.75
    assert 0.2 < gain < 0.4
    assert 0.15 < sum(row["MIMIC"] == "1" for row in people) / 120 < 0.36
    assert Counter(row["DISP"] for row in people)["death"] in range(8, 11)


def test_the_same_seed_gives_the_same_bytes(export, study, tmp_path):
    first = export(13, 7)
    simulate(study, 13, 7, tmp_path / "again")
    assert digest(first.folder) == digest(tmp_path / "again")
    simulate(study, 13, 8, tmp_path / "again")
    assert digest(first.folder)["SUBJ.csv"] != digest(tmp_path / "again")["SUBJ.csv"]


def test_another_table_shifts_nothing(export, study, tmp_path):
    copy = tmp_path / "study"
    shutil.copytree(
        study,
        copy,
        ignore=lambda _, names: [
            n
            for n in names
            if n not in ("simulation", "simulation.yaml") and not n.endswith((".yaml", ".csv"))
        ],
    )
    tables = copy / "simulation" / "tables.yaml"
    extra = "first_of_all:\n  rows: {count: persons}\n  columns:\n    x: {normal: '0', sd: '1'}\n"
    tables.write_text(extra + tables.read_text(encoding="utf-8"), encoding="utf-8")
    simulate(copy, 13, 7, tmp_path / "out")
    assert digest(tmp_path / "out") == digest(export(13, 7).folder)


def test_blocks_fit_together(study, tmp_path, monkeypatch, check, read):
    monkeypatch.setattr(run_module, "BLOCK", 7)
    summary = simulate(study, 40, 2, tmp_path / "out", clean=True)
    made = read(tmp_path / "out", summary)
    assert check(made) == []
    assert len({row["SCRNO"] for row in made.SUBJ}) == len(made.SUBJ) == 40 + 12 + 3
    assert {row["SCRNO"] for row in made.DS} == {row["SCRNO"] for row in made.SUBJ}


def test_the_manifest_says_what_was_asked_for(export):
    made = export(13, 7)
    manifest = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["simulation"]["seed"] == 7
    assert manifest["simulation"]["rows"]["SUBJ.csv"] == len(made.SUBJ) == made.summary.rows["SUBJ.csv"]
    assert set(manifest["outputs"]) >= {"SUBJ.csv", "LABHOSP.xlsx", "truth/defects.csv"}


def test_missing_injections_of_a_skipped_cycle_and_half_doses(export):
    made = export(13, 7)
    cycles = Counter((row["SCRNO"], row["CYCLE"]) for row in made.DOSE if row["MISSRSN"] == "化验异常")
    assert sorted(cycles.values(), reverse=True)[0] == 7
    assert len([row for row in made.truth("truth_dose") if row["MEGAIU"] == "0.5"]) >= 2


def test_no_words_of_questionnaires(export):
    made = export(13, 7)
    for name in ("ALSFRS", "ROADS", "ALSAQ"):
        lines = (made.folder / f"{name}.csv").read_bytes().split(b"\r\n")[:2]
        for field, label in zip(*csv.reader(line.decode("gb18030") for line in lines), strict=True):
            if re.match(r"[QRA]\d", field):
                assert re.fullmatch(r"条目\d+[ab]?", label)


def refused(call, *arguments, **options):
    with pytest.raises(Refusal) as caught:
        call(*arguments, **options)
    return [(problem.kind.code, problem.what) for problem in caught.value.problems]


def test_numbers_out_of_bounds(study, tmp_path):
    assert refused(simulate, study, 100_001, 1, tmp_path / "o") == [
        ("SIM-005", "number of subjects must be 1 to 100000, not 100001")
    ]
    assert refused(simulate, study, 13, -1, tmp_path / "o") == [
        ("SIM-005", "seed must be 0 or greater, not -1")
    ]
    assert not (tmp_path / "o").exists()


def test_unknown_schedule(study, tmp_path):
    assert refused(simulate, study, 13, 1, tmp_path / "o", "weekly") == [
        ("SIM-004", "there is no schedule 'weekly'")
    ]


def test_a_folder_with_something_else_stays_as_it_is(study, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    assert refused(simulate, study, 1, 1, tmp_path) == [("SIM-006", "it is no earlier simulated export")]
    (tmp_path / "manifest.json").write_text('{"made_by": "trialkit", "outputs": {}}')
    assert refused(simulate, study, 1, 1, tmp_path) == [("SIM-006", "it is no earlier simulated export")]
    assert (tmp_path / "mine.txt").read_text() == "x"
