"""The queries of NCT04952155: every detectable defect once, in Chinese as well, and with lasting ids."""

import csv
import random
from pathlib import Path

import pytest

from sdtm.standard import standard
from trialkit.dictionaries.load import dictionary_faults
from trialkit.queries.wording import asked_codes, wording
from trialkit.result import Options
from trialkit.run import run
from trialkit.simulate import simulate
from trialkit.study import load_study

STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"
SEED = 7


def build(raw, out, **choices):
    result = run(Options(STUDY, raw, out, dataset_json=False, **choices), standard())
    assert [one.line() for one in result.problems.errors()] == []
    return lines(out / "reports" / "queries.csv")


def lines(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("queries")
    simulate(STUDY, 13, SEED, folder / "raw", "monthly", False)
    return folder, build(folder / "raw", folder / "out")


def test_every_detectable_defect_is_asked_about(dirty):
    folder, found = dirty
    known = [
        one
        for one in lines(folder / "raw" / "truth" / "defects.csv")
        if one["KIND"] == "defect" and one["QUERY"] == "Y" and one["DETECTABLE"] == "Y"
    ]
    mapped = {one["file"] for one in found}
    spots = {(one["file"], one["line"]) for one in found}
    assert known
    missed = [one for one in known if one["FILE"] in mapped and (one["FILE"], one["LINE"]) not in spots]
    assert [(one["CODE"], one["FILE"], one["LINE"]) for one in missed] == []


def test_a_query_stands_once_and_names_its_row(dirty):
    _, found = dirty
    assert len({one["id"] for one in found}) == len(found)
    cells = [(one["code"], one["file"], one["line"], one["field"]) for one in found]
    assert len(set(cells)) == len(cells)
    read = [one for one in found if one["code"] not in ("RAW-010", "RAW-015")]
    assert all(one["record"] or one["visit"] or one["form"] in ("SUBJ", "DS") for one in read)


def test_queries_are_in_chinese(dirty):
    _, found = dirty
    assert all(not one[name].isascii() for one in found for name in ("what zh", "question zh"))


def test_every_code_has_a_chinese_text_or_is_not_for_the_site():
    study = load_study(STUDY, "sdtm", ("trialkit.rules", "sdtm.rules"))
    words = wording(study)
    missing = {
        code for code in asked_codes(study) if words.asks_site(code) and (code, "zh") not in words.texts
    }
    assert missing == set(), "add their texts to tables/queries.csv"
    assert dictionary_faults(study) == []


def test_ids_stay_when_the_lines_of_the_export_are_in_another_order(dirty, tmp_path):
    folder, found = dirty
    raw = tmp_path / "raw"
    raw.mkdir()
    for path in sorted((folder / "raw").glob("*.*")):
        head = {"BIOMK.csv": 1, "FLOW.csv": 1}.get(path.name, 2)
        rows = path.read_bytes().splitlines(keepends=True)
        mixed = rows[head:]
        random.Random(1).shuffle(mixed)
        (raw / path.name).write_bytes(
            path.read_bytes() if path.suffix == ".xlsx" else b"".join([*rows[:head], *mixed])
        )
    earlier = folder / "out" / "reports" / "queries.csv"
    again = build(raw, tmp_path / "out", previous=earlier)
    assert {one["status"] for one in again} == {"open"}
    assert {one["id"] for one in again} == {one["id"] for one in found}


def test_what_the_site_has_corrected_is_resolved(dirty, tmp_path):
    folder, found = dirty
    simulate(STUDY, 13, SEED, tmp_path / "raw", "monthly", True)
    earlier = folder / "out" / "reports" / "queries.xlsx"
    again = build(tmp_path / "raw", tmp_path / "out", previous=earlier)
    assert {one["status"] for one in again} == {"resolved"}
    assert len(again) == len(found)
