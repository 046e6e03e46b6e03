"""Visits: from a name, a number or a study day, by the schedule; and numbers of unscheduled visits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field, field_validator

from sdtm.rules.latest import latest
from trialkit.codelist import folded
from trialkit.column import Column, combine
from trialkit.context import Context
from trialkit.dates import day_numbers
from trialkit.match import order_by, runs
from trialkit.numerals import as_text, to_number, to_text
from trialkit.problems import Exit, Kind, Place, Problem, Refusal
from trialkit.raw.table import RawTable
from trialkit.records import NONE
from trialkit.rule import Reference, Value, VariableRule
from trialkit.rules.evaluate import Invalid, as_number, missing_like, severity_of, to_numbers, to_texts
from trialkit.steps import Pairs

BAD_SCHEDULE = Kind(
    "SDTM-002", "the schedule of visits is in doubt", "Correct the table of visits.", exit=Exit.SPEC
)
UNKNOWN_VISIT = Kind(
    "SDTM-003",
    "unknown visit",
    "Add it to the table of visits as a name of its visit, or give its pattern under `unscheduled`.",
)
TOO_MANY = Kind("SDTM-004", "more unscheduled visits than numbers", "Make `step` smaller.")

NUMBER = "{n}"


class Planned(NamedTuple):
    """One planned visit: its number, name, study day, window and other names.

    >>> Planned(3.0, "BASELINE", 1.0, 1.0, 1.0, ("Day 1",)).visit
    'BASELINE'
    """

    number: float
    visit: str
    day: float
    low: float
    high: float
    names: tuple[str, ...]


class Found(NamedTuple):
    """What is known of a visit.

    >>> Found(4.1, "UNSCHEDULED 4.1").day
    nan
    """

    number: float = np.nan
    visit: str = ""
    day: float = np.nan
    row: int = -1


class Visit(VariableRule):
    """{give} of the visit {visit}, by {by} in {schedule}[; unscheduled visits are {unscheduled}].

    The schedule is a table with columns VISITNUM and VISIT, and where needed VISITDY, NAMES (other names
    of the visit, with semicolons between) and LOW and HIGH (first and last study day of its
    window). Names are compared without regard to case, width and repeated blanks. ``by: day`` takes a
    study day and finds the window it is in.

    An unscheduled visit has a pattern with ``{n}`` for its number, such as "Unscheduled {n}": its VISITNUM is
    the number, its VISIT the pattern in upper case (or the text that the pattern is mapped to) with
    the number, its VISITDY missing (SDTMIG 3.4, section 5.5). A blank gives a missing value.

    >>> Visit(visit="INSTANCE", give="VISITNUM").sentence()
    'VISITNUM of the visit INSTANCE, by name in visits.'
    """

    origin = "Assigned"

    value: Value = Field(alias="visit", description="name, number or study day")
    give: Literal["VISITNUM", "VISIT", "VISITDY"] = Field(description="what of the visit")
    by: Literal["name", "number", "day"] = Field("name", description="what `visit` holds")
    schedule: str = Field("visits", description="table of planned visits")
    unscheduled: Pairs = Field({}, description="patterns of unscheduled visits, with {n} for the number")
    unknown: Invalid = Field("error", description="a visit that is not in the schedule")

    example: ClassVar[str] = """\
