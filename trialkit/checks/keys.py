"""Checks that records are unique by some variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trialkit.checks.review import Review
from trialkit.checks.validation import failures, load_pandera
from trialkit.column import Column, Mask, combine
from trialkit.numerals import as_text
from trialkit.problems import Kind, Problem

NOT_UNIQUE = Kind(
    "CHECK-130",
    "records are not unique by the keys",
    "Remove the repeated records by a rule, or add the variable that tells them apart to `keys`.",
)
ROOM = 2**62


def mixed(columns: Sequence[Column], rows: int) -> npt.NDArray[np.int64]:
    """Give one integer per record that is equal where all columns are equal; shape (rows,).

    >>> mixed([Column.text(["a", "b", "a"]), Column.numbers([1, 1, 1])], 3).tolist()
    [0, 1, 0]
    """
    unique = [column.unified() for column in columns]
    sizes = [max(1, len(column.values)) for column in unique]
    if np.prod([float(size) for size in sizes]) >= ROOM:
        return combine(unique, rows)[0].astype(np.int64)
    key = np.zeros(rows, np.int64)
    for column, size in zip(unique, sizes, strict=True):
        key *= size
        key += column.codes
    return key


def unique(series: pd.Series[Any]) -> pd.Series[bool]:
    """Mark the integers that occur once; shape (rows,).

    >>> unique(pd.Series([3, 1, 3])).tolist()
    [False, True, False]
    """
    values = series.to_numpy()
    ordered = np.sort(values)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    return pd.Series(~np.isin(values, twice) if len(twice) else True, index=series.index)


def repeated(columns: Sequence[Column], rows: int, among: Mask | None = None) -> npt.NDArray[np.int64]:
    """Find the records that share their values of all columns with another; ascending places.

    Args:
        columns: the key.
        rows: number of records.
        among: which records count; default: all.

    >>> repeated([Column.text(["a", "b", "a"])], 3).tolist()
    [0, 2]
    """
    pandera, key = load_pandera(), mixed(columns, rows)
    check = pandera.Check(unique, name=NOT_UNIQUE.code)
    schema = pandera.DataFrameSchema({"key": pandera.Column("int64", check)})
    frame = pd.DataFrame({"key": key})
    found = failures(schema, frame if among is None else frame[among])
    return np.sort(found[0].places) if found else np.empty(0, np.int64)


def not_unique(
    review: Review, names: Sequence[str], kind: Kind, what: str, variable: str = ""
) -> list[Problem]:
    """Give one problem with all records of each repeated key.

    >>> from trialkit.samples import sample_review
    >>> dm = sample_review("DM", SEX=["M", "F", "M"])
    >>> not_unique(dm, ["SEX"], NOT_UNIQUE, "SEX is not unique")[0].count
    2
    """
    columns = [review.column(name) for name in names]
    rows = repeated(columns, review.count)
    return review.problems(kind, what, variable, rows, key_texts(names, columns, rows, review.count))


def key_texts(
    names: Sequence[str], columns: Sequence[Column], rows: npt.NDArray[np.int64], count: int
) -> Column:
    """Write the key of some records, such as ``USUBJID=01, AESEQ=1``; empty for the others.

    >>> key_texts(["SEX"], [Column.text(["M", "F"])], np.array([1]), 2).objects().tolist()
    ['', 'SEX=F']
    """
    few = [column.take(rows) for column in columns]
    group, first = combine(few, len(rows))
    parts = [as_text(column.take(first)).objects().tolist() for column in few]
    texts = [
        ", ".join(f"{name}={value}" for name, value in zip(names, key, strict=True))
        for key in zip(*parts, strict=True)
    ]
    codes = np.full(count, len(texts), np.int32)
    codes[rows] = group
    return Column(np.array([*texts, ""], object), codes)
