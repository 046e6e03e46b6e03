"""Delimited text to an all-text table: strict about structure, blind to types (RFC 4180)."""

from __future__ import annotations

import csv
import io
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as arrow_csv

from trialkit.column import Column, Mask
from trialkit.letgo import wait_for_arrow
from trialkit.problems import Kind, Problem, Problems, Severity
from trialkit.raw.decode import UTF8_BOM, Spot, codec_name, decode, suggest
from trialkit.raw.files import RawFile, gunzip
from trialkit.raw.header import BAD_NAME, BLANK_BETWEEN, NO_HEADER, Header, read_header
from trialkit.raw.rowscan import Dialect, Scan, count_fields, scan
from trialkit.raw.source import CsvSource
from trialkit.raw.table import RawTable

UNDECODABLE = Kind(
    "RAW-010", "bytes are not of the declared encoding", "Declare the encoding, or set undecodable."
)
NUL = Kind(
    "RAW-011", "file holds NUL bytes", "Ask for the file again, or declare the encoding if it is UTF-16."
)
OTHER_MARK = Kind("RAW-012", "byte order mark of another encoding", "Declare the encoding that the file has.")
UNCLOSED = Kind("RAW-013", "quote is never closed", "Mend the line, or set quote to an empty text.")
STRAY = Kind(
    "RAW-014", "quote stands inside a field", "Double it inside quotes, or set quote to an empty text."
)
RAGGED = Kind("RAW-015", "row has the wrong number of fields", "Mend the row, or set ragged to quarantine.")
RETURN = Kind(
    "RAW-016", "carriage return without line feed", "Ask for the file again with one kind of line end."
)
TOO_SHORT = Kind("RAW-017", "nothing is left after the skipped lines", "Correct skip in the spec.")

BLOCK = 2**24
SHOWN = 50


@dataclass(frozen=True, eq=False, slots=True)
class _Text:
    """Decoded delimited text after the skipped lines."""

    file: RawFile
    data: bytes
    spots: list[Spot]
    skipped: int
    dialect: Dialect

    @property
    def array(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.data, np.uint8)

    def line(self, byte: int) -> int:
        """Give the physical line of the file on which a byte stands; 1-based."""
        return self.skipped + self.data.count(b"\n", 0, byte) + 1


def read_delimited(source: CsvSource, name: str, file: RawFile, problems: Problems) -> RawTable | None:
    r"""Read a delimited text file.

    Args:
        source: how the file is written.
        name: the name of the source.
        file: the file.
        problems: where problems go: RAW-006, RAW-007, RAW-010 to RAW-017, RAW-020 to RAW-023.

    Returns:
        The table, or None when its rows can't be told apart. Rows that don't decode or have the
        wrong number of fields are set aside; the spec says whether that is an error or a query.

    >>> from pathlib import Path
    >>> source = CsvSource(format="csv", file="dm.csv")
    >>> file = RawFile(Path("dm.csv"), "dm.csv", b'SUBJ,SEX\n001,"M"\n', "")
    >>> read_delimited(source, "DM", file, Problems()).columns["SUBJ"].objects().tolist()
    ['001']
    """
    text = _text(source, file, problems)
    if text is None:
        return None
    found = scan(text.array, text.dialect)
    if _broken(text, found, problems):
        return None
    header = _header(source, text, found, problems)
    return None if header is None else _table(source, name, text, found, header, problems)


def _text(source: CsvSource, file: RawFile, problems: Problems) -> _Text | None:
    packed = source.file.casefold().endswith(".gz")
    data = gunzip(file, problems) if packed else file.data
    if data is None:
        return None
    if data.startswith(UTF8_BOM) and not codec_name(source.encoding).startswith("utf-8"):
        what = f"the file begins with the mark of UTF-8, but its encoding is declared as {source.encoding}"
        problems.add(Problem(OTHER_MARK, what, file.place(1)))
        return None
    decoded, spots = decode(data, source.encoding)
    spots = [spot for spot in spots if spot.line > source.skip]
    _report_spots(source, file, data, spots, problems)
    at = _after(decoded, source.skip)
    if at >= len(decoded):
        problems.add(Problem(TOO_SHORT, f"no line is left after {source.skip} skipped lines", file.place()))
        return None
    dialect = Dialect(ord(source.separator), ord(source.quote) if source.quote else None)
    return _Text(file, decoded[at:] if at else decoded, spots, source.skip, dialect)