VISITNUM: {visit: INSTANCE, give: VISITNUM, unscheduled: "Unscheduled {n}"}
VISIT: {visit: VISITNO, give: VISIT, by: number}
VISITDY: {visit: {study_day: LBDTC}, give: VISITDY, by: day, unknown: missing}
"""

    def references(self) -> Iterator[Reference]:
        """Name the column and those of the schedule.

        >>> [one.column for one in Visit(visit="V", give="VISIT", by="day").references()]
        ['V', 'VISITNUM', 'VISIT', 'LOW', 'HIGH']
        """
        yield from super().references()
        names = ["VISITNUM", "VISIT", *(["LOW", "HIGH"] if self.by == "day" else [])]
        names += ["VISITDY"] if self.give == "VISITDY" else []
        unsaid = "" if "schedule" in self.model_fields_set else "schedule"
        for name in names:
            yield Reference(name, self.schedule, self.place("schedule"), default=unsaid)

    def sentence(self) -> str:
        """Write the number of an unscheduled visit without braces.

        >>> Visit(visit="V", give="VISIT", unscheduled="Unscheduled {n}").sentence()
        'VISIT of the visit V, by name in visits; unscheduled visits are Unscheduled n.'
        """
        return super().sentence().replace(NUMBER, "n")

    @field_validator("unscheduled")
    @classmethod
    def _numbered(cls, patterns: dict[str, str]) -> dict[str, str]:
        if bare := next((one for one in patterns if NUMBER not in one), ""):
            raise ValueError(f"'{bare}' has no {NUMBER} where the number of the visit stands")
        return patterns

    def ready(self, context: Context) -> None:
        """Check a schedule that is a table of the study.

        Raises:
            Refusal: SDTM-002.

        >>> from trialkit.records import Records
        >>> from trialkit.samples import sample_context
        >>> Visit(visit="V", give="VISIT").ready(sample_context(Records({}, 0)))
        """
        table = context.store.tables.get(self.schedule)
        if table is not None and {"VISITNUM", "VISIT"} <= set(table.columns):
            self._planned(context)

    def apply(self, context: Context) -> Column:
        """Find the visits; keeps the row of the schedule.

        Raises:
            Refusal: SDTM-002 when a number or name stands twice in the schedule, a number is none, or
                windows overlap.

        >>> from trialkit.records import Records
        >>> from trialkit.samples import sample_store
        >>> columns = {"VISITNUM": Column.text(["3"]), "VISIT": Column.text(["BASELINE"])}
        >>> store = sample_store(visits=Records.start("visits", columns, 1))
        >>> records = Records.start("LB", {"V": Column.text(["Baseline"])}, 1)
        >>> Visit(visit="V", give="VISITNUM").apply(Context(store, "LB", records)).objects().tolist()
        [3.0]
        """
        planned = self._planned(context)
        given = context.value(self.value)
        found = {value: self._find(value, planned) for value in given.distinct().values.tolist()}
        unknown = given.where(lambda value: found.get(value, Found()) is None)
        if self.unknown != "missing":
            what = f"a visit is not in {self.schedule}"
            context.report(UNKNOWN_VISIT, what, unknown, given, self, severity=severity_of(self.unknown))
        small = given.distinct()
        rows = [(found.get(value) or Found()).row for value in small.values.tolist()]
        context.witness(self.schedule, np.array(rows, np.int32)[small.codes])
        take = partial(_part, {value: one or Found() for value, one in found.items()}, self.give)
        return to_texts(given, take) if self.give == "VISIT" else to_numbers(given, take)

    def _find(self, value: Any, planned: list[Planned]) -> Found | None:
        """Find a visit; None when it is unknown."""
        text = value if isinstance(value, str) else to_text(value)
        if not text:
            return Found()
        number = to_number(text)
        tests: dict[str, Callable[[Planned], bool]] = {
            "name": lambda one: folded(text) in one.names,
            "number": lambda one: one.number == number,
            "day": lambda one: one.low <= number <= one.high,
        }
        for row, one in enumerate(planned):
            if tests[self.by](one):
                return Found(one.number, one.visit, one.day, row)
        return self._find_unscheduled(text)

    def _find_unscheduled(self, value: str) -> Found | None:
        number = to_number(value)
        if self.by == "day" or (self.by == "number" and np.isnan(number)):
            return None
        for pattern, text in self.unscheduled.items():
            shown = pattern.upper().replace(NUMBER.upper(), NUMBER) if text == pattern else text
            if self.by == "number":
                return Found(number, shown.replace(NUMBER, to_text(number)))
            expected = re.escape(folded(pattern)).replace(re.escape(NUMBER), r"(?P<n>\d+(?:\.\d+)?)")
            if match := re.fullmatch(expected, folded(value)):
                digits = match.groupdict().get("n") or ""
                return Found(to_number(digits), shown.replace(NUMBER, digits))
        return None

    def _planned(self, context: Context) -> list[Planned]:
        """Read the schedule."""
        table, raw = context.table(self.schedule), context.store.raw.get(self.schedule)
        columns = {
            name: as_text(column).objects().tolist() for name, column in table.columns.items() if name in PLAN
        }
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        planned = [_planned_of(row) for row in rows]
        wrong = [
            Problem(BAD_SCHEDULE, said, self._place_of(row, raw), spec=self.place("schedule"))
            for said, row in _doubts(planned, self.by)
        ]
        if wrong:
            raise Refusal(wrong)
        return planned

    def _place_of(self, row: int, raw: RawTable | None) -> Place:
        """Give the line of the schedule's file, where that is known."""
        if raw is None or row >= len(raw.lines):
            return self.place("schedule")
        return Place(file=raw.file, line=int(raw.lines[row]))


PLAN = ("VISITNUM", "VISIT", "VISITDY", "LOW", "HIGH", "NAMES")


def _part(found: dict[Any, Found], give: str, value: Any) -> Any:
    one = found.get(value, Found())
    return {"VISITNUM": one.number, "VISIT": one.visit, "VISITDY": one.day}[give]


def _planned_of(row: dict[str, str]) -> Planned:
    names = [row["VISIT"], *row.get("NAMES", "").split(";")]
    number, day, low, high = (to_number(row.get(name, "")) for name in ("VISITNUM", "VISITDY", "LOW", "HIGH"))
    return Planned(
        number, row["VISIT"], day, low, high, tuple(folded(name) for name in names if name.strip())
    )


