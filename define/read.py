"""Reads a define.xml into the model; nothing of the file is lost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from define.model.element import Extra, Spot
from define.model.shape import Nest, Shape, Slot, shape_of
from define.model.study import Define, MetaDataVersion, Study
from define.names import ARM, DEF, DEF_20, ODM, odm, short, space_of
from define.upgrade import upgraded
from define.xmlfile import XmlElement, file_bytes, line_of, parse_xml
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal

NOT_ODM = Kind("DEF-004", "not a define.xml", "Give a define.xml: its root is ODM 1.3.", exit=Exit.SPEC)
VERSION = Kind(
    "DEF-005", "not a version of Define-XML that is read", "Convert it to Define-XML 2.1.", exit=Exit.SPEC
)
EMPTY = Kind("DEF-006", "define.xml has no metadata", "Give a file with Study and MetaDataVersion.")
TWICE = Kind("DEF-007", "identifier stands twice", "Give each its own; references can mean only one.")
ABSENT = Kind("DEF-008", "required attribute is absent", "Add it.")
NOT_TYPED = Kind("DEF-009", "attribute is not of its type", "Correct it; until then it is kept as it is.")
UNEXPECTED = Kind(
    "DEF-010",
    "not part of Define-XML 2.1 in this place",
    "Look whether it is in the right place; it is kept as it is.",
    "query",
)
STRAY = Kind("DEF-011", "text where elements belong", "Remove it; it is not kept.")

OURS = {ODM, DEF, ARM}
DEF_SPACES = "http://www.cdisc.org/ns/def/"


def read_define(path: Path, problems: Problems) -> Define:
    """Read a define.xml of version 2.1, or of 2.0, which becomes 2.1.

    Args:
        path: the file.
        problems: where problems go: DEF-007 to DEF-014.

    Raises:
        Refusal: DEF-001 to DEF-006, where there is nothing to read.

    >>> read_define(Path("nowhere.xml"), Problems())
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEF-001 nowhere.xml file cannot be read: ...
    """
    return parse_define(file_bytes(path), path.name, problems)


def parse_define(data: bytes, file: str, problems: Problems) -> Define:
    """Read a define.xml from memory.

    Args:
        data: the file.
        file: its name, for problems.
        problems: as for ``read_define``.

    Raises:
        Refusal: as ``read_define``.

    >>> from define.samples import sample_define
    >>> from define.write import define_bytes
    >>> parse_define(define_bytes(sample_define()), "define.xml", Problems()) == sample_define()
    True
    """
    root = parse_xml(data, file)
    if root.tag != odm("ODM"):
        what = f"{NOT_ODM.title}: its root is {etree.QName(root).localname}"
        raise Refusal([Problem(NOT_ODM, what, Place(file, line_of(root)))])
    if version_of(root, file) == DEF_20:
        found: list[Problem] = []
        beside = _beside(root)
        root = upgraded(root, file, found)
        problems.add(*found)
    else:
        beside = _beside(root)
    _require(root, file)
    return _Reader(file, problems).define(root, beside)


def version_of(root: XmlElement, file: str) -> str:
    """Give the namespace of the version: 2.1 or 2.0.

    Raises:
        Refusal: DEF-005.

    >>> version_of(parse_xml(b'<a xmlns:d="http://www.cdisc.org/ns/def/v2.0" d:b="c"/>', "a.xml"), "a.xml")
    'http://www.cdisc.org/ns/def/v2.0'
    """
    elements = [one for one in root.iter() if isinstance(one.tag, str)]
    used = {space_of(str(name)) for one in elements for name in (one.tag, *one.attrib)}
    spaces = _versions(used) or _versions(root.nsmap.values())
    if len(spaces) == 1 and spaces[0] in (DEF, DEF_20):
        return spaces[0]
    what = f"{VERSION.title}: its namespace is {' and '.join(spaces) or 'absent'}"
    raise Refusal([Problem(VERSION, what, Place(file, line_of(root)))])


def _versions(spaces: Iterable[str]) -> list[str]:
    return sorted({space for space in spaces if space.startswith(DEF_SPACES)})


def _beside(root: XmlElement) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give comments and processing instructions before and after the root."""
    before = [_xml(one) for one in root.itersiblings(preceding=True)]
    return tuple(reversed(before)), tuple(_xml(one) for one in root.itersiblings())


