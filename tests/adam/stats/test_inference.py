"""Degrees of freedom against R's numbers and against the classic analysis of variance."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adam.stats.covariance import Block
from adam.stats.errors import BadInputError, NoInferenceError
from adam.stats.inference import contrast, f_test
from adam.stats.mixed import fit_mixed

_spec = importlib.util.spec_from_file_location("dense", Path(__file__).with_name("dense.py"))
dense_reml = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(dense_reml)
DIAGONAL, Dense = dense_reml.DIAGONAL, dense_reml.Dense
gamma_of, simulated = dense_reml.gamma_of, dense_reml.simulated

# R 4.2.2: lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2. lme4 stops its search at about 1e-6 of the optimum.
# data, columns, blocks, weights, estimate, SE, Satterthwaite df and p, KR SE, df and p, -2 REML logLik
GOLD = [
    ("sleepstudy", ["Days"], [Block((0, 1))], [0, 1],
     10.467285960, 1.545789644, 16.99998, 3.263824e-06, 1.545789644, 17, 3.263808e-06, 1743.628272),
    ("sleepstudy", ["Days"], [Block((0, 1))], [1, 0],
     251.405104848, 6.824596695, 16.99973, 1.1716e-17, 6.824596695, 17, None, 1743.628272),
    ("sleepstudy", ["Days"], [Block((0,))], [0, 1],
     10.467285960, 0.804221429, 161, 6.412601e-27, 0.804221429, 161, 6.412601e-27, 1786.465085),
    ("sleepstudy", ["Days"], [Block((0, 1), DIAGONAL)], [0, 1],
     10.467285960, 1.559569098, 18.15609, 2.594097e-06, 1.559569098, 18.18747, 2.570918e-06, 1743.669294),
    ("sleepstudy", ["D1", "D2"], [Block((0, 1, 2))], [0, -1, 1],
     2.928534902, 3.784249604, 17, 0.449633666, 3.784249604, 17, 0.449633669, 1731.231342),
    ("als13", ["T1", "T2"], [Block((0, 1, 2))], [0, -1, 1],
     -0.210119057, 0.204708532, 9.38171, 0.330425195, 0.208323925, 11.19261, 0.334466376, 480.011201),
    ("als13", ["T"], [Block((0, 1))], [0, 1],
     -0.957023540, 0.120510706, 11.68304, 4.803051e-06, 0.120733312, 11.92378, 4.300917e-06, 501.369834),
]  # fmt: skip
OUTCOME = {"sleepstudy": ("Reaction", "Subject"), "als13": ("AVAL", "SUBJ")}


def public(reference, name, columns):
    """Response, design and subjects of a public data set, with sleepstudy's knot at day 4."""
    path = reference / "lmm" / f"{name}.csv"
    if not path.is_file():
        pytest.skip(f"no reference data {path.name}")
    table = pd.read_csv(path)
    if name == "sleepstudy":
        table = table.assign(D1=table.Days.clip(upper=4), D2=(table.Days - 4).clip(lower=0))
    response, subject = OUTCOME[name]
    x = np.column_stack([np.ones(len(table)), *(table[column] for column in columns)])
    return table[response].to_numpy(), x, x, table[subject].to_numpy()


@pytest.mark.parametrize("row", GOLD, ids=lambda row: f"{row[0]} {row[2]} {row[3]}")
def test_agrees_with_r(reference, row):
    name, columns, blocks, weights, estimate, se, df, p, kr_se, kr_df, kr_p, minus2loglik = row
    fit = fit_mixed(*public(reference, name, columns), blocks)
    assert fit.minus2loglik == pytest.approx(minus2loglik, abs=6e-7)
    plain, adjusted = contrast(fit, weights, "satterthwaite"), contrast(fit, weights)
    assert plain.estimate == pytest.approx(estimate, rel=1e-6)
    assert plain.se == pytest.approx(se, rel=6e-6)
    assert plain.df == pytest.approx(df, rel=2e-5)
    assert plain.p == pytest.approx(p, rel=8e-4 if p < 1e-15 else 7e-5)
    assert adjusted.se == pytest.approx(kr_se, rel=6e-6)
    assert adjusted.df == pytest.approx(kr_df, rel=2e-6)
    assert kr_p is None or adjusted.p == pytest.approx(kr_p, rel=7e-5)


def test_variances_of_sleepstudy(reference):
    fit = fit_mixed(*public(reference, "sleepstudy", ["Days"]))
    # R: 612.100158, 9.604409, 35.071714 and 654.940008, with what its search leaves over
    assert fit.g[np.tril_indices(2)].tolist() == pytest.approx([612.100158, 9.604409, 35.071714], rel=2e-5)
    assert fit.sigma2 == pytest.approx(654.940008, rel=2e-6)
    assert (fit.n_obs, fit.n_subjects) == (180, 18)


def test_balanced_slopes_are_the_paired_t_test():
    y, x, _, groups = simulated(1, n_subjects=16, balanced=True)
    x = x[:, :2]
    slopes = np.array([np.polyfit(x[groups == g, 1], y[groups == g], 1)[0] for g in range(16)])
    classic = stats.ttest_1samp(slopes, 0)
    fit = fit_mixed(y, x, x, groups)
    for method in ("kenward-roger", "satterthwaite"):
        test = contrast(fit, [0, 1], method)
        assert (test.df, test.t) == (pytest.approx(15, rel=1e-8), pytest.approx(classic.statistic, rel=1e-8))
        assert test.p == pytest.approx(classic.pvalue, rel=1e-7)
        interval = classic.confidence_interval()
        assert (test.low, test.high) == pytest.approx((interval.low, interval.high), rel=1e-7)


