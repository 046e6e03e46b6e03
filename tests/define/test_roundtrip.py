"""Reading a file and writing it gives the same file, whatever is in it."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from define import model
from define.model.element import Extra
from define.model.shape import shape_of
from define.read import parse_define, read_define
from define.write import define_bytes
from trialkit.problems import Problems

FILES = ("official21_sdtm", "official21_adam_arm", "pharmasug2023_vlm", "msg20_sdtm33")
UNSEEN = Path(__file__).parent / "unseen.xml"


def same(path, canonical):
    problems = Problems()
    define = read_define(path, problems)
    written = define_bytes(define)
    assert canonical(written) == canonical(path.read_bytes())
    assert parse_define(written, path.name, Problems()) == define
    return define, problems.items


@pytest.mark.parametrize("name", FILES)
def test_reference_files_come_back(reference, canonical, name):
    _, problems = same(reference / "define" / f"{name}.xml", canonical)
    assert problems == []


def test_reference_files_leave_nothing_to_extras_but_comments(reference):
    for name in FILES:
        define = read_define(reference / "define" / f"{name}.xml", Problems())
        assert [e.xml for e in every_extra(define) if not e.xml.startswith("<!--")] == []


def every_extra(part):
    yield from part.extras
    for field in fields(part):
        value = getattr(part, field.name)
        for one in value if isinstance(value, tuple) else [value]:
            if isinstance(one, model.Element):
                yield from every_extra(one)


def test_what_the_official_examples_never_show(canonical):
    define, problems = same(UNSEEN, canonical)
    assert problems == []
    metadata = define.metadata
    assert metadata.annotated_crf.documents[0].leaf_id == "LF.acrf"
    country = metadata.item_groups[0].items[1]
    assert country.is_non_standard
    assert country.has_no_data
    result = next(item for item in metadata.items if item.name == "VSORRES")
    assert [(o.type, o.source) for o in result.origins] == [
        ("Collected", "Investigator"),
        ("Collected", "Vendor"),
        ("Other", ""),
    ]
    assert [ref.pages for ref in result.origins[0].documents[0].pages] == ["3-5", "VS1 VS2"]
    method = metadata.methods[0]
    assert method.type == "Imputation"
    assert method.expressions[0].text == 'if x < 1 & y > 2 then\n  z = "]";\n'
    assert metadata.where_clauses[0].checks[1].values == ("USA", "")
    assert metadata.analyses.displays[0].results[0].code.code == "proc means;\n  run;"


ODD = {
    "leaf before class": '<ItemGroupDef OID="IG" Name="A" Repeating="No" def:Structure="s"><def:leaf ID="L" '
    'xlink:href="a.xpt"><def:title>a</def:title></def:leaf><def:Class Name="EVENTS"/></ItemGroupDef>',
    "definitions in another order": '<def:leaf ID="L" xlink:href="a.pdf"><def:title/></def:leaf>'
    '<ItemDef OID="I" Name="A" DataType="integer"/><def:CommentDef OID="C"/>',
    "foreign attribute": '<ItemDef OID="I" Name="A" DataType="text" xmlns:v="urn:v" v:id="7" Comment="c"/>',
    "foreign element": '<ItemDef OID="I" Name="A" DataType="text"><v:x xmlns:v="urn:v" a="1">b <v:y>c</v:y> d'
    "</v:x><Description><TranslatedText>t</TranslatedText></Description></ItemDef>",
    "element without namespace": '<ItemDef OID="I" Name="A" DataType="text"><x xmlns="">b</x></ItemDef>',
    "name in a value": '<ItemDef OID="I" Name="A" DataType="text"><v:x xmlns:v="urn:v" xmlns:w="urn:w" '
    'is="w:q"/></ItemDef>',
    "comments among children": "<!--a--><ItemDef OID='I' Name='A' DataType='text'/><?pi b?><!--c-->"
    "<ItemDef OID='J' Name='B' DataType='text'/><!--d-->",
    "comment in a text": '<def:CommentDef OID="C"><Description><TranslatedText>one<!--x--> two <?y z?>'
    "</TranslatedText></Description></def:CommentDef>",
    "values of no type": '<ItemDef OID="I" Name="A" DataType="text" Length="08" SignificantDigits="two"/>'
    '<ItemGroupDef OID="G" Name="A" Repeating="yes" def:Structure="" def:HasNoData="No"/>',
    "empty attributes": '<ItemDef OID="I" Name="" DataType="text" SASFieldName="" def:CommentOID=""/>',
    "elements of ODM": "<Protocol><Description><TranslatedText>p</TranslatedText></Description></Protocol>"
    '<ItemDef OID="I" Name="A" DataType="text"><Question><TranslatedText>q?</TranslatedText></Question>'
    "</ItemDef>",
    "two where one may be": '<ItemDef OID="I" Name="A" DataType="text"><Description/><Description>'
    "<TranslatedText>b</TranslatedText></Description></ItemDef>",
    "title with an element": '<def:leaf ID="L" xlink:href="a"><def:title>a <b xmlns="">c</b></def:title>'
    "</def:leaf>",
    "blanks": '<def:CommentDef OID="C"><Description><TranslatedText>  a\n\tb&#13;\n </TranslatedText>'
    '</Description></def:CommentDef><ItemDef OID="I" Name="A&#10;B&#9;C" DataType="text"/>',
    "empty list": "<def:Standards/><arm:AnalysisResultDisplays/>",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_things_come_back(whole, canonical, name):
    data = whole(ODD[name])
    define = parse_define(data, "define.xml", Problems())
    written = define_bytes(define)
    assert canonical(written) == canonical(data)
    assert parse_define(written, "define.xml", Problems()) == define


def test_another_prefix_comes_back(canonical):
    data = (
        b'<o:ODM xmlns:o="http://www.cdisc.org/ns/odm/v1.3" xmlns:d="http://www.cdisc.org/ns/def/v2.1" '
        b'xmlns:u="urn:unused" FileOID="F" FileType="Snapshot" CreationDateTime="2024-01-31" '
        b'd:Context="Other">'
        b'<o:Study OID="S"><o:MetaDataVersion OID="M" Name="M" d:DefineVersion="2.1.0">'
        b'<d:CommentDef OID="C"/></o:MetaDataVersion></o:Study></o:ODM>'
    )
    written = define_bytes(parse_define(data, "define.xml", Problems()))
    assert b"<o:Study" in written
    # only what links need is declared beside what was
    assert canonical(
        written.replace(b' xmlns="http://www.cdisc.org/ns/odm/v1.3"', b"")
        .replace(b' xmlns:xlink="http://www.w3.org/1999/xlink"', b"")
        .replace(b' xmlns:def="http://www.cdisc.org/ns/def/v2.1"', b"")
    ) == canonical(data)


# -- anything that the model can hold

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn"), include_characters="\n\t<>&\"']")
)
EXTRAS = ("<!-- a -->", "<?pi b?>", '<v:x xmlns:v="urn:v" a="1">b</v:x>')
VALUES = {
    "str": TEXT,
    "int": st.integers(),
    "_decimal": st.decimals(allow_nan=False, allow_infinity=False),
    "_yes_no": st.booleans(),
    "_yes": st.booleans(),
}


@st.composite
def parts(draw, made, depth=0):
    shape, values = shape_of(made), {}
    for slot in shape.attributes:
        value = st.just(slot.absent) | VALUES[slot.read.__name__]
        values[slot.field] = draw(value)
    layout = []
    for nest in shape.children:
        one = st.builds(str, TEXT) if nest.made is str else parts(nest.made, depth + 1)
        most = 2 if nest.many and depth < 6 else 1
        some = draw(st.lists(one, min_size=int(nest.required), max_size=most if depth < 9 else 0))
        values[nest.field] = tuple(some) if nest.many else some[0] if some else None
        layout += [nest.field] * len(some)
    if shape.content:
        values[shape.content] = text = draw(TEXT)
        values["extras"] = tuple(
            Extra(x, len(text)) for x in draw(st.lists(st.sampled_from(EXTRAS[:2]), max_size=1))
        )
    elif made is not model.Define:
        values["extras"] = tuple(Extra(x) for x in draw(st.lists(st.sampled_from(EXTRAS), max_size=2)))
        if values["extras"] or draw(st.booleans()):
            layout = draw(st.permutations(layout + [""] * len(values["extras"])))
            order = [shape.order.get(name, -1) for name in layout]
            in_order = order == sorted(order) and not values["extras"]
            values["layout"] = () if in_order else tuple(layout)
    values["other"] = draw(st.sampled_from([(), (("{urn:w}b", '<&">'),)]))
    return made(**values)


def without_places(part):
    """Forget what reading adds: the declarations."""
    changes = {"namespaces": ()}
    for nest in shape_of(type(part)).children:
        value = getattr(part, nest.field)
        if nest.made is not str and value is not None:
            changes[nest.field] = (
                tuple(without_places(one) for one in value) if nest.many else without_places(value)
            )
    return type(part)(**{f.name: getattr(part, f.name) for f in fields(part)} | changes)


@settings(max_examples=30)
@given(define=parts(model.Define))
def test_what_is_written_is_read(canonical, define):
    written = define_bytes(define)
    read = parse_define(written, "define.xml", Problems())
    assert without_places(read) == without_places(define)
    assert canonical(define_bytes(read)) == canonical(written)
