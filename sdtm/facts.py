"""What the SDTM implementation guide says of datasets and variables, and the model behind it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from trialkit.facts import NO_DATASET, DatasetFacts, Facts, VariableFacts, read_facts, read_variables
from trialkit.problems import Problem, Refusal, did_you_mean

Models: TypeAlias = Mapping[tuple[str, str], tuple[VariableFacts, ...]]

# Each version of the guide and the version of the model that it implements (SDTMIG 3.4, 1.1).
MODELS = {"3.4": "sdtm-2.0"}
# SDTM 2.0, 3.1: the observation classes whose variables are the general ones plus their own.
GENERAL = ("Interventions", "Events", "Findings", "Findings About")
SHARED = "General Observations"


@dataclass(frozen=True, eq=False)
class SdtmFacts(Facts):
    """What one version of the SDTMIG says.

    ``model`` holds the variables of the model by observation class and special dataset, with
    ``--`` in place of the domain code.

    >>> topic = (VariableFacts("--TERM", "Reported Term", "Char", "Topic"),)
    >>> facts = SdtmFacts("SDTMIG", "3.4", {}, {("Events", ""): topic})
    >>> facts.custom("XE", "Events", "Own Events").allowed[0].name
    'XETERM'
    """

    model: Models = field(default_factory=dict)

    def find(self, name: str) -> DatasetFacts | None:
        """Find a dataset, a supplemental one (``SUPPLB``), or a part of a split one (``LBCH``).

        Source: SDTMIG 3.4, 4.1.7 and 8.4.

        >>> lb = DatasetFacts("LB", "Laboratory Test Results", "Findings", "")
        >>> SdtmFacts("SDTMIG", "3.4", {"LB": lb}).find("LBCH").name
        'LBCH'
        """
        if name in self.datasets:
            return self.datasets[name]
        if name.startswith("SUPP"):
            return self._supplemental(name)
        parent = self.datasets.get(name[:2])
        if parent and parent.observation_class in GENERAL and 2 < len(name) <= 4:
            return replace(parent, name=name)
        return None

    def _supplemental(self, name: str) -> DatasetFacts | None:
        facts = self.datasets.get("SUPPQUAL")
        if facts is None or name == "SUPP":
            return None
        return replace(facts, name=name, label=re.sub(r"\[.*\]", name[4:], facts.label))

    def custom(self, name: str, observation_class: str, label: str, structure: str = "") -> DatasetFacts:
        """Give the facts of a sponsor's own domain, from the model alone.

        Args:
            name: dataset name; its first two characters are the domain code.
            observation_class: one of ``GENERAL``.
            label: dataset label.
            structure: what one record is.

        Raises:
            Refusal: ``FACT-002`` for a class without general variables.

        >>> SdtmFacts("SDTMIG", "3.4", {}).custom("XX", "Finding", "Own")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error FACT-002 dataset 'XX' has the unknown class 'Finding'. \
Did you mean 'Findings'?
        """
        if observation_class not in GENERAL:
            what = f"dataset '{name}' has the unknown class '{observation_class}'"
            raise Refusal([Problem(NO_DATASET, what, hint=did_you_mean(observation_class, GENERAL))])
        model = tuple(_general(self.model, observation_class))
        return DatasetFacts(name, label, observation_class, structure, (), model)


def _general(model: Models, name: str) -> list[VariableFacts]:
    # SDTM 2.0, 3.1: identifiers, then topic and qualifiers, then timing; 3.1.3.1: --OBJ follows --TEST.
    shared = model.get((SHARED, ""), ())
    own = list(model.get(("Findings" if name == "Findings About" else name, ""), ()))
    if name == "Findings About":
        own[2:2] = model.get((name, ""), ())
    timing = [variable for variable in shared if variable.role == "Timing"]
    return [*(variable for variable in shared if variable.role != "Timing"), *own, *timing]


@cache
def sdtmig(version: str = "3.4") -> SdtmFacts:
    """Load the facts of a version of the SDTMIG.

    Raises:
        Refusal: ``FACT-001`` for a version that is not known.

    >>> sdtmig().variable("LB", "LBSTRESN").label
    'Numeric Result/Finding in Standard Units'
    >>> sdtmig().order("LB", ["LBTESTCD", "STUDYID", "LBDTC", "VISITNUM"])
    ['STUDYID', 'LBTESTCD', 'VISITNUM', 'LBDTC']
    """
    folder = files("sdtm") / "data"
    guide = read_facts("SDTMIG", version, folder).datasets
    models = _with_codelists(read_variables(folder, f"{MODELS[version]}-variables.csv"), guide)
    datasets = {name: replace(one, model=_model_of(one, models)) for name, one in guide.items()}
    return SdtmFacts("SDTMIG", version, datasets, models)


def _model_of(dataset: DatasetFacts, models: Models) -> tuple[VariableFacts, ...]:
    kind = dataset.observation_class
    special = models.get((kind, dataset.name))
    return special or (tuple(_general(models, kind)) if kind in GENERAL else ())


def _with_codelists(models: Models, guide: Mapping[str, DatasetFacts]) -> Models:
    # The model names no codelists: a variable has the one that the guide gives it in every domain.
    said = defaultdict(set)
    for dataset in guide.values():
        for variable in dataset.listed:
            own = variable.name.startswith(dataset.name[:2])
            name = "--" + variable.name[2:] if own else variable.name
            said[name].add((variable.codelists, variable.value_domain))
    one = {name: next(iter(facts)) for name, facts in said.items() if len(facts) == 1}
    return {
        key: tuple(_given(variable, *one.get(variable.name, ((), ""))) for variable in variables)
        for key, variables in models.items()
    }


def _given(variable: VariableFacts, codelists: tuple[str, ...], value_domain: str) -> VariableFacts:
    return replace(variable, codelists=codelists, value_domain=value_domain)