def _xml(element: XmlElement) -> str:
    """Write an element with the namespaces that it uses or declares, and with no others."""
    elements = [one for one in element.iter() if isinstance(one.tag, str)]
    # an element without a namespace needs xmlns="", which canonical XML leaves out
    if not elements or not all(space_of(str(one.tag)) for one in elements):
        return etree.tostring(element, encoding="unicode", with_tail=False)
    own = {prefix for one in elements for prefix, _ in _declared(one)}
    prefixes: Any = sorted(own - {""})
    return etree.tostring(element, method="c14n", exclusive=True, inclusive_ns_prefixes=prefixes).decode()


def _require(root: XmlElement, file: str) -> None:
    study = root.find(Study.TAG)
    metadata = None if study is None else study.find(MetaDataVersion.TAG)
    if metadata is None:
        missing = "Study" if study is None else "MetaDataVersion"
        what = f"{EMPTY.title}: there is no {missing}"
        raise Refusal([Problem(EMPTY, what, Place(file, line_of(root)))])


@dataclass(slots=True)
class _Content:
    """What stands in an element, as it is gathered."""

    found: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    extras: list[Extra] = field(default_factory=list)
    layout: list[str] = field(default_factory=list)
    offset: int = 0

    def in_order(self, order: Mapping[str, int]) -> bool:
        """Say whether the children stand as the fields do, with nothing else among them."""
        places = [order.get(name, -1) for name in self.layout]
        return not self.extras and places == sorted(places)


