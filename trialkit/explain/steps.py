"""Where a column of the records came from: back through the record rules, the last one first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trialkit.context import Context, Store
from trialkit.explain.answer import Answer
from trialkit.explain.scope import Scope
from trialkit.records import Records
from trialkit.rule import RecordRule, VariableRule
from trialkit.rules.gather import Gather, Item
from trialkit.rules.join import Join
from trialkit.rules.notdone import NotDone
from trialkit.rules.records import Let, Read, Repeat, Stack
from trialkit.rules.totals import Total

if TYPE_CHECKING:
    from trialkit.explain.explainer import Explainer

Answers = tuple[Answer, ...]


def column_answers(explainer: Explainer, name: str, scope: Scope) -> Answers:
    """Say where a column of the records came from.

    >>> from trialkit.samples import sample_explainer, sample_scope
    >>> [one.spot for one in column_answers(sample_explainer(), "SITE", sample_scope("VS"))]
    ['subjects.csv:2 SITE', 'subjects.csv:2 SUBJ', 'vitals.csv:2 SUBJ']
    """
    found = _search(explainer, name, scope)
    return found if found is not None else _from_rows(explainer, name, scope)


def _search(explainer: Explainer, name: str, scope: Scope) -> Answers | None:
    """Find the last step that made the column; None when no step is known to."""
    while scope.steps:
        found = _from_step(explainer, name, scope.steps[-1], scope)
        if found is not None:
            return found
        scope = scope.back(name)
    return None


def _from_step(explainer: Explainer, name: str, step: RecordRule, scope: Scope) -> Answers | None:
    match step:
        case Stack():
            return _from_stack(explainer, name, step, scope)
        case Let() if name in step.rules:
            return (_working(explainer, name, step.rules, scope),)
        case Gather() if name == step.name or name in step.into:
            return _from_gather(explainer, name, step, scope)
        case Join() if name in step.take:
            return _from_join(explainer, name, step, scope)
        case Read():
            return _from_table(explainer, name, step.table, scope)
        case Total() | NotDone() | Repeat() if scope.number() >= 0:
            return _from_added(explainer, name, step, scope)
    made = step.makes(added=scope.number() >= 0)
    return (_made_by(explainer, name, step, made[name], scope),) if name in made else None


def _made_by(
    explainer: Explainer, name: str, step: RecordRule, columns: tuple[str, ...], scope: Scope
) -> Answer:
    """Explain a column that a step fills itself: by other columns of the record, or of those it adds up."""
    before = scope.back()
    members = scope.members() if scope.number() >= 0 else []
    origins = [
        answer
        for record in members or [scope.record]
        for column in columns
        for answer in column_answers(explainer, column, replace(before, record=record))
    ]
    note = (f"{len(members)} records",) if members else ()
    rows = origins or explainer.rows(scope.dataset, scope.record)
    said, place = step.sentence(), str(step.place())
    return Answer(name, role="working column", rule=said, spec=place, notes=note, origins=tuple(rows))


def _from_stack(explainer: Explainer, name: str, step: Stack, scope: Scope) -> Answers | None:
    branch = scope.number()
    if branch < 0:
        return None
    found = _search(explainer, name, scope.into(step.branches[branch]))
    nothing = Answer(name, role="working column", notes=("the branch that it came from has no such column",))
    return (nothing,) if found is None else found


def _working(explainer: Explainer, name: str, rules: dict[str, VariableRule], scope: Scope) -> Answer:
    """Explain a column that the last step makes by a rule, which sees those that stand above it."""
    names = list(rules)
    above = {one: rules[one] for one in names[: names.index(name)]}
    path, before = scope.path, scope.back()
    seen = before.after(Let.model_construct(rules=above)) if above else before
    return explainer.rule_answer(Answer(name, role="working column"), rules[name], f"{name}/{path}", seen)


def _from_added(
    explainer: Explainer, name: str, step: Total | NotDone | Repeat, scope: Scope
) -> Answers | None:
    """Explain a column of a record that a step added to those that there were."""
    if name in step.values:
        made = _working(explainer, name, step.values, scope)
        return (replace(made, notes=(*made.notes, "on records that the step adds")),)
    if not isinstance(step, Total) or name in step.by:
        return None
    if name == (step.into or step.value):
        return _from_total(explainer, name, step, scope)
    return (Answer(name, spec=str(step.place()), notes=("missing on records that the step adds",)),)


def _from_table(explainer: Explainer, name: str, table: str, scope: Scope) -> Answers | None:
    cells = [explainer.cell(table, row, name, scope) for row in scope.main(table)]
    return tuple(one for one in cells if one is not None) or None


def _from_rows(explainer: Explainer, name: str, scope: Scope) -> Answers:
    """Give the cells of that name of all rows behind the record, or else the rows."""
    found = [one for table in scope.tables() for one in _from_table(explainer, name, table, scope) or ()]
    if found:
        return tuple(found)
    rows = [explainer.cell(table, row, "", scope) for table in scope.tables() for row in scope.main(table)]
    made = [step for step in scope.steps if name in step.columns(frozenset(), {})]
    said = (made[-1].sentence(), str(made[-1].place())) if made else ("", "")
    known = tuple(one for one in rows if one is not None)
    return (Answer(name, role="working column", rule=said[0], spec=said[1], origins=known),)


def _from_join(explainer: Explainer, name: str, step: Join, scope: Scope) -> Answers:
    again = scope.has_read(step.table)
    rows = [scope.row(f"{step.table}@join/{scope.path}")] if again else scope.main(step.table)
    roles = dict.fromkeys(step.on.values(), "joined on")
    roles = {step.take[name]: ""} | {column: roles[column] for column in roles if column != step.take[name]}
    cells = [
        replace(cell, role=role or cell.role)
        for row in rows
        if row >= 0
        for column, role in roles.items()
        if (cell := explainer.cell(step.table, row, column, scope)) is not None
    ]
    keys = [one for mine in step.on for one in column_answers(explainer, mine, scope.back())]
    nothing = Answer(name, spec=str(step.place()), notes=(f"no row of {step.table}",))
    return (*(cells or [nothing]), *(replace(key, role="key") for key in keys))


def _from_gather(explainer: Explainer, name: str, step: Gather, scope: Scope) -> Answers | None:
    number = scope.number()
    if number < 0:
        return None
    item = explainer.once(("items", id(step)), lambda: _items(step, scope))[number]
    place = list(step.into).index(name) if name in step.into else 0
    cells = column_answers(explainer, item.columns[place], scope.back()) if item.columns[place] else ()
    if name in step.into:
        return cells or (Answer(name, spec=str(item.place), notes=("the item has no such column",)),)
    return (Answer(name, item.key, "item", spec=str(item.place), origins=cells),)


def _items(step: Gather, scope: Scope) -> list[Item]:
    study = scope.build.study
    tables = {name: Records.start(name, table.columns, table.rows) for name, table in study.tables.items()}
    store = Store(tables, dict(study.tables))
    return step.listed(Context(store, scope.dataset, Records({}, 0)))


def _from_total(explainer: Explainer, name: str, step: Total, scope: Scope) -> Answers:
    """List the values that a total adds up: those of other records of the dataset."""
    before, records = scope.back(), scope.members()
    members = [
        answer
        for record in records
        for answer in column_answers(explainer, step.value, replace(before, record=record))
    ]
    note = f"{len(records)} values" if members else "its records were left out by a later step"
    return (
        Answer(
            name,
            role="total",
            rule=step.sentence(),
            spec=str(step.place()),
            notes=(note,),
            origins=tuple(members) or _from_rows(explainer, step.value, scope),
        ),
    )
