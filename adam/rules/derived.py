"""Derived records: summaries of several records, and parameters computed from other parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.problems import Kind
from trialkit.records import NONE, Records, Rows
from trialkit.rule import ColumnName, Condition, RecordRule, Reference
from trialkit.rules.choose import Outcome
from trialkit.rules.evaluate import as_number, missing_like
from trialkit.rules.found import key_texts
from trialkit.rules.totals import MEMBER
from trialkit.steps import ColumnNames, below, fill, marked, merged_lineage

TWICE = Kind(
    "ADAM-030",
    "a component stands several times",
    "Name more columns under `by`, or leave records out with `where`, such as ANL01FL == 'Y'.",
)

Numbers = npt.NDArray[np.float64]
Schema = dict[str, frozenset[str]]


def agreed(records: Records, member: Rows, group: Rows, first: Rows) -> dict[str, Column]:
    """Give the columns of records made from several: a value where all agree, else missing.

    Args:
        records: the records.
        member: those that are members of a group.
        group: for each member the number of its group.
        first: for each group one of its members.

    >>> from trialkit.samples import sample_records
    >>> records = sample_records(A=["x", "x"], B=["x", "y"])
    >>> made = agreed(records, np.array([0, 1]), np.array([0, 0]), np.array([0]))
    >>> made["A"].objects().tolist(), made["B"].objects().tolist()
    (['x'], [''])
    """
    made = {}
    for name, column in records.columns.items():
        codes = column.unified().codes
        apart = np.zeros(len(first), bool)
        apart[group[codes[member] != codes[first][group]]] = True
        made[name] = column.take_or_missing(np.where(apart, NONE, first))
    return made


class _Adding(RecordRule):
    """What the rules share that add records made from several others."""

    by: ColumnNames = Field(min_length=1, description="one record for each combination")
    value: ColumnName = Field("AVAL", description="the values; the new records have theirs in it")
    where: Condition | None = Field(None, description="the records that count; default: all")
    values: dict[str, Outcome] = Field({}, alias="set", description="what the new records have, by column")

    def makes(self, *, added: bool) -> dict[str, tuple[str, ...]]:
        """Say that the value comes from those of other records.

        >>> Summarise(summarise="SUM", by="A").makes(added=True)
        {'AVAL': ('AVAL',), 'DTYPE': ()}
        """
        kind: dict[str, tuple[str, ...]] = {"DTYPE": ()} if isinstance(self, Summarise) else {}
        own: dict[str, tuple[str, ...]] = {self.value: (self.value,)}
        return {**own, **kind, **dict.fromkeys(self.values, ())} if added else {}

    def with_groups(
        self, records: Records, group: Rows, made: dict[str, Column], kept: Mask, context: Context
    ) -> Records:
        """Add a record for each group that is kept.

        Args:
            records: the records.
            group: for each the number of its group, -1 for none.
            made: the columns that are made, one value per group.
            kept: which groups have a record.
            context: of the rule.
        """
        number = np.append(np.where(kept, np.cumsum(kept) - 1, NONE), NONE)[group].astype(np.int32)
        member = np.flatnonzero(number >= 0).astype(np.int32)
        mine = number[member]
        first = np.empty(int(kept.sum()), np.int32)
        first[mine[::-1]] = member[::-1]
        rows, many = merged_lineage(records, number, first, context.step)
        columns = {**agreed(records, member, mine, first), **{k: one.take(kept) for k, one in made.items()}}
        item = missing_like("text", len(first)) if records.item is not None else None
        new = fill(Records(columns, len(first), rows, item, many), self.values, context)
        lacking = {name: missing_like(one.kind, records.count) for name, one in made.items()}
        old = records.with_columns({k: one for k, one in lacking.items() if k not in records.columns})
        told = marked(old, np.where(number >= 0, MEMBER - number, NONE), context)
        return below([told, marked(new, np.arange(new.count, dtype=np.int32), context)], self)


class Summarise(_Adding):
    """A record for each {by} with the {summarise} of {value}[ where {where}], of {at_least} values or more.

    The new records stand below the others. They have the value, DTYPE (AVERAGE, MEDIAN, MINIMUM, MAXIMUM or
    SUM), what is ``set``, and any other column in which all records of their group agree; the rest is
    missing. They come from the rows of all of them. Missing values don't count. (DTYPE: ADaMIG 1.3, section
    4.5.)

    >>> Summarise(summarise="AVERAGE", by=["USUBJID", "AVISIT"]).sentence()
    'A record for each USUBJID, AVISIT with the AVERAGE of AVAL, of 1 values or more.'
    """

    how: Literal["AVERAGE", "MEDIAN", "MINIMUM", "MAXIMUM", "SUM"] = Field(
        alias="summarise", description="what of the values: AVERAGE, MEDIAN, MINIMUM, MAXIMUM, SUM"
    )
    at_least: int = Field(1, ge=1, description="how many values a record needs")

    also: ClassVar[str] = "[; with {set}]"
    example: ClassVar[str] = """\
