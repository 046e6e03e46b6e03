"""The page has all of the model, every link leads somewhere, and no text of the file is more than text."""

import re
import subprocess
import sys

import pytest

from define.html.lineage import Lineage, Step, VariableLineage
from define.html.page import render
from define.html.preview import DatasetPreview, Frequent, Preview, Values
from define.read import parse_define
from define.samples import sample_define
from trialkit.problems import Problems


def row(tree, name):
    return tree.xpath(f"//tr[@id='{name}']")[0]


def cells(tree, name, text):
    return [text(cell) for cell in row(tree, name)]


def assert_links_lead_somewhere(tree):
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    inside = {href[1:] for href in tree.xpath("//@href") if href.startswith("#")}
    assert inside - set(ids) == set()


def test_every_link_leads_somewhere(public, page):
    assert_links_lead_somewhere(page(public))


def test_everything_of_a_public_file_is_shown(public, page):
    tree, data = page(public), public.metadata
    ids = set(tree.xpath("//@id"))
    for kind, parts in (
        ("dataset", data.item_groups),
        ("codelist", data.codelists),
        ("method", data.methods),
        ("comment", data.comments),
        ("where", data.where_clauses),
    ):
        assert len([one for one in ids if one.startswith(f"{kind}/")]) == len(parts)
    assert len(tree.xpath("//tr[@class='v']")) >= sum(len(one.items) for one in data.item_groups)
    levels = tree.xpath("//tr[starts-with(@class, 'vl')]")
    assert len(levels) >= sum(len(one.items) for one in data.value_lists)
    terms = tree.xpath("//table[contains(@class, 'terms')]/tbody/tr")
    assert len(terms) == sum(len(one.terms) for one in data.codelists)
    said = " ".join(tree.text_content().split())
    for one in (*data.methods, *data.comments):
        assert " ".join(one.description.text.split()) in said


