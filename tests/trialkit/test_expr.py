"""The expression language, against a plain evaluation row by row."""

import math
import operator
import pickle
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trialkit.column import Column
from trialkit.expr import Expression, compile_expression
from trialkit.exprfunctions import pattern_fault
from trialkit.numerals import to_number, to_text
from trialkit.problems import Exit, Place, Refusal

quick = settings(max_examples=250, derandomize=True, deadline=None)

LIST, ITEM = "a list such as ('A', 'B') is expected", "a text in quotes or a number is expected"
NO_PATTERN = "it is no regular expression"
TEXTS = ["", "a", "B", "ab", "10", "2021-03-05", "轻"]
NUMBERS = [math.nan, 0.0, 1.0, -2.5, 3.0, 1e308]
COLUMNS = {
    "SEX": Column.text(["F", "M", "", "F"]),
    "AGE": Column.numbers([20, 30, 40, np.nan]),
    "RESULT": Column.text(["5", "<0.5", "", "1e3"]),
    "IT.AESEV": Column.text(["MILD", "轻", "SEVERE", ""]),
    "Lab Result": Column.text(["a", "b", "c", "it's"]),
    "性别": Column.text(["男", "女", "男", ""]),
}


def mask(text):
    return "".join("01"[hit] for hit in compile_expression(text).mask(COLUMNS.__getitem__, 4).tolist())


def column(text):
    return compile_expression(text).column(COLUMNS.__getitem__, 4).objects().tolist()


def refused(text, run=compile_expression):
    with pytest.raises(Refusal) as caught:
        run(text)
    (problem,) = caught.value.problems
    assert problem.kind.exit == Exit.SPEC
    return problem


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("SEX == 'F'", "1001"),
        ('SEX != "F"', "0110"),
        ("SEX == ''", "0010"),
        ("SEX is None", "0010"),
        ("SEX is not None", "1101"),
        ("AGE is None", "0001"),
        ("AGE > 20", "0110"),
        ("AGE <= 20", "1000"),
        ("not AGE > 20", "1001"),
        ("AGE != 20", "0111"),
        ("AGE == AGE", "1111"),
        ("20 < AGE <= 40 != 7", "0110"),
        ("SEX in ('F', 'M')", "1101"),
        ("SEX in ['']", "0010"),
        ("SEX not in ('F',)", "0110"),
        ("AGE in (-1, 20, 3e1)", "1100"),
        ("SEX == 'F' or SEX == 'M' and AGE > 99", "1001"),
        ("(SEX == 'F' or SEX == 'M') and AGE < 99", "1100"),
        ("not SEX == 'F' and AGE == 30", "0100"),
        ("IT.AESEV in ('MILD', '轻')", "1100"),
        ("`Lab Result` == 'it''s'", "0001"),
        ('`Lab Result` == "it\'s"', "0001"),
        ("`IT.AESEV` == 'SEVERE'", "0010"),
        ("性别 == '男'", "1010"),
        ("AGE / 0 is None", "1111"),
        ("AGE - 10 * 2 == 0", "1000"),
        ("-AGE < -25", "0110"),
        ("- -AGE == 30", "0100"),
        ("startswith(RESULT, '<')", "0100"),
        ("endswith(IT.AESEV, 'LD')", "1000"),
        ("contains(IT.AESEV, 'E')", "0010"),
        (r"matches(RESULT, '[<>]?[0-9.]+')", "1100"),
        (r"matches(RESULT, '\d')", "1000"),
        ("length(IT.AESEV) == 1", "0100"),
        ("lower(IT.AESEV) == 'mild'", "1000"),
        ("upper(`Lab Result`) == 'A'", "1000"),
        ("number(RESULT) >= 5", "1001"),
        ("number(RESULT) is None", "0110"),
        ("number(AGE) == 20", "1000"),
        ("text(AGE) == '20'", "1000"),
        ("text(AGE) == ''", "0001"),
        ("'a' == 'a'", "1111"),
        ("SEX\n  == 'F'\n", "1001"),
        ("1e300 * 1e300 is None", "1111"),
        (f"AGE < {'9' * 300}", "1110"),
        (" or ".join(["AGE == 20"] * 120), "1000"),
    ],
)
def test_conditions(text, hits):
    assert mask(text) == hits


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("AGE * 2 + 1", [41.0, 61.0, 81.0, None]),
        ("AGE // 7 + AGE % 7", [8.0, 6.0, 10.0, None]),
        ("1 / (AGE - 20)", [None, 0.1, 0.05, None]),
        ("-(AGE - 20)", [0.0, -10.0, -20.0, None]),
        ("upper(SEX)", ["F", "M", "", "F"]),
        ("text(AGE / 8)", ["2.5", "3.75", "5", ""]),
        ("text(-(AGE - 20))", ["0", "-10", "-20", ""]),
        ("'x'", ["x"] * 4),
        ("+".join(["1"] * 500), [500.0] * 4),
    ],
)
def test_values(text, values):
    got = column(text)
    assert [None if isinstance(value, float) and math.isnan(value) else value for value in got] == values


