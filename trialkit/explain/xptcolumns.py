"""Single variables of a transport file of ours, without reading the others (SAS TS-140)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from trialkit.column import Column

RECORD = 80
NAMESTR = 140
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
        whole = np.memmap(self.path, np.uint8, "r", self.start, (records, self.width))
        cells = pa.py_buffer(whole[:, place : place + size].tobytes())
        coded = pa.Array.from_buffers(pa.binary(size), records, [None, cells]).dictionary_encode()
        codes, values = coded.indices.to_numpy(), coded.dictionary.to_pylist()
        if number:
            return Column(np.array([_number(value) for value in values]), codes)
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
        return _number(cell) if number else _text(cell)


def _text(cell: bytes) -> str:
    return cell.decode("ascii").rstrip(" ")


def _number(cell: bytes) -> float:
    """Read an IBM hexadecimal number: a sign, an exponent of 16 and 56 bits of fraction."""
    bits = int.from_bytes(cell, "big")
    fraction = bits & (1 << 56) - 1
    if not fraction:
        return math.nan if bits else 0.0  # a missing value has a letter, a dot or a low line alone
    size = math.ldexp(fraction, 4 * ((bits >> 56 & 127) - 64) - 56)
    return -size if bits >> 63 else size


def open_xpt(path: Path) -> XptColumns:
    """Read the descriptions of the variables.

    Raises:
        FileNotFoundError: when there is no such file.

    >>> open_xpt(Path("nowhere.xpt"))
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.xpt'
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        count = int(head[-32:-22])
        described = file.read(count * NAMESTR)
    fields = {}
    for start in range(0, count * NAMESTR, NAMESTR):
        one = described[start : start + NAMESTR]
        number = int.from_bytes(one[0:2], "big") == 1
        size, place = int.from_bytes(one[4:6], "big"), int.from_bytes(one[84:88], "big")
        fields[one[8:16].decode("ascii").rstrip()] = (number, place, size)
    begin = HEAD + count * NAMESTR
    begin += -begin % RECORD + RECORD
    return XptColumns(path, fields, begin, sum(size for _, _, size in fields.values()))
