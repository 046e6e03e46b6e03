"""What the tests of a submission share: a small study with analyses, built once and copied for each test."""

import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from trialkit.cli import cli
from trialkit.starter import start_study

ADSL = """\
dataset: ADSL
records: [{read: DM}]
keys: [USUBJID]
variables:
  STUDYID: STUDYID
  USUBJID: USUBJID
  SUBJID: SUBJID
  SITEID: SITEID
  AGE: AGE
  AGEU: AGEU
  SEX: SEX
  RACE: RACE
  ARM: ARM
  TRT01P: ARM
  TRTSDT: {analysis_date: RFXSTDTC}
  TRTEDT: {analysis_date: RFXENDTC}
"""
DISPLAY = """\
display: T-1
title: Demographics
analyses:
  - {id: AR-1, title: Sex, dataset: ADSL, method: {frequency: {of: SEX}}}
"""


def run(*words):
    return CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)


def done(*words):
    result = run(*words)
    if result.exception is not None:
        raise result.exception
    return result


class Plain(Canvas):
    """A canvas whose pages name no font."""

    def _make_preamble(self):
        self._preamble = "1 0 0 1 0 0 cm"


@dataclass(frozen=True)
class Place:
    """A study and its build."""

    specs: Path
    build: Path
    out: Path

    @property
    def sdtm(self):
        return self.build / "sdtm"

    def tabulate(self):
        done("sdtm", self.specs, "--raw", self.specs / "raw", "--out", self.build)

    def define(self):
        done("define", self.specs, "--sdtm", self.sdtm, "--adam", self.build / "adam")


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("submission")
    place = Place(folder / "demo", folder / "build", folder / "out")
    start_study(place.specs)
    (place.specs / "adam" / "shared").mkdir(parents=True)
    (place.specs / "analysis").mkdir()
    (place.specs / "adam" / "adsl.yaml").write_text(ADSL, encoding="utf-8")
    (place.specs / "analysis" / "t1_sex.yaml").write_text(DISPLAY, encoding="utf-8")
    place.tabulate()
    done("adam", place.specs, "--sdtm", place.sdtm, "--out", place.build)
    done("analyze", place.specs, "--adam", place.build / "adam", "--out", place.build)
    place.define()
    return place


@pytest.fixture
def place(once, tmp_path):
    """Give a copy of the study and its build, to be spoilt."""
    shutil.copytree(once.specs, tmp_path / "demo")
    shutil.copytree(once.build, tmp_path / "build")
    return Place(tmp_path / "demo", tmp_path / "build", tmp_path / "out")


@pytest.fixture
def pdf():
    """Write a PDF file of some pages, with bookmarks and named destinations P1, P2, ..."""

    def write(path, pages=2, version="1.7", bookmarks=True, page_mode="/UseOutlines", font=None, change=None):
        drawn = io.BytesIO()
        canvas = (Canvas if font else Plain)(drawn, invariant=1)
        for _ in range(pages):
            if font:
                canvas.setFont(font, 12)
                canvas.drawString(100, 100, "Text")
            canvas.showPage()
        canvas.save()
        writer = PdfWriter(clone_from=drawn)
        for number in range(pages):
            writer.add_named_destination(title=f"P{number + 1}", page_number=number)
            if bookmarks:
                writer.add_outline_item(title=f"Page {number + 1}", page_number=number)
        writer.pdf_header = f"%PDF-{version}"
        writer.page_mode = page_mode if bookmarks else "/UseNone"
        if change:
            change(writer)
        writer.write(path)
        return path

    return write