def test_names_in_the_order_in_which_they_are_written():
    text = "B in ('a') or not (A + C.D * -A > 1) and upper(`x y`) == B and A is None"
    assert compile_expression(text).names == ("B", "A", "C.D", "x y")


def test_an_expression_travels_to_another_process():
    expression = pickle.loads(pickle.dumps(compile_expression("matches(SEX, 'F|M')")))
    assert expression.mask(COLUMNS.__getitem__, 4).tolist() == [True, True, False, True]


def test_no_rows_and_no_columns():
    empty = {"X": Column.text([]), "N": Column.numbers([])}
    assert compile_expression("X == 'a' and N > 1 and matches(X, 'a')").mask(empty.__getitem__, 0).shape == (
        0,
    )
    assert len(compile_expression("N + 1").column(empty.__getitem__, 0)) == 0
    assert compile_expression("1 < 2").mask(empty.__getitem__, 3).tolist() == [True] * 3


def test_functions_run_once_per_distinct_combination():
    many = {"X": Column.text(["a", "b"] * 50_000), "N": Column.numbers([1.0, 2.0] * 50_000)}
    assert compile_expression("X == 'a' and N < 2").mask(many.__getitem__, 100_000).sum() == 50_000


def value_or_missing(compute, *numbers):
    if any(math.isnan(number) for number in numbers):
        return math.nan
    try:
        result = compute(*numbers)
    except (ZeroDivisionError, OverflowError):
        return math.nan
    return result if math.isfinite(result) else math.nan


def is_missing(value):
    return value == "" or value != value


def compared(compare, left, right):
    if compare in (operator.eq, operator.ne):
        same = left == right or (is_missing(left) and is_missing(right))
        return same == (compare is operator.eq)
    return not is_missing(left) and not is_missing(right) and compare(left, right)


ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
COMPARE = {
    **{"==": operator.eq, "!=": operator.ne, "<": operator.lt},
    **{"<=": operator.le, ">": operator.gt, ">=": operator.ge},
}
JOIN = {"and": lambda a, b: a and b, "or": lambda a, b: a or b}


def two(parts, table, build):
    return st.tuples(parts, st.sampled_from(sorted(table)), parts).map(
        lambda found: (
            f"({found[0][0]} {found[1]} {found[2][0]})",
            build(table[found[1]], found[0][1], found[2][1]),
        )
    )


