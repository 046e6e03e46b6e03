"""A whole workbook of a define.xml, and what it could not hold."""

from __future__ import annotations

from define.check.view import View
from define.model import Define
from define.workbook.book import Book
from define.workbook.export import Exporter
from define.workbook.imports import import_book
from define.workbook.layout import Generation
from define.workbook.losses import losses
from trialkit.problems import Kind, Place, Problem, Problems

NOT_HELD = Kind(
    "DEFW-020", "the workbook has no place for it", "Keep define.xml beside it.", severity="query"
)


def export_book(define: Define, generation: Generation) -> tuple[Book, list[Problem]]:
    """Make a workbook of a define.xml.

    Args:
        define: the model.
        generation: of the workbook; columns that it lacks are added where they hold something.

    Returns:
        The workbook, and DEFW-020 for each kind of value that would not come back from it.

    >>> from define.check.samples import changed
    >>> from define.model import TranslatedText
    >>> from define.samples import sample_define
    >>> from define.workbook.layout import V21
    >>> more = (TranslatedText(text="Sex", lang="en"), TranslatedText(text="性别", lang="zh"))
    >>> define = changed(sample_define(), "study.metadata.items.1.description", texts=more)
    >>> [problem.what for problem in export_book(define, V21)[1]][0]
    'lang of TranslatedText: not in a 2.1 workbook'
    """
    book = Exporter(View(define, "define.xml"), generation).book()
    lost = losses(define, import_book(book, Problems()))
    problems = [
        Problem(NOT_HELD, f"{what}: not in a {generation.name} workbook", Place(), count=count)
        for what, count in lost.items()
    ]
    return book, problems
