"""Skeletons of trial design: criteria, visits, arms and elements, as lines of tables of the study."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from sdtm.registry.criteria import criteria, numbered
from sdtm.registry.record import Record
from sdtm.registry.texts import LONGEST, plain, shortened

Row: TypeAlias = dict[str, str]

_UNIT = r"(day|week|month|year)s?"
_BEFORE = re.compile(rf"\b{_UNIT}\s*((?:\d+(?:\s*(?:,|and|&|/|;)\s*)*)+)", re.IGNORECASE)
_AFTER = re.compile(rf"\b(\d+)(?:st|nd|rd|th)?[\s-]*{_UNIT}\b", re.IGNORECASE)
_PERIOD = re.compile(
    r"up to|through|from |within|average|until|every|during|between|\bto\b|over ", re.IGNORECASE
)
DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}  # to put visits in order, not to plan them


def inclusion(record: Record) -> list[Row]:
    r"""Draft TI: numbered criteria with a text of at most 200 characters, and the whole text beside it.

    Source: SDTMIG 3.4, section 7.4, trial inclusion and exclusion criteria.

    >>> record = Record.model_construct(nct="NCT00000001", criteria="Inclusion Criteria:\n- Age 18")
    >>> [(row["IETESTCD"], row["IETEST"]) for row in inclusion(record)]
    [('INCL01', 'Age 18')]
    """
    source = f"{record.nct} {Record.field('criteria')}"
    rows = []
    for one, shown in zip(found := criteria(record.criteria), numbered(found), strict=True):
        open_points = [
            "write it in at most 200 characters" if len(one.text) > LONGEST else "",
            "is it for inclusion or exclusion: the record does not say" if not one.category else "",
            "write it in ASCII" if not one.text.isascii() else "",
        ]
        rows.append({
            "IETESTCD": shown.short_name,
            "IETEST": shortened(one.text),
            "IECAT": shown.category,
            "TIVERS": "1",
            "FULLTEXT": one.text if len(one.text) > LONGEST else "",
            "SOURCE": source,
            "DECIDE": "; ".join(point for point in open_points if point),
        })  # fmt: skip
    return rows


def times(frame: str) -> Iterator[tuple[str, int]]:
    """Give the points in time that a time frame names; a period such as "up to 4 weeks" names none.

    >>> list(times("baseline, week 0,week 24 and week 48")), list(times("up to 4 weeks"))
    ([('week', 0), ('week', 24), ('week', 48)], [])
    """
    if _PERIOD.search(frame):
        return
    for found in _BEFORE.finditer(frame):
        yield from ((found[1].lower(), int(number)) for number in re.findall(r"\d+", found[2]))
    for found in _AFTER.finditer(_BEFORE.sub(" ", frame)):
        yield found[2].lower(), int(found[1])


def visits(record: Record) -> list[Row]:
    """Draft TV: screening, and the points in time at which outcomes are measured.

    Weeks have the study day on which they begin; day 1 is that of the first treatment, and there is no
    day 0 (SDTMIG 3.4, section 4.4.4).

    >>> from sdtm.registry.record import Outcome
    >>> rows = visits(Record.model_construct(nct="NCT00000001", primary=(), secondary=(), other=(),
    ...     outcomes=(Outcome(timeFrame="week 0 and week 24"),)))
    >>> [(row["VISITNUM"], row["VISIT"], row["VISITDY"]) for row in rows]
    [('1', 'SCREENING', ''), ('2', 'WEEK 0', '1'), ('3', 'WEEK 24', '169')]
    """
    named = {point for one in record.measures() for point in times(one.frame)}
    based = any("baseline" in one.frame.lower() for one in record.measures())
    if based and not named & {("week", 0), ("day", 1), ("month", 0), ("day", 0)}:
        named.add(("week", 0))
    first = _visit("SCREENING", "", "Informed consent", "", "day and window of the visit")
    source = f"{record.nct} timeFrame"
    rows = [first]
    for unit, number in sorted(named, key=lambda point: (point[1] * DAYS[point[0]], point)):
        day = {"week": str(7 * number + 1), "day": str(number or 1)}.get(unit, "")
        start = f"{unit.capitalize()} {number} after" if number else "Day of"
        decide = "rule and window; are there visits between"
        rows.append(_visit(f"{unit.upper()} {number}", day, f"{start} the first treatment", source, decide))
    return [{"VISITNUM": str(number), **row} for number, row in enumerate(rows, 1)]


def _visit(name: str, day: str, rule: str, source: str, decide: str) -> Row:
    return {"VISIT": name, "VISITDY": day, "TVSTRL": rule, "TVENRL": "", "SOURCE": source, "DECIDE": decide}


def short_names(labels: list[str], longest: int) -> list[str]:
    """Make codes of labels: capital letters and digits, unique, at most so long.

    >>> short_names(["IL-2", "Placebo", "IL 2", "***"], 8)
    ['IL2', 'PLACEBO', 'IL23', 'ARM4']
    """
    made: list[str] = []
    for number, label in enumerate(labels, 1):
        code = re.sub(r"[^A-Z0-9]", "", plain(label).upper())[:longest] or f"ARM{number}"
        while code in made:
            code = code[: longest - len(str(number))] + str(number)
            number += len(labels)
        made.append(code)
    return made


def _labels(record: Record) -> list[str]:
    return [plain(arm.label) or f"Arm {number}" for number, arm in enumerate(record.arms, 1)] or ["Arm 1"]


def _elements(labels: list[str]) -> list[str]:
    """Give the short names of the arms' elements, none of which is that of screening or follow-up."""
    return short_names(["SCRN", "FU", *labels], 8)[2:]


