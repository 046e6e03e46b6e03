"""The base of every rule: one small frozen class that is all there is to know about the rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar

from pydantic import BeforeValidator, ConfigDict, ValidationError, ValidationInfo, WithJsonSchema

from trialkit.column import Column
from trialkit.context import Context
from trialkit.expr import Expression, compile_expression
from trialkit.load import Loading
from trialkit.model import Model, SpecMap, SpecText
from trialkit.problems import NOWHERE, Exit, Kind, Place, Refusal, did_you_mean
from trialkit.records import Records
from trialkit.scan import classes_in
from trialkit.sentence import filled, unset_keys, written

NO_RULE = Kind("SPEC-010", "no rule is named", "Name one rule; `trialkit rules` lists them.", exit=Exit.SPEC)
TWO_RULES = Kind("SPEC-011", "two rules are named", "Keep one, or nest one in the other.", exit=Exit.SPEC)

ANY = "*"  # stands for the columns of a table that is not read yet

RuleKind: TypeAlias = Literal["column", "table"]


@dataclass(frozen=True, slots=True)
class Names:
    """Marks a text field of a rule as the name of a column or of a table.

    >>> Names("column").what
    'column'
    """

    what: RuleKind


@dataclass(frozen=True, slots=True)
class Reference:
    """A column or table that a rule names, and where.

    ``table`` is empty for a column of the records; ``record`` says that their own column is meant even
    where a variable has its name. ``default`` is the key by whose default the table is meant.

    >>> Reference("AGE").table
    ''
    """

    column: str
    table: str = ""
    place: Place = NOWHERE
    record: bool = False
    default: str = ""


class Rule(Model):
    """What all rules share: their YAML key, their sentence and what they name.

    >>> Rule.key()
    'rule'
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    example: ClassVar[str] = ""
    also: ClassVar[str] = ""  # how the sentence goes on, in brackets, where keys are set
    files: ClassVar[tuple[str, ...]] = ()  # files of the study that it depends on without naming them

    @classmethod
    def key(cls) -> str:
        """Give the YAML key that names the rule: the class name in snake case.

        >>> Rule.key()
        'rule'
        """
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def summary(cls) -> str:
        """Give the rule's sentence with the keys still in braces.

        >>> Rule.summary()
        'What all rules share: their YAML key, their sentence and what they name.'
        """
        return (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")

    def sentence(self) -> str:
        """Say what the rule does with its own values: the method text of define.xml.

        A part of the summary, or of ``also``, in brackets falls away where one of its keys has no value or
        its default. ``{key=value}`` writes nothing, and keeps the part only for that value.

        >>> Rule().sentence()
        'What all rules share: their YAML key, their sentence and what they name.'
        """
        return filled(f"{self.summary().removesuffix('.')}{self.also}.", self.told(), unset_keys(self))

    def told(self) -> dict[str, str]:
        """Write the value of each key as it stands in the sentence.

        >>> Rule().told()
        {}
        """
        fields = type(self).model_fields
        return {info.alias or name: written(getattr(self, name)) for name, info in fields.items()}

    def references(self) -> Iterator[Reference]:
        """Give every column and table that the rule names, those of nested rules included.

        >>> list(Rule().references())
        []
        """
        for name, info in type(self).model_fields.items():
            marks = [mark for mark in info.metadata if isinstance(mark, (Names, BeforeValidator))]
            inner = _marks(info.annotation)
            yield from named(getattr(self, name), [*marks, *inner], self.place(info.alias or name))


def _marks(annotation: Any) -> list[Any]:
    own = [mark for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, Names)]
    return own + [mark for part in getattr(annotation, "__args__", ()) for mark in _marks(part)]


def named(value: Any, marks: list[Any], place: Place) -> Iterator[Reference]:
    """Give what a field's value names.

    >>> [reference.column for reference in named(["A", "B"], [Names("column")], Place())]
    ['A', 'B']
    """
    if isinstance(value, Rule):
        yield from value.references()
    elif isinstance(value, Expression):
        yield from (Reference(name, place=place) for name in value.names)
    elif isinstance(value, Model):
        yield from Rule.references(value)  # type: ignore[arg-type]
    elif isinstance(value, dict):
        for part in value.values():
            yield from named(part, marks, place)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from named(part, marks, place)
    elif isinstance(value, str) and value:
        for mark in marks:
            if isinstance(mark, Names):
                table = mark.what == "table"
                yield Reference("" if table else value, value if table else "", place)