def _doubts(planned: list[Planned], by: str) -> Iterator[tuple[str, int]]:
    """Say what is in doubt about a schedule, and in which of its rows."""
    names: set[str] = set()
    numbers: set[float] = set()
    for row, one in enumerate(planned):
        if np.isnan(one.number):
            yield "a VISITNUM is no number", row
        if one.number in numbers:
            yield f"VISITNUM {one.number:g} stands twice", row
        yield from ((f"two visits are called '{name}'", row) for name in sorted(names & set(one.names)))
        numbers.add(one.number)
        names |= set(one.names)
    if by == "day":
        windows = [(row, one) for row, one in enumerate(planned) if one.low <= one.high]
        for (_, one), (row, after) in pairwise(sorted(windows, key=lambda window: window[1].low)):
            if after.low <= one.high:
                yield f"the windows of {one.visit} and {after.visit} overlap", row


class UnscheduledVisit(VariableRule):
    """VISITNUM of an unscheduled visit on {unscheduled_visit}: the last planned one in {after}, and a count.

    The visits of a subject after a planned visit (or on its day) are counted in the order of their days:
    3.01, 3.02. Visits before the first planned one are 0.01 and so on. To have the same number in all
    domains, give the numbers once, in a dataset of all visits, and join it.

    >>> UnscheduledVisit(unscheduled_visit="SVSTDTC", after="PLANNED").sentence()
    'VISITNUM of an unscheduled visit on SVSTDTC: the last planned one in PLANNED, and a count.'
    """

    origin = "Assigned"

    date: Value = Field(alias="unscheduled_visit", description="date of the visit (ISO 8601)")
    after: str = Field(description="table with the planned visits as they took place")
    subject: str = Field("USUBJID", description="variable that identifies a subject, here and in `after`")
    on: str = Field("SVSTDTC", description="column of `after` with the dates")
    number: str = Field("VISITNUM", description="column of `after` with the visit numbers")
    step: float = Field(0.01, gt=0, lt=1, description="what one visit adds")

    also: ClassVar[str] = "[ in steps of {step}][, days in {on}][, numbers in {number}][, by {subject}]"
    example: ClassVar[str] = "VISITNUM: {unscheduled_visit: VISDT, after: PLANNED, on: VISDT}\n"

    def references(self) -> Iterator[Reference]:
        """Name the date, the subject and the columns of the table.

        >>> rule = UnscheduledVisit(unscheduled_visit="D", after="PLANNED")
        >>> [(one.table, one.column) for one in rule.references()][2:]
        [('PLANNED', 'USUBJID'), ('PLANNED', 'SVSTDTC'), ('PLANNED', 'VISITNUM')]
        """
        yield from super().references()
        yield Reference(self.subject, place=self.place())
        for name in (self.subject, self.on, self.number):
            yield Reference(name, self.after, self.place("after"))

    def apply(self, context: Context) -> Column:
        """Number the visits.

        >>> from trialkit.records import Records
        >>> from trialkit.samples import sample_store
        >>> planned = {"USUBJID": "1", "SVSTDTC": "2021-03-05", "VISITNUM": "3"}
        >>> columns = {name: Column.text([text]) for name, text in planned.items()}
        >>> store = sample_store(PLANNED=Records.start("PLANNED", columns, 1))
        >>> own = {"USUBJID": Column.text(["1"]), "D": Column.text(["2021-03-09"])}
        >>> rule = UnscheduledVisit(unscheduled_visit="D", after="PLANNED")
        >>> rule.apply(Context(store, "SV", Records.start("SV", own, 1))).objects().tolist()
        [3.01]
        """
        table, subject = context.table(self.after), context.column(self.subject)
        day = day_numbers(context.value(self.date))
        known = np.flatnonzero(~(np.isnan(day) | subject.missing()))
        who, when = subject.take(known), Column.numbers(day[known])
        group, first = combine([who, when], len(known))
        who, when = who.take(first), when.take(first)
        days = day_numbers(table.columns[self.on])
        found = latest(who, when.objects(), table.columns[self.subject], days)
        base = as_number(table.columns[self.number], context, self).take_or_missing(found)
        whole = np.where(found == NONE, 0.0, base.objects())
        keys = [who, Column.numbers(whole)]
        block, _ = combine(keys, len(first))
        count = runs(block, order_by([*keys, when], len(first))) + 1
        numbers, rows = np.full(context.count, np.nan), np.full(context.count, NONE, np.int32)
        numbers[known], rows[known] = np.round(whole + count * self.step, 6)[group], found[group]
        context.witness(self.after, rows)
        over = np.zeros(context.count, bool)
        over[known] = (count * self.step >= 1)[group]
        made = Column.numbers(numbers) if context.count else missing_like("number", 0)
        context.report(TOO_MANY, "too many unscheduled visits after one visit", over, made, self)
        return made
