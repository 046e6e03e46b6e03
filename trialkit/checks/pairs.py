"""Checks that two variables name each other one to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trialkit.checks.keys import mixed
from trialkit.checks.review import Review
from trialkit.column import Column, combine
from trialkit.match import order_by
from trialkit.problems import Kind, Problem

NOT_ONE = Kind(
    "CHECK-131",
    "two variables do not go together one to one",
    "Map both from one codelist or one table, so that each value has one partner.",
)


def combinations(columns: Sequence[Column], rows: int) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Count the combinations of several columns that occur.

    Returns:
        An integer per record, shape (rows,); and a table with the columns ``key`` (that
        integer), ``count``, and 0, 1, ... with the place of each column's value.

    >>> key, table = combinations([Column.text(["a", "b", "a"]), Column.text(["x", "x", "x"])], 3)
    >>> table["count"].tolist(), table[0].tolist()
    ([2, 1], [0, 1])
    """
    key = mixed(columns, rows)
    size = int(key.max(initial=-1)) + 1
    if size > 4 * rows + 1024:
        group, first = combine([Column(key, np.arange(rows, dtype=np.int32))], rows)
        found, counts = key[first], np.bincount(group)
    else:
        counts, first = np.bincount(key), np.empty(size, np.int32)
        first[key] = np.arange(rows, dtype=np.int32)
        found = np.flatnonzero(counts)
        counts, first = counts[found], first[found]
    places: dict[Any, Any] = {place: column.codes[first] for place, column in enumerate(columns)}
    return key, pd.DataFrame({"key": found, "count": counts, **places})


def one_to_one(review: Review, left: str, right: str, within: Sequence[str] = ()) -> list[Problem]:
    """Find the records whose partner in a pair of variables is not the usual one.

    Of several partners the most frequent one is the usual one, and of equally frequent ones
    the first in the order of values. Records in which either is missing don't count.

    Args:
        review: the dataset.
        left: one variable.
        right: the other.
        within: variables whose values keep pairs apart.

    >>> from trialkit.samples import sample_review
    >>> sv = sample_review("SV", VISITNUM=[1.0, 1.0, 1.0], VISIT=["A", "A", "B"])
    >>> [one.what for one in one_to_one(sv, "VISITNUM", "VISIT")]
    ['VISITNUM has more than one VISIT']
    """
    key, table = _known(review, (*within, left, right))
    found, places = [], list(range(len(within)))
    for place, name, partner in ((0, left, right), (1, right, left)):
        rows = _unusual(key, table, [*places, len(within) + place])
        found += review.problems(NOT_ONE, f"{name} has more than one {partner}", partner, rows)
    return found


def unusual(review: Review, names: Sequence[str], partner: str) -> npt.NDArray[np.int64]:
    """Find the records whose partner is not the usual one of some variables; ascending places.

    >>> from trialkit.attributes import Dataset
    >>> from trialkit.built import Built
    >>> from trialkit.records import Records
    >>> columns = {"T": Column.text(["A", "A", "A"]), "U": Column.text(["g", "g", "kg"])}
    >>> built = Built(None, Dataset("LB", "", ()), dict.fromkeys(columns), Records(columns, 3))
    >>> unusual(Review(built, None), ["T"], "U").tolist()
    [2]
    """
    key, table = _known(review, (*names, partner))
    return _unusual(key, table, list(range(len(names))))


def _known(review: Review, names: Sequence[str]) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Count the combinations in which the last two variables have values, the most frequent first."""
    columns = [review.column(name).unified() for name in names]
    key, table = combinations(columns, review.count)
    few = [Column(column.values, table[place].to_numpy()) for place, column in enumerate(columns)]
    lost = few[-2].missing() | few[-1].missing()
    order = order_by([Column.numbers(-table["count"].to_numpy()), *few], len(table))
    return key, table.iloc[order][~lost[order]]


def _unusual(key: npt.NDArray[np.int64], table: pd.DataFrame, places: list[int]) -> npt.NDArray[np.int64]:
    odd = table["key"][table.duplicated(places)].to_numpy()
    return np.flatnonzero(np.isin(key, odd)) if len(odd) else np.empty(0, np.int64)