@pytest.mark.parametrize("levels", [3, 4, 6])
def test_balanced_blocks_are_the_two_way_anova(levels):
    rng = np.random.default_rng(levels)
    table = rng.normal(size=(12, levels)) + 2 * rng.normal(size=(12, 1)) + np.arange(levels) / 4
    groups, level = np.repeat(np.arange(12), levels), np.tile(np.arange(levels), 12)
    x = np.column_stack([np.ones(12 * levels), *(level == i for i in range(1, levels))])
    fit = fit_mixed(table.ravel(), x, np.ones((12 * levels, 1)), groups)
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    df = 11 * (levels - 1)
    classic = 12 * table.mean(axis=0).var(ddof=1) / ((rest**2).sum() / df)
    for method in ("kenward-roger", "satterthwaite"):
        test = f_test(fit, np.eye(levels)[1:], method)
        assert test.f == pytest.approx(classic, rel=1e-7)
        assert (test.num_df, test.den_df) == (levels - 1, pytest.approx(df, rel=1e-6))
        assert test.p == pytest.approx(stats.f.sf(classic, levels - 1, df), rel=1e-5)


def test_one_row_is_the_square_of_t():
    fit = fit_mixed(*simulated(2, n_subjects=14))
    for method in ("kenward-roger", "satterthwaite"):
        t, f = contrast(fit, [0, 1, 1], method), f_test(fit, [[0, 1, 1]], method)
        assert (f.f, f.den_df, f.p) == pytest.approx((t.t**2, t.df, t.p), rel=1e-9)
        assert f.scaling == 1


def test_several_rows_follow_the_paper():
    """The formulas of Kenward and Roger (1997), section 4, with n x n matrices and as printed."""
    data = simulated(3, n_subjects=14)
    fit = fit_mixed(*data)
    rows = np.array([[0.0, 1, 0], [0, 1, 1]])
    phi, adjusted, p, w = Dense(*data, fit.blocks).kenward_roger(gamma_of(fit))
    theta = rows.T @ np.linalg.inv(rows @ phi @ rows.T) @ rows
    a1 = a2 = 0.0
    for i in range(len(p)):
        for j in range(len(p)):
            ui, uj = theta @ phi @ p[i] @ phi, theta @ phi @ p[j] @ phi
            a1 += w[i, j] * np.trace(ui) * np.trace(uj)
            a2 += w[i, j] * np.trace(ui @ uj)
    b = (a1 + 6 * a2) / 4
    g = (3 * a1 - 6 * a2) / (4 * a2)
    c1, c2, c3 = np.array([g, 2 - g, 4 - g]) / (6 + 2 * (1 - g))
    mean = 1 / (1 - a2 / 2)
    variance = (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    rho = variance / (2 * mean**2)
    df = 4 + 4 / (2 * rho - 1)
    scaling = df / (mean * (df - 2))
    effects = rows @ fit.beta
    wald = effects @ np.linalg.inv(rows @ adjusted @ rows.T) @ effects / 2
    test = f_test(fit, rows)
    assert (test.den_df, test.scaling, test.f) == pytest.approx((df, scaling, scaling * wald), rel=1e-6)


def test_which_rows_span_the_hypothesis_does_not_matter():
    fit = fit_mixed(*simulated(4, n_subjects=14))
    first, second = f_test(fit, [[0, 1, 0], [0, 0, 1]]), f_test(fit, [[0, 1, 1], [0, 3, -1]])
    assert (first.f, first.den_df, first.p) == pytest.approx((second.f, second.den_df, second.p), rel=1e-8)


def test_refuses_contrasts_that_say_nothing():
    fit = fit_mixed(*simulated(5, n_subjects=14))
    for weights in ([0, 1], [[0, 1, 0], [0, 0, 1]], [0, np.nan, 0], []):
        with pytest.raises(BadInputError):
            contrast(fit, weights)
    with pytest.raises(BadInputError, match="method"):
        contrast(fit, [0, 1, 0], "between-within")
    with pytest.raises(BadInputError, match="level"):
        contrast(fit, [0, 1, 0], level=95)
    with pytest.raises(NoInferenceError, match="no variance"):
        contrast(fit, [0, 0, 0])
    with pytest.raises(NoInferenceError, match="depend on one another"):
        f_test(fit, [[0, 1, 0], [0, 2, 0]])
    with pytest.raises(NoInferenceError):
        f_test(fit, [[0, 0, 0]])


def test_another_null_value_moves_t_only():
    fit = fit_mixed(*simulated(6, n_subjects=14))
    plain, moved = contrast(fit, [0, 1, 0]), contrast(fit, [0, 1, 0], null=plain_estimate(fit))
    assert (moved.t, moved.p, moved.low) == (0, 1, plain.low)


def plain_estimate(fit):
    return float(np.array([0.0, 1, 0]) @ fit.beta)
