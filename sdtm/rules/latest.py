"""The latest row of a subject at or before a moment."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from trialkit.column import Column
from trialkit.records import NONE, Rows

Moments: TypeAlias = npt.NDArray[np.float64]


def latest(subject: Column, moment: Moments, of: Column, since: Moments) -> Rows:
    """Find for each record the row of its subject that is latest, but not after a moment.

    Args:
        subject: the subject of each record.
        moment: when, in days or seconds; NaN finds nothing; shape (records,).
        of: the subject of each row.
        since: the moment of each row; NaN is never found; shape (rows,).

    Returns:
        A row for each record, -1 for none; of several at one moment the last.

    >>> who, rows = Column.text(["1", "1"]), Column.text(["1", "1"])
    >>> latest(who, np.array([5.0, 1.0]), rows, np.array([2.0, 4.0])).tolist()
    [1, -1]
    """
    ids = Column.concat([subject, of])
    known = ~(np.isnan(since) | of.missing())
    rows = np.flatnonzero(known)
    times, rank = np.unique(np.append(moment, since[rows]), return_inverse=True)
    size = len(times) + 1
    mine = ids.codes[: len(subject)].astype(np.int64) * size + rank[: len(subject)]
    theirs = ids.codes[len(subject) :][rows].astype(np.int64) * size + rank[len(subject) :]
    order = np.argsort(theirs, kind="stable")
    place = np.searchsorted(theirs[order], mine, side="right") - 1
    if not len(rows):
        return np.full(len(subject), NONE, np.int32)
    found = rows[order[place]]
    same = (place >= 0) & (ids.codes[len(subject) + found] == ids.codes[: len(subject)])
    return np.where(same & ~np.isnan(moment), found, NONE).astype(np.int32)
