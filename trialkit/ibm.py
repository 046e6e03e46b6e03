"""IBM hexadecimal floating point, the number format of SAS transport files (SAS TS-140)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

LOWEST = 2.0**-260
BEYOND = 2.0**252

_SIGN = np.uint64(1 << 63)
_MISSING = np.uint64(ord(".") << 56)
_DIGITS = 56
_BIAS = 64


def holds(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Say which numbers can be written: missing, 0, and magnitudes from 16**-65 to below 16**63.

    Every such double is held exactly, because 56 bits of fraction are room for the 53 of a
    double and the up to 3 leading zeros of its first hexadecimal digit.

    >>> holds(np.array([0.0, 1e75, 1e76, 1e-79, np.inf, np.nan])).tolist()
    [True, True, False, False, False, True]
    """
    size = np.abs(values)
    held: npt.NDArray[np.bool_] = np.isnan(values) | (size == 0) | ((size >= LOWEST) & (size < BEYOND))
    return held


def encode(values: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """Write numbers as 8 big-endian bytes each; NaN as the missing value ``.``; shape (k,), ``V8``.

    The caller asks ``holds`` first.

    >>> encode(np.array([1.0, -118.625, np.nan])).view(np.uint8).reshape(3, 8)[:, :4].tolist()
    [[65, 16, 0, 0], [194, 118, 160, 0], [46, 0, 0, 0]]
    """
    fraction, exponent = np.frexp(np.abs(np.where(np.isnan(values), 0.0, values)))
    hexadecimal = -(-exponent // 4)
    digits = np.ldexp(fraction, exponent - 4 * hexadecimal + _DIGITS).astype(np.uint64)
    bits = (hexadecimal + _BIAS).astype(np.uint64) << np.uint64(_DIGITS) | digits
    bits |= np.where(values < 0, _SIGN, np.uint64(0))
    bits[fraction == 0] = 0
    bits[np.isnan(values)] = _MISSING
    written: npt.NDArray[Any] = bits.astype(">u8").view("V8")
    return written


def decode(cells: bytes) -> npt.NDArray[np.float64]:
    """Read numbers of 8 big-endian bytes each; a missing value is NaN; shape (k,).

    >>> decode(encode(np.array([1.0, -118.625, 0.1, 0.0, np.nan])).tobytes()).tolist()
    [1.0, -118.625, 0.1, 0.0, nan]
    """
    bits = np.frombuffer(cells, ">u8").astype(np.uint64)
    fraction = bits & np.uint64((1 << _DIGITS) - 1)
    exponent = (bits >> np.uint64(_DIGITS) & np.uint64(127)).astype(np.int64)
    size = np.ldexp(fraction.astype(np.float64), 4 * (exponent - _BIAS) - _DIGITS)
    signed = np.where(bits & _SIGN, -size, size)
    # a missing value is a letter, a dot or a low line alone; a zero may have a sign
    return np.where(fraction == 0, np.where(bits & ~_SIGN, np.nan, 0.0), signed)
