"""Checks of finished datasets: what is found, with exact counts, records and messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.attributes import Dataset
from trialkit.built import Built
from trialkit.check import check, schema_of
from trialkit.checks import validation
from trialkit.checks.hooks import StandardChecks
from trialkit.checks.keys import mixed, repeated
from trialkit.checks.pairs import combinations, one_to_one
from trialkit.checks.review import Review
from trialkit.checks.validation import failures, held_on, load_pandera
from trialkit.codelist import Codelist
from trialkit.column import Column
from trialkit.context import Store
from trialkit.expr import compile_expression
from trialkit.facts import DatasetFacts, Facts, VariableFacts
from trialkit.packages import Term
from trialkit.problems import Place, Refusal
from trialkit.records import Records
from trialkit.spec import DatasetSpec, ValueLevel, Variable
from trialkit.standard import Standard
from trialkit.terms import Terminology

SEX = Codelist("C66731", "SEX", "Sex", False, (Term("F", "C1", "Female"), Term("M", "C2", "Male")))
UNIT = Codelist("C71620", "UNIT", "Unit", True, (Term("mg", "C3", "Milligram"), Term("own")))
RES = Codelist("C9", "RES", "Results", True, (Term("NEGATIVE", "C4"),))
TERMS = Terminology((), {"SEX": SEX, "UNIT": UNIT, "RES": RES})


def fact(name, type_="Char", **more):
    return VariableFacts(name, f"Label of {name}", type_, **more)


LB = (
    fact("STUDYID"),
    fact("DOMAIN", values=("LB",)),
    fact("USUBJID", core="Req"),
    fact("LBSEQ", "Num", core="Req"),
    fact("LBSEX", codelists=("SEX",)),
    fact("LBUNIT", codelists=("UNIT",)),
    fact("LBLOST", codelists=("NOWHERE",)),
    fact("LBRES", codelists=("RES",), role="Result Qualifier"),
    fact("LBDTC", value_domain="ISO 8601 datetime or interval"),
    fact("LBDUR", value_domain="ISO 8601 duration"),
    fact("LBINT", value_domain="ISO 8601 duration or interval"),
    fact("LBTEXT"),
    fact("LBN", "Num"),
)
FACTS = Facts("X", "1", {"LB": DatasetFacts("LB", "Labs", "Findings", "", LB, LB)})
STANDARD = Standard("X", "1", "x", (), FACTS, (), lambda *_: ())
EMPTY = Store({}, subject="USUBJID", subjects="DM", cutoff=date(2021, 3, 1), terms=TERMS)


def spec_of(keys, variables=None):
    return DatasetSpec.model_construct(
        dataset="LB", domain="", label="", dataset_class="", structure="", working=False, checks=[],
        variables=variables or {}, supplemental={}, keys=list(keys), sort=[], records=[],
    )  # fmt: skip


def column_of(values):
    texts = all(isinstance(value, str) for value in values)
    return Column.text(values) if texts else Column.numbers(values)


def made(keys=(), variables=None, **columns):
    spec = spec_of(keys, variables)
    filled = {
        name: values if isinstance(values, Column) else column_of(values) for name, values in columns.items()
    }
    count = len(next(iter(filled.values())))
    filled = {
        "USUBJID": Column.constant("1", count), "LBSEQ": Column.numbers(np.arange(1.0, count + 1)), **filled,
    }  # fmt: skip
    metas = {name: STANDARD.meta(spec, name) for name in filled}
    attributes = tuple(meta.attributes(filled[name], []) for name, meta in metas.items())
    return Built(spec, Dataset("LB", "Labs", attributes), metas, Records.start("RAW", filled, count))


def store_of(subjects=("1", "2")):
    dm = Records.start("RAW", {"USUBJID": Column.text(subjects)}, len(subjects))
    return replace(EMPTY, tables={"DM": dm}, raw={})


def lines(built, standard=STANDARD, store=None):
    return [problem.line() for problem in check(built, store or store_of(), standard)]


def places(problem):
    return problem.cells.records.tolist()


def test_a_clean_dataset_has_no_problem():
    built = made(["USUBJID", "LBSEQ"], STUDYID=["A", "A"], DOMAIN=["LB", "LB"], LBSEX=["F", ""],
                 LBUNIT=["mg", "own"], LBRES=["<0.5", "NEGATIVE"], LBDTC=["2021-02-28T08:15", "2021"],
                 LBDUR=["P7D", ""], LBTEXT=["a b", ""], LBN=[1.5, np.nan],
                 LBINT=["2021-01-01/P7D", "PT2H"])  # fmt: skip
    assert lines(built) == []


LONG = "x" * 201
CASES = {
    "required null": (
        {"USUBJID": ["", "1", ""]},
        "error CHECK-102 LB.USUBJID record 1 required variable is null (2 times). "
        "Map a value for every record, or exclude the record with a reason.",
        [0, 2],
    ),
    "required number null": (
        {"LBSEQ": [1.0, np.nan]},
        "error CHECK-102 LB.LBSEQ record 2 required variable is null. "
        "Map a value for every record, or exclude the record with a reason.",
        [1],
    ),
    "too long": (
        {"LBTEXT": ["a", LONG, LONG]},
        "error XPT-005 LB.LBTEXT record 2 text is longer than 200 bytes (2 times). "
        "Break it with `piece` into supplemental qualifiers, or shorten it at the source; it is never cut.",
        [1, 2],
    ),
    "not ASCII": (
        {"LBTEXT": ["a", "é", "b"]},
        "error XPT-006 LB.LBTEXT record 2 text is not ASCII. "
        "Translate the text with `recode`, or its characters with `replace`; none is changed by itself.",
        [1],
    ),
    "control character": (
        {"LBTEXT": ["a\nb", "b"]},
        "error XPT-007 LB.LBTEXT record 1 text has control characters. "
        "Add `breaks` or `controls` to `trim` of the source, or use `replace`.",
        [0],
    ),
    "blank at the end": (
        {"LBTEXT": ["b", "a "]},
        "error XPT-008 LB.LBTEXT record 2 text ends with a blank. "
        "Add `blanks` to `trim` of the source, or use the rule `trim`.",
        [1],
    ),
    "number out of range": (
        {"LBN": [1.0, 1e99, np.inf]},
        "error XPT-009 LB.LBN record 2 number is out of range (2 times). "
        "Correct the number or leave it missing; magnitudes from 5.4E-79 to 7.2E75 can be held.",
        [1, 2],
    ),
    "closed codelist": (
        {"LBSEX": ["F", "X", "X"]},
        "error CHECK-110 LB.LBSEX record 2 value is not in codelist SEX (2 times). "
        "Map it to a submission value of the codelist.",
        [1, 2],
    ),
    "synonym": (
        {"LBSEX": ["female", "F", "m"]},
        "error CHECK-110 LB.LBSEX record 1 value is not in codelist SEX (2 times). "
        "Use 'F', 'M'. Map it to a submission value of the codelist.",
        [0, 2],
    ),
    "undeclared term": (
        {"LBUNIT": ["mg", "Milligrams", "own"]},
        "error CHECK-111 LB.LBUNIT record 2 value is not in codelist UNIT. Did you mean 'mg'? "
        "Map it to a submission value, or declare it under `codelists` in study.yaml.",
        [1],
    ),
    "number where the codelist holds units": (
        {"LBUNIT": ["5"]},
        "error CHECK-111 LB.LBUNIT record 1 value is not in codelist UNIT. "
        "Map it to a submission value, or declare it under `codelists` in study.yaml.",
        [0],
    ),
    "not among the listed values": (
        {"DOMAIN": ["LB", "EX"]},
        "error CHECK-112 LB.DOMAIN record 2 DOMAIN is not LB. "
        "Map it to one of the values that the implementation guide lists.",
        [1],
    ),
    "impossible date": (
        {"LBDTC": ["2021-02-28", "2021-02-29", "28FEB2021", "2021-02-28T24:00", "0000-01-01"]},
        "error CHECK-120 LB.LBDTC record 2 not an ISO 8601 date or time that the calendar has (4 times). "
        "Map it with a rule for dates, which says what an impossible or partial date becomes.",
        [1, 2, 3, 4],
    ),
    "not a duration": (
        {"LBDUR": ["P1D", "1 day", "2021-01-01/P1D"]},
        "error CHECK-121 LB.LBDUR record 2 not an ISO 8601 duration (2 times). "
        "Map it with a rule for durations.",
        [1, 2],
    ),
    "neither duration nor interval": (
        {"LBINT": ["P1D", "2021-01-01", "2021-01-01/2021-01-02"]},
        "error CHECK-121 LB.LBINT record 2 not an ISO 8601 duration or interval. "
        "Map it with a rule for durations.",
        [1],
    ),
    "after the cutoff": (
        {"LBDTC": ["2021-03-01T23:59", "2021-03-02", "2021-03", "2021-04", "2022", "2021", "-----T12:00"]},
        "query CHECK-122 LB.LBDTC record 2 date is after the data cutoff (3 times). "
        "Ask the site whether the date is right, or correct the cutoff in study.yaml.",
        [1, 3, 4],
    ),
    "offsets": (
        {"LBDTC": ["2021-01-01T10:00+08:00", "2021-01-01T10:00", "2021-01-01", "2021-01-01T10:00Z"]},
        "query CHECK-123 LB.LBDTC record 1 3 different offsets from UTC (2 times). "
        "Ask which clock the times were taken from; they are kept as collected.",
        [0, 3],
    ),
    "orphan": (
        {"USUBJID": ["1", "3", "3"]},
        "error CHECK-140 LB.USUBJID record 2 subject is not in DM (2 times). "
        "Add the subject there, or exclude the records with a reason.",
        [1, 2],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_value_check(case):
    columns, line, rows = CASES[case]
    [problem] = check(made(**columns), store_of(), STANDARD)
    assert problem.line() == line
    assert problem.count == len(rows)
    assert places(problem) == rows
    assert problem.cells.rows["RAW"].tolist() == rows
    assert len(problem.cells.subject) == len(rows)
    name = next(iter(columns))
    want = [columns[name][row] for row in rows]
    assert np.array_equal(
        problem.cells.values.objects().tolist(), want, equal_nan=not isinstance(want[0], str)
    )


def test_unused_values_are_no_finding():
    column = Column.text(["F", "?", "é" * 300]).take(np.zeros(900, np.int64))
    assert lines(made(LBSEX=column)) == []


def test_a_declared_length_is_a_limit():
    spec = Variable.model_construct(
        length=3, value_level=[], label="", type="", format="", codelist="", core=""
    )
    found = check(made(variables={"LBTEXT": spec}, LBTEXT=["abc", "abcd"]), store_of(), STANDARD)
    assert [(one.kind.code, one.what, one.count) for one in found] == [
        ("XPT-005", "text is longer than 3 bytes", 1)
    ]


@pytest.mark.proves("TK-LOG-1")
def test_subject_values_stand_only_in_the_cells():
    secret = "Zyx-7781"
    columns = {"LBSEX": [secret], "LBDTC": [secret], "USUBJID": [secret], "LBTEXT": [secret + "é"]}
    found = check(made(["LBTEXT"], **columns), store_of(), STANDARD)
    assert len(found) == 4
    assert all(secret not in one.line() and one.value == "" for one in found)
    assert all(one.cells.values.objects()[0].startswith(secret) for one in found)


def test_absent_required_variable():
    spec, columns = spec_of([]), {"LBTEXT": Column.text(["a"])}
    metas = {"LBTEXT": STANDARD.meta(spec, "LBTEXT")}
    attributes = (metas["LBTEXT"].attributes(columns["LBTEXT"], []),)
    found = lines(Built(spec, Dataset("LB", "Labs", attributes), metas, Records(columns, 1)))
    assert found == [
        "error CHECK-101 LB.USUBJID required variable USUBJID is absent. Give it a rule under `variables`.",
        "error CHECK-101 LB.LBSEQ required variable LBSEQ is absent. Give it a rule under `variables`.",
    ]


def test_an_identifier_may_stand_in_place_of_another():
    standard = Standard(
        "X", "1", "x", (), FACTS, (), lambda *_: (), StandardChecks(instead={"USUBJID": ("LBTEXT",)})
    )
    found = check(made(USUBJID=["1", "", ""], LBTEXT=["", "P", ""]), store_of(), standard)
    assert [(one.what, places(one)) for one in found] == [("neither USUBJID nor LBTEXT has a value", [2])]


def test_sanctioned_values_pass_a_closed_codelist():
    standard = Standard(
        "X", "1", "x", (), FACTS, (), lambda *_: (), StandardChecks(sanctioned={"LBSEX": frozenset({"BOTH"})})
    )
    assert lines(made(LBSEX=["BOTH", "F"]), standard) == []


def attributed(**changes):
    values = {
        "label": "",
        "type": "",
        "length": None,
        "format": "",
        "codelist": "",
        "core": "",
        "value_level": [],
    }
    return Variable.model_construct(**(values | changes))


def test_type_and_label_of_the_standard():
    variables = {"LBTEXT": attributed(label="Other"), "LBN": attributed(type="Char")}
    assert lines(made(variables=variables, LBTEXT=["a"], LBN=["1"])) == [
        "error CHECK-104 LB.LBTEXT label is not 'Label of LBTEXT'. "
        "Leave `label` out of the spec; the standard gives it.",
        "error CHECK-103 LB.LBN type is Char, the standard says Num. "
        "Leave `type` out of the spec; the standard gives it.",
    ]


def test_names_and_labels_of_a_transport_file():
    variables = {"lbtoolong": attributed(label="é" * 41)}
    assert lines(made(variables=variables, lbtoolong=["a"], LBOWN=["a"])) == [
        "error CHECK-105 LB.LBOWN variable has no label. "
        "Give it a `label` of at most 40 ASCII characters in the spec.",
        "error XPT-001 LB.lbtoolong variable name 'lbtoolong'. "
        "Use 1 to 8 capital letters, digits or _, a letter first.",
        f"error XPT-002 LB.lbtoolong variable label of 82 bytes {'é' * 41!r}. "
        "Write a label of at most 40 ASCII characters without control characters or blanks at the end.",
    ]


def test_values_of_another_type_than_the_variable():
    built = made(LBN=[1.0])
    built.records.columns["LBN"] = Column.text(["x"])
    assert lines(built) == [
        "error DST-001 LB.LBN a Num variable of data type integer has text values. "
        "Make the type, the data type and the rule of the variable agree."
    ]


def test_a_codelist_that_is_not_in_the_terminology_is_said():
    assert lines(made(LBLOST=["a"])) == [
        "query CHECK-113 LB.LBLOST codelist NOWHERE is not in the terminology. "
        "Use a terminology package that has it, or declare it under `codelists` in study.yaml."
    ]


def test_keys_with_all_records_of_each_key():
    built = made(["USUBJID", "LBN"], USUBJID=["1", "2", "1", "2", "1"], LBN=[1, 1, 1, 2, np.nan])
    [problem] = check(built, store_of(), STANDARD)
    assert problem.line() == (
        "error CHECK-130 LB record 1 records are not unique by USUBJID, LBN (2 times). "
        "Remove the repeated records by a rule, or add the variable that tells them apart to `keys`."
    )
    assert places(problem) == [0, 2]
    assert problem.cells.values.objects().tolist() == ["USUBJID=1, LBN=1"] * 2


def test_subjects_need_their_dataset():
    assert lines(made(LBTEXT=["a"]), store=EMPTY) == [
        "query CHECK-142 LB.USUBJID subjects are not checked, DM is not built in this run. "
        "Build the dataset of subjects in the same run."
    ]


def test_a_raw_table_is_no_dataset_of_subjects():
    store = store_of()
    store.raw["DM"] = None
    assert "CHECK-142" in lines(made(USUBJID=["9"]), store=store)[0]


def test_one_record_per_subject_in_the_dataset_of_subjects():
    [problem] = check(made(USUBJID=["1", "2", "1"]), replace(EMPTY, subjects="LB"), STANDARD)
    assert problem.line().startswith(
        "error CHECK-141 LB.USUBJID record 1 subject has more than one record (2 times)."
    )
    assert places(problem) == [0, 2]


def test_value_levels_have_codelists_of_their_own():
    level = ValueLevel.model_construct(when=compile_expression("LBSEX == 'F'"), codelist="UNIT")
    built = made(
        variables={"LBTEXT": attributed(value_level=[level])}, LBSEX=["F", "M", "F"], LBTEXT=["mg", "x", "y"]
    )
    [problem] = check(built, store_of(), STANDARD)
    assert problem.what == "value is not in codelist UNIT where LBSEX == 'F'"
    assert (problem.kind.code, places(problem)) == ("CHECK-111", [2])


def test_a_value_level_with_an_unknown_column_is_refused_not_broken():
    level = ValueLevel.model_construct(when=compile_expression("NOPE == 'F'"), codelist="UNIT")
    [line] = lines(made(variables={"LBTEXT": attributed(value_level=[level])}, LBTEXT=["mg"]))
    assert line.startswith("error SPEC-020 LB unknown column 'NOPE'.")


def test_the_spec_place_of_the_variable_goes_along():
    class Placed:
        value_level = ()
        length, label, type, format, codelist, core, role = None, "", "", "", "", "", ""

        def place(self):
            return Place("sdtm/lb.yaml", 7, 3)

    [problem] = check(made(variables={"LBSEX": Placed()}, LBSEX=["X"]), store_of(), STANDARD)
    assert str(problem.spec) == "sdtm/lb.yaml:7:3"


@pytest.mark.proves("TK-FAIL-1")
def test_all_problems_come_at_once():
    built = made(["LBTEXT"], LBSEX=["X", "F"], LBDTC=["?", ""], LBTEXT=["é", "é"], USUBJID=["7", "1"])
    codes = [problem.kind.code for problem in check(built, store_of(), STANDARD)]
    assert codes == ["CHECK-140", "CHECK-110", "CHECK-120", "XPT-006", "CHECK-130"]


def test_no_records_no_problem():
    empty = made(["USUBJID"], LBSEX=Column.text([]), LBN=Column.numbers([]))
    assert lines(empty) == []


def test_standard_adds_checks_of_records_last():
    own = StandardChecks(records=lambda built, store: [f"of {built.name}"])
    standard = Standard("X", "1", "x", (), FACTS, (), lambda *_: (), own)
    assert check(made(LBTEXT=["a"]), store_of(), standard) == ["of LB"]


# ---------------------------------------------------------------- distinct values and rows agree

VALUES = {
    "USUBJID": ["1", "2", "3", ""],
    "LBSEX": ["F", "M", "female", "", "é"],
    "LBUNIT": ["mg", "own", "kg ", ""],
    "LBRES": ["5", "<5", "NEGATIVE", "POS", ""],
    "LBDTC": ["2021-02-29", "2021-02-28", "2021", "2022-01", "", "x\ny"],
    "LBDUR": ["P1D", "1D", "", "x" * 201],
    "LBSEQ": [1.0, 2.0, np.nan, 1e80],
    "LBN": [1.0, -0.0, np.nan, np.inf],
}
TABLES = st.integers(1, 12).flatmap(
    lambda rows: st.fixed_dictionaries(
        {
            name: st.lists(st.sampled_from(values), min_size=rows, max_size=rows)
            for name, values in VALUES.items()
        }
    )
)


def numeric(name):
    return name in ("LBSEQ", "LBN")


@settings(max_examples=30, derandomize=True, deadline=None)
@given(TABLES, st.sets(st.sampled_from(sorted(VALUES)), max_size=2), st.booleans())
def test_checks_on_distinct_values_equal_pandera_on_rows(table, names, padded):
    table = {
        name: table[name]
        for name in ["USUBJID", "LBSEQ", "LBN", *sorted(names - {"USUBJID", "LBSEQ", "LBN"})]
    }
    keys = ["USUBJID", "LBN"]
    columns = {
        name: Column.numbers(values) if numeric(name) else Column.text(values)
        for name, values in table.items()
    }
    if padded:  # unused and repeated values in the tables of values
        columns = {
            name: Column(np.append(one.values, one.values), one.codes) for name, one in columns.items()
        }
    built = made(keys, **columns)
    frame = pd.DataFrame(
        {name: pd.Series(table[name], dtype=float if numeric(name) else object) for name in built.metas}
    )
    schema = schema_of(built, store_of(), STANDARD)
    by_rows = {}
    with held_on():
        for name in built.metas:
            one = load_pandera().DataFrameSchema({name: schema.columns[name]})
            for failure in failures(one, frame[[name]]):
                code = "CHECK-102" if failure.check == validation.NOT_NULLABLE else failure.check
                by_rows[name, code] = failure.places.tolist()
    twice = np.flatnonzero(frame.duplicated(keys, keep=False)).tolist()
    if twice:
        by_rows["", "CHECK-130"] = twice
    found = check(built, store_of(), STANDARD)
    assert {(one.where.variable, one.kind.code): places(one) for one in found} == by_rows
    assert all(one.count == len(one.cells.records) for one in found)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([1.0, 2.0, np.nan])), min_size=1, max_size=15)
)
def test_repeated_keys_equal_pandas(rows):
    columns = [Column.text([one for one, _ in rows]), Column.numbers([two for _, two in rows])]
    want = np.flatnonzero(pd.DataFrame(rows).duplicated(keep=False)).tolist()
    assert repeated(columns, len(rows)).tolist() == want
    assert len(set(mixed(columns, len(rows)).tolist())) == len(pd.DataFrame(rows).drop_duplicates())
    assert combinations(columns, len(rows))[1]["count"].sum() == len(rows)


def test_very_many_combinations_do_not_overflow():
    wide = Column(np.arange(2**17, dtype=np.float64), np.array([0, 5, 0], np.int32))
    assert repeated([wide] * 5, 3).tolist() == [0, 2]
    assert combinations([wide] * 5, 3)[1]["count"].tolist() == [2, 1]
    assert combinations([wide] * 2, 3)[1]["count"].tolist() == [2, 1]


# ---------------------------------------------------------------- pairs


def pair_of(left, right, within=()):
    columns = {"A": column_of(left), "B": column_of(right)} | ({"C": column_of(within)} if within else {})
    built = Built(
        spec_of(()), Dataset("LB", "", ()), dict.fromkeys(columns), Records.start("RAW", columns, len(left))
    )
    found = one_to_one(Review(built, store_of()), "A", "B", ["C"] if within else [])
    return [(one.what, one.where.variable, places(one)) for one in found]


def test_pairs_that_are_one_to_one():
    assert pair_of([1, 1, 2, np.nan, 3], ["x", "x", "y", "z", ""]) == []


def test_the_rarer_partner_is_at_fault():
    assert pair_of([1, 1, 1, 2], ["x", "y", "x", "z"]) == [("A has more than one B", "B", [1])]
    assert pair_of([1, 1, 2], ["x", "x", "x"]) == [("B has more than one A", "A", [2])]


def test_of_equally_frequent_partners_the_first_value_is_usual():
    assert pair_of([1, 1], ["y", "x"]) == [("A has more than one B", "B", [0])]


def test_pairs_within_other_values():
    assert pair_of([1, 1], ["x", "y"], ["p", "q"]) == []
    assert pair_of([1, 1, 1], ["x", "y", "x"], ["p", "p", "q"]) == [("A has more than one B", "B", [1])]


# ---------------------------------------------------------------- pandera cannot be switched off

PROGRAM = """
import sys, json
if {first}: import pandera.pandas
sys.path.insert(0, {folder!r})
import test_check
print(json.dumps([one.kind.code for one in test_check.check(
    test_check.made(["LBTEXT"], LBSEX=["X", "F"], LBSEQ=[1.0, float("nan")], LBTEXT=["a", "a"]),
    test_check.store_of(), test_check.STANDARD)]))
