"""XML that came from anywhere: parsed without network, entities or document types."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias
from xml.parsers import expat

from lxml import etree

from trialkit.problems import Exit, Kind, Place, Problem, Refusal

MISSING = Kind("DEF-001", "file cannot be read", "Give the path of a define.xml.", exit=Exit.SPEC)
DAMAGED = Kind("DEF-002", "file is not whole as XML", "Make the file again.", exit=Exit.SPEC)
DOCTYPE = Kind(
    "DEF-003", "XML has a document type", "Remove the DOCTYPE: Define-XML needs none.", exit=Exit.SPEC
)

XmlElement: TypeAlias = etree._Element
PIECE = 256


def file_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        Refusal: DEF-001.

    >>> file_bytes(Path("nowhere.xml"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEF-001 nowhere.xml file cannot be read: no such file or directory. ...
    """
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"{MISSING.title}: {(error.strerror or 'unknown reason').lower()}"
        raise Refusal([Problem(MISSING, what, Place(path.name))]) from None


def parse_xml(data: bytes, file: str) -> XmlElement:
    """Parse XML and give its root; no declaration of it is ever acted on.

    Args:
        data: the file.
        file: its name, for problems.

    Raises:
        Refusal: DEF-002 and DEF-003, with the line.

    >>> parse_xml(b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hosts'>]><a>&b;</a>", "a.xml")
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEF-003 a.xml:1 XML has a document type. Remove the DOCTYPE: ...
    """
    _look_ahead(data, file)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _damaged(file, error.lineno or 0, str(error.msg)) from None
    except (ValueError, LookupError) as error:
        raise _damaged(file, 1, str(error)) from None


def line_of(element: XmlElement) -> int:
    """Give the line on which an element stands; 0 where it was made.

    >>> line_of(parse_xml(b"<a/>", "a.xml"))
    1
    """
    line: Any = element.sourceline
    return line or 0


def _look_ahead(data: bytes, file: str) -> None:
    """Read up to the first element only, to refuse a document type before anything acts on it."""
    lines: dict[str, int] = {}
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: lines.setdefault("doctype", parser.CurrentLineNumber)
    parser.StartElementHandler = lambda *_: lines.setdefault("element", parser.CurrentLineNumber)
    try:
        for at in range(0, len(data), PIECE):
            parser.Parse(data[at : at + PIECE])
            if lines:
                break
    except (expat.ExpatError, ValueError, LookupError) as error:
        if not lines:
            said = expat.errors.messages[error.code] if isinstance(error, expat.ExpatError) else str(error)
            raise _damaged(file, getattr(error, "lineno", 1), said) from None
    if "doctype" in lines:
        raise Refusal([Problem(DOCTYPE, DOCTYPE.title, Place(file, lines["doctype"]))])


def _damaged(file: str, line: int, said: str) -> Refusal:
    return Refusal([Problem(DAMAGED, f"{DAMAGED.title}: {said}", Place(file, line))])
