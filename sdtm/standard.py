"""SDTM as a standard that the engine can follow."""

from __future__ import annotations

from sdtm.checks import SDTM_CHECKS
from sdtm.facts import sdtmig
from sdtm.supplemental import SUPPLEMENTAL, supplemental
from trialkit.spec import Subject
from trialkit.standard import Standard


def standard(version: str = "3.4") -> Standard:
    """Give SDTM in a version of its implementation guide.

    Raises:
        Refusal: for a version that is not known.

    >>> standard().name
    'SDTMIG'
    """
    return Standard(
        "SDTMIG",
        version,
        "sdtm",
        ("SDTM",),
        sdtmig(version),
        ("sdtm.rules",),
        supplemental,
        SDTM_CHECKS,
        Subject(variable="USUBJID", dataset="DM"),
        SUPPLEMENTAL,
    )
