"""Methods and comments (Define-XML 2.1, 5.3.14 and 5.3.15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.alias import Alias
from define.model.documents import DocumentRef
from define.model.element import Attr, Child, Content, Element
from define.model.texts import Description
from define.names import def_, odm


@dataclass(frozen=True, slots=True, kw_only=True)
class FormalExpression(Element):
    """A program text; ``context`` names its language.

    >>> FormalExpression(context="SAS 9.4", text="a = b;").text
    'a = b;'
    """

    TAG: ClassVar[str] = odm("FormalExpression")

    context: Annotated[str, Attr("Context")] = ""
    text: Annotated[str, Content()] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodDef(Element):
    """How values are derived; ``type`` is ``Computation`` or ``Imputation``.

    >>> MethodDef(oid="MT.AGE", name="AGE", type="Computation").expressions
    ()
    """

    TAG: ClassVar[str] = odm("MethodDef")

    oid: Annotated[str, Attr("OID")]
    name: Annotated[str, Attr("Name")]
    type: Annotated[str, Attr("Type")] = ""
    description: Annotated[Description | None, Child()] = None
    expressions: Annotated[tuple[FormalExpression, ...], Child()] = ()
    aliases: Annotated[tuple[Alias, ...], Child()] = ()
    documents: Annotated[tuple[DocumentRef, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentDef(Element):
    """A comment that others refer to.

    >>> CommentDef(oid="COM.1", description=Description.of("Not collected")).documents
    ()
    """

    TAG: ClassVar[str] = def_("CommentDef")

    oid: Annotated[str, Attr("OID")]
    description: Annotated[Description | None, Child()] = None
    documents: Annotated[tuple[DocumentRef, ...], Child()] = ()
