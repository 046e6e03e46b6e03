"""Conditions of the specs as where clauses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from define.model import RangeCheck, WhereClauseDef
from trialkit import exprtree as tree
from trialkit.expr import Expression
from trialkit.numerals import to_text

COMPARATORS = {"==": "EQ", "!=": "NE", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One variable and the values that it may have.

    >>> str(Condition("PARAMCD", "IN", ("A", "B")))
    'PARAMCD IN (A, B)'
    """

    variable: str
    comparator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        """Write the condition for a reader."""
        signs = {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
        if self.comparator in signs:
            return f"{self.variable} {signs[self.comparator]} {self.values[0]}"
        return f"{self.variable} {self.comparator} ({', '.join(self.values)})"


def conditions_of(expression: Expression) -> tuple[Condition, ...] | None:
    """Read a condition as comparisons that all hold; None for one that a where clause cannot say.

    >>> from trialkit.expr import compile_expression
    >>> [str(one) for one in conditions_of(compile_expression("FASFL == 'Y' and APERIOD in [1, 2]"))]
    ['FASFL = Y', 'APERIOD IN (1, 2)']
    >>> conditions_of(compile_expression("A == 'x' or B == 'y'")) is None
    True
    """
    parts = _parts(expression.root)
    return None if parts is None or not parts else tuple(parts)


def _parts(node: tree.Node) -> list[Condition] | None:
    if isinstance(node, tree.Logic) and node.word == "and":
        found = [_parts(part) for part in node.parts]
        if any(one is None for one in found):
            return None
        return [one for part in found if part is not None for one in part]
    one = _comparison(node) or _membership(node)
    return [one] if one else None


def _comparison(node: tree.Node) -> Condition | None:
    if not isinstance(node, tree.Comparison) or len(node.rest) != 1 or not isinstance(node.first, tree.Name):
        return None
    [(sign, other)] = node.rest
    if sign not in COMPARATORS or not isinstance(other, tree.Literal) or other.value == "":
        return None
    return Condition(node.first.name, COMPARATORS[sign], (_text(other.value),))


def _membership(node: tree.Node) -> Condition | None:
    if not isinstance(node, tree.Membership) or not isinstance(node.item, tree.Name):
        return None
    values = tuple(sorted(_text(value) for value in node.values))
    return Condition(node.item.name, "NOTIN" if node.negated else "IN", values)


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else to_text(value)


def where_clause(
    dataset: str, conditions: Iterable[Condition], item_oid: Callable[[str], str]
) -> WhereClauseDef:
    """Make the where clause of some conditions; the same conditions have the same identifier.

    >>> clause = where_clause("LB", [Condition("LBTESTCD", "EQ", ("ALT",))], lambda name: f"IT.LB.{name}")
    >>> clause.oid, clause.checks[0].values
    ('WC.LB.LBTESTCD.EQ.ALT', ('ALT',))
    """
    parts = list(conditions)
    said = ".".join(f"{one.variable}.{one.comparator}.{'_'.join(one.values)}" for one in parts)
    plain = said.isascii() and len(said) <= 100 and not set(said) & set(" <>&\"'/|%*()[]{}+,:;=?#")
    name = said if plain else f"{parts[0].variable}.{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    checks = tuple(
        RangeCheck(comparator=one.comparator, item_oid=item_oid(one.variable), values=one.values)
        for one in parts
    )
    return WhereClauseDef(oid=f"WC.{dataset}.{name}", checks=checks)
