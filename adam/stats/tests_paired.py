"""Tests of pairs and of one sample: t, ratios of geometric means, a proportion, a rank correlation.

A result always comes back. Where a statistic does not exist it is None, and `reason` says why. Missing values
(NaN) are left out and counted.
"""

import itertools
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from adam.stats.covariance import Array
from adam.stats.errors import BadInputError
from adam.stats.signed_rank import SignedRank, check_level, known_values, signed_rank_test

__all__ = [
    "Proportion",
    "Ratio",
    "SignedRank",
    "Spearman",
    "TTest",
    "binomial_ci",
    "geometric_mean_ratio",
    "one_sample_t",
    "paired_t",
    "signed_rank_test",
    "spearman",
]

_CONSTANT = 10 * float(np.finfo(float).eps)  # of the mean: R's limit for "essentially constant"


@dataclass(frozen=True)
class TTest:
    """Mean of n values (for pairs: of their differences), its t test against `null`, and its interval.

    >>> one_sample_t([1.0]).reason
    'one value: no standard deviation'
    """

    n: int
    n_missing: int
    level: float
    null: float
    mean: float | None = None
    sd: float | None = None
    se: float | None = None
    t: float | None = None
    df: int | None = None
    p: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""


def one_sample_t(values: npt.ArrayLike, null: float = 0.0, level: float = 0.95) -> TTest:
    """The two-sided t test of a mean.

    Raises:
        BadInputError: a value is infinite or no number, or the level is not between 0 and 1.

    >>> test = one_sample_t([1.0, 2.0, 4.0, 5.0])
    >>> test.mean, round(test.t, 6), test.df, round(test.p, 6)
    (3.0, 3.286335, 3, 0.046205)
    """
    known, n_missing = known_values(values)
    check_level(level)
    n = len(known)
    none = TTest(n, n_missing, level, null)
    if not n:
        return replace(none, reason="no values")
    mean = float(known.mean())
    if n == 1:
        return replace(none, mean=mean, reason="one value: no standard deviation")
    sd = float(known.std(ddof=1))
    se = sd / n**0.5
    if se <= _CONSTANT * abs(mean):
        return replace(none, mean=mean, sd=0.0, se=0.0, reason="all values are equal: no test")
    t = (mean - null) / se
    reach = se * float(stats.t.ppf((1 + level) / 2, n - 1))
    p = 2 * float(stats.t.sf(abs(t), n - 1))
    return TTest(n, n_missing, level, null, mean, sd, se, t, n - 1, p, mean - reach, mean + reach)


def _pairs(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Array, Array, int]:
    # both members of the complete pairs, and how many are incomplete
    try:
        a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadInputError(f"values are numbers: {error}") from error
    if a.shape != b.shape or a.ndim != 1 or np.isinf(a).any() or np.isinf(b).any():
        raise BadInputError("pairs are finite numbers in two arrays of one length")
    known = ~(np.isnan(a) | np.isnan(b))
    return a[known], b[known], int((~known).sum())


def paired_t(first: npt.ArrayLike, second: npt.ArrayLike, null: float = 0.0, level: float = 0.95) -> TTest:
    """The two-sided t test of the differences first - second; incomplete pairs are left out.

    Raises:
        BadInputError: the arrays differ in length, a value is infinite or no number, or the level is wrong.

    >>> test = paired_t([3.0, 4.0, 6.0], [1.0, 3.0, 3.0])
    >>> test.mean, test.sd, round(test.p, 6)
    (2.0, 1.0, 0.07418)
    """
    a, b, n_missing = _pairs(first, second)
    test = one_sample_t(a - b, null, level)
    return replace(test, n_missing=n_missing, reason=test.reason.replace("value", "difference"))


@dataclass(frozen=True)
class Ratio:
    """The ratio of the geometric means of pairs, first over second, with its interval and the test against 1.

    >>> geometric_mean_ratio([1.0], [0.0]).reason
    '1 of 1 pairs has a value that is not above 0'
    """

    n: int
    n_missing: int
    ratio: float | None
    low: float | None
    high: float | None
    p: float | None
    level: float
    reason: str = ""


def geometric_mean_ratio(first: npt.ArrayLike, second: npt.ArrayLike, level: float = 0.95) -> Ratio:
    """The ratio of the geometric means of pairs, by the paired t test of their logarithms.

    Raises:
        BadInputError: the arrays differ in length, a value is infinite or no number, or the level is wrong.

    >>> ratio = geometric_mean_ratio([2.0, 4.0, 9.0], [1.0, 2.0, 3.0])
    >>> round(ratio.ratio, 6), round(ratio.low, 6), round(ratio.high, 6)
    (2.289428, 1.279894, 4.095249)
    """
    a, b, n_missing = _pairs(first, second)
    check_level(level)
    if bad := int(((a <= 0) | (b <= 0)).sum()):
        reason = f"{bad} of {len(a)} pairs {'has' if bad == 1 else 'have'} a value that is not above 0"
        return Ratio(len(a), n_missing, None, None, None, None, level, reason)
    test = one_sample_t(np.log(a) - np.log(b), level=level)
    ratio, low, high = (
        None if part is None else float(np.exp(part)) for part in (test.mean, test.low, test.high)
    )
    reason = test.reason.replace("value", "ratio")
    return Ratio(test.n, n_missing, ratio, low, high, test.p, level, reason)


