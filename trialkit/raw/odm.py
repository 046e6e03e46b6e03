"""ODM-XML clinical data to an all-text table (Operational Data Model 1.3.2, section 3.1.4)."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, cast
from xml.parsers import expat

import numpy as np
from lxml import etree

from trialkit.column import Column
from trialkit.problems import Exit, Kind, Problem, Problems, did_you_mean
from trialkit.raw.files import DAMAGED, RawFile
from trialkit.raw.source import OdmSource
from trialkit.raw.table import RawTable

DOCTYPE = Kind("RAW-060", "XML has a document type", "Remove the DOCTYPE: ODM needs none.", exit=Exit.SPEC)
NOT_ODM = Kind("RAW-061", "not an ODM 1.3 file", "Export ODM-XML 1.3.")
NO_GROUP = Kind("RAW-062", "no such form or item group", "Name a FormOID and ItemGroupOID of the file.")
TRANSACTION = Kind("RAW-063", "transactions do more than insert data", "Export a snapshot, or keep them.")
NO_ITEM = Kind("RAW-065", "item has no ItemOID", "Ask for the export again.")
TWICE = Kind("RAW-064", "item stands twice in one item group", "Ask for the export again.")

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
ODM = f"{{{NAMESPACE}}}"
PROLOG_LIMIT = 2**20
PIECE = 2**16
_LEVELS = (
    ("ClinicalData", ("StudyOID",)),
    ("SubjectData", ("SubjectKey",)),
    ("StudyEventData", ("StudyEventOID", "StudyEventRepeatKey")),
    ("FormData", ("FormOID", "FormRepeatKey")),
    ("ItemGroupData", ("ItemGroupOID", "ItemGroupRepeatKey")),
)
_SITE, _TRANSACTION = "LocationOID", "TransactionType"
_REMOVE, _PLAIN = "Remove", ("", "Insert")
FIXED = tuple(name for _, names in _LEVELS for name in names)
FIXED = (*FIXED[:2], _SITE, *FIXED[2:], _TRANSACTION)

Element: TypeAlias = etree._Element


@dataclass(slots=True)
class _Harvest:
    """What one pass over the file finds."""

    lines: list[int] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    defined: dict[str, list[str]] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    twice: list[tuple[int, str]] = field(default_factory=list)
    unnamed: list[int] = field(default_factory=list)


def read_odm(source: OdmSource, name: str, file: RawFile, problems: Problems) -> RawTable | None:
    """Read one item group of one form.

    Args:
        source: which form and item group.
        name: the name of the source.
        file: the file.
        problems: where problems go: RAW-007, RAW-060 to RAW-065.

    Returns:
        The table: one row per ItemGroupData, its line that of the element. Columns as ``OdmSource``
        says; an item with a MeasurementUnitRef has a column ``<ItemOID>.MeasurementUnitOID`` too.

    >>> from pathlib import Path
    >>> found, file = Problems(), RawFile(Path("a.xml"), "a.xml", b"<!DOCTYPE ODM><ODM/>", "")
    >>> read_odm(OdmSource(format="odm", file="a.xml", form="F", item_group="I"), "A", file, found)
    >>> found.items[0].kind.code
    'RAW-060'
    """
    if not _safe(file, problems):
        return None
    harvest = _Harvest()
    try:
        for line, element in _elements(file.data):
            _gather(element, line, source, harvest)
    except etree.XMLSyntaxError as error:
        what = f"'{file.file}' is not whole as XML: {error.msg}"
        problems.add(Problem(DAMAGED, what, file.place(error.lineno or 0)))
        return None
    if not _known(source, harvest, file, problems):
        return None
    _doubts(source, harvest, file, problems)
    return _table(source, name, harvest, file)


def _safe(file: RawFile, problems: Problems) -> bool:
    """Read up to the first element only, so that no declaration is ever acted on."""
    seen: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = lambda *_: seen.append("DOCTYPE")
    parser.StartElementHandler = lambda tag, _: seen.append(tag)
    at = 0
    try:
        while not seen and at < min(len(file.data), PROLOG_LIMIT):
            parser.Parse(file.data[at : at + 256])
            at += 256
    except (ValueError, LookupError):  # an encoding that the parser does not know
        hint = "Export it in UTF-8."
        what = f"'{file.file}' declares an encoding that is not read here"
        problems.add(Problem(DAMAGED, what, file.place(1), hint=hint))
        return False
    except expat.ExpatError as error:
        if not seen:
            what = f"'{file.file}' is not XML: {expat.errors.messages[error.code]}"
            problems.add(Problem(DAMAGED, what, file.place(error.lineno)))
            return False
    first = seen[0] if seen else ""
    if first != f"{NAMESPACE} ODM":
        kind = DOCTYPE if first == "DOCTYPE" else NOT_ODM
        problems.add(Problem(kind, f"'{file.file}': {kind.title}", file.place()))
    return first == f"{NAMESPACE} ODM"


def _elements(data: bytes) -> Iterator[tuple[int, Element]]:
    """Give definitions and item groups as they end, with the line on which they begin.

    The lines are counted here, because the parser's own stop at 65,535. Each subject is forgotten
    after use.
    """
    tags = [f"{ODM}{tag}" for tag in ("ItemDef", "ItemGroupDef", "FormDef", "ItemGroupData", "SubjectData")]
    parser = etree.XMLPullParser(
        ("start", "end"), tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    begun = 0
    for line, piece in _pieces(data):
        parser.feed(piece)
        for event, found in parser.read_events():
            element = cast(Element, found)
            if event == "start":
                begun = line
                continue
            yield begun, element
            if element.tag == f"{ODM}SubjectData":
                _forget(element)
    parser.close()


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(io.BytesIO(data), 1):
        for first in range(0, len(line), PIECE):
            yield number, line[first : first + PIECE]


def _forget(element: Element) -> None:
    element.clear()
    while (earlier := element.getprevious()) is not None and earlier.tag == element.tag:
        cast(Element, element.getparent()).remove(earlier)


def _gather(element: Element, line: int, source: OdmSource, harvest: _Harvest) -> None:
    match etree.QName(element).localname:
        case "ItemDef":
            question = " ".join(" ".join(map(str, element.itertext(f"{ODM}TranslatedText"))).split())
            harvest.labels[element.get("OID", "")] = question or element.get("Name", "")
        case "ItemGroupDef":
            harvest.defined[element.get("OID", "")] = _references(element, "ItemRef", "ItemOID")
        case "FormDef":
            for group in _references(element, "ItemGroupRef", "ItemGroupOID"):
                harvest.seen.add((element.get("OID", ""), group))
        case "ItemGroupData":
            keys = _keys(element)
            place = keys["FormOID"], keys["ItemGroupOID"]
            harvest.seen.add(place)
            if place == (source.form, source.item_group):
                _add_row(element, line, keys, harvest)


def _references(element: Element, tag: str, key: str) -> list[str]:
    return [reference.get(key, "") for reference in element.iterchildren(f"{ODM}{tag}")]


def _keys(element: Element) -> dict[str, str]:
    """Give the keys of an ItemGroupData and of all that it stands in."""
    above = {_name(part): part for part in (element, *element.iterancestors())}
    keys = {key: above[tag].get(key, "") for tag, names in _LEVELS for key in names if tag in above}
    site = above["SubjectData"].find(f"{ODM}SiteRef") if "SubjectData" in above else None
    kinds = [above[tag].get(_TRANSACTION, "") for tag, _ in reversed(_LEVELS) if tag in above]
    keys[_SITE] = "" if site is None else site.get(_SITE, "")
    keys[_TRANSACTION] = _transaction(kinds)
    return {name: keys.get(name, "") for name in FIXED}


def _name(element: Element) -> str:
    """Give the name of an element of ODM; "" for a comment or an element of a vendor."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.removeprefix(ODM) if tag.startswith(ODM) else ""


