"""Where the rows of delimited text begin, by whole-array operations on its bytes (RFC 4180, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Offsets: TypeAlias = npt.NDArray[np.int64]

PIECE = 2**20
LF, CR = 10, 13


@dataclass(frozen=True, eq=False, slots=True)
class Dialect:
    """The delimiter and quote of delimited text, as byte values; quote None means no quoting.

    >>> Dialect(ord(","), ord('"')).delimiter
    44
    """

    delimiter: int
    quote: int | None


@dataclass(frozen=True, eq=False, slots=True)
class Scan:
    r"""The rows of delimited text; blank lines are none.

    Args:
        starts: byte at which each row begins; shape (rows,).
        ends: byte after its last, without the line end; shape (rows,).
        lines: physical line on which each row begins, 1-based; shape (rows,).
        blank: how many blank lines there are between or after the rows.
        breaks: whether any field holds a line break.
        returns: bytes of the carriage returns outside quotes that no line feed follows; shape (any,).
        unclosed: byte of the quote that is never closed, or -1.
        stray: bytes of quotes that neither open nor close a field; shape (any,).

    >>> scan(np.frombuffer(b'A,B\n"x\ny",2\n', np.uint8), Dialect(44, 34)).lines.tolist()
    [1, 2]
    """

    starts: Offsets
    ends: Offsets
    lines: npt.NDArray[np.int32]
    blank: int
    breaks: bool
    returns: Offsets
    unclosed: int
    stray: Offsets


def scan(text: Bytes, dialect: Dialect) -> Scan:
    r"""Find the rows of delimited text.

    Args:
        text: UTF-8 bytes, at least one; shape (size,).
        dialect: delimiter and quote.

    >>> found = scan(np.frombuffer(b"A\r\n\r\nb\n", np.uint8), Dialect(44, None))
    >>> found.starts.tolist(), found.ends.tolist(), found.lines.tolist(), found.blank
    ([0, 5], [1, 6], [1, 3], 1)
    """
    quotes, breaks_at = _quotes(text, dialect), _where(text, LF)
    outside = _parity(quotes, breaks_at) == 0
    row_ends, line_of = breaks_at[outside], np.flatnonzero(outside)
    if not len(row_ends) or row_ends[-1] != len(text) - 1:
        row_ends, line_of = np.append(row_ends, len(text)), np.append(line_of, len(breaks_at))
    starts = np.concatenate([[0], row_ends[:-1] + 1])
    ends = row_ends - (text[np.maximum(row_ends - 1, 0)] == CR) * (row_ends > starts)
    lines = np.concatenate([[0], line_of[:-1] + 1]) + 1
    filled = ends > starts
    stray, unclosed = _misplaced(text, dialect, quotes)
    returns = _where(text, CR)
    alone = returns[text[np.minimum(returns + 1, len(text) - 1)] != LF]
    loose = _parity(quotes, alone) == 0
    return Scan(
        starts=starts[filled],
        ends=ends[filled],
        lines=lines[filled].astype(np.int32),
        blank=int(len(filled) - filled.sum()),
        breaks=not bool(outside.all() and loose.all()),
        returns=alone[loose],
        unclosed=unclosed,
        stray=stray,
    )


def count_fields(text: Bytes, dialect: Dialect, found: Scan) -> Offsets:
    r"""Count the fields of each row; shape (rows,).

    >>> text, dialect = np.frombuffer(b'1,"2,3"\n1\n', np.uint8), Dialect(44, 34)
    >>> count_fields(text, dialect, scan(text, dialect)).tolist()
    [2, 1]
    """
    delimiters = _where(text, dialect.delimiter)
    delimiters = delimiters[_parity(_quotes(text, dialect), delimiters) == 0]
    before = np.searchsorted(delimiters, found.starts)
    return np.asarray(np.searchsorted(delimiters, found.ends) - before + 1, np.int64)


def _quotes(text: Bytes, dialect: Dialect) -> Offsets:
    return np.empty(0, np.int64) if dialect.quote is None else _where(text, dialect.quote)


def _where(text: Bytes, byte: int) -> Offsets:
    """Find a byte, in pieces that stay in the processor's cache."""
    parts = [
        np.flatnonzero(text[first : first + PIECE] == byte) + first for first in range(0, len(text), PIECE)
    ]
    return np.concatenate(parts)


def _parity(quotes: Offsets, at: Offsets) -> npt.NDArray[Any]:
    return np.zeros(len(at), np.int8) if not len(quotes) else np.searchsorted(quotes, at) & 1


def _misplaced(text: Bytes, dialect: Dialect, quotes: Offsets) -> tuple[Offsets, int]:
    """Find stray quotes, and the opening quote that is never closed.

    Quotes open and close by turns. An opening quote must begin a field or follow a closing one (the
    doubled quote inside a field); a closing one must end a field or be doubled.
    """
    if not len(quotes):
        return quotes, -1
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening == 0, LF, text[np.maximum(opening - 1, 0)])
    after = np.where(closing == len(text) - 1, LF, text[np.minimum(closing + 1, len(text) - 1)])
    fine = np.array([dialect.delimiter, LF, dialect.quote], np.uint8)
    stray = opening[~np.isin(before, fine)]
    unended = ~np.isin(after, np.append(fine, np.uint8(CR)))
    opener = opening[: len(closing)][unended]
    if len(quotes) % 2:
        return stray, int(opener[0] if len(opener) else opening[-1])
    return np.union1d(stray, opener), -1
