"""What flows where, read off the specs: the columns behind every variable, rule and dataset.

Nothing is run and no data are read. A value depends on the columns that its rule names; which records there
are depends on the columns that the record rules compare, filter and join by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from trialkit.model import Model, models_in
from trialkit.plan import all_variables
from trialkit.problems import Place
from trialkit.rule import RecordRule, Reference, Rule
from trialkit.rules.duplicates import ExactDuplicates
from trialkit.rules.filter import Query
from trialkit.rules.gather import Gather
from trialkit.rules.join import Join
from trialkit.rules.records import Let, Read, Stack
from trialkit.spec import DatasetSpec
from trialkit.steps import as_list
from trialkit.study import Study


class Leaf(NamedTuple):
    """A column of a table: raw source, table of the study, or dataset; its rows where no column is named.

    >>> Leaf("SUBJ", "SEX").column
    'SEX'
    """

    table: str
    column: str = ""


Leaves: TypeAlias = frozenset[Leaf]
NOTHING: Leaves = frozenset()


@dataclass(slots=True)
class DatasetFlow:
    """What one dataset is made from.

    Args:
        variables: the columns behind the values of each variable, supplemental qualifiers included.
        records: the columns that decide which records there are.
        places: the columns that the rule or check at a place of the spec names.
        groups: for each gathered raw column those of its item, such as result and unit.
        reasons: what a record rule at a place says of the records that it leaves out.

    >>> DatasetFlow().records
    frozenset()
    """

    variables: dict[str, Leaves] = field(default_factory=dict)
    records: Leaves = NOTHING
    places: dict[Place, Leaves] = field(default_factory=dict)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    reasons: dict[Place, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Columns:
    """The columns at hand in a list of steps: those that were made, and the tables that were read."""

    made: dict[str, Leaves] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)

    def of(self, name: str, known: Mapping[str, frozenset[str] | None]) -> Leaves:
        if name in self.made:
            return self.made[name]
        having = [one for one in self.tables if (columns := known.get(one)) is None or name in columns]
        return frozenset(Leaf(one, name) for one in having)


Mark: TypeAlias = Callable[[Model, Leaves], Leaves]


def unmarked(rule: Model, leaves: Leaves) -> Leaves:
    """Give the columns behind a value as they are.

    >>> unmarked(Read(read="SUBJ"), NOTHING)
    frozenset()
    """
    return leaves


def made_by(step: RecordRule) -> list[str]:
    """Name the columns that a step makes of its own; those that it groups by stay as they are.

    >>> from trialkit.rules.totals import Total
    >>> made_by(Total(total="A", by="B", into="SUM"))
    ['SUM']
    """
    return sorted(step.columns(frozenset(), {}) - {*getattr(step, "by", ())})


class _Walk:
    """Follows the steps and variables of one dataset."""

    def __init__(
        self, spec: DatasetSpec, study: Study, known: Mapping[str, frozenset[str] | None], mark: Mark
    ) -> None:
        self.study, self.known, self.spec, self.mark = study, known, spec, mark
        self.flow, self.columns = DatasetFlow(), _Columns()

    def run(self) -> DatasetFlow:
        self._steps(self.spec.records, self.columns)
        variables = all_variables(self.spec)
        for name in variables:
            self._variable(name, ())
        for name, variable in variables.items():
            self._note(variable.rule, self.flow.variables[name], self._own(name))
        for check in self.spec.checks:
            names = [check.variable] if check.variable else check.when.names
            named = [self.flow.variables.get(name) or self._column(name) for name in names]
            self._place(check.place(), NOTHING.union(*named))
        return self.flow

    def _column(self, name: str) -> Leaves:
        return self.columns.of(name, self.known)

    def _variable(self, name: str, above: Sequence[str]) -> Leaves:
        """Give the columns behind a variable; one that is being made sees the records' column of its name."""
        found = self.flow.variables
        if name not in found:
            rule, variables = all_variables(self.spec)[name].rule, all_variables(self.spec)
            leaves: set[Leaf] = set()
            for one in rule.references():
                own = not one.table and not one.record and one.column in variables
                if own and one.column not in (name, *above):
                    leaves |= self._variable(one.column, (*above, name))
                else:
                    leaves |= self._named([one], self.columns)
            found[name] = self.mark(rule, frozenset(leaves))
        return found[name]

    def _named(self, references: Iterable[Reference], columns: _Columns) -> Leaves:
        found: set[Leaf] = set()
        for one in references:
            found |= {Leaf(one.table, one.column)} if one.table else columns.of(one.column, self.known)
        return frozenset(found)

    def _steps(self, steps: Iterable[RecordRule], columns: _Columns) -> None:
        for step in steps:
            if reason := getattr(step, "reason", ""):
                self.flow.reasons[step.place()] = reason
            match step:
                case Stack():
                    self._stack(step, columns)
                case Read():
                    columns.tables.append(step.table)
                    self._decide({Leaf(step.table)})
                case Let():
                    for name, rule in step.rules.items():
                        leaves = self._named(rule.references(), columns)
                        self._note(rule, leaves, columns)
                        columns.made[name] = self.mark(rule, leaves)
                case Gather():
                    self._gather(step, columns)
                case _:
                    self._other(step, columns)

    def _stack(self, step: Stack, columns: _Columns) -> None:
        branches = []
        for branch in step.branches:
            branches.append(_Columns())
            self._steps(branch, branches[-1])
        for name in {name: None for one in branches for name in one.made}:
            before = columns.made.get(name, NOTHING)
            columns.made[name] = before.union(*(one.of(name, self.known) for one in branches))
        columns.tables += [table for one in branches for table in one.tables if table not in columns.tables]

    def _gather(self, step: Gather, columns: _Columns) -> None:
        groups = [one for one in self._items(step) if any(one)]
        for group in groups:
            for name in filter(None, group):
                self.flow.groups[name] = self.flow.groups.get(name, frozenset()) | frozenset(group)
        for place, name in enumerate(step.into):
            mine = [columns.of(group[place], self.known) for group in groups if group[place]]
            columns.made[name] = NOTHING.union(*mine)
        tables = self._named([one for one in step.references() if one.table], columns)
        gathered = NOTHING.union(*(columns.made[name] for name in step.into))
        columns.made[step.name] = self.mark(step, tables)
        self._decide(tables if step.blank == "keep" else tables | gathered)
        self._place(step.place(), gathered)

    def _items(self, step: Gather) -> list[tuple[str, ...]]:
        """Give the raw columns of each item."""
        if isinstance(step.items, dict):
            return [tuple(as_list(columns)) for columns in step.items.values()]
        table = self.study.tables.get(step.items)
        names = list(step.into.values())
        if table is None or not set(names) <= set(table.columns):
            return []
        return list(zip(*(table.columns[name].objects().tolist() for name in names), strict=True))

    def _other(self, step: RecordRule, columns: _Columns) -> None:
        """Follow a step that filters, joins or combines: what it names decides which records there are."""
        leaves = self._named(step.references(), columns)
        taken = {one.column: Leaf(one.table, one.column) for one in step.references() if one.table}
        for name in made_by(step):
            earlier = columns.made.get(name, NOTHING)
            joined = step.take.get(name, "") if isinstance(step, Join) else ""
            rule = getattr(step, "values", {}).get(name)
            found = self._named(rule.references(), columns) if isinstance(rule, Rule) else leaves
            mine = self.mark(rule if isinstance(rule, Rule) else step, found)
            columns.made[name] = frozenset({taken[joined]}) if joined in taken else earlier | mine
        if isinstance(step, Query):
            leaves = columns.of(step.column or step.when.names[0], self.known)
        elif not isinstance(step, ExactDuplicates):
            self._decide(leaves)
        self._place(step.place(), NOTHING if isinstance(step, ExactDuplicates) else leaves)

    def _decide(self, leaves: Iterable[Leaf]) -> None:
        self.flow.records = self.flow.records | frozenset(leaves)

    def _own(self, name: str) -> _Columns:
        """Give what a rule of a variable sees: the other variables before the columns."""
        others = {one: leaves for one, leaves in self.flow.variables.items() if one != name}
        return _Columns({**self.columns.made, **others}, self.columns.tables)

    def _note(self, rule: Model, leaves: Leaves, columns: _Columns) -> None:
        """Note what a rule names at its place, and so for each rule within it."""
        for one in models_in(rule):
            named = self._named(one.references(), columns) if isinstance(one, Rule) else leaves
            self._place(one.place(), (named & leaves) or leaves)

    def _place(self, place: Place, leaves: Leaves) -> None:
        self.flow.places[place] = self.flow.places.get(place, NOTHING) | leaves


