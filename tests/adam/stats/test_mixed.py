"""The mixed model against a dense V-matrix REML, against its invariances, and what it refuses."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from adam.stats.covariance import Block, Pattern, renumbered
from adam.stats.design import arrays, reduce, scale
from adam.stats.errors import (
    BadInputError,
    FitError,
    NoVariationError,
    RankDeficientError,
    SingularFitError,
    TooFewDataError,
)
from adam.stats.mixed import Diagnostics, _check, fit_mixed
from adam.stats.reml import curvature, profiled, solve

_spec = importlib.util.spec_from_file_location("dense", Path(__file__).with_name("dense.py"))
dense_reml = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(dense_reml)
DIAGONAL, Dense = dense_reml.DIAGONAL, dense_reml.Dense
gamma_of, simulated = dense_reml.gamma_of, dense_reml.simulated

MODELS = [
    pytest.param(1, (Block((0,)),), id="intercept"),
    pytest.param(2, (Block((0, 1)),), id="slope"),
    pytest.param(2, (Block((0, 1), DIAGONAL),), id="diagonal"),
    pytest.param(3, (Block((0, 1, 2)),), id="three"),
    pytest.param(3, (Block((0, 1, 2), DIAGONAL),), id="three diagonal"),
    pytest.param(3, (Block((1, 0)), Block((2,))), id="two blocks, other order"),
]


@pytest.mark.parametrize(("q", "blocks"), MODELS)
@pytest.mark.parametrize("seed", [1, 2])
def test_agrees_with_the_dense_reml(q, blocks, seed):
    data = simulated(seed, n_subjects=14, q=q)
    fit = fit_mixed(*data, blocks)
    dense, gamma = Dense(*data, blocks), gamma_of(fit)
    assert dense.criterion(gamma) == pytest.approx(fit.minus2loglik, abs=1e-7)
    # no direction of the variance parameters leads lower
    again = minimize(dense.criterion, gamma, method="Nelder-Mead", options={"maxiter": 60, "xatol": 1e-10})
    assert again.fun > fit.minus2loglik - 1e-8
    phi, adjusted, p, w = dense.kenward_roger(gamma)
    np.testing.assert_allclose(fit.vcov, phi, rtol=1e-8)
    np.testing.assert_allclose(fit.vcov_kr, adjusted, rtol=1e-7)
    # the traces that degrees of freedom are made of, whatever the scale of the parameters
    gradient = np.array([-phi @ part @ phi for part in p])
    mine = np.einsum("rs,rab,scd->abcd", fit.cov_expected, fit.vcov_gradient, fit.vcov_gradient)
    theirs = np.einsum("rs,rab,scd->abcd", w, gradient, gradient)
    np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-9 * np.abs(theirs).max())


@pytest.mark.parametrize(("q", "blocks"), MODELS)
def test_observed_information_is_that_of_differences(q, blocks):
    data = simulated(3, n_subjects=14, q=q)
    fit = fit_mixed(*data, blocks)
    dense, gamma = Dense(*data, blocks), gamma_of(fit)
    size = len(gamma)
    steps = 1e-3 * np.maximum(np.abs(gamma), 0.05)
    hessian = np.empty((size, size))
    for r, s in itertools.product(range(size), repeat=2):
        a, b = np.eye(size)[r] * steps[r], np.eye(size)[s] * steps[s]
        corners = [
            dense.criterion(gamma + i * a + j * b) * i * j for i, j in itertools.product((1, -1), repeat=2)
        ]
        hessian[r, s] = sum(corners) / (4 * steps[r] * steps[s])
    jacobian = np.array(
        [(dense.vcov(gamma + d) - dense.vcov(gamma - d)) / (2 * d.sum()) for d in np.diag(steps)]
    )
    theirs = np.einsum("rs,rab,scd->abcd", 2 * np.linalg.inv(hessian), jacobian, jacobian)
    mine = np.einsum("rs,rab,scd->abcd", fit.cov_observed, fit.vcov_gradient, fit.vcov_gradient)
    np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4 * np.abs(theirs).max())


@pytest.mark.parametrize(("q", "blocks"), MODELS)
def test_derivatives_by_the_factor(q, blocks):
    y, x, z, codes = arrays(*simulated(5, q=q))
    effects = [column for block in blocks for column in block.columns]
    pattern = Pattern(renumbered(blocks))
    data = reduce(scale(y, x, z[:, effects], codes, pattern.blocks))

    def local(theta):
        state = solve(data, pattern.factor(theta))
        return profiled(pattern, state, curvature(data, pattern, state))

    theta = pattern.start(0.7) + np.linspace(0.05, 0.3, pattern.size)
    here = local(theta)
    gradient = approx_fprime(theta, lambda point: local(point).value, 1e-6)
    np.testing.assert_allclose(here.gradient, gradient, rtol=1e-3, atol=1e-3)
    step = 1e-6
    hessian = [
        (local(theta + d).gradient - local(theta - d).gradient) / (2 * step)
        for d in step * np.eye(len(theta))
    ]
    np.testing.assert_allclose(here.hessian, hessian, rtol=1e-5, atol=1e-5 * np.abs(here.hessian).max())


def test_units_and_order_do_not_matter():
    y, x, z, groups = simulated(4, q=3, n_subjects=14)
    fit = fit_mixed(y, x, z, groups)
    order = np.random.default_rng(0).permutation(len(y))
    shuffled = fit_mixed(y[order], x[order], z[order], [f"S{g:02}" for g in groups[order]])
    np.testing.assert_allclose(shuffled.beta, fit.beta, rtol=1e-8)
    np.testing.assert_allclose(shuffled.g, fit.g, rtol=1e-6)
    units = np.array([1, 1e3, 1e-4])
    other = fit_mixed(1e6 * y, x * units, z * units, groups)
    np.testing.assert_allclose(other.beta * units, 1e6 * fit.beta, rtol=1e-7)
    np.testing.assert_allclose(other.g * np.outer(units, units), 1e12 * fit.g, rtol=1e-5)
    np.testing.assert_allclose(other.vcov_kr * np.outer(units, units), 1e12 * fit.vcov_kr, rtol=1e-5)
    assert other.diagnostics.factor_min == pytest.approx(fit.diagnostics.factor_min, rel=1e-6)


def test_a_far_origin_of_time_is_the_same_model():
    y, x, z, groups = simulated(6, q=2, n_subjects=14)
    move = np.eye(3)
    move[0, 1] = 1000
    moved = fit_mixed(y, x @ move, z @ move[:2, :2], groups)
    fit = fit_mixed(y, x, z, groups)
    np.testing.assert_allclose(moved.beta[1:], fit.beta[1:], rtol=1e-6)
    np.testing.assert_allclose(moved.vcov_kr[1:, 1:], fit.vcov_kr[1:, 1:], rtol=1e-5)
    assert moved.minus2loglik == pytest.approx(fit.minus2loglik, abs=1e-6)


def test_subjects_with_fewer_visits_than_random_effects():
    y, x, z, groups = simulated(7, q=3, n_subjects=20)
    few = np.concatenate([np.flatnonzero(groups == g)[: 1 + g % 6 if g < 6 else None] for g in range(20)])
    fit = fit_mixed(y[few], x[few], z[few], groups[few])
    dense = Dense(y[few], x[few], z[few], groups[few], fit.blocks)
    assert dense.criterion(gamma_of(fit)) == pytest.approx(fit.minus2loglik, abs=1e-7)
    np.testing.assert_allclose(fit.vcov_kr, dense.kenward_roger(gamma_of(fit))[1], rtol=1e-6)


def test_all_starts_agree_on_gentle_data():
    fit = fit_mixed(*simulated(8, q=2, n_subjects=30))
    assert fit.diagnostics.converged
    assert fit.diagnostics.starts_agreeing == 3
    assert fit.diagnostics.gradient < 1e-6
    assert fit.correlation[0, 0] == pytest.approx(1)


def refusal(*args):
    with pytest.raises(FitError) as caught:
        fit_mixed(*args)
    return caught.value


def test_refuses_bad_input():
    y, x, z, groups = simulated(1)
    for args in (
        (y[:-1], x, z, groups),
        (np.where(np.arange(len(y)) == 3, np.nan, y), x, z, groups),
        (y, x[:, 0], z, groups),
        (y, x, z, groups, [Block((0, 5))]),
        (y, x, z, groups, [Block((0, 1)), Block((1,))]),
        (y, x, z, groups, [Block(())]),
        (y, x, z, groups, [Block((0,), "banded")]),
        (y, x[:, :0], z, groups),
        (["a"] * len(y), x, z, groups),
        (y, x, z, [None, *groups[1:]]),
        (y, x, z, np.where(groups == 1, np.nan, groups)),
        ([], x[:0], z[:0], []),
    ):
        assert isinstance(refusal(*args), BadInputError)


def test_refuses_a_design_without_full_rank():
    y, x, z, groups = simulated(1)
    error = refusal(y, np.column_stack([x, x[:, 1] - 2 * x[:, 2]]), z, groups)
    assert isinstance(error, RankDeficientError)
    assert "of the fixed design is a linear combination" in str(error)
    assert isinstance(refusal(y, x, np.column_stack([z, z[:, 1]]), groups), RankDeficientError)
    assert isinstance(refusal(y, x, z * [1, 0], groups), RankDeficientError)
    assert isinstance(refusal(y, x, z * [1, 0], groups, [Block((0, 1), DIAGONAL)]), RankDeficientError)


def test_refuses_more_parameters_than_data():
    y, x, z, groups = simulated(1, q=3)
    first = np.concatenate([np.flatnonzero(groups == g)[:3] for g in range(9)])
    error = refusal(y[first], x[first], z[first], groups[first])
    assert isinstance(error, TooFewDataError)
    assert str(error) == "27 observations are too few for 27 random effects of one block"
    assert isinstance(refusal(y, x, z, np.zeros(len(y))), TooFewDataError)
    assert isinstance(refusal(y, x, z, np.arange(len(y))), TooFewDataError)
    assert isinstance(refusal(y[:4], x[:4], z[:4, :1], [1, 1, 2, 2]), TooFewDataError)


def test_refuses_variances_that_the_visits_cannot_tell_apart():
    rng = np.random.default_rng(2)
    groups, t = np.repeat(np.arange(40), 2), np.tile([-1.0, 1.0], 40)
    y = rng.normal(size=80) + rng.normal(size=40)[groups]
    x = np.column_stack([np.ones(80), t])
    # intercept and slope have the same share of both visits' variances as the residual
    error = refusal(y, x, np.column_stack([np.ones(80), t, t**2 + t]), groups, [Block((0, 1, 2), DIAGONAL)])
    assert isinstance(error, (TooFewDataError, SingularFitError))


def test_refuses_a_variance_at_zero():
    y, x, z, groups = simulated(1, noise=5.0)
    mean = np.bincount(groups, y) / np.bincount(groups)
    error = refusal(y - mean[groups], x, z[:, :1], groups)
    assert isinstance(error, SingularFitError)
    assert str(error) == "the variance of random effect 1 is 0"
    assert error.condition == "singular"


def test_refuses_a_correlation_of_one():
    # effects in proportion, and residuals that are the same for all: the visits show nothing else
    groups, t = np.repeat(np.arange(12), 5), np.tile(np.arange(5.0), 12)
    x = np.column_stack([np.ones(60), t])
    y = 3.0 * (np.arange(12) ** 2 % 7)[groups] * (1 + t) + np.tile([1, -2, 0, 2, -1], 12)
    error = refusal(y, x, x, groups)
    assert isinstance(error, SingularFitError)
    assert "correlation" in str(error)


def test_refuses_a_response_without_noise():
    y, x, z, groups = simulated(1)
    assert isinstance(refusal(x @ [1, 2, 3], x, z, groups), NoVariationError)
    assert isinstance(refusal(np.full(len(y), 7.0), x, z, groups), NoVariationError)
    exact = x @ [1, 2, 3] + np.arange(9)[groups] ** 2
    assert isinstance(refusal(exact, x, z[:, :1], groups), FitError)


def test_a_fit_that_did_not_converge_is_an_error():
    y, x, z, codes = arrays(*simulated(1, q=1))
    scaled = scale(y, x, z, codes, (Block((0,)),))
    state = solve(reduce(scaled), np.eye(1))
    with pytest.raises(FitError, match="no strict minimum after 200 steps"):
        _check(Diagnostics(1.0, 0.5, 1.0, 1.0, 1.0, 200, 3, 1), state, scaled)


@pytest.mark.parametrize("seed", range(25))
def test_small_noisy_samples_are_fitted_or_refused(seed):
    data = simulated(100 + seed, n_subjects=5, q=1 + seed % 3, noise=3.0)
    try:
        fit = fit_mixed(*data)
    except (SingularFitError, TooFewDataError):
        return
    assert fit.diagnostics.converged
    dense = Dense(*data, fit.blocks)
    assert dense.criterion(gamma_of(fit)) == pytest.approx(fit.minus2loglik, abs=1e-6)


@pytest.mark.parametrize("noise", [1e-2, 1e-4])
def test_effects_that_are_much_larger_than_the_noise(noise):
    y, x, z, groups = simulated(9, q=3, n_subjects=14, noise=0.0)
    error = np.random.default_rng(9).normal(0, noise, len(y))
    fit = fit_mixed(y + error, x, z, groups)
    assert fit.sigma2**0.5 == pytest.approx(noise, rel=0.3)
    assert fit.diagnostics.gradient < 1e-6
