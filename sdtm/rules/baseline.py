"""The baseline flag, and the last observation before exposure."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sdtm.rules.days import _OnReference
from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.dates import DAY, day_numbers
from trialkit.instants import in_time, instants, shared_moments
from trialkit.match import order_by
from trialkit.problems import Kind
from trialkit.records import NONE
from trialkit.rule import ColumnName, Condition
from trialkit.rules.duplicates import edges, ordered
from trialkit.rules.select import TableRows, keep_witness
from trialkit.steps import ColumnNames

BASELINE_TIE = Kind(
    "SDTM-010",
    "nothing tells which of several records is baseline",
    "Name deciding columns under `order`, or declare `ties: first` or `ties: last`.",
)


class Baseline(_OnReference):
    """Y on the last record of each {by} with a value of {baseline} up to the reference date {reference}.

    The default reference date is RFXSTDTC of the subject in DM. A record counts if its value is there, its
    status is blank, it meets ``where``, and its date is complete and not after the reference date. Where
    both have a time, times are compared; else days, and ``same_day`` says whether the day of the reference
    date counts. Of several on the last day and time, ``order`` decides, then ``ties``. A group without
    such a record has no baseline. (--BLFL, --LOBXFL: SDTM 2.0, Findings.)

    >>> Baseline(baseline="LBSTRESC", date="LBDTC", by=["USUBJID", "LBTESTCD"]).sentence()[-44:]
    'to the reference date DM.RFXSTDTC, on LBDTC.'
    """

    value: ColumnName = Field(alias="baseline", description="the result")
    date: ColumnName = Field(description="date of the record (ISO 8601)")
    by: ColumnNames = Field(min_length=1, description="one baseline for each combination")
    status: ColumnName = Field("", description="completion status; a record that has one does not count")
    where: Condition | None = Field(None, description="the records that can be baseline; default: all")
    same_day: Literal["include", "exclude"] = Field(
        "include", description="records of the day of the reference date, where a time is unknown"
    )
    order: ColumnNames = Field([], description="numbers or ISO 8601 dates that decide between equal dates")
    ties: Literal["error", "first", "last"] = Field("error", description="which of equal records is baseline")

    also: ClassVar[str] = (
        ", on {date}[ where {where}][, without a {status}][{same_day=exclude}, not on its day]"
        "[, in order of {order}][, the {ties} of equal ones][, by {subject}]"
    )
    default: ClassVar[str] = "RFXSTDTC"

    def elsewhere(self) -> list[str]:
        """Name what it compares in other records.

        >>> Baseline(baseline="LBSTRESC", date="LBDTC", by="USUBJID", order="VISITNUM").elsewhere()
        ['LBSTRESC', 'LBDTC', 'VISITNUM']
        """
        return [self.value, self.date, *self.order]

    example: ClassVar[str] = """\
LBLOBXFL:
  baseline: LBSTRESC
  date: LBDTC
  by: [USUBJID, LBTESTCD, LBSPEC]
  status: LBSTAT
  order: VISITNUM
  ties: last
"""

    def apply(self, context: Context) -> Column:
        """Find the baseline records; keeps for each record which one is its baseline.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.records import Records
        >>> dates = Column.text(["2021-03-01", "2021-03-05", "2021-03-06"])
        >>> columns = {"D": dates, "R": Column.constant("2021-03-05", 3), "X": Column.constant("1", 3)}
        >>> context = sample_context(Records.start("LB", columns, 3), "LB")
        >>> Baseline(baseline="X", date="D", by="R", reference="R").apply(context).objects().tolist()
        ['', 'Y', '']
        """
        dates = context.column(self.date)
        places = np.flatnonzero(self._candidates(dates, context))
        whole, first = combine([context.column(name) for name in self.by], context.count)
        group = whole[places]
        time = in_time(dates.take(places), group)
        order = [
            in_time(ordered(context.column(name), name, self).take(places), group) for name in self.order
        ]
        chosen = self._last(group, [time, *order], places, context)
        flag = np.zeros(context.count, np.int32)
        flag[chosen] = 1
        baseline = np.full(len(first), NONE, np.int32)
        baseline[whole[chosen]] = chosen
        keep_witness(context, TableRows(within=self.by), baseline[whole])
        return Column(np.array(["", "Y"], object), flag)

    def _candidates(self, dates: Column, context: Context) -> Mask:
        reference = self.reference_date(context)
        mask = ~context.column(self.value).missing()
        if self.status:
            mask &= context.column(self.status).missing()
        if self.where:
            mask &= context.mask(self.where)
        (low, high), (from_, to) = shared_moments(dates, reference)
        timed = (high - low < DAY - 1) & (to - from_ < DAY - 1)
        apart = day_numbers(dates) - day_numbers(reference)  # NaN unless both are complete
        by_day = apart <= (0 if self.same_day == "include" else -1)
        return np.asarray(mask & np.where(timed, low <= from_, by_day) & ~np.isnan(apart), bool)

    def _last(
        self, group: npt.NDArray[Any], by: list[Column], places: npt.NDArray[Any], context: Context
    ) -> npt.NDArray[Any]:
        """Give the place of the last record of each group; equal ones are reported or decided."""
        key = Column.numbers(group)
        rank, _ = combine([key, *by], len(places))
        clock = Column.numbers(instants(context.column(self.date).take(places), group)[0])
        order = order_by([key, *by, clock], len(places))
        last = order[edges(group[order], last=True)]
        tied = np.isin(rank, rank[last]) & (np.bincount(rank)[rank] > 1) if len(rank) else np.zeros(0, bool)
        if self.ties == "first" and len(last):
            begins = order[edges(rank[order])]
            last = begins[np.isin(rank[begins], rank[last])]
        elif self.ties == "error":
            mask = np.zeros(context.count, bool)
            mask[places[tied]] = True
            value = context.column(self.value)
            context.report(BASELINE_TIE, "several records could be baseline", mask, value, self)
        return places[last]
