"""Straight lines by least squares, for many groups at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """The line of each group; every array has shape (groups,), and NaN where nothing can be said.

    Args:
        n: number of points.
        slope: per unit of x.
        se: standard error of the slope, of three points or more.
        intercept: at x = 0.
        r2: share of the variance that the line explains; missing where all values are equal.
        first: place of the point with the lowest x, of equal ones the first; -1 without a point.
        last: place of the point with the highest x, of equal ones the last; -1 without a point.
    """

    n: npt.NDArray[np.int64]
    slope: Numbers
    se: Numbers
    intercept: Numbers
    r2: Numbers
    first: Places
    last: Places


def lines_by_group(group: Places, x: Numbers, y: Numbers, groups: int) -> Lines:
    """Fit a line to the points of each group: the closed form, centred by group.

    Args:
        group: number of each point's group; shape (points,).
        x: as numbers, none missing.
        y: as numbers, none missing.
        groups: how many groups there are.

    >>> lines = lines_by_group(np.array([0, 0, 0]), np.array([1.0, 2, 3]), np.array([5.0, 7, 9]), 2)
    >>> lines.slope.tolist(), lines.intercept.tolist(), lines.n.tolist()
    ([2.0, nan], [3.0, nan], [3, 0])
    """
    n = np.bincount(group, minlength=groups)
    order = np.lexsort([x, group])
    ends = np.cumsum(n)
    first = np.where(n > 0, np.append(order, -1)[ends - n], -1)
    last = np.where(n > 0, np.append(order, -1)[ends - 1], -1)
    group, x, y = group[order], x[order], y[order]
    x0, y0 = _of_first(x, n, ends), _of_first(y, n, ends)
    with np.errstate(divide="ignore", invalid="ignore"):
        far, high = x - x0[group], y - y0[group]  # so that equal values are exactly equal to their mean
        mean_x, mean_y = _sums(group, far, groups) / n, _sums(group, high, groups) / n
        far, high = far - mean_x[group], high - mean_y[group]
        sxx, syy = _sums(group, far * far, groups), _sums(group, high * high, groups)
        slope = np.where(sxx > 0, _sums(group, far * high, groups) / sxx, np.nan)
        rest = _sums(group, (high - slope[group] * far) ** 2, groups)
        se = np.where(n > 2, np.sqrt(rest / (n - 2) / sxx), np.nan)
        r2 = np.where(syy > 0, 1 - rest / syy, np.nan)
    se, r2 = (np.where(np.isnan(slope), np.nan, part) for part in (se, r2))
    return Lines(n, slope, se, y0 + mean_y - slope * (x0 + mean_x), r2, first, last)


def _sums(group: Places, values: Numbers, groups: int) -> Numbers:
    return np.bincount(group, values, groups).astype(np.float64)


def _of_first(values: Numbers, n: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> Numbers:
    """Give the value of each group's first point, 0 without one."""
    return np.where(n > 0, np.append(values, 0.0)[ends - n], 0.0)
