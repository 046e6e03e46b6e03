"""Values: lengths, keys, missing ones and codelists, of variables and of their value levels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from define.check.sheet import Sheet, Usage
from define.check.view import Use, View
from define.model import NUMBERS, CodeList, CodeListItem, EnumeratedItem
from trialkit.checks.keys import mixed
from trialkit.column import Column
from trialkit.numerals import to_number, to_text
from trialkit.problems import Kind, Problem

TOO_LONG = Kind("DEFC-110", "value is longer than its Length", "Give the length that the values have.")
SHORTER = Kind(
    "DEFC-111", "Length is more than any value needs", "Give the length of the longest.", severity="query"
)
NOT_INTEGER = Kind("DEFC-112", "integer with decimals", "Make it float, or correct the values.")
NOT_UNIQUE = Kind("DEFC-113", "keys do not make records unique", "Add the variable that tells them apart.")
MISSING = Kind("DEFC-114", "mandatory, but missing in some records", "Say Mandatory=No, or fill the values.")
ALL_EMPTY = Kind("DEFC-115", "no value at all, and no def:HasNoData", "Say def:HasNoData=Yes in its ItemRef.")
HAS_DATA = Kind("DEFC-116", "values, but def:HasNoData", "Remove def:HasNoData.")
NOT_A_TERM = Kind("DEFC-117", "value is not in the codelist", "Add the term, or correct the value.")
UNUSED_TERM = Kind(
    "DEFC-118", "term does not occur in the data", "Leave it out, if it could not be chosen.", "query"
)
NO_RECORD = Kind("DEFC-119", "condition selects no record", "Correct it, or remove it.", severity="query")
NO_LEVEL = Kind("DEFC-120", "value that no value level describes", "Describe it.", severity="query")
UNDECIDED = Kind(
    "DEFC-121", "condition cannot be tried on the data", "Give all datasets and variables of it.", "query"
)

SHOWN = 10  # values that a problem table names


def lengths(sheet: Sheet) -> Iterator[Problem]:
    """Find values that are longer than their length, lengths that are too large, and decimals of integers.

    A length counts bytes of a text and digits of an integer.

    >>> from define.check.sheet import sample_sheet
    >>> [one.what for one in lengths(sample_sheet(USUBJID=["12345678"], SEX=["UNK"]))]
    ['DM.SEX: up to 3, Length is 1']
    """
    for use, column in sheet.columns():
        values = _present(column)
        if use.item.data_type == "integer" and column.kind == "number":
            broken = [value for value in values if not float(value).is_integer()]
            if broken:
                what = f"{use.name}: {len(broken)} distinct values have decimals"
                yield sheet.problem(NOT_INTEGER, use, what, value=_shown(broken))
        if use.item.length is None or not values:
            continue
        longest = _longest(values, use, column)
        if longest > use.item.length:
            what = f"{use.name}: up to {longest}, Length is {use.item.length}"
            yield sheet.problem(TOO_LONG, use, what)
        elif 0 < longest < use.item.length and column.kind == "text" and sheet.table.typed:
            what = f"{use.name}: at most {longest}, Length is {use.item.length}"
            yield sheet.problem(SHORTER, use, what)


def _present(column: Column) -> list[Any]:
    """Give the distinct values that occur and are not missing."""
    counts, values = column.counts(), column.values.tolist()
    there = [value for value, count in zip(values, counts.tolist(), strict=True) if count]
    return [value for value in there if value != "" and value == value]


def _longest(values: list[Any], use: Use, column: Column) -> int:
    if column.kind == "text":
        return max(len(value.encode()) for value in values)
    if use.item.data_type != "integer":
        return 0
    return max(len(str(abs(int(value)))) for value in values if math.isfinite(value))


def _shown(values: Sequence[Any]) -> str:
    texts = [to_text(value) if isinstance(value, float) else str(value) for value in values[:SHOWN]]
    return "; ".join([*texts, "..."] if len(values) > SHOWN else texts)


def unique_keys(sheet: Sheet) -> Iterator[Problem]:
    """Find datasets whose keys do not make records unique.

    >>> from define.check.sheet import sample_sheet
    >>> [one.what for one in unique_keys(sample_sheet(USUBJID=["1", "1"], SEX=["F", "M"]))]
    ['DM: 2 records share their keys USUBJID']
    """
    keyed = sorted(
        (use.ref.key_sequence, use.variable)
        for use in sheet.uses
        if use.parent is None and use.ref.key_sequence is not None
    )
    names = [name for _, name in keyed]
    if not names or not set(names) <= sheet.table.columns.keys() or not sheet.table.count:
        return
    key = mixed([sheet.table.columns[name] for name in names], sheet.table.count)
    _, counts = np.unique(key, return_counts=True)
    shared = int(counts[counts > 1].sum())
    if shared:
        what = f"{sheet.group.name}: {shared:,} records share their keys {', '.join(names)}"
        yield sheet.view.problem(NOT_UNIQUE, sheet.group, what, count=shared)


def missing(sheet: Sheet) -> Iterator[Problem]:
    """Find mandatory variables with missing values, and empty ones that do not say so.

    >>> from define.check.sheet import sample_sheet
    >>> [one.what for one in missing(sample_sheet(USUBJID=["1", ""], SEX=["", ""]))]
    ['DM.USUBJID is mandatory and missing in 1 records', 'DM.SEX has no value']
    """
    for use, column in sheet.columns():
        if not len(column):
            continue
        empty = int(column.missing().sum())
        if empty == len(column) and not use.ref.has_no_data and not sheet.group.has_no_data:
            yield sheet.problem(ALL_EMPTY, use, f"{use.name} has no value")
        elif empty and use.ref.mandatory and not use.ref.has_no_data:
            what = f"{use.name} is mandatory and missing in {empty:,} records"
            yield sheet.problem(MISSING, use, what, count=empty)
        elif empty < len(column) and use.ref.has_no_data:
            yield sheet.problem(HAS_DATA, use, f"{use.name} has values and says def:HasNoData")


def codelists(sheet: Sheet, usage: Usage) -> Iterator[Problem]:
    """Find values that are not in the codelist of the variable or value level.

    >>> from define.check.sheet import sample_sheet
    >>> [one.what for one in codelists(sample_sheet(USUBJID=["1", "2"], SEX=["F", "X"]), Usage())]
    ['DM.SEX: 1 distinct values are not in CL.SEX']
    """
    for use in sheet.uses:
        codelist = sheet.view.codelists.get(use.item.codelist.codelist_oid) if use.item.codelist else None
        if codelist is None or not codelist.terms:
            continue
        column = sheet.column(use)
        if column is None:
            usage.complete[codelist.oid] = False
            continue
        values = {_as_coded(value, codelist): value for value in _present(column)}
        usage.seen.setdefault(codelist.oid, set()).update(values)
        outside = [values[text] for text in values if text not in _coded(codelist)]
        if outside:
            among = frozenset(outside)
            count = int(column.where(among.__contains__).sum())
            what = f"{use.name}: {len(outside)} distinct values are not in {codelist.oid}"
            yield sheet.problem(NOT_A_TERM, use, what, count=count, value=_shown(outside))


def _coded(codelist: CodeList) -> dict[str, CodeListItem | EnumeratedItem]:
    """Give the terms by the text that a value is compared with: ``1.0`` and ``1`` are one number."""
    return {_as_coded(term.coded_value, codelist): term for term in codelist.terms}


def _as_coded(value: Any, codelist: CodeList) -> str:
    text = to_text(value) if isinstance(value, float) else str(value)
    number = to_text(to_number(text)) if codelist.data_type in NUMBERS else ""
    return number or text


def unused_terms(view: View, usage: Usage) -> Iterator[Problem]:
    """Find terms that no variable with the codelist has, after all datasets were looked at.

    >>> from define.samples import sample_define
    >>> usage = Usage(seen={"CL.SEX": {"F"}})
    >>> [one.what for one in unused_terms(View(sample_define(), "define.xml"), usage)]
    ["CL.SEX: 1 terms do not occur, such as 'M'"]
    """
    for oid, seen in usage.seen.items():
        left = [term for text, term in _coded(view.codelists[oid]).items() if text not in seen]
        if left and usage.complete.get(oid, True):
            what = f"{oid}: {len(left)} terms do not occur, such as '{left[0].coded_value}'"
            value = _shown([one.coded_value for one in left])
            yield view.problem(UNUSED_TERM, left[0], what, count=len(left), value=value)


def levels(sheet: Sheet) -> Iterator[Problem]:
    """Find value levels whose conditions select no record, or cannot be tried.

    >>> from define.check.sheet import sample_sheet
    >>> list(levels(sample_sheet(USUBJID=["1"], SEX=["F"])))
    []
    """
    for use in sheet.uses:
        mask = sheet.masks.get(use.name)
        if use.name not in sheet.masks or not sheet.table.count:
            continue
        if mask is None:
            yield sheet.problem(UNDECIDED, use, f"condition of {use.name} cannot be tried on the data")
        elif not mask.any() and not use.ref.has_no_data:
            yield sheet.problem(NO_RECORD, use, f"condition of {use.name} selects no record")


def undescribed(sheet: Sheet) -> Iterator[Problem]:
    """Find values of a variable with value levels that none of them describes.

    >>> from define.check.sheet import sample_sheet
    >>> list(undescribed(sample_sheet(USUBJID=["1"], SEX=["F"])))
    []
    """
    for use in sheet.uses:
        column = sheet.table.columns.get(use.variable)
        masks = [sheet.masks.get(level.name) for level in sheet.view.levels(use)] if not use.parent else []
        known = [mask for mask in masks if mask is not None]
        if column is None or not masks or len(known) < len(masks):
            continue
        left = int((~np.logical_or.reduce(known) & ~column.missing()).sum())
        if left:
            what = f"{use.name}: no value level describes {left:,} values"
            yield sheet.problem(NO_LEVEL, use, what, count=left)
