"""Conversion of results between units, exact, from tables of facts."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache

from trialkit.codelist import Codelist
from trialkit.measures import Measure, measure, table
from trialkit.problems import Exit, Kind, Place, Problem, Problems, did_you_mean
from trialkit.rounding import to_decimal
from trialkit.unit_text import standard_unit

NO_COLUMN = Kind(
    "UNIT-001",
    "a column of the conversion table is missing",
    "The columns are from, to, factor, offset, analyte, source.",
    exit=Exit.SPEC,
)
BAD_FACTOR = Kind(
    "UNIT-002",
    "a conversion is not a number",
    "Write a decimal number (0.0555) or a fraction (5/9); a factor is above 0.",
    exit=Exit.SPEC,
)
NO_UNIT = Kind("UNIT-003", "a conversion lacks a unit", "Fill in from and to.", exit=Exit.SPEC)
TWO_FACTORS = Kind(
    "UNIT-004", "a conversion is there twice", "Keep one row per units and analyte.", exit=Exit.SPEC
)
STUDY_TABLE = "tables/units.csv"  # a study's own conversions
MOST_CHARACTERS = 100  # of a factor
_LONG_EXPONENT = re.compile(r"[eE][+-]?[0-9]{4,}")
COLUMNS = ("from", "to", "factor", "offset", "analyte", "source")


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear conversion: new = old * factor + offset, exact.

    >>> Linear(Fraction(9, 5), Fraction(32)).apply("37")
    98.6
    """

    factor: Fraction
    offset: Fraction = Fraction(0)

    def apply(self, value: float | str | Decimal) -> float:
        """Convert a value by its shortest decimal digits; NaN stays NaN, and what is too large is infinite.

        >>> Linear(Fraction(1, 100)).apply(0.29)
        0.0029
        """
        exact = to_decimal(value)
        if not exact.is_finite():
            return float(exact)
        made = Fraction(exact) * self.factor + self.offset
        try:
            return float(made)
        except OverflowError:
            return math.inf if made > 0 else -math.inf

    def then(self, other: Linear) -> Linear:
        """Convert by this one and then by the other.

        >>> Linear(Fraction(2), Fraction(1)).then(Linear(Fraction(3))).offset
        Fraction(3, 1)
        """
        return Linear(self.factor * other.factor, self.offset * other.factor + other.offset)

    def inverse(self) -> Linear:
        """Convert back.

        >>> Linear(Fraction(2), Fraction(1)).inverse().apply(5.0)
        2.0
        """
        return Linear(1 / self.factor, -self.offset / self.factor)


@dataclass(frozen=True, slots=True)
class Conversion:
    """One row of a conversion table.

    ``analytes`` are short names of tests (``LBTESTCD``); none means any.

    >>> Conversion("C", "K", Linear(Fraction(1), Fraction("273.15"))).suits("TEMP")
    True
    """

    from_unit: str
    to_unit: str
    linear: Linear
    analytes: tuple[str, ...] = ()
    source: str = ""

    def suits(self, analyte: str) -> bool:
        """Say whether the conversion holds for an analyte.

        >>> Conversion("mg/dL", "mmol/L", Linear(Fraction(1, 18)), ("GLUC",)).suits("CREAT")
        False
        """
        return not self.analytes or analyte in self.analytes


@dataclass(frozen=True, slots=True)
class _Analyte:
    molar_mass: Fraction
    charge: Fraction | None


def read_conversions(text: str, file: str) -> tuple[list[Conversion], Problems]:
    r"""Read a conversion table: CSV with from, to, factor, offset, analyte, source.

    Returns:
        The rows that are sound, and problems ``UNIT-001`` to ``UNIT-004`` for the others.

    >>> text = "from,to,factor,offset,analyte,source\nmg/dL,mmol/L,0.0555,,GLUC,lab\n"
    >>> rows, found = read_conversions(text, "units.csv")
    >>> rows[0].linear.factor, found.items
    (Fraction(111, 2000), [])
    """
    reader, found = csv.DictReader(io.StringIO(text, newline="")), Problems()
    header = list(reader.fieldnames or ())
    for name in COLUMNS[:3]:
        if name not in header:
            hint = did_you_mean(name, header)
            found.add(Problem(NO_COLUMN, f"column '{name}' is missing", Place(file, 1), hint=hint))
    if found.items:
        return [], found
    rows = [row for line in reader if (row := _conversion(line, Place(file, reader.line_num), found))]
    _twice(rows, file, found)
    return rows, found


def _conversion(row: dict[str, str], where: Place, found: Problems) -> Conversion | None:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    factor, offset = _fraction(cells["factor"]), _fraction(cells["offset"] or "0")
    if factor is None or factor <= 0 or offset is None:
        factor = None
        found.add(Problem(BAD_FACTOR, f"the factor '{cells['factor']}' or its offset is not a number", where))
    if not cells["from"] or not cells["to"]:
        found.add(Problem(NO_UNIT, "the conversion has no unit to start from or to arrive at", where))
    if factor is None or offset is None or not cells["from"] or not cells["to"]:
        return None
    analytes = tuple(name.strip() for name in cells["analyte"].split(";") if name.strip())
    return Conversion(cells["from"], cells["to"], Linear(factor, offset), analytes, cells["source"])


