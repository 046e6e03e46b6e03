"""Draws: columns of chance, and columns computed from others in the same row."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from trialkit.simulate.formula import Array, Formula, half_up
from trialkit.simulate.part import Part
from trialkit.simulate.table import Scene, settled


class Draw(Part):
    """What fills one column of a table, or several at once.

    >>> Draw.main_key()
    'draw'
    """

    def draw(self, scene: Scene) -> Array:
        """Make the column; shape (rows,).

        >>> Draw().draw(None)
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError

    def columns(self, scene: Scene, name: str) -> dict[str, Array]:
        """Make all columns that stand under one name in the spec.

        >>> from trialkit.simulate.table import Table, World
        >>> Compute(compute="2").columns(Scene(Table("t", 1), World(1), World(1).random()), "two")
        {'two': array([2.])}
        """
        return {name: settled(self.draw(scene), scene.rows)}


class Compute(Draw):
    """A formula over columns and constants.

    >>> Compute.main_key()
    'compute'
    """

    compute: Formula

    def draw(self, scene: Scene) -> Array:
        """Compute.

        >>> from trialkit.simulate.table import Table, World
        >>> Compute(compute="1 + 1").draw(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        [2.0]
        """
        return scene.value(self.compute)


class _Bounded(Draw):
    low: Formula | None = None
    high: Formula | None = None

    def within(self, values: Array, scene: Scene) -> Array:
        """Clip values to the bounds.

        >>> _Bounded().within(np.array([1.0]), None).tolist()
        [1.0]
        """
        least = scene.value(self.low) if self.low else -np.inf
        most = scene.value(self.high) if self.high else np.inf
        return np.clip(values, least, most)


class Normal(_Bounded):
    """A normal distribution with a mean and a standard deviation, clipped to bounds.

    >>> Normal.main_key()
    'normal'
    """

    normal: Formula
    sd: Formula

    def draw(self, scene: Scene) -> Array:
        """Draw one number per row.

        >>> from trialkit.simulate.table import Table, World
        >>> Normal(normal="50", sd="0").draw(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        [50.0]
        """
        noise = scene.random.standard_normal(scene.rows)
        return self.within(scene.value(self.normal) + scene.value(self.sd) * noise, scene)


class Lognormal(_Bounded):
    """A log-normal distribution with a median and the standard deviation of the logarithm.

    >>> Lognormal.main_key()
    'lognormal'
    """

    lognormal: Formula
    sigma: Formula

    def draw(self, scene: Scene) -> Array:
        """Draw one number per row.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> Lognormal(lognormal="9", sigma="0").draw(scene).tolist()
        [9.0]
        """
        noise = scene.random.standard_normal(scene.rows)
        return self.within(scene.value(self.lognormal) * np.exp(scene.value(self.sigma) * noise), scene)


class Whole(Draw):
    """A whole number, each from ``whole`` to ``to`` equally likely.

    >>> Whole.main_key()
    'whole'
    """

    whole: Formula
    to: Formula

    def draw(self, scene: Scene) -> Array:
        """Draw one number per row.

        >>> from trialkit.simulate.table import Table, World
        >>> Whole(whole="3", to="3").draw(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        [3.0]
        """
        low = scene.value(self.whole)
        width = np.maximum(scene.value(self.to) - low, 0) + 1
        return np.asarray(low + np.floor(scene.random.random(scene.rows) * width))


class Uniform(Draw):
    """Any number from ``uniform`` to below ``to``, each equally likely.

    >>> Uniform.main_key()
    'uniform'
    """

    uniform: Formula = "0"
    to: Formula = "1"

    def draw(self, scene: Scene) -> Array:
        """Draw one number per row.

        >>> from trialkit.simulate.table import Table, World
        >>> Uniform(to="0").draw(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        [0.0]
        """
        low = scene.value(self.uniform)
        return np.asarray(low + scene.random.random(scene.rows) * (scene.value(self.to) - low))


class Chance(Draw):
    """1 with a probability, else 0.

    >>> Chance.main_key()
    'chance'
    """

    chance: Formula

    def draw(self, scene: Scene) -> Array:
        """Draw 1 or 0 per row.

        >>> from trialkit.simulate.table import Table, World
        >>> Chance(chance="1").draw(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        [1.0]
        """
        return np.asarray(scene.random.random(scene.rows) < scene.value(self.chance), np.float64)


class Choice(Draw):
    """One of several values with weights; numbers when all values are written as numbers.

    >>> Choice.main_key()
    'choice'
    """

    choice: dict[str, Formula]

    def draw(self, scene: Scene) -> Array:
        """Draw one value per row.

        >>> from trialkit.simulate.table import Table, World
        >>> Choice(choice={"F": "1"}).draw(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        ['F']
        """
        weights = np.cumsum([scene.value(weight) for weight in self.choice.values()], axis=0)
        mark = scene.random.random(scene.rows) * weights[-1]
        chosen = np.minimum((mark >= weights).sum(axis=0), len(weights) - 1)
        return np.asarray(terms(self.choice)[chosen])


