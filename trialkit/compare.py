"""Two versions of a dataset compared by keys: records, cells and attributes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trialkit.attributes import Variable
from trialkit.column import Column, Mask, combine
from trialkit.match import match
from trialkit.numerals import to_number, to_text
from trialkit.problems import Exit, Kind, Place, Problem, Refusal, did_you_mean
from trialkit.records import Rows
from trialkit.tables import Table

NO_KEYS = Kind("DIFF-001", "no keys are known", "Name them with --keys.", exit=Exit.SPEC)
NO_KEY = Kind("DIFF-002", "key is not in both datasets", "Name variables that both have.", exit=Exit.SPEC)
TWICE = Kind("DIFF-003", "keys are not unique", "Name more keys with --keys.")

COMPARED = ("type", "label", "length", "format")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two numbers may lie apart and be equal: absolute, or relative to the larger one.

    >>> Tolerance(relative=0.1).equal(np.array([10.0, 1.0]), np.array([9.5, 2.0])).tolist()
    [True, False]
    """

    absolute: float = 0.0
    relative: float = 0.0

    def equal(self, left: np.ndarray, right: np.ndarray) -> Mask:
        """Mark the equal pairs; missing equals missing.

        >>> Tolerance().equal(np.array([np.nan, 1.0]), np.array([np.nan, np.nan])).tolist()
        [True, False]
        """
        size = np.maximum(np.abs(left), np.abs(right))
        with np.errstate(invalid="ignore"):
            near = np.abs(left - right) <= np.maximum(self.absolute, self.relative * size)
        return np.asarray((left == right) | near | (np.isnan(left) & np.isnan(right)), bool)


EXACT = Tolerance()
NONE: Mapping[str, Tolerance] = {}


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """An attribute that differs; of the dataset itself where ``variable`` is empty.

    >>> AttributeChange("SEX", "label", "Sex", "Gender").right
    'Gender'
    """

    variable: str
    attribute: str
    left: str
    right: str


@dataclass(frozen=True, eq=False, slots=True)
class VariableChange:
    """The cells of one variable that differ, by the places of their records on both sides.

    ``largest`` is the largest difference of numbers, NaN for texts.

    >>> VariableChange("AGE", np.array([3]), np.array([4]), 1.0).count
    1
    """

    name: str
    left: Rows
    right: Rows
    largest: float

    @property
    def count(self) -> int:
        """Count the cells.

        >>> VariableChange("AGE", np.array([3]), np.array([4]), 1.0).count
        1
        """
        return len(self.left)


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a comparison: a record added or removed, or a cell changed.

    >>> Difference("added", ("1",)).variable
    ''
    """

    change: str
    keys: tuple[str, ...]
    variable: str = ""
    left: str = ""
    right: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Comparison:
    """What differs between two versions of a dataset.

    Args:
        name: the dataset.
        keys: the variables that told the records apart.
        left: the earlier version.
        right: the later version.
        added: places of records that only the later one has.
        removed: places of records that only the earlier one has.
        matched: number of records that both have.
        variables: the variables with cells that differ.
        attributes: the attributes that differ.
        only_left: variables that only the earlier one has.
        only_right: variables that only the later one has.

    >>> from trialkit.attributes import Dataset
    >>> variables = (Variable("ID", "", "Char", "string"),)
    >>> table = Table(Dataset("DM", "", variables), {"ID": Column.text(["1"])}, 1)
    >>> compare(table, table, ["ID"]).equal
    True
    """

    name: str
    keys: tuple[str, ...]
    left: Table
    right: Table
    added: Rows
    removed: Rows
    matched: int
    variables: tuple[VariableChange, ...]
    attributes: tuple[AttributeChange, ...]
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Say whether nothing differs.

        >>> Comparison("DM", (), None, None, np.array([]), np.array([]), 0, (), (), (), ()).equal
        True
        """
        many = (self.variables, self.attributes, self.only_left, self.only_right)
        return not any(many) and not len(self.added) and not len(self.removed)

    @property
    def changed_records(self) -> int:
        """Count the records that both have and that differ.

        >>> Comparison("DM", (), None, None, np.array([]), np.array([]), 0, (), (), (), ()).changed_records
        0
        """
        rows = [one.left for one in self.variables]
        return len(np.unique(np.concatenate(rows))) if rows else 0

    @property
    def changed_cells(self) -> int:
        """Count the cells that differ.

        >>> Comparison("DM", (), None, None, np.array([]), np.array([]), 0, (), (), (), ()).changed_cells
        0
        """
        return sum(one.count for one in self.variables)

    def differences(self, most: int | None = None) -> Iterator[Difference]:
        """List removed and added records, then the changed cells; of each kind at most so many.

        >>> nothing = Comparison("DM", (), None, None, np.array([]), np.array([]), 0, (), (), (), ())
        >>> list(nothing.differences())
        []
        """
        for change, table, rows in (("removed", self.left, self.removed), ("added", self.right, self.added)):
            if len(rows):
                for keys in _key_texts(table, self.keys, rows[:most]):
                    yield Difference(change, keys)
        for one in self.variables:
            names = _key_texts(self.left, self.keys, one.left[:most])
            before = _texts(self.left.columns[one.name], one.left[:most])
            after = _texts(self.right.columns[one.name], one.right[:most])
            for key, old, new in zip(names, before, after, strict=True):
                yield Difference("changed", key, one.name, old, new)


