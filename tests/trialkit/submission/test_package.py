"""The study folder of module 5: what is in it, and every reason to refuse it."""

import hashlib
import json
import os
import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner
from lxml import html

from trialkit.cli import cli
from trialkit.problems import Refusal
from trialkit.publish import hashes
from trialkit.submission.links import GUIDE_FIRST, Contents, link_problems
from trialkit.submission.package import package
from trialkit.tables import read_table

BASE = "m5/datasets/demo01"
SDTM, ADAM = f"{BASE}/tabulations/sdtm", f"{BASE}/analysis/adam"


def refused(place):
    with pytest.raises(Refusal) as caught:
        package(place.specs, place.build, place.out)
    assert not place.out.exists(), "nothing is published"
    return [(one.kind.code, one.what) for one in caught.value.problems]


def codes(place):
    return sorted({code for code, _ in refused(place)})


def test_the_folders_of_module_5(place):
    made = package(place.specs, place.build, place.out)
    files = sorted(path.relative_to(place.out).as_posix() for path in place.out.rglob("*") if path.is_file())
    sheets = [name for name in files if name.endswith(".xsl")]
    assert sorted(set(files) - set(sheets)) == [
        f"{ADAM}/datasets/adsl.xpt",
        f"{ADAM}/datasets/define.html",
        f"{ADAM}/datasets/define.xml",
        f"{ADAM}/programs/adam-adsl.txt",
        f"{ADAM}/programs/analysis-t1-sex.txt",
        f"{SDTM}/define.html",
        f"{SDTM}/define.xml",
        f"{SDTM}/dm.xpt",
        f"{SDTM}/ex.xpt",
        f"{SDTM}/vs.xpt",
        "manifest.json",
        "md5.txt",
        "sha256.txt",
        "toc.html",
    ]
    assert (made.files, made.datasets) == (len(files) - 4, 4)
    assert [one.what.split(" (")[0] for one in made.missing] == [
        "Annotated case report form",
        "Study data reviewer's guide",
        "Analysis data reviewer's guide",
        "results, figures and page of the analyses",
    ]


def test_programs_are_the_specs(place):
    package(place.specs, place.build, place.out)
    programs = place.out / ADAM / "programs"
    assert (programs / "adam-adsl.txt").read_bytes() == (place.specs / "adam" / "adsl.yaml").read_bytes()


def test_contents_link_to_every_file(place, pdf):
    pdf(place.build / "acrf.pdf")
    package(place.specs, place.build, place.out)
    page = html.parse(str(place.out / "toc.html"))
    linked = {str(target) for target in page.xpath("//td/a/@href")}
    files = {
        path.relative_to(place.out).as_posix() for path in (place.out / "m5").rglob("*") if path.is_file()
    }
    assert linked == files
    assert "DM: Demographics" in page.xpath("string(//main)")


def test_checksums_are_those_of_the_files(place):
    package(place.specs, place.build, place.out)
    for name, tool in (("sha256.txt", "sha256"), ("md5.txt", "md5")):
        lines = (place.out / name).read_text(encoding="utf-8").splitlines()
        listed = {line.split("  ", 1)[1]: line.split("  ", 1)[0] for line in lines}
        assert list(listed) == sorted(listed)
        for path, code in listed.items():
            assert hashlib.new(tool, (place.out / path).read_bytes()).hexdigest() == code
    assert "toc.html" in listed


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum")
def test_checksums_are_read_by_the_usual_tools(place):
    package(place.specs, place.build, place.out)
    for tool, name in (("sha256sum", "sha256.txt"), ("md5sum", "md5.txt")):
        subprocess.run([tool, "--check", "--quiet", name], cwd=place.out, check=True)


def test_the_same_build_gives_the_same_bytes(place):
    package(place.specs, place.build, place.out)
    first = hashes(place.out)
    package(place.specs, place.build, place.out)
    assert hashes(place.out) == first


