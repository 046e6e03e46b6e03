"""The file, the study, and the version of its metadata (Define-XML 2.1, 5.3.1 to 5.3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.analysis import AnalysisResultDisplays
from define.model.codelists import CodeList
from define.model.conditions import WhereClauseDef
from define.model.documents import AnnotatedCRF, Leaf, SupplementalDoc
from define.model.element import Attr, Child, Element
from define.model.groups import ItemGroupDef
from define.model.items import ItemDef, ValueListDef
from define.model.methods import CommentDef, MethodDef
from define.model.standards import Standards
from define.names import def_, odm

VERSION = "2.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalVariables(Element):
    """The names of the study; None where there is no such element.

    >>> GlobalVariables(study_name="S1", study_description="", protocol_name="S1").study_name
    'S1'
    """

    TAG: ClassVar[str] = odm("GlobalVariables")

    study_name: Annotated[str | None, Child(odm("StudyName"))] = None
    study_description: Annotated[str | None, Child(odm("StudyDescription"))] = None
    protocol_name: Annotated[str | None, Child(odm("ProtocolName"))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaDataVersion(Element):
    """All definitions.

    >>> MetaDataVersion(oid="MDV.1", name="Study S1").item_groups
    ()
    """

    TAG: ClassVar[str] = odm("MetaDataVersion")

    oid: Annotated[str, Attr("OID")]
    name: Annotated[str, Attr("Name")]
    description: Annotated[str, Attr("Description")] = ""
    define_version: Annotated[str, Attr(def_("DefineVersion"))] = VERSION
    comment_oid: Annotated[str, Attr(def_("CommentOID"))] = ""
    standards: Annotated[Standards | None, Child()] = None
    annotated_crf: Annotated[AnnotatedCRF | None, Child()] = None
    supplemental_doc: Annotated[SupplementalDoc | None, Child()] = None
    value_lists: Annotated[tuple[ValueListDef, ...], Child()] = ()
    where_clauses: Annotated[tuple[WhereClauseDef, ...], Child()] = ()
    item_groups: Annotated[tuple[ItemGroupDef, ...], Child()] = ()
    items: Annotated[tuple[ItemDef, ...], Child()] = ()
    codelists: Annotated[tuple[CodeList, ...], Child()] = ()
    methods: Annotated[tuple[MethodDef, ...], Child()] = ()
    comments: Annotated[tuple[CommentDef, ...], Child()] = ()
    leaves: Annotated[tuple[Leaf, ...], Child()] = ()
    analyses: Annotated[AnalysisResultDisplays | None, Child()] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study(Element):
    """The study and its one version of metadata.

    >>> Study(oid="S1", metadata=MetaDataVersion(oid="MDV.1", name="Study S1")).metadata.oid
    'MDV.1'
    """

    TAG: ClassVar[str] = odm("Study")

    oid: Annotated[str, Attr("OID")]
    global_variables: Annotated[GlobalVariables | None, Child()] = None
    metadata: Annotated[MetaDataVersion, Child()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Define(Element):
    """A define.xml: the header of the file, and the study.

    Args:
        prolog: comments and processing instructions before the root element, as XML.
        epilog: the same after it.

    >>> metadata = MetaDataVersion(oid="MDV.1", name="Study S1")
    >>> study = Study(oid="S1", metadata=metadata)
    >>> Define(file_oid="F.1", creation_date_time="2024-01-31T00:00:00", study=study).metadata is metadata
    True
    """

    TAG: ClassVar[str] = odm("ODM")

    file_oid: Annotated[str, Attr("FileOID")]
    creation_date_time: Annotated[str, Attr("CreationDateTime")]
    file_type: Annotated[str, Attr("FileType")] = "Snapshot"
    odm_version: Annotated[str, Attr("ODMVersion")] = "1.3.2"
    context: Annotated[str, Attr(def_("Context"))] = ""
    originator: Annotated[str, Attr("Originator")] = ""
    source_system: Annotated[str, Attr("SourceSystem")] = ""
    source_system_version: Annotated[str, Attr("SourceSystemVersion")] = ""
    as_of_date_time: Annotated[str, Attr("AsOfDateTime")] = ""
    prior_file_oid: Annotated[str, Attr("PriorFileOID")] = ""
    description: Annotated[str, Attr("Description")] = ""
    granularity: Annotated[str, Attr("Granularity")] = ""
    archival: Annotated[str, Attr("Archival")] = ""
    id: Annotated[str, Attr("Id")] = ""
    study: Annotated[Study, Child()]
    prolog: tuple[str, ...] = ()
    epilog: tuple[str, ...] = ()

    @property
    def metadata(self) -> MetaDataVersion:
        """Give the version of the metadata.

        >>> metadata = MetaDataVersion(oid="MDV.1", name="Study S1")
        >>> study = Study(oid="S1", metadata=metadata)
        >>> Define(file_oid="F", creation_date_time="2024-01-31T00:00:00", study=study).metadata.name
        'Study S1'
        """
        return self.study.metadata
