"""What the data hold of the value levels: how much, in which unit, at which visits, from which sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from define.check.select import Selector
from define.check.tables import Tables
from define.check.view import View
from define.html.preview import Beside, Values, values_of
from define.model import Define, ItemGroupDef, ItemRef
from trialkit.attributes import Variable
from trialkit.column import Mask, combine
from trialkit.publish import read_manifest
from trialkit.tables import Table
from trialkit.trace import read_trace

# a result has its unit and who measured it beside it, under names with the same two letters in front
RESULTS = {"ORRES": "ORRESU", "STRESC": "STRESU", "STRESN": "STRESU"}
MEASURED_BY = ("NAM", "EVAL")
VISITS = {"VISIT": "VISITNUM", "AVISIT": "AVISITN"}  # the name of a visit, and what orders the names
MOST, FEW = 30, 3


@dataclass(frozen=True, slots=True)
class LevelData:
    """The records of a value level.

    Args:
        dataset: its name.
        variable: the variable that the level is of.
        values: what the variable holds in them.
        tables: the sources that their rows are of, as the build has noted them.

    >>> LevelData("LB", "LBORRES", Values(count=10, missing=1, distinct=2)).tables
    frozenset()
    """

    dataset: str
    variable: str
    values: Values
    tables: frozenset[str] = frozenset()


def levels_of(define: Define, folder: Path) -> dict[tuple[str, str], LevelData]:
    """Look at the records of each value level.

    Args:
        define: the model.
        folder: with the datasets; where the lineage of their build stands beside it, sources are known.

    Returns:
        What was found by name of the dataset and identifier of the level's definition.

    Raises:
        trialkit.problems.Refusal: WHY-008 for a damaged file of the lineage.

    >>> from define.samples import sample_define
    >>> levels_of(sample_define(), Path("nowhere"))
    {}
    """
    view, tables = View(define, ""), Tables(folder)
    selector = Selector(view, tables)
    found: dict[tuple[str, str], LevelData] = {}
    for group in define.metadata.item_groups:
        if any(_levels(ref, view) for ref in group.items) and (table := tables.of(group)) is not None:
            rows = _rows(folder, group.name)
            found |= {(group.name, oid): one for oid, one in _of_dataset(group, table, selector, rows)}
    return found


def _rows(folder: Path, dataset: str) -> dict[str, npt.NDArray[np.int32]]:
    """Give for each source the row behind each record, -1 for none; nothing without lineage of this build."""
    trace = folder.parent / "trace" / folder.name
    made, kept = read_manifest(folder), read_manifest(trace)
    if made is None or kept is None or made.get("build") != kept.get("build"):
        return {}
    if not (trace / f"{dataset.lower()}.parquet").is_file():
        return {}
    return {name: rows for name, rows in read_trace(trace, dataset).rows.items() if name.isidentifier()}


def _of_dataset(
    group: ItemGroupDef, table: Table, selector: Selector, rows: Mapping[str, npt.NDArray[np.int32]]
) -> Iterator[tuple[str, LevelData]]:
    variables = {one.name: one for one in table.dataset.variables if one.name in table.columns}
    for ref in group.items:
        item = selector.view.items.get(ref.item_oid)
        for level in _levels(ref, selector.view):
            mask = selector.any_of(group, table, level.where_clauses)
            if item is not None and item.name in variables and mask is not None:
                values = _values(variables[item.name], table, mask)
                behind = frozenset(name for name, one in rows.items() if (one[mask] >= 0).any())
                yield level.item_oid, LevelData(group.name, item.name, values, behind)


def _levels(ref: ItemRef, view: View) -> tuple[ItemRef, ...]:
    item = view.items.get(ref.item_oid)
    found = view.value_lists.get(item.value_list.value_list_oid) if item and item.value_list else None
    return found.items if found else ()


def _values(variable: Variable, table: Table, mask: Mask) -> Values:
    column = table.columns[variable.name].take(mask)
    made = replace(values_of(column, variable), frequent=())
    if made.filled < FEW:
        made = replace(made, smallest="", largest="")  # would be values of single subjects
    held = mask & ~table.columns[variable.name].missing()
    return replace(made, beside=tuple(_beside(variable.name, table, held)))


def _beside(name: str, table: Table, mask: Mask) -> Iterator[Beside]:
    """Say what stands beside the values that are there: unit, who measured, visits."""
    kind = RESULTS.get(name[2:])
    for other in (name[:2] + end for end in ((kind, *MEASURED_BY) if kind else ())):
        if other in table.columns and (texts := _texts(table, other, mask)):
            yield Beside(other, tuple(texts[:MOST]))
    for visit, number in VISITS.items():
        if visit in table.columns and (texts := _visits(table, visit, number, mask)):
            yield Beside(visit, tuple(texts[:MOST]))


def _texts(table: Table, name: str, mask: Mask) -> list[str]:
    return sorted({str(value) for value in table.columns[name].take(mask).distinct().values.tolist()} - {""})


def _visits(table: Table, name: str, number: str, mask: Mask) -> list[str]:
    """Give names of visits by their numbers, where each record has both; else by name."""
    names, numbers = table.columns[name].take(mask), table.columns.get(number)
    if numbers is None or numbers.kind != "number" or names.missing().any():
        return _texts(table, name, mask)
    _, first = combine([names], len(names))
    pairs = zip(names.take(first).objects(), numbers.take(mask).take(first).objects().tolist(), strict=True)
    return [one for one, _ in sorted(pairs, key=lambda pair: (np.nan_to_num(pair[1], nan=np.inf), pair[0]))]
