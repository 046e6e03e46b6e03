"""The XML Schema of Define-XML 2.1 and ARM 1.0, where its files are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from define.official import official_file
from define.xmlfile import XmlElement
from trialkit.problems import Exit, Kind, Place, Problem, Refusal

INVALID = Kind("DEFC-900", "not valid by the XML Schema", "Correct it; the schema is part of the standard.")
NO_SCHEMA = Kind(
    "DEFC-901",
    "folder has no XML Schema of Define-XML 2.1",
    "Give the folder that has arm1-0-0.xsd or define2-1-0.xsd in it or below it.",
    exit=Exit.SPEC,
)

# the schema of ARM knows all of Define-XML too, so that one is enough for either
FILES = ("arm1-0-0.xsd", "define2-1-0.xsd")


def schema_file(folder: Path | None) -> Path:
    """Find the XML Schema: in a folder, else that of the package ``defineutils``.

    Raises:
        Refusal: DEFC-901.

    >>> schema_file(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEFC-901 nowhere: folder has no XML Schema of Define-XML 2.1. ...
    """
    if folder is None:
        return official_file(FILES[0])
    found = (path for name in FILES for path in sorted(folder.rglob(name)))
    if (first := next(found, None)) is None:
        raise Refusal([Problem(NO_SCHEMA, f"{folder.name}: {NO_SCHEMA.title}")])
    return first


def schema_problems(root: XmlElement, schema: Path, file: str) -> Iterator[Problem]:
    """Validate a file.

    Args:
        root: the root of the file.
        schema: the XML Schema.
        file: the name of the file, for problems.

    Raises:
        Refusal: DEFC-901 for a schema that cannot be used.

    >>> from lxml import etree
    >>> [one.kind.code for one in schema_problems(etree.XML("<a/>"), schema_file(None), "a.xml")]
    ['DEFC-900']
    """
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    try:
        checker = etree.XMLSchema(etree.parse(str(schema), parser))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
        what = f"{schema.name} cannot be used: {error}"
        raise Refusal([Problem(NO_SCHEMA, what)]) from None
    checker.validate(root.getroottree())
    seen = set[tuple[int, str]]()
    entries: Any = checker.error_log
    for entry in entries:
        # a value out of a list is told twice: that it is not listed, then that it is not of the type
        told = (entry.line, entry.message.partition(": [")[0].partition(": '")[0])
        if told not in seen:
            seen.add(told)
            what = entry.message.replace("{http://www.cdisc.org/ns/", "{")
            yield Problem(INVALID, what, Place(file, entry.line, field=entry.path or ""))
