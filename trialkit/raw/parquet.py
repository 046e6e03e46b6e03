"""Parquet files to an all-text table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trialkit.column import Column
from trialkit.letgo import wait_for_arrow
from trialkit.problems import Kind, Problem, Problems
from trialkit.raw.files import BOMB, DAMAGED, MEGABYTE, RawFile, too_large
from trialkit.raw.header import read_header
from trialkit.raw.render import cell_text
from trialkit.raw.source import CsvSource, ParquetSource
from trialkit.raw.table import RawTable

NESTED = Kind("RAW-080", "column type has no plain text", "Flatten the column before export.")

NO_DATE = Kind("RAW-081", "date is beyond the calendar", "Correct the column; years are 1 to 9999.")

ROW_LIMIT = 200_000_000


def read_parquet(source: ParquetSource, name: str, file: RawFile, problems: Problems) -> RawTable | None:
    """Read a Parquet file; numbers in full, dates in ISO 8601, null as missing.

    Args:
        source: the spec of the source.
        name: its name.
        file: the file.
        problems: where problems go: RAW-006, RAW-007, RAW-021, RAW-022, RAW-080, RAW-081.

    Returns:
        The table, its rows named by row number.

    >>> from pathlib import Path
    >>> found, file = Problems(), RawFile(Path("a.parquet"), "a.parquet", b"PAR1", "")
    >>> read_parquet(ParquetSource(format="parquet", file="a.parquet"), "A", file, found)
    >>> found.items[0].kind.code
    'RAW-007'
    """
    view = memoryview(file.data)
    table = _arrow_table(view, file, problems)
    wait_for_arrow(view)
    return None if table is None else _table(table, name, file, problems)


def _arrow_table(view: memoryview, file: RawFile, problems: Problems) -> pa.Table | None:
    try:
        opened = pq.ParquetFile(pa.BufferReader(pa.py_buffer(view)))
        groups = [opened.metadata.row_group(number) for number in range(opened.metadata.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        if too_large(len(file.data), size) or opened.metadata.num_rows > ROW_LIMIT:
            problems.add(Problem(BOMB, f"'{file.file}' expands to {size // MEGABYTE} MB", file.place()))
            return None
        return opened.read()
    except (pa.ArrowException, OSError) as error:
        problems.add(Problem(DAMAGED, f"'{file.file}' is no whole Parquet file: {error}", file.place()))
        return None


def _table(table: pa.Table, name: str, file: RawFile, problems: Problems) -> RawTable | None:
    plain = CsvSource(format="csv", file=file.file)
    header = read_header([table.column_names], plain, file, [0], problems)
    if header is None:
        return None
    columns, bad = {}, False
    for column, array in zip(header.names, table.columns, strict=True):
        try:
            columns[column] = _column(array)
        except (TypeError, pa.ArrowException):
            bad = True
            what = f"column {column} is of type {array.type}"
            problems.add(Problem(NESTED, what, file.place(column=column)))
        except (OverflowError, ValueError):
            bad = True
            what = f"column {column} holds a date or time beyond the years 1 to 9999"
            problems.add(Problem(NO_DATE, what, file.place(column=column)))
    lines = np.arange(1, table.num_rows + 1, dtype=np.int32)
    return None if bad else RawTable(name, file.file, columns, lines, "row", sha256=file.sha256)


def _column(array: pa.ChunkedArray) -> Column:
    if pa.types.is_nested(array.type):
        raise TypeError("nested")
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    whole = encoded.unify_dictionaries().combine_chunks()
    part: Any = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) and whole.num_chunks else whole
    if isinstance(part, pa.ChunkedArray):
        return Column.text([])
    texts = [cell_text(value, "second") for value in _values(part.dictionary)]
    codes = part.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return Column(np.array([*texts, ""], object), codes.astype(np.int32)).unified()


def _values(array: pa.Array) -> list[Any]:
    """Give the values; a number of less than double precision by its own shortest digits."""
    if array.type not in (pa.float16(), pa.float32()):
        return list(array.to_pylist())
    return [float(np.format_float_scientific(value)) for value in array.to_numpy(zero_copy_only=False)]
