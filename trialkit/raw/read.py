"""One door to every raw format: a source of the spec in, an all-text table out."""

from __future__ import annotations

from pathlib import Path

from trialkit.problems import Problems
from trialkit.raw.clean import clean
from trialkit.raw.delimited import read_delimited
from trialkit.raw.files import RawFile, open_file
from trialkit.raw.source import CsvSource, RawSource
from trialkit.raw.table import RawTable


def read(source: RawSource, name: str, folder: Path, problems: Problems) -> RawTable | None:
    """Read the file of a source as text, each row with its place in the file.

    Args:
        source: the source of the spec.
        name: its name in the spec.
        folder: the raw folder.
        problems: where problems go; each reader lists its codes.

    Returns:
        The table, or None when the file is absent or its rows can't be told apart.

    >>> from trialkit.raw.source import CsvSource
    >>> found = Problems()
    >>> read(CsvSource(format="csv", file="no.csv"), "AE", Path("no folder"), found)
    >>> found.items[0].kind.code
    'RAW-002'
    """
    file = open_file(source, folder, problems, sha256=source.sha256)
    table = None if file is None else _read(source, name, file, folder, problems)
    return None if table is None else clean(table, source, problems)


def _read(source: RawSource, name: str, file: RawFile, folder: Path, problems: Problems) -> RawTable | None:
    match source:
        case CsvSource():
            return read_delimited(source, name, file, problems)
    raise NotImplementedError(type(source).__name__)
