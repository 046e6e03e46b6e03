"""The base of every method: a small frozen class whose fields are the YAML keys."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

from pydantic import BeforeValidator, ValidationError, ValidationInfo, WithJsonSchema

from adam.analysis.data import Data
from trialkit.load import Loading
from trialkit.model import SpecMap
from trialkit.problems import Exit, Kind, Place, did_you_mean
from trialkit.rule import Rule
from trialkit.scan import classes_in

NO_METHOD = Kind("ANL-003", "no method is named", "Name one; the reference lists them.", exit=Exit.SPEC)


NOT_ESTIMABLE = "NE"


@dataclass(frozen=True, slots=True)
class Statistic:
    """One result.

    Args:
        name: of the statistic, such as MEAN; one and the same in every analysis.
        label: what it is called in a table.
        value: the number, NaN where there is none.
        decimals: digits after the point in a table.
        reason: why there is no number, or what must be known to read it.
        text: shown in place of the number.

    >>> Statistic("MEAN", "Mean", 3.14159, 2).shown
    '3.14'
    """

    name: str
    label: str
    value: float
    decimals: int = 2
    reason: str = ""
    text: str = ""

    @property
    def shown(self) -> str:
        """Write the value for a table.

        >>> Statistic("P", "p", 0.00001, 4).shown, Statistic("SD", "SD", math.nan, reason="n = 1").shown
        ('<0.0001', 'NE')
        """
        if self.text:
            return self.text
        if math.isnan(self.value):
            return NOT_ESTIMABLE
        least = 10.0**-self.decimals
        if self.name.startswith("P") and 0 <= self.value < least:
            return f"<{least:.{self.decimals}f}"
        text = f"{self.value:.{self.decimals}f}"
        return text.removeprefix("-") if not text.strip("-0.") else text


def missing(name: str, label: str, reason: str) -> Statistic:
    """Give a statistic without a number, with its reason.

    >>> missing("MEAN", "Mean", "no record").reason
    'no record'
    """
    return Statistic(name, label, math.nan, reason=reason)


class Method(Rule):
    """What all methods share: what a rule is, and results.

    >>> Method.key()
    'method'
    """

    shown: ClassVar[tuple[str, ...]] = ()  # the statistics of its table; all where empty

    def compute(self, data: Data) -> list[Statistic]:
        """Compute the statistics of one group of records.

        >>> Method().compute(None)
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError


M = TypeVar("M", bound=Rule)


@cache
def classes_by_key(package: str, base: type[M]) -> dict[str, type[M]]:
    """Find the classes of a package by their YAML key.

    >>> "paired" in classes_by_key("adam.methods", Method)
    True
    """
    return {one.key(): one for one in classes_in((package,), base) if one is not base}


def chosen(value: Any, info: ValidationInfo, package: str, base: type[M]) -> Any:
    """Read a mapping with one key, which names a class of a package, and its fields below.

    >>> from types import SimpleNamespace
    >>> chosen({"describe": {"of": "AVAL"}}, SimpleNamespace(context=None), "adam.methods", Method).of
    'AVAL'
    """
    if isinstance(value, base):
        return value
    loading = info.context if isinstance(info.context, Loading) else Loading()
    made = _named(value, loading, package, base)
    if not isinstance(info.context, Loading):
        loading.problems.refuse()
    return made or base()


def _named(value: Any, loading: Loading, package: str, base: type[M]) -> M | None:
    known = classes_by_key(package, base)
    keys = list(value) if isinstance(value, dict) else []
    named = isinstance(value, SpecMap) and len(keys) == 1
    if len(keys) != 1 or keys[0] not in known:
        place = value.spot(keys[0]) if named else getattr(value, "place", Place())
        said = f"unknown {base.__name__.lower()} '{keys[0]}'" if keys else "a name with its keys is missing"
        loading.add(NO_METHOD, said, place, did_you_mean(keys[0] if keys else "", known))
        return None
    inner = value[keys[0]]
    try:
        made: M = known[keys[0]].model_validate(inner, context=loading)
        return made
    except ValidationError as error:
        loading.refused(known[keys[0]], inner, error)
        return None


def as_method(value: Any, info: ValidationInfo) -> Any:
    """Read a method.

    >>> from types import SimpleNamespace
    >>> as_method({"describe": {"of": "AVAL"}}, SimpleNamespace(context=None)).key()
    'describe'
    """
    return chosen(value, info, "adam.methods", Method)


MethodField: TypeAlias = Annotated[Method, BeforeValidator(as_method), WithJsonSchema({"$comment": "Method"})]
