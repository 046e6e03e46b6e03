"""The problems that define.xml alone can have, each made in a good file: its code, its words, its place."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from define.check.run import check_define
from define.check.samples import changed
from define.model import (
    Alias,
    AnalysisDataset,
    AnalysisDatasets,
    AnalysisResult,
    AnalysisResultDisplays,
    AnalysisVariable,
    AnnotatedCRF,
    CodeListItem,
    Decode,
    Description,
    DocumentRef,
    EnumeratedItem,
    ExternalCodeList,
    ItemDef,
    ItemRef,
    Leaf,
    RangeCheck,
    ResultDisplay,
    ValueListDef,
    ValueListRef,
    WhereClauseDef,
    WhereClauseRef,
)
from define.names import ARM, DEF, ODM, XLINK
from define.samples import sample_define
from define.write import write_define
from trialkit.attributes import Dataset, Variable
from trialkit.column import Column
from trialkit.xpt import write_xpt

SPACES = {"odm": ODM, "def": DEF, "arm": ARM, "xlink": XLINK}
DM = sample_define().metadata.item_groups[0]
CREATED = datetime(2024, 1, 31, tzinfo=UTC)
TEXT = Description.of("Said")


def metadata(**parts):
    return changed(sample_define(), "study.metadata", **parts)


def sex(**parts):
    return changed(sample_define(), "study.metadata.items.1", **parts)


def dm(**parts):
    return changed(sample_define(), "study.metadata.item_groups.0", **parts)


def codelist(**parts):
    return changed(sample_define(), "study.metadata.codelists.0", **parts)


def origin(**parts):
    return changed(sample_define(), "study.metadata.items.1.origins.0", **parts)


def where(*values, item="IT.DM.SEX", comparator="EQ"):
    check = RangeCheck(comparator=comparator, item_oid=item, values=values)
    return metadata(where_clauses=(WhereClauseDef(oid="WC.1", checks=(check,)),))


def level(*clauses):
    return ItemRef(
        item_oid="IT.LEVEL",
        mandatory=False,
        where_clauses=tuple(WhereClauseRef(where_clause_oid=one) for one in clauses),
    )


def levels(*refs, item="IT.DM.USUBJID"):
    """Give SEX value levels, whose one condition is on another variable."""
    made = where("1", item=item)
    items = (*made.metadata.items, ItemDef(oid="IT.LEVEL", name="SEX", data_type="text", length=1))
    groups = (DM, replace(DM, oid="IG.AE", name="AE", items=(ItemRef(item_oid="IT.AE", mandatory=False),)))
    made = changed(
        made,
        "study.metadata",
        items=(*items, replace(items[0], oid="IT.AE", name="AETERM")),
        item_groups=groups,
        value_lists=(ValueListDef(oid="VL.1", items=refs),),
    )
    return changed(made, "study.metadata.items.1", value_list=ValueListRef(value_list_oid="VL.1"))


def analysis(datasets=None, **parts):
    said = {"reason": "SPECIFIED IN SAP", "purpose": "PRIMARY OUTCOME MEASURE", "description": TEXT} | parts
    result = AnalysisResult(oid="AR.1", datasets=datasets, **said)
    display = ResultDisplay(oid="RD.1", name="T1", description=TEXT, results=(result,))
    return metadata(analyses=AnalysisResultDisplays(displays=(display,)))


def of(*groups, item=""):
    variables = (AnalysisVariable(item_oid=item),) if item else ()
    return AnalysisDatasets(
        datasets=tuple(AnalysisDataset(item_group_oid=one, variables=variables) for one in groups)
    )


def term(value, **parts):
    return CodeListItem(coded_value=value, decode=Decode.of(value), **parts)


def ref(number, **parts):
    return changed(sample_define(), f"study.metadata.item_groups.0.items.{number}", **parts)


CRF = {
    "annotated_crf": AnnotatedCRF(documents=(DocumentRef(leaf_id="LF.CRF"),)),
    "leaves": (Leaf(id="LF.CRF", href="acrf.pdf", title="acrf.pdf"),),
}
NCI = Alias(context="nci:ExtCodeID", name="C66731")
CASES = {
    "DEFC-001": (ref(1, item_oid="IT.NONE"), "ItemRef: no ItemDef 'IT.NONE'"),
    "DEFC-002": (ref(1, method_oid="MT.9"), "ItemRef: no MethodDef 'MT.9'"),
    "DEFC-004": (
        changed(sample_define(), "study.metadata.items.1.codelist", codelist_oid="CL.SEXX"),
        "CodeListRef: no CodeList 'CL.SEXX'",
    ),
    "DEFC-005": (
        sex(value_list=ValueListRef(value_list_oid="VL.9")),
        "def:ValueListRef: no def:ValueListDef 'VL.9'",
    ),
    "DEFC-006": (levels(level("WC.9")), "def:WhereClauseRef: no def:WhereClauseDef 'WC.9'"),
    "DEFC-008": (dm(archive_location_id="LF.9"), "ItemGroupDef: no def:leaf 'LF.9'"),
    "DEFC-009": (analysis(of("IG.9")), "arm:AnalysisDataset: no ItemGroupDef 'IG.9'"),
    "DEFC-023": (sex(data_type="date"), "IT.DM.SEX is date and has a Length"),
    "DEFC-024": (dm(standard_oid=""), "dataset DM has no standard"),
    "DEFC-025": (dm(is_non_standard=True), "IG.DM has a standard and says it has none"),
    "DEFC-027": (dm(leaf=None), "dataset DM has no file"),
    "DEFC-028": (metadata(standards=None), "there are no def:Standards"),
    "DEFC-029": (
        changed(sample_define(), "study.metadata.standards.standards.1", publishing_set=""),
        "terminology package STD.2 has no PublishingSet",
    ),
    "DEFC-042": (origin(type="Predecessor"), "IT.DM.SEX does not name its predecessor"),
    "DEFC-043": (metadata(**CRF), "IT.DM.SEX is collected and names no page"),
    "DEFC-060": (where("F", "M"), "WC.1: EQ has 2 values"),
    "DEFC-061": (levels(level()), "VL.1: IT.LEVEL has no condition"),
    "DEFC-062": (levels(level("WC.1"), level("WC.1")), "VL.1: IT.LEVEL has the condition of another"),
    "DEFC-063": (levels(level("WC.1"), item="IT.AE"), "WC.1 is on another dataset than DM"),
    "DEFC-065": (metadata(where_clauses=(WhereClauseDef(oid="WC.1"),)), "WC.1 has no comparison"),
    "DEFC-070": (ref(1, order_number=1), "IG.DM: order number 1 stands twice"),
    "DEFC-071": (ref(0, key_sequence=2), "keys of DM are numbered 2"),
    "DEFC-072": (ref(0, key_sequence=None), "dataset DM has no keys"),
    "DEFC-073": (sex(name="USUBJID"), "DM.USUBJID stands twice"),
    "DEFC-074": (metadata(item_groups=(DM, replace(DM, oid="IG.2"))), "two datasets have the name DM"),
    "DEFC-080": (codelist(coded=()), "CL.SEX has no terms"),
    "DEFC-081": (codelist(coded=(term("F"), term("F"))), "CL.SEX: 'F' stands twice"),
    "DEFC-083": (codelist(coded=(CodeListItem(coded_value="F"),)), "CL.SEX: 'F' has no decode"),
    "DEFC-084": (codelist(aliases=(NCI,)), "CL.SEX: 2 terms without a code"),
    "DEFC-085": (
        codelist(enumerated=(EnumeratedItem(coded_value="U"),)),
        "CL.SEX has coded and enumerated terms",
    ),
    "DEFC-086": (
        codelist(coded=(), external=ExternalCodeList(dictionary="MedDRA")),
        "CL.SEX names no dictionary or version",
    ),
    "DEFC-095": (analysis(reason="BECAUSE"), "AR.1: reason 'BECAUSE'"),
    "DEFC-096": (analysis(purpose="TO KNOW"), "AR.1: purpose 'TO KNOW'"),
    "DEFC-097": (
        changed(
            analysis(of("IG.DM", item="IT.OTHER")),
            "study.metadata",
            items=(*sample_define().metadata.items, ItemDef(oid="IT.OTHER", name="X", data_type="date")),
        ),
        "AR.1: IT.OTHER is not of IG.DM",
    ),
    "DEFC-098": (analysis(of("IG.DM", "IG.DM")), "AR.1 has 2 datasets and no comment"),
    "DEFC-099": (analysis(description=None), "AR.1 has no Description"),
}


def problems(define, tmp_path):
    path = tmp_path / "define.xml"
    write_define(path, define)
    return path, [one for one in check_define(path).problems if not one.kind.code.startswith("DEFC-9")]


@pytest.mark.parametrize("code", CASES)
def test_what_is_wrong_is_found_where_it_is(code, tmp_path):
    define, said = CASES[code]
    path, found = problems(define, tmp_path)
    (one,) = [problem for problem in found if problem.kind.code == code]
    assert one.what == said
    (element,) = etree.parse(path).getroot().xpath(one.where.field, namespaces=SPACES)
    assert (one.where.file, one.where.line) == (path.name, element.sourceline)


def test_a_link_that_runs_a_script(tmp_path):
    """The toolkit does not write one; a file from elsewhere may have it."""
    path = tmp_path / "define.xml"
    write_define(path, sample_define())
    text = path.read_text("utf-8")
    assert text.count('"dm.xpt"') == 1
    path.write_text(text.replace('"dm.xpt"', '"javascript:alert(1)"'), "utf-8")
    (one,) = [problem for problem in check_define(path).problems if problem.kind.code == "DEFC-050"]
    assert (one.what, one.level) == ("def:leaf: the link runs a script", "error")


def test_a_label_that_is_not_that_of_the_data(tmp_path):
    values = {"USUBJID": Column.text(["S1-00001"]), "SEX": Column.text(["F"])}
    labels = {"USUBJID": "Unique Subject Identifier", "SEX": "Gender"}
    variables = tuple(Variable(name, label, "Char", "string", 8) for name, label in labels.items())
    write_xpt(tmp_path / "dm.xpt", Dataset("DM", "Demographics", variables), values, created=CREATED)
    write_define(tmp_path / "define.xml", sample_define())
    found = check_define(tmp_path / "define.xml", tmp_path).problems
    assert [one.what for one in found if one.kind.code == "DEFC-105"] == [
        "label of DM.SEX differs from the data"
    ]


@pytest.mark.parametrize(
    ("said", "rows", "what"),
    [
        (False, [], "dataset DM has no records"),
        (True, ["S1-00001"], "dataset DM has 1 records and says def:HasNoData"),
    ],
)
def test_records_that_are_there_or_not(said, rows, what, tmp_path):
    variables = (Variable("USUBJID", "Unique Subject Identifier", "Char", "string", 8),)
    columns = {"USUBJID": Column.text(rows)}
    write_xpt(tmp_path / "dm.xpt", Dataset("DM", "Demographics", variables), columns, created=CREATED)
    write_define(tmp_path / "define.xml", dm(has_no_data=said))
    found = check_define(tmp_path / "define.xml", tmp_path).problems
    assert [one.what for one in found if one.kind.code == "DEFC-107"] == [what]


def test_the_file_that_is_changed_is_good(tmp_path):
    _, found = problems(sample_define(), tmp_path)
    assert [one.line() for one in found] == []


def test_every_kind_of_its_own_modules_has_a_case():
    """What a file has wrong by itself: the codes below 100, but for those that other tests are about."""
    from define.check import analyses, attributes, conditions, order, terms
    from trialkit.problems import Kind

    mine = {
        one.code
        for module in (analyses, attributes, conditions, order, terms)
        for one in vars(module).values()
        if isinstance(one, Kind)
    }
    elsewhere = Path(__file__).with_name("test_check.py").read_text("utf-8")
    assert [code for code in sorted(mine - CASES.keys()) if code not in elsewhere] == []
