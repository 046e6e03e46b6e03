"""What the engine has to know of a standard: its facts, its rules, and how its datasets are finished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trialkit.checks.hooks import StandardChecks

if TYPE_CHECKING:
    from trialkit.build import Built
    from trialkit.context import Context
    from trialkit.facts import Facts
    from trialkit.spec import DatasetSpec


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard that datasets can follow.

    Args:
        name: of the implementation guide, such as ``SDTMIG``.
        version: of the guide.
        folder: the folder of a study's specs that holds its datasets.
        terminology: the families of terminology that it uses, the first with precedence.
        facts: its datasets and variables.
        rules: the packages that hold rules only it needs.
        companions: makes what goes with a finished dataset, such as supplemental qualifiers.
        checks: what only it checks of a finished dataset.

    >>> Standard("X", "1", "x", (), None, (), lambda built, context, spec: ()).rules
    ()
    """

    name: str
    version: str
    folder: str
    terminology: tuple[str, ...]
    facts: Facts
    rules: tuple[str, ...]
    companions: Callable[[Built, Context, DatasetSpec], tuple[Built, ...]]
    checks: StandardChecks = field(default_factory=StandardChecks)
