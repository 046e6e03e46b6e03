"""pandera with its switches held: the checks run whatever the environment says."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from trialkit.problems import Exit, Kind, Problem, Refusal

if TYPE_CHECKING:
    from pandera.errors import SchemaError
    from pandera.pandas import DataFrameSchema

SWITCHED_OFF = Kind(
    "CHECK-100",
    "the checks cannot run",
    "Remove the settings that turn pandera off, or install it anew.",
    exit=Exit.SPEC,
)
SWITCHES = "PANDERA_"  # pandera reads environment variables of this prefix when it is imported
UNUSED = "hypothesis"
NOT_NULLABLE = "not_nullable"  # pandera's own name of a failure of ``nullable=False``


@dataclass(frozen=True, eq=False, slots=True)
class Failure:
    """What one check of a schema found.

    Args:
        check: the check's name, or ``not_nullable``.
        places: index labels of the values at fault, in their order.

    >>> Failure("CHECK-102", np.array([3])).places.tolist()
    [3]
    """

    check: str
    places: npt.NDArray[np.int64]


_HELD: ContextVar[bool] = ContextVar("held", default=False)


@cache
def load_pandera() -> Any:
    """Import pandera with its environment variables hidden; only the first call costs time.

    Hypothesis is hidden as well: pandera imports it where it is installed, to make up data, which takes
    longer than all the rest.

    >>> load_pandera().DataFrameSchema.__name__
    'DataFrameSchema'
    """
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(SWITCHES)}
    unused = cast("dict[str, ModuleType | None]", sys.modules)
    absent = unused.setdefault(UNUSED, None) is None
    try:
        pandera = importlib.import_module("pandera.pandas")
        pandera.DataFrameSchema.register_default_backends(
            pd.DataFrame
        )  # else by the first schema that is used
        pandera.Column.register_default_backends(pd.Series)
        return pandera
    finally:
        os.environ.update(hidden)
        if absent:
            del unused[UNUSED]


@contextmanager
def held_on() -> Iterator[None]:
    """Hold pandera's validation on, and prove it with a schema that must fail.

    Inside another such block it is on already.

    Raises:
        Refusal: ``CHECK-100`` when pandera lets the faulty table pass.

    >>> with held_on():
    ...     pass
    """
    if _HELD.get():
        yield
        return
    load_pandera()
    from pandera.config import ValidationDepth, config_context

    with config_context(
        validation_enabled=True,
        validation_depth=ValidationDepth.SCHEMA_AND_DATA,
        cache_dataframe=False,
        keep_cached_dataframe=False,
    ):
        _prove()
        token = _HELD.set(True)
        try:
            yield
        finally:
            _HELD.reset(token)


def _prove() -> None:
    pandera = load_pandera()
    never = pandera.Check(lambda series: series != series, name="never")
    schema = pandera.DataFrameSchema({"A": pandera.Column(str, never), "B": pandera.Column(float)})
    frame = pd.DataFrame({"A": pd.Series(["x"], dtype=object), "B": [np.nan]})
    if {failure.check for failure in failures(schema, frame)} != {"never", NOT_NULLABLE}:
        raise Refusal([Problem(SWITCHED_OFF, "pandera does not validate")])


def failures(schema: DataFrameSchema, frame: pd.DataFrame) -> list[Failure]:
    """Validate a table lazily and give what each check found; nothing is printed.

    Args:
        schema: its checks have names that are unique within a column.
        frame: a small table of distinct values, or of integer codes.

    Raises:
        RuntimeError: a check could not run at all: a bug, never a finding.

    >>> pandera = load_pandera()
    >>> schema = pandera.DataFrameSchema({"A": pandera.Column(float, pandera.Check.gt(0, name="positive"))})
    >>> [(one.check, one.places.tolist()) for one in failures(schema, pd.DataFrame({"A": [1.0, -1.0]}))]
    [('positive', [1])]
    """
    from pandera.errors import SchemaErrors

    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        return [_failure(error) for error in errors.schema_errors]
    return []


def _failure(error: SchemaError) -> Failure:
    from pandera.errors import SchemaErrorReason

    cases, name = error.failure_cases, getattr(error.check, "name", error.check)
    if error.reason_code is SchemaErrorReason.CHECK_ERROR or not isinstance(cases, pd.DataFrame):
        raise RuntimeError(f"check {name} could not run: {error.reason_code}")
    return Failure(str(name), cases["index"].drop_duplicates().to_numpy(np.int64))
