"""Cells: how a value is written into a file of the export, in one or several styles."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import AfterValidator, Field

from trialkit.simulate.draws import Numeral, texts_of
from trialkit.simulate.formula import EPOCH, Array, Formula
from trialkit.simulate.part import Part
from trialkit.simulate.table import Scene

WIDE = str.maketrans("0123456789<>.", "０１２３４５６７８９＜＞．")
SERIAL_BASE = 25569  # spreadsheet day number of 1970-01-01
NOON = 720


class Cell(Part):
    """What writes one column of a file, and the harmless mess that a site adds to it.

    >>> Cell.main_key()
    'cell'
    """

    label: str = Field("", description="label in the second header line")
    tokens: list[str] = Field([], description="what some blanks are written as")
    token_rate: float = Field(0.1, description="share of the blanks that are written so")
    wide: float = Field(0, description="share of the cells with full-width digits")
    padded: float = Field(0, description="share of the cells with a blank at the end")

    def write(self, scene: Scene) -> Array:
        """Write the values as texts; shape (rows,).

        >>> Cell().write(None)
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError

    def finished(self, scene: Scene) -> Array:
        """Write the values, and add the mess.

        >>> from trialkit.simulate.table import Table, World
        >>> Value(value="12", wide=1).finished(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        ['１２']
        """
        texts = np.array(self.write(scene), object)
        blank = texts == ""
        for row in np.flatnonzero(~blank & (scene.random.random(scene.rows) < self.wide)):
            texts[row] = texts[row].translate(WIDE)
        for row in np.flatnonzero(~blank & (scene.random.random(scene.rows) < self.padded)):
            texts[row] += " "
        if self.tokens:
            spoken = blank & (scene.random.random(scene.rows) < self.token_rate)
            texts[spoken] = chosen(self.tokens, scene)[spoken]
        return texts


def _pattern(styles: dict[str, float], tokens: str) -> dict[str, float]:
    known = dict.fromkeys(tokens.split(), "")
    for style in styles:
        try:
            style.format_map(known)
        except (KeyError, ValueError, IndexError):
            raise ValueError(f"'{style}' may name {', '.join(known)} only") from None
    if not styles or min(styles.values()) < 0 or not sum(styles.values()):
        raise ValueError("needs a style with a weight")
    return styles


DateStyles: TypeAlias = Annotated[
    dict[str, float], AfterValidator(lambda styles: _pattern(styles, "Y m d M D serial"))
]
ClockStyles: TypeAlias = Annotated[
    dict[str, float], AfterValidator(lambda styles: _pattern(styles, "H h h12 N S half"))
]


def chosen(values: list[str], scene: Scene) -> Array:
    """Give each row one of some texts at random.

    >>> from trialkit.simulate.table import Table, World
    >>> chosen(["a"], Scene(Table("t", 1), World(1), World(1).random())).tolist()
    ['a']
    """
    return np.array(values, object)[scene.random.integers(len(values), size=scene.rows)]


class Value(Cell):
    """A text as it is, or a number with so many decimals.

    >>> Value.main_key()
    'value'
    """

    value: Formula
    decimals: Formula = "0"

    def write(self, scene: Scene) -> Array:
        """Write the values.

        >>> from trialkit.simulate.table import Table, World
        >>> Value(value="1.5", decimals="2").write(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        ['1.50']
        """
        values = scene.value(self.value)
        if values.dtype == object:
            return values
        return Numeral(numeral=self.value, decimals=self.decimals).draw(scene)


class Spell(Cell):
    """A term in one of its spellings; a term without spellings stays as it is.

    >>> Spell.main_key()
    'spell'
    """

    spell: Formula
    into: dict[str, list[str]]

    def write(self, scene: Scene) -> Array:
        """Spell the terms.

        >>> from trialkit.simulate.table import Table, World
        >>> spell = Spell(spell="'F'", into={"F": ["女"]})
        >>> spell.write(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        ['女']
        """
        values = scene.value(self.spell)
        texts = values if values.dtype == object else texts_of(values, ".0f")
        made, mark = texts.copy(), scene.random.random(scene.rows)
        for term, spellings in self.into.items():
            rows = texts == term
            made[rows] = np.array(spellings, object)[(mark[rows] * len(spellings)).astype(int)]
        return made


