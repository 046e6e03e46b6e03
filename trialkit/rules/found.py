"""The rows that were found for each record, and the best of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.match import order_by
from trialkit.numerals import as_text
from trialkit.records import NONE, Rows
from trialkit.rule import VariableRule


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """The rows that belong to each record.

    Args:
        inner: the context of the table.
        values: what the rule gives for each row of the table.
        group: for each record the number of its key; shape (records,).
        keys: how many keys there are.
        key: for each row that was found the number of its key, in order; shape (rows found,).
        row: its place in the table; shape (rows found,).

    >>> Found(None, Column.text(["a"]), np.array([0]), 1, np.array([0]), np.array([0])).counts().tolist()
    [1]
    """

    inner: Context
    values: Column
    group: Rows
    keys: int
    key: Rows
    row: Rows

    def only(self, mask: Mask) -> Found:
        """Keep the marked rows of the table; shape of the mask (rows of the table,).

        >>> found = Found(None, Column.text([]), np.array([0]), 1, np.array([0, 0]), np.array([0, 1]))
        >>> found.only(np.array([False, True])).row.tolist()
        [1]
        """
        kept = mask[self.row]
        return replace(self, key=self.key[kept], row=self.row[kept])

    def with_values(self, values: Column) -> Found:
        """Put other values in place of those of the rows.

        >>> found = Found(None, Column.text(["1"]), np.array([0]), 1, np.array([0]), np.array([0]))
        >>> found.with_values(Column.numbers([1.0])).values.kind
        'number'
        """
        return replace(self, values=values)

    def counts(self) -> npt.NDArray[np.int64]:
        """Count the rows of each record; shape (records,).

        >>> found = Found(None, Column.text([]), np.array([0, 1]), 2, np.array([0, 0]), np.array([0, 1]))
        >>> found.counts().tolist()
        [2, 0]
        """
        return np.bincount(self.key, minlength=self.keys)[self.group]

    def per_key(self, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Add numbers of the rows up for each record; NaN without a row; shape (records,).

        >>> found = Found(None, Column.text([]), np.array([0, 1]), 2, np.array([0, 0]), np.array([0, 1]))
        >>> found.per_key(np.array([1.0, 2.0])).tolist()
        [3.0, nan]
        """
        total = np.bincount(self.key, numbers[self.row], self.keys)
        count = np.bincount(self.key, minlength=self.keys)
        return np.where(count > 0, total, np.nan)[self.group]

    def best(self, *scores: npt.NDArray[np.float64]) -> Rows:
        """Find the row of each record with the lowest scores; -1 for none; shape (records,).

        Args:
            scores: of each row of the table; a later one decides where the earlier ones are equal,
                and at last the order of the table.

        >>> found = Found(None, Column.text([]), np.array([0, 1]), 2, np.array([0, 0]), np.array([0, 1]))
        >>> found.best(np.array([2.0, 1.0])).tolist()
        [1, -1]
        """
        best = np.full(self.keys, NONE, np.int32)
        if len(self.key):
            starts = np.flatnonzero(np.r_[True, self.key[1:] != self.key[:-1]])
            lowest = _lowest([score[self.row] for score in scores], starts, len(self.row))
            best[self.key[starts]] = self.row[lowest]
        return best[self.group]


def _lowest(
    scores: Sequence[npt.NDArray[np.float64]], starts: npt.NDArray[np.int64], size: int
) -> npt.NDArray[np.int64]:
    """Find the place of the lowest score in each run, the first one where scores are equal."""
    sizes = np.diff(np.r_[starts, size])
    still = np.ones(size, bool)
    for score in scores:
        open_scores = np.where(still, score, np.inf)
        still &= open_scores == np.repeat(np.minimum.reduceat(open_scores, starts), sizes)
    return np.minimum.reduceat(np.where(still, np.arange(size), size), starts)


def positions(order: Sequence[VariableRule], inner: Context) -> npt.NDArray[np.float64]:
    """Give the place of each row of a table in an order; shape (rows of the table,).

    >>> from trialkit.samples import sample_context
    >>> from trialkit.records import Records
    >>> from trialkit.rules.values import Copy
    >>> records = Records.start("EX", {"A": Column.text(["b", "a"])}, 2)
    >>> positions([Copy(copy="A")], sample_context(records, "EX")).tolist()
    [1.0, 0.0]
    """
    places = np.arange(inner.count, dtype=np.float64)
    if order:
        places[order_by([inner.value(rule) for rule in order], inner.count)] = np.arange(inner.count)
    return places


def grouped(
    within: Sequence[Column], order: Sequence[Column], rows: int
) -> tuple[Rows, npt.NDArray[np.int64]]:
    """Order records within groups.

    Returns:
        The number of each record's group, and the places of the records in an order that keeps
        groups together; both of shape (rows,).

    >>> group, order = grouped([Column.text(["a", "b", "a"])], [Column.numbers([2, 1, 1])], 3)
    >>> group.tolist(), order.tolist()
    ([0, 1, 0], [2, 0, 1])
    """
    group, first = combine(within, rows)
    numbers = Column(np.arange(len(first), dtype=np.float64), group)
    return group, order_by([numbers, *order], rows)


def key_texts(columns: Sequence[Column], mask: Mask) -> Column:
    """Write keys for a list of problems, for the marked records only.

    >>> key_texts([Column.text(["a"]), Column.numbers([1.0])], np.array([True])).objects().tolist()
    ['a 1']
    """
    if not columns:
        return Column.constant("", len(mask))
    texts = [as_text(column).take(mask).objects() for column in columns]
    shown = np.full(len(mask), "", object)
    shown[mask] = [" ".join(row) for row in zip(*texts, strict=True)]
    return Column.text(shown)
