"""Records with a blank in a key: never taken for records of one key unless the spec says so."""

from __future__ import annotations

from typing import Literal

import numpy as np

from trialkit.column import Column, Mask
from trialkit.context import Context
from trialkit.problems import Kind
from trialkit.records import Records
from trialkit.rule import RecordRule

BLANK_KEY = Kind(
    "ROW-024",
    "a blank in a key",
    "Fill it in, leave the records out, or say under `blanks` whether they are apart or together.",
)

Blanks = Literal["error", "apart", "together"]
BLANKS = "records with a blank in a key: error, apart (each for itself), together (as if blank were a value)"


def keys_of(
    rule: RecordRule,
    blanks: Blanks,
    names: list[str],
    records: Records,
    context: Context,
    among: Mask | None = None,
) -> list[Column]:
    """Give columns that tell the keys apart; ROW-024 for blanks, each of which is then a key of its own.

    Args:
        rule: the rule that groups records.
        blanks: what a blank does.
        names: the key columns.
        records: the records.
        context: what the rule sees.
        among: the records that count; default: all.

    >>> from trialkit.samples import sample_context, sample_records
    >>> from trialkit.column import combine
    >>> records = sample_records("DM", A=["", "", "x"])
    >>> keys = keys_of(RecordRule(), "apart", ["A"], records, sample_context(records))
    >>> combine(keys, 3)[0].tolist()
    [0, 1, 2]
    """
    columns = [records.columns[name] for name in names]
    blank = np.zeros(records.count, bool)
    for column in columns:
        blank |= column.missing()
    if among is not None:
        blank &= among
    if blanks == "together" or not blank.any():
        return columns
    if blanks == "error":
        context.report(BLANK_KEY, f"a blank in {', '.join(names)}", blank, columns[0], rule)
    return [*columns, Column.numbers(np.where(blank, np.arange(1, records.count + 1), 0))]
