"""Rows: how many rows a table has, and which rows of other tables they come from."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from trialkit.simulate.formula import Formula
from trialkit.simulate.part import Part
from trialkit.simulate.table import Rows, Scene, Table, World


class RowSource(Part):
    """What makes the rows of a table.

    >>> RowSource.main_key()
    'row_source'
    """

    where: Formula = Field("1", description="the rows to keep")
    sort: Formula | None = Field(None, description="order of the rows, within the rows of ``within``")
    within: str = ""

    def rows(self, name: str, world: World) -> Table:
        """Make a table that has rows and no columns of its own, or few.

        >>> RowSource().rows("t", None)
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError

    def make(self, name: str, world: World) -> Table:
        """Make the rows, keep those that are meant, and sort them.

        >>> Count(count="3").make("t", World(1)).rows
        3
        """
        table = self.rows(name, world)
        random = world.random(name)
        if self.where != "1":
            table = table.take(Scene(table, world, random).mask(self.where))
        if self.sort:
            outer = table.rows_of(self.within) if self.within else np.zeros(table.rows)
            table = table.take(np.lexsort((Scene(table, world, random).value(self.sort), outer)))
        return table


class Count(RowSource):
    """A number of rows that come from nowhere else.

    >>> Count.main_key()
    'count'
    """

    count: Formula

    def rows(self, name: str, world: World) -> Table:
        """Make the rows.

        >>> Count(count="2 * 2").rows("t", World(1)).rows
        4
        """
        return Table(name, int(Scene(Table(name, 1), world, world.random(name)).value(self.count)[0]))


class Each(RowSource):
    """One row for each row of another table.

    >>> Each.main_key()
    'each'
    """

    each: str

    def rows(self, name: str, world: World) -> Table:
        """Make the rows.

        >>> Each(each="p").rows("t", World(1, tables={"p": Table("p", 2)})).rows
        2
        """
        parent = world.table(self.each)
        return Table(name, parent.rows, {}, [(parent, np.arange(parent.rows))])


class Cross(RowSource):
    """One row for each row of a table and each row of an included table.

    >>> Cross.main_key()
    'cross'
    """

    cross: str
    by: str = Field(description="the included table")

    def rows(self, name: str, world: World) -> Table:
        """Make the rows.

        >>> world = World(1, tables={"p": Table("p", 2)}, included={"visits": Table("visits", 3)})
        >>> Cross(cross="p", by="visits").rows("t", world).rows
        6
        """
        parent, other = world.table(self.cross), world.include(self.by)
        left = np.repeat(np.arange(parent.rows), other.rows)
        right = np.tile(np.arange(other.rows), parent.rows)
        return Table(name, len(left), {}, [(parent, left), (other, right)])


class Stack(RowSource):
    """The rows of a table that meet a condition, once for each of several conditions.

    The column ``part`` holds the number of the condition, from 0.

    >>> Stack.main_key()
    'stack'
    """

    stack: str
    parts: list[Formula]

    def rows(self, name: str, world: World) -> Table:
        """Make the rows, in the order of the other table.

        >>> Stack(stack="p", parts=["1", "0"]).rows("t", World(1, tables={"p": Table("p", 2)})).rows
        2
        """
        parent = world.table(self.stack)
        scene = Scene(parent, world, world.random(name))
        found: list[Rows] = [np.flatnonzero(scene.mask(part)) for part in self.parts]
        part = np.repeat(np.arange(len(found), dtype=np.float64), [len(rows) for rows in found])
        index = np.concatenate(found)
        order = np.lexsort((part, index))
        return Table(name, len(index), {"part": part[order]}, [(parent, index[order])])
