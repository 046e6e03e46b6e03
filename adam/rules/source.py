"""Where a record of an analysis dataset came from: SRCDOM, SRCVAR and SRCSEQ, from its lineage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from trialkit.column import Column
from trialkit.context import Context
from trialkit.records import NONE, Rows, is_main
from trialkit.rule import Reference, VariableRule
from trialkit.rules.evaluate import as_number
from trialkit.steps import ColumnNames


class Source(VariableRule):
    """The {source} of the row behind the record[, of {datasets}][, with values from {values}].

    ``dataset`` is the dataset whose row stands behind the record: that which its steps read first, or the
    first of ``datasets``. ``sequence`` is --SEQ of that row (ASEQ of an analysis dataset), ``variable``
    the column that the analysis value came from: --STRESN unless ``values`` says so. All three are
    missing on records made from several rows, such as averages and totals. Records that are read from a
    working dataset need the three made there. (SRCDOM, SRCVAR, SRCSEQ:
    ADaMIG 1.3, section 3.3.9.)

    >>> Source(source="sequence").sentence()
    'The sequence of the row behind the record.'
    """

    give: Literal["dataset", "variable", "sequence"] = Field(
        alias="source", description="what of the row: dataset, variable, sequence"
    )
    datasets: ColumnNames = Field([], description="the datasets that count; default: all")
    values: dict[str, str] = Field(
        {}, description="{dataset: column that the analysis value came from}; default: --STRESN"
    )

    example: ClassVar[str] = """\
SRCDOM: {source: dataset}
SRCVAR: {source: variable, values: {EX: EXDOSE}}
SRCSEQ: {source: sequence}
"""

    @model_validator(mode="after")
    def _of_variables(self) -> Self:
        if self.values and self.give != "variable":
            raise ValueError("`values` is for `source: variable`")
        return self

    def references(self) -> Iterator[Reference]:
        """Name the columns of values in their datasets.

        >>> rule = Source(source="variable", values={"EX": "EXDOSE"})
        >>> [(one.table, one.column) for one in rule.references()]
        [('EX', 'EXDOSE')]
        """
        for table in self.datasets:
            yield Reference("", table, self.place("datasets"))
        for table, column in self.values.items():
            yield Reference(column, table, self.place("values"))

    def apply(self, context: Context) -> Column:
        """Follow each record to its row.

        >>> from trialkit.samples import sample_context, sample_records
        >>> lb = sample_records("LB", LBSEQ=[7.0])
        >>> Source(source="sequence").apply(sample_context(lb, LB=lb)).objects().tolist()
        [7.0]
        """
        rows = self._rows(context)
        which = np.full(context.count, NONE, np.int32)
        for number, (name, behind) in reversed(list(enumerate(rows.items()))):
            which = np.where(behind != NONE, number, which).astype(np.int32)
            which[_of_several(name, context)] = NONE
        if self.give == "sequence":
            return self._sequence(rows, which, context)
        said = list(rows) if self.give == "dataset" else [self._variable(one, context) for one in rows]
        return Column(
            np.array([*said, ""], object), np.where(which == NONE, len(said), which).astype(np.int32)
        )

    def _rows(self, context: Context) -> dict[str, Rows]:
        """Give the rows behind the records, of each dataset that counts."""
        own = {key: found for key, found in context.records.rows.items() if is_main(key)}
        known = {name: found for name, found in own.items() if name in context.store.tables}
        return {name: known[name] for name in self.datasets or known if name in known}

    def _variable(self, name: str, context: Context) -> str:
        result = f"{name[:2]}STRESN"
        there = result in context.store.tables[name].columns
        return self.values.get(name, result if there else "")

    def _sequence(self, rows: dict[str, Rows], which: Rows, context: Context) -> Column:
        made = np.full(context.count, np.nan)
        for number, (name, behind) in enumerate(rows.items()):
            columns = context.store.tables[name].columns
            found = next((columns[one] for one in ("ASEQ", f"{name[:2]}SEQ") if one in columns), None)
            if found is not None:
                mine = which == number
                made[mine] = as_number(found, context, self).objects()[behind[mine]]
        return Column.numbers(made)


def _of_several(name: str, context: Context) -> Rows:
    """Give the records that were made from several rows of a dataset."""
    pairs = [many.record for many in context.records.many if many.source == name]
    return np.concatenate(pairs) if pairs else np.empty(0, np.int32)
