"""Where the values of a variable come from, and where they go, as texts with links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """A place on the way of a value, such as ``LABHOSP.xlsx RESULT``.

    What it points to is an element of the page, or a file; a step that points to nothing that is there is
    shown as text.

    Args:
        text: what is shown.
        dataset: name of the dataset that it is, or that the variable is in.
        variable: name of a variable of ``dataset``.
        result: OID of an analysis result.
        href: a file, relative to the page.

    >>> Step("LBSTRESC", dataset="LB", variable="LBSTRESC").text
    'LBSTRESC'
    """

    text: str
    dataset: str = ""
    variable: str = ""
    result: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class VariableLineage:
    """The way of one variable.

    Args:
        sources: the ways down to the raw data: each begins with what the variable was made from and ends
            with the raw column.
        used: the variables, datasets and analyses that use it.

    >>> VariableLineage(sources=((Step("LBSTRESC"), Step("LABHOSP.xlsx RESULT")),)).used
    ()
    """

    sources: tuple[tuple[Step, ...], ...] = ()
    used: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """The ways of all variables, by the names of dataset and variable, and of value levels, by their items.

    >>> Lineage({("LB", "LBSTRESN"): VariableLineage()}).of("LB", "LBSTRESN")
    VariableLineage(sources=(), used=())
    """

    variables: Mapping[tuple[str, str], VariableLineage] = field(default_factory=dict)
    levels: Mapping[tuple[str, str], VariableLineage] = field(default_factory=dict)

    def of(self, dataset: str, variable: str) -> VariableLineage | None:
        """Give the way of a variable; None where it is not known.

        >>> Lineage().of("LB", "LBSTRESN") is None
        True
        """
        return self.variables.get((dataset, variable))
