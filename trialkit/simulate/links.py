"""Links: columns taken from other rows, of the same table or of another one."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from trialkit.simulate.draws import Draw
from trialkit.simulate.formula import Array, Formula
from trialkit.simulate.table import Rows, Scene, Table, settled


def starts(groups: Rows) -> Rows:
    """Give, for rows sorted by group, the place where each row's group begins.

    >>> starts(np.array([4, 4, 7])).tolist()
    [0, 0, 2]
    """
    first = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1))
    return first[np.cumsum(np.isin(np.arange(len(groups)), first)) - 1] if len(groups) else groups


class _Within(Draw):
    within: str = Field("", description="the table whose rows hold rows together; all rows when not given")

    def groups(self, table: Table) -> Rows:
        """Give the group of each row of a table.

        >>> _Within().groups(Table("t", 2)).tolist()
        [0, 0]
        """
        return table.rows_of(self.within) if self.within else np.zeros(table.rows, np.int64)


class Sequence(_Within):
    """Number the rows 1, 2, ... within a row of another table; rows not meant get no number.

    >>> Sequence.main_key()
    'sequence'
    """

    sequence: Formula = Field(description="what the numbers follow")
    where: Formula = "1"

    def draw(self, scene: Scene) -> Array:
        """Number the rows.

        >>> from trialkit.simulate.table import Table, World
        >>> table = Table("t", 2, {"t": np.zeros(2)}, [(Table("p", 1), np.zeros(2, int))])
        >>> Sequence(sequence="-t", within="p").draw(Scene(table, World(1), World(1).random())).tolist()
        [1.0, 2.0]
        """
        meant = scene.mask(self.where)
        groups = self.groups(scene.table)[meant]
        order = np.lexsort((scene.value(self.sequence)[meant], groups))
        numbers = np.empty(len(order))
        numbers[order] = np.arange(len(order)) - starts(groups[order]) + 1
        made = np.full(scene.rows, np.nan)
        made[meant] = numbers
        return made


class Pick(_Within):
    """1 for a number of random rows within each row of another table, else 0.

    >>> Pick.main_key()
    'pick'
    """

    pick: Formula
    where: Formula = "1"

    def draw(self, scene: Scene) -> Array:
        """Pick the rows.

        >>> from trialkit.simulate.table import Table, World
        >>> table = Table("t", 3, {}, [(Table("p", 1), np.zeros(3, int))])
        >>> Pick(pick="1", within="p").draw(Scene(table, World(1), World(1).random())).sum()
        np.float64(1.0)
        """
        meant = scene.mask(self.where)
        groups = self.groups(scene.table)
        order = np.lexsort((scene.random.random(scene.rows), ~meant, groups))
        place = np.empty(scene.rows, np.int64)
        place[order] = np.arange(scene.rows) - starts(groups[order])
        return (meant & (place < scene.value(self.pick))).astype(np.float64)


class Previous(_Within):
    """The value of the row before, within a row of another table; missing in the first.

    >>> Previous.main_key()
    'previous'
    """

    previous: Formula

    def draw(self, scene: Scene) -> Array:
        """Take the value of the row before.

        >>> from trialkit.simulate.table import Table, World
        >>> table = Table("t", 2, {"x": np.array([5.0, 6.0])}, [(Table("p", 1), np.zeros(2, int))])
        >>> Previous(previous="x", within="p").draw(Scene(table, World(1), World(1).random())).tolist()
        [nan, 5.0]
        """
        groups = self.groups(scene.table)
        values = scene.value(self.previous)
        first = starts(groups) == np.arange(scene.rows)
        return np.where(first, np.nan, np.roll(values, 1))


class Capped(_Within):
    """A value that rises by no more than ``rise`` from one row to the next.

    >>> Capped.main_key()
    'capped'
    """

    capped: Formula
    rise: Formula

    def draw(self, scene: Scene) -> Array:
        """Cap the rises: the least of all earlier values plus what they may have risen since.

        >>> from trialkit.simulate.table import Table, World
        >>> table = Table("t", 3, {"x": np.array([5.0, 15.0, 7.0])}, [(Table("p", 1), np.zeros(3, int))])
        >>> Capped(capped="x", rise="4", within="p").draw(Scene(table, World(1), World(1).random())).tolist()
        [5.0, 9.0, 7.0]
        """
        groups = self.groups(scene.table)
        values, rise = scene.value(self.capped), scene.value(self.rise)
        steps = np.arange(scene.rows) * rise
        apart = (np.abs(values).max(initial=0) + np.abs(steps).max(initial=0)) * 4 + 1
        group = np.cumsum(np.diff(groups, prepend=0) != 0)
        lowest = np.minimum.accumulate(values - steps - group * apart)
        return np.asarray(lowest + steps + group * apart)


class _Linked(_Within):
    of: str = Field(description="the table that values come from")
    where: Formula = "1"

    def other(self, scene: Scene) -> Scene:
        """Give the scene of the other table, or of this one when it names itself.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> _Linked(of="t", within="t").other(scene).rows
        1
        """
        own = self.of == scene.table.name
        return Scene(scene.table if own else scene.world.table(self.of), scene.world, scene.random)


class Collect(_Linked):
    """The first, least, greatest or sum of a value over the rows of another table.

    >>> Collect.main_key()
    'collect'
    """

    collect: Formula
    how: Literal["first", "last", "min", "max", "sum"] = "first"

    def draw(self, scene: Scene) -> Array:
        """Collect; no row gives a missing value, and 0 as a sum.

        >>> from trialkit.simulate.table import Table, World
        >>> person = Table("p", 1)
        >>> visits = Table("v", 2, {"day": np.array([1.0, 29.0])}, [(person, np.zeros(2, int))])
        >>> scene = Scene(person, World(1, tables={"v": visits}), World(1).random())
        >>> Collect(collect="day", of="v", within="p", how="max").draw(scene).tolist()
        [29.0]
        """
        other = self.other(scene)
        keep = other.mask(self.where)
        values = other.value(self.collect)[keep]
        groups, own = self.groups(other.table)[keep], self.groups(scene.table)
        size = int(max(groups.max(initial=0), own.max(initial=0))) + 1
        if values.dtype == object or self.how in ("first", "last"):
            return _ends(values, groups, size, self.how)[own]
        made = np.full(size, {"sum": 0.0, "min": np.inf, "max": -np.inf}[self.how])
        {"sum": np.add, "min": np.minimum, "max": np.maximum}[self.how].at(made, groups, values)
        return np.where(np.isinf(made), np.nan, made)[own]


def _ends(values: Array, groups: Rows, size: int, how: str) -> Array:
    made = np.full(size, "", object) if values.dtype == object else np.full(size, np.nan)
    order = slice(None, None, -1) if how == "first" else slice(None)
    made[groups[order]] = values[order]
    return made


class Fetch(_Linked):
    """The value of the one row of another table whose key equals this row's.

    >>> Fetch.main_key()
    'fetch'
    """

    fetch: Formula
    key: Formula
    equals: Formula

    def draw(self, scene: Scene) -> Array:
        """Fetch; no such row gives a missing value.

        >>> from trialkit.simulate.table import Table, World
        >>> person = Table("p", 1)
        >>> visits = Table("v", 2, {"n": np.array([1.0, 2.0])}, [(person, np.zeros(2, int))])
        >>> scene = Scene(person, World(1, tables={"v": visits}), World(1).random())
        >>> Fetch(fetch="n * 10", of="v", within="p", key="n", equals="2").draw(scene).tolist()
        [20.0]
        """
        other = self.other(scene)
        keep = other.mask(self.where)
        values = other.value(self.fetch)[keep]
        theirs, ours = other.value(self.key)[keep], scene.value(self.equals)
        distinct, codes = np.unique(np.concatenate([theirs, ours]), return_inverse=True)
        groups = self.groups(other.table)[keep] * len(distinct) + codes[: len(theirs)]
        wanted = self.groups(scene.table) * len(distinct) + codes[len(theirs) :]
        order = np.argsort(groups, kind="stable")
        place = np.clip(np.searchsorted(groups[order], wanted), 0, max(len(groups) - 1, 0))
        if not len(groups):
            return settled("" if values.dtype == object else np.nan, scene.rows)
        found = groups[order][place] == wanted
        return np.where(found, values[order][place], "" if values.dtype == object else np.nan)


class Latest(_Linked):
    """The greatest value of another table's rows that is below a value of this row.

    >>> Latest.main_key()
    'latest'
    """

    latest: Formula
    below: Formula

    def draw(self, scene: Scene) -> Array:
        """Find the latest; none gives a missing value.

        >>> from trialkit.simulate.table import Table, World
        >>> person = Table("p", 1)
        >>> doses = Table("d", 2, {"day": np.array([1.0, 3.0])}, [(person, np.zeros(2, int))])
        >>> scene = Scene(person, World(1, tables={"d": doses}), World(1).random())
        >>> Latest(latest="day", of="d", within="p", below="3").draw(scene).tolist()
        [1.0]
        """
        other = self.other(scene)
        keep = other.mask(self.where)
        values, groups = other.value(self.latest)[keep], self.groups(other.table)[keep]
        order = np.lexsort((values, groups))
        span = 2.0**24  # more than any day or minute of a study, and exact beside a row number
        own = self.groups(scene.table)
        place = (
            np.searchsorted(groups[order] * span + values[order], own * span + scene.value(self.below)) - 1
        )
        if not len(values):
            return np.full(scene.rows, np.nan)
        found = (place >= 0) & (groups[order][place] == own)
        return np.where(found, values[order][place], np.nan)


class Lookup(Draw):
    """A value of an included table, found by a key.

    >>> Lookup.main_key()
    'lookup'
    """

    lookup: str = Field(description="the included table")
    key: str = Field(description="its column that holds the key")
    equals: Formula = Field(description="the key of this row")
    give: str = Field(description="its column that holds the value")

    def draw(self, scene: Scene) -> Array:
        """Look the values up.

        >>> from trialkit.simulate.table import Table, World
        >>> sites = Table("s", 2, {"k": np.array(["a", "b"], object), "w": np.array([1.0, 2.0])})
        >>> scene = Scene(Table("t", 1), World(1, included={"s": sites}), World(1).random())
        >>> Lookup(lookup="s", key="k", equals="'b'", give="w").draw(scene).tolist()
        [2.0]
        """
        table = scene.world.include(self.lookup)
        included = Scene(table, scene.world, scene.random)
        keys, values = included.value(self.key), included.value(self.give)
        order = np.argsort(keys, kind="stable")
        place = np.searchsorted(keys[order], scene.value(self.equals))
        return np.asarray(values[order][np.minimum(place, len(order) - 1)])