def test_pages_lead_to_each_other_over_the_folders(place):
    package(place.specs, place.build, place.out)
    for folder, other in (
        (SDTM, "../../analysis/adam/datasets/"),
        (f"{ADAM}/datasets", "../../../tabulations/sdtm/"),
    ):
        text = (place.out / folder / "define.html").read_text(encoding="utf-8")
        assert f'href="{other}define.html#' in text
        assert not re.search(r'href="\.\./(sdtm|adam)/', text)


def test_tabulations_alone(place):
    for name in ("adam", "analysis", "trace/adam", "reports-adam"):
        shutil.rmtree(place.build / name)
    shutil.rmtree(place.specs / "adam")
    shutil.rmtree(place.specs / "analysis")
    from trialkit.own import part_of

    part_of("define", "build.publish").publish_define(place.specs, place.sdtm, "sdtm")
    made = package(place.specs, place.build, place.out)
    assert "analysis/adam" in [one.what for one in made.missing]
    assert not (place.out / ADAM).exists()


def test_no_build(place):
    shutil.rmtree(place.build)
    assert codes(place) == ["PKG-001"]


def test_stale_analysis_datasets(place):
    raw = place.specs / "raw" / "subjects.csv"
    raw.write_text(raw.read_text(encoding="utf-8").replace("Female", "Male"), encoding="utf-8")
    place.tabulate()
    found = refused(place)
    assert ("PKG-003", "adam was made from another DM than the one in sdtm") in found


def test_stale_analyses(place):
    manifest = place.build / "analysis" / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    code = re.search(r'"file": "adsl.xpt",\s+"sha256": "(\w+)"', text)[1]
    manifest.write_text(text.replace(code, "0" * 64), encoding="utf-8")
    assert refused(place) == [("PKG-003", "analysis was made from another ADSL than the one in adam")]


def test_a_file_changed_after_define(place):
    path = place.sdtm / "vs.xpt"
    path.write_bytes(path.read_bytes()[:-80])
    found = refused(place)
    assert ("PKG-004", "sdtm/vs.xpt has changed since the build") in found
    assert "PKG-008" in [code for code, _ in found], "define.xml is not newer, or does not agree"


def test_a_file_that_is_not_of_the_build(place):
    shutil.copy(place.sdtm / "vs.xpt", place.sdtm / "xx.xpt")
    assert ("PKG-004", "sdtm/xx.xpt is not of the build") in refused(place)


def test_a_file_that_is_missing(place):
    (place.sdtm / "vs.xpt").unlink()
    assert ("PKG-004", "sdtm/vs.xpt is missing") in refused(place)


@pytest.mark.proves("TK-WHOLE-2")
def test_mixed_builds(place):
    path = place.build / "trace" / "sdtm" / "manifest.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'"build": "\w+"', '"build": "0"', text), encoding="utf-8")
    shutil.rmtree(place.build / "reports-adam")
    assert refused(place) == [
        ("PKG-002", "sdtm and trace/sdtm are of different builds"),
        ("PKG-002", "reports-adam of the build of adam is missing"),
    ]


def test_specs_changed_since_the_build(place):
    path = place.specs / "adam" / "adsl.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# later\n", encoding="utf-8")
    assert refused(place) == [("PKG-006", "adam/adsl.yaml changed since the build of adam")]


def test_a_define_that_is_older_than_the_datasets(place):
    os.utime(place.sdtm / "define.xml", (0, 0))
    assert refused(place) == [("PKG-008", "sdtm/define.xml is older than the datasets")]


def test_a_define_of_other_datasets(place):
    path = place.sdtm / "define.xml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('OID="IT.DM.SEX" Name="SEX"', 'OID="IT.DM.SEX" Name="SEXX"'), encoding="utf-8"
    )
    assert codes(place) == ["PKG-008"]


def test_no_define(place):
    (place.sdtm / "define.xml").unlink()
    assert ("PKG-007", "sdtm has no define.xml") in refused(place)


