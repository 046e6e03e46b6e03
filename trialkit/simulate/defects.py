"""Defects: the ways in which the texts of a file go wrong, one class each."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from pydantic import Field

from trialkit.simulate.cells import date_parts
from trialkit.simulate.damage import Defect
from trialkit.simulate.formula import Formula
from trialkit.simulate.part import Names
from trialkit.simulate.sheet import Entry, Sheet
from trialkit.simulate.table import Scene

SHORT_MONTHS = ("02", "04", "06", "09", "11")
TYPOS = {"3": "8", "8": "3", "0": "9", "1": "7", "2": "5", "4": "1", "5": "2", "6": "5", "7": "1", "9": "0"}


class Duplicate(Defect):
    """A row stands twice, letter for letter.

    >>> Duplicate.main_key()
    'duplicate'
    """

    duplicate: Names

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Put the same row below.

        >>> Duplicate(duplicate="A", code="D01", rate="1").code
        'D01'
        """
        copy = sheet.copy(row, {}, before=False)
        self.note(sheet, Entry(self.code, "defect", copy, key=sheet.key(row)))


class Reentry(Defect):
    """A row stands twice; the copy has an earlier audit time and another score in one field.

    >>> Reentry.main_key()
    'reentry'
    """

    reentry: Names
    audit: str
    most: int = Field(description="the greatest score; the other score is drawn from 0 to it")

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Put the earlier entry beside the row, before or after it.

        >>> Reentry(reentry="A", code="D02", rate="1", audit="T", most=4).most
        4
        """
        field = self.spot(sheet, row, scene)
        clean = str(sheet.cells[field][row])
        dirty = str((int(clean) + int(scene.random.integers(1, self.most + 1))) % (self.most + 1))
        when = datetime.fromisoformat(sheet.cells[self.audit][row])
        earlier = when - timedelta(minutes=int(scene.random.integers(60, 480)))
        changes = {field: dirty, self.audit: earlier.isoformat(sep=" ")}
        copy = sheet.copy(row, changes, before=bool(scene.random.integers(2)))
        self.note(sheet, Entry(self.code, "defect", copy, field, clean, dirty, key=sheet.key(row)))


class OutOfRange(Defect):
    """An item has a score that the instrument does not have; the rate is per item.

    >>> OutOfRange.main_key()
    'out_of_range'
    """

    out_of_range: Names
    value: str

    def per_row(self) -> int:
        """Count the items.

        >>> OutOfRange(out_of_range="A", code="D03", rate="1", value="5", fields=["Q1"]).per_row()
        1
        """
        return len(self.fields)

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Change one item.

        >>> OutOfRange(out_of_range="A", code="D03", rate="1", value="5").value
        '5'
        """
        self.put(sheet, row, self.spot(sheet, row, scene), self.value)


class WrongTotal(Defect):
    """A printed total is 1 to 3 points off the sum of its items.

    >>> WrongTotal.main_key()
    'wrong_total'
    """

    wrong_total: Names
    most: int

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Change the total, within its range.

        >>> WrongTotal(wrong_total="A", code="D04", rate="1", most=48).most
        48
        """
        field = self.fields[0]
        total = int(sheet.cells[field][row])
        away = int(scene.random.integers(1, 4)) * (1 if scene.random.integers(2) else -1)
        self.put(sheet, row, field, str(total + away if 0 <= total + away <= self.most else total - away))


class BothOrNeither(Defect):
    """Of two alternative items both are filled, or neither.

    >>> BothOrNeither.main_key()
    'both_or_neither'
    """

    both_or_neither: Names
    most: int

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Fill the other item with another score, or empty the filled one.

        >>> BothOrNeither(both_or_neither="A", code="D05", rate="1", fields=["Q5A", "Q5B"], most=4).most
        4
        """
        filled = self.spot(sheet, row, scene)
        other = next(name for name in self.fields if name != filled)
        score = int(sheet.cells[filled][row])
        if scene.random.integers(2):
            another = (score + int(scene.random.integers(1, self.most + 1))) % (self.most + 1)
            self.put(sheet, row, other, str(another))
        else:
            self.put(sheet, row, filled, "")


class Omission(Defect):
    """A form has one to four empty items; the rate is per form.

    >>> Omission.main_key()
    'omission'
    """

    omission: Names
    upto: int = 4

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Empty the items.

        >>> Omission(omission="A", code="D06", rate="1").upto
        4
        """
        for _ in range(int(scene.random.integers(1, self.upto + 1))):
            self.put(sheet, row, self.spot(sheet, row, scene), "")


class PartialDate(Defect):
    """A date has lost its day, or day and month.

    >>> PartialDate.main_key()
    'partial_date'
    """

    partial_date: Names
    truth: Formula = Field(description="the date, in days since 1970-01-01")

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Write the date with unknown parts.

        >>> PartialDate(partial_date="A", code="D07", rate="1", truth="day").truth
        'day'
        """
        parts = date_parts(int(scene.value(self.truth)[row]))
        pattern = "{Y}-{m}-UK" if scene.random.integers(2) else "{Y}-UK-UK"
        self.put(sheet, row, self.fields[0], pattern.format_map(parts))


