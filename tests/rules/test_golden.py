"""Every rule against its golden table: tests/rules/<key>.yaml, a list of cases, input rows and output rows.

Keys of a case: ``says``; ``records`` and ``tables`` (columns by name; a column of numbers is written
``{number: [...]}``), ``source`` (name of the records' table, SRC by default), ``codelists`` (sponsor
codelists), ``units`` (the study's conversions), ``codelist`` (that of the variable, which is named V, or
as ``variable`` says);
``rule``; and what has to come out: ``gives`` (a column, or columns by name for a record rule), ``rows``
(lineage by source), ``item``, ``excluded`` (count by reason), ``witnesses``, ``problems`` (``CODE count``,
with `` query`` behind it), ``refused`` (code of a refusal, instead of ``gives``).
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialkit.column import Column
from trialkit.context import Context, Store
from trialkit.load import Loading, read_tree
from trialkit.problems import Refusal
from trialkit.records import Records
from trialkit.rule import RecordRule, Rule, VariableRule, find_rules, main_keys, read_rule
from trialkit.spec import Variable
from trialkit.terms import Terminology, load_terminology
from trialkit.units import Units, read_conversions

HERE = Path(__file__).parent
PACKAGES = ("trialkit.rules", "sdtm.rules", "adam.rules")
RULES: dict[str, type[Rule]] = find_rules(PACKAGES)
KEYS = {
    *("says", "records", "tables", "source", "codelists", "codelist", "units", "variable", "rule"),
    *("gives", "rows", "item", "excluded", "witnesses", "problems", "refused"),
}


def read_yaml(path: Path) -> tuple[Any, Loading]:
    loading = Loading(rules=RULES)
    tree = read_tree(path, path.parent, loading)
    loading.problems.refuse()
    return tree, loading


def golden_cases() -> list[Any]:
    found = []
    for path in sorted(HERE.glob("*.yaml")):
        cases, loading = read_yaml(path)
        found += [
            pytest.param(
                case,
                loading,
                id=f"{path.stem}-{case.get('says', number)}".replace(" ", "_"),
                marks=pytest.mark.proves(f"rule:{path.stem}"),
            )
            for number, case in enumerate(cases)
        ]
    return found


CASES = golden_cases()


@functools.cache
def terminology() -> Terminology:
    return load_terminology("SDTM", "2025-03-28")


def units_of(case: Any, terms: Terminology) -> Units:
    """Make the units with the case's own conversions: rows of from, to, factor, analyte."""
    lines = ["from,to,factor,analyte", *(",".join(row) for row in case.get("units") or [])]
    rows, problems = read_conversions("\n".join(lines), "units.csv")
    assert problems.items == []
    return Units(terms.codelist("UNIT"), tuple(rows))


def column_of(cells: Any, *, loose: bool = False) -> Column:
    """Make a column; a loose one repeats values and has unused ones, as columns may."""
    if isinstance(cells, dict):
        made = Column.numbers([float(cell) if cell else np.nan for cell in cells["number"]])
    else:
        made = Column.text([str(cell) for cell in cells])
    if not loose:
        return made
    unused: str | float = "\uffff?" if made.kind == "text" else -987654.0
    values = np.concatenate([np.array([unused], made.values.dtype), made.objects()])
    return Column(values, np.arange(1, len(made) + 1, dtype=np.int32))


def table_of(name: str, columns: Any, *, loose: bool = False) -> Records:
    made = {key: column_of(cells, loose=loose) for key, cells in columns.items()}
    return Records.start(name, made, len(next(iter(made.values()))) if made else 0)


def context_of(case: Any, rule: Rule, *, loose: bool = False, cut: bool = False) -> Context:
    """Make what the rule sees: the records (none of them when ``cut``), the tables, the codelists."""
    tables = {
        name: table_of(name, columns, loose=loose) for name, columns in (case.get("tables") or {}).items()
    }
    source = case.get("source", "SRC")
    records = table_of(source, case["records"], loose=loose) if "records" in case else Records({}, 0)
    if cut:
        records = records.take(np.zeros(records.count, bool))
    terms = terminology().extended(case.get("codelists") or {})
    store = Store(tables, subject="USUBJID", terms=terms, units=units_of(case, terms))
    variable, codelist = str(case.get("variable", "V")), case.get("codelist", "")
    return Context(store, "XX", records, variable=variable, own_codelist=codelist)


def rule_of(case: Any, loading: Loading) -> Rule:
    keys = main_keys(case["rule"], RULES)
    kind = RULES[keys[0]] if keys else Rule
    before = len(loading.problems.items)
    made = read_rule(case["rule"], RecordRule if issubclass(kind, RecordRule) else VariableRule, loading)
    assert loading.problems.items[before:] == []
    return made


def plain(column: Column) -> Any:
    """Write a column as a golden table does."""
    if column.kind == "text":
        return column.objects().tolist()
    return {"number": [None if math.isnan(value) else value for value in column.objects().tolist()]}


def expected(cells: Any) -> Any:
    if isinstance(cells, dict):
        return {"number": [float(cell) if cell else None for cell in cells["number"]]}
    return [str(cell) for cell in cells]


def found_problems(context: Context) -> list[str]:
    return sorted(
        f"{problem.kind.code} {problem.count}" + (" query" if problem.level == "query" else "")
        for problem in context.store.problems.items
    )