text_values = st.sampled_from([("T", lambda row: row[0]), ("U", lambda row: row[1])]) | st.sampled_from(
    TEXTS
).map(lambda text: (repr(text), lambda row: text))
number_values = st.recursive(
    st.sampled_from([("N", lambda row: row[2]), ("M", lambda row: row[3])])
    | st.sampled_from([0.0, 1.0, 2.5]).map(lambda number: (repr(number), lambda row: number)),
    lambda parts: two(
        parts, ARITHMETIC, lambda do, a, b: lambda row: value_or_missing(do, a(row), b(row))
    ) | parts.map(lambda part: (f"(-{part[0]})", lambda row: -part[1](row))),
    max_leaves=4,
)  # fmt: skip
comparisons = two(text_values, COMPARE, lambda do, a, b: lambda row: compared(do, a(row), b(row))) | two(
    number_values, COMPARE, lambda do, a, b: lambda row: compared(do, a(row), b(row))
)
tests_of_one = st.one_of(
    text_values.map(lambda part: (f"{part[0]} is not None", lambda row: part[1](row) != "")),
    number_values.map(lambda part: (f"{part[0]} is None", lambda row: math.isnan(part[1](row)))),
    text_values.map(lambda part: (f"{part[0]} in ('a', '')", lambda row: part[1](row) in ("a", ""))),
    number_values.map(
        lambda part: (f"{part[0]} not in (1, -2.5)", lambda row: part[1](row) not in (1, -2.5))
    ),
    text_values.map(lambda part: (f"contains({part[0]}, 'a')", lambda row: "a" in part[1](row))),
)
conditions = st.recursive(
    comparisons | tests_of_one,
    lambda parts: (
        two(parts, JOIN, lambda do, a, b: lambda row: do(a(row), b(row)))
        | parts.map(lambda part: (f"(not {part[0]})", lambda row: not part[1](row)))
    ),
    max_leaves=5,
)
row_lists = st.lists(st.tuples(*[st.sampled_from(TEXTS)] * 2, *[st.sampled_from(NUMBERS)] * 2), max_size=12)


def resolver(rows):
    made = {name: Column.text([row[i] for row in rows]) for i, name in enumerate("TU")}
    made |= {name: Column.numbers([row[i] for row in rows]) for i, name in enumerate("NM", 2)}
    return made.__getitem__


@quick
@given(conditions, row_lists)
def test_conditions_against_plain_rows(condition, rows):
    text, plain = condition
    expected = [plain(row) for row in rows]
    assert compile_expression(text).mask(resolver(rows), len(rows)).tolist() == expected


@quick
@given(number_values, row_lists)
def test_values_against_plain_rows(value, rows):
    text, plain = value
    got = compile_expression(text).column(resolver(rows), len(rows)).objects()
    np.testing.assert_array_equal(got, np.array([plain(row) for row in rows], float))


WORDS = [
    "A",
    "B.C",
    "'a'",
    "1",
    "2.5",
    "and",
    "or",
    "not",
    "in",
    "is",
    "None",
    "==",
    "<",
    "=",
    "+",
    "-",
    "**",
    "(",
    ")",
]
WORDS += [
    "[",
    "]",
    ",",
    ".",
    ":=",
    "lambda",
    "upper",
    "matches",
    "number",
    "`x y`",
    "'",
    "`",
    '"',
    "f'a'",
    "#",
    "\x00",
]


@pytest.mark.proves("TK-SPEC-2")
@quick
@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
@example("not" * 1 + " not" * 400 + " A == 1")
@example("(" * 10_000 + "1" + ")" * 10_000)
@example("(" * 900 + "1" + ")" * 900)
@example("[" * 1000)
@example("-" * 1900 + "1")
@example("upper(" * 300)
@example("A == '" + "a" * 1990)
@example("\ud800 == 1")
@example("matches(A, '[[a]')")
@example("matches(A, 'a{99999999999}')")
def test_no_text_gives_anything_but_an_expression_or_a_refusal(text):
    try:
        outcome = compile_expression(text)
    except Refusal as refusal:
        outcome = {problem.kind.exit for problem in refusal.problems}
    assert isinstance(outcome, Expression) or outcome == {Exit.SPEC}


