"""Row accounting: every row of every source is used, or excluded for a reason."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from trialkit.problems import Kind, Place, Problem
from trialkit.records import Records, Rows, is_main, source_of

LOST = Kind("ROW-001", "rows that nothing explains", "Report this: a rule dropped rows without a reason.")
NOT_NEEDED = "no record needs it"


@dataclass(frozen=True, eq=False, slots=True)
class Exclusion:
    """Rows of one source that one step left out of one dataset.

    >>> Exclusion("DM", "SUBJ", "screen failure", Place("dm.yaml", 3), np.array([1])).reason
    'screen failure'
    """

    dataset: str
    source: str
    reason: str
    place: Place
    rows: Rows


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger: what became of the rows of a source.

    ``reason`` is "used" for the rows behind records.

    >>> Line("SUBJ", "DM", "used", Place(), 13).rows
    13
    """

    source: str
    dataset: str
    reason: str
    place: Place
    rows: int


@dataclass(slots=True)
class Ledger:
    """What every dataset used and excluded.

    >>> Ledger().lines()
    []
    """

    sizes: dict[str, int] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)
    used: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    lookups: set[tuple[str, str]] = field(default_factory=set)

    def exclude(self, dataset: str, records: Records, mask: np.ndarray, reason: str, place: Place) -> None:
        """Note that a step drops the marked records.

        >>> ledger = Ledger()
        >>> ledger.exclude("DM", Records.start("SUBJ", {}, 2), np.array([True, False]), "x", Place())
        >>> ledger.exclusions[0].rows.tolist()
        [0]
        """
        dropped = records.take(mask)
        for source in dropped.sources():
            if not is_main(source):
                continue
            rows = np.flatnonzero(dropped.used(source, int(dropped.rows[source].max(initial=-1)) + 1))
            if len(rows):
                self.exclusions.append(Exclusion(dataset, source, reason, place, rows.astype(np.int32)))

    def read(self, dataset: str, source: str, rows: int, *, lookup: bool = False) -> None:
        """Note that a dataset reads a source, as records or only to look things up.

        >>> ledger = Ledger()
        >>> ledger.read("DM", "SUBJ", 3)
        >>> ledger.sizes
        {'SUBJ': 3}
        """
        self.sizes[source] = rows
        self.used.setdefault((source, dataset), np.zeros(rows, bool))
        if lookup:
            self.lookups.add((source, dataset))
        else:
            self.lookups.discard((source, dataset))

    def finish(self, dataset: str, records: Records) -> None:
        """Note which rows stand behind the finished records.

        >>> ledger = Ledger()
        >>> ledger.read("DM", "SUBJ", 1)
        >>> ledger.finish("DM", Records.start("SUBJ", {}, 1))
        >>> ledger.lines()[0].reason
        'used'
        """
        for key in records.rows:
            source = source_of(key)
            if (source, dataset) in self.used:
                rows = records.rows[key]
                self.used[source, dataset][rows[rows >= 0]] = True
        for many in records.many:
            source = many.source.removeprefix("#").split("@")[0]
            if (source, dataset) in self.used:
                self.used[source, dataset][many.row] = True

    def merge(self, other: Ledger) -> None:
        """Add what was noted apart, for other datasets.

        >>> ledger = Ledger()
        >>> ledger.merge(Ledger(sizes={"DM": 1}))
        >>> ledger.sizes
        {'DM': 1}
        """
        self.sizes |= other.sizes
        self.exclusions += other.exclusions
        self.used |= other.used
        self.lookups |= other.lookups

    def lines(self) -> list[Line]:
        """Account for every source and dataset: used, then each reason, each row once.

        >>> Ledger().lines()
        []
        """
        lines: list[Line] = []
        for (source, dataset), used in sorted(self.used.items()):
            lines.append(Line(source, dataset, "used", Place(), int(used.sum())))
            lines += self._reasons(source, dataset, used)
        return lines

    def _reasons(self, source: str, dataset: str, used: np.ndarray) -> list[Line]:
        left, lines = ~used, []
        for item in self.exclusions:
            if (item.source, item.dataset) == (source, dataset):
                mine = item.rows[left[item.rows]]
                left[mine] = False
                if len(mine):
                    lines.append(Line(source, dataset, item.reason, item.place, len(mine)))
        if left.any():
            reason = NOT_NEEDED if (source, dataset) in self.lookups else ""
            lines.append(Line(source, dataset, reason, Place(), int(left.sum())))
        return lines

    def problems(self) -> list[Problem]:
        """Give a problem for every source and dataset with rows that nothing explains.

        >>> Ledger().problems()
        []
        """
        return [
            Problem(LOST, f"{line.rows} rows of {line.source} are lost", Place(dataset=line.dataset))
            for line in self.lines()
            if not line.reason
        ]
