"""The parts of a simulation against plain loops, and what a bad spec is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.problems import Refusal
from trialkit.simulate import simulate
from trialkit.simulate.cells import Date
from trialkit.simulate.draws import Choice, Deal
from trialkit.simulate.formula import evaluate
from trialkit.simulate.links import Capped, Collect, Fetch, Latest, Pick, Previous, Sequence
from trialkit.simulate.sheet import Sheet
from trialkit.simulate.spread import Spread
from trialkit.simulate.table import Scene, Table, World

quick = settings(max_examples=40, derandomize=True, deadline=None)
groups = st.lists(st.integers(0, 5), min_size=1, max_size=30).map(sorted)


def child(owners, name="child", **columns):
    person = Table("person", 6)
    return Table(
        name, len(owners), {k: np.array(v, float) for k, v in columns.items()}, [(person, np.array(owners))]
    )


def scene(table, **tables):
    world = World(1, tables=tables)
    return Scene(table, world, world.random("test"))


@quick
@given(st.lists(st.integers(0, 48), min_size=1, max_size=20), st.booleans())
def test_spread_adds_up(totals, lost):
    table = Table("t", len(totals), {"total": np.array(totals, float)})
    spread = Spread(spread="total", items={"q01..q12": "1"}, most=4, within="t", lost=lost)
    items = np.stack(list(spread.columns(scene(table), "items").values()))
    assert items.min() >= 0
    assert items.max() <= 4
    assert items.sum(axis=0).tolist() == [48 - total if lost else total for total in totals]


@quick
@given(groups, st.data())
def test_capped_and_previous_against_loops(owners, data):
    values = data.draw(st.lists(st.integers(-50, 50), min_size=len(owners), max_size=len(owners)))
    table = child(owners, x=values)
    expected, before = [], {}
    for owner, value in zip(owners, values, strict=True):
        before[owner] = min(value, before.get(owner, value) + 4)
        expected.append(before[owner])
    assert Capped(capped="x", rise="4", within="person").draw(scene(table)).tolist() == expected
    previous = Previous(previous="x", within="person").draw(scene(table))
    last = {}
    for owner, value, found in zip(owners, values, previous.tolist(), strict=True):
        assert found == last[owner] if owner in last else np.isnan(found)
        last[owner] = value


@quick
@given(groups, groups, st.data())
def test_links_against_loops(owners, others, data):
    number = st.integers(0, 9)
    mine = data.draw(st.lists(number, min_size=len(owners), max_size=len(owners)))
    theirs = data.draw(st.lists(number, min_size=len(others), max_size=len(others)))
    here, there = child(owners, x=mine), child(others, "other", y=theirs)
    at = scene(here, other=there)
    rows = list(zip(others, theirs, strict=True))
    latest = Latest(latest="y", of="other", within="person", below="x").draw(at)
    total = Collect(collect="y", of="other", within="person", how="sum").draw(at)
    first = Collect(collect="y", of="other", within="person").draw(at)
    fetched = Fetch(fetch="y * 10", of="other", within="person", key="y", equals="x").draw(at)
    for n, (owner, value) in enumerate(zip(owners, mine, strict=True)):
        below = [y for o, y in rows if o == owner and y < value]
        own = [y for o, y in rows if o == owner]
        assert latest[n] == max(below) if below else np.isnan(latest[n])
        assert total[n] == sum(own)
        assert first[n] == own[0] if own else np.isnan(first[n])
        assert fetched[n] == value * 10 if value in own else np.isnan(fetched[n])


@quick
@given(groups, st.data())
def test_sequence_and_pick(owners, data):
    values = data.draw(st.lists(st.integers(0, 9), min_size=len(owners), max_size=len(owners)))
    table = child(owners, x=values)
    numbers = Sequence(sequence="x", within="person", where="x > 2").draw(scene(table)).tolist()
    for owner in set(owners):
        kept = [n for n, o, x in zip(numbers, owners, values, strict=True) if o == owner and x > 2]
        assert sorted(kept) == list(range(1, len(kept) + 1))
    picked = Pick(pick="1", within="person", where="x > 2").draw(scene(table))
    for owner in set(owners):
        chosen = [x for p, o, x in zip(picked, owners, values, strict=True) if o == owner and p]
        able = any(o == owner and x > 2 for o, x in zip(owners, values, strict=True))
        assert (len(chosen), all(x > 2 for x in chosen)) == (int(able), True)


@quick
@given(st.integers(0, 400))
def test_deal_gives_exact_shares(rows):
    dealt = Deal(deal={"a": "2/13", "b": "1/13"}, rest="c").draw(scene(Table("t", rows))).tolist()
    assert dealt.count("a") == int(rows * 2 / 13 + 0.5)
    assert dealt.count("a") + dealt.count("b") == int(rows * 3 / 13 + 0.5)


def test_a_choice_of_weight_0_is_never_made():
    drawn = Choice(choice={"a": "0", "b": "1", "c": "0"}).draw(scene(Table("t", 500)))
    assert set(drawn) == {"b"}


@quick
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=6))
def test_copies_stand_beside_their_rows(copies):
    texts = np.array(list("abcdef"), object)
    sheet = Sheet(scene(Table("t", 6)), {"A": texts}, ["A"])
    for row, before in copies:
        sheet.copy(row, {"A": texts[row].upper()}, before)
    finished = sheet.finish(1)["A"].tolist()
    assert [text for text in finished if text.islower()] == list("abcdef")
    assert "".join(finished).lower() == "".join(sorted("".join(finished).lower()))


def test_dates_with_unknown_parts():
    table = Table("t", 3, {"day": np.zeros(3), "known": np.array([1.0, 2.0, 3.0])})
    cell = Date(date="day", styles={"{Y}年{M}月{D}日": 1}, known="known")
    assert cell.write(scene(table)).tolist() == ["1970-UK-UK", "1970-01-UK", "1970年1月1日"]


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("__import__('os')", "'__import__' is no function here"),
        ("a.b", "Attribute is not part of it"),
        ("[x for x in a]", "ListComp is not part of it"),
        ("1 < a < 3", "compare two things at a time"),
        ("lambda: 1", "Lambda is not part of it"),
        ("1 +", "not a formula"),
        ("(" * 9000, "not a formula"),
    ],
)
def test_formulas_are_arithmetic_only(formula, said):
    with pytest.raises(ValueError, match="not a formula") as caught:
        evaluate(formula, {"a": np.zeros(1)}.__getitem__)
    assert said in str(caught.value)


SPEC = """\
study: S
partition: person
tables:
  person:
    rows: {count: subjects}
    columns:
      age: {normal: 50, sd: 9}
      sex: {choice: {M: 1, F: 1}}
