"""The files of a licensed dictionary: found whatever the case of their names, hashed, read line by line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from trialkit.problems import Exit, Kind, Place, Problem, Refusal

NO_FILE = Kind(
    "DICT-001",
    "a file of the dictionary is missing",
    "Unpack the whole distribution into the folder.",
    exit=Exit.SPEC,
)
BAD_LINE = Kind(
    "DICT-002",
    "a line of the dictionary has another layout",
    "Check the format and the encoding that study.yaml declares for it.",
    exit=Exit.SPEC,
)

Fields: TypeAlias = Mapping[str, tuple[int, int, str]]
_HOLDS = {
    "digits": re.compile(r"[0-9]+"),
    "atc": re.compile(r"[A-Z](?:[0-9]{2}(?:[A-Z]{1,2}(?:[0-9]{2})?)?)?"),
    "text": re.compile(r".+"),
}


@dataclass(slots=True)
class Licensed:
    """The folder of one licensed dictionary; ``hashes`` has the SHA-256 of every file that was read.

    >>> Licensed(Path("nowhere"), "utf-8").hashes
    {}
    """

    folder: Path
    encoding: str
    hashes: dict[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Say whether there is such a file.

        >>> Licensed(Path("nowhere"), "utf-8").has("llt.asc")
        False
        """
        return any(one.lower() == name.lower() for one in self.names())

    def names(self) -> list[str]:
        """Name the files that are there.

        >>> Licensed(Path("nowhere"), "utf-8").names()
        []
        """
        files = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(path.name for path in files if path.is_file())

    def lines(self, name: str) -> Iterator[tuple[int, str]]:
        """Give the lines of a file that are not blank, with their numbers.

        Raises:
            Refusal: DICT-001, DICT-002.

        >>> next(Licensed(Path("nowhere"), "utf-8").lines("llt.asc"))
        Traceback (most recent call last):
        trialkit.problems.Refusal: error DICT-001 llt.asc a file of the dictionary is missing. No ...
        """
        found = next((one for one in self.names() if one.lower() == name.lower()), "")
        if not found:
            there = ", ".join(self.names()[:20])
            hint = f"There are {there}." if there else "No file is there."
            raise Refusal([Problem(NO_FILE, NO_FILE.title, Place(name), hint=hint)])
        path, number = self.folder / found, 0
        try:
            with path.open("rb") as file:
                self.hashes[found] = hashlib.file_digest(file, "sha256").hexdigest()
            with path.open(encoding=self.encoding, newline=None) as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield number, line.rstrip("\n")
        except (OSError, UnicodeDecodeError, LookupError) as error:
            raise self.bad(found, number + 1, type(error).__name__) from error
        if not number:
            raise self.bad(found, 1, "the file is empty")

    def bad(self, name: str, line: int, why: str) -> Refusal:
        """Make the refusal of a line; it does not repeat the licensed text.

        >>> print(Licensed(Path("x"), "utf-8").bad("llt.asc", 3, "2 fields").problems[0].what)
        a line of the dictionary has another layout: 2 fields
        """
        return Refusal([Problem(BAD_LINE, f"{BAD_LINE.title}: {why}", Place(name, line))])

    def separated(self, name: str, fields: Sequence[str]) -> Iterator[dict[str, str]]:
        """Give the records of a file whose fields are separated by $, by the names of its fields.

        >>> list(Licensed(Path("nowhere"), "utf-8").separated("llt.asc", ["llt_code"]))
        Traceback (most recent call last):
        trialkit.problems.Refusal: error DICT-001 llt.asc a file of the dictionary is missing. No ...
        """
        for number, line in self.lines(name):
            parts = line.split("$")
            if len(parts) < len(fields):
                raise self.bad(name, number, f"{len(parts)} fields, not {len(fields)}")
            yield dict(zip(fields, (part.strip() for part in parts), strict=False))

    def fixed(self, name: str, fields: Fields) -> Iterator[dict[str, str]]:
        """Give the records of a file of fixed columns: for each field its start, length and what it holds.

        >>> list(Licensed(Path("nowhere"), "utf-8").fixed("DD.txt", {"DRECNO": (1, 6, "digits")}))
        Traceback (most recent call last):
        trialkit.problems.Refusal: error DICT-001 DD.txt a file of the dictionary is missing. No ...
        """
        for number, line in self.lines(name):
            record = {}
            for one, (start, length, holds) in fields.items():
                record[one] = line[start - 1 : start - 1 + length].strip()
                if not _HOLDS[holds].fullmatch(record[one]):
                    raise self.bad(name, number, f"{one} at column {start} holds no {holds}")
            yield record
