"""Sinks: the files of an export, written block by block."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, BinaryIO, Literal, Self

import xlsxwriter
from pydantic import BeforeValidator, Field
from xlsxwriter.exceptions import FileCreateError

from trialkit.simulate.cells import Cell
from trialkit.simulate.formula import Array, Formula
from trialkit.simulate.part import Names, Part, one_of, ranges

SHEET_ROWS = 1_000_000  # below the limit of the format, so that a line number is easy to see
CREATED = datetime(2023, 1, 1, tzinfo=UTC).replace(tzinfo=None)
QUOTED = (",", '"', "\n", "\r")


class Sink(Part):
    """What all files share: the table they are written from, their columns and their key.

    >>> Sink.main_key()
    'sink'
    """

    of: str = Field(description="the table whose rows are written")
    where: Formula = "1"
    key: Names = Field([], description="the columns that identify a row")
    header: list[Literal["id", "label"]] = Field(["id"])
    columns: Annotated[dict[str, Annotated[Cell, one_of(Cell)]], BeforeValidator(ranges)]

    def file_name(self) -> str:
        """Give the name of the file.

        >>> Sink(of="t", columns={}).file_name()
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError

    def open(self, folder: Path) -> Writer:
        """Open the file for writing; the header lines are written at once.

        >>> Sink(of="t", columns={}).open(Path("."))
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError

    def head(self) -> list[list[str]]:
        """Give the header lines.

        >>> Sink(of="t", columns={"A": {"value": "1", "label": "甲"}}, header=["id", "label"]).head()
        [['A'], ['甲']]
        """
        lines = {"id": list(self.columns), "label": [cell.label for cell in self.columns.values()]}
        return [lines[name] for name in self.header]


class Writer(AbstractContextManager["Writer"]):
    """A file that is open for writing; ``line`` is the number of the next line, from 1.

    >>> Writer.line
    1
    """

    line: int = 1

    def append(self, cells: Iterable[Array], other_bytes: set[int]) -> None:
        """Write rows.

        Args:
            cells: one array of texts per column.
            other_bytes: places of the rows to write in UTF-8 whatever the file's encoding.

        >>> Writer().append([], set())
        Traceback (most recent call last):
        NotImplementedError
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Give the writer."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close the file."""


class Csv(Sink):
    """A comma-separated file.

    >>> Csv.main_key()
    'csv'
    """

    csv: str = Field(pattern=r"^\w+\.csv$", description="name of the file")
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = "utf-8"
    newline: Literal["crlf", "lf"] = "lf"

    def file_name(self) -> str:
        """Give the name of the file.

        >>> Csv(csv="A.csv", of="t", columns={}).file_name()
        'A.csv'
        """
        return self.csv

    def open(self, folder: Path) -> Writer:
        r"""Open the file.

        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with Csv(csv="A.csv", of="t", columns={"A": {"value": "1"}}).open(folder) as writer:
        ...     writer.line
        2
        """
        return CsvWriter(self, folder)


