"""What is written: hostile text is inert, scripts are refused, added parts stand where they belong."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from define.href import SCRIPTS, scheme
from define.model import CommentDef, Description, Extra, ItemDef, Leaf
from define.names import def_, odm
from define.read import parse_define
from define.samples import sample_define
from define.write import define_bytes, write_define
from trialkit.problems import Problems, Refusal


def with_metadata(**changes):
    define = sample_define()
    return replace(define, study=replace(define.study, metadata=replace(define.metadata, **changes)))


HOSTILE = ["<script>alert(1)</script>", "]]>", "&amp; & &lt;", "\"'", "<!-- -->", "<?extra 0?>", "=1+1"]


@pytest.mark.proves("TK-INERT-1")
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text):
    comment = CommentDef(oid=text, description=Description.of(text, text))
    written = define_bytes(with_metadata(comments=(comment,)))
    assert parse_define(written, "define.xml", Problems()).metadata.comments == (comment,)
    root = etree.fromstring(written)
    assert root.findall(".//script") == []
    assert b"<script" not in written


LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "java\tscript:alert(1)",
    "\u00a0javascript:alert(1)",
    "vbscript:x",
    "data:text/html,<script>alert(1)</script>",
]


@pytest.mark.parametrize("href", LINKS)
def test_links_that_run_scripts_are_refused(href):
    with pytest.raises(Refusal, match="DEF-021"):
        define_bytes(with_metadata(leaves=(Leaf(id="LF.1", href=href, title="x"),)))
    extra = Extra('<v:a xmlns:v="urn:v" href="javascript:alert(1)"/>')
    with pytest.raises(Refusal, match="DEF-021"):
        define_bytes(with_metadata(extras=(extra,)))


@pytest.mark.parametrize(
    "href", ["acrf.pdf", "../a b.pdf", "a.pdf#page=3", "https://example.org/a", "a/data:b"]
)
def test_other_links_are_kept(href):
    leaf = Leaf(id="LF.1", href=href, title="x")
    written = define_bytes(with_metadata(leaves=(leaf,)))
    assert parse_define(written, "define.xml", Problems()).metadata.leaves == (leaf,)


@given(st.text(), st.sampled_from(sorted(SCRIPTS)))
def test_a_scheme_is_found_however_it_is_spaced(rest, name):
    assert scheme(f"\x01 {name[:2]}\n{name[2:].upper()}:{rest}") == name


@pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "\ud800", "\ufffe"])
def test_text_that_xml_cannot_hold(text):
    with pytest.raises(Refusal, match="DEF-020"):
        define_bytes(with_metadata(comments=(CommentDef(oid="C", description=Description.of(text)),)))


@pytest.mark.parametrize("xml", ["<a>", "</a>", "<a/><b/>", "text", "", "<x:y/>", "<!DOCTYPE a>", "&x;"])
def test_an_extra_is_one_piece_of_xml(xml):
    with pytest.raises(Refusal, match="DEF-020"):
        define_bytes(with_metadata(extras=(Extra(xml),)))


def test_added_parts_stand_where_they_belong(whole):
    inside = (
        '<!-- groups --><ItemDef OID="I" Name="A" DataType="text"/><!-- after items -->'
        '<def:leaf ID="L" xlink:href="a"><def:title/></def:leaf>'
    )
    define = parse_define(whole(inside), "define.xml", Problems())
    more = replace(
        define.metadata,
        items=(*define.metadata.items, ItemDef(oid="J", name="B", data_type="text")),
        comments=(CommentDef(oid="C", description=Description.of("x")),),
        codelists=(),
    )
    root = etree.fromstring(define_bytes(replace(define, study=replace(define.study, metadata=more))))
    tags = [one.tag if isinstance(one.tag, str) else "" for one in root[0][1]]
    assert tags == ["", odm("ItemDef"), odm("ItemDef"), "", def_("CommentDef"), def_("leaf")]


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "define.xml"
    path.write_text("before")
    with pytest.raises(Refusal):
        write_define(path, with_metadata(leaves=(Leaf(id="L", href="javascript:x"),)))
    assert [one.name for one in tmp_path.iterdir()] == ["define.xml"]
    assert path.read_text() == "before"


def test_same_model_same_bytes():
    assert define_bytes(sample_define()) == define_bytes(sample_define())
