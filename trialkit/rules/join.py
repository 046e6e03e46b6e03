"""Records joined with the rows of another table, with declared cardinality."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from trialkit.column import Column, Mask
from trialkit.context import Context
from trialkit.match import Match, match
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.records import NONE, Records, Rows
from trialkit.rule import RecordRule, Reference
from trialkit.steps import Pairs, of_study, set_aside

MANY_ROWS = Kind(
    "JOIN-001",
    "several rows of the table fit one record",
    "Name more key columns, drop the duplicates before, or declare `many: true`.",
)
NO_ROW = Kind("JOIN-002", "no row of the table fits", "Correct the key, or say under `missing` what happens.")
NOT_JOINED = Kind("JOIN-003", "rows of the table fit no record", "Say under `rest` why they are not needed.")
TAKEN = Kind(
    "JOIN-004", "the records have the column already", "Rename it: `take: {NEW: COLUMN}`.", exit=Exit.SPEC
)
KEY_TYPES = Kind(
    "JOIN-005",
    "keys of different type",
    "Make one of them with `let` before: raw files and tables of the study hold texts.",
    exit=Exit.SPEC,
)


class Join(RecordRule):
    """With {take} of the row of {join}[ that has the same {on}].

    A blank key never joins. Each record has at most one row unless ``many`` is true; then it is repeated for
    each of its rows, in the order of the table. Several rows where one is declared are an error that lists
    them. Rows of a ``many`` table that fit no record are an error, or left out for the reason under ``rest``.

    Without ``on`` each record is joined with all rows, such as a subject with all planned visits; that
    needs ``many: true``.

    A record without a row: ``error``; ``keep`` it, with missing values; ``drop`` it for the reason; or
    ``quarantine`` it: leave it out and ask the site.

    >>> Join(join="DM", on="USUBJID", take="RFSTDTC").sentence()
    'With RFSTDTC of the row of DM that has the same USUBJID.'
    """

    table: str = Field(alias="join", description="the table with further columns")
    on: Pairs = Field(
        {},
        description="keys; {column of the records: column of the table} where they differ; none: all fit",
    )
    take: Pairs = Field({}, description="columns of the table; {new name: column of the table} to rename")
    many: bool = Field(False, description="a record may have several rows")
    missing: Literal["error", "keep", "drop", "quarantine"] = Field(
        "error", description="what happens to a record without a row"
    )
    reason: str = Field("not in the other table", min_length=1, description="why such a record is left out")
    query: str = Field("", description="question to the site about it, for `quarantine`")
    code: str = Field("", description="the study's own code of the query, such as Q-LB-01")
    rest: str = Field("", description="why rows of a `many` table that fit no record are not needed")

    also: ClassVar[str] = (
        "[{many=true}, once for each such row][{missing=keep}, if there is one]"
        "[{missing=drop}; without one left out][{missing=quarantine}; without one left out]"
    )
    example: ClassVar[str] = """\
- join: SAMPLES
  on: {SAMPLE: SAMPLENO}
  take: [SUBJECT, VISIT, COLLDATE]
  missing: quarantine
  reason: unknown sample
  query: Which subject is this sample of?
