"""One dataset: its records, its variables, its order."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from trialkit.attributes import Dataset
from trialkit.built import Built, Meta
from trialkit.column import Column
from trialkit.context import Context, Store
from trialkit.match import order_by
from trialkit.numerals import as_text, to_number
from trialkit.plan import all_variables, variable_order
from trialkit.problems import Kind, Place, Problem, Refusal
from trialkit.records import NONE, Records
from trialkit.rule import Rule
from trialkit.spec import Check, DatasetSpec, Variable
from trialkit.standard import Standard
from trialkit.steps import run

NOT_NUMBER = Kind(
    "VAL-001",
    "a text where the variable is numeric",
    "Map it with `number` and say what an invalid text does.",
)
ABSENT = Kind(
    "CHECK-002",
    "an expected variable has no rule and is empty",
    'Map it, or say why it is empty: {constant: "", comment: WHY}.',
    severity="query",
)


def build(spec: DatasetSpec, store: Store, standard: Standard) -> tuple[Built, ...]:
    """Make a dataset and its companions, such as supplemental qualifiers.

    Data problems go to ``store.problems``; the caller decides what they block.

    Raises:
        Refusal: when the records or a variable cannot be made at all.

    >>> from trialkit.ledger import Ledger
    >>> from trialkit.problems import Problems
    >>> from trialkit.samples import sample_result, sample_standard, sample_study
    >>> store = replace(sample_result().store, problems=Problems(), ledger=Ledger())
    >>> [ex] = build(sample_study().datasets["EX"], store, sample_standard())
    >>> ex.dataset.label, ex.published()["EXTRT"].distinct().values.tolist()
    ('Exposure', ['DEMODRUG'])
    """
    context = Context(store, spec.dataset, Records({}, 0))
    context.records = run(spec.records, context.records, context)
    metas = _metas(spec, standard, store)
    _fill(spec, context, metas)
    _check(spec, context)
    built = _finish(spec, context, metas, standard)
    store.ledger.finish(spec.dataset, built.records)
    return (built, *standard.companions(built, context, spec))


def _metas(spec: DatasetSpec, standard: Standard, store: Store) -> dict[str, Meta]:
    names = list(all_variables(spec))
    if not spec.working:
        facts = standard.facts_of(spec)
        for name in [one.name for one in facts.variables if one.core == "Exp"] if facts else []:
            if name not in names:
                names.append(name)
                what = f"expected variable {name} is added empty"
                store.problems.add(Problem(ABSENT, what, Place(dataset=spec.dataset, variable=name)))
    return {name: standard.meta(spec, name) for name in names}


def _fill(spec: DatasetSpec, context: Context, metas: dict[str, Meta]) -> None:
    variables = all_variables(spec)
    for name in variable_order(spec, context.store.subject):
        context.variable = name
        context.own_codelist = _only(metas[name].codelists)
        try:
            made = context.value(variables[name].rule)
        except Refusal as refusal:
            context.store.problems.add(*(_placed(one, variables[name]) for one in refusal.problems))
            made = Column.constant("", context.count)
        context.variables[name] = fit(made, metas[name], variables[name].rule, context)
    context.variable, context.own_codelist = "", ""
    for name, meta in metas.items():
        if name not in context.variables:
            empty = "" if meta.type == "Char" else float("nan")
            context.variables[name] = Column.constant(empty, context.count)


def _only(codelists: tuple[str, ...]) -> str:
    return codelists[0] if len(codelists) == 1 else ""


def _placed(problem: Problem, variable: Variable) -> Problem:
    return problem if problem.spec.file else replace(problem, spec=variable.rule.place())


def fit(column: Column, meta: Meta, rule: Rule, context: Context) -> Column:
    """Make a column fit the type of its variable, without loss.

    A number becomes its shortest text; a text that is a number becomes it, any other is an error.

    >>> from trialkit.samples import sample_store
    >>> store = sample_store()
    >>> context = Context(store, "DM", Records({}, 1), variable="AGE")
    >>> fit(Column.text(["63"]), Meta("AGE", "Age", "Num"), Rule(), context).objects().tolist()
    [63.0]
    """
    if (column.kind == "text") == (meta.type == "Char"):
        return column
    if meta.type == "Char":
        return as_text(column)
    bad = column.where(lambda text: text != "" and math.isnan(to_number(text)))
    context.report(NOT_NUMBER, "not a number", bad, column, rule)
    return column.map(to_number) if len(column) else Column.numbers([])


def _check(spec: DatasetSpec, context: Context) -> None:
    for check in spec.checks:
        context.variable = ""
        mask = context.mask(check.when)
        context.variable = check.variable
        values = context.variables.get(check.variable) or Column.constant("", context.count)
        context.report(*_said(check), mask, values, check, severity=check.severity)
    context.variable = ""


def _said(check: Check) -> tuple[Kind, str]:
    return Kind(check.code, check.say, "See the check in the dataset's spec."), check.say


def _placed_anew(records: Records, order: npt.NDArray[np.int64]) -> Records:
    """Let witnesses that are records of the dataset itself follow these to their new places."""
    place = np.full(len(order) + 1, NONE, np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    own = {key: place[rows] for key, rows in records.rows.items() if key.startswith("@")}
    many = [replace(one, row=place[one.row]) if one.source.startswith("#@") else one for one in records.many]
    return replace(records, rows={**records.rows, **own}, many=tuple(many))


def _finish(spec: DatasetSpec, context: Context, metas: dict[str, Meta], standard: Standard) -> Built:
    order = order_by([context.variables[name] for name in spec.sort or spec.keys], context.count)
    lineage = replace(
        context.records,
        columns=context.variables,
        rows={**context.records.rows, **context.witnesses},
        many=(*context.records.many, *context.lists.values()),
    )
    records = _placed_anew(lineage.take(order), order).settled()
    hidden = {name for name, variable in spec.variables.items() if variable.working} | set(spec.supplemental)
    shown = [name for name in metas if name not in hidden]
    facts = standard.facts_of(spec)
    ordered = facts.order(shown) if facts and not spec.working else shown
    final = {name: metas[name] for name in ordered}
    attributes = tuple(meta.attributes(records.columns[name], spec.keys) for name, meta in final.items())
    label = spec.label or (facts.label if facts else spec.dataset)
    return Built(spec, Dataset(spec.dataset, label, attributes), final, records)
