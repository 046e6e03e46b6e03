"""What the engine has to know of a standard: its facts, its rules, and how its datasets are finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from trialkit.attributes import Type
from trialkit.built import Built, Meta
from trialkit.checks.hooks import StandardChecks
from trialkit.context import Context
from trialkit.facts import DatasetFacts, Facts
from trialkit.plan import all_variables
from trialkit.spec import DatasetSpec, StudySpec, Subject


def no_format(name: str, kind: str) -> str:
    """Give no format.

    >>> no_format("LBSTRESN", "Num")
    ''
    """
    return ""


def no_name(spec: DatasetSpec) -> str:
    """Name no companion.

    >>> from trialkit.samples import sample_study
    >>> no_name(sample_study().datasets["DM"])
    ''
    """
    return ""


@dataclass(frozen=True, slots=True)
class Companion:
    """What the companion of a dataset, such as its supplemental qualifiers, shows of it.

    Args:
        name: names the companion of a dataset; "" for none.
        shared: the variables that both have.
        named: by variable of the companion, the one that names the dataset's variable that it shows.

    >>> Companion().shared
    frozenset()
    """

    name: Callable[[DatasetSpec], str] = no_name
    shared: frozenset[str] = frozenset()
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard that datasets can follow.

    Args:
        name: of the implementation guide, such as ``SDTMIG``.
        version: of the guide.
        folder: the folder of a study's specs that holds its datasets.
        terminology: the families of terminology that it uses, the first with precedence.
        facts: its datasets and variables.
        rules: the packages that hold rules only it needs.
        companions: makes what goes with a finished dataset, such as supplemental qualifiers.
        checks: what only it checks of a finished dataset.
        subject: how it identifies subjects.
        companion: what companions show of their datasets.
        format_of: gives the format of a variable by its name and type, where the spec has none.
        from_datasets: its datasets are made from finished datasets, not from raw files.
        own_variables: its datasets may have variables of the sponsor, which declare a label and a type.
        suffix: of the folders for reports, where a study has datasets of several standards.

    >>> Standard("X", "1", "x", (), None, (), lambda built, context, spec: ()).rules
    ()
    """

    name: str
    version: str
    folder: str
    terminology: tuple[str, ...]
    facts: Facts
    rules: tuple[str, ...]
    companions: Callable[[Built, Context, DatasetSpec], tuple[Built, ...]]
    checks: StandardChecks = field(default_factory=StandardChecks)
    subject: Subject = field(default_factory=Subject)
    companion: Companion = field(default_factory=Companion)
    format_of: Callable[[str, str], str] = no_format
    from_datasets: bool = False
    own_variables: bool = False
    suffix: str = ""

    def facts_of(self, spec: DatasetSpec) -> DatasetFacts | None:
        """Give what the standard says of a dataset; None for one of which it says nothing.

        A sponsor's own domain declares its class and has the variables of the model.

        >>> from trialkit.own import standard_of
        >>> from trialkit.samples import sample_study
        >>> standard_of("sdtm", "3.4").facts_of(sample_study().datasets["VS"]).label
        'Vital Signs'
        """
        name = spec.domain or spec.dataset
        found = self.facts.find(name)
        if found is None and spec.dataset_class:
            return _custom(self.facts, name, spec.dataset_class, spec.label, spec.structure)
        return found

    def subject_of(self, study: StudySpec) -> Subject:
        """Say how a study identifies subjects: as it declares, else as the standard does.

        >>> from trialkit.samples import sample_standard, sample_study
        >>> sample_standard().subject_of(sample_study().spec)
        Subject(variable='USUBJID', dataset='DM')
        """
        own, usual = study.subject, self.subject
        return Subject(variable=own.variable or usual.variable, dataset=own.dataset or usual.dataset)

    def meta(self, spec: DatasetSpec, name: str) -> Meta:
        """Join what the spec and the standard say of a variable.

        A variable that the standard does not know and whose spec gives no label has its own name
        as label; the checks report that.

        >>> from trialkit.own import standard_of
        >>> from trialkit.samples import sample_study
        >>> meta = standard_of("sdtm", "3.4").meta(sample_study().datasets["VS"], "VSTESTCD")
        >>> meta.label, meta.codelists, meta.core
        ('Vital Signs Test Short Name', ('VSTESTCD',), 'Req')
        """
        variable = all_variables(spec).get(name)
        facts = self.facts_of(spec)
        fact = facts.find(name) if facts else None
        own = [variable.codelist] if variable and variable.codelist else None
        kind: Type = (variable and variable.type) or (fact.type if fact else "Char")  # type: ignore[assignment]
        return Meta(
            name,
            (variable and variable.label) or (fact.label if fact else name),
            kind,
            variable.length if variable else None,
            (variable and variable.format) or self.format_of(name, kind),
            tuple(own or (fact.codelists if fact else ())),
            (variable and variable.core) or (fact.core if fact else ""),
            (variable and variable.role) or (fact.role if fact else ""),
            fact.value_domain if fact else self.checks.described(name),
            fact is not None,
        )


@cache
def _custom(facts: Facts, name: str, observation_class: str, label: str, structure: str) -> DatasetFacts:
    """Make the facts of a sponsor's dataset once: they are looked up for each of its variables."""
    return facts.custom(name, observation_class, label, structure)
