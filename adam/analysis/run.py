"""A run of the analyses: specs, datasets, results, and what is published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from adam.analysis.ard import Computed, Group, write_ard
from adam.analysis.data import Data
from adam.analysis.declared import (
    FOLDER,
    PARAMETER,
    check_names,
    codes_of,
    declared,
    load_displays,
    unknown_parameters,
)  # fmt: skip
from adam.analysis.page import Drawn, analysis_page
from adam.analysis.spec import Analysis, Display
from adam.figures.plot import svg
from trialkit.comparefiles import datasets_in
from trialkit.load import Loading, load
from trialkit.manifest import sha256, spec_hash
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal
from trialkit.publish import FOREIGN, publishing, write_manifest
from trialkit.spec import StudySpec
from trialkit.study import NO_STUDY
from trialkit.tables import read_table

NO_DATA = Kind("ANL-006", "no analysis datasets", "Build them first with `trialkit adam`.", exit=Exit.SPEC)
NO_ANALYSES = Kind("ANL-004", "no analysis is declared", "Write a file in analysis/.", exit=Exit.SPEC)


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """The declared analyses of a study, and the datasets that they may read.

    >>> Plan(None, [], {}).displays
    []
    """

    study: StudySpec
    displays: list[Display]
    files: Mapping[str, Path]
    texts: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None


@dataclass(slots=True)
class Outcome:
    """What a run of the analyses made.

    >>> Outcome().results
    []
    """

    results: list[Computed] = field(default_factory=list)
    figures: list[Drawn] = field(default_factory=list)


def load_plan(specs: Path, data: Path) -> Plan:
    """Load the analyses of a study, all problems at once.

    Args:
        specs: the study's folder, with analysis/*.yaml.
        data: the folder with the analysis datasets.

    Raises:
        Refusal: with every problem of every file.

    >>> load_plan(Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    if not (specs / "study.yaml").is_file():
        raise Refusal([Problem(NO_STUDY, f"there is no study.yaml in '{specs.name}'")])
    loading = Loading()
    study = load(specs / "study.yaml", StudySpec, loading, specs)
    texts = dict(loading.texts)
    displays, problems = load_displays(specs, texts)
    if not displays and not problems.items:
        problems.add(Problem(NO_ANALYSES, f"{FOLDER}/ has no .yaml file", Place(FOLDER)))
    problems.refuse()
    plan = Plan(study, displays, _files(data), texts, specs)
    check_plan(plan).refuse()
    return plan


def _files(data: Path) -> dict[str, Path]:
    try:
        return datasets_in(data)
    except Refusal:
        raise Refusal([Problem(NO_DATA, f"no datasets in '{data.name}'")]) from None


def check_plan(plan: Plan) -> Problems:
    """Find names that mean nothing: datasets, variables, parameters, identifiers that stand twice.

    >>> check_plan(Plan(None, [], {})).items
    []
    """
    files = plan.files
    problems = check_names(plan.displays, files, lambda name: _variables(files[name]))
    if not problems.items and plan.folder:
        problems.add(
            *unknown_parameters(plan.displays, codes_of(plan.folder), lambda name: _codes(files[name]))
        )
    return problems


@cache
def _variables(path: Path) -> tuple[str, ...]:
    return tuple(one.name for one in read_table(path).dataset.variables)


def _codes(path: Path) -> set[str]:
    if PARAMETER not in _variables(path):
        return set()
    return set(read_table(path, [PARAMETER]).columns[PARAMETER].values.tolist())


def compute(plan: Plan) -> Outcome:
    """Compute every analysis and draw every figure.

    >>> compute(Plan(None, [], {})).figures
    []
    """
    outcome, read = Outcome(), {}
    for display in plan.displays:
        for one in declared([display]):
            if one.dataset not in read:
                table = read_table(plan.files[one.dataset])
                read[one.dataset] = Data(one.dataset, dict(table.columns), table.count)
            data = read[one.dataset].where(one.where)
            if isinstance(one, Analysis):
                outcome.results.append(Computed(display, one, groups_of(one, data)))
            else:
                picture, said = svg(one.plot, data)
                outcome.figures.append(Drawn(display, one, picture, said))
    return outcome


def groups_of(analysis: Analysis, data: Data) -> list[Group]:
    """Compute an analysis for each of its groups.

    >>> from adam.methods.describe import Describe
    >>> one = Analysis(id="A", title="t", dataset="ADSL", method={"describe": {"of": "AGE"}})
    >>> from trialkit.column import Column
    >>> groups_of(one, Data("ADSL", {"AGE": Column.numbers([63.0])}, 1))[0].statistics[0].shown
    '1'
    """
    parts = data.groups(analysis.by) or [({}, data)]
    return [Group(levels, analysis.method.compute(part), part.count) for levels, part in parts]


def analyze(specs: Path, data: Path, out: Path) -> Outcome:
    """Compute the analyses of a study and publish results, figures and page, all or none.

    Args:
        specs: the study's folder.
        data: the folder with the analysis datasets.
        out: the output folder of the study; results go to its folder ``analysis``.

    Raises:
        Refusal: with every problem of the specs; ANL-001 to ANL-006, PUB-001 to PUB-003.

    >>> analyze(Path("nowhere"), Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    plan = load_plan(specs, data)
    if out.resolve() == specs.resolve():
        raise Refusal([Problem(FOREIGN, f"'{out.name}' is the folder of the specs")])
    outcome = compute(plan)
    with publishing(out / FOLDER) as staging:
        write_ard(staging, outcome.results)
        (staging / "figures").mkdir()
        for one in outcome.figures:
            (staging / "figures" / f"{one.figure.id}.svg").write_bytes(one.picture)
        page = analysis_page(plan.study, outcome.results, outcome.figures)
        (staging / "analysis.html").write_text(page, encoding="utf-8", newline="\n")
        write_manifest(staging, facts_of(plan, outcome))
    return outcome


def facts_of(plan: Plan, outcome: Outcome) -> dict[str, object]:
    """Give what the manifest says: study, versions, and the hashes of specs and datasets.

    >>> study = StudySpec.model_validate({"study": "S", "created": "2024-01-31", "sources": {}})
    >>> facts_of(Plan(study, [], {}), Outcome())["study"]
    'S'
    """
    used = sorted({one.dataset for one in declared(plan.displays)})
    made: dict[str, object] = {
        "study": plan.study.study,
        "toolkit": version("trialkit"),
        "created": plan.study.created.isoformat(),
        "specs": {name: spec_hash(name, text) for name, text in sorted(plan.texts.items())},
        "inputs": {
            name: {"file": plan.files[name].name, "sha256": sha256(plan.files[name].read_bytes())}
            for name in used
        },
        "analyses": len(outcome.results),
        "figures": len(outcome.figures),
    }
    return {**made, "build": sha256(json.dumps(made, sort_keys=True).encode())[:16]}
