"""Records in analysis windows, and the one of each window to analyse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from adam.rules import schedule
from adam.rules.flags import TIE, one_of_each
from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.match import ranks
from trialkit.records import Records, Rows
from trialkit.rule import ColumnName, Condition, RecordRule, Reference
from trialkit.rules.duplicates import ordered
from trialkit.rules.evaluate import as_number, missing_like
from trialkit.rules.found import key_texts
from trialkit.steps import ColumnNames


class Windows(RecordRule):
    """The analysis window that {day} falls in: {windows}.

    Fills AVISIT, AVISITN, AWTARGET, AWTDIFF, AWLO, AWHI, AWU and AWRANGE; a record whose day is missing or
    in no window has none. A window without ``from`` or ``to`` is open at that end. Windows that overlap or
    leave days out are an error before any data are read, unless ``gaps: allow``; those of a table (columns
    AVISIT, AVISITN, AWTARGET, AWLO, AWHI and, if need be, AWRANGE) when it is read. AWTDIFF is
    the distance from the target day, where days are counted without a day 0.

    ``flag`` is Y on the record of each ``by`` and window that is closest to the target. Of two at one
    distance ``ties`` takes the later or earlier day, then the later or earlier one by ``order``; what is
    equal then, and any two with ``error``, is an error (ADAM-012). (ADaMIG 1.3, section 3.3.3.)

    >>> Windows(windows=[{"visit": "Baseline", "to": 1}, {"visit": "Week 8", "from": 2}]).sentence()
    'The analysis window that ADY falls in: Baseline <=1, Week 8 >=2.'
    """

    windows: schedule.Windows = Field(
        description="list of {visit, number, target, from, to, range}, or a table"
    )
    day: ColumnName = Field("ADY", description="the relative day")
    gaps: Literal["error", "allow"] = Field("error", description="days that are in no window")
    unit: str = Field("DAYS", description="unit of the days (AWU)")
    difference: Literal["absolute", "signed"] = Field(
        "absolute", description="AWTDIFF: the distance, or day minus target"
    )
    where: Condition | None = Field(None, description="the records to place; default: all")
    flag: str = Field("", description="flag on the record to analyse, such as ANL01FL")
    by: ColumnNames = Field([], description="one flag for each combination and window")
    ties: Literal["later", "earlier", "error"] = Field("error", description="which of two at one distance")
    order: ColumnNames = Field([], description="what decides on one day, such as a time or --SEQ")
    value: ColumnName = Field("", description="column that a flagged record has a value in")

    also: ClassVar[str] = (
        "[ in {unit}][, {difference} differences][, where {where}][{gaps=allow}, gaps as given]"
        "[; {flag} on the closest one to the target][ of each {by}][ with {value}][, then the {ties} one]"
        "[ by {order}]"
    )
    example: ClassVar[str] = """\
- windows:
    - {visit: Baseline, number: 0, target: 1, to: 1}
    - {visit: Week 8, number: 8, target: 56, from: 2, to: 84}
    - {visit: Week 16, number: 16, target: 112, from: 85}
  flag: ANL01FL
  by: [USUBJID, PARAMCD]
  ties: later
  value: AVAL
"""

    @model_validator(mode="after")
    def _good(self, info: ValidationInfo) -> Self:
        if self.flag and not self.by:
            raise ValueError("`flag` needs `by`")
        schedule.check(self, self.windows, info, gaps=self.gaps == "allow")
        return self

    def references(self) -> Iterator[Reference]:
        """Name the columns, and those of a table of windows.

        >>> [one.column for one in Windows(windows=[{"visit": "A"}], by="ID", flag="ANL01FL").references()]
        ['ADY', 'ID']
        """
        yield from super().references()
        yield from schedule.table_references(self, self.windows)

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Add the columns of the windows, and the flag.

        >>> "AWRANGE" in Windows(windows=[{"visit": "A"}]).columns(frozenset(), {})
        True
        """
        return before | {*schedule.COLUMNS, *([self.flag] if self.flag else [])}

    def makes(self, *, added: bool) -> dict[str, tuple[str, ...]]:
        """Say that all its columns come from the day, and the flag from the value too.

        >>> Windows(windows=[{"visit": "A"}]).makes(added=False)["AVISIT"]
        ('ADY',)
        """
        made = {} if added else dict.fromkeys(schedule.COLUMNS, (self.day,))
        flag = {self.flag: tuple(filter(None, (self.day, self.value, *self.order)))} if self.flag else {}
        return made | ({} if added else flag)

    def apply(self, records: Records, context: Context) -> Records:
        """Place the records.

        Raises:
            Refusal: ADAM-020 for windows of a table that overlap, or leave days out.

        >>> from trialkit.samples import sample_context, sample_records
        >>> records = sample_records(ADY=[-3.0, 60.0])
        >>> rule = Windows(windows=[{"visit": "A", "to": 1}, {"visit": "B", "target": 56, "from": 2}])
        >>> made = rule.apply(records, sample_context(records)).columns
        >>> made["AVISIT"].objects().tolist(), made["AWTDIFF"].objects().tolist()
        (['A', 'B'], [nan, 4.0])
        """
        windows = schedule.listed(self, self.windows, context, gaps=self.gaps == "allow")
        mask = context.mask(self.where) if self.where else np.ones(records.count, bool)
        day = as_number(records.columns[self.day], context, self)
        place = np.where(mask, schedule.find(windows, day.values)[day.codes], -1).astype(np.int32)
        made = schedule.columns_of(windows, place, self.unit)
        made["AWTDIFF"] = schedule.apart(day, made["AWTARGET"], self.unit, signed=self.difference == "signed")
        if self.flag:
            made[self.flag] = self._flagged(records, place, day, made["AWTARGET"], context)
        return records.with_columns(
            {name: _over(records.columns.get(name), column, mask) for name, column in made.items()}
        )

    def _flagged(
        self, records: Records, place: Rows, day: Column, target: Column, context: Context
    ) -> Column:
        """Flag the record of each group and window that is closest to the target."""
        keys = [records.columns[name] for name in self.by]
        window = Column(
            np.arange(int(place.max(initial=-1)) + 2, dtype=np.float64), (place + 1).astype(np.int32)
        )
        whole, _ = combine([*keys, window], records.count)
        there = place >= 0
        if self.value:
            there &= ~records.columns[self.value].missing()
        distance = schedule.apart(day, target, self.unit)
        best = [distance] if self.ties == "error" else [distance, *self._decisive(records, day)]
        chosen, tied = one_of_each(whole, best, np.flatnonzero(there))
        if tied.any():
            context.report(TIE, TIE.title, tied, key_texts(keys, tied), self)
        flags = np.zeros(records.count, np.int32)
        flags[chosen] = 1
        return Column(np.array(["", "Y"], object), flags)

    def _decisive(self, records: Records, day: Column) -> list[Column]:
        """Give what is lowest in the record to take of those at one distance."""
        sign = -1.0 if self.ties == "later" else 1.0
        order = [ordered(records.columns[name], name, self) for name in self.order]
        return [_signed(one, sign) for one in (day, *order)]


def _signed(column: Column, sign: float) -> Column:
    """Give numbers that sort as the values do, or against them."""
    places = ranks(column)
    return Column(sign * np.arange(int(places.max(initial=-1)) + 1, dtype=np.float64), places)


def _over(old: Column | None, new: Column, mask: Mask) -> Column:
    """Put the new values of the marked records over the old ones."""
    if mask.all():
        return new
    both = Column.concat([old if old is not None else missing_like(new.kind, len(new)), new])
    places = np.arange(len(new))
    return both.take(np.where(mask, places + len(new), places))
