"""Dataset-JSON 1.1 files (CDISC Dataset-JSON 1.1, plain JSON)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trialkit.attributes import Dataset, Variable, cells
from trialkit.column import Codes, Column
from trialkit.problems import Kind, Problem, Refusal

UNICODE = Kind(
    "DSJ-001",
    "text that UTF-8 cannot hold",
    "Read the raw file with the encoding that it has.",
)
NUMBER = Kind(
    "DSJ-002",
    "number that does not fit its data type",
    "Correct the value, or declare the data type that the values have.",
)

PIECE_ROWS = 16384
EPOCH = datetime(1960, 1, 1, tzinfo=UTC)

_quoted: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a Dataset-JSON file comes from; what is empty is left out.

    Args:
        created: date and time that the file says it was made; no clock is read.
        study_oid: identifier of the study, as in define.xml.
        metadata_version_oid: identifier of the metadata version, as in define.xml.
        file_oid: identifier of the files of this study; each file adds its dataset's name.
        originator: the organisation that makes the file.
        system: the system that the data come from.
        system_version: the version of that system.
        modified: when the source database was last changed.

    >>> Provenance(datetime(2024, 1, 31), originator="Sponsor").attributes("DM")
    {'datasetJSONCreationDateTime': '2024-01-31T00:00:00', 'datasetJSONVersion': '1.1.0', \
'originator': 'Sponsor'}
    """

    created: datetime
    study_oid: str = ""
    metadata_version_oid: str = ""
    file_oid: str = ""
    originator: str = ""
    system: str = ""
    system_version: str = ""
    modified: datetime | None = None

    def attributes(self, dataset: str) -> dict[str, Any]:
        """Give the attributes of the file of one dataset, by their names in the standard.

        >>> Provenance(datetime(2024, 1, 31), file_oid="F.S1").attributes("DM")["fileOID"]
        'F.S1.DM'
        """
        source = {"name": self.system, "version": self.system_version}
        every = {
            "datasetJSONCreationDateTime": self.created.isoformat(timespec="seconds"),
            "datasetJSONVersion": "1.1.0",
            "fileOID": f"{self.file_oid}.{dataset}" if self.file_oid else "",
            "dbLastModifiedDateTime": self.modified.isoformat(timespec="seconds") if self.modified else "",
            "originator": self.originator,
            "sourceSystem": source if self.system else "",
            "studyOID": self.study_oid,
            "metaDataVersionOID": self.metadata_version_oid,
        }
        return {name: value for name, value in every.items() if value}


def write_dataset_json(
    target: Path | BinaryIO, dataset: Dataset, columns: Mapping[str, Column], provenance: Provenance
) -> None:
    """Write one dataset as Dataset-JSON 1.1, exactly or not at all; one record a line, UTF-8.

    A missing number is ``null`` and a missing text is ``""``. Dates and times of Num variables
    (SAS days or seconds since 1960-01-01, seconds of the day) are written as ISO 8601 with the
    target data type ``integer``, decimals as texts with the target data type ``decimal``.

    Args:
        target: path of the file, or a binary file open for writing.
        dataset: the attributes of the dataset and of its variables, in order.
        columns: the values of each variable by name; "" and NaN are missing.
        provenance: where the file comes from.

    Raises:
        Refusal: with every problem (DSJ-001, DSJ-002, DST-001), before a byte is written.
        ValueError: columns are missing or not equally long.
        OSError: the file cannot be written.

    >>> import io
    >>> file, sex = io.BytesIO(), Variable("SEX", "Sex", "Char", "string")
    >>> dm = Dataset("DM", "Demographics", (sex,))
    >>> write_dataset_json(file, dm, {"SEX": Column.text(["F", ""])}, Provenance(datetime(2024, 1, 31)))
    >>> json.loads(file.getvalue())["rows"]
    [['F'], ['']]
    """
    rows = dataset.rows(columns)
    if problems := dataset.differences(columns):
        raise Refusal(problems)
    found: list[Problem] = []
    texts = [_cells(dataset, variable, columns[variable.name], found) for variable in dataset.variables]
    if found:
        raise Refusal(found)
    codes = [columns[variable.name].codes for variable in dataset.variables]
    with _opened(target) as file:
        file.write(_head(dataset, rows, provenance))
        for piece in _pieces(texts, codes, rows):
            file.write(piece)
        file.write(b"\n]\n}\n")


