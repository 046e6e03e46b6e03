"""Codelists: coded, enumerated and external (Define-XML 2.1, 5.3.13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from define.model.alias import Alias
from define.model.element import Attr, Child, Element
from define.model.texts import Decode, Description
from define.names import def_, odm


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term(Element):
    coded_value: Annotated[str, Attr("CodedValue")]
    rank: Annotated[Decimal | None, Attr("Rank")] = None
    order_number: Annotated[int | None, Attr("OrderNumber")] = None
    extended_value: Annotated[bool, Attr(def_("ExtendedValue"))] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumeratedItem(_Term):
    """A term that needs no decode.

    >>> EnumeratedItem(coded_value="MILD", rank=Decimal(1)).extended_value
    False
    """

    TAG: ClassVar[str] = odm("EnumeratedItem")

    aliases: Annotated[tuple[Alias, ...], Child()] = ()
    descriptions: Annotated[tuple[Description, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeListItem(_Term):
    """A term and what it stands for.

    >>> CodeListItem(coded_value="M", decode=Decode.of("Male")).decoded
    'Male'
    """

    TAG: ClassVar[str] = odm("CodeListItem")

    decode: Annotated[Decode | None, Child()] = None
    aliases: Annotated[tuple[Alias, ...], Child()] = ()
    descriptions: Annotated[tuple[Description, ...], Child()] = ()

    @property
    def decoded(self) -> str:
        """Give the decode; "" for none.

        >>> CodeListItem(coded_value="M").decoded
        ''
        """
        return self.decode.text if self.decode else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCodeList(Element):
    """A dictionary outside of the file, such as MedDRA.

    >>> ExternalCodeList(dictionary="MedDRA", version="26.0").href
    ''
    """

    TAG: ClassVar[str] = odm("ExternalCodeList")

    dictionary: Annotated[str, Attr("Dictionary")] = ""
    version: Annotated[str, Attr("Version")] = ""
    ref: Annotated[str, Attr("ref")] = ""
    href: Annotated[str, Attr("href")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList(Element):
    """A codelist; it has terms of one of the two kinds, or is external.

    >>> CodeList(oid="CL.NY", name="No Yes", data_type="text").terms
    ()
    """

    TAG: ClassVar[str] = odm("CodeList")

    oid: Annotated[str, Attr("OID")]
    name: Annotated[str, Attr("Name")]
    data_type: Annotated[str, Attr("DataType")]
    sas_format_name: Annotated[str, Attr("SASFormatName")] = ""
    standard_oid: Annotated[str, Attr(def_("StandardOID"))] = ""
    is_non_standard: Annotated[bool, Attr(def_("IsNonStandard"))] = False
    comment_oid: Annotated[str, Attr(def_("CommentOID"))] = ""
    description: Annotated[Description | None, Child()] = None
    coded: Annotated[tuple[CodeListItem, ...], Child()] = ()
    external: Annotated[ExternalCodeList | None, Child()] = None
    enumerated: Annotated[tuple[EnumeratedItem, ...], Child()] = ()
    aliases: Annotated[tuple[Alias, ...], Child()] = ()

    @property
    def terms(self) -> tuple[CodeListItem | EnumeratedItem, ...]:
        """Give the terms of either kind.

        >>> item = EnumeratedItem(coded_value="MILD")
        >>> CodeList(oid="C", name="Severity", data_type="text", enumerated=(item,)).terms == (item,)
        True
        """
        return (*self.coded, *self.enumerated)
