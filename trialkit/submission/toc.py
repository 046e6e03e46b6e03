"""The table of contents of a package: one page with a link to every document and dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trialkit.reporting.html import render
from trialkit.spec import StudySpec
from trialkit.submission.layout import TITLES, Entry, Layout

TOC = "toc.html"
KIB = 1024


@dataclass(frozen=True, slots=True)
class Section:
    """One folder of the package.

    >>> Section("Programs", ()).rows
    ()
    """

    title: str
    rows: tuple[tuple[Entry, str], ...]


def toc_page(study: StudySpec, layout: Layout, sizes: dict[str, int]) -> str:
    """Make the table of contents.

    Args:
        study: study.yaml.
        layout: the files.
        sizes: their sizes in bytes, by path.

    >>> made = StudySpec.model_validate({"study": "S1", "created": "2024-01-31", "sources": {}})
    >>> "Nothing is missing" in toc_page(made, Layout("m5/datasets/s1"), {})
    True
    """
    sections = [
        Section(title, tuple(_rows((one for one in layout.entries if one.section == name), sizes)))
        for name, title in TITLES.items()
    ]
    shown = [one for one in sections if one.rows]
    datasets = sum(one.sort == "dataset" for one in layout.entries)
    return render("toc.html", study=study, sections=shown, missing=layout.missing, datasets=datasets)


def _rows(entries: Iterable[Entry], sizes: dict[str, int]) -> Iterable[tuple[Entry, str]]:
    order = ("document", "define", "dataset", "program")
    ranked = sorted(entries, key=lambda one: (order.index(one.sort), one.path))
    return ((one, size_text(sizes[one.path])) for one in ranked)


def size_text(size: int) -> str:
    """Write the size of a file.

    >>> size_text(100), size_text(2_000_000)
    ('1 KB', '1,954 KB')
    """
    return f"{-(-size // KIB):,} KB"
