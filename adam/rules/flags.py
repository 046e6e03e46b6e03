"""Analysis flags: one record of each group, the first, last, highest, lowest or closest one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.match import order_by
from trialkit.problems import Kind
from trialkit.records import NONE, Rows
from trialkit.rule import Condition, Value, VariableRule
from trialkit.rules.duplicates import edges
from trialkit.rules.evaluate import as_number
from trialkit.rules.found import key_texts
from trialkit.rules.select import TableRows, Values, keep_witness
from trialkit.steps import ColumnNames

TIE = Kind(
    "ADAM-012",
    "nothing tells which of several records is flagged",
    "Name deciding columns under `order`, or declare `ties: first` or `ties: last`.",
)

Places = npt.NDArray[np.int64]


class AnalysisFlag(VariableRule):
    """'{yes}' on the {analysis_flag} record of each {by}[, of {of}][ to {to}][, in order of {order}].

    ``first`` and ``last`` go by ``order``. ``highest`` and ``lowest`` go by the number ``of``, ``closest`` by
    its distance to ``to``, and ``order`` is that of the records whose number is equally good. A record
    without ``of``, ``to`` or a column of ``order`` does not count, and nor does one outside ``where``.
    ``ties`` says which of the records is flagged that are still equal, as they stand; with ``error`` none
    may be (ADAM-012), and the first one is flagged. For ``highest``, ``lowest`` and ``closest`` it
    says which one in ``order`` is flagged, the first or the last. (ANLzzFL, ABLFL, AOCCFL and the like:
    ADaMIG 1.3, section 3.3.8.)

    >>> AnalysisFlag(analysis_flag="last", by=["USUBJID", "AVISIT"], order="ADT").sentence()
    "'Y' on the last record of each USUBJID, AVISIT, in order of ADT."
    """

    pick: Literal["first", "last", "highest", "lowest", "closest"] = Field(
        alias="analysis_flag", description="which record: first, last, highest, lowest, closest"
    )
    by: ColumnNames = Field(min_length=1, description="one flag for each combination")
    of: Value | None = Field(None, description="the number, for highest, lowest and closest")
    to: Value | None = Field(None, description="what it is closest to; default: 0")
    order: Values = Field([], description="what orders the records")
    ties: Literal["error", "first", "last"] = Field("error", description="which of equal records")
    where: Condition | None = Field(None, description="the records that can be flagged; default: all")
    yes: str = Field("Y", description="value of the flag")

    also: ClassVar[str] = "[, the {ties} of equal ones][, where {where}]"
    example: ClassVar[str] = """\
ANL01FL:
  analysis_flag: closest
  by: [USUBJID, PARAMCD, AVISIT]
  of: ADY
  to: AWTARGET
  order: ADY
  ties: last
  where: AVISIT != ''
ANL02FL: {analysis_flag: highest, by: [USUBJID, PARAMCD], of: AVAL, order: ADT, ties: first}
"""

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        by_order = self.pick in ("first", "last")
        if by_order and (not self.order or self.of):
            raise ValueError(f"`{self.pick}` needs `order` and no `of`")
        if not by_order and not self.of:
            raise ValueError(f"`{self.pick}` needs `of`")
        if self.to and self.pick != "closest":
            raise ValueError("`to` is for `closest`")
        return self

    def elsewhere(self) -> list[str]:
        """Name what it compares in other records.

        >>> AnalysisFlag(analysis_flag="last", by="USUBJID", order="ADT").elsewhere()
        ['ADT']
        """
        rules = [one for one in (self.of, self.to, *self.order) if one is not None]
        return [each.column for one in rules for each in one.references() if not each.table]

    def apply(self, context: Context) -> Column:
        """Flag a record of each group; keeps for each record which one of its group is flagged.

        >>> from trialkit.samples import sample_context, sample_records
        >>> records = sample_records(ID=["1", "1", "1"], AVAL=[3.0, 5.0, 4.0])
        >>> rule = AnalysisFlag(analysis_flag="highest", by="ID", of="AVAL")
        >>> rule.apply(sample_context(records)).objects().tolist()
        ['', 'Y', '']
        """
        keys = [context.column(name, self.place("by")) for name in self.by]
        whole, first = combine(keys, context.count)
        scores = self._scores(context)
        order = [context.value(rule) for rule in self.order]
        counts = context.mask(self.where) if self.where else np.ones(context.count, bool)
        for column in [*scores, *order]:
            counts &= ~column.missing()
        best, inner = (scores, order) if scores else (order, [])
        chosen, tied = one_of_each(
            whole,
            best,
            np.flatnonzero(counts),
            inner=inner,
            last=self.pick == "last",
            late=self.ties == "last",
        )
        if self.ties == "error" and tied.any():
            context.report(TIE, TIE.title, tied, key_texts(keys, tied), self)
        row = np.full(len(first), NONE, np.int32)
        row[whole[chosen]] = chosen
        keep_witness(context, TableRows(within=self.by), row[whole])
        flags = np.zeros(context.count, np.int32)
        flags[chosen] = 1
        return Column(np.array(["", self.yes], object), flags)

    def _scores(self, context: Context) -> list[Column]:
        """Give what is lowest in the record to flag; nothing where the order alone decides."""
        if self.of is None:
            return []
        number = as_number(context.value(self.of), context, self)
        if self.pick == "closest":
            to = as_number(context.value(self.to), context, self).objects() if self.to else 0.0
            return [Column.numbers(np.abs(number.objects() - to))]
        return [Column(-number.values, number.codes) if self.pick == "highest" else number]


def one_of_each(
    whole: Rows,
    best: Sequence[Column],
    places: Places,
    *,
    inner: Sequence[Column] = (),
    last: bool = False,
    late: bool = False,
) -> tuple[Places, Mask]:
    """Give the place of one record of each group, and mark records that are equally good.

    Args:
        whole: the number of each record's group; shape (records,).
        best: columns whose first values are best.
        places: the records that count.
        inner: the order of records that are equally good.
        last: the last values are best.
        late: of equally good records the last one is chosen.

    >>> scores = [Column.numbers([2.0, 1.0, 1.0])]
    >>> chosen, tied = one_of_each(np.zeros(3, np.int32), scores, np.arange(3))
    >>> chosen.tolist(), tied.tolist()
    ([1], [False, True, True])
    """
    group = Column(np.arange(int(whole.max(initial=-1)) + 1, dtype=np.float64), whole[places])
    levels = [group, *(one.take(places) for one in best)]
    order = order_by([*levels, *(one.take(places) for one in inner)], len(places))
    level, _ = combine(levels, len(places))
    start, stop = _of_level(level[order], group.codes[order], last=last)
    several = stop - start > 1
    tied = np.zeros(len(whole), bool)
    tied[places[order[_within(start[several], stop[several], len(order))]]] = True
    return places[order[stop - 1] if late else order[start]], tied


def _of_level(level: Rows, group: Rows, *, last: bool) -> tuple[Places, Places]:
    """Find where the best level of each group starts and stops, in sorted order."""
    if not len(level):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    starts = np.flatnonzero(edges(level))
    stops = np.append(starts[1:], len(level))
    mine = edges(group[starts], last=last)
    return starts[mine], stops[mine]


def _within(start: Places, stop: Places, size: int) -> Mask:
    """Mark the places between starts and stops."""
    steps = np.zeros(size + 1, np.int64)
    np.add.at(steps, start, 1)
    np.add.at(steps, stop, -1)
    return np.cumsum(steps[:-1]) > 0
