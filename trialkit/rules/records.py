"""Where records come from: tables read, branches stacked, working columns, repeated records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from trialkit.context import Context
from trialkit.records import Records
from trialkit.rule import ANY, Condition, RecordRule, Reference, Step, TableName, Value
from trialkit.rules.choose import Outcome
from trialkit.steps import below, fill, marked, run

Schema = dict[str, frozenset[str]]


class Read(RecordRule):
    """One record for each row of {read}.

    Records that are there already stay, and the rows stand below them.

    >>> Read(read="SUBJ").sentence()
    'One record for each row of SUBJ.'
    """

    table: TableName = Field(
        alias="read", description="raw source, table of the study, or dataset that is built before"
    )

    example: ClassVar[str] = "- read: EXPOSURE\n"

    def columns(self, before: frozenset[str], tables: Schema) -> frozenset[str]:
        """Add the columns of the table.

        >>> Read(read="DM").columns(frozenset(), {"DM": frozenset({"SEX"})})
        frozenset({'SEX'})
        """
        return before | tables.get(self.table, frozenset({ANY}))

    def apply(self, records: Records, context: Context) -> Records:
        """Give the rows as records.

        Raises:
            Refusal: SPEC-021 when there is no such table.

        >>> from trialkit.samples import sample_context
        >>> context = sample_context(Records({}, 0), DM=Records.start("DM", {}, 2))
        >>> Read(read="DM").apply(context.records, context).count
        2
        """
        return below([records, context.table(self.table, lookup=False)], self)


class Stack(RecordRule):
    """The records of several branches below each other: {stack}.

    Each branch is a list of steps that starts with nothing. A column that a branch lacks is missing in
    its records. Records that are there before stay above.

    >>> Stack(stack=[[{"read": "AE"}], [{"read": "MH"}]]).sentence()[:46]
    'The records of several branches below each oth'
    """

    branches: list[list[Step]] = Field(alias="stack", min_length=1, description="lists of steps")

    example: ClassVar[str] = """\
- stack:
    - - read: LABHOSP
    - - read: LABCENTRAL
      - drop: RESULT == ''
        reason: no result
"""

    def references_in(self, before: frozenset[str], tables: Schema) -> Iterator[Reference]:
        """Give what a branch names and neither has nor makes; a column is sought in the branch's table.

        >>> stack = Stack(stack=[[{"read": "AE"}, {"drop": "X == ''", "reason": "blank"}]])
        >>> [(one.column, one.table) for one in stack.references_in(frozenset(), {"AE": frozenset()})]
        [('', 'AE'), ('X', 'AE')]
        """
        for branch in self.branches:
            read = next((step.table for step in branch if isinstance(step, Read)), "")
            columns: frozenset[str] = frozenset()
            for step in branch:
                for one in step.references_in(columns, tables):
                    if one.table:
                        yield one
                    elif not {one.column, ANY} & columns:
                        yield Reference(one.column, read, one.place)
                columns = step.columns(columns, tables)

    def columns(self, before: frozenset[str], tables: Schema) -> frozenset[str]:
        """Give the columns that any branch has.

        >>> Stack(stack=[[{"read": "DM"}]]).columns(frozenset(), {"DM": frozenset({"SEX"})})
        frozenset({'SEX'})
        """
        for branch in self.branches:
            columns: frozenset[str] = frozenset()
            for step in branch:
                columns = step.columns(columns, tables)
            before |= columns
        return before

    def apply(self, records: Records, context: Context) -> Records:
        """Run the branches.

        Raises:
            Refusal: ROW-011 when a column is text in one branch and a number in another.

        >>> from trialkit.samples import sample_context
        >>> context = sample_context(Records({}, 0), DM=Records.start("DM", {}, 2))
        >>> Stack(stack=[[{"read": "DM"}], [{"read": "DM"}]]).apply(context.records, context).count
        4
        """
        made = [
            marked(run(branch, Records({}, 0), context), number, context)
            for number, branch in enumerate(self.branches)
        ]
        return below([records, *made], self)


class Let(RecordRule):
    """With working columns {let}.

    The columns are made in the order in which they stand, each seeing those before it; a column of a
    known name is replaced. They keep their witnesses, so that lineage goes through them.

    >>> Let(let={"KEY": {"copy": "A"}}).sentence()
    'With working columns KEY: A.'
    """

    rules: dict[str, Value] = Field(alias="let", min_length=1, description="a variable rule for each column")

    example: ClassVar[str] = "- let:\n    PHASE: {constant: TREATMENT}\n    WHO: PATNUM\n"

    def references_in(self, before: frozenset[str], tables: Schema) -> Iterator[Reference]:
        """Leave out the columns that are made further up.

        >>> let = Let(let={"A": {"copy": "X"}, "B": {"copy": "A"}})
        >>> [one.column for one in let.references_in(frozenset(), {})]
        ['X']
        """
        made: set[str] = set()
        for name, rule in self.rules.items():
            yield from (one for one in rule.references() if one.table or one.column not in made)
            made.add(name)

    def columns(self, before: frozenset[str], tables: Schema) -> frozenset[str]:
        """Add the working columns.

        >>> Let(let={"A": {"copy": "X"}}).columns(frozenset(), {})
        frozenset({'A'})
        """
        return before | frozenset(self.rules)

    def apply(self, records: Records, context: Context) -> Records:
        """Make the columns.

        >>> from trialkit.samples import sample_context
        >>> context = sample_context(Records({}, 1))
        >>> list(Let(let={"A": {"constant": "x"}}).apply(context.records, context).columns)
        ['A']
        """
        return fill(records, self.rules, context)


class Repeat(RecordRule):
    """The records with {repeat} once more, with {set}.

    The repeated records stand below the others, come from the same rows, and differ in the columns
    that are set: a text is the value itself, a column is written ``{copy: COLUMN}``. Such are the records
    of a second definition of baseline (BASETYPE; ADaMIG 1.3, section 4).

    >>> Repeat(repeat="ADY > 168", set={"BASETYPE": "FOLLOW-UP"}).sentence()
    "The records with ADY > 168 once more, with BASETYPE: 'FOLLOW-UP'."
    """

    when: Condition = Field(alias="repeat", description="the records to repeat")
    values: dict[str, Outcome] = Field(
        alias="set", min_length=1, description="what they differ in, by column"
    )

    copies: ClassVar[bool] = True
    example: ClassVar[str] = "- repeat: VISITNUM >= 8\n  set: {BASETYPE: FOLLOW-UP}\n"

    def columns(self, before: frozenset[str], tables: Schema) -> frozenset[str]:
        """Add the columns that are set.

        >>> Repeat(repeat="A == ''", set={"B": "x"}).columns(frozenset({"A"}), {}) == {"A", "B"}
        True
        """
        return before | frozenset(self.values)

    def apply(self, records: Records, context: Context) -> Records:
        """Add the repeated records.

        Raises:
            Refusal: ROW-011 when a text is set where numbers are, or a number where texts are.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.column import Column
        >>> records = Records.start("LB", {"A": Column.text(["x", "y"])}, 2)
        >>> context = sample_context(records, "LB")
        >>> made = Repeat(repeat="A == 'y'", set={"A": "z"}).apply(records, context)
        >>> made.columns["A"].objects().tolist()
        ['x', 'y', 'z']
        """
        again = fill(records.take(context.mask(self.when)), self.values, context)
        return below([records, marked(again, 0, context)], self)
