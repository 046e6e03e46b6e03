"""Tests of pairs against enumeration, against scipy, and against R's numbers."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from adam.stats.brent import uniroot
from adam.stats.errors import BadInputError
from adam.stats.ols import ols_by_group
from adam.stats.signed_rank import APPROXIMATE, EXACT, null_distribution, signed_rank_test
from adam.stats.tests_paired import binomial_ci, geometric_mean_ratio, one_sample_t, paired_t, spearman


def enumerated(values):
    """The statistic and its two-sided p, by all signs."""
    ranks = stats.rankdata(np.abs(values))
    sums = [float((ranks * signs).sum()) for signs in itertools.product((0, 1), repeat=len(ranks))]
    statistic = float(ranks[np.asarray(values) > 0].sum())
    sums = np.array(sums)
    return statistic, min(1, 2 * min((sums <= statistic).mean(), (sums >= statistic).mean()))


@pytest.mark.parametrize("n", range(1, 13))
def test_exact_signed_rank_is_the_enumeration(n):
    rng = np.random.default_rng(n)
    for _ in range(5):
        values = rng.normal(0.3, 1, n)
        test = signed_rank_test(values)
        assert (test.statistic, test.p) == pytest.approx(enumerated(values))
        assert test.convention == EXACT
        other = stats.wilcoxon(values, method="exact")
        assert test.p == pytest.approx(other.pvalue)
        assert test.estimate == pytest.approx(np.median([(a + b) / 2 for a, b in pairs_of(values)]))


def pairs_of(values):
    return itertools.combinations_with_replacement(values, 2)


@pytest.mark.parametrize("n", range(6, 16))
def test_the_interval_holds_what_the_test_accepts(n):
    values = np.random.default_rng(n).normal(0.5, 1, n)
    test = signed_rank_test(values)
    width = test.high - test.low
    for shift, inside in ((test.low + 1e-9 * width, True), (test.low - 1e-9 * width, False)):
        assert (signed_rank_test(values - shift).p > 0.05) == inside
    for shift, inside in ((test.high - 1e-9 * width, True), (test.high + 1e-9 * width, False)):
        assert (signed_rank_test(values - shift).p > 0.05) == inside
    assert test.achieved >= 0.95


def test_null_distribution_sums_to_one():
    for n in (1, 2, 30, 200):
        chances = null_distribution(n)
        assert chances.sum() == pytest.approx(1)
        np.testing.assert_allclose(chances, chances[::-1])


def split_slopes(table, subject, t, y, first, second):
    codes = pd.factorize(table[subject])[0]
    lines = [ols_by_group(np.where(part, codes, -1), t, y, codes.max() + 1) for part in (first, second)]
    enough = (lines[0].n >= 3) & (lines[1].n >= 3)
    return lines[0].slope[enough], lines[1].slope[enough]


def test_slopes_of_sleepstudy_as_in_r(reference):
    path = reference / "lmm" / "sleepstudy.csv"
    if not path.is_file():
        pytest.skip("no reference data sleepstudy.csv")
    table = pd.read_csv(path)
    days, reaction = table.Days.to_numpy(float), table.Reaction.to_numpy()
    slopes = ols_by_group(pd.factorize(table.Subject)[0], days, reaction).slope
    one = one_sample_t(slopes)
    assert (one.mean, one.sd) == pytest.approx((10.467285960, 6.558226865), rel=1e-9)
    assert (one.t, one.p) == pytest.approx((6.771485, 3.263788e-06), rel=2e-7)
    early, late = split_slopes(table, "Subject", days, reaction, days <= 4, days >= 4)
    test = paired_t(late, early)
    assert (test.t, test.p) == pytest.approx((0.935438, 0.362662), abs=5e-7)
    ranks = signed_rank_test(late - early)
    assert (ranks.statistic, ranks.p) == (116, pytest.approx(0.196388245, abs=5e-10))
    assert (ranks.estimate, ranks.low, ranks.high) == pytest.approx(
        (5.319702, -3.243537, 11.429701), abs=1e-6
    )


def test_slopes_of_thirteen_subjects_as_in_r(reference):
    path = reference / "lmm" / "als13.csv"
    if not path.is_file():
        pytest.skip("no reference data als13.csv")
    table = pd.read_csv(path)
    t, y = table["T"].to_numpy(), table.AVAL.to_numpy(float)
    # week 24 starts the second period, also where it still ends the first one
    treated, later = (table.ONTRT == 1).to_numpy(), (table.WEEK >= 24).to_numpy()
    first, second = split_slopes(table, "SUBJ", t, y, treated, later)
    assert len(first) == 11
    assert (first.mean(), second.mean()) == pytest.approx((-0.767945, -1.080033), abs=5e-7)
    ranks, test = signed_rank_test(second - first), paired_t(second, first)
    assert (ranks.statistic, ranks.p) == (19, 0.240234375)
    assert (ranks.estimate, ranks.low, ranks.high) == pytest.approx(
        (-0.301643, -0.788013, 0.112460), abs=5e-7
    )
    assert (test.t, test.p) == pytest.approx((-1.670418, 0.125791), abs=5e-7)


def test_ties_and_zeros_take_the_normal_approximation():
    values = [1.0, 2.0, 2.0, -1.0, 3.0, 4.0, 0.0, 5.5]
    test = signed_rank_test(values)
    assert (test.n, test.n_zero, test.convention) == (7, 1, APPROXIMATE)
    ranks = stats.rankdata(np.abs([v for v in values if v]))
    variance = 7 * 8 * 15 / 24 - (2**3 - 2) * 2 / 48
    z = (ranks[[0, 1, 2, 4, 5, 6]].sum() - 14 - 0.5) / variance**0.5
    assert test.p == pytest.approx(2 * stats.norm.sf(z))
    other = stats.wilcoxon(values, correction=True, method="asymptotic")
    assert test.p == pytest.approx(other.pvalue)
    # the limits lie where the statistic jumps past the quantile: at averages of two differences
    walsh = np.array([(a + b) / 2 for a, b in pairs_of([v for v in values if v])])
    for limit in (test.low, test.high):
        assert np.abs(walsh - limit).min() < 1e-4


def test_fifty_differences_are_approximate_unless_exact_is_asked_for():
    values = np.random.default_rng(0).normal(0.2, 1, 60)
    plain, exact = signed_rank_test(values), signed_rank_test(values, exact=True)
    assert (plain.convention, exact.convention) == (APPROXIMATE, EXACT)
    assert plain.p == pytest.approx(exact.p, abs=2e-3)
    assert (plain.low, plain.high) == pytest.approx((exact.low, exact.high), abs=0.02)
    assert signed_rank_test(values[:20], exact=False).convention == APPROXIMATE


@pytest.mark.parametrize(
    ("values", "reason", "statistic", "p"),
    [
        ([], "no differences", None, None),
        ([np.nan], "no differences", None, None),
        ([0.0, 0.0], "all differences are 0", None, None),
        ([1.5], "one difference: no interval", 1, 1),
        ([2.0, 2.0, 2.0], "all differences are equal: no interval", 6, pytest.approx(0.148915, abs=1e-6)),
        ([1.0, 1.0, -1.0], "too few differences: no interval", 4, pytest.approx(0.772830, abs=1e-6)),
    ],
)
def test_few_or_equal_differences_have_a_reason(values, reason, statistic, p):
    test = signed_rank_test(values)
    assert (test.reason, test.statistic, test.p) == (reason, statistic, p)
    assert (test.low, test.high, test.achieved) == (None, None, None)


@given(st.lists(st.integers(-6, 6).map(float) | st.floats(-5, 5), max_size=12))
def test_signed_rank_always_says_what_is_missing(values):
    test = signed_rank_test(values)
    assert (test.low is None) == (test.reason != "")
    assert (test.p is None) == (test.n == 0)
    assert test.p is None or 0 <= test.p <= 1
    if test.low is not None:
        assert test.low <= test.estimate + 1e-4
        assert test.estimate <= test.high + 1e-4


def test_uniroot_finds_roots():
    for function, root in ((np.cos, np.pi / 2), (lambda x: x**9 - 0.1, 0.1 ** (1 / 9)), (lambda x: x - 3, 3)):
        assert uniroot(function, 0, 3, 1e-10) == pytest.approx(root, abs=1e-9)
    assert uniroot(lambda x: x, 0, 1) == 0
    with pytest.raises(ValueError, match="same sign"):
        uniroot(lambda x: x * x + 1, 0, 1)


@given(st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=20))
def test_one_sample_t_is_that_of_scipy(values):
    test = one_sample_t(values, null=0.5)
    assert test.mean == pytest.approx(np.mean(values), rel=1e-12, abs=1e-300)
    if test.reason:
        assert (test.t, test.p, test.low) == (None, None, None)
        return
    other = stats.ttest_1samp(values, 0.5)
    assert (test.t, test.p) == pytest.approx((other.statistic, other.pvalue), rel=1e-6, abs=1e-12)
    assert (test.low, test.high) == pytest.approx(tuple(other.confidence_interval()), rel=1e-6, abs=1e-9)


def test_t_tests_of_little_have_a_reason():
    assert one_sample_t([]).reason == "no values"
    assert one_sample_t([2.0, np.nan]).mean == 2
    same = one_sample_t([0.1 + 0.2, 0.3, 0.3])
    assert (same.reason, same.sd, same.p) == ("all values are equal: no test", 0, None)
    pair = paired_t([1.0, np.nan, 3.0], [1.0, 2.0, 3.0])
    assert (pair.n, pair.n_missing, pair.reason) == (2, 1, "all differences are equal: no test")
    assert paired_t([], []).reason == "no differences"
    for call in (
        lambda: paired_t([1.0], [1.0, 2.0]),
        lambda: paired_t(["a"], [1.0]),
        lambda: one_sample_t([np.inf]),
        lambda: one_sample_t(["a"]),
        lambda: one_sample_t([1.0, 2.0], level=95),
    ):
        with pytest.raises(BadInputError):
            call()


def test_ratio_of_geometric_means():
    first, second = np.array([2.0, 3.0, 5.0, 8.0]), np.array([1.0, 2.0, 2.0, 5.0])
    ratio = geometric_mean_ratio(first, second)
    assert ratio.ratio == pytest.approx(stats.gmean(first) / stats.gmean(second))
    back = geometric_mean_ratio(second, first)
    assert (back.ratio, back.low, back.high) == pytest.approx(
        (1 / ratio.ratio, 1 / ratio.high, 1 / ratio.low)
    )
    assert geometric_mean_ratio([1.0, 0.0, -1.0], [1.0, 1.0, 1.0]).reason.startswith("2 of 3 pairs have")
    assert geometric_mean_ratio([2.0], [1.0]).reason == "one ratio: no standard deviation"
    assert geometric_mean_ratio([2.0, 4.0], [1.0, 2.0]).reason == "all ratios are equal: no test"
    assert geometric_mean_ratio([], []).reason == "no ratios"


@pytest.mark.parametrize("n", [1, 5, 13, 100])
def test_binomial_interval_is_that_of_scipy(n):
    for count in {0, 1, n // 2, n}:
        mine = binomial_ci(count, n, 0.9)
        other = stats.binomtest(count, n).proportion_ci(0.9, "exact")
        assert (mine.low, mine.high) == pytest.approx((other.low, other.high), abs=1e-9)
    for count in (-1, n + 1, 0.5):
        with pytest.raises(BadInputError):
            binomial_ci(count, n)


@pytest.mark.parametrize("n", [3, 5, 7])
def test_exact_spearman_is_the_permutation_test(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n), rng.normal(size=n)
    test = spearman(a, b)
    rhos = np.array(
        [stats.spearmanr(a, b[list(order)]).statistic for order in itertools.permutations(range(n))]
    )
    tail = min((rhos >= test.rho - 1e-9).mean(), (rhos <= test.rho + 1e-9).mean())
    assert (test.convention, test.p) == ("exact", pytest.approx(min(1, 2 * tail)))
    assert test.rho == pytest.approx(stats.spearmanr(a, b).statistic)


def test_spearman_of_more_pairs():
    # R's example of cor.test: Hollander and Wolfe (1973), p. 187; S = 48, p = 0.0968 by its exact test of 9
    x = [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1]
    y = [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8]
    nine = spearman(x, y)
    assert (nine.rho, nine.p) == pytest.approx((0.6, 0.0968), abs=5e-5)
    rng = np.random.default_rng(1)
    a = rng.normal(size=30)
    b = a + 2 * rng.normal(size=30)
    series, by_t = spearman(a, b), stats.spearmanr(a, b)
    assert (series.convention, series.rho) == ("Edgeworth series", pytest.approx(by_t.statistic))
    assert series.p == pytest.approx(by_t.pvalue, abs=3e-3)
    assert spearman(a, -b).p == pytest.approx(series.p, abs=1e-3)
    rounded = spearman(np.round(a), np.round(b))
    other = stats.spearmanr(np.round(a), np.round(b))
    assert (rounded.convention, rounded.p) == ("t approximation", pytest.approx(other.pvalue))
    assert spearman(range(20), range(20)).p < 1e-5
    assert spearman([1.0, 1.0, 2.0], [3.0, 3.0, 4.0]).p == 0


def test_spearman_of_little_has_a_reason():
    assert spearman([], []).reason == "fewer than two pairs: no correlation"
    assert spearman([1.0, np.nan], [2.0, 3.0]).n_missing == 1
    assert spearman([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]).rho is None
