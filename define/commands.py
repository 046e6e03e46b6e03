"""The commands of define.xml, as functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from define.check.report import check_json, check_page
from define.check.run import check_define, place_of
from define.read import read_define
from define.whole import write_whole
from define.workbook.book import read_book, write_book
from define.workbook.exports import export_book
from define.workbook.imports import import_book
from define.workbook.layout import GENERATIONS
from define.write import write_define
from trialkit.problems import Exit, Problems
from trialkit.terminal import Terminal, show_problems


def define_check(
    file: Path,
    data: Path | None = None,
    schema: Path | None = None,
    json_file: Path | None = None,
    html_file: Path | None = None,
) -> Exit:
    """Check a define.xml, say on the terminal what was found, and write it into files.

    Args:
        file: the define.xml.
        data: folder with its datasets.
        schema: folder with the XML Schema.
        json_file: where all of it goes as JSON, with XPaths.
        html_file: where it goes as a page.

    Returns:
        The exit code: 1 for errors, 2 for a file that cannot be read.

    Raises:
        Refusal: as ``check_define``; PUB-003, a file cannot be written.

    >>> define_check(Path("nowhere.xml"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEF-001 nowhere.xml file cannot be read: ...
    """
    checked = check_define(file, data, schema)
    for path, text in ((json_file, check_json), (html_file, check_page)):
        if path is not None:
            write_whole(path, text(checked).encode("utf-8"))
    terminal = Terminal(stderr=True)
    show_problems([replace(one, where=place_of(one)) for one in checked.problems], terminal)
    for note in checked.notes:
        terminal.print(note)
    queries = len(checked.problems) - checked.errors
    counts = (counted(checked.errors, "error"), counted(queries, "question"))
    terminal.print(f"{', '.join(counts)}; {counted(checked.datasets, 'dataset')}")
    return checked.exit()


def define_export(file: Path, out: Path, generation: str = "2.1") -> Exit:
    """Write the workbook of a define.xml.

    Args:
        file: the define.xml.
        out: the XLSX file.
        generation: ``classic``, ``current`` or ``2.1``.

    Returns:
        The exit code: 1 where define.xml has errors.

    Raises:
        Refusal: as ``read_define`` and ``write_book``.

    >>> define_export(Path("nowhere.xml"), Path("define.xlsx"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEF-001 nowhere.xml file cannot be read: ...
    """
    problems = Problems()
    define = read_define(file, problems)
    book, lost = export_book(define, GENERATIONS[generation])
    write_book(out, book, GENERATIONS[generation], created_of(define.creation_date_time))
    problems.add(*lost)
    return told(problems, f"written: {out}")


def define_import(file: Path, out: Path) -> Exit:
    """Write the define.xml of a workbook; nothing is written where the workbook has errors.

    Args:
        file: the XLSX file, of any generation.
        out: the define.xml.

    Returns:
        The exit code: 1 or 2 where the workbook has errors.

    Raises:
        Refusal: as ``read_book`` and ``write_define``.

    >>> define_import(Path("nowhere.xlsx"), Path("define.xml"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEFW-001 nowhere.xlsx workbook cannot be read. Give an XLSX file.
    """
    problems = Problems()
    book = read_book(file, problems)
    define = import_book(book, problems)
    if problems.errors():
        return told(problems, "nothing was written")
    write_define(out, define)
    return told(problems, f"written: {out}")


def counted(number: int, word: str) -> str:
    """Write a number of things.

    >>> counted(1, "file"), counted(2, "file")
    ('1 file', '2 files')
    """
    return f"{number} {word}{'' if number == 1 else 's'}"


def told(problems: Problems, last: str) -> Exit:
    """Show problems on the terminal, and then what came of it.

    >>> told(Problems(), "written: define.xlsx")
    <Exit.OK: 0>
    """
    terminal = Terminal(stderr=True)
    show_problems(problems.items, terminal)
    terminal.print(last)
    return problems.exit()


def created_of(text: str) -> datetime:
    """Read the time of the file for that of the workbook, so that no clock is read.

    >>> created_of("2024-01-31T00:00:00").year, created_of("").year
    (2024, 1970)
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