def test_headings_make_an_outline_without_gaps(public, page):
    levels = [int(one.tag[1]) for one in page(public).iter("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    start = levels.index(1)
    assert all(
        after - before <= 1 for before, after in zip(levels[start:], levels[start + 1 :], strict=False)
    )


def test_tables_have_heads_with_scope(public, page):
    tree = page(public)
    assert tree.xpath("//th[not(@scope)]") == []
    assert len(tree.xpath("//main")) == len(tree.xpath("//nav")) == len(tree.xpath("//footer")) == 1


def test_variable_is_shown_whole(page, unseen, text):
    shown = cells(page(unseen), "variable/IG.VS/IT.VS.VSORRES", text)
    assert shown[0] == "VSORRES 1 value level"
    assert shown[1].startswith("Result in Original Units <script>alert(\"1\")</script> ]]> & 'so'")
    assert shown[2:4] == ["text", "20"]
    assert "Collected Investigator Measured at the site" in shown[5]
    assert "Vital signs (3-5), VS1, VS2" in shown[5]
    assert "Collected Vendor" in shown[5]
    assert shown[5].endswith("Other")


def test_pages_of_the_crf_are_links(page, unseen):
    hrefs = row(page(unseen), "variable/IG.VS/IT.VS.VSORRES").xpath(".//a/@href")
    assert "acrf.pdf#page=3" in hrefs
    assert "acrf.pdf#nameddest=VS1" in hrefs


def test_value_level_says_for_which_records(page, unseen, text):
    shown = cells(page(unseen), "value/IG.VS/IT.VS.VSORRES/IT.VS.VSORRES.HEIGHT", text)
    said = "(VSTESTCD = HEIGHT and DM.COUNTRY in (USA, (blank))"
    assert shown[0].startswith(said)
    assert "or (VSTESTCD not in (WEIGHT))" in shown[0]
    assert shown[1:3] == ["float", "6 2 digits format 6.2"]
    assert shown[-1].startswith("Imputation")


def test_shared_definition_has_a_place_in_each_dataset(page, unseen):
    tree = page(unseen)
    assert row(tree, "variable/IG.DM/IT.DM.USUBJID") is not None
    assert row(tree, "variable/IG.VS/IT.DM.USUBJID") is not None


def test_flags_of_variables_and_terms(page, unseen, text):
    tree = page(unseen)
    country = cells(tree, "variable/IG.DM/IT.DM.COUNTRY", text)[0]
    assert country == "COUNTRY no data non-standard mandatory"
    assert cells(tree, "variable/IG.DM/IT.DM.USUBJID", text)[0] == "USUBJID key 1 mandatory"
    grip = tree.xpath("//table[contains(@class, 'terms')]//tr[starts-with(normalize-space(th), 'GRIP')]")[0]
    assert "extended" in text(grip)
    assert "Strength of the hand" in text(grip)


def test_dictionary_and_its_site(page, unseen, text):
    tree = page(unseen)
    shown = tree.xpath("//section[@id='codelist/CL.ISO3166']")[0]
    assert "ISO 3166" in text(shown)
    assert shown.xpath(".//a/@href")[1] == "https://www.iso.org/iso-3166-country-codes.html"
    assert "DM.COUNTRY" in text(shown)


def test_other_languages_are_shown(page, unseen):
    assert page(unseen).xpath("//span[@lang='zh']/text()")[0] == "人口统计学"


def test_analyses(page, reference, text):
    from define.read import read_define

    tree = page(read_define(reference / "define" / "official21_adam_arm.xml", Problems()))
    shown = text(tree.xpath("//article[@id='result/AR.Table_14-3.01.R.1']")[0])
    for said in (
        "Reason SPECIFIED IN SAP",
        "Purpose PRIMARY OUTCOME MEASURE",
        "ADQSADAS where PARAMCD = ACTOT",
        "and EFFFL = Y",
        "Analysis variables CHG",
        "SAP Section 10.1.1 (4)",
        "proc glm data = ADQSADAS;",
    ):
        assert said in shown


def test_predecessor_leads_to_its_variable(page, reference):
    from define.read import read_define

    tree = page(read_define(reference / "define" / "official21_adam_arm.xml", Problems()))
    hrefs = row(tree, "variable/IG.ADAE/IT.ADAE.TRTA").xpath(".//td//a/@href")
    assert "#variable/IG.ADSL/IT.ADSL.TRT01A" in hrefs or hrefs


PREVIEW = Preview(
    {
        "DM": DatasetPreview(
            306,
            {"SEX": Values(306, 6, 2, "F", "M", (Frequent("F", 200), Frequent("M", 100)))},
            ("SEX",),
            (("<b>",),),
        )
    }
)
LINEAGE = Lineage(
    {
        ("DM", "SEX"): VariableLineage(
            ((Step("USUBJID", "DM", "USUBJID"), Step("dm.csv SEX", href="raw/dm.csv")),),
            (Step("ADSL.SEX", "ADSL", "SEX"), Step("x", href="javascript:alert(1)")),
        )
    }
)


def test_preview_and_lineage(page, text):
    tree = page(sample_define(), preview=PREVIEW, lineage=LINEAGE)
    shown = cells(tree, "variable/IG.DM/IT.DM.SEX", text)
    assert shown[6] == "from USUBJID ← dm.csv SEX used in ADSL.SEX, x"
    assert shown[7] == "300 of 306 6 missing 2 distinct: F to M most frequent F 200 M 100"
    hrefs = row(tree, "variable/IG.DM/IT.DM.SEX").xpath(".//td//a/@href")
    assert hrefs == ["#codelist/CL.SEX", "#variable/IG.DM/IT.DM.USUBJID", "raw/dm.csv"]
    assert text(tree.xpath("//table[@class='data']//td")[0]) == "<b>"
    assert text(tree.xpath("//footer")[0]).startswith("Values of subjects appear on this page")


def test_without_preview_nothing_of_the_data_is_said(page, text):
    tree = page(sample_define())
    assert not tree.xpath("//table[@class='data']")
    assert len(row(tree, "variable/IG.DM/IT.DM.SEX")) == 7
    assert text(tree.xpath("//footer")[0]).startswith("Made by trialkit")


HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    """\"' ]]> &lt; </style> {{ 7 * 7 }} \u202e"""
)


def hostile(whole):
    safe = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    inside = f"""
    <ItemGroupDef OID="{safe}" Name="{safe}" Repeating="No" def:Structure="{safe}"
    def:ArchiveLocationID="LF.1"><Description><TranslatedText>{safe}</TranslatedText></Description>
    <ItemRef ItemOID="{safe}" Mandatory="No" Role="{safe}" MethodOID="{safe}"/>
    <def:leaf ID="LF.1" xlink:href="javascript:alert(1)"><def:title>{safe}</def:title></def:leaf>
    </ItemGroupDef>
    <ItemDef OID="{safe}" Name="{safe}" DataType="text" x="{safe}" def:CommentOID="{safe}"><Description>
    <TranslatedText xml:lang="en">{safe}</TranslatedText></Description><CodeListRef CodeListOID="{safe}"/>
    <def:Origin Type="Collected"><def:DocumentRef leafID="LF.2">
    <def:PDFPageRef Type="NamedDestination" PageRefs="{safe}"/></def:DocumentRef></def:Origin></ItemDef>
    <CodeList OID="{safe}" Name="{safe}" DataType="text">
    <ExternalCodeList Dictionary="{safe}" Version="1" href=" java&#10;script:alert(1)"/></CodeList>
    <CodeList OID="CL.2" Name="{safe}" DataType="text"><CodeListItem CodedValue="{safe}">
    <Decode><TranslatedText>{safe}</TranslatedText></Decode></CodeListItem></CodeList>
    <MethodDef OID="{safe}" Name="{safe}" Type="Computation"><Description>
    <TranslatedText>{safe}</TranslatedText></Description>
    <FormalExpression Context="{safe}">{safe}</FormalExpression></MethodDef>
    <def:CommentDef OID="{safe}"><Description><TranslatedText>{safe}</TranslatedText></Description>
    </def:CommentDef>
    <def:leaf ID="LF.2" xlink:href="data:text/html,x"><def:title>{safe}</def:title></def:leaf>"""
    return parse_define(whole(inside), "define.xml", Problems())


@pytest.mark.proves("TK-INERT-1")
def test_hostile_text_is_text(page, whole):
    define = hostile(whole)
    tree = page(define)
    assert len(tree.xpath("//script")) == 2
    assert len(tree.xpath("//style")) == 1
    assert tree.xpath("//img | //iframe | //object | //@onerror | //@style | //@onclick") == []
    schemes = {href.partition(":")[0] for href in tree.xpath("//@href") if ":" in href and href[0] != "#"}
    assert schemes <= {"http", "https"}
    assert "{{ 7 * 7 }}" in tree.xpath("//h3")[0].text_content()
    assert_links_lead_somewhere(tree)


@pytest.mark.proves("TK-INERT-1")
def test_policy_allows_nothing_but_the_pages_own(page):
    import base64
    import hashlib

    tree = page(sample_define())
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    for one in tree.xpath("//script | //style"):
        code = base64.b64encode(hashlib.sha256(one.text.encode()).digest()).decode()
        assert f"'sha256-{code}'" in policy
    assert "unsafe" not in policy
    assert tree.xpath("//@src | //link") == []


def test_scripts_never_write_markup():
    script = render(sample_define()).rpartition("<script>")[2]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script
    )


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_same_input_same_bytes(seed, unseen, tmp_path):
    from define.write import write_define

    write_define(tmp_path / "define.xml", unseen)
    code = (
        "import sys; from pathlib import Path; from define.read import read_define; "
        "from define.html.page import render; from trialkit.problems import Problems; "
        "sys.stdout.buffer.write(render(read_define(Path(sys.argv[1]), Problems())).encode())"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "define.xml")]
    made = subprocess.run(
        command, capture_output=True, check=True, env={"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"}
    )
    assert made.stdout.decode() == render(unseen)


