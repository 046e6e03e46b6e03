"""Tables of truth: columns, and the rows of other tables that each row comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from trialkit.problems import Exit, Kind, Place, Problem, Refusal, did_you_mean
from trialkit.simulate.formula import Array, evaluate

UNKNOWN = Kind("SIM-002", "simulation names something unknown", "Correct the name.", exit=Exit.SPEC)
BROKEN = Kind("SIM-007", "formula cannot be computed", "Mend the formula.", exit=Exit.SPEC)
DIGITS = 8  # kept of every number, so that the last bits of a processor's exp() never show

Rows = npt.NDArray[np.int64]


@dataclass(slots=True)
class Table:
    """A table of a simulation.

    Args:
        name: name in the spec.
        rows: number of rows.
        columns: float64 arrays or object arrays of ``str``; shape (rows,) each.
        parents: tables that rows come from, each with the row numbers; shape (rows,).

    >>> person = Table("person", 2, {"age": np.array([40.0, 50.0])})
    >>> Table("visit", 3, parents=[(person, np.array([0, 1, 1]))]).get("age").tolist()
    [40.0, 50.0, 50.0]
    """

    name: str
    rows: int
    columns: dict[str, Array] = field(default_factory=dict)
    parents: list[tuple[Table, Rows]] = field(default_factory=list)

    def get(self, name: str) -> Array | None:
        """Give a column, the table's own or, row by row, that of the table it comes from.

        >>> Table("person", 0).get("age") is None
        True
        """
        if name in self.columns:
            return self.columns[name]
        for parent, index in self.parents:
            found = parent.get(name)
            if found is not None:
                return found[index]
        return None

    def names(self) -> set[str]:
        """Give the names of all columns that ``get`` finds.

        >>> Table("person", 0, {"age": np.zeros(0)}).names()
        {'age'}
        """
        return set(self.columns).union(*(parent.names() for parent, _ in self.parents))

    def rows_of(self, ancestor: str) -> Rows:
        """Give, for each row, the row of an ancestor that it comes from.

        Raises:
            Refusal: SIM-002 when the table does not come from ``ancestor``.

        >>> Table("person", 2).rows_of("person").tolist()
        [0, 1]
        """
        found = self._rows_of(ancestor)
        if found is None:
            raise unknown(f"table {self.name} does not come from '{ancestor}'", ancestor, {self.name})
        return found

    def _rows_of(self, ancestor: str) -> Rows | None:
        if ancestor == self.name:
            return np.arange(self.rows)
        for parent, index in self.parents:
            found = parent._rows_of(ancestor)
            if found is not None:
                return np.asarray(found[index])
        return None

    def take(self, keep: npt.NDArray[Any]) -> Table:
        """Keep rows, by place or by mask.

        >>> Table("person", 2, {"age": np.array([40.0, 50.0])}).take(np.array([1])).columns["age"].tolist()
        [50.0]
        """
        kept = np.arange(self.rows)[keep]
        columns = {name: values[kept] for name, values in self.columns.items()}
        return Table(self.name, len(kept), columns, [(parent, index[kept]) for parent, index in self.parents])


@dataclass(slots=True)
class World:
    """All that a formula may name: constants, tables, and tables included from CSV files.

    >>> World(seed=1, constants={"subjects": 13.0}).constants["subjects"]
    13.0
    """

    seed: int
    constants: dict[str, float] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    included: dict[str, Table] = field(default_factory=dict)
    block: int = 0

    def table(self, name: str) -> Table:
        """Give a table that has been made before.

        Raises:
            Refusal: SIM-002 when there is none of that name.

        >>> World(1, tables={"person": Table("person", 2)}).table("person").rows
        2
        """
        if name not in self.tables:
            raise unknown(f"there is no table '{name}' yet", name, self.tables)
        return self.tables[name]

    def include(self, name: str) -> Table:
        """Give a table included from a CSV file.

        Raises:
            Refusal: SIM-002 when there is none of that name.

        >>> World(1, included={"visits": Table("visits", 2)}).include("visits").rows
        2
        """
        if name not in self.included:
            raise unknown(f"there is no included table '{name}'", name, self.included)
        return self.included[name]

    def random(self, *names: str) -> np.random.Generator:
        """Make the random numbers of one field: they depend on the seed and its names alone.

        >>> World(1).random("person", "age").integers(100) == World(1).random("person", "age").integers(100)
        np.True_
        """
        words = hashlib.sha256("\0".join(names).encode()).digest()
        stream = np.frombuffer(words, "<u4").tolist()
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, self.block, *stream])))


@dataclass(slots=True)
class Scene:
    """One field about to be made: its table, its world and its random numbers.

    >>> world = World(1, constants={"subjects": 13.0})
    >>> Scene(Table("person", 2), world, world.random("person", "age")).value("subjects * 2").tolist()
    [26.0, 26.0]
    """

    table: Table
    world: World
    random: np.random.Generator

    @property
    def rows(self) -> int:
        """Count the rows of the table.

        >>> Scene(Table("person", 2), World(1), World(1).random()).rows
        2
        """
        return self.table.rows

    def value(self, formula: str) -> Array:
        """Compute a formula for every row; shape (rows,), float64 or object.

        Raises:
            Refusal: SIM-002 when the formula names an unknown column, SIM-007 when it cannot be
                computed, such as a text minus a number.

        >>> Scene(Table("person", 1), World(1), World(1).random()).value("'F'").tolist()
        ['F']
        """
        try:
            return settled(evaluate(formula, self._name), self.rows)
        except (TypeError, ValueError, ArithmeticError) as error:
            what = f"table {self.table.name}: '{formula}' cannot be computed"
            raise Refusal([Problem(BROKEN, what, Place(file="simulation.yaml"))]) from error

    def mask(self, formula: str) -> npt.NDArray[np.bool_]:
        """Compute a condition for every row; shape (rows,).

        >>> Scene(Table("person", 1), World(1), World(1).random()).mask("1 == 1").tolist()
        [True]
        """
        return self.value(formula).astype(bool)

    def _name(self, name: str) -> Any:
        found = self.table.get(name)
        if found is not None:
            return found
        if name in self.world.constants:
            return self.world.constants[name]
        known = self.table.names() | set(self.world.constants)
        raise unknown(f"table {self.table.name} has no column '{name}'", name, known)


def settled(value: Any, rows: int) -> Array:
    """Make a column of a value: texts as objects, all else as rounded float64.

    >>> settled(True, 2).tolist()
    [1.0, 1.0]
    """
    array = np.asarray(value)
    if array.dtype.kind in "OU":
        return np.array(np.broadcast_to(array.astype(object), (rows,)))
    return np.array(np.broadcast_to(np.round(array.astype(np.float64), DIGITS) + 0.0, (rows,)))


def unknown(what: str, name: str, known: Any) -> Refusal:
    """Make the refusal for an unknown name.

    >>> unknown("there is no table 'vist'", "vist", ["visit"]).problems[0].hint
    "Did you mean 'visit'?"
    """
    return Refusal([Problem(UNKNOWN, what, Place(file="simulation.yaml"), hint=did_you_mean(name, known))])
