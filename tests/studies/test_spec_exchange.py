"""Workbooks and drafts of whole studies: equal cells, byte-identical specs, and the same define again."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from define.build.build import build_define
from define.build.describe import Asked
from define.check.view import View
from define.exchange.draft import draft_of
from define.exchange.drafts import write_draft
from define.exchange.export import define_of, spec_export
from define.exchange.intake import spec_import
from define.workbook.book import Book, Row, read_book, write_book
from define.workbook.export import Exporter
from define.workbook.imports import import_book
from define.workbook.layout import GENERATIONS
from define.write import define_bytes
from trialkit.cli import cli
from trialkit.own import standard_of
from trialkit.problems import Exit, Problems
from trialkit.result import Options
from trialkit.run import run

ROOT = Path(__file__).parents[2]
NCT, PILOT = ROOT / "specs" / "nct04952155", ROOT / "specs" / "cdiscpilot01"
CREATED = datetime(2024, 1, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def nct(tmp_path_factory):
    out = tmp_path_factory.mktemp("nct")
    for words in (
        ["simulate", NCT, "--seed", 1, "--out", out / "raw"],
        ["sdtm", NCT, "--raw", out / "raw", "--out", out, "--no-json"],
        ["adam", NCT, "--sdtm", out / "sdtm", "--out", out, "--no-json"],
    ):
        made = CliRunner().invoke(cli, [str(one) for one in words])
        assert made.exit_code == 0, made.output
    return out


@pytest.fixture(scope="module")
def pilot(reference, tmp_path_factory):
    out = tmp_path_factory.mktemp("pilot")
    raw, data = reference / "cdiscpilot01" / "raw", reference / "adam_pilot" / "sdtm"
    if not raw.is_dir() or not data.is_dir():
        pytest.skip("no raw forms, or no SDTM, of CDISCPILOT01 in the reference folder")
    run(Options(PILOT, raw, out, dataset_json=False), standard_of("sdtm", "3.4"))
    run(Options(PILOT, data, out, dataset_json=False), standard_of("adam", "1.3"))
    return out, data


def asked_nct(nct, part):
    return Asked(NCT, part, nct / part, nct / "sdtm", nct / "raw" if part == "sdtm" else None)


def asked_pilot(pilot, part):
    out, data = pilot
    return Asked(PILOT, part, out / part, data, None)


def cells(define, generation):
    book = Exporter(View(define, "define.xml"), generation).book()
    found = {sheet: [sorted(row.values.items()) for row in book.rows(sheet)] for sheet in generation.sheets}
    return book, {sheet: sorted(rows) for sheet, rows in found.items()}


def check_cells_and_drafts(define, folder):
    """Export, import, export gives equal cells, and the same draft, in each generation."""
    wanted = draft_of(define, "define.xml", Problems())
    for generation in GENERATIONS.values():
        book, said = cells(define, generation)
        write_book(folder / "a.xlsx", book, generation, CREATED)
        problems = Problems()
        again = import_book(read_book(folder / "a.xlsx", problems), problems)
        assert [one.line() for one in problems.items] == []
        assert cells(again, generation)[1] == said
        assert draft_of(again, "a.xlsx", Problems()).files() == wanted.files()
    return wanted


def check_draft(asked, folder):
    """A define by the draft over the same files is the first one, but for analyses, which have no draft."""
    whole = define_of(asked)
    first = whole
    if whole.metadata.analyses:
        package = asked.package()
        first = build_define(package, replace(asked.extras(package, folder / "acrf.pdf"), displays=()))
        assert draft_of(whole, "a", Problems()).files() == draft_of(first, "a", Problems()).files()
    draft = check_cells_and_drafts(first, folder)
    write_draft(draft, folder / "draft")
    again = define_of(replace(asked, specs=folder / "draft", raw=None))
    assert define_bytes(again) == define_bytes(first)


def check_back(asked, folder, generation, label):
    """An unchanged workbook changes no byte; an edit changes one line, and then stands in the define."""
    specs = shutil.copytree(asked.specs, folder / "specs")
    mine = replace(asked, specs=specs)
    before = {path: path.read_bytes() for path in specs.rglob("*") if path.is_file()}
    spec_export(mine, folder / "b.xlsx", generation)
    assert spec_import(mine, folder / "b.xlsx") == Exit.OK
    assert {path: path.read_bytes() for path in specs.rglob("*") if path.is_file()} == before
    book = read_book(folder / "b.xlsx", Problems())
    sheets = {sheet: [Row(dict(row.values)) for row in rows] for sheet, rows in book.sheets.items()}
    row = next(row for row in sheets["Variables"] if row.get("Variable") == label)
    row.values["Label"] = "Another label"
    write_book(folder / "c.xlsx", Book(sheets), GENERATIONS[generation], CREATED)
    assert spec_import(mine, folder / "c.xlsx") == Exit.OK
    changed = [path for path, data in before.items() if path.read_bytes() != data]
    assert len(changed) == 1
    old, new = before[changed[0]].decode().splitlines(), changed[0].read_text("utf-8").splitlines()
    assert len([line for line in old if line not in new]) <= 1
    item = next(
        one for one in define_of(replace(mine, fresh=False)).metadata.items if one.label == "Another label"
    )
    assert item.oid == f"IT.{row.get('Dataset')}.{label}"


@pytest.mark.slow
@pytest.mark.parametrize("part", ["sdtm", "adam"])
def test_nct04952155_as_a_draft(part, nct, tmp_path):
    check_draft(asked_nct(nct, part), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("part", "label"), [("sdtm", "AETERM"), ("adam", "TRTSDT")])
def test_nct04952155_back_into_its_specs(part, label, nct, tmp_path):
    check_back(replace(asked_nct(nct, part), raw=None), tmp_path, "2.1", label)


@pytest.mark.slow
@pytest.mark.parametrize("generation", ["classic", "current"])
@pytest.mark.parametrize(("part", "label"), [("sdtm", "AETERM"), ("adam", "TRTSDT")])
def test_nct04952155_back_from_older_workbooks(part, label, generation, nct, tmp_path):
    check_back(asked_nct(nct, part), tmp_path, generation, label)


@pytest.mark.parametrize("part", ["sdtm", "adam"])
def test_cdiscpilot01_as_a_draft(part, pilot, tmp_path):
    check_draft(asked_pilot(pilot, part), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("part", "label"), [("sdtm", "AGE"), ("adam", "TRTSDT")])
def test_cdiscpilot01_back_into_its_specs(part, label, pilot, tmp_path):
    check_back(asked_pilot(pilot, part), tmp_path, "2.1", label)