def dataset_flow(
    spec: DatasetSpec,
    study: Study,
    headers: Mapping[str, Iterable[str]] | None = None,
    mark: Mark = unmarked,
) -> DatasetFlow:
    """Follow the columns of one dataset from the tables that it reads to its variables.

    Args:
        spec: the dataset.
        study: its study, for the columns of tables and of other datasets.
        headers: the columns of the raw sources that are known; of others any column is taken to exist.
        mark: changes what stands behind the value that a rule makes, to tell more of it.

    >>> from trialkit.samples import sample_study
    >>> study = sample_study()
    >>> sorted(dataset_flow(study.datasets["EX"], study).variables["EXDOSE"])
    [Leaf(table='DOSING', column='DOSE')]
    """
    known: dict[str, frozenset[str] | None] = {
        name: frozenset(headers[name]) if headers and name in headers else None for name in study.spec.sources
    }
    known |= {name: frozenset(table.columns) for name, table in study.tables.items()}
    known |= {name: frozenset(all_variables(one)) for name, one in study.datasets.items()}
    return _Walk(spec, study, known, mark).run()


def flows(
    study: Study, headers: Mapping[str, Iterable[str]] | None = None, mark: Mark = unmarked
) -> dict[str, DatasetFlow]:
    """Follow the columns of every dataset of a study.

    >>> from trialkit.samples import sample_study
    >>> sorted(flows(sample_study()))
    ['DM', 'EX', 'VS']
    """
    return {name: dataset_flow(spec, study, headers, mark) for name, spec in study.datasets.items()}


def raw_leaves(leaves: Iterable[Leaf], made: Mapping[str, DatasetFlow]) -> Leaves:
    """Follow columns of datasets down to columns of sources and tables.

    >>> flow = DatasetFlow(variables={"SEX": frozenset({Leaf("SUBJ", "SEX")})})
    >>> sorted(raw_leaves({Leaf("DM", "SEX")}, {"DM": flow}))
    [Leaf(table='SUBJ', column='SEX')]
    """
    found: set[Leaf] = set()
    todo, seen = list(leaves), set[Leaf]()
    while todo:
        leaf = todo.pop()
        if leaf in seen:
            continue
        seen.add(leaf)
        if leaf.table in made:
            todo += made[leaf.table].variables.get(leaf.column, NOTHING)
        else:
            found.add(leaf)
    return frozenset(found)


def read_columns(made: Iterable[DatasetFlow]) -> Leaves:
    """Collect every column that a rule or check of some datasets reads.

    >>> from trialkit.samples import sample_study
    >>> Leaf("DOSING", "DOSE") in read_columns(flows(sample_study()).values())
    True
    """
    return NOTHING.union(
        *(part for flow in made for part in (flow.records, *flow.variables.values(), *flow.places.values()))
    )
