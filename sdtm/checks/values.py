"""Checks of single values that only SDTM has: short names, names, numbers and references."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trialkit.built import Built, Meta
from trialkit.checks.review import Review
from trialkit.checks.subjects import known_subject
from trialkit.checks.values import ValueCheck
from trialkit.context import Store
from trialkit.problems import Kind

SHORT = Kind(
    "CHECK-201",
    "short name that is not allowed",
    "Use at most 8 capital letters, digits or _, not a digit first.",
)
LONG = Kind("CHECK-202", "name that is too long", "Shorten it; it is never cut.")
SEQUENCE = Kind("CHECK-203", "sequence number is not a positive whole number", "Use the rule for sequences.")
DAY = Kind(
    "CHECK-204", "study day is 0 or no whole number", "Use the rule for study days: there is no day 0."
)
COUNTRY = Kind("CHECK-205", "not a country code of three letters", "Map it to ISO 3166-1 alpha-3.")
UNPLANNED = Kind(
    "CHECK-206",
    "value is not in the trial design",
    "Use a value of the trial design dataset, or add it there.",
)
# SDTMIG 3.4, sections 4.2.1 and 7.2: most characters of short names and of names; -- is the domain.
SHORT_NAMES = ("--TESTCD", "QNAM", "TSPARMCD", "IETESTCD")
LENGTHS = {"--TEST": 40, "QLABEL": 40, "TSPARM": 40, "ETCD": 8, "ARMCD": 20, "ACTARMCD": 20}
CRITERIA = {"IE", "TI"}  # --TEST holds the text of a criterion there
# Variables whose values a trial design dataset lists: the variable, then the dataset and its variable.
DESIGNED = {"ARMCD": ("TA", "ARMCD"), "ACTARMCD": ("TA", "ARMCD"), "ETCD": ("TE", "ETCD")}
UNPLANNED_ELEMENT = "UNPLAN"  # SDTMIG 3.4, 5.3: the ETCD of an element that is not planned
_SHORT = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
_COUNTRY = re.compile(r"[A-Z]{3}")


def value_checks(built: Built, meta: Meta, store: Store) -> list[ValueCheck]:
    """Give the checks of one variable's values that only SDTM has.

    Source: SDTMIG 3.4, sections 4.2.1, 4.4.4, 5.2 and 7.2.

    >>> from trialkit.samples import sample_review
    >>> lb = sample_review("LB", LBTESTCD=["1ALT"])
    >>> made = value_checks(lb.built, lb.built.metas["LBTESTCD"], lb.store)
    >>> [check.kind.code for check in made if not check.passes("1ALT")]
    ['CHECK-201']
    """
    review = Review(built, store)
    general = re.sub(f"^{review.domain}(?=.)", "--", meta.name)
    if meta.type == "Num":
        return _numbers(general)
    related = known_subject(review, meta, ("RSUBJID",)) if meta.name == "RSUBJID" else []
    return [*_names(review, meta, general), *_designed(review, meta), *related]


def _numbers(general: str) -> list[ValueCheck]:
    if general == "--SEQ":
        return [ValueCheck(SEQUENCE, SEQUENCE.title, lambda number: number >= 1 and number == int(number))]
    if general.endswith("DY"):
        return [ValueCheck(DAY, DAY.title, lambda number: number != 0 and number == int(number))]
    return []


def _names(review: Review, meta: Meta, general: str) -> list[ValueCheck]:
    if {general, meta.name} & {*SHORT_NAMES}:
        return [ValueCheck(SHORT, SHORT.title, lambda text: not text or bool(_SHORT.fullmatch(text)))]
    if meta.name == "COUNTRY":
        return [ValueCheck(COUNTRY, COUNTRY.title, lambda text: not text or bool(_COUNTRY.fullmatch(text)))]
    most = LENGTHS.get(general) or LENGTHS.get(meta.name)
    if most is None or (general == "--TEST" and review.domain in CRITERIA):
        return []
    return [ValueCheck(LONG, f"longer than {most} characters", lambda text: len(text) <= most)]


def _designed(review: Review, meta: Meta) -> Sequence[ValueCheck]:
    dataset, variable = DESIGNED.get(meta.name, ("", ""))
    table = review.table(dataset)
    if table is None or variable not in table.columns or review.built.name in ("TA", "TE", "TV"):
        return []
    planned = {"", UNPLANNED_ELEMENT, *table.columns[variable].compact().values.tolist()}
    return [ValueCheck(UNPLANNED, f"value is not in {dataset}.{variable}", planned.__contains__)]
