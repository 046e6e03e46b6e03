"""What a SAS Version 5 transport file can hold (SAS TS-140), checked before a byte is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from trialkit import ibm
from trialkit.attributes import Dataset, Variable, cells
from trialkit.column import Column
from trialkit.problems import Exit, Kind, Place, Problem

NAME = Kind(
    "XPT-001",
    "name that a version 5 transport file cannot hold",
    "Use 1 to 8 capital letters, digits or _, a letter first.",
    exit=Exit.SPEC,
)
LABEL = Kind(
    "XPT-002",
    "label that a version 5 transport file cannot hold",
    "Write a label of at most 40 ASCII characters without control characters or blanks at the end.",
    exit=Exit.SPEC,
)
FORMAT = Kind(
    "XPT-003",
    "display format that a version 5 transport file cannot hold",
    "Write the format as SAS does, such as DATE9. or 8.2, with $ only for Char variables.",
    exit=Exit.SPEC,
)
VARIABLES = Kind(
    "XPT-004",
    "variables that a version 5 transport file cannot hold",
    "Give the dataset 1 to 9999 variables, each name once.",
    exit=Exit.SPEC,
)
LENGTH = Kind(
    "XPT-005",
    "text that is too long",
    "Break it with `piece` into supplemental qualifiers, or shorten it at the source; it is never cut.",
)
ASCII = Kind(
    "XPT-006",
    "text that is not ASCII",
    "Translate the text with `recode`, or its characters with `replace`; none is changed by itself.",
)
CONTROL = Kind(
    "XPT-007",
    "text with control characters",
    "Add `breaks` or `controls` to `trim` of the source, or use `replace`.",
)
BLANKS = Kind(
    "XPT-008",
    "text with blanks at its end, which a reader would not get back",
    "Add `blanks` to `trim` of the source, or use the rule `trim`.",
)
RANGE = Kind(
    "XPT-009",
    "number outside the range of a version 5 transport file",
    "Correct the number or leave it missing; magnitudes from 5.4E-79 to 7.2E75 can be held.",
)
LAST = Kind(
    "XPT-010",
    "last record is blank, which a reader would take for padding",
    "Drop records in which every variable is missing.",
)

MOST_BYTES = 200
MOST_LABEL = 40
MOST_VARIABLES = 9999

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,7}")
_FORMAT = re.compile(r"(\$?(?:[A-Z_](?:[A-Z0-9_]*[A-Z_])?)?)([0-9]{0,3})(?:\.([0-9]{0,2}))?")
_CONTROL = re.compile("[\x00-\x1f\x7f]")

Texts: TypeAlias = npt.NDArray[Any]


def parts_of_format(text: str) -> tuple[str, int, int] | None:
    """Split a SAS format into name, width and decimals; None where it is not one.

    >>> parts_of_format("DATE9."), parts_of_format("8.2"), parts_of_format("E8601DT19.")
    (('DATE', 9, 0), ('', 8, 2), ('E8601DT', 19, 0))
    """
    found = _FORMAT.fullmatch(text)
    if not found or len(found[1]) > 8:
        return None
    return found[1], int(found[2] or 0), int(found[3] or 0)


def check(dataset: Dataset, columns: Mapping[str, Column]) -> list[Problem]:
    """Find everything that a version 5 transport file cannot hold, in the order of the variables.

    Args:
        dataset: the attributes.
        columns: the values of each variable, by name.

    Returns:
        The problems; a value counts only where a record has it.

    >>> sex = Variable("SEX", "Sex", "Char", "string")
    >>> [found.what for found in check(Dataset("DEMOGRAPHICS", "", (sex,)), {"SEX": Column.text(["ñ"])})]
    ["dataset name 'DEMOGRAPHICS'", 'text is not ASCII']
    """
    found = [*_dataset(dataset), *dataset.differences(columns)]
    for variable in dataset.variables:
        found += _attributes(dataset, variable)
        if variable.agrees(columns[variable.name]):
            found += _values(dataset, variable, columns[variable.name])
    return [*found, *_last_record(dataset, columns)]


def check_attributes(dataset: Dataset) -> list[Problem]:
    """Find the names, labels and formats that a version 5 transport file cannot hold.

    >>> sex = Variable("sex", "Sex", "Char", "string")
    >>> [found.what for found in check_attributes(Dataset("DM", "", (sex,)))]
    ["variable name 'sex'"]
    """
    return [*_dataset(dataset), *(one for each in dataset.variables for one in _attributes(dataset, each))]


def used_texts(column: Column) -> Texts:
    """Give the distinct texts, but "" in place of those that no record has; shape (k,).

    >>> used_texts(Column.text(["a", "bb"]).take(np.array([0]))).tolist()
    ['a', '']
    """
    counts = column.counts()
    return column.values if counts.all() else np.where(counts > 0, column.values, "")


def _dataset(dataset: Dataset) -> list[Problem]:
    here = Place(dataset=dataset.name)
    found = _name("dataset", dataset.name, here) + _label("dataset", dataset.label, here)
    count = len(dataset.variables)
    if not 1 <= count <= MOST_VARIABLES:
        found.append(Problem(VARIABLES, f"dataset of {count} variables", here))
    times = Counter(variable.name for variable in dataset.variables)
    repeated = [name for name, many in times.items() if many > 1]
    return found + [
        Problem(VARIABLES, f"variable {name} occurs {times[name]} times", here) for name in repeated
    ]


def _name(whose: str, name: str, where: Place) -> list[Problem]:
    return [] if _NAME.fullmatch(name) else [Problem(NAME, f"{whose} name {name!r}", where)]


def _label(whose: str, label: str, where: Place) -> list[Problem]:
    if label.isascii() and label.isprintable() and len(label) <= MOST_LABEL and label == label.rstrip(" "):
        return []
    size = len(label.encode("utf-8", "replace"))
    return [Problem(LABEL, f"{whose} label of {size} bytes {label!r}", where)]


def _attributes(dataset: Dataset, variable: Variable) -> list[Problem]:
    here = Place(dataset=dataset.name, variable=variable.name)
    found = _name("variable", variable.name, here) + _label("variable", variable.label, here)
    parts = parts_of_format(variable.format)
    if parts is None or (parts[0].startswith("$") and variable.type == "Num"):
        found.append(Problem(FORMAT, f"format {variable.format!r} of a {variable.type} variable", here))
    return found


def _values(dataset: Dataset, variable: Variable, column: Column) -> list[Problem]:
    if variable.type == "Num":
        bad = np.logical_not(ibm.holds(column.values)).tolist()
        return cells(RANGE, "number is out of range", dataset, variable, column, bad)
    limit = min(variable.length or MOST_BYTES, MOST_BYTES)
    tests: tuple[tuple[Kind, str, Callable[[str], bool]], ...] = (
        (LENGTH, f"text is longer than {limit} bytes", lambda text: len(text) > limit),
        (ASCII, "text is not ASCII", lambda text: not text.isascii()),
        (CONTROL, "text has control characters", _has_control),
        (BLANKS, "text ends with a blank", lambda text: text.endswith(" ")),
    )
    found: list[Problem] = []
    for kind, what, test in tests:
        found += cells(kind, what, dataset, variable, column, [test(text) for text in column.values])
    return found


def _has_control(text: str) -> bool:
    return not text.isprintable() and bool(_CONTROL.search(text))


def _last_record(dataset: Dataset, columns: Mapping[str, Column]) -> list[Problem]:
    rows = dataset.rows(columns)
    if not rows or any(columns[v.name].values[columns[v.name].codes[-1]] != "" for v in dataset.variables):
        return []
    where = Place(dataset=dataset.name, record=f"record {rows}")
    return [Problem(LAST, "every variable of the last record is missing", where)]
