"""define.xml of both standards of NCT04952155: whole, true of the files, the same again, never stale."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document
from lxml import html
from pypdf import PdfReader

from define.build.package import open_package
from define.check.run import check_define
from define.read import read_define
from trialkit.cli import cli
from trialkit.load import Loading, load
from trialkit.own import standard_of
from trialkit.problems import Problems, Refusal
from trialkit.publish import hashes
from trialkit.submission.package import package
from trialkit.submission.pdf import look_at
from trialkit.submission.spec import ConformanceSpec

STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"


def call(*arguments):
    made = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert made.exception is None, made.output
    assert made.exit_code == 0


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("define")
    call("simulate", STUDY, "--seed", 1, "--out", out / "raw")
    call("sdtm", STUDY, "--raw", out / "raw", "--out", out, "--no-json")
    call("adam", STUDY, "--sdtm", out / "sdtm", "--out", out, "--no-json")
    call("define", STUDY, "--sdtm", out / "sdtm", "--adam", out / "adam", "--raw", out / "raw")
    call("guide", STUDY, "--build", out)
    return out


def variables_of(data):
    """Give each dataset with each of its variables."""
    items = {one.oid: one for one in data.items}
    return [(group, items[ref.item_oid]) for group in data.item_groups for ref in group.items]


@pytest.fixture(scope="module", params=["sdtm", "adam"])
def part(request, built):
    problems = Problems()
    define = read_define(built / request.param / "define.xml", problems)
    assert problems.items == []
    return request.param, built / request.param, define.study.metadata


def test_nothing_is_wrong_with_it(part):
    _, folder, _ = part
    checked = check_define(folder / "define.xml", folder)
    assert [one.what for one in checked.problems] == []
    assert (folder / "define2-1.xsl").read_bytes().count(b"<xsl:template") > 50


def test_everything_derived_has_a_method_and_everything_collected_a_source(part):
    _, _, data = part
    items = {one.oid: one for one in data.items}
    for group in data.item_groups:
        for ref in group.items:
            origins = items[ref.item_oid].origins
            if any(one.type == "Derived" for one in origins):
                assert ref.method_oid, ref.item_oid
            for one in origins:
                assert one.source or one.type in ("Predecessor", "Not Available"), ref.item_oid
                if one.type == "Predecessor":
                    assert re.fullmatch(r"\w+\.\w+(, \w+\.\w+)*", one.description.text), ref.item_oid


def test_a_predecessor_is_a_variable_that_the_reader_has(built):
    data = [read_define(built / one / "define.xml", Problems()).study.metadata for one in ("sdtm", "adam")]
    there = {f"{group.name}.{item.name}" for one in data for group, item in variables_of(one)}
    named = {
        name
        for one in data[1].items
        for origin in one.origins
        if origin.type == "Predecessor"
        for name in origin.description.text.split(", ")
    }
    assert named
    assert named <= there


def test_a_column_that_records_are_grouped_by_is_none_that_the_rule_makes(built):
    data = read_define(built / "adam" / "define.xml", Problems()).study.metadata
    [origin] = next(one for one in data.items if one.oid == "IT.ADSLOPE.USUBJID").origins
    assert (origin.type, origin.description.text) == ("Predecessor", "ADMK.USUBJID, ADQS.USUBJID")


def test_methods_read_as_sentences(part):
    _, _, data = part
    for one in data.methods:
        text = one.description.text
        assert text.endswith(".") or text[-1].isalnum(), one.oid
        assert "{" not in text or "\\d" in text or "{n}" in text, text
        assert "None" not in text.split()


def test_what_is_known_of_some_variables(built):
    data = read_define(built / "sdtm" / "define.xml", Problems()).study.metadata
    items = {one.oid: one for one in data.items}
    assert [one.type for one in items["IT.AE.AESEV"].origins] == ["Collected"]
    assert [one.type for one in items["IT.DM.DOMAIN"].origins] == ["Assigned"]
    assert [one.type for one in items["IT.TV.VISIT"].origins] == ["Protocol"]
    assert [one.type for one in items["IT.LB.LBSTRESN"].origins] == ["Derived"]
    assert {one.source for one in items["IT.LB.LBORRES"].origins} >= {"Vendor"}
    nfl = items["IT.LB.LBSTRESN.NFLP.CEREBROSPINAL_FLUID"]
    assert nfl.description.text == "Neurofilament Light Chain Protein (CEREBROSPINAL FLUID)"
    assert items["IT.SUPPAE.QVAL.AETRTEM"].origins[0].type == "Derived"
    lists = {one.oid: one for one in data.codelists}
    sex = lists["CL.SEX"]
    assert [one.coded_value for one in (*sex.coded, *sex.enumerated)] == ["F", "M"]
    assert lists["CL.MEDDRA"].external.version == "27.0"


def test_analyses_are_described_with_their_datasets(built):
    data = read_define(built / "adam" / "define.xml", Problems()).study.metadata
    results = {one.oid: one for display in data.analyses.displays for one in display.results}
    primary = results["AR.AR-1.1"]
    assert (primary.purpose, primary.reason) == ("PRIMARY OUTCOME MEASURE", "SPECIFIED IN PROTOCOL")
    [dataset] = primary.datasets.datasets
    assert dataset.item_group_oid == "IG.ADSLOPE"
    assert "IT.ADSLOPE.AVAL" in [one.item_oid for one in dataset.variables]
    clauses = {one.oid: one for one in data.where_clauses}
    checks = clauses[dataset.where_clause.where_clause_oid].checks
    assert [(one.item_oid, one.values) for one in checks] == [
        ("IT.ADSLOPE.FASFL", ("Y",)), ("IT.ADSLOPE.PARAMCD", ("ALSF1RT",)),
    ]  # fmt: skip
    assert all(one.documentation and one.code for one in results.values())


def test_the_page_leads_from_a_result_to_its_raw_column_and_its_analyses(built):
    page = (built / "sdtm" / "define.html").read_text("utf-8")
    assert "BIOMK.csv RESULT" in page
    assert "../adam/define.html#variable/IG.ADLB/IT.ADLB.AVAL" in page
    assert "AR-4.1" in page
    subjects = re.findall(r"M2020420-01-S\d+", page)
    assert len(set(subjects)) <= 30  # of USUBJID itself the most frequent values, never records


def test_a_value_level_has_its_own_unit_visits_and_raw_column(built):
    page = html.parse(str(built / "sdtm" / "define.html"))
    row = "value/IG.LB/IT.LB.LBORRES/IT.LB.LBORRES.{}"
    [nfl] = page.xpath("//tr[@id=$id]", id=row.format("NFLP.CEREBROSPINAL_FLUID"))
    [alt] = page.xpath("//tr[@id=$id]", id=row.format("ALT.SERUM"))
    said, other = (" ".join(one.text_content().split()) for one in (nfl, alt))
    assert "from BIOMK.csv RESULT" in said
    assert "LABHOSP" not in said
    assert "VISIT: WEEK 0, WEEK 24, WEEK 48" in said
    assert "LBORRESU: " in said
    assert "LABHOSP.xlsx RESULT" in other
    assert "BIOMK" not in other


def test_pages_of_the_annotated_crf_bear_the_variables_they_are_named_for(built):
    data = read_define(built / "sdtm" / "define.xml", Problems()).study.metadata
    crf = PdfReader(built / "sdtm" / "acrf.pdf")
    notes = [
        " ".join(str(one.get_object().get("/Contents", "")) for one in page.get("/Annots", []))
        for page in crf.pages
    ]
    pages = {
        (item.name, int(page))
        for item in data.items
        for origin in item.origins
        for document in origin.documents
        for ref in document.pages
        for page in (ref.page_refs or "").split()
    }
    missing = {(name, page) for name, page in pages if name not in notes[page - 1]}
    assert len(pages) > 80
    assert missing == set()


def test_the_same_again(built, tmp_path):
    shutil.copytree(built, tmp_path / "again")
    before = {part: hashes(built / part) for part in ("sdtm", "adam")}
    again = tmp_path / "again"
    call("define", STUDY, "--sdtm", again / "sdtm", "--adam", again / "adam", "--raw", again / "raw")
    for one, kept in before.items():
        assert hashes(tmp_path / "again" / one) == kept


def test_a_stale_build_is_refused(built, tmp_path):
    shutil.copytree(built, tmp_path / "out")
    shutil.copytree(STUDY, tmp_path / "specs")
    spec = tmp_path / "specs" / "sdtm" / "ae.yaml"
    spec.write_text(
        spec.read_text("utf-8").replace("label: Treatment Emergent Flag", "label: Emergent"), "utf-8"
    )
    (tmp_path / "out" / "adam" / "adsl.xpt").write_bytes(b"x")
    for part, said in (("sdtm", "spec sdtm/ae.yaml has changed"), ("adam", "file adsl.xpt is not the one")):
        arguments = [str(tmp_path / "specs"), f"--{part}", str(tmp_path / "out" / part)]
        found = CliRunner().invoke(cli, ["define", *arguments])
        assert isinstance(found.exception, Refusal)
        assert "DEFB-002" in str(found.exception)
        assert said in str(found.exception)
        assert f"Build the datasets again with `trialkit {part}`." in str(found.exception)


def test_analysis_datasets_have_no_annotated_crf_but_lead_to_the_collected_variables(built):
    data = read_define(built / "adam" / "define.xml", Problems()).study.metadata
    origins = [one for item in data.items for one in item.origins]
    assert "Predecessor" in {one.type for one in origins}
    assert "Collected" not in {one.type for one in origins}
    assert data.annotated_crf is None
    assert not any(one.documents for one in origins)
    page = (built / "adam" / "define.html").read_text("utf-8")
    assert "../sdtm/define.html#variable/IG.DM/IT.DM.SEX" in page


def test_another_preview_needs_a_new_page_and_no_new_datasets(built, tmp_path):
    shutil.copytree(STUDY, tmp_path / "specs")
    shutil.copytree(built, tmp_path / "out")
    spec = tmp_path / "specs" / "study.yaml"
    before = spec.read_text("utf-8")
    spec.write_text(before + "preview: none\n", "utf-8")
    sdtm, out = tmp_path / "out" / "sdtm", tmp_path / "package"
    with pytest.raises(Refusal, match=r"sdtm/define\.html has the preview 'summary'.* says 'none'"):
        package(tmp_path / "specs", tmp_path / "out", out)
    assert not out.exists()
    call("define", tmp_path / "specs", "--sdtm", sdtm)
    assert ' content="none">' in (sdtm / "define.html").read_text("utf-8")
    spec.write_text(before.replace("M2020420-20230301", "M2020420-20230302"), "utf-8")
    with pytest.raises(Refusal, match=r"study\.yaml has changed since the build"):
        open_package(tmp_path / "specs", sdtm, standard_of("sdtm", "3.4"))


def test_a_table_made_after_the_build_is_none_of_it(built, tmp_path):
    shutil.copytree(STUDY, tmp_path / "specs")
    (tmp_path / "specs" / "tables" / "later.csv").write_text("A\n1\n", "utf-8")
    assert open_package(tmp_path / "specs", built / "sdtm", standard_of("sdtm", "3.4")).datasets
    (tmp_path / "specs" / "tables" / "visits.csv").write_text("VISITNUM,VISIT\n1,DAY 1\n", "utf-8")
    with pytest.raises(Refusal, match=r"tables/visits\.csv is new since the build"):
        open_package(tmp_path / "specs", built / "sdtm", standard_of("sdtm", "3.4"))


def test_the_guide_says_of_every_accepted_finding_why_it_is_acceptable(built):
    accepts = load(STUDY / "conformance.yaml", ConformanceSpec, Loading(), STUDY).accept
    pdf = "".join(page.extract_text() for page in PdfReader(built / "sdtm" / "csdrg.pdf").pages)
    word = Document(str(built / "sdtm" / "csdrg.docx"))
    rows = [[cell.text for cell in row.cells] for one in word.tables for row in one.rows]
    found = [row for row in rows if len(row) == 5 and row[1].endswith("(CDISC CORE)")]
    flat = re.sub(r"\s+", "", pdf)
    for one in accepts:
        (row,) = [row for row in found if row[4] == one.reason.strip()]
        assert sorted(row[0].split(", ")) == sorted(one.dataset)
        assert row[1] == f"{', '.join(one.check)} (CDISC CORE)"
        assert row[2:4] == ["not run", f"{one.says}."]
        assert re.sub(r"\s+", "", "".join(row[1:])) in flat
    assert len(found) == len(accepts)


@pytest.mark.parametrize(("part", "name"), [("sdtm", "csdrg"), ("adam", "adrg")])
def test_define_xml_names_the_guide_of_its_part(built, part, name):
    data = read_define(built / part / "define.xml", Problems()).study.metadata
    leaves = {one.id: one.href for one in data.leaves}
    assert [leaves[one.leaf_id] for one in data.supplemental_doc.documents] == [f"{name}.pdf"]
    assert look_at(built / part / f"{name}.pdf", name).problems == ()
