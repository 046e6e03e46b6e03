"""What a change touches: datasets and variables, followed through the specs without running anything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialkit.changes import Change, Scene, changes_since, named_changes, terminology_changes
from trialkit.dataflow import DatasetFlow, Leaf, flows, read_columns
from trialkit.explain.build import NO_BUILD
from trialkit.plan import all_variables
from trialkit.problems import Problem, Problems, Refusal
from trialkit.publish import read_manifest
from trialkit.raw.read import read
from trialkit.rule import RecordRule, Reference
from trialkit.rules.filter import Query
from trialkit.rules.records import Let, Stack
from trialkit.spec import DatasetSpec
from trialkit.specparts import Part
from trialkit.standard import Standard
from trialkit.steps import all_steps
from trialkit.study import Study, load_study

How: TypeAlias = Literal["values", "records", "attributes", "checks"]


@dataclass(frozen=True, slots=True)
class Touched:
    """A variable whose values a change touches, or a dataset whose records, attributes or checks it touches.

    Args:
        dataset: the dataset.
        variable: the variable; "" for the dataset as a whole.
        how: whether its values change, or which records there are, its attributes, or what is checked.
        via: the columns and datasets between the change and it.
        published: whether it is in an output; working datasets and variables are not.

    >>> Touched("LB", "LBDY", "values", ("DM.RFSTDTC",)).name
    'LB.LBDY'
    """

    dataset: str
    variable: str
    how: How
    via: tuple[str, ...] = ()
    published: bool = True

    @property
    def name(self) -> str:
        """Name it as ``DATASET.VARIABLE``.

        >>> Touched("LB", "", "records").name
        'LB'
        """
        return f"{self.dataset}.{self.variable}" if self.variable else self.dataset


@dataclass(frozen=True, slots=True)
class Impact:
    """One change and what it touches, published things first.

    >>> Impact("SUBJ.csv", ()).as_json()
    {'change': 'SUBJ.csv', 'touches': []}
    """

    change: str
    touches: tuple[Touched, ...]

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON has it.

        >>> Impact("x", (Touched("DM", "SEX", "values"),)).as_json()["touches"][0]["variable"]
        'SEX'
        """
        return {
            "change": self.change,
            "touches": [
                {
                    "dataset": one.dataset,
                    "variable": one.variable,
                    "how": one.how,
                    "published": one.published,
                    "via": list(one.via),
                }
                for one in self.touches
            ],
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asks about: named changes, a version of the terminology, or a build.

    >>> Asked(Path("specs/demo")).changed
    ()
    """

    specs: Path
    changed: tuple[str, ...] = ()
    terminology: str = ""
    raw: Path | None = None
    out: Path | None = None


def impact(asked: Asked, standard: Standard) -> list[Impact]:
    """Say what some changes touch.

    Raises:
        Refusal: the problems of the specs, IMPACT-001 and IMPACT-002, WHY-001 where there is no build.

    >>> from trialkit.samples import sample_folder, sample_standard
    >>> found = impact(Asked(sample_folder(), ("dosing.csv:DOSE",)), sample_standard())
    >>> [one.name for one in found[0].touches]
    ['EX.EXDOSE']
    """
    study = load_study(asked.specs, standard.folder, ("trialkit.rules", *standard.rules))
    headers = _headers(study, asked.raw)
    made = flows(study, headers)
    scene = Scene(study, standard, frozenset(_leaves(made)), headers, read_columns(made.values()))
    changes = named_changes(asked.changed, scene)
    if asked.terminology:
        changes += terminology_changes(scene, study.spec.standard.terminology, asked.terminology)
    if asked.out:
        manifest = read_manifest(asked.out / standard.folder)
        if manifest is None:
            raise Refusal([Problem(NO_BUILD, f"no build in '{asked.out.name}'")])
        changes += changes_since(manifest, scene, _raw_of(asked))
    return [Impact(change.what, tuple(_touched(change, scene, made))) for change in changes]


def _raw_of(asked: Asked) -> Path | None:
    beside = asked.out / "raw" if asked.out else None
    return asked.raw or (beside if beside and beside.is_dir() else None)


def _headers(study: Study, raw: Path | None) -> dict[str, list[str]]:
    found = {}
    for name, source in study.spec.sources.items() if raw else ():
        table = read(source, name, raw, Problems()) if raw else None
        if table is not None:
            found[name] = list(table.columns)
    return found


def _leaves(made: Mapping[str, DatasetFlow]) -> Iterator[Leaf]:
    for flow in made.values():
        yield from flow.records
        for leaves in flow.variables.values():
            yield from leaves


def _touched(change: Change, scene: Scene, made: Mapping[str, DatasetFlow]) -> list[Touched]:
    datasets = scene.study.datasets
    if change.everything:
        return [Touched(name, "", "records", (), not spec.working) for name, spec in sorted(datasets.items())]
    starts: dict[Leaf, str] = dict.fromkeys(change.leaves, "")
    found: dict[tuple[str, str, How], Touched] = {}
    for part in change.parts:
        for leaf in _starts(part, datasets[part.dataset]):
            starts.setdefault(leaf, "")
            how: How = "values" if leaf.column else "records"
            _add(found, leaf, how, (), datasets)
        if part.what in ("check", "dataset"):
            _add(found, Leaf(part.dataset), "checks" if part.what == "check" else "attributes", (), datasets)
    _follow(starts, made, datasets, found)
    return sorted(
        found.values(), key=lambda one: (not one.published, one.dataset, bool(one.variable), one.variable)
    )


def _add(
    found: dict[tuple[str, str, How], Touched],
    leaf: Leaf,
    how: How,
    via: tuple[str, ...],
    datasets: Mapping[str, DatasetSpec],
) -> None:
    spec = datasets[leaf.table]
    variables = all_variables(spec)
    hidden = spec.working or (leaf.column in variables and variables[leaf.column].working)
    key = (leaf.table, leaf.column, how)
    found.setdefault(key, Touched(leaf.table, leaf.column, how, via, not hidden))


def _starts(part: Part, spec: DatasetSpec) -> Iterator[Leaf]:
    """Give where a part of a spec enters the flow."""
    if part.what == "records":
        yield Leaf(part.dataset)
    if part.what not in ("variable", "column"):
        return
    steps = [one for step in spec.records for one in all_steps(step)] if part.what == "column" else []
    names = _column_names({part.name}, steps)
    yield from (Leaf(part.dataset, name) for name in _variables_of(names, part, spec))
    deciding = [step for step in steps if not isinstance(step, (Let, Query, Stack))]
    if any(_named(step.references(), names) for step in deciding):
        yield Leaf(part.dataset)


def _column_names(names: set[str], steps: Iterable[RecordRule]) -> set[str]:
    """Add the working columns that are made from some columns; each sees only those before it."""
    for step in steps:
        if isinstance(step, Let):
            for name, rule in step.rules.items():
                if _named(rule.references(), names):
                    names = names | {name}
    return names


def _variables_of(columns: set[str], part: Part, spec: DatasetSpec) -> set[str]:
    """Name the variables that are made from some columns, or from a variable, by way of other variables."""
    variables = all_variables(spec)
    found = {part.name} if part.what == "variable" else set()
    grown = True
    while grown:
        known = columns | found
        more = {name for name in variables if _named(variables[name].rule.references(), known)}
        grown, found = not more <= found, found | more
    return found


def _named(references: Iterable[Reference], names: set[str]) -> bool:
    return any(not one.table and one.column in names for one in references)


def _follow(
    starts: Mapping[Leaf, str],
    made: Mapping[str, DatasetFlow],
    datasets: Mapping[str, DatasetSpec],
    found: dict[tuple[str, str, How], Touched],
) -> None:
    """Go through the datasets step by step, the shortest way first."""
    ways: dict[Leaf, tuple[str, ...]] = dict.fromkeys(starts, ())
    front = list(starts)
    while front:
        reached: dict[Leaf, tuple[str, ...]] = {}
        for name, flow in made.items():
            for leaf, behind in _flow_edges(name, flow):
                came = next((one for one in front if one in behind), None)
                if came is not None and leaf not in ways:
                    known = came.table in made
                    reached.setdefault(leaf, (*ways[came], *([_written(came)] if known else [])))
        for leaf, via in reached.items():
            ways[leaf] = via
            _add(found, leaf, "values" if leaf.column else "records", via, datasets)
        front = sorted(reached)


def _flow_edges(name: str, flow: DatasetFlow) -> Iterator[tuple[Leaf, frozenset[Leaf]]]:
    yield Leaf(name), flow.records
    for variable, leaves in flow.variables.items():
        yield Leaf(name, variable), leaves - {Leaf(name, variable)}


def _written(leaf: Leaf) -> str:
    return f"{leaf.table}.{leaf.column}" if leaf.column else f"records of {leaf.table}"


def show_impact(found: Sequence[Impact], console: Console, *, as_json: bool) -> None:
    """Print what changes touch, as a table or as JSON.

    >>> show_impact([Impact("SUBJ.csv", ())], Console(width=60, color_system=None), as_json=False)
    SUBJ.csv touches nothing
    """
    if as_json:
        data = {"impact": [one.as_json() for one in found]}
        console.out(json.dumps(data, ensure_ascii=False, indent=1), highlight=False)
        return
    if not found:
        console.print(Text("nothing has changed"))
    for one in found:
        datasets = {touch.dataset for touch in one.touches if touch.published}
        count = f"{len(datasets)} published dataset{'' if len(datasets) == 1 else 's'}"
        said = f"touches {count}" if one.touches else "touches nothing"
        console.print(Text.assemble((one.change, "bold"), f" {said}"))
        if one.touches:
            console.print(_table(one.touches))


def _table(touches: Sequence[Touched]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2))
    for title in ("dataset", "variable", "what changes", "by way of"):
        table.add_column(title)
    for one in touches:
        how = one.how if one.published else f"{one.how}, working"
        cells = (one.dataset, one.variable, how, " > ".join(one.via))
        table.add_row(*(Text(cell, "" if one.published else "dim") for cell in cells))
    return table
