"""What the spec of a dataset claims, held against the standard, the terminology and the transport format."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from trialkit import xptlimits
from trialkit.attributes import Dataset
from trialkit.attributes import Variable as Attributes
from trialkit.built import Meta
from trialkit.checks.terms import CLOSED, in_codelists, known
from trialkit.context import Context, Store
from trialkit.model import Model, models_in
from trialkit.plan import all_variables
from trialkit.problems import Exit, Kind, Problem, Refusal, did_you_mean
from trialkit.raw.table import RawTable
from trialkit.records import Records
from trialkit.rule import VariableRule
from trialkit.rules.todo import undone
from trialkit.spec import DatasetSpec, Variable
from trialkit.standard import Standard
from trialkit.terms import Terminology

NO_VARIABLE = Kind(
    "SPEC-022",
    "variable is not of the standard",
    "Correct the name, or move it to `supplemental` with a label.",
    exit=Exit.SPEC,
)
NO_CODELIST = Kind(
    "SPEC-024", "unknown codelist", "Name a codelist of the terminology or of study.yaml.", exit=Exit.SPEC
)
NO_DATASET = Kind(
    "SPEC-025",
    "dataset is not of the standard",
    "Correct the name, declare a `class` for a domain of your own, or mark it `working`.",
    exit=Exit.SPEC,
)
BOTH = Kind(
    "SPEC-026", "variable and supplemental qualifier of one name", "Keep one of the two.", exit=Exit.SPEC
)

NO_TERM = Kind(
    "SPEC-027",
    "text is no term of its codelist",
    "Write a submission value of the codelist.",
    exit=Exit.SPEC,
)

NO_LABEL = Kind(
    "SPEC-028", "supplemental qualifier has no label", "Add `label:`, the text of QLABEL.", exit=Exit.SPEC
)

KEYS = {xptlimits.LABEL.code: "label", xptlimits.FORMAT.code: "format"}


def claims(
    spec: DatasetSpec,
    standard: Standard,
    terms: Terminology,
    tables: Mapping[str, RawTable] | None = None,
    dictionaries: Collection[str] = (),
) -> list[Problem]:
    """Find the names, labels, formats, codelists and terms of a spec that cannot stand.

    Args:
        spec: the spec of a dataset.
        standard: what the dataset follows.
        terms: the terminology of the study; where it could not be loaded, terms are not looked at.
        tables: the tables of the study.
        dictionaries: what a variable may name as its codelist beside those of the terminology.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> claims(sample_study().datasets["DM"], sample_standard(), Terminology())
    []
    """
    found = [*_names(spec, standard), *_limits(spec, standard), *undone(spec)]
    return [*found, *_terms(spec, standard, terms, tables or {}, dictionaries)] if terms.names else found


def _names(spec: DatasetSpec, standard: Standard) -> Iterator[Problem]:
    facts, guide = standard.facts_of(spec), f"{standard.name} {standard.version}"
    parent = "" if spec.domain or spec.dataset_class or spec.working else _parent(spec, standard)
    if parent:
        hint = f"Is it {parent}? A part of a split domain says so: `domain: {parent}`."
        yield Problem(NO_DATASET, f"{guide} has no dataset {spec.dataset}", spec.place("dataset"), hint=hint)
    if facts is None and not spec.working:
        hint = did_you_mean(spec.dataset, standard.facts.datasets)
        if standard.own_variables and not hint.startswith("Did"):
            hint = "A dataset of your own says what it is, such as `class: Basic Data Structure`."
        yield Problem(NO_DATASET, f"{guide} has no dataset {spec.dataset}", spec.place("dataset"), hint=hint)
    for name, one in spec.supplemental.items():
        if not (one.label or one.working or spec.working):
            yield Problem(NO_LABEL, f"supplemental qualifier {name} has no label", one.place())
    for name, variable in spec.variables.items():
        if name in spec.supplemental:
            what = f"{name} is under `variables` and under `supplemental`"
            yield Problem(BOTH, what, spec.supplemental[name].place())
        own = standard.own_variables and variable.label and variable.type
        if facts and not (spec.working or variable.working or own) and facts.find(name) is None:
            what = f"{name} is no variable of {spec.dataset} in {guide}"
            near = did_you_mean(name, [one.name for one in facts.allowed])
            mend = "Give a variable of the sponsor a label and a type." if standard.own_variables else ""
            hint = f"{near} {mend or NO_VARIABLE.fix}" if near.startswith("Did") else mend
            yield Problem(NO_VARIABLE, what, variable.place(), hint=hint)


def _parent(spec: DatasetSpec, standard: Standard) -> str:
    """Name the domain of which a dataset would be a part by its name alone."""
    known, facts = standard.facts.datasets, standard.facts.find(spec.dataset)
    if facts is None or spec.dataset in known:
        return ""
    return next(
        (name for name, one in known.items() if spec.dataset.startswith(name) and one.listed == facts.listed),
        "",
    )


def _limits(spec: DatasetSpec, standard: Standard) -> Iterator[Problem]:
    """Find what a transport file cannot hold, as far as the spec says it."""
    if spec.working:
        return
    shown = {name: one for name, one in all_variables(spec).items() if not one.working}
    made = tuple(
        Attributes(name, one.label, standard.meta(spec, name).type, "string", None, one.format)
        for name, one in shown.items()
    )
    for one in xptlimits.check_attributes(Dataset(spec.dataset, spec.label, made)):
        key, owner = KEYS.get(one.kind.code, ""), shown.get(one.where.variable, spec)
        yield replace(one, where=owner.place(key))


def _terms(
    spec: DatasetSpec,
    standard: Standard,
    terms: Terminology,
    tables: Mapping[str, RawTable],
    dictionaries: Collection[str],
) -> Iterator[Problem]:
    made = {name: Records.start(name, table.columns, table.rows) for name, table in tables.items()}
    store = Store(made, dict(tables), terms=terms, facts=standard.facts)
    for name, variable in all_variables(spec).items():
        named = variable.codelist if variable.codelist not in dictionaries else ""
        if named and terms.find(named) is None:
            hint, what = (
                did_you_mean(variable.codelist, terms.names),
                f"unknown codelist '{variable.codelist}'",
            )
            yield Problem(NO_CODELIST, what, variable.place("codelist"), hint=hint)
            continue
        meta = standard.meta(spec, name)
        yield from _literals(variable, meta, standard, terms)
        codelists = meta.codelists
        own = codelists[0] if len(codelists) == 1 else ""
        context = Context(store, spec.dataset, Records({}, 0), variable=name, own_codelist=own)
        yield from _unready(variable.rule, context)
    for step in spec.records:
        yield from _unready(step, Context(store, spec.dataset, Records({}, 0)))


def _literals(variable: Variable, meta: Meta, standard: Standard, terms: Terminology) -> Iterator[Problem]:
    """Find the texts of a spec that can't be values of the variable: no terms of its closed codelist."""
    sanctioned = standard.checks.sanctioned.get(meta.name, ())
    for check in in_codelists(known(meta, terms), sanctioned) if not variable.working else ():
        for text, place in variable.rule.literals() if check.kind is CLOSED else ():
            if not check.passes(text):
                what = f"'{text}' is no term of {' or '.join(meta.codelists)}, the codelist of {meta.name}"
                yield Problem(NO_TERM, what, place, hint=check.hint([text]).replace(CLOSED.fix, NO_TERM.fix))


def _unready(rule: Model, context: Context) -> Iterator[Problem]:
    for one in models_in(rule):
        if not isinstance(one, VariableRule):
            continue
        try:
            one.ready(context)
        except Refusal as refusal:
            yield from (
                each if each.where.file else replace(each, where=one.place()) for each in refusal.problems
            )
