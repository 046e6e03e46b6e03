"""Formulas over whole columns: the arithmetic in which a simulation states its truth model."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from datetime import date
from functools import cache, reduce
from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator

Array: TypeAlias = npt.NDArray[Any]
Names: TypeAlias = Callable[[str], Any]

EPOCH = date(1970, 1, 1).toordinal()


def day_number(text: str) -> float:
    """Give an ISO date as days since 1970-01-01.

    >>> day_number("1970-01-11")
    10.0
    """
    return float(date.fromisoformat(text).toordinal() - EPOCH)


def has_word(texts: Any, words: Any) -> Any:
    """Mark the texts that contain a word, the same for all or one for each.

    >>> has_word(np.array(["A Q", "A"], object), "Q").tolist()
    [True, False]
    """
    pairs = np.asarray(texts, object) + "|" + np.asarray(words, object)
    distinct, codes = np.unique(pairs.astype(str), return_inverse=True)
    split = [pair.rsplit("|", 1) for pair in distinct.tolist()]
    return np.array([word in text.split() for text, word in split], bool)[codes]


def half_up(value: Any) -> Any:
    """Round to whole numbers, halves upward.

    >>> half_up(np.array([0.5, 1.5])).tolist()
    [1.0, 2.0]
    """
    return np.floor(value + 0.5)


def where(test: Any, yes: Any, no: Any) -> Any:
    """Choose between two values; texts stay Python texts.

    >>> where(np.array([True, False]), "a", "b").tolist()
    ['a', 'b']
    """
    if isinstance(yes, str) and isinstance(no, str):
        return np.array([no, yes], object)[np.asarray(test, bool).astype(int)]
    return np.where(test, yes, no)


_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, terms: reduce(np.logical_or, [value == term for term in terms]),
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.Not: np.logical_not}
_LOGIC: dict[type[ast.AST], Any] = {ast.And: np.logical_and, ast.Or: np.logical_or}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": np.minimum,
    "max": np.maximum,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": half_up,
    "abs": np.abs,
    "log": np.log,
    "log10": np.log10,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "where": where,
    "has": has_word,
    "missing": np.isnan,
    "day": day_number,
}
_LEAVES = (ast.Constant, ast.Name, ast.Tuple, ast.Load, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare)


@cache
def parse(text: str) -> ast.expr:
    """Parse a formula; only arithmetic, comparisons, logic and a few functions are known.

    Raises:
        ValueError: for anything else.

    >>> parse("open('x')")
    Traceback (most recent call last):
    ValueError: not a formula: 'open' is no function here
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, ValueError, MemoryError):
        raise ValueError("not a formula") from None
    for node in ast.walk(tree):
        _allow(node)
    return tree


def _allow(node: ast.AST) -> None:
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in _FUNCTIONS or node.keywords:
            raise ValueError(f"not a formula: '{ast.unparse(node.func)}' is no function here")
    elif isinstance(node, ast.Compare) and len(node.ops) > 1:
        raise ValueError("not a formula: compare two things at a time")
    elif not isinstance(node, _LEAVES) and type(node) not in {*_BINARY, *_UNARY, *_LOGIC}:
        raise ValueError(f"not a formula: {type(node).__name__} is not part of it")


def evaluate(text: str, names: Names) -> Any:
    """Compute a formula; ``names`` gives the column or constant of a name.

    >>> evaluate("where(a > 1, a * 2, 0)", {"a": np.array([1.0, 2.0])}.__getitem__).tolist()
    [0.0, 4.0]
    """
    return _value(parse(text), names)


def _value(node: ast.expr, names: Names) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return names(node.id)
        case ast.Tuple():
            return [_value(part, names) for part in node.elts]
        case ast.BinOp():
            return _BINARY[type(node.op)](_value(node.left, names), _value(node.right, names))
        case ast.UnaryOp():
            return _UNARY[type(node.op)](_value(node.operand, names))
        case ast.BoolOp():
            return reduce(_LOGIC[type(node.op)], [_value(part, names) for part in node.values])
        case ast.Compare():
            return _BINARY[type(node.ops[0])](_value(node.left, names), _value(node.comparators[0], names))
        case ast.Call(func=ast.Name(id=name)):
            return _FUNCTIONS[name](*(_value(part, names) for part in node.args))
    raise AssertionError(type(node))  # parse() has refused it


def _checked(text: str) -> str:
    parse(text)
    return text


Formula: TypeAlias = Annotated[str, AfterValidator(_checked)]