files:
  SUBJ: {csv: SUBJ.csv, of: person, key: AGE, columns: {AGE: {value: age}, SEX: {value: sex}}}
defects:
  - {duplicate: SUBJ, code: D01, rate: 0.5}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "normal: 50",
            "nromal: 50",
            7,
            "error SIM-001 simulation.yaml:7:12 no draw is named. Did you mean 'normal'?",
        ),
        ("sd: 9", "sdd: 9", 7, "error SPEC-004 simulation.yaml:7:25 unknown key 'sdd'. Did you mean 'sd'?"),
        (
            "value: age",
            "value: aeg",
            0,
            "error SIM-002 simulation.yaml table person has no column 'aeg'. Did you mean",
        ),
        ("partition: person", "partition: persn", 1, "there is no table 'persn'. Did you mean 'person'?"),
        (
            "duplicate: SUBJ",
            "duplicate: SUBI",
            12,
            "error SIM-002 simulation.yaml:12:5 there is no file 'SUBI'.",
        ),
        ("key: AGE", "key: AEG", 10, "there is no column 'AEG'. Did you mean 'AGE'?"),
        (
            "csv: SUBJ.csv",
            "csv: ../SUBJ.csv",
            10,
            "error SPEC-006 simulation.yaml:10:10 'csv': should match pattern",
        ),
        ("sd: 9", "sd: sex - 1", 0, "has no column 'sex'"),
        (
            "choice: {M: 1, F: 1}",
            "compute: \"age + 'x'\"",
            0,
            "error SIM-007 simulation.yaml table person: 'age + 'x'' cannot",
        ),
        ("value: age", "date: age, styles: {'{Q}': 1}", 10, "'{Q}' may name Y, m, d, M, D, serial only"),
        (
            "choice: {M: 1, F: 1}",
            "compute: open('x')",
            8,
            "'compute': not a formula: 'open' is no function here",
        ),
    ],
)
def test_a_bad_spec_is_refused_with_place_and_hint(tmp_path, old, new, line, said):
    assert old in SPEC
    (tmp_path / "simulation.yaml").write_text(SPEC.replace(old, new), encoding="utf-8")
    with pytest.raises(Refusal) as caught:
        simulate(tmp_path, 5, 1, tmp_path / "out")
    assert any(said in problem.line() and problem.where.line == line for problem in caught.value.problems)
    assert not (tmp_path / "out").exists()


def test_a_small_spec_runs_and_lists_its_defects(tmp_path):
    (tmp_path / "simulation.yaml").write_text(SPEC, encoding="utf-8")
    summary = simulate(tmp_path, 4, 1, tmp_path / "out")
    assert summary.rows == {"SUBJ.csv": 6}
    assert summary.found == {"D01": 2}
    assert len((tmp_path / "out" / "SUBJ.csv").read_text(encoding="utf-8").splitlines()) == 7


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1\n", "has rows of different length"),
        (b"a\n\xff\n", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_list_is_refused(tmp_path, content, said):
    (tmp_path / "simulation.yaml").write_text(SPEC + "lists: {visits: visits.csv}\n", encoding="utf-8")
    if content:
        (tmp_path / "visits.csv").write_bytes(content)
    with pytest.raises(Refusal) as caught:
        simulate(tmp_path, 4, 1, tmp_path / "out")
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"a,b\n1\n", b"a\n\xff\n", b""])
def test_a_list_of_the_simulation_that_cannot_be_read(content, tmp_path):
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "study.yaml").write_text("study: S\ncreated: 2024-01-31T00:00:00\nsources: {}\n", "utf-8")
    (specs / "list.csv").write_bytes(content)
    lines = """\
study: S
partition: person
lists: {visits: list.csv}
tables: {person: {rows: {count: "1"}}}
files: {}
"""
    (specs / "simulation.yaml").write_text(lines, "utf-8")
    with pytest.raises(Refusal, match=r"error SIM-003 list\.csv list\.csv"):
        simulate(specs, 1, 1, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()