def spoil(place, before, after, name="define.html"):
    path = place.sdtm / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.parametrize(
    ("target", "code", "why"),
    [
        ("nowhere.xpt", "PKG-020", "there is no such file"),
        ("#nowhere", "PKG-020", "there is no such place in define.html"),
        ("../../../../../../outside.xpt", "PKG-021", "it climbs out of the package"),
        ("https://example.org/x", "PKG-021", "it is an address elsewhere"),
        ("acrf.pdf#page=9", "PKG-022", "there is no page 9"),
        ("acrf.pdf#nameddest=NO", "PKG-022", "there is no destination NO"),
    ],
)
def test_broken_links(place, pdf, target, code, why):
    pdf(place.build / "acrf.pdf")
    spoil(place, "</main>", f'<a href="{target}">x</a><a href="acrf.pdf#nameddest=P1">y</a></main>')
    assert refused(place) == [(code, f"'{target}': {why}")]


def test_a_guide_that_is_named_and_not_there_says_how_it_is_made(place):
    spoil(place, "</main>", '<a href="csdrg.pdf">x</a></main>')
    with pytest.raises(Refusal) as caught:
        package(place.specs, place.build, place.out)
    assert [one.hint for one in caught.value.problems] == [GUIDE_FIRST]


def test_references_of_define_to_the_annotated_form(place, pdf):
    pdf(place.build / "acrf.pdf")
    pages = '<def:DocumentRef leafID="LF.ACRF"><def:PDFPageRef PageRefs="{}" Type="{}"/></def:DocumentRef>'
    references = pages.format("1 7", "PhysicalRef") + pages.format("P2 P#209", "NamedDestination")
    leaf = '<def:leaf ID="LF.ACRF" xlink:href="acrf.pdf"><def:title>aCRF</def:title></def:leaf>'
    spoil(place, "</MetaDataVersion>", f"{leaf}</MetaDataVersion>", "define.xml")
    spoil(
        place,
        "<def:Standards>",
        f"<def:AnnotatedCRF>{references}</def:AnnotatedCRF><def:Standards>",
        "define.xml",
    )
    from trialkit.submission.links import Contents, link_problems
    from trialkit.submission.pdf import look_at

    shutil.copy(place.build / "acrf.pdf", place.sdtm / "acrf.pdf")
    files = frozenset(path.name for path in place.sdtm.iterdir() if path.name != "define.html")
    contents = Contents(place.sdtm, files, {"acrf.pdf": look_at(place.sdtm / "acrf.pdf", "acrf.pdf")})
    assert [one.what for one in link_problems(contents)] == [
        "'acrf.pdf': there is no page 7",
        "'acrf.pdf': there is no destination P 9",
    ]


@pytest.mark.parametrize(
    ("folder", "code"),
    [("Study_1", "PKG-010"), ("study 1", "PKG-010"), ("s" * 65, "PKG-010"), ("st/../x", "PKG-010")],
)
def test_names_of_folders(place, folder, code):
    (place.specs / "package.yaml").write_text(f"folder: {folder}\n", encoding="utf-8")
    assert codes(place) == [code]


def test_long_names(place):
    path = place.specs / "adam" / ("a" * 61 + ".yaml")
    path.write_text("x: 1", encoding="utf-8")
    (place.specs / "package.yaml").write_text(f"folder: {'s' * 64}\n", encoding="utf-8")
    assert [code for code, _ in refused(place)] == ["PKG-010", "PKG-011"]


def test_two_programs_of_one_name(place):
    for name in ("a_b.yaml", "a-b.yaml"):
        (place.specs / "adam" / "shared" / name).parent.mkdir(exist_ok=True)
        (place.specs / "adam" / "shared" / name).write_text("", encoding="utf-8")
    assert codes(place) == ["PKG-012"]


