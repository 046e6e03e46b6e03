"""Single variables of a transport file of ours, without reading the others (SAS TS-140)."""

from __future__ import annotations

from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from trialkit.column import Column
from trialkit.ibm import decode
from trialkit.trace import whole

RECORD = 80
NAMESTR = 140
NUMBER = 8
LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
HEAD = 8 * RECORD  # the records before the descriptions of the variables


@dataclass(frozen=True, slots=True)
class XptColumns:
    """Where the variables of a transport file stand, and how many records there are.

    Args:
        path: the file; version 5, one dataset, as ``trialkit.xpt`` writes it.
        fields: for each variable whether it is a number, its place in a record and its bytes.
        start: of the first record, in bytes.
        width: of a record, in bytes.

    >>> XptColumns(Path("dm.xpt"), {"SEX": (False, 0, 1)}, 960, 1).names
    ['SEX']
    """

    path: Path
    fields: dict[str, tuple[bool, int, int]]
    start: int
    width: int

    @property
    def names(self) -> list[str]:
        """Name the variables in their order.

        >>> XptColumns(Path("dm.xpt"), {}, 960, 1).names
        []
        """
        return list(self.fields)

    def column(self, name: str, records: int) -> Column:
        """Read one variable.

        Args:
            name: the variable.
            records: how many records the dataset has.

        Raises:
            KeyError: when there is no such variable.

        >>> XptColumns(Path("dm.xpt"), {}, 960, 1).column("SEX", 12)
        Traceback (most recent call last):
        KeyError: 'SEX'
        """
        number, place, size = self.fields[name]
        if not records:
            return Column.numbers([]) if number else Column.text([])
        with whole(self.path):
            body = np.memmap(self.path, np.uint8, "r", self.start, (records, self.width))
        cells = pa.py_buffer(body[:, place : place + size].tobytes())
        coded = pa.Array.from_buffers(pa.binary(size), records, [None, cells]).dictionary_encode()
        codes, values = coded.indices.to_numpy(), coded.dictionary.to_pylist()
        if number:
            return Column(decode(b"".join(values)), codes)
        return Column(np.array([_text(value) for value in values], object), codes)

    def value(self, name: str, record: int) -> str | float:
        """Read one value.

        Raises:
            KeyError: when there is no such variable.

        >>> XptColumns(Path("dm.xpt"), {}, 960, 1).value("SEX", 0)
        Traceback (most recent call last):
        KeyError: 'SEX'
        """
        number, place, size = self.fields[name]
        with self.path.open("rb") as file:
            file.seek(self.start + record * self.width + place)
            cell = file.read(size)
        with whole(self.path):
            if len(cell) < size:
                raise ValueError("cut short")
            return float(decode(cell)[0]) if number else _text(cell)


def _text(cell: bytes) -> str:
    return cell.decode("ascii").rstrip(" ")


def open_xpt(path: Path) -> XptColumns:
    """Read the descriptions of the variables.

    Raises:
        FileNotFoundError: when there is no such file.
        Refusal: WHY-008.

    >>> open_xpt(Path("nowhere.xpt"))
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.xpt'
    """
    with path.open("rb") as file, whole(path):
        return _described(path, file)


def _described(path: Path, file: BinaryIO) -> XptColumns:
    head = file.read(HEAD)
    count = int(head[-32:-22])
    described = file.read(count * NAMESTR)
    if len(head) < HEAD or not 0 <= count * NAMESTR == len(described):
        raise ValueError("cut short")
    fields = {}
    for start in range(0, count * NAMESTR, NAMESTR):
        one = described[start : start + NAMESTR]
        number = int.from_bytes(one[0:2], "big") == 1
        size, place = int.from_bytes(one[4:6], "big"), int.from_bytes(one[84:88], "big")
        fields[one[8:16].decode("ascii").rstrip()] = (number, place, size)
    begin = HEAD + count * NAMESTR
    begin += -begin % RECORD + RECORD
    return XptColumns(path, fields, begin, sum(size for _, _, size in fields.values()))


def plain_xpt(path: Path) -> XptColumns | None:
    """Open a file as plain as ours: version 5, one dataset, numbers of 8 bytes, records over 80 bytes.

    None for any other file, which needs a reader of all that SAS writes.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "dm.xpt"
    >>> _ = path.write_bytes(b"no transport file")
    >>> plain_xpt(path) is None
    True
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        if not head.startswith(LIBRARY) or head[3 * RECORD :][: len(MEMBER)] != MEMBER or len(head) < HEAD:
            return None
        if head[3 * RECORD + 74 : 3 * RECORD + 78] != b"0140":
            return None
        with mmap(file.fileno(), 0, access=ACCESS_READ) as body:
            if body.find(MEMBER, HEAD) >= 0:
                return None
    with path.open("rb") as file:
        found, end = _described(path, file), 0
    for number, place, size in found.fields.values():
        if place != end or (number and size != NUMBER):
            return None
        end += size
    return found if end > RECORD else None