def arms(record: Record) -> list[Row]:
    """Draft TA: for each arm screening, one element of treatment, and follow-up.

    >>> from sdtm.registry.record import Arm
    >>> rows = arms(Record.model_construct(nct="NCT00000001", arms=(Arm(label="IL-2"),), allocation="NA"))
    >>> [(row["ARMCD"], row["TAETORD"], row["ETCD"], row["EPOCH"]) for row in rows][1]
    ('IL2', '2', 'IL2', 'TREATMENT')
    """
    labels = _labels(record)
    verb = "Randomized" if record.allocation == "RANDOMIZED" else "Assigned"
    rows = []
    for label, code, element in zip(labels, short_names(labels, 20), _elements(labels), strict=True):
        steps = (
            ("SCRN", f"{verb} to {label}", "SCREENING"),
            (element, "", "TREATMENT"),
            ("FU", "", "FOLLOW-UP"),
        )
        for order, (etcd, branch, epoch) in enumerate(steps, 1):
            decide = "is the treatment one element, or several such as cycles and rest" if order == 2 else ""
            rows.append({
                "ARMCD": code, "ARM": label, "TAETORD": str(order), "ETCD": etcd,
                "TABRANCH": shortened(branch), "TATRANS": "", "EPOCH": epoch,
                "SOURCE": f"{record.nct} {Record.field('arms')}", "DECIDE": decide,
            })  # fmt: skip
    return rows


def elements(record: Record) -> list[Row]:
    """Draft TE: screening, the treatment of each arm, and follow-up.

    >>> from sdtm.registry.record import Arm
    >>> [row["ETCD"] for row in elements(Record.model_construct(nct="NCT00000001", arms=(Arm(label="A"),)))]
    ['SCRN', 'A', 'FU']
    """
    labels = _labels(record)
    treated = [
        (code, label, "First treatment", "Last treatment")
        for code, label in zip(_elements(labels), labels, strict=True)
    ]
    rows = [
        ("SCRN", "Screening", "Informed consent", "First treatment, or decision not to treat"),
        *treated,
        ("FU", "Follow-up", "Last treatment", "Last visit, withdrawal or death"),
    ]
    return [
        {
            "ETCD": etcd, "ELEMENT": element, "TESTRL": start, "TEENRL": end, "TEDUR": "",
            "SOURCE": f"{record.nct} {Record.field('arms')}",
            "DECIDE": "rules for start and end, and duration",
        }
        for etcd, element, start, end in rows
    ]  # fmt: skip
