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
