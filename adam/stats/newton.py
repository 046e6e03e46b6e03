"""Minimises a smooth function with exact second derivatives, from several starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from adam.stats.covariance import Array
from adam.stats.reml import Local

_STEPS = 200
_SETTLED = 1e-18  # the fall that a further Newton step promises


@dataclass(frozen=True)
class Minimum:
    """Where a descent ended: the point, the function there, and the fall that another step would promise.

    >>> Minimum(np.zeros(1), Local(0.0, np.zeros(1), np.eye(1)), 0.0, 3).steps
    3
    """

    point: Array
    local: Local
    promise: float
    steps: int


def minimise(function: Callable[[Array], Local], starts: Sequence[Array]) -> tuple[Minimum, int]:
    """The lowest of the minima reached from the starts, and how many starts reached it.

    >>> def bowl(x):
    ...     return Local(float(x @ x), 2 * x, 2 * np.eye(len(x)))
    >>> best, reached = minimise(bowl, [np.ones(2), -np.ones(2)])
    >>> best.point.tolist(), reached
    ([0.0, 0.0], 2)
    """
    ends = [descend(function, start) for start in starts]
    best = min(ends, key=lambda end: end.local.value)
    return best, sum(end.local.value - best.local.value < 1e-6 for end in ends)


def descend(function: Callable[[Array], Local], start: Array) -> Minimum:
    """Newton's method with curvature made positive and a step that is halved until the function falls.

    >>> def well(x):
    ...     return Local(float((x**4 - x**2).sum()), 4 * x**3 - 2 * x, np.diag(12 * x**2 - 2))
    >>> descend(well, np.array([0.1])).point.round(6).tolist()
    [0.707107]
    """
    point, local = start, function(start)
    for step in range(_STEPS):
        move, promise = _step(point, local)
        if promise < _SETTLED:
            return Minimum(point, local, promise, step)
        lower = _lower(function, point, move, local, promise)
        if lower is None:
            return Minimum(point, local, promise, step)
        point, local = lower
    return Minimum(point, local, _step(point, local)[1], _STEPS)


def _step(point: Array, local: Local) -> tuple[Array, float]:
    if not np.isfinite(local.hessian).all():
        return np.zeros_like(local.gradient), np.inf
    values, vectors = np.linalg.eigh(local.hessian)
    steep = np.maximum(np.abs(values), 1e-9 * max(float(np.abs(values).max()), 1.0))
    move = -vectors @ ((vectors.T @ local.gradient) / steep)
    promise = -float(local.gradient @ move) / 2
    # at most as far again as the point is from the origin, or 1
    reach = max(float(np.linalg.norm(point)), 1.0)
    return move * min(1.0, reach / max(float(np.linalg.norm(move)), 1e-300)), promise


def _lower(
    function: Callable[[Array], Local], point: Array, move: Array, local: Local, promise: float
) -> tuple[Array, Local] | None:
    if promise < 1e-10 * (1 + abs(local.value)):
        # so near the minimum the function no longer shows a fall, but the next step does
        there = function(point + move)
        return (point + move, there) if _step(point + move, there)[1] < promise else None
    slope = float(local.gradient @ move)
    for size in 0.5 ** np.arange(40):
        there = function(point + size * move)
        if there.value <= local.value + 1e-4 * size * slope:
            return point + size * move, there
    return None
