"""Rounding against the decimal module's own arithmetic."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.rounding import fixed_text, round_half

QUICK = settings(max_examples=200, derandomize=True, deadline=None)
floats = st.floats(-1e12, 1e12)


@pytest.mark.parametrize(
    ("value", "decimals", "mode", "expected"),
    [
        (2.675, 2, "half_up", 2.68),
        (1.005, 2, "half_up", 1.01),
        (-2.5, 0, "half_up", -3.0),
        (2.5, 0, "half_even", 2.0),
        (3.5, 0, "half_even", 4.0),
        (-2.999, 1, "truncate", -2.9),
        ("0.15", 1, "half_up", 0.2),
        (Decimal("0.25"), 1, "half_even", 0.2),
        (1250, -2, "half_even", 1200.0),
        (1e300, 3, "half_up", 1e300),
        (5e-324, 2, "half_up", 0.0),
        ((2.34 + 2.35) / 2, 2, "half_up", 2.35),
        ((99.41 - 32) / 1.8, 1, "half_up", 37.5),
        ((100.13 - 32) / 1.8, 1, "half_up", 37.9),
        (-(2.34 + 2.35) / 2, 2, "half_up", -2.35),
        (0.1 * 3 * 10, 0, "truncate", 3.0),
        (1.1 - 0.2 - 0.9 + 4.35, 1, "half_even", 4.4),
        (1234567890123.4567, 3, "half_up", 1234567890123.457),
        (9007199254740991.0, 0, "half_up", 9007199254740991.0),
    ],
)
def test_halves(value, decimals, mode, expected):
    assert round_half(value, decimals, mode) == expected


def test_a_zero_has_no_sign():
    assert math.copysign(1, round_half(-0.001, 1)) == 1.0
    assert fixed_text(-0.04, 1) == "0.0"


def test_what_is_not_finite_stays():
    assert math.isnan(round_half(float("nan"), 1))
    assert round_half(float("inf"), 1) == math.inf
    assert (fixed_text(float("nan"), 2), fixed_text(float("inf"), 2)) == ("", "inf")


@QUICK
@given(floats, st.integers(0, 6))
def test_half_up_is_floor_of_the_digits_plus_a_half(value, decimals):
    few = f"{value:.15g}"
    exact = Fraction(few if Fraction(10) ** 14 > abs(Fraction(few)) * 10**decimals else repr(value))
    whole = math.floor(abs(exact) * 10**decimals + Fraction(1, 2))
    assert round_half(value, decimals) == float(Fraction(whole, 10**decimals)) * (-1 if exact < 0 else 1)


@QUICK
@given(floats, st.integers(0, 6), st.sampled_from(["half_up", "half_even", "truncate"]))
def test_rounding_twice_changes_nothing_and_moves_less_than_a_unit(value, decimals, mode):
    once = round_half(value, decimals, mode)
    assert round_half(once, decimals, mode) == once
    assert abs(Fraction(repr(value)) - Fraction(repr(once))) < Fraction(1, 10**decimals)
    assert float(fixed_text(value, decimals, mode)) == once
