"""Where the columns of raw forms stand in the annotated CRF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from trialkit.dataflow import Leaf


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages or named destinations by source and column.

    >>> Pages({("AE", "AETERM"): (12,)}).of([Leaf("AE", "AETERM"), Leaf("AE", "AESEV")])
    [12]
    """

    places: Mapping[tuple[str, str], tuple[int | str, ...]] = field(default_factory=dict)

    def of(self, columns: Iterable[Leaf]) -> list[int | str]:
        """Give the places of some columns, each once, in their order.

        >>> NO_PAGES.of([])
        []
        """
        found = [place for one in sorted(columns) for place in self.places.get((one.table, one.column), ())]
        return list(dict.fromkeys(found))


NO_PAGES = Pages()
