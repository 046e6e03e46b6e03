"""Times to events and censorings: one record per subject and parameter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from adam.rules.dates import as_sas
from trialkit.column import Column
from trialkit.context import Context
from trialkit.expr import Expression
from trialkit.match import match
from trialkit.model import Model
from trialkit.problems import Kind, Place
from trialkit.records import NONE, Records, Rows
from trialkit.rule import Condition, RecordRule, Reference
from trialkit.rules.choose import Outcome
from trialkit.rules.evaluate import as_number
from trialkit.sentence import written
from trialkit.steps import below, fill, marked

NEVER = Kind(
    "ADAM-051",
    "neither an event nor a censoring has a date",
    "Add a censoring at last that everybody has, such as the start itself.",
)
DAYS = {"DAYS": 1.0, "WEEKS": 7.0, "MONTHS": 30.4375, "YEARS": 365.25}
MADE = ("STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC", "SRCDOM", "SRCVAR", "SRCSEQ")

Numbers = npt.NDArray[np.float64]


class Occasion(Model):
    """An event or a censoring: where its date stands, and what it is called.

    >>> Occasion(table="ADSL", date="DTHDT", description="DEATH").sentence()
    'DEATH (DTHDT in ADSL)'
    """

    table: str = Field(description="dataset with the date")
    date: str = Field(description="its column with the date: a SAS date or a complete ISO 8601 date")
    where: Condition | None = Field(None, description="which of its rows; default: all")
    description: str = Field(description="what it is (EVNTDESC)")
    dated: str = Field("", description="of a censoring: what its date is (CNSDTDSC); default: description")
    censored: int = Field(1, ge=1, description="of a censoring: its CNSR")
    domain: str = Field("", description="SRCDOM; default: the table")
    variable: str = Field("", description="SRCVAR; default: the column with the date")
    sequence: str = Field("", description="column with SRCSEQ; default: --SEQ or ASEQ of the table")

    def sentence(self) -> str:
        """Say what it is and where its date stands.

        >>> Occasion(table="DS", date="DSSTDTC", where="DSDECOD == 'DEATH'", description="DEATH").sentence()
        "DEATH (DSSTDTC in DS where DSDECOD == 'DEATH')"
        """
        which = f" where {written(self.where)}" if self.where else ""
        more = [self.dated, f"CNSR {self.censored}" if self.censored > 1 else ""]
        more += [self.domain, self.variable, self.sequence]
        return (
            f"{self.description} ({', '.join([f'{self.date} in {self.table}{which}', *filter(None, more)])})"
        )

    def references(self, place: Place) -> Iterator[Reference]:
        """Name the table and its columns.

        >>> one = Occasion(table="DS", date="DSSTDTC", where="DSDECOD == 'DEATH'", description="DEATH")
        >>> [reference.column for reference in one.references(Place())]
        ['', 'DSSTDTC', 'DSDECOD']
        """
        names = [*(self.where.names if self.where else ()), *([self.sequence] if self.sequence else [])]
        yield from (Reference(name, self.table, place) for name in ("", self.date, *names))


@dataclass(frozen=True, eq=False, slots=True)
class _Found:
    """The row and the date that each subject has of one occasion; -1 and NaN for none; shapes (subjects,)."""

    occasion: Occasion
    table: Records
    row: Rows
    date: Numbers


class TimeToEvent(RecordRule):
    """A record for each subject of {time_to_event}: {unit} from {start} to {events} or {censorings}.

    The event is the earliest one on or after the start, of several on one day the first declared. The
    censoring is the first declared one that has a date, and of its rows the latest. An event after the
    censoring does not count; one on its day does. AVAL is the number of days, the first one included, in
    the unit: weeks of 7, months of 30.4375, years of 365.25 days.

    The records stand below others, have the columns of the subjects and STARTDT, ADT, AVAL, CNSR,
    EVNTDESC, CNSDTDSC, SRCDOM, SRCVAR and SRCSEQ, and come from the rows of the subject and of the event
    or censoring. (ADaM Basic Data Structure for Time-to-Event Analyses 1.0.)

    >>> TimeToEvent.key()
    'time_to_event'
    """

    subjects: str = Field(alias="time_to_event", description="dataset with one record per subject")
    where: Condition | None = Field(None, description="the subjects of the parameter; default: all")
    reason: str = Field("not in the population of the parameter", description="why others have no record")
    start: str = Field(description="column of the subjects with the start: a SAS date or an ISO 8601 date")
    events: list[Occasion] = Field(
        min_length=1, description="events: {table, date, where, description, domain, variable, sequence}"
    )
    censorings: list[Occasion] = Field(
        min_length=1, description="censorings, as events, and also {dated, censored}"
    )
    unit: Literal["DAYS", "WEEKS", "MONTHS", "YEARS"] = Field("DAYS", description="unit of AVAL")
    values: dict[str, Outcome] = Field(
        {}, alias="set", description="what the records have, by column, such as PARAMCD"
    )

    also: ClassVar[str] = "[, where {where}][; with {set}]"
    example: ClassVar[str] = """\