def _transaction(kinds: Iterable[str]) -> str:
    """Say what transactions do, the nearest first: one that removes counts, else the nearest."""
    found = [kind for kind in kinds if kind]
    return _REMOVE if _REMOVE in found else next(iter(found), "")


def _add_row(element: Element, line: int, keys: dict[str, str], harvest: _Harvest) -> None:
    row = dict(keys)
    for item in element.iterchildren():
        tag = _name(item)
        if not tag.startswith("ItemData"):
            continue
        name = item.get("ItemOID", "")
        if not name:
            harvest.unnamed.append(line)
            continue
        if name in row:
            harvest.twice.append((line, name))
        row[name] = _value(item, tag)
        unit = item.find(f"{ODM}MeasurementUnitRef")
        if unit is not None:
            row[f"{name}.MeasurementUnitOID"] = unit.get("MeasurementUnitOID", "")
        if (kind := item.get(_TRANSACTION, "")) not in _PLAIN:
            row[_TRANSACTION] = _transaction((kind, row[_TRANSACTION]))
    harvest.rows.append(row)
    harvest.lines.append(line)


def _value(item: Element, tag: str) -> str:
    if item.get("IsNull") == "Yes":
        return ""
    if tag == "ItemData":
        return item.get("Value", "")
    behind = [part.tail or "" for part in item if not isinstance(part.tag, str)]  # comments cut the text
    return "".join([item.text or "", *behind])


def _known(source: OdmSource, harvest: _Harvest, file: RawFile, problems: Problems) -> bool:
    if (source.form, source.item_group) in harvest.seen:
        return True
    forms = {form for form, _ in harvest.seen}
    groups = {group for form, group in harvest.seen if form == source.form}
    if groups:
        what, hint = (
            f"form {source.form} has no item group {source.item_group}",
            did_you_mean(source.item_group, groups),
        )
    else:
        what, hint = f"no form {source.form}", did_you_mean(source.form, forms)
    problems.add(Problem(NO_GROUP, what, file.place(), hint=hint))
    return False


def _doubts(source: OdmSource, harvest: _Harvest, file: RawFile, problems: Problems) -> None:
    for line, item in harvest.twice:
        problems.add(Problem(TWICE, f"item {item} stands twice in one ItemGroupData", file.place(line, item)))
    for line in harvest.unnamed:
        problems.add(Problem(NO_ITEM, "an ItemData has no ItemOID", file.place(line)))
    kinds = Counter(row[_TRANSACTION] for row in harvest.rows)
    for kind in kinds:
        if kind not in _PLAIN and source.transactions == "error":
            first = next(n for n, row in enumerate(harvest.rows) if row[_TRANSACTION] == kind)
            what = f"transaction {kind} in item group {source.item_group}"
            place = file.place(harvest.lines[first], _TRANSACTION)
            problems.add(Problem(TRANSACTION, what, place, count=kinds[kind]))


def _table(source: OdmSource, name: str, harvest: _Harvest, file: RawFile) -> RawTable:
    found = [item for row in harvest.rows for item in row]
    names = dict.fromkeys([*FIXED, *harvest.defined.get(source.item_group, []), *found])
    columns = {column: Column.text(row.get(column, "") for row in harvest.rows) for column in names}
    labels = {column: harvest.labels[column] for column in names if harvest.labels.get(column)}
    lines = np.array(harvest.lines, np.int32)
    return RawTable(name, file.file, columns, lines, "line", labels, file.sha256)