- summarise: AVERAGE
  by: [USUBJID, PARAMCD, AVISIT]
  where: AVISIT != ''
  at_least: 2
  set: {ATPT: ''}
"""

    def columns(self, before: frozenset[str], tables: Schema) -> frozenset[str]:
        """Add DTYPE and what is set.

        >>> sorted(Summarise(summarise="SUM", by="A").columns(frozenset({"A"}), {}))
        ['A', 'AVAL', 'DTYPE']
        """
        return before | {self.value, "DTYPE", *self.values}

    def apply(self, records: Records, context: Context) -> Records:
        """Add the records.

        >>> from trialkit.samples import sample_context, sample_records
        >>> records = sample_records(ID=["1", "1"], AVAL=[3.0, 5.0])
        >>> made = Summarise(summarise="AVERAGE", by="ID").apply(records, sample_context(records))
        >>> made.columns["AVAL"].objects().tolist(), made.many[0].row.tolist()
        ([3.0, 5.0, 4.0], [0, 1])
        """
        values = as_number(records.columns[self.value], context, self).objects()
        counts = ~np.isnan(values)
        if self.where:
            counts &= context.mask(self.where)
        member = np.flatnonzero(counts)
        inner, first = combine([records.columns[name].take(member) for name in self.by], len(member))
        group = np.full(records.count, NONE, np.int32)
        group[member] = inner
        size = np.bincount(inner, minlength=len(first))
        made = {
            self.value: Column.numbers(summary(self.how, values[member], inner, len(first))),
            "DTYPE": Column.constant(self.how, len(first)),
        }
        return self.with_groups(records, group, made, size >= self.at_least, context)


def summary(how: str, values: Numbers, group: Rows, groups: int) -> Numbers:
    """Summarise the values of each group, all of which have one; shape (groups,).

    >>> summary("MEDIAN", np.array([5.0, 1.0, 3.0, 9.0]), np.array([0, 0, 0, 1]), 2).tolist()
    [3.0, 9.0]
    """
    count = np.bincount(group, minlength=groups)
    if how in ("SUM", "AVERAGE"):
        total = np.bincount(group, values, groups).astype(np.float64)
        return total if how == "SUM" else total / np.maximum(count, 1)
    ordered = values[np.lexsort((values, group))]
    start = np.cumsum(count) - count
    places = {"MINIMUM": (start, start), "MAXIMUM": (start + count - 1, start + count - 1)}
    low, high = places.get(how, (start + (count - 1) // 2, start + count // 2))
    return np.asarray((ordered[low] + ordered[high]) / 2, np.float64)


class Parameter(_Adding):
    """A record for each {by} with {parameter}, of the {value} of these[, its {transform}][ where {where}].

    The names in the expression are values of ``code``: ``ALB / CREAT`` divides the value of the
    record with PARAMCD ALB by that of the record with PARAMCD CREAT. The new records stand below the
    others. They have the value, what is ``set``, and any other column in which the records of their
    components agree; the rest is missing. They come from the rows of all of them.

    A group that lacks a component or its value, and one whose result can't be computed, has no
    record, or one with a missing value (``short: missing``). A component that stands twice in a
    group is an error (ADAM-030). (New parameters: ADaMIG 1.3, section 4.2.)

    >>> rule = Parameter(parameter="ALB / CREAT", by=["USUBJID", "AVISIT"], set={"PARAMCD": "ALBCR"})
    >>> rule.sentence()[:57]
    'A record for each USUBJID, AVISIT with ALB / CREAT, of th'
    """

    expression: Condition = Field(alias="parameter", description="computation on values of `code`")
    code: ColumnName = Field("PARAMCD", description="the column with the names of the components")
    transform: Literal["", "log10", "ln", "sqrt"] = Field("", description="of the result: log10, ln, sqrt")
    short: Literal["none", "missing"] = Field(
        "none", description="where a component is missing: no record, or a missing value"
    )

    also: ClassVar[str] = "[, named by {code}][{short=missing}, else missing][; with {set}]"
    example: ClassVar[str] = """\
