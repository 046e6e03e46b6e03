"""Records kept and dropped for a reason, and records that the site is asked about."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from trialkit.column import Mask
from trialkit.context import Context
from trialkit.problems import Kind
from trialkit.records import Records
from trialkit.rule import ColumnName, Condition, RecordRule
from trialkit.steps import of_study, set_aside

QUARANTINED = Kind(
    "ROW-010", "records are set aside", "Ask the site; the rows are left out meanwhile.", severity="query"
)
ASKED = Kind("ROW-012", "records to ask the site about", "Ask the site.", severity="query")


class _Filter(RecordRule):
    """What dropping and keeping share."""

    reason: str = Field(
        min_length=1, description="why the other records are not needed; the ledger prints it"
    )
    query: str = Field("", description="question to the site: each record left out becomes a data query")
    code: str = Field("", description="the study's own code of the query, such as Q-LB-01")

    def _leave_out(self, mask: Mask, names: tuple[str, ...], context: Context) -> Records:
        kind = of_study(QUARANTINED, self.code, self.query)
        shown = context.column(names[0]) if names else None
        return set_aside(context, self, mask, self.reason, kind=kind, say=self.query, shown=shown)


class Keep(_Filter):
    """Only records with {keep}; others are left out: {reason}.

    >>> Keep(keep="SEX == 'F'", reason="male").sentence()
    "Only records with SEX == 'F'; others are left out: male."
    """

    when: Condition = Field(alias="keep", description="the records to keep")

    example: ClassVar[str] = "- keep: DONE == 'Y'\n  reason: not done\n"

    def apply(self, records: Records, context: Context) -> Records:
        """Leave out the records that do not meet the condition.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.column import Column
        >>> records = Records.start("DM", {"A": Column.text(["x", "y"])}, 2)
        >>> context = sample_context(records)
        >>> Keep(keep="A == 'y'", reason="not y").apply(records, context).rows["DM"].tolist()
        [1]
        """
        return self._leave_out(~context.mask(self.when), self.when.names, context)


class Drop(_Filter):
    """Without records with {drop}: {reason}.

    >>> Drop(drop="RESULT == ''", reason="no result").sentence()
    "Without records with RESULT == '': no result."
    """

    when: Condition = Field(alias="drop", description="the records to leave out")

    example: ClassVar[str] = """\
- drop: SUBJECT == ''
  reason: no subject
  query: Which subject is this row of?
"""

    def apply(self, records: Records, context: Context) -> Records:
        """Leave out the records that meet the condition.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.column import Column
        >>> records = Records.start("DM", {"A": Column.text(["x", "y"])}, 2)
        >>> context = sample_context(records)
        >>> Drop(drop="A == 'y'", reason="y").apply(records, context).rows["DM"].tolist()
        [0]
        """
        return self._leave_out(context.mask(self.when), self.when.names, context)


class Query(RecordRule):
    """A question to the site about records with {query}: {say}.

    The records stay as they are.

    >>> Query(query="DOSE > 2", say="Is the dose right?", code="Q-EX-01").sentence()
    'A question to the site about records with DOSE > 2: Is the dose right?.'
    """

    when: Condition = Field(alias="query", description="the records to ask about")
    say: str = Field(min_length=1, description="the question to the site")
    code: str = Field("", description="the study's own code of the query, such as Q-LB-01")
    column: ColumnName = Field(
        "", description="the column with the value in question; default: the first named"
    )

    example: ClassVar[str] = """\
- query: RESULT != '' and UNIT == ''
  say: Which unit has this result?
  code: Q-LB-01
  column: UNIT
"""

    def apply(self, records: Records, context: Context) -> Records:
        """Report the records that meet the condition.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.column import Column
        >>> records = Records.start("DM", {"A": Column.text(["x", "y"])}, 2)
        >>> context = sample_context(records)
        >>> _ = Query(query="A == 'y'", say="Why y?", code="Q-1").apply(records, context)
        >>> context.store.problems.items[0].kind.code
        'Q-1'
        """
        mask = context.mask(self.when)
        shown = context.column(self.column or self.when.names[0])
        context.report(of_study(ASKED, self.code, self.say), self.say, mask, shown, self, severity="query")
        return records
