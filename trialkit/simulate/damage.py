"""Damage: how events and defects choose rows of a file, and how each is written down."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field

from trialkit.simulate.formula import Formula
from trialkit.simulate.part import Names, Part
from trialkit.simulate.sheet import Entry, Sheet
from trialkit.simulate.table import Rows, Scene

A_FEW = 0.2  # expected defects from which at least one is put in


class Record(Part):
    """What the list of events and defects says about one kind of entry.

    >>> Record.main_key()
    'record'
    """

    code: str
    where: Formula = "1"
    detectable: bool = Field(True, description="whether the export alone shows it")
    query: bool = Field(True, description="whether the mapping raises a data query")
    action: str = Field("", description="what the mapping is expected to do")
    expect: str = Field("", description="what the outcome is expected to be")

    def note(self, sheet: Sheet, entry: Entry, **more: str) -> None:
        """Write an entry down.

        >>> from trialkit.simulate.table import Table, World
        >>> sheet = Sheet(Scene(Table("t", 1), World(1), World(1).random()), {}, [])
        >>> Record(code="D01").note(sheet, Entry("D01", "defect", 0))
        >>> sheet.entries[0].query
        'Y'
        """
        entry.key = sheet.key(entry.row) if entry.row < len(sheet.names) else entry.key
        entry.detectable, entry.query = "NY"[self.detectable], "NY"[self.query]
        entry.action, entry.expect = self.action, self.expect
        sheet.entries.append(entry)


class Event(Record):
    """Something that happened in the trial and that is no error of the data.

    >>> Event.main_key()
    'event'
    """

    event: Names = Field(description="the files that show it")
    field: str = ""
    was: Formula | None = Field(None, description="the value without the event")
    defect: bool = Field(False, description="a false value that stands in several files, so no single cell")

    def mark(self, sheet: Sheet) -> None:
        """Write the events of a file down; their rows get no further damage.

        >>> from trialkit.simulate.table import Table, World
        >>> sheet = Sheet(Scene(Table("t", 1), World(1), World(1).random()), {}, [])
        >>> Event(event="VISIT", code="D10").mark(sheet)
        >>> sheet.entries[0].kind
        'event'
        """
        rows = np.flatnonzero(sheet.scene.mask(self.where))
        was = sheet.scene.value(self.was)[rows] if self.was else None
        for place, row in enumerate(rows.tolist()):
            dirty = str(sheet.cells[self.field][row]) if self.field else ""
            clean = "" if was is None else format(was[place], "" if isinstance(was[place], str) else ".0f")
            kind = "defect" if self.defect else "event"
            self.note(sheet, Entry(self.code, kind, row, self.field, clean, dirty))
            sheet.taken[row] = True


class Defect(Record):
    """What all defects share: a rate per row, or per cell of the fields they may hit.

    >>> Defect.main_key()
    'defect'
    """

    rate: Formula
    fields: Names = Field([], description="the columns it may hit")

    def strike(self, sheet: Sheet, file: str, scene: Scene) -> None:
        """Damage rows that nothing has damaged before.

        >>> Defect(code="D01", rate="1").hit(None, 0, None)
        Traceback (most recent call last):
        NotImplementedError
        """
        for row in self.chosen(sheet, scene).tolist():
            self.hit(sheet, row, scene)

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Damage one row.

        >>> Defect(code="D01", rate="1").hit(None, 0, None)
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError

    def fits(self, sheet: Sheet) -> npt.NDArray[np.bool_]:
        """Mark the rows that can have this defect: here, those with any of the fields filled.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> Defect(code="D01", rate="1").fits(Sheet(scene, {}, [])).tolist()
        [True]
        """
        filled = [sheet.cells[name] != "" for name in self.fields]
        return np.logical_or.reduce(filled) if filled else np.ones(sheet.scene.rows, bool)

    def per_row(self) -> int:
        """Give how many chances a row has.

        >>> Defect(code="D01", rate="1").per_row()
        1
        """
        return 1

    def chosen(self, sheet: Sheet, scene: Scene) -> Rows:
        """Choose the rows: as many as the rate says, at least one when that is near.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 4), World(1), World(1).random())
        >>> len(Defect(code="D01", rate="1/4").chosen(Sheet(scene, {}, []), scene))
        1
        """
        meant = scene.mask(self.where)
        free = np.flatnonzero(meant & ~sheet.taken & self.fits(sheet))
        hoped = float(scene.value(self.rate)[:1].sum()) * self.per_row() * int(meant.sum())
        number = max(int(hoped + 0.5), int(hoped >= A_FEW))
        return np.sort(scene.random.permutation(free)[:number])

    def spot(self, sheet: Sheet, row: int, scene: Scene) -> str:
        """Choose one of the fields that are filled in a row.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> sheet = Sheet(scene, {"A": np.array(["x"], object)}, [])
        >>> Defect(code="D01", rate="1", fields=["A"]).spot(sheet, 0, scene)
        'A'
        """
        filled = [name for name in self.fields if sheet.cells[name][row] != ""]
        return filled[int(scene.random.integers(len(filled)))]

    def put(self, sheet: Sheet, row: int, field: str, dirty: str) -> None:
        """Change one cell and write it down.

        >>> from trialkit.simulate.table import Table, World
        >>> scene = Scene(Table("t", 1), World(1), World(1).random())
        >>> sheet = Sheet(scene, {"A": np.array(["x"], object)}, [])
        >>> Defect(code="D03", rate="1").put(sheet, 0, "A", "y")
        >>> sheet.entries[0].clean
        'x'
        """
        clean = sheet.change(row, field, dirty)
        self.note(sheet, Entry(self.code, "defect", row, field, clean, dirty))
