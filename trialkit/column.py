"""Columns of distinct values: the one shape in which data travel from a reader to a writer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes: TypeAlias = npt.NDArray[np.int32]
Mask: TypeAlias = npt.NDArray[np.bool_]
Kind: TypeAlias = Literal["text", "number"]


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """One column: a small table of values and, for each row, the place of its value in it.

    A missing text is the empty string and a missing number is NaN. Values may repeat and
    may be unused; ``compact`` makes them distinct, used and sorted.

    Args:
        values: object array of ``str``, or float64 array; shape (k,).
        codes: int32 array of places in ``values``; shape (rows,).

    >>> column = Column.text(["M", "F", "", "M"])
    >>> column.objects().tolist(), column.missing().tolist()
    (['M', 'F', '', 'M'], [False, False, True, False])
    """

    values: npt.NDArray[Any]
    codes: Codes

    @staticmethod
    def text(values: Iterable[str]) -> Column:
        """Encode texts, one per row.

        >>> Column.text(["a", "b", "a"]).codes.tolist()
        [0, 1, 0]
        """
        array = np.empty(0, object) if not (rows := list(values)) else np.array(rows, object)
        codes, distinct = pd.factorize(array, use_na_sentinel=False)
        return Column(np.asarray(distinct, object), codes.astype(np.int32))

    @staticmethod
    def numbers(values: npt.ArrayLike) -> Column:
        """Encode numbers, one per row; NaN is missing.

        >>> Column.numbers([2.0, 1.0, 2.0]).values.tolist()
        [2.0, 1.0]
        """
        array = np.asarray(values, np.float64)
        codes, distinct = pd.factorize(array, use_na_sentinel=False)
        return Column(np.asarray(distinct, np.float64), codes.astype(np.int32))

    @staticmethod
    def constant(value: str | float, rows: int) -> Column:
        """Give every one of ``rows`` rows the same value.

        >>> Column.constant("DM", 2).objects().tolist()
        ['DM', 'DM']
        """
        values = np.array([value], object if isinstance(value, str) else np.float64)
        return Column(values, np.zeros(rows, np.int32))

    @staticmethod
    def concat(parts: Sequence[Column]) -> Column:
        """Put columns of one kind below each other.

        >>> Column.concat([Column.text(["a"]), Column.text(["b"])]).objects().tolist()
        ['a', 'b']
        """
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(part.values) for part in parts)])
        shifted = [part.codes + start for part, start in zip(parts, starts, strict=False)]
        values = np.concatenate([part.values for part in parts])
        return Column(values, np.concatenate(shifted).astype(np.int32)).unified()

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.codes)

    @property
    def kind(self) -> Kind:
        """Say whether the values are texts or numbers.

        >>> Column.numbers([1.0]).kind
        'number'
        """
        return "text" if self.values.dtype == object else "number"

    def take(self, rows: npt.NDArray[np.integer[Any]] | Mask) -> Column:
        """Keep these rows, by place or by mask; the table of values is shared.

        >>> Column.text(["a", "b"]).take(np.array([1, 1])).objects().tolist()
        ['b', 'b']
        """
        return Column(self.values, self.codes[rows])

    def take_or_missing(self, rows: npt.NDArray[np.integer[Any]]) -> Column:
        """Keep these rows; place -1 gives a missing value.

        >>> Column.text(["a", "b"]).take_or_missing(np.array([1, -1])).objects().tolist()
        ['b', '']
        """
        nothing: str | float = "" if self.kind == "text" else np.nan
        values = np.append(self.values, np.array([nothing], self.values.dtype))
        codes = np.append(self.codes, np.int32(len(self.values)))
        return Column(values, codes[rows])

    def map(self, change: Callable[[Any], str | float]) -> Column:
        """Change each distinct value that is used; a row takes the change of its value.

        >>> Column.text(["a", "b", "a"]).map(str.upper).objects().tolist()
        ['A', 'B', 'A']
        """
        small = self.distinct()
        changed = [change(value) for value in small.values.tolist()]
        number = bool(changed) and not isinstance(changed[0], str)
        return Column(np.array(changed, np.float64 if number else object), small.codes)

    def objects(self) -> npt.NDArray[Any]:
        """Give the values row by row; shape (rows,).

        >>> Column.constant(1.0, 2).objects().tolist()
        [1.0, 1.0]
        """
        return self.values[self.codes]

    def counts(self) -> npt.NDArray[np.int64]:
        """Count the rows of each value; 0 for a value that is unused; shape (k,).

        >>> Column.text(["a", "b", "a"]).counts().tolist()
        [2, 1]
        """
        return np.bincount(self.codes, minlength=len(self.values)).astype(np.int64, copy=False)

    def missing(self) -> Mask:
        """Mark the rows whose value is missing; shape (rows,).

        >>> Column.numbers([1.0, np.nan]).missing().tolist()
        [False, True]
        """
        nothing = self.values == "" if self.kind == "text" else np.isnan(self.values)
        return np.asarray(nothing, bool)[self.codes]

    def where(self, test: Callable[[Any], bool]) -> Mask:
        """Mark the rows whose value passes a test that runs on the distinct values.

        >>> Column.text(["a", "bb"]).where(lambda v: len(v) > 1).tolist()
        [False, True]
        """
        return np.array([test(value) for value in self.values.tolist()], bool)[self.codes]

    def unified(self) -> Column:
        """Merge equal values, in order of first place.

        >>> Column(np.array(["a", "a"], object), np.array([0, 1], np.int32)).unified().codes.tolist()
        [0, 0]
        """
        places, distinct = pd.factorize(self.values, use_na_sentinel=False)
        if len(distinct) == len(self.values):
            return self
        return Column(np.asarray(distinct, self.values.dtype), places.astype(np.int32)[self.codes])

    def distinct(self) -> Column:
        """Make the values distinct and used, in order of first place.

        >>> Column(np.array(["b", "a"], object), np.array([1, 1], np.int32)).distinct().values.tolist()
        ['a']
        """
        column = self.unified()
        used = np.zeros(len(column.values), bool)
        used[column.codes] = True
        if used.all():
            return column
        places = (np.cumsum(used) - 1).astype(np.int32)
        return Column(column.values[used], places[column.codes])

    def compact(self) -> Column:
        """Make the values distinct, used and sorted, so that codes compare as values do.

        Missing sorts first for text and last for numbers.

        >>> Column.text(["b", "a"]).compact().codes.tolist()
        [1, 0]
        """
        column = self.distinct()
        order = np.argsort(column.values, kind="stable")
        places = np.empty(len(order), np.int32)
        places[order] = np.arange(len(order), dtype=np.int32)
        return Column(column.values[order], places[column.codes])


def combine(columns: Sequence[Column], rows: int) -> tuple[Codes, Codes]:
    """Find the distinct combinations of several columns.

    Args:
        columns: any number of columns of ``rows`` rows each; none makes one combination.
        rows: the number of rows.

    Returns:
        For each row the number of its combination, in order of first appearance, shape
        (rows,); and for each combination the first row that has it, shape (combinations,).

    >>> group, first = combine([Column.text(["a", "b", "a"])], 3)
    >>> group.tolist(), first.tolist()
    ([0, 1, 0], [0, 1])
    """
    mixed: npt.NDArray[Any] = np.zeros(rows, np.int32)
    size = 1
    for column in columns:
        unique = column.unified()
        if size * max(1, len(unique.values)) >= 2**62:
            mixed, kept = pd.factorize(mixed)
            size = len(kept)
        if size == 1:  # what came before is constant
            mixed = unique.codes
        else:
            mixed = mixed.astype(np.int64, copy=False) * max(1, len(unique.values)) + unique.codes
        size *= max(1, len(unique.values))
    if size <= max(2 * rows, 1000):  # then a table of all combinations is faster than a hash
        first = _first(mixed, size, rows)
        used = np.flatnonzero(first < rows)
        number = np.empty(size, np.int32)
        number[used[np.argsort(first[used])]] = np.arange(len(used), dtype=np.int32)
        return number[mixed], np.sort(first[used])
    group, distinct = pd.factorize(mixed)
    return group.astype(np.int32), _first(group, len(distinct), rows)


def _first(group: npt.NDArray[Any], groups: int, rows: int) -> Codes:
    """Find the first row of each group, ``rows`` for none."""
    first = np.full(groups, rows, np.int32)
    first[group[::-1]] = np.arange(rows - 1, -1, -1, dtype=np.int32)
    return first
