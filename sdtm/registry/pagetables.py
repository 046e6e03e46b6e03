"""The tables and lists of a registry page: conditions, arms and interventions, outcome measures."""

from __future__ import annotations

import re
from typing import Any

from sdtm.registry.texts import enumeration

Tree = dict[str, Any]

_CONDITIONS = re.compile(r"\s*\|?\s*Condition or disease\s*\|", re.IGNORECASE)
_ARMS = re.compile(r"\s*\|?\s*Arm(?:\s+Group/Cohort)?s?\s*\|\s*Intervention", re.IGNORECASE)
_GROUPS = re.compile(r"\s*\|?\s*Group/Cohort\s*\|\s*Intervention", re.IGNORECASE)
_MEASURE = re.compile(r"\s*(?:[-*•]|\d+\.)?\s*(.+?)\s*\[\s*Time Frame:\s*(.*?)\s*\]\s*(.*)", re.IGNORECASE)
_LEVEL = re.compile(r"\W*(primary|secondary|other)(?: pre-specified)? outcome", re.IGNORECASE)
_END = re.compile(
    r"\s*(?:[-*]|Study Type\b|.*Outcome Measures?\b|Ages Eligible|Inclusion Criteria|Eligibility)"
)
_GIVEN = re.compile(
    r"(Drug|Biological|Device|Procedure|Radiation|Behavioral|Genetic|Dietary Supplement|"
    r"Combination Product|Diagnostic Test|Other): (\S.*)"
)
_ARM = re.compile(
    r"(Experimental|Active Comparator|Placebo Comparator|Sham Comparator|No Intervention|Other): (\S.*)"
)
LEVELS = {"primary": "primaryOutcomes", "secondary": "secondaryOutcomes", "other": "otherOutcomes"}
UNSAID = "outcomes"


def _cells(lines: list[str], header: re.Pattern[str]) -> list[list[str]]:
    """Give the cells below a table's header, each with its lines, up to the end of the table."""
    start = next((at for at, line in enumerate(lines) if header.match(line)), None)
    if start is None:
        return []
    body = []
    for line in lines[start + 1 :]:
        if _END.match(line) and "|" not in line:
            break
        body.append("" if re.fullmatch(r"[\s|:-]+", line) and "-" in line else line)
    cells = "\n".join(body).split("|")
    return [found for cell in cells if (found := [one.strip() for one in cell.splitlines() if one.strip()])]


def conditions(lines: list[str]) -> tuple[list[str], str]:
    """Give the conditions and the phase of the first table of a page.

    >>> conditions(["Condition or disease | Intervention/treatment | Phase |", "A | Drug: X | Phase 2 |"])
    (['A'], 'Phase 2')
    """
    start = next((at for at, line in enumerate(lines) if _CONDITIONS.match(line)), len(lines))
    after = [at for at, line in enumerate(lines) if at > start and line.strip().startswith("Study Type")]
    cells = _cells(lines[: after[0] if after else None], _CONDITIONS)
    phase = cells[2][0] if len(cells) > 2 else ""
    phased = re.search("phase|applic|n/a", phase, re.IGNORECASE)
    return (cells[0] if cells else []), phase if phased else ""


def arms_and_interventions(lines: list[str]) -> tuple[list[Tree], list[Tree]]:
    """Give the arms and the interventions of a page's table of both.

    >>> arms, given = arms_and_interventions(["Arm | Intervention/treatment |", "---|---|",
    ...     "Experimental: New", "Daily.", "|", "Drug: X", "Tablet.", "|"])
    >>> arms[0]["label"], arms[0]["interventionNames"], given[0]["description"]
    ('New', ['Drug: X'], 'Tablet.')
    """
    cells = _cells(lines, _ARMS) or _cells(lines, _GROUPS)
    arms: list[Tree] = []
    given: dict[str, Tree] = {}
    for cell in cells:
        found = [] if not arms else _interventions(cell)
        if found:
            arms[-1]["interventionNames"] = [f"{one['kind']}: {one['name']}" for one in found]
        else:
            arms.append(_arm(cell))
        for one in found:
            known = given.setdefault(f"{one.pop('kind')}: {one['name']}", {**one, "armGroupLabels": []})
            known["armGroupLabels"].append(arms[-1]["label"])
    return arms, list(given.values())


def _arm(cell: list[str]) -> Tree:
    found = _ARM.fullmatch(cell[0])
    kind, label = (enumeration(found[1]), found[2]) if found else ("", cell[0])
    return {"type": kind, "label": label, "description": " ".join(cell[1:])}


def _interventions(cell: list[str]) -> list[Tree]:
    found: list[Tree] = []
    for line in cell:
        if named := _GIVEN.fullmatch(line):
            kind = enumeration(named[1])
            found.append({"kind": named[1], "type": kind, "name": named[2], "description": ""})
        elif found and not line.startswith("Other Name"):
            found[-1]["description"] = f"{found[-1]['description']} {line}".strip()
    return found


def outcomes(lines: list[str]) -> dict[str, list[Tree]]:
    """Give the outcome measures of a page by level; ``outcomes`` are those of which it does not say it.

    >>> outcomes(["Primary Outcome Measures :", "- Pain [ Time Frame: week 4 ]Mean of 7 days"])
    {'primaryOutcomes': [{'measure': 'Pain', 'timeFrame': 'week 4', 'description': 'Mean of 7 days'}]}
    """
    level, made = UNSAID, dict[str, list[Tree]]()
    for number, line in enumerate(lines):
        found, heading = _MEASURE.fullmatch(line), _LEVEL.match(line)
        if found:
            said = found[3] or _below(lines[number + 1 : number + 2])
            one = {"measure": found[1], "timeFrame": found[2], "description": said}
            made.setdefault(level, []).append(one)
        elif heading:
            level = LEVELS[heading[1].lower()]
    return made


def _below(lines: list[str]) -> str:
    """Give the line below a measure where it goes on with it."""
    line = lines[0].strip() if lines else ""
    other = re.match(r"[-*•]|\d+\.", line) or _MEASURE.fullmatch(line) or _LEVEL.match(line) or "|" in line
    return "" if other else line
