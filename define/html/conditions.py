"""Conditions in words, each variable a link."""

from __future__ import annotations

from functools import cache

from define.html.links import Links
from define.html.shown import Comparison, Condition, Link, Value
from define.model import CodeList, ItemDef, RangeCheck

OPERATORS = {"EQ": "=", "NE": "≠", "LT": "<", "LE": "≤", "GT": ">", "GE": "≥", "IN": "in", "NOTIN": "not in"}


class Conditions:
    """Writes the conditions of a define.xml.

    >>> from define.samples import sample_define
    >>> Conditions(Links(sample_define())).of("WC.NONE", "IG.DM", Link("x"))
    Condition(href='', tests=(), comment=None)
    """

    def __init__(self, links: Links) -> None:
        """Keep what follows the references."""
        self.links = links
        self._decodes = cache(_decodes)

    def of(self, oid: str, near: str, by: Link) -> Condition:
        """Write a condition.

        Args:
            oid: of the condition.
            near: the OID of the dataset whose records it selects.
            by: what the condition is of.

        >>> from define.samples import sample_define
        >>> Conditions(Links(sample_define())).of("WC.NONE", "", Link("x")).words
        'all records'
        """
        found = self.links.view.where_clauses.get(oid)
        link = self.links.to("where", oid, by)
        if found is None:
            return Condition(link.href, ())
        tests = tuple(self._test(check, near) for check in found.checks)
        return Condition(link.href, tests, self.links.comment(found.comment_oid, link))

    def _test(self, check: RangeCheck, near: str) -> Comparison:
        link, item = self.links.variable(check.item_oid, near)
        decodes = self._decoded(item)
        values = tuple(Value(shown(text), decodes.get(text, "")) for text in check.values)
        operator = OPERATORS.get(check.comparator, check.comparator)
        return Comparison(link, operator, values, check.comparator in ("IN", "NOTIN") or len(values) > 1)

    def _decoded(self, item: ItemDef | None) -> dict[str, str]:
        oid = item.codelist.codelist_oid if item and item.codelist else ""
        return self._decodes(self.links.view.codelists.get(oid))


def _decodes(codelist: CodeList | None) -> dict[str, str]:
    terms = codelist.coded if codelist else ()
    return {term.coded_value: term.decoded for term in terms if term.decoded != term.coded_value}


def shown(value: str) -> str:
    """Write a value so that it can be told from what stands around it.

    >>> shown("ALT"), shown(""), shown("Yes, often"), shown(" A")
    ('ALT', '(blank)', '"Yes, often"', '" A"')
    """
    if not value:
        return "(blank)"
    return f'"{value}"' if value != value.strip() or "," in value else value
