"""Attributes of a dataset and of its variables: all that a writer has to know beside the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from trialkit.column import Column
from trialkit.problems import Kind, Place, Problem

Type: TypeAlias = Literal["Char", "Num"]
DataType: TypeAlias = Literal[
    "string", "integer", "float", "double", "decimal", "boolean", "date", "datetime", "time", "URI"
]

TYPE_DIFFERS = Kind(
    "DST-001",
    "the type of a variable and its values differ",
    "Make the type, the data type and the rule of the variable agree.",
)

CHAR_DATA_TYPES = {"string", "URI", "date", "datetime", "time"}
NUM_DATA_TYPES = {"integer", "float", "double", "decimal", "boolean", "date", "datetime", "time"}


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a dataset.

    Args:
        name: the variable's name, such as ``AESEQ``.
        label: its label.
        type: ``Char`` or ``Num``, as SAS holds it.
        data_type: the data type of Dataset-JSON 1.1; ``date`` may be of either type.
        length: the most bytes a text may have, or None where the format's own limit is enough;
            always 8 for numbers.
        format: SAS display format, such as ``DATE9.``; empty for none.
        key_sequence: place among the keys of the dataset, from 1, or None.

    >>> Variable("AESEQ", "Sequence Number", "Num", "integer").type
    'Num'
    """

    name: str
    label: str
    type: Type
    data_type: DataType
    length: int | None = None
    format: str = ""
    key_sequence: int | None = None

    def agrees(self, column: Column) -> bool:
        """Say whether the type, the data type and the values go together.

        >>> Variable("AESEQ", "Sequence Number", "Num", "integer").agrees(Column.text(["1"]))
        False
        """
        if self.type == "Char":
            return column.kind == "text" and self.data_type in CHAR_DATA_TYPES
        return column.kind == "number" and self.data_type in NUM_DATA_TYPES


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset: its name, label and variables in order.

    >>> ae = Dataset("AE", "Adverse Events", (Variable("AESEQ", "Sequence Number", "Num", "integer"),))
    >>> ae.oid, ae.item_oid("AESEQ")
    ('IG.AE', 'IT.AE.AESEQ')
    """

    name: str
    label: str
    variables: tuple[Variable, ...]

    @property
    def oid(self) -> str:
        """Give the identifier of the dataset, one and the same in every file that names it.

        >>> Dataset("DM", "Demographics", ()).oid
        'IG.DM'
        """
        return f"IG.{self.name}"

    def item_oid(self, variable: str) -> str:
        """Give the identifier of a variable, one and the same in every file that names it.

        >>> Dataset("DM", "Demographics", ()).item_oid("SEX")
        'IT.DM.SEX'
        """
        return f"IT.{self.name}.{variable}"

    def rows(self, columns: Mapping[str, Column]) -> int:
        """Count the records.

        Raises:
            ValueError: the columns are not all there or not equally long.

        >>> sex = Variable("SEX", "Sex", "Char", "string")
        >>> Dataset("DM", "Demographics", (sex,)).rows({"SEX": Column.text(["F", "M"])})
        2
        """
        counts = {len(columns[v.name]) if v.name in columns else -1 for v in self.variables}
        if len(counts) > 1 or -1 in counts:
            raise ValueError(f"{self.name}: columns are missing or not equally long")
        return counts.pop() if counts else 0

    def differences(self, columns: Mapping[str, Column]) -> list[Problem]:
        """Find the variables whose type does not go with their values.

        >>> sex = Variable("SEX", "Sex", "Num", "integer")
        >>> found = Dataset("DM", "Demographics", (sex,)).differences({"SEX": Column.text(["F"])})
        >>> print(found[0].kind.code, found[0].what)
        DST-001 a Num variable of data type integer has text values
        """
        return [
            Problem(
                TYPE_DIFFERS,
                f"a {v.type} variable of data type {v.data_type} has {columns[v.name].kind} values",
                Place(dataset=self.name, variable=v.name),
            )
            for v in self.variables
            if not v.agrees(columns[v.name])
        ]


def cells(
    kind: Kind, what: str, dataset: Dataset, variable: Variable, column: Column, bad: Sequence[bool]
) -> list[Problem]:
    """Make one problem of all the cells of a column whose value is bad; none where no row has one.

    Args:
        kind: what kind of problem.
        what: the sentence, without subject data.
        dataset: the dataset of the column.
        variable: the variable of the column.
        column: the values, row by row.
        bad: for each distinct value whether it is bad; length k.

    >>> sex = Variable("SEX", "Sex", "Char", "string")
    >>> dm, column = Dataset("DM", "Demographics", (sex,)), Column.text(["F", "?", "?"])
    >>> kind = Kind("A-1", "t", "Do this.")
    >>> [problem.line() for problem in cells(kind, "bad", dm, sex, column, [False, True])]
    ['error A-1 DM.SEX record 2 bad (2 times). Do this.']
    """
    hit = np.flatnonzero(np.array(bad, bool)[column.codes]) if any(bad) else np.empty(0, np.intp)
    if not len(hit):
        return []
    where = Place(dataset=dataset.name, variable=variable.name, record=f"record {hit[0] + 1}")
    return [Problem(kind, what, where, str(column.values[column.codes[hit[0]]]), count=len(hit))]


def data_type(type_: Type, column: Column) -> DataType:
    """Give the Dataset-JSON data type: integer where all numbers are whole.

    >>> data_type("Num", Column.numbers([1.5]))
    'float'
    """
    if type_ == "Char":
        return "string"
    values = column.compact().values
    known = values[~np.isnan(values)]
    whole = np.isfinite(known).all() and (known == np.floor(known)).all() and (abs(known) < 2**53).all()
    return "integer" if whole else "float"
