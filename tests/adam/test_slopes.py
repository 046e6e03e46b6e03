"""Slopes by group: against scipy, whatever the order of the records, with the records behind each."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from adam.rules.slopes import MONTH, Slopes
from trialkit.column import Column
from trialkit.records import Records
from trialkit.samples import sample_context

POINTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 400), st.integers(-50, 50)), min_size=1, max_size=40
)


def records(subject, day, value, **more):
    columns = {"ID": Column.text(subject), "DAY": Column.numbers(day), "AVAL": Column.numbers(value)}
    return Records.start("ADQS", columns | more, len(subject))


def made(rows, **keys):
    given = {"slopes": "AVAL", "over": "DAY", "by": "ID", "periods": {"1": "DAY > 0"}} | keys
    return Slopes.model_validate(given).apply(rows, sample_context(rows, "ADSLOPE"))


@given(POINTS)
def test_slopes_equal_those_of_scipy(points):
    group, x, y = (np.array(one) for one in zip(*points, strict=True))
    rows = records([f"S{number}" for number in group], x, y)
    after = made(rows, at_least=2, give=["slope", "intercept", "se", "n"]).columns
    found = after["AVAL"].objects().reshape(-1, 4)
    for place, number in enumerate(dict.fromkeys(group)):
        mine = group == number
        assert found[place, 3] == mine.sum()
        if len(set(x[mine])) < 2:
            assert np.isnan(found[place, :3]).all()
            continue
        fit = stats.linregress(x[mine], y[mine])
        expected = [fit.slope * MONTH, fit.intercept]
        assert np.allclose(found[place, :2], expected, rtol=1e-9, atol=1e-7)
        if mine.sum() > 2 and len(set(y[mine])) > 1:
            assert np.isclose(found[place, 2], fit.stderr * MONTH, rtol=1e-6, atol=1e-5)


@given(POINTS, st.randoms())
def test_the_order_of_the_records_does_not_matter(points, random):
    points = list({(group, x): (group, x, y) for group, x, y in points}.values())  # one on each day
    found = []
    for one in (points, random.sample(points, len(points))):
        group, x, y = (np.array(part) for part in zip(*one, strict=True))
        give = ["slope", "rate", "first", "last", "n"]
        after = made(records([f"S{number}" for number in group], x, y), at_least=2, give=give).columns
        names = after["ID"].objects()[::5].tolist()
        found.append(dict(zip(names, after["AVAL"].objects().reshape(-1, 5), strict=True)))
    assert found[0].keys() == found[1].keys()
    assert all(np.allclose(one, found[1][name], equal_nan=True) for name, one in found[0].items())


def test_equal_values_have_a_slope_of_exactly_zero():
    rows = records(["A"] * 7, np.arange(1, 8) * 28.0, [0.1] * 7)
    assert made(rows).columns["AVAL"].objects().tolist() == [0.0]


def test_far_dates_lose_no_digits():
    day = np.array([22000.0, 22030, 22061, 22090])
    rows = records(["A"] * 4, day, 40 - 0.001 * day)
    assert made(rows).columns["AVAL"].objects()[0] == pytest.approx(-0.001 * MONTH, rel=1e-9)


def test_records_behind_a_slope_are_listed():
    rows = records(["A"] * 5, [1.0, 29, 57, 85, 113], [40.0, 39, np.nan, 37, 36])
    keys = {"periods": {"1": "DAY < 60", "2": "DAY > 60"}, "shared": "DAY == 29", "at_least": 2}
    after = made(rows, give=["slope", "slope_difference"], **keys)
    listed = {
        int(number): many.row[many.record == number].tolist() for many in after.many for number in many.record
    }
    assert listed == {0: [0, 1], 1: [1, 3, 4], 2: [0, 1, 3, 4]}
    assert after.rows["ADQS"].tolist() == [-1, -1, -1]


def test_a_shared_visit_counts_in_both_periods():
    rows = records(["A"] * 4, [1.0, 57, 113, 169], [40.0, 38, 37, 33], P=Column.numbers([1, 1, 2, 2]))
    keys = {"periods": {"1": "P == 1", "2": "P == 2"}, "at_least": 2, "give": ["n"]}
    assert made(rows, **keys).columns["AVAL"].objects().tolist() == [2, 2]
    assert made(rows, shared="DAY == 57", **keys).columns["AVAL"].objects().tolist() == [2, 3]


def test_a_subject_without_a_period_has_a_record_from_no_record():
    rows = records(["A", "A"], [1.0, 57], [40.0, 38])
    after = made(rows, periods={"1": "DAY < 60", "2": "DAY > 60"}, at_least=2)
    assert after.columns["REASON"].objects().tolist() == ["", "NO ASSESSMENT"]
    assert {many.record.tolist()[0] for many in after.many} == {0}
    assert after.rows["ADQS"].tolist() == [-1, -1]


def test_a_difference_needs_two_periods():
    with pytest.raises(ValueError, match="two periods"):
        Slopes.model_validate(
            {"slopes": "A", "over": "D", "by": "I", "periods": {"1": "D > 0"}, "give": "slope_difference"}
        )


def test_ten_thousand_subjects_take_less_than_a_second():
    subjects, visits = 10_000, 8
    rng = np.random.default_rng(1)
    day = np.tile(np.linspace(1, 337, visits).round(), subjects) + rng.integers(0, 7, subjects * visits)
    name = np.repeat([f"S{number:05d}" for number in range(subjects)], visits)
    rows = records(name.tolist(), day, 40 - day / 30 + rng.normal(0, 1, len(day)))
    keys = {"periods": {"1": "DAY < 180", "2": "DAY > 160"}, "give": ["slope", "rate", "slope_difference"]}
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        after = made(rows, at_least=2, **keys)
        best = min(best, time.perf_counter() - start)
    assert after.count == 5 * subjects
    assert best < 1