@pytest.mark.proves("TK-SPEC-2")
@pytest.mark.parametrize(
    ("text", "code", "what"),
    [
        ("", "EXPR-001", "the expression ends too soon at character 1"),
        ("AGE >", "EXPR-001", "the expression ends too soon at character 6"),
        ("AGE = 18", "EXPR-001", "unexpected '=' at character 5"),
        ("AGE == 18)", "EXPR-001", "unexpected ')' at character 10"),
        ("(AGE == 18", "EXPR-001", "the expression ends too soon; ')' is expected at character 11"),
        ("SEX == 'F", "EXPR-001", 'unexpected "\'" at character 8'),
        ("`Lab == 1", "EXPR-001", "unexpected '`' at character 1"),
        ("SEX == ‘F’", "EXPR-001", "unexpected '‘' at character 8"),
        ("SEX in 'F'", "EXPR-001", f"unexpected \"'F'\"; {LIST} at character 8"),
        ("SEX in (AGE)", "EXPR-001", f"unexpected 'AGE'; {ITEM} at character 9"),
        ("SEX in ()", "EXPR-001", f"unexpected ')'; {ITEM} at character 9"),
        ("AGE is 5", "EXPR-001", "unexpected '5'; 'None' is expected at character 8"),
        ("12abc == 1", "EXPR-001", "unexpected '1' at character 1"),
        ("AGE < 1e999", "EXPR-001", "the number is too large at character 7"),
        ("AGE[0] == 1", "EXPR-001", "unexpected '[' at character 4"),
        ("(AGE).real == 1", "EXPR-001", "unexpected '.' at character 6"),
        ("(A := 1) == 1", "EXPR-001", "unexpected ':'; ')' is expected at character 4"),
        ("f'{AGE}' == ''", "EXPR-001", "unexpected \"'{AGE}'\" at character 2"),
        ("AGE == None", "EXPR-002", "unexpected 'None' at character 8"),
        ("2 ** 9 ** 9 == 1", "EXPR-002", "unexpected '**' at character 3"),
        ("lambda: 1", "EXPR-002", "unexpected 'lambda' at character 1"),
        ("1 if AGE else 2", "EXPR-002", "unexpected 'if' at character 3"),
        ("import os", "EXPR-002", "unexpected 'import' at character 1"),
        ("[x for x in AGE]", "EXPR-001", "unexpected '[' at character 1"),
        ("__import__('os') == 1", "EXPR-002", "there is no function '__import__' at character 1"),
        ("AGE.real() == 1", "EXPR-002", "there is no function 'AGE.real' at character 1"),
        ("starts_with(SEX, 'F')", "EXPR-002", "there is no function 'starts_with' at character 1"),
        ("upper(SEX, 'F') == 'F'", "EXPR-001", "unexpected ','; ')' is expected at character 10"),
        ("contains(SEX) ", "EXPR-001", "unexpected ')'; ',' is expected at character 13"),
        ("contains(SEX, AGE)", "EXPR-001", "unexpected 'AGE'; a text in quotes is expected at character 15"),
        ("A" * 2001, "EXPR-003", "the expression is longer than 2000 characters at character 2001"),
        ("(" * 60, "EXPR-003", "the expression is nested deeper than 50 at character 52"),
        ("AGE and SEX == 'F'", "EXPR-004", "'AGE' is not a condition at character 1"),
        ("not SEX", "EXPR-004", "'SEX' is not a condition at character 5"),
        ("(AGE > 1) + 1 == 2", "EXPR-004", "'AGE > 1' is a condition where a value is needed at character 2"),
        ("AGE in (1, 'a')", "EXPR-004", "a list has both texts and numbers at character 8"),
        ("matches(SEX, '(')", "EXPR-005", f"the pattern is refused ({NO_PATTERN}) at character 14"),
    ],
)  # fmt: skip
def test_what_is_refused_before_anything_runs(text, code, what):
    problem = refused(text)
    assert (problem.kind.code, problem.what) == (code, what)


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("RESULT > 5", "RESULT is text, but 5 is a number", "Write number(RESULT)."),
        ("5 < RESULT", "RESULT is text, but 5 is a number", "Write number(RESULT)."),
        ("RESULT == AGE", "RESULT is text, but AGE is a number", "Write number(RESULT)."),
        ("AGE == '18'", "AGE is a number, but '18' is text", "Write text(AGE)."),
        ("AGE in ('18', '19')", "AGE is a number, but the list has texts", "Write text(AGE)."),
        ("RESULT in (1, 2)", "RESULT is text, but the list has numbers", "Write number(RESULT)."),
        ("RESULT * 2 > 5", "RESULT is text and arithmetic needs numbers", "Write number(RESULT)."),
        ("-RESULT > 5", "RESULT is text and arithmetic needs numbers", "Write number(RESULT)."),
        ("length(AGE) > 5", "AGE is a number and length needs a text", "Write text(AGE)."),
    ],
)
def test_texts_and_numbers_are_not_mixed(text, what, hint):
    problem = refused(text, mask)
    assert (problem.kind.code, re.sub(r" at character \d+$", "", problem.what), problem.hint) == (
        "EXPR-004",
        what,
        hint,
    )


