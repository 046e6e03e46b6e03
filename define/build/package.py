"""What a define.xml describes: the datasets of one folder, and the specs that made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialkit.built import Meta
from trialkit.facts import DatasetFacts
from trialkit.manifest import changed_specs
from trialkit.prepare import terminology
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal
from trialkit.publish import hashes, read_manifest
from trialkit.rules.todo import is_draft
from trialkit.spec import DatasetSpec
from trialkit.standard import Standard
from trialkit.study import Study, from_datasets, load_study
from trialkit.tables import Table, read_table
from trialkit.terms import Terminology

NO_BUILD = Kind("DEFB-001", "no datasets of this toolkit", "Build them first.", exit=Exit.SPEC)
STALE = Kind(
    "DEFB-002", "the datasets are not those that the specs make", "Build them again.", exit=Exit.SPEC
)
NO_SPEC = Kind(
    "DEFB-004", "dataset has no spec", "Write a spec of it, or move the file away.", exit=Exit.SPEC
)
SUPP = "SUPP"


@dataclass(frozen=True, eq=False, slots=True)
class Described:
    """One dataset of the package.

    Args:
        name: the dataset.
        spec: that made it; of supplemental qualifiers the spec of their parent.
        facts: what the standard says of it, where it says something.
        table: the file as it was read back.
        metas: its variables as they are published.
        companion: whether it holds the supplemental qualifiers of its spec.

    >>> from trialkit.samples import sample_study
    >>> Described("EX", sample_study().datasets["EX"], None, None, {}).companion
    False
    """

    name: str
    spec: DatasetSpec
    facts: DatasetFacts | None
    table: Table
    metas: Mapping[str, Meta]
    companion: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Package:
    """The datasets of a build with their specs.

    Args:
        study: the specs.
        standard: what the datasets follow.
        folder: where the files are.
        manifest: of the build.
        datasets: in the order of a submission.
        terms: the terminology.
        planned: whether there are no files, only what the specs say.
        headers: the variables of the datasets before these, where they are known by their specs alone.

    >>> Package(None, None, Path("."), {}, [], None).datasets
    []
    """

    study: Study
    standard: Standard
    folder: Path
    manifest: Mapping[str, Any]
    datasets: list[Described] = field(default_factory=list)
    terms: Terminology = field(default_factory=Terminology)
    planned: bool = False
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def guide(self) -> str:
        """Give the version of the implementation guide: of a draft as study.yaml says it.

        >>> from trialkit.samples import sample_standard, sample_study
        >>> Package(sample_study(), sample_standard(), Path("."), {}).guide
        '3.4'
        """
        return self.standard.version if self.manifest else self.study.spec.standard.version

    def item_oid(self, dataset: str, variable: str) -> str:
        """Give the identifier of a variable, the same as in Dataset-JSON.

        >>> Package(None, None, Path("."), {}).item_oid("DM", "SEX")
        'IT.DM.SEX'
        """
        return f"IT.{dataset}.{variable}"


def open_package(
    specs: Path, folder: Path, standard: Standard, inputs: Path | None = None, fresh: bool = True
) -> Package:
    """Open the datasets of a build and check that the specs are those that made them.

    Args:
        specs: the study's folder.
        folder: the folder with the datasets.
        standard: what they follow.
        inputs: the SDTM datasets behind ADaM; default: the folder ``sdtm`` beside.
        fresh: whether the specs must be those that made them.

    Raises:
        Refusal: DEFB-001, DEFB-002, and the problems of the specs.

    >>> open_package(Path("nowhere"), Path("nowhere"), None)
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEFB-001 no datasets of this toolkit in 'nowhere'. Build them first.
    """
    manifest = read_manifest(folder)
    if manifest is None and not (specs / "study.yaml").is_file():
        raise Refusal([Problem(NO_BUILD, f"{NO_BUILD.title} in '{folder.name}'")])
    study = load_study(specs, standard.folder, ("trialkit.rules", *standard.rules))
    if any(map(is_draft, study.datasets.values())):
        return _drafted(_with_inputs(study, standard, inputs or folder.parent / "sdtm"), standard, folder)
    if manifest is None:
        raise Refusal([Problem(NO_BUILD, f"{NO_BUILD.title} in '{folder.name}'")])
    if standard.from_datasets:
        study = from_datasets(study, inputs or folder.parent / "sdtm")
    if fresh:
        _check_fresh(study, manifest, folder, standard).refuse()
    terms = terminology(study, standard, Problems())
    package = Package(study, standard, folder, manifest, [], terms)
    for name in in_order(manifest["datasets"], study, standard):
        package.datasets.append(_described(name, package))
    return package


def _with_inputs(study: Study, standard: Standard, folder: Path) -> Study:
    """Give the datasets behind ADaM as sources, where they are there."""
    try:
        return from_datasets(study, folder) if standard.from_datasets else study
    except Refusal:
        return study


def _drafted(study: Study, standard: Standard, folder: Path) -> Package:
    """Describe the datasets that are there by specs whose rules are still to do: whoever made them.

    Raises:
        Refusal: DEFB-001 where the folder has none of the datasets, DEFB-004 for each without a spec.
    """
    there = {path.stem.upper() for path in folder.glob("*.xpt")}
    named = {**{standard.companion.name(one): one for one in study.datasets.values()}, **study.datasets}
    if not there:
        raise Refusal([Problem(NO_BUILD, f"no XPT file in '{folder.name}'")])
    unknown = sorted(there - set(named))
    if unknown:
        raise Refusal(Problem(NO_SPEC, f"{one} has no spec", Place(f"{one.lower()}.xpt")) for one in unknown)
    terms = terminology(study, standard, Problems())
    package = Package(study, standard, folder, {}, [], terms)
    package.datasets.extend(_described(name, package) for name in in_order(there, study, standard))
    return package


def _check_fresh(study: Study, manifest: Mapping[str, Any], folder: Path, standard: Standard) -> Problems:
    """Find specs and files that are not those of the build."""
    problems = Problems()
    part, again = f"{standard.folder}/", f"Build the datasets again with `trialkit {standard.folder}`."
    for name, what in changed_specs(study.texts, manifest["specs"]).items():
        if name.startswith((part, "tables/", "study.yaml")):
            problems.add(Problem(STALE, f"spec {name} {what} since the build", Place(name), hint=again))
    files = hashes(folder)
    for name, code in manifest["outputs"].items():
        if files.get(name) != code:
            problems.add(Problem(STALE, f"file {name} is not the one of the build", Place(name), hint=again))
    return problems


def in_order(datasets: Iterable[str], study: Study, standard: Standard) -> list[str]:
    """Order the datasets: trial design, special purpose, then by class and name; ADSL first.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> in_order(["VS", "DM"], sample_study(), sample_standard())
    ['DM', 'VS']
    """
    classes = ("Trial Design", "Special-Purpose", "Special Purpose", "Interventions", "Events", "Findings")

    def rank(name: str) -> tuple[int, str]:
        facts = standard.facts.find(name)
        known = facts.observation_class if facts else ""
        place = classes.index(known) if known in classes else len(classes)
        return (-1 if name == "ADSL" else place + 10 * name.startswith((SUPP, "RELREC")), name)

    hidden = {name for name, spec in study.datasets.items() if spec.working}
    return sorted(set(datasets) - hidden, key=rank)


def _described(name: str, package: Package) -> Described:
    study, standard = package.study, package.standard
    table = read_table(package.folder / f"{name.lower()}.xpt")
    spec = study.datasets.get(name)
    if spec is not None:
        metas = {one.name: standard.meta(spec, one.name) for one in table.dataset.variables}
        return Described(name, spec, standard.facts_of(spec), table, metas)
    parent = next(one for one in study.datasets.values() if standard.companion.name(one) == name)
    facts = standard.facts.dataset(name)
    known = {one.name: one for one in facts.variables}
    metas = {
        one.name: Meta(one.name, one.label, one.type, core=known[one.name].core, role=known[one.name].role)
        for one in table.dataset.variables
    }
    return Described(name, parent, facts, table, metas, companion=True)