- parameter: ALB / CREAT
  by: [USUBJID, AVISIT, ADT]
  where: ANL01FL == 'Y'
  set: {PARAMCD: ALBCR, PARAM: Albumin/Creatinine}
- parameter: ALT
  transform: log10
  by: [USUBJID, LBSEQ]
  set: {PARAMCD: LALT, PARAM: Log10 Alanine Aminotransferase (U/L)}
"""

    def references(self) -> Iterator[Reference]:
        """Name the columns; the names in the expression are values of one.

        >>> [one.column for one in Parameter(parameter="A / B", by="ID").references()]
        ['ID', 'AVAL', 'PARAMCD']
        """
        names = (*self.by, self.value, self.code, *(self.where.names if self.where else ()))
        yield from (Reference(name, place=self.place()) for name in names)
        for rule in self.values.values():
            yield from rule.references()

    def columns(self, before: frozenset[str], tables: Schema) -> frozenset[str]:
        """Add what is set.

        >>> sorted(Parameter(parameter="A / B", by="ID", set={"X": "1"}).columns(frozenset({"ID"}), {}))
        ['AVAL', 'ID', 'X']
        """
        return before | {self.value, *self.values}

    def apply(self, records: Records, context: Context) -> Records:
        """Add the records.

        >>> from trialkit.samples import sample_context, sample_records
        >>> records = sample_records(ID=["1", "1"], PARAMCD=["A", "B"], AVAL=[6.0, 3.0])
        >>> rule = Parameter(parameter="A / B", by="ID", set={"PARAMCD": "RATIO"})
        >>> made = rule.apply(records, sample_context(records))
        >>> made.columns["AVAL"].objects().tolist(), made.columns["PARAMCD"].objects().tolist()
        ([6.0, 3.0, 2.0], ['A', 'B', 'RATIO'])
        """
        names = self.expression.names
        code = records.columns[self.code]
        which = np.array([_place(names, text) for text in code.values.tolist()], np.int32)[code.codes]
        if self.where:
            which = np.where(context.mask(self.where), which, NONE)
        member = np.flatnonzero(which >= 0).astype(np.int32)
        inner, first = combine([records.columns[name].take(member) for name in self.by], len(member))
        group = np.full(records.count, NONE, np.int32)
        group[member] = inner
        matrix = self._matrix(records, member, inner, which[member], context)
        parts = dict(zip(names, (Column.numbers(row) for row in matrix.reshape(len(names), -1)), strict=True))
        made = self._transformed(self.expression.column(parts.__getitem__, len(first)).objects())
        kept = ~np.isnan(made) if self.short == "none" else np.ones(len(first), bool)
        return self.with_groups(records, group, {self.value: Column.numbers(made)}, kept, context)

    def _matrix(self, records: Records, member: Rows, group: Rows, which: Rows, context: Context) -> Numbers:
        """Give the value of each component in each group; what stands twice is reported."""
        groups, parts = int(group.max(initial=-1)) + 1, len(self.expression.names)
        cell = which.astype(np.int64) * groups + group
        twice = np.zeros(records.count, bool)
        twice[member] = (np.bincount(cell, minlength=1) > 1)[cell] if len(cell) else False
        if twice.any():
            keys = [records.columns[name] for name in (*self.by, self.code)]
            context.report(TWICE, TWICE.title, twice, key_texts(keys, twice), self)
        matrix = np.full(parts * groups, np.nan)
        matrix[cell] = as_number(records.columns[self.value], context, self).objects()[member]
        return matrix

    def _transformed(self, values: npt.NDArray[Any]) -> Numbers:
        numbers = np.asarray(values, np.float64)
        change = {"log10": np.log10, "ln": np.log, "sqrt": np.sqrt}.get(self.transform)
        with np.errstate(divide="ignore", invalid="ignore"):
            made = change(numbers) if change else numbers
        return np.where(np.isfinite(made), made, np.nan)


def _place(names: Sequence[str], text: Any) -> int:
    return names.index(text) if text in names else -1
