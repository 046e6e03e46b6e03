"""One door to every raw format: a source of the spec in, an all-text table out."""

from __future__ import annotations

from pathlib import Path

from trialkit.problems import Problems
from trialkit.raw.clean import clean
from trialkit.raw.dataset import DatasetSource, read_dataset
from trialkit.raw.delimited import read_delimited
from trialkit.raw.files import RawFile, open_file
from trialkit.raw.odm import read_odm
from trialkit.raw.parquet import read_parquet
from trialkit.raw.redcap import read_redcap
from trialkit.raw.sas import read_sas, read_xpt
from trialkit.raw.source import (
    CsvSource,
    OdmSource,
    ParquetSource,
    RawSource,
    RedcapSource,
    SasSource,
    XlsxSource,
    XptSource,
)
from trialkit.raw.table import RawTable
from trialkit.raw.xlsx import read_xlsx


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
    if isinstance(source, DatasetSource):
        return read_dataset(source, name, folder, problems)
    file = open_file(source, folder, problems, sha256=source.sha256)
    if file is None:
        return None
    if isinstance(source, RedcapSource):
        return read_redcap(source, name, file, folder, problems)
    table = _read(source, name, file, problems)
    return None if table is None else clean(table, source, problems)


def _read(source: RawSource, name: str, file: RawFile, problems: Problems) -> RawTable | None:
    match source:
        case CsvSource():
            return read_delimited(source, name, file, problems)
        case XlsxSource():
            return read_xlsx(source, name, file, problems)
        case SasSource():
            return read_sas(source, name, file, problems)
        case XptSource():
            return read_xpt(source, name, file, problems)
        case OdmSource():
            return read_odm(source, name, file, problems)
        case ParquetSource():
            return read_parquet(source, name, file, problems)
    raise TypeError(f"no reader for {type(source).__name__}")
