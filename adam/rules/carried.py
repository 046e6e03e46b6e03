"""Records carried forward into analysis windows that have none: LOCF, WOCF, BOCF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from adam.rules import schedule
from trialkit.column import Column, combine
from trialkit.context import Context
from trialkit.expr import compile_expression
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.records import NONE, Records, Rows
from trialkit.rule import ColumnName, Condition, RecordRule, Reference
from trialkit.rules.choose import Outcome
from trialkit.rules.evaluate import as_number
from trialkit.steps import ColumnNames, as_list, below, fill, marked

NO_WINDOW = Kind(
    "ADAM-021", "no such analysis visit among the windows", "Name visits of the windows.", exit=Exit.SPEC
)

BASELINE = compile_expression("ABLFL == 'Y'")
Numbers = npt.NDArray[np.float64]
Texts: TypeAlias = Annotated[list[str], BeforeValidator(as_list)]


class CarryForward(RecordRule):
    """A record for each {by} in each window without one, carried forward ({carry_forward}) within {windows}.

    The new records stand below the others. LOCF carries the last record of an earlier window, WOCF the one
    with the ``worst`` value of all earlier windows (of equal ones the last), BOCF the ``baseline`` record of
    an earlier window. They have its columns, those of the window that they are carried into (AVISIT and
    those of AVISITN, AWTARGET, AWTDIFF, AWLO, AWHI, AWRANGE that there are), DTYPE, and what is ``set``.
    They come from the row of that record.

    Only records that meet ``where`` and have a value are carried and count as the record of a window. A
    group that has none before a window has no record in it. ``fill: after`` fills only windows after the last
    record of the group, ``between`` only those before it. (DTYPE: ADaMIG 1.3, sections 3.3.5 and 4.5.)

    >>> rule = {"carry_forward": "LOCF", "windows": [{"visit": "A"}], "by": ["USUBJID", "PARAMCD"]}
    >>> CarryForward.model_validate(rule).sentence()[-30:]
    'rried forward (LOCF) within A.'
    """

    how: Literal["LOCF", "WOCF", "BOCF"] = Field(
        alias="carry_forward", description="which record: the last, worst or baseline one: LOCF, WOCF, BOCF"
    )
    windows: schedule.Windows = Field(description="the windows, as in `windows`: a list or a table")
    by: ColumnNames = Field(min_length=1, description="whose records they are, such as [USUBJID, PARAMCD]")
    value: ColumnName = Field("AVAL", description="the value, which a carried record has")
    day: ColumnName = Field("ADY", description="relative day, for the last record and AWTDIFF")
    where: Condition | None = Field(None, description="the records that are carried; default: all")
    visits: Texts = Field([], description="analysis visits to fill; default: all")
    fill: Literal["any", "after", "between"] = Field("any", description="which windows without a record")
    worst: Literal["highest", "lowest", ""] = Field(
        "", description="the worst value, for WOCF: highest, lowest"
    )
    baseline: Condition | None = Field(
        None, description="the baseline record, for BOCF; default: ABLFL == 'Y'"
    )
    values: dict[str, Outcome] = Field(
        {}, alias="set", description="what the new records differ in, by column"
    )

    copies: ClassVar[bool] = True
    also: ClassVar[str] = (
        "[, of {value}][ by {day}][ where {where}][, into {visits}][, windows {fill} records]"
        "[, the {worst} one][, baseline where {baseline}][; with {set}]"
    )
    example: ClassVar[str] = """\
- carry_forward: LOCF
  windows:
    - {visit: Baseline, number: 0, target: 1, to: 1}
    - {visit: Week 8, number: 8, target: 56, from: 2, to: 84}
    - {visit: Week 16, number: 16, target: 112, from: 85}
  by: [USUBJID, PARAMCD]
  where: ANL01FL == 'Y'
  visits: [Week 8, Week 16]
  set: {ABLFL: ''}
