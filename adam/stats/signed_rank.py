"""Wilcoxon's signed rank test with the Hodges-Lehmann estimate, by the conventions of R 4.2's wilcox.test.

Exact below 50 differences without ties or zeros; otherwise zeros are left out, ties share ranks, and the
normal approximation with continuity correction is used. The result names which.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from adam.stats.brent import uniroot
from adam.stats.covariance import Array
from adam.stats.errors import BadInputError

Convention = Literal["exact", "normal approximation, continuity correction", ""]
EXACT: Convention = "exact"
APPROXIMATE: Convention = "normal approximation, continuity correction"
_EXACT_BELOW = 50
_FUZZ = 10 * np.finfo(float).eps  # as in R's qsignrank


@dataclass(frozen=True)
class SignedRank:
    """The test of n differences other than 0; what is missing is None, and `reason` says why.

    `estimate` is the pseudo-median (Hodges-Lehmann), with limits `low` and `high`. `level` was asked for;
    `achieved` is the level of the limits: that of the exact interval, or the one to which R lowers an
    approximate interval.

    >>> signed_rank_test([]).reason
    'no differences'
    """

    n: int
    n_zero: int
    n_missing: int
    level: float
    convention: Convention = ""
    statistic: float | None = None
    p: float | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    achieved: float | None = None
    reason: str = ""


def signed_rank_test(
    differences: npt.ArrayLike, level: float = 0.95, exact: bool | None = None
) -> SignedRank:
    """Test whether differences are symmetric about 0, two-sided; missing differences are left out.

    Args:
        differences: one per pair.
        level: the confidence level of the interval.
        exact: True for the exact distribution whenever there are no ties and zeros, False for never; when
            left out, below 50 differences.

    Raises:
        BadInputError: a difference is infinite or no number, or the level is not between 0 and 1.

    >>> test = signed_rank_test([1.1, 2.3, -0.4, 3.1, 0.9, 1.7])
    >>> test.statistic, test.p, test.estimate, test.convention
    (20.0, 0.0625, 1.4, 'exact')
    >>> signed_rank_test([1.0, 2.0, 2.0, -1.0, 0.0]).convention
    'normal approximation, continuity correction'
    """
    values, n_missing = known_values(differences)
    check_level(level)
    used = values[values != 0]
    n, n_zero = len(used), len(values) - len(used)
    none = SignedRank(n, n_zero, n_missing, level)
    if not n:
        return replace(none, reason="all differences are 0" if n_zero else "no differences")
    tied = len(np.unique(np.abs(used))) < n
    wanted = n < _EXACT_BELOW if exact is None else exact
    return _exact(used, none) if wanted and not tied and not n_zero else _approximate(used, none)


def known_values(values: npt.ArrayLike) -> tuple[Array, int]:
    """The values that are not missing (NaN), and how many are.

    Raises:
        BadInputError: a value is infinite or no number.

    >>> known_values([1.0, float("nan")])
    (array([1.]), 1)
    """
    try:
        every = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadInputError(f"values are numbers: {error}") from error
    if every.ndim != 1 or np.isinf(every).any():
        raise BadInputError("values are finite numbers in one dimension")
    missing = np.isnan(every)
    return every[~missing], int(missing.sum())


def check_level(level: float) -> None:
    """Refuse a confidence level that is not between 0 and 1.

    >>> check_level(0.95)
    """
    if not 0 < level < 1:
        raise BadInputError("a confidence level lies between 0 and 1")


def null_distribution(n: int) -> Array:
    """The probabilities of the sums 0, 1, ... n (n + 1) / 2 of positive ranks when signs are fair coins.

    >>> (null_distribution(3) * 8).tolist()
    [1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0]
    """
    chances = np.zeros(n * (n + 1) // 2 + 1)
    chances[0] = 1
    for rank in range(1, n + 1):
        moved = np.zeros_like(chances)
        moved[rank:] = chances[:-rank]
        chances = (chances + moved) / 2
    return chances


def _statistic(used: Array) -> float:
    return float(stats.rankdata(np.abs(used))[used > 0].sum())


def _exact(used: Array, none: SignedRank) -> SignedRank:
    n, statistic = len(used), _statistic(used)
    below = np.cumsum(null_distribution(n))
    # the distribution is symmetric, so the upper tail is the lower one of the mirrored sum
    mirrored = min(statistic, len(below) - 1 - statistic)
    walsh = np.sort(((used[:, None] + used) / 2)[np.triu_indices(n)])
    found = replace(
        none,
        convention=EXACT,
        statistic=statistic,
        p=min(2 * float(below[round(mirrored)]), 1.0),
        estimate=float(np.median(walsh)),
    )
    rank = max(int(np.searchsorted(below, (1 - none.level) / 2 - _FUZZ)), 1)
    achieved = float(1 - 2 * below[rank - 1])
    if achieved <= 0:
        return replace(found, reason="one difference: no interval")
    return replace(found, low=float(walsh[rank - 1]), high=float(walsh[-rank]), achieved=achieved)


def _standardised(used: Array, shift: float, correct: bool) -> float:
    # the signed rank sum of the shifted differences in standard deviations; NaN when all are shifted to 0
    moved = used - shift
    moved = moved[moved != 0]
    n = len(moved)
    _, ties = np.unique(np.abs(moved), return_counts=True)
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((ties**3 - ties).sum()) / 48
    z = _statistic(moved) - n * (n + 1) / 4
    return float((z - (np.sign(z) / 2 if correct else 0)) / np.sqrt(variance)) if variance > 0 else np.nan


def _approximate(used: Array, none: SignedRank) -> SignedRank:
    z = _standardised(used, 0.0, correct=True)
    found = replace(
        none,
        convention=APPROXIMATE,
        statistic=_statistic(used),
        p=min(2 * float(stats.norm.sf(abs(z))), 1.0),
    )
    first, last = float(used.min()), float(used.max())
    if first == last:
        return replace(found, estimate=first, reason="all differences are equal: no interval")
    return _with_interval(found, used, first, last)


def _with_interval(found: SignedRank, used: Array, first: float, last: float) -> SignedRank:
    # as R: shifts at which the statistic meets a quantile, searched between the extreme differences
    def shift(quantile: float, correct: bool = True) -> float:
        return uniroot(lambda d: _standardised(used, d, correct) - quantile, first, last)

    at_first, at_last = (_standardised(used, end, correct=True) for end in (first, last))
    estimate, alpha = shift(0.0, correct=False), 1 - found.level
    while alpha < 1 and (quantile := float(stats.norm.isf(alpha / 2))) > min(at_first, -at_last):
        alpha *= 2
    if alpha >= 1:
        return replace(found, estimate=estimate, reason="too few differences: no interval")
    return replace(found, estimate=estimate, low=shift(quantile), high=shift(-quantile), achieved=1 - alpha)
