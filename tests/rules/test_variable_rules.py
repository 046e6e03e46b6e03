"""Variable rules held against plain loops over rows, and what they say of a bad spec or a bad value."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.column import Column
from trialkit.context import Context, Store
from trialkit.load import Loading
from trialkit.model import SpecMap, SpecText
from trialkit.problems import Place
from trialkit.records import Records
from trialkit.rule import VariableRule, as_value, find_rules, read_rule
from trialkit.terms import load_terminology

quick = settings(max_examples=60, derandomize=True, deadline=None)
texts = st.sampled_from(["", "a", "b", "c"])
keys = st.sampled_from(["", "1", "2", "3"])
dates = st.sampled_from(["", "2014", "2014-01", "2014-01-01", "2014-02-03", "2013-12-31"])
TERMS = load_terminology("SDTM", "2025-03-28")
LOW = {"2014": "2014-01-01", "2014-01": "2014-01-01"}


def rule(spec: Any) -> VariableRule:
    made = as_value(spec, SimpleNamespace(context=None))
    assert isinstance(made, VariableRule)
    return made


def table(name: str, **columns: list[Any]) -> Records:
    made = {key: Column.text(cells) for key, cells in columns.items()}
    return Records.start(name, made, len(next(iter(columns.values()))))


def context_of(records: Records, **tables: Records) -> Context:
    return Context(Store(dict(tables), subject="USUBJID", terms=TERMS), "XX", records, variable="V")  # type: ignore[arg-type]


def values(spec: Any, records: Records, **tables: Records) -> list[Any]:
    found: list[Any] = rule(spec).apply(context_of(records, **tables)).objects().tolist()
    return found


def loaded(spec: dict[str, Any]) -> list[str]:
    """Load a rule from line 7 of a spec file and give what was found wrong, with its place."""
    place = Place("dm.yaml", 7, 3)
    items = {
        key: SpecText(value, Place("dm.yaml", 7, 9)) if isinstance(value, str) else value
        for key, value in spec.items()
    }
    loading = Loading(rules=dict(find_rules(("trialkit.rules",))))
    read_rule(SpecMap(items, place, dict.fromkeys(items, Place("dm.yaml", 7, 5))), VariableRule, loading)
    return [f"{one.kind.code} {one.where} {one.what}" for one in loading.problems.items]


@quick
@given(st.lists(st.tuples(texts, texts, texts), min_size=1))
def test_first_of_is_the_first_that_is_there(rows: list[tuple[str, str, str]]) -> None:
    a, b, c = (list(column) for column in zip(*rows, strict=True))
    expected = [next((cell for cell in row if cell), "") for row in rows]
    assert values({"first_of": ["A", "B", "C"]}, table("SRC", A=a, B=b, C=c)) == expected


@quick
@given(st.lists(st.tuples(keys, texts), min_size=1))
def test_sequence_numbers_each_group_without_gaps(rows: list[tuple[str, str]]) -> None:
    subject, sort = (list(column) for column in zip(*rows, strict=True))
    found = values({"sequence": "A"}, table("SRC", USUBJID=subject, A=sort))
    for one in set(subject):
        mine = sorted((found[place], sort[place]) for place in range(len(rows)) if subject[place] == one)
        assert [number for number, _ in mine] == [float(number) for number in range(1, len(mine) + 1)]
        assert [text for _, text in mine] == sorted(text for _, text in mine)


@quick
@given(st.lists(keys, min_size=1), st.lists(st.tuples(keys, dates), min_size=1))
def test_earliest_is_the_lowest_of_the_subject(subjects: list[str], rows: list[tuple[str, str]]) -> None:
    theirs = table("EX", USUBJID=[key for key, _ in rows], DTC=[date for _, date in rows])
    found = values({"earliest": {"table": "EX", "of": "DTC"}}, table("SRC", USUBJID=subjects), EX=theirs)
    for subject, value in zip(subjects, found, strict=True):
        mine = [LOW.get(date, date) for key, date in rows if key == subject and key and date]
        assert LOW.get(value, value) == min(mine, default="")


@quick
@given(st.lists(keys, min_size=1), st.lists(st.tuples(keys, texts), min_size=1))
def test_last_and_lookup_agree_with_a_loop(subjects: list[str], rows: list[tuple[str, str]]) -> None:
    theirs = table("T", USUBJID=[key for key, _ in rows], X=[text for _, text in rows])
    mine = table("SRC", USUBJID=subjects)
    fit = [[text for key, text in rows if key == subject and key] for subject in subjects]
    there = [[text for text in found if text] for found in fit]
    assert values({"last": "X", "table": "T"}, mine, T=theirs) == [(one or [""])[-1] for one in there]
    assert values({"count": {"table": "T"}}, mine, T=theirs) == [float(len(one)) for one in fit]
    picked = {"lookup": "X", "table": "T", "pick": "first", "unmatched": "missing"}
    assert values(picked, mine, T=theirs) == [(one or [""])[0] for one in fit]


@quick
@given(st.lists(st.tuples(keys, st.sampled_from([None, 1.0, 2.0, 4.0])), min_size=1))
def test_sums_and_maxima_agree_with_a_loop(rows: list[tuple[str, float | None]]) -> None:
    numbers = Column.numbers([np.nan if number is None else number for _, number in rows])
    columns = {"G": Column.text([key for key, _ in rows]), "N": numbers}
    records = Records.start("SRC", columns, len(rows))
    sums = values({"sum": {"of": "N", "within": "G"}}, records)
    highest = values({"maximum": {"of": "N", "within": "G"}}, records)
    for (group, _), total, most in zip(rows, sums, highest, strict=True):
        mine = [number for key, number in rows if key == group and key and number is not None]
        assert [total, most] == ([sum(mine), max(mine)] if mine else [pytest.approx(np.nan, nan_ok=True)] * 2)


@quick
@given(st.lists(texts, min_size=1), st.lists(texts, min_size=1))
def test_split_undoes_concat(first: list[str], second: list[str]) -> None:
    size = min(len(first), len(second))
    records = table("SRC", A=first[:size], B=second[:size])
    joined = {"concat": ["A", "B"], "separator": "-"}
    both = [a != "" and b != "" for a, b in zip(first, second, strict=False)]
    for part, column in ((1, first), (-1, second)):
        found = values({"split": joined, "separator": "-", "part": part}, records)
        assert found == [cell if there else "" for cell, there in zip(column, both, strict=False)]


@quick
@given(st.integers(-(10**12), 10**12), st.integers(0, 6))
def test_number_reads_what_text_writes(digits: int, decimals: int) -> None:
    number = digits / 10**decimals
    records = Records.start("SRC", {"N": Column.numbers([number])}, 1)
    assert values({"number": {"text": "N"}}, records) == [number]
    assert values({"number": {"text": "N", "decimals": str(decimals)}}, records) == [number]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            {"date": "A", "formats": "MM/DD/QQQQ"},
            "DATE-010 dm.yaml:7:9 date format 'MM/DD/QQQQ'",
        ),
        ({"extract": "A", "pattern": "(a+)+"}, "SPEC-006 dm.yaml:7:5 'pattern': the pattern is refused"),
        ({"split": "A", "separator": "/", "part": "0"}, "SPEC-006 dm.yaml:7:5 'part': parts count from 1"),
        ({"round": "A", "decimals": "99"}, "SPEC-006 dm.yaml:7:5 'decimals': decimals are 0 to 15"),
        ({"number": "A", "thousands": "."}, "SPEC-006 dm.yaml:7:3 decimal mark, thousands mark"),
        ({"score": ["A"], "scale": "70"}, "SPEC-006 dm.yaml:7:3 a scale needs the maxima"),
        ({"replace": "A", "with": {"": "x"}}, "SPEC-006 dm.yaml:7:5 'with': an empty part"),
        ({"lookup": "A"}, "SPEC-005 dm.yaml:7:3 key 'table' is missing"),
        ({"earliest": {"table": "EX"}}, "SPEC-005"),
        ({"earliest": {"of": "A", "on": "B"}}, "SPEC-006"),
        ({"code": "A", "unmaped": "keep"}, "SPEC-004 dm.yaml:7:5 unknown key 'unmaped'"),
        ({"number": "A", "invalid": "ignore"}, "SPEC-006 dm.yaml:7:5 'invalid': should be 'error', 'query'"),
    ],
)
def test_a_bad_spec_is_refused_at_its_place(spec: dict[str, Any], said: str) -> None:
    found = loaded(spec)
    assert len(found) == 1
    assert found[0].startswith(said)


@pytest.mark.parametrize(
    ("spec", "said", "hint"),
    [
        (
            {"code": "A", "codelist": "ROUTE"},
            "A has texts that are no terms of codelist ROUTE",
            "2 distinct texts; the most frequent: did you mean 'ORAL'?",
        ),
        ({"number": "A"}, "A has texts that are no number", ""),
        ({"date": "A", "formats": "YYYY"}, "A: date fits no declared format", ""),
        ({"recode": "A", "map": {"x": "y"}}, "A has values that are not in the map", "Known: x."),
        ({"split": "A", "separator": "/", "part": "2"}, "text has another form", ""),
    ],
)
def test_problems_name_the_column_and_never_the_value(spec: Any, said: str, hint: str) -> None:
    context = context_of(table("SRC", USUBJID=["7", "8", "9"], A=["ORL", "secret", "ORL"]))
    rule(spec).apply(context)
    (problem,) = context.store.problems.items
    assert (problem.what, problem.hint, problem.count) == (said, hint, 3)
    assert "secret" not in problem.line()
    assert problem.cells is not None
    assert problem.cells.values.objects().tolist() == ["ORL", "secret", "ORL"]
    assert problem.cells.rows["SRC"].tolist() == [0, 1, 2]
    assert problem.cells.subject is not None


def test_rules_name_all_that_they_look_at() -> None:
    made = rule(
        {"earliest": [{"table": "EX", "of": "D", "where": "X > 0", "on": {"K": {"upper": "L"}}}, "A"]}
    )
    found = [(one.table, one.column) for one in made.references()]
    assert found == [("EX", ""), ("", "K"), ("EX", "L"), ("EX", "X"), ("EX", "D"), ("", "A")]
