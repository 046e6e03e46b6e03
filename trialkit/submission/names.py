"""Names, paths and sizes that an agency takes.

FDA, Study Data Technical Conformance Guide and eCTD Technical Conformance Guide: names of files and folders
in lower case, of letters, digits, hyphens and underscores, at most 64 characters with the ending; paths from
the folder of the sequence at most 150; datasets at most 5 GB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from trialkit.problems import Kind, Place, Problem
from trialkit.submission.spec import size_of

BAD_NAME = Kind(
    "PKG-010",
    "name of a file or folder that an agency refuses",
    "Use lower-case letters, digits, hyphens and underscores, at most 64 characters.",
)
LONG_PATH = Kind("PKG-011", "path is longer than 150 characters", "Shorten the names of files or folders.")
TWICE = Kind("PKG-012", "two files of one name", "Rename one of the two.")
TOO_LARGE = Kind(
    "PKG-013",
    "dataset is larger than 5 GB",
    "Say in package.yaml how it is split, such as `split: {LB: {by: LBCAT, above: 4GB}}`.",
)

LONGEST_NAME, LONGEST_PATH = 64, 150
SEQUENCE = "0000/"  # the folder of a submission's sequence, around what is made here
LARGEST = size_of("5GB")
_GOOD = re.compile(r"[a-z0-9][a-z0-9_-]*")


def name_problems(paths: Iterable[str]) -> Iterator[Problem]:
    """Check the names and the lengths of the paths of a package; each name once.

    >>> [problem.what for problem in name_problems(["m5/DM.xpt"])]
    ["'DM.xpt' has other characters than a-z, 0-9, - and _"]
    """
    seen: set[str] = set()
    for path in paths:
        for place, part in enumerate(parts := path.split("/"), 1):
            until = "/".join(parts[:place])
            if until not in seen and (why := _why_not(part, folder=place < len(parts))):
                yield Problem(BAD_NAME, f"'{part}' {why}", Place(path))
            seen.add(until)
        if (length := len(SEQUENCE) + len(path)) > LONGEST_PATH:
            yield Problem(LONG_PATH, f"the path has {length} characters with its sequence", Place(path))


def _why_not(name: str, *, folder: bool) -> str:
    stem = name if folder else PurePosixPath(name).stem
    ending = "" if folder else PurePosixPath(name).suffix.removeprefix(".")
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters"
    if not folder and not ending:
        return "has no ending"
    good = all(_GOOD.fullmatch(part) for part in (stem, *([ending] if ending else [])))
    return "" if good else "has other characters than a-z, 0-9, - and _"


def repeated(paths: Iterable[str]) -> Iterator[Problem]:
    """Find two files that would take each other's place.

    >>> [problem.where.file for problem in repeated(["a.txt", "a.txt"])]
    ['a.txt']
    """
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            yield Problem(TWICE, TWICE.title, Place(path))
        seen.add(path)


def size_problem(dataset: str, size: int, path: str, *, split: bool) -> list[Problem]:
    """Check the size of a dataset; one that is split may be larger, because its pieces are there too.

    >>> size_problem("LB", 6 * 10**9, "lb.xpt", split=False)[0].what
    'LB has 6,000,000,000 bytes'
    """
    return (
        [] if split or size <= LARGEST else [Problem(TOO_LARGE, f"{dataset} has {size:,} bytes", Place(path))]
    )
