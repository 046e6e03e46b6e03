"""The analysis results dataset (ARD): one statistic in a row, with what it is of."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adam.analysis.method import Statistic
from adam.analysis.spec import Analysis, Display
from trialkit.numerals import to_text
from trialkit.reporting.sheet import write_sheet

HEADER = (
    "display", "analysis", "dataset", "where", "variable", "method", "group1", "group1_level",
    "group2", "group2_level", "group3", "group3_level", "statistic", "label", "value", "text", "reason",
)  # fmt: skip
DIGITS = 10
GROUPS = 3


@dataclass(frozen=True, slots=True)
class Group:
    """The results of one group of records of an analysis.

    >>> Group({"APERIOD": "1"}, [], 13).levels
    {'APERIOD': '1'}
    """

    levels: dict[str, str]
    statistics: list[Statistic]
    records: int


@dataclass(frozen=True, slots=True)
class Computed:
    """An analysis and its results.

    >>> Computed(None, None, []).groups
    []
    """

    display: Display
    analysis: Analysis
    groups: list[Group]


def significant(value: float) -> float:
    """Round a result to 10 significant digits, so that the last bits of a machine don't show.

    >>> significant(1 / 3), significant(0.0)
    (0.3333333333, 0.0)
    """
    if value == 0 or not math.isfinite(value):
        return float(value)
    return float(round(value, DIGITS - 1 - math.floor(math.log10(abs(value)))))


def rows(results: Sequence[Computed]) -> Iterator[tuple[str, ...]]:
    """Give the rows of the dataset, one for each statistic.

    >>> list(rows([]))
    []
    """
    for one in results:
        analysis = one.analysis
        where = analysis.where.text if analysis.where else ""
        head = (
            one.display.display,
            analysis.id,
            analysis.dataset,
            where,
            variable(analysis),
            analysis.method.key(),
        )
        for group in one.groups:
            levels = [part for pair in group.levels.items() for part in pair]
            levels += [""] * (2 * GROUPS - len(levels))
            for made in group.statistics:
                value = "" if math.isnan(made.value) else to_text(significant(made.value))
                yield (*head, *levels, made.name, made.label, value, made.shown, made.reason)


def variable(analysis: Analysis) -> str:
    """Name the variable that is analysed.

    >>> from adam.methods.describe import Describe
    >>> from types import SimpleNamespace
    >>> variable(SimpleNamespace(method=Describe(of="CHG")))
    'CHG'
    """
    return str(getattr(analysis.method, "of", ""))


def as_json(results: Sequence[Computed]) -> list[dict[str, Any]]:
    """Give the same as plain data, by analysis.

    >>> as_json([])
    []
    """
    return [
        {
            "display": one.display.display,
            "analysis": one.analysis.id,
            "title": one.analysis.title,
            "dataset": one.analysis.dataset,
            "where": one.analysis.where.text if one.analysis.where else "",
            "variable": variable(one.analysis),
            "method": {"name": one.analysis.method.key(), "description": one.analysis.method.sentence()},
            "population": one.analysis.population,
            "reason": one.analysis.reason,
            "purpose": one.analysis.purpose,
            "results": [
                {
                    "groups": group.levels,
                    "records": group.records,
                    "statistics": list(map(_plain, group.statistics)),
                }
                for group in one.groups
            ],
        }
        for one in results
    ]


def _plain(made: Statistic) -> dict[str, Any]:
    value = None if math.isnan(made.value) else significant(made.value)
    plain = {"name": made.name, "label": made.label, "value": value, "text": made.shown}
    return {**plain, "reason": made.reason} if made.reason else plain


def write_ard(folder: Path, results: Sequence[Computed]) -> None:
    """Write ard.csv and ard.json; the same bytes for the same results.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_ard(folder, [])
    >>> sorted(path.name for path in folder.iterdir())
    ['ard.csv', 'ard.json']
    """
    write_sheet(folder / "ard.csv", HEADER, rows(results))
    text = json.dumps(as_json(results), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / "ard.json").write_text(text + "\n", encoding="utf-8", newline="\n")