class _Reader:
    """Reads elements by the shapes of their classes."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.file = file
        self.problems = problems
        self.lines: dict[tuple[str, str], Spot] = {}

    def define(self, root: XmlElement, beside: tuple[tuple[str, ...], tuple[str, ...]]) -> Define:
        more = {"prolog": beside[0], "epilog": beside[1]}
        made: Define = self._made(Define, root, "/odm:ODM", more)
        return made

    def _made(self, made: type[Any], element: XmlElement, xpath: str, more: dict[str, Any]) -> Any:
        shape, spot = shape_of(made), Spot(line_of(element), xpath)
        values, other = self._attributes(shape, element, spot)
        content = self._children(shape, element, spot)
        for nest in shape.children:
            mine = tuple(content.found.get(nest.field, ()))
            values[nest.field] = mine if nest.many else mine[0] if mine else None
        if shape.content:
            values[shape.content] = _text(element)
        layout = () if shape.content or content.in_order(shape.order) else tuple(content.layout)
        return made(
            **values,
            **more,
            other=other,
            extras=tuple(content.extras),
            layout=layout,
            namespaces=_declared(element),
            spot=spot,
        )

    def _attributes(
        self, shape: Shape, element: XmlElement, spot: Spot
    ) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]]:
        left = {str(name): str(value) for name, value in element.attrib.items()}
        values: dict[str, Any] = {}
        for slot in shape.attributes:
            values[slot.field] = slot.absent
            if slot.name in left:
                self._value(slot, left, values, spot)
            elif slot.required:
                what = f"{short(slot.name)} of {_called(element)} is absent"
                self.problems.add(self._problem(ABSENT, what, spot))
        self._unique(element, spot)
        return values, tuple(left.items())

    def _value(self, slot: Slot, left: dict[str, str], values: dict[str, Any], spot: Spot) -> None:
        """Take the value of an attribute, or leave it as text where it is none of its type."""
        try:
            values[slot.field] = slot.exactly(left[slot.name])
        except ValueError:
            if left[slot.name] or slot.required:
                what = f"{short(slot.name)} is not of its type: '{left[slot.name]}'"
                self.problems.add(self._problem(NOT_TYPED, what, spot))
        else:
            del left[slot.name]

    def _unique(self, element: XmlElement, spot: Spot) -> None:
        for name in ("OID", "ID"):
            key = str(element.tag), element.get(name, "")
            if key[1] and self.lines.setdefault(key, spot) is not spot:
                what = f"{_called(element)}: first on line {self.lines[key].line}"
                self.problems.add(self._problem(TWICE, what, spot))

    def _children(self, shape: Shape, element: XmlElement, spot: Spot) -> _Content:
        content = _Content()
        if not len(element):
            self._stray(shape, element.text, spot)
            return content
        nests, steps = shape.by_tag, _Steps(spot.xpath)
        content.offset = len(element.text or "") if shape.content else 0
        self._stray(shape, element.text, spot)
        for child in element:
            tag = child.tag if isinstance(child.tag, str) else ""
            nest = nests.get(tag)
            xpath = steps.to(child)
            free = nest is not None and (nest.many or not content.found[nest.field])
            value = self._child(nest, child, xpath) if nest and free else None
            self._place(content, nest, child, value)
            content.offset += len(child.tail or "") if shape.content else 0
            self._stray(shape, child.tail, spot)
        return content

    def _place(self, content: _Content, nest: Nest | None, child: XmlElement, value: Any) -> None:
        if nest is not None and value is not None:
            content.found[nest.field].append(value)
            content.layout.append(nest.field)
            return
        content.extras.append(Extra(_xml(child), content.offset))
        content.layout.append("")
        if isinstance(child.tag, str) and space_of(child.tag) in OURS:
            what = f"{short(child.tag)} in {_called(child.getparent())}"
            self.problems.add(self._problem(UNEXPECTED, what, Spot(line_of(child))))

    def _child(self, nest: Nest, child: XmlElement, xpath: str) -> Any:
        """Read a child; None for one that holds more than its text and so is kept as XML."""
        if not issubclass(nest.made, str):
            return self._made(nest.made, child, xpath, {})
        return None if len(child) or child.attrib else child.text or ""

    def _stray(self, shape: Shape, text: str | None, spot: Spot) -> None:
        if text and not shape.content and text.strip():
            self.problems.add(self._problem(STRAY, STRAY.title, spot))

    def _problem(self, kind: Kind, what: str, spot: Spot) -> Problem:
        return Problem(kind, what, Place(self.file, spot.line, field=spot.xpath))


def _text(element: XmlElement) -> str:
    return "".join([element.text or "", *(child.tail or "" for child in element)])


def _declared(element: XmlElement) -> tuple[tuple[str, str], ...]:
    """Give the namespaces that are declared on an element; "" is the prefix of the default."""
    parent = element.getparent()
    above = {} if parent is None else parent.nsmap
    mine = {prefix: space for prefix, space in element.nsmap.items() if above.get(prefix) != space}
    return tuple(sorted((prefix or "", space) for prefix, space in mine.items()))


class _Steps:
    """Writes the XPath of each child: by its identifier where it is the first with it, else by its number."""

    def __init__(self, above: str) -> None:
        self.above = above
        self.seen = Counter[tuple[str, str]]()

    def to(self, child: XmlElement) -> str:
        if not isinstance(child.tag, str):
            return self.above
        by = next((name for name in ("OID", "ID", "CodedValue") if child.get(name)), "")
        value, tag = child.get(by, "") if by else "", short(child.tag)
        self.seen[tag, ""] += 1
        self.seen[tag, f"{by}={value}"] += 1
        named = by and "'" not in value and self.seen[tag, f"{by}={value}"] == 1
        test = f"@{by}='{value}'" if named else str(self.seen[tag, ""])
        return f"{self.above}/{tag}[{test}]"


def _called(element: XmlElement | None) -> str:
    """Name an element as a person does."""
    if element is None or not isinstance(element.tag, str):
        return "the file"
    keys: Iterable[str] = ("OID", "ID", "CodedValue", "ItemOID", "Name")
    key = next((element.get(name) for name in keys if element.get(name)), "")
    return f"{short(element.tag)} {key}".strip()
