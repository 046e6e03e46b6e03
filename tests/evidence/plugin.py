"""Collects for each test which requirements it carries and what came of it, and writes the page of evidence.

``--evidence FOLDER`` writes the page; ``--carried FILE`` writes only which tests carry what, as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.evidence.carried import carried
from tests.evidence.page import Outcome, write_evidence
from tests.evidence.requirements import known
from trialkit.problems import Problem

COLLECTED = pytest.StashKey()
RAISED = set()


def pytest_addoption(parser):
    group = parser.getgroup("evidence")
    group.addoption("--evidence", metavar="FOLDER", help="write which test proves what into FOLDER")
    group.addoption("--carried", metavar="FILE", help="write the ids that tests carry into FILE")


def pytest_configure(config):
    if config.getoption("--evidence"):
        usable(Path(config.getoption("--evidence")))
        config.pluginmanager.register(Recorder(config), "evidence-recorder")


def usable(folder):
    """Make the folder of the page before the tests run, not after an hour of them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = f"--evidence {folder}: no folder can be made there"
        raise pytest.UsageError(f"{said} ({error.strerror})") from None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    config.stash[COLLECTED] = list(items)
    if config.getoption("--carried"):
        text = json.dumps(carriers(items), indent=1, sort_keys=True)
        Path(config.getoption("--carried")).write_text(text, "utf-8")


def carriers(items):
    """Give for each id the tests of the fast suite that carry it."""
    found = {}
    for item in items:
        if not any(item.get_closest_marker(name) for name in ("slow", "browser")):
            for name in carried(item, known()):
                found.setdefault(name, []).append(item.nodeid)
    return found


def watch(problem, *args, **kwargs):
    """Note the code of each problem while it is made."""
    MADE(problem, *args, **kwargs)
    if problem.kind is not None:  # tests of problems as such need no kind
        RAISED.add(problem.kind.code)


MADE = Problem.__init__


class Recorder:
    """What came of each test; under xdist the workers fill the reports, and the main process writes."""

    def __init__(self, config):
        self.config, self.found = config, {}
        known()  # what has to be proved is that of the start of the run
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(Problem, "__init__", watch)

    def pytest_unconfigure(self):
        self.patch.undo()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items):
        for item in items:
            item.user_properties.append(("carries", list(carried(item, known()))))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        if call.when == "teardown":
            item.user_properties.append(("raised", sorted(RAISED)))
            RAISED.clear()
        return (yield)

    def pytest_runtest_logreport(self, report):
        if hasattr(self.config, "workerinput"):
            return
        one = self.found.setdefault(report.nodeid, Outcome(report.nodeid))
        one.add(report.when, report.outcome, dict(report.user_properties))
        if report.skipped and isinstance(report.longrepr, tuple):
            one.reason = report.longrepr[2].removeprefix("Skipped: ")

    def pytest_sessionfinish(self, session):
        if hasattr(self.config, "workerinput") or self.config.option.collectonly:
            return
        self.summary = write_evidence(Path(self.config.getoption("--evidence")), self.found.values())
        if session.exitstatus == pytest.ExitCode.OK and self.summary.gaps:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        if hasattr(self, "summary"):
            terminalreporter.write_line(self.summary.line(self.config.getoption("--evidence")))
