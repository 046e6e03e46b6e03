"""The sentence of a rule: a template in which the values of its keys are filled in."""

from __future__ import annotations

import re
from typing import Any

from trialkit.expr import Expression
from trialkit.model import Model
from trialkit.numerals import to_text

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_KEY = re.compile(r"{(\w+)(?:=(\w+))?}")


def filled(template: str, told: dict[str, str], unset: set[str]) -> str:
    """Fill a template in; a part in brackets stays where each of its keys is set.

    Args:
        template: text with keys in braces; ``{key=value}`` writes nothing and asks for that value.
        told: the value of each key, as text.
        unset: the keys that have their default.

    >>> filled("{trim} trimmed[{inner=true}, also within].", {"trim": "A", "inner": "True"}, set())
    'A trimmed, also within.'
    """
    return _OPTIONAL.sub(lambda part: _kept(part[1], told, unset), template).format_map(told)


def unset_keys(model: Model) -> set[str]:
    """Name the keys of a model that have their default.

    >>> class Label(Model):
    ...     length: int = 0
    >>> unset_keys(Label()), unset_keys(Label(length=8))
    ({'length'}, set())
    """
    return {
        info.alias or name
        for name, info in type(model).model_fields.items()
        if getattr(model, name) == info.get_default(call_default_factory=True)
    }


def _kept(part: str, told: dict[str, str], unset: set[str]) -> str:
    for key, value in _KEY.findall(part):
        if key in unset or not told[key] or told[key].lower() != (value or told[key].lower()):
            return ""
    return re.sub(r"{\w+=\w+}", "", part)


def written(value: Any) -> str:
    """Write a field's value into a sentence.

    >>> written(["A", "B"])
    'A, B'
    """
    if hasattr(value, "sentence"):
        return str(value.sentence()).rstrip(".")
    if isinstance(value, Expression):
        return value.text.replace(" is not None", " is not missing").replace(" is None", " is missing")
    if isinstance(value, float):
        return to_text(value)
    if value is None:
        return ""
    if isinstance(value, Model):
        fields = type(value).model_fields
        parts = {info.alias or name: getattr(value, name) for name, info in fields.items()}
        return ", ".join(f"{name} {written(part)}" for name, part in parts.items() if part not in ("", None))
    if isinstance(value, dict):
        pairs = ((key, written(part)) for key, part in value.items())
        return ", ".join(key if key == said else f"{key}: {said}" for key, said in pairs)
    if isinstance(value, (list, tuple)):
        return ", ".join(written(part) for part in value)
    return str(value)
