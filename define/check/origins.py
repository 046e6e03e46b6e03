"""Where values come from: every variable says it, and what is derived says how (Define-XML 2.1, 5.3.12.3)."""

from __future__ import annotations

from collections.abc import Iterator

from define.check.view import Use, View
from trialkit.problems import Kind, Problem

NO_ORIGIN = Kind("DEFC-040", "origin is absent", "Give def:Origin, of the variable or of every value level.")
NO_METHOD = Kind("DEFC-041", "derived without a method", "Give MethodOID to the variable or value level.")
NO_PREDECESSOR = Kind(
    "DEFC-042", "predecessor is not named", "Name it in the origin's Description, such as DM.SEX."
)
NO_PAGES = Kind(
    "DEFC-043",
    "collected, but no page of the annotated CRF",
    "Give def:DocumentRef with def:PDFPageRef.",
    severity="query",
)
NO_SOURCE = Kind(
    "DEFC-044", "source of the origin is absent", "Give Source, such as Investigator.", severity="query"
)
WITH_SOURCE = {"Collected", "Derived", "Assigned"}


def origins(view: View) -> Iterator[Problem]:
    """Find variables without an origin of their own or of all their value levels.

    >>> from define.check.samples import findings
    >>> findings(origins, "items.1", origins=())
    ['DM.SEX has no origin']
    """
    for use in view.variables():
        levels = view.levels(use)
        if not use.item.origins and not (levels and all(one.item.origins for one in levels)):
            yield view.problem(NO_ORIGIN, use.item, f"{use.name} has no origin", use)


def methods(view: View) -> Iterator[Problem]:
    """Find what is derived and has no method.

    >>> from define.check.samples import findings
    >>> findings(methods, "items.1.origins.0", type="Derived")
    ['DM.SEX is derived and has no method']
    """
    for use in view.variables():
        levels = view.levels(use)
        derived = [one for one in levels if _derived(one)]
        for one in derived or ([use] if _derived(use) else []):
            if not one.ref.method_oid and not use.ref.method_oid and not _all_have_one(levels):
                yield view.problem(NO_METHOD, one.ref, f"{one.name} is derived and has no method", one)


def _derived(use: Use) -> bool:
    return any(origin.type == "Derived" for origin in use.item.origins)


def _all_have_one(levels: list[Use]) -> bool:
    return bool(levels) and all(one.ref.method_oid for one in levels)


def predecessors(view: View) -> Iterator[Problem]:
    """Find predecessors that are not named.

    >>> from define.check.samples import findings
    >>> findings(predecessors, "items.1.origins.0", type="Predecessor")
    ['IT.DM.SEX does not name its predecessor']
    """
    for item in view.metadata.items:
        for origin in item.origins:
            text = origin.description.text.strip() if origin.description else ""
            if origin.type == "Predecessor" and not text:
                yield view.problem(NO_PREDECESSOR, origin, f"{item.oid} does not name its predecessor")


def sources(view: View) -> Iterator[Problem]:
    """Find origins without a source, and collected values without a page.

    >>> from define.check.samples import findings
    >>> findings(sources, "items.1.origins.0", source="")
    ['origin Collected of IT.DM.SEX has no Source']
    """
    crf = view.metadata.annotated_crf
    for item in view.metadata.items:
        for origin in item.origins:
            if origin.type in WITH_SOURCE and not origin.source:
                yield view.problem(NO_SOURCE, origin, f"origin {origin.type} of {item.oid} has no Source")
            on_pages = any(document.pages for document in origin.documents)
            by_site = origin.type == "Collected" and origin.source in ("Investigator", "Subject")
            if crf and by_site and not on_pages:
                yield view.problem(NO_PAGES, origin, f"{item.oid} is collected and names no page")
