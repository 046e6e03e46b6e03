"""What a standard adds to the checks that hold for every dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from trialkit.built import Built, Meta
from trialkit.checks.values import ValueCheck
from trialkit.context import Store
from trialkit.problems import Problem


def no_values(built: Built, meta: Meta, store: Store) -> Sequence[ValueCheck]:
    """Add no checks of a variable's values.

    >>> from trialkit.samples import sample_result
    >>> dm = sample_result().built[0]
    >>> no_values(dm, dm.metas["SEX"], sample_result().store)
    ()
    """
    return ()


def not_described(name: str) -> str:
    """Describe no variable by its name.

    >>> not_described("LBDTC")
    ''
    """
    return ""


def no_records(built: Built, store: Store) -> Sequence[Problem]:
    """Find nothing in the records.

    >>> from trialkit.samples import sample_result
    >>> no_records(sample_result().built[0], sample_result().store)
    ()
    """
    return ()


@dataclass(frozen=True, slots=True)
class StandardChecks:
    """The checks that only one standard needs.

    Args:
        values: gives further checks of the values of one variable.
        records: finds problems that concern several variables or datasets.
        sanctioned: by variable, values outside its codelist that the guide itself asks for.
        instead: by required variable, identifiers of which one may be filled in its place.
        filled: the required variables that must have a value in every record; None for all of them.
        described: gives the value domain of a variable that the standard does not list, by its name.

    >>> StandardChecks().sanctioned
    {}
    """

    values: Callable[[Built, Meta, Store], Sequence[ValueCheck]] = no_values
    records: Callable[[Built, Store], Sequence[Problem]] = no_records
    sanctioned: Mapping[str, frozenset[str]] = field(default_factory=dict)
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    described: Callable[[str], str] = not_described
    filled: frozenset[str] | None = None
