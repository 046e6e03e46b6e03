"""The text of methods: the sentences of the rules, with those of the working columns that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from trialkit.dataflow import made_by
from trialkit.plan import all_variables, tables_of
from trialkit.rule import RecordRule, Rule, VariableRule
from trialkit.rules.records import Let, Stack
from trialkit.rules.values import Copy
from trialkit.spec import DatasetSpec

DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Sentences:
    """The rules of a dataset by what they make: variables, and working columns of record rules.

    Args:
        variables: the rules of the variables.
        columns: the rules that make a column of the records.
        working: the variables that are not published.
        inner: the working datasets that it reads, whose variables are explained as well.

    >>> from trialkit.samples import sample_study
    >>> Sentences.of(sample_study().datasets["EX"]).text("EXSEQ")[:24]
    'Number of the record wit'
    """

    variables: Mapping[str, VariableRule]
    columns: Mapping[str, list[Rule]] = field(default_factory=dict)
    working: frozenset[str] = frozenset()
    inner: Mapping[str, Sentences] = field(default_factory=dict)

    @staticmethod
    def of(spec: DatasetSpec, others: Mapping[str, DatasetSpec] | None = None) -> Sentences:
        """Collect the rules of a dataset, and of the working datasets of its study that it reads.

        >>> from trialkit.samples import sample_study
        >>> "EXDOSE" in Sentences.of(sample_study().datasets["EX"]).variables
        True
        """
        columns: dict[str, list[Rule]] = {}
        for name, rule in _made(spec.records):
            columns.setdefault(name, []).append(rule)
        rules = {name: one.rule for name, one in all_variables(spec).items()}
        hidden = frozenset(name for name, one in all_variables(spec).items() if one.working)
        known = others or {}
        read = [known[name] for name in sorted(tables_of(spec) & set(known)) if known[name].working]
        return Sentences(rules, columns, hidden, {one.dataset: Sentences.of(one, known) for one in read})

    def text(self, name: str) -> str:
        """Say how a variable is made, and then each working column that this names.

        >>> from trialkit.samples import sample_study
        >>> Sentences.of(sample_study().datasets["VS"]).text("VSSEQ").endswith(".")
        True
        """
        rule, said = self.variables[name], dict[str, str]()
        self._explain(rule, name, said, 0)
        plain = isinstance(rule, Copy) and len(said) > 0
        return " ".join([*([] if plain else [rule.sentence()]), *said.values()])

    def _explain(self, rule: Rule, owner: str, said: dict[str, str], depth: int) -> None:
        for one in rule.references():
            known = one.table or not one.column or one.column in said
            if not known and depth < DEEPEST:
                self._say(one.column, owner, said, depth)

    def _say(self, name: str, owner: str, said: dict[str, str], depth: int) -> None:
        """Explain a working column; a published variable explains itself."""
        rules: list[Rule] = list(self.columns.get(name, []))
        if name in self.variables and name != owner:
            rules = [self.variables[name]] if name in self.working else []
        sentences = dict.fromkeys(rule.sentence() for rule in rules)
        if not sentences:
            if name not in self.variables or name == owner:
                said.update(self._elsewhere(name))
            return
        said[name] = f"{name}: {' Or: '.join(sentences)}"
        for rule in rules:
            self._explain(rule, name, said, depth + 1)

    def _elsewhere(self, name: str) -> dict[str, str]:
        """Explain a column that comes as it is from a working dataset."""
        tables = [(table, one) for table, one in self.inner.items() if name in one.variables]
        return {f"{table}.{name}": f"{name} of {table}: {one.text(name)}" for table, one in tables[:1]}


def _made(steps: list[RecordRule]) -> Iterator[tuple[str, Rule]]:
    """Give the columns that record rules make, each with the rule that makes it."""
    for step in steps:
        if isinstance(step, Stack):
            for branch in step.branches:
                yield from _made(list(branch))
        elif isinstance(step, Let):
            yield from step.rules.items()
        else:
            for name in made_by(step):
                rule = getattr(step, "values", {}).get(name)
                yield name, rule if isinstance(rule, Rule) else step