- time_to_event: ADSL
  where: SAFFL == 'Y'
  start: TRTSDT
  events:
    - {table: ADSL, date: DTHDT, description: DEATH}
  censorings:
    - {table: ADSL, date: LSTALVDT, description: ALIVE, dated: LAST CONTACT}
  set: {PARAMCD: TTDTH}
"""

    def references(self) -> Iterator[Reference]:
        """Name the columns of the subjects and those of the events and censorings.

        >>> death = Occasion(table="DS", date="DSSTDTC", description="DEATH")
        >>> rule = TimeToEvent(time_to_event="ADSL", start="TRTSDT", events=[death], censorings=[death])
        >>> [one.column for one in rule.references()]
        ['', 'TRTSDT', '', 'DSSTDTC', '', 'DSSTDTC']
        """
        yield Reference("", self.subjects, self.place("time_to_event"))
        yield Reference(self.start, self.subjects, self.place("start"))
        for name in self.where.names if self.where else ():
            yield Reference(name, self.subjects, self.place("where"))
        for key, occasions in (("events", self.events), ("censorings", self.censorings)):
            for one in occasions:
                yield from one.references(self.place(key))

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Add the columns of the subjects and those of the time to an event.

        >>> death = Occasion(table="DS", date="DSSTDTC", description="DEATH")
        >>> rule = TimeToEvent(time_to_event="ADSL", start="TRTSDT", events=[death], censorings=[death])
        >>> sorted(rule.columns(frozenset(), {"ADSL": frozenset({"SEX"})}))[-2:]
        ['SRCVAR', 'STARTDT']
        """
        return before | {*MADE, *self.values, *tables.get(self.subjects, ())}

    def makes(self, *, added: bool) -> dict[str, tuple[str, ...]]:
        """Say that a time comes from its start and the dates of events and censorings.

        >>> death = Occasion(table="DS", date="DSSTDTC", description="DEATH")
        >>> rule = TimeToEvent(time_to_event="ADSL", start="TRTSDT", events=[death], censorings=[death])
        >>> rule.makes(added=True)["AVAL"]
        ('TRTSDT', 'DSSTDTC')
        """
        if not added:
            return {}
        dates = tuple(dict.fromkeys(one.date for one in (*self.events, *self.censorings)))
        found: dict[str, tuple[str, ...]] = dict.fromkeys(MADE, dates)
        return {**found, "STARTDT": (self.start,), "AVAL": tuple(dict.fromkeys((self.start, *dates)))}

    def apply(self, records: Records, context: Context) -> Records:
        """Add a record for each subject; ADAM-051 for one without any date.

        >>> TimeToEvent.key()
        'time_to_event'
        """
        subjects = self._population(context)
        start = as_sas(subjects.columns[self.start])
        events = [self._find(one, subjects, start, context, last=False) for one in self.events]
        ends = [self._find(one, subjects, start, context, last=True) for one in self.censorings]
        dates = np.array([one.date for one in (*events, *ends)])
        event = _least(dates[: len(events)])
        end = _first_there(dates[len(events) :])
        when = np.append(dates, np.full((1, subjects.count), np.nan), axis=0)
        each = np.arange(subjects.count)
        late = when[event, each] > when[np.where(end < 0, -1, end + len(events)), each]
        chosen = np.where((event >= 0) & ~late, event, np.where(end < 0, -1, end + len(events)))
        made = self._described(subjects, start, when[chosen, each], chosen, [*events, *ends])
        number = self._sequence([*events, *ends], chosen, context)
        made = made.with_columns({"SRCSEQ": Column.numbers(number)})
        here = replace(context, records=made)
        keys = made.columns[context.store.subject]
        here.report(NEVER, NEVER.title, chosen < 0, keys, self)
        made = fill(made, self.values, here)
        return below([records, marked(made, np.arange(made.count, dtype=np.int32), context)], self)

    def _population(self, context: Context) -> Records:
        table = context.table(self.subjects, lookup=False)
        subjects = Records.start(self.subjects, table.columns, table.count)
        if self.where is None:
            return subjects
        mask = self.where.mask(subjects.columns.__getitem__, subjects.count)
        if not mask.all():
            context.store.ledger.exclude(context.dataset, subjects, ~mask, self.reason, self.place())
        return subjects.take(mask)

    def _find(
        self, occasion: Occasion, subjects: Records, start: Numbers, context: Context, *, last: bool
    ) -> _Found:
        """Find the earliest row of each subject on or after the start, or the latest row."""
        table, key = context.table(occasion.table), context.store.subject
        subject = match([table.columns[key]], table.count, [subjects.columns[key]], subjects.count).first()
        date = as_sas(table.columns[occasion.date])
        fits = (subject >= 0) & ~np.isnan(date) & _mask(occasion.where, table)
        fits &= last | (date >= np.append(start, np.nan)[subject])
        rows = np.flatnonzero(fits)
        order = rows[np.lexsort((date[rows] * (-1 if last else 1), subject[rows]))]
        row = np.full(subjects.count, NONE, np.int32)
        row[subject[order][::-1]] = order[::-1]
        return _Found(occasion, table, row, np.append(date, np.nan)[row])

    def _described(
        self,
        subjects: Records,
        start: Numbers,
        date: Numbers,
        chosen: npt.NDArray[np.int64],
        found: list[_Found],
    ) -> Records:
        """Add the columns of the time to an event, and the rows that it comes from."""
        one = [each.occasion for each in found]
        event = [number < len(self.events) for number in range(len(one))]
        ended = ["" if yes else each.dated or each.description for each, yes in zip(one, event, strict=True)]
        codes = [0.0 if yes else float(each.censored) for each, yes in zip(one, event, strict=True)]
        place = np.where(chosen < 0, len(one), chosen).astype(np.int32)
        columns = {
            "STARTDT": Column.numbers(start),
            "ADT": Column.numbers(date),
            "AVAL": Column.numbers((date - start + 1) / DAYS[self.unit]),
            "CNSR": Column(np.array([*codes, np.nan]), place).unified(),
            "EVNTDESC": _texts([each.description for each in one], place),
            "CNSDTDSC": _texts(ended, place),
            "SRCDOM": _texts([each.domain or each.table for each in one], place),
            "SRCVAR": _texts([each.variable or each.date for each in one], place),
        }
        return _from_rows(subjects.with_columns(columns), self.subjects, found, chosen)

    def _sequence(self, found: list[_Found], chosen: npt.NDArray[np.int64], context: Context) -> Numbers:
        number = np.full(len(chosen), np.nan)
        for place, one in enumerate(found):
            names = (one.occasion.sequence, f"{one.occasion.table}SEQ", "ASEQ")
            name = next((name for name in names if name in one.table.columns), "")
            if name:
                known = as_number(one.table.columns[name], replace(context, records=one.table), self)
                number = np.where(chosen == place, known.take_or_missing(one.row).objects(), number)
        return number


