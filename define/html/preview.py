"""A preview of the data behind each variable, counted on distinct values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from trialkit.attributes import Variable
from trialkit.column import Column
from trialkit.datasetjson import EPOCH
from trialkit.tables import ENDINGS, Table, read_table

Level: TypeAlias = Literal["none", "summary", "rows"]

FREQUENT = 5
ROWS = 5
# what identifies a subject is shown among rows only, never as a frequent value
IDENTIFIERS = {"USUBJID", "SUBJID", "RSUBJID", "RUSUBJID", "POOLID", "SPTOBID"}


@dataclass(frozen=True, slots=True)
class Frequent:
    """A value and how many records have it.

    >>> Frequent("F", 7).count
    7
    """

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Beside:
    """The values of another variable in the same records, such as their units.

    >>> Beside("LBSTRESU", ("pg/mL",)).variable
    'LBSTRESU'
    """

    variable: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """What a variable holds.

    Args:
        count: number of records.
        missing: how many of them have no value.
        distinct: number of distinct values.
        smallest: the least of them; "" where it is not shown, as for texts that are no dates or numbers.
        largest: the greatest.
        frequent: the most frequent first; only values that two records or more have.
        beside: of a value level, units and visits of the records that have a value.

    >>> Values(count=10, missing=1, distinct=2).filled
    9
    """

    count: int
    missing: int
    distinct: int
    smallest: str = ""
    largest: str = ""
    frequent: tuple[Frequent, ...] = ()
    beside: tuple[Beside, ...] = ()

    @property
    def filled(self) -> int:
        """Count the records that have a value.

        >>> Values(count=3, missing=3, distinct=0).filled
        0
        """
        return self.count - self.missing


@dataclass(frozen=True, slots=True)
class DatasetPreview:
    """The records of a dataset.

    Args:
        records: their number.
        variables: by name.
        columns: the names of the variables of ``rows``.
        rows: the first records, as text.

    >>> DatasetPreview(306, {}).rows
    ()
    """

    records: int
    variables: Mapping[str, Values]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """The datasets that were counted, by name, how much is told of them, and their value levels.

    >>> Preview({}).of("DM", "SEX") is None
    True
    """

    datasets: Mapping[str, DatasetPreview] = field(default_factory=dict)
    level: Level = "summary"
    levels: Mapping[tuple[str, str], Values] = field(default_factory=dict)

    def of(self, dataset: str, variable: str) -> Values | None:
        """Give what a variable holds; None where it is not known.

        >>> Preview({"DM": DatasetPreview(1, {"SEX": Values(1, 0, 1)})}).of("DM", "SEX").distinct
        1
        """
        found = self.datasets.get(dataset)
        return found.variables.get(variable) if found else None


def preview_of(folder: Path, level: Level = "summary", names: Iterable[str] | None = None) -> Preview | None:
    r"""Count what the files of datasets in a folder hold; of several files of a dataset, the XPT.

    Args:
        folder: where the files are, named for their datasets.
        level: ``none``; ``summary`` for counts and values, never whole records; ``rows`` for the first
            records too.
        names: the datasets wanted; None for all that there are.

    Returns:
        The preview; None for level ``none``.

    Raises:
        trialkit.problems.Refusal: a file cannot be read.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "dm.csv").write_text("USUBJID,SEX\n1,F\n2,F\n3,\n")
    >>> preview_of(folder).of("DM", "SEX").frequent
    (Frequent(value='F', count=2),)
    """
    if level == "none":
        return None
    wanted = None if names is None else {name.upper() for name in names}
    files: dict[str, Path] = {}
    for ending in ENDINGS:
        for path in sorted(folder.glob(f"*{ending}")):
            if wanted is None or path.stem.upper() in wanted:
                files.setdefault(path.stem.upper(), path)
    found = {name: preview_of_table(read_table(path), level) for name, path in sorted(files.items())}
    return Preview(found, level)


def preview_of_table(table: Table, level: Level = "summary") -> DatasetPreview:
    """Count what a dataset holds.

    >>> from trialkit.attributes import Dataset
    >>> sex = Variable("SEX", "Sex", "Char", "string")
    >>> table = Table(Dataset("DM", "", (sex,)), {"SEX": Column.text(["F", "M"])}, 2)
    >>> preview_of_table(table, "rows").rows
    (('F',), ('M',))
    """
    variables = {one.name: one for one in table.dataset.variables if one.name in table.columns}
    made = {name: values_of(table.columns[name], one) for name, one in variables.items()}
    if level != "rows":
        return DatasetPreview(table.count, made)
    first = np.arange(min(ROWS, table.count))
    shown = [_texts(table.columns[name].take(first), one) for name, one in variables.items()]
    return DatasetPreview(table.count, made, tuple(variables), tuple(zip(*shown, strict=True)))


def values_of(column: Column, variable: Variable) -> Values:
    """Count what a variable holds.

    >>> dose = Variable("EXDOSE", "Dose", "Num", "float")
    >>> values_of(Column.numbers([54.0, 54.0, 81.0, float("nan")]), dose).largest
    '81'
    """
    small = column.compact()
    known = ~_nothing(small)
    counts, values, write = small.counts()[known], small.values[known], _writer(small, variable)
    hidden = variable.name in IDENTIFIERS or not len(values)
    ends = ("", "") if hidden else _ends([write(value) for value in values])
    order: Any = () if hidden else np.argsort(-counts, kind="stable")[:FREQUENT]
    return Values(
        count=len(column),
        missing=len(column) - int(counts.sum()),
        distinct=len(values),
        smallest="" if hidden else ends[0],
        largest="" if hidden else ends[1],
        frequent=tuple(Frequent(write(values[n]), int(counts[n])) for n in order if counts[n] > 1),
    )


def _ends(values: Sequence[str]) -> tuple[str, str]:
    """Give the least and the greatest of sorted values; "" where texts have no order that means something."""
    if len(values) == 1 or all(map(_DATE.match, values)):
        return values[0], values[-1]
    if all(map(_NUMBER.fullmatch, values)):
        return min(values, key=float), max(values, key=float)
    return "", ""


_DATE = re.compile(r"\d{4}(-|$)")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")


def _nothing(column: Column) -> Any:
    return column.values == "" if column.kind == "text" else np.isnan(column.values)


def _texts(column: Column, variable: Variable) -> list[str]:
    write = _writer(column, variable)
    nothing = _nothing(column)
    return ["" if nothing[code] else write(column.values[code]) for code in column.codes]


def _writer(column: Column, variable: Variable) -> Any:
    """Give the function that writes a value; numbers that are dates are written as such."""
    if column.kind == "text":
        return str
    shown = variable.format.upper()
    for kind, starts in _DATES.items():
        if shown.startswith(starts) or variable.data_type == kind:
            return partial(_moment, kind)
    return _number


_DATES = {
    "datetime": ("DATETIME", "E8601DT", "IS8601DT", "B8601DT", "DTDATE"),
    "date": ("DATE", "E8601DA", "IS8601DA", "B8601DA", "YYMMDD", "DDMMYY", "MMDDYY"),
    "time": ("TIME", "E8601TM", "IS8601TM", "B8601TM", "TOD", "HHMM"),
}


def _moment(kind: str, value: float) -> str:
    """Write what SAS counts from 1960: days of a date, seconds of a date and time, or of a day."""
    unit = timedelta(days=1) if kind == "date" else timedelta(seconds=1)
    try:
        at = (EPOCH + float(value) * unit).replace(tzinfo=None)
    except OverflowError:
        return _number(value)
    return {"date": at.date().isoformat(), "time": at.time().isoformat()}.get(kind, at.isoformat())


def _number(value: float) -> str:
    return f"{value:.10g}"
