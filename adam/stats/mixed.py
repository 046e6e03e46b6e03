"""Linear mixed models by REML with one grouping factor, exact and for small samples.

y = X b + Z u + e, where u of each subject is normal with covariance G (blocks that are unstructured or
diagonal) and e with variance sigma^2. Estimates are those of lme4; a fit that cannot be trusted is an error,
never numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from adam.stats.covariance import Array, Block, Pattern, checked_blocks, renumbered
from adam.stats.design import Reduced, Scaled, arrays, check_counts, reduce, scale
from adam.stats.errors import NotConvergedError, NoVariationError, SingularFitError, TooFewDataError
from adam.stats.newton import Minimum, minimise
from adam.stats.reml import Curvature, Local, State, curvature, profiled, solve

_STARTS = (1.0, 0.25, 4.0)
_SINGULAR = 1e-4  # smallest singular value of the relative factor, on the scale of the data; lme4's tolerance
_NO_RESIDUAL = 1e-10  # residual variance relative to that of ordinary least squares


@dataclass(frozen=True)
class Diagnostics:
    """How the optimum was reached, on the scale of the data (columns of mean square 1, units of sigma).

    `promise` is the fall of the criterion that one more Newton step would give; `factor_min` the smallest
    singular value of the relative factor (0 means singular); `hessian_min` and `information_min` are the
    smallest eigenvalues of the second derivative by the factor and of the expected information, each scaled
    to diagonal 1.

    >>> Diagnostics(1e-9, 1e-16, 0.4, 0.2, 0.7, 8, 3, 3).converged
    True
    """

    gradient: float
    promise: float
    hessian_min: float
    information_min: float
    factor_min: float
    steps: int
    starts: int
    starts_agreeing: int

    @property
    def converged(self) -> bool:
        """Whether this is a strict minimum that was reached.

        >>> Diagnostics(1.0, 0.1, 0.4, 0.2, 0.7, 8, 3, 3).converged
        False
        """
        return self.promise < 1e-9 and self.hessian_min > 1e-9


@dataclass(frozen=True)
class MixedFit:
    """A fitted model. Shapes: p fixed effects, q random effects, K variance parameters.

    `g` is the covariance of the random effects in the order of `effects`, the columns of the random design.
    `vcov` is the covariance of the fixed effects, `vcov_kr` that of Kenward and Roger (1997). The last three
    are for degrees of freedom: the derivatives of `vcov` by the variance parameters, and the covariance of
    these from the expected and from the observed information.

    >>> days, who = np.tile([0.0, 1.0, 2.0], 3), np.repeat([1, 2, 3], 3)
    >>> y = np.array([1.0, 2.1, 2.9, 3.0, 4.2, 4.8, 0.9, 2.2, 3.1])
    >>> fit = fit_mixed(y, np.c_[np.ones(9), days], np.ones((9, 1)), who)
    >>> fit.beta.round(6).tolist(), fit.se.round(6).tolist()
    ([1.705556, 0.983333], [0.659513, 0.069522])
    """

    beta: Array
    vcov: Array
    vcov_kr: Array
    g: Array
    effects: tuple[int, ...]
    sigma2: float
    minus2loglik: float
    n_obs: int
    n_subjects: int
    blocks: tuple[Block, ...]
    diagnostics: Diagnostics
    vcov_gradient: Array
    cov_expected: Array
    cov_observed: Array

    @property
    def se(self) -> Array:
        """The standard errors of the fixed effects, without the small-sample adjustment.

        >>> MixedFit.se.fget is not None
        True
        """
        return np.asarray(np.sqrt(np.diag(self.vcov)))

    @property
    def correlation(self) -> Array:
        """The correlations of the random effects.

        >>> MixedFit.correlation.fget is not None
        True
        """
        spread = np.sqrt(np.diag(self.g))
        return np.asarray(self.g / np.outer(spread, spread))


def fit_mixed(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    z: npt.ArrayLike,
    groups: Sequence[Any] | npt.NDArray[Any],
    blocks: Sequence[Block] | None = None,
) -> MixedFit:
    """Fit a linear mixed model by REML.

    Args:
        y: the response, n values.
        x: the fixed design, n x p; an intercept is a column of 1.
        z: the random design, n x any; only columns in a block take part.
        groups: the subject of each observation, n labels.
        blocks: the structure of the random effects; all columns of `z`, unstructured, when left out.

    Raises:
        FitError: the subclass says which condition: BadInputError, RankDeficientError, NoVariationError,
            TooFewDataError, SingularFitError, NotConvergedError.

    >>> days, who = np.tile([0.0, 1.0, 2.0], 3), np.repeat([1, 2, 3], 3)
    >>> y = np.array([1.0, 2.1, 2.9, 3.0, 4.2, 4.8, 0.9, 2.2, 3.1])
    >>> fit = fit_mixed(y, np.c_[np.ones(9), days], np.ones((9, 1)), who)
    >>> round(fit.g.item(), 6), round(fit.sigma2, 6), round(fit.minus2loglik, 6)
    (1.280704, 0.029, 8.858909)
    """
    response, fixed, random, codes = arrays(y, x, z, groups)
    chosen = checked_blocks(blocks or [Block(tuple(range(random.shape[1])))], random.shape[1])
    effects = tuple(column for block in chosen for column in block.columns)
    check_counts(len(response), int(codes.max()) + 1, fixed.shape[1], chosen)
    pattern = Pattern(renumbered(chosen))
    scaled = scale(response, fixed, random[:, effects], codes, pattern.blocks)
    data = reduce(scaled)
    minimum, agreeing = minimise(_criterion(data, pattern), [pattern.start(size) for size in _STARTS])
    state = solve(data, pattern.factor(minimum.point))
    curve = curvature(data, pattern, state)
    diagnostics = _diagnostics(minimum, agreeing, state, curve)
    _check(diagnostics, state, scaled)
    return _back(scaled, data, state, curve, chosen, effects, diagnostics)


class _criterion:  # noqa: N801 - a function with data
    def __init__(self, data: Reduced, pattern: Pattern) -> None:
        self._data, self._pattern = data, pattern

    def __call__(self, theta: Array) -> Local:
        state = solve(self._data, self._pattern.factor(theta))
        return profiled(self._pattern, state, curvature(self._data, self._pattern, state))


def _smallest(symmetric: Array) -> float:
    # the smallest eigenvalue, the matrix scaled to diagonal 1
    diagonal = np.diag(symmetric)
    if not (diagonal > 0).all():
        return min(float(diagonal.min()), 0.0)
    root = np.sqrt(diagonal)
    return float(np.linalg.eigvalsh(symmetric / np.outer(root, root))[0])


def _diagnostics(minimum: Minimum, agreeing: int, state: State, curve: Curvature) -> Diagnostics:
    return Diagnostics(
        gradient=float(np.linalg.norm(minimum.local.gradient)),
        promise=minimum.promise,
        hessian_min=_smallest(minimum.local.hessian),
        information_min=_smallest(curve.expected),
        factor_min=float(np.linalg.svd(state.factor, compute_uv=False)[-1]),
        steps=minimum.steps,
        starts=len(_STARTS),
        starts_agreeing=agreeing,
    )


def _check(diagnostics: Diagnostics, state: State, scaled: Scaled) -> None:
    if state.tau < _NO_RESIDUAL:
        raise NoVariationError(
            "the random effects explain the response completely: no residual variance is left"
        )
    if diagnostics.factor_min < _SINGULAR:
        raise SingularFitError(_boundary(state, scaled))
    if diagnostics.information_min < 1e-10:
        raise TooFewDataError("the visits cannot tell the variances and covariances of this structure apart")
    if not diagnostics.converged:
        raise NotConvergedError(
            f"no strict minimum after {diagnostics.steps} steps: gradient {diagnostics.gradient:.2g},"
            f" promised fall {diagnostics.promise:.2g}, smallest eigenvalue {diagnostics.hessian_min:.2g}"
        )


def _boundary(state: State, scaled: Scaled) -> str:
    unit = np.linalg.inv(scaled.z_unit)
    g = unit @ state.factor @ state.factor.T @ unit.T
    spread = np.sqrt(np.diag(g) * np.mean((scaled.z @ scaled.z_unit) ** 2, axis=0))
    zero = [str(i + 1) for i in np.flatnonzero(spread < _SINGULAR)]
    if zero:
        return f"the variance of random effect {', '.join(zero)} is 0"
    if len(g) == 2:
        return "the correlation of the random effects is 1 or -1"
    return "a combination of the random effects has variance 0 (a correlation of 1 or -1)"


def _back(
    scaled: Scaled,
    data: Reduced,
    state: State,
    curve: Curvature,
    blocks: tuple[Block, ...],
    effects: tuple[int, ...],
    diagnostics: Diagnostics,
) -> MixedFit:
    # from the common scale to that of the caller
    phi, tau, y_unit = state.unit_cov * state.tau, state.tau, scaled.y_unit
    to_beta = np.linalg.inv(scaled.x_unit) * y_unit
    half = np.linalg.inv(scaled.z_unit) @ state.factor
    expected, observed = (2 * _inverse(part) for part in (curve.expected, curve.observed))
    units = (data.n_obs - len(phi)) * np.log(y_unit) + np.log(np.abs(np.diag(scaled.x_unit))).sum()
    return MixedFit(
        beta=to_beta @ state.beta,
        vcov=to_beta @ phi @ to_beta.T,
        vcov_kr=to_beta @ _adjusted(phi, curve, expected, tau) @ to_beta.T,
        g=half @ half.T * tau * y_unit**2,
        effects=effects,
        sigma2=tau * y_unit**2,
        minus2loglik=float(state.value + 2 * units),
        n_obs=data.n_obs,
        n_subjects=data.n_subjects,
        blocks=blocks,
        diagnostics=diagnostics,
        vcov_gradient=-(to_beta @ phi @ curve.p @ phi @ to_beta.T) / tau**2,
        cov_expected=expected,
        cov_observed=observed,
    )


def _inverse(symmetric: Array) -> Array:
    return np.asarray(np.linalg.inv(symmetric), dtype=np.float64)


def _adjusted(phi: Array, curve: Curvature, cov: Array, tau: float) -> Array:
    # Kenward and Roger (1997), the covariance being linear in its parameters
    p, q = curve.p / tau**2, curve.q / tau**3
    products = np.einsum("rab,bc,scd->rsad", p, phi, p)
    middle = np.einsum("rs,rsab->ab", cov, q - products)
    return np.asarray(phi + phi @ (middle + middle.T) @ phi)
