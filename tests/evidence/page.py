"""The page of evidence: requirement by test by result, and the same as JSON and CSV; no clock in any."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

from tests.evidence.requirements import requirements
from trialkit.reporting.html import render
from trialkit.reporting.sheet import write_sheet

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAM = ("trialkit", "sdtm", "adam", "define", "tests")
STUDIES = ("specs/cdiscpilot01", "specs/nct04952155", "specs/schema")
HEADER = ("requirement", "part", "text", "status", "test", "result", "problem seen while it ran")
WORDS = {
    "proved": "proved",
    "failed": "failed",
    "not run": "not run",
    "not seen": "problem not seen",
    "no test": "no test",
}
LEVELS = {
    "proved": "balanced",
    "failed": "error",
    "not run": "query",
    "not seen": "error",
    "no test": "error",
}


@dataclass
class Outcome:
    """What came of one test."""

    test: str
    result: str = "passed"
    carries: tuple = ()
    raised: tuple = ()
    reason: str = ""

    def add(self, when, outcome, said):
        """Take in the report of one phase: what failed in any phase has failed."""
        if outcome == "failed" or (outcome == "skipped" and self.result != "failed"):
            self.result = outcome
        self.carries = tuple(said.get("carries", self.carries))
        self.raised = tuple(said.get("raised", self.raised)) if when == "teardown" else self.raised


@dataclass
class Line:
    """A requirement with the tests that carry it."""

    requirement: object
    tests: list
    seen: bool

    @property
    def status(self):
        """Say what the tests make of the requirement.

        A problem code is proved only when the toolkit has found such a problem in this very run:
        by the tests that carry it, or, where these look at a build made for several tests, by another.
        """
        results = {one.result for one in self.tests}
        if not self.tests:
            return "no test"
        if "failed" in results:
            return "failed"
        if "passed" not in results:
            return "not run"
        return "proved" if self.seen else "not seen"

    def saw(self, test):
        """Say whether a problem of this code was found while a test ran."""
        return self.requirement.id in test.raised


@dataclass
class Summary:
    """Counts of a run, for its last line and its exit code."""

    statuses: Counter
    results: Counter
    gaps: int = field(init=False)

    def __post_init__(self):
        self.gaps = sum(self.statuses[name] for name in ("failed", "not seen", "no test"))

    def line(self, folder):
        """Write the line that ends ``make validate``."""
        requirements_, tests = sum(self.statuses.values()), sum(self.results.values())
        parts = [f"{self.statuses['proved']:,} of {requirements_:,} requirements proved"]
        parts += [f"{n:,} {WORDS[name]}" for name in WORDS if name != "proved" and (n := self.statuses[name])]
        ran = ", ".join(f"{n:,} {name}" for name, n in sorted(self.results.items()))
        return f"{', '.join(parts)}; {tests:,} tests: {ran}; see {folder}/index.html"


def write_evidence(folder, outcomes):
    """Write index.html, evidence.json and evidence.csv into a folder; give the summary."""
    outcomes = sorted(outcomes, key=lambda one: one.test)
    lines = list(lines_of(outcomes))
    summary = Summary(Counter(one.status for one in lines), Counter(one.result for one in outcomes))
    folder.mkdir(parents=True, exist_ok=True)
    write_sheet(folder / "evidence.csv", HEADER, rows_of(lines))
    facts = facts_of()
    (folder / "evidence.json").write_text(json_of(lines, outcomes, facts), "utf-8", newline="\n")
    (folder / "index.html").write_text(page_of(lines, outcomes, summary, facts), "utf-8", newline="\n")
    return summary


def lines_of(outcomes):
    """Give each requirement with its tests."""
    seen = {code for one in outcomes for code in one.raised}
    for requirement in requirements():
        tests = [one for one in outcomes if requirement.id in one.carries]
        yield Line(requirement, tests, not requirement.code or requirement.id in seen)


def rows_of(lines):
    """Give the rows of the table: one for each requirement and test."""
    for line in lines:
        own = (line.requirement.id, line.requirement.part, line.requirement.text, line.status)
        for test in line.tests:
            yield (*own, test.test, test.result, "yes" if line.saw(test) else "")
        if not line.tests:
            yield (*own, "", "", "")


def json_of(lines, outcomes, facts):
    """Give all of it as JSON."""
    made = {
        "facts": facts,
        "requirements": [
            {
                "id": line.requirement.id,
                "part": line.requirement.part,
                "text": line.requirement.text,
                "status": line.status,
                "tests": [
                    {"test": one.test, "result": one.result, "seen": line.saw(one)} for one in line.tests
                ],
            }
            for line in lines
        ],
        "skipped": {one.test: one.reason for one in outcomes if one.result == "skipped"},
    }
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def page_of(lines, outcomes, summary, facts):
    """Give the page."""
    parts = {}
    for line in lines:
        group = SimpleNamespace(
            line=line, own=line.requirement, status=line.status, modules=modules_of(line.tests)
        )
        parts.setdefault(line.requirement.part, []).append(group)
    skipped = [one for one in outcomes if one.result == "skipped"]
    counts = {name: Counter(one.status for one in groups) for name, groups in parts.items()}
    values = {"parts": parts, "counts": counts, "summary": summary, "facts": facts, "skipped": skipped}
    return render("evidence.html", folder=HERE, words=WORDS, levels=LEVELS, **values)


def modules_of(tests):
    """Give tests by the file they stand in."""
    found = {}
    for one in tests:
        module, _, name = one.test.partition("::")
        found.setdefault(module, []).append((name, one))
    return found


def facts_of():
    """Say what was tested, and with what: versions, and a hash of program, tests and studies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.match(r"[\w.-]+", one)[0] for one in project["dependencies"]]
    return {
        "trialkit": version("trialkit"),
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "SHA-256 of program, tests and studies": sources_hash(),
        **{name: version(name) for name in sorted(names)},
    }


def sources_hash():
    """Give one hash of all files that are tested, by their paths and bytes."""
    digest = hashlib.sha256()
    for folder in (*PROGRAM, *STUDIES):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(ROOT).as_posix()}\n".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
