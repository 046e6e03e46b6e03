"""Value-level metadata: what differs by test, parameter or qualifier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from define.build.conditions import Condition, conditions_of
from define.build.package import Described
from trialkit.column import Column, combine
from trialkit.match import order_by
from trialkit.numerals import texts
from trialkit.problems import Exit, Kind, Problem, Refusal, did_you_mean
from trialkit.spec import ValueLevel

NO_LEVEL = Kind(
    "DEFB-003",
    "a value level that define.xml cannot say",
    "Let its condition name published variables, and whole tests or parameters.",
    exit=Exit.SPEC,
)
Rows = npt.NDArray[np.int64]
# The variables that tell tests apart beside their code, where one code has several of their values.
FURTHER = ("SPEC", "METHOD", "LOC", "LAT", "CAT")


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """The records of one value-level item, and what the spec says of them.

    >>> Level("LBORRES", (Condition("LBTESTCD", "EQ", ("ALT",)),), np.array([0]), "Alanine").name
    'ALT'
    """

    variable: str
    conditions: tuple[Condition, ...]
    rows: Rows
    label: str
    said: ValueLevel | None = None

    @property
    def name(self) -> str:
        """Name the item by its values.

        >>> Level("QVAL", (Condition("QNAM", "EQ", ("AESCRIT",)),), np.array([0]), "").name
        'AESCRIT'
        """
        return ".".join("_".join(one.values) for one in self.conditions)


class LevelKind(NamedTuple):
    """Which variable tells the values of others apart.

    >>> LevelKind("PARAMCD", "PARAM", ("AVAL", "AVALC")).code
    'PARAMCD'
    """

    code: str
    label: str
    values: tuple[str, ...]


def kinds_of(dataset: str) -> tuple[LevelKind, ...]:
    """Give the variables by whose values a dataset may have value levels (Define-XML 2.1, section 4.4.2).

    >>> [kind.code for kind in kinds_of("LB")]
    ['QNAM', 'TSPARMCD', 'PARAMCD', 'LBTESTCD']
    """
    prefix = dataset[:2]
    return (
        LevelKind("QNAM", "QLABEL", ("QVAL",)),
        LevelKind("TSPARMCD", "TSPARM", ("TSVAL",)),
        LevelKind("PARAMCD", "PARAM", ("AVAL", "AVALC")),
        LevelKind(f"{prefix}TESTCD", f"{prefix}TEST", (f"{prefix}ORRES", f"{prefix}STRESN")),
    )


def levels_of(described: Described) -> dict[str, list[Level]]:
    """Give the value-level items of a dataset by variable; none where all records are of one kind.

    What the spec declares under `value_level` is added to the items whose records it is about; a variable
    that has none here gets those that are declared.

    Findings have them for --ORRES and --STRESN by --TESTCD, supplemental qualifiers for QVAL by QNAM, the
    trial summary for TSVAL by TSPARMCD, and analysis datasets for AVAL and AVALC by PARAMCD (Define-XML 2.1,
    section 4.4.2).

    >>> from types import SimpleNamespace
    >>> spec, table = SimpleNamespace(variables={}), SimpleNamespace(columns={}, count=0)
    >>> levels_of(SimpleNamespace(table=table, name="DM", spec=spec, companion=False))
    {}
    """
    found = _by_code(described)
    declared = {} if described.companion else described.spec.variables
    for name, variable in declared.items():
        for one in variable.value_level if name in described.table.columns else ():
            found[name] = _declared(described, name, one, found.get(name, []))
    return {name: levels for name, levels in found.items() if levels}


def planned_levels(described: Described) -> dict[str, list[Level]]:
    """Give the value levels that a spec declares and those of its qualifiers, where there are no records yet.

    >>> from types import SimpleNamespace
    >>> planned_levels(SimpleNamespace(name="DM", spec=SimpleNamespace(variables={}), companion=False))
    {}
    """
    none = np.empty(0, np.int64)
    if described.companion:
        said = described.spec.supplemental.items()
        return {
            "QVAL": [Level("QVAL", (Condition("QNAM", "EQ", (n,)),), none, one.label or n) for n, one in said]
        }
    found: dict[str, list[Level]] = {}
    for name, variable in described.spec.variables.items():
        for one in variable.value_level if name in described.metas else ():
            if conditions := conditions_of(one.when):
                found.setdefault(name, []).append(Level(name, conditions, none, one.label or name, one))
    return found


def _declared(described: Described, name: str, said: ValueLevel, levels: list[Level]) -> list[Level]:
    """Add what a spec declares to the items that it is about, or make an item of it."""
    columns = described.table.columns
    for one in said.when.names:
        if one not in columns:
            what = f"'{one}' is no published variable of {described.name}"
            raise Refusal([Problem(NO_LEVEL, what, said.place("when"), hint=did_you_mean(one, columns))])
    meant = said.when.mask(lambda one: columns[one], described.table.count)
    rows = np.flatnonzero(meant & ~columns[name].missing())
    mine = [level for level in levels if meant[level.rows].all()]
    if sum(len(level.rows) for level in mine) == len(rows):
        return [replace(level, said=said) if level in mine else level for level in levels]
    conditions = conditions_of(said.when)
    if conditions is None or any(level.said is None or meant[level.rows].any() for level in levels):
        what = f"{said.when.text} are not the records of value levels of {name}"
        raise Refusal([Problem(NO_LEVEL, what, said.place("when"))])
    return [*levels, Level(name, conditions, rows, said.label or name, said)]


def as_numbers(column: Column, said: ValueLevel) -> Column:
    """Read the texts of a value level that is declared numeric.

    Raises:
        Refusal: DEFB-003 where one is no number.

    >>> from trialkit.expr import compile_expression
    >>> one = ValueLevel(when=compile_expression("A == 'x'"), type="Num")
    >>> as_numbers(Column.text(["98.2"]), one).kind
    'number'
    """
    try:
        return Column.numbers([float(text) for text in texts(column)])
    except ValueError:
        what = f"a value where {said.when.text} is no number"
        raise Refusal([Problem(NO_LEVEL, what, said.place("type"), hint="Leave `type` out.")]) from None


def _by_code(described: Described) -> dict[str, list[Level]]:
    columns = described.table.columns
    for code, label, values in kinds_of(described.name):
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
