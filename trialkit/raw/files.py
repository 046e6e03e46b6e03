"""Raw files as bytes: found, readable, not empty, the agreed version, and no larger than they look."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from trialkit.paths import safe_path
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean
from trialkit.raw.source import RawSource

NO_FILE = Kind("RAW-002", "raw file is missing", "Deliver the file or correct the path.", exit=Exit.SPEC)
UNREADABLE = Kind(
    "RAW-003", "raw file cannot be read", "Check that it is a file and its permissions.", exit=Exit.SPEC
)
EMPTY = Kind("RAW-004", "raw file is empty", "Ask for the file again; a form without data has a header.")
OTHER_FILE = Kind(
    "RAW-005",
    "raw file is not the agreed one",
    "Compare the deliveries, then set sha256 anew.",
    exit=Exit.SPEC,
)
BOMB = Kind("RAW-006", "file expands beyond reason", "Ask for the file again, uncompressed.", exit=Exit.SPEC)
DAMAGED = Kind("RAW-007", "file is damaged or of another format", "Ask for the file again.")

MEGABYTE = 2**20
EXPANDED_LIMIT = 4096 * MEGABYTE
RATIO_LIMIT = 100
SHOWN_FILES = 20
MOST_FILES, MOST_LEVELS = 1000, 4  # of a raw folder, listed where a file is missing; it may be / by mistake


@dataclass(frozen=True, eq=False, slots=True)
class RawFile:
    """A raw file in memory.

    Args:
        path: where it is.
        file: its path relative to the raw folder, as the spec has it.
        data: its bytes.
        sha256: of the bytes, as hexadecimal text.

    >>> RawFile(Path("raw/a.csv"), "a.csv", b"A", "").place(2).line
    2
    """

    path: Path
    file: str
    data: bytes
    sha256: str

    def place(self, line: int = 0, column: str = "") -> Place:
        """Give a place in the file.

        >>> str(RawFile(Path("raw/a.csv"), "a.csv", b"A", "").place(2, "AGE"))
        'a.csv:2 AGE'
        """
        return Place(file=self.file, line=line, field=column)


def open_file(
    source: RawSource, folder: Path, problems: Problems, file: str = "", sha256: str | None = None
) -> RawFile | None:
    """Read the file of a source, or another file that the source names.

    Args:
        source: the spec of the source.
        folder: the raw folder.
        problems: where problems go: PATH-001, RAW-002 to RAW-005.
        file: the path of the other file, relative to the folder.
        sha256: the hash that the file must have.

    Returns:
        The file, or None when it is absent or can't be used.

    >>> from trialkit.raw.source import ParquetSource
    >>> found = Problems()
    >>> open_file(ParquetSource(format="parquet", file="no.parquet"), Path("no folder"), found)
    >>> found.items[0].line()
    "error RAW-002 no.parquet raw file 'no.parquet' is missing. The raw folder 'no folder' has no files: \
give the right one with --raw."
    """
    name = file or source.file
    spec = source.place("file")
    try:
        path = safe_path(folder, name)
    except Refusal as refusal:
        problems.add(*(replace(one, where=spec) for one in refusal.problems))
        return None
    if not _exists(path):
        if not source.optional:
            hint = _present(name, folder)
            problems.add(Problem(NO_FILE, f"raw file '{name}' is missing", Place(name), hint=hint, spec=spec))
        return None
    return _checked(path, name, sha256, spec, problems)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # it can't be seen, which reading it will say


def _checked(path: Path, name: str, sha256: str | None, spec: Place, problems: Problems) -> RawFile | None:
    try:
        if not path.is_file():
            raise IsADirectoryError("not a file")
        data = path.read_bytes()
    except OSError as error:
        said = f"raw file '{name}': {(error.strerror or 'not a file').lower()}"
        problems.add(Problem(UNREADABLE, said, Place(name), spec=spec))
        return None
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        problems.add(Problem(OTHER_FILE, f"raw file '{name}' has sha256 {found}", Place(name), spec=spec))
        return None
    if not data:
        problems.add(Problem(EMPTY, f"raw file '{name}' has 0 bytes", Place(name), spec=spec))
        return None
    return RawFile(path, name, data, found)


def _present(name: str, folder: Path) -> str:
    paths = sorted(path.relative_to(folder).as_posix() for path in islice(_files(folder), MOST_FILES))
    if not paths:
        return f"The raw folder '{folder.name}' has no files: give the right one with --raw."
    near = did_you_mean(name, paths)
    if not near.startswith("Did"):
        return near
    more = f" and {len(paths) - SHOWN_FILES} more" if len(paths) > SHOWN_FILES else ""
    return f"{near} Present: {', '.join(paths[:SHOWN_FILES])}{more}."


def _files(folder: Path) -> Iterator[Path]:
    """Give the files of a folder and of a few levels below it, passing over what can't be listed."""
    levels = [folder]
    for _ in range(MOST_LEVELS):
        found = sorted(path for one in levels for path in _listed(one))
        yield from (path for path in found if not path.is_dir())
        levels = [path for path in found if path.is_dir() and not path.is_symlink()][:MOST_FILES]


def _listed(folder: Path) -> list[Path]:
    try:
        return list(islice(folder.iterdir(), MOST_FILES))
    except OSError:
        return []


def too_large(packed: int, expanded: int) -> bool:
    """Say whether an expanded size is beyond reason for a packed one; sizes in bytes.

    >>> too_large(1000, 90_000), too_large(100_000, 20_000_000)
    (False, True)
    """
    return expanded > EXPANDED_LIMIT or (expanded > MEGABYTE and expanded > RATIO_LIMIT * packed)


def gunzip(file: RawFile, problems: Problems) -> bytes | None:
    """Expand a gzip file, all its members, up to the limits and no further.

    >>> import gzip
    >>> gunzip(RawFile(Path("a.csv.gz"), "a.csv.gz", gzip.compress(b"A"), ""), Problems())
    b'A'
    """
    parts, size = [], 0
    try:
        for part in _inflate(file.data):
            parts.append(part)
            size += len(part)
            if too_large(len(file.data), size):
                said = f"'{file.file}' expands to more than {size // MEGABYTE} MB from {len(file.data)} bytes"
                problems.add(Problem(BOMB, said, file.place()))
                return None
    except zlib.error as error:
        problems.add(Problem(DAMAGED, f"'{file.file}' is not whole as gzip: {error}", file.place()))
        return None
    return b"".join(parts)


def _inflate(data: bytes) -> Iterator[bytes]:
    rest = data
    while rest:
        engine = zlib.decompressobj(wbits=31)
        while not engine.eof:
            part = engine.decompress(rest, MEGABYTE)
            rest = engine.unconsumed_tail
            if not part and not rest and not engine.eof:
                raise zlib.error("it ends too early")
            yield part
        rest = engine.unused_data.lstrip(b"\0")
