"""The mapping language as text: what `trialkit rules` prints, and what the language reference is made of."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import dedent, indent
from types import CodeType, FunctionType
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from trialkit.load import Loading, parts_of
from trialkit.model import Model, SpecMap
from trialkit.problems import Exit, Kind, Place, Problem, Refusal, did_you_mean
from trialkit.rule import RecordRule, Rule, VariableRule, find_rules, read_rule

NO_RULE = Kind("CLI-001", "unknown rule", "`trialkit rules` lists them.", exit=Exit.SPEC)
PACKAGES = ("trialkit.rules", "sdtm.rules", "adam.rules")
KINDS = (("Record rules", RecordRule), ("Variable rules", VariableRule))
SHARED = (Model, Rule, RecordRule, VariableRule)
MORE = "`trialkit rules NAME` explains one of them: keys, example, problems."


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping in a spec: its name, what it means, and its default.

    >>> Key("unmapped", "what a text without a term does", "error").default
    'error'
    """

    name: str
    meaning: str
    default: str = ""
    required: bool = False

    @property
    def need(self) -> str:
        """Say whether the key has to be there, or what stands in its place.

        >>> Key("code", "the collected text", required=True).need, Key("where", "which rows").need
        ('required', '')
        """
        return "required" if self.required else self.default


def describe(name: str = "") -> str:
    """List all rules with their sentences, or explain one.

    Raises:
        Refusal: for a name that is no rule.

    >>> describe("copy").splitlines()[0]
    'copy'
    """
    rules = find_rules(PACKAGES)
    if not name:
        return "\n".join([*(_listed(title, base, rules) for title, base in KINDS), MORE])
    if name not in rules:
        raise Refusal([Problem(NO_RULE, f"there is no rule '{name}'", hint=_hint(name, rules))])
    rule = rules[name]
    faults = "\n".join(f"{kind.code} {kind.title}. {kind.fix}" for kind in problems_of(rule))
    parts = [
        ("Example", example_of(rule)),
        ("Sentence", "\n".join(sentences_of(rule))),
        ("Keys", "\n".join(_line(key) for key in keys_of(rule))),
        *((f"Keys of {one}", "\n".join(_line(key) for key in keys)) for one, keys in inner_keys(rule)),
        ("Problems", faults),
    ]
    shown = [f"{title}:\n{indent(text, '  ')}" for title, text in parts if text]
    notes = notes_of(rule)
    said = "" if notes.startswith(short(rule).removesuffix(".")) else rule.summary()
    return "\n\n".join(text for text in (name, said, notes, *shown) if text)


def _hint(name: str, rules: dict[str, type[Rule]]) -> str:
    near = did_you_mean(name, rules)
    return near if near.startswith("Did") else f"{NO_RULE.fix} All other keys are in docs/language.md."


def _listed(title: str, base: type[Rule], rules: dict[str, type[Rule]]) -> str:
    mine = [key for key, rule in sorted(rules.items()) if issubclass(rule, base)]
    width = max(map(len, mine))
    return f"{title}\n" + "".join(f"  {key:{width}}  {short(rules[key])}\n" for key in mine)


def short(rule: type[Rule]) -> str:
    """Say in a few words what a rule does, without what need not be there.

    >>> from trialkit.rules.lookup import Lookup
    >>> from trialkit.rules.values import Constant
    >>> short(Lookup), short(Constant)
    ('{lookup} in {table}.', 'Every record has the same text.')
    """
    said = re.sub(r"\[[^\[\]]*\]", "", rule.summary())
    words = re.sub(r"{\w+}|\W", "", said)
    return said if words else notes_of(rule).split(". ")[0].removesuffix(".").replace("\n", " ") + "."


def _line(key: Key) -> str:
    need = f" ({'' if key.required else 'default '}{key.need})" if key.need else ""
    return f"{key.name:14} {key.meaning}{need}"


def notes_of(item: Any) -> str:
    """Give what a docstring says beyond its first sentence, without examples and sections.

    >>> from trialkit.rules.values import Constant
    >>> notes_of(Constant)
    'Every record has the same text. A numeric variable reads it as a number.'
    """
    paragraphs = (inspect.getdoc(item) or "").split("\n\n")[1:]
    plain = [one.replace("``", "`") for one in paragraphs if not one.startswith((">>>", "Args:", "Raises:"))]
    return "\n\n".join(plain)


def example_of(rule: type[Rule]) -> str:
    """Give a rule's example as YAML.

    >>> from trialkit.rules.values import Constant
    >>> example_of(Constant)
    'DOMAIN: {constant: DM}'
    """
    return dedent(rule.example).strip("\n")


