"""The model as a workbook; what a generation has no place for is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from define.check.view import Use, View
from define.model import (
    Alias,
    CodeList,
    CodeListItem,
    EnumeratedItem,
    ItemDef,
    ItemGroupDef,
    ItemRef,
    Origin,
    WhereClauseRef,
)
from define.model.alias import nci_code
from define.workbook import names
from define.workbook.analyses import display_rows, result_rows
from define.workbook.book import Book, Row
from define.workbook.conditions import comparisons, owner
from define.workbook.layout import CLASSIC, Generation
from define.workbook.names import bare, standard_text
from define.workbook.pages import documents_text, pages_text
from define.workbook.where import quoted, where_text

YES, NO = "Yes", "No"
PURPOSES = {"ADaM": "Analysis", "SDTM": "Tabulation", "SEND": "Tabulation"}
NON_STANDARD = "Non-Standard"
# the origins of the classic workbook, which has no column for the source
CLASSIC_ORIGINS = {("Collected", "Investigator"): "CRF", ("Collected", "Vendor"): "eDT"}


@dataclass(slots=True)
class Exporter:
    """Writes the rows of one generation.

    >>> from define.samples import sample_define
    >>> from define.workbook.layout import V21
    >>> Exporter(View(sample_define(), "define.xml"), V21).book().rows("Datasets")[0].get("Key Variables")
    'USUBJID'
    """

    view: View
    generation: Generation

    def book(self) -> Book:
        """Make the workbook.

        >>> from define.samples import sample_define
        >>> from define.workbook.layout import CURRENT
        >>> len(Exporter(View(sample_define(), "define.xml"), CURRENT).book().rows("Variables"))
        2
        """
        every = {
            "Define": self._define(),
            "Datasets": map(self._dataset, self.view.metadata.item_groups),
            "Variables": map(self._variable, self.view.variables()),
            "ValueLevel": self._levels(),
            "WhereClauses": self._where_clauses(),
            "Codelists": self._codelists(),
            "Dictionaries": self._dictionaries(),
            "Methods": self._methods(),
            "Comments": self._comments(),
            "Documents": self._documents(),
            "Analysis Displays": display_rows(self.view),
            "Analysis Results": result_rows(self.view),
        }
        mine = {sheet: rows for sheet, rows in every.items() if sheet in self.generation.sheets}
        return Book({sheet: [self._row(sheet, one) for one in rows] for sheet, rows in mine.items()})

    def _row(self, sheet: str, values: dict[str, str]) -> Row:
        columns = {*self.generation.sheets.get(sheet, ()), *self.generation.further(sheet)}
        return Row({name: text for name, text in values.items() if text and name in columns})

    def _define(self) -> Iterator[dict[str, str]]:
        define, metadata = self.view.define, self.view.metadata
        study = define.study.global_variables
        guide = next((one for one in self.view.standards.values() if one.type == "IG"), None)
        pairs = [
            ("StudyName", (study and study.study_name) or ""),
            ("StudyDescription", (study and study.study_description) or ""),
            ("ProtocolName", (study and study.protocol_name) or ""),
            ("StandardName", guide.name if guide else ""),
            ("StandardVersion", guide.version if guide else ""),
            ("Language", self._language()),
            ("StudyOID", define.study.oid),
            ("FileOID", define.file_oid),
            ("CreationDateTime", define.creation_date_time),
            ("AsOfDateTime", define.as_of_date_time),
            ("Originator", define.originator),
            ("SourceSystem", define.source_system),
            ("SourceSystemVersion", define.source_system_version),
            ("Context", define.context),
            ("MetaDataVersionOID", metadata.oid),
            ("MetaDataVersionName", metadata.name),
            ("MetaDataVersionDescription", metadata.description),
            ("DefineVersion", metadata.define_version),
            ("Comment", bare(metadata.comment_oid, names.COMMENT)),
        ]
        for attribute, value in [*pairs, *self._lists()]:
            if value:
                yield {"Attribute": attribute, "Value": value}

    def _lists(self) -> Iterator[tuple[str, str]]:
        metadata = self.view.metadata
        for one in self.view.standards.values():
            texts = (one.status, bare(one.comment_oid, names.COMMENT))
            text = standard_text(one.name, one.version, one.publishing_set)
            yield "Standard", "; ".join([bare(one.oid, names.STANDARD), one.type, text, *texts])
        for name, part in (
            ("AnnotatedCRF", metadata.annotated_crf),
            ("SupplementalDoc", metadata.supplemental_doc),
        ):
            for document in part.documents if part else ():
                yield name, "; ".join(text for text in documents_text((document,)) if text)

    def _language(self) -> str:
        texts = (
            text for item in self.view.metadata.items if item.description for text in item.description.texts
        )
        return next((text.lang for text in texts if text.lang), "")

    def _dataset(self, group: ItemGroupDef) -> dict[str, str]:
        keyed = sorted(
            (ref.key_sequence, self.view.items[ref.item_oid].name)
            for ref in group.items
            if ref.key_sequence is not None and ref.item_oid in self.view.items
        )
        made = group.dataset_class
        return {
            "Dataset": group.name,
            "Label": group.label,
            "Class": made.name if made else "",
            "SubClass": "; ".join(one.name for one in made.subclasses) if made else "",
            "Structure": group.structure,
            "Purpose": group.purpose if self._says_purpose(group) else "",
            "Key Variables": ", ".join(name for _, name in keyed),
            "Standard": self._standard(group),
            "Has No Data": YES if group.has_no_data else "",
            "Repeating": yes_no(group.repeating),
            "Reference Data": yes_no(group.is_reference_data),
            "Comment": bare(group.comment_oid, names.COMMENT),
            "Domain": group.domain if group.domain not in ("", group.name) else "",
            "SAS Name": group.sas_dataset_name if group.sas_dataset_name not in ("", group.name) else "",
            "Alias": _aliases(group.aliases),
            "File Title": _title(group),
            "File": group.leaf.href if group.leaf and group.leaf.href != file_of(group.name) else "",
        }

    def _says_purpose(self, group: ItemGroupDef) -> bool:
        """Say whether the purpose needs its column: the newer workbooks know it by the standard."""
        return "Purpose" in self.generation.sheets["Datasets"] or group.purpose != usual_purpose(
            self._guide()
        )

    def _guide(self) -> str:
        return next((one.name for one in self.view.standards.values() if one.type == "IG"), "")

    def _standard(self, part: ItemGroupDef | CodeList) -> str:
        one = self.view.standards.get(part.standard_oid)
        if one is None:
            return NON_STANDARD if part.is_non_standard else ""
        return standard_text(one.name, one.version, one.publishing_set)

    def _variable(self, use: Use) -> dict[str, str]:
        return {
            "Order": _number(use.ref.order_number),
            "Dataset": use.group.name,
            "Variable": use.item.name,
            "Label": use.item.label,
            **self._attributes(use.ref, use.item),
        }

    def _attributes(self, ref: ItemRef, item: ItemDef) -> dict[str, str]:
        return {
            "Data Type": item.data_type,
            "Length": _number(item.length),
            "Significant Digits": _number(item.significant_digits),
            "Format": item.display_format,
            "SAS Name": item.sas_field_name if item.sas_field_name not in ("", item.name) else "",
            "Mandatory": yes_no(ref.mandatory),
            "Role": ref.role,
            "Has No Data": YES if ref.has_no_data else "",
            "Non-Standard": YES if ref.is_non_standard else "",
            "Alias": _aliases(item.aliases),
            "Codelist": bare(item.codelist.codelist_oid, names.CODELIST) if item.codelist else "",
            "Method": bare(ref.method_oid, names.METHOD),
            "Comment": bare(item.comment_oid, names.COMMENT),
            **self._origins(item.origins),
        }

    def _origins(self, origins: tuple[Origin, ...]) -> dict[str, str]:
        """Write origins; several stand in one cell with semicolons."""
        types, sources = [one.type for one in origins], [one.source for one in origins]
        if self.generation is CLASSIC:
            pairs = [CLASSIC_ORIGINS.get((one.type, one.source), "") for one in origins]
            sources = ["" if said else source for said, source in zip(pairs, sources, strict=True)]
            types = [said or one for said, one in zip(pairs, types, strict=True)]
        texts = [one.description.text if one.description else "" for one in origins]
        pages = [", ".join(pages_text(document.pages) for document in one.documents) for one in origins]
        return {
            "Origin": "; ".join(types),
            "Source": several(sources),
            "Pages": several(pages),
            "Predecessor": several(texts),
        }

    def _levels(self) -> Iterator[dict[str, str]]:
        for use in self.view.variables():
            for level in self.view.levels(use):
                yield {
                    "Order": _number(level.ref.order_number),
                    "Dataset": use.group.name,
                    "Variable": use.item.name,
                    "Where Clause": self._where(level.group, level.ref.where_clauses),
                    "Label": level.item.label,
                    "Item Name": level.item.name if level.item.name != use.item.name else "",
                    **self._attributes(level.ref, level.item),
                }

    def _where(self, group: ItemGroupDef, refs: tuple[WhereClauseRef, ...]) -> str:
        if self.generation is CLASSIC:
            return "; ".join(bare(ref.where_clause_oid, names.WHERE) for ref in refs)
        return where_text(comparisons(self.view, group, refs))

    def _where_clauses(self) -> Iterator[dict[str, str]]:
        for clause in self.view.metadata.where_clauses if self.generation is CLASSIC else ():
            for check in clause.checks:
                dataset, variable = owner(self.view, check.item_oid)
                yield {
                    "ID": bare(clause.oid, names.WHERE),
                    "Dataset": dataset,
                    "Variable": variable,
                    "Comparator": check.comparator,
                    "Value": ", ".join(listed(value) for value in check.values),
                }

    def _codelists(self) -> Iterator[dict[str, str]]:
        for one in self.view.metadata.codelists:
            for term in one.terms:
                decoded = getattr(term, "decoded", "")
                yield {
                    "ID": bare(one.oid, names.CODELIST),
                    "Name": one.name,
                    "NCI Codelist Code": nci_code(one.aliases),
                    "Data Type": one.data_type,
                    "Terminology": self._standard(one),
                    "Comment": bare(one.comment_oid, names.COMMENT),
                    "Order": _number(term.order_number),
                    "Term": term.coded_value,
                    "NCI Term Code": nci_code(term.aliases),
                    "Decoded Value": decoded,
                    "Rank": str(term.rank) if term.rank is not None else "",
                    "Extended Value": "" if term.extended_value == is_extension(one, term) else YES,
                    "SAS Format": one.sas_format_name,
                    "Description": one.description.text if one.description else "",
                }

    def _dictionaries(self) -> Iterator[dict[str, str]]:
        for one in self.view.metadata.codelists:
            if one.external is not None:
                yield {
                    "ID": bare(one.oid, names.CODELIST),
                    "Name": one.name,
                    "Data Type": one.data_type,
                    "Dictionary": one.external.dictionary,
                    "Version": one.external.version,
                    "Href": one.external.href,
                    "Ref": one.external.ref,
                    "Terminology": self._standard(one),
                    "Comment": bare(one.comment_oid, names.COMMENT),
                    "SAS Format": one.sas_format_name,
                }

    def _methods(self) -> Iterator[dict[str, str]]:
        for one in self.view.metadata.methods:
            first = one.expressions[0] if one.expressions else None
            documents, pages = documents_text(one.documents)
            yield {
                "ID": bare(one.oid, names.METHOD),
                "Name": one.name,
                "Type": one.type,
                "Description": one.description.text if one.description else "",
                "Expression Context": first.context if first else "",
                "Expression Code": first.text if first else "",
                "Document": documents,
                "Pages": pages,
            }

    def _comments(self) -> Iterator[dict[str, str]]:
        for one in self.view.metadata.comments:
            documents, pages = documents_text(one.documents)
            text = one.description.text if one.description else ""
            yield {
                "ID": bare(one.oid, names.COMMENT),
                "Description": text,
                "Document": documents,
                "Pages": pages,
            }

    def _documents(self) -> Iterator[dict[str, str]]:
        for one in self.view.metadata.leaves:
            yield {"ID": bare(one.id, names.LEAF), "Title": one.title or "", "Href": one.href}


def _title(group: ItemGroupDef) -> str:
    title = (group.leaf.title or "").strip() if group.leaf else ""
    return title if group.leaf and title != group.leaf.href else ""


def _aliases(aliases: tuple[Alias, ...]) -> str:
    return "; ".join(f"{one.context}: {one.name}" for one in aliases)


def several(texts: list[str]) -> str:
    """Write texts into one cell with semicolons; nothing where all are empty.

    >>> several(["a", "b"]), several(["", "b"]), several(["", ""])
    ('a; b', '; b', '')
    """
    return "; ".join(texts) if any(texts) else ""


def yes_no(value: bool | None) -> str:
    """Write Yes, No, or nothing.

    >>> yes_no(True), yes_no(None)
    ('Yes', '')
    """
    return "" if value is None else YES if value else NO


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def is_extension(codelist: CodeList, term: CodeListItem | EnumeratedItem) -> bool:
    """Say whether a term extends the codelist of a standard: it has no code, and the codelist has one.

    >>> from define.samples import sample_define
    >>> codelist = sample_define().metadata.codelists[0]
    >>> is_extension(codelist, codelist.terms[0])
    False
    """
    return bool(nci_code(codelist.aliases)) and not nci_code(term.aliases)


def file_of(dataset: str) -> str:
    """Name the file of a dataset as submissions do.

    >>> file_of("DM")
    'dm.xpt'
    """
    return f"{dataset.lower()}.xpt"


def listed(value: str) -> str:
    """Write a value of a list, in quotes where it has a comma.

    >>> listed("A"), listed("A, B")
    ('A', '"A, B"')
    """
    return quoted(value) if "," in value or not value else value


def usual_purpose(standard: str) -> str:
    """Give the purpose of datasets that follow a standard.

    >>> usual_purpose("ADaMIG"), usual_purpose("SDTMIG-MD")
    ('Analysis', 'Tabulation')
    """
    return PURPOSES.get(standard[:4], "")
