"""What the specs alone say of the datasets they make, before any is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from define.build.package import Described, Package, in_order
from define.build.values import Described as Form
from trialkit.attributes import Dataset
from trialkit.built import Meta
from trialkit.codelist import Codelist
from trialkit.column import Column
from trialkit.model import models_in
from trialkit.own import standard_of
from trialkit.plan import all_variables
from trialkit.prepare import terminology
from trialkit.problems import Problems
from trialkit.raw.dataset import DatasetSource
from trialkit.rule import VariableRule
from trialkit.spec import DatasetSpec, Variable
from trialkit.standard import Standard
from trialkit.study import Study, load_study
from trialkit.tables import Table

MOMENT, SPAN = "partialDatetime", "durationDatetime"


def planned_package(specs: Path, standard: Standard) -> Package:
    """Plan the datasets that a study's specs make; no file but the specs is read.

    Args:
        specs: the study's folder.
        standard: what the datasets follow.

    Raises:
        Refusal: the problems of the specs.

    >>> from trialkit.samples import sample_folder, sample_standard
    >>> [one.name for one in planned_package(sample_folder(), sample_standard()).datasets]
    ['DM', 'EX', 'VS']
    """
    study = load_study(specs, standard.folder, ("trialkit.rules", *standard.rules))
    headers = _tabulations(specs) if standard.from_datasets else {}
    if standard.from_datasets:
        study = _from_planned(study, headers)
    terms = terminology(study, standard, Problems())
    package = Package(study, standard, specs, {}, [], terms, planned=True, headers=headers)
    made: dict[str, Described] = {}
    for spec in study.datasets.values():
        if not spec.working:
            made |= {one.name: one for one in _planned(spec, standard)}
    package.datasets.extend(made[name] for name in in_order(made, study, standard))
    return package


def _tabulations(specs: Path) -> dict[str, list[str]]:
    """Name the SDTM datasets of a study and their variables, by its specs."""
    if not any((specs / "sdtm").glob("*.yaml")):
        return {}
    standard = standard_of("sdtm")
    study = load_study(specs, "sdtm", ("trialkit.rules", *standard.rules))
    return {name: list(_shown(one)) for name, one in study.datasets.items() if not one.working}


def _from_planned(study: Study, tabulations: Mapping[str, Sequence[str]]) -> Study:
    sources = {name: DatasetSource(file=f"{name.lower()}.xpt") for name in tabulations}
    spec = study.spec.model_copy(update={"sources": sources})
    spec._source = study.spec._source
    return replace(study, spec=spec)


def _shown(spec: DatasetSpec) -> dict[str, Variable]:
    return {name: one for name, one in spec.variables.items() if not one.working}


def _planned(spec: DatasetSpec, standard: Standard) -> Iterator[Described]:
    """Plan a dataset, and that of its supplemental qualifiers."""
    facts = standard.facts_of(spec)
    expected = [one.name for one in facts.variables if one.core == "Exp"] if facts else []
    names = list(dict.fromkeys([*_shown(spec), *(n for n in expected if n not in all_variables(spec))]))
    metas = {name: standard.meta(spec, name) for name in (facts.order(names) if facts else names)}
    label = spec.label or (facts.label if facts else spec.dataset)
    yield Described(spec.dataset, spec, facts, _empty(spec.dataset, label, metas, spec.keys), metas)
    companion = standard.companion.name(spec) if spec.supplemental else ""
    if companion:
        known = standard.facts.dataset(companion)
        metas = {
            one.name: Meta(one.name, one.label, "Char", core=one.core, role=one.role, known=True)
            for one in known.variables
        }
        yield Described(companion, spec, known, _empty(companion, known.label, metas, []), metas, True)


def _empty(name: str, label: str, metas: Mapping[str, Meta], keys: list[str]) -> Table:
    columns = {
        key: Column.text([]) if one.type == "Char" else Column.numbers([]) for key, one in metas.items()
    }
    shown = tuple(one.attributes(columns[key], keys) for key, one in metas.items())
    return Table(Dataset(name, label, shown), columns, 0)


def planned_form(meta: Meta) -> Form:
    """Give the data type that a variable will have as far as its spec says, and the longest text allowed.

    >>> planned_form(Meta("AGE", "Age", "Num")).data_type, planned_form(Meta("SEX", "Sex", "Char", 1)).length
    ('float', 1)
    """
    if meta.type == "Num":
        return Form("float")
    if "ISO 8601" in meta.described:
        return Form(SPAN if "duration" in meta.described else MOMENT)
    return Form("text", meta.length)


def planned_terms(variable: Variable | None, known: Codelist | None, declared: Sequence[str]) -> list[str]:
    """Give the terms of a codelist that a variable can have: all of a closed one, else those that specs name.

    Args:
        variable: its spec; None where it has none.
        known: the codelist; None for one that is only in the data.
        declared: the terms that study.yaml adds to the codelist.

    >>> from trialkit.rules.values import Constant
    >>> from trialkit.packages import Term
    >>> route = Codelist("C1", "ROUTE", "Route", True, (Term("ORAL", "C2"), Term("NASAL", "C3")))
    >>> planned_terms(Variable(rule=Constant(constant="ORAL")), route, [])
    ['ORAL']
    """
    if known is not None and not known.extensible:
        return list(known.values)
    named = set(_texts(variable)) if variable else set()
    if known is None:
        return sorted(named - {""})
    return [value for value in known.values if value in named or value in declared]


def _texts(variable: Variable) -> Iterator[str]:
    """Give the texts of a spec that its rule can give as values."""
    for one in models_in(variable.rule):
        if isinstance(one, VariableRule):
            yield from (text for text, _ in one.literals())
        mapped = getattr(one, "map", None)
        yield from (str(text) for text in (mapped.values() if isinstance(mapped, dict) else ()) if text)
