"""Dates and times of several records in one order: offsets from UTC count, and what overlaps is a tie."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from trialkit.column import Column
from trialkit.dates import moments, offset_of, offset_seconds

Moments: TypeAlias = npt.NDArray[np.float64]


def shared_moments(one: Column, other: Column) -> tuple[tuple[Moments, Moments], tuple[Moments, Moments]]:
    """Give the moments of two columns, row by row on a clock that both share.

    Offsets from UTC count in the rows in which both have one; else the clock is as collected.

    >>> one, other = Column.text(["2021-03-05T10:00+08:00"]), Column.text(["2021-03-05T09:00Z"])
    >>> [low.tolist()[0] % 86400 // 3600 for low, _ in shared_moments(one, other)]
    [2.0, 9.0]
    """
    mine, theirs = (_shifts(column) for column in (one, other))
    both = ~np.isnan(mine) & ~np.isnan(theirs)
    pairs = [
        tuple(side - np.where(both, shift, 0.0) for side in moments(column))
        for column, shift in ((one, mine), (other, theirs))
    ]
    return (pairs[0][0], pairs[0][1]), (pairs[1][0], pairs[1][1])


def instants(column: Column, group: npt.NDArray[Any]) -> tuple[Moments, Moments]:
    """Give the moments of a column; offsets from UTC count in groups of which all times have one.

    >>> low, _ = instants(Column.text(["2021-03-05T10:00+08:00", "2021-03-05T09:00Z"]), np.array([0, 0]))
    >>> bool(low[0] < low[1])
    True
    """
    low, high = moments(column)
    shift = _shifts(column)
    if np.isnan(shift).all():
        return low, high
    bare = column.where(lambda text: "T" in text) & np.isnan(shift)
    shift = np.where(np.isin(group, group[bare]), 0.0, np.nan_to_num(shift))
    return low - shift, high - shift


def in_time(column: Column, group: npt.NDArray[Any]) -> Column:
    """Give numbers that sort as the dates of each group do, equal where dates overlap; others stay.

    A date without a time overlaps all times of its day, so nothing says which of them comes first.
    What has no year is missing.

    Args:
        column: numbers, or ISO 8601 texts.
        group: which dates are compared with each other; shape (rows,).

    >>> days = Column.text(["2021-03-05T10:00", "2021-03-05", "2021-03-06"])
    >>> in_time(days, np.array([0, 0, 0])).objects().tolist()
    [1.0, 1.0, 2.0]
    """
    if column.kind == "number" or not len(column):
        return column
    low, high = instants(column, group)
    order = np.lexsort((low, group))
    low, high, group = low[order], high[order], np.asarray(group)[order]
    block = np.cumsum(np.insert(group[1:] != group[:-1], 0, True))
    far = float(np.nanmax(high, initial=0.0)) + 1
    latest = np.maximum.accumulate(np.nan_to_num(high) + block * far) - block * far
    apart = np.insert((low[1:] > latest[:-1]) | (block[1:] != block[:-1]), 0, True)
    made = np.empty(len(column))
    made[order] = np.where(np.isnan(low), np.nan, np.cumsum(apart))
    return Column.numbers(made)


def _shifts(column: Column) -> Moments:
    """Give the offset of each row in seconds; NaN for none."""
    texts = [""] * len(column.values) if column.kind == "number" else column.values.tolist()
    found = [offset_of(text) if "T" in text else "" for text in texts]
    return np.array([offset_seconds(text) if text else np.nan for text in found], np.float64)[column.codes]
