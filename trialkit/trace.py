"""Where every record and every chosen value came from, kept beside the datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trialkit.column import Column
from trialkit.records import Many, Records

ITEM = "item"
MANY = ".many"
COLUMNS = ".columns"


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """The lineage of one dataset: see ``Records.rows``, ``item`` and ``many``.

    >>> Trace({}, None, ()).rows
    {}
    """

    rows: Mapping[str, np.ndarray]
    item: Column | None
    many: tuple[Many, ...]


def write_trace(folder: Path, name: str, records: Records, unpublished: Iterable[str] = ()) -> list[Path]:
    """Write the lineage of a dataset as parquet: one row per record, one column per source.

    Records that were made from several rows have a second file with pairs of record and row, and
    variables that are not published have a third with their values.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> [path.name for path in write_trace(folder, "DM", Records.start("SUBJ", {}, 1))]
    ['dm.parquet']
    """
    columns: dict[str, pa.Array] = {
        key: pa.array(records.rows[key], pa.int32()) for key in sorted(records.rows)
    }
    if records.item is not None:
        columns[ITEM] = _values(records.item)
    paths = [_write(folder / f"{name.lower()}.parquet", columns)]
    if records.many:
        paths.append(_write(folder / f"{name.lower()}{MANY}.parquet", _pairs(records.many)))
    if values := {column: _values(records.columns[column]) for column in unpublished}:
        paths.append(_write(folder / f"{name.lower()}{COLUMNS}.parquet", values))
    return paths


def _values(column: Column) -> pa.Array:
    if column.kind == "number":
        return pa.array(column.objects(), pa.float64())
    small = column.compact()
    return pa.DictionaryArray.from_arrays(
        pa.array(small.codes, pa.int32()), pa.array(small.values.tolist(), pa.string())
    )


def _pairs(many: tuple[Many, ...]) -> dict[str, pa.Array]:
    source = [name for one in many for name in [one.source] * len(one.record)]
    return {
        "source": pa.array(source, pa.string()),
        "record": pa.array(np.concatenate([one.record for one in many]), pa.int32()),
        "row": pa.array(np.concatenate([one.row for one in many]), pa.int32()),
    }


def _write(path: Path, columns: Mapping[str, pa.Array]) -> Path:
    table = pa.table(dict(columns))
    pq.write_table(table, path, compression="lz4", use_dictionary=[ITEM], write_statistics=False)
    return path


def read_trace(folder: Path, name: str) -> Trace:
    """Read the lineage of a dataset.

    Raises:
        FileNotFoundError: when there is none.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = write_trace(folder, "DM", Records.start("SUBJ", {}, 1))
    >>> read_trace(folder, "DM").rows["SUBJ"].tolist()
    [0]
    """
    table = pq.read_table(folder / f"{name.lower()}.parquet")
    rows = {key: table[key].to_numpy() for key in table.column_names if key != ITEM}
    item = Column.text(table[ITEM].to_pylist()) if ITEM in table.column_names else None
    many_path = folder / f"{name.lower()}{MANY}.parquet"
    return Trace(rows, item, _read_many(many_path) if many_path.exists() else ())


def _read_many(path: Path) -> tuple[Many, ...]:
    table = pq.read_table(path).to_pandas()
    groups = table.groupby("source", sort=True)
    return tuple(Many(str(name), part["record"].to_numpy(), part["row"].to_numpy()) for name, part in groups)


def read_unpublished(folder: Path, name: str, column: str) -> Column | None:
    """Read the values of a variable that is not published; None when the trace has none.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> records = Records.start("SUBJ", {"X": Column.text(["a", "b"])}, 2)
    >>> _ = write_trace(folder, "DM", records, ["X"])
    >>> read_unpublished(folder, "DM", "X").objects().tolist(), read_unpublished(folder, "DM", "Y")
    (['a', 'b'], None)
    """
    path = folder / f"{name.lower()}{COLUMNS}.parquet"
    if not path.exists() or column not in pq.read_schema(path).names:
        return None
    array = pq.read_table(path, columns=[column])[column]
    if pa.types.is_floating(array.type):
        return Column.numbers(array.to_numpy())
    return Column.text(array.to_pylist())
