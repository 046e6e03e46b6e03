"""Records that say that nothing was done."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from trialkit.column import combine
from trialkit.context import Context
from trialkit.records import Records
from trialkit.rule import Condition, RecordRule
from trialkit.rules.blankkeys import BLANKS, Blanks, keys_of
from trialkit.rules.choose import Outcome
from trialkit.rules.evaluate import missing_like
from trialkit.steps import ColumnNames, below, fill, marked, merged_lineage


class NotDone(RecordRule):
    """One record with {set} where all records of {by} have {not_done}.

    The record stands for all of its group and comes from all of their rows. Groups in which only some
    records meet the condition stay as they are. Such a record has --STAT NOT DONE, and --TESTCD ends in
    ALL where a whole form was not done (SDTMIG 3.4, section 4.5.1.2).

    >>> NotDone(not_done="RESULT == ''", by="VISIT", set={"STAT": "NOT DONE"}).sentence()
    "One record with STAT: 'NOT DONE' where all records of VISIT have RESULT == ''."
    """

    when: Condition = Field(alias="not_done", description="what a record without a value is")
    by: ColumnNames = Field(min_length=1, description="the columns that name a form or group")
    blanks: Blanks = Field("error", description=BLANKS)
    values: dict[str, Outcome] = Field(
        alias="set", min_length=1, description="what the one record has, by column"
    )

    also: ClassVar[str] = "[{blanks=apart}; a blank is a key of its own][{blanks=together}; blanks are a key]"
    example: ClassVar[str] = """\
- not_done: RESULT == ''
  by: [SUBJECT, VISIT]
  set: {QSTESTCD: QSALL, QSSTAT: NOT DONE}
"""

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Add the columns that are set.

        >>> rule = NotDone(not_done="A == ''", by="B", set={"STAT": "NOT DONE"})
        >>> sorted(rule.columns(frozenset({"A", "B"}), {}))
        ['A', 'B', 'STAT']
        """
        return before | frozenset(self.values)

    def apply(self, records: Records, context: Context) -> Records:
        """Merge the groups without any value.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.column import Column
        >>> columns = {"A": Column.text(["", "", "1"]), "B": Column.text(["x", "x", "y"])}
        >>> records = Records.start("QS", columns, 3)
        >>> rule = NotDone(not_done="A == ''", by="B", set={"STAT": "NOT DONE"})
        >>> made = rule.apply(records, sample_context(records, "QS"))
        >>> made.columns["STAT"].objects().tolist()
        ['NOT DONE', '']
        """
        when = context.mask(self.when)
        keys = keys_of(self, self.blanks, self.by, records, context, among=when)
        group, first = combine(keys, records.count)
        whole = np.ones(len(first), bool)
        whole[group[~when]] = False
        mine = whole[group]
        number = np.where(whole, np.cumsum(whole) - 1, -1)
        rows, many = merged_lineage(records, number[group], first[whole], context.step)
        merged = replace(records.take(first[whole]), rows=rows, many=many)
        if merged.item is not None:
            merged = replace(merged, item=missing_like("text", merged.count))
        places = np.r_[np.flatnonzero(~mine), first[whole]]
        merged = marked(fill(merged, self.values, context), 0, context)
        both = below([records.take(~mine), merged], self)
        return both.take(np.argsort(places, kind="stable"))
