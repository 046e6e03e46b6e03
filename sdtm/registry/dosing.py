"""Dosing parameters that a description of an arm names; each is for a person to confirm."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sdtm.registry.lines import Draft, Line
from sdtm.registry.texts import plain
from trialkit.codelist import Codelist, folded

_AMOUNT = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s*((?:million )?[A-Za-z%]+(?:/[A-Za-z0-9]+)*)")
TIMES = ("h", "s", "min", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS")  # units of time, which are no doses
CONFIRM = "read from the description of the arm; is it right"


def dosing(draft: Draft) -> list[Line]:
    """Draft DOSE, DOSU, DOSFRQ, ROUTE and DOSRGM from the first description that there is.

    >>> from sdtm.registry.record import Arm, Record
    >>> from trialkit.terms import load_terminology
    >>> record = Record.model_construct(nct="NCT00000001", interventions=(),
    ...     arms=(Arm(description="5 mg orally every other day"),))
    >>> lines = dosing(Draft(record, load_terminology("SDTM", "2025-03-28")))
    >>> [(line.parameter, line.value) for line in lines][:3]
    [('DOSE', '5'), ('DOSU', 'mg'), ('DOSFRQ', 'QOD')]
    """
    record, terms = draft.record, draft.terms
    told = [*(arm.description for arm in record.arms), *(one.description for one in record.interventions)]
    described = [text for text in told if text]
    if not described:
        return [Line("DOSRGM", null="NI", decide="dose regimen")]
    text, source = plain(described[0]), draft.source("arms")
    amount, unit = _amount(text, terms.codelist("UNIT"))
    found = [
        ("DOSE", amount, ""),
        ("DOSU", unit, "UNIT"),
        ("DOSFRQ", _phrase(text, terms.codelist("FREQ")), "FREQ"),
        ("ROUTE", _phrase(text, terms.codelist("ROUTE"), stems=True), "ROUTE"),
        ("DOSRGM", text, ""),
    ]
    return [
        Line(name, value, codelist=codelist, source=source, decide=CONFIRM)
        for name, value, codelist in found
        if value
    ]


def _amount(text: str, units: Codelist) -> tuple[str, str]:
    """Find the first number with a unit that is not one of time."""
    for found in _AMOUNT.finditer(text):
        unit = units.resolve(found[2]) if found[2].lower() not in ("a", "in", "and", "to") else None
        if unit is not None and unit not in TIMES:
            return found[1].replace(",", ""), unit
    return "", ""


def _phrase(text: str, codelist: Codelist, *, stems: bool = False) -> str:
    """Find the term whose longest name stands in a text, also as the stem of a word."""
    said, end = f" {re.sub(r'[^a-z0-9 ]', ' ', folded(text))} ", "" if stems else " "
    found = [(len(name), term) for name, term in _names(codelist) if f" {folded(name)}{end}" in said]
    return max(found)[1] if found else ""


def _names(codelist: Codelist) -> Iterable[tuple[str, str]]:
    """Give the names of terms that are words, not abbreviations."""
    for term in codelist.terms:
        for name in (term.value, term.preferred, *term.synonyms):
            if len(name) > 3 and not name.isdigit():
                yield name, term.value
