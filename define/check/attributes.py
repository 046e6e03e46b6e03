"""What datasets and variables have to say of themselves and the XML Schema does not ask for."""

from __future__ import annotations

from collections.abc import Iterator

from define.check.view import View
from define.model import CodeList, ItemGroupDef
from trialkit.problems import Kind, Problem

NO_LABEL = Kind("DEFC-020", "description is absent", "Give it a Description: it is the label.")
NO_LENGTH = Kind("DEFC-021", "length is absent", "Give Length: text, integer and float need it.")
NO_DIGITS = Kind("DEFC-022", "significant digits are absent", "Give SignificantDigits: float needs it.")
NEEDLESS = Kind(
    "DEFC-023", "length where the type has none", "Remove Length: it is for text, integer and float.", "query"
)
NO_STANDARD = Kind(
    "DEFC-024", "no standard", "Give def:StandardOID, or def:IsNonStandard, of the dataset or codelist."
)
BOTH_STANDARDS = Kind("DEFC-025", "standard and non-standard at once", "Remove one of the two.")
NO_CLASS = Kind("DEFC-026", "dataset has no class", "Give def:Class.")
NO_FILE = Kind("DEFC-027", "dataset has no file", "Give def:leaf and def:ArchiveLocationID.")
NO_STANDARDS = Kind("DEFC-028", "no standards", "Give def:Standards: the guide and each terminology package.")
NO_SET = Kind("DEFC-029", "terminology package has no publishing set", "Give PublishingSet, such as SDTM.")
NO_CONTEXT = Kind("DEFC-030", "context is absent", "Give def:Context: Submission or Other.")

WITH_LENGTH = {"text", "integer", "float"}


def labels(view: View) -> Iterator[Problem]:
    """Find datasets and variables without a label.

    >>> from define.check.samples import findings
    >>> findings(labels, "items.1", description=None)
    ['DM.SEX has no Description']
    """
    for group in view.metadata.item_groups:
        if not group.label.strip():
            yield view.problem(NO_LABEL, group, f"dataset {group.name} has no Description")
    seen = set[str]()
    for use in view.variables():
        if use.item.oid not in seen and not use.item.label.strip():
            seen.add(use.item.oid)
            yield view.problem(NO_LABEL, use.item, f"{use.name} has no Description", use)


def lengths(view: View) -> Iterator[Problem]:
    """Find definitions whose length or digits are absent, or have no place.

    >>> from define.check.samples import findings
    >>> findings(lengths, "items.1", length=None)
    ['IT.DM.SEX is text and has no Length']
    """
    for item in view.metadata.items:
        said = f"{item.oid} is {item.data_type}"
        if item.data_type in WITH_LENGTH and item.length is None:
            yield view.problem(NO_LENGTH, item, f"{said} and has no Length")
        if item.data_type == "float" and item.significant_digits is None:
            yield view.problem(NO_DIGITS, item, f"{said} and has no SignificantDigits")
        if item.data_type not in WITH_LENGTH and item.length is not None:
            yield view.problem(NEEDLESS, item, f"{said} and has a Length")


def standards(view: View) -> Iterator[Problem]:
    """Find what follows no standard and does not say so, and packages without a publishing set.

    >>> from define.check.samples import findings
    >>> findings(standards, "standards.standards.1", publishing_set="")
    ['terminology package STD.2 has no PublishingSet']
    """
    if not view.standards:
        yield view.problem(NO_STANDARDS, view.metadata, "there are no def:Standards")
    for one in view.standards.values():
        if one.type == "CT" and not one.publishing_set:
            yield view.problem(NO_SET, one, f"terminology package {one.oid} has no PublishingSet")
    parts: tuple[ItemGroupDef | CodeList, ...] = (*view.metadata.item_groups, *view.metadata.codelists)
    for part in parts:
        if part.standard_oid and part.is_non_standard:
            yield view.problem(BOTH_STANDARDS, part, f"{part.oid} has a standard and says it has none")


def datasets(view: View) -> Iterator[Problem]:
    """Find datasets without standard, class or file.

    >>> from define.check.samples import findings
    >>> findings(datasets, "item_groups.0", standard_oid="")
    ['dataset DM has no standard']
    """
    for group in view.metadata.item_groups:
        if not group.standard_oid and not group.is_non_standard:
            yield view.problem(NO_STANDARD, group, f"dataset {group.name} has no standard")
        if group.dataset_class is None:
            yield view.problem(NO_CLASS, group, f"dataset {group.name} has no def:Class")
        if not group.has_no_data and (group.leaf is None or not group.archive_location_id):
            yield view.problem(NO_FILE, group, f"dataset {group.name} has no file")


def context(view: View) -> Iterator[Problem]:
    """Find a file that does not say what it is for.

    >>> from define.check.samples import findings
    >>> findings(context)
    []
    """
    if not view.define.context:
        yield view.problem(NO_CONTEXT, view.define, "ODM has no def:Context")
