"""A run of a simulation: tables block by block, files as they come, then the list of defects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trialkit.load import load
from trialkit.problems import Exit, Kind, Place, Problem, Refusal
from trialkit.publish import publishing, read_manifest, write_manifest
from trialkit.simulate.formula import evaluate
from trialkit.simulate.sheet import Entry, Sheet
from trialkit.simulate.sinks import Sink, Writer, quoted
from trialkit.simulate.spec import Simulation, check_names, files_of, read_lists
from trialkit.simulate.table import Scene, Table, World

TOO_MANY = Kind("SIM-005", "number is out of bounds", "Give a number within the bounds.", exit=Exit.SPEC)
FOREIGN = Kind(
    "SIM-006",
    "output folder holds something else",
    "Give another folder, or empty this one yourself.",
    exit=Exit.SPEC,
)
NOTHING = Kind(
    "SIM-008",
    "the study has no simulation",
    "Give the folder of its own raw export: `--raw`, or `RAW=` with make.",
    exit=Exit.SPEC,
)
MOST = 100_000
BLOCK = 2_000  # rows of the partition table that are in memory at once; part of what a seed means
SPEC_FILE = "simulation.yaml"
LOG_COLUMNS = {
    "DEFID": "",
    "CODE": "code",
    "KIND": "kind",
    "FILE": "",
    "KEY": "key",
    "FIELD": "field",
    "LINE": "line",
    "CLEAN": "clean",
    "DIRTY": "dirty",
    "ACTION": "action",
    "DETECTABLE": "detectable",
    "QUERY": "query",
    "EXPECT": "expect",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run wrote.

    Args:
        subjects, seed, schedule, clean: as asked for.
        rows: rows written, by file.
        found: events and defects put in, by code.

    >>> Summary(13, 1, "monthly", True, {"SUBJ.csv": 18}, {}).rows
    {'SUBJ.csv': 18}
    """

    subjects: int
    seed: int
    schedule: str
    clean: bool
    rows: dict[str, int]
    found: dict[str, int]

    def __str__(self) -> str:
        """Say what was written, for a person."""
        how = f"schedule {self.schedule or '-'}{', clean' if self.clean else ''}"
        codes = ", ".join(f"{code} {count}" for code, count in self.found.items())
        rows = ", ".join(f"{name} {count}" for name, count in self.rows.items())
        return f"{self.subjects} subjects, seed {self.seed}, {how}\nrows: {rows}\nevents and defects: {codes}"


def simulate(
    spec_dir: Path, subjects: int, seed: int, out: Path, schedule: str | None = None, clean: bool = False
) -> Summary:
    """Write a simulated raw export, and beside it the truth that it was written from.

    Args:
        spec_dir: the study folder, which has ``simulation.yaml``.
        subjects: number of enrolled subjects, 1 to 100,000; 0 for the number in the spec.
        seed: any number from 0; the same seed gives the same bytes.
        out: the folder to write; it must be new, empty or an earlier export.
        schedule: a schedule of the spec; the first one when not given.
        clean: leave all defects out; what happens in the trial stays.

    Raises:
        Refusal: SPEC-xxx and SIM-xxx for the spec, SIM-005 for numbers out of bounds, SIM-006 and
            PUB-xxx for the folder.

    >>> simulate(Path("specs/none"), 13, 1, Path("build/none"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error SIM-008 there is no simulation.yaml in 'none'. ...
    """
    if not (spec_dir / SPEC_FILE).is_file():
        raise Refusal([Problem(NOTHING, f"there is no {SPEC_FILE} in '{spec_dir.name}'")])
    spec = load(spec_dir / SPEC_FILE, Simulation, folder=spec_dir)
    check_names(spec)
    subjects = subjects or spec.subjects
    _bounded(subjects, seed)
    schedule = schedule or next(iter(spec.schedules), "")
    world = World(seed, {"subjects": float(subjects), "clean": float(clean), "absent": np.nan})
    world.included = read_lists(spec, spec_dir, schedule)
    for name, formula in spec.constants.items():
        world.constants[name] = float(evaluate(formula, world.constants.__getitem__))
    _ours(out)
    with publishing(out) as folder:
        run = _Run(spec, world, folder)
        run.write()
        summary = Summary(subjects, seed, schedule, clean, run.counts, dict(sorted(run.found.items())))
        write_manifest(folder, {"simulation": {"study": spec.study, **asdict(summary)}})
    return summary


