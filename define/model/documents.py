"""Documents and the places in them (Define-XML 2.1, 5.3.1 and 5.3.15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.element import Attr, Child, Element
from define.names import XLINK, def_


@dataclass(frozen=True, slots=True, kw_only=True)
class PDFPageRef(Element):
    """Pages of a PDF: a list, a range, or named destinations.

    Args:
        type: ``PhysicalRef`` or ``NamedDestination``.
        page_refs: pages or names with a space between them.
        first_page: first page of a range.
        last_page: last page of a range.
        title: label of the link.

    >>> PDFPageRef(type="PhysicalRef", first_page=3, last_page=5).pages
    '3-5'
    >>> PDFPageRef(type="PhysicalRef", page_refs="3 5").pages
    '3 5'
    """

    TAG: ClassVar[str] = def_("PDFPageRef")

    type: Annotated[str, Attr("Type")]
    page_refs: Annotated[str, Attr("PageRefs")] = ""
    first_page: Annotated[int | None, Attr("FirstPage")] = None
    last_page: Annotated[int | None, Attr("LastPage")] = None
    title: Annotated[str, Attr("Title")] = ""

    @property
    def pages(self) -> str:
        """Write the pages as a person does.

        >>> PDFPageRef(type="NamedDestination", page_refs="Demographics").pages
        'Demographics'
        """
        if self.first_page is None and self.last_page is None:
            return self.page_refs
        ends = (self.first_page, self.last_page)
        return "-".join("" if end is None else str(end) for end in ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRef(Element):
    """A reference to a document, and to pages of it.

    >>> DocumentRef(leaf_id="LF.acrf").pages
    ()
    """

    TAG: ClassVar[str] = def_("DocumentRef")

    leaf_id: Annotated[str, Attr("leafID")]
    pages: Annotated[tuple[PDFPageRef, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf(Element):
    """A file: where it is, relative to define.xml, and its title.

    >>> Leaf(id="LF.DM", href="dm.xpt", title="dm.xpt").href
    'dm.xpt'
    """

    TAG: ClassVar[str] = def_("leaf")

    id: Annotated[str, Attr("ID")]
    href: Annotated[str, Attr(f"{{{XLINK}}}href")]
    title: Annotated[str | None, Child(def_("title"))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedCRF(Element):
    """The annotated case report forms.

    >>> AnnotatedCRF(documents=(DocumentRef(leaf_id="LF.acrf"),)).documents[0].leaf_id
    'LF.acrf'
    """

    TAG: ClassVar[str] = def_("AnnotatedCRF")

    documents: Annotated[tuple[DocumentRef, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementalDoc(Element):
    """Further documents, such as the reviewer's guide.

    >>> SupplementalDoc().documents
    ()
    """

    TAG: ClassVar[str] = def_("SupplementalDoc")

    documents: Annotated[tuple[DocumentRef, ...], Child()] = ()
