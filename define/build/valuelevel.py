"""Value-level metadata: what differs by test, parameter or qualifier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from define.build.conditions import Condition
from define.build.package import Described
from trialkit.column import Column, combine
from trialkit.match import order_by
from trialkit.numerals import texts

Rows = npt.NDArray[np.int64]
# The variables that tell tests apart beside their code, where one code has several of their values.
FURTHER = ("SPEC", "METHOD", "LOC", "LAT", "CAT")


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """The records of one value-level item.

    >>> Level("LBORRES", (Condition("LBTESTCD", "EQ", ("ALT",)),), np.array([0]), "Alanine").name
    'ALT'
    """

    variable: str
    conditions: tuple[Condition, ...]
    rows: Rows
    label: str

    @property
    def name(self) -> str:
        """Name the item by its values.

        >>> Level("QVAL", (Condition("QNAM", "EQ", ("AESCRIT",)),), np.array([0]), "").name
        'AESCRIT'
        """
        return ".".join("_".join(one.values) for one in self.conditions)


def levels_of(described: Described) -> dict[str, list[Level]]:
    """Give the value-level items of a dataset by variable; none where all records are of one kind.

    Findings have them for --ORRES and --STRESN by --TESTCD, supplemental qualifiers for QVAL by QNAM, the
    trial summary for TSVAL by TSPARMCD, and analysis datasets for AVAL and AVALC by PARAMCD (Define-XML 2.1,
    section 4.4.2).

    >>> from types import SimpleNamespace
    >>> levels_of(SimpleNamespace(table=SimpleNamespace(columns={}, count=0), name="DM"))
    {}
    """
    columns, prefix = described.table.columns, described.name[:2]
    kinds = (
        ("QNAM", "QLABEL", ("QVAL",)), ("TSPARMCD", "TSPARM", ("TSVAL",)),
        ("PARAMCD", "PARAM", ("AVAL", "AVALC")),
        (f"{prefix}TESTCD", f"{prefix}TEST", (f"{prefix}ORRES", f"{prefix}STRESN")),
    )  # fmt: skip
    for code, label, values in kinds:
        if code in columns and (code == "QNAM" or len(columns[code].distinct().values) > 1):
            found = {name: list(_levels(described, code, label, name)) for name in values if name in columns}
            return {name: levels for name, levels in found.items() if levels}
    return {}


def _levels(described: Described, code: str, label: str, variable: str) -> Iterator[Level]:
    columns = described.table.columns
    filled = np.flatnonzero(~columns[variable].missing())
    names = [code, *_further(columns, code, filled)]
    keys = [columns[name].take(filled) for name in names]
    group, first = combine(keys, len(filled))
    labels = texts(columns[label].take(filled)) if label in columns else []
    said = [texts(key) for key in keys]
    for one in order_by([key.take(first) for key in keys], len(first)).tolist():
        at = int(first[one])
        values = [part[at] for part in said]
        conditions = tuple(Condition(n, "EQ", (v,)) for n, v in zip(names, values, strict=True) if v)
        more = ", ".join(value for value in values[1:] if value)
        text = (labels[at] if labels else values[0]) + (f" ({more})" if more else "")
        yield Level(variable, conditions, filled[group == one], text)


def _further(columns: Any, code: str, filled: Rows) -> Sequence[str]:
    """Find what tells the records of one code apart, always with a value."""
    prefix = code.removesuffix("TESTCD") if code.endswith("TESTCD") else ""
    if not prefix:
        return ()
    found = []
    for end in FURTHER:
        name = f"{prefix}{end}"
        if name in columns and _splits(columns[code].take(filled), columns[name].take(filled)):
            found.append(name)
    return found


def _splits(code: Column, other: Column) -> bool:
    if other.missing().any():
        return False
    both, _ = combine([code, other], len(code))
    return int(both.max(initial=-1)) > int(combine([code], len(code))[0].max(initial=-1))
