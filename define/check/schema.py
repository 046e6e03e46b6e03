"""The XML Schema of Define-XML 2.1 and ARM 1.0, where its files are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

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


def schema_file(folder: Path | None) -> Path | None:
    """Find the XML Schema: in a folder, else in the package ``defineutils`` if it is installed.

    Raises:
        Refusal: DEFC-901.

    >>> schema_file(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEFC-901 nowhere: folder has no XML Schema of Define-XML 2.1. ...
    """
    found = _below(folder) if folder else None
    if folder and found is None:
        raise Refusal([Problem(NO_SCHEMA, f"{folder.name}: {NO_SCHEMA.title}")])
    if found is None:
        spec = find_spec("defineutils")
        places = (spec and spec.submodule_search_locations) or ()
        found = next((file for place in places if (file := _below(Path(place)))), None)
    return found


def _below(folder: Path) -> Path | None:
    found = (path for name in FILES for path in sorted(folder.rglob(name)))
    return next(found, None)


def schema_problems(root: XmlElement, schema: Path, file: str) -> Iterator[Problem]:
    """Validate a file.

    Args:
        root: the root of the file.
        schema: the XML Schema.
        file: the name of the file, for problems.

    Raises:
        Refusal: DEFC-901 for a schema that cannot be used.

    >>> from lxml import etree
    >>> schema = schema_file(None)
    >>> found = list(schema_problems(etree.XML("<a/>"), schema, "a.xml")) if schema else []
    >>> [problem.kind.code for problem in found] if schema else ["DEFC-900"]
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