def _bounded(subjects: int, seed: int) -> None:
    if not 1 <= subjects <= MOST:
        raise Refusal([Problem(TOO_MANY, f"number of subjects must be 1 to {MOST}, not {subjects}")])
    if seed < 0:
        raise Refusal([Problem(TOO_MANY, f"seed must be 0 or greater, not {seed}")])


def _ours(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        manifest = read_manifest(out)
        if manifest is None or "simulation" not in manifest:
            raise Refusal([Problem(FOREIGN, "it is no earlier simulated export", Place(file=out.name))])


@dataclass(slots=True)
class _Run:
    """One run: the spec, what has been made so far, and the open files."""

    spec: Simulation
    world: World
    folder: Path
    counts: dict[str, int] = field(default_factory=dict)
    found: Counter[str] = field(default_factory=Counter)

    def write(self) -> None:
        """Write all files, block by block."""
        (self.folder / "truth").mkdir()
        with ExitStack() as stack:
            log = stack.enter_context((self.folder / "truth" / "defects.csv").open("wb"))
            log.write((",".join(LOG_COLUMNS) + "\n").encode())
            writers = {name: stack.enter_context(sink.open(place)) for name, sink, place in self._sinks()}
            for _ in self._blocks():
                for name, sink, place in self._sinks():
                    entries = self._write_block(name, sink, writers[name], place == self.folder)
                    log.write("".join(self._lines(name, entries)).encode())
            self.counts = {
                str((place / sink.file_name()).relative_to(self.folder)): self.counts.get(name, 0)
                for name, sink, place in self._sinks()
            }

    def _sinks(self) -> list[tuple[str, Sink, Path]]:
        raw = [(name, sink, self.folder) for name, sink in self.spec.files.items()]
        return raw + [(name, sink, self.folder / "truth") for name, sink in self.spec.truth.items()]

    def _blocks(self) -> Iterator[int]:
        """Make the tables up to the partition once, and those after it anew for every block."""
        names = list(self.spec.tables)
        cut = names.index(self.spec.partition) + 1
        for name in names[:cut]:
            self._make(name)
        whole = self.world.tables[self.spec.partition]
        for number, start in enumerate(range(0, whole.rows, BLOCK)):
            self.world.block = number
            rows = np.arange(start, min(start + BLOCK, whole.rows))
            self.world.tables[self.spec.partition] = whole.take(rows)
            for name in names[cut:]:
                self._make(name)
            yield number

    def _make(self, name: str) -> None:
        spec = self.spec.tables[name]
        table: Table = spec.rows.make(name, self.world)
        for column, draw in spec.columns.items():
            scene = Scene(table, self.world, self.world.random(name, column))
            table.columns.update(draw.columns(scene, column))
        self.world.tables[name] = table

    def _write_block(self, name: str, sink: Sink, writer: Writer, raw: bool) -> list[Entry]:
        table = self.world.table(sink.of)
        if sink.where != "1":
            table = table.take(Scene(table, self.world, self.world.random(name)).mask(sink.where))
        scenes = {
            column: Scene(table, self.world, self.world.random(name, column)) for column in sink.columns
        }
        cells = {column: cell.finished(scenes[column]) for column, cell in sink.columns.items()}
        sheet = Sheet(Scene(table, self.world, self.world.random(name)), cells, sink.key)
        if raw:
            self._damage(name, sheet)
        finished = sheet.finish(writer.line)
        writer.append(finished.values(), sheet.other_bytes)
        self.counts[name] = self.counts.get(name, 0) + table.rows + len(sheet.copies)
        return sheet.entries

    def _damage(self, name: str, sheet: Sheet) -> None:
        for event in self.spec.events:
            if name in files_of(event):
                event.mark(sheet)
        for number, defect in enumerate(self.spec.defects):
            if name in files_of(defect) and not self.world.constants["clean"]:
                random = self.world.random(name, defect.code, defect.main_key(), str(number))
                defect.strike(sheet, name, Scene(sheet.scene.table, self.world, random))

    def _lines(self, name: str, entries: list[Entry]) -> Iterator[str]:
        file = self.spec.files.get(name)
        for entry in entries:
            self.found[entry.code] += 1
            values: dict[str, Any] = {**asdict(entry), "": file.file_name() if file else ""}
            cells = [str(values[source]) for source in LOG_COLUMNS.values()]
            cells[0] = f"DEF{self.found.total():06}"
            yield ",".join(map(quoted, cells)) + "\n"
