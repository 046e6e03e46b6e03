"""Records that stand twice: exact duplicates, duplicate keys, one record per key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.instants import in_time
from trialkit.match import order_by
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.records import Records
from trialkit.rule import RecordRule, Rule
from trialkit.rules.blankkeys import BLANKS, Blanks, keys_of
from trialkit.steps import ColumnNames, in_order, merged_lineage, of_study, set_aside

EXACT = Kind("ROW-020", "exact duplicates", "Delete the second entry, or declare `exact_duplicates: drop`.")
SAME_KEY = Kind("ROW-021", "records of one key", "Correct one of them, or declare which is kept.")
TIE = Kind("ROW-022", "nothing tells which record of a key is kept", "Name more columns under `by`.")
NO_ORDER = Kind(
    "ROW-023",
    "a column has no order in time or size",
    "Make it an ISO 8601 date or a number with `let` first.",
    exit=Exit.SPEC,
)

Handling = Literal["drop", "query", "error"]


class ExactDuplicates(RecordRule):
    """Without records that are equal to an earlier one in all columns[ but {but}]: {exact_duplicates}.

    ``drop`` leaves them out with a note in the ledger, ``query`` asks the site as well, ``error`` keeps
    them and blocks publishing. Blanks are equal to blanks here.

    >>> ExactDuplicates(exact_duplicates="drop", but="ROWID").sentence()
    'Without records that are equal to an earlier one in all columns but ROWID: drop.'
    """

    handling: Handling = Field(alias="exact_duplicates", description="what happens to the later records")
    but: ColumnNames = Field([], description="columns that are not compared")
    reason: str = Field("exact duplicate", min_length=1, description="why they are left out")
    query: str = Field("", description="question to the site")
    code: str = Field("", description="the study's own code of the query, such as Q-LB-01")

    example: ClassVar[str] = "- exact_duplicates: drop\n  but: [ROWID, AUDITTIME]\n"

    def apply(self, records: Records, context: Context) -> Records:
        """Find the later ones.

        >>> from trialkit.samples import sample_context
        >>> records = Records.start("DM", {"A": Column.text(["x", "x"])}, 2)
        >>> context = sample_context(records)
        >>> ExactDuplicates(exact_duplicates="drop").apply(records, context).rows["DM"].tolist()
        [0]
        """
        compared = [column for name, column in records.columns.items() if name not in self.but]
        first = combine(compared, records.count)[1]
        later = np.ones(records.count, bool)
        later[first] = False
        shown = compared[0] if compared else Column.constant("", records.count)
        return _handled(self, later, EXACT, "records are equal to an earlier one", shown, context)


class DuplicateKeys(RecordRule):
    """Of the records with equal {duplicate_keys} the {keep}[ by {by}] is kept: {handling}.

    Without ``by`` it is the first or last in the order of the records. A record with a blank in a key is no
    duplicate of any. Where ``by`` does not decide, that is an error; a date alone does not decide against
    a time of its day, and offsets from UTC count where all times of a key have one. ``drop`` leaves the
    others out with a note in the ledger, ``query`` asks the site as well, ``error`` keeps all and blocks
    publishing. ``keep: none`` leaves all of them out.

    >>> DuplicateKeys(duplicate_keys=["SUBJECT", "VISIT"], keep="last", by="AUDITTIME").sentence()
    'Of the records with equal SUBJECT, VISIT the last by AUDITTIME is kept: query.'
    """

    keys: ColumnNames = Field(alias="duplicate_keys", min_length=1, description="the key columns")
    keep: Literal["first", "last", "none"] = Field("last", description="which record of a key is kept")
    by: ColumnNames = Field([], description="order: numbers or ISO 8601 dates, such as the time of entry")
    handling: Handling = Field("query", description="what happens to the others")
    reason: str = Field("duplicate key", min_length=1, description="why they are left out")
    query: str = Field("", description="question to the site")
    code: str = Field("", description="the study's own code of the query, such as Q-LB-01")

    example: ClassVar[str] = """\
- duplicate_keys: [SUBJECT, VISIT]
  keep: last
  by: AUDITTIME
  reason: entered again
  query: Two entries of one visit; the later one is used. Is it right?
