"""What the checks found, as JSON and as a page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from define.check.run import Checked
from trialkit.problems import Kind, Problem
from trialkit.reporting.html import render

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class Group:
    """The problems of one kind and level.

    >>> Group("error", Kind("DEFC-001", "t", "f"), ()).problems
    ()
    """

    level: str
    kind: Kind
    problems: tuple[Problem, ...]


def groups(checked: Checked) -> list[Group]:
    """Group the problems by level and kind, errors first.

    >>> groups(Checked("define.xml", (), ()))
    []
    """
    ordered = sorted(checked.problems, key=lambda one: (one.level != "error", one.kind.code))
    grouped = groupby(ordered, key=lambda one: (one.level, one.kind))
    return [Group(level, kind, tuple(found)) for (level, kind), found in grouped]


def check_json(checked: Checked) -> str:
    """Write what was found as JSON.

    >>> json.loads(check_json(Checked("define.xml", (), ())))["errors"]
    0
    """
    made = {
        "file": checked.file,
        "errors": checked.errors,
        "notes": checked.notes,
        "datasets": checked.datasets,
        "variables": checked.variables,
        "records": checked.records,
        "problems": [_entry(problem) for problem in checked.problems],
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _entry(problem: Problem) -> dict[str, Any]:
    where = problem.where
    entry = {
        "code": problem.kind.code,
        "level": problem.level,
        "what": problem.what,
        "advice": problem.advice,
        "file": where.file,
        "line": where.line,
        "xpath": where.field,
        "dataset": where.dataset,
        "variable": where.variable,
        "count": problem.count,
        "value": problem.value,
    }
    return {name: value for name, value in entry.items() if value}


def check_page(checked: Checked) -> str:
    """Write what was found as a page of one file.

    >>> "define.xml" in check_page(Checked("define.xml", (), ()))
    True
    """
    return render("check.html", folder=TEMPLATES, checked=checked, groups=groups(checked))