class ImpossibleDate(Defect):
    """A date is not in the calendar.

    >>> ImpossibleDate.main_key()
    'impossible_date'
    """

    impossible_date: Names
    truth: Formula = Field(description="the date, in days since 1970-01-01")

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Write the 30th of February, or the 31st of a shorter month.

        >>> ImpossibleDate(impossible_date="A", code="D07", rate="1", truth="day").truth
        'day'
        """
        parts = date_parts(int(scene.value(self.truth)[row]))
        short = parts["m"] if parts["m"] in SHORT_MONTHS else "02"
        self.put(sheet, row, self.fields[0], f"{parts['Y']}-{short}-{'30' if short == '02' else '31'}")


class MovedDate(Defect):
    """A date is a real one and yet out of order with another date of the subject.

    >>> MovedDate.main_key()
    'moved_date'
    """

    moved_date: Names
    to: Formula = Field(description="the wrong date, in days since 1970-01-01")

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Write the wrong date.

        >>> MovedDate(moved_date="A", code="D07", rate="1", to="day - 9").to
        'day - 9'
        """
        parts = date_parts(int(scene.value(self.to)[row]))
        self.put(sheet, row, self.fields[0], "{Y}-{m}-{d}".format_map(parts))


class WrongUnit(Defect):
    """A unit is written that the value does not fit.

    >>> WrongUnit.main_key()
    'wrong_unit'
    """

    wrong_unit: Names
    swaps: dict[str, str]

    def fits(self, sheet: Sheet) -> npt.NDArray[np.bool_]:
        """Mark the rows whose unit has a swap.

        >>> WrongUnit(wrong_unit="A", code="D08", rate="1", fields=["U"], swaps={"g": "kg"}).swaps
        {'g': 'kg'}
        """
        return np.isin(sheet.cells[self.fields[0]].astype(str), list(self.swaps))

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Swap the unit.

        >>> WrongUnit(wrong_unit="A", code="D08", rate="1", swaps={}).fields
        []
        """
        self.put(sheet, row, self.fields[0], self.swaps[sheet.cells[self.fields[0]][row]])


class Typo(Defect):
    """One digit of an identifier is mistyped, 3 for 8 where there is one.

    >>> Typo.main_key()
    'typo'
    """

    typo: Names

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Mistype the last 3 or 8, else the last digit.

        >>> Typo(typo="A", code="D16", rate="1", fields=["ID"]).fields
        ['ID']
        """
        text = str(sheet.cells[self.fields[0]][row])
        place = max(text.rfind("3"), text.rfind("8"))
        place = len(text) - 1 if place < 0 else place
        self.put(sheet, row, self.fields[0], text[:place] + TYPOS.get(text[place], "0") + text[place + 1 :])


class ForeignBytes(Defect):
    """A row is in UTF-8 in a file of another encoding, and cannot be decoded.

    >>> ForeignBytes.main_key()
    'foreign_bytes'
    """

    foreign_bytes: Names
    encoding: str

    def fits(self, sheet: Sheet) -> npt.NDArray[np.bool_]:
        """Mark the rows whose UTF-8 bytes are no text in the encoding of the file.

        >>> ForeignBytes(foreign_bytes="A", code="D19", rate="1", encoding="gb18030").encoding
        'gb18030'
        """
        lines = [",".join(cells) for cells in zip(*sheet.cells.values(), strict=True)]
        return np.array([not self._decodes(line) for line in lines], bool)

    def _decodes(self, line: str) -> bool:
        try:
            line.encode().decode(self.encoding)
        except UnicodeDecodeError:
            return False
        return True

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Mark the row, whose bytes the file then writes so.

        >>> ForeignBytes(foreign_bytes="A", code="D19", rate="1", encoding="gb18030").fields
        []
        """
        sheet.taken[row] = True
        sheet.other_bytes.add(row)
        self.note(sheet, Entry(self.code, "defect", row))


class RareCharacter(Defect):
    """A text has a character that needs four bytes in GB18030.

    >>> RareCharacter.main_key()
    'rare_character'
    """

    rare_character: Names
    character: str

    def hit(self, sheet: Sheet, row: int, scene: Scene) -> None:
        """Put the character behind the first one of the text.

        >>> RareCharacter(rare_character="A", code="D19", rate="1", character="㛃").fields
        []
        """
        text = str(sheet.cells[self.fields[0]][row])
        self.put(sheet, row, self.fields[0], text[:1] + self.character + text[1:])
