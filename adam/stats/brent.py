"""The root finder that R's uniroot uses, so that limits found with its coarse tolerance are the same."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_EPSILON = float(np.finfo(float).eps)


@dataclass
class _Bracket:
    # b is the best point so far, c lies on the other side of the root, a is the point before b
    a: float
    fa: float
    b: float
    fb: float
    c: float
    fc: float

    def order(self) -> None:
        if abs(self.fc) < abs(self.fb):
            self.a, self.b, self.c = self.b, self.c, self.b
            self.fa, self.fb, self.fc = self.fb, self.fc, self.fb

    def interpolated(self) -> tuple[float, float]:
        # the step from b as a fraction p / q with p >= 0: linear, or inverse quadratic with three points
        across, t1 = self.c - self.b, self.fb / self.fc
        if self.a == self.c:
            t1 = self.fb / self.fa
            p, q = across * t1, 1 - t1
        else:
            q, t2 = self.fa / self.fc, self.fb / self.fa
            p = t2 * (across * q * (q - t1) - (self.b - self.a) * (t1 - 1))
            q = (q - 1) * (t1 - 1) * (t2 - 1)
        return (p, -q) if p > 0 else (-p, q)

    def step(self, previous: float, tolerance: float) -> float:
        halved = (self.c - self.b) / 2
        if abs(previous) >= tolerance and abs(self.fa) > abs(self.fb):
            p, q = self.interpolated()
            widest = 0.75 * (self.c - self.b) * q - abs(tolerance * q) / 2
            if p < widest and p < abs(previous * q / 2):
                halved = p / q
        if abs(halved) < tolerance:
            return tolerance if halved > 0 else -tolerance
        return halved


def uniroot(function: Callable[[float], float], low: float, high: float, tolerance: float = 1e-4) -> float:
    """Brent's root of a function that changes its sign between the bounds, as R's `uniroot`.

    R. P. Brent (1973), Algorithms for Minimization without Derivatives, chapter 4: zeroin, 1,000 steps.

    Raises:
        ValueError: the function has the same sign at both bounds.

    >>> round(uniroot(lambda x: x**3 - 2, 0.0, 2.0, 1e-9), 6)
    1.259921
    """
    f_low, f_high = function(low), function(high)
    if f_low * f_high > 0:
        raise ValueError("the function has the same sign at both bounds")
    if f_low == 0:
        return low
    bracket = _Bracket(low, f_low, high, f_high, low, f_low)
    for _ in range(1000):
        previous = bracket.b - bracket.a
        bracket.order()
        reach = 2 * _EPSILON * abs(bracket.b) + tolerance / 2
        if abs(bracket.c - bracket.b) / 2 <= reach or bracket.fb == 0:
            break
        step = bracket.step(previous, reach)
        bracket.a, bracket.fa = bracket.b, bracket.fb
        bracket.b += step
        bracket.fb = function(bracket.b)
        if bracket.fb * bracket.fc > 0:
            bracket.c, bracket.fc = bracket.a, bracket.fa
    return bracket.b
