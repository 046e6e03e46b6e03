"""Identifiers of the workbook and of define.xml: the same, but for a prefix that says of what kind."""

from __future__ import annotations

GROUP, ITEM, VALUE_LIST, WHERE, CODELIST = "IG.", "IT.", "VL.", "WC.", "CL."
METHOD, COMMENT, LEAF, STANDARD = "MT.", "COM.", "LF.", "STD."
DISPLAY, RESULT = "RD.", "AR."
# what the annotated CRF is usually called, where a workbook does not say which document it is
CRF_NAMES = {"acrf", "blankcrf", "annotatedcrf", "crf"}


def bare(oid: str, prefix: str) -> str:
    """Give an identifier without its prefix, as the workbook has it.

    >>> bare("CL.SEX", CODELIST), bare("SEX", CODELIST)
    ('SEX', 'SEX')
    """
    return oid.removeprefix(prefix)


def standard_text(name: str, version: str, publishing_set: str = "") -> str:
    """Name a standard as a cell does.

    >>> standard_text("SDTMIG", "3.4"), standard_text("CDISC/NCI", "2025-03-28", "SDTM")
    ('SDTMIG 3.4', 'CDISC/NCI SDTM 2025-03-28')
    """
    return " ".join(part for part in (name, publishing_set, version) if part)
