"""The standards that the data follow (Define-XML 2.1, 5.3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.element import Attr, Child, Element
from define.names import def_


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard(Element):
    """An implementation guide (``IG``) or a terminology package (``CT``, with its publishing set).

    >>> Standard(oid="STD.1", name="SDTMIG", type="IG", version="3.4", status="Final").version
    '3.4'
    """

    TAG: ClassVar[str] = def_("Standard")

    oid: Annotated[str, Attr("OID")]
    name: Annotated[str, Attr("Name")]
    type: Annotated[str, Attr("Type")]
    version: Annotated[str, Attr("Version")]
    status: Annotated[str, Attr("Status")] = ""
    publishing_set: Annotated[str, Attr("PublishingSet")] = ""
    comment_oid: Annotated[str, Attr(def_("CommentOID"))] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standards(Element):
    """The list of standards.

    >>> Standards().standards
    ()
    """

    TAG: ClassVar[str] = def_("Standards")

    standards: Annotated[tuple[Standard, ...], Child()] = ()
