"""From a cell of a dataset back to the raw files, through rules and through other datasets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from trialkit.explain.answer import Answer
from trialkit.explain.build import Build
from trialkit.explain.live import Live, live_parts
from trialkit.explain.scope import Scope
from trialkit.explain.steps import column_answers
from trialkit.numerals import to_text
from trialkit.plan import all_variables
from trialkit.raw.table import RawTable
from trialkit.rule import VariableRule

T = TypeVar("T")


@dataclass(slots=True)
class Explainer:
    """Answers questions about the cells of a build; what it has read, it keeps.

    Args:
        builds: the build asked about, then those that its datasets were made from.

    >>> Explainer([]).warnings
    []
    """

    builds: list[Build]
    _known: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """Say what has changed since the build.

        >>> Explainer([]).warnings
        []
        """
        return [said for build in self.builds for said in build.warnings]

    def why(self, dataset: str, record: int, variable: str) -> Answer:
        """Say where the value of one cell came from.

        Args:
            dataset: the dataset, published or working.
            record: place of the record, from 0.
            variable: the variable.

        Raises:
            Refusal: WHY-002, WHY-003.

        >>> from trialkit.samples import sample_explainer
        >>> [one.spot for one in sample_explainer().why("VS", 0, "VSDTC").cells()]
        ['vitals.csv:2 DATE']
        """
        return self.once((dataset, record, variable), lambda: self._why(dataset, record, variable))

    def once(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """Make something once, and keep it.

        >>> Explainer([]).once(("items", 1), lambda: ["SYSBP"])
        ['SYSBP']
        """
        if key not in self._known:
            self._known[key] = make()
        made: T = self._known[key]
        return made

    def rows(self, dataset: str, record: int) -> list[Answer]:
        """List the rows behind a record, of raw files and of other datasets.

        >>> from trialkit.samples import sample_explainer
        >>> [one.spot for one in sample_explainer().rows("VS", 0)]
        ['subjects.csv:2', 'vitals.csv:2']
        """
        build = self._of(dataset)
        spec = build.study.datasets.get(dataset)
        if spec is None:
            return []
        scope = Scope(build, spec, record, spec.records)
        found = [self.cell(table, row, "", scope) for table in scope.tables() for row in scope.main(table)]
        return [replace(one, role="behind the record") for one in found if one is not None]

    def _why(self, dataset: str, record: int, variable: str) -> Answer:
        build = self._of(dataset)
        value = self.value(build, dataset, record, variable)
        spec = build.study.datasets.get(dataset)
        head = Answer(f"{dataset}.{variable}", value, record=record + 1)
        if spec is None:
            return self._companion(build, head, dataset, record, variable)
        scope = Scope(build, spec, record, spec.records, variables=True)
        rule = all_variables(spec).get(variable)
        if rule is None:
            return replace(head, notes=("no rule: an expected variable, added empty",))
        return self.rule_answer(head, rule.rule, variable, scope)

    def _of(self, dataset: str) -> Build:
        return next((build for build in self.builds if dataset in build.datasets), self.builds[0])

    def value(self, build: Build, dataset: str, record: int, variable: str) -> str:
        """Give a value as text.

        >>> from trialkit.samples import sample_explainer
        >>> explainer = sample_explainer()
        >>> explainer.value(explainer.builds[0], "EX", 0, "EXTRT")
        'DEMODRUG'
        """
        return _text(build.value(dataset, record, variable))

    def _companion(self, build: Build, head: Answer, dataset: str, record: int, variable: str) -> Answer:
        """Go from a record of a companion, such as a supplemental qualifier, to the value of its parent."""
        rows, shown = build.trace(dataset).rows, build.standard.companion
        parent = next((name for name in rows if _is_parent(name, dataset, build)), "")
        if not parent:
            return replace(head, notes=("made by the standard",))
        name = variable if variable in shown.shared else ""
        if variable in shown.named:
            name = self.value(build, dataset, record, shown.named[variable])
        if not name:
            return replace(head, notes=(f"goes with a record of {parent}",))
        return replace(head, origins=(self.why(parent, int(rows[parent][record]), name),))

    def rule_answer(self, head: Answer, rule: VariableRule, owner: str, scope: Scope) -> Answer:
        """Complete an answer with a rule, what it chose, and what it came from.

        Args:
            head: the value.
            rule: the rule that made it.
            owner: the variable or working column, under whose name its witnesses are kept.
            scope: what the rule saw.

        >>> from trialkit.samples import sample_explainer, sample_scope
        >>> scope = sample_scope("VS")
        >>> rule = all_variables(scope.spec)["VSDTC"].rule
        >>> sample_explainer().rule_answer(Answer("VS.VSDTC"), rule, "VSDTC", scope).rule
        'DATE in ISO 8601, read as DD-MON-YYYY.'
        """
        live = live_parts(rule, scope.branches(owner))
        origins: list[Answer] = []
        for one, role in live.references:
            if not one.table:
                found = self._named(one.column, one.column if one.record else owner, scope)
                origins += [replace(answer, role=role) if role else answer for answer in found]
        notes, deciding = self._deciding(live, owner, scope)
        said, combined = self._combined(live, owner, scope)
        return replace(
            head,
            rule=rule.sentence(),
            spec=str(rule.place()),
            notes=(*live.notes, *notes, *said),
            origins=_each_once([*origins, *deciding, *combined]),
        )

    def _named(self, name: str, owner: str, scope: Scope) -> tuple[Answer, ...]:
        if scope.is_variable(name, owner):
            return (self.why(scope.dataset, scope.record, name),)
        return column_answers(self, name, scope)

    def _deciding(self, live: Live, owner: str, scope: Scope) -> tuple[list[str], list[Answer]]:
        """Give the cells of the rows that decided a value: of tables, or of other records."""
        answers: list[Answer] = []
        known = scope.deciding(owner)
        found = {table for table, row in known if row >= 0}
        notes = [f"no row of {table}" for table in live.wanted if (table, -1) in known and table not in found]
        for table, row in known:
            if not table and live.elsewhere:
                notes.append(_said_record(row, scope))
            if row >= 0 and table in live.wanted:
                answers += self._row_of(table, row, live, scope)
            elif row >= 0 and live.elsewhere:
                answers += self._other_record(table, row, live, scope)
        return notes, answers

    def _combined(self, live: Live, owner: str, scope: Scope) -> tuple[list[str], list[Answer]]:
        """Give the cells of all rows that were combined: added up, or counted."""
        answers: list[Answer] = []
        notes = []
        for table, rows in scope.listed(owner):
            notes.append(f"{len(rows)} rows of {table}" if table else f"{len(rows)} records")
            for row in rows:
                there = self._row_of if table in live.wanted else self._other_record
                answers += there(table, row, live, scope)
        return notes, answers

    def _row_of(self, table: str, row: int, live: Live, scope: Scope) -> list[Answer]:
        return [
            replace(one, role=f"row of {table}") for one in self.row(table, row, live.wanted[table], scope)
        ]

    def _other_record(self, table: str, row: int, live: Live, scope: Scope) -> list[Answer]:
        """Give what was read in another record at hand, known by its place or by a row behind it."""
        record = scope.other(table, row) if table else row
        if record is not None:
            return self._there(replace(scope, record=record), live)
        cells = self.row(table, row, [one.column for one in live.elsewhere], scope)
        return [replace(one, role="deciding row") for one in cells]

    def _there(self, there: Scope, live: Live) -> list[Answer]:
        """Give what was read in another record of the dataset."""
        names = dict.fromkeys(one.column for one in live.elsewhere)
        found = [answer for name in names for answer in self._named(name, "", there)]
        return [replace(answer, role="deciding record") for answer in found]

    def row(self, table: str, row: int, columns: list[str], scope: Scope) -> list[Answer]:
        """Give the cells of one row of a table; the row alone when no column of it is named.

        >>> from trialkit.samples import sample_explainer, sample_scope
        >>> [one.what for one in sample_explainer().row("VITALS", 0, ["SYS", "DIA"], sample_scope("VS"))]
        ['VITALS.SYS', 'VITALS.DIA']
        """
        made = [self.cell(table, row, name, scope) for name in columns]
        found = [one for one in made if one is not None]
        if found:
            return found
        alone = self.cell(table, row, "", scope)
        return [alone] if alone is not None else []

    def cell(self, table: str, row: int, column: str, scope: Scope) -> Answer | None:
        """Give one cell of a table: of a raw file, a table of the study, or a dataset.

        None when the table has no such column. Without a column, the row itself.

        >>> from trialkit.samples import sample_explainer, sample_scope
        >>> sample_explainer().cell("VITALS", 0, "DATE", sample_scope("VS")).spot
        'vitals.csv:2 DATE'
        """
        build = scope.build
        if self._goes_on(table, build):
            return self._of_dataset(table, row, column)
        raw = self.raw(table, scope)
        if raw is not None:
            return raw_cell(raw, row, column)
        if table in build.study.spec.sources:
            file = build.study.spec.sources[table].file
            return Answer(f"{table}.{column}", file=file, row=row + 1, column=column, unread=True)
        return self._of_dataset(table, row, column)

    def _of_dataset(self, table: str, row: int, column: str) -> Answer | None:
        if not column:
            return Answer(table, record=row + 1)
        return self.why(table, row, column) if self._of(table).has(table, column) else None

    def _goes_on(self, table: str, build: Build) -> bool:
        """Say whether a source is a dataset of another build that is open: then the way goes on there."""
        source = build.study.spec.sources.get(table)
        made = self._of(table)
        if source is None or made is build or table not in made.datasets:
            return False
        return made.made(source.file, build)

    def raw(self, table: str, scope: Scope) -> RawTable | None:
        """Give a raw source or table of the study; None for datasets and files that are not there.

        >>> from trialkit.samples import sample_explainer, sample_scope
        >>> sample_explainer().raw("VITALS", sample_scope("VS")).file
        'vitals.csv'
        """
        build = scope.build
        if table in build.study.tables:
            return build.study.tables[table]
        return build.raw(table) if table in build.study.spec.sources else None


def _each_once(answers: list[Answer]) -> tuple[Answer, ...]:
    """Leave out what stands there twice, be it in another role."""
    once = {replace(one, role="") if one.record else one: one for one in reversed(answers)}
    return tuple(reversed(once.values()))


def _said_record(record: int, scope: Scope) -> str:
    if record < 0:
        return "no record of its group decides"
    return "this record decides" if record == scope.record else f"record {record + 1} decides"


def _is_parent(name: str, companion: str, build: Build) -> bool:
    """Say whether a dataset is the one that a companion belongs to; a part of its domain is."""
    spec = build.study.datasets.get(name)
    return spec is not None and not spec.working and companion == build.standard.companion.name(spec)


def raw_cell(raw: RawTable, row: int, column: str) -> Answer | None:
    """Give one cell of a raw file; None when the file has no such column.

    >>> import numpy as np
    >>> from trialkit.column import Column
    >>> raw = RawTable("SUBJ", "SUBJ.csv", {"SEX": Column.text(["F"])}, np.array([2], np.int32))
    >>> raw_cell(raw, 0, "SEX").spot
    'SUBJ.csv:2 SEX'
    """
    if column and column not in raw.columns:
        return None
    if row >= raw.rows:
        return Answer(f"{raw.name}.{column}", file=raw.file, column=column, notes=(f"row {row + 1} is gone",))
    value = _text(raw.columns[column].values[raw.columns[column].codes[row]]) if column else ""
    what = f"{raw.name}.{column}" if column else raw.name
    return Answer(what, value, file=raw.file, line=int(raw.lines[row]), column=column)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else to_text(float(value))