def _texts(column: Column, rows: Rows) -> list[str]:
    values = column.take(rows).objects().tolist()
    return [value if isinstance(value, str) else to_text(value) for value in values]


def _key_texts(table: Table, keys: Sequence[str], rows: Rows) -> list[tuple[str, ...]]:
    return list(zip(*(_texts(table.columns[name], rows) for name in keys), strict=True))


def compare(
    left: Table,
    right: Table,
    keys: Sequence[str],
    tolerance: Tolerance = EXACT,
    tolerances: Mapping[str, Tolerance] = NONE,
) -> Comparison:
    """Compare two versions of a dataset, record by record of equal keys.

    A missing key equals a missing key. Where one side does not tell text from number, as a CSV,
    its texts are compared as numbers if all of them are.

    Args:
        left: the earlier version.
        right: the later version.
        keys: variables that are unique in both.
        tolerance: how far numbers may lie apart.
        tolerances: the same for some variables, by name.

    Raises:
        Refusal: DIFF-001, DIFF-002, and DIFF-003 for keys that are not unique.

    >>> from trialkit.attributes import Dataset
    >>> variables = tuple(Variable(name, "", "Char", "string") for name in ("ID", "SEX"))
    >>> before, after = (
    ...     Table(Dataset("DM", "", variables), {"ID": Column.text(["1"]), "SEX": Column.text([sex])}, 1)
    ...     for sex in "MF"
    ... )
    >>> [(one.variable, one.left, one.right) for one in compare(before, after, ["ID"]).differences()]
    [('SEX', 'M', 'F')]
    """
    _check_keys(left, right, keys)
    common = [name for name in left.columns if name in right.columns]
    pairs = {
        name: alike(left.columns[name], right.columns[name], typed=left.typed and right.typed)
        for name in common
    }
    ours, theirs = _codes([pairs[name] for name in keys])
    _check_unique(left, right, (ours, theirs))
    found = match([ours], left.count, [theirs], right.count)
    mine = np.flatnonzero(found.count > 0)
    partner = found.first()[mine]
    lone = np.ones(right.count, bool)
    lone[partner] = False
    changes = [
        _changes(name, pairs[name], mine, partner, tolerances.get(name, tolerance))
        for name in common
        if name not in keys
    ]
    return Comparison(
        left.dataset.name,
        tuple(keys),
        left,
        right,
        np.flatnonzero(lone).astype(np.int32),
        np.flatnonzero(found.count == 0).astype(np.int32),
        len(mine),
        tuple(one for one in changes if one.count),
        tuple(_attributes(left, right)),
        tuple(name for name in left.columns if name not in right.columns),
        tuple(name for name in right.columns if name not in left.columns),
    )