class CsvWriter(Writer):
    """Writes a comma-separated file.

    >>> CsvWriter.line
    1
    """

    def __init__(self, sink: Csv, folder: Path) -> None:
        """Open the file and write the header lines."""
        bom = sink.encoding == "utf-8-sig"
        self.encoding = "utf-8" if bom else sink.encoding
        self.end = "\r\n" if sink.newline == "crlf" else "\n"
        self.file: BinaryIO = (folder / sink.csv).open("wb")
        self.file.write("\ufeff".encode() if bom else b"")
        for line in sink.head():
            self._write([",".join(map(quoted, line))], set())

    def append(self, cells: Iterable[Array], other_bytes: set[int]) -> None:
        r"""Write rows.

        >>> import tempfile, numpy
        >>> folder = Path(tempfile.mkdtemp())
        >>> with Csv(csv="A.csv", of="t", columns={"A": {"value": "1"}}).open(folder) as writer:
        ...     writer.append([numpy.array(["x"], object)], set())
        >>> (folder / "A.csv").read_bytes()
        b'A\nx\n'
        """
        self._write([*map(",".join, zip(*map(quoted_all, cells), strict=True))], other_bytes)

    def _write(self, lines: list[str], other_bytes: set[int]) -> None:
        self.line += len(lines)
        start = 0
        for place in [*sorted(other_bytes), len(lines)]:
            self.file.write("".join(line + self.end for line in lines[start:place]).encode(self.encoding))
            self.file.write("".join(line + self.end for line in lines[place : place + 1]).encode())
            start = place + 1

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close the file."""
        self.file.close()


def quoted(text: str) -> str:
    """Quote a cell where it must be.

    >>> quoted("a,b")
    '"a,b"'
    """
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in QUOTED) else text


def quoted_all(cells: Array) -> list[str]:
    """Quote the cells of a column where they must be.

    >>> import numpy
    >>> quoted_all(numpy.array(["a", "b,c"], object))
    ['a', '"b,c"']
    """
    texts: list[str] = cells.tolist()
    special = {text for text in set(texts) if any(mark in text for mark in QUOTED)}
    return [quoted(text) if text in special else text for text in texts] if special else texts


class Xlsx(Sink):
    """A workbook of text cells; rows beyond a million go to further sheets.

    >>> Xlsx.main_key()
    'xlsx'
    """

    xlsx: str = Field(pattern=r"^\w+\.xlsx$", description="name of the file")
    sheet: str = "Sheet1"

    def file_name(self) -> str:
        """Give the name of the file.

        >>> Xlsx(xlsx="A.xlsx", of="t", columns={}).file_name()
        'A.xlsx'
        """
        return self.xlsx

    def open(self, folder: Path) -> Writer:
        """Open the file.

        >>> import tempfile
        >>> sink = Xlsx(xlsx="A.xlsx", of="t", columns={"A": {"value": "1"}})
        >>> with sink.open(Path(tempfile.mkdtemp())) as file:
        ...     file.line
        2
        """
        return XlsxWriter(self, folder)


class XlsxWriter(Writer):
    """Writes a workbook with a fixed creation time.

    >>> XlsxWriter.line
    1
    """

    def __init__(self, sink: Xlsx, folder: Path) -> None:
        """Open the workbook and write the header lines."""
        self.book: Any = xlsxwriter.Workbook(folder / sink.xlsx, {"constant_memory": True})
        self.book.set_properties({"created": CREATED})
        self.head, self.name, self.sheets = sink.head(), sink.sheet, 0
        self._next_sheet()

    def _next_sheet(self) -> None:
        self.sheets += 1
        self.page: Any = self.book.add_worksheet(
            self.name if self.sheets == 1 else f"{self.name}_{self.sheets}"
        )
        self.line = 1
        for line in self.head:
            self._write(line)

    def _write(self, texts: Iterable[str]) -> None:
        for column, text in enumerate(texts):
            if text:
                self.page.write_string(self.line - 1, column, text)
        self.line += 1

    def append(self, cells: Iterable[Array], other_bytes: set[int]) -> None:
        """Write rows; a workbook has one encoding, so ``other_bytes`` must be empty.

        >>> import tempfile, numpy
        >>> folder = Path(tempfile.mkdtemp())
        >>> with Xlsx(xlsx="A.xlsx", of="t", columns={"A": {"value": "1"}}).open(folder) as writer:
        ...     writer.append([numpy.array(["x"], object)], set())
        >>> (folder / "A.xlsx").stat().st_size > 0
        True
        """
        for row in zip(*(texts.tolist() for texts in cells), strict=True):
            if self.line > SHEET_ROWS:
                self._next_sheet()
            self._write(row)

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close the workbook."""
        try:
            self.book.close()
        except FileCreateError as error:
            raise error.args[0] from None  # what the system said
