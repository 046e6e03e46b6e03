"""Bad files are coded problems with lines; 2.0 becomes 2.1 and says what that meant."""

from pathlib import Path

import pytest
from lxml import etree

from define.names import ARM, DEF, ODM, XLINK
from define.read import parse_define, read_define
from define.write import define_bytes
from trialkit.problems import Problems, Refusal

HERE = Path(__file__).parent

REFUSED = {
    "nothing": (b"", "DEF-002", 1),
    "no XML": (b"PK\x03\x04rubbish", "DEF-002", 1),
    "null bytes": (b"\x00" * 64, "DEF-002", 1),
    "unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><ODM/>', "DEF-002", 1),
    "wrong bytes": (b'<?xml version="1.0" encoding="UTF-8"?>\n<ODM>\xff</ODM>', "DEF-002", 2),
    "cut off": (b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3">\n<Study>\n', "DEF-002", 3),
    "undefined entity": (b"<ODM>\n&nbsp;</ODM>", "DEF-002", 2),
    "two roots": (b"<ODM/>\n<ODM/>", "DEF-002", 2),
    "another root": (b"<!-- x -->\n<html/>", "DEF-004", 2),
    "ODM without namespace": (b"<ODM/>", "DEF-004", 1),
    "ODM 1.2": (b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.2"/>', "DEF-004", 1),
    "ODM and no define": (b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"/>', "DEF-005", 1),
    "define 1.0": (
        b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:d="http://www.cdisc.org/ns/def/v1.0" d:a="b"/>',
        "DEF-005",
        1,
    ),
    "define 3.0": (
        b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:d="http://www.cdisc.org/ns/def/v3.0" d:a="b"/>',
        "DEF-005",
        1,
    ),
    "no metadata": (
        b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:d="http://www.cdisc.org/ns/def/v2.1"\n d:a="b">'
        b"<Study/></ODM>",
        "DEF-006",
        2,
    ),
    "document type": (b"<?xml version='1.0'?>\n\n<!DOCTYPE ODM>\n<ODM/>", "DEF-003", 3),
    "file of the system": (
        b'<!DOCTYPE ODM [<!ENTITY x SYSTEM "file:///etc/passwd">]><ODM>&x;</ODM>',
        "DEF-003",
        1,
    ),
    "from elsewhere": (b'<!DOCTYPE ODM SYSTEM "http://127.0.0.1:1/evil.dtd"><ODM/>', "DEF-003", 1),
    "billion laughs": (
        b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]><l>&c;</l>',
        "DEF-003",
        1,
    ),
    "document type in UTF-16": ("<!DOCTYPE ODM><ODM/>".encode("utf-16"), "DEF-003", 1),
    "too deep": (b"<a>" * 300 + b"</a>" * 300, "DEF-002", 1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_code_and_a_line(name):
    data, code, line = REFUSED[name]
    with pytest.raises(Refusal) as refusal:
        parse_define(data, "define.xml", Problems())
    problem = refusal.value.problems[0]
    assert (problem.kind.code, problem.where.file) == (code, "define.xml")
    assert abs(problem.where.line - line) <= 1


def test_no_file(tmp_path):
    for path in (tmp_path, tmp_path / "no.xml"):
        with pytest.raises(Refusal, match="DEF-001"):
            read_define(path, Problems())


def test_every_cut_of_a_file_is_refused_or_read():
    data = (HERE / "unseen.xml").read_bytes()
    for end in range(0, len(data) - 20, 97):
        with pytest.raises(Refusal, match=r"DEF-00[2-6]"):
            parse_define(data[:end], "define.xml", Problems())


def test_utf16_is_read():
    text = (HERE / "unseen.xml").read_text("utf-8").replace('encoding="UTF-8"', 'encoding="UTF-16"')
    define = parse_define(text.encode("utf-16"), "define.xml", Problems())
    assert define == read_define(HERE / "unseen.xml", Problems())


FOUND = {
    "DEF-007": '<ItemDef OID="I" Name="A" DataType="text"/>\n<ItemDef OID="I" Name="A" DataType="text"/>',
    "DEF-008": '\n<ItemDef Name="A" DataType="text"/>',
    "DEF-009": '\n<ItemDef OID="I" Name="A" DataType="text" Length="eight"/>',
    "DEF-010": '\n<ItemDef OID="I" Name="A" DataType="text"><def:leaf ID="L" xlink:href="a"/></ItemDef>',
    "DEF-011": '\n<ItemDef OID="I" Name="A" DataType="text">stray</ItemDef>',
}


@pytest.mark.parametrize("code", FOUND)
def test_doubts_have_a_code_a_line_and_an_xpath(parsed, whole, code):
    _, problems = parsed(FOUND[code])
    assert [(one.kind.code, one.where.line) for one in problems] == [(code, 2)]
    if problems[0].where.field:
        spaces = {"odm": ODM, "def": DEF, "arm": ARM, "xlink": XLINK}
        found = etree.fromstring(whole(FOUND[code])).xpath(problems[0].where.field, namespaces=spaces)
        assert [one.sourceline for one in found] == [2]


def test_same_identifier_of_two_kinds_is_fine(parsed):
    _, problems = parsed('<ItemDef OID="X" Name="A" DataType="text"/><def:CommentDef OID="X"/>')
    assert problems == []


def test_version_20_becomes_21():
    problems = Problems()
    define = read_define(HERE / "version20.xml", problems)
    metadata = define.metadata
    assert metadata.define_version == "2.1.0"
    standard = metadata.standards.standards[0]
    assert (standard.name, standard.version, standard.type) == ("SDTMIG", "3.2", "IG")
    group = metadata.item_groups[0]
    assert (group.dataset_class.name, group.standard_oid, group.leaf.href) == (
        "FINDINGS",
        standard.oid,
        "lb.xpt",
    )
    assert [(item.origins[0].type, item.origins[0].source) for item in metadata.items] == [
        ("Collected", "Investigator"),
        ("Collected", "Vendor"),
    ]
    assert metadata.items[0].origins[0].documents[0].pages[0].pages == "3"
    said = [(one.kind.code, one.where.line, one.what) for one in problems.items]
    assert said == [
        ("DEF-014", 3, "def:Context of ODM: Submission or Other"),
        ("DEF-013", 10, "standard SDTM-IG 3.2 is now STD.1 of every dataset, Final"),
        ("DEF-014", 10, "def:Standard of the terminology: package, publishing set, version"),
        ("DEF-012", 15, "def:DomainKeys of LB"),
        ("DEF-013", 29, "origin CRF of IT.LB.USUBJID is now Collected, source Investigator"),
        ("DEF-013", 39, "origin eDT of IT.LB.LBORRES is now Collected, source Vendor"),
    ]
    assert b"def/v2.0" not in define_bytes(define)
    assert b"<!-- the one dataset -->" in define_bytes(define)
    assert parse_define(define_bytes(define), "define.xml", Problems()) == define
