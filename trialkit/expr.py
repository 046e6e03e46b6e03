"""Conditions and arithmetic on columns, in a small safe language.

The language is a subset of Python's: ``== != < <= > >=`` (also chained), ``in`` and ``not in`` a
list of texts or numbers, ``and or not``, ``+ - * / // %``, parentheses, numbers, texts in single or
double quotes (a quote within is written twice, a backslash is a backslash), ``is None`` and
``is not None``. A name is a column: a word (dots belong to it: ``IT.AESEV``) or anything in
backticks: ```Lab Result```. Functions: ``startswith(X, 'a')``, ``endswith``, ``contains``,
``matches(X, 'pattern')`` (the whole text), ``length(X)``, ``upper(X)``, ``lower(X)``, ``number(X)``
(missing where the text is no number), ``text(X)``.

Missing values: a missing text equals ``''`` and a missing number equals a missing number only; both
differ from every value. ``<``, ``<=``, ``>``, ``>=`` with a missing value are false. Arithmetic with
a missing value, division by zero and a result too large give a missing number. Texts are ordered by
code point, so that ISO 8601 dates of one precision are ordered in time. ``//`` and ``%`` round down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from trialkit import exprtree as tree
from trialkit.column import Codes, Column, Mask, combine
from trialkit.exprfunctions import FUNCTIONS
from trialkit.exprparse import parse
from trialkit.problems import Kind, Place

Values: TypeAlias = npt.NDArray[Any]
Resolve: TypeAlias = Callable[[str], Column]

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; made by ``compile_expression``.

    >>> expression = compile_expression("SEX == 'F' and AGE >= 18")
    >>> expression.names, expression.condition
    (('SEX', 'AGE'), True)
    """

    text: str
    names: tuple[str, ...]
    root: tree.Node
    where: Place

    @property
    def condition(self) -> bool:
        """Say whether the expression is true or false for a row, rather than a value.

        >>> compile_expression("AGE + 1").condition
        False
        """
        return tree.is_condition(self.root)

    def mask(self, resolve: Resolve, rows: int) -> Mask:
        """Mark the rows for which the expression is true.

        Args:
            resolve: gives the column of a name; it refuses names that it does not know.
            rows: the number of rows.

        Returns:
            Mask of shape (rows,).

        Raises:
            Refusal: EXPR-004 where the expression is no condition or compares text with numbers.

        >>> columns = {"SEX": Column.text(["F", "M"]), "AGE": Column.numbers([20, 30])}
        >>> compile_expression("SEX == 'F' or AGE > 40").mask(columns.__getitem__, 2).tolist()
        [True, False]
        """
        if not self.condition:
            hint = "Compare it, such as X != '' or X is not None."
            self._misfit("a value stands where a condition is needed", hint)
        values, group = self._evaluate(resolve, rows)
        return np.asarray(values[group], np.bool_)

    def column(self, resolve: Resolve, rows: int) -> Column:
        """Compute the expression for each row.

        Args:
            resolve: gives the column of a name; it refuses names that it does not know.
            rows: the number of rows.

        Returns:
            Column of ``rows`` texts or numbers.

        Raises:
            Refusal: EXPR-004 where the expression is a condition or calculates with texts.

        >>> columns = {"WEIGHT": Column.numbers([80, 60]), "HEIGHT": Column.numbers([2, 0])}
        >>> compile_expression("WEIGHT / (HEIGHT * HEIGHT)").column(columns.get, 2).objects().tolist()
        [20.0, nan]
        """
        if self.condition:
            self._misfit("a condition stands where a value is needed", "Use a case rule for a condition.")
        values, group = self._evaluate(resolve, rows)
        return Column(values, group).unified()

    def texts(self, name: str) -> list[str]:
        """Give the texts that a column is compared with, or looked for among.

        >>> compile_expression("PARAMCD == 'ALT' or PARAMCD in ['AST', 'BILI']").texts("PARAMCD")
        ['ALT', 'AST', 'BILI']
        """
        return list(dict.fromkeys(_texts(self.root, name)))

    def _misfit(self, what: str, hint: str) -> NoReturn:
        """Refuse the whole expression."""
        tree.refuse(tree.MISFIT, self.text, self.root.at, what, hint, self.where)

    def _evaluate(self, resolve: Resolve, rows: int) -> tuple[Values, Codes]:
        """Evaluate on the distinct combinations of the columns; also give each row's combination."""
        columns = {name: resolve(name) for name in self.names}
        group, first = combine(list(columns.values()), rows)
        small = {name: column.take(first).objects() for name, column in columns.items()}
        values = _Evaluation(self.text, small, self.where).of(self.root)
        return np.array(np.broadcast_to(values, (len(first),))), group