def _fraction(text: str) -> Fraction | None:
    """Read a decimal number or a fraction that is in the range of a double; else None."""
    if len(text) > MOST_CHARACTERS or _LONG_EXPONENT.search(text):
        return None
    try:
        made = Fraction(text)
        return None if made and not float(made) else made
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def _twice(rows: Sequence[Conversion], file: str, found: Problems) -> None:
    seen = set()
    for row in rows:
        for analyte in row.analytes or ("",):
            key = (frozenset((row.from_unit, row.to_unit)), analyte)
            if key in seen:
                what = f"the conversion of {row.from_unit} to {row.to_unit} for '{analyte}' is there twice"
                found.add(Problem(TWO_FACTORS, what, Place(file)))
            seen.add(key)


@cache
def _packaged() -> tuple[Conversion, ...]:
    rows = [_conversion(row, Place(), Problems()) for row in table("conversions")]
    return tuple(row for row in rows if row)


@cache
def _analytes() -> dict[str, _Analyte]:
    return {
        row["analyte"]: _Analyte(
            Fraction(row["molar_mass"]), Fraction(row["charge"]) if row["charge"] else None
        )
        for row in table("molar")
    }


@dataclass(frozen=True, eq=False)
class Units:
    """Units of one study: its codelist of units and its own conversions, which come first.

    Conversions are tried in this order: a row of the study for just these units, the sizes of
    the units themselves, the study's rows together with sizes, the toolkit's rows, and at last
    the molar mass or charge of a named analyte.

    >>> from trialkit.terms import load_terminology
    >>> units = Units(load_terminology("SDTM", "2025-03-28").codelist("UNIT"))
    >>> units.convert("180.156", "mg/dL", "mmol/L", "GLUC"), units.convert("90", "mg/dL", "g/L")
    (10.0, 0.9)
    """

    codelist: Codelist
    study: tuple[Conversion, ...] = ()
    _standard: dict[str, str | None] = field(default_factory=dict)
    _known: dict[tuple[str, str, str], Linear | None] = field(default_factory=dict)

    def standard(self, text: str) -> str | None:
        """Find the submission value of a unit; see ``standard_unit``.

        >>> Units(Codelist("", "UNIT", "", True, ())).standard("mg") is None
        True
        """
        if text not in self._standard:
            self._standard[text] = standard_unit(text, self.codelist)
        return self._standard[text]

    def factor(self, from_unit: str, to_unit: str, analyte: str = "") -> Linear | None:
        """Find the conversion from one unit to another; None when nothing says how.

        Args:
            from_unit: the collected unit, in any spelling that ``standard`` knows.
            to_unit: the unit wanted.
            analyte: short name of the test (``LBTESTCD``), for conversions that depend on it.

        >>> units = Units(Codelist("", "UNIT", "", True, ()))
        >>> units.factor("10^9/L", "10^6/mL"), units.factor("mg/dL", "mmol/L")
        (Linear(factor=Fraction(1, 1), offset=Fraction(0, 1)), None)
        """
        key = (from_unit, to_unit, analyte)
        if key not in self._known:
            start, end = self._name(from_unit), self._name(to_unit)
            self._known[key] = next(self._found(start, end, analyte), None) if start and end else None
        return self._known[key]

    def convert(
        self, value: float | str | Decimal, from_unit: str, to_unit: str, analyte: str = ""
    ) -> float | None:
        """Convert a number; None when nothing says how.

        Raises:
            decimal.InvalidOperation: when a text is not a number.

        >>> Units(Codelist("", "UNIT", "", True, ())).convert("98.6", "F", "C")
        37.0
        """
        found = self.factor(from_unit, to_unit, analyte)
        return found.apply(value) if found else None

    def _name(self, text: str) -> str:
        return self.standard(text) or text.strip()

    def _found(self, start: str, end: str, analyte: str) -> Iterator[Linear]:
        study = [row for row in self.study if row.suits(analyte)]
        study.sort(key=lambda row: not row.analytes)
        if start == end:
            yield Linear(Fraction(1))
        yield from self._by_rows(study, start, end, sizes=False)
        if sized := _by_size(start, end):
            yield sized
        yield from self._by_rows(study, start, end, sizes=True)
        packaged = [row for row in _packaged() if row.suits(analyte)]
        yield from self._by_rows(packaged, start, end, sizes=True)
        if molar := _by_amount(start, end, _analytes().get(analyte)):
            yield molar

    def _by_rows(self, rows: Sequence[Conversion], start: str, end: str, sizes: bool) -> Iterator[Linear]:
        for row in rows:
            there = self._name(row.from_unit), self._name(row.to_unit), row.linear
            back = there[1], there[0], row.linear.inverse()
            for first, last, linear in (there, back):
                before, after = _step(start, first, sizes), _step(last, end, sizes)
                if before and after:
                    yield before.then(linear).then(after)


def _step(start: str, end: str, sizes: bool) -> Linear | None:
    if start == end:
        return Linear(Fraction(1))
    return _by_size(start, end) if sizes else None


def _by_size(start: str, end: str) -> Linear | None:
    old, new = measure(start), measure(end)
    ratio = old.ratio(new) if old and new else None
    return Linear(ratio) if ratio else None


def _by_amount(start: str, end: str, analyte: _Analyte | None) -> Linear | None:
    old, new = measure(start), measure(end)
    if not (analyte and old and new):
        return None
    first, last = _amount(old, analyte), _amount(new, analyte)
    ratio = first.ratio(last) if first and last else None
    return Linear(ratio) if ratio else None


def _amount(given: Measure, analyte: _Analyte) -> Measure | None:
    # One mole weighs the molar mass in grams and holds as many equivalents as its charge.
    per_mole = {"mass": analyte.molar_mass, "substance": Fraction(1), "equivalent": analyte.charge}
    if len(given.over) != 1 or not (divisor := per_mole.get(given.over[0])):
        return None
    return Measure(given.size / divisor, ("substance",), given.under)
