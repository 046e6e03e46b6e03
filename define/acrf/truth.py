"""Conditions judged on what is known without data: true, false, or not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from trialkit import exprtree as tree
from trialkit.expr import Expression

Text: TypeAlias = Callable[[str], str | None]


def judged(condition: Expression, text: Text) -> bool | None:
    """Say whether a condition holds; None where that depends on the data.

    Args:
        condition: the condition.
        text: gives the text of a name, None where it is not known.

    >>> from trialkit.expr import compile_expression
    >>> known = {"TESTCD": "HEIGHT"}.get
    >>> judged(compile_expression("TESTCD == 'HEIGHT' or AGE > 3"), known)
    True
    >>> judged(compile_expression("TESTCD != 'HEIGHT' and AGE > 3"), known)
    False
    >>> judged(compile_expression("AGE > 3"), known)
    """
    return _of(condition.root, text)


def _of(node: tree.Node, text: Text) -> bool | None:
    match node:
        case tree.Logic(word=word, parts=parts):
            return _logic(word, [_of(part, text) for part in parts])
        case tree.Not(part=part):
            return _not(_of(part, text))
        case tree.Missing(item=item, negated=negated):
            found = _text(item, text)
            return None if found is None else (found == "") != negated
        case tree.Membership(item=item, values=values, negated=negated):
            found = _text(item, text)
            return None if found is None else (found in values) != negated
        case tree.Comparison(first=first, rest=((sign, other),)):
            return _comparison(_text(first, text), sign, _text(other, text))
    return None


def _logic(word: str, parts: Iterable[bool | None]) -> bool | None:
    found, decided = list(parts), word == "or"
    if decided in found:
        return decided
    return None if None in found else not decided


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _text(node: tree.Node, text: Text) -> str | None:
    if isinstance(node, tree.Name):
        return text(node.name)
    return node.value if isinstance(node, tree.Literal) and isinstance(node.value, str) else None


def _comparison(left: str | None, sign: str, right: str | None) -> bool | None:
    if left is None or right is None or sign not in ("==", "!="):
        return None
    return (left == right) == (sign == "==")
