"""A study's folder: study.yaml, its datasets and its tables, loaded with all problems at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeVar

from trialkit.load import Loading, load
from trialkit.model import Model
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, code_frame, did_you_mean, of_spec
from trialkit.raw.dataset import dataset_sources
from trialkit.raw.read import read
from trialkit.raw.source import CsvSource
from trialkit.raw.table import RawTable
from trialkit.rule import find_rules
from trialkit.spec import DatasetSpec, StudySpec

NO_STUDY = Kind("STUDY-001", "no study folder", "Give the folder that has study.yaml.", exit=Exit.SPEC)
NO_PLUGIN = Kind("STUDY-002", "unknown plug-in", "Install the package or correct its name.", exit=Exit.SPEC)
SAME_NAME = Kind("STUDY-003", "two tables of one name", "Rename one of them.", exit=Exit.SPEC)
NO_SPECS = Kind(
    "STUDY-005", "no dataset has a spec", "Write a spec, or start with `trialkit init`.", exit=Exit.SPEC
)
NO_DATASET = Kind("STUDY-004", "unknown dataset", "Name a dataset that has a spec.", exit=Exit.SPEC)

M = TypeVar("M", bound=Model)
PLUGINS = "trialkit.rules"


@dataclass(frozen=True, slots=True)
class Study:
    """A study's specs.

    Args:
        folder: the study's folder.
        spec: study.yaml.
        datasets: the specs of its datasets by name.
        tables: the CSV files of its tables folder by name, without the ending.
        texts: the text of every spec file that was read, by name, for manifests and code frames.

    >>> Study(Path("."), None, {}, {}, {}).datasets
    {}
    """

    folder: Path
    spec: StudySpec
    datasets: dict[str, DatasetSpec]
    tables: dict[str, RawTable]
    texts: dict[str, str] = field(default_factory=dict)


def load_study(folder: Path, part: str, rules: tuple[str, ...]) -> Study:
    """Load a study's folder.

    Args:
        folder: the folder with study.yaml.
        part: the folder in it with the datasets, ``sdtm`` or ``adam``.
        rules: the packages that hold the rules.

    Raises:
        Refusal: with every problem of every spec file.

    >>> load_study(Path("nowhere"), "sdtm", ("trialkit.rules",))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    if not (folder / "study.yaml").is_file():
        raise Refusal([Problem(NO_STUDY, f"there is no study.yaml in '{folder.name}'")])
    loading = Loading(rules=dict(find_rules(rules)))
    spec = _load(folder / "study.yaml", StudySpec, loading, folder)
    if spec is not None:
        _plug_in(spec, loading)
    found = [_load(path, DatasetSpec, loading, folder) for path in sorted((folder / part).glob("*.yaml"))]
    if not found:
        loading.add(NO_SPECS, f"no dataset has a spec: {part}/ has no .yaml file", Place(part))
    datasets = _by_name([one for one in found if one is not None], loading)
    tables = _tables(folder, loading)
    if spec is not None:
        _distinct(spec, datasets, tables, loading)
    loading.problems.refuse()
    assert spec is not None
    return Study(folder, spec.of_part(part), datasets, tables, loading.texts)


def from_datasets(study: Study, folder: Path) -> Study:
    """Give a study whose sources are the datasets of a folder instead of its raw files.

    Raises:
        Refusal: RAW-091 where the folder has none; STUDY-003 where a dataset has the name of a table.

    >>> from trialkit.samples import sample_study
    >>> from_datasets(sample_study(), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error RAW-091 no datasets to start from: 'nowhere' has none. Give the ...
    """
    sources = {name: one for name, one in dataset_sources(folder).items() if name not in study.datasets}
    spec = study.spec.model_copy(update={"sources": sources, "dictionaries": {}})
    spec._source = study.spec._source
    loading = Loading()
    _distinct(spec, study.datasets, study.tables, loading)
    loading.problems.refuse()
    return replace(study, spec=spec)


def frame(study: Study, where: Place) -> str:
    """Show the lines of a spec around a place; empty for a place that is not in the specs.

    >>> print(frame(Study(Path("."), None, {}, {}, {"dm.yaml": "a: 1"}), Place("dm.yaml", 1, 1)))
    > 1 | a: 1
        | ^
    """
    text = study.texts.get(where.file, "")
    return code_frame(text, where.line, where.column) if text and where.line else ""


def _load(path: Path, model: type[M], loading: Loading, folder: Path) -> M | None:
    mine = Loading(rules=loading.rules, texts=loading.texts)
    try:
        return load(path, model, mine, folder)
    except Refusal as refusal:
        loading.problems.add(*refusal.problems)
        return None


def _plug_in(spec: StudySpec, loading: Loading) -> None:
    known = {entry.name: entry for entry in entry_points(group=PLUGINS)}
    for name in spec.plugins:
        if name in known:
            loading.rules.update(find_rules((known[name].value,)))
        else:
            what = f"unknown plug-in '{name}'"
            loading.add(NO_PLUGIN, what, spec.place("plugins"), did_you_mean(name, known))


def _by_name(specs: list[DatasetSpec], loading: Loading) -> dict[str, DatasetSpec]:
    named: dict[str, DatasetSpec] = {}
    for spec in specs:
        if spec.dataset in named:
            loading.add(SAME_NAME, f"two specs of dataset {spec.dataset}", spec.place("dataset"))
        named[spec.dataset] = spec
    return named


def _tables(folder: Path, loading: Loading) -> dict[str, RawTable]:
    tables, problems = {}, Problems()
    for path in sorted((folder / "tables").glob("*.csv")):
        source = CsvSource(format="csv", file=f"tables/{path.name}")
        table = read(source, path.stem, folder, problems)
        if table is not None:
            tables[path.stem] = table
            loading.texts[f"tables/{path.name}"] = path.read_text("utf-8-sig", "replace")
    loading.problems.add(*map(of_spec, problems.items))
    return tables


def _distinct(
    spec: StudySpec, datasets: dict[str, DatasetSpec], tables: Iterable[str], loading: Loading
) -> None:
    named = [
        *((name, source.place()) for name, source in spec.sources.items()),
        *((name, dataset.place("dataset")) for name, dataset in datasets.items()),
        *((name, one.place()) for name, one in spec.dictionaries.items()),
        *((name, Place(f"tables/{name}.csv")) for name in tables),
    ]
    first: dict[str, Place] = {}
    for name, place in named:
        if name in first:
            loading.add(
                SAME_NAME, f"{name} is the name of another source or dataset, in {first[name]}", place
            )
        first.setdefault(name, place)


def chosen(study: Study, names: list[str]) -> list[str]:
    """Check the names of datasets that a user asked for; all when none is named.

    Raises:
        Refusal: for each name without a spec.

    >>> chosen(Study(Path("."), None, {}, {}), [])
    []
    """
    wrong = [name for name in names if name not in study.datasets]
    if wrong:
        hints = ((name, did_you_mean(name, study.datasets)) for name in wrong)
        raise Refusal([Problem(NO_DATASET, f"unknown dataset '{name}'", hint=hint) for name, hint in hints])
    return names or sorted(study.datasets)
