"""Two builds, or a build and files made elsewhere, compared by declared keys and tolerances."""

import csv

import pyreadstat
import pytest
from click.testing import CliRunner

from trialkit.cli import cli
from trialkit.compare import Tolerance
from trialkit.comparefiles import Rules, compare_paths, rules_of
from trialkit.own import standard_of
from trialkit.problems import Refusal
from trialkit.result import Options
from trialkit.run import run
from trialkit.starter import start_study


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("builds")
    start_study(folder / "study")
    study = folder / "study"
    for name in ("a", "b"):
        run(Options(study, study / "raw", folder / name, dataset_json=False), standard_of("sdtm", "3.4"))
        raw = study / "raw" / "vitals.csv"
        raw.write_text(raw.read_text().replace(",128,", ",129,"))
    return folder


def invoke(*arguments):
    return CliRunner().invoke(cli, ["diff", *map(str, arguments)], standalone_mode=False)


def elsewhere(builds, folder, name="VS"):
    """Write a dataset with a program of its own."""
    frame, _ = pyreadstat.read_xport(builds / "a" / "sdtm" / f"{name.lower()}.xpt")
    pyreadstat.write_xport(frame.iloc[::-1], folder / f"{name.lower()}.xpt", table_name=name)


def test_two_builds_by_their_folders(builds):
    assert compare_paths(builds / "a", builds / "a").equal
    found = compare_paths(builds / "a", builds / "b")
    changed = {one.name: {v.name for v in one.variables} for one in found.comparisons if not one.equal}
    assert set(changed) == {"VS"}
    assert "VSSTRESN" in changed["VS"]
    assert invoke(builds / "a", builds / "b").return_value == 1
    assert invoke(builds / "a", builds / "a" / "sdtm").return_value == 0


def test_keys_come_from_the_manifest_where_there_is_no_dataset_json(builds, tmp_path):
    assert not list((builds / "a" / "sdtm").glob("*.json"))
    elsewhere(builds, tmp_path)
    found = compare_paths(builds / "a", tmp_path)
    (vs,) = found.comparisons
    assert "USUBJID" in vs.keys
    assert not vs.variables
    assert not len(vs.added)
    assert {one.attribute for one in vs.attributes} <= {"label", "length", "format"}
    assert found.only_left == ("DM", "EX")


def test_a_tolerance_of_one_variable(builds):
    one = rules_of(datasets="VS", tolerance=["VSSTRESN=1"])
    (vs,) = compare_paths(builds / "a", builds / "b", one).comparisons
    assert "VSSTRESN" not in {v.name for v in vs.variables}
    assert "VSSTRESC" in {v.name for v in vs.variables}
    near = rules_of(datasets="VS", tolerance=["VSSTRESN=0.5"])
    (vs,) = compare_paths(builds / "a", builds / "b", near).comparisons
    assert "VSSTRESN" in {v.name for v in vs.variables}
    part = rules_of(datasets="VS", tolerance=["VSSTRESN=1%"])
    assert part.tolerances == {"VSSTRESN": Tolerance(0.0, 0.01)}
    (vs,) = compare_paths(builds / "a", builds / "b", part).comparisons
    assert "VSSTRESN" not in {v.name for v in vs.variables}


def test_keys_of_one_dataset():
    rules = rules_of(["USUBJID", "VS:USUBJID, VSSEQ"])
    assert (rules.keys_of("VS"), rules.keys_of("DM")) == (("USUBJID", "VSSEQ"), ("USUBJID",))
    assert Rules().keys_of("VS") == ()


@pytest.mark.parametrize("text", ["VSSTRESN", "=1", "VSSTRESN=x", "VSSTRESN=-1", "VSSTRESN=inf", "VSSTRESN="])
def test_what_is_no_tolerance_is_refused(text):
    with pytest.raises(Refusal, match=f"DIFF-006 '{text}' is not a tolerance"):
        rules_of(tolerance=[text])


def test_an_unknown_dataset_is_refused(builds):
    with pytest.raises(Refusal, match=r"DIFF-005 no dataset VSS\. Did you mean 'VS'\?"):
        compare_paths(builds / "a", builds / "b", rules_of(datasets="VSS"))


def test_counts_for_each_variable(builds, tmp_path):
    invoke(builds / "a", builds / "b", "--summary", tmp_path / "summary.csv")
    rows = list(csv.DictReader((tmp_path / "summary.csv").read_text(encoding="utf-8-sig").splitlines()))
    by_name = {(row["dataset"], row["variable"]): row for row in rows}
    assert by_name["DM", ""]["left"] == by_name["DM", ""]["right"]
    assert by_name["DM", ""]["changed"] == "0"
    assert int(by_name["VS", ""]["changed"]) > 0
    assert int(by_name["VS", "VSSTRESN"]["cells"]) == int(by_name["VS", ""]["changed"])
    assert float(by_name["VS", "VSSTRESN"]["apart"]) == 1.0


def test_another_order_of_the_variables_is_a_difference(builds, tmp_path):
    frame, _ = pyreadstat.read_xport(builds / "a" / "sdtm" / "dm.xpt")
    names = [*frame.columns[1:], frame.columns[0]]
    pyreadstat.write_xport(frame[names], tmp_path / "dm.xpt", table_name="DM")
    (dm,) = compare_paths(builds / "a", tmp_path).comparisons
    assert "order of variables" in {one.attribute for one in dm.attributes}
