"""Variables: their definitions, and the references of datasets and value lists to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.alias import Alias
from define.model.conditions import WhereClauseRef
from define.model.documents import DocumentRef
from define.model.element import Attr, Child, Element
from define.model.texts import Description
from define.names import def_, odm

# data types of numbers; the last is one of ODM only, which define.xml of others have
NUMBERS = frozenset({"integer", "float", "double"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRef(Element):
    """The place of a variable in a dataset, or of a value level in a value list (5.3.9, 5.3.11).

    >>> ItemRef(item_oid="IT.DM.USUBJID", mandatory=True, key_sequence=2).has_no_data
    False
    """

    TAG: ClassVar[str] = odm("ItemRef")

    item_oid: Annotated[str, Attr("ItemOID")]
    mandatory: Annotated[bool | None, Attr("Mandatory")]
    order_number: Annotated[int | None, Attr("OrderNumber")] = None
    key_sequence: Annotated[int | None, Attr("KeySequence")] = None
    method_oid: Annotated[str, Attr("MethodOID")] = ""
    role: Annotated[str, Attr("Role")] = ""
    role_codelist_oid: Annotated[str, Attr("RoleCodeListOID")] = ""
    is_non_standard: Annotated[bool, Attr(def_("IsNonStandard"))] = False
    has_no_data: Annotated[bool, Attr(def_("HasNoData"))] = False
    where_clauses: Annotated[tuple[WhereClauseRef, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeListRef(Element):
    """A reference to a codelist.

    >>> CodeListRef(codelist_oid="CL.SEX").codelist_oid
    'CL.SEX'
    """

    TAG: ClassVar[str] = odm("CodeListRef")

    codelist_oid: Annotated[str, Attr("CodeListOID")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueListRef(Element):
    """A reference to a value list.

    >>> ValueListRef(value_list_oid="VL.LB.LBORRES").value_list_oid
    'VL.LB.LBORRES'
    """

    TAG: ClassVar[str] = def_("ValueListRef")

    value_list_oid: Annotated[str, Attr("ValueListOID")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin(Element):
    """Where the values of a variable come from: its type, and who the source is (5.3.12.3).

    >>> Origin(type="Collected", source="Vendor").source
    'Vendor'
    """

    TAG: ClassVar[str] = def_("Origin")

    type: Annotated[str, Attr("Type")]
    source: Annotated[str, Attr("Source")] = ""
    description: Annotated[Description | None, Child()] = None
    documents: Annotated[tuple[DocumentRef, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDef(Element):
    """A variable, or a value level of one (5.3.12).

    >>> ItemDef(oid="IT.DM.AGE", name="AGE", data_type="integer", length=2).origins
    ()
    """

    TAG: ClassVar[str] = odm("ItemDef")

    oid: Annotated[str, Attr("OID")]
    name: Annotated[str, Attr("Name")]
    data_type: Annotated[str, Attr("DataType")]
    length: Annotated[int | None, Attr("Length")] = None
    significant_digits: Annotated[int | None, Attr("SignificantDigits")] = None
    sas_field_name: Annotated[str, Attr("SASFieldName")] = ""
    display_format: Annotated[str, Attr(def_("DisplayFormat"))] = ""
    comment_oid: Annotated[str, Attr(def_("CommentOID"))] = ""
    description: Annotated[Description | None, Child()] = None
    codelist: Annotated[CodeListRef | None, Child()] = None
    aliases: Annotated[tuple[Alias, ...], Child()] = ()
    origins: Annotated[tuple[Origin, ...], Child()] = ()
    value_list: Annotated[ValueListRef | None, Child()] = None

    @property
    def label(self) -> str:
        """Give the label; "" for none.

        >>> ItemDef(oid="I", name="AGE", data_type="integer", description=Description.of("Age")).label
        'Age'
        """
        return self.description.text if self.description else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueListDef(Element):
    """The value levels of a variable: for which records which definition holds (5.3.7).

    >>> ValueListDef(oid="VL.LB.LBORRES").items
    ()
    """

    TAG: ClassVar[str] = def_("ValueListDef")

    oid: Annotated[str, Attr("OID")]
    description: Annotated[Description | None, Child()] = None
    items: Annotated[tuple[ItemRef, ...], Child()] = ()
