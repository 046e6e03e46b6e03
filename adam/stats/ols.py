"""Straight lines by ordinary least squares, one per group, all groups at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from adam.stats.covariance import Array, Ints
from adam.stats.errors import BadInputError


@dataclass(frozen=True)
class Lines:
    """One value per group; NaN where a statistic does not exist, and `reason` says why ("" where none is).

    `n` counts points with both coordinates. A slope needs two different x, its standard error three points,
    and R2 values that differ.

    >>> lines = ols_by_group([0, 0, 1], [1.0, 2.0, 5.0], [3.0, 5.0, 1.0])
    >>> lines.slope.tolist(), lines.reason.tolist()
    ([2.0, nan], ['two points: no standard error', 'one point: no slope'])
    """

    n: Ints
    slope: Array
    intercept: Array
    se: Array
    r2: Array
    x_first: Array
    x_last: Array
    reason: npt.NDArray[np.object_]


def ols_by_group(
    codes: npt.ArrayLike, x: npt.ArrayLike, y: npt.ArrayLike, n_groups: int | None = None
) -> Lines:
    """Fit y = intercept + slope x in each group.

    Args:
        codes: the group of each point, from 0; negative codes belong to no group.
        x: the abscissa, in the unit that slopes are per.
        y: the ordinate; points with a missing x or y take no part.
        n_groups: the number of groups, when the last ones may be empty.

    Raises:
        BadInputError: lengths differ, or codes are no whole numbers.

    >>> lines = ols_by_group([0, 0, 0], [0.0, 1.0, 2.0], [1.0, 2.0, 4.0])
    >>> lines.slope.tolist(), lines.se.round(6).tolist(), lines.r2.round(6).tolist()
    ([1.5], [0.288675], [0.964286])
    """
    group, abscissa, ordinate = _points(codes, x, y)
    size = max(int(group.max(initial=-1)) + 1, n_groups or 0)
    n = np.bincount(group, minlength=size)
    total = np.maximum(n, 1)
    # centred twice: the second mean takes away what rounding left of the first
    dx, x_mean = _centred(group, abscissa, total)
    dy, y_mean = _centred(group, ordinate, total)
    first, last = _ends(group, abscissa, size)
    sxx, sxy, syy = (np.bincount(group, part, minlength=size) for part in (dx * dx, dx * dy, dy * dy))
    line, flat = (n > 1) & (last > first), _flat(group, ordinate, size)
    slope = _divided(sxy, sxx, line)
    rest = np.bincount(group, (dy - np.nan_to_num(slope)[group] * dx) ** 2, minlength=size)
    se = np.sqrt(_divided(_divided(rest, n - 2, line & (n > 2)), sxx, line & (n > 2)))
    r2 = 1 - _divided(rest, syy, line & ~flat)
    reason = _reasons(n, line, flat)
    return Lines(n, slope, y_mean - slope * x_mean, se, r2, first, last, reason)


def _points(codes: npt.ArrayLike, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Ints, Array, Array]:
    group = np.asarray(codes)
    try:
        abscissa, ordinate = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadInputError(f"x and y are numbers: {error}") from error
    if not group.shape == abscissa.shape == ordinate.shape or group.ndim != 1:
        raise BadInputError("codes, x and y are of one length")
    if group.size and not np.issubdtype(group.dtype, np.integer):
        raise BadInputError("codes are whole numbers")
    known = np.isfinite(abscissa) & np.isfinite(ordinate) & (group >= 0 if group.size else True)
    return group[known].astype(np.int64), abscissa[known], ordinate[known]


def _centred(group: Ints, values: Array, total: Ints) -> tuple[Array, Array]:
    mean = np.bincount(group, values, minlength=len(total)) / total
    centred = values - mean[group]
    left = np.bincount(group, centred, minlength=len(total)) / total
    return centred - left[group], mean + left


def _ends(group: Ints, values: Array, size: int) -> tuple[Array, Array]:
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(low, group, values)
    np.maximum.at(high, group, values)
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)


def _flat(group: Ints, values: Array, size: int) -> npt.NDArray[np.bool_]:
    low, high = _ends(group, values, size)
    return np.asarray(low == high)


def _divided(above: npt.NDArray[Any], below: npt.NDArray[Any], where: npt.NDArray[np.bool_]) -> Array:
    result = np.full(len(above), np.nan)
    np.divide(above, below, out=result, where=where)
    return result


def _reasons(n: Ints, line: npt.NDArray[np.bool_], flat: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    cases = [n == 0, n == 1, ~line, n == 2, flat]
    texts = [
        "no points: no slope",
        "one point: no slope",
        "all points at one x: no slope",
        "two points: no standard error",
        "all values are equal: no R2",
    ]
    return np.select(cases, [np.array(text, dtype=object) for text in texts], np.array("", dtype=object))
