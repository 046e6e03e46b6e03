"""The list of findings as a page, a workbook and JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from trialkit.reporting.html import render
from trialkit.reporting.sheet import TEXT_ONLY
from trialkit.submission.findings import LEVELS, Finding

if TYPE_CHECKING:
    from trialkit.submission.conformance import Conformance

MOST_SHOWN = 200
WORDS = {"error": "finding", "query": "data query", "accepted": "accepted"}
COLUMNS = {
    **{
        "level": 12,
        "tool": 13,
        "part": 7,
        "check": 14,
        "dataset": 10,
        "variable": 22,
        "row": 7,
        "record": 24,
    },
    **{"subject": 20, "value": 32, "what": 48, "explained": 60, "spec": 24, "count": 7, "reason": 48},
}
WIDEST = 32_000  # a cell of a workbook takes 32,767 characters


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one check and level.

    >>> Group("error", "C-1", "CDISC CORE", "Bad.", 0, ()).hidden
    0
    """

    level: str
    check: str
    tool: str
    title: str
    count: int
    datasets: tuple[tuple[str, tuple[Finding, ...]], ...]

    @property
    def hidden(self) -> int:
        """Count the findings that the page does not list.

        >>> Group("error", "C-1", "CDISC CORE", "Bad.", 0, (("AE", ()),)).hidden
        0
        """
        return sum(max(0, len(found) - MOST_SHOWN) for _, found in self.datasets)


def groups(findings: Iterable[Finding]) -> list[Group]:
    """Group findings by level and check, and within by dataset.

    >>> groups([Finding("CDISC CORE", "sdtm", "CORE-1", "error", "AE", what="Bad.")])[0].count
    1
    """
    made = []
    ranked = sorted(findings, key=lambda one: (LEVELS.index(one.level), one.check, one.part, one.dataset))
    for (level, check), members in groupby(ranked, key=lambda one: (one.level, one.check)):
        mine = list(members)
        by_dataset = groupby(mine, key=lambda one: one.dataset)
        datasets = tuple((name, tuple(found)) for name, found in by_dataset)
        title, count = min(one.what for one in mine), sum(one.count for one in mine)
        made.append(Group(level, check, mine[0].tool, title, count, datasets))
    return made


def write_conformance(folder: Path, made: Conformance) -> None:
    """Write conformance.html, conformance.xlsx and conformance.json, the same bytes for the same findings.

    >>> import tempfile
    >>> from trialkit.spec import StudySpec
    >>> from trialkit.submission.conformance import Conformance
    >>> study = StudySpec.model_validate({"study": "S1", "created": "2024-01-31", "sources": {}})
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_conformance(folder, Conformance(study, ()))
    >>> sorted(path.name for path in folder.iterdir())
    ['conformance.html', 'conformance.json', 'conformance.xlsx']
    """
    page = render(
        "conformance.html",
        made=made,
        groups=groups(made.findings),
        names=sorted({one.dataset for one in made.findings} - {""}),
        counts={level: made.count(level) for level in LEVELS},
        words=WORDS,
        most=MOST_SHOWN,
    )
    (folder / "conformance.html").write_text(page, encoding="utf-8", newline="\n")
    (folder / "conformance.json").write_text(_json(made), encoding="utf-8", newline="\n")
    (folder / "conformance.xlsx").write_bytes(_workbook(made))


def _json(made: Conformance) -> str:
    said = {
        "study": made.study.study,
        "builds": dict(made.builds),
        "counts": {level: made.count(level) for level in LEVELS},
        "checked": made.ran,
        "not_checked": made.not_checked,
        "findings": [row(one) for one in made.findings],
    }
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def row(finding: Finding) -> dict[str, str | int]:
    """Give a finding as a row.

    >>> row(Finding("CDISC CORE", "sdtm", "CORE-1", "error", "AE", ("EPOCH",)))["variable"]
    'EPOCH'
    """
    return {name: getattr(finding, name) or "" for name in COLUMNS}


def _workbook(made: Conformance) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, TEXT_ONLY) as book:
        created = made.study.created.replace(tzinfo=None)
        book.set_properties({"title": f"Conformance of {made.study.study}", "created": created})
        _findings(book, made.findings)
        _about(book, made)
    return target.getvalue()


def _findings(book: Any, findings: Iterable[Finding]) -> None:
    sheet, rows = book.add_worksheet("Findings"), [row(one) for one in findings]
    head = book.add_format({"bold": True, "bg_color": "#D9E1F2", "valign": "top"})
    cell = book.add_format({"valign": "top", "text_wrap": True})
    for place, (name, width) in enumerate(COLUMNS.items()):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, name, head)
        for number, values in enumerate(rows, 1):
            value = values[name]
            if isinstance(value, int):
                sheet.write_number(number, place, value, cell)
            else:
                sheet.write_string(number, place, value[:WIDEST], cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(COLUMNS) - 1)


def _about(book: Any, made: Conformance) -> None:
    sheet, bold = book.add_worksheet("Checked"), book.add_format({"bold": True})
    sheet.set_column(0, 0, 120)
    lines = [(bold, "Checked"), *((None, text) for text in made.ran)]
    lines += [(bold, "Not checked"), *((None, text) for text in made.not_checked)]
    for number, (style, text) in enumerate(lines):
        sheet.write_string(number, 0, text, style)
