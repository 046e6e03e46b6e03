"""Datasets read back from files: XPT, Dataset-JSON, Parquet and CSV, as columns with attributes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat

from trialkit.attributes import Dataset, Type, Variable, data_type
from trialkit.column import Column
from trialkit.datasetjson import EPOCH
from trialkit.explain.xptcolumns import plain_xpt
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal

UNKNOWN = Kind(
    "TAB-001",
    "not a file of a dataset",
    "Give a .xpt, .json, .ndjson, .parquet or .csv file.",
    exit=Exit.SPEC,
)
UNREADABLE = Kind("TAB-002", "dataset cannot be read", "Make the file again.", exit=Exit.SPEC)

ENDINGS = (".xpt", ".json", ".ndjson", ".parquet", ".csv")


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """A dataset as a file has it.

    Args:
        dataset: its name, label and variables in their order.
        columns: by name, each of ``count`` rows.
        count: number of records.
        typed: whether the file knows text from number; a CSV does not.

    >>> sex = Variable("SEX", "Sex", "Char", "string", key_sequence=1)
    >>> Table(Dataset("DM", "Demographics", (sex,)), {"SEX": Column.text(["F"])}, 1).keys
    ('SEX',)
    """

    dataset: Dataset
    columns: Mapping[str, Column]
    count: int
    typed: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """Name the keys that the file declares, in their order.

        >>> Table(Dataset("DM", "", ()), {}, 0).keys
        ()
        """
        keyed = [(one.key_sequence, one.name) for one in self.dataset.variables if one.key_sequence]
        return tuple(name for _, name in sorted(keyed))


def read_table(path: Path, only: Sequence[str] | None = None) -> Table:
    """Read the file of a dataset, by its ending, be it ``.xpt`` or ``.XPT``.

    Args:
        path: the file.
        only: the names of the variables that are needed; None for all.

    Raises:
        Refusal: TAB-001 and TAB-002.

    >>> read_table(Path("dm.doc"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error TAB-001 dm.doc not a file of a dataset. Give a .xpt, .json, ...
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise Refusal([Problem(UNKNOWN, UNKNOWN.title, Place(path.name))])
    try:
        return reader(path, only)
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file") from None
    except DAMAGES as error:
        raise _unreadable(path, f"it is damaged or of another format: {type(error).__name__}") from error


def _unreadable(path: Path, why: str) -> Refusal:
    return Refusal([Problem(UNREADABLE, f"{UNREADABLE.title}: {why}", Place(path.name))])


def column_of(values: Any) -> Column:
    """Make a column of an array; None and NaN are missing.

    >>> column_of(np.array(["a", None], object)).objects().tolist()
    ['a', '']
    """
    array = np.asarray(values)
    if array.dtype.kind in "fiub":
        return Column.numbers(array.astype(np.float64))
    codes, distinct = pd.factorize(array.astype(object))  # -1 for None and NaN
    texts = np.array([*map(str, distinct), ""], object)
    return Column(texts, np.where(codes < 0, len(distinct), codes).astype(np.int32)).unified()


def _xpt(path: Path, only: Sequence[str] | None) -> Table:
    _, meta = pyreadstat.read_xport(path, metadataonly=True)
    names = [name for name in meta.column_names if only is None or name in only]
    made = _of_plain_xpt(path, meta.column_names, names)
    if made is None:
        made = _of_pyreadstat(path, names, meta.readstat_variable_types)
    variables = []
    for name, label in zip(meta.column_names, meta.column_labels, strict=True):
        if name not in made:
            continue
        kind: Type = "Char" if meta.readstat_variable_types[name] == "string" else "Num"
        length, shown = meta.variable_storage_width[name], meta.original_variable_types.get(name) or ""
        shown = "" if shown in ("NULL", "$") else shown
        variables.append(Variable(name, label or "", kind, data_type(kind, made[name]), length, shown))
    count = len(next(iter(made.values()))) if made else 0
    return Table(
        Dataset(meta.table_name or path.stem.upper(), meta.file_label or "", tuple(variables)), made, count
    )


def _of_pyreadstat(path: Path, names: Sequence[str], kinds: Mapping[str, str]) -> dict[str, Column]:
    columns, _ = pyreadstat.read_xport(
        path, usecols=list(names), disable_datetime_conversion=True, output_format="dict"
    )
    types = {name: object if kinds[name] == "string" else np.float64 for name in names}
    return {name: column_of(np.array(columns[name], kind)) for name, kind in types.items()}


def _of_plain_xpt(path: Path, known: Sequence[str], names: Sequence[str]) -> dict[str, Column] | None:
    """Read a file that is as plain as ours by its bytes, which is many times faster; None for any other.

    Plain is version 5 with one dataset, numbers of 8 bytes, ASCII texts, and records that are longer than
    the blanks at the end of the file.
    """
    file = plain_xpt(path)
    if file is None or file.names != list(known):
        return None
    records = (path.stat().st_size - file.start) // file.width
    try:
        made = {name: file.column(name, records) for name in names}
    except UnicodeDecodeError:
        return None
    odd = any("\0" in text for one in made.values() if one.kind == "text" for text in one.values)
    return None if odd else {name: one.unified() for name, one in made.items()}


def _json(path: Path, only: Sequence[str] | None) -> Table:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ndjson":
        head, *rows = [json.loads(line) for line in text.splitlines() if line]
    else:
        head = json.loads(text)
        rows = head["rows"]
    _check_shape(head, rows)
    variables, columns = [], {}
    for place, one in enumerate(head["columns"]):
        if only is None or one["name"] in only:
            number = one["dataType"] in NUMBERS or "targetDataType" in one
            values = [row[place] for row in rows]
            columns[one["name"]] = (
                _numbers(values, one["dataType"]) if number else column_of(np.array(values, object))
            )
            variables.append(_variable(one, "Num" if number else "Char"))
    return Table(Dataset(head["name"], head["label"], tuple(variables)), columns, len(rows))


def _check_shape(head: Mapping[str, Any], rows: Any) -> None:
    """Refuse rows that are not what the head of a file says (Dataset-JSON 1.1)."""
    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise ValueError("rows are no lists")
    if len(rows) != head.get("records", len(rows)):
        raise ValueError("records is not the number of rows")
    if any(len(row) != len(head["columns"]) for row in rows):
        raise ValueError("a row has not one cell per column")
    if any(one["dataType"] not in TYPES for one in head["columns"]):
        raise ValueError("a data type is not known")


DAMAGES = (
    *(OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError),
    *(pa.ArrowException, pyreadstat.ReadstatError),
)
TYPES = {"string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time", "URI"}
NUMBERS = {"integer", "float", "double", "decimal", "boolean"}


def _variable(one: Mapping[str, Any], kind: Type) -> Variable:
    length, shown = one.get("length"), one.get("displayFormat", "")
    return Variable(one["name"], one["label"], kind, one["dataType"], length, shown, one.get("keySequence"))


def _numbers(values: list[Any], kind: str) -> Column:
    """Read numbers; dates and times, written as ISO 8601, become what SAS holds."""
    change = {"date": _days, "datetime": _seconds, "time": _time}.get(kind, float)
    read = {value: change(value) for value in set(values) - {None, ""}}
    return Column.numbers([read.get(value, np.nan) for value in values])


def _days(text: str) -> float:
    return float((date.fromisoformat(text) - EPOCH.date()).days)


def _seconds(text: str) -> float:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH).total_seconds()


def _time(text: str) -> float:
    hours, minutes, seconds = (float(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def _parquet(path: Path, only: Sequence[str] | None) -> Table:
    with path.open("rb") as opened:
        texts = [one.name for one in pq.read_schema(opened) if _is_text(one.type)]
        file = pq.ParquetFile(opened, read_dictionary=texts)
        names = [name for name in file.schema_arrow.names if only is None or name in only]
        columns = {name: _of_arrow(file.read(columns=[name], use_threads=False)[name]) for name in names}
        count = file.metadata.num_rows
    kinds: dict[str, Type] = {name: "Char" if one.kind == "text" else "Num" for name, one in columns.items()}
    variables = (Variable(name, "", kind, data_type(kind, columns[name])) for name, kind in kinds.items())
    return Table(Dataset(path.stem.upper(), "", tuple(variables)), columns, count)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _of_arrow(array: pa.ChunkedArray) -> Column:
    """Make a column; texts come with their distinct values from the file."""
    if pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        return column_of(array.cast(pa.float64()).to_numpy())
    if not pa.types.is_dictionary(array.type):
        array = array.cast(pa.string()).dictionary_encode()
    array = array.unify_dictionaries()
    distinct = array.chunk(0).dictionary.to_pylist() if array.num_chunks else []
    missing = [""] if array.null_count else []
    texts = np.array(["" if text is None else str(text) for text in distinct] + missing, object)
    parts = [chunk.indices.fill_null(len(distinct)).to_numpy() for chunk in array.chunks]
    codes = np.concatenate([np.empty(0, np.int32), *parts]).astype(np.int32)
    return Column(texts, codes).unified()


def _csv(path: Path, only: Sequence[str] | None) -> Table:
    from trialkit.raw.read import read
    from trialkit.raw.source import CsvSource

    problems = Problems()
    raw = read(CsvSource(format="csv", file=path.name), path.stem, path.parent, problems)
    problems.refuse()
    assert raw is not None, "a table without any problem"
    columns = {name: column for name, column in raw.columns.items() if only is None or name in only}
    variables = tuple(Variable(name, "", "Char", "string") for name in columns)
    return Table(Dataset(path.stem.upper(), "", variables), columns, raw.rows, typed=False)


_READERS = {".xpt": _xpt, ".json": _json, ".ndjson": _json, ".parquet": _parquet, ".csv": _csv}