def sentences_of(rule: type[Rule]) -> list[str]:
    """Give the sentence of each rule of a rule's example, as define.xml prints it.

    >>> from trialkit.rules.values import Constant
    >>> sentences_of(Constant)
    ["'DM'."]
    """
    loading = Loading(rules=dict(find_rules(PACKAGES)))
    base: type[Rule] = RecordRule if issubclass(rule, RecordRule) else VariableRule
    made = [read_rule(one, base, loading).sentence() for one in _examples(rule) if isinstance(one, dict)]
    loading.problems.refuse()
    return made


def _examples(rule: type[Rule]) -> list[Any]:
    data = YAML(typ="safe", pure=True).load(example_of(rule))
    values = data if isinstance(data, list) else list(data.values())
    return [SpecMap(one, Place(), {}) if isinstance(one, dict) else one for one in values]


def keys_of(model: type[Model]) -> list[Key]:
    """Give the YAML keys of a rule or another model: its own name first, then those it needs.

    >>> from trialkit.rules.values import Copy
    >>> keys_of(Copy)[0].name, keys_of(Copy)[0].need
    ('copy', 'required')
    """
    found = [
        Key(info.alias or name, _meaning(info), _default(info), info.is_required())
        for name, info in model.model_fields.items()
    ]
    own = model.key() if issubclass(model, Rule) else ""
    return sorted(found, key=lambda key: (key.name != own, not key.required))


def inner_keys(model: type[Model]) -> Iterator[tuple[str, list[Key]]]:
    """Give for each key that holds a mapping of its own the keys of that mapping.

    >>> from trialkit.rules.choose import Case
    >>> [(name, [key.name for key in keys]) for name, keys in inner_keys(Case)]
    [('case', ['when', 'then'])]
    """
    for name, info in model.model_fields.items():
        for part in parts_of(info.annotation):
            if isinstance(part, type) and issubclass(part, Model) and not issubclass(part, Rule):
                yield info.alias or name, _filled(keys_of(part), info.default)


def _filled(keys: list[Key], whole: Any) -> list[Key]:
    """Give keys the defaults that the mapping has where it is left out."""
    if not isinstance(whole, Model):
        return keys
    return [replace(key, default=str(getattr(whole, key.name, "") or "")) for key in keys]


def _meaning(info: FieldInfo) -> str:
    said = (info.description or "").rstrip(".")
    words = [str(word) for word in _choices(info.annotation) if word != ""]
    if not words or all(word in said for word in words):
        return said
    return ": ".join(part for part in (said, ", ".join(words)) if part)


def _choices(annotation: Any) -> tuple[Any, ...]:
    name = getattr(get_origin(annotation), "__name__", str(get_origin(annotation)))
    return get_args(annotation) if name.endswith("Literal") else ()


def _default(info: FieldInfo) -> str:
    value = None if info.is_required() else info.default
    if value in ("", None, (), [], {}, False) or isinstance(value, Model):
        return ""
    return ", ".join(value) if isinstance(value, (list, tuple)) else str(value).replace("True", "true")


def problems_of(rule: type[Rule]) -> list[Kind]:
    """List the kinds of problem that a rule finds itself, read off the code of its methods.

    >>> from trialkit.rules.codes import Recode
    >>> [kind.code for kind in problems_of(Recode)]
    ['VAL-003']
    """
    seen: set[FunctionType] = set()
    found = {kind.code: kind for method in _methods(rule) for kind in _kinds(method, seen)}
    return [found[code] for code in sorted(found)]


def _methods(item: type) -> Iterator[FunctionType]:
    for base in item.__mro__:
        for value in list(vars(base).values()) if _ours(base) and base not in SHARED else ():
            bare = getattr(value, "wrapped", value)
            method = getattr(bare, "__func__", bare)
            if isinstance(method, FunctionType):
                yield method


def _kinds(function: FunctionType, seen: set[FunctionType]) -> Iterator[Kind]:
    """Give the kinds that a function names, and those of the functions and classes that it names."""
    if function in seen:
        return
    seen.add(function)
    for value in (function.__globals__.get(name) for name in _names(function.__code__)):
        if isinstance(value, Kind):
            yield value
        elif isinstance(value, dict):
            yield from (one for one in value.values() if isinstance(one, Kind))
        elif isinstance(value, FunctionType) and _ours(value):
            yield from _kinds(value, seen)
        elif isinstance(value, type) and _ours(value) and not issubclass(value, Rule):
            yield from (kind for method in _methods(value) for kind in _kinds(method, seen))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _ours(item: Any) -> bool:
    return re.match(r"(trialkit|sdtm)\b", item.__module__) is not None
