"""A finished build, opened again: its specs, its datasets, its lineage and its raw files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trialkit.column import Column
from trialkit.cutoff import same_rows
from trialkit.explain.xptcolumns import XptColumns, open_xpt
from trialkit.manifest import changed_specs
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean
from trialkit.publish import read_manifest
from trialkit.raw.read import read
from trialkit.raw.table import RawTable
from trialkit.records import Many, Rows
from trialkit.rules.records import Let
from trialkit.spec import DatasetSpec
from trialkit.standard import Standard
from trialkit.steps import all_steps
from trialkit.study import Study, from_datasets, load_study
from trialkit.trace import Trace, read_trace, read_unpublished

NO_BUILD = Kind(
    "WHY-001", "no build", "Build the study first, or give its folder with --out.", exit=Exit.SPEC
)
NO_DATASET = Kind("WHY-002", "no such dataset in the build", "Name one that was built.", exit=Exit.SPEC)
NO_VARIABLE = Kind("WHY-003", "no such variable", "Name a variable of the dataset.", exit=Exit.SPEC)
APART = Kind(
    "WHY-006",
    "datasets and trace are of different builds",
    "Build the study again.",
    exit=Exit.SPEC,
)


@dataclass(slots=True)
class Build:
    """The outputs of one run on one standard, with what they were made from.

    Args:
        out: the output folder of the study.
        standard: what the datasets follow.
        study: the specs.
        raw_folder: the folder with the raw files.
        manifest: of the datasets.
        warnings: what has changed since the build.

    >>> from trialkit.samples import sample_explainer
    >>> [build] = sample_explainer().builds
    >>> build.part, sorted(build.datasets)
    ('sdtm', ['DM', 'EX', 'VS'])
    """

    out: Path
    standard: Standard
    study: Study
    raw_folder: Path
    manifest: Mapping[str, Any]
    warnings: list[str] = field(default_factory=list)
    _columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    _traces: dict[str, Trace] = field(default_factory=dict)
    _raw: dict[str, RawTable | None] = field(default_factory=dict)
    _files: dict[str, XptColumns | None] = field(default_factory=dict)

    @property
    def part(self) -> str:
        """Give the standard's folder in the output folder, such as ``sdtm``.

        >>> from trialkit.samples import sample_explainer
        >>> sample_explainer().builds[0].part
        'sdtm'
        """
        return self.standard.folder

    @property
    def datasets(self) -> dict[str, int]:
        """Give the number of records of each dataset, working ones included.

        >>> from trialkit.samples import sample_standard
        >>> Build(Path("."), sample_standard(), None, Path("."), {"datasets": {"DM": 12}}).datasets
        {'DM': 12}
        """
        return dict(self.manifest["datasets"])

    @property
    def traces(self) -> Path:
        """Give the folder with the lineage.

        >>> from trialkit.samples import sample_standard
        >>> Build(Path("build"), sample_standard(), None, Path("."), {}).traces.as_posix()
        'build/trace/sdtm'
        """
        return self.out / "trace" / self.part

    def made(self, file: str, reader: Build) -> bool:
        """Say whether this build made the file that another one read.

        >>> from trialkit.samples import sample_explainer
        >>> [build] = sample_explainer().builds
        >>> build.made("lb.xpt", build)
        False
        """
        read = {one["file"]: one["sha256"] for one in reader.manifest["inputs"].values()}
        return file in read and self.manifest["outputs"].get(file) == read[file]

    def check(self, dataset: str) -> None:
        """Check that a dataset was built.

        Raises:
            Refusal: WHY-002.

        >>> from trialkit.samples import sample_standard
        >>> Build(Path("."), sample_standard(), None, Path("."), {"datasets": {"DM": 12}}).check("DMM")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error WHY-002 DMM no such dataset in the build. Did you mean 'DM'?
        """
        if dataset not in self.datasets:
            hint = did_you_mean(dataset, self.datasets)
            raise Refusal([Problem(NO_DATASET, NO_DATASET.title, Place(dataset=dataset), hint=hint)])

    def trace(self, dataset: str) -> Trace:
        """Give the lineage of a dataset, its pairs in the order of the records.

        Raises:
            Refusal: WHY-002.

        >>> from trialkit.samples import sample_standard
        >>> Build(Path("."), sample_standard(), None, Path("."), {"datasets": {}}).trace("DM")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error WHY-002 DM no such dataset in the build. None is known.
        """
        self.check(dataset)
        if dataset not in self._traces:
            made = read_trace(self.traces, dataset)
            self._traces[dataset] = Trace(made.rows, tuple(map(_by_record, made.many)))
        return self._traces[dataset]

    def column(self, dataset: str, variable: str) -> Column:
        """Give a variable, published or not.

        Raises:
            Refusal: WHY-002, WHY-003.

        >>> from trialkit.samples import sample_standard
        >>> Build(Path("."), sample_standard(), None, Path("."), {"datasets": {}}).column("DM", "SEX")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error WHY-002 DM no such dataset in the build. None is known.
        """
        self.check(dataset)
        if (dataset, variable) not in self._columns:
            self._columns[dataset, variable] = self._read(dataset, variable)
        return self._columns[dataset, variable]

    def _read(self, dataset: str, variable: str) -> Column:
        hidden = read_unpublished(self.traces, dataset, variable)
        if hidden is not None:
            return hidden
        file = self._file(dataset)
        if file is None or variable not in file.names:
            spec = self.study.datasets.get(dataset)
            hint = did_you_mean(variable, file.names if file else spec.variables if spec else [])
            if spec and variable in _working(spec):
                hint = f"It is a working column of `let`: ask for a variable that is made from it. {hint}"
            where = Place(dataset=dataset, variable=variable)
            raise Refusal([Problem(NO_VARIABLE, NO_VARIABLE.title, where, hint=hint)])
        return file.column(variable, self.datasets[dataset])

    def _file(self, dataset: str) -> XptColumns | None:
        if dataset not in self._files:
            path = self.out / self.part / f"{dataset.lower()}.xpt"
            self._files[dataset] = open_xpt(path) if path.exists() else None
        return self._files[dataset]

    def value(self, dataset: str, record: int, variable: str) -> str | float:
        """Give one value of a variable, published or not.

        Raises:
            Refusal: WHY-002, WHY-003.

        >>> from trialkit.samples import sample_standard
        >>> Build(Path("."), sample_standard(), None, Path("."), {"datasets": {}}).value("DM", 0, "SEX")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error WHY-002 DM no such dataset in the build. None is known.
        """
        file = self._file(dataset) if dataset in self.datasets else None
        if file is not None and variable in file.names and (dataset, variable) not in self._columns:
            return file.value(variable, record)
        column = self.column(dataset, variable)
        made: str | float = column.values[column.codes[record]]
        return made

    def has(self, dataset: str, variable: str) -> bool:
        """Say whether a dataset has a variable, published or not.

        >>> from trialkit.samples import sample_standard
        >>> Build(Path("."), sample_standard(), None, Path("."), {"datasets": {}}).has("DM", "SEX")
        False
        """
        if dataset in self.datasets and (file := self._file(dataset)) and variable in file.names:
            return True
        try:
            self.column(dataset, variable)
        except Refusal:
            return False
        return True

    def raw(self, source: str) -> RawTable | None:
        """Give a raw source as its file has it, neither trimmed nor with missing tokens taken away.

        None when the file is not there; that, and a changed file, is said in ``warnings``.

        >>> from trialkit.samples import sample_explainer
        >>> sample_explainer().builds[0].raw("VITALS").file
        'vitals.csv'
        """
        if source not in self._raw:
            spec = self.study.spec.sources[source]
            as_it_is = spec.model_copy(update={"trim": (), "missing": (), "sha256": None, "cutoff": None})
            table = read(as_it_is, source, self.raw_folder, Problems())
            if spec.cutoff and table is not None and (cut := read(spec, source, self.raw_folder, Problems())):
                table = same_rows(table, cut.lines)
            self._raw[source] = table
            then = self.manifest["inputs"].get(source, {}).get("sha256")
            if table is None:
                looked = f"'{self.raw_folder.as_posix()}'; its texts are not shown"
                self.warnings.append(f"raw file {spec.file} cannot be read in {looked}: say where with --raw")
            elif table.sha256 != then:
                self.warnings.append(f"raw file {spec.file} has changed since the build")
        return self._raw[source]


def _working(spec: DatasetSpec) -> set[str]:
    """Name the working columns of a dataset's steps."""
    steps = [one for step in spec.records for one in all_steps(step)]
    return {name for one in steps if isinstance(one, Let) for name in one.rules}


