"""ADaM as a standard that the engine can follow."""

from __future__ import annotations

from adam.checks import ADAM_CHECKS
from adam.facts import adamig, display_format
from trialkit.built import Built
from trialkit.context import Context
from trialkit.spec import DatasetSpec, Subject
from trialkit.standard import Standard


def no_companions(built: Built, context: Context, spec: DatasetSpec) -> tuple[Built, ...]:
    """Make nothing beside an analysis dataset.

    >>> no_companions(None, None, None)
    ()
    """
    return ()


def standard(version: str = "1.3") -> Standard:
    """Give ADaM in a version of its implementation guide.

    Raises:
        Refusal: for a version that is not known.

    >>> standard().name
    'ADaMIG'
    """
    return Standard(
        "ADaMIG",
        version,
        "adam",
        ("ADaM", "SDTM"),
        adamig(version),
        ("adam.rules",),
        no_companions,
        ADAM_CHECKS,
        Subject(variable="USUBJID", dataset="ADSL"),
        format_of=display_format,
        from_datasets=True,
        own_variables=True,
        suffix="-adam",
    )
