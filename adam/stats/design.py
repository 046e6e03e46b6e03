"""A model's arrays, checked, put on a common scale, and reduced to q rows per subject.

Within a subject the covariance is sigma^2 (I + Z H Z'). An orthogonal transformation by the QR decomposition
of Z leaves q rows with covariance sigma^2 (I + R H R') and others with sigma^2 I, pooled over subjects. The
criterion and all its derivatives follow from these exactly; their cost does not grow with the visits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr

from adam.stats.covariance import Array, Block, Ints
from adam.stats.errors import BadInputError, NoVariationError, RankDeficientError, TooFewDataError
from adam.stats.tall import upper

_RANK = 1e-7  # of a column after the others, relative to its length: lme4's tolerance


@dataclass(frozen=True)
class Scaled:
    """The arrays on a common scale, and what takes the estimates back.

    The fixed design and each unstructured block of the random design are made orthonormal, with columns of
    mean square 1; a diagonal block only gets the mean square. Neither changes the model. The response is in
    units of the residual standard deviation of ordinary least squares. Each design is the scaled one times
    its unit.

    >>> y, x = np.array([0.0, 2.0, 1.0, 5.0]), np.ones((4, 1))
    >>> scaled = scale(y, x, 10 * x, np.array([0, 0, 1, 1]), (Block((0,)),))
    >>> (scaled.z @ scaled.z_unit).ravel().tolist(), abs(scaled.z_unit).tolist()
    ([10.0, 10.0, 10.0, 10.0], [[10.0]])
    """

    y: Array
    x: Array
    z: Array
    codes: Ints
    y_unit: float
    x_unit: Array
    z_unit: Array


@dataclass(frozen=True)
class Reduced:
    """The rows that the random effects reach, q for each of m subjects, and the pooled others.

    Shapes: r (m, q, q), x (m, q, p), y (m, q); x0 (s, p) and y0 (s,) carry the cross-products of the pooled
    rows. `spare` is the number of observations beyond m q; it may be negative.

    >>> y, x = np.array([0.0, 2.0, 1.0, 5.0]), np.ones((4, 1))
    >>> reduced = reduce(scale(y, x, x, np.array([0, 0, 1, 1]), (Block((0,)),)))
    >>> reduced.r.shape, reduced.x.shape, reduced.spare
    ((2, 1, 1), (2, 1, 1), 2)
    """

    r: Array
    x: Array
    y: Array
    x0: Array
    y0: Array
    spare: int
    n_obs: int

    @property
    def n_subjects(self) -> int:
        """The number of subjects.

        >>> one = np.ones((3, 1, 1))
        >>> Reduced(one, one, one[:, 0], one[0], one[0, 0], 0, 3).n_subjects
        3
        """
        return len(self.r)


def arrays(
    y: npt.ArrayLike, x: npt.ArrayLike, z: npt.ArrayLike, groups: Sequence[Any] | npt.NDArray[Any]
) -> tuple[Array, Array, Array, Ints]:
    """The four inputs as arrays of one length; `groups` as codes from 0.

    Raises:
        BadInputError: lengths differ, a dimension is wrong, or a value is missing or infinite.

    >>> arrays([1.0, 2.0], [[1], [1]], [[1], [1]], ["b", "a"])[3].tolist()
    [1, 0]
    """
    try:
        response, fixed, random = (np.asarray(part, dtype=float) for part in (y, x, z))
        labels = np.asarray(groups)
        codes = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    except (TypeError, ValueError) as error:
        raise BadInputError(
            f"the response, the designs and the groups are arrays of numbers: {error}"
        ) from error
    if response.ndim != 1 or fixed.ndim != 2 or random.ndim != 2 or codes.ndim != 1:
        raise BadInputError("the response and the groups have one dimension, the designs two")
    if not len(response) == len(fixed) == len(random) == len(codes):
        raise BadInputError("the response, the designs and the groups differ in length")
    if not len(response) or not fixed.shape[1]:
        raise BadInputError("there are no observations, or no fixed effects")
    if not all(np.isfinite(part).all() for part in (response, fixed, random)):
        raise BadInputError("a value of the response or of a design is missing or infinite")
    if (labels != labels).any():
        raise BadInputError("the group of an observation is missing")
    return response, fixed, random, codes


def check_counts(n_obs: int, n_subjects: int, n_fixed: int, blocks: Sequence[Block]) -> None:
    """Refuse a model that has more parameters than the data can carry, as lme4 does.

    Raises:
        TooFewDataError: fewer observations than random effects of a block, or than parameters.

    >>> check_counts(30, 10, 2, [Block((0, 1, 2))])
    Traceback (most recent call last):
    ...
    adam.stats.errors.TooFewDataError: 30 observations are too few for 30 random effects of one block
    """
    if n_subjects < 2:
        raise TooFewDataError("one subject cannot show how subjects vary")
    for block in blocks:
        width = 1 if block.structure == "diagonal" else len(block.columns)
        if n_obs <= n_subjects * width:
            raise TooFewDataError(
                f"{n_obs} observations are too few for {n_subjects * width} random effects of one block"
            )
    parameters = 1 + sum(len(block.pairs) for block in blocks)
    if n_obs - n_fixed < parameters:
        raise TooFewDataError(
            f"{n_obs} observations are too few for {n_fixed} fixed effects and {parameters} variances"
            " and covariances"
        )


def scale(y: Array, x: Array, z: Array, codes: Ints, blocks: Sequence[Block]) -> Scaled:
    """Put the arrays on a common scale; `z` holds the columns of the blocks in their order.

    Raises:
        RankDeficientError: a column of a design is a linear combination of others.
        NoVariationError: the fixed effects explain the response completely.

    >>> one = np.ones((3, 1))
    >>> round(scale(np.array([1.0, 2.0, 3.0]), one, one, np.array([0, 1, 1]), (Block((0,)),)).y_unit, 6)
    1.0
    """
    _check_rank(x / _lengths(x), "fixed")
    x_unit = upper(x) / np.sqrt(len(x))
    x_scaled = np.asarray(np.linalg.solve(x_unit.T, x.T).T)
    left = abs(float(upper(np.column_stack([x_scaled, y]))[-1, -1]))
    y_unit = left / max(len(y) - x.shape[1], 1) ** 0.5
    if y_unit <= 1e-12 * float(np.abs(y).max()) or y_unit == 0:
        raise NoVariationError("the fixed effects explain the response completely")
    z_unit = _z_unit(z, blocks)
    z_scaled = np.asarray(np.linalg.solve(z_unit.T, z.T).T)
    return Scaled(y / y_unit, x_scaled, z_scaled, codes, y_unit, x_unit, z_unit)


def _lengths(columns: Array) -> Array:
    lengths = np.sqrt(np.mean(columns**2, axis=0))
    return np.where(lengths > 0, lengths, 1.0)


def _check_rank(columns: Array, which: str) -> None:
    _, r, order = qr(upper(columns), pivoting=True)
    rank = int(np.sum(np.abs(np.diag(r)) > _RANK * np.sqrt(len(columns))))
    if rank < columns.shape[1]:
        names = ", ".join(str(column) for column in sorted(int(column) for column in order[rank:]))
        raise RankDeficientError(
            f"column {names} of the {which} design is a linear combination of the others"
        )


def _z_unit(z: Array, blocks: Sequence[Block]) -> Array:
    unit = np.diag(_lengths(z))
    for block in blocks:
        part = z[:, block.columns]
        if block.structure == "diagonal":
            if not np.abs(part).max(axis=0).all():
                raise RankDeficientError("a column of the random design is 0 everywhere")
            continue
        _check_rank(part / _lengths(part), "random")
        unit[np.ix_(block.columns, block.columns)] = upper(part) / np.sqrt(len(z))
    return unit


def reduce(scaled: Scaled) -> Reduced:
    """Reduce to q rows per subject and the pooled others, subjects with as many visits at a time.

    >>> y, x = np.array([0.0, 2.0, 1.0]), np.ones((3, 1))
    >>> reduce(scale(y, x, x, np.array([0, 0, 1]), (Block((0,)),))).n_obs
    3
    """
    q, p = scaled.z.shape[1], scaled.x.shape[1]
    known = np.column_stack([scaled.x, scaled.y])
    parts = [_rotated(scaled.z[rows], known[rows]) for rows in _by_count(scaled.codes)]
    others = np.concatenate([part[2] for part in parts])
    pooled = upper(others)
    r, kept = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    spare = len(scaled.y) - len(r) * q
    return Reduced(r, kept[..., :p], kept[..., p], pooled[:, :p], pooled[:, p], spare, len(scaled.y))


def _by_count(codes: Ints) -> Iterator[Ints]:
    # the rows of subjects with the same number of rows, one subject per line
    counts = np.bincount(codes)
    order = np.argsort(codes, kind="stable")
    starts = np.cumsum(counts) - counts
    for count in np.unique(counts):
        yield order[starts[counts == count][:, None] + np.arange(count)]


def _rotated(z: Array, known: Array) -> tuple[Array, Array, Array]:
    basis, r = np.linalg.qr(z)
    kept = basis.transpose(0, 2, 1) @ known
    others = known - basis @ kept
    others -= basis @ (basis.transpose(0, 2, 1) @ others)
    if (lacking := z.shape[2] - r.shape[1]) > 0:
        r, kept = (np.pad(part, ((0, 0), (0, lacking), (0, 0))) for part in (r, kept))
    return r, kept, others.reshape(-1, known.shape[2])