"""

    @model_validator(mode="after")
    def _all_rows_are_many(self) -> Join:
        if not self.on and not self.many:
            raise ValueError("name the keys under `on`, or declare `many: true` to join all rows")
        return self

    def references(self) -> Iterator[Reference]:
        """Name the keys on both sides and the columns that are taken.

        >>> join = Join(join="DM", on={"ID": "USUBJID"}, take="ARM")
        >>> [(one.table, one.column) for one in join.references()]
        [('DM', ''), ('', 'ID'), ('DM', 'USUBJID'), ('DM', 'ARM')]
        """
        yield Reference("", self.table, self.place("join"))
        for mine, theirs in self.on.items():
            yield Reference(mine, place=self.place("on"))
            yield Reference(theirs, self.table, self.place("on"))
        for column in self.take.values():
            yield Reference(column, self.table, self.place("take"))

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Add the columns that are taken.

        >>> sorted(Join(join="DM", on="USUBJID", take="ARM").columns(frozenset({"USUBJID"}), {}))
        ['ARM', 'USUBJID']
        """
        return before | frozenset(self.take)

    def apply(self, records: Records, context: Context) -> Records:
        """Join the table.

        Raises:
            Refusal: JOIN-004 when a taken column is there already, JOIN-005 when a text would be
                compared with a number.

        >>> from trialkit.samples import sample_context
        >>> records = Records.start("LAB", {"ID": Column.text(["1", "2"])}, 2)
        >>> table = Records.start("DM", {"ID": Column.text(["2", "1"]), "SEX": Column.text(["F", "M"])}, 2)
        >>> context = sample_context(records, "LB", DM=table)
        >>> Join(join="DM", on="ID", take="SEX").apply(records, context).columns["SEX"].objects().tolist()
        ['M', 'F']
        """
        table = context.table(self.table, lookup=not self.many)
        left = [records.columns[name] for name in self.on]
        right = [table.columns[name] for name in self.on.values()]
        self._check(records, left, right)
        found = match(left, records.count, right, table.count)
        keys = left[0] if left else Column.constant("", records.count)
        if not self.many:
            self._report_several(found, table, context)
            return self._outer(records, found.first(), found.count == 0, keys, table, context)
        self._account(found, table, context)
        record, row = found.pairs()
        lone = np.flatnonzero(found.count == 0).astype(np.int32)
        record, row = np.r_[record, lone], np.r_[row, np.full(len(lone), NONE, np.int32)]
        order = np.argsort(record, kind="stable")
        record, row = record[order], row[order]
        pairs = records.take(record)
        return self._outer(pairs, row, row == NONE, keys.take(record), table, context)

    def _check(self, records: Records, left: list[Column], right: list[Column]) -> None:
        wrong = [
            Problem(TAKEN, f"the records have a column '{name}' already", self.place("take"))
            for name in self.take
            if name in records.columns
        ]
        for name, mine, theirs in zip(self.on, left, right, strict=True):
            if mine.kind != theirs.kind:
                what = f"key '{name}' is {mine.kind} in the records and {theirs.kind} in {self.table}"
                made = f"{{{'text' if mine.kind == 'number' else 'number'}: {name}}}"
                hint = f"Make a column with `let` before, such as KEY: {made}, and join by it."
                wrong.append(Problem(KEY_TYPES, what, self.place("on"), hint=hint))
        if wrong:
            raise Refusal(wrong)

    def _report_several(self, found: Match, table: Records, context: Context) -> None:
        """List the rows of the table that share the key of a record."""
        several = found.count > 1
        if not several.any():
            return
        size, start = found.count[several], found.start[several]
        mask = np.zeros(table.count, bool)
        places = np.repeat(start, size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        mask[found.order[places]] = True
        what = f"{int(several.sum())} records have several rows in {self.table}; the rows of each are listed"
        self._report(MANY_ROWS, what, mask, table, context)

    def _account(self, found: Match, table: Records, context: Context) -> None:
        """Say why rows of a ``many`` table are not needed, or that nothing says so."""
        joined = np.zeros(table.count, bool)
        joined[found.pairs()[1]] = True
        reason = self.rest or "fits no record"
        if not joined.all():
            context.store.ledger.exclude(context.dataset, table, ~joined, reason, self.place())
        if not self.rest:
            what = f"rows of {self.table} fit no record"
            self._report(NOT_JOINED, what, ~joined, table, context)

    def _report(self, kind: Kind, what: str, mask: Mask, table: Records, context: Context) -> None:
        """Report rows of the table, with their first key."""
        key = table.columns[next(iter(self.on.values()))] if self.on else Column.constant("", table.count)
        _at(context, table).report(kind, what, mask, key, self)

    def _outer(
        self, records: Records, row: Rows, alone: Mask, key: Column, table: Records, context: Context
    ) -> Records:
        """Add the columns and the lineage; then do what is declared for records without a row."""
        made = {new: table.columns[old].take_or_missing(row) for new, old in self.take.items()}
        source = self.table
        if source in records.rows:  # joined before, or read: this time the row decided the taken columns only
            source = f"{self.table}@join/{context.step}"
        joined = records.with_columns(made).with_rows(source, row)
        if self.missing == "keep":
            return joined
        here = _at(context, joined)
        say = self.query or f"no row of {self.table} fits"
        if self.missing == "error":
            here.report(NO_ROW, f"no row of {self.table} has the record's key", alone, key, self)
            return joined
        kind = of_study(NO_ROW, self.code, self.query)
        asked = say if self.missing == "quarantine" else ""
        return set_aside(here, self, alone, self.reason, kind=kind, say=asked, shown=key)


def _at(context: Context, records: Records) -> Context:
    return replace(context, records=records)
