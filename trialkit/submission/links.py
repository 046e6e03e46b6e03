"""The links of a package: each leads to a file, an anchor, a page or a destination that is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from posixpath import basename, dirname, join, normpath
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree, html

from trialkit.problems import Kind, Place, Problem
from trialkit.submission.layout import GUIDES
from trialkit.submission.pdf import Pdf

BROKEN = Kind("PKG-020", "a link leads nowhere", "Put its target into the package, or make the file again.")
OUTSIDE = Kind("PKG-021", "a link leads out of the package", "Link to a file of the package.")
NO_PAGE = Kind("PKG-022", "a page that is not there", "Draw the PDF file and define.xml again.")
BAD_FILE = Kind("PKG-023", "file with links cannot be read", "Make the file again.")

ODM, DEF = "{http://www.cdisc.org/ns/odm/v1.3}", "{http://www.cdisc.org/ns/def/v2.1}"
ARM, XLINK = "{http://www.cdisc.org/ns/arm/v1.0}", "{http://www.w3.org/1999/xlink}"
MOST_NAMED = 3
GUIDE_FILES = {f"{name}.pdf" for name in GUIDES.values()}
GUIDE_FIRST = "Write the reviewer's guides with `trialkit guide` first."


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a file, or a reference to a page of another one.

    >>> Link("define.xml", "acrf.pdf", page="3").page
    '3'
    """

    file: str
    target: str
    page: str = ""
    destination: str = ""


@dataclass(slots=True)
class Contents:
    """What links may lead to.

    Args:
        root: the folder of the package.
        files: the paths in it.
        pdfs: the PDF files by path.

    >>> Contents(Path("."), frozenset({"a.html"})).files
    frozenset({'a.html'})
    """

    root: Path
    files: frozenset[str]
    pdfs: dict[str, Pdf] = field(default_factory=dict)
    _anchors: dict[str, frozenset[str]] = field(default_factory=dict)

    def anchors(self, path: str) -> frozenset[str]:
        """Give the names in a page that a link may lead to; each page is read once.

        >>> Contents(Path("."), frozenset()).anchors("a.pdf")
        frozenset()
        """
        if path not in self._anchors and path.endswith((".html", ".xml")):
            tree = _page(self.root / path) if path.endswith(".html") else _xml(self.root / path)
            self._anchors[path] = frozenset(_values(tree, ("id", "name", "ID", "OID")))
        return self._anchors.get(path, frozenset())


def _page(path: Path) -> html.HtmlElement:
    parser = html.HTMLParser(huge_tree=True, encoding="utf-8")
    return html.document_fromstring(path.read_bytes(), parser=parser)


def _values(tree: etree._Element, names: Sequence[str]) -> Iterator[str]:
    for element in tree.iter(etree.Element):
        yield from (value for name in names if (value := element.get(name)) is not None)


def _xml(path: Path) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    return etree.parse(str(path), parser).getroot()


def link_problems(contents: Contents) -> list[Problem]:
    """Follow every link of the pages and of every define.xml.

    >>> link_problems(Contents(Path("."), frozenset()))
    []
    """
    found: list[Problem] = []
    for path in sorted(contents.files):
        read = _READERS.get(path.rpartition(".")[2])
        if read is None:
            continue
        try:
            links = list(read(path, contents))
        except (OSError, ValueError, etree.LxmlError) as error:
            found.append(Problem(BAD_FILE, f"{BAD_FILE.title}: {type(error).__name__}", Place(path)))
            continue
        found += _grouped(path, ((link, wrong(link, contents)) for link in dict.fromkeys(links)))
    return found


def _grouped(path: str, judged: Iterable[tuple[Link, tuple[Kind, str] | None]]) -> Iterator[Problem]:
    """Say of each file once what is wrong, with the first of many targets."""
    said: dict[tuple[Kind, str], list[str]] = {}
    for link, fault in judged:
        if fault:
            said.setdefault(fault, []).append(link.target)
    for (kind, why), targets in said.items():
        shown = ", ".join(f"'{target}'" for target in targets[:MOST_NAMED])
        more = f" and {len(targets) - MOST_NAMED} more" if len(targets) > MOST_NAMED else ""
        hint = GUIDE_FIRST if {basename(target) for target in targets} & GUIDE_FILES else ""
        yield Problem(kind, f"{shown}{more}: {why}", Place(path), hint=hint, count=len(targets))


def wrong(link: Link, contents: Contents) -> tuple[Kind, str] | None:
    """Say what is wrong with a link, None where it leads somewhere.

    >>> wrong(Link("a.html", "b.html"), Contents(Path("."), frozenset({"a.html"})))[1]
    'there is no such file'
    """
    parts = urlsplit(link.target)
    if parts.scheme or parts.netloc:
        return OUTSIDE, "it is an address elsewhere"
    path = normpath(join(dirname(link.file), unquote(parts.path))) if parts.path else link.file
    if path.startswith("../") or path == "..":
        return OUTSIDE, "it climbs out of the package"
    if path not in contents.files:
        return BROKEN, "there is no such file"
    if path in contents.pdfs:
        return _in_pdf(link, parts.fragment, contents.pdfs[path])
    anchor = unquote(parts.fragment)
    if anchor and anchor not in contents.anchors(path):
        return BROKEN, f"there is no such place in {path.rpartition('/')[2]}"
    return None


def _in_pdf(link: Link, fragment: str, pdf: Pdf) -> tuple[Kind, str] | None:
    if not pdf.pages:  # it could not be read, which is said where it was tried
        return None
    asked = dict(parse_qsl(fragment))
    page, name = link.page or asked.get("page", ""), link.destination or asked.get("nameddest", "")
    if page and not (page.isdigit() and 1 <= int(page) <= pdf.pages):
        return NO_PAGE, f"there is no page {page}"
    if name and name not in pdf.destinations:
        return NO_PAGE, f"there is no destination {name}"
    return None


def _of_page(path: str, contents: Contents) -> Iterator[Link]:
    tree = _page(contents.root / path)
    for target in _values(tree, ("href", "src")):
        if not target.startswith("data:"):
            yield Link(path, target)


def _of_define(path: str, contents: Contents) -> Iterator[Link]:
    root = _xml(contents.root / path)
    for before in root.itersiblings(preceding=True):
        if isinstance(before, etree._ProcessingInstruction) and before.target == "xml-stylesheet":
            yield Link(path, str(before.get("href")))
    leaves = {one.get("ID"): str(one.get(f"{XLINK}href")) for one in root.iter(f"{DEF}leaf")}
    yield from (Link(path, target) for target in leaves.values())
    for reference in root.iter(f"{DEF}DocumentRef"):
        target = leaves.get(reference.get("leafID"), "")
        for pages in reference.iter(f"{DEF}PDFPageRef"):
            yield from _of_pages(partial(Link, path, target), pages)


def _of_pages(link: Callable[..., Link], pages: etree._Element) -> Iterator[Link]:
    if pages.get("Type") == "NamedDestination":
        names = (pages.get("PageRefs") or "").split()
        return (link(destination=unquote(name.replace("#", "%"))) for name in names)
    numbers = [*(pages.get("PageRefs") or "").split(), pages.get("FirstPage"), pages.get("LastPage")]
    return (link(page=number) for number in numbers if number)


_READERS: dict[str, Callable[[str, Contents], Iterator[Link]]] = {"html": _of_page, "xml": _of_define}
