"""Analysis results and the displays that show them (Analysis Results Metadata 1.0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.conditions import WhereClauseRef
from define.model.documents import DocumentRef
from define.model.element import Attr, Child, Element
from define.model.texts import Description
from define.names import arm, def_


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisVariable(Element):
    """A variable that is analysed.

    >>> AnalysisVariable(item_oid="IT.ADQS.CHG").item_oid
    'IT.ADQS.CHG'
    """

    TAG: ClassVar[str] = arm("AnalysisVariable")

    item_oid: Annotated[str, Attr("ItemOID")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisDataset(Element):
    """A dataset of an analysis, the records of it and the variables.

    >>> AnalysisDataset(item_group_oid="IG.ADQS").variables
    ()
    """

    TAG: ClassVar[str] = arm("AnalysisDataset")

    item_group_oid: Annotated[str, Attr("ItemGroupOID")]
    where_clause: Annotated[WhereClauseRef | None, Child()] = None
    variables: Annotated[tuple[AnalysisVariable, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisDatasets(Element):
    """The datasets of an analysis; the comment says how several are joined.

    >>> AnalysisDatasets().datasets
    ()
    """

    TAG: ClassVar[str] = arm("AnalysisDatasets")

    comment_oid: Annotated[str, Attr(def_("CommentOID"))] = ""
    datasets: Annotated[tuple[AnalysisDataset, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Documentation(Element):
    """What is said of an analysis, and where more is said.

    >>> Documentation(description=Description.of("SAP, section 10")).documents
    ()
    """

    TAG: ClassVar[str] = arm("Documentation")

    description: Annotated[Description | None, Child()] = None
    documents: Annotated[tuple[DocumentRef, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammingCode(Element):
    """The program of an analysis: its text, or the document that has it.

    >>> ProgrammingCode(context="SAS 9.4", code="proc mixed; run;").context
    'SAS 9.4'
    """

    TAG: ClassVar[str] = arm("ProgrammingCode")

    context: Annotated[str, Attr("Context")] = ""
    code: Annotated[str | None, Child(arm("Code"))] = None
    documents: Annotated[tuple[DocumentRef, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult(Element):
    """One result of a display: why and for what it was made, and from which data.

    >>> AnalysisResult(oid="AR.1", reason="SPECIFIED IN SAP", purpose="PRIMARY OUTCOME MEASURE").parameter_oid
    ''
    """

    TAG: ClassVar[str] = arm("AnalysisResult")

    oid: Annotated[str, Attr("OID")]
    reason: Annotated[str, Attr("AnalysisReason")]
    purpose: Annotated[str, Attr("AnalysisPurpose")]
    parameter_oid: Annotated[str, Attr("ParameterOID")] = ""
    description: Annotated[Description | None, Child()] = None
    datasets: Annotated[AnalysisDatasets | None, Child()] = None
    documentation: Annotated[Documentation | None, Child()] = None
    code: Annotated[ProgrammingCode | None, Child()] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDisplay(Element):
    """A table, figure or listing.

    >>> ResultDisplay(oid="RD.1", name="Table 14.2.1").results
    ()
    """

    TAG: ClassVar[str] = arm("ResultDisplay")

    oid: Annotated[str, Attr("OID")]
    name: Annotated[str, Attr("Name")]
    description: Annotated[Description | None, Child()] = None
    documents: Annotated[tuple[DocumentRef, ...], Child()] = ()
    results: Annotated[tuple[AnalysisResult, ...], Child()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResultDisplays(Element):
    """All displays.

    >>> AnalysisResultDisplays().displays
    ()
    """

    TAG: ClassVar[str] = arm("AnalysisResultDisplays")

    displays: Annotated[tuple[ResultDisplay, ...], Child()] = ()
