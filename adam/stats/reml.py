"""The REML criterion of a reduced model, and its exact derivatives.

Notation: V = tau W with W = I + R H R', where tau is the residual variance and H the relative covariance of
the random effects, H = factor factor'. V is linear in gamma = (covariances of effects, residual variance).
Reference: Bates et al. (2015), J. Stat. Softw. 67(1), sections 3 and 4; derivatives as in Harville (1977).
"""

from dataclasses import dataclass

import numpy as np

from adam.stats.covariance import Array, Pattern
from adam.stats.design import Reduced
from adam.stats.tall import gram, upper

_NOTHING = 1e-60  # keeps the derivatives finite where nothing is left for the residual variance


@dataclass(frozen=True)
class State:
    """The model at one value of the relative factor, fixed effects and residual variance profiled out.

    Rows are those of the reduced model times the inverse Cholesky factor of W: r, x, residual and the inverse
    factor itself. `unit_cov` is the covariance of the fixed effects for tau = 1.

    >>> one = np.ones((3, 1, 1))
    >>> data = Reduced(one, one, np.array([[1.0], [2.0], [4.0]]), np.zeros((1, 1)), np.ones(1), 1, 4)
    >>> state = solve(data, np.zeros((1, 1)))
    >>> round(state.beta.item(), 6), round(state.tau, 6)
    (2.333333, 1.888889)
    """

    factor: Array
    value: float
    beta: Array
    tau: float
    unit_cov: Array
    r: Array
    x: Array
    residual: Array
    inverse: Array
    residual0: Array


@dataclass(frozen=True)
class Curvature:
    """First and second derivatives at a state by gamma, whose last element is the residual variance.

    gradient (K,) and observed (K, K) are those of the criterion; expected (K, K) is the expectation of the
    second. p (K, k, k) and q (K, K, k, k) are Kenward and Roger's matrices of the same names, for tau = 1.

    >>> one = np.ones((3, 1, 1))
    >>> data = Reduced(one, one, np.array([[1.0], [2.0], [4.0]]), np.zeros((1, 1)), np.ones(1), 1, 4)
    >>> from adam.stats.covariance import Block
    >>> curve = curvature(data, Pattern((Block((0,)),)), solve(data, np.zeros((1, 1))))
    >>> curve.gradient[:1].round(6).tolist(), curve.p.ravel().tolist()
    ([-0.249135], [-3.0, -3.0])
    """

    gradient: Array
    observed: Array
    expected: Array
    p: Array
    q: Array


def solve(data: Reduced, factor: Array) -> State:
    """Fit the fixed effects and the residual variance for this relative factor.

    `value` is minus twice the profiled REML log likelihood of the reduced data.

    >>> one = np.ones((3, 1, 1))
    >>> data = Reduced(one, one, np.array([[1.0], [2.0], [4.0]]), np.zeros((1, 1)), np.ones(1), 1, 4)
    >>> round(solve(data, np.zeros((1, 1))).value, 6)
    11.52021
    """
    (m, q, p), free = data.x.shape, data.n_obs - data.x.shape[2]
    spread = data.r @ factor
    chol = np.linalg.cholesky(np.eye(q) + spread @ spread.transpose(0, 2, 1))
    known = np.concatenate([data.r, data.x, data.y[..., None], np.broadcast_to(np.eye(q), (m, q, q))], axis=2)
    whitened = np.linalg.solve(chol, known)
    r, x, y, inverse = np.split(whitened, [q, q + p, q + p + 1], axis=2)
    rows = np.concatenate([whitened[..., q : q + p + 1].reshape(m * q, p + 1), np.c_[data.x0, data.y0]])
    known_upper = upper(rows)
    x_upper = known_upper[:p, :p]
    root = np.asarray(np.linalg.inv(x_upper))
    beta = root @ known_upper[:p, p]
    tau = max(float(known_upper[p, p] ** 2) / free, _NOTHING)
    logs = np.log(np.diagonal(chol, axis1=1, axis2=2)).sum() + np.log(np.abs(np.diag(x_upper))).sum()
    value = float(2 * logs + free * (1 + np.log(2 * np.pi * tau)))
    residual = y[..., 0] - x @ beta
    return State(factor, value, beta, tau, root @ root.T, r, x, residual, inverse, data.y0 - data.x0 @ beta)


