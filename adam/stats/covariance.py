"""The structure of the random effects' covariance, and how its parameters make it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from adam.stats.errors import BadInputError

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Random effects that belong together: columns of the random design, by number from 0.

    `Block((0, 1))` is lme4's `(Days | Subject)`, `Block((0, 1), "diagonal")` is `(Days || Subject)`.

    >>> Block((0, 1)).pairs
    ((0, 0), (1, 0), (1, 1))
    >>> Block((0, 1), "diagonal").pairs
    ((0, 0), (1, 1))
    """

    columns: tuple[int, ...]
    structure: Literal["unstructured", "diagonal"] = "unstructured"

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The covariances that are estimated, as pairs of columns.

        >>> Block((2, 0)).pairs
        ((2, 2), (0, 2), (0, 0))
        """
        if self.structure == "diagonal":
            return tuple((column, column) for column in self.columns)
        return tuple((a, b) for i, a in enumerate(self.columns) for b in self.columns[: i + 1])


def checked_blocks(blocks: Sequence[Block], width: int) -> tuple[Block, ...]:
    """The blocks, once each column in them exists and stands in one block only.

    Raises:
        BadInputError: there is no block, or a column is unknown, repeated, or its structure is.

    >>> checked_blocks([Block((0,))], width=1)
    (Block(columns=(0,), structure='unstructured'),)
    """
    columns = [column for block in blocks for column in block.columns]
    if not columns or not all(block.columns for block in blocks):
        raise BadInputError("a model needs at least one random effect, and each block at least one column")
    if len(set(columns)) < len(columns):
        raise BadInputError("a column of the random design stands in two places of the blocks")
    if not all(0 <= column < width for column in columns):
        raise BadInputError(f"a block names a column that the random design of {width} columns does not have")
    if any(block.structure not in ("unstructured", "diagonal") for block in blocks):
        raise BadInputError("the structure of a block is 'unstructured' or 'diagonal'")
    return tuple(blocks)


def renumbered(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The same blocks over a random design that holds only their columns, in their order.

    >>> renumbered([Block((0, 3)), Block((5,))])
    (Block(columns=(0, 1), structure='unstructured'), Block(columns=(2,), structure='unstructured'))
    """
    starts = np.cumsum([0, *(len(block.columns) for block in blocks)])
    return tuple(
        Block(tuple(range(int(start), int(start) + len(block.columns))), block.structure)
        for block, start in zip(blocks, starts, strict=False)
    )


@dataclass(frozen=True)
class Pattern:
    """The free entries of the relative Cholesky factor of q random effects.

    The factor is lower triangular within a block, so entry (a, b) of the factor and entry (a, b) of the
    covariance go together: `theta` holds the first, `gamma` the second.

    >>> pattern = Pattern((Block((0, 1)),))
    >>> pattern.factor(np.array([2.0, 1.0, 3.0])).tolist()
    [[2.0, 0.0], [1.0, 3.0]]
    """

    blocks: tuple[Block, ...]

    @cached_property
    def _places(self) -> tuple[Ints, Ints]:
        pairs = np.array([pair for block in self.blocks for pair in block.pairs], dtype=np.int64)
        return pairs[:, 0], pairs[:, 1]

    @cached_property
    def width(self) -> int:
        """The number of random effects.

        >>> Pattern((Block((0, 1)), Block((2,)))).width
        3
        """
        return sum(len(block.columns) for block in self.blocks)

    @cached_property
    def size(self) -> int:
        """The number of covariance parameters, without the residual variance.

        >>> Pattern((Block((0, 1)), Block((2,)))).size
        4
        """
        return len(self._places[0])

    def factor(self, theta: Array) -> Array:
        """The factor with these entries, q x q.

        >>> Pattern((Block((0, 1), "diagonal"),)).factor(np.array([2.0, 3.0])).tolist()
        [[2.0, 0.0], [0.0, 3.0]]
        """
        result = np.zeros((self.width, self.width))
        result[self._places] = theta
        return result

    def start(self, scale: float) -> Array:
        """Entries of `scale` times the identity.

        >>> Pattern((Block((0, 1)),)).start(0.5).tolist()
        [0.5, 0.0, 0.5]
        """
        rows, columns = self._places
        return np.where(rows == columns, scale, 0.0)

    @cached_property
    def basis(self) -> Array:
        """The derivative of the covariance by each of its parameters, k x q x q.

        >>> Pattern((Block((0, 1)),)).basis[1].tolist()
        [[0.0, 1.0], [1.0, 0.0]]
        """
        units = self._units
        both = np.maximum(units, units.transpose(0, 2, 1))
        return np.asarray(both)

    def gamma(self, factor: Array) -> Array:
        """The covariance parameters of the factor.

        >>> Pattern((Block((0, 1)),)).gamma(np.array([[2.0, 0.0], [1.0, 3.0]])).tolist()
        [4.0, 2.0, 10.0]
        """
        return np.asarray((factor @ factor.T)[self._places])

    def jacobian(self, factor: Array) -> Array:
        """The derivative of `gamma` (rows) by `theta` (columns).

        >>> Pattern((Block((0,)),)).jacobian(np.array([[3.0]])).tolist()
        [[6.0]]
        """
        half = self._units @ factor.T
        return self._picked(half + half.transpose(0, 2, 1)).T

    @cached_property
    def bend(self) -> Array:
        """The second derivative of `gamma` (last axis) by two entries of `theta`; it is constant.

        >>> Pattern((Block((0,)),)).bend.tolist()
        [[[2.0]]]
        """
        units = self._units
        half = units[:, None] @ units[None].transpose(0, 1, 3, 2)
        return self._picked(half + half.transpose(0, 1, 3, 2))

    @cached_property
    def _units(self) -> Array:
        units = np.zeros((self.size, self.width, self.width))
        units[(np.arange(self.size), *self._places)] = 1.0
        return units

    def _picked(self, matrices: Array) -> Array:
        return np.asarray(matrices[(..., *self._places)])
