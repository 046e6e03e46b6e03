"""Texts of a registry record as a submission can hold them: ASCII, not too long, dates in ISO 8601."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200  # SDTMIG 3.4, 4.5.3: characters of a text variable
# What English texts write in place of a character; NFKD takes care of accents and of full-width forms.
ASCII = {
    "≤": "<=", "≥": ">=", "±": "+/-", "×": "x", "÷": "/", "⁄": "/", "→": "->", "−": "-", "–": "-", "—": "-",
    "‐": "-", "‑": "-", "•": "-", "·": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "′": "'", "″": '"',
    "®": "(R)", "™": "(TM)", "©": "(C)", "µ": "u", "μ": "u", "°": " degrees ", "α": "alpha", "β": "beta",
    "γ": "gamma", "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda", "ß": "ss", "ø": "o", "Ø": "O",
    "æ": "ae", "œ": "oe", "ł": "l",
}  # fmt: skip
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
UNITS = {"year": "P{}Y", "month": "P{}M", "week": "P{}W", "day": "P{}D", "hour": "PT{}H", "minute": "PT{}M"}
_DAY = re.compile(r"([A-Za-z]+)\s+(?:(\d{1,2}),\s*)?(\d{4})")
_AGE = re.compile(r"(\d+)\s*(year|month|week|day|hour|minute)s?", re.IGNORECASE)


def plain(text: str) -> str:
    r"""Write a text in ASCII on one line, as far as there is a usual way; other characters stay.

    A backslash before a sign, as the registry writes it, falls away.

    >>> plain("dose ≤1.0 mg/kg \\> 5 µg;  5 °C"), plain("café 白")
    ('dose <=1.0 mg/kg > 5 ug; 5 degrees C', 'cafe 白')
    """
    known = "".join(ASCII.get(sign, sign) for sign in re.sub(r"\\([^\w\s])", r"\1", text))
    parts = unicodedata.normalize("NFKD", known)
    bare = "".join(sign for sign in parts if not unicodedata.combining(sign))
    words = unicodedata.normalize("NFC", "".join(ASCII.get(sign, sign) for sign in bare)).split()
    return "".join(sign for sign in " ".join(words) if sign.isprintable())


def pieces(text: str, longest: int = LONGEST) -> list[str]:
    """Cut a text at blanks into pieces that are not too long; a word that is too long is cut itself.

    Source: SDTMIG 3.4, section 4.5.3.2.

    >>> pieces("one two three", 7)
    ['one two', 'three']
    """
    found = []
    while len(text) > longest:
        at = text.rfind(" ", 1, longest + 1)
        at = at if at > 0 else longest
        found.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*found, text]


def shortened(text: str, longest: int = LONGEST) -> str:
    """Cut a text at a blank and mark the cut.

    >>> shortened("one two three", 11), shortened("one two", 11)
    ('one two ...', 'one two')
    """
    return text if len(text) <= longest else f"{pieces(text, longest - 4)[0]} ..."


def iso_date(text: str) -> str:
    """Read a date as the registry's page writes it; "" for anything else.

    >>> iso_date("January 1, 2020"), iso_date("July 2021"), iso_date("2020-01"), iso_date("soon")
    ('2020-01-01', '2021-07', '2020-01', '')
    """
    text = text.strip()
    if re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text):
        return text
    found = _DAY.fullmatch(text)
    if found is None or found[1].lower() not in MONTHS:
        return ""
    month = f"{found[3]}-{MONTHS.index(found[1].lower()) + 1:02}"
    return f"{month}-{int(found[2]):02}" if found[2] else month


def iso_duration(text: str) -> str:
    """Read an age or a time such as "18 Years" as an ISO 8601 duration; "" for anything else.

    >>> iso_duration("18 Years"), iso_duration("6 Months"), iso_duration("N/A")
    ('P18Y', 'P6M', '')
    """
    found = _AGE.fullmatch(text.strip())
    return UNITS[found[2].lower()].format(int(found[1])) if found else ""


def enumeration(text: str) -> str:
    """Write a value of the registry's page as its interface writes it.

    >>> enumeration("Single Group Assignment"), enumeration("None (Open Label)"), enumeration("N/A")
    ('SINGLE_GROUP', 'NONE', 'NA')
    """
    bare = re.sub(r"\s*[(\[].*", "", text).removesuffix(" Assignment").replace("N/A", "NA")
    return re.sub(r"[^A-Z0-9]+", "_", bare.strip().upper())
