"""Every dataset of a study by its paths: what each variable is on each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from define.acrf.follow import Scope, followed
from define.acrf.known import MISSING, Trace, Value, merged
from define.acrf.paths import Path, paths_of
from trialkit.plan import all_variables, dataset_levels
from trialkit.raw.table import RawTable
from trialkit.rules.values import Copy
from trialkit.spec import DatasetSpec
from trialkit.study import Study

Headers: TypeAlias = Mapping[str, Mapping[str, str]]
Values: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Mapped:
    """The datasets of a study, each with the values of its variables on each of its paths.

    Args:
        study: its specs.
        headers: the columns of the raw sources that are known, each with its label.

    >>> from trialkit.samples import sample_study
    >>> mapped = Mapped(sample_study(), {})
    >>> [path["VSTESTCD"].text for path in mapped.dataset("VS")]
    ['SYSBP', 'DIABP', 'TEMP']
    """

    study: Study
    headers: Mapping[str, Collection[str]]
    _made: dict[str, list[Values]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dataset_levels(self.study.datasets, self.study.datasets)  # refuses specs that need each other

    def dataset(self, name: str) -> list[Values]:
        """Give the variables of a dataset, supplemental qualifiers included, on each of its paths.

        >>> from trialkit.samples import sample_study
        >>> [one.column for one in Mapped(sample_study(), {}).dataset("VS")[0]["VSORRES"].traces]
        ['SYS']
        """
        if name not in self._made:
            spec = self.study.datasets[name]
            paths = paths_of(spec.records, self)
            self._made[name] = [_Variables(spec, path).all() for path in paths]
        return self._made[name]

    def column(self, table: str, name: str) -> Value:
        """Give what is known of a column of a source, dataset or table.

        What comes from a published dataset is derived: it was annotated there.

        >>> from trialkit.samples import sample_study
        >>> Mapped(sample_study(), {"DOSING": ["DOSE"]}).column("DOSING", "DAY").text
        ''
        """
        if table in self.study.datasets:
            paths = self.dataset(table)
            found = merged(path.get(name, MISSING) for path in paths) if paths else MISSING
            return found if self.study.datasets[table].working else found.hidden()
        if table in self.study.spec.sources:
            there = table not in self.headers or name in self.headers[table]
            return Value(frozenset({Trace(table, name)})) if there else MISSING
        return Value()

    def rows(self, name: str) -> RawTable | None:
        """Give a table of the study; None for any other.

        >>> from trialkit.samples import sample_study
        >>> Mapped(sample_study(), {}).rows("vs_tests").rows > 2
        True
        """
        return self.study.tables.get(name)


@dataclass(slots=True)
class _Variables:
    """The variables of a dataset on one path; those that a variable needs are made before it."""

    spec: DatasetSpec
    path: Path
    made: Values = field(default_factory=dict)

    def all(self) -> Values:
        for name in all_variables(self.spec):
            self.variable(name, ())
        return self.made

    def variable(self, name: str, above: tuple[str, ...]) -> Value:
        if name not in self.made:
            rule = all_variables(self.spec)[name].rule
            self.made[name] = followed(rule, _Seen(self, (*above, name), isinstance(rule, Copy)))
        return self.made[name]

    def published(self, name: str) -> bool:
        return not self.spec.working and not all_variables(self.spec)[name].working


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the rule of a variable sees: other variables before the columns of the records."""

    variables: _Variables
    above: tuple[str, ...]
    copying: bool

    def value(self, name: str, *, record: bool = False) -> Value:
        """Give a variable or column; what is made from a published variable, but for a copy, is derived."""
        mine = self.variables
        if record or name in self.above or name not in all_variables(mine.spec):
            return mine.path.value(name)
        found = mine.variable(name, self.above)
        return found if self.copying or not mine.published(name) else found.hidden()

    def table(self, name: str) -> Scope:
        return mine.table(name) if name and (mine := self.variables.path) else self

    def rows(self, name: str) -> RawTable | None:
        return self.variables.path.rows(name)