def _after(data: bytes, lines: int) -> int:
    at = 0
    for _ in range(lines):
        at = (data.find(b"\n", at) + 1) or len(data)
    return at


def _report_spots(
    source: CsvSource, file: RawFile, data: bytes, spots: list[Spot], problems: Problems
) -> None:
    if not spots:
        return
    severity: Severity = "query" if source.undecodable == "quarantine" else "error"
    other = suggest(data, source.encoding)
    hint = f"Is it {other}? Then declare encoding: {other}." if other else ""
    shown = _shown(severity, len(spots))
    for spot in spots[:shown]:
        what = f"byte {spot.byte} at character {spot.character} of the line is not {source.encoding}"
        problems.add(Problem(UNDECODABLE, what, file.place(spot.line), hint=hint, severity=severity))
    if more := len(spots[shown:]):
        what = f"more lines are not {source.encoding}"
        problems.add(Problem(UNDECODABLE, what, file.place(), hint=hint, severity=severity, count=more))


def _shown(severity: Severity, rows: int) -> int:
    """Say how many rows are named: of errors the first ones, of queries all, for the site's list."""
    return rows if severity == "query" else SHOWN


def _broken(text: _Text, found: Scan, problems: Problems) -> bool:
    spots: list[tuple[Kind, str, int, int]] = []
    if (nul := text.data.find(b"\0")) >= 0:
        spots.append((NUL, "a NUL byte stands here", nul, text.data.count(b"\0")))
    if found.unclosed >= 0:
        spots.append((UNCLOSED, "the quote that opens here is never closed", found.unclosed, 1))
    elif len(found.stray):
        spots.append(
            (STRAY, "a quote does not open or close a whole field", int(found.stray[0]), len(found.stray))
        )
    if len(found.returns):
        at = int(found.returns[0])
        spots.append((RETURN, "a carriage return stands alone", at, len(found.returns)))
    for kind, what, at, count in spots:
        problems.add(Problem(kind, what, text.file.place(text.line(at)), count=count))
    return bool(spots)


def _header(source: CsvSource, text: _Text, found: Scan, problems: Problems) -> Header | None:
    last = (
        int(found.ends[min(source.header, len(found.ends)) - 1]) if source.header and len(found.ends) else 0
    )
    lines = [text.skipped + int(line) for line in found.lines[: source.header]]
    end = text.line(last)
    if source.header > 1 and _blank_between(text, found, source):
        problems.add(Problem(NO_HEADER, BLANK_BETWEEN, text.file.place(end)))
        return None
    if source.header and any(spot.line <= end for spot in text.spots):
        problems.add(Problem(BAD_NAME, "the header has bytes that do not decode", text.file.place(end)))
        return None
    rows = _csv_rows(text.data[:last].decode(), source)
    return read_header(rows, source, text.file, lines, problems)


def _blank_between(text: _Text, found: Scan, source: CsvSource) -> bool:
    """Say whether a blank line stands among the header lines; above them only names would show it."""
    starts, ends = (side[: source.header].tolist() for side in (found.starts, found.ends))
    gaps = [text.data.count(b"\n", end, start) for end, start in zip(ends, starts[1:], strict=False)]
    above = source.column_names is not None and starts[:1] != [0]
    return above or any(lines > 1 for lines in gaps)


def _csv_rows(text: str, source: CsvSource) -> list[list[str]]:
    cells = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=source.separator,
        quotechar=source.quote or None,
        quoting=csv.QUOTE_MINIMAL if source.quote else csv.QUOTE_NONE,
    )
    try:
        return [row for row in cells if row]
    except csv.Error:
        return []


