"""Where a column of the records came from: back through the record rules, the last one first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from trialkit.column import Column
from trialkit.context import Context, Store
from trialkit.explain.answer import Answer
from trialkit.explain.scope import Scope, flat
from trialkit.plan import all_variables
from trialkit.problems import Refusal
from trialkit.records import Records
from trialkit.rule import RecordRule, VariableRule
from trialkit.rules.gather import Gather, Item
from trialkit.rules.join import Join
from trialkit.rules.notdone import NotDone
from trialkit.rules.records import Let, Read, Stack
from trialkit.rules.totals import Total
from trialkit.rules.values import Constant, Copy

if TYPE_CHECKING:
    from trialkit.explain.explainer import Explainer

Answers = tuple[Answer, ...]


def column_answers(explainer: Explainer, name: str, scope: Scope) -> Answers:
    """Say where a column of the records came from.

    >>> column_answers(None, "A", None)
    Traceback (most recent call last):
    AttributeError: 'NoneType' object has no attribute 'steps'
    """
    found = _search(explainer, name, scope)
    return found if found is not None else _from_rows(explainer, name, scope)


def _search(explainer: Explainer, name: str, scope: Scope) -> Answers | None:
    """Find the last step that made the column; None when no step is known to."""
    for place in reversed(range(len(scope.steps))):
        found = _from_step(explainer, name, scope.steps[place], scope.before(scope.steps[:place]))
        if found is not None:
            return found
    return None


def _from_step(explainer: Explainer, name: str, step: RecordRule, scope: Scope) -> Answers | None:
    match step:
        case Stack():
            return _from_stack(explainer, name, step, scope)
        case Let():
            return _from_let(explainer, name, step, scope)
        case Gather():
            return _from_gather(explainer, name, step, scope)
        case Join():
            return _from_join(explainer, name, step, scope)
        case Read():
            return _from_table(explainer, name, step.table, scope)
        case Total() if name == (step.into or step.value) and scope.merged():
            return _from_total(explainer, name, step, scope)
    return _from_set(explainer, name, step, scope)


def _from_stack(explainer: Explainer, name: str, step: Stack, scope: Scope) -> Answers | None:
    fitting = [branch for branch in step.branches if scope.branch_fits(branch)]
    if len(fitting) > 1:
        fitting = [one for one in fitting if not _contradicts(one, explainer, scope)] or fitting
    found = [one for branch in fitting if (one := _search(explainer, name, scope.before(branch))) is not None]
    if len(found) < 2:
        return found[0] if found else None
    note = f"one of {len(found)} branches that read the same rows"
    every = dict.fromkeys(answer for answers in found for answer in answers)
    return tuple(replace(one, notes=(*one.notes, note)) for one in every) if len(every) > 1 else tuple(every)


def _contradicts(branch: Sequence[RecordRule], explainer: Explainer, scope: Scope) -> bool:
    """Say whether a branch gives a column a constant that the record, which copies it, does not have."""
    fixed = {
        name: rule.text
        for step in branch
        if isinstance(step, Let)
        for name, rule in step.rules.items()
        if isinstance(rule, Constant)
    }
    copies = {
        variable: one.rule.of
        for variable, one in all_variables(scope.spec).items()
        if isinstance(one.rule, Copy) and one.rule.of in fixed
    }
    return any(
        explainer.value(scope.build, scope.dataset, scope.record, variable) != fixed[column]
        for variable, column in copies.items()
    )


def _from_let(explainer: Explainer, name: str, step: Let, scope: Scope) -> Answers | None:
    if name not in step.rules:
        return None
    names = list(step.rules)
    above = {one: step.rules[one] for one in names[: names.index(name)]}
    earlier = [Let.model_construct(rules=above)] if above else []
    return (_working(explainer, name, step.rules[name], scope.before([*scope.steps, *earlier])),)


def _working(explainer: Explainer, name: str, rule: VariableRule, scope: Scope) -> Answer:
    return explainer.rule_answer(Answer(name, role="working column"), rule, name, scope)


def _from_set(explainer: Explainer, name: str, step: RecordRule, scope: Scope) -> Answers | None:
    """Explain a column that a step sets by a rule on the records that it adds."""
    rules = [getattr(step, field) for field in type(step).model_fields]
    rule = next((one[name] for one in rules if isinstance(one, dict) and name in one), None)
    if not isinstance(rule, VariableRule) or (isinstance(step, (Total, NotDone)) and not scope.merged()):
        return None
    made = replace(_working(explainer, name, rule, scope), notes=("on records that the step adds",))
    return (made,) if scope.merged() else (made, *(_search(explainer, name, scope) or ()))


def _from_table(explainer: Explainer, name: str, table: str, scope: Scope) -> Answers | None:
    cells = [explainer.cell(table, row, name, scope) for row in scope.main(table)]
    return tuple(one for one in cells if one is not None) or None


def _from_rows(explainer: Explainer, name: str, scope: Scope) -> Answers:
    """Give the cells of that name of all rows behind the record, or else the rows."""
    found = [one for table in scope.tables() for one in _from_table(explainer, name, table, scope) or ()]
    if found:
        return tuple(found)
    if any(isinstance(step, Stack) for step in scope.steps):
        return (
            Answer(name, role="working column", notes=("the branch that it came from has no such column",)),
        )
    rows = [explainer.cell(table, row, "", scope) for table in scope.tables() for row in scope.main(table)]
    made = [step for step in flat(scope.steps) if name in step.columns(frozenset(), {})]
    said = (made[-1].sentence(), str(made[-1].place())) if made else ("", "")
    known = tuple(one for one in rows if one is not None)
    return (Answer(name, role="working column", rule=said[0], spec=said[1], origins=known),)


def _from_join(explainer: Explainer, name: str, step: Join, scope: Scope) -> Answers | None:
    if name not in step.take:
        return None
    again = f"{step.table}@{next(iter(step.take))}"
    rows = scope.trace.rows
    row = int(rows[again if again in rows else step.table][scope.record])
    if row < 0:
        return (Answer(name, spec=str(step.place()), notes=(f"no row of {step.table}",)),)
    columns = [step.take[name], *step.on.values()]
    roles = ["", *("joined on" for _ in step.on)]
    cells = [explainer.cell(step.table, row, column, scope) for column in dict.fromkeys(columns)]
    return tuple(
        replace(cell, role=role or cell.role)
        for cell, role in zip(cells, roles, strict=False)
        if cell is not None
    )


def _from_gather(explainer: Explainer, name: str, step: Gather, scope: Scope) -> Answers | None:
    if name != step.name and name not in step.into:
        return None
    item = next((one for one in _items(step, scope) if one.columns[0] == scope.item), None)
    if item is None:
        return None
    place = list(step.into).index(name) if name in step.into else 0
    cells = column_answers(explainer, item.columns[place], scope) if item.columns[place] else ()
    if name in step.into:
        return cells or (Answer(name, spec=str(item.place), notes=("the item has no such column",)),)
    return (Answer(name, item.key, "item", spec=str(item.place), origins=cells),)


def _items(step: Gather, scope: Scope) -> list[Item]:
    study = scope.build.study
    tables = {name: Records.start(name, table.columns, table.rows) for name, table in study.tables.items()}
    store = Store(study.spec, tables, dict(study.tables))
    return step.listed(Context(store, scope.dataset, Records({}, 0)))


def _from_total(explainer: Explainer, name: str, step: Total, scope: Scope) -> Answers:
    """List the values that a total adds up."""
    gather = next((one for one in reversed(list(flat(scope.steps))) if isinstance(one, Gather)), None)
    if gather is None or step.value not in gather.into:
        members = column_answers(explainer, step.value, scope)
    else:
        members = tuple(_members(explainer, step, gather, scope))
    rows = len({(one.file, one.line) for one in members})
    note = f"{len(members)} values of {rows} rows"
    return (
        Answer(
            name, role="total", rule=step.sentence(), spec=str(step.place()), notes=(note,), origins=members
        ),
    )


def _members(explainer: Explainer, step: Total, gather: Gather, scope: Scope) -> list[Answer]:
    place = list(gather.into).index(step.value)
    found: list[Answer] = []
    for table in scope.tables():
        for row in scope.main(table):
            items = _items(gather, scope)
            cells = [explainer.cell(table, row, one.columns[place], scope) for one in items]
            counted = _counted(explainer, step, gather, items, (table, row), scope)
            found += [one for one, kept in zip(cells, counted, strict=True) if one and kept and one.value]
    return found


def _counted(
    explainer: Explainer,
    step: Total,
    gather: Gather,
    items: Sequence[Item],
    at: tuple[str, int],
    scope: Scope,
) -> list[bool]:
    """Say which items of a row meet the condition of a total; all where that cannot be told."""
    if step.where is None:
        return [True] * len(items)

    def resolve(name: str) -> Column:
        if name == gather.name:
            return Column.text([one.key for one in items])
        places = list(gather.into)
        names = [one.columns[places.index(name)] if name in places else name for one in items]
        cells = [explainer.cell(*at, column, scope) if column else None for column in names]
        return Column.text([cell.value if cell else "" for cell in cells])

    try:
        return [bool(one) for one in step.where.mask(resolve, len(items))]
    except Refusal:
        return [True] * len(items)