"""
OFF = [
    {"PANDERA_VALIDATION_ENABLED": "False"},
    {"PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"},
    {"PANDERA_VALIDATION_DEPTH": "DATA_ONLY"},
    {"PANDERA_VALIDATION_DEPTH": "nonsense"},
    {"PANDERA_CACHE_DATAFRAME": "True", "PANDERA_KEEP_CACHED_DATAFRAME": "True"},
    {"PANDERA_USE_NARWHALS_BACKEND": "True"},
]


def run_apart(first, switches):
    program = PROGRAM.format(first=first, folder=os.path.dirname(__file__))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **switches},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("switches", OFF, ids=lambda one: "+".join(f"{k[8:]}={v}" for k, v in one.items()))
def test_environment_cannot_switch_the_checks_off(switches):
    assert run_apart(False, switches) == ["CHECK-102", "CHECK-110", "CHECK-130"]


def test_not_even_where_the_program_has_imported_pandera_before():
    switches = {"PANDERA_VALIDATION_ENABLED": "False", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"}
    assert run_apart(True, switches) == ["CHECK-102", "CHECK-110", "CHECK-130"]


def test_importing_pandera_leaves_the_environment_as_it_was(monkeypatch):
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    load_pandera.cache_clear()
    load_pandera()
    assert os.environ["PANDERA_VALIDATION_ENABLED"] == "False"


def test_a_pandera_that_does_not_validate_is_refused(monkeypatch):
    pandera = load_pandera()
    monkeypatch.setattr(pandera.DataFrameSchema, "validate", lambda self, frame, **_: frame)
    with pytest.raises(Refusal, match=r"error CHECK-100 pandera does not validate. Remove the settings"):
        check(made(LBSEX=["X"]), store_of(), STANDARD)


def test_a_check_that_cannot_run_is_a_bug_not_a_finding():
    def broken(series):
        raise ZeroDivisionError

    pandera = load_pandera()
    schema = pandera.DataFrameSchema({"A": pandera.Column(float, pandera.Check(broken, name="A-1"))})
    with pytest.raises(RuntimeError, match="check A-1 could not run"):
        failures(schema, pd.DataFrame({"A": [1.0]}))


# ---------------------------------------------------------------- the schema, to print and export


def test_schema_says_what_it_checks():
    schema = schema_of(made(["USUBJID"], LBSEX=["F"], LBN=[1.0]), store_of(), STANDARD)
    assert (schema.name, schema.title, schema.unique, schema.strict) == ("LB", "Labs", ["USUBJID"], True)
    assert [check.name for check in schema.columns["LBSEX"].checks] == [
        "XPT-005", "XPT-006", "XPT-007", "XPT-008", "CHECK-110"
    ]  # fmt: skip
    said = json.loads(json.dumps(schema.get_metadata()))["LB"]["columns"]["LBSEX"]
    assert (said["type"], said["codelists"]) == ("Char", ["SEX"])
    assert said["checks"]["CHECK-110"] == "value is not in codelist SEX"
    assert not schema.columns["LBSEQ"].nullable
    assert schema.columns["LBN"].nullable


def test_schema_runs_on_a_plain_table():
    schema = schema_of(made(["USUBJID", "LBSEQ"], LBSEX=["F"]), store_of(), STANDARD)
    good = pd.DataFrame({"USUBJID": ["1"], "LBSEQ": [1.0], "LBSEX": ["F"]})
    with held_on():
        assert failures(schema, good) == []
        bad = pd.concat([good, good.assign(LBSEX="x")], ignore_index=True)
        assert {one.check for one in failures(schema, bad)} == {"CHECK-110", "multiple_fields_uniqueness"}
