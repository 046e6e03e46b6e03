"""What an agency asks of a PDF file (FDA, Portable Document Format Specifications)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import IndirectObject

from trialkit.problems import Kind, Place, Problem

UNREADABLE = Kind("PKG-030", "PDF file cannot be read", "Make the file again.")
ENCRYPTED = Kind("PKG-031", "PDF file is encrypted or protected", "Save it without password and protection.")
VERSION = Kind("PKG-032", "PDF version is not 1.4 to 1.7", "Save it as PDF 1.7.")
FONTS = Kind("PKG-033", "fonts are not embedded in a PDF file", "Embed all fonts when the file is made.")
BOOKMARKS = Kind("PKG-034", "PDF file has no bookmarks", "Give it bookmarks, from five pages on.")
VIEW = Kind(
    "PKG-035",
    "initial view of a PDF file is not the one asked for",
    "Let it open at the first page with the default magnification, and show the bookmarks where it has any.",
)

FIRST_WITH_BOOKMARKS = 5
VERSIONS = ("1.4", "1.5", "1.6", "1.7")
OUTLINES = "/UseOutlines"
ZOOM = re.compile(r"-?[0-9]*\.?[0-9]+")


@dataclass(frozen=True, slots=True)
class Pdf:
    """What is known of a PDF file: its pages and destinations for links, and what is wrong with it.

    >>> Pdf(3).pages
    3
    """

    pages: int = 0
    destinations: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Look:
    """One file while it is looked at."""

    reader: PdfReader
    place: Place
    seen: set[tuple[int, int]] = field(default_factory=set)


def look_at(path: Path, name: str) -> Pdf:
    """Read the properties of a PDF file.

    Args:
        path: the file.
        name: how it is named in problems.

    >>> [problem.kind.code for problem in look_at(Path("nowhere.pdf"), "nowhere.pdf").problems]
    ['PKG-030']
    """
    place, found = Place(name), list[Problem]()
    with _readable(place, found):
        reader = PdfReader(path)
        if reader.is_encrypted:
            return Pdf(problems=(Problem(ENCRYPTED, ENCRYPTED.title, place),))
        look = _Look(reader, place)
        pages = len(reader.pages)
        # those of a dictionary come as the names that they are, with their slash
        destinations = frozenset(name.removeprefix("/") for name in reader.named_destinations)
        found += [*_version(look), *_fonts(look), *_bookmarks(look), *_view(look)]
        return Pdf(pages, destinations, tuple(found))
    return Pdf(problems=tuple(found))


@contextmanager
def _readable(place: Place, found: list[Problem]) -> Iterator[None]:
    try:
        yield
    except (OSError, PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found.append(Problem(UNREADABLE, f"{UNREADABLE.title}: {type(error).__name__}", place))


def _version(look: _Look) -> Iterator[Problem]:
    header = look.reader.pdf_header.removeprefix("%PDF-")
    version = max(header, str(_catalog(look).get("/Version", "")).removeprefix("/"))
    if version not in VERSIONS:
        yield Problem(VERSION, f"the PDF version is {version}", look.place)


def _catalog(look: _Look) -> Any:
    return _value(look.reader.trailer["/Root"])


def _value(one: Any) -> Any:
    return one.get_object() if isinstance(one, IndirectObject) else one


def _fonts(look: _Look) -> Iterator[Problem]:
    loose: set[str] = set()
    for page in look.reader.pages:
        loose.update(_loose(look, page.get("/Resources")))
        for note in _value(page.get("/Annots")) or ():
            for stream in _appearances(_value(_value(note).get("/AP"))):
                loose.update(_loose(look, stream.get("/Resources")))
    if loose:
        yield Problem(FONTS, f"not embedded: {', '.join(sorted(loose))}", look.place)


def _appearances(entry: Any) -> Iterator[Any]:
    """Give the streams that draw an annotation, also those of its states."""
    for one in map(_value, (entry or {}).values()):
        if "/Resources" in one:
            yield one
        elif "/Length" not in one:
            yield from (state for state in map(_value, one.values()) if "/Resources" in state)


def _loose(look: _Look, resources: Any) -> Iterator[str]:
    """Name the fonts that are used and not embedded, also in forms within forms; each object once."""
    if isinstance(resources, IndirectObject):
        key = (resources.idnum, resources.generation)
        if key in look.seen:
            return
        look.seen.add(key)
    found = _value(resources) or {}
    for font in map(_value, (_value(found.get("/Font")) or {}).values()):
        if not _embedded(font):
            yield str(font.get("/BaseFont", "a font without a name")).removeprefix("/")
    for name, form in sorted((_value(found.get("/XObject")) or {}).items()):
        yield from _of_form(look, name, form)


def _of_form(look: _Look, name: str, form: Any) -> Iterator[str]:
    key = (form.idnum, form.generation) if isinstance(form, IndirectObject) else None
    if key in look.seen:
        return
    if key is not None:
        look.seen.add(key)
    yield from _loose(look, _value(form).get("/Resources"))


def _embedded(font: Any) -> bool:
    if font.get("/Subtype") == "/Type3":  # its letters are drawn in the file itself
        return True
    parts = [_value(one) for one in _value(font.get("/DescendantFonts")) or ()] or [font]
    return all(_has_file(_value(one.get("/FontDescriptor"))) for one in parts)


def _has_file(descriptor: Any) -> bool:
    return bool(descriptor) and any(f"/FontFile{end}" in descriptor for end in ("", "2", "3"))


def _bookmarks(look: _Look) -> Iterator[Problem]:
    pages = len(look.reader.pages)
    if pages >= FIRST_WITH_BOOKMARKS and not look.reader.outline:
        yield Problem(BOOKMARKS, f"{pages} pages and no bookmarks", look.place)


def _view(look: _Look) -> Iterator[Problem]:
    catalog = _catalog(look)
    mode, layout = str(catalog.get("/PageMode", "/UseNone")), catalog.get("/PageLayout")
    wanted = OUTLINES if look.reader.outline else "/UseNone"
    if mode != wanted:
        what = "the bookmarks are not shown" if wanted == OUTLINES else f"it opens with {mode[1:]}"
        yield Problem(VIEW, f"{what} when it opens", look.place)
    if layout not in (None, "/SinglePage"):
        yield Problem(VIEW, f"its page layout is {str(layout)[1:]}", look.place)
    yield from _opened(look, _value(catalog.get("/OpenAction")))


def _opened(look: _Look, action: Any) -> Iterator[Problem]:
    """Check where the file opens: a destination, or an action that goes to one."""
    if action is None:
        return
    target = _value(action.get("/D")) if hasattr(action, "get") else action
    if hasattr(action, "get") and action.get("/S") != "/GoTo":
        yield Problem(VIEW, f"it runs {str(action.get('/S'))[1:]} when it opens", look.place)
    elif isinstance(target, (list, tuple)) and target:
        first = look.reader.pages[0].indirect_reference
        if target[0] != first:
            yield Problem(VIEW, "it opens at another page than the first", look.place)
        if _magnified(target):
            yield Problem(VIEW, "it opens with a magnification of its own", look.place)


def _magnified(target: Any) -> bool:
    """Say whether a destination is another than /XYZ with a zoom of null or 0, which leave it as it is."""
    if len(target) < 2 or str(target[1]) != "/XYZ":
        return len(target) > 1
    zoom = str(_value(target[4])) if len(target) > 4 else "0"
    return bool(ZOOM.fullmatch(zoom)) and float(zoom) != 0


def all_problems(found: Iterable[Pdf]) -> list[Problem]:
    """Give the problems of some files.

    >>> all_problems([Pdf(3)])
    []
    """
    return [problem for one in found for problem in one.problems]
