"""Checks: what they find in public files, in data, and where they say it is."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import etree

from define.check import run
from define.check.report import check_json, check_page
from define.check.run import check_define
from define.check.samples import changed
from define.commands import define_check
from define.model import (
    CodeListItem,
    CommentDef,
    Description,
    ItemDef,
    ItemRef,
    Leaf,
    MethodDef,
    RangeCheck,
    ValueListDef,
    ValueListRef,
    WhereClauseDef,
    WhereClauseRef,
)
from define.names import ARM, DEF, ODM, XLINK
from define.samples import sample_define
from define.write import define_bytes, write_define
from trialkit.attributes import Dataset, Variable
from trialkit.column import Column
from trialkit.comparefiles import datasets_in
from trialkit.datasetjson import Provenance, write_dataset_json
from trialkit.problems import Exit, Refusal
from trialkit.xpt import write_xpt

HERE = Path(__file__).parent
SPACES = {"odm": ODM, "def": DEF, "arm": ARM, "xlink": XLINK}

CREATED = datetime(2024, 1, 31, tzinfo=UTC)
FOUND = {
    "official21_sdtm": {"DEFC-041": 2, "DEFC-052": 3},
    "official21_adam_arm": {"DEFC-052": 6},
    "pharmasug2023_vlm": {
        **{"DEFC-021": 114, "DEFC-022": 16, "DEFC-040": 1, "DEFC-041": 13, "DEFC-044": 24, "DEFC-082": 2},
    },
    "msg20_sdtm33": {"DEFC-052": 2, "DEFC-064": 2, "DEFC-900": 1},
}


@pytest.mark.parametrize("name", FOUND)
def test_public_files(reference, name):
    checked = check_define(reference / "define" / f"{name}.xml")
    assert Counter(one.kind.code for one in checked.problems) == FOUND[name]


@pytest.mark.parametrize("name", FOUND)
def test_every_problem_of_a_file_is_at_its_xpath(reference, name):
    path = reference / "define" / f"{name}.xml"
    at_their_place(path, check_define(path).problems)


def at_their_place(path, problems):
    root = etree.parse(path).getroot()
    for one in problems:
        if one.where.file == path.name:
            found = root.xpath(one.where.field, namespaces=SPACES)
            assert [element.sourceline for element in found] == [one.where.line], one


def test_unseen_file_is_valid_and_good():
    checked = check_define(HERE / "unseen.xml")
    codes = {one.kind.code for one in checked.problems}
    assert codes <= {"DEFC-052"}, [one.line() for one in checked.problems]
    assert "checked by the XML Schema arm1-0-0.xsd" in checked.notes


def test_what_is_written_is_valid(tmp_path):
    for name in ("unseen.xml", "version20.xml"):
        from define.read import read_define
        from trialkit.problems import Problems

        define = read_define(HERE / name, Problems())
        write_define(tmp_path / "define.xml", changed(define, "", context="Other"))
        checked = check_define(tmp_path / "define.xml")
        assert [one.what for one in checked.problems if one.kind.code == "DEFC-900"] == []


def test_a_broken_file_says_all_at_once(tmp_path):
    define = changed(
        sample_define(),
        "study.metadata",
        comments=(CommentDef(oid="COM.1"),),
        methods=(MethodDef(oid="MT.1", name="m", description=Description.of("x")),),
        leaves=(Leaf(id="LF.2", href="/abs/a.pdf"),),
    )
    define = changed(define, "study.metadata.item_groups.0", dataset_class=None, standard_oid="STD.9")
    define = changed(define, "study.metadata.items.0", length=None, description=None, comment_oid="COM.9")
    define = changed(define, "study.metadata.items.1", origins=())
    path = tmp_path / "define.xml"
    write_define(path, define)
    checked = check_define(path)
    codes = {one.kind.code for one in checked.problems if not one.kind.code.startswith("DEFC-9")}
    assert codes == {
        *("DEFC-003", "DEFC-007", "DEFC-010", "DEFC-020", "DEFC-021", "DEFC-026", "DEFC-040", "DEFC-051"),
        *("DEFC-053", "DEFC-090", "DEFC-091"),
    }
    at_their_place(path, checked.problems)
    assert checked.exit() == Exit.DATA


def test_folders_that_are_not_there(tmp_path):
    with pytest.raises(Refusal, match="DEFC-901"):
        check_define(HERE / "unseen.xml", schema=tmp_path)
    with pytest.raises(Refusal, match="DEFC-902"):
        check_define(HERE / "unseen.xml", tmp_path / "nowhere")


def test_a_bad_schema_is_no_traceback(tmp_path):
    (tmp_path / "arm1-0-0.xsd").write_text("<a>")
    with pytest.raises(Refusal, match="DEFC-901"):
        check_define(HERE / "unseen.xml", schema=tmp_path)


def test_version_20_is_checked_as_21():
    checked = check_define(HERE / "version20.xml")
    assert "DEFC-030" in {one.kind.code for one in checked.problems}
    assert any("2.0" in note for note in checked.notes)


def test_a_file_that_cannot_be_read(tmp_path):
    path = tmp_path / "define.xml"
    path.write_bytes(b"<ODM")
    checked = check_define(path)
    assert [one.kind.code for one in checked.problems] == ["DEF-002"]
    assert checked.exit() == Exit.SPEC


# -- against data


def dataset(name, values):
    columns, variables = {}, []
    for variable, mine in values.items():
        number = all(isinstance(value, float) for value in mine)
        columns[variable] = Column.numbers(mine) if number else Column.text(mine)
        longest = max([1, *(len(str(value).encode()) for value in mine)])
        kind = ("Num", "float", 8) if number else ("Char", "string", longest)
        variables.append(Variable(variable, variable, *kind))
    return Dataset(name, name, tuple(variables)), columns


def put(folder, name, form, values):
    described, columns = dataset(name, values)
    path = folder / f"{name.lower()}.{form}"
    if form == "xpt":
        write_xpt(path, described, columns, created=CREATED)
    elif form == "json":
        write_dataset_json(path, described, columns, Provenance(CREATED))
    else:
        pq.write_table(pa.table({key: list(column.objects()) for key, column in columns.items()}), path)


FORMS = ("xpt", "json", "parquet")


def checked_with(tmp_path, form, define, **datasets):
    path = tmp_path / "define.xml"
    write_define(path, define)
    for name, values in datasets.items():
        put(tmp_path, name, form, values)
    checked = check_define(path, tmp_path)
    at_their_place(path, checked.problems)
    return {one.kind.code: one for one in checked.problems if one.kind.code not in ("DEFC-105", "DEFC-010")}


@pytest.mark.parametrize("form", FORMS)
def test_good_data(tmp_path, form):
    values = {"USUBJID": ["S1-00001", "S1-00002"], "SEX": ["F", "M"]}
    assert checked_with(tmp_path, form, sample_define(), DM=values) == {}


def test_an_ending_in_capitals_is_the_same_file(tmp_path):
    values = {"USUBJID": ["S1-00001", "S1-00002"], "SEX": ["F", "X"]}
    put(tmp_path, "DM", "xpt", values)
    (tmp_path / "dm.xpt").rename(tmp_path / "DM.XPT")
    write_define(tmp_path / "define.xml", sample_define())
    codes = {one.kind.code for one in check_define(tmp_path / "define.xml", tmp_path).problems}
    assert "DEFC-117" in codes
    assert "TAB-001" not in codes
    assert list(datasets_in(tmp_path)) == ["DM"]


BAD = {
    "DEFC-101": {"AE": {"USUBJID": ["1"]}},
    "DEFC-102": {"DM": {"USUBJID": ["S1-00001"]}},
    "DEFC-103": {"DM": {"USUBJID": ["S1-00001"], "SEX": ["F"], "AGE": [1.0]}},
    "DEFC-104": {"DM": {"SEX": ["F"], "USUBJID": ["S1-00001"]}},
    "DEFC-106": {"DM": {"USUBJID": ["S1-00001"], "SEX": [1.0]}},
    "DEFC-110": {"DM": {"USUBJID": ["S1-000011"], "SEX": ["F"]}},
    "DEFC-111": {"DM": {"USUBJID": ["S1"], "SEX": ["F"]}},
    "DEFC-113": {"DM": {"USUBJID": ["S1-00001", "S1-00001"], "SEX": ["F", "M"]}},
    "DEFC-114": {"DM": {"USUBJID": ["S1-00001", "S1-00002"], "SEX": ["F", ""]}},
    "DEFC-115": {"DM": {"USUBJID": ["S1-00001"], "SEX": [""]}},
    "DEFC-117": {"DM": {"USUBJID": ["S1-00001"], "SEX": ["X"]}},
    "DEFC-118": {"DM": {"USUBJID": ["S1-00001"], "SEX": ["F"]}},
    "DEFC-100": {"AE": {"USUBJID": ["1"]}},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code", BAD)
def test_bad_data(tmp_path, form, code):
    found = checked_with(tmp_path, form, sample_define(), **BAD[code])
    assert code in found
    assert "S1-0" not in "".join(one.what for one in found.values())


def test_values_stand_in_the_tables_only(tmp_path):
    found = checked_with(tmp_path, "xpt", sample_define(), DM={"USUBJID": ["S1-00001"], "SEX": ["X"]})
    assert found["DEFC-117"].value == "X"
    assert (found["DEFC-117"].count, found["DEFC-117"].what) == (
        1,
        "DM.SEX: 1 distinct values are not in CL.SEX",
    )


def level_define(*clauses):
    """Give SEX value levels, each with one condition on USUBJID."""
    define = sample_define()
    metadata = define.metadata
    levels = tuple(
        ItemDef(oid=f"IT.{n}", name="SEX", data_type="text", length=1, origins=metadata.items[1].origins)
        for n in range(len(clauses))
    )
    refs = tuple(
        ItemRef(
            item_oid=one.oid,
            mandatory=False,
            order_number=n + 1,
            where_clauses=(WhereClauseRef(where_clause_oid=f"WC.{n}"),),
        )
        for n, one in enumerate(levels)
    )
    wheres = tuple(
        WhereClauseDef(
            oid=f"WC.{n}",
            checks=(RangeCheck(comparator=one[0], item_oid="IT.DM.USUBJID", values=tuple(one[1:])),),
        )
        for n, one in enumerate(clauses)
    )
    define = changed(
        define,
        "study.metadata",
        items=(*metadata.items, *levels),
        value_lists=(ValueListDef(oid="VL.1", items=refs),),
        where_clauses=wheres,
    )
    return changed(define, "study.metadata.items.1", value_list=ValueListRef(value_list_oid="VL.1"))


SUBJECTS = {"USUBJID": ["S1-00001", "S1-00002", "S1-00003"], "SEX": ["F", "M", "F"]}


def test_value_levels_that_hold(tmp_path):
    define = level_define(("IN", "S1-00001", "S1-00002"), ("EQ", "S1-00003"))
    assert checked_with(tmp_path, "xpt", define, DM=SUBJECTS) == {}


@pytest.mark.parametrize(
    ("clauses", "code"),
    [
        ([("EQ", "S1-00009"), ("NE", "S1-00009")], "DEFC-119"),
        ([("EQ", "S1-00001")], "DEFC-120"),
        ([("GT", "S1-00001")], "DEFC-120"),
    ],
)
def test_value_levels_that_do_not(tmp_path, clauses, code):
    assert set(checked_with(tmp_path, "xpt", level_define(*clauses), DM=SUBJECTS)) == {code}


def test_a_condition_that_cannot_be_tried(tmp_path):
    define = level_define(("EQ", "S1-00001"))
    found = checked_with(tmp_path, "xpt", define, DM={"SEX": ["F", "M"]})
    assert {"DEFC-121", "DEFC-102"} <= set(found)


def test_a_length_of_a_value_level(tmp_path):
    define = level_define(("EQ", "S1-00001"), ("NE", "S1-00001"))
    values = {"USUBJID": SUBJECTS["USUBJID"], "SEX": ["F", "MALE", "F"]}
    found = checked_with(tmp_path, "xpt", define, DM=values)
    assert "DEFC-110" in found


def test_a_condition_on_another_dataset(tmp_path):
    text = (HERE / "unseen.xml").read_text("utf-8")
    (tmp_path / "define.xml").write_text(text, "utf-8")
    put(tmp_path, "DM", "json", {"USUBJID": ["1", "2"], "COUNTRY": ["USA", "FRA"]})
    visits = {"USUBJID": ["1", "2"], "VSTESTCD": ["HEIGHT", "WEIGHT"], "VSORRES": ["1.80", "80"]}
    put(tmp_path, "VS", "json", visits)
    found = check_define(tmp_path / "define.xml", tmp_path).problems
    said = [one.what for one in found if one.kind.code in ("DEFC-119", "DEFC-120")]
    assert said == ["VS.VSORRES: no value level describes 1 values"]
    put(tmp_path, "DM", "json", {"USUBJID": ["1", "2"], "COUNTRY": ["FRA", "FRA"]})
    found = check_define(tmp_path / "define.xml", tmp_path).problems
    said = [one.what for one in found if one.kind.code == "DEFC-119"]
    assert said == ["AR.1: the condition on VS selects no record"]


def test_has_no_data(tmp_path):
    define = changed(sample_define(), "study.metadata.item_groups.0.items.1", has_no_data=True)
    empty = {"USUBJID": ["S1-00001"], "SEX": [""]}
    assert set(checked_with(tmp_path, "xpt", define, DM=empty)) == {"DEFC-118"}
    full = {"USUBJID": ["S1-00001", "S1-00002"], "SEX": ["F", "M"]}
    assert set(checked_with(tmp_path, "xpt", define, DM=full)) == {"DEFC-116"}


def test_a_damaged_dataset_is_a_problem(tmp_path):
    (tmp_path / "dm.xpt").write_bytes(b"rubbish")
    assert "TAB-002" in checked_with(tmp_path, "json", sample_define())


def test_numeric_codelists_compare_numbers(tmp_path):
    define = changed(sample_define(), "study.metadata.items.1", data_type="integer")
    terms = tuple(CodeListItem(coded_value=text, decode=None) for text in ("1.0", "2"))
    define = changed(define, "study.metadata.codelists.0", data_type="integer", coded=terms)
    found = checked_with(tmp_path, "xpt", define, DM={"USUBJID": ["S1-00001", "S1-00002"], "SEX": [1.0, 2.0]})
    assert not {"DEFC-117", "DEFC-118"} & set(found)
    found = checked_with(tmp_path, "xpt", define, DM={"USUBJID": ["S1-00001", "S1-00002"], "SEX": [1.0, 2.5]})
    assert {"DEFC-117", "DEFC-112"} <= set(found)


# -- outputs

HOSTILE = "<script>alert(1)</script>"


def test_hostile_text_is_inert_on_the_page(tmp_path):
    define = changed(sample_define(), "study.metadata.items.1", oid=HOSTILE)
    path = tmp_path / "define.xml"
    path.write_bytes(define_bytes(define))
    page = check_page(check_define(path))
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "default-src &#39;none&#39;" in page
    assert "http://" not in page.replace("http://www.cdisc.org", "")


def test_outputs(tmp_path, capsys):
    path = tmp_path / "define.xml"
    write_define(path, changed(sample_define(), "study.metadata.items.1", length=None))
    put(tmp_path, "DM", "xpt", {"USUBJID": ["S1-00001"], "SEX": ["X"]})
    code = define_check(path, tmp_path, None, tmp_path / "c.json", tmp_path / "c.html")
    assert code == Exit.DATA
    said = capsys.readouterr().err
    assert "DEFC-021 define.xml:" in said
    assert "S1-0" not in said
    made = json.loads((tmp_path / "c.json").read_text("utf-8"))
    first = made["problems"][0]
    assert {"code", "level", "what", "advice", "file", "line", "xpath"} <= set(first)
    assert made["records"] == 1
    before = [(tmp_path / name).read_bytes() for name in ("c.json", "c.html")]
    define_check(path, tmp_path, None, tmp_path / "c.json", tmp_path / "c.html")
    assert before == [(tmp_path / name).read_bytes() for name in ("c.json", "c.html")]


def test_every_check_runs():
    assert len({*run.CHECKS, *run.DATA_CHECKS}) == len(run.CHECKS) + len(run.DATA_CHECKS)
    assert check_json(check_define(HERE / "unseen.xml"))
