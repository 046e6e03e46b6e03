"""What the toolkit's own checks found: in the reports of the build, and in define.xml looked at again."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trialkit.own import part_of
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.submission.findings import Finding, Level
from trialkit.submission.layout import DEFINE
from trialkit.submission.parts import BESIDE, Part, Parts

NO_REPORT = Kind(
    "CONF-001", "no report of the build that can be read", "Build the study again.", exit=Exit.SPEC
)
PROBLEMS = "problems.csv"
_SAME = ("code", "dataset", "variable", "what", "spec", "count")


def own_findings(parts: Parts) -> list[Finding]:
    """Read what the build found in its datasets.

    Raises:
        Refusal: CONF-001.

    >>> own_findings(Parts(Path("build")))
    []
    """
    missing = [part.name for part in parts.data() if not _report(parts, part).is_file()]
    if missing:
        raise Refusal([Problem(NO_REPORT, f"no {BESIDE[name][1]}/{PROBLEMS}") for name in missing])
    return [one for part in parts.data() for one in _read(part.name, _report(parts, part))]


def _read(part: str, path: Path) -> list[Finding]:
    try:
        return list(_of_report(part, path))
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        what = f"{BESIDE[part][1]}/{PROBLEMS} is damaged"
        raise Refusal([Problem(NO_REPORT, what)]) from error


def _report(parts: Parts, part: Part) -> Path:
    return parts.root / BESIDE[part.name][1] / PROBLEMS


def _of_report(part: str, path: Path) -> Iterator[Finding]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    left = {_key(row): int(row["count"]) for row in rows}
    listed = {key: sum(_key(row) == key for row in rows) for key in left}
    for row in rows:
        # a report lists the first thousand cells of a problem; its last line stands for all others
        key = _key(row)
        listed[key] -= 1
        count = 1 if listed[key] else left[key]
        left[key] -= 1
        yield _finding(part, row, max(1, count))


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in _SAME)


def _finding(part: str, row: Mapping[str, str], count: int) -> Finding:
    levels: dict[str, Level] = {"error": "error", "query": "query", "accepted": "accepted"}
    place = " ".join(one for one in (row["file"], f"line {row['line']}" if row["line"] else "") if one)
    behind = f" (raw: {place})" if place else ""
    return Finding(
        "trialkit",
        part,
        row["code"],
        levels[row["severity"]],
        row["dataset"],
        (row["variable"],) if row["variable"] else (),
        record=row["record"],
        subject=row["subject"],
        value=row["value"],
        what=row["what"],
        explained=f"{row['what'].rstrip('.')}{behind}; {row['fix']}",
        spec=row["spec"],
        count=count,
        reason=row["accepted"],
    )


def define_findings(parts: Parts) -> tuple[list[Finding], list[str]]:
    """Check each define.xml again, and say what could not be checked.

    >>> define_findings(Parts(Path("build")))
    ([], [])
    """
    found, notes = list[Finding](), list[str]()
    for part in parts.data():
        path = part.folder / DEFINE
        if not path.is_file():
            notes.append(f"define.xml of {part.name}: there is none (`trialkit define`)")
            continue
        checked = part_of("define", "check.run").check_define(path, part.folder)
        found += [_of_define(part.name, one) for one in checked.problems]
        notes += [f"define.xml of {part.name}: {note}" for note in checked.notes if "not " in note]
    return found, notes


def _of_define(part: str, problem: Any) -> Finding:
    where = problem.where
    return Finding(
        "define-check",
        part,
        problem.kind.code,
        "error" if problem.level == "error" else "query",
        where.dataset,
        (where.variable,) if where.variable else (),
        record=f"define.xml:{where.line}" if where.line else "",
        value=problem.value,
        what=problem.what,
        explained=f"{problem.what.rstrip('.')} (line {where.line} of define.xml); {problem.advice}",
        count=problem.count,
    )