def _mask(where: Expression | None, table: Records) -> npt.NDArray[np.bool_]:
    return where.mask(table.columns.__getitem__, table.count) if where else np.ones(table.count, bool)


def _least(dates: Numbers) -> npt.NDArray[np.int64]:
    """Give the first row with the lowest value of each column, -1 for none."""
    lowest = np.argmin(np.where(np.isnan(dates), np.inf, dates), axis=0)
    return np.where(np.isnan(dates).all(axis=0), -1, lowest)


def _first_there(dates: Numbers) -> npt.NDArray[np.int64]:
    """Give the first row that has a value in each column, -1 for none."""
    return np.where(np.isnan(dates).all(axis=0), -1, np.argmin(np.isnan(dates), axis=0))


def _texts(texts: list[str], place: Rows) -> Column:
    return Column(np.array([*texts, ""], object), place).unified()


def _from_rows(made: Records, subjects: str, found: list[_Found], chosen: npt.NDArray[np.int64]) -> Records:
    """Note the row of the event or censoring behind each record, beside that of the subject."""
    rows: dict[str, Rows] = {}
    for place, one in enumerate(found):
        source = one.occasion.table
        if source != subjects:
            known = rows.get(source, np.full(made.count, NONE, np.int32))
            rows[source] = np.where(chosen == place, one.row, known).astype(np.int32)
    return replace(made, rows={**made.rows, **rows})
