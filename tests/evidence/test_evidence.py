"""Every requirement has a test, and the page says what came of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html

from tests.evidence.carried import codes_of, said
from tests.evidence.page import Outcome, lines_of, write_evidence
from tests.evidence.plugin import COLLECTED, carriers, usable
from tests.evidence.requirements import PROMISES, known, requirements

ROOT = Path(__file__).resolve().parents[2]


def run(*words):
    """Run pytest as ``make validate`` does, on a part of the tests, away from the results of this run."""
    options = ["-n", "0", "-p", "no:cacheprovider", "-q", *map(str, words)]
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def carried_by(request, tmp_path_factory):
    """Give the tests of the fast suite by the ids they carry; in a run of some tests all are collected."""
    if request.config.args_source is request.config.ArgsSource.TESTPATHS:
        return carriers(request.config.stash[COLLECTED])
    file = tmp_path_factory.mktemp("carried") / "carried.json"
    ended = run("--collect-only", "--carried", file)
    assert ended.returncode == 0, ended.stdout[-2000:]
    return json.loads(file.read_text("utf-8"))


def test_every_rule_code_and_promise_is_carried_by_a_fast_test(carried_by):
    missing = [one.id for one in requirements() if one.id not in carried_by]
    assert missing == [], "no test carries these; docs/evidence.md says how to add one"


def test_ids_are_unique():
    assert len(known()) == len(requirements())


def test_promises_have_an_id_and_a_sentence():
    promises = [one for one in requirements() if one.part == "Promises"]
    assert len(promises) == PROMISES.read_text("utf-8").count("\nTK-")
    assert all(one.id.startswith("TK-") and one.text.endswith(".") for one in promises)


def outcomes(**results):
    """Give a test for each code, which has seen a problem of it."""
    return [
        Outcome(f"tests/x.py::test[{n}]", result, (code,), (code,))
        for n, (code, result) in enumerate(results.items())
    ]


@pytest.mark.parametrize(
    ("tests", "status"),
    [
        ([], "no test"),
        ([Outcome("a", "passed", ("RAW-002",), ("RAW-002",))], "proved"),
        ([Outcome("a", "passed", ("RAW-002",))], "not seen"),
        ([Outcome("a", "passed", ("RAW-002",)), Outcome("b", "passed", (), ("RAW-002",))], "proved"),
        (
            [Outcome("a", "passed", ("RAW-002",), ("RAW-002",)), Outcome("b", "failed", ("RAW-002",))],
            "failed",
        ),
        ([Outcome("a", "skipped", ("RAW-002",))], "not run"),
        (
            [Outcome("a", "skipped", ("RAW-002",)), Outcome("b", "passed", ("RAW-002",), ("RAW-002",))],
            "proved",
        ),
    ],
)
def test_status(tests, status):
    (line,) = [one for one in lines_of(tests) if one.requirement.id == "RAW-002"]
    assert line.status == status


def test_a_failure_in_any_phase_counts():
    one = Outcome("a")
    for when, outcome in (("setup", "passed"), ("call", "passed"), ("teardown", "failed")):
        one.add(when, outcome, {"carries": ["RAW-002"], "raised": []})
    assert one.result == "failed"
    two = Outcome("b")
    for when, outcome in (("setup", "failed"), ("teardown", "skipped")):
        two.add(when, outcome, {})
    assert two.result == "failed"


def test_the_page_is_whole_inert_and_the_same_again(tmp_path):
    hostile = Outcome("tests/x.py::test[<script>alert(1)</script>]", "failed", ("rule:date",))
    skipped = Outcome("tests/x.py::test_skip", "skipped", ("rule:case",), reason="<b>no data</b>")
    tests = [*outcomes(**{"RAW-002": "passed"}), hostile, skipped]
    summary = write_evidence(tmp_path / "a", tests)
    write_evidence(tmp_path / "b", reversed(tests))
    names = ("index.html", "evidence.json", "evidence.csv")
    assert [(tmp_path / "a" / n).read_bytes() for n in names] == [
        (tmp_path / "b" / n).read_bytes() for n in names
    ]
    text = (tmp_path / "a" / "index.html").read_text("utf-8")
    assert "<script>alert" not in text
    assert "<b>no data</b>" not in text
    page = html.document_fromstring(text)
    assert {one.get("id") for one in page.iter("details")} == set(known())
    assert [link for link in page.xpath("//@href | //@src") if "//" in link] == []
    assert {k: v for k, v in summary.statuses.items() if k != "no test"} == {
        "failed": 1,
        "not run": 1,
        "proved": 1,
    }
    assert summary.gaps == len(known()) - 2
    assert summary.line("x").startswith(f"1 of {len(known())} requirements proved, 1 failed, 1 not run")


def test_the_table_has_a_row_for_each_requirement_and_test(tmp_path):
    write_evidence(tmp_path, outcomes(**{"RAW-002": "passed"}))
    rows = (tmp_path / "evidence.csv").read_text("utf-8-sig").splitlines()
    (row,) = [one for one in rows if one.startswith("RAW-002")]
    assert row.endswith(",proved,tests/x.py::test[0],passed,yes")
    assert len(rows) == len(known()) + 1


def test_a_run_writes_what_its_tests_have_proved(tmp_path):
    test = "tests/bad/run/test_builds.py::test_rules_that_are_not_there"
    ended = run("--evidence", tmp_path, test)
    assert ended.returncode == 1, "most requirements have no test in this run"
    found = {
        one["id"]: one for one in json.loads((tmp_path / "evidence.json").read_text("utf-8"))["requirements"]
    }
    assert found["CLI-001"]["status"] == "proved"
    assert found["CLI-001"]["tests"] == [{"test": test, "result": "passed", "seen": True}]
    assert found["RAW-002"]["status"] == "no test"
    assert f"1 of {len(known())} requirements proved" in ended.stdout


def test_a_marker_of_no_requirement_is_an_error(tmp_path):
    path = tmp_path / "test_wrong.py"
    path.write_text("import pytest\n\n@pytest.mark.proves('TK-NONE-1')\ndef test_x():\n    pass\n", "utf-8")
    ended = run("--evidence", tmp_path / "out", "-p", "tests.evidence.plugin", path)
    assert ended.returncode != 0
    assert "proves what is no requirement: ['TK-NONE-1']" in ended.stdout + ended.stderr


def test_what_a_test_says_not_to_be_there_it_does_not_carry():
    import ast

    line = ast.parse("assert 'RAW-001' not in found and 'RAW-002' in found and code != 'RAW-003'").body[0]
    texts = [node.value for node in said(line) if isinstance(node, ast.Constant)]
    assert list(codes_of(texts)) == ["RAW-002"]


@pytest.mark.parametrize("below", ["", "within"])
def test_a_place_that_can_be_no_folder_is_refused_before_the_tests_run(below, tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(pytest.UsageError, match=r"--evidence .*no folder can be made there"):
        usable(tmp_path / "file" / below)
    usable(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()
