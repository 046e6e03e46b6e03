"""Which rung is used and why; the design with a change point; a slope per subject."""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from adam.stats.errors import BadInputError, RankDeficientError
from adam.stats.inference import contrast
from adam.stats.ladder import SLOPE_LADDER, fit_ladder
from adam.stats.mixed import fit_mixed
from adam.stats.ols import ols_by_group
from adam.stats.piecewise import piecewise

_spec = importlib.util.spec_from_file_location("dense", Path(__file__).with_name("dense.py"))
dense_reml = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(dense_reml)


def subjects(seed, visits, n_subjects=13, slopes=0.4, noise=1.5):
    rng = np.random.default_rng(seed)
    groups, t = np.repeat(np.arange(n_subjects), len(visits)), np.tile(np.asarray(visits, float), n_subjects)
    effects = rng.normal(size=(n_subjects, 3)) * [5, slopes, slopes]
    design = piecewise(t, knot=6)
    y = design.x @ [40, -1, -0.8] + (design.x * effects[groups]).sum(axis=1) + rng.normal(0, noise, len(t))
    return y, design, groups


def test_the_first_rung_that_holds_is_used():
    y, design, groups = subjects(1, range(13), slopes=1.0)
    ladder = fit_ladder(y, design.x, design.z, groups)
    assert (ladder.rung, ladder.reason) == ("both slopes, unstructured", "")
    np.testing.assert_allclose(ladder.fit.beta, fit_mixed(y, design.x, design.x, groups).beta)


def test_three_visits_walk_down_the_ladder():
    y, design, groups = subjects(2, [0, 6, 12])
    ladder = fit_ladder(y, design.x, design.z, groups)
    first = ladder.tried[0]
    assert first.condition == "too-few-data"
    assert first.reason == "39 observations are too few for 39 random effects of one block"
    assert ladder.reason.startswith("both slopes, unstructured: 39 observations are too few")
    assert ladder.rung in {rung.name for rung in SLOPE_LADDER[1:]}
    assert ladder.tried[-1].used


def test_no_rung_holds():
    y, design, groups = subjects(3, range(5), noise=3.0)
    mean = np.bincount(groups, y) / np.bincount(groups)
    # every subject has the same mean, so that even the intercept's variance is 0
    ladder = fit_ladder(
        y - mean[groups] + design.x[:, 1], design.x[:, :2], design.z, groups, SLOPE_LADDER[3:]
    )
    assert (ladder.fit, ladder.rung) == (None, "")
    assert ladder.reason == "intercept only: the variance of random effect 1 is 0"


def test_what_no_rung_can_mend_is_raised():
    y, design, groups = subjects(4, range(5))
    with pytest.raises(RankDeficientError):
        fit_ladder(y, design.x, design.z, groups)  # nobody comes after the change point
    with pytest.raises(BadInputError):
        fit_ladder(y[:-1], design.x, design.z, groups)


def test_both_codings_are_one_model():
    y, design, groups = subjects(5, range(13), slopes=1.0)
    other = piecewise(design.z[:, 3], 6, "change")
    fits = [fit_mixed(y, one.x, one.z[:, :3], groups) for one in (design, other)]
    assert fits[0].minus2loglik == pytest.approx(fits[1].minus2loglik, abs=1e-7)
    for name in ("before", "after", "change"):
        a, b = (contrast(f, getattr(d, name)) for f, d in zip(fits, (design, other), strict=True))
        assert (a.estimate, a.se, a.df, a.p) == pytest.approx((b.estimate, b.se, b.df, b.p), rel=1e-7)


def test_a_knot_of_their_own():
    design = piecewise([0, 4, 8, 0, 4, 8], [4, 4, 4, 2, 2, 2])
    assert design.x[:, 1:].tolist() == [[0, 0], [4, 0], [4, 4], [0, 0], [2, 2], [2, 6]]
    for args in (([0, np.nan], 4), ([0, 1], [1, 2, 3]), ([[0, 1]], 1), ([0, 1], 1, "other")):
        with pytest.raises(BadInputError):
            piecewise(*args)


points = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-50, 50), st.floats(-1e3, 1e3, width=32)),
    min_size=1,
    max_size=40,
)


@given(points)
def test_lines_agree_with_one_fit_per_group(rows):
    codes, x, y = (np.array(column) for column in zip(*rows, strict=True))
    lines = ols_by_group(codes, x, y, n_groups=5)
    for group in range(5):
        mine = codes == group
        assert lines.n[group] == mine.sum()
        if not mine.any() or np.ptp(x[mine]) == 0:
            assert np.isnan(lines.slope[group])
            assert lines.reason[group].endswith("no slope")
            continue
        assert (lines.x_first[group], lines.x_last[group]) == (x[mine].min(), x[mine].max())
        if np.ptp(y[mine]) == 0:
            assert (lines.slope[group], np.isnan(lines.r2[group])) == (0, True)
            continue
        line = stats.linregress(x[mine], y[mine])
        size = np.abs(y[mine]).max()
        assert lines.slope[group] == pytest.approx(line.slope, rel=1e-9, abs=1e-9 * size)
        assert lines.intercept[group] == pytest.approx(line.intercept, rel=1e-9, abs=1e-9 * size)
        if lines.n[group] > 2:
            # linregress takes R2 from rounded products, so a perfect line has a small error there
            assert lines.se[group] == pytest.approx(line.stderr, rel=1e-6, abs=1e-6 * size)
            assert lines.r2[group] == pytest.approx(line.rvalue**2, abs=1e-8)


def test_lines_far_from_the_origin():
    rng = np.random.default_rng(0)
    x, y = np.arange(8.0), 3 - 0.5 * np.arange(8.0) + rng.normal(size=8)
    near, far = ols_by_group(np.zeros(8, int), x, y), ols_by_group(np.zeros(8, int), x + 1e8, y + 1e8)
    assert far.slope[0] == pytest.approx(near.slope[0], rel=1e-7)
    assert far.se[0] == pytest.approx(near.se[0], rel=1e-6)


def test_lines_leave_out_what_is_missing():
    lines = ols_by_group([0, 0, 0, -1, 0], [0.0, 1, 2, 9, np.nan], [1.0, np.nan, 3, 9, 2], n_groups=2)
    assert lines.n.tolist() == [2, 0]
    assert lines.slope[0] == 1
    assert lines.reason.tolist() == ["two points: no standard error", "no points: no slope"]
    assert ols_by_group([], [], []).n.tolist() == []
    for args in (([0], [1, 2], [1]), ([0.5], [1], [1]), ([0], ["x"], [1])):
        with pytest.raises(BadInputError):
            ols_by_group(*args)


def test_lines_of_ten_thousand_subjects_are_fast():
    codes, x = np.repeat(np.arange(10_000), 8), np.tile(np.arange(8.0), 10_000)
    start = time.process_time()
    lines = ols_by_group(codes, x, np.random.default_rng(0).normal(size=80_000))
    assert time.process_time() - start < 0.5
    assert len(lines.slope) == 10_000