def check_variable(case: Any, rule: VariableRule, context: Context) -> None:
    column = rule.apply(context)
    assert len(column) == context.count
    assert plain(column) == expected(case["gives"])
    if "witnesses" in case:
        found = {key: rows.tolist() for key, rows in context.witnesses.items()}
        assert found == {key: [int(row) for row in rows] for key, rows in case["witnesses"].items()}


def check_records(case: Any, rule: RecordRule, context: Context) -> None:
    before = frozenset(context.records.columns)
    tables = {name: frozenset(table.columns) for name, table in context.store.tables.items()}
    after = rule.apply(context.records, context)
    assert {name: plain(column) for name, column in after.columns.items() if name in case["gives"]} == {
        name: expected(cells) for name, cells in case["gives"].items()
    }
    assert set(after.columns) == rule.columns(before, tables)
    assert {len(column) for column in after.columns.values()} <= {after.count}
    for source, rows in (case.get("rows") or {}).items():
        assert after.rows[source].tolist() == [int(row) for row in rows]
    if "item" in case:
        assert after.item is not None
        assert plain(after.item) == expected(case["item"])
    if "excluded" in case:
        found: Counter[str] = Counter()
        for item in context.store.ledger.exclusions:
            found[item.reason] += len(item.rows)
        assert dict(found) == {reason: int(count) for reason, count in case["excluded"].items()}


def check(case: Any, rule: Rule, context: Context) -> None:
    if "refused" in case:
        with pytest.raises(Refusal) as refusal:
            rule.apply(*((context,) if isinstance(rule, VariableRule) else (context.records, context)))  # type: ignore[attr-defined]
        assert case["refused"] in {problem.kind.code for problem in refusal.value.problems}
        return
    if isinstance(rule, VariableRule):
        check_variable(case, rule, context)
    elif isinstance(rule, RecordRule):
        check_records(case, rule, context)
    assert found_problems(context) == sorted(case.get("problems") or [])


@pytest.mark.parametrize(("case", "loading"), CASES)
def test_golden_table(case: Any, loading: Loading) -> None:
    assert set(case) <= KEYS
    rule = rule_of(case, loading)
    check(case, rule, context_of(case, rule))


@pytest.mark.parametrize(("case", "loading"), CASES)
def test_golden_table_when_columns_are_loose(case: Any, loading: Loading) -> None:
    rule = rule_of(case, loading)
    check(case, rule, context_of(case, rule, loose=True))


@pytest.mark.parametrize(("case", "loading"), CASES)
def test_no_records_give_no_values_and_no_problems(case: Any, loading: Loading) -> None:
    rule = rule_of(case, loading)
    if not isinstance(rule, VariableRule) or "refused" in case:
        return
    context = context_of(case, rule, cut=True)
    column = rule.apply(context)
    assert len(column) == 0
    assert column.kind == ("number" if isinstance(case["gives"], dict) else "text")
    assert context.store.problems.items == []


@pytest.mark.parametrize(("case", "loading"), CASES)
def test_inputs_stay_as_they_are(case: Any, loading: Loading) -> None:
    rule = rule_of(case, loading)
    context, again = context_of(case, rule), context_of(case, rule)
    if "refused" not in case:
        check(case, rule, context)
    for name, column in context.records.columns.items():
        assert plain(column) == plain(again.records.columns[name])
    assert list(context.records.columns) == list(again.records.columns)


@pytest.mark.parametrize(("case", "loading"), CASES)
def test_sentence_is_plain_text(case: Any, loading: Loading) -> None:
    sentence = rule_of(case, loading).sentence()
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert "\n" not in sentence
    assert "None" not in sentence


@pytest.mark.parametrize("key", sorted(RULES))
def test_rule_has_a_golden_table(key: str) -> None:
    assert (HERE / f"{key}.yaml").is_file(), f"tests/rules/{key}.yaml is missing"


@pytest.mark.parametrize("key", sorted(RULES))
def test_rule_says_all_about_itself(key: str) -> None:
    rule = RULES[key]
    main = [info.alias or name for name, info in rule.model_fields.items()]
    assert key in main, "the main field has the rule's key as alias"
    for name, info in rule.model_fields.items():
        assert info.description, f"{key}.{name} has no description"
    assert rule.__doc__ is not None
    assert rule.__doc__.split("\n\n")[0].endswith(".")


@pytest.mark.parametrize("key", sorted(RULES))
def test_example_loads(key: str, tmp_path: Path) -> None:
    rule = RULES[key]
    assert rule.example.strip(), f"{key} has no example"
    path = tmp_path / "example.yaml"
    path.write_text(rule.example, encoding="utf-8")
    tree, loading = read_yaml(path)
    if issubclass(rule, RecordRule):
        for step in tree:
            read_rule(step, RecordRule, loading)
    else:
        for variable in tree.values():
            Variable.model_validate(variable, context=loading)
    assert loading.problems.items == []
    assert key in rule.example


def test_golden_tables_belong_to_rules() -> None:
    assert {path.stem for path in HERE.glob("*.yaml")} - set(RULES) == set()


@pytest.mark.parametrize("key", [key for key, rule in RULES.items() if issubclass(rule, VariableRule)])
def test_no_key_of_a_rule_is_one_of_the_variable(key):
    """At the top of a variable the keys of both stand side by side; a codelist is meant for both."""
    own = {field.alias or name for name, field in RULES[key].model_fields.items()}
    assert own & set(Variable.model_fields) <= {"codelist"}