def _by_record(many: Many) -> Many:
    order = np.lexsort((many.row, many.record))
    return Many(many.source, many.record[order], many.row[order])


def rows_of(many: Many, record: int) -> Rows:
    """Give the rows behind one record, of pairs in the order of the records.

    >>> rows_of(Many("LB", np.array([0, 0, 2]), np.array([3, 4, 5])), 0).tolist()
    [3, 4]
    """
    first, last = np.searchsorted(many.record, [record, record + 1])
    return many.row[first:last]


def open_build(out: Path, specs: Path, raw: Path, standard: Standard) -> Build:
    """Open a build and note what has changed since.

    Args:
        out: the output folder of the study.
        specs: the study's folder.
        raw: the folder with the raw files.
        standard: whose datasets to open.

    Raises:
        Refusal: WHY-001, WHY-006, or the problems of the specs.

    >>> from types import SimpleNamespace
    >>> open_build(Path("nowhere"), Path("specs"), Path("raw"), SimpleNamespace(folder="sdtm"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error WHY-001 no build in 'nowhere'. Build the study first, or give its ...
    """
    manifest = read_manifest(out / standard.folder)
    trace = read_manifest(out / "trace" / standard.folder)
    if manifest is None or trace is None:
        raise Refusal([Problem(NO_BUILD, f"no build in '{out.name}'")])
    if manifest["build"] != trace["build"]:
        raise Refusal([Problem(APART, APART.title, Place(file=out.name))])
    study = load_study(specs, standard.folder, ("trialkit.rules", *standard.rules))
    if standard.from_datasets:
        study = from_datasets(study, raw)
    build = Build(out, standard, study, raw, manifest)
    for name, what in changed_specs(study.texts, manifest["specs"]).items():
        build.warnings.append(f"spec {name} {what} since the build")
    return build
