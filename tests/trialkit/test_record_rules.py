"""Record rules against plain loops over rows, and what they say about their own names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sdtm.rules.latest import latest
from trialkit.column import Column
from trialkit.context import Context, Store
from trialkit.problems import Refusal
from trialkit.records import Records, Taken, stack
from trialkit.rule import as_step
from trialkit.rules.duplicates import DuplicateKeys, OnePer
from trialkit.rules.gather import Gather
from trialkit.rules.intervals import Collapse
from trialkit.rules.join import Join
from trialkit.rules.notdone import NotDone
from trialkit.rules.records import Stack
from trialkit.rules.totals import Total
from trialkit.steps import merged_lineage, run

SOME = settings(max_examples=60, derandomize=True, deadline=None)
KEY = st.sampled_from(["", "a", "b", "c"])
DIGIT = st.sampled_from(["", "1", "2", "10"])
ROWS = st.lists(st.tuples(KEY, KEY, DIGIT), max_size=12)


def records_of(rows: list[tuple[str, ...]], names: str = "KVN", source: str = "SRC") -> Records:
    columns = {name: Column.text([row[place] for row in rows]) for place, name in enumerate(names)}
    return Records.start(source, columns, len(rows))


def context_of(records: Records, **tables: Records) -> Context:
    return Context(Store(tables, subject="USUBJID"), "XX", records)  # type: ignore[arg-type]


def values(records: Records, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(records.columns[name].objects().tolist() for name in names), strict=True))


@SOME
@given(ROWS, st.sampled_from(["drop", "drop_if_all", "keep"]))
def test_gather_is_a_loop_over_rows_and_items(rows: list[tuple[str, ...]], blank: str) -> None:
    records = records_of(rows)
    rule = Gather(gather={"X": ["K", "N"], "Y": ["V", ""]}, key="TEST", into=["R", "U"], blank=blank)
    expected = []
    for row, (k, v, n) in enumerate(rows):
        for item, source, result, unit in (("X", "K", k, n), ("Y", "V", v, "")):
            if blank == "keep" or result or (blank == "drop_if_all" and unit):
                expected.append((item, result, unit, n, row, source))
    context = context_of(records)
    made = rule.apply(records, context)
    assert made.item is not None
    found = zip(made.rows["SRC"].tolist(), made.item.objects().tolist(), strict=True)
    assert [a + b for a, b in zip(values(made, "TEST", "R", "U", "N"), found, strict=True)] == expected
    lost = set(range(len(rows))) - {row for *_, row, _ in expected}
    assert {int(row) for one in context.store.ledger.exclusions for row in one.rows} == lost


@SOME
@given(ROWS, ROWS, st.booleans())
def test_join_is_a_loop_over_both(
    rows: list[tuple[str, ...]], others: list[tuple[str, ...]], many: bool
) -> None:
    records, table = records_of(rows), records_of(others, "KWM", "T")
    rule = Join(join="T", on="K", take={"X": "M"}, many=many, missing="keep", rest="r")
    expected = []
    for row, (k, _, _) in enumerate(rows):
        hits = [place for place, other in enumerate(others) if k and other[0] == k] or [-1]
        chosen = hits if many else hits[:1]
        expected += [(k, others[hit][2] if hit >= 0 else "", row, hit) for hit in chosen]
    made = rule.apply(records, context_of(records, T=table))
    lineage = zip(made.rows["SRC"].tolist(), made.rows["T"].tolist(), strict=True)
    assert [a + b for a, b in zip(values(made, "K", "X"), lineage, strict=True)] == expected


@SOME
@given(ROWS, st.sampled_from(["first", "last"]))
def test_duplicate_keys_is_a_loop_over_keys(rows: list[tuple[str, ...]], keep: str) -> None:
    records = records_of(rows)
    context = context_of(records)
    made = DuplicateKeys(duplicate_keys="K", keep=keep, by="N", handling="drop").apply(records, context)
    expected, ties = [], 0
    for key in dict.fromkeys(row[0] for row in rows):
        mine = [(float(row[2] or -1), place) for place, row in enumerate(rows) if row[0] == key]
        if not key:
            expected += [place for _, place in mine]
            continue
        best = min(n for n, _ in mine) if keep == "first" else max(n for n, _ in mine)
        equal = [place for n, place in mine if n == best]
        ties += len(equal) if len(equal) > 1 else 0
        expected.append(equal[0] if keep == "first" else equal[-1])
    assert made.rows["SRC"].tolist() == sorted(expected)
    assert sum(problem.count for problem in context.store.problems.items) == ties


@SOME
@given(ROWS)
def test_one_per_keeps_all_rows_in_its_lineage(rows: list[tuple[str, ...]]) -> None:
    records = records_of(rows)
    made = OnePer(one_per=["K", "V"], blanks="together").apply(records, context_of(records))
    assert made.used("SRC", len(rows)).all()
    assert values(made, "K", "V") == list(dict.fromkeys(row[:2] for row in rows))


@SOME
@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 3)), max_size=10))
def test_merged_lineage_has_the_rows_of_each_group(pairs: list[tuple[int, int]]) -> None:
    numbers = sorted({group for group, _ in pairs if group >= 0})
    group = np.array([numbers.index(g) if g >= 0 else -1 for g, _ in pairs], np.int32)
    rows = np.array([row for _, row in pairs], np.int32)
    first = np.array([group.tolist().index(number) for number in range(len(numbers))], np.int32)
    found, many = merged_lineage(Records({}, len(pairs), {"A": rows}), group, first)
    for number in range(len(numbers)):
        expected = {row for g, (_, row) in zip(group.tolist(), pairs, strict=True) if g == number}
        mine = {int(row) for one in many for g, row in zip(one.record, one.row, strict=True) if g == number}
        assert mine | {int(found["A"][number])} - {-1} == expected - {-1}


@SOME
@given(ROWS)
def test_not_done_leaves_other_groups_as_they_are(rows: list[tuple[str, ...]]) -> None:
    records = records_of(rows)
    made = NotDone(not_done="N == ''", by="K", blanks="together", set={"S": "'X'"}).apply(
        records, context_of(records)
    )
    whole = {key for key, *_ in rows} - {key for key, _, number in rows if number}
    expected, seen = [], set()
    for key, _, number in rows:
        if key not in whole or key not in seen:
            expected.append((key, number, "X" if key in whole else ""))
        seen.add(key)
    assert values(made, "K", "N", "S") == expected
    assert made.used("SRC", len(rows)).all()


@SOME
@given(ROWS, st.integers(1, 3))
def test_total_is_a_loop_over_groups(rows: list[tuple[str, ...]], at_least: int) -> None:
    records = records_of(rows)
    rule = Total(total="N", by="K", blanks="together", where="V != 'c'", at_least=at_least, into="SUM")
    made = rule.apply(records, context_of(records))
    expected = []
    for key in dict.fromkeys(k for k, v, _ in rows if v != "c"):
        parts = [float(n) for k, v, n in rows if k == key and v != "c" and n]
        if len(parts) >= at_least:
            expected.append((key, sum(parts)))
    assert values(made, "K", "SUM")[len(rows) :] == expected


DATES = st.sampled_from(["", "2021-03", "2021-03-01", "2021-03-02", "2021-03-04", "2021-03-09"])


@SOME
@given(st.lists(st.tuples(KEY, KEY, DATES), max_size=9), st.integers(0, 3))
def test_collapse_is_a_loop_in_time(rows: list[tuple[str, ...]], gap: int) -> None:
    records = records_of(rows, "KVD").with_columns({"E": Column.text([row[2] for row in rows])})
    made = Collapse(collapse="V", by="K", blanks="together", start="D", end="E", gap=gap).apply(
        records, context_of(records)
    )
    expected = []
    for key in dict.fromkeys(row[0] for row in rows):
        last: tuple[str, str] | None = None
        known = [row for row in rows if row[0] == key]
        for _, value, date in sorted(
            known, key=lambda row: (len(row[2]) < 10, row[2] if len(row[2]) == 10 else "")
        ):
            near = last and len(date) == 10 == len(last[1]) and int(date[-2:]) - int(last[1][-2:]) <= gap
            if near and last and last[0] == value:
                expected[-1] = (*expected[-1][:3], date)
            else:
                expected.append((key, value, date, date))
            last = (value, date)
    assert values(made, "K", "V", "D", "E") == expected
    assert made.used("SRC", len(rows)).all()


@SOME
@given(
    st.lists(st.tuples(KEY, st.integers(0, 9)), max_size=8),
    st.lists(st.tuples(KEY, st.integers(0, 9)), max_size=8),
)
def test_latest_is_a_loop_over_rows(left: list[tuple[str, int]], right: list[tuple[str, int]]) -> None:
    moments = [np.array([float(when) for _, when in side]) for side in (left, right)]
    who = [Column.text([key for key, _ in side]) for side in (left, right)]
    expected = []
    for key, when in left:
        hits = [(t, row) for row, (k, t) in enumerate(right) if k == key and key and t <= when]
        expected.append(max(hits)[1] if hits else -1)
    assert latest(who[0], moments[0], who[1], moments[1]).tolist() == expected


def test_a_stack_says_what_its_branches_lack() -> None:
    steps = [
        {"read": "AE"},
        {"let": {"B": "A"}},
        {"drop": "B == ''", "reason": "r"},
        {"keep": "C == ''", "reason": "r"},
    ]
    stack = Stack(stack=[steps])
    found = [(one.table, one.column) for one in stack.references_in(frozenset(), {"AE": frozenset({"A"})})]
    assert found == [("AE", ""), ("AE", "C")]


def test_a_group_needs_as_many_columns_as_new_names() -> None:
    with pytest.raises(ValidationError) as error:
        Gather(gather={"ALT": ["A", "B"], "AST": "C"}, key="T", into=["R", "U"])
    assert "each item needs as many columns as `into` names: 2, not so AST" in str(error.value)


def test_a_taken_column_of_a_known_name_is_refused_with_the_way_out() -> None:
    records = records_of([("a", "b", "1")])
    with pytest.raises(Refusal) as refusal:
        Join(join="T", on="K", take="V").apply(records, context_of(records, T=records))
    assert refusal.value.problems[0].line() == (
        "error JOIN-004 the records have a column 'V' already. Rename it: `take: {NEW: COLUMN}`."
    )


def test_several_rows_are_listed_with_their_place_in_the_table() -> None:
    records, table = (
        records_of([("a", "", ""), ("b", "", "")]),
        records_of([("a", "", ""), ("c", "", ""), ("a", "", "")], "KWM", "T"),
    )
    context = context_of(records, T=table)
    Join(join="T", on="K", take="W", missing="keep").apply(records, context)
    problem = context.store.problems.items[0]
    assert problem.what == "1 records have several rows in T; the rows of each are listed"
    assert problem.cells is not None
    assert {name: rows.tolist() for name, rows in problem.cells.rows.items()} == {"T": [0, 2]}


def test_columns_are_taken_when_they_are_asked_for() -> None:
    taken = Taken({"A": Column.text(["x", "y"])}, np.array([1]))
    assert "A" in taken
    assert "B" not in taken
    assert taken["A"] is taken["A"]
    with pytest.raises(KeyError):
        taken["B"]


def with_totals(steps: int, rule: dict[str, Any], *, subjects: int = 4) -> Records:
    """Records with a working column made from several rows, and totals in steps below each other."""
    rows = [(str(place % subjects), str(place), "1") for place in range(5 * subjects)]
    let = {"let": {"COUNT": rule}}
    totals = [{"total": "N", "by": "K", "into": f"T{step}"} for step in range(steps)]
    made = [as_step(step, SimpleNamespace(context=None)) for step in (let, *totals)]  # type: ignore[arg-type]
    records = records_of(rows)
    return run(made, records, context_of(records))


@pytest.mark.parametrize("rule", [{"count": {"within": ["K"]}}, {"sum": {"of": "N", "within": ["K"]}}])
def test_lineage_grows_by_as_much_with_each_total(rule: dict[str, Any]) -> None:
    sizes = [sum(len(many.record) for many in with_totals(steps, rule).many) for steps in range(8)]
    assert len(set(np.diff(sizes).tolist())) == 1, sizes
    assert len([many for many in with_totals(7, rule).many if many.is_list]) == 1


def test_records_below_each_other_keep_their_lists() -> None:
    records = with_totals(2, {"count": {"within": ["K"]}})
    (pairs,) = [many for many in records.many if many.is_list]
    for record in range(records.count):
        number = records.rows[pairs.source][record]
        rows = pairs.row[pairs.record == number].tolist()
        assert rows == [row for row in range(20) if row % 4 == record % 4]


def test_branches_with_lists_of_their_own_keep_them_apart() -> None:
    one, other = (with_totals(1, {"count": {"within": ["K"]}}, subjects=size) for size in (4, 2))
    both = stack([one, other, one])
    assert len([many for many in both.many if many.is_list]) == 2
    ends = {one.count - 1: 3, one.count + other.count - 1: 1, both.count - 1: 3}
    (source,) = {many.source for many in both.many if many.is_list}
    for record, last in ends.items():
        number = both.rows[source][record]
        rows = [many.row[many.record == number].tolist() for many in both.many if many.is_list]
        assert sorted(map(len, rows)) == [0, 5]
        assert min(filter(None, rows)) == [row for row in range(5 * (last + 1)) if row % (last + 1) == last]


def test_a_branch_whose_lists_are_empty_names_no_list_of_another() -> None:
    one = with_totals(0, {"count": {"within": ["K"], "where": "N == '2'"}})
    other = with_totals(0, {"count": {"within": ["K"]}}, subjects=2)
    both = stack([one, other])
    (pairs,) = [many for many in both.many if many.is_list]
    numbers = both.rows[pairs.source]
    assert set(numbers[: one.count].tolist()) == {-1}
    assert pairs.row[pairs.record == numbers[one.count + 1]].tolist() == [1, 3, 5, 7, 9]
    again = stack([both, both.take(np.arange(2))])
    assert sum(len(many.record) for many in again.many if many.is_list) == len(pairs.record)
