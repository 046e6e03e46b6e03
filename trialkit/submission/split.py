"""Datasets that are too large for one file, divided by the values of a variable.

The whole dataset stays where it is; its pieces go to the folder ``split`` beside it (FDA, Study Data
Technical Conformance Guide, section on the splitting of datasets).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from trialkit.numerals import texts
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean
from trialkit.submission.names import size_problem
from trialkit.submission.spec import Split
from trialkit.tables import Table, read_table
from trialkit.xpt import write_xpt

NO_DATASET = Kind("PKG-014", "no such dataset to split", "Correct its name in package.yaml.", exit=Exit.SPEC)
NO_VARIABLE = Kind(
    "PKG-015", "no such variable to split by", "Name a variable of the dataset.", exit=Exit.SPEC
)
LONG_NAME = Kind("PKG-016", "name of a piece is too long", "Split by a variable with fewer values.")

FOLDER = "split"
LONGEST = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a dataset that was divided.

    >>> Piece("LB1", "LBCAT = CHEMISTRY", 10).name
    'LB1'
    """

    name: str
    what: str
    records: int


def undeclared(splits: Mapping[str, Split], datasets: Mapping[str, Path]) -> list[Problem]:
    """Find rules for datasets that are not there.

    >>> undeclared({}, {})
    []
    """
    wrong = [(name, one) for name, one in splits.items() if name not in datasets]
    return [
        Problem(NO_DATASET, f"no dataset {name}", one.place(), hint=did_you_mean(name, datasets))
        for name, one in wrong
    ]


def divide(path: Path, folder: Path, split: Split, created: datetime) -> list[Piece]:
    """Write the pieces of a dataset, one for each value of a variable in the order of the values.

    Args:
        path: the transport file.
        folder: where the pieces go.
        split: the rule.
        created: the time stamp in their headers.

    Raises:
        Refusal: PKG-013, PKG-015, PKG-016, and what cannot be read.

    >>> divide(Path("lb.doc"), Path("split"), Split(by="LBCAT", above="4GB"), datetime(2024, 1, 31))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error TAB-001 lb.doc not a file of a dataset. Give a .xpt, .json, ...
    """
    table = read_table(path)
    names = [one.name for one in table.dataset.variables]
    if split.by not in names:
        what = f"{table.dataset.name} has no variable {split.by}"
        raise Refusal([Problem(NO_VARIABLE, what, split.place("by"), hint=did_you_mean(split.by, names))])
    folder.mkdir(parents=True, exist_ok=True)
    problems, made = Problems(), list[Piece]()
    for number, (value, rows) in enumerate(_values(table, split.by), 1):
        name = f"{table.dataset.name}{number}"
        if len(name) > LONGEST:
            problems.add(Problem(LONG_NAME, f"{name} has more than {LONGEST} letters", split.place("by")))
            break
        made.append(Piece(name, f"{split.by} = {value or 'missing'}", len(rows)))
        problems.add(*_write(folder, name, table, rows, created))
    problems.refuse()
    return made


def _values(table: Table, by: str) -> Iterator[tuple[str, np.ndarray]]:
    shown = np.array(texts(table.columns[by]), dtype=object)
    for value in sorted(set(shown.tolist())):
        yield value, np.flatnonzero(shown == value)


def _write(folder: Path, name: str, table: Table, rows: np.ndarray, created: datetime) -> list[Problem]:
    target = folder / f"{name.lower()}.xpt"
    columns = {key: column.take(rows) for key, column in table.columns.items()}
    write_xpt(target, replace(table.dataset, name=name), columns, created=created)
    return size_problem(name, target.stat().st_size, Place(target.name).file, split=False)