class Deal(Draw):
    """Exact shares of the rows get each value, at random; the others get ``rest``.

    >>> Deal.main_key()
    'deal'
    """

    deal: dict[str, Formula]
    among: Formula = "1"
    rest: str

    def draw(self, scene: Scene) -> Array:
        """Deal the values out; counts are the rounded running shares, so they fit together.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 13), World(1), World(1).random())
        >>> Deal(deal={"1": "1/13", "2": "2/13"}, rest="0").draw(scene).sum()
        np.float64(5.0)
        """
        places = np.flatnonzero(scene.mask(self.among))
        order = scene.random.permutation(places)
        shares = np.cumsum([float(scene.value(share)[:1].sum()) for share in self.deal.values()])
        ends = half_up(shares * len(places)).astype(int)
        values = terms([*self.deal, self.rest])
        dealt = np.full(scene.rows, len(self.deal))
        for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            dealt[order[start:end]] = number
        return np.asarray(values[dealt])


class Shuffle(Draw):
    """The numbers 0, 1, 2, ... below the number of rows, in random order.

    >>> Shuffle.main_key()
    'shuffle'
    """

    shuffle: str

    def draw(self, scene: Scene) -> Array:
        """Shuffle; the main key only says what the numbers are for.

        >>> from trialkit.simulate.table import Table, World
        >>> sorted(Shuffle(shuffle="ids").draw(Scene(Table("t", 2), World(1), World(1).random())).tolist())
        [0.0, 1.0]
        """
        return scene.random.permutation(scene.rows).astype(np.float64)


class Text(Draw):
    """A text with column names in braces; numbers are written whole, with leading zeros on request.

    >>> Text.main_key()
    'text'
    """

    text: str
    digits: dict[str, Formula] = Field({}, description="width of a number, by its name")

    def draw(self, scene: Scene) -> Array:
        """Write the text of each row.

        >>> from trialkit.simulate.table import Table, World
        >>> table = Table("t", 1, {"number": np.array([7.0])})
        >>> scene = Scene(table, World(1), World(1).random())
        >>> Text(text="S{number}", digits={"number": "3"}).draw(scene).tolist()
        ['S007']
        """
        made: Any = np.full(scene.rows, "", object)
        for place, piece in enumerate(self.text.replace("}", "{").split("{")):
            made = made + (self._written(piece, scene) if place % 2 else piece)
        return np.asarray(made, object)

    def _written(self, name: str, scene: Scene) -> Array:
        values = scene.value(name)
        if values.dtype == object:
            return values
        width = int(scene.value(self.digits[name])[:1].max(initial=0)) if name in self.digits else 0
        return texts_of(values, f"0{width}.0f" if width else ".0f")


class Piece(Draw):
    """One piece of a text whose pieces are parted by bars, at a place from 0 to below 1.

    >>> Piece.main_key()
    'piece'
    """

    piece: Formula
    at: Formula

    def draw(self, scene: Scene) -> Array:
        """Cut the piece out; numbers when all pieces of all rows are numbers.

        >>> from trialkit.simulate.table import Table, World
        >>> Piece(piece="'1|1000'", at="0.6").draw(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        [1000.0]
        """
        distinct, codes = np.unique(scene.value(self.piece).astype(str), return_inverse=True)
        split = [text.split("|") for text in distinct.tolist()]
        first = np.cumsum([0, *map(len, split)])
        place = (scene.value(self.at) * np.diff(first)[codes]).astype(int) + first[codes]
        return np.asarray(terms([text for texts in split for text in texts])[place])


class Numeral(Draw):
    """A number written as a text, with so many decimals.

    >>> Numeral.main_key()
    'numeral'
    """

    numeral: Formula
    decimals: Formula = "0"

    def draw(self, scene: Scene) -> Array:
        """Write the numbers; missing is empty.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> Numeral(numeral="1.5", decimals="2").draw(scene).tolist()
        ['1.50']
        """
        values, decimals = scene.value(self.numeral), scene.value(self.decimals)
        made = np.full(scene.rows, "", object)
        for number in np.unique(decimals).tolist():
            rows = decimals == number
            made[rows] = texts_of(values[rows], f".{int(number)}f")
        return made


def texts_of(values: Array, form: str) -> Array:
    """Write numbers as texts; missing is empty.

    >>> texts_of(np.array([1.5, np.nan]), ".2f").tolist()
    ['1.50', '']
    """
    distinct, codes = np.unique(values, return_inverse=True)
    written = ["" if np.isnan(value) else format(value, form) for value in distinct.tolist()]
    return np.array(written, object)[codes]


def terms(values: Any) -> Array:
    """Make an array of values: of numbers when all are written as numbers, else of texts.

    >>> terms(["1", "2"]).tolist()
    [1.0, 2.0]
    """
    try:
        return np.array([float(value) for value in values])
    except ValueError:
        return np.array([str(value) for value in values], object)
