"""What the variable rules share: evaluation on distinct values, on some of the records, as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.numerals import to_number
from trialkit.problems import Exit, Kind, Problem, Refusal, Severity
from trialkit.records import NONE, Records, is_main
from trialkit.rule import Rule, VariableRule, as_value

Invalid: TypeAlias = Literal["error", "query", "missing"]

NOT_NUMBER = Kind("NUM-001", "not a number", "Map it with `number` and say what an invalid text does.")
MIXED = Kind(
    "VAL-010",
    "numbers and texts in one variable",
    "Give all parts as numbers (`number`) or as texts (`text`).",
    exit=Exit.SPEC,
)


def severity_of(policy: str) -> Severity | None:
    """Give the severity of what a policy handles: a query, or that of the kind.

    >>> severity_of("query"), severity_of("error")
    ('query', None)
    """
    return "query" if policy == "query" else None


def to_texts(column: Column, change: Callable[[Any], str]) -> Column:
    """Change each distinct value into a text; for no rows as well.

    >>> to_texts(Column.text(["a"]), str.upper).objects().tolist(), to_texts(Column.numbers([]), str).kind
    (['A'], 'text')
    """
    small = column.distinct()
    return Column(np.array([change(value) for value in small.values.tolist()], object), small.codes)


def to_numbers(column: Column, change: Callable[[Any], float]) -> Column:
    """Change each distinct value into a number; for no rows as well.

    >>> to_numbers(Column.text(["1"]), float).objects().tolist(), to_numbers(Column.text([]), float).kind
    ([1.0], 'number')
    """
    small = column.distinct()
    return Column(np.array([change(value) for value in small.values.tolist()], np.float64), small.codes)


def as_number(column: Column, context: Context, rule: Rule) -> Column:
    """Read texts as plain decimal numbers; what is none is missing and an error (NUM-001).

    >>> from trialkit.samples import sample_context
    >>> context = sample_context(Records.start("LAB", {}, 2), "LB")
    >>> as_number(Column.text(["1.50", ""]), context, Rule()).objects().tolist()
    [1.5, nan]
    """
    if column.kind == "number":
        return column
    numbers = to_numbers(column, to_number)
    bad = numbers.missing() & ~column.missing()
    context.report(NOT_NUMBER, "a text stands where a number is needed", bad, column, rule)
    return numbers


def as_whole(value: Any, info: ValidationInfo) -> Any:
    """Read a whole number, or a value that gives one for each record.

    >>> from types import SimpleNamespace
    >>> as_whole("-5", None), as_whole("VISITDY", SimpleNamespace(context=None)).sentence()
    (-5, 'VISITDY.')
    """
    whole = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value)
    return int(value) if whole or isinstance(value, int) else as_value(value, info)


Whole: TypeAlias = Annotated[
    int | VariableRule,
    BeforeValidator(as_whole),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"$comment": "Value"}]}),
]


def wholes(whole: int | VariableRule, context: Context, rule: Rule) -> Column:
    """Give the number of each record.

    >>> from trialkit.samples import sample_context, sample_records
    >>> wholes(7, sample_context(sample_records(A=["x", "y"])), Rule()).objects().tolist()
    [7.0, 7.0]
    """
    if isinstance(whole, VariableRule):
        return as_number(context.value(whole), context, rule)
    return Column.constant(float(whole), context.count)


def as_least(value: Any) -> Any:
    """Read how many values are needed: a number, or a percentage of the items.

    >>> as_least("50 %"), as_least("14")
    ('50%', 14)
    """
    if isinstance(value, int):
        return value
    text = str(value).replace(" ", "")
    if re.fullmatch(r"[0-9]{1,6}", text):
        return int(text)
    if re.fullmatch(r"(100|[0-9]{1,2}(\.[0-9]+)?)%", text) and float(text[:-1]) > 0:
        return text
    raise ValueError("it must be a whole number, or a percentage such as 50%")


Least: TypeAlias = Annotated[
    int | str,
    BeforeValidator(as_least),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9.]+ ?%$"}]}),
]


def least_of(least: int | str, items: int) -> int:
    """Give the number of values that are needed, of so many items; at least 1.

    >>> least_of("50%", 7), least_of(3, 7), least_of("10%", 1)
    (4, 3, 1)
    """
    if isinstance(least, int):
        return max(least, 1)
    return max(math.ceil(items * float(least[:-1]) / 100 - 1e-9), 1)


def missing_like(kind: str, rows: int) -> Column:
    """Give a column of missing values.

    >>> missing_like("text", 1).objects().tolist()
    ['']
    """
    return Column.constant("" if kind == "text" else np.nan, rows)


def without(column: Column, mask: Mask) -> Column:
    """Make the marked rows missing.

    >>> without(Column.text(["a", "b"]), np.array([True, False])).objects().tolist()
    ['', 'b']
    """
    if not mask.any():
        return column
    return column.take_or_missing(np.where(mask, NONE, np.arange(len(column), dtype=np.int32)))


def on_combinations(columns: Sequence[Column], rows: int, change: Callable[..., str]) -> Column:
    """Compute a text from several columns, once for each distinct combination.

    >>> on_combinations([Column.text(["a"]), Column.text(["b"])], 1, lambda a, b: a + b).objects().tolist()
    ['ab']
    """
    group, first = combine(columns, rows)
    parts = [column.take(first).objects().tolist() for column in columns]
    changed = [change(*values) for values in zip(*parts, strict=True)]
    return Column(np.array(changed, object), group)


def compute_where(context: Context, rule: VariableRule, mask: Mask) -> Column:
    """Compute a rule for the marked records only; the others are missing.

    So a rule finds no fault with records that it is not meant for. Its witnesses are kept.

    >>> from trialkit.samples import sample_context
    >>> from trialkit.rules.values import Copy
    >>> records = Records.start("DM", {"A": Column.text(["x", "y"])}, 2)
    >>> context = sample_context(records)
    >>> compute_where(context, Copy(copy="A"), np.array([False, True])).objects().tolist()
    ['', 'y']
    """
    if mask.all():
        return context.value(rule)
    rows = np.flatnonzero(mask).astype(np.int32)
    part = _part(context, rule, rows)
    column = part.value(rule)
    context.adopt(part, rows)
    place = np.full(context.count, NONE, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    return column.take_or_missing(place)


def _part(context: Context, rule: VariableRule, rows: npt.NDArray[np.int32]) -> Context:
    """Give the context of some records with no more columns than the rule names."""
    names = {one.column for one in rule.references() if not one.table} | {context.store.subject}
    own = context.records
    records = Records(
        {name: column.take(rows) for name, column in own.columns.items() if name in names},
        len(rows),
        {name: found[rows] for name, found in own.rows.items() if is_main(name)},
        own.item.take(rows) if own.item is not None else None,
    )
    variables = {name: column.take(rows) for name, column in context.variables.items() if name in names}
    return replace(context, records=records, variables=variables, witnesses={}, lists={})


def choose(parts: Sequence[Column], chosen: npt.NDArray[np.integer[Any]], rule: Rule) -> Column:
    """Take each row from the part that was chosen for it, -1 for none.

    A part of texts that are all plain numbers joins parts of numbers; other mixtures are refused.

    Raises:
        Refusal: VAL-010 when texts and numbers are mixed.

    >>> parts = [Column.text(["a", "b"]), Column.text(["c", "d"])]
    >>> choose(parts, np.array([1, -1]), Rule()).objects().tolist()
    ['c', '']
    """
    alike = _alike(parts, rule)
    nothing = missing_like(alike[0].kind, 1) if alike else Column.text([""])
    values = np.concatenate([nothing.values, *(part.values for part in alike)])
    codes = np.zeros(len(chosen), np.int32)
    start = 1
    for number, part in enumerate(alike):
        mine = chosen == number
        codes[mine] = part.codes[mine] + start
        start += len(part.values)
    return Column(values, codes).unified()


def _alike(parts: Sequence[Column], rule: Rule) -> list[Column]:
    if len({part.kind for part in parts}) < 2:
        return list(parts)
    made = [part if part.kind == "number" else to_numbers(part, to_number) for part in parts]
    for part, numbers in zip(parts, made, strict=True):
        if (numbers.missing() & ~part.missing()).any():
            raise Refusal([Problem(MIXED, "numbers and texts are chosen for one variable", rule.place())])
    return made
