"""What the SDTM implementation guide says of datasets and variables."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from trialkit.facts import Facts, read_facts

# Each version of the guide and the version of the model that it implements (SDTMIG 3.4, 1.1).
MODELS = {"3.4": "sdtm-2.0"}


@cache
def sdtmig(version: str = "3.4") -> Facts:
    """Load the facts of a version of the SDTMIG.

    Raises:
        Refusal: ``FACT-001`` for a version that is not known.

    >>> sdtmig().variable("LB", "LBSTRESN").label
    'Numeric Result/Finding in Standard Units'
    >>> sdtmig().order("LB", ["LBTESTCD", "STUDYID", "LBDTC", "VISITNUM"])
    ['STUDYID', 'LBTESTCD', 'VISITNUM', 'LBDTC']
    """
    return read_facts("SDTMIG", version, files("sdtm") / "data", MODELS.get(version, ""))
