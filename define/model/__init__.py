"""Define-XML 2.1 and Analysis Results Metadata 1.0 as frozen dataclasses, one for each element."""

from define.model.alias import Alias
from define.model.analysis import (
    AnalysisDataset,
    AnalysisDatasets,
    AnalysisResult,
    AnalysisResultDisplays,
    AnalysisVariable,
    Documentation,
    ProgrammingCode,
    ResultDisplay,
)
from define.model.codelists import CodeList, CodeListItem, EnumeratedItem, ExternalCodeList
from define.model.conditions import RangeCheck, WhereClauseDef, WhereClauseRef
from define.model.documents import AnnotatedCRF, DocumentRef, Leaf, PDFPageRef, SupplementalDoc
from define.model.element import Element, Extra, Spot
from define.model.groups import Class, ItemGroupDef, SubClass
from define.model.items import NUMBERS, CodeListRef, ItemDef, ItemRef, Origin, ValueListDef, ValueListRef
from define.model.methods import CommentDef, FormalExpression, MethodDef
from define.model.standards import Standard, Standards
from define.model.study import Define, GlobalVariables, MetaDataVersion, Study
from define.model.texts import Decode, Description, TranslatedText

__all__ = [
    "NUMBERS",
    "Alias",
    "AnalysisDataset",
    "AnalysisDatasets",
    "AnalysisResult",
    "AnalysisResultDisplays",
    "AnalysisVariable",
    "AnnotatedCRF",
    "Class",
    "CodeList",
    "CodeListItem",
    "CodeListRef",
    "CommentDef",
    "Decode",
    "Define",
    "Description",
    "DocumentRef",
    "Documentation",
    "Element",
    "EnumeratedItem",
    "ExternalCodeList",
    "Extra",
    "FormalExpression",
    "GlobalVariables",
    "ItemDef",
    "ItemGroupDef",
    "ItemRef",
    "Leaf",
    "MetaDataVersion",
    "MethodDef",
    "Origin",
    "PDFPageRef",
    "ProgrammingCode",
    "RangeCheck",
    "ResultDisplay",
    "Spot",
    "Standard",
    "Standards",
    "Study",
    "SubClass",
    "SupplementalDoc",
    "TranslatedText",
    "ValueListDef",
    "ValueListRef",
    "WhereClauseDef",
    "WhereClauseRef",
]
