"""Rules followed without data: whether a value is still the content of a raw column, or a known text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from define.acrf.known import MISSING, Value, known, merged
from define.acrf.truth import judged
from trialkit.model import Model
from trialkit.raw.table import RawTable
from trialkit.rule import VariableRule
from trialkit.rules.aggregate import Earliest, Latest
from trialkit.rules.choose import Case, FirstOf
from trialkit.rules.codes import Code, Recode
from trialkit.rules.lookup import First, Last, Lookup
from trialkit.rules.values import Constant, Copy, Record

# rules that give the content in other words; a table looked up with such words gives attributes of the term
REWORDING = ("code", "recode", "replace", "unit", "visit")
# rules with a part that is the collected content although Define-XML calls the value derived or assigned
CONTENT = ("convert", "visit")


class Scope(Protocol):
    """What a rule sees: columns by name, other tables, and the tables of the study.

    >>> issubclass(Scope, Protocol)
    True
    """

    def value(self, name: str, *, record: bool = False) -> Value:
        """Give a variable or column; with ``record`` the column even where a variable has its name.

        >>> from define.acrf.samples import sample_scope
        >>> [one.source for one in sample_scope(SEX="SUBJ").value("SEX").traces]
        ['SUBJ']
        """

    def table(self, name: str) -> Scope:
        """Give the columns of another table; "" for those at hand.

        >>> from define.acrf.samples import sample_scope
        >>> [one.column for one in sample_scope().table("DOSING").value("DOSE").traces]
        ['DOSE']
        """

    def rows(self, name: str) -> RawTable | None:
        """Give a table of the study; None for any other.

        >>> from define.acrf.samples import sample_scope
        >>> list(sample_scope().rows("visits").columns)
        ['VISITNUM', 'VISIT', 'VISITDY']
        """


def followed(rule: VariableRule, scope: Scope) -> Value:
    """Say what is known of the value that a rule gives.

    >>> from define.acrf.samples import sample_scope
    >>> scope = sample_scope(SEX="SUBJ")
    >>> sorted(followed(Copy(copy="SEX"), scope).traces)
    [Trace(source='SUBJ', column='SEX', recoded=False, picked='')]
    >>> followed(Constant(constant="DM"), scope).text
    'DM'
    """
    match rule:
        case Constant():
            return known(rule.text)
        case Copy():
            return scope.value(rule.of)
        case Record():
            return scope.value(rule.of, record=True)
        case Case():
            return _case(rule, scope)
        case FirstOf():
            return _first_of(rule, scope)
        case Lookup():
            return _lookup(rule, scope)
        case Earliest() | Latest() | First() | Last():
            return _picked(rule, scope)
    if (rule.origin and rule.key() not in CONTENT) or getattr(rule, "give", "") == "VISITDY":
        return Value()
    made = merged(followed(one, scope) for one in _content(rule))
    return _reworded(rule, made) if rule.key() in REWORDING else Value(made.traces)


def _content(rule: VariableRule) -> Iterator[VariableRule]:
    """Give the parts that hold the content: what the rule is named by, and the time beside a date."""
    for name, info in type(rule).model_fields.items():
        if (info.alias or name) in (rule.key(), "time"):
            yield from _rules(getattr(rule, name))


def _rules(value: object) -> Iterator[VariableRule]:
    if isinstance(value, VariableRule):
        yield value
    elif isinstance(value, Model):
        for name in type(value).model_fields:
            yield from _rules(getattr(value, name))


def _reworded(rule: VariableRule, made: Value) -> Value:
    traces = made.recoded().traces
    if made.text is None or not isinstance(rule, (Code, Recode)):
        return Value(traces)
    words = rule.terms if isinstance(rule, Code) else rule.values
    return Value(traces, frozenset({words.get(made.text, made.text)}))


def _case(rule: Case, scope: Scope) -> Value:
    """Merge what the cases give that can apply."""
    parts = []
    for one in rule.cases:
        truth = judged(one.when, lambda name: scope.value(name).text)
        if truth is not False:
            parts.append(followed(one.then, scope))
        if truth:
            return merged(parts)
    return merged([*parts, followed(rule.otherwise, scope)])


def _first_of(rule: FirstOf, scope: Scope) -> Value:
    parts: list[Value] = []
    for one in rule.values:
        parts.append(followed(one, scope))
        if parts[-1].texts is not None and "" not in parts[-1].texts:
            return _filled(parts)
    return merged(parts)


def _filled(parts: list[Value]) -> Value:
    """Merge values of which the last is never missing."""
    made = merged(parts)
    return made if made.texts is None else Value(made.traces, made.texts - {""})


def _lookup(rule: Lookup, scope: Scope) -> Value:
    rows = scope.rows(rule.table)
    if rows is None:
        return followed(rule.of, scope.table(rule.table))
    keys = {theirs: scope.value(mine) for mine, theirs in _key_columns(rule)}
    column = rule.of.of if isinstance(rule.of, Copy) else ""
    return from_rows(rows, keys, column)


def _key_columns(rule: Lookup) -> Iterator[tuple[str, str]]:
    for mine, theirs in (rule.on or {}).items():
        if isinstance(theirs, Copy):
            yield mine, theirs.of


def from_rows(rows: RawTable, keys: dict[str, Value], column: str) -> Value:
    """Say what a table of the study has for some keys.

    Known keys give the texts of their rows. Content that is looked up alone and as it was collected is
    content in other words; what is looked up by a term, such as its category, is not.

    >>> from trialkit.samples import sample_study
    >>> table = sample_study().tables["vs_tests"]
    >>> from_rows(table, {"VSTESTCD": known("SYSBP")}, "UNIT").text
    'mmHg'
    """
    texts = {name: value.text for name, value in keys.items()}
    if column in rows.columns and keys and None not in texts.values() and set(keys) <= set(rows.columns):
        cells = [rows.columns[name].objects().tolist() for name in (*texts, column)]
        found = {row[-1] for row in zip(*cells, strict=True) if list(row[:-1]) == list(texts.values())}
        return Value(texts=frozenset(found)) if found else MISSING
    if len(keys) != 1:
        return Value()
    [key] = keys.values()
    return Value(frozenset(one for one in key.traces if not one.recoded)).recoded()


def _picked(rule: Earliest | Latest | First | Last, scope: Scope) -> Value:
    """Follow one column of several rows; a choice between several columns, or by a condition, is derived."""
    rows = rule.selections if isinstance(rule, (Earliest, Latest)) else [rule]
    if len(rows) != 1 or rows[0].where is not None:
        return Value()
    return Value(followed(rows[0].of, scope.table(rows[0].table)).traces).picked(rule.key())
