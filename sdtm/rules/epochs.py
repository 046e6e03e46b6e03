"""The epoch that a date falls in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from sdtm.rules.latest import Moments, latest
from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.dates import DAY, day_numbers, moments
from trialkit.model import Model
from trialkit.records import NONE, Records, Rows
from trialkit.rule import Reference, Value, VariableRule
from trialkit.rules.evaluate import missing_like


class Period(Model):
    """An epoch between two dates of a subject.

    >>> Period(epoch="TREATMENT", start="RFXSTDTC", end="RFXENDTC").days
    0
    """

    epoch: str = Field(description="name of the epoch")
    start: str = Field("", description="column with the start; blank: from the beginning")
    end: str = Field("", description="column with the end; blank: open")
    days: int = Field(0, description="days after the start at which the epoch begins")


class _Spans(NamedTuple):
    """When the epochs of each subject begin and end, in seconds; by the clock or not; the row behind each."""

    subject: Column
    epoch: Column
    since: Moments
    until: Moments
    timed: Mask
    row: Rows


class Epoch(VariableRule):
    """Epoch that {epoch} falls in, by {table}.

    It is the epoch of the latest element of the subject that starts on or before the date and does not
    end before it; an element without an end is open. Where one of the two has no time, days are
    compared, and ``same_day`` says whether the day on which an element starts belongs to it (``later``)
    or to the one before (``earlier``). A date without day or month has an epoch only where all days that
    it can be are in one, and next to an element of which the start or end is such a date only what all
    days that it can be agree on. Anything else is missing (SDTMIG 3.4, section 4.4.6).

    Without SE, ``periods`` lists epochs between dates of ``table``, such as RFXSTDTC in DM; they last to
    the end of a day.

    >>> Epoch(epoch="LBDTC").sentence()
    'Epoch that LBDTC falls in, by SE.'
    """

    date: Value = Field(alias="epoch", description="date (ISO 8601)")
    table: str = Field("SE", description="table of elements, or of the dates that `periods` name")
    subject: str = Field("USUBJID", description="variable that identifies a subject, here and in `table`")
    start: str = Field("SESTDTC", description="column with the start of an element")
    end: str = Field("SEENDTC", description="column with the end of an element")
    name: str = Field("EPOCH", description="column with the epoch of an element")
    periods: list[Period] = Field([], description="epochs between dates, in place of elements")
    same_day: Literal["later", "earlier"] = Field(
        "later", description="epoch of the day on which an element starts"
    )

    also: ClassVar[str] = (
        "[: {periods}][, {name} of the one][ from {start}][ to {end}][, by {subject}]"
        "[{same_day=earlier}; a day on which one starts belongs to the one before]"
    )
    example: ClassVar[str] = """\
EPOCH: {epoch: LBDTC}
EPOCHX:
  epoch: AESTDTC
  table: DM
  periods:
    - {epoch: SCREENING, start: RFICDTC, end: RFXSTDTC}
    - {epoch: TREATMENT, start: RFXSTDTC, end: RFXENDTC}
    - {epoch: FOLLOW-UP, start: RFXENDTC, days: 1}
