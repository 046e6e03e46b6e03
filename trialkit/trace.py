"""Where every record and every chosen value came from, kept beside the datasets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trialkit.column import Column
from trialkit.problems import Exit, Kind, Place, Problem, Refusal
from trialkit.records import Many, Records

MANY = ".many"
COLUMNS = ".columns"


DAMAGED = Kind("WHY-008", "a file of the build is damaged", "Build the study again.", exit=Exit.SPEC)


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """The lineage of one dataset: see ``Records.rows`` and ``many``.

    >>> Trace({}, ()).rows
    {}
    """

    rows: Mapping[str, np.ndarray]
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
    number = np.repeat(np.arange(len(many), dtype=np.int32), [len(one.record) for one in many])
    return {
        "source": pa.DictionaryArray.from_arrays(number, pa.array([one.source for one in many], pa.string())),
        "record": pa.array(np.concatenate([one.record for one in many]), pa.int32()),
        "row": pa.array(np.concatenate([one.row for one in many]), pa.int32()),
    }


def _write(path: Path, columns: Mapping[str, pa.Array]) -> Path:
    coded = [name for name, values in columns.items() if pa.types.is_dictionary(values.type)]
    table = pa.table(dict(columns))
    with path.open("wb") as file:  # Arrow itself opens no path that the locale can't write
        pq.write_table(table, file, compression="lz4", use_dictionary=coded, write_statistics=False)
    return path


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    with path.open("rb") as file, whole(path):
        # threads of Arrow would hold the Python file, some of them longer than the interpreter
        return pq.read_table(file, columns=columns, use_threads=False, pre_buffer=False)


def _names(path: Path) -> list[str]:
    with path.open("rb") as file, whole(path):
        return list(pq.read_schema(file).names)


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """Refuse a file of a build that is not as it was written.

    Raises:
        Refusal: WHY-008.

    >>> with whole(Path("dm.parquet")):
    ...     raise ValueError
    Traceback (most recent call last):
    trialkit.problems.Refusal: error WHY-008 dm.parquet a file of the build is damaged. Build the study again.
    """
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError):
        raise Refusal([Problem(DAMAGED, DAMAGED.title, Place(path.name))]) from None


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
    table = _read(folder / f"{name.lower()}.parquet")
    rows = {key: table[key].to_numpy() for key in table.column_names}
    many_path = folder / f"{name.lower()}{MANY}.parquet"
    return Trace(rows, _read_many(many_path) if many_path.exists() else ())


def _read_many(path: Path) -> tuple[Many, ...]:
    table = _read(path)
    with whole(path):
        source, record, row = _coded(table["source"]), table["record"].to_numpy(), table["row"].to_numpy()
    made = []
    for number, name in enumerate(source.values.tolist()):
        mine = source.codes == number
        made.append(Many(name, record[mine], row[mine]))
    return tuple(made)


def _coded(array: pa.ChunkedArray) -> Column:
    whole = array.unify_dictionaries().combine_chunks()
    return Column(np.array(whole.dictionary.to_pylist(), object), whole.indices.to_numpy().astype(np.int32))


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
    if not path.exists() or column not in _names(path):
        return None
    array = _read(path, [column])[column]
    if pa.types.is_floating(array.type):
        return Column.numbers(array.to_numpy())
    return _coded(array)
