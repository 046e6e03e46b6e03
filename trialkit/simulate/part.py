"""The parts of a simulation: small frozen classes, named in YAML by their main key."""

from __future__ import annotations

import importlib
import inspect
import re
from functools import cache
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BeforeValidator, ValidationError, ValidationInfo

from trialkit.load import Loading
from trialkit.model import Model, SpecMap
from trialkit.problems import Exit, Kind, Place, did_you_mean

NO_PART = Kind(
    "SIM-001", "no part of a simulation is named", "Name exactly one by its main key.", exit=Exit.SPEC
)
MODULES = ("rows", "draws", "links", "spread", "cells", "damage", "defects", "sinks")


class Part(Model):
    """What all parts share: the YAML key that names them.

    >>> Part.main_key()
    'part'
    """

    @classmethod
    def main_key(cls) -> str:
        """Give the main YAML key: the class name in snake case.

        >>> Part.main_key()
        'part'
        """
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


P = TypeVar("P", bound=Part)


@cache
def find_parts(base: type[P]) -> dict[str, type[P]]:
    """Find the parts of one sort, by their main keys; a part has its main key as a field.

    >>> from trialkit.simulate.draws import Draw
    >>> "normal" in find_parts(Draw)
    True
    """
    modules = [importlib.import_module(f"trialkit.simulate.{name}") for name in MODULES]
    classes = [item for module in modules for _, item in inspect.getmembers(module, inspect.isclass)]
    named = {item.main_key(): item for item in classes if issubclass(item, base)}
    return {key: item for key, item in named.items() if key in item.model_fields}


def read_part(value: Any, base: type[P], info: ValidationInfo) -> Any:
    """Make the part that a mapping names; what is wrong goes to the loading, at its place.

    >>> from types import SimpleNamespace
    >>> from trialkit.simulate.draws import Draw
    >>> read_part({"normal": "50", "sd": "9"}, Draw, SimpleNamespace(context=None)).sd
    '9'
    """
    if isinstance(value, base):
        return value
    loading = info.context if isinstance(info.context, Loading) else Loading()
    parts = find_parts(base)
    named = [key for key in value if key in parts] if isinstance(value, dict) else []
    keys = [
        key for key in named if not any(key in parts[other].model_fields for other in named if other != key)
    ]
    made: Any = base.model_construct()
    if len(keys) != 1:
        hint = did_you_mean(next(iter(value), "") if isinstance(value, dict) else str(value), parts)
        loading.add(NO_PART, f"no {base.main_key()} is named", getattr(value, "place", Place()), hint)
    else:
        made = _made(parts[keys[0]], value, loading) or made
    if not isinstance(info.context, Loading):
        loading.problems.refuse()
    return made


def _made(part: type[P], value: dict[str, Any], loading: Loading) -> P | None:
    data = value if isinstance(value, SpecMap) else SpecMap(value, Place(), {})
    try:
        return part.model_validate(data, context=loading)
    except ValidationError as error:
        loading.refused(part, data, error)
        return None


def one_of(base: type[P]) -> BeforeValidator:
    """Give the validator of a field that holds a part of one sort.

    >>> from trialkit.simulate.draws import Draw
    >>> isinstance(one_of(Draw), BeforeValidator)
    True
    """
    return BeforeValidator(lambda value, info: read_part(value, base, info))


def as_list(value: Any) -> Any:
    """Read one text as a list of one.

    >>> as_list("a")
    ['a']
    """
    return [value] if isinstance(value, str) else value


def ranges(value: Any) -> Any:
    """Write out keys such as ``R01..R28``; ``{n}`` in their texts becomes the digits.

    >>> ranges({"R1..R2": {"value": "r{n}"}})
    {'R1': {'value': 'r1'}, 'R2': {'value': 'r2'}}
    """
    if not isinstance(value, dict) or not any(".." in key for key in value):
        return value
    made: dict[str, Any] = {}
    for key, item in value.items():
        numbered = re.fullmatch(r"(\D*)(\d+)\.\.\1(\d+)", key)
        if not numbered:
            made[key] = item
            continue
        stem, first, last = numbered.groups()
        for number in range(int(first), int(last) + 1):
            digits = f"{number:0{len(first)}}"
            made[stem + digits] = _numbered(item, digits)
    return SpecMap(made, value.place, value.keys_at) if isinstance(value, SpecMap) else made


def _numbered(item: Any, digits: str) -> Any:
    if isinstance(item, list):
        return [_numbered(part, digits) for part in item]
    if not isinstance(item, dict):
        return str(item).replace("{n}", digits)
    made = {key: _numbered(part, digits) for key, part in item.items()}
    return SpecMap(made, item.place, item.keys_at) if isinstance(item, SpecMap) else made


Names: TypeAlias = Annotated[list[str], BeforeValidator(as_list)]
