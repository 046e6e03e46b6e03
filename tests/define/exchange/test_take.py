"""Changes of a workbook that specs take only by hand."""

from datetime import UTC, datetime

import pytest

from define.build.describe import Asked
from define.exchange.export import spec_export
from define.exchange.intake import spec_import
from define.workbook.book import Book, Row, read_book, write_book
from define.workbook.layout import V21
from trialkit.problems import Exit, Problems
from trialkit.starter import start_study

CREATED = datetime(2024, 1, 31, tzinfo=UTC)
SITE = "  SITEID: SITE\n"


@pytest.fixture
def specs(tmp_path):
    start_study(tmp_path / "specs")
    return tmp_path / "specs"


def import_with_another_length(specs):
    """Export the specs, make SITEID ten characters long in the workbook, and import it."""
    asked, file = Asked(specs, "sdtm", None, None, None), specs.parent / "edited.xlsx"
    spec_export(asked, file, "2.1")
    book = read_book(file, Problems())
    rows = {name: [Row(dict(row.values)) for row in rows] for name, rows in book.sheets.items()}
    (row,) = [row for row in rows["Variables"] if {"DM", "SITEID"} <= set(row.values.values())]
    row.values["Length"] = "10"
    write_book(file, Book(rows), V21, CREATED)
    return spec_import(asked, file)


def change(specs, new):
    path = specs / "sdtm" / "dm.yaml"
    text = path.read_text("utf-8")
    assert text.count(SITE) == 1
    path.write_text(text.replace(SITE, new), "utf-8")
    return path


def test_what_stands_in_a_shared_file(specs, capsys):
    path = change(specs, "  SITEID: {include: sdtm/shared/site.yaml}\n")
    path.parent.joinpath("shared").mkdir()
    (path.parent / "shared" / "site.yaml").write_text("{copy: SITE}\n", "utf-8")
    before = path.read_bytes()
    assert import_with_another_length(specs) == Exit.DATA
    said = capsys.readouterr().err
    assert "error DEFX-011 edited.xlsx" in said
    assert "It stands in sdtm/shared/site.yaml:1:1: change it there." in said
    assert path.read_bytes() == before


def test_a_rule_that_is_written_over_several_lines(specs, capsys):
    path = change(specs, "  SITEID: >-\n    SITE\n")
    before = path.read_bytes()
    assert import_with_another_length(specs) == Exit.DATA
    said = capsys.readouterr().err
    assert "error DEFX-012 edited.xlsx" in said
    assert "Change sdtm/dm.yaml, variables.SITEID.length, by hand: there is no mapping to change." in said
    assert path.read_bytes() == before
