"""Analysis windows: which days belong to which analysis visit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationInfo

from trialkit.column import Column
from trialkit.context import Context
from trialkit.load import Loading
from trialkit.model import Model
from trialkit.numerals import as_text, to_text
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.records import Records
from trialkit.rule import Names, Reference, Rule

BAD_WINDOWS = Kind(
    "ADAM-020",
    "the analysis windows are in doubt",
    "Correct their limits; days in no window are declared with `gaps: allow`.",
    exit=Exit.SPEC,
)

NEEDED = ("AVISIT", "AVISITN", "AWTARGET", "AWLO", "AWHI")
COLUMNS = (*NEEDED, "AWTDIFF", "AWU", "AWRANGE")


class Window(Model):
    """One analysis window: an analysis visit and its first, last and target day.

    >>> Window.model_validate({"visit": "Week 8", "number": 8, "target": 56, "from": 2, "to": 84}).sentence()
    'Week 8 (8) 2-84 (target 56)'
    """

    visit: str = Field(min_length=1, description="analysis visit (AVISIT)")
    number: float | None = Field(None, description="its number (AVISITN)")
    target: int | None = Field(None, description="target day (AWTARGET)")
    low: int | None = Field(None, alias="from", description="first day (AWLO); default: open")
    high: int | None = Field(None, alias="to", description="last day (AWHI); default: open")
    range: str = Field("", description="how the range is written (AWRANGE); default: from its limits")

    def sentence(self) -> str:
        """Say which days belong to it.

        >>> Window.model_validate({"visit": "Baseline", "to": 1}).sentence()
        'Baseline <=1'
        """
        number = "" if self.number is None else f" ({to_text(self.number)})"
        target = "" if self.target is None else f" (target {self.target})"
        return " ".join(filter(None, (f"{self.visit}{number}", self.days()))) + target

    def days(self) -> str:
        """Write the range of days.

        >>> Window.model_validate({"visit": "Week 24", "from": 141}).days()
        '>=141'
        """
        if self.range or (self.low is None and self.high is None):
            return self.range
        if self.low is None:
            return f"<={self.high}"
        return f">={self.low}" if self.high is None else f"{self.low}-{self.high}"


Windows: TypeAlias = list[Window] | Annotated[str, Names("table")]


def faults(windows: Sequence[Window], *, gaps: bool) -> Iterator[str]:
    """Say what is in doubt about windows: order, overlaps, gaps, targets, names that stand twice.

    Args:
        windows: in any order.
        gaps: days between windows are meant.

    >>> made = [{"visit": "A", "to": 1}, {"visit": "B", "from": 3}]
    >>> list(faults([Window.model_validate(one) for one in made], gaps=False))
    ["no window has the days between 'A' and 'B'"]
    """
    if not windows:
        yield "there are no windows"
    for one in windows:
        if _low(one) > _high(one):
            yield f"the window '{one.visit}' ends before it begins"
        elif one.target is not None and not _low(one) <= one.target <= _high(one):
            yield f"the target day of '{one.visit}' is not in its window"
    for name in ("visit", "number"):
        known = [value for one in windows if (value := getattr(one, name)) is not None]
        for value in sorted({value for value in known if known.count(value) > 1}):
            yield f"two windows have the {name} '{value if name == 'visit' else to_text(value)}'"
    for one, after in pairwise(sorted(windows, key=lambda one: (_low(one), _high(one)))):
        if _low(after) <= _high(one):
            yield f"the windows '{one.visit}' and '{after.visit}' overlap"
        elif not gaps and (_high(one), _low(after)) != (-1, 1) and _low(after) > _high(one) + 1:
            yield f"no window has the days between '{one.visit}' and '{after.visit}'"


def _low(one: Window) -> float:
    return -np.inf if one.low is None else one.low


def _high(one: Window) -> float:
    return np.inf if one.high is None else one.high


def check(rule: Rule, windows: Windows, info: ValidationInfo, *, gaps: bool) -> None:
    """Find what is in doubt about the windows of a rule while its spec is loaded; those of a table later.

    Raises:
        Refusal: ADAM-020 outside a loading.

    >>> check(Rule(), "WINDOWS", None, gaps=False)
    """
    said = [] if isinstance(windows, str) else list(faults(windows, gaps=gaps))
    if not said:
        return
    if not isinstance(info.context, Loading):
        raise Refusal([Problem(BAD_WINDOWS, what) for what in said])
    place = windows[0].place() if windows and not isinstance(windows, str) else rule.place()
    for what in said:
        info.context.add(BAD_WINDOWS, what, place)


def table_references(rule: Rule, windows: Windows) -> Iterator[Reference]:
    """Name the columns of a table of windows.

    >>> [one.column for one in table_references(Rule(), "WINDOWS")]
    ['AVISIT', 'AVISITN', 'AWTARGET', 'AWLO', 'AWHI']
    """
    if isinstance(windows, str):
        yield from (Reference(name, windows, rule.place("windows")) for name in NEEDED)


def listed(rule: Rule, windows: Windows, context: Context, *, gaps: bool = True) -> list[Window]:
    """Give the windows in the order of their days.

    Raises:
        Refusal: ADAM-020 for windows of a table that are in doubt.

    >>> from trialkit.samples import sample_context
    >>> listed(Rule(), [Window(visit="A")], sample_context(Records({}, 0)))[0].visit
    'A'
    """
    if isinstance(windows, str):
        made = list(_rows(rule, context.table(windows)))
        said = list(faults(made, gaps=gaps))
        if said:
            raise Refusal([Problem(BAD_WINDOWS, what, rule.place("windows")) for what in said])
        windows = made
    return sorted(windows, key=lambda one: (_low(one), _high(one)))


KEYS = {"visit": "AVISIT", "number": "AVISITN", "target": "AWTARGET", "from": "AWLO", "to": "AWHI"}


def _rows(rule: Rule, table: Records) -> Iterator[Window]:
    keys = {**KEYS, "range": "AWRANGE"}
    known = {
        key: as_text(table.columns[name]).objects() for key, name in keys.items() if name in table.columns
    }
    for row in range(table.count):
        given = {key: str(texts[row]) for key, texts in known.items() if texts[row] != ""}
        try:
            yield Window.model_validate(given)
        except ValueError as error:
            what = f"row {row + 1} of the table of windows is no window"
            raise Refusal([Problem(BAD_WINDOWS, what, rule.place("windows"))]) from error


def find(windows: Sequence[Window], day: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Find the window of each day, -1 for none.

    >>> made = [{"visit": "A", "to": 1}, {"visit": "B", "from": 3}]
    >>> find([Window.model_validate(one) for one in made], np.array([1, 2, 3, np.nan])).tolist()
    [0, -1, 1, -1]
    """
    lows, highs = np.array([_low(one) for one in windows]), np.array([_high(one) for one in windows])
    place = np.searchsorted(lows, day, side="right") - 1
    inside = (place >= 0) & ~np.isnan(day) & (np.floor(day) <= highs[place])
    return np.where(inside, place, -1).astype(np.int32)


