"""Standards, documents, codelists, methods, comments, conditions and analyses, as the page shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from define.html.conditions import Conditions
from define.html.links import Links, leaf_link, safe_href
from define.html.shown import (
    Analysed,
    Comment,
    Display,
    File,
    Guide,
    Link,
    Method,
    Result,
    Terms,
    Where,
)
from define.model import AnalysisDataset, AnalysisResult, CodeList, ResultDisplay
from define.model.alias import nci_code


def standards(links: Links) -> Iterator[Guide]:
    """Give the standards.

    >>> from define.samples import sample_define
    >>> [(one.standard.name, one.datasets, one.codelists) for one in standards(Links(sample_define()))]
    [('SDTMIG', 1, 0), ('CDISC/NCI', 0, 1)]
    """
    data = links.metadata
    groups = Counter(group.standard_oid for group in data.item_groups)
    codelists = Counter(codelist.standard_oid for codelist in data.codelists)
    for one in data.standards.standards if data.standards else ():
        made = links.anchors.take("standard", one.oid)
        comment = links.comment(one.comment_oid, Link(f"{one.name} {one.version}", f"#{made}"))
        yield Guide(made, one, comment, groups[one.oid], codelists[one.oid])


def displays(links: Links, conditions: Conditions) -> Iterator[Display]:
    """Give the displays of the analyses and their results.

    >>> from define.samples import sample_define
    >>> links = Links(sample_define())
    >>> list(displays(links, Conditions(links)))
    []
    """
    for one in links.metadata.analyses.displays if links.metadata.analyses else ():
        made = links.anchors.take("display", one.oid)
        me = Link(one.name, f"#{made}")
        results = tuple(_result(links, conditions, one, result) for result in one.results)
        yield Display(made, one, links.documents(one.documents, me), results)


def _result(links: Links, conditions: Conditions, display: ResultDisplay, result: AnalysisResult) -> Result:
    made = links.anchors.take("result", result.oid)
    me, data = Link(f"{display.name}: {result.oid}", f"#{made}"), result.datasets
    programs = result.code.documents if result.code else ()
    said = result.documentation.documents if result.documentation else ()
    return Result(
        id=made,
        result=result,
        parameter=links.variable(result.parameter_oid)[0] if result.parameter_oid else None,
        datasets=tuple(_analysed(links, conditions, one, me) for one in data.datasets) if data else (),
        join=links.comment(data.comment_oid, me) if data else None,
        documents=links.documents(said, me),
        programs=links.documents(programs, me),
    )


def _analysed(links: Links, conditions: Conditions, one: AnalysisDataset, me: Link) -> Analysed:
    group = one.item_group_oid
    where = conditions.of(one.where_clause.where_clause_oid, group, me) if one.where_clause else None
    variables = tuple(links.variable(variable.item_oid, group)[0] for variable in one.variables)
    return Analysed(links.to("dataset", group), where, variables)


def codelists(links: Links) -> Iterator[Terms]:
    """Give the codelists and the dictionaries; those that use them must have been shown before.

    >>> from define.samples import sample_define
    >>> [sorted(one.columns) for one in codelists(Links(sample_define()))]
    [['decode']]
    """
    for one in links.metadata.codelists:
        made = links.anchors.take("codelist", one.oid)
        external = one.external
        site = Link(external.href, safe_href(external.href)) if external and external.href else None
        yield Terms(
            id=made,
            codelist=one,
            nci=nci_code(one.aliases),
            standard=links.to("standard", one.standard_oid) if one.standard_oid else None,
            comment=links.comment(one.comment_oid, Link(one.name, f"#{made}")),
            used=links.users("codelist", one.oid),
            site=site,
            columns=frozenset(_columns(one)),
        )


def _columns(codelist: CodeList) -> Iterator[str]:
    """Name what the terms of a codelist have beside their values."""
    terms = codelist.terms
    has = {
        "decode": bool(codelist.coded),
        "nci": any(term.aliases for term in terms),
        "order": any(term.order_number is not None for term in terms),
        "rank": any(term.rank is not None for term in terms),
        "description": any(term.descriptions for term in terms),
    }
    return (name for name, there in has.items() if there)


def wheres(links: Links, conditions: Conditions) -> Iterator[Where]:
    """Give the conditions; those that use them must have been shown before.

    >>> from define.samples import sample_define
    >>> links = Links(sample_define())
    >>> list(wheres(links, Conditions(links)))
    []
    """
    users = {one.oid: links.users("where", one.oid) for one in links.metadata.where_clauses}
    for one in links.metadata.where_clauses:
        made = links.anchors.take("where", one.oid)
        condition = conditions.of(one.oid, "", Link(one.oid, f"#{made}"))
        yield Where(made, one.oid, condition, users[one.oid])


def methods(links: Links) -> Iterator[Method]:
    """Give the methods; those that use them must have been shown before.

    >>> from define.samples import sample_define
    >>> list(methods(Links(sample_define())))
    []
    """
    for one in links.metadata.methods:
        made = links.anchors.take("method", one.oid)
        documents = links.documents(one.documents, Link(one.name, f"#{made}"))
        yield Method(made, one, documents, links.users("method", one.oid))


def comments(links: Links) -> Iterator[Comment]:
    """Give the comments; those that use them must have been shown before.

    >>> from define.samples import sample_define
    >>> list(comments(Links(sample_define())))
    []
    """
    for one in links.metadata.comments:
        made = links.anchors.take("comment", one.oid)
        documents = links.documents(one.documents, Link(one.oid, f"#{made}"))
        yield Comment(made, one, documents, links.users("comment", one.oid))


def files(links: Links) -> Iterator[File]:
    """Give the documents; those that use them must have been shown before.

    >>> from define.samples import sample_define
    >>> list(files(Links(sample_define())))
    []
    """
    data = links.metadata
    crf = {ref.leaf_id for ref in (data.annotated_crf.documents if data.annotated_crf else ())}
    more = {ref.leaf_id for ref in (data.supplemental_doc.documents if data.supplemental_doc else ())}
    for leaf in data.leaves:
        made = links.anchors.take("document", leaf.id)
        role = "annotated CRF" if leaf.id in crf else "supplemental document" if leaf.id in more else ""
        yield File(made, leaf, leaf_link(leaf), role, links.users("document", leaf.id))