def compile_expression(text: str, where: Place | None = None) -> Expression:
    """Read an expression; nothing of it is run by Python.

    Args:
        text: the expression.
        where: its place in the spec, for problems.

    Raises:
        Refusal: EXPR-001 unreadable, EXPR-002 not in the language, EXPR-003 too long or too deep,
            EXPR-004 types don't fit, EXPR-005 bad pattern; each with a caret frame.

    >>> compile_expression("`Lab Result` != '' and IT.AESEV in ('MILD', 'SEVERE')").names
    ('Lab Result', 'IT.AESEV')
    """
    root = parse(text, where)
    return Expression(text, tuple(dict.fromkeys(_names(root))), root, where or Place())


def _names(node: tree.Node) -> Iterator[str]:
    """List the names in the order in which they are written."""
    if isinstance(node, tree.Name):
        yield node.name
    for part in fields(node):
        yield from (name for child in _children(getattr(node, part.name)) for name in _names(child))


def _texts(node: tree.Node, name: str) -> Iterator[str]:
    """List the texts that stand beside a name in comparisons."""
    if isinstance(node, tree.Membership) and _is(node.item, name):
        yield from sorted(value for value in node.values if isinstance(value, str) and value)
    if isinstance(node, tree.Comparison):
        parts = [node.first, *(part for _, part in node.rest)]
        if any(_is(part, name) for part in parts):
            values = [part.value for part in parts if isinstance(part, tree.Literal)]
            yield from (value for value in values if isinstance(value, str) and value)
    for part in fields(node):
        yield from (text for child in _children(getattr(node, part.name)) for text in _texts(child, name))


def _is(node: tree.Node, name: str) -> bool:
    return isinstance(node, tree.Name) and node.name == name


