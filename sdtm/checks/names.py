"""Checks that codes, names and visits go together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialkit.checks.keys import not_unique
from trialkit.checks.pairs import combinations, one_to_one
from trialkit.checks.review import Review
from trialkit.codelist import Codelist
from trialkit.column import Column
from trialkit.match import match
from trialkit.problems import Kind, Problem

OTHER_NAME = Kind(
    "CHECK-207",
    "name is not that of the short name in the terminology",
    "Map both from the terminology: decode the name from the short name.",
)
SEQUENCE_TWICE = Kind(
    "CHECK-208", "sequence number is not unique within the subject", "Use the rule for sequences."
)
STUDIES = Kind("CHECK-209", "more than one study identifier", "Map STUDYID to one value.")
OTHER_VISIT = Kind(
    "CHECK-240",
    "visit name is not that of the visit number in TV",
    "Map VISIT and VISITNUM from the visit schedule.",
)
# SDTMIG 3.4, 4.2.1, 4.4.5, 4.4.10, 5.2, 7.2, 8.4: pairs of variables, and within which they go together.
PAIRS = (
    ("--TESTCD", "--TEST", ()),
    ("QNAM", "QLABEL", ("RDOMAIN",)),
    ("TSPARMCD", "TSPARM", ()),
    ("IETESTCD", "IETEST", ("TIVERS",)),
    ("ETCD", "ELEMENT", ()),
    ("ARMCD", "ARM", ()),
    ("ACTARMCD", "ACTARM", ()),
    ("VISITNUM", "VISIT", ()),
    ("--TPTNUM", "--TPT", ("--TPTREF",)),
)
OWNERS = ("USUBJID", "TSPARMCD", "POOLID", "SPDEVID")


def names(review: Review) -> list[Problem]:
    """Find pairs that are not one to one, names against the terminology, and repeated sequence numbers.

    >>> from trialkit.samples import sample_review
    >>> sv = sample_review("SV", VISITNUM=[1.0, 1.0, 1.0], VISIT=["WEEK 1", "WEEK 1", "W1"])
    >>> [one.what for one in names(sv)]
    ['VISITNUM has more than one VISIT']
    """
    found: list[Problem] = []
    for pair in PAIRS:
        left, right = (name.replace("--", review.domain) for name in pair[:2])
        within = [name.replace("--", review.domain) for name in pair[2]]
        if review.has(left, right) and not (left == "IETESTCD" and review.domain == "IE"):
            found += one_to_one(review, left, right, [name for name in within if review.has(name)])
    return [*found, *_test_names(review), *_sequence(review), *_one_study(review), *_visits(review)]


def _test_names(review: Review) -> list[Problem]:
    found: list[Problem] = []
    for short, long in ((f"{review.domain}TESTCD", f"{review.domain}TEST"), ("TSPARMCD", "TSPARM")):
        if review.has(short, long) and review.store.terms is not None:
            found += _other_names(review, short, long)
    return found


def _other_names(review: Review, short: str, long: str) -> list[Problem]:
    columns = [review.column(short).unified(), review.column(long).unified()]
    shorts, longs = _codelists(review, short, long, set(columns[0].values.tolist()))
    if not shorts or not longs:
        return []
    key, table = combinations(columns, review.count)
    texts = [column.values[table[place]].tolist() for place, column in enumerate(columns)]
    wrong = [not _agree(one, other, shorts, longs) for one, other in zip(*texts, strict=True)]
    rows = np.isin(key, table["key"][wrong]) if any(wrong) else np.zeros(review.count, bool)
    meant = {
        name for text, bad in zip(texts[0], wrong, strict=True) if bad for name in _names(text, shorts, longs)
    }
    shown = ", ".join(f"'{name}'" for name in sorted(meant)[:5])
    hint = f"Use {shown}. {OTHER_NAME.fix}" if meant else ""
    return review.problems(OTHER_NAME, f"{long} is not the name of {short}", long, rows, hint=hint)


def _codelists(
    review: Review, short: str, long: str, used: set[str]
) -> tuple[list[Codelist], list[Codelist]]:
    terms, metas = review.store.terms, review.built.metas
    assert terms is not None
    if metas[short].codelists:
        named = [[terms.find(name) for name in metas[one].codelists] for one in (short, long)]
        return [one for one in named[0] if one], [one for one in named[1] if one]
    # questionnaires and the like: a codelist per instrument, found by the short names in use
    heads = [one for name in terms.names if name.endswith("TC") and (one := terms.find(name))]
    shorts = [one for one in heads if used & set(one.by_value)]
    return shorts, [one for head in shorts if (one := terms.partner(head.name))]


def _agree(short: str, long: str, shorts: Sequence[Codelist], longs: Sequence[Codelist]) -> bool:
    mine, theirs = _codes(short, shorts), _codes(long, longs)
    return not short or not long or not (mine or theirs) or bool(mine & theirs)


def _codes(text: str, codelists: Sequence[Codelist]) -> set[str]:
    return {code for one in codelists if (code := one.code_of(text))}


def _names(short: str, shorts: Sequence[Codelist], longs: Sequence[Codelist]) -> set[str]:
    return {one.by_code[code].value for code in _codes(short, shorts) for one in longs if code in one.by_code}


def _sequence(review: Review) -> list[Problem]:
    name = f"{review.domain}SEQ"
    owner = next((one for one in OWNERS if review.has(one)), "")
    key = [owner, name] if owner else [name]
    # the keys have been checked already
    if not review.has(name) or set(review.built.spec.keys) <= {"STUDYID", *key}:
        return []
    what = f"{name} is not unique within {owner or 'the dataset'}"
    return not_unique(review, key, SEQUENCE_TWICE, what, name)


def _one_study(review: Review) -> list[Problem]:
    if not review.has("STUDYID"):
        return []
    column = review.column("STUDYID").unified()
    counts = column.counts()
    if np.count_nonzero(counts) < 2:
        return []
    usual = counts.argmax()
    return review.problems(STUDIES, STUDIES.title, "STUDYID", column.codes != usual)


def _visits(review: Review) -> list[Problem]:
    plan = review.table("TV")
    if plan is None or review.built.name == "TV" or not review.has("VISITNUM", "VISIT"):
        return []
    if not {"VISITNUM", "VISIT"} <= set(plan.columns):
        return []
    columns = [review.column("VISITNUM").unified(), review.column("VISIT").unified()]
    key, table = combinations(columns, review.count)
    number, name = (Column(one.values, table[place].to_numpy()) for place, one in enumerate(columns))
    planned = match([number], len(table), [plan.columns["VISITNUM"]], plan.count).first()
    theirs = plan.columns["VISIT"].take_or_missing(planned).objects()
    wrong = (planned >= 0) & ~name.missing() & (theirs != name.objects())
    return review.problems(OTHER_VISIT, OTHER_VISIT.title, "VISIT", np.isin(key, table["key"][wrong]))
