"""What a guide is made from: the study, its build, its datasets, and what the checks found."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from define.acrf.forms import Form, load_forms
from define.build.describe import displays_of
from define.build.package import Described, Package, open_package
from define.guide.findings import Known, known_findings
from define.guide.spec import GuideSpec, check_datasets, load_guide
from trialkit.column import combine
from trialkit.dataflow import DatasetFlow, Leaf, flows
from trialkit.own import standard_of
from trialkit.plan import all_variables
from trialkit.problems import Problems
from trialkit.publish import read_manifest
from trialkit.spec import DatasetSpec, StudySpec
from trialkit.study import Study
from trialkit.submission.parts import BESIDE, Parts, open_parts, unfit

DECISION = re.compile(r"\s*\[J\]")  # marks a sentence as a decision of the sponsor

TABLE = re.compile(r"tables/(\w+)\.csv")  # a file that a reviewer does not get


@dataclass(frozen=True, eq=False)
class Side:
    """One folder of datasets with all that is known of it.

    Args:
        package: datasets and specs.
        flows: what flows where.
        ledger: the row accounting of its build.

    >>> Side.__name__
    'Side'
    """

    package: Package
    flows: Mapping[str, DatasetFlow]
    ledger: Sequence[Mapping[str, str]] = ()

    @property
    def study(self) -> Study:
        """Give the specs.

        >>> isinstance(Side.study, property)
        True
        """
        return self.package.study

    @cached_property
    def sources(self) -> dict[str, list[str]]:
        """Give for each dataset the tables and datasets that it reads; through working datasets.

        >>> isinstance(Side.__dict__["sources"], cached_property)
        True
        """
        return {name: sorted(self._behind(name, set())) for name in self.flows}

    @cached_property
    def tables(self) -> list[str]:
        """Give the tables of the study that values of the published datasets are looked up in.

        >>> isinstance(Side.__dict__["tables"], cached_property)
        True
        """
        read = {table for one in self.package.datasets if one.name in self.flows
                for table in self._read(one.name, set())}  # fmt: skip
        return sorted(read & self.study.tables.keys())

    def _read(self, name: str, above: set[str]) -> set[str]:
        found = _tables(self.flows[name])
        for table in sorted(found & self.flows.keys() - above - {name}):
            found |= self._read(table, above | {name})
        return found

    def _behind(self, name: str, above: set[str]) -> set[str]:
        found: set[str] = set()
        for table in sorted(_tables(self.flows[name])):
            spec = self.study.datasets.get(table)
            if spec is None:
                found |= {table} & self.study.spec.sources.keys()
            elif not spec.working:
                found.add(table)
            elif table not in above:
                found |= self._behind(table, above | {name})
        return found - {name}

    def label(self, name: str) -> str:
        """Give the label of a dataset; empty for one that is not published.

        >>> callable(Side.label)
        True
        """
        return next((str(one.table.dataset.label) for one in self.package.datasets if one.name == name), "")


def _tables(flow: DatasetFlow) -> set[str]:
    leaves: set[Leaf] = set(flow.records).union(*flow.variables.values(), *flow.places.values())
    return {leaf.table for leaf in leaves}


@dataclass(frozen=True, eq=False)
class Facts:
    """All that a guide can say.

    Args:
        specs: the study's folder.
        spec: study.yaml.
        answers: guide.yaml.
        parts: the folders of the build.
        sides: datasets by ``sdtm`` and ``adam``, those that are there.
        displays: the declared analyses.
        known: what all checks found.

    >>> Facts.__name__
    'Facts'
    """

    specs: Path
    spec: StudySpec
    answers: GuideSpec
    parts: Parts
    sides: Mapping[str, Side]
    displays: Sequence[Any] = ()
    known: Known = field(default_factory=Known)

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """Give titles and labels of the forms, by raw source; nothing without forms.yaml.

        >>> isinstance(Facts.__dict__["forms"], cached_property)
        True
        """
        return load_forms(self.sides["sdtm"].study, {}).forms if "sdtm" in self.sides else {}

    def title(self, source: str) -> str:
        """Give the title of the form of a raw source; empty where it has none.

        >>> callable(Facts.title)
        True
        """
        return self.forms[source].title if source in self.forms else ""

    def datasets(self, part: str) -> list[Described]:
        """Give the datasets of a part; none where it is not built.

        >>> callable(Facts.datasets)
        True
        """
        return self.sides[part].package.datasets if part in self.sides else []

    def rows(self, part: str, dataset: str) -> list[dict[str, str]]:
        """Give the records of a dataset as texts; none where there is no such dataset.

        >>> callable(Facts.rows)
        True
        """
        one = next((one for one in self.datasets(part) if one.name == dataset), None)
        return rows_of(one) if one else []

    def counts(self, part: str, dataset: str, names: Sequence[str]) -> dict[tuple[str, ...], int]:
        """Count the records of a dataset by the texts of some variables, in their order.

        >>> callable(Facts.counts)
        True
        """
        one = next((one for one in self.datasets(part) if one.name == dataset), None)
        if one is None:
            return {}
        keys = [one.table.columns[name] for name in names]
        group, first = combine(keys, one.table.count)
        texts = [map(shown, key.take(first).objects()) for key in keys]
        return dict(sorted(zip(zip(*texts, strict=True), np.bincount(group).tolist(), strict=True)))

    def report(self, part: str, name: str) -> list[dict[str, str]]:
        """Read a table of the reports of a build.

        >>> callable(Facts.report)
        True
        """
        return read_rows(self.parts.root / BESIDE[part][1] / name)


def rows_of(one: Described) -> list[dict[str, str]]:
    """Give the records of a dataset as texts.

    >>> callable(rows_of)
    True
    """
    columns = {
        name: [shown(value) for value in column.objects()] for name, column in one.table.columns.items()
    }
    return [{name: values[row] for name, values in columns.items()} for row in range(one.table.count)]


def shown(value: object) -> str:
    """Write a value of a dataset: a whole number without its point, nothing for a missing one.

    >>> shown(3.0), shown(float("nan")), shown("IL-2")
    ('3', '', 'IL-2')
    """
    if isinstance(value, float):
        return "" if value != value else f"{value:g}"
    return str(value)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a table that the toolkit wrote; nothing where there is none.

    >>> read_rows(Path("nowhere.csv"))
    []
    """
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def load_facts(specs: Path, build: Path, inputs: Path | None = None) -> Facts:
    """Load all that a guide is made from.

    Args:
        specs: the study's folder.
        build: its output folder.
        inputs: the SDTM datasets behind ADaM; default: those of the build.

    Raises:
        Refusal: the problems of the specs; PKG-001 to PKG-006 where folders don't belong together.

    >>> load_facts(Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    answers, parts = load_guide(specs), open_parts(build)
    Problems(unfit(parts, specs)).refuse()
    sides = {one.name: _side(specs, parts, one.name, inputs) for one in parts.data()}
    first = next(iter(sides.values())).study
    check_datasets(answers, {name for side in sides.values() for name in _names(side.study)})
    displays = displays_of(specs, build / "adam") if "adam" in sides else ()
    names = {part: [one.name for one in side.package.datasets] for part, side in sides.items()}
    return Facts(specs, first.spec, answers, parts, sides, displays, known_findings(specs, parts, names))


def _names(study: Study) -> list[str]:
    return [name for name, spec in study.datasets.items() if not spec.working]


def _side(specs: Path, parts: Parts, part: str, inputs: Path | None) -> Side:
    folder = parts.found[part].folder
    manifest = read_manifest(folder) or {}
    standard = standard_of(part, str(manifest["standard"]).rpartition(" ")[2])
    package = open_package(specs, folder, standard, inputs)
    ledger = read_rows(parts.root / BESIDE[part][1] / "ledger.csv")
    return Side(package, flows(package.study), ledger)


def unmarked(text: str) -> str:
    """Take the marks of decisions out of a comment, which have a table of their own, and folders of tables.

    >>> unmarked("At least one injection [J].")
    'At least one injection.'
    """
    return TABLE.sub(r"the table \1", DECISION.sub("", text))


def comments_of(spec: DatasetSpec) -> dict[str, str]:
    """Give the comments of the variables of a dataset, by name.

    >>> from trialkit.samples import sample_study
    >>> comments_of(sample_study().datasets["EX"])
    {}
    """
    return {name: one.comment for name, one in all_variables(spec).items() if one.comment}
