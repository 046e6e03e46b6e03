"""What goes no further from a workbook or a define.xml into specs."""

from __future__ import annotations

from trialkit.problems import Exit, Kind

NOT_TAKEN = Kind(
    "DEFX-001",
    "specs have no place for it, so it was not taken",
    "Keep the file, and say it in a comment where it matters.",
    severity="query",
)
OTHER_STANDARD = Kind(
    "DEFX-002",
    "neither SDTM nor ADaM",
    "Only definitions of SDTM and ADaM datasets become specs.",
    exit=Exit.SPEC,
)
GUESSED = Kind("DEFX-003", "not said there, so guessed", "Correct it in the draft.", severity="query")
TWICE = Kind(
    "DEFX-004",
    "dataset is described twice",
    "Keep one of the two descriptions, or draft each file into a folder of its own.",
    exit=Exit.SPEC,
)
NO_DATASETS = Kind(
    "DEFX-005",
    "describes no dataset of which a spec can be drafted",
    "Give a define with datasets (ItemGroupDef) that have variables.",
    exit=Exit.SPEC,
)
FAR_DOCUMENT = Kind(
    "DEFX-006",
    "path of a document is no place beside define.xml",
    "Correct it in the draft: a relative path with forward slashes, such as csdrg.pdf.",
    severity="query",
)
