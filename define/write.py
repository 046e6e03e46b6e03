"""Writes the model as Define-XML 2.1; the same model gives the same bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lxml import etree

from define.href import refuse_script
from define.model.element import Element
from define.model.shape import Nest, Shape, shape_of
from define.model.study import Define
from define.names import ARM, DEF, ODM, XLINK
from define.whole import write_whole
from define.xmlfile import XmlElement
from trialkit.problems import Kind, Place, Problem, Refusal

NOT_XML = Kind("DEF-020", "text that XML cannot hold", "Remove its control characters.")

USUAL = {"": ODM, "def": DEF, "xlink": XLINK}
INDENT = "  "
MARK = "extra"
_MARKS = re.compile(rb"<\?extra (\d+)\?>")
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def write_define(path: Path, define: Define) -> None:
    """Write a define.xml, whole or not at all.

    Raises:
        Refusal: DEF-020 and DEF-021; PUB-003, the file cannot be written.

    >>> import tempfile
    >>> from define.samples import sample_define
    >>> path = Path(tempfile.mkdtemp()) / "define.xml"
    >>> write_define(path, sample_define())
    >>> path.read_bytes() == define_bytes(sample_define())
    True
    """
    write_whole(path, define_bytes(define))


def define_bytes(define: Define) -> bytes:
    r"""Write a define.xml into memory.

    Raises:
        Refusal: DEF-020 for a character that XML has no place for, DEF-021 for a link that runs a script.

    >>> from define.samples import sample_define
    >>> define_bytes(sample_define())[:56]
    b'<?xml version="1.0" encoding="UTF-8"?>\n<ODM xmlns="http:'
    """
    extras = _Extras()
    root = _written(define, None, 0, extras)
    for one in define.prolog:
        root.addprevious(extras.mark(one))
    for one in reversed(define.epilog):
        root.addnext(extras.mark(one))
    data = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=False)
    return DECLARATION + extras.put_in(data) + b"\n"


def _written(part: Element, parent: XmlElement | None, depth: int, extras: _Extras) -> XmlElement:
    shape = shape_of(type(part))
    spaces: Any = {prefix or None: space for prefix, space in _namespaces(part)}
    try:
        element = (
            etree.Element(part.TAG, nsmap=spaces)
            if parent is None
            else etree.SubElement(parent, part.TAG, nsmap=spaces)
        )
        for name, value in _attributes(part, shape):
            element.set(name, value)
        if shape.content:
            _fill_text(element, part, getattr(part, shape.content), extras)
        else:
            _fill(element, part, shape, depth, extras)
    except ValueError:
        what = f"{NOT_XML.title}, in {etree.QName(part.TAG).localname} {getattr(part, 'oid', '')}"
        raise Refusal([Problem(NOT_XML, what.strip(), Place(line=part.spot.line))]) from None
    return element


def _namespaces(part: Element) -> tuple[tuple[str, str], ...]:
    """Give the declarations of an element; the root has those that are always needed."""
    if not isinstance(part, Define):
        return part.namespaces
    usual = USUAL | ({"arm": ARM} if part.metadata.analyses else {})
    there = {space for prefix, space in part.namespaces if prefix or space == ODM}
    taken = {prefix for prefix, _ in part.namespaces}
    more = [(prefix, space) for prefix, space in usual.items() if space not in there and prefix not in taken]
    return tuple(sorted((*part.namespaces, *more)))


def _attributes(part: Element, shape: Shape) -> list[tuple[str, str]]:
    made = [(slot.name, slot.text(getattr(part, slot.field))) for slot in shape.attributes]
    every = [(name, text) for name, text in made if text is not None] + list(part.other)
    for name, text in every:
        refuse_script(name, text, part)
    return every


def _fill_text(element: XmlElement, part: Element, text: str, extras: _Extras) -> None:
    """Write the text of an element, each extra where it stood in it."""
    ends = [*(extra.offset for extra in part.extras), len(text)]
    element.text = text[: ends[0]]
    for extra, end in zip(part.extras, ends[1:], strict=True):
        made = extras.mark(extra.xml)
        element.append(made)
        made.tail = text[extra.offset : end]


def _fill(element: XmlElement, part: Element, shape: Shape, depth: int, extras: _Extras) -> None:
    last: XmlElement | None = None
    for nest, value in _ordered(part, shape):
        if nest is None:
            child = extras.mark(value)
            element.append(child)
        elif issubclass(nest.made, str):
            child = etree.SubElement(element, nest.tag)
            child.text = value
        else:
            child = _written(value, element, depth + 1, extras)
        last = child
        child.tail = "\n" + INDENT * (depth + 1)
    if last is not None:
        element.text, last.tail = "\n" + INDENT * (depth + 1), "\n" + INDENT * depth


def _ordered(part: Element, shape: Shape) -> list[tuple[Nest | None, Any]]:
    """Give the children in the order in which they were read, else in that of the fields.

    Where there are more than the layout tells of, they stand after the last of their kind, or where
    the order of the fields puts them.
    """
    left = {nest.field: _values(part, nest) for nest in shape.children}
    nests, extras = {nest.field: nest for nest in shape.children}, list(part.extras)
    made: list[tuple[Nest | None, Any]] = []
    absent = [nest for nest in shape.children if nest.field not in part.layout]
    for place, name in enumerate(part.layout):
        while name and absent and shape.order[absent[0].field] < shape.order[name]:
            first = absent.pop(0)
            made += [(first, value) for value in left.pop(first.field)]
        if not name:
            made += [(None, extra.xml) for extra in extras[:1]]
            extras = extras[1:]
        elif name in left:
            rest = left[name]
            count = len(rest) if name not in part.layout[place + 1 :] else 1
            made += [(nests[name], value) for value in rest[:count]]
            left[name] = rest[count:]
    made += [(None, extra.xml) for extra in extras]
    return made + [(nests[name], value) for name, values in left.items() for value in values]


def _values(part: Element, nest: Nest) -> list[Any]:
    value = getattr(part, nest.field)
    if nest.many:
        return list(value)
    return [] if value is None else [value]


class _Extras:
    """The extras of a file: a mark stands for each until the file is text.

    An lxml tree cannot take them: an element without a namespace would get that of its new parent.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []

    def mark(self, xml: str) -> XmlElement:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            holder = etree.fromstring(f"<extra>{xml}</extra>", parser)
        except etree.XMLSyntaxError as error:
            raise Refusal([Problem(NOT_XML, f"an extra is not XML: {error.msg}")]) from None
        if len(holder) != 1 or holder.text or holder[0].tail:
            raise Refusal([Problem(NOT_XML, "an extra is not one element, comment or instruction")])
        for one in holder.iter():
            for name, value in one.attrib.items():
                refuse_script(str(name), str(value), Element())
        self.texts.append(xml)
        return etree.ProcessingInstruction(MARK, str(len(self.texts) - 1))

    def put_in(self, data: bytes) -> bytes:
        return _MARKS.sub(lambda found: self.texts[int(found[1])].encode(), data)