def _opened(target: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    return target.open("wb") if isinstance(target, Path) else nullcontext(target)


def _head(dataset: Dataset, rows: int, provenance: Provenance) -> bytes:
    head = provenance.attributes(dataset.name) | {
        "itemGroupOID": dataset.oid,
        "records": rows,
        "name": dataset.name,
        "label": dataset.label,
        "columns": [_column(dataset, variable) for variable in dataset.variables],
    }
    text = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    return f'{text},\n "rows": [\n'.encode()


def _column(dataset: Dataset, variable: Variable) -> dict[str, Any]:
    every = {
        "itemOID": dataset.item_oid(variable.name),
        "name": variable.name,
        "label": variable.label,
        "dataType": variable.data_type,
        "targetDataType": _TARGETS.get(variable.data_type) if variable.type == "Num" else None,
        "length": variable.length if variable.data_type == "string" else None,
        "displayFormat": variable.format or None,
        "keySequence": variable.key_sequence,
    }
    return {name: value for name, value in every.items() if value is not None}


def _cells(dataset: Dataset, variable: Variable, column: Column, found: list[Problem]) -> list[str]:
    """Write the distinct values as JSON; what cannot be written goes to ``found``."""
    if variable.type == "Char":
        texts = [_quoted(text) for text in column.values]
        bad = [_lone_surrogate(text) for text in texts]
        found += cells(UNICODE, "text has half of a surrogate pair", dataset, variable, column, bad)
        return ["" if is_bad else text for text, is_bad in zip(texts, bad, strict=True)]
    write = _NUMBERS[variable.data_type]
    numbers = [_fitted(write, number) for number in column.values.tolist()]
    bad = [text is None for text in numbers]
    found += cells(
        NUMBER, f"number does not fit the data type {variable.data_type}", dataset, variable, column, bad
    )
    return [text or "" for text in numbers]


def _lone_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _fitted(write: Callable[[float], str], number: float) -> str | None:
    if np.isnan(number):
        return "null"
    try:
        return write(number)
    except (ValueError, OverflowError):
        return None


def _whole(number: float) -> int:
    if not number.is_integer():
        raise ValueError("not a whole number")
    return int(number)


def _float(number: float) -> str:
    if np.isinf(number):
        raise ValueError("infinite")
    return repr(number)


def _boolean(number: float) -> str:
    if number not in (0, 1):
        raise ValueError("neither 0 nor 1")
    return "true" if number else "false"


def _moment(**since: float) -> datetime:
    return EPOCH.replace(tzinfo=None) + timedelta(**since)


def _time(number: float) -> str:
    if not 0 <= number < 86400:
        raise ValueError("not a time of the day")
    return f'"{_moment(seconds=_whole(number)).time().isoformat()}"'


_NUMBERS: dict[str, Callable[[float], str]] = {
    "integer": lambda number: str(_whole(number)),
    "float": _float,
    "double": _float,
    "decimal": lambda number: f'"{_float(number)}"',
    "boolean": _boolean,
    "date": lambda number: f'"{_moment(days=_whole(number)).date().isoformat()}"',
    "datetime": lambda number: f'"{_moment(seconds=_whole(number)).isoformat()}"',
    "time": _time,
}

_TARGETS = {"decimal": "decimal", "date": "integer", "datetime": "integer", "time": "integer"}


def _pieces(texts: list[list[str]], codes: list[Codes], rows: int) -> Iterator[memoryview | bytes]:
    """Make the lines of the records, some thousands at a time.

    The brackets and commas stand in the tables of distinct values, so that a record is the
    values laid end to end and the joined column is the text of the file.
    """
    last = len(texts) - 1
    tables = [
        pa.array(
            [
                f"{'[' if place == 0 else ''}{text}{'],' + chr(10) if place == last else ','}"
                for text in table
            ],
            pa.string(),
        )
        for place, table in enumerate(texts)
    ]
    for start in range(0, rows, PIECE_ROWS):
        end = min(rows, start + PIECE_ROWS)
        parts = [table.take(pa.array(code[start:end])) for table, code in zip(tables, codes, strict=True)]
        lines = pc.binary_join_element_wise(*parts, "")
        size = int(np.frombuffer(lines.buffers()[1], np.int32)[end - start])
        yield memoryview(lines.buffers()[2])[: size - 2 if end == rows else size]
