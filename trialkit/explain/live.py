"""Which parts of a rule took part in one value: the branches that were chosen, and what they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trialkit.expr import Expression
from trialkit.model import Model
from trialkit.rule import Reference, Rule, VariableRule
from trialkit.rules.aggregate import Earliest, Latest, Maximum, Minimum
from trialkit.rules.choose import Case, FirstOf
from trialkit.rules.lookup import Previous
from trialkit.rules.select import TableRows

AWAY = (TableRows, Previous)
SELECTING = (Earliest, Latest, Maximum, Minimum)


@dataclass(slots=True)
class Live:
    """What took part in one value.

    Args:
        references: the columns and tables that were read, with their role.
        elsewhere: columns that were read in other records of the dataset.
        notes: what was chosen.

    >>> Live().notes
    []
    """

    references: list[tuple[Reference, str]] = field(default_factory=list)
    elsewhere: list[Reference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def wanted(self) -> dict[str, list[str]]:
        """Name the columns that were read of each table.

        >>> Live([(Reference("START", "EX"), ""), (Reference("", "EX"), "")]).wanted
        {'EX': ['START']}
        """
        found: dict[str, list[str]] = {}
        for one, _ in self.references:
            if one.table:
                found.setdefault(one.table, []).extend([one.column] if one.column else [])
        return found

    def add(self, references: Iterable[Reference], role: str = "") -> None:
        """Keep references, each once.

        >>> live = Live()
        >>> live.add([Reference("A"), Reference("A")])
        >>> len(live.references)
        1
        """
        known = {(one.table, one.column) for one, _ in self.references}
        for one in references:
            if (one.table, one.column) not in known:
                self.references.append((one, role))
                known.add((one.table, one.column))


def live_parts(rule: VariableRule, branches: list[int]) -> Live:
    """Follow a rule along the branches that were chosen for one record.

    Args:
        rule: the rule.
        branches: what its choosing rules chose, in the order in which they ended.

    >>> live = live_parts(FirstOf(first_of=["A", "B"]), [1])
    >>> [one.column for one, _ in live.references], live.notes
    (['B'], ['value 2 of 2'])
    """
    choosers = list(_choosers(rule))
    known = len(choosers) == len(branches)
    chosen = {id(one): branch for one, branch in zip(choosers, branches, strict=True)} if known else {}
    live = Live()
    _follow(rule, chosen, live)
    return live


def _choosers(rule: VariableRule) -> Iterator[VariableRule]:
    """Give the choosing rules in the order in which they end: those within one before itself."""
    for nested in parts_of(rule)[0]:
        yield from _choosers(nested)
    if isinstance(rule, (Case, FirstOf)) or (isinstance(rule, SELECTING) and len(rule.selections) > 1):
        yield rule


def parts_of(rule: Rule) -> tuple[list[VariableRule], list[Reference]]:
    """Give the rules within a rule that see the same record, and what it names beside them.

    A rule within one that runs on another table, or on other records, is no part: what it
    names is named by the outer rule as of that table.

    >>> nested, own = parts_of(FirstOf(first_of=["A", "B"]))
    >>> [one.sentence() for one in nested], own
    (['A.', 'B.'], [])
    """
    left, nested = Counter(rule.references()), []
    for one in _within(rule):
        named = Counter(one.references())
        if named <= left:
            nested.append(one)
            left -= named
    return nested, list(left)


def _within(value: Any) -> Iterator[VariableRule]:
    if isinstance(value, Model) and not _looks_away(value):
        for name in type(value).model_fields:
            yield from _rules_in(getattr(value, name))


def _looks_away(value: Any) -> bool:
    """Say whether what stands in a rule runs on other rows than the record's own."""
    return isinstance(value, AWAY) and bool(value.within or getattr(value, "table", ""))


def _rules_in(value: Any) -> Iterator[VariableRule]:
    if isinstance(value, VariableRule):
        yield value
    elif isinstance(value, Model):
        yield from _within(value)
    elif isinstance(value, (dict, list, tuple)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _rules_in(part)


def _follow(rule: VariableRule, chosen: dict[int, int], live: Live) -> None:
    branch = chosen.get(id(rule))
    if isinstance(rule, Case) and branch is not None:
        _follow_case(rule, branch, chosen, live)
    elif isinstance(rule, FirstOf) and branch is not None:
        said = f"value {branch + 1} of {len(rule.values)}" if branch >= 0 else "all values are missing"
        live.notes.append(said)
        for value in rule.values[branch : branch + 1] if branch >= 0 else rule.values:
            _follow(value, chosen, live)
    elif isinstance(rule, SELECTING) and branch is not None and branch >= 0:
        _follow_selection(rule.selections, branch, chosen, live)
    else:
        nested, own = parts_of(rule)
        for one in nested:
            _follow(one, chosen, live)
        for value in (rule, *(getattr(rule, name) for name in type(rule).model_fields)):
            own = _set_apart(value, own, live)
        live.add(own)
        live.elsewhere += [Reference(name, place=rule.place()) for name in rule.elsewhere()]


def _follow_case(rule: Case, branch: int, chosen: dict[int, int], live: Live) -> None:
    if 0 <= branch < len(rule.cases):
        case = rule.cases[branch]
        live.notes.append(f"case {branch + 1} of {len(rule.cases)}: {case.when.text}")
        _follow(case.then, chosen, live)
        live.add(_names(case.when, rule), "decided")
        return
    live.notes.append("no case applies: else")
    _follow(rule.otherwise, chosen, live)
    for case in rule.cases:
        live.add(_names(case.when, rule), "decided")


def _names(condition: Expression, rule: Rule) -> list[Reference]:
    return [Reference(name, place=rule.place()) for name in condition.names]


def _follow_selection(selections: list[Any], branch: int, chosen: dict[int, int], live: Live) -> None:
    one = selections[branch]
    live.notes.append(f"selection {branch + 1} of {len(selections)}: {one.sentence()}")
    if one.table or one.within:
        live.add(_set_apart(one, list(one.references()), live))
    else:
        _follow(one.of, chosen, live)


def _set_apart(value: Any, own: list[Reference], live: Live) -> list[Reference]:
    """Set apart what selections among the records at hand read in other records."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, AWAY) and one.within:
            others = [named for named in one.references() if named.column not in one.within]
            live.elsewhere += others
            own = [named for named in own if named not in others]
    return own