class VariableRule(Rule):
    """A rule that fills one variable.

    ``origin`` is what Define-XML calls a value that the rule makes: ``Derived``, ``Assigned``, or "" where
    the value is still the one that was collected, be it in another form.

    >>> VariableRule.key()
    'variable_rule'
    """

    origin: ClassVar[Literal["Derived", "Assigned", ""]] = "Derived"

    def elsewhere(self) -> list[str]:
        """Name the columns that it also reads in the other records that it keeps as witnesses.

        >>> VariableRule().elsewhere()
        []
        """
        return []

    def literals(self) -> Iterator[tuple[str, Place]]:
        """Give the texts of the spec that the rule may give as values, each with its place.

        >>> list(VariableRule().literals())
        []
        """
        yield from ()

    def ready(self, context: Context) -> None:
        """Check what needs no records, such as codelists and terms, before any data are read.

        Raises:
            Refusal: when the rule could not be applied to whatever records.

        >>> VariableRule().ready(None)
        """

    def apply(self, context: Context) -> Column:
        """Compute the column for the records at hand, one value per record.

        >>> VariableRule().apply(None)
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError


class RecordRule(Rule):
    """A rule that makes, multiplies, merges or drops records.

    >>> RecordRule.key()
    'record_rule'
    """

    copies: ClassVar[bool] = False  # the records that it adds repeat others

    def apply(self, records: Records, context: Context) -> Records:
        """Compute the new records from the records at hand.

        >>> RecordRule().apply(None, None)
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError

    def references_in(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> Iterator[Reference]:
        """Give the columns and tables that must be there when the rule starts.

        A rule with steps or names of its own leaves out what it provides itself.

        >>> list(RecordRule().references_in(frozenset(), {}))
        []
        """
        yield from self.references()

    def columns(self, before: frozenset[str], tables: dict[str, frozenset[str]]) -> frozenset[str]:
        """Say which columns the records have afterwards, before any data are read.

        >>> sorted(RecordRule().columns(frozenset({"A"}), {}))
        ['A']
        """
        return before

    def makes(self, *, added: bool) -> dict[str, tuple[str, ...]]:
        """Name the columns that it fills in records that it adds, or in others, and what each is made from.

        >>> RecordRule().makes(added=True)
        {}
        """
        return {}


class Broken(VariableRule, RecordRule):  # type: ignore[misc]
    """Stands in for a rule that could not be read, so that loading can go on.

    >>> Broken().sentence()
    'Stands in for a rule that could not be read, so that loading can go on.'
    """


R = TypeVar("R", bound=Rule)


@cache
def find_rules(packages: tuple[str, ...]) -> dict[str, type[Rule]]:
    """Find every rule class of these packages, by its YAML key.

    >>> find_rules(("trialkit.rules",))["copy"].__name__
    'Copy'
    """
    found: dict[str, type[Rule]] = {}
    for rule in classes_in(packages, Rule):
        assert rule.key() not in found, f"two rules are called {rule.key()}"
        found[rule.key()] = rule
    return found


def main_keys(value: SpecMap, rules: dict[str, type[Rule]]) -> list[str]:
    """Find which keys of a mapping name a rule.

    >>> main_keys(SpecMap({"copy": "A"}, Place(), {}), {"copy": VariableRule})
    ['copy']
    """
    keys = [key for key in value if key in rules]
    own = {key: {info.alias or name for name, info in rules[key].model_fields.items()} for key in keys}
    return [key for key in keys if not any(key in own[other] for other in keys if other != key)]


def read_rule(value: Any, base: type[R], loading: Loading) -> R | Broken:
    """Make the rule that a mapping names; what is wrong goes to ``loading``.

    >>> read_rule(SpecMap({"cpy": "A"}, Place(), {}), VariableRule, loading := Loading())
    Broken()
    >>> loading.problems.items[0].kind.code
    'SPEC-010'
    """
    rules = {key: rule for key, rule in loading.rules.items() if issubclass(rule, base)}
    place = getattr(value, "place", Place())
    keys = main_keys(value, rules) if isinstance(value, SpecMap) else []
    if len(keys) != 1:
        loading.add(*_misnamed(list(value) if isinstance(value, SpecMap) else [], keys, place, rules))
        return Broken()
    try:
        made: R = rules[keys[0]].model_validate(_of_rule(value, rules[keys[0]]), context=loading)
        return made
    except ValidationError as error:
        loading.refused(rules[keys[0]], value, error)
        return Broken()


def _of_rule(value: Any, rule: type[Rule]) -> Any:
    """Leave out the keys that are of the variable alone, because its rule has none of that name."""
    if not isinstance(value, SpecMap) or not value.beside:
        return value
    names = {info.alias or name for name, info in rule.model_fields.items()}
    return value.only({key for key in value if key in names or key not in value.beside})


def _misnamed(given: list[str], keys: list[str], place: Place, rules: dict[str, Any]) -> tuple[Any, ...]:
    if keys:
        return TWO_RULES, f"two rules are named: {' and '.join(keys)}", place
    near = [name for name in given if did_you_mean(name, rules).startswith("Did")]
    if near:
        return NO_RULE, f"unknown rule '{near[0]}'", place, did_you_mean(near[0], rules)
    said = f"no rule is named by {', '.join(given)}" if given else "a rule or a column is missing"
    return NO_RULE, said, place


def loading_of(info: ValidationInfo) -> Loading:
    """Give the loading that a validator runs in; outside one, all built-in rules are known.

    >>> from types import SimpleNamespace
    >>> "copy" in loading_of(SimpleNamespace(context=None)).rules
    True
    """
    if isinstance(info.context, Loading):
        return info.context
    return Loading(rules=find_rules(("trialkit.rules",)))


def as_value(value: Any, info: ValidationInfo) -> Any:
    """Read a value: a rule, the name of a column, or a text in single quotes.

    >>> from types import SimpleNamespace
    >>> as_value("AGE", SimpleNamespace(context=None)).sentence()
    'AGE.'
    """
    if isinstance(value, VariableRule):
        return value
    place = getattr(value, "place", Place())
    if value == "":
        value = SpecMap({}, place, {})
    elif isinstance(value, str):
        quoted = len(value) > 1 and value[0] == value[-1] == "'"
        key, text = ("constant", value[1:-1]) if quoted else ("copy", str(value))
        value = SpecMap({key: SpecText(text, place)}, place, {key: place})
    return _made(value, VariableRule, info)


def as_step(value: Any, info: ValidationInfo) -> Any:
    """Read a record rule.

    >>> from types import SimpleNamespace
    >>> as_step({"read": "DM"}, SimpleNamespace(context=None)).key()
    'read'
    """
    return value if isinstance(value, RecordRule) else _made(value, RecordRule, info)


def _made(value: Any, base: type[Rule], info: ValidationInfo) -> Rule:
    """Make a rule; outside a loading what is wrong is refused at once."""
    loading = loading_of(info)
    if isinstance(value, dict) and not isinstance(value, SpecMap):
        value = SpecMap(value, getattr(value, "place", Place()), {})
    made = read_rule(value, base, loading)
    if not isinstance(info.context, Loading):
        loading.problems.refuse()
    return made


def as_condition(value: Any, info: ValidationInfo) -> Any:
    """Compile an expression; what is wrong goes to the loading, at its place.

    >>> from types import SimpleNamespace
    >>> as_condition("AGE == ''", SimpleNamespace(context=None)).names
    ('AGE',)
    """
    if isinstance(value, Expression):
        return value
    try:
        return compile_expression(str(value))
    except Refusal as refusal:
        if not isinstance(info.context, Loading):
            raise
        for problem in refusal.problems:
            info.context.add(problem.kind, problem.what, getattr(value, "place", Place()), problem.hint)
        return compile_expression("0 == 0")


ColumnName: TypeAlias = Annotated[str, Names("column")]
TableName: TypeAlias = Annotated[str, Names("table")]
Value: TypeAlias = Annotated[VariableRule, BeforeValidator(as_value), WithJsonSchema({"$comment": "Value"})]
Step: TypeAlias = Annotated[RecordRule, BeforeValidator(as_step), WithJsonSchema({"$comment": "Step"})]
Condition: TypeAlias = Annotated[
    Expression,
    BeforeValidator(as_condition),
    WithJsonSchema({"type": "string", "description": "a condition or computation on columns"}),
]
