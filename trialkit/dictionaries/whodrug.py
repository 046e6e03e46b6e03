"""WHODrug as it is distributed: text files of fixed columns, in format B3 or C3.

Where each field begins stands in ``data/dictionaries/whodrug.csv``.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.resources import files as resources

from trialkit.codelist import folded
from trialkit.dictionaries.files import Fields, Licensed

PREFERRED = ("01", "001")
ATC_LENGTHS = (1, 3, 4, 5)


@cache
def layouts(layout: str) -> dict[str, Fields]:
    """Give the fields that are read of each file of a format: start, length and what they hold.

    >>> layouts("B3")["DD.txt"]["SEQ1"]
    (7, 2, 'digits')
    """
    found: dict[str, dict[str, tuple[int, int, str]]] = defaultdict(dict)
    text = resources("trialkit").joinpath("data/dictionaries/whodrug.csv").read_text(encoding="utf-8")
    for one in csv.DictReader(text.splitlines()):
        if one["layout"] == layout:
            found[one["file"]][one["field"]] = (int(one["start"]), int(one["length"]), one["holds"])
    return dict(found)


def read_whodrug(files: Licensed, layout: str) -> Iterator[dict[str, str]]:
    """Give a row for each drug name and each of its ATC classes.

    The preferred name of a drug is that of its record number with the sequence numbers 01 and 001. A drug
    without a class of its own has those of its salt, else those of the preferred name. A drug with several
    classes has no primary one.

    Raises:
        Refusal: DICT-001, DICT-002.

    >>> from pathlib import Path
    >>> next(read_whodrug(Licensed(Path("nowhere"), "utf-8"), "B3"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DICT-001 DD.txt a file of the dictionary is missing. No ...
    """
    fields = layouts(layout)
    product, link, classes = fields
    names: dict[tuple[str, str], None] = {}
    codes: dict[str, str] = {}
    for one in files.fixed(product, fields[product]):
        code = one["DRECNO"] + one["SEQ1"] + one["SEQ2"]
        names[code, one["NAME"]] = None
        codes[one.get("MPID", code)] = code
    linked: dict[str, dict[str, None]] = defaultdict(dict)
    for one in files.fixed(link, fields[link]):
        code = codes.get(one["MPID"], "") if "MPID" in one else one["DRECNO"] + one["SEQ1"] + one["SEQ2"]
        linked[code][one["ATC"]] = None
    texts = {one["ATC"]: one["TEXT"] for one in files.fixed(classes, fields[classes])}
    preferred = {code[:6]: name for code, name in names if (code[6:8], code[8:]) == PREFERRED}
    for code, name in names:
        yield from _rows(code, name, preferred, _classes(code, linked), texts)


def _classes(code: str, linked: dict[str, dict[str, None]]) -> list[str]:
    for nearest in (code, code[:8] + PREFERRED[1], code[:6] + "".join(PREFERRED)):
        if nearest in linked:
            return list(linked[nearest])
    return [""]


def _rows(
    code: str, name: str, preferred: dict[str, str], classes: list[str], texts: dict[str, str]
) -> Iterator[dict[str, str]]:
    for atc in classes:
        levels: dict[str, str] = {}
        for level, length in enumerate(ATC_LENGTHS, 1):
            above = atc[:length] if len(atc) >= length else ""
            levels |= {f"ATC{level}": texts.get(above, ""), f"ATC{level}CD": above}
        yield {
            "TERM": folded(name),
            "CODE": code,
            "PATH": atc,
            "PRIMARY": "Y" if len(classes) == 1 else "",
            "DRUG": name,
            "DRUGCD": code,
            "PREF": preferred.get(code[:6], ""),
            "PREFCD": code[:6] + "".join(PREFERRED),
            "ATC": texts.get(atc, ""),
            "ATCCD": atc,
            **levels,
        }
