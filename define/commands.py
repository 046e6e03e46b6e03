"""The commands of define.xml, as functions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from define.check.report import check_json, check_page
from define.check.run import check_define, place_of
from trialkit.problems import Exit
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
        Refusal: as ``check_define``.
        OSError: a file cannot be written.

    >>> define_check(Path("nowhere.xml"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEF-001 nowhere.xml file cannot be read: ...
    """
    checked = check_define(file, data, schema)
    for path, text in ((json_file, check_json), (html_file, check_page)):
        if path is not None:
            path.write_text(text(checked), encoding="utf-8")
    terminal = Terminal(stderr=True)
    show_problems([replace(one, where=place_of(one)) for one in checked.problems], terminal)
    for note in checked.notes:
        terminal.print(note)
    queries = len(checked.problems) - checked.errors
    terminal.print(f"{checked.errors} errors, {queries} questions; {checked.datasets} datasets")
    return checked.exit()
