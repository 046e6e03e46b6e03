"""Rounding that a programmer in SAS would recognise, exact on the decimal digits."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Literal, TypeAlias

Rounding: TypeAlias = Literal["half_up", "half_even", "truncate"]

_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "truncate": ROUND_DOWN}
# Wide enough for every float64: 309 digits before the point and 1074 after it.
DIGITS = 15  # that every float64 can hold
_WIDE = Context(prec=1400, Emax=10000, Emin=-10000)


def round_half(value: float | str | Decimal, decimals: int, mode: Rounding = "half_up") -> float:
    """Round a number to decimals.

    The digits that count are the first 15 significant ones, as a person sees them.
    ``half_up`` rounds a half away from zero: the result of ``ROUND(x, 10**-decimals)`` in SAS,
    which allows for binary fractions and for the last bits that earlier arithmetic lost, so that
    2.675 becomes 2.68 and the mean of 2.34 and 2.35 becomes 2.35, although the stored numbers are
    a little less. ``half_even`` is ``ROUNDE``. ``truncate`` drops digits, towards zero.

    Args:
        value: the number, or its text with a decimal point; NaN and infinity stay as they are.
        decimals: digits after the point; negative ones round tens and hundreds.
        mode: what happens to a half.

    >>> round_half(2.675, 2), round_half(2.675, 2, "half_even"), round_half(2.679, 2, "truncate")
    (2.68, 2.68, 2.67)
    >>> round_half(0.5, 0), round_half(0.5, 0, "half_even"), round_half(-0.5, 0), round_half(1250, -2)
    (1.0, 0.0, -1.0, 1300.0)
    """
    exact = _seen(value, decimals)
    if not exact.is_finite():
        return float(exact)
    return float(exact.quantize(Decimal(1).scaleb(-decimals), _MODES[mode], _WIDE)) + 0.0


def to_decimal(value: float | str | Decimal) -> Decimal:
    """Give the decimal number that the shortest digits of a value name.

    Raises:
        decimal.InvalidOperation: when a text is not a number.

    >>> to_decimal(0.1), to_decimal("1e2")
    (Decimal('0.1'), Decimal('1E+2'))
    """
    if isinstance(value, float):
        return Decimal(repr(float(value))) if math.isfinite(value) else Decimal(value)
    return Decimal(value)


def _seen(value: float | str | Decimal, decimals: int) -> Decimal:
    """Give the digits that decide: of a float the first 15, where they reach beyond the decimals wanted."""
    exact = to_decimal(value)
    if not isinstance(value, float) or not exact.is_finite():
        return exact
    reach = DIGITS - 1 - exact.adjusted()
    return Decimal(f"{value:.{DIGITS}g}") if reach > decimals else exact


def fixed_text(value: float | str | Decimal, decimals: int, mode: Rounding = "half_up") -> str:
    """Write a number with that many decimals; an empty text for NaN.

    >>> fixed_text(3.4, 2), fixed_text(2.675, 2), fixed_text(-0.001, 1), fixed_text(float("nan"), 1)
    ('3.40', '2.68', '0.0', '')
    """
    exact = _seen(value, decimals)
    if not exact.is_finite():
        return "" if exact.is_nan() else str(float(exact))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), _MODES[mode], _WIDE)
    return f"{abs(rounded) if rounded.is_zero() else rounded:f}"
