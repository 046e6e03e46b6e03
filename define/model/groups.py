"""Datasets (Define-XML 2.1, 5.3.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.alias import Alias
from define.model.documents import Leaf
from define.model.element import Attr, Child, Element
from define.model.items import ItemRef
from define.model.texts import Description
from define.names import def_, odm


@dataclass(frozen=True, slots=True, kw_only=True)
class SubClass(Element):
    """A kind within a class, such as ``TIME-TO-EVENT``.

    >>> SubClass(name="TIME-TO-EVENT").parent_class
    ''
    """

    TAG: ClassVar[str] = def_("SubClass")

    name: Annotated[str, Attr("Name")]
    parent_class: Annotated[str, Attr("ParentClass")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class(Element):
    """The class of a dataset, such as ``FINDINGS``.

    >>> Class(name="BASIC DATA STRUCTURE", subclasses=(SubClass(name="TIME-TO-EVENT"),)).name
    'BASIC DATA STRUCTURE'
    """

    TAG: ClassVar[str] = def_("Class")

    name: Annotated[str, Attr("Name")]
    subclasses: Annotated[tuple[SubClass, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemGroupDef(Element):
    """A dataset: its attributes, and its variables in their order.

    >>> ItemGroupDef(oid="IG.DM", name="DM", repeating=False, structure="One record per subject").label
    ''
    """

    TAG: ClassVar[str] = odm("ItemGroupDef")

    oid: Annotated[str, Attr("OID")]
    name: Annotated[str, Attr("Name")]
    repeating: Annotated[bool | None, Attr("Repeating")]
    structure: Annotated[str, Attr(def_("Structure"))]
    purpose: Annotated[str, Attr("Purpose")] = ""
    domain: Annotated[str, Attr("Domain")] = ""
    sas_dataset_name: Annotated[str, Attr("SASDatasetName")] = ""
    is_reference_data: Annotated[bool | None, Attr("IsReferenceData")] = None
    archive_location_id: Annotated[str, Attr(def_("ArchiveLocationID"))] = ""
    standard_oid: Annotated[str, Attr(def_("StandardOID"))] = ""
    is_non_standard: Annotated[bool, Attr(def_("IsNonStandard"))] = False
    has_no_data: Annotated[bool, Attr(def_("HasNoData"))] = False
    comment_oid: Annotated[str, Attr(def_("CommentOID"))] = ""
    description: Annotated[Description | None, Child()] = None
    items: Annotated[tuple[ItemRef, ...], Child()] = ()
    aliases: Annotated[tuple[Alias, ...], Child()] = ()
    dataset_class: Annotated[Class | None, Child()] = None
    leaf: Annotated[Leaf | None, Child()] = None

    @property
    def label(self) -> str:
        """Give the label; "" for none.

        >>> ItemGroupDef(
        ...     oid="I", name="DM", repeating=False, structure="", description=Description.of("Demographics")
        ... ).label
        'Demographics'
        """
        return self.description.text if self.description else ""
