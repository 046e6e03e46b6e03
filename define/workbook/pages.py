"""Pages and documents as text: ``3-5, 7 9``, or the names of destinations."""

from __future__ import annotations

import re

from define.model import DocumentRef, PDFPageRef

_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")
PHYSICAL, NAMED = "PhysicalRef", "NamedDestination"


def pages_text(pages: tuple[PDFPageRef, ...]) -> str:
    """Write page references.

    >>> pages_text(parse_pages("3-5, 7 9, Demographics"))
    '3-5, 7 9, Demographics'
    """
    return ", ".join(page.pages for page in pages)


def parse_pages(text: str) -> tuple[PDFPageRef, ...]:
    """Read page references: numbers are physical pages, anything else names destinations.

    >>> [page.type for page in parse_pages("3-5, 7 9, Demographics")]
    ['PhysicalRef', 'PhysicalRef', 'NamedDestination']
    """
    return tuple(_page(part.strip()) for part in text.split(",") if part.strip())


def is_range(text: str) -> bool:
    """Say whether a text is a range of pages.

    >>> is_range("3-5"), is_range("7"), is_range("VS-1")
    (True, False, False)
    """
    ends = _RANGE.fullmatch(text)
    return ends is not None and f"{int(ends[1])}-{int(ends[2])}" == text


def _page(text: str) -> PDFPageRef:
    ends = _RANGE.fullmatch(text)
    if ends and is_range(text):
        return PDFPageRef(type=PHYSICAL, first_page=int(ends[1]), last_page=int(ends[2]))
    numbers = all(word.isdigit() for word in text.split())
    return PDFPageRef(type=PHYSICAL if numbers else NAMED, page_refs=text)


def documents_text(documents: tuple[DocumentRef, ...], prefix: str = "LF.") -> tuple[str, str]:
    """Write references to documents: their identifiers, and the pages of each.

    >>> documents_text((DocumentRef(leaf_id="LF.sap", pages=parse_pages("7")),))
    ('sap', '7')
    """
    names = "; ".join(one.leaf_id.removeprefix(prefix) for one in documents)
    pages = "; ".join(pages_text(one.pages) for one in documents)
    return names, pages if any(one.pages for one in documents) else ""


def parse_documents(names: str, pages: str, prefix: str = "LF.") -> tuple[DocumentRef, ...]:
    """Read references to documents.

    >>> parse_documents("sap; csr", "7; ")[1].leaf_id
    'LF.csr'
    """
    each = [name.strip() for name in names.split(";") if name.strip()]
    mine = [text.strip() for text in pages.split(";")] + [""] * len(each)
    return tuple(
        DocumentRef(leaf_id=prefix + name, pages=parse_pages(text))
        for name, text in zip(each, mine, strict=False)
    )
