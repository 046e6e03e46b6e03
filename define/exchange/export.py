"""The workbook of a study's specs."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path

from define.build.build import build_define
from define.build.describe import CRF, Asked
from define.build.package import Package
from define.commands import created_of, told
from define.model import Define
from define.workbook.book import write_book
from define.workbook.exports import export_book
from define.workbook.layout import GENERATIONS
from trialkit.problems import Exit, Problems


def define_of(asked: Asked, package: Package | None = None) -> Define:
    """Describe the datasets of some specs as define.xml does, without writing anything.

    Args:
        asked: the specs and, where they are built, the datasets.
        package: what was opened already.

    Raises:
        Refusal: DEFB-001, DEFB-002, the problems of the specs.

    >>> from trialkit.samples import sample_folder
    >>> [one.name for one in define_of(Asked(sample_folder(), "sdtm")).metadata.item_groups]
    ['DM', 'EX', 'VS']
    """
    package = package or asked.package()
    with tempfile.TemporaryDirectory() as folder:
        return build_define(package, asked.extras(package, Path(folder) / CRF))


def about_specs(package: Package) -> str:
    """Name the state of the specs that a workbook is made of; an import tells by it if they have changed.

    >>> from trialkit.samples import sample_folder
    >>> about_specs(Asked(sample_folder(), "sdtm").package())[:6]
    'specs '
    """
    files = (f"{name}\n{text}\n" for name, text in sorted(package.study.texts.items()))
    return f"specs {sha256(''.join(files).encode()).hexdigest()[:16]}"


def spec_export(asked: Asked, out: Path, generation: str = "2.1") -> Exit:
    """Write the workbook of a study's specs.

    Args:
        asked: the specs and, where they are built, the datasets.
        out: the XLSX file.
        generation: ``classic``, ``current`` or ``2.1``.

    Returns:
        The exit code.

    Raises:
        Refusal: as ``define_of`` and ``write_book``.

    >>> spec_export(Asked(Path("nowhere"), "sdtm"), Path("define.xlsx"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    package, problems = asked.package(), Problems()
    define = define_of(asked, package)
    book, lost = export_book(define, GENERATIONS[generation])
    write_book(
        out, book, GENERATIONS[generation], created_of(define.creation_date_time), about_specs(package)
    )
    problems.add(*lost)
    return told(problems, f"{len(define.metadata.item_groups)} datasets; written: {out}")
