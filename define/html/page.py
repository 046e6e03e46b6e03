"""Renders the review page: one file, no network, complete without its script."""

from __future__ import annotations

import functools
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment

from define.html import parts
from define.html.conditions import Conditions
from define.html.datasets import Datasets
from define.html.lineage import Lineage
from define.html.links import Links, blank_free
from define.html.preview import Preview
from define.html.shown import Link, Page, height
from define.model import Define
from define.names import short
from trialkit.reporting.html import TEMPLATES as HOUSE
from trialkit.reporting.html import environment, inlined

TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "html"
STYLES = (HOUSE / "page.css", TEMPLATES / "define.css")
SCRIPTS = tuple(TEMPLATES / name for name in ("page.js", "search.js"))
EARLY = 'document.documentElement.classList.add("js");'


def render(
    define: Define, *, preview: Preview | None = None, lineage: Lineage | None = None, xml: str = "define.xml"
) -> str:
    """Render a define.xml as one self-contained page; the same input gives the same text.

    Text of the file is inert: it is escaped, links other than to files and sites are shown as text, and
    the content security policy allows the page's own style and scripts by their hashes and nothing else.

    Args:
        define: the model.
        preview: what the datasets hold; None shows nothing of the data.
        lineage: where values come from; None shows nothing of it.
        xml: the define.xml beside the page, as a link; "" for none.

    >>> from define.samples import sample_define
    >>> page = render(sample_define())
    >>> 'id="variable/IG.DM/IT.DM.SEX"' in page, page == render(sample_define())
    (True, True)
    """
    page = page_of(define, preview or Preview(), lineage or Lineage())
    return (
        _templates()
        .get_template("page.html")
        .render(
            define=define,
            data=define.metadata,
            study=define.study,
            names=define.study.global_variables,
            page=page,
            preview=preview,
            xml=xml,
            toolkit=version("trialkit"),
            **inlined(STYLES, SCRIPTS, EARLY),
        )
    )


def page_of(define: Define, preview: Preview, lineage: Lineage) -> Page:
    """Follow all references; what is referred to comes after what refers to it.

    >>> from define.samples import sample_define
    >>> page_of(sample_define(), Preview(), Lineage()).codelists[0].used[0].text
    'DM.SEX'
    """
    links = Links(define)
    conditions = Conditions(links)
    datasets = Datasets(links, conditions, preview, lineage)
    groups, displays = tuple(datasets.all()), tuple(parts.displays(links, conditions))
    spare = tuple(datasets.spare())
    comment = links.comment(define.metadata.comment_oid, Link(define.metadata.name, "#about"))
    guides, terms = tuple(parts.standards(links)), tuple(parts.codelists(links))
    wheres, methods = tuple(parts.wheres(links, conditions)), tuple(parts.methods(links))
    comments = tuple(parts.comments(links))
    return Page(
        comment=comment,
        standards=guides,
        files=tuple(parts.files(links)),
        datasets=groups,
        displays=displays,
        codelists=tuple(one for one in terms if not one.codelist.external),
        dictionaries=tuple(one for one in terms if one.codelist.external),
        methods=methods,
        comments=comments,
        wheres=wheres,
        spare=spare,
        counts={
            "levels": sum(len(row.levels) for one in groups for row in one.rows),
            "terms": sum(len(one.codelist.terms) for one in terms),
        },
    )


@functools.cache
def _templates() -> Environment:
    made = environment(TEMPLATES)
    made.filters |= {"code": blank_free, "short": short, "height": height}
    return made
