"""A workbook taken back into the specs that it was exported from: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from define.build.describe import Asked
from define.build.package import Package
from define.check.view import View
from define.commands import counted, told
from define.exchange.differ import Change, differences, generation_of
from define.exchange.export import about_specs, define_of
from define.exchange.lost import NOT_TAKEN
from define.exchange.take import BY_HAND, Edit, Taking
from define.exchange.takelists import take_other
from define.exchange.takerows import take_row
from define.whole import write_all
from define.workbook.book import Book, about_book, read_book
from define.workbook.export import Exporter
from define.workbook.imports import import_book
from define.workbook.layout import Generation, folded
from trialkit.exchange.yamlfile import ByHand, appended, changed
from trialkit.model import Model
from trialkit.prepare import check_study
from trialkit.problems import NOWHERE, Exit, Kind, Place, Problem, Problems, Refusal
from trialkit.terminal import Terminal

CONTEXT = Kind(
    "DEFX-014",
    "the workbook and the options do not go together",
    "Name the datasets that it was exported with, or none where it was exported without.",
    exit=Exit.SPEC,
)
OLDER = Kind(
    "DEFX-015",
    "the specs have changed since the workbook was exported",
    "Look at each change: where the specs are the newer ones the workbook takes that back (--dry-run).",
    severity="query",
)
NOT_SHOWN = "The define would not say it: the standard, the data or a rule decide."
ONCE_USED = "It is in study.yaml now, and in the define as soon as the data use it."
ROWS = ("Datasets", "Variables", "ValueLevel")
WIDEST = 80  # characters of a fault of the changed specs that are shown
LEFT_BESIDE = shutil.ignore_patterns("raw", "build", ".*")


def part_of_workbook(file: Path) -> str:
    """Say whether a workbook is of SDTM or of ADaM datasets, by its first sheet.

    Raises:
        Refusal: DEFW-001.

    >>> part_of_workbook(Path("nowhere.xlsx"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEFW-001 nowhere.xlsx workbook cannot be read. Give an XLSX file.
    """
    rows = read_book(file, Problems()).rows("Define")
    names = [row.get("Value") for row in rows if folded(row.get("Attribute")) == "standardname"]
    return "adam" if names and names[0].lower().startswith("adam") else "sdtm"


def spec_import(asked: Asked, file: Path, dry: bool = False) -> Exit:
    """Take what people changed in a workbook into the specs; nothing is written where a change cannot be.

    Args:
        asked: the specs, and the datasets that the workbook was exported with.
        file: the workbook.
        dry: only say what would be written.

    Returns:
        The exit code: 1 or 2 where a change cannot be taken.

    Raises:
        Refusal: PUB-003, and as ``define_of`` and ``read_book``.

    >>> spec_import(Asked(Path("nowhere"), "sdtm"), Path("nowhere.xlsx"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEFW-001 nowhere.xlsx workbook cannot be read. Give an XLSX file.
    """
    problems = Problems()
    book = read_book(file, problems)
    package = asked.package()
    first = define_of(asked, package)
    given = import_book(book, problems)
    if given.context and given.context != first.context and given.context in ("Submission", "Other"):
        had = "datasets" if given.context == "Submission" else "no datasets"
        raise Refusal([Problem(CONTEXT, f"the workbook was exported with {had}", Place(file.name))])
    about = about_book(file)
    if about.startswith("specs ") and about != about_specs(package):
        problems.add(Problem(OLDER, OLDER.title, Place(file.name)))
    taking = Taking(package, View(first, "define.xml"), View(given, file.name), problems)
    generation = generation_of(book)
    _take(taking, differences(Exporter(taking.ours, generation).book(), book))
    texts = edited(package.study.folder, taking)
    if texts and not problems.errors():
        _prove(asked, taking, texts, (book, generation))
    if problems.errors():
        return told(problems, "nothing was written")
    terminal = Terminal(stderr=True)
    for edit in taking.edits:
        terminal.print(str(edit))
    if not dry:
        # a link stays one: what it leads to is written
        write_all({(package.study.folder / name).resolve(): data for name, data in texts.items()})
    counts = f"{counted(len(taking.edits), 'change')} in {counted(len(texts), 'file')}"
    return told(problems, f"{counts}; nothing was written" if dry else counts)


def _take(taking: Taking, changes: Iterable[Change]) -> None:
    done: set[tuple[str, tuple[str, ...], str]] = set()
    for change in changes:
        column = "Origin" if change.column in ("Source", "Pages", "Predecessor") else change.column
        if (change.sheet, change.key, column) in done:
            continue
        done.add((change.sheet, change.key, column))
        (take_row if change.sheet in ROWS else take_other)(taking, change)


def edited(folder: Path, taking: Taking) -> dict[str, bytes]:
    """Give the files that change, by their names; what cannot be changed goes to the problems.

    Args:
        folder: the study's folder.
        taking: the changes.

    >>> edited(Path("."), Taking(None, None, None))
    {}
    """
    texts: dict[str, str] = {}
    for edit in taking.edits:
        text = texts[edit.file] if edit.file in texts else _text(folder / edit.file)
        try:
            texts[edit.file] = _applied(text, edit)
        except ByHand as reason:
            assert edit.change is not None, "an edit of a workbook's change"
            taking.fixed(edit.change, f"Change {edit.file}, {edit.name}, by hand: {reason}.", BY_HAND)
    return {name: _bytes(folder / name, text) for name, text in texts.items() if text != _text(folder / name)}


def _applied(text: str, edit: Edit) -> str:
    if edit.append and isinstance(edit.value, dict):
        return appended(text, (*edit.path, edit.key), edit.value)
    return changed(text, edit.path, edit.key, edit.value, edit.after)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")


def _bytes(path: Path, text: str) -> bytes:
    """Give a text the line ends and the mark that its file has."""
    old = path.read_bytes()
    ends = text.replace("\n", "\r\n") if b"\r\n" in old else text
    return (b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b"") + ends.encode("utf-8")


def _prove(asked: Asked, taking: Taking, texts: dict[str, bytes], theirs: tuple[Book, Generation]) -> None:
    """Describe the datasets by the changed specs, and find changes that the define would not show."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "specs"
        shutil.copytree(asked.specs, folder, ignore=_no_specs)
        for file, data in texts.items():
            (folder / file).write_bytes(data)
        try:
            package = replace(asked, specs=folder, fresh=False).package()
            define = define_of(replace(asked, specs=folder, fresh=False), package)
        except Refusal as refusal:
            taking.problems.add(*refusal.problems)
            return
        for one in _new_faults(taking.package, package):
            taking.problems.add(_in_workbook(one, taking, package))
    book, generation = theirs
    remaining = differences(Exporter(View(define, "define.xml"), generation).book(), book)
    left = {(one.sheet, one.key, one.column) for one in remaining}
    for change in [one.change for one in taking.edits if one.change is not None]:
        if (change.sheet, change.key, change.column) in left:
            term = change.sheet == "Codelists" and not change.column
            taking.fixed(change, ONCE_USED if term else NOT_SHOWN, *([NOT_TAKEN] if term else []))


def _no_specs(folder: str, names: list[str]) -> set[str]:
    """Name what is no spec: outputs beside, pipes, links to a folder above, what cannot be read."""
    here = Path(folder).resolve()
    return set(LEFT_BESIDE(folder, names)) | {
        name
        for name, path in ((name, here / name) for name in names)
        if not (path.is_file() or path.is_dir())
        or not os.access(path, os.R_OK)
        or here.is_relative_to(path.resolve())
    }


def _new_faults(before: Package, after: Package) -> Iterable[Problem]:
    """Find what is wrong with the changed specs, and was not before."""
    known = {(one.kind.code, one.what) for one in check_study(before.study, before.standard, {}).items}
    found: Sequence[Problem] = check_study(after.study, after.standard, {}).items
    return [one for one in found if (one.kind.code, one.what) not in known]


def _in_workbook(problem: Problem, taking: Taking, after: Package) -> Problem:
    """Place a fault where the workbook says what it comes of; the line of a spec is not there yet."""
    for edit in taking.edits:
        if edit.change is not None and problem.where.file and _place_of(edit, after) == problem.where:
            change, what = edit.change, problem.what
            shown = what if len(what) <= WIDEST else f"{what[:WIDEST]}..."
            place = change.row.at(change.where or change.column)
            return replace(problem, what=f"{change.name}: {shown}", where=place, frame="")
    return problem


def _place_of(edit: Edit, package: Package) -> Place:
    """Find where a spec that was loaded says what an edit has put there; nowhere for what it has not."""
    specs: Iterable[Model] = package.study.datasets.values()
    owner: Any = next((one for one in specs if one.place("dataset").file == edit.file), package.study.spec)
    for step in edit.path:
        inside = owner.get(step) if isinstance(owner, Mapping) else getattr(owner, str(step), None)
        owner = owner[step] if isinstance(owner, list) and isinstance(step, int) else inside
    return owner.place(edit.key) if isinstance(owner, Model) else NOWHERE
