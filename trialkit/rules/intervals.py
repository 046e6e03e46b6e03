"""Consecutive records merged into intervals, such as periods of constant dosing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from trialkit.column import combine
from trialkit.context import Context
from trialkit.dates import day_numbers, moments
from trialkit.records import Records, is_main
from trialkit.rule import ColumnName, RecordRule
from trialkit.rules.blankkeys import BLANKS, Blanks, keys_of
from trialkit.rules.duplicates import edges
from trialkit.steps import ColumnNames, merged_lineage

FAR = 10_000_000  # days; more than any date has


class Collapse(RecordRule):
    """One record per interval, {start} to {end}, of {by} with equal {collapse}, at most {gap} days apart.

    The records of each ``by`` are put in order of their start, by the clock where times are given; ``gap``
    counts calendar days. A new interval begins where one of the
    columns changes, or more than ``gap`` days lie between the end of what came before and the
    start. It has the columns of its first record, the last end, and comes from the rows of all. A record
    without a complete start and end date is an interval of its own. (EX: SDTMIG 3.4, section 6.1.3.)

    >>> Collapse(collapse="EXDOSE", by="USUBJID", start="EXSTDTC", end="EXENDTC", gap=2).sentence()
    'One record per interval, EXSTDTC to EXENDTC, of USUBJID with equal EXDOSE, at most 2 days apart.'
    """

    same: ColumnNames = Field(
        alias="collapse", min_length=1, description="columns that are constant in an interval"
    )
    by: ColumnNames = Field(min_length=1, description="the columns that name whose records they are")
    start: ColumnName = Field(description="column with the start (ISO 8601)")
    end: ColumnName = Field(description="column with the end (ISO 8601)")
    blanks: Blanks = Field("error", description=BLANKS)
    gap: int = Field(1, ge=0, description="days from an end to the next start, at most; 1 is the next day")

    also: ClassVar[str] = "[{blanks=apart}; a blank is a key of its own][{blanks=together}; blanks are a key]"
    example: ClassVar[str] = """\
- collapse: [EXDOSE, EXDOSU]
  by: [USUBJID, EXTRT]
  start: EXSTDTC
  end: EXENDTC
  gap: 2
"""

    def apply(self, records: Records, context: Context) -> Records:
        """Merge the records of each interval.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.column import Column
        >>> days = Column.text(["2021-03-01", "2021-03-02", "2021-03-09"])
        >>> columns = {"ID": Column.constant("1", 3), "DOSE": Column.constant("1", 3), "S": days, "E": days}
        >>> records = Records.start("EC", columns, 3)
        >>> rule = Collapse(collapse="DOSE", by="ID", start="S", end="E")
        >>> rule.apply(records, sample_context(records, "EX")).columns["E"].objects().tolist()
        ['2021-03-02', '2021-03-09']
        """
        if not records.count:
            return records
        order, number = self._intervals(records, context)
        group = np.empty(records.count, np.int64)
        group[order] = number
        first = order[edges(number)]
        rows, many = merged_lineage(records, group, first, context.step)
        ends = records.columns[self.end]
        by_end = np.lexsort((moments(ends)[1], group))
        last = by_end[edges(group[by_end], last=True)]
        if context.step:
            mains = [key for key in records.rows if is_main(key)]
            rows |= {f"{key}@{self.end}/{context.step}": records.rows[key][last] for key in mains}
        made = replace(records.take(first), rows=rows, many=many)
        return made.with_columns({self.end: ends.take(last)})

    def _intervals(self, records: Records, context: Context) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Give the order of the records, and the number of each one's interval in that order."""
        columns = records.columns[self.start], records.columns[self.end]
        start, end = (day_numbers(column) for column in columns)
        whose, _ = combine(keys_of(self, self.blanks, self.by, records, context), records.count)
        same, _ = combine([records.columns[name] for name in self.same], records.count)
        clock = [np.where(np.isnan(start), np.nan, moments(columns[0])[0]), moments(columns[1])[1]]
        order = np.lexsort((clock[1], clock[0], whose))
        whose, same, start, end = whose[order], same[order], start[order], end[order]
        block = np.cumsum(edges(whose) | edges(same))
        latest = np.maximum.accumulate(np.nan_to_num(end) + block * FAR) - block * FAR
        alone = np.isnan(start) | np.isnan(end)
        far = np.insert(start[1:] - latest[:-1] > self.gap, 0, True)
        begins = edges(block) | alone | np.insert(alone[:-1], 0, False) | far
        return order, np.cumsum(begins) - 1