@dataclass(frozen=True)
class Proportion:
    """`count` of `n`, with the exact interval of Clopper and Pearson (1934).

    >>> binomial_ci(0, 0).reason
    'no observations'
    """

    count: int
    n: int
    proportion: float | None
    low: float | None
    high: float | None
    level: float
    reason: str = ""


def binomial_ci(count: int, n: int, level: float = 0.95) -> Proportion:
    """A proportion with its exact confidence interval, each tail holding half of what is left.

    Raises:
        BadInputError: the count is not between 0 and n, or the level is not between 0 and 1.

    >>> one = binomial_ci(3, 13)
    >>> round(one.proportion, 6), round(one.low, 6), round(one.high, 6)
    (0.230769, 0.050381, 0.538132)
    """
    check_level(level)
    if count != int(count) or n != int(n) or not 0 <= count <= n:
        raise BadInputError("a count is a whole number from 0 to n")
    if n == 0:
        return Proportion(0, 0, None, None, None, level, "no observations")
    tail = (1 - level) / 2
    low = float(stats.beta.ppf(tail, count, n - count + 1)) if count else 0.0
    high = float(stats.beta.isf(tail, count + 1, n - count)) if count < n else 1.0
    return Proportion(int(count), int(n), count / n, low, high, level)


@dataclass(frozen=True)
class Spearman:
    """Spearman's rank correlation of n pairs and its two-sided p value; `convention` names how p was found.

    >>> spearman([1.0, 2.0], [1.0, 1.0]).reason
    'all values of one variable are equal: no correlation'
    """

    n: int
    n_missing: int
    rho: float | None
    p: float | None
    convention: Literal["exact", "Edgeworth series", "t approximation", ""]
    reason: str = ""


def spearman(first: npt.ArrayLike, second: npt.ArrayLike) -> Spearman:
    """Spearman's rank correlation, p as in R's cor.test; incomplete pairs are left out.

    Without ties p is exact up to 9 pairs and by the Edgeworth series of algorithm AS 89 up to 1,290; with
    ties, or beyond, it is by the t distribution.

    Raises:
        BadInputError: the arrays differ in length, or a value is infinite or no number.

    >>> one = spearman([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0])
    >>> one.rho, round(one.p, 6), one.convention
    (0.8, 0.333333, 'exact')
    """
    a, b, n_missing = _pairs(first, second)
    n = len(a)
    if n < 2:
        return Spearman(n, n_missing, None, None, "", "fewer than two pairs: no correlation")
    if not (np.ptp(a) and np.ptp(b)):
        reason = "all values of one variable are equal: no correlation"
        return Spearman(n, n_missing, None, None, "", reason)
    ranks = stats.rankdata(a), stats.rankdata(b)
    rho = float(np.clip(np.corrcoef(*ranks)[0, 1], -1, 1))
    if min(len(np.unique(a)), len(np.unique(b))) < n or n > 1290:
        return Spearman(n, n_missing, rho, _t_tail(rho, n), "t approximation")
    distance = round(float(((ranks[0] - ranks[1]) ** 2).sum()))
    rho = 1 - 6 * distance / (n**3 - n)
    if n <= 9:
        return Spearman(n, n_missing, rho, _exact_rho(distance, n), "exact")
    return Spearman(n, n_missing, rho, _edgeworth_rho(distance, n), "Edgeworth series")


def _t_tail(rho: float, n: int) -> float:
    if abs(rho) == 1:
        return 0.0
    return 2 * float(stats.t.sf(abs(rho) * ((n - 2) / (1 - rho**2)) ** 0.5, n - 2))


def _exact_rho(distance: int, n: int) -> float:
    # the sum of squared rank differences over all orders; it is symmetric about its mean
    orders = np.array(list(itertools.permutations(range(n))))
    distances = ((orders - np.arange(n)) ** 2).sum(axis=1)
    nearer = min(distance, (n**3 - n) // 3 - distance)
    return min(2 * float((distances <= nearer).mean()), 1.0)


def _edgeworth_rho(distance: int, n: int) -> float:
    # Best and Roberts (1975), algorithm AS 89, as R's cor.test calls it
    lower = distance <= (n**3 - n) / 6
    start = distance + 2 if lower else distance
    b = 1 / n
    x = (6 * (start - 1) * b / (n**2 - 1) - 1) * (n - 1) ** 0.5
    y = x * x
    inner = 0.0879 + 0.0151 * b - y * (0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-4 * y))
    middle = -0.0758 + b * (0.1033 + 0.3932 * b) - y * b * inner
    u = x * b * (0.2274 + b * (0.2531 + 0.1745 * b) + y * middle) / np.exp(y / 2)
    tail = -u + stats.norm.cdf(x) if lower else u + stats.norm.sf(x)
    return min(2 * float(np.clip(tail, 0, 1)), 1.0)