def columns_of(windows: Sequence[Window], place: npt.NDArray[np.int32], unit: str) -> dict[str, Column]:
    """Give the columns of the windows that records are in, but for AWTDIFF; -1 for no window.

    >>> made = columns_of([Window(visit="A", number=1)], np.array([0, -1], np.int32), "DAYS")
    >>> made["AVISITN"].objects().tolist()
    [1.0, nan]
    """
    codes = np.where(place < 0, len(windows), place).astype(np.int32)
    texts = {"AVISIT": [one.visit for one in windows], "AWRANGE": [one.days() for one in windows]}
    texts["AWU"] = [unit] * len(windows)
    numbers = {"AVISITN": "number", "AWTARGET": "target", "AWLO": "low", "AWHI": "high"}
    made = {name: Column(np.array([*values, ""], object), codes).unified() for name, values in texts.items()}
    for name, field in numbers.items():
        values = [np.nan if (value := getattr(one, field)) is None else float(value) for one in windows]
        made[name] = Column(np.array([*values, np.nan]), codes).unified()
    return made


def apart(day: Column, target: Column, unit: str, *, signed: bool = False) -> Column:
    """Give the distance of days from their target; days are counted without a day 0.

    >>> apart(Column.numbers([-1, 60]), Column.numbers([1, 56]), "DAYS").objects().tolist()
    [1.0, 4.0]
    """
    left, right = (_counted(one, unit).objects() for one in (day, target))
    return Column.numbers(left - right if signed else np.abs(left - right))


def _counted(day: Column, unit: str) -> Column:
    """Count days from 0: day 1 is 0 and day -1 stays -1."""
    return Column(day.values - (day.values > 0), day.codes) if unit == "DAYS" else day
