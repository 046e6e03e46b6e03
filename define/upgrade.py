"""Define-XML 2.0 to 2.1, on the XML itself, so that all that is alike in both needs no code."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from define.names import DEF, DEF_20, def_, odm, space_of
from define.xmlfile import XmlElement, line_of
from trialkit.problems import Kind, Place, Problem

NOT_KEPT = Kind(
    "DEF-012", "Define-XML 2.1 has no place for it", "Say it in a comment, if it is still true.", "query"
)
CHANGED = Kind("DEF-013", "said in another way by Define-XML 2.1", "Look whether it is right.", "query")
UNKNOWN = Kind(
    "DEF-014", "needed by Define-XML 2.1 and not in a 2.0 file", "Add it before the file is used.", "query"
)

# the origins of 2.0 that 2.1 has no more, and what they mean there (Define-XML 2.1, 5.3.12.3)
ORIGINS = {"CRF": ("Collected", "Investigator"), "eDT": ("Collected", "Vendor")}
NAMES = {"SDTM-IG": "SDTMIG", "ADaM-IG": "ADaMIG", "SEND-IG": "SENDIG"}
STANDARD = "STD.1"


def upgraded(root: XmlElement, file: str, problems: list[Problem]) -> XmlElement:
    """Make 2.1 of 2.0; lines stay those of the file.

    Args:
        root: the root of a 2.0 file.
        file: its name, for problems.
        problems: where problems go: DEF-012 what was lost, DEF-013 what was changed, DEF-014 what
            nobody can know.

    >>> from lxml import etree
    >>> old = etree.fromstring('<a xmlns:d="http://www.cdisc.org/ns/def/v2.0" d:Class="EVENTS"/>')
    >>> etree.tostring(upgraded(old, "define.xml", []))
    b'<a xmlns:d="http://www.cdisc.org/ns/def/v2.1" d:Class="EVENTS"/>'
    """
    new = _renamed(root, None)
    for change in (_context, _standard, _classes, _origins):
        problems.extend(change(new, file))
    return new


def _renamed(old: XmlElement, parent: XmlElement | None) -> XmlElement:
    """Copy an element with the namespace of 2.1 in place of that of 2.0."""
    spaces = {prefix: DEF if space == DEF_20 else space for prefix, space in old.nsmap.items()}
    attributes = {_name(str(name)): value for name, value in old.attrib.items()}
    new = etree.Element(_name(str(old.tag)), attributes, nsmap=spaces)  # type: ignore[arg-type]
    if parent is not None:
        parent.append(new)
    new.text, new.tail = old.text, old.tail
    new.sourceline = old.sourceline
    for child in old:
        if isinstance(child.tag, str):
            _renamed(child, new)
        else:
            new.append(etree.fromstring(f"<a>{etree.tostring(child, encoding='unicode')}</a>")[0])
    return new


def _name(name: str) -> str:
    return def_(name.rpartition("}")[2]) if space_of(name) == DEF_20 else name


def _place(element: XmlElement, file: str) -> Place:
    return Place(file, line_of(element))


def _context(root: XmlElement, file: str) -> Iterator[Problem]:
    if root.tag == odm("ODM") and root.get(def_("Context")) is None:
        yield Problem(UNKNOWN, "def:Context of ODM: Submission or Other", _place(root, file))


def _standard(root: XmlElement, file: str) -> Iterator[Problem]:
    """Make def:Standards of StandardName and StandardVersion, and let each dataset follow it."""
    for metadata in root.iter(odm("MetaDataVersion")):
        said = metadata.attrib.pop(def_("StandardName"), ""), metadata.attrib.pop(def_("StandardVersion"), "")
        name, version = str(said[0]), str(said[1])
        metadata.set(def_("DefineVersion"), "2.1.0")
        if not name:
            continue
        standards = etree.Element(def_("Standards"))
        attributes = {"OID": STANDARD, "Name": NAMES.get(name, name), "Type": "IG", "Version": version}
        etree.SubElement(standards, def_("Standard"), attributes | {"Status": "Final"})
        metadata.insert(0, standards)
        for group in metadata.iter(odm("ItemGroupDef")):
            group.set(def_("StandardOID"), STANDARD)
        place = _place(metadata, file)
        yield Problem(CHANGED, f"standard {name} {version} is now {STANDARD} of every dataset, Final", place)
        yield Problem(UNKNOWN, "def:Standard of the terminology: package, publishing set, version", place)


def _classes(root: XmlElement, file: str) -> Iterator[Problem]:
    """Make def:Class an element; it stands before the leaf."""
    for group in root.iter(odm("ItemGroupDef")):
        said = str(group.attrib.pop(def_("Class"), ""))
        if said:
            made = etree.Element(def_("Class"), {"Name": said})
            made.sourceline = group.sourceline
            leaf = group.find(def_("leaf"))
            group.insert(len(group) if leaf is None else group.index(leaf), made)
        for name in ("Label", "DomainKeys"):
            if group.attrib.pop(def_(name), ""):
                yield Problem(NOT_KEPT, f"def:{name} of {group.get('Name')}", _place(group, file))


def _origins(root: XmlElement, file: str) -> Iterator[Problem]:
    for origin in root.iter(def_("Origin")):
        said = origin.get("Type", "")
        if said in ORIGINS:
            kind, source = ORIGINS[said]
            origin.set("Type", kind)
            origin.set("Source", source)
            what = f"origin {said} of {_owner(origin)} is now {kind}, source {source}"
            yield Problem(CHANGED, what, _place(origin, file))


def _owner(origin: XmlElement) -> str:
    parent = origin.getparent()
    return "" if parent is None else parent.get("OID", "")
