"""What a rule sees while it runs: the records at hand, the tables of the study, the problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import numpy as np

from trialkit.cells import Cells
from trialkit.column import Column, Mask
from trialkit.expr import Expression
from trialkit.facts import Facts
from trialkit.ledger import Ledger
from trialkit.model import Model
from trialkit.problems import NOWHERE, Exit, Kind, Place, Problem, Problems, Refusal, Severity, did_you_mean
from trialkit.raw.table import RawTable
from trialkit.records import NONE, Many, Records, Rows, narrow
from trialkit.terms import Codelist, Terminology
from trialkit.units import Units

NO_COLUMN = Kind("SPEC-020", "unknown column", "Name a column or variable of the records.", exit=Exit.SPEC)
NO_TABLE = Kind(
    "SPEC-021", "unknown table", "Name a source, a dataset or a CSV under tables/.", exit=Exit.SPEC
)


@dataclass(slots=True)
class Store:
    """What all datasets of a run share.

    Args:
        tables: every table by name: raw sources, spec tables, and the datasets built so far.
        raw: the raw tables, for files and lines.
        subject: the variable that identifies a subject, such as USUBJID.
        subjects: the dataset with one record per subject, such as DM.
        cutoff: of the data.

    >>> Store({}).problems.items
    []
    """

    tables: dict[str, Records]
    raw: dict[str, RawTable] = field(default_factory=dict)
    subject: str = ""
    subjects: str = ""
    cutoff: date | None = None
    terms: Terminology | None = None
    facts: Facts | None = None
    units: Units | None = None
    problems: Problems = field(default_factory=Problems)
    ledger: Ledger = field(default_factory=Ledger)


class _Computing(Protocol):
    """What gives a column for the records at hand: a variable rule."""

    def apply(self, context: Context) -> Column: ...


@dataclass(slots=True)
class Context:
    """One dataset while it is built.

    >>> from trialkit.samples import sample_context
    >>> context = sample_context(Records.start("DM", {"A": Column.text(["x"])}, 1))
    >>> context.column("A").objects().tolist()
    ['x']
    """

    store: Store
    dataset: str
    records: Records
    variables: dict[str, Column] = field(default_factory=dict)
    variable: str = ""
    own_codelist: str = ""
    witnesses: dict[str, Rows] = field(default_factory=dict)
    lists: dict[str, Many] = field(default_factory=dict)
    step: str = ""

    @property
    def owner(self) -> str:
        """Name what is being made: a variable, or a column and the step that makes it.

        >>> from trialkit.samples import sample_context
        >>> sample_context(Records({}, 0), variable="WHO", step="1.2").owner
        'WHO/1.2'
        """
        return f"{self.variable}/{self.step}" if self.step else self.variable

    @property
    def count(self) -> int:
        """Count the records at hand.

        >>> from trialkit.samples import sample_context
        >>> sample_context(Records({}, 2)).count
        2
        """
        return self.records.count

    def column(self, name: str, place: Place = NOWHERE) -> Column:
        """Give a column: a variable made before, else a column of the records.

        A variable that is being made sees the records' column of its own name.

        Raises:
            Refusal: when there is no such column.

        >>> from trialkit.samples import sample_context
        >>> sample_context(Records({}, 0)).column("AGE")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error SPEC-020 DM unknown column 'AGE'. None is known.
        """
        if name != self.variable and name in self.variables:
            return self.variables[name]
        if name in self.records.columns:
            return self.records.columns[name]
        known = [*self.variables, *self.records.columns]
        where = place if place.file else Place(dataset=self.dataset, variable=self.variable)
        raise Refusal([Problem(NO_COLUMN, f"unknown column '{name}'", where, hint=did_you_mean(name, known))])

    def table(self, name: str, *, lookup: bool = True) -> Records:
        """Give a table by name and note in the ledger that this dataset reads it.

        Raises:
            Refusal: when there is no such table.

        >>> from trialkit.samples import sample_store
        >>> store = sample_store(SUBJ=Records.start("SUBJ", {}, 2))
        >>> Context(store, "DM", Records({}, 0)).table("SUBJ").count
        2
        """
        if name not in self.store.tables:
            where = Place(dataset=self.dataset, variable=self.variable)
            hint = did_you_mean(name, self.store.tables)
            raise Refusal([Problem(NO_TABLE, f"unknown table '{name}'", where, hint=hint)])
        table = self.store.tables[name]
        known = (name, self.dataset) in self.store.ledger.used
        if not known or not lookup:
            self.store.ledger.read(self.dataset, name, table.count, lookup=lookup)
        return table

    def value(self, rule: _Computing) -> Column:
        """Compute a nested rule.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.rules.values import Constant
        >>> context = sample_context(Records({}, 1))
        >>> context.value(Constant(constant="x")).objects().tolist()
        ['x']
        """
        return rule.apply(self)

    def mask(self, condition: Expression) -> Mask:
        """Mark the records that meet a condition.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.expr import compile_expression
        >>> context = sample_context(Records.start("DM", {"A": Column.text(["x"])}, 1))
        >>> context.mask(compile_expression("A == 'x'")).tolist()
        [True]
        """
        return condition.mask(self.column, self.count)

    def codelist(self, name: str = "") -> Codelist:
        """Give a codelist by name or code; without a name, that of the variable being made.

        Raises:
            Refusal: when there is none.

        >>> from trialkit.samples import sample_context
        >>> sample_context(Records({}, 0)).codelist("SEX").resolve("Female")
        'F'
        """
        assert self.store.terms is not None, "no terminology"
        return self.store.terms.codelist(name or self.own_codelist)

    def witness(self, table: str, rows: Rows) -> None:
        """Keep which row of a table decided each record's value, -1 for none.

        Without a table they are records of the dataset itself, by their place among those at hand.

        >>> from trialkit.samples import sample_context
        >>> context = sample_context(Records({}, 1), variable="RFSTDTC")
        >>> context.witness("EX", np.array([4], np.int32)); list(context.witnesses)
        ['EX@RFSTDTC']
        """
        self._keep(f"{table}@{self.owner}", rows)

    def branch(self, chosen: Rows) -> None:
        """Keep which branch of a choosing rule gave each record's value, -1 for none.

        >>> from trialkit.samples import sample_context
        >>> context = sample_context(Records({}, 1), variable="DSCAT")
        >>> context.branch(np.array([0], np.int32)); list(context.witnesses)
        ['#DSCAT']
        """
        self._keep(f"#{self.owner}", chosen)

    def listed(self, table: str, number: Rows, pairs: tuple[Rows, Rows]) -> None:
        """Keep the rows of a table that were combined: for each record the number of its list.

        Args:
            table: the table; "" for the records at hand, as in ``witness``.
            number: of each record's list; shape (records,).
            pairs: numbers of lists, and a row of each; two arrays of one length.

        >>> from trialkit.samples import sample_context
        >>> context = sample_context(Records({}, 1), variable="CUMDOSE")
        >>> context.listed("EX", np.array([0]), (np.array([0, 0]), np.array([4, 5])))
        >>> list(context.witnesses), context.lists["#EX@CUMDOSE"].row.tolist()
        (['#EX@CUMDOSE'], [4, 5])
        """
        if key := self._keep(f"#{table}@{self.owner}", number):
            self.lists[key] = Many(key, *pairs)

    def adopt(self, part: Context, places: Rows) -> None:
        """Keep what was kept for some of the records, by their places.

        >>> from trialkit.samples import sample_context
        >>> whole = sample_context(Records({}, 2), variable="V")
        >>> part = sample_context(Records({}, 1), variable="V")
        >>> part.witness("EX", np.array([4])); whole.adopt(part, np.array([1]))
        >>> whole.witnesses["EX@V"].tolist()
        [-1, 4]
        """
        for key, found in part.witnesses.items():
            spread = np.full(self.count, NONE, np.int32)
            spread[places] = np.append(places, NONE)[found] if key.startswith("@") else found
            kept = self._keep(key.split("~")[0], spread)
            if key in part.lists:
                pairs = part.lists[key]
                row = places[pairs.row] if key.startswith("#@") else pairs.row
                self.lists[kept] = Many(kept, pairs.record, row)

    def _keep(self, key: str, rows: Rows) -> str:
        if not self.variable:
            return ""
        number = sum(1 for known in self.witnesses if known.split("~")[0] == key)
        name = f"{key}~{number + 1}" if number else key
        self.witnesses[name] = narrow(rows)
        return name

    def report(
        self,
        kind: Kind,
        what: str,
        mask: Mask,
        values: Column,
        rule: Model,
        *,
        severity: Severity | None = None,
        hint: str = "",
    ) -> None:
        """Collect one problem for all marked records; nothing when none is marked.

        Args:
            kind: the kind of problem.
            what: one sentence without values.
            mask: the records at fault; shape (records,).
            values: the column with the offending values.
            rule: the rule that found it, for its place in the spec.
            severity: "query" where the spec declares a handling.
            hint: more help.

        >>> from trialkit.samples import sample_context
        >>> context = sample_context(Records.start("DM", {}, 1))
        >>> context.report(NO_COLUMN, "bad", np.array([True]), Column.text(["x"]), Model())
        >>> context.store.problems.items[0].count
        1
        """
        count = int(np.count_nonzero(mask))
        if not count:
            return
        name = self.store.subject
        subject = self.variables.get(name) or self.records.columns.get(name)
        cells = Cells.of(self.records, values, mask, subject)
        where = Place(dataset=self.dataset, variable=self.variable)
        self.store.problems.add(
            Problem(
                kind, what, where, count=count, severity=severity, hint=hint, spec=rule.place(), cells=cells
            )
        )
