"""Generated files are those that the code generates now, and every spec fits its schema."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from trialkit.generate import kinds, pages
from trialkit.starter import start_study

ROOT = Path(__file__).resolve().parents[2]
OWN = ("specs/cdiscpilot01", "specs/nct04952155", "trialkit/templates/starter")  # all others are the user's


def of_our_own(root, pattern):
    return sorted(path for folder in OWN for path in root.glob(f"{folder}/{pattern}"))


SPECS = of_our_own(ROOT, "sdtm/*.yaml")
STUDIES = of_our_own(ROOT, "study.yaml")


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


OTHERS = [
    path for name in ("conformance", "forms", "guide", "package") for path in of_our_own(ROOT, f"{name}.yaml")
]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_other_files_fit_their_schema(made, path):
    assert errors(path, json.loads(made[f"specs/schema/{path.stem}.schema.json"])) == []


def test_a_size_and_a_list_of_checks_fit_their_schema(made, tmp_path):
    said = {
        "package": "split: {LB: {by: LBCAT, above: 4GB}}",
        "conformance": "accept: [{check: [C-1, C-2], dataset: LB, count: 2, reason: as written}]",
    }
    for name, text in said.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        schema = json.loads(made[f"specs/schema/{name}.schema.json"])
        assert errors(tmp_path / f"{name}.yaml", schema) == []
        (tmp_path / f"{name}.yaml").write_text("speling: x", encoding="utf-8")
        assert errors(tmp_path / f"{name}.yaml", schema) != []


@pytest.mark.parametrize("path", [p for p in [*SPECS, *STUDIES] if "specs" in p.parts], ids=str)
def test_specs_name_their_schema(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.split("=", 1)[1]).resolve().is_file()


def test_studies_of_the_user_are_not_ours_to_test(tmp_path):
    for folder in ("specs/mystudy", "specs/nct04952155"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "study.yaml").write_text("not: even a study", encoding="utf-8")
    assert [path.parent.name for path in of_our_own(tmp_path, "study.yaml")] == ["nct04952155"]


@pytest.mark.parametrize("parent", ["specs", "elsewhere"])
def test_a_new_study_names_its_schema(tmp_path, made, parent):
    schemas = {name: text for name, text in made.items() if name.startswith("specs/schema/")}
    for name, text in schemas.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    start_study(tmp_path / parent / "mystudy")
    paths = sorted((tmp_path / parent / "mystudy").rglob("*.yaml"))
    assert [path.name for path in paths] == ["dm.yaml", "ex.yaml", "vs.yaml", "study.yaml"]
    for path in paths:
        test_specs_name_their_schema(path)
    assert (tmp_path / parent / "mystudy" / "schema").exists() == (parent == "elsewhere")


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


ANALYSES = of_our_own(ROOT, "analysis/*.yaml")


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_analyses_fit_their_schema(path):
    schema = json.loads((ROOT / "specs/schema/analysis.schema.json").read_text(encoding="utf-8"))
    assert errors(path, schema) == []
