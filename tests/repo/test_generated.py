"""Generated files are those that the code generates now, and every spec fits its schema."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from trialkit.generate import kinds, pages

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted([*ROOT.glob("specs/*/sdtm/*.yaml"), *ROOT.glob("trialkit/templates/starter/sdtm/*.yaml")])
STUDIES = sorted([*ROOT.glob("specs/*/study.yaml"), *ROOT.glob("trialkit/templates/starter/study.yaml")])


@pytest.fixture(scope="module")
def made():
    return pages()


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_files_are_fresh(made, name):
    assert (ROOT / name).read_text(encoding="utf-8") == made[name], f"{name} is stale: run `make docs`"


def errors(path, schema):
    data = json.loads(json.dumps(YAML(typ="safe", pure=True).load(path), default=str))
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_dataset_specs_fit_their_schema(made, path):
    assert errors(path, json.loads(made["specs/schema/dataset.schema.json"])) == []


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.parent.name)
def test_study_specs_fit_their_schema(made, path):
    assert errors(path, json.loads(made["specs/schema/study.schema.json"])) == []


@pytest.mark.parametrize("path", [p for p in [*SPECS, *STUDIES] if "specs" in p.parts], ids=str)
def test_specs_name_their_schema(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.split("=", 1)[1]).resolve().is_file()


def test_schema_refuses_what_the_language_refuses(made):
    schema = json.loads(made["specs/schema/dataset.schema.json"])
    good = {
        "dataset": "DM",
        "records": [{"read": "A"}],
        "keys": ["USUBJID"],
        "variables": {"AGE": {"copy": "B"}},
    }
    check = Draft202012Validator(schema)
    assert check.is_valid(good)
    assert not check.is_valid(good | {"labl": "x"})
    assert not check.is_valid(good | {"variables": {"AGE": {"cpy": "B"}}})
    assert not check.is_valid(good | {"records": [{"raed": "A"}]})


def test_problem_codes_are_unique():
    codes = [kind.code for kind in kinds()]
    assert len(codes) == len(set(codes)) > 100
