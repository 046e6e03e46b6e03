"""A whole define.xml of a workbook."""

from __future__ import annotations

from collections import defaultdict

from define.model import (
    AnnotatedCRF,
    Define,
    DocumentRef,
    GlobalVariables,
    MetaDataVersion,
    Standard,
    Standards,
    Study,
    SupplementalDoc,
)
from define.model.study import VERSION
from define.workbook import names
from define.workbook.book import Book
from define.workbook.layout import folded
from define.workbook.load import Loader
from define.workbook.loadanalyses import load_analyses
from define.workbook.loaditems import Items
from define.workbook.names import CRF_NAMES, standard_text
from define.workbook.pages import parse_documents
from trialkit.problems import Problems

TERMINOLOGY = "CDISC/NCI"
NO_DATE = "1970-01-01T00:00:00"


def import_book(book: Book, problems: Problems) -> Define:
    """Make a define.xml of a workbook of any generation.

    Args:
        book: the workbook.
        problems: where problems go: DEFW-005 to DEFW-008.

    >>> from define.samples import sample_define
    >>> from define.workbook.exports import export_book
    >>> from define.workbook.layout import V21
    >>> book, _ = export_book(sample_define(), V21)
    >>> import_book(book, Problems()).metadata.item_groups == sample_define().metadata.item_groups
    True
    """
    said: dict[str, list[str]] = defaultdict(list)
    for row in book.rows("Define"):
        said[folded(row.get("Attribute"))].append(row.get("Value"))
    loader = Loader(book, problems, _one(said, "Language"))
    standards = _standards(said, book)
    loader.standards = {
        standard_text(one.name, one.version, one.publishing_set): one.oid for one in standards
    }
    usual, listed = _usual_crf(book), _documents(said, "AnnotatedCRF")
    crf = listed or (None if "supplementaldoc" in said else usual)
    loader.crf = next((one.documents[0].leaf_id for one in (listed, usual) if one), "")
    study, name = _one(said, "StudyName"), _one(said, "StandardName")
    items = Items(loader, name)
    groups = items.groups()
    analyses = load_analyses(items)
    metadata = MetaDataVersion(
        oid=_one(said, "MetaDataVersionOID") or f"MDV.{study}",
        name=_one(said, "MetaDataVersionName") or f"{study}, Data Definitions",
        description=_one(said, "MetaDataVersionDescription"),
        define_version=_one(said, "DefineVersion") or VERSION,
        comment_oid=names.COMMENT + _one(said, "Comment") if _one(said, "Comment") else "",
        standards=Standards(standards=standards) if standards else None,
        annotated_crf=crf,
        supplemental_doc=_supplemental(said),
        value_lists=tuple(items.value_lists),
        where_clauses=tuple(items.wheres.values()),
        item_groups=groups,
        items=tuple(items.definitions),
        codelists=loader.codelists(),
        methods=loader.methods(),
        comments=loader.comments(),
        leaves=loader.documents(),
        analyses=analyses,
    )
    return _whole(said, metadata)


def _whole(said: dict[str, list[str]], metadata: MetaDataVersion) -> Define:
    study = _one(said, "StudyName")
    return Define(
        file_oid=_one(said, "FileOID") or f"DEF.{study}",
        creation_date_time=_one(said, "CreationDateTime") or NO_DATE,
        as_of_date_time=_one(said, "AsOfDateTime"),
        context=_one(said, "Context"),
        originator=_one(said, "Originator"),
        source_system=_one(said, "SourceSystem"),
        source_system_version=_one(said, "SourceSystemVersion"),
        study=Study(
            oid=_one(said, "StudyOID") or f"STDY.{study}",
            global_variables=GlobalVariables(
                study_name=study,
                study_description=_one(said, "StudyDescription"),
                protocol_name=_one(said, "ProtocolName"),
            ),
            metadata=metadata,
        ),
    )


def _one(said: dict[str, list[str]], attribute: str) -> str:
    return next(iter(said.get(folded(attribute), [])), "")


def _standards(said: dict[str, list[str]], book: Book) -> tuple[Standard, ...]:
    """Make the standards of the first sheet, and those that only a codelist names."""
    made = [_standard(text) for text in said.get("standard", [])]
    name, version = _one(said, "StandardName"), _one(said, "StandardVersion")
    if not made and name:
        made.append(Standard(oid="STD.1", name=name, type="IG", version=version, status="Final"))
    known = {_text(one) for one in made}
    packages = dict.fromkeys(row.get("Terminology") for row in book.rows("Codelists"))
    for text in packages:
        parts = text.split()
        if text not in known and parts[:1] == [TERMINOLOGY] and len(parts) == 3:
            made.append(
                Standard(
                    oid=f"{names.STANDARD}{len(made) + 1}",
                    name=TERMINOLOGY,
                    type="CT",
                    publishing_set=parts[1],
                    version=parts[2],
                    status="Final",
                )
            )
    return tuple(made)


def _text(one: Standard) -> str:
    return standard_text(one.name, one.version, one.publishing_set)


def _standard(text: str) -> Standard:
    """Read a standard as the export writes it: identifier; type; name; status; comment."""
    oid, kind, called, status, comment = [*(part.strip() for part in text.split(";")), *[""] * 5][:5]
    name, _, rest = called.partition(" ")
    publishing_set, _, version = rest.rpartition(" ") if kind == "CT" else ("", "", rest)
    return Standard(
        oid=names.STANDARD + oid,
        name=name,
        type=kind,
        version=version,
        status=status,
        publishing_set=publishing_set,
        comment_oid=names.COMMENT + comment if comment else "",
    )


def _documents(said: dict[str, list[str]], attribute: str) -> AnnotatedCRF | None:
    documents = [one for text in said.get(folded(attribute), []) for one in _references(text)]
    return AnnotatedCRF(documents=tuple(documents)) if documents else None


def _references(text: str) -> tuple[DocumentRef, ...]:
    name, _, pages = text.partition("|")
    return parse_documents(name, pages)


def _usual_crf(book: Book) -> AnnotatedCRF | None:
    """Find the annotated CRF by its usual name, as a workbook does not say which document it is."""
    for row in book.rows("Documents"):
        if folded(row.get("ID")) in CRF_NAMES:
            return AnnotatedCRF(documents=parse_documents(row.get("ID"), ""))
    return None


def _supplemental(said: dict[str, list[str]]) -> SupplementalDoc | None:
    found = _documents(said, "SupplementalDoc")
    return SupplementalDoc(documents=found.documents) if found else None
