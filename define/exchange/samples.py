"""A change of the sample study's workbook, for examples and tests."""

from __future__ import annotations

from define.build.describe import Asked
from define.build.samples import sample_package
from define.check.view import View
from define.exchange.differ import Change
from define.exchange.export import define_of
from define.exchange.take import Taking
from define.workbook.book import Row


def sample_taking() -> Taking:
    """Begin to take changes of a workbook that says what the specs of the sample study say.

    >>> sample_taking().described("DM").spec.dataset
    'DM'
    """
    package = sample_package()
    view = View(define_of(Asked(package.study.folder, "sdtm", package.folder), package), "define.xml")
    return Taking(package, view, view)


def sample_change(column: str = "Label", after: str = "Site") -> Change:
    """Change a cell in the row of DM.SITEID.

    >>> sample_change().name
    'DM.SITEID'
    """
    return Change(
        "Variables", ("DM", "SITEID"), column, "", after, Row({"Dataset": "DM", "Variable": "SITEID"})
    )
