"""Products of matrices with many rows and few columns, in pieces.

A library that spreads one such product over threads waits for the slowest of them; on a busy machine that
takes many times the work itself. Pieces of some rows stay in one thread, and are as exact.
"""

import numpy as np

from adam.stats.covariance import Array

_PIECE = 64


def gram(columns: Array) -> Array:
    """The products of all pairs of columns.

    >>> gram(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[10.0, 14.0], [14.0, 20.0]]
    """
    pieces = _pieces(columns, _PIECE)
    return np.asarray((pieces.transpose(0, 2, 1) @ pieces).sum(axis=0))


def upper(columns: Array) -> Array:
    """The triangular factor of the QR decomposition, with as many rows as columns.

    >>> abs(upper(np.array([[3.0], [4.0]]))).round(6).tolist()
    [[5.0]]
    """
    width = columns.shape[1]
    size = max(_PIECE, 4 * width)
    while len(columns) > size:
        columns = _triangles(_pieces(columns, size)).reshape(-1, width)
    return _triangles(_padded(columns, max(width, len(columns))))


def _triangles(columns: Array) -> Array:
    return np.asarray(np.linalg.qr(columns, mode="r"), dtype=np.float64)


def _pieces(columns: Array, size: int) -> Array:
    n = -(-len(columns) // size)
    return _padded(columns, n * size).reshape(n, size, columns.shape[1])


def _padded(columns: Array, rows: int) -> Array:
    return np.concatenate([columns, np.zeros((rows - len(columns), columns.shape[1]))])