def _table(
    source: CsvSource, name: str, text: _Text, found: Scan, header: Header, problems: Problems
) -> RawTable:
    body = slice(source.header, None)
    lines = found.lines[body] + np.int32(text.skipped)
    starts, ends = found.starts[body], found.ends[body]
    columns, uneven = _cells(text, starts, ends, found.breaks, len(header.names))
    aside: dict[int, str] = {}
    if uneven:
        fields = count_fields(text.array, text.dialect, found)[body]
        aside |= _ragged(source, text.file, lines, fields, len(header.names), problems)
    kept = _kept(len(lines), aside)
    if uneven + int(kept.sum()) != len(lines) or any(len(column) != kept.sum() for column in columns):
        raise RuntimeError("the two readings of the rows differ")
    undecoded = np.searchsorted(lines, [spot.line for spot in text.spots], side="right") - 1
    aside = dict.fromkeys(undecoded.tolist(), "bytes that do not decode") | aside
    both = _kept(len(lines), aside)
    if len(text.spots):
        columns = [column.take(both[kept]) for column in columns]
    return RawTable(
        name,
        text.file.file,
        dict(zip(header.names, columns, strict=True)),
        lines[both],
        labels=header.labels,
        sha256=text.file.sha256,
        notes={"blank lines": found.blank} if found.blank else {},
        quarantined=tuple((int(lines[row]), aside[row]) for row in sorted(aside)),
    )


def _kept(rows: int, aside: dict[int, str]) -> Mask:
    kept = np.ones(rows, bool)
    kept[list(aside)] = False
    return kept


def _ragged(
    source: CsvSource,
    file: RawFile,
    lines: npt.NDArray[np.int32],
    fields: npt.NDArray[np.int64],
    width: int,
    problems: Problems,
) -> dict[int, str]:
    severity: Severity = "query" if source.ragged == "quarantine" else "error"
    rows = np.flatnonzero(fields != width).tolist()
    shown = _shown(severity, len(rows))
    for row in rows[:shown]:
        what = f"row has {fields[row]} fields where the header has {width}"
        problems.add(Problem(RAGGED, what, file.place(int(lines[row])), severity=severity))
    if more := len(rows[shown:]):
        what = f"more rows have not {width} fields"
        problems.add(Problem(RAGGED, what, file.place(), severity=severity, count=more))
    return {row: f"{fields[row]} fields where the header has {width}" for row in rows}


def _cells(
    text: _Text, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], breaks: bool, width: int
) -> tuple[list[Column], int]:
    """Read the rows that have as many fields as the header, and count the others."""
    if not len(starts):
        return [Column.text([]) for _ in range(width)], 0
    first = max(0, int(starts[0]) - 1)  # the line feed before it: a mark at the very start would be dropped
    view = memoryview(text.data)[first:]
    names = [f"c{number}" for number in range(width)]
    block = max(BLOCK, int((ends - starts).max()) + 4)
    table, uneven, handler = _arrow_table(view, text.dialect, names, block, breaks=breaks)
    wait_for_arrow(view, handler)
    return [from_arrow(column) for column in table.unify_dictionaries().columns], uneven


def _arrow_table(
    view: memoryview, dialect: Dialect, names: list[str], block: int, *, breaks: bool
) -> tuple[pa.Table, int, Callable[[], object]]:
    """Read rows by Arrow; count those of another width, and refer weakly to what counts them."""
    uneven: list[Any] = []

    def skip(row: Any) -> str:
        uneven.append(row.actual_columns)
        return "skip"

    table = arrow_csv.read_csv(
        pa.BufferReader(pa.py_buffer(view)),
        arrow_csv.ReadOptions(column_names=names, block_size=block),
        arrow_csv.ParseOptions(
            delimiter=chr(dialect.delimiter),
            quote_char=False if dialect.quote is None else chr(dialect.quote),
            newlines_in_values=breaks,
            invalid_row_handler=skip,
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    return table, len(uneven), weakref.ref(skip)


def from_arrow(array: pa.ChunkedArray) -> Column:
    """Turn a dictionary-encoded text array with one dictionary into a column.

    >>> from_arrow(pa.chunked_array([pa.array(["a", "b", "a"]).dictionary_encode()])).codes.tolist()
    [0, 1, 0]
    """
    if not array.num_chunks:
        return Column.text([])
    codes = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in array.chunks]
    values = array.chunk(0).dictionary.to_numpy(zero_copy_only=False)
    return Column(np.asarray(values, object), np.concatenate(codes).astype(np.int32, copy=False))