def test_a_value_is_no_condition_and_a_condition_no_value():
    assert refused("AGE + 1", mask).what == "a value stands where a condition is needed at character 1"
    assert refused("AGE > 1", column).what == "a condition stands where a value is needed at character 1"


def test_the_caret_shows_the_spot_and_nothing_unprintable_is_shown():
    text = "SEX == 'F'\n  and\tAGE == \x1b1"
    problem = refused(text, lambda text: compile_expression(text, Place("dm.yaml", 7, 9)))
    assert problem.frame == "  1 | SEX == 'F'\n> 2 |   and\ufffdAGE == \ufffd1\n    |              ^"
    assert problem.line() == (
        "error EXPR-001 dm.yaml:7:9 unexpected '\\x1b' at character 25. Correct the expression."
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("AGE = 18", "Write == to compare."),
        ("A == 1 & B == 2", "Write and."),
        ("starts_with(SEX, 'F')", "Did you mean 'startswith'?"),
        ("AGE == None", "Write X is None or X is not None."),
        ("class == 1", "Use a rule for it; write a column of that name in backticks."),
        ("SEX == ‘F’", "Write straight quotes."),
    ],
)
def test_hints(text, hint):
    assert refused(text).hint == hint


def test_an_unknown_name_is_the_callers_to_refuse():
    with pytest.raises(KeyError):
        compile_expression("NOPE == 1").mask(COLUMNS.__getitem__, 4)


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a|a)*b", "((ab?)c)*", "(?:a*)*", r"(a)\1", "(?P<x>a)(?P=x)", "(?x)a", "a?" * 11]
)
def test_patterns_that_could_run_for_ever_are_refused(pattern):
    assert pattern_fault(pattern)


@pytest.mark.parametrize(
    "pattern", ["", "[*+]*", r"\(a+\)+", "(ALT|AST) [0-9]+", "(ab)+", "(?i:week) [0-9]{1,2}", "W[()]+|X"]
)
def test_patterns_that_are_fine(pattern):
    assert pattern_fault(pattern) == ""


@quick
@given(st.text("[](){}*+?|\\^$.ab1-:=!<>P", max_size=25))
def test_no_pattern_breaks_the_judge(pattern):
    assert isinstance(pattern_fault(pattern), str)


@quick
@given(st.floats(allow_infinity=False))
def test_numbers_and_texts_convert_both_ways(number):
    text = to_text(number)
    assert (text == "") if math.isnan(number) else to_number(text) == pytest.approx(number, rel=1e-14)


def test_only_plain_decimal_numbers_are_numbers():
    for text in (
        "",
        "inf",
        "nan",
        "-Infinity",
        "1_000",
        "１",
        "0x1",
        " 5",
        "5 ",
        "1,5",
        "<5",
        "1.2.3",
        "1e999",
        "--1",
    ):
        assert math.isnan(to_number(text)), text
    assert [to_number(text) for text in ("5", "-.5", "+5.", "1e3")] == [5.0, -0.5, 5.0, 1000.0]
