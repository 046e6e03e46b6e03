"""Follows the references of a define.xml: to parts of the page, and to files beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from urllib.parse import quote

from define.check.view import View, by_oid
from define.href import scheme
from define.html.anchors import Anchors, Kind, anchor
from define.html.shown import Document, Link, Said
from define.model import CommentDef, Define, DocumentRef, ItemDef, Leaf, MethodDef, PDFPageRef

HARMLESS = {"", "http", "https"}


def safe_href(href: str) -> str:
    r"""Give a link to a file or a site as it is; "" for any other, which is then shown as text.

    >>> safe_href("acrf.pdf"), safe_href("javascript:alert(1)"), safe_href(" java\tscript:x")
    ('acrf.pdf', '', '')
    """
    return href if scheme(href) in HARMLESS else ""


class Links:
    """The references of one define.xml.

    Args:
        define: the model.

    >>> from define.samples import sample_define
    >>> Links(sample_define()).to("codelist", "CL.SEX").href
    '#codelist/CL.SEX'
    """

    def __init__(self, define: Define) -> None:
        """Find all that can be pointed to."""
        self.view = View(define, "")
        self.metadata = define.metadata
        self.anchors = Anchors()
        self._users: dict[str, dict[Link, None]] = defaultdict(dict)

    @cached_property
    def methods(self) -> dict[str, MethodDef]:
        """Give the methods.

        >>> from define.samples import sample_define
        >>> Links(sample_define()).methods
        {}
        """
        return by_oid(self.metadata.methods)

    @cached_property
    def comments(self) -> dict[str, CommentDef]:
        """Give the comments.

        >>> from define.samples import sample_define
        >>> Links(sample_define()).comments
        {}
        """
        return by_oid(self.metadata.comments)

    @cached_property
    def homes(self) -> dict[str, list[str]]:
        """Give for each definition of a variable the OIDs of the datasets that have it.

        >>> from define.samples import sample_define
        >>> Links(sample_define()).homes["IT.DM.SEX"]
        ['IG.DM']
        """
        found: dict[str, list[str]] = defaultdict(list)
        for oid, group in self.view.groups.items():
            for ref in group.items:
                found[ref.item_oid].append(oid)
        return found

    @cached_property
    def _named(self) -> dict[tuple[str, str], str]:
        """Give the identifiers of datasets and variables by their names."""
        found: dict[tuple[str, str], str] = {}
        for oid, group in self.view.groups.items():
            found.setdefault((group.name, ""), anchor("dataset", oid))
            for ref in group.items:
                item = self.view.items.get(ref.item_oid)
                if item:
                    found.setdefault((group.name, item.name), anchor("variable", oid, ref.item_oid))
        return found

    def named(self, dataset: str, variable: str = "") -> str:
        """Give the link to a dataset or a variable by name; "" for none.

        >>> from define.samples import sample_define
        >>> Links(sample_define()).named("DM", "SEX"), Links(sample_define()).named("XX")
        ('#variable/IG.DM/IT.DM.SEX', '')
        """
        found = self._named.get((dataset, variable), "")
        return f"#{found}" if found else ""

    def to(self, kind: Kind, oid: str, by: Link | None = None) -> Link:
        """Link to a part by its OID, and remember who does; a part that is absent is shown by its OID.

        >>> from define.samples import sample_define
        >>> links = Links(sample_define())
        >>> links.to("codelist", "CL.SEX", Link("DM.SEX", "#x"))
        Link(text='Sex', href='#codelist/CL.SEX')
        >>> links.to("codelist", "CL.NONE"), links.users("codelist", "CL.SEX")
        (Link(text='CL.NONE', href=''), (Link(text='DM.SEX', href='#x'),))
        """
        name = self._names(kind).get(oid)
        if name is None:
            return Link(oid)
        made = anchor(kind, oid)
        if by:
            self._users[made][by] = None
        return Link(name or oid, f"#{made}")

    def users(self, kind: Kind, oid: str) -> tuple[Link, ...]:
        """Give those that refer to a part, in the order in which they did.

        >>> from define.samples import sample_define
        >>> Links(sample_define()).users("method", "MT.A")
        ()
        """
        return tuple(self._users[anchor(kind, oid)])

    def _names(self, kind: Kind) -> dict[str, str]:
        return self._all_names.get(kind, {})

    @cached_property
    def _all_names(self) -> dict[Kind, dict[str, str]]:
        data, view = self.metadata, self.view
        displays = data.analyses.displays if data.analyses else ()
        results = (result for display in displays for result in display.results)
        return {
            "dataset": {oid: one.name for oid, one in view.groups.items()},
            "codelist": {oid: one.name for oid, one in view.codelists.items()},
            "method": {oid: one.name for oid, one in self.methods.items()},
            "comment": dict.fromkeys(self.comments, "Comment"),
            "where": dict.fromkeys(view.where_clauses, ""),
            "standard": {oid: f"{one.name} {one.version}" for oid, one in view.standards.items()},
            "document": {leaf.id: leaf.title or leaf.href for leaf in reversed(data.leaves)},
            "display": {one.oid: one.name for one in displays},
            "result": {one.oid: one.description.text if one.description else "" for one in results},
        }

    def variable(self, oid: str, near: str = "") -> tuple[Link, ItemDef | None]:
        """Link to a variable by the OID of its definition.

        Args:
            oid: of the definition.
            near: the OID of the dataset that speaks of it; the name of another one is shown.

        >>> from define.samples import sample_define
        >>> links = Links(sample_define())
        >>> links.variable("IT.DM.SEX", "IG.DM")[0].text, links.variable("IT.DM.SEX", "IG.AE")[0].text
        ('SEX', 'DM.SEX')
        """
        item, homes = self.view.items.get(oid), self.homes.get(oid, [])
        name = item.name if item else oid
        if not homes:
            return Link(name), item
        home = near if near in homes else homes[0]
        shown = name if home == near else f"{self.view.groups[home].name}.{name}"
        return Link(shown, f"#{anchor('variable', home, oid)}"), item

    def method(self, oid: str, by: Link) -> Said | None:
        """Give what a method says; None for no OID.

        >>> from define.samples import sample_define
        >>> Links(sample_define()).method("", Link("DM.SEX")) is None
        True
        """
        if not oid:
            return None
        link, found = self.to("method", oid, by), self.methods.get(oid)
        if found is None:
            return Said(link, None)
        return Said(link, found.description, self.documents(found.documents), found.type)

    def comment(self, oid: str, by: Link) -> Said | None:
        """Give what a comment says; None for no OID.

        >>> from define.samples import sample_define
        >>> Links(sample_define()).comment("COM.NONE", Link("DM.SEX")).link
        Link(text='COM.NONE', href='')
        """
        if not oid:
            return None
        link, found = self.to("comment", oid, by), self.comments.get(oid)
        if found is None:
            return Said(link, None)
        return Said(link, found.description, self.documents(found.documents))

    def documents(self, refs: Iterable[DocumentRef], by: Link | None = None) -> tuple[Document, ...]:
        """Link to documents and the pages of them that are meant.

        >>> from define.samples import sample_define
        >>> Links(sample_define()).documents([DocumentRef(leaf_id="LF.NONE")])[0].link
        Link(text='LF.NONE', href='')
        """
        made = []
        for ref in refs:
            leaf = self.view.leaves.get(ref.leaf_id)
            self.to("document", ref.leaf_id, by)
            pages = [link for page in ref.pages for link in page_links(page, leaf)]
            made.append(Document(leaf_link(leaf) if leaf else Link(ref.leaf_id), tuple(pages)))
        return tuple(made)


def leaf_link(leaf: Leaf) -> Link:
    """Link to a file.

    >>> leaf_link(Leaf(id="LF.1", href="javascript:alert(1)", title="Guide"))
    Link(text='Guide', href='')
    """
    return Link(leaf.title or leaf.href, safe_href(leaf.href))


def page_links(page: PDFPageRef, leaf: Leaf | None) -> list[Link]:
    """Link to pages of a PDF, or to its named destinations.

    >>> leaf = Leaf(id="LF.acrf", href="acrf.pdf")
    >>> page_links(PDFPageRef(type="PhysicalRef", first_page=3, last_page=5, title="Vitals"), leaf)
    [Link(text='Vitals (3-5)', href='acrf.pdf#page=3')]
    >>> page_links(PDFPageRef(type="NamedDestination", page_refs="VS1"), leaf)
    [Link(text='VS1', href='acrf.pdf#nameddest=VS1')]
    """
    href = safe_href(leaf.href).partition("#")[0] if leaf else ""
    name = "nameddest" if page.type == "NamedDestination" else "page"
    if page.first_page is None and page.last_page is None:
        targets = [(text, text) for text in page.page_refs.split()]
    else:
        targets = [(page.pages, str(page.last_page if page.first_page is None else page.first_page))]
    return [
        Link(_titled(text, page.title), f"{href}#{name}={quote(target, safe='')}" if href else "")
        for text, target in targets or [("", "")]
        if text or page.title
    ]


def _titled(text: str, title: str) -> str:
    return f"{title} ({text})" if title and text else title or text


def blank_free(text: str) -> str:
    r"""Take away the blanks around a text, and those that indent all of its lines.

    >>> blank_free("\n    proc glm;\n      run;\n  ")
    'proc glm;\n  run;'
    """
    lines = text.expandtabs(4).strip("\n").rstrip().split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    indents = [len(found[0]) for line in lines if line.strip() and (found := re.match(r" *", line))]
    return "\n".join(line[min(indents, default=0) :] for line in lines)
