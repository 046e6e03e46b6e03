"""Days since the last row of another table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from pydantic import Field

from adam.rules.dates import Numbers, as_sas
from trialkit.column import Column
from trialkit.context import Context
from trialkit.records import NONE, Rows
from trialkit.rule import Reference, TableName, Value, VariableRule
from trialkit.rules.found import Found
from trialkit.rules.select import KeyedRows, keep_witness


class DaysSince(KeyedRows, VariableRule):
    """Days from the last {of} in {table} at or before {days_since}, with the same {on}[, where {where}].

    0 on the day itself; missing where there is none before, or where the date is missing. Dates are SAS
    dates or complete ISO 8601 dates; a row without one does not count. (Such as the days since the last
    dose, for ADaMIG 1.3, section 3.3.3.)

    >>> DaysSince(days_since="ADT", table="EX", of="EXSTDTC", where="EXDOSE > 0").sentence()
    'Days from the last EXSTDTC in EX at or before ADT, with the same subject, where EXDOSE > 0.'
    """

    date: Value = Field(alias="days_since", description="date of the record")
    table: TableName = Field(description="the table with the earlier dates")
    of: Value = Field(description="column or rule of the table with the date")

    example: ClassVar[str] = "LDOSEDY: {days_since: ADT, table: EX, of: EXSTDTC, where: EXDOSE > 0}"

    def told(self) -> dict[str, str]:
        """Say that the default key is the subject.

        >>> DaysSince(days_since="ADT", table="EX", of="EXSTDTC").told()["on"]
        'subject'
        """
        told = super().told()
        return told if self.on is not None else {**told, "on": "subject"}

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> rule = DaysSince(days_since="ADT", table="EX", of="EXSTDTC")
        >>> [(one.column, one.table) for one in rule.references()]
        [('ADT', ''), ('', 'EX'), ('EXSTDTC', 'EX')]
        """
        yield from self.date.references()
        yield from super().references()
        yield from self.inside(self.of)

    def apply(self, context: Context) -> Column:
        """Count the days; keeps the row that was found.

        >>> DaysSince(days_since="ADT", table="EX", of="EXSTDTC").key()
        'days_since'
        """
        found = self.find(context, self.of)
        when, since = as_sas(context.value(self.date)), as_sas(found.values)
        row = _latest(found.only(~np.isnan(since)), when, since)
        keep_witness(context, self, row)
        return Column.numbers(np.floor(when - np.append(since, np.nan)[row]))


def _latest(found: Found, when: Numbers, since: Numbers) -> Rows:
    """Find the row of each record that is latest but not after a day; of equal ones the last, -1 for none."""
    days, place = np.unique(since[found.row], return_inverse=True)
    size = len(days) + 1
    theirs = found.key.astype(np.int64) * size + place + 1
    order = np.argsort(theirs, kind="stable")
    mine = found.group.astype(np.int64) * size + np.searchsorted(days, np.floor(when), side="right")
    last = np.searchsorted(theirs[order], mine, side="right") - 1
    if not len(order):
        return np.full(len(when), NONE, np.int32)
    there = (last >= 0) & ~np.isnan(when) & (found.key[order[last]] == found.group)
    return np.where(there, found.row[order[last]], NONE).astype(np.int32)
