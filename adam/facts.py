"""What the ADaM implementation guide says of variables."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from trialkit.facts import Facts, read_facts


@cache
def adamig(version: str = "1.3") -> Facts:
    """Load the facts of a version of the ADaMIG: structures ``ADSL`` and ``BDS``.

    Raises:
        Refusal: ``FACT-001`` for a version that is not known.

    >>> adamig().variable("ADSL", "TRT01P").label
    'Planned Treatment for Period 01'
    >>> adamig().variable("BDS", "ADTF").codelists
    ('DATEFL',)
    """
    return read_facts("ADaMIG", version, files("adam") / "data")
