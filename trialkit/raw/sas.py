"""SAS datasets and SAS transport files to an all-text table, refused when they are not whole."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyreadstat

from trialkit.column import Column
from trialkit.problems import Kind, Problem, Problems
from trialkit.raw.delimited import NUL
from trialkit.raw.files import DAMAGED, RawFile
from trialkit.raw.header import read_header
from trialkit.raw.render import sas_kind, sas_text
from trialkit.raw.source import CsvSource, SasSource, XptSource
from trialkit.raw.table import RawTable

MEMBERS = Kind("RAW-050", "transport file holds several datasets", "Export one dataset to a file.")
NO_DATE = Kind("RAW-051", "number is no date that its SAS format can show", "Correct the dataset.")

CARD = 80
BLANK = 32
NUMERIC = 1
KINDS = (NUMERIC, 2)  # of variables: numbers and texts
_MEMBER = (b"HEADER RECORD*******MEMBER  HEADER RECORD", b"HEADER RECORD*******MEMBV8  HEADER RECORD")
_NAMES = (b"HEADER RECORD*******NAMESTR HEADER RECORD", b"HEADER RECORD*******NAMSTV8 HEADER RECORD")
_ROWS = (b"HEADER RECORD*******OBS     HEADER RECORD", b"HEADER RECORD*******OBSV8   HEADER RECORD")
_SAS_MAGIC = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
_LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_", np.uint8)

_PLAIN = CsvSource(format="csv", file="-")


class _Field(NamedTuple):
    type: int
    length: int
    position: int


def read_sas(source: SasSource, name: str, file: RawFile, problems: Problems) -> RawTable | None:
    """Read a SAS dataset (.sas7bdat).

    Args:
        source: the spec of the source.
        name: its name.
        file: the file.
        problems: where problems go: RAW-007, RAW-021, RAW-022, RAW-051.

    Returns:
        The table, its rows named by record number; dates are written by their SAS format, special
        missing values as ``.A`` to ``.Z`` and ``._``.

    >>> from pathlib import Path
    >>> found, file = Problems(), RawFile(Path("a.sas7bdat"), "a.sas7bdat", b"no SAS", "")
    >>> read_sas(SasSource(format="sas7bdat", file="a.sas7bdat"), "A", file, found)
    >>> found.items[0].what
    "'a.sas7bdat' is not a SAS dataset"
    """
    fault = _dataset_fault(file.data)
    if fault:
        problems.add(Problem(DAMAGED, f"'{file.file}' {fault}", file.place()))
        return None

    def reader() -> Any:
        return pyreadstat.read_sas7bdat(
            str(file.path),
            encoding=source.encoding,
            user_missing=True,
            disable_datetime_conversion=True,
            output_format="dict",
        )

    return _read(reader, name, file, problems)


def read_xpt(source: XptSource, name: str, file: RawFile, problems: Problems) -> RawTable | None:
    """Read a SAS transport file with one dataset (TS-140; version 8 as well).

    Args:
        source: the spec of the source.
        name: its name.
        file: the file.
        problems: where problems go: RAW-007, RAW-011, RAW-021, RAW-022, RAW-050, RAW-051.

    Returns:
        The table, its rows named by record number; special missing values as ``.A`` to ``.Z`` and ``._``.

    >>> from pathlib import Path
    >>> found, file = Problems(), RawFile(Path("a.xpt"), "a.xpt", b"HEADER", "")
    >>> read_xpt(XptSource(format="xpt", file="a.xpt"), "A", file, found)
    >>> found.items[0].what
    "'a.xpt' is not a SAS transport file"
    """
    fault = _transport_fault(file.data)
    if fault:
        problems.add(Problem(DAMAGED, f"'{file.file}' {fault}", file.place()))
        return None
    if sum(_count_cards(file.data, mark) for mark in _MEMBER) > 1:
        problems.add(Problem(MEMBERS, f"'{file.file}' holds several datasets", file.place()))
        return None

    def reader() -> Any:
        data, meta = pyreadstat.read_xport(
            str(file.path), encoding=source.encoding, disable_datetime_conversion=True, output_format="dict"
        )
        for name, at in zip(meta.column_names, _fields(file.data), strict=True):
            _restore_special(data[name], file.data, at)
            _report_nul(len(data[name]), name, file, at, problems)
        return data, meta

    return _read(reader, name, file, problems)


def _report_nul(rows: int, name: str, file: RawFile, field: _Field, problems: Problems) -> None:
    """Report texts with a NUL byte, behind which the reading library sees nothing."""
    cells = _cells(rows, file.data, field)
    if field.type == NUMERIC or not cells.size:
        return
    ended = np.maximum.accumulate(cells == 0, axis=1)
    bad = np.flatnonzero((ended & (cells != 0) & (cells != BLANK)).any(axis=1))
    if len(bad):
        what = f"a text of {name} holds a NUL byte"
        problems.add(Problem(NUL, what, file.place(int(bad[0]) + 1, name), count=len(bad)))


def _read(reader: Callable[[], Any], name: str, file: RawFile, problems: Problems) -> RawTable | None:
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            data, meta = reader()
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeError, OSError, ValueError) as error:
        hint = "Declare the encoding of its texts." if isinstance(error, UnicodeError) else ""
        problems.add(Problem(DAMAGED, f"'{file.file}' cannot be read: {error}", file.place(), hint=hint))
        return None
    names = [str(one or "") for one in meta.column_names]
    names = [re.sub("_duplicated[0-9]+$", "", one) for one in names] if said else names
    if read_header([names], _PLAIN, file, [0], problems) is None:
        return None
    columns = {
        column: _column(data[column], _shown(meta, column), column, file, problems)
        for column in meta.column_names
    }
    rows = len(next(iter(columns.values()), ()))
    if meta.number_rows not in (None, rows):
        what = f"'{file.file}' has {rows} of {meta.number_rows} records"
        problems.add(Problem(DAMAGED, what, file.place()))
        return None
    pairs = zip(meta.column_names, meta.column_labels, strict=True)
    labels = {column: str(label) for column, label in pairs if label}
    lines = np.arange(1, rows + 1, dtype=np.int32)
    return RawTable(name, file.file, columns, lines, "record", labels, file.sha256)


def _shown(meta: Any, column: str) -> str:
    """Give the SAS format of a numeric variable, and ``$`` for a text."""
    if meta.readstat_variable_types.get(column) == "string":
        return "$"
    return str(meta.original_variable_types.get(column) or "")


def _column(values: Any, form: str, name: str, file: RawFile, problems: Problems) -> Column:
    array = np.empty(len(values), object)
    array[:] = list(values)
    codes, distinct = pd.factorize(array, use_na_sentinel=False)
    kind = "text" if form == "$" else sas_kind(form)
    texts = [_text(value, kind) for value in distinct]
    bad = [place for place, text in enumerate(texts) if text is None]
    if bad:
        rows = np.flatnonzero(np.isin(codes, bad))
        what = f"column {name} with format {form} holds a number beyond the calendar"
        problems.add(Problem(NO_DATE, what, file.place(int(rows[0]) + 1, name), count=len(rows)))
    return Column(np.array([text or "" for text in texts], object), codes.astype(np.int32)).unified()


def _text(value: Any, kind: str) -> str | None:
    if kind == "text":
        return "" if value is None or value != value else str(value)
    try:
        return sas_text(value, kind)
    except (OverflowError, ValueError):
        return None


def _dataset_fault(data: bytes) -> str:
    """Compare the size of a SAS dataset with the page size and count in its header."""
    if not data.startswith(_SAS_MAGIC) or len(data) < 288:
        return "is not a SAS dataset"
    wide, shift = data[32] == 0x33, 4 * (data[35] == 0x33)
    order = "<" if data[37] == 1 else ">"
    header, page = struct.unpack_from(f"{order}ii", data, 196 + shift)
    (pages,) = struct.unpack_from(f"{order}{'q' if wide else 'i'}", data, 204 + shift)
    whole = header + page * pages
    return "" if len(data) == whole else f"has {len(data)} bytes where its header says {whole}"


def _transport_fault(data: bytes) -> str:
    """Compare the size of a transport file with the lengths of its variables."""
    if not data.startswith((b"HEADER RECORD*******LIBRARY", b"HEADER RECORD*******LIBV8  ")):
        return "is not a SAS transport file"
    if len(data) % CARD:
        return f"has {len(data)} bytes, not a multiple of {CARD}: it is cut short"
    names, rows = (_card(data, marks) for marks in (_NAMES, _ROWS))
    if names < 0 or rows < 0:
        return "ends before its records: it is cut short"
    try:
        fields = _fields(data)
    except (ValueError, struct.error):
        return "has a broken header"
    ends = list(accumulate((field.length for field in fields), initial=0))
    whole = [one.type in KINDS and one.length > 0 for one in fields]
    if not all(whole) or any(one.position != end for one, end in zip(fields, ends, strict=False)):
        return "has variables whose lengths and positions do not make up a record"
    length = ends[-1]
    body = len(data) - rows - CARD
    rest = body % length if length else body
    if rest and data[-rest:].strip(b" "):
        return "ends inside a record: it is cut short"
    return ""


def _fields(data: bytes) -> list[_Field]:
    """Give the place of each variable in a record, from the NAMESTR records (TS-140)."""
    names = _card(data, _NAMES)
    count, size = int(data[names + 53 : names + 58]), int(data[_card(data, _MEMBER) + 74 :][:4])
    starts = [names + CARD + number * size for number in range(count)]
    return [
        _Field(*struct.unpack_from(">h2xh", data, at), *struct.unpack_from(">i", data, at + 84))
        for at in starts
    ]


def _restore_special(values: list[Any], data: bytes, field: _Field) -> None:
    """Put the letters of special missing values back, which the reading library gives as missing.

    Such a value is its letter and then zeros, which no number is (TS-140, missing values).
    """
    cells = _cells(len(values), data, field)
    if field.type != NUMERIC or not cells.size:
        return
    special = np.isin(cells[:, 0], _LETTERS) & ~cells[:, 1:].any(axis=1)
    for row in np.flatnonzero(special):
        values[row] = chr(cells[row, 0])


def _cells(rows: int, data: bytes, field: _Field) -> npt.NDArray[np.uint8]:
    """Give the bytes of a variable; shape (rows, length)."""
    length = sum(one.length for one in _fields(data))
    body = np.frombuffer(data, np.uint8, rows * length, _card(data, _ROWS) + CARD).reshape(rows, length)
    return body[:, field.position : field.position + field.length]


def _card(data: bytes, marks: tuple[bytes, ...]) -> int:
    found = [at for mark in marks for at in [data.find(mark)] if at >= 0 and at % CARD == 0]
    return min(found, default=-1)


def _count_cards(data: bytes, mark: bytes) -> int:
    count, at = 0, data.find(mark)
    while at >= 0:
        count += at % CARD == 0
        at = data.find(mark, at + 1)
    return count
