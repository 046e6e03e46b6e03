"""SAS Version 5 transport files, the datasets of a submission (SAS TS-140)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from trialkit import ibm, xptlimits
from trialkit.attributes import Dataset, Variable
from trialkit.column import Codes, Column
from trialkit.problems import Refusal

RECORD = 80
VERSION = "9.4"

# So much that a piece and its parts stay in the processor's cache.
PIECE_ROWS = 4096
PIECE_BYTES = 1 << 20

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhi52s")


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """The bytes of each distinct value of a variable, and which of them each record has."""

    table: npt.NDArray[Any]
    codes: Codes


def write_xpt(
    target: Path | BinaryIO, dataset: Dataset, columns: Mapping[str, Column], *, created: datetime
) -> Dataset:
    """Write one dataset as a version 5 transport file, exactly or not at all.

    A Char variable is as long as its longest value (at least 1 byte), a Num variable 8 bytes.
    The same arguments give the same bytes. The body is made in pieces and never held whole.

    Args:
        target: path of the file, or a binary file open for writing.
        dataset: the attributes of the dataset and of its variables, in order.
        columns: the values of each variable by name; "" and NaN are missing.
        created: date and time that the file says it was made; no clock is read.

    Returns:
        The attributes with the lengths in the file, in bytes.

    Raises:
        Refusal: with every problem (XPT-001 to XPT-010, DST-001), before a byte is written.
        ValueError: columns are missing or not equally long.
        OSError: the file cannot be written.

    >>> import io
    >>> sex, dm = io.BytesIO(), Dataset("DM", "Demographics", (Variable("SEX", "Sex", "Char", "string"),))
    >>> made = write_xpt(sex, dm, {"SEX": Column.text(["F", "M"])}, created=datetime(2024, 1, 31))
    >>> made.variables[0].length, len(sex.getvalue()), sex.getvalue()[-80:].rstrip()
    (1, 960, b'FM')
    """
    rows = dataset.rows(columns)
    if problems := xptlimits.check(dataset, columns):
        raise Refusal(problems)
    fields = [_field(variable, columns[variable.name]) for variable in dataset.variables]
    lengths = [field.table.itemsize for field in fields]
    with _opened(target) as file:
        file.write(_header(dataset, lengths, created))
        for piece in _pieces(fields, rows):
            file.write(piece)
        file.write(b" " * (-rows * sum(lengths) % RECORD))
    sized = zip(dataset.variables, lengths, strict=True)
    return replace(dataset, variables=tuple(replace(variable, length=length) for variable, length in sized))


def _opened(target: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    return target.open("wb") if isinstance(target, Path) else nullcontext(target)


def _field(variable: Variable, column: Column) -> _Field:
    if variable.type == "Num":
        return _Field(ibm.encode(np.where(ibm.holds(column.values), column.values, np.nan)), column.codes)
    texts = xptlimits.used_texts(column)
    length = max(1, max(map(len, texts), default=1))
    table = texts.astype(f"S{length}").view(np.uint8)
    table[table == 0] = ord(" ")
    return _Field(table.view(f"V{length}"), column.codes)


def _pieces(fields: list[_Field], rows: int) -> Iterator[memoryview]:
    """Make the records, some thousands at a time; every piece is the same memory, filled anew."""
    length = sum(field.table.itemsize for field in fields)
    size = max(1, min(rows, PIECE_ROWS, PIECE_BYTES // length))
    piece = np.empty((size, length), np.uint8)
    ends = np.cumsum([field.table.itemsize for field in fields])
    places = [
        np.ndarray(size, field.table.dtype, piece, end - field.table.itemsize, (length,))
        for field, end in zip(fields, ends.tolist(), strict=True)
    ]
    parts = [np.empty(size, field.table.dtype) for field in fields]
    for start in range(0, rows, size):
        count = min(size, rows - start)
        for field, place, part in zip(fields, places, parts, strict=True):
            # mode="clip" is how numpy takes straight into ``out``; the codes are in range.
            np.take(field.table, field.codes[start : start + count], out=part[:count], mode="clip")
            place[:count] = part[:count]
        yield piece[:count].data


def _header(dataset: Dataset, lengths: list[int], created: datetime) -> bytes:
    stamp = _stamp(created)
    variables = [*zip(dataset.variables, lengths, np.cumsum(lengths).tolist(), strict=True)]
    namestrs = b"".join(
        _namestr(number, variable, length, end - length)
        for number, (variable, length, end) in enumerate(variables, 1)
    )
    records = (
        _mark("LIBRARY"),
        f"{'SAS':8}{'SAS':8}{'SASLIB':8}{VERSION:8}{'':32}{stamp}",
        stamp,
        _mark("MEMBER", f"{'':0>17}1600000000{_NAMESTR.size}"),
        _mark("DSCRPTR"),
        f"{'SAS':8}{dataset.name:8}{'SASDATA':8}{VERSION:8}{'':32}{stamp}",
        f"{stamp}{'':16}{dataset.label:40}",
        _mark("NAMESTR", f"{len(variables):010}"),
    )
    head = b"".join(record.ljust(RECORD).encode("ascii") for record in records) + namestrs
    return head.ljust(len(head) + -len(head) % RECORD) + _mark("OBS").ljust(RECORD).encode("ascii")


def _mark(name: str, numbers: str = "") -> str:
    return f"HEADER RECORD*******{name:8}HEADER RECORD!!!!!!!{numbers:0<30}"


def _stamp(when: datetime) -> str:
    # strftime would write the month in the language of the machine
    return f"{when:%d}{_MONTHS[when.month - 1]}{when.year % 100:02}:{when:%H:%M:%S}"


def _namestr(number: int, variable: Variable, length: int, position: int) -> bytes:
    name, width, decimals = xptlimits.parts_of_format(variable.format) or ("", 0, 0)
    return _NAMESTR.pack(
        1 if variable.type == "Num" else 2,
        0,
        length,
        number,
        f"{variable.name:8}".encode("ascii"),
        f"{variable.label:40}".encode("ascii"),
        f"{name:8}".encode("ascii"),
        width,
        decimals,
        0,
        b"",
        b" " * 8,
        0,
        0,
        position,
        b"",
    )
