"""The proof at size: 1,000 subjects of NCT04952155 with all defects, and without any (``make validate``)."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from sdtm.standard import standard
from trialkit.result import Options
from trialkit.run import run
from trialkit.simulate import simulate

STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"
SUBJECTS = 1000

pytestmark = pytest.mark.slow


def lines(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def build(folder, clean):
    simulate(STUDY, SUBJECTS, 1, folder / "raw", None, clean)
    return run(Options(STUDY, folder / "raw", folder / "out", dataset_json=False), standard())


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    result = build(folder, False)
    assert [one.line() for one in result.problems.errors()] == []
    defects = [one for one in lines(folder / "raw" / "truth" / "defects.csv") if one["KIND"] == "defect"]
    return defects, lines(folder / "out" / "reports" / "queries.csv")


def test_every_detectable_defect_is_found_and_nothing_else_is_asked(dirty):
    defects, asked = dirty
    detectable = [one for one in defects if one["DETECTABLE"] == "Y"]
    known = {(one["FILE"], one["LINE"]) for one in detectable if one["QUERY"] == "Y"}
    spots = {(one["file"], one["line"]) for one in asked}
    codes = Counter(one["CODE"] for one in detectable)
    assert len(known) > 1000
    assert len(codes) > 8
    assert sorted(known - spots) == []
    assert sorted(spots - known) == []


def test_without_defects_nothing_is_asked(tmp_path):
    result = build(tmp_path, True)
    assert [one.line() for one in result.problems.items] == []
