"""The records that one analysis looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trialkit.column import Column, Mask, combine
from trialkit.expr import Expression
from trialkit.match import order_by
from trialkit.numerals import as_text, to_text
from trialkit.problems import Exit, Kind, Place, Problem, Refusal, did_you_mean

NO_VARIABLE = Kind("ANL-002", "unknown variable", "Name a variable of the dataset.", exit=Exit.SPEC)
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Data:
    """Records of an analysis dataset, or of one group of them.

    Args:
        dataset: its name.
        columns: its variables, of equal length.
        count: number of records.

    >>> Data("ADLB", {"AVAL": Column.numbers([1.0, 2.0])}, 2).numbers("AVAL").tolist()
    [1.0, 2.0]
    """

    dataset: str
    columns: Mapping[str, Column]
    count: int

    def column(self, name: str, place: Place = Place()) -> Column:  # noqa: B008 - immutable
        """Give a variable.

        Raises:
            Refusal: ANL-002 with the nearest name.

        >>> Data("ADLB", {"AVAL": Column.numbers([])}, 0).column("AVALL")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error ANL-002 unknown variable AVALL of ADLB. Did you mean 'AVAL'?
        """
        if name not in self.columns:
            hint = did_you_mean(name, self.columns)
            what = f"unknown variable {name} of {self.dataset}"
            raise Refusal([Problem(NO_VARIABLE, what, place, hint=hint)])
        return self.columns[name]

    def numbers(self, name: str) -> Numbers:
        """Give the values of a numeric variable, NaN for missing; shape (count,).

        Raises:
            Refusal: ANL-002; also for a variable of texts.

        >>> Data("ADLB", {"PARAMCD": Column.text(["ALT"])}, 1).numbers("PARAMCD")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error ANL-002 variable PARAMCD of ADLB has texts, no numbers. Name a ...
        """
        column = self.column(name)
        if column.kind == "text":
            raise Refusal([Problem(NO_VARIABLE, f"variable {name} of {self.dataset} has texts, no numbers")])
        return np.asarray(column.objects(), np.float64)

    def texts(self, name: str) -> npt.NDArray[Any]:
        """Give the values of a variable as texts, "" for missing; shape (count,).

        >>> Data("ADSL", {"AGE": Column.numbers([63.0])}, 1).texts("AGE").tolist()
        ['63']
        """
        return as_text(self.column(name)).objects()

    def take(self, rows: npt.NDArray[np.integer[Any]] | Mask) -> Data:
        """Keep some records.

        >>> Data("ADLB", {"AVAL": Column.numbers([1.0, 2.0])}, 2).take(np.array([True, False])).count
        1
        """
        kept = {name: column.take(rows) for name, column in self.columns.items()}
        return Data(self.dataset, kept, int(rows.sum()) if rows.dtype == bool else len(rows))

    def where(self, condition: Expression | None) -> Data:
        """Keep the records that meet a condition; all without one.

        >>> Data("ADLB", {}, 0).where(None).count
        0
        """
        return self if condition is None else self.take(condition.mask(self.column, self.count))

    def groups(self, names: Sequence[str]) -> list[tuple[dict[str, str], Data]]:
        """Divide the records by the values of some variables, in the order of the values.

        >>> data = Data("ADLB", {"A": Column.numbers([2.0, 1.0, 2.0])}, 3)
        >>> [(levels, part.count) for levels, part in data.groups(["A"])]
        [({'A': '1'}, 1), ({'A': '2'}, 2)]
        """
        if not names:
            return [({}, self)]
        keys = [self.column(name) for name in names]
        group, first = combine(keys, self.count)
        order = order_by([key.take(first) for key in keys], len(first))
        return [
            ({name: _level(key, int(first[one])) for name, key in zip(names, keys, strict=True)}, part)
            for one in order.tolist()
            for part in [self.take(group == one)]
        ]


def _level(column: Column, row: int) -> str:
    value = column.values[column.codes[row]]
    return value if isinstance(value, str) else to_text(float(value))
