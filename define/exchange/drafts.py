"""New specs from what a team has: workbooks of any generation, define.xml 2.0 and 2.1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from define.commands import told
from define.exchange.draft import Draft, draft_of
from define.exchange.lost import TWICE
from define.model import Define
from define.read import read_define
from define.whole import write_folder
from define.workbook.book import read_book
from define.workbook.imports import import_book
from trialkit.generate import schemas
from trialkit.problems import Exit, Place, Problem, Problems, Refusal
from trialkit.starter import NOT_EMPTY, SCHEMA

XML = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff")


def read_any(path: Path, problems: Problems) -> Define:
    """Read a define.xml or a workbook, told apart by their first bytes.

    Args:
        path: the file.
        problems: where problems go.

    Raises:
        Refusal: as ``read_define`` and ``read_book``.

    >>> read_any(Path("nowhere.xlsx"), Problems())
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEFW-001 nowhere.xlsx workbook cannot be read. Give an XLSX file.
    """
    if path.suffix.lower() == ".xml" or _begins(path).lstrip().startswith(XML):
        return read_define(path, problems)
    return import_book(read_book(path, problems), problems)


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(100)
    except OSError:
        return b""


def spec_draft(files: Sequence[Path], out: Path) -> Exit:
    """Write draft specs into a new folder; nothing is written where a file has errors.

    Args:
        files: the defines of one study, such as that of SDTM and that of ADaM.
        out: a folder that is not there, or is empty.

    Returns:
        The exit code: 1 or 2 where a file has errors.

    Raises:
        Refusal: CLI-002, DEFX-002, PUB-003, and as ``read_any``.

    >>> spec_draft([Path("nowhere.xml")], Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEF-001 nowhere.xml file cannot be read: ...
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refusal([Problem(NOT_EMPTY, f"'{out.name}' is there and is not empty")])
    problems, draft, first = Problems(), Draft(), dict[str, str]()
    for file in files:
        define = read_any(file, problems)
        if not problems.errors():
            made = draft_of(define, file.name, problems)
            problems.add(*_again(made, file.name, first))
            draft = draft.joined(made)
    if problems.errors():
        return told(problems, "nothing was written")
    write_draft(draft, out)
    return told(
        problems, f"{len(draft.datasets)} datasets drafted in {out}; what is to do: trialkit check {out}"
    )


def _again(made: Draft, file: str, first: dict[str, str]) -> Iterator[Problem]:
    """Find the datasets that an earlier file describes as well; ``first`` keeps which does."""
    for path, spec in made.datasets.items():
        if path in first:
            yield Problem(
                TWICE, f"dataset {spec['dataset']} is described in {first[path]} as well", Place(file)
            )
        first.setdefault(path, file)


def write_draft(draft: Draft, out: Path) -> None:
    """Write a draft, with the schemas that editors complete from; the folder is there whole or not at all.

    Raises:
        Refusal: PUB-003, a file cannot be written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "study"
    >>> write_draft(Draft(datasets={"sdtm/dm.yaml": {"dataset": "DM"}}), folder)
    >>> (folder / "sdtm" / "dm.yaml").is_file()
    True
    """
    made = schemas()
    files = draft.files() | {
        f"{SCHEMA}/{kind}.schema.json": made[f"{kind}.schema.json"] for kind in ("study", "dataset")
    }
    write_folder(out, {name: text.encode("utf-8") for name, text in files.items()})
