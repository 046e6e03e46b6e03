"""Datasets and variables: what is described is there, and what is there is described."""

from __future__ import annotations

from collections.abc import Iterator

from define.check.sheet import Sheet
from define.check.tables import Tables
from define.check.view import Use, View, nearest
from define.model import NUMBERS
from trialkit.problems import Kind, Place, Problem

NO_FILE = Kind("DEFC-100", "dataset has no file", "Give the file, or say def:HasNoData.")
NOT_DESCRIBED = Kind("DEFC-101", "file is not described", "Describe the dataset, or take its file away.")
NO_VARIABLE = Kind("DEFC-102", "variable is not in the data", "Remove it, or say def:HasNoData.")
NOT_IN_DEFINE = Kind("DEFC-103", "variable of the data is not described", "Describe it, or leave it out.")
ORDER = Kind("DEFC-104", "variables stand in another order", "Use the order of the data.", severity="query")
LABEL = Kind("DEFC-105", "label differs from the data", "Make both alike.")
TYPE = Kind("DEFC-106", "type differs from the data", "Give the DataType that the values have.")
RECORDS = Kind("DEFC-107", "records and def:HasNoData do not agree", "Say def:HasNoData of what is empty.")

TEXT = {
    *("text", "partialDate", "partialTime", "partialDatetime", "incompleteDatetime"),
    *("durationDatetime", "intervalDatetime", "URI"),
}


def files(view: View, tables: Tables) -> Iterator[Problem]:
    """Find datasets without a file, and files that no dataset describes.

    >>> from pathlib import Path
    >>> from define.samples import sample_define
    >>> [one.what for one in files(View(sample_define(), "define.xml"), Tables(Path("nowhere")))]
    ['dataset DM has no file']
    """
    there = set[str]()
    for group in view.metadata.item_groups:
        file = tables.file_of(group)
        if file is not None:
            there.add(file.stem.upper())
        elif not group.has_no_data:
            yield view.problem(NO_FILE, group, f"dataset {group.name} has no file")
    for name in sorted(tables.files.keys() - there):
        hint = nearest(name, [group.name for group in view.metadata.item_groups])
        what = f"no dataset of define.xml describes {tables.files[name].name}"
        yield Problem(NOT_DESCRIBED, what, Place(tables.files[name].name), hint=hint)


def variables(sheet: Sheet) -> Iterator[Problem]:
    """Find variables that only define.xml or only the data have, and another order.

    >>> from define.check.sheet import sample_sheet
    >>> [one.what for one in variables(sample_sheet(USUBJID=["1"], AGE=[1.0]))]
    ['DM.SEX is not in the data', 'DM.AGE is not described']
    """
    described = [use for use in sheet.uses if use.parent is None]
    names = [use.variable for use in described]
    there = [variable.name for variable in sheet.table.dataset.variables]
    for use in described:
        if use.variable not in there and not use.ref.has_no_data:
            yield sheet.problem(NO_VARIABLE, use, f"{use.name} is not in the data")
    for name in there:
        if name not in names:
            hint = nearest(name, set(names) - set(there))
            what = f"{sheet.group.name}.{name} is not described"
            yield sheet.view.problem(NOT_IN_DEFINE, sheet.group, what, hint=hint)
    if [name for name in names if name in there] != [name for name in there if name in names]:
        what = f"variables of {sheet.group.name} stand in another order in the data"
        yield sheet.view.problem(ORDER, sheet.group, what)


def attributes(sheet: Sheet) -> Iterator[Problem]:
    """Find labels and types that differ from those of the file.

    >>> from define.check.sheet import sample_sheet
    >>> [one.what for one in attributes(sample_sheet(USUBJID=[1.0], SEX=["F"]))]
    ['DM.USUBJID is text, the data have numbers']
    """
    labels = {variable.name: variable.label for variable in sheet.table.dataset.variables}
    label = sheet.table.dataset.label
    if label and sheet.group.label and label != sheet.group.label:
        yield sheet.view.problem(LABEL, sheet.group, f"label of {sheet.group.name} differs from the data")
    for use in sheet.uses:
        if use.parent is None and use.variable in labels:
            said = labels[use.variable]
            if said and use.item.label and said != use.item.label:
                yield sheet.problem(LABEL, use, f"label of {use.name} differs from the data")
            yield from _type(sheet, use)


def _type(sheet: Sheet, use: Use) -> Iterator[Problem]:
    kind, declared = sheet.table.columns[use.variable].kind, use.item.data_type
    wrong = declared in TEXT if kind == "number" else declared in NUMBERS
    if wrong and sheet.table.typed:
        what = f"{use.name} is {declared}, the data have {'numbers' if kind == 'number' else 'texts'}"
        yield sheet.problem(TYPE, use, what)


def records(sheet: Sheet) -> Iterator[Problem]:
    """Find datasets without records that do not say so, and the reverse.

    >>> from define.check.sheet import sample_sheet
    >>> [one.what for one in records(sample_sheet(USUBJID=[], SEX=[]))]
    ['dataset DM has no records']
    """
    if sheet.group.has_no_data and sheet.table.count:
        what = f"dataset {sheet.group.name} has {sheet.table.count:,} records and says def:HasNoData"
        yield sheet.view.problem(RECORDS, sheet.group, what)
    elif not sheet.group.has_no_data and not sheet.table.count:
        yield sheet.view.problem(RECORDS, sheet.group, f"dataset {sheet.group.name} has no records")
