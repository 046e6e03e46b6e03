"""Row accounting, source by source: read = used + excluded, each row once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from trialkit.cutoff import AFTER_CUTOFF
from trialkit.ledger import NOT_NEEDED, Ledger, Line
from trialkit.raw.table import RawTable
from trialkit.reporting.sheet import Cell
from trialkit.result import Result

Origin: TypeAlias = Literal["raw", "table", "dataset"]

LEDGER_HEADER = ("origin", "source", "file", "dataset", "reason", "rows", "spec", "balance")
NO_READER = "no dataset that reads it was built"
COLOURS = 4
UNEXPLAINED = "nothing explains these rows"


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one source that are left out for one reason.

    >>> Part("screen failure", 3).spec
    ''
    """

    reason: str
    rows: int
    spec: str = ""
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the rows of one source.

    Args:
        origin: raw source, table of the study, or dataset that another one reads.
        source: its name.
        file: its file, relative to the raw or the study's folder.
        read: rows in the file, those set aside on reading included.
        used: rows that stand behind a record of any dataset.
        excluded: all other rows, by reason; each row once.
        uses: what each dataset made of the rows.

    >>> account = Account("raw", "SUBJ", "SUBJ.csv", 13, 12, (Part("screen failure", 1),))
    >>> account.balanced, account.balance
    (True, '13 = 12 + 1')
    """

    origin: Origin
    source: str
    file: str
    read: int
    used: int
    excluded: tuple[Part, ...]
    uses: tuple[Line, ...] = ()

    @property
    def left_out(self) -> int:
        """Count the excluded rows.

        >>> Account("raw", "SUBJ", "", 1, 1, ()).left_out
        0
        """
        return sum(part.rows for part in self.excluded)

    def kind(self, place: int) -> str:
        """Name the colour of a reason for leaving rows out; rows that nobody asked for have a pale one.

        >>> Account("raw", "SUBJ", "", 1, 0, (Part(NOT_NEEDED, 1),)).kind(0)
        'rest'
        """
        return "rest" if self.excluded[place].reason == NOT_NEEDED else f"out{place % COLOURS}"

    @property
    def balanced(self) -> bool:
        """Say whether every row is used or excluded for a reason.

        >>> Account("raw", "SUBJ", "", 2, 1, ()).balanced
        False
        """
        return self.read == self.used + self.left_out and all(p.reason != UNEXPLAINED for p in self.excluded)

    @property
    def balance(self) -> str:
        """Write read = used + excluded.

        >>> Account("raw", "SUBJ", "", 2, 2, ()).balance
        '2 = 2 + 0'
        """
        sign = "=" if self.read == self.used + self.left_out else "is not"
        return f"{self.read} {sign} {self.used} + {self.left_out}"


def accounts(result: Result) -> list[Account]:
    """Account for every raw source that was read, then for tables of the study and datasets.

    >>> from trialkit.samples import sample_result
    >>> dosing, *_ = accounts(sample_result())
    >>> dosing.source, dosing.origin, dosing.balanced, dosing.left_out
    ('DOSING', 'raw', True, 0)
    """
    ledger, sources = result.store.ledger, result.study.spec.sources
    raw = [name for name in sorted(result.store.raw) if name in sources]
    others = sorted({source for source, _ in ledger.used} - set(raw))
    tables = [name for name in others if name in result.study.tables]
    datasets = [name for name in others if name not in result.study.tables]
    kinds: list[tuple[Origin, list[str]]] = [("raw", raw), ("table", tables), ("dataset", datasets)]
    lines = ledger.lines()
    return [
        _account(
            origin, name, result.store.raw.get(name), ledger, [one for one in lines if one.source == name]
        )
        for origin, names in kinds
        for name in names
    ]


def _account(origin: Origin, name: str, raw: RawTable | None, ledger: Ledger, uses: list[Line]) -> Account:
    size = raw.rows if raw else ledger.sizes[name]
    used = np.zeros(size, bool)
    for (source, _), mine in ledger.used.items():
        if source == name:
            used |= mine
    aside = Counter(reason for _, reason in raw.quarantined) if raw else Counter[str]()
    parts = [Part(_set_aside(reason), count) for reason, count in sorted(aside.items())]
    parts += _reasons(name, ~used, ledger)
    read, file = size + sum(aside.values()), raw.file if raw else ""
    return Account(origin, name, file, read, int(used.sum()), tuple(parts), tuple(uses))


def _set_aside(reason: str) -> str:
    return reason if reason == AFTER_CUTOFF else f"set aside on reading: {reason}"


def _reasons(name: str, left: np.ndarray, ledger: Ledger) -> list[Part]:
    parts = []
    for one in ledger.exclusions:
        if one.source == name:
            mine = one.rows[left[one.rows]]
            left[mine] = False
            if len(mine):
                parts.append(Part(one.reason, len(mine), str(one.place), one.dataset))
    if left.any():
        readers = {key for key in ledger.used if key[0] == name}
        asked = NOT_NEEDED if readers <= ledger.lookups else UNEXPLAINED
        parts.append(Part(asked if readers else NO_READER, int(left.sum())))
    return parts


def ledger_rows(found: list[Account]) -> list[tuple[Cell, ...]]:
    """Give the rows of ledger.csv: for each source its datasets, then all of them, then the balance.

    >>> ledger_rows([Account("raw", "SUBJ", "SUBJ.csv", 2, 2, ())])[-1]
    ('raw', 'SUBJ', 'SUBJ.csv', '', 'balance', 2, '', '2 = 2 + 0')
    """
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        head = (one.origin, one.source, one.file)
        rows += [
            (*head, use.dataset, use.reason or UNEXPLAINED, use.rows, str(use.place), "") for use in one.uses
        ]
        rows.append((*head, "", "used", one.used, "", ""))
        rows += [(*head, "", part.reason, part.rows, part.spec, "") for part in one.excluded]
        rows.append((*head, "", "balance", one.read, "", one.balance))
    return rows
