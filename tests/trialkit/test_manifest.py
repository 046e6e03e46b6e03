"""What stands beside every output: the hash of each input, spec and output, versions and counts."""

import csv
import hashlib
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from sdtm.standard import standard
from trialkit.result import Options
from trialkit.run import run

BASE = Path(__file__).parents[1] / "bad" / "base"
INPUTS = {"MEDS": "meds.csv", "SUBJECTS": "subjects.csv"}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def built(tmp_path):
    study = tmp_path / "study"
    shutil.copytree(BASE, study)
    run(Options(study, study / "raw", tmp_path / "out", datasets=("CM",)), standard())
    return study, tmp_path / "out" / "sdtm"


def manifest(folder):
    return json.loads((folder / "MANIFEST").read_text("utf-8"))


@pytest.mark.proves("TK-MANIFEST-1")
def test_it_has_the_hash_of_everything(built):
    study, folder = built
    made = manifest(folder)
    files = {path.name: sha256(path) for path in folder.iterdir() if path.name != "MANIFEST"}
    assert made["outputs"] == files
    assert {"cm.xpt", "cm.json"} <= files.keys()
    specs = [
        path for path in sorted(study.rglob("*")) if path.suffix == ".yaml" or path.parent.name == "tables"
    ]
    hashed = {path.relative_to(study).as_posix(): sha256(path) for path in specs}
    assert made["specs"] == hashed
    assert {name: one["file"] for name, one in made["inputs"].items()} == INPUTS
    for one in made["inputs"].values():
        with (study / "raw" / one["file"]).open(encoding="utf-8", newline="") as file:
            assert one["rows"] == len(list(csv.DictReader(file)))
        assert one["sha256"] == sha256(study / "raw" / one["file"])


@pytest.mark.proves("TK-MANIFEST-1")
def test_it_has_versions_and_counts(built):
    made = manifest(built[1])
    assert (made["toolkit"], made["standard"]) == (version("trialkit"), "SDTMIG 3.4")
    assert (made["terminology"], made["only"]) == ("2025-03-28", ["CM"])
    assert made["datasets"] == {"CM": 4, "DM": 3, "SUPPCM": 1}


@pytest.mark.proves("TK-MANIFEST-1")
@pytest.mark.parametrize("file", ["raw/meds.csv", "sdtm/cm.yaml"])
def test_another_input_is_another_build(built, file):
    study, folder = built
    before = manifest(folder)
    path = study / file
    path.write_text(path.read_text("utf-8").rstrip("\n") + "\n\n", "utf-8")
    run(Options(study, study / "raw", folder.parent, datasets=("CM",)), standard())
    after = manifest(folder)
    assert after["build"] != before["build"]
    assert after["outputs"]["cm.xpt"] == before["outputs"]["cm.xpt"], "the data are the same"
