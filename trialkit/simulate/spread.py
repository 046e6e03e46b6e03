"""Spread: item scores that add up to a total."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field

from trialkit.simulate.draws import Draw
from trialkit.simulate.formula import Array, Formula
from trialkit.simulate.part import ranges
from trialkit.simulate.table import Scene


class Spread(Draw):
    """Item scores, each from 0 to ``most``, whose sum is a total.

    Every item is ``most`` units with random places in one queue, and the first ``total`` units
    count. The queue belongs to a row of ``within``, so that scores move steadily from
    row to row; ``noise`` blurs it a little for each row.

    >>> Spread.main_key()
    'spread'
    """

    spread: Formula = Field(description="the total; at most the number of items times ``most``")
    items: Annotated[dict[str, Formula], BeforeValidator(ranges)] = Field(
        description="names of the columns, and weights"
    )
    most: int
    within: str
    noise: float = 0.3
    lost: bool = Field(False, description="the total is what is missing from the highest scores")

    def columns(self, scene: Scene, name: str) -> dict[str, Array]:
        """Make one column per item.

        >>> from trialkit.simulate.table import Table, World
        >>> spread = Spread(spread="3", items={"a": "1", "b": "1"}, most=2, within="t")
        >>> made = spread.columns(Scene(Table("t", 1), World(1), World(1).random()), "items")
        >>> (made["a"] + made["b"]).tolist()
        [3.0]
        """
        queue = self._queue(scene)
        place = np.argsort(np.argsort(queue, axis=1, kind="stable"), axis=1, kind="stable")
        taken = place < scene.value(self.spread)[:, None]
        scores = taken.reshape(scene.rows, len(self.items), self.most).sum(axis=2).astype(np.float64)
        scores = self.most - scores if self.lost else scores
        return {item: scores[:, number] for number, item in enumerate(self.items)}

    def _queue(self, scene: Scene) -> npt.NDArray[np.float64]:
        groups = scene.table.rows_of(self.within)
        distinct, codes = np.unique(groups, return_inverse=True)
        units = len(self.items) * self.most
        lasting = scene.random.standard_exponential((len(distinct), units))[codes]
        blur = np.exp(self.noise * scene.random.standard_normal((scene.rows, units)))
        weights = np.stack([scene.value(weight) for weight in self.items.values()], axis=1)
        return np.asarray(lasting * blur / np.repeat(weights, self.most, axis=1))
