"""Spellings of units: what laboratories write, and the submission value that it means."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from trialkit.codelist import Codelist, folded
from trialkit.measures import table

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SIGNS = str.maketrans({"º": "", "°": "", "˚": "", "×": "x", "✕": "x", "·": "*", "⋅": "*", "•": "*", "−": "-"})
WORD = re.compile(r"[A-Za-z]{5,}")
# In order: powers of ten, powers of units, counted cells, words and short words for time.
REWRITES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\s+", " "),
        (r" ?([/*^]) ?", r"\1"),
        (r"^[xX*]? ?10(?:\*\*|\^|\*|[eE]\+?0*) ?(\d+)", r"10^\1"),
        (r"(?<=[A-Za-z])\^(?=\d)", ""),
        (r"^(?:[Cc]ells?|个|個)/", "/"),
        (r"^(10\^\d+) ?(?:[Cc]ells?|个|個)/", r"\1/"),
        (r" per ", "/"),
        (r"\bmc(?=(?:g|L|mol|kat|Ci|Eq)\b)", "u"),
        (r"/(?:hr|hrs|hour)\b", "/h"),
        (r"/sec\b", "/s"),
        (r"/(?:24 ?(?:h|hr|hrs|hours)|d)\b", "/day"),
        (r"/(?:week|weeks)\b", "/wk"),
        (r"/1\.73 ?(?:m2|sqm)$", "/1.73 m2"),
    )
)


def respelled(text: str) -> str:
    """Write a unit as the terminology does: micro as ``u``, powers of ten with ``^``, no wide letters.

    >>> [respelled(text) for text in ("×10⁹/L", "10*9/L", "x10E3/uL", "μg / ｍL", "个/μL")]
    ['10^9/L', '10^9/L', '10^3/uL', 'ug/mL', '/uL']
    """
    raised = re.sub(r"(?<=\d)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", r"^\1", text.translate(SIGNS)).translate(SUPERSCRIPTS)
    spelled = unicodedata.normalize("NFKC", raised).translate(SIGNS).replace("μ", "u").strip()
    for pattern, new in REWRITES:
        spelled = pattern.sub(new, spelled)
    return spelled


@cache
def _spellings() -> dict[str, str]:
    return {row["spelling"]: row["unit"] for row in table("spellings")}


def standard_unit(text: str, codelist: Codelist) -> str | None:
    """Find the submission value of a unit.

    The text itself comes first, then its respelling, then the table of spellings, then the
    respelling without regard to case. A capital ``M`` is never taken for ``m`` or the other way
    round, unless the table of spellings says so: mega is not milli.

    Args:
        text: the collected unit.
        codelist: the codelist of units (``UNIT``, C71620), with the study's synonyms.

    >>> from trialkit.terms import load_terminology
    >>> unit = load_terminology("SDTM", "2025-03-28").codelist("UNIT")
    >>> [standard_unit(text, unit) for text in ("pg/ml", "K/uL", "/mm3", "MG/DL", "Mg/dL", "furlong")]
    ['ng/L', '10^9/L', '10^6/L', 'mg/dL', None, None]
    """
    spelled = respelled(text)
    known = _spellings().get(spelled) or _spellings().get(spelled.casefold()) or ""
    for candidate in (text, spelled, known):
        if candidate and (value := codelist.resolve(candidate, case=True)):
            return value
    value = codelist.resolve(spelled)
    return value if value and _same_m(spelled, value, codelist) else None


def _same_m(spelled: str, value: str, codelist: Codelist) -> bool:
    term = codelist.by_value[value]
    same = [name for name in (value, *term.synonyms, term.preferred) if folded(name) == folded(spelled)]
    as_written = any(name.count("M") == spelled.count("M") for name in same)
    return as_written or not same or bool(WORD.search(spelled))
