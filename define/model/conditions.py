"""Conditions: the records that something holds for (Define-XML 2.1, 5.3.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.element import Attr, Child, Element
from define.names import def_, odm


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeCheck(Element):
    """One comparison of a variable with one value, or with several for ``IN`` and ``NOTIN``.

    >>> RangeCheck(item_oid="IT.LB.LBTESTCD", comparator="EQ", values=("ALT",)).soft_hard
    'Soft'
    """

    TAG: ClassVar[str] = odm("RangeCheck")

    comparator: Annotated[str, Attr("Comparator")]
    item_oid: Annotated[str, Attr(def_("ItemOID"))]
    soft_hard: Annotated[str, Attr("SoftHard")] = "Soft"
    values: Annotated[tuple[str, ...], Child(odm("CheckValue"))] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereClauseDef(Element):
    """Comparisons that must all hold.

    >>> WhereClauseDef(oid="WC.1").checks
    ()
    """

    TAG: ClassVar[str] = def_("WhereClauseDef")

    oid: Annotated[str, Attr("OID")]
    comment_oid: Annotated[str, Attr(def_("CommentOID"))] = ""
    checks: Annotated[tuple[RangeCheck, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereClauseRef(Element):
    """A reference to a condition; of several, any may hold.

    >>> WhereClauseRef(where_clause_oid="WC.1").where_clause_oid
    'WC.1'
    """

    TAG: ClassVar[str] = def_("WhereClauseRef")

    where_clause_oid: Annotated[str, Attr("WhereClauseOID")]
