"""Tries declared structures of the random effects in order, and says what was used and why.

With few assessments the richest model cannot be estimated. Which simpler one takes its place is declared
before the data are seen; only a fit that converged and is not singular counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from adam.stats.covariance import Block
from adam.stats.errors import CovarianceError
from adam.stats.mixed import MixedFit, fit_mixed


@dataclass(frozen=True)
class Rung:
    """A name for the output, and the blocks of random effects by column of the random design.

    >>> Rung("intercept only", (Block((0,)),)).name
    'intercept only'
    """

    name: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Tried:
    """A rung that was tried: `condition` is "used", or the code of the error whose text is `reason`.

    >>> Tried("both slopes", "singular", "the variance of random effect 3 is 0").used
    False
    """

    rung: str
    condition: str
    reason: str

    @property
    def used(self) -> bool:
        """Whether this rung's fit is the one reported.

        >>> Tried("both slopes", "used", "").used
        True
        """
        return self.condition == "used"


@dataclass(frozen=True)
class Ladder:
    """The fit of the first rung that holds, or None, and all rungs that were tried, in order.

    >>> Ladder(None, (Tried("a", "singular", "the variance of random effect 1 is 0"),)).reason
    'a: the variance of random effect 1 is 0'
    """

    fit: MixedFit | None
    tried: tuple[Tried, ...]

    @property
    def rung(self) -> str:
        """The name of the rung that is reported; "" when none holds.

        >>> Ladder(None, ()).rung
        ''
        """
        return next((one.rung for one in self.tried if one.used), "")

    @property
    def reason(self) -> str:
        """Why richer rungs were left, in one line; "" when the first one holds.

        >>> Ladder(None, ()).reason
        ''
        """
        return "; ".join(f"{one.rung}: {one.reason}" for one in self.tried if not one.used)


# Over the random design of `piecewise`: intercept, both segments, time as a whole.
SLOPE_LADDER = (
    Rung("both slopes, unstructured", (Block((0, 1, 2)),)),
    Rung("both slopes, diagonal", (Block((0, 1, 2), "diagonal"),)),
    Rung("one slope, unstructured", (Block((0, 3)),)),
    Rung("intercept only", (Block((0,)),)),
)


def fit_ladder(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    z: npt.ArrayLike,
    groups: Sequence[Any] | npt.NDArray[Any],
    rungs: Sequence[Rung] = SLOPE_LADDER,
) -> Ladder:
    """Fit the rungs in order until one holds; `z` has the columns that any rung needs.

    Raises:
        FitError: where no rung could help: bad input, or a fixed design without full rank.

    >>> import numpy as np
    >>> days, who = np.tile([0.0, 1.0, 2.0], 3), np.repeat([1, 2, 3], 3)
    >>> y = np.array([1.0, 2.1, 2.9, 3.0, 4.2, 4.8, 0.9, 2.2, 3.1])
    >>> x = np.c_[np.ones(9), days]
    >>> rungs = (Rung("slope", (Block((0, 1)),)), Rung("intercept", (Block((0,)),)))
    >>> ladder = fit_ladder(y, x, x, who, rungs)
    >>> ladder.rung, [one.condition for one in ladder.tried]
    ('intercept', ['singular', 'used'])
    """
    tried: list[Tried] = []
    for rung in rungs:
        try:
            fit = fit_mixed(y, x, z, groups, rung.blocks)
        except CovarianceError as error:
            tried.append(Tried(rung.name, error.condition, str(error)))
            continue
        return Ladder(fit, (*tried, Tried(rung.name, "used", "")))
    return Ladder(None, tuple(tried))