def test_a_dataset_that_is_divided(place):
    (place.specs / "package.yaml").write_text("split: {VS: {by: VSTESTCD, above: 1KB}}\n", encoding="utf-8")
    package(place.specs, place.build, place.out)
    pieces = sorted((place.out / SDTM / "split").iterdir())
    whole = read_table(place.out / SDTM / "vs.xpt")
    assert [path.name for path in pieces] == ["vs1.xpt", "vs2.xpt", "vs3.xpt"]
    assert sum(read_table(path).count for path in pieces) == whole.count
    first = read_table(pieces[0])
    assert (first.dataset.name, first.dataset.label) == ("VS1", whole.dataset.label)
    assert set(first.columns["VSTESTCD"].objects()) == {"DIABP"}
    assert "VSTESTCD = DIABP" in (place.out / "toc.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("split: {VX: {by: VSTESTCD, above: 4GB}}", "PKG-014"),
        ("split: {VS: {by: VSTESTCDE, above: 1KB}}", "PKG-015"),
        ("split: {VS: {by: VSTESTCD, above: much}}", "SPEC-006"),
        ("splitt: {}", "SPEC-004"),
    ],
)
def test_rules_for_splitting_that_are_wrong(place, text, code):
    (place.specs / "package.yaml").write_text(text + "\n", encoding="utf-8")
    assert codes(place) == [code]


def test_a_dataset_above_the_limit_without_a_rule(place, monkeypatch):
    monkeypatch.setattr("trialkit.submission.names.LARGEST", 1000)
    assert codes(place) == ["PKG-013"]


def test_a_rule_that_begins_above_the_limit_is_none(place, monkeypatch):
    monkeypatch.setattr("trialkit.submission.names.LARGEST", 1000)
    (place.specs / "package.yaml").write_text("split: {VS: {by: VSTESTCD, above: 9GB}}\n", encoding="utf-8")
    assert ("PKG-013", f"VS has {(place.sdtm / 'vs.xpt').stat().st_size:,} bytes") in refused(place)


def test_out_is_no_folder_of_the_build(place):
    with pytest.raises(Refusal, match="PUB-002"):
        package(place.specs, place.build, place.sdtm)


def test_a_pdf_file_that_is_encrypted(place, pdf):
    spoil(place, "</main>", '<a href="csdrg.pdf#page=2">x</a></main>')
    pdf(place.build / "csdrg.pdf", change=lambda writer: writer.encrypt("", "owner", algorithm="RC4-128"))
    pdf(place.build / "adam" / "adrg.pdf", version="1.3")
    assert refused(place) == [
        ("PKG-031", "PDF file is encrypted or protected"),
        ("PKG-032", "the PDF version is 1.3"),
    ]


def test_an_earlier_package_stays_when_the_next_one_is_refused(place):
    package(place.specs, place.build, place.out)
    first = hashes(place.out)
    (place.sdtm / "vs.xpt").unlink()
    with pytest.raises(Refusal):
        package(place.specs, place.build, place.out)
    assert hashes(place.out) == first


def test_the_command(place):
    words = ["package", place.specs, "--build", place.build, "--out", place.out]
    result = CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)
    assert result.exception is None
    assert " files, 4 datasets in " in result.stderr.splitlines()[-1]
    assert "not in the package: Study data reviewer's guide" in result.stderr


def test_a_build_of_some_datasets(place):
    path = place.sdtm / "MANIFEST"
    made = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**made, "only": ["DM"]}), "utf-8")
    assert ("PKG-005", "sdtm has only DM") in refused(place)


def test_a_dataset_that_is_missing(place):
    (place.sdtm / "vs.xpt").unlink()
    assert ("PKG-009", "vs.xpt of sdtm is missing") in refused(place)


def test_pieces_beyond_the_length_of_names(place, monkeypatch):
    """A name of a dataset has eight letters; the split numbers its pieces behind the name."""
    monkeypatch.setattr("trialkit.submission.split.LONGEST", 2)
    (place.specs / "package.yaml").write_text("split: {VS: {by: VSTESTCD, above: 1KB}}\n", encoding="utf-8")
    assert ("PKG-016", "VS1 has more than 2 letters") in refused(place)


@pytest.mark.parametrize(("name", "content"), [("page.html", b""), ("define.xml", b"<ODM")])
def test_a_file_with_links_that_cannot_be_read(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    (one,) = link_problems(Contents(tmp_path, frozenset({name})))
    assert one.line().startswith(f"error PKG-023 {name} file with links cannot be read: ")