def _children(value: Any) -> Iterator[tree.Node]:
    """List the nodes that a field of a node holds."""
    if isinstance(value, tree.Node):
        yield value
    elif isinstance(value, tuple):
        yield from (child for item in value for child in _children(item))


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """One evaluation over arrays of texts (object), numbers (float64) or conditions (bool)."""

    text: str
    columns: Mapping[str, Values]
    where: Place

    def of(self, node: tree.Node) -> Values:
        """Evaluate a node; shape (k,) or (1,)."""
        match node:
            case tree.Name(name=name):
                return self.columns[name]
            case tree.Literal(value=value):
                return np.array([value], object if isinstance(value, str) else np.float64)
            case tree.Negative(part=part):
                return _finite(-self.number(part))
            case tree.Arithmetic():
                return self.arithmetic(node)
            case tree.Comparison():
                return self.comparison(node)
            case tree.Membership():
                return self.membership(node)
            case tree.Missing(item=item, negated=negated):
                return _missing(self.of(item)) ^ negated
            case tree.Logic(word=word, parts=parts):
                join = np.logical_and if word == "and" else np.logical_or
                return np.asarray(join.reduce(np.broadcast_arrays(*map(self.of, parts))), np.bool_)
            case tree.Not(part=part):
                return ~self.of(part)
            case tree.Call():
                return self.call(node)
        raise AssertionError(node)

    def number(self, node: tree.Node) -> Values:
        """Evaluate a node that must be a number."""
        values = self.of(node)
        if values.dtype == object:
            source = self.source(node)
            self.refuse(node, f"{source} is text and arithmetic needs numbers", f"Write number({source}).")
        return values

    def arithmetic(self, node: tree.Arithmetic) -> Values:
        """Calculate from left to right; what is not finite is missing."""
        result = self.number(node.first)
        with np.errstate(all="ignore"):
            for sign, part in node.rest:
                result = _finite(_ARITHMETIC[sign](result, self.number(part)))
        return result

    def comparison(self, node: tree.Comparison) -> Values:
        """Compare each value with the next one."""
        result, left = np.array([True]), node.first
        values = self.of(left)
        for sign, right in node.rest:
            others = self.of(right)
            self.alike(left, values, right, others)
            result = result & _compare(sign, values, others)
            left, values = right, others
        return result

    def membership(self, node: tree.Membership) -> Values:
        """Look for each distinct value in the list."""
        values = self.of(node.item)
        listed = isinstance(next(iter(node.values)), str)
        if listed != (values.dtype == object):
            self.mixed(node.item, values, f"the list has {'texts' if listed else 'numbers'}")
        return _each(values, lambda value: (value in node.values) != node.negated, np.bool_)

    def call(self, node: tree.Call) -> Values:
        """Run a function on each distinct value."""
        function, values = FUNCTIONS[node.function], self.of(node.item)
        if function.texts_only and values.dtype != object:
            source = self.source(node.item)
            self.refuse(
                node.item, f"{source} is a number and {node.function} needs a text", f"Write text({source})."
            )
        kind = {"condition": np.bool_, "number": np.float64, "text": object}[function.gives]
        return _each(values, lambda value: function.apply(value, node.argument), kind)

    def alike(self, left: tree.Node, values: Values, right: tree.Node, others: Values) -> None:
        """Insist that two sides are both texts or both numbers."""
        if values.dtype == others.dtype:
            return
        if isinstance(left, tree.Literal):
            left, values, right, others = right, others, left, values
        self.mixed(left, values, f"{self.source(right)} is {_kind(others)}")

    def mixed(self, node: tree.Node, values: Values, other: str) -> NoReturn:
        """Refuse a comparison of text with numbers."""
        source = self.source(node)
        help_ = "number" if values.dtype == object else "text"
        self.refuse(node, f"{source} is {_kind(values)}, but {other}", f"Write {help_}({source}).")

    def source(self, node: tree.Node) -> str:
        """Give the text of a part."""
        return self.text[node.at : node.end]

    def refuse(self, node: tree.Node, what: str, hint: str) -> NoReturn:
        """Refuse types that don't fit."""
        kind: Kind = tree.MISFIT
        tree.refuse(kind, self.text, node.at, what, hint, self.where)


def _kind(values: Values) -> str:
    """Name the kind of values."""
    return "text" if values.dtype == object else "a number"


def _missing(values: Values) -> Values:
    """Mark missing values."""
    return np.asarray(values == "", np.bool_) if values.dtype == object else np.isnan(values)


def _finite(values: Values) -> Values:
    """Make what is not finite missing, and negative zero zero."""
    return np.where(np.isfinite(values), values, np.nan) + 0.0


def _compare(sign: str, left: Values, right: Values) -> Values:
    """Compare arrays of one kind; a missing number equals a missing number."""
    neither = ~(_missing(left) | _missing(right))
    if sign in _ORDER:
        return np.asarray(_ORDER[sign](left, right), np.bool_) & neither
    equal = np.asarray(left == right, np.bool_) | (_missing(left) & _missing(right))
    return equal if sign == "==" else ~equal


def _each(values: Values, change: Callable[[Any], Any], kind: Any) -> Values:
    """Change each distinct value once."""
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    return np.array([change(value) for value in distinct.tolist()], kind)[codes]
