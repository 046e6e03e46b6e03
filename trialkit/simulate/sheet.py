"""Sheets: the texts of one file on their way out, and what has been done to them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from trialkit.simulate.formula import Array
from trialkit.simulate.table import Rows, Scene


@dataclass(slots=True)
class Entry:
    """One line of the list of events and defects.

    >>> Entry("D04", "defect", 3).code
    'D04'
    """

    code: str
    kind: str
    row: int
    field: str = ""
    clean: str = ""
    dirty: str = ""
    key: str = ""
    action: str = ""
    detectable: str = "Y"
    query: str = "Y"
    expect: str = ""
    line: int = 0


@dataclass(slots=True)
class Sheet:
    """The texts of one file, or of one block of it.

    Args:
        scene: the table that rows are written from; same rows, same order.
        cells: object arrays of texts, by column; shape (rows,) each.
        keys: the columns that identify a row.

    >>> from trialkit.simulate.table import Table, World
    >>> scene = Scene(Table("t", 1), World(1), World(1).random())
    >>> sheet = Sheet(scene, {"A": np.array(["x"], object)}, ["A"])
    >>> sheet.change(0, "A", "y"), sheet.key(0)
    ('x', 'A=x')
    """

    scene: Scene
    cells: dict[str, Array]
    keys: list[str]
    entries: list[Entry] = field(default_factory=list)
    taken: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    names: Array = field(default_factory=lambda: np.zeros(0, object))
    copies: list[tuple[int, float, dict[str, str]]] = field(default_factory=list)
    other_bytes: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Remember the undamaged keys."""
        self.taken = np.zeros(self.scene.rows, bool)
        self.names = np.full(self.scene.rows, "", object)
        for number, column in enumerate(self.keys):
            self.names = self.names + (f"{'|' if number else ''}{column}=" + self.cells[column])

    def key(self, row: int) -> str:
        """Give the undamaged key of a row.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> Sheet(scene, {"A": np.array(["x"], object)}, ["A"]).key(0)
        'A=x'
        """
        return str(self.names[row])

    def change(self, row: int, column: str, text: str) -> str:
        """Change a cell and give back what stood there; the row counts as damaged.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> Sheet(scene, {"A": np.array(["x"], object)}, []).change(0, "A", "y")
        'x'
        """
        before = str(self.cells[column][row])
        self.cells[column][row] = text
        self.taken[row] = True
        return before

    def copy(self, row: int, changes: dict[str, str], before: bool) -> int:
        """Put a changed copy of a row beside it, and give the number of the copy.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> Sheet(scene, {"A": np.array(["x"], object)}, []).copy(0, {}, False)
        1
        """
        self.taken[row] = True
        self.copies.append((row, row + (-0.25 if before else 0.25), changes))
        return self.scene.rows + len(self.copies) - 1

    def finish(self, first_line: int) -> dict[str, Array]:
        """Put the copies in, number the lines of all entries, and give the final cells.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> sheet = Sheet(scene, {"A": np.array(["x"], object)}, [])
        >>> _ = sheet.copy(0, {"A": "y"}, before=True)
        >>> sheet.finish(1)["A"].tolist()
        ['y', 'x']
        """
        origin = [*range(self.scene.rows), *(row for row, _, _ in self.copies)]
        spots = [*map(float, range(self.scene.rows)), *(spot for _, spot, _ in self.copies)]
        order: Rows = np.argsort(np.array(spots), kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        for entry in self.entries:
            entry.line = first_line + int(place[entry.row])
        self.other_bytes = {int(place[row]) for row in self.other_bytes}
        full = {name: texts[np.array(origin, np.int64)] for name, texts in self.cells.items()}
        for number, (_, _, changes) in enumerate(self.copies, start=self.scene.rows):
            for column, text in changes.items():
                full[column][number] = text
        return {name: texts[order] for name, texts in full.items()}
