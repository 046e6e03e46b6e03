"""PDF files of a package: version, protection, fonts, bookmarks, initial view."""

import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NullObject, NumberObject
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from trialkit.submission.pdf import look_at

DEJAVU = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def found(path):
    return [(one.kind.code, one.what) for one in look_at(path, path.name).problems]


def test_a_file_as_it_should_be(pdf, tmp_path):
    pdfmetrics.registerFont(TTFont("DejaVu", DEJAVU))
    path = pdf(tmp_path / "a.pdf", pages=6, font="DejaVu")
    looked = look_at(path, "a.pdf")
    assert (looked.pages, sorted(looked.destinations)) == (6, [f"P{n}" for n in range(1, 7)])
    # a new file of reportlab names a font that no page uses
    assert [one.what for one in looked.problems] == ["not embedded: Helvetica"]


def test_without_text_there_is_nothing_to_embed(pdf, tmp_path):
    assert found(pdf(tmp_path / "a.pdf")) == []


def test_an_encrypted_file(pdf, tmp_path):
    path = pdf(tmp_path / "a.pdf", change=lambda writer: writer.encrypt("", "owner", algorithm="RC4-128"))
    assert found(path) == [("PKG-031", "PDF file is encrypted or protected")]


@pytest.mark.parametrize("version", ["1.3", "2.0"])
def test_versions(pdf, tmp_path, version):
    assert found(pdf(tmp_path / "a.pdf", version=version)) == [("PKG-032", f"the PDF version is {version}")]


def test_the_version_of_an_update_counts(pdf, tmp_path):
    def update(writer):
        writer.root_object[NameObject("/Version")] = NameObject("/2.0")

    assert found(pdf(tmp_path / "a.pdf", change=update)) == [("PKG-032", "the PDF version is 2.0")]


def test_fonts_that_are_not_embedded(pdf, tmp_path):
    path = pdf(tmp_path / "a.pdf", font="Times-Roman")
    assert found(path) == [("PKG-033", "not embedded: Helvetica, Times-Roman")]


def test_bookmarks_from_five_pages_on(pdf, tmp_path):
    assert found(pdf(tmp_path / "a.pdf", pages=4, bookmarks=False)) == []
    assert found(pdf(tmp_path / "b.pdf", pages=5, bookmarks=False)) == [
        ("PKG-034", "5 pages and no bookmarks")
    ]


def test_bookmarks_are_shown(pdf, tmp_path):
    path = pdf(tmp_path / "a.pdf", page_mode="/UseNone")
    assert found(path) == [("PKG-035", "the bookmarks are not shown when it opens")]


def opens_at(page, *view):
    def change(writer):
        target = ArrayObject([writer.pages[page].indirect_reference, *view])
        writer.root_object[NameObject("/OpenAction")] = target

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (opens_at(0, NameObject("/XYZ"), NullObject(), NullObject(), NullObject()), []),
        (opens_at(0, NameObject("/XYZ"), NullObject(), NullObject(), NumberObject(0)), []),
        (opens_at(0, NameObject("/XYZ"), NumberObject(0), NumberObject(792), NumberObject(0)), []),
        (opens_at(1, NameObject("/XYZ"), NullObject(), NullObject(), NullObject()), ["another page"]),
        (opens_at(0, NameObject("/XYZ"), NullObject(), NullObject(), NumberObject(2)), ["magnification"]),
        (opens_at(0, NameObject("/Fit")), ["magnification"]),
    ],
)
def test_where_it_opens(pdf, tmp_path, change, said):
    what = [text for _, text in found(pdf(tmp_path / "a.pdf", change=change))]
    assert len(what) == len(said)
    assert all(word in text for word, text in zip(said, what, strict=True))


def test_no_program_is_run(pdf, tmp_path):
    def change(writer):
        action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript")})
        writer.root_object[NameObject("/OpenAction")] = action

    assert found(pdf(tmp_path / "a.pdf", change=change)) == [("PKG-035", "it runs JavaScript when it opens")]


@pytest.mark.parametrize("data", [b"", b"no PDF file", b"%PDF-1.7\n"])
def test_files_that_are_none(tmp_path, data):
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    assert [code for code, _ in found(path)] == ["PKG-030"]


def test_the_reader_says_nothing_of_its_own(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 no more")
    code = "import pathlib, sys; from trialkit.submission import pdf, stamp; path = pathlib.Path(sys.argv[1])"
    for call in ("pdf.look_at(path, '')", "stamp._stamped(path)"):
        command = [sys.executable, "-c", f"{code}; {call}", tmp_path / "a.pdf"]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
        assert (ended.stdout, ended.stderr) == ("", "")
