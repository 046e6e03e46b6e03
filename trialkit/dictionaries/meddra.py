"""MedDRA as it is distributed: files of records whose fields are separated by $ (MedDRA ASCII files)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from trialkit.codelist import folded
from trialkit.dictionaries.files import Licensed
from trialkit.problems import Exit, Kind, Problem, Refusal

OTHER_VERSION = Kind(
    "DICT-003",
    "the dictionary is of another version",
    "Give the folder of the declared version, or declare this one.",
    exit=Exit.SPEC,
)

LLT = ("llt_code", "llt_name", "pt_code")
HIERARCHY = (
    *("pt_code", "hlt_code", "hlgt_code", "soc_code", "pt_name", "hlt_name", "hlgt_name", "soc_name"),
    *("soc_abbrev", "null_field", "pt_soc_code", "primary_soc_fg"),
)
RELEASE = "meddra_release.asc"


def read_meddra(files: Licensed, version: str) -> Iterator[dict[str, str]]:
    """Give a row for each lowest level term and each of its system organ classes.

    ``mdhier.asc`` has the hierarchies of the preferred terms and says which class is the primary one;
    ``llt.asc`` the lowest level terms; ``meddra_release.asc``, where it is there, the version.

    Raises:
        Refusal: DICT-001 to DICT-003.

    >>> from pathlib import Path
    >>> next(read_meddra(Licensed(Path("nowhere"), "utf-8"), "27.0"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DICT-001 mdhier.asc a file of the dictionary is missing. No ...
    """
    _check_version(files, version)
    paths: dict[str, list[dict[str, str]]] = defaultdict(list)
    classes: dict[str, str] = {}
    for one in files.separated("mdhier.asc", HIERARCHY):
        paths[one["pt_code"]].append(one)
        classes[one["soc_code"]] = one["soc_name"]
    for term in files.separated("llt.asc", LLT):
        for path in paths[term["pt_code"]]:
            yield _row(term, path, classes)


def _row(term: dict[str, str], path: dict[str, str], classes: dict[str, str]) -> dict[str, str]:
    levels = {
        f"{level}{end}": path[f"{level.lower()}_{part}"]
        for level in ("PT", "HLT", "HLGT", "SOC")
        for end, part in (("", "name"), ("CD", "code"))
    }
    return {
        "TERM": folded(term["llt_name"]),
        "CODE": term["llt_code"],
        "PATH": path["soc_code"],
        "PRIMARY": path["primary_soc_fg"],
        "LLT": term["llt_name"],
        "LLTCD": term["llt_code"],
        **levels,
        "PSOC": classes.get(path["pt_soc_code"], ""),
        "PSOCCD": path["pt_soc_code"],
    }


def _check_version(files: Licensed, version: str) -> None:
    if files.has(RELEASE):
        found = next((line.split("$")[0].strip() for _, line in files.lines(RELEASE)), "")
        if found != version:
            raise Refusal([Problem(OTHER_VERSION, f"MedDRA is of version {found}, declared is {version}")])
