"""The spec of a simulation: what simulation.yaml may say."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from trialkit.model import Model
from trialkit.paths import safe_path
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean
from trialkit.simulate.damage import Defect, Event
from trialkit.simulate.defects import Reentry
from trialkit.simulate.draws import Draw, terms
from trialkit.simulate.formula import Formula
from trialkit.simulate.part import Names, one_of, ranges
from trialkit.simulate.rows import RowSource
from trialkit.simulate.sinks import Sink
from trialkit.simulate.table import UNKNOWN, Table

NO_LIST = Kind("SIM-003", "included table cannot be read", "Give a UTF-8 CSV file.", exit=Exit.SPEC)
NO_SCHEDULE = Kind("SIM-004", "schedule is unknown", "Name a schedule of the simulation.", exit=Exit.SPEC)


class TableSpec(Model):
    """One table of truth: its rows, and its columns in the order in which they are made."""

    rows: Annotated[RowSource, one_of(RowSource)]
    columns: Annotated[dict[str, Annotated[Draw, one_of(Draw)]], BeforeValidator(ranges)] = Field({})


class Simulation(Model):
    """A simulated export: tables of truth, the files written from them, and their defects."""

    study: str
    subjects: int = Field(13, ge=1, description="number of subjects when none is asked for")
    constants: dict[str, Formula] = Field({})
    schedules: dict[str, dict[str, str]] = Field(
        {}, description="for each schedule, columns of included tables to make from other columns"
    )
    lists: dict[str, str] = Field({}, description="included tables: CSV files below the study folder")
    partition: str = Field(description="the table whose rows are simulated in blocks from then on")
    tables: dict[str, TableSpec]
    files: dict[str, Annotated[Sink, one_of(Sink)]]
    truth: dict[str, Annotated[Sink, one_of(Sink)]] = Field({})
    events: list[Annotated[Event, one_of(Event)]] = Field([])
    defects: list[Annotated[Defect, one_of(Defect)]] = Field([])


def files_of(part: Event | Defect) -> Names:
    """Give the files that an event or defect is about: the value of its main key.

    >>> from trialkit.simulate.defects import Duplicate
    >>> files_of(Duplicate(duplicate="SUBJ", code="D01", rate="0.01"))
    ['SUBJ']
    """
    names: Names = getattr(part, part.main_key())
    return names


def check_names(spec: Simulation) -> None:
    """Check that tables, files and columns that parts of the spec name are there.

    Raises:
        Refusal: SIM-002, all at once.

    >>> check_names(Simulation(study="S", partition="p", tables={}, files={}))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error SIM-002 there is no table 'p'. None is known.
    """
    found = Problems()

    def known(name: str, names: Iterable[str], what: str, part: Model) -> None:
        if name not in names:
            found.add(
                Problem(UNKNOWN, f"there is no {what} '{name}'", part.place(), hint=did_you_mean(name, names))
            )

    known(spec.partition, spec.tables, "table", spec)
    for sink in [*spec.files.values(), *spec.truth.values()]:
        known(sink.of, spec.tables, "table", sink)
        for column in sink.key:
            known(column, sink.columns, "column", sink)
    parts: list[Event | Defect] = [*spec.events, *spec.defects]
    for part in parts:
        for file in files_of(part):
            known(file, spec.files, "file", part)
            for column in columns_of(part) if file in spec.files else []:
                known(column, spec.files[file].columns, "column", part)
    found.refuse()


def columns_of(part: Event | Defect) -> list[str]:
    """Give the columns that an event or defect names.

    >>> columns_of(Event(event="VISIT", code="D10", field="MISSRSN"))
    ['MISSRSN']
    """
    if isinstance(part, Event):
        return [part.field] if part.field else []
    return [*part.fields, *([part.audit] if isinstance(part, Reentry) else [])]


def read_lists(spec: Simulation, folder: Path, schedule: str) -> dict[str, Table]:
    """Read the included tables, with the columns that the schedule makes.

    Raises:
        Refusal: SIM-003 for a file that cannot be read, SIM-004 for an unknown schedule.

    >>> read_lists(Simulation(study="S", partition="p", tables={}, files={}), Path("."), "")
    {}
    """
    if schedule not in spec.schedules and spec.schedules:
        hint = did_you_mean(schedule, spec.schedules)
        raise Refusal([Problem(NO_SCHEDULE, f"there is no schedule '{schedule}'", hint=hint)])
    made = {name: read_list(name, safe_path(folder, file)) for name, file in spec.lists.items()}
    for column, source in spec.schedules.get(schedule, {}).items():
        for table in made.values():
            if source in table.columns:
                table.columns[column] = table.columns[source]
    return made


def read_list(name: str, path: Path) -> Table:
    r"""Read an included table: a column whose cells are all numbers is a column of numbers.

    Raises:
        Refusal: SIM-003.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "visits.csv"
    >>> _ = file.write_text("day,name\n1,A\n", encoding="utf-8")
    >>> read_list("visits", file).columns["day"].tolist()
    [1.0]
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refusal([Problem(NO_LIST, f"{path.name} cannot be read", Place(file=path.name))]) from error
    if any(None in row or None in row.values() for row in rows) or not rows:
        raise Refusal([Problem(NO_LIST, f"{path.name} has rows of different length", Place(file=path.name))])
    return Table(name, len(rows), {key: terms([row[key] for row in rows]) for key in rows[0]})
