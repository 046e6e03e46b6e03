"""The arithmetic of units: what a unit of measure is made of, and its size in base units."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import TypeAlias

PREFIXES = {
    "T": 12,
    "G": 9,
    "M": 6,
    "k": 3,
    "h": 2,
    "da": 1,
    "d": -1,
    "c": -2,
    "m": -3,
    "u": -6,
    "n": -9,
    "p": -12,
}
PREFIXES |= {"f": -15, "a": -18}
_Factor: TypeAlias = tuple[Fraction, list[str]]
NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?:\^(\d+))? ?")


@dataclass(frozen=True, slots=True)
class Measure:
    """What a unit is made of.

    Args:
        size: one such unit in base units, exact.
        over: the dimensions above the line, sorted; nothing is cancelled, so that a ratio of
            masses is not taken for a ratio of volumes.
        under: the dimensions below the line, sorted.

    >>> measure("mg/dL")
    Measure(size=Fraction(10, 1), over=('mass',), under=('length3',))
    """

    size: Fraction
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()

    def ratio(self, other: Measure) -> Fraction | None:
        """Give the factor from this unit to another of the same dimensions.

        >>> measure("10^9/L").ratio(measure("/nL")), measure("g").ratio(measure("L"))
        (Fraction(1, 1), None)
        """
        same = (self.over, self.under) == (other.over, other.under)
        return self.size / other.size if same else None


@dataclass(frozen=True, slots=True)
class _Atom:
    size: Fraction
    dimension: str
    prefixes: bool


def table(name: str) -> list[dict[str, str]]:
    """Read a table of units that comes with the toolkit.

    >>> table("atoms")[0]["symbol"]
    'g'
    """
    text = (files("trialkit") / "data" / "units" / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _atoms() -> dict[str, _Atom]:
    rows = table("atoms")
    return {
        row["symbol"]: _Atom(Fraction(row["size"]), row["dimension"], bool(row["prefixes"])) for row in rows
    }


@cache
def measure(unit: str) -> Measure | None:
    """Say what a unit is made of; None for one that has no known parts.

    A product below the line has to be written with slashes: ``a/b*c`` can be read in two ways.

    Source: SI Brochure, 9th edition, 2.3 and 3; NIST SP 811, appendix B.

    >>> measure("mL/min/1.73 m2").under, measure("TABLET"), measure("g/m2*h")
    (('length2', 'time'), None, None)
    """
    upper, *lower = unit.split("/")
    if any("*" in part or not part for part in lower):
        return None
    above = [_factor(part) for part in upper.split("*")] if upper else []
    below = [_factor(part) for part in lower]
    return _product(above, below)


def _product(above: list[_Factor | None], below: list[_Factor | None]) -> Measure | None:
    size, over, under = Fraction(1), list[str](), list[str]()
    for place, factor in enumerate([*above, *below]):
        if factor is None:
            return None
        size = size * factor[0] if place < len(above) else size / factor[0]
        (over if place < len(above) else under).extend(factor[1])
    return Measure(size, tuple(sorted(over)), tuple(sorted(under)))


def _factor(part: str) -> _Factor | None:
    if found := _symbol(part):
        return found
    if not (match := NUMBER.match(part)):
        return None
    number, rest = Fraction(match[1]) ** int(match[2] or 1), part[match.end() :]
    if not rest:
        return number, []
    found = _symbol(rest)
    return (number * found[0], found[1]) if found else None


def _symbol(text: str) -> _Factor | None:
    for symbol, power in _powers(text):
        for size, atom in _prefixed(symbol):
            dimension = atom.dimension + (str(power) if power > 1 else "")
            return (size * atom.size) ** power, [dimension]
    return None


def _powers(text: str) -> Iterator[tuple[str, int]]:
    yield text, 1
    if text[-1:] in ("2", "3"):
        yield text[:-1], int(text[-1])


def _prefixed(symbol: str) -> Iterator[tuple[Fraction, _Atom]]:
    if symbol in _atoms():
        yield Fraction(1), _atoms()[symbol]
        return
    for prefix, power in PREFIXES.items():
        atom = _atoms().get(symbol.removeprefix(prefix)) if symbol.startswith(prefix) else None
        if atom and atom.prefixes:
            yield Fraction(10) ** power, atom