- {carry_forward: WOCF, worst: highest, windows: WINDOWS, by: USUBJID}
- {carry_forward: BOCF, baseline: ABLFL == 'Y', windows: WINDOWS, by: USUBJID}
"""

    @model_validator(mode="after")
    def _good(self, info: ValidationInfo) -> Self:
        if (self.how == "WOCF") != bool(self.worst):
            raise ValueError("`worst` goes with WOCF")
        if self.baseline and self.how != "BOCF":
            raise ValueError("`baseline` goes with BOCF")
        schedule.check(self, self.windows, info, gaps=True)
        return self

    def references(self) -> Iterator[Reference]:
        """Name the columns, and those of a table of windows.

        >>> rule = CarryForward(carry_forward="LOCF", windows=[{"visit": "A"}], by="ID")
        >>> [one.column for one in rule.references()]
        ['ID', 'AVAL', 'ADY', 'AVISIT']
        """
        yield from super().references()
        yield Reference("AVISIT", place=self.place())
        if self.how == "BOCF" and self.baseline is None:
            yield from (Reference(name, place=self.place()) for name in BASELINE.names)
        yield from schedule.table_references(self, self.windows)

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Add DTYPE and what is set.

        >>> rule = CarryForward(carry_forward="LOCF", windows=[{"visit": "A"}], by="ID")
        >>> sorted(rule.columns(frozenset({"AVAL"}), {}))
        ['AVAL', 'DTYPE']
        """
        return before | {"DTYPE", *self.values}

    def makes(self, *, added: bool) -> dict[str, tuple[str, ...]]:
        """Name the columns of the window, DTYPE and what is set; the rest is that of the carried record.

        >>> rule = CarryForward(carry_forward="LOCF", windows=[{"visit": "A"}], by="ID")
        >>> rule.makes(added=True)["AVISIT"], rule.makes(added=False)
        (('ADY',), {})
        """
        own = set(schedule.COLUMNS) - {"AWU"}
        return dict.fromkeys((*sorted(own), "DTYPE", *self.values), (self.day,)) if added else {}

    def apply(self, records: Records, context: Context) -> Records:
        """Add the records.

        Raises:
            Refusal: ADAM-020 for windows of a table that overlap; ADAM-021 for unknown visits.

        >>> from trialkit.samples import sample_context, sample_records
        >>> records = sample_records(ID=["1"], AVISIT=["A"], ADY=[1.0], AVAL=[7.0])
        >>> windows = [{"visit": "A", "to": 1}, {"visit": "B", "from": 2}]
        >>> rule = CarryForward(carry_forward="LOCF", windows=windows, by="ID")
        >>> rule.apply(records, sample_context(records)).columns["AVISIT"].objects().tolist()
        ['A', 'B']
        """
        windows = schedule.listed(self, self.windows, context)
        wanted = self._wanted([one.visit for one in windows])
        candidates, group, place, size = self._candidates(records, windows, context)
        last = _last_of(group, place, (size, len(windows)), candidates)
        carried = self._carried(records, last, context)
        there = last != NONE
        ends = np.where(there.any(1), len(windows) - 1 - np.argmax(there[:, ::-1], axis=1), -1)[:, None]
        later = np.arange(len(windows)) > ends
        asked = {"after": later, "between": ~later}.get(self.fill, np.ones_like(later))
        made, into = np.nonzero(~there & wanted & asked & (carried != NONE))
        new = self._records(records, carried[made, into], windows, into.astype(np.int32), context)
        new = fill(new, self.values, context)
        return below([_with_type(records), marked(new, 0, context)], self)

    def _wanted(self, names: list[str]) -> npt.NDArray[np.bool_]:
        unknown = [name for name in self.visits if name not in names]
        if unknown:
            what = f"'{unknown[0]}' is no visit of the windows"
            raise Refusal([Problem(NO_WINDOW, what, self.place("visits"))])
        return np.array([not self.visits or name in self.visits for name in names], bool)

    def _candidates(
        self, records: Records, windows: list[schedule.Window], context: Context
    ) -> tuple[Rows, Rows, Rows, int]:
        """Give the records that can be carried in the order of their days, their groups and windows."""
        numbers = {one.visit: number for number, one in enumerate(windows)}
        visit = records.columns["AVISIT"]
        place = np.array([numbers.get(text, -1) for text in visit.values.tolist()], np.int32)[visit.codes]
        group, first = combine([records.columns[name] for name in self.by], records.count)
        counts = (place >= 0) & ~records.columns[self.value].missing()
        if self.where:
            counts &= context.mask(self.where)
        found = np.flatnonzero(counts).astype(np.int32)
        keys = [as_number(records.columns[self.day], context, self).objects()[found]]
        if preferred := self._preferred(records, context):
            keys.append(preferred[0][found])
        found = found[np.lexsort(keys)]
        return found, group[found], place[found], len(first)

    def _preferred(self, records: Records, context: Context) -> list[Numbers]:
        """Give what is highest in the record of a window to carry, before its day counts."""
        if self.how == "BOCF":
            return [context.mask(self.baseline or BASELINE).astype(np.float64)]
        if not self.worst:
            return []
        sign = 1.0 if self.worst == "highest" else -1.0
        return [sign * as_number(records.columns[self.value], context, self).objects()]

    def _carried(self, records: Records, last: Rows, context: Context) -> Rows:
        """Give the record that would be carried into each window; shape (groups, windows)."""
        preferred = self._preferred(records, context)
        if self.how == "BOCF":
            last = np.where(np.append(preferred[0], 0)[last] > 0, last, NONE)
        if self.worst:
            return _worst(last, np.append(preferred[0], -np.inf))
        known = np.where(last != NONE, np.arange(last.shape[1]), -1)
        before = np.maximum.accumulate(known, axis=1)
        taken = np.take_along_axis(last, np.maximum(before, 0), axis=1)
        return np.where(before < 0, NONE, taken).astype(np.int32)

    def _records(
        self,
        records: Records,
        places: Rows,
        windows: list[schedule.Window],
        into: Rows,
        context: Context,
    ) -> Records:
        made = records.take(places)
        columns = schedule.columns_of(windows, into, "")
        day = as_number(made.columns[self.day], context, self)
        columns["AWTDIFF"] = schedule.apart(day, columns["AWTARGET"], "DAYS")
        shown = {name: one for name, one in columns.items() if name in records.columns and name != "AWU"}
        return made.with_columns({**shown, "DTYPE": Column.constant(self.how, made.count)})


def _last_of(group: Rows, place: Rows, shape: tuple[int, int], records: Rows) -> Rows:
    """Give the last of the records of each group and window, in the order given; -1 for none."""
    last = np.full(shape, NONE, np.int32)
    last[group, place] = records
    return last


def _worst(last: Rows, value: Numbers) -> Rows:
    """Give the record with the highest value of each window and those before it; of equal ones the last."""
    made, worst = last.copy(), np.full(len(last), NONE, np.int32)
    for window in range(last.shape[1]):
        worst = np.where(value[last[:, window]] >= value[worst], last[:, window], worst)
        made[:, window] = worst
    return made


def _with_type(records: Records) -> Records:
    if "DTYPE" in records.columns:
        return records
    return records.with_columns({"DTYPE": Column.constant("", records.count)})
