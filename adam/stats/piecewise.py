"""The design of a straight line that may change its slope once, at a known time."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from adam.stats.covariance import Array
from adam.stats.errors import BadInputError


@dataclass(frozen=True)
class Piecewise:
    """Fixed and random design, and the weights of the three contrasts of the slopes.

    `x` is n x 3: intercept and the two columns of the coding. `z` is n x 4: the same and time as a whole, for
    the rung with one slope. `before` and `after` are the slopes of the periods, `change` is the
    second minus the first.

    >>> design = piecewise([0.0, 1.0, 3.0], knot=2)
    >>> design.x.tolist()
    [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 2.0, 1.0]]
    >>> design.change.tolist()
    [0.0, -1.0, 1.0]
    """

    x: Array
    z: Array
    before: Array
    after: Array
    change: Array


def piecewise(
    time: npt.ArrayLike, knot: npt.ArrayLike, coding: Literal["segments", "change"] = "segments"
) -> Piecewise:
    """The design over `time` with a change point, one for all or one for each observation.

    Coding "segments" has the time before the knot and the time after it: the coefficients b1 and b2 are the
    slopes. Coding "change" has the time and the time after the knot: the slopes are b1 and b1 + b2. The fixed
    effects and an unstructured covariance mean the same in both; a diagonal one does not.

    Raises:
        BadInputError: a time or knot is not a finite number, or the coding is unknown.

    >>> design = piecewise([0.0, 1.0, 3.0], knot=2, coding="change")
    >>> design.x[:, 1:].tolist(), design.after.tolist()
    ([[0.0, 0.0], [1.0, 0.0], [3.0, 1.0]], [0.0, 1.0, 1.0])
    """
    times = np.asarray(time, dtype=float)
    try:
        knots = np.broadcast_to(np.asarray(knot, dtype=float), times.shape)
    except ValueError as error:
        raise BadInputError("there is one knot for all observations, or one for each") from error
    if times.ndim != 1 or not (np.isfinite(times).all() and np.isfinite(knots).all()):
        raise BadInputError("times and knots are finite numbers, one per observation")
    if coding not in ("segments", "change"):
        raise BadInputError("the coding is 'segments' or 'change'")
    late = np.maximum(times - knots, 0)
    first = np.minimum(times, knots) if coding == "segments" else times
    x = np.column_stack([np.ones_like(times), first, late])
    before, second = np.array([0.0, 1, 0]), np.array([0.0, 0, 1])
    after = second if coding == "segments" else before + second
    return Piecewise(x, np.column_stack([x, times]), before, after, after - before)
