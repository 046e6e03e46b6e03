"""The page of the analyses: tables and figures in one file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from adam.analysis.ard import Computed
from adam.analysis.spec import Display, Figure
from trialkit.reporting.html import render
from trialkit.spec import StudySpec

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
WIDE = 4  # more groups than this stand below each other


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure and its picture.

    >>> Drawn(None, None, b"<svg/>", "13 subjects.").data
    'data:image/svg+xml;base64,PHN2Zy8+'
    """

    display: Display
    figure: Figure
    picture: bytes
    said: str

    @property
    def data(self) -> str:
        """Give the picture as an address that needs no other file.

        >>> Drawn(None, None, b"", "").data
        'data:image/svg+xml;base64,'
        """
        return f"data:image/svg+xml;base64,{base64.b64encode(self.picture).decode()}"


@dataclass(frozen=True, slots=True)
class Grid:
    """The table of an analysis: its head, its rows of texts, and notes below.

    >>> Grid(("", "Mean"), [("1", "3.2")], []).rows
    [('1', '3.2')]
    """

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: list[str]


def grid(one: Computed) -> Grid:
    """Lay the results of an analysis out: few groups side by side, many below each other.

    >>> from adam.analysis.ard import Group
    >>> from adam.analysis.method import Statistic
    >>> from types import SimpleNamespace
    >>> made = Computed(None, SimpleNamespace(method=SimpleNamespace(shown=())), [
    ...     Group({}, [Statistic("N", "n", 3, 0)], 3)])
    >>> grid(made).rows
    [('n', '3')]
    """
    wanted = one.analysis.method.shown
    groups = [
        (
            ", ".join(group.levels.values()),
            [made for made in group.statistics if not wanted or made.name in wanted],
        )
        for group in one.groups
    ]
    labels = list(dict.fromkeys(made.label for _, statistics in groups for made in statistics))
    cells = [{made.label: made.shown for made in statistics} for _, statistics in groups]
    names = [name for name, _ in groups]
    reasons = {
        f"{f'{name}: ' if name else ''}{made.label}: {made.reason}"
        for name, statistics in groups
        for made in statistics
        if made.reason
    }
    if len(groups) <= WIDE:
        rows = [(label, *(cell.get(label, "") for cell in cells)) for label in labels]
        return Grid(("", *names), rows, sorted(reasons))
    rows = [
        (name, *(cell.get(label, "") for label in labels)) for name, cell in zip(names, cells, strict=True)
    ]
    return Grid(("", *labels), rows, sorted(reasons))


def analysis_page(study: StudySpec, results: Sequence[Computed], figures: Sequence[Drawn]) -> str:
    """Make analysis.html.

    >>> spec = StudySpec.model_validate({"study": "S1", "created": "2024-01-31", "sources": {}})
    >>> "S1" in analysis_page(spec, [], [])
    True
    """
    shown = [*(one.display for one in results), *(one.display for one in figures)]
    displays = {one.display: one for one in shown}
    parts = [
        (
            display,
            [(one, grid(one)) for one in results if one.display is display],
            [one for one in figures if one.display is display],
        )
        for display in displays.values()
    ]
    return render("analysis.html", folder=TEMPLATES, study=study, toolkit=version("trialkit"), parts=parts)