def _check_keys(left: Table, right: Table, keys: Sequence[str]) -> None:
    if not keys:
        raise Refusal([Problem(NO_KEYS, NO_KEYS.title, Place(dataset=left.dataset.name))])
    common = [name for name in left.columns if name in right.columns]
    wrong = [name for name in keys if name not in common]
    if wrong:
        where = Place(dataset=left.dataset.name)
        problems = [
            Problem(NO_KEY, f"'{name}' is not in both", where, hint=did_you_mean(name, common))
            for name in wrong
        ]
        raise Refusal(problems)


def alike(left: Column, right: Column, *, typed: bool) -> tuple[Column, Column]:
    """Give two columns as values of one kind.

    >>> [one.kind for one in alike(Column.text(["1.0"]), Column.numbers([1.0]), typed=False)]
    ['number', 'number']
    >>> [one.kind for one in alike(Column.text(["1.0"]), Column.numbers([1.0]), typed=True)]
    ['text', 'text']
    """
    if left.kind == right.kind:
        return left, right
    text = left if left.kind == "text" else right
    if not typed and all(value == "" or not math.isnan(to_number(value)) for value in text.values.tolist()):
        return _as_number(left), _as_number(right)
    return _as_text(left), _as_text(right)


def _as_number(column: Column) -> Column:
    if column.kind == "number":
        return column
    values = [float(value) if value else np.nan for value in column.values.tolist()]
    return Column(np.array(values, np.float64), column.codes)


def _as_text(column: Column) -> Column:
    if column.kind == "text":
        return column
    return Column(np.array([to_text(value) for value in column.values.tolist()], object), column.codes)


def _codes(pairs: Sequence[tuple[Column, Column]]) -> tuple[Column, Column]:
    """Number the combinations of keys of both sides alike; none of the numbers is missing."""
    rows = len(pairs[0][0])
    both = [Column.concat([left, right]) for left, right in pairs]
    group, _ = combine(both, rows + len(pairs[0][1]))
    numbers = group.astype(np.float64)
    return Column.numbers(numbers[:rows]), Column.numbers(numbers[rows:])


def _check_unique(left: Table, right: Table, codes: tuple[Column, Column]) -> None:
    problems = []
    for side, table, column in zip(("left", "right"), (left, right), codes, strict=True):
        repeated = (column.counts() > 1)[column.codes]
        if repeated.any():
            count, first = int(repeated.sum()), int(np.flatnonzero(repeated)[0]) + 1
            what = f"{count} records on the {side} share their keys with another one"
            where = Place(dataset=table.dataset.name, record=f"record {first}")
            problems.append(Problem(TWICE, what, where, count=count))
    if problems:
        raise Refusal(problems)


def _changes(
    name: str, pair: tuple[Column, Column], mine: np.ndarray, partner: Rows, tolerance: Tolerance
) -> VariableChange:
    left, right = pair[0].take(mine), pair[1].take(partner)
    largest = float("nan")
    if left.kind == "number":
        old, new = left.objects(), right.objects()
        differs = ~tolerance.equal(old, new)
        apart = np.abs(old - new)[differs]
        largest = float(np.nanmax(apart)) if np.isfinite(apart).any() else largest
    else:
        both = Column.concat([left, right])
        differs = both.codes[: len(left)] != both.codes[len(left) :]
    places = np.flatnonzero(differs)
    return VariableChange(name, mine[places].astype(np.int32), partner[places], largest)


def _attributes(left: Table, right: Table) -> Iterator[AttributeChange]:
    if not (left.typed and right.typed):
        return
    if left.dataset.label != right.dataset.label:
        yield AttributeChange("", "label", left.dataset.label, right.dataset.label)
    others: Mapping[str, Variable] = {one.name: one for one in right.dataset.variables}
    mine = [one.name for one in left.dataset.variables if one.name in others]
    theirs = [name for name in others if name in mine]
    if mine != theirs:
        yield AttributeChange("", "order of variables", ", ".join(mine), ", ".join(theirs))
    for one in left.dataset.variables:
        for attribute in COMPARED if one.name in others else ():
            old, new = getattr(one, attribute), getattr(others[one.name], attribute)
            if old != new and old is not None and new is not None:
                yield AttributeChange(one.name, attribute, str(old), str(new))
