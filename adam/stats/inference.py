"""Tests of contrasts of a mixed model with Kenward-Roger or Satterthwaite degrees of freedom.

Kenward and Roger (1997), Biometrics 53, 983-997, as in R's pbkrtest; Satterthwaite with the observed
information and the combination of several degrees of freedom as in R's lmerTest. One departure: the
information matrix of the variances is always inverted on its own scale, where pbkrtest switches to a
generalised inverse when an eigenvalue is below 1e-10 in the units of the data.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from adam.stats.covariance import Array
from adam.stats.errors import BadInputError, NoInferenceError
from adam.stats.mixed import MixedFit

Method = Literal["kenward-roger", "satterthwaite"]


@dataclass(frozen=True)
class Contrast:
    """One linear function of the fixed effects: estimate, standard error, t test and confidence interval.

    >>> Contrast(1.0, 0.5, 10.0, 2.0, 0.073, -0.1, 2.1, 0.95, "kenward-roger").t
    2.0
    """

    estimate: float
    se: float
    df: float
    t: float
    p: float
    low: float
    high: float
    level: float
    method: Method


@dataclass(frozen=True)
class FTest:
    """Several linear functions of the fixed effects, tested together.

    `f` is the statistic that is compared with the F distribution; `scaling` is already part of it.

    >>> FTest(4.0, 2, 12.5, 0.04, 0.98, "kenward-roger").num_df
    2
    """

    f: float
    num_df: int
    den_df: float
    p: float
    scaling: float
    method: Method


def contrast(
    fit: MixedFit,
    weights: npt.ArrayLike,
    method: Method = "kenward-roger",
    level: float = 0.95,
    null: float = 0.0,
) -> Contrast:
    """Estimate and test the contrast with these weights, one per fixed effect; two-sided.

    Raises:
        BadInputError: the weights don't fit, or method or level are unknown.
        NoInferenceError: the contrast has no variance.

    >>> days, who = np.tile([0.0, 1.0, 2.0], 3), np.repeat([1, 2, 3], 3)
    >>> y = np.array([1.0, 2.1, 2.9, 3.0, 4.2, 4.8, 0.9, 2.2, 3.1])
    >>> from adam.stats.mixed import fit_mixed
    >>> fit = fit_mixed(y, np.c_[np.ones(9), days], np.ones((9, 1)), who)
    >>> slope = contrast(fit, [0, 1])
    >>> round(slope.estimate, 6), round(slope.se, 6), round(slope.df, 6), round(slope.p, 6)
    (0.983333, 0.069522, 5.0, 3.2e-05)
    """
    row = _rows(fit, weights, method)
    if len(row) != 1:
        raise BadInputError("a contrast is one row of weights; several rows are for an F test")
    if not 0 < level < 1:
        raise BadInputError("a confidence level lies between 0 and 1")
    weight = row[0]
    cov = fit.vcov_kr if method == "kenward-roger" else fit.vcov
    plain, variance = float(weight @ fit.vcov @ weight), float(weight @ cov @ weight)
    if plain <= 0 or variance <= 0:
        raise NoInferenceError("the contrast has no variance")
    estimate, se = float(weight @ fit.beta), float(np.sqrt(variance))
    df = _df_one(fit, weight, method)
    t = (estimate - null) / se
    reach = se * float(stats.t.ppf((1 + level) / 2, df))
    p = 2 * float(stats.t.sf(abs(t), df))
    return Contrast(estimate, se, df, t, p, estimate - reach, estimate + reach, level, method)


def f_test(fit: MixedFit, weights: npt.ArrayLike, method: Method = "kenward-roger") -> FTest:
    """Test that all these contrasts, one per row of `weights`, are 0.

    Raises:
        BadInputError: the weights don't fit.
        NoInferenceError: rows depend on one another, or there are no positive degrees of freedom.

    >>> days, who = np.tile([0.0, 1.0, 2.0], 3), np.repeat([1, 2, 3], 3)
    >>> y = np.array([1.0, 2.1, 2.9, 3.0, 4.2, 4.8, 0.9, 2.2, 3.1])
    >>> from adam.stats.mixed import fit_mixed
    >>> fit = fit_mixed(y, np.c_[np.ones(9), days == 1, days == 2], np.ones((9, 1)), who)
    >>> test = f_test(fit, [[0, 1, 0], [0, 0, 1]])
    >>> round(test.f, 6), test.num_df, round(test.den_df, 6)
    (230.695652, 2, 4.0)
    """
    rows = _rows(fit, weights, method)
    cov = fit.vcov_kr if method == "kenward-roger" else fit.vcov
    lengths = np.linalg.norm(rows, axis=1)
    if not lengths.all() or np.linalg.matrix_rank(rows / lengths[:, None]) < len(rows):
        raise NoInferenceError("the rows of the contrast depend on one another")
    effects = rows @ fit.beta
    wald = float(effects @ np.linalg.solve(rows @ cov @ rows.T, effects)) / len(rows)
    if method == "kenward-roger":
        den_df, scaling = _kenward_roger(fit, rows)
    else:
        den_df, scaling = _satterthwaite(fit, rows), 1.0
    f = wald * scaling
    if not (den_df > 0 and f >= 0):
        raise NoInferenceError(
            "the approximation gives no positive degrees of freedom or a negative statistic"
        )
    return FTest(f, len(rows), den_df, float(stats.f.sf(f, len(rows), den_df)), scaling, method)


def _rows(fit: MixedFit, weights: npt.ArrayLike, method: str) -> Array:
    rows = np.atleast_2d(np.asarray(weights, dtype=float))
    if rows.ndim != 2 or not len(rows) or rows.shape[1] != len(fit.beta) or not np.isfinite(rows).all():
        raise BadInputError(f"a contrast has one finite weight for each of the {len(fit.beta)} fixed effects")
    if method not in ("kenward-roger", "satterthwaite"):
        raise BadInputError("the method is 'kenward-roger' or 'satterthwaite'")
    return rows


def _df_one(fit: MixedFit, weight: Array, method: str) -> float:
    # for one row Kenward and Roger's degrees of freedom are Satterthwaite's with the expected information
    cov = fit.cov_expected if method == "kenward-roger" else fit.cov_observed
    gradient = weight @ fit.vcov_gradient @ weight
    spread = float(gradient @ cov @ gradient)
    if spread <= 0:
        raise NoInferenceError("the variance of the contrast does not depend on the variance parameters")
    return 2 * float(weight @ fit.vcov @ weight) ** 2 / spread


def _kenward_roger(fit: MixedFit, rows: Array) -> tuple[float, float]:
    # degrees of freedom and scaling of F; the names are the paper's
    ell = len(rows)
    theta = rows.T @ np.linalg.solve(rows @ fit.vcov @ rows.T, rows)
    u = theta @ fit.vcov_gradient
    traces = np.trace(u, axis1=1, axis2=2)
    a1 = float(traces @ fit.cov_expected @ traces)
    a2 = float(np.einsum("rs,rab,sba->", fit.cov_expected, u, u))
    if a2 <= 0:
        raise NoInferenceError("the variance of the contrast does not depend on the variance parameters")
    if ell == 1:
        return 2 / a2, 1.0
    b = (a1 + 6 * a2) / (2 * ell)
    g = ((ell + 1) * a1 - (ell + 4) * a2) / ((ell + 2) * a2)
    scale = 3 * ell + 2 * (1 - g)
    v0, v1, v2 = 1 + g / scale * b, 1 - (ell - g) / scale * b, 1 - (ell + 2 - g) / scale * b
    e = 1 - a2 / ell
    if abs(e) < 1e-14 and abs(v1) < 1e-14:
        e = v1 = 1.0
    # rho of the paper is above / below / ell
    above, below = e**2 * (0.0 if abs(v0) < 1e-10 else v0), v1**2 * v2
    if above == below:
        raise NoInferenceError("the degrees of freedom are not finite")
    df = 4 + (ell + 2) * below / (above - below)
    return df, 1.0 if abs(df - 2) < 1e-2 else df * (1 - a2 / ell) / (df - 2)


def _satterthwaite(fit: MixedFit, rows: Array) -> float:
    if len(rows) == 1:
        return _df_one(fit, rows[0], "satterthwaite")
    vectors = np.linalg.eigh(rows @ fit.vcov @ rows.T)[1]
    dfs = np.array([_df_one(fit, row, "satterthwaite") for row in vectors.T @ rows])
    if np.ptp(dfs) < 1e-8 * dfs.mean():
        return float(dfs.mean())
    if (dfs <= 2).any():
        return 2.0
    e = float((dfs / (dfs - 2)).sum())
    return 2 * e / (e - len(dfs))
