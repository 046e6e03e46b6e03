"""One dataset: its records, its variables, its order."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from trialkit.attach import Meta, facts_of, meta_of
from trialkit.attributes import Dataset
from trialkit.column import Column
from trialkit.context import Context, Store
from trialkit.exprfunctions import to_number, to_text
from trialkit.match import order_by
from trialkit.plan import all_variables, variable_order
from trialkit.problems import Kind, Place, Problem, Refusal
from trialkit.records import Records
from trialkit.rule import Rule
from trialkit.spec import Check, DatasetSpec, Variable
from trialkit.standard import Standard

NOT_NUMBER = Kind(
    "VAL-001",
    "a text where the variable is numeric",
    "Map it with `number` and say what an invalid text does.",
)
FOUND = Kind("CHECK-001", "a check of the study failed", "See the check in the dataset's spec.")
ABSENT = Kind(
    "CHECK-002",
    "an expected variable has no rule and is empty",
    "Map it, or say in the spec why it is empty.",
    severity="query",
)


@dataclass(frozen=True, eq=False, slots=True)
class Built:
    """A finished dataset.

    Args:
        spec: its spec.
        dataset: name, label and variables in their order, for writers.
        metas: the published variables by name, in their order.
        records: in their order, with lineage and witnesses; working variables included.

    >>> Built(None, Dataset("DM", "Demographics", ()), {}, Records({}, 0)).count
    0
    """

    spec: DatasetSpec
    dataset: Dataset
    metas: dict[str, Meta]
    records: Records

    @property
    def name(self) -> str:
        """Give the dataset's name.

        >>> Built(None, Dataset("DM", "Demographics", ()), {}, Records({}, 0)).name
        'DM'
        """
        return self.dataset.name

    @property
    def count(self) -> int:
        """Count the records.

        >>> Built(None, Dataset("DM", "Demographics", ()), {}, Records({}, 2)).count
        2
        """
        return self.records.count

    def published(self) -> dict[str, Column]:
        """Give the published columns in their order.

        >>> Built(None, Dataset("DM", "Demographics", ()), {}, Records({}, 0)).published()
        {}
        """
        return {name: self.records.columns[name] for name in self.metas}

    def as_table(self) -> Records:
        """Give the dataset as a table that other datasets read.

        >>> Built(None, Dataset("DM", "Demographics", ()), {}, Records({}, 2)).as_table().rows["DM"].tolist()
        [0, 1]
        """
        return Records.start(self.name, self.records.columns, self.count)


def build(spec: DatasetSpec, store: Store, standard: Standard) -> tuple[Built, ...]:
    """Make a dataset and its companions, such as supplemental qualifiers.

    Data problems go to ``store.problems``; the caller decides what they block.

    Raises:
        Refusal: when the records or a variable cannot be made at all.

    >>> build(None, None, None)
    Traceback (most recent call last):
    AttributeError: 'NoneType' object has no attribute 'dataset'
    """
    context = Context(store, spec.dataset, Records({}, 0))
    for step in spec.records:
        context.records = step.apply(context.records, context)
    metas = _metas(spec, standard, store)
    _fill(spec, context, metas)
    _check(spec, context)
    built = _finish(spec, context, metas, standard)
    store.ledger.finish(spec.dataset, built.records)
    return (built, *standard.companions(built, context, spec))


def _metas(spec: DatasetSpec, standard: Standard, store: Store) -> dict[str, Meta]:
    names = list(all_variables(spec))
    if not spec.working:
        facts = facts_of(spec, standard)
        for name in [one.name for one in facts.variables if one.core == "Exp"] if facts else []:
            if name not in names:
                names.append(name)
                what = f"expected variable {name} is added empty"
                store.problems.add(Problem(ABSENT, what, Place(dataset=spec.dataset, variable=name)))
    return {name: meta_of(spec, name, standard) for name in names}


def _fill(spec: DatasetSpec, context: Context, metas: dict[str, Meta]) -> None:
    variables = all_variables(spec)
    subject = context.store.study.subject.variable if context.store.study else "USUBJID"
    for name in variable_order(spec, subject):
        context.variable, context.spec = name, _with_codelist(variables[name], metas[name])
        try:
            made = context.value(variables[name].rule)
        except Refusal as refusal:
            context.store.problems.add(*(_placed(one, variables[name]) for one in refusal.problems))
            made = Column.constant("", context.count)
        context.variables[name] = fit(made, metas[name], variables[name].rule, context)
    context.variable, context.spec = "", None
    for name, meta in metas.items():
        if name not in context.variables:
            empty = "" if meta.type == "Char" else float("nan")
            context.variables[name] = Column.constant(empty, context.count)


def _with_codelist(variable: Variable, meta: Meta) -> Variable:
    if variable.codelist or len(meta.codelists) != 1:
        return variable
    return variable.model_copy(update={"codelist": meta.codelists[0]})


def _placed(problem: Problem, variable: Variable) -> Problem:
    return problem if problem.spec.file else replace(problem, spec=variable.rule.place())


def fit(column: Column, meta: Meta, rule: Rule, context: Context) -> Column:
    """Make a column fit the type of its variable, without loss.

    A number becomes its shortest text; a text that is a number becomes it, any other is an error.

    >>> store = Store(None, {}, {})
    >>> context = Context(store, "DM", Records({}, 1), variable="AGE")
    >>> fit(Column.text(["63"]), Meta("AGE", "Age", "Num"), Rule(), context).objects().tolist()
    [63.0]
    """
    if (column.kind == "text") == (meta.type == "Char"):
        return column
    if meta.type == "Char":
        return column.map(to_text)
    bad = column.where(lambda text: text != "" and math.isnan(to_number(text)))
    context.report(NOT_NUMBER, "not a number", bad, column, rule)
    made = column.map(to_number)
    return made if len(column) else Column.numbers([])


def _check(spec: DatasetSpec, context: Context) -> None:
    for check in spec.checks:
        context.variable = ""
        mask = context.mask(check.when)
        context.variable = check.variable
        values = context.variables.get(check.variable) or Column.constant("", context.count)
        context.report(*_said(check), mask, values, check, severity=check.severity)  # type: ignore[arg-type]
    context.variable = ""


def _said(check: Check) -> tuple[Kind, str]:
    return replace(FOUND, code=check.code, title=check.say), check.say


def _finish(spec: DatasetSpec, context: Context, metas: dict[str, Meta], standard: Standard) -> Built:
    order = order_by([context.variables[name] for name in spec.sort or spec.keys], context.count)
    lineage = replace(
        context.records,
        columns=context.variables,
        rows={**context.records.rows, **context.witnesses},
    )
    records = lineage.take(order).settled()
    hidden = {name for name, variable in spec.variables.items() if variable.working} | set(spec.supplemental)
    shown = [name for name in metas if name not in hidden]
    facts = facts_of(spec, standard)
    ordered = facts.order(shown) if facts and not spec.working else shown
    final = {name: metas[name] for name in ordered}
    attributes = tuple(meta.attributes(records.columns[name], spec.keys) for name, meta in final.items())
    label = spec.label or (facts.label if facts else spec.dataset)
    return Built(spec, Dataset(spec.dataset, label, attributes), final, records)