class Date(Cell):
    """A date in one of several styles, with a time of day on request, or with unknown parts.

    Styles are patterns with ``{Y}``, ``{m}``, ``{d}`` (two digits), ``{M}``, ``{D}`` (no leading
    zero) and ``{serial}`` (spreadsheet day number), each with its weight.

    >>> Date.main_key()
    'date'
    """

    date: Formula = Field(description="days since 1970-01-01")
    styles: DateStyles
    clock: Formula | None = Field(None, description="minutes since midnight")
    clock_styles: ClockStyles = Field({"{h}:{N}": 1})
    known: Formula = Field("3", description="3: day known, 2: month known, 1: year known")
    month_styles: DateStyles = Field({"{Y}-{m}-UK": 1})
    year_styles: DateStyles = Field({"{Y}-UK-UK": 1})

    def write(self, scene: Scene) -> Array:
        """Write the dates; a missing date is empty.

        >>> from trialkit.simulate.table import Table, World
        >>> cell = Date(date="0", styles={"{Y}/{M}/{D}": 1}, clock="482")
        >>> cell.write(Scene(Table("t", 1), World(1), World(1).random())).tolist()
        ['1970/1/1 8:02']
        """
        days, known = scene.value(self.date), scene.value(self.known)
        styles = (self.year_styles, self.month_styles, self.styles)
        made = np.full(scene.rows, "", object)
        for number, own in enumerate(styles, start=1):
            rows = np.flatnonzero((known == number) & ~np.isnan(days))
            made[rows] = styled(days[rows], own, scene, date_parts)
        if self.clock:
            minutes = scene.value(self.clock)
            timed = np.flatnonzero((made != "") & ~np.isnan(minutes))
            made[timed] = made[timed] + " " + styled(minutes[timed], self.clock_styles, scene, clock_parts)
        return made


class Clock(Cell):
    """A time of day in one of several styles.

    Styles are patterns with ``{H}``, ``{N}``, ``{S}`` (two digits), ``{h}``, ``{h12}`` (no leading
    zero) and ``{half}`` (the words for before and after noon). A style without minutes is used for
    full hours only; the first style takes its place otherwise.

    >>> Clock.main_key()
    'clock'
    """

    clock: Formula = Field(description="minutes since midnight")
    styles: ClockStyles

    def write(self, scene: Scene) -> Array:
        """Write the times; a missing time is empty.

        >>> from trialkit.simulate.table import Table, World
        >>> Clock(clock="482", styles={"{h}:{N}": 1}).write(Scene(Table("t", 1), World(1), World(1).random()))
        array(['8:02'], dtype=object)
        """
        minutes = scene.value(self.clock)
        made, rows = np.full(scene.rows, "", object), np.flatnonzero(~np.isnan(minutes))
        made[rows] = styled(minutes[rows], self.styles, scene, clock_parts)
        return made


def date_parts(day: int) -> dict[str, str]:
    """Give the parts of a date that a pattern may name.

    >>> date_parts(0)["m"]
    '01'
    """
    when = date.fromordinal(EPOCH + day)
    return {
        "Y": f"{when.year:04}",
        "m": f"{when.month:02}",
        "d": f"{when.day:02}",
        "M": str(when.month),
        "D": str(when.day),
        "serial": str(day + SERIAL_BASE),
    }


def clock_parts(minute: int) -> dict[str, str]:
    """Give the parts of a time of day that a pattern may name.

    >>> clock_parts(482)["h"]
    '8'
    """
    hour, rest = divmod(minute, 60)
    return {
        "H": f"{hour:02}",
        "h": str(hour),
        "h12": str(hour if minute < NOON + 60 else hour - 12),
        "N": f"{rest:02}",
        "S": "00",
        "half": "上午" if minute < NOON else "下午",
    }


def styled(values: Array, styles: dict[str, float], scene: Scene, parts: object) -> Array:
    """Write numbers of days or minutes, each in a style drawn by weight.

    >>> from trialkit.simulate.table import Table, World
    >>> scene = Scene(Table("t", 1), World(1), World(1).random())
    >>> styled(np.array([0.0]), {"{Y}": 1}, scene, date_parts).tolist()
    ['1970']
    """
    assert callable(parts)
    weights = np.cumsum(list(styles.values())) / sum(styles.values())
    style = np.searchsorted(weights, scene.random.random(len(values)), side="right")
    patterns = list(styles)
    if parts is clock_parts:
        whole_only = np.array(["{N}" not in pattern for pattern in patterns])
        style[whole_only[style] & (values % 60 != 0)] = 0
    pairs = values.astype(np.int64) * len(patterns) + style
    distinct, codes = np.unique(pairs, return_inverse=True)
    split = [divmod(pair, len(patterns)) for pair in distinct.tolist()]
    return np.array([patterns[which].format_map(parts(value)) for value, which in split], object)[codes]
