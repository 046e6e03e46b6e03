"""Datasets as sources of other datasets: SDTM of any origin, from which analysis datasets are made."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from trialkit.comparefiles import datasets_in
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal
from trialkit.raw.files import open_file
from trialkit.raw.source import RawSource
from trialkit.raw.table import RawTable
from trialkit.tables import read_table

NOT_TYPED = Kind(
    "RAW-090", "a file that does not know texts from numbers", "Give XPT, Dataset-JSON or Parquet."
)
NO_FOLDER = Kind("RAW-091", "no datasets to start from", "Give the folder with the datasets.", exit=Exit.SPEC)


class DatasetSource(RawSource):
    """A finished dataset: XPT, Dataset-JSON or Parquet; numbers stay numbers.

    >>> DatasetSource(format="dataset", file="dm.xpt").file
    'dm.xpt'
    """

    format: Literal["dataset"] = Field("dataset", description="format of the file")


def dataset_sources(folder: Path) -> dict[str, DatasetSource]:
    """Name the datasets of a folder as sources; XPT before other formats of one dataset.

    Raises:
        Refusal: RAW-091 where there is none.

    >>> dataset_sources(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error RAW-091 no datasets to start from: 'nowhere' has none. Give the ...
    """
    try:
        found = datasets_in(folder) if folder.is_dir() else {}
    except Refusal:
        found = {}
    if not found:
        raise Refusal([Problem(NO_FOLDER, f"{NO_FOLDER.title}: '{folder.name}' has none")])
    return {
        name: DatasetSource(file=path.relative_to(folder).as_posix()) for name, path in sorted(found.items())
    }


def read_dataset(source: DatasetSource, name: str, folder: Path, problems: Problems) -> RawTable | None:
    """Read the file of a dataset; each record knows its number.

    Args:
        source: which file.
        name: of the dataset.
        folder: the folder of the datasets.
        problems: where problems go: RAW-002, RAW-090, TAB-002.

    >>> found = Problems()
    >>> read_dataset(DatasetSource(file="dm.xpt"), "DM", Path("nowhere"), found)
    >>> found.items[0].kind.code
    'RAW-002'
    """
    file = open_file(source, folder, problems, sha256=source.sha256)
    if file is None:
        return None
    try:
        table = read_table(file.path)
    except Refusal as refusal:
        problems.add(*refusal.problems)
        return None
    if not table.typed:
        problems.add(Problem(NOT_TYPED, f"'{source.file}' is {NOT_TYPED.title}", Place(source.file)))
        return None
    labels = {one.name: one.label for one in table.dataset.variables if one.label}
    lines = np.arange(1, table.count + 1, dtype=np.int32)
    return RawTable(name, source.file, table.columns, lines, "record", labels, file.sha256)
