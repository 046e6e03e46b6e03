"""An earlier list of queries, read as an input of the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean, of_spec
from trialkit.raw.read import read
from trialkit.raw.source import CsvSource, RawSource, XlsxSource
from trialkit.reporting.sheet import FORMULA

NO_LIST = Kind(
    "QUERY-002",
    "not a list of queries",
    "Give queries.csv or queries.xlsx of an earlier build of the same study.",
    exit=Exit.SPEC,
)
NO_PREVIOUS = Kind(
    "QUERY-003",
    "the earlier list of queries is missing",
    "Give the path of its queries.csv or queries.xlsx with --previous, or leave it out.",
    exit=Exit.SPEC,
)
Line: TypeAlias = dict[str, str]

NEW, OPEN, RESOLVED = "new", "open", "resolved"
SHEET = "Queries"
NEEDED = ("id", "status", "since", "form", "dataset", "study")


@dataclass(frozen=True, eq=False, slots=True)
class Previous:
    """An earlier list of queries.

    Args:
        file: name of the file, without its folder.
        sha256: of the file.
        lines: its lines by column.

    >>> Previous("queries.csv", "", ()).facts()
    {'file': 'queries.csv', 'sha256': ''}
    """

    file: str
    sha256: str
    lines: tuple[Line, ...]

    def facts(self) -> dict[str, str]:
        """Give what the manifest says of it.

        >>> Previous("queries.csv", "ab", ()).facts()["sha256"]
        'ab'
        """
        return {"file": self.file, "sha256": self.sha256}


def read_previous(path: Path, study: str) -> Previous:
    """Read an earlier list, as CSV or XLSX; columns that somebody added are passed over.

    Raises:
        Refusal: QUERY-002, QUERY-003, or what is wrong with the file.

    >>> read_previous(Path("nowhere.txt"), "DEMO01")
    Traceback (most recent call last):
    trialkit.problems.Refusal: error QUERY-002 nowhere.txt not a list of queries. Give queries.csv or ...
    """
    sources: dict[str, RawSource] = {
        ".csv": CsvSource(format="csv", file=path.name),
        ".xlsx": XlsxSource(format="xlsx", file=path.name, sheet=SHEET),
    }
    if path.suffix not in sources:
        raise Refusal([Problem(NO_LIST, NO_LIST.title, Place(path.name))])
    if not path.is_file():
        raise Refusal([Problem(NO_PREVIOUS, f"there is no file '{path.as_posix()}'")])
    problems = Problems()
    table = read(sources[path.suffix], "previous", path.parent, problems)
    if problems.errors():
        raise Refusal(map(of_spec, problems.errors()))
    assert table is not None, "a table without any problem"
    wrong = [name for name in NEEDED if name not in table.columns]
    if wrong:
        hint = did_you_mean(wrong[0], table.columns)
        raise Refusal([Problem(NO_LIST, f"it has no column '{wrong[0]}'", Place(path.name), hint=hint)])
    cells = zip(*(column.objects().tolist() for column in table.columns.values()), strict=True)
    lines = tuple({n: _plain(t) for n, t in zip(table.columns, row, strict=True)} for row in cells)
    _check(lines, study, path.name)
    return Previous(path.name, table.sha256, lines)


def _plain(text: str) -> str:
    """Take away the apostrophe that keeps a spreadsheet from running a text."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA else text


def _check(lines: tuple[Line, ...], study: str, name: str) -> None:
    problems = Problems()
    others = [number for number, line in enumerate(lines, 2) if line["study"] != study]
    if others:
        what = f"a query of another study than {study}"
        problems.add(Problem(NO_LIST, what, Place(name, others[0]), count=len(others)))
    for number, line in enumerate(lines, 2) if not others else ():
        if line["status"] not in (NEW, OPEN, RESOLVED) or not line["id"]:
            problems.add(Problem(NO_LIST, "a line without an id or status", Place(name, number)))
    problems.refuse()