def curvature(data: Reduced, pattern: Pattern, state: State) -> Curvature:
    """The derivatives of the criterion by gamma at a state.

    >>> one = np.ones((3, 1, 1))
    >>> data = Reduced(one, one, np.array([[1.0], [2.0], [4.0]]), np.zeros((1, 1)), np.ones(1), 1, 4)
    >>> from adam.stats.covariance import Block
    >>> curvature(data, Pattern((Block((0,)),)), solve(data, np.zeros((1, 1)))).expected.shape
    (2, 2)
    """
    phi, tau = state.unit_cov, state.tau
    turned = _turned(pattern, state)
    p, q, across, quadratic, through = _products(data, state, turned)
    trace, traces = _traces(turned, data.spare)
    scaled_p = phi @ p
    gradient = (trace + np.trace(scaled_p, axis1=1, axis2=2)) / tau - through / tau**2
    expected = traces - 2 * np.einsum("ab,rsab->rs", phi, q) + np.einsum("rab,sba->rs", scaled_p, scaled_p)
    observed = 2 * (quadratic - across @ phi @ across.T) / tau**3 - expected / tau**2
    return Curvature(gradient, observed, expected / tau**2, p, q)


def _traces(turned: Array, spare: int) -> tuple[Array, Array]:
    # of the derivatives, and of the products of two
    size = len(turned)
    trace = np.trace(turned, axis1=2, axis2=3).sum(axis=1)
    traces = gram(turned.reshape(size, -1).T)
    trace[-1] += spare
    traces[-1, -1] += spare
    return trace, traces


def _products(data: Reduced, state: State, turned: Array) -> tuple[Array, ...]:
    # with derivatives d, design x, residual e: -x'd_r x, x'd_r d_s x, e'd_r x, e'd_r d_s e, e'd_r e
    size, k = len(turned), len(state.beta)
    times_x = _with_pooled(turned @ state.x, data.x0)
    times_e = _with_pooled(turned @ state.residual[..., None], state.residual0[:, None])
    x = np.concatenate([state.x.reshape(-1, k), data.x0])
    e = np.concatenate([state.residual.ravel(), state.residual0])
    wide = np.concatenate([*times_x, *times_e, x, e[:, None]], axis=1)
    products = gram(wide)
    ends = np.cumsum([size * k, size, k])
    of_x, of_e, with_x = (slice(a, b) for a, b in ((0, ends[0]), (ends[0], ends[1]), (ends[1], ends[2])))
    p = -products[of_x, with_x].reshape(size, k, k)
    q = products[of_x, of_x].reshape(size, k, size, k).transpose(0, 2, 1, 3)
    return p, q, products[of_e, with_x], products[of_e, of_e], products[of_e, -1]


def _turned(pattern: Pattern, state: State) -> Array:
    # the derivatives of W by gamma, whitened from both sides: (K, m, q, q)
    effects = state.r @ pattern.basis[:, None] @ state.r.transpose(0, 2, 1)
    residual = state.inverse @ state.inverse.transpose(0, 2, 1)
    return np.concatenate([effects, residual[None]])


def _with_pooled(rows: Array, pooled: Array) -> Array:
    # the pooled rows have a part in the residual variance only
    flat = rows.reshape(len(rows), -1, rows.shape[-1])
    below = np.zeros((len(rows), *pooled.shape))
    below[-1] = pooled
    return np.concatenate([flat, below], axis=1)


@dataclass(frozen=True)
class Local:
    """The profiled criterion at one theta: value, gradient and Hessian.

    >>> Local(1.0, np.zeros(1), np.eye(1)).value
    1.0
    """

    value: float
    gradient: Array
    hessian: Array


def profiled(pattern: Pattern, state: State, curve: Curvature) -> Local:
    """The derivatives of the criterion by the entries of the factor, the residual variance profiled out.

    >>> one = np.ones((3, 1, 1))
    >>> data = Reduced(one, one, np.array([[1.0], [2.0], [4.0]]), np.zeros((1, 1)), np.ones(1), 1, 4)
    >>> from adam.stats.covariance import Block
    >>> pattern = Pattern((Block((0,)),))
    >>> state = solve(data, np.eye(1))
    >>> profiled(pattern, state, curvature(data, pattern, state)).gradient.round(6).tolist()
    [-0.1]
    """
    k, tau = pattern.size, state.tau
    jacobian = pattern.jacobian(state.factor)
    along = np.append(pattern.gamma(state.factor), 1.0)  # of gamma by tau
    by_theta = curve.gradient[:k]
    theta2 = tau**2 * jacobian.T @ curve.observed[:k, :k] @ jacobian + tau * pattern.bend @ by_theta
    cross = tau * jacobian.T @ (curve.observed[:k] @ along) + jacobian.T @ by_theta
    tau2 = along @ curve.observed @ along
    return Local(state.value, tau * jacobian.T @ by_theta, theta2 - np.outer(cross, cross) / tau2)
