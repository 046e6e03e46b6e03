"""What the record rules share: names in a list or in pairs, steps in a row, rows set aside, lineage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, WithJsonSchema

from trialkit.column import Column, Mask
from trialkit.context import Context
from trialkit.model import models_in
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.records import NONE, Many, Records, Rows, is_main, narrow
from trialkit.records import stack as stacked
from trialkit.rule import Names, RecordRule, Rule, VariableRule

MIXED = Kind(
    "ROW-011",
    "a column holds texts in one branch and numbers in another",
    "Give it the same type in all branches, with `number` or `text`.",
    exit=Exit.SPEC,
)

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}


def as_list(value: Any) -> Any:
    """Read one name as a list of one name.

    >>> as_list("A"), as_list(["A", "B"])
    (['A'], ['A', 'B'])
    """
    return [value] if isinstance(value, str) else value


def as_pairs(value: Any) -> Any:
    """Read names that stand for themselves as pairs of equal names.

    >>> as_pairs("A"), as_pairs(["A", "B"]), as_pairs({"A": "B"})
    ({'A': 'A'}, {'A': 'A', 'B': 'B'}, {'A': 'B'})
    """
    value = as_list(value)
    named = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return {name: name for name in value} if named else value


ColumnNames: TypeAlias = Annotated[
    list[str], Names("column"), BeforeValidator(as_list), WithJsonSchema({"anyOf": [_TEXT, _TEXTS]})
]
Pairs: TypeAlias = Annotated[
    dict[str, str],
    BeforeValidator(as_pairs),
    WithJsonSchema({"anyOf": [_TEXT, _TEXTS, {"type": "object", "additionalProperties": _TEXT}]}),
]


def run(steps: Iterable[RecordRule], records: Records, context: Context) -> Records:
    """Take the records through several steps, each of which knows its number, such as 2 or 2.1.

    Raises:
        Refusal: what a step refuses, with the step's place where the problem has none.

    >>> from trialkit.samples import sample_context
    >>> run([], Records({}, 2), sample_context(Records({}, 0))).count
    2
    """
    for number, step in enumerate(steps, 1):
        path = f"{context.step}.{number}" if context.step else str(number)
        try:
            records = step.apply(records, replace(context, records=records, step=path))
        except Refusal as refusal:
            raise Refusal([_placed(one, step) for one in refusal.problems]) from refusal
    return records


def _placed(problem: Problem, step: RecordRule) -> Problem:
    known = problem.where.file or problem.spec.file
    return problem if known else replace(problem, where=step.place())


def all_steps(step: RecordRule) -> Iterator[RecordRule]:
    """Give a step and the steps within it.

    >>> from trialkit.rules.records import Stack
    >>> [one.key() for one in all_steps(Stack(stack=[[{"read": "AE"}], [{"read": "MH"}]]))]
    ['stack', 'read', 'read']
    """
    return (one for one in models_in(step) if isinstance(one, RecordRule))


def below(parts: Sequence[Records], rule: Rule) -> Records:
    """Put records below each other; parts that are nothing at all are left out.

    Raises:
        Refusal: ROW-011 when a column is text in one part and a number in another.

    >>> below([Records({}, 0), Records.start("EX", {"A": Column.text(["x"])}, 1)], Rule()).count
    1
    """
    parts = [part for part in parts if part.columns or part.count] or list(parts[:1])
    names = dict.fromkeys(name for part in parts for name in part.columns)
    mixed = [name for name in names if len({p.columns[name].kind for p in parts if name in p.columns}) > 1]
    if mixed:
        raise Refusal([Problem(MIXED, f"text and number in column '{name}'", rule.place()) for name in mixed])
    return stacked(parts)


def fill(records: Records, rules: Mapping[str, VariableRule], context: Context) -> Records:
    """Add or replace columns by variable rules, each seeing those before it; witnesses become lineage.

    >>> from trialkit.samples import sample_context
    >>> from trialkit.rules.values import Constant
    >>> context = sample_context(Records({}, 1))
    >>> fill(context.records, {"A": Constant(constant="x")}, context).columns["A"].objects().tolist()
    ['x']
    """
    for name, rule in rules.items():
        here = replace(
            context, records=records, variables={}, variable=name, own_codelist="", witnesses={}, lists={}
        )
        made = rule.apply(here)
        records = replace(
            records,
            columns={**records.columns, name: made},
            rows={**records.rows, **here.witnesses},
            many=(*records.many, *here.lists.values()),
        )
    return records


def marked(records: Records, number: Rows | int, context: Context) -> Records:
    """Note for each record what a step did with it: the branch, the item, or that it was added; -1: nothing.

    >>> from trialkit.samples import sample_context
    >>> context = sample_context(Records.start("SUBJ", {}, 2), step="3")
    >>> marked(context.records, 0, context).rows["#/3"].tolist()
    [0, 0]
    """
    if not context.step:
        return records
    made = np.full(records.count, number, np.int32) if isinstance(number, int) else number
    return records.with_rows(f"#/{context.step}", narrow(made))


def set_aside(
    context: Context,
    rule: Rule,
    mask: Mask,
    reason: str,
    *,
    kind: Kind,
    say: str = "",
    shown: Column | None = None,
) -> Records:
    """Drop the marked records for a reason that the ledger prints, with a data query where one is worded.

    Args:
        context: what the rule sees.
        rule: the rule that drops them.
        mask: the records to drop; shape (records,).
        reason: why.
        kind: the kind of data query.
        say: the question to the site; none is asked when it is empty.
        shown: the column with the values to ask about.

    >>> from trialkit.samples import sample_context
    >>> context = sample_context(Records.start("SUBJ", {}, 2))
    >>> set_aside(context, Rule(), np.array([True, False]), "not needed", kind=MIXED).rows["SUBJ"].tolist()
    [1]
    """
    if not mask.any():
        return context.records
    context.store.ledger.exclude(context.dataset, context.records, mask, reason, rule.place())
    if say:
        values = shown or Column.constant("", context.count)
        context.report(kind, say, mask, values, rule, severity="query")
    return context.records.take(~mask)


def of_study(kind: Kind, code: str, say: str) -> Kind:
    """Give a kind of problem the code and wording of the study.

    >>> of_study(MIXED, "Q-LB-01", "Please check.").code
    'Q-LB-01'
    """
    return replace(
        kind, code=code or kind.code, title=say or kind.title, fix="Ask the site." if say else kind.fix
    )


def in_order(column: Column) -> Column | None:
    """Give the column as values that sort in time or size: numbers or ISO 8601 texts; else None.

    >>> in_order(Column.text(["10", "9"])).objects().tolist(), in_order(Column.text(["05-Mar-2021"]))
    ([10.0, 9.0], None)
    """
    from trialkit.dates import is_iso8601
    from trialkit.numerals import to_number

    if column.kind == "number":
        return column
    used = [text for text in column.distinct().values.tolist() if text]
    if not any(np.isnan(to_number(text)) for text in used):
        return Column(np.array([to_number(text) for text in column.values.tolist()]), column.codes)
    return column if all(is_iso8601(text) for text in used) else None


def merged_lineage(
    records: Records,
    group: npt.NDArray[np.integer[Any]],
    first: npt.NDArray[np.integer[Any]],
    step: str = "",
) -> tuple[dict[str, Rows], tuple[Many, ...]]:
    """Say which rows stand behind records that are made from several.

    Where all members of a group share a row it is the new record's row, else the rows are kept as pairs;
    then the row of the first member is kept too, because that one gives the new record's other columns.

    Args:
        records: the members.
        group: for each member the number of its new record, -1 for none; shape (records,).
        first: for each new record one member; shape (new records,).
        step: number of the step, under which the rows of first members are kept.

    Returns:
        The new records' ``rows`` and ``many``.

    >>> records = Records({}, 2, {"LB": np.array([3, 4], np.int32)})
    >>> rows, many = merged_lineage(records, np.array([0, 0]), np.array([0]))
    >>> rows["LB"].tolist(), many[0].row.tolist()
    ([-1], [3, 4])
    """
    member = np.flatnonzero(group >= 0)
    rows: dict[str, Rows] = {}
    many: list[Many] = []
    for key, found in records.rows.items():
        rows[key] = found[first]
        if key.startswith("#/"):  # what an earlier step added up is the members, not what is made of them
            rows[key] = np.maximum(rows[key], NONE)
        if is_main(key):
            rows[key], pairs = _merged(key, found[member], group[member], found[first])
            many += pairs
            if step and len(pairs[0].record):
                rows[f"{key}@/{step}"] = found[first]
    for pair in records.many:
        if pair.is_list:
            many.append(pair)
            continue
        kept = group[pair.record] >= 0
        many.append(Many(pair.source, group[pair.record][kept].astype(np.int32), pair.row[kept]))
    return rows, _once(many)


def _once(many: Sequence[Many]) -> tuple[Many, ...]:
    """Put the pairs of each source together, each pair once; lists stay.

    Records made from records that were made from several rows would else repeat the rows of all of them.
    """
    made = [one for one in many if one.is_list and len(one.record)]
    plain: dict[str, list[Many]] = {}
    for one in many:
        if not one.is_list and len(one.record):
            plain.setdefault(one.source, []).append(one)
    for source, parts in plain.items():
        record, row = (np.concatenate([getattr(one, name) for one in parts]) for name in ("record", "row"))
        size = int(row.max()) + 1
        pairs = np.unique(record.astype(np.int64) * size + row)
        made.append(Many(source, (pairs // size).astype(np.int32), (pairs % size).astype(np.int32)))
    return tuple(made)


def _merged(key: str, found: Rows, group: npt.NDArray[Any], first: Rows) -> tuple[Rows, list[Many]]:
    several = np.zeros(len(first), bool)
    several[group[found != first[group]]] = True
    paired = several[group] & (found >= 0)
    size = int(found.max(initial=0)) + 1
    pairs = np.unique(group[paired].astype(np.int64) * size + found[paired])
    made = Many(key, (pairs // size).astype(np.int32), (pairs % size).astype(np.int32))
    return np.where(several, NONE, first).astype(np.int32), [made]