"""

    def apply(self, records: Records, context: Context) -> Records:
        """Find the records that are not kept.

        Raises:
            Refusal: ROW-023 when a column of ``by`` holds texts that are neither numbers nor dates.

        >>> from trialkit.samples import sample_context
        >>> records = Records.start("DM", {"A": Column.text(["x", "x"]), "T": Column.text(["2", "1"])}, 2)
        >>> context = sample_context(records)
        >>> DuplicateKeys(duplicate_keys="A", by="T").apply(records, context).rows["DM"].tolist()
        [0]
        """
        columns = [records.columns[name] for name in self.keys]
        group, _ = combine(columns, records.count)
        twin = np.bincount(group)[group] > 1 if len(group) else np.zeros(0, bool)
        for column in columns:
            twin &= ~column.missing()
        twins = np.flatnonzero(twin)
        left_out = twin.copy()
        if self.keep != "none":
            left_out[self._chosen(twins, group[twins], records, context)] = False
        return _handled(self, left_out, SAME_KEY, "records have the key of another one", columns[0], context)

    def _chosen(
        self, twins: npt.NDArray[Any], group: npt.NDArray[Any], records: Records, context: Context
    ) -> npt.NDArray[Any]:
        """Choose one record of each key; ties are reported."""
        by = [in_time(ordered(records.columns[name], name, self).take(twins), group) for name in self.by]
        key = Column.numbers(group)
        order = order_by([key, *by], len(twins))
        ends = np.flatnonzero(edges(group[order], last=self.keep == "last"))
        if by:
            rank, _ = combine([key, *by], len(twins))
            tied = np.zeros(records.count, bool)
            tied[twins] = np.isin(rank, rank[order[ends]][np.bincount(rank)[rank[order[ends]]] > 1])
            context.report(
                TIE,
                f"equal {', '.join(self.by)} in records of one key",
                tied,
                records.columns[self.by[0]],
                self,
            )
        return twins[order[ends]]


class OnePer(RecordRule):
    """One record for each {one_per}.

    It has the columns of the first record of its key and comes from the rows of all of them. Make what
    should be taken from all of them, such as the earliest date, with ``let`` before.

    >>> OnePer(one_per=["USUBJID", "VISITNUM"]).sentence()
    'One record for each USUBJID, VISITNUM.'
    """

    keys: ColumnNames = Field(alias="one_per", min_length=1, description="the key columns")
    blanks: Blanks = Field("error", description=BLANKS)

    also: ClassVar[str] = "[{blanks=apart}; a blank is a key of its own][{blanks=together}; blanks are a key]"
    example: ClassVar[str] = "- one_per: [USUBJID, VISITNUM]\n"

    def apply(self, records: Records, context: Context) -> Records:
        """Merge the records of each key.

        >>> from trialkit.samples import sample_context
        >>> records = Records.start("DM", {"A": Column.text(["x", "y", "x"])}, 3)
        >>> made = OnePer(one_per="A").apply(records, sample_context(records))
        >>> made.rows["DM"].tolist(), made.many[0].row.tolist()
        ([-1, 1], [0, 2])
        """
        keys = keys_of(self, self.blanks, self.keys, records, context)
        group, first = combine(keys, records.count)
        rows, many = merged_lineage(records, group, first, context.step)
        return replace(records.take(first), rows=rows, many=many)


def edges(group: npt.NDArray[Any], *, last: bool = False) -> Mask:
    """Mark where each run of equal numbers begins, or ends.

    >>> edges(np.array([3, 3, 5])).tolist(), edges(np.array([3, 3, 5]), last=True).tolist()
    ([True, False, True], [False, True, True])
    """
    if not len(group):
        return np.zeros(0, bool)
    change: Mask = group[1:] != group[:-1]
    return np.append(change, True) if last else np.insert(change, 0, True)


def ordered(column: Column, name: str, rule: Rule) -> Column:
    """Give a column as values that sort in time or size.

    Raises:
        Refusal: ROW-023 when its texts are neither numbers nor ISO 8601 dates.

    >>> ordered(Column.text(["10", "9"]), "A", Rule()).objects().tolist()
    [10.0, 9.0]
    """
    made = in_order(column)
    if made is None:
        raise Refusal(
            [Problem(NO_ORDER, f"'{name}' holds texts that are neither numbers nor dates", rule.place("by"))]
        )
    return made


def _handled(
    rule: ExactDuplicates | DuplicateKeys, mask: Mask, kind: Kind, what: str, shown: Column, context: Context
) -> Records:
    if rule.handling == "error":
        context.report(kind, what, mask, shown, rule)
        return context.records
    say = (rule.query or what) if rule.handling == "query" else ""
    asked = of_study(kind, rule.code, rule.query)
    return set_aside(context, rule, mask, rule.reason, kind=asked, say=say, shown=shown)