def test_dangling_references_are_shown_as_text(page, whole, text):
    inside = """<ItemGroupDef OID="IG.A" Name="A" Repeating="No" def:Structure="" def:CommentOID="COM.NONE"
    def:StandardOID="STD.NONE"><ItemRef ItemOID="IT.NONE" Mandatory="No"/>
    <ItemRef ItemOID="IT.A" Mandatory="No" MethodOID="MT.NONE"/>
    <ItemRef ItemOID="IT.A" Mandatory="No"/></ItemGroupDef>
    <ItemDef OID="IT.A" Name="A" DataType="text"><CodeListRef CodeListOID="CL.NONE"/>
    <def:ValueListRef ValueListOID="VL.NONE"/></ItemDef>
    <ItemDef OID="IT.B" Name="SPARE" DataType="text"/>"""
    tree = page(parse_define(whole(inside), "define.xml", Problems()))
    assert_links_lead_somewhere(tree)
    assert "There is no definition with this OID." in cells(tree, "variable/IG.A/IT.NONE", text)
    shown = cells(tree, "variable/IG.A/IT.A", text)
    assert "CL.NONE" in shown[4]
    assert "MT.NONE" in shown[6]
    assert row(tree, "variable/IG.A/IT.A/~2") is not None
    assert cells(tree, "item/IT.B", text)[0] == "SPARE"
