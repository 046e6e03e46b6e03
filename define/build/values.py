"""Data types and lengths, read off the values of a variable (Define-XML 2.1, section 5.3.11)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from trialkit.column import Column
from trialkit.numerals import to_text

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
PART_OF_DATE = re.compile(r"\d{4}(-\d{2})?")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?")
PART_OF_MOMENT = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?)?)?)?(Z|[+-]\d{2}:\d{2})?")
DURATION = re.compile(r"-?P[0-9YMWDTHS.,]+")


@dataclass(frozen=True, slots=True)
class Described:
    """What define.xml says of the form of values.

    >>> Described("text", 8).digits is None
    True
    """

    data_type: str
    length: int | None = None
    digits: int | None = None


def described(column: Column, *, dates: bool = False) -> Described:
    """Give data type, length and significant digits of the values that are there.

    Args:
        column: the values.
        dates: whether texts are dates, times or durations in ISO 8601.

    >>> described(Column.numbers([1.5, 12.0]))
    Described(data_type='float', length=3, digits=1)
    >>> described(Column.text(["2024-01", "2024"]), dates=True).data_type
    'partialDate'
    """
    values = column.distinct().values
    if column.kind == "number":
        return _numbers([to_text(float(value)) for value in values[~np.isnan(values)]])
    texts = [value for value in values.tolist() if value]
    if dates and texts:
        return Described(date_type(texts))
    return Described("text", max((len(text.encode()) for text in texts), default=1))


def _numbers(texts: list[str]) -> Described:
    bare = [text.lstrip("-") for text in texts]
    decimals = max((len(text.partition(".")[2]) for text in bare), default=0)
    whole = max((len(text.partition(".")[0]) for text in bare), default=1)
    return Described("float", whole + decimals, decimals) if decimals else Described("integer", whole)


def date_type(texts: list[str]) -> str:
    """Give the narrowest data type that holds all these ISO 8601 texts.

    >>> date_type(["2024-01-31"]), date_type(["2024-01-31T10:30"]), date_type(["P3D"])
    ('date', 'partialDatetime', 'durationDatetime')
    """
    kinds = (
        ("date", DATE), ("partialDate", re.compile(f"{DATE.pattern}|{PART_OF_DATE.pattern}")),
        ("datetime", MOMENT), ("partialDatetime", PART_OF_MOMENT), ("durationDatetime", DURATION),
    )  # fmt: skip
    for name, pattern in kinds:
        if all(pattern.fullmatch(text) for text in texts):
            return name
    return "intervalDatetime" if any("/" in text for text in texts) else "incompleteDatetime"