"""

    def references(self) -> Iterator[Reference]:
        """Name the date, the subject, and the columns of the table.

        >>> [one.column for one in Epoch(epoch="LBDTC").references() if one.table == "SE"]
        ['USUBJID', 'SESTDTC', 'SEENDTC', 'EPOCH']
        """
        yield from super().references()
        yield Reference(self.subject, place=self.place())
        names = [self.start, self.end, self.name]
        if self.periods:
            names = [name for period in self.periods for name in (period.start, period.end) if name]
        for name in dict.fromkeys([self.subject, *names]):
            yield Reference(name, self.table, self.place())

    def apply(self, context: Context) -> Column:
        """Find the epochs.

        >>> from trialkit.samples import sample_store
        >>> element = {"USUBJID": "1", "SESTDTC": "2021-03-05", "SEENDTC": "", "EPOCH": "TREATMENT"}
        >>> columns = {name: Column.text([text]) for name, text in element.items()}
        >>> store = sample_store(SE=Records.start("SE", columns, 1))
        >>> own = {"USUBJID": Column.constant("1", 2), "D": Column.text(["2021-03-04", "2021-04"])}
        >>> Epoch(epoch="D").apply(Context(store, "LB", Records.start("LB", own, 2))).objects().tolist()
        ['', 'TREATMENT']
        """
        dates, subject = context.value(self.date), context.column(self.subject)
        group, first = combine([subject, dates], context.count)
        who, when = subject.take(first), dates.take(first)
        table = context.table(self.table)
        spans = self._spans(table)
        found = self._found(who, when, spans)
        if self._vague(table):
            names = np.append(spans.epoch.objects(), "")
            narrow = self._found(who, when, self._spans(table, narrow=True))
            found = np.where(names[found] == names[narrow], found, NONE).astype(np.int32)
        context.witness(self.table, np.append(spans.row, NONE)[found][group])
        return spans.epoch.take_or_missing(found[group])

    def _found(self, who: Column, when: Column, spans: _Spans) -> Rows:
        """Find the element of each subject and date; a partial date needs one epoch at both its ends."""
        low, high = moments(when)
        partial = np.isnan(day_numbers(when))
        timed = high - low < DAY - 1
        moment = np.where(partial | timed | (self.same_day == "earlier"), low, high)
        found = self._at(who, moment, low, timed, spans)
        at_end = self._at(who, high, high, timed, spans)
        names = np.append(spans.epoch.objects(), "")
        return np.where(partial & (names[found] != names[at_end]), NONE, found).astype(np.int32)

    def _at(self, who: Column, moment: Moments, low: Moments, timed: Mask, spans: _Spans) -> Rows:
        found = latest(who, moment, spans.subject, spans.since)
        until, ended = np.append(spans.until, np.nan)[found], np.append(spans.timed, False)[found]
        after = np.where(ended & timed, low > until, low // DAY > until // DAY)
        return np.where(after, NONE, found).astype(np.int32)

    def _vague(self, table: Records) -> bool:
        """Say whether any start or end is a date without day or month."""
        names = [self.start, self.end]
        if self.periods:
            names = [name for period in self.periods for name in (period.start, period.end) if name]
        columns = [table.columns[name] for name in names]
        return any((np.isnan(day_numbers(one)) & ~np.isnan(moments(one)[0])).any() for one in columns)

    def _spans(self, table: Records, *, narrow: bool = False) -> _Spans:
        """Collect the elements, or the periods as if they were elements.

        ``narrow`` takes a start without day or month at its latest and such an end at its earliest.
        """
        periods = self.periods or [Period(epoch="", start=self.start, end=self.end)]
        nothing, times = missing_like("text", table.count), len(periods)
        ends = Column.concat([table.columns[one.end] if one.end else nothing for one in periods])
        begins = [
            self._since(table.columns[one.start], one.days, narrow) if one.start else np.zeros(table.count)
            for one in periods
        ]
        epochs = [Column.constant(one.epoch, table.count) for one in periods]
        low, high = moments(ends)
        return _Spans(
            Column.concat([table.columns[self.subject]] * times),
            Column.concat(epochs) if self.periods else table.columns[self.name],
            np.concatenate(begins),
            np.where(np.isnan(day_numbers(ends)) & narrow, low, high),
            (high - low < DAY - 1) & (not self.periods),
            np.tile(np.arange(table.count, dtype=np.int32), times),
        )

    def _since(self, start: Column, days: int, narrow: bool) -> Moments:
        low, high = moments(start)
        whole = low if self.same_day == "later" else high
        since = np.where(np.isnan(day_numbers(start)), high if narrow else low, whole)
        return (low // DAY + days) * DAY if days else since
