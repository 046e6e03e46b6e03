"""Rules of analysis datasets that can't be meant so are refused when the spec is read, at their line."""

import pytest

from trialkit.load import Loading, read_tree
from trialkit.rule import RecordRule, VariableRule, find_rules, read_rule

RULES = find_rules(("trialkit.rules", "adam.rules"))
BEFORE = "{windows: [{visit: A, to: 1}, {visit: B, from: 2, to: 9}%s]}"


def refused(tmp_path, text):
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    loading = Loading(rules=RULES)
    tree = read_tree(path, tmp_path, loading)
    kind = (
        RecordRule
        if any(key in RULES and issubclass(RULES[key], RecordRule) for key in tree)
        else VariableRule
    )
    read_rule(tree, kind, loading)
    return [(one.kind.code, one.what) for one in loading.problems.items]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (", {visit: C, from: 9}", "the windows 'B' and 'C' overlap"),
        (", {visit: C, from: 11}", "no window has the days between 'B' and 'C'"),
        (", {visit: C, from: 12, to: 10}", "the window 'C' ends before it begins"),
        (", {visit: C, from: 10, target: 9}", "the target day of 'C' is not in its window"),
        (", {visit: A, from: 10}", "two windows have the visit 'A'"),
        (", {visit: C}", "the windows 'C' and 'B' overlap"),
    ],
)
def test_windows_in_doubt(tmp_path, more, said):
    found = refused(tmp_path, BEFORE % more)
    assert ("ADAM-020", said) in found


def test_two_windows_of_one_number(tmp_path):
    found = refused(tmp_path, "{windows: [{visit: A, number: 1, to: 1}, {visit: B, number: 1, from: 2}]}")
    assert found == [("ADAM-020", "two windows have the number '1'")]


def test_windows_without_a_day_0_have_no_gap(tmp_path):
    assert refused(tmp_path, "{windows: [{visit: A, to: -1}, {visit: B, from: 1}]}") == []


def test_no_windows(tmp_path):
    assert refused(tmp_path, "{windows: []}") == [("ADAM-020", "there are no windows")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{windows: [{visit: A}], flag: ANL01FL}", "`flag` needs `by`"),
        ("{analysis_flag: last, by: USUBJID}", "`last` needs `order` and no `of`"),
        ("{analysis_flag: highest, by: USUBJID}", "`highest` needs `of`"),
        ("{analysis_flag: lowest, by: USUBJID, of: AVAL, to: BASE}", "`to` is for `closest`"),
        ("{carry_forward: WOCF, windows: W, by: USUBJID}", "`worst` goes with WOCF"),
        ("{carry_forward: LOCF, windows: W, by: USUBJID, worst: lowest}", "`worst` goes with WOCF"),
        ("{carry_forward: LOCF, windows: W, by: USUBJID, baseline: A == 1}", "`baseline` goes with BOCF"),
        ("{analysis_date: D, impute: first, highest: year}", "a year is imputed by"),
        ("{baseline_value: AVAL}", "`by` is missing"),
        ("{total: A, by: B, impute: mean}", "`impute` and a percentage need `items`"),
        ("{total: A, by: B, at_least: 50%}", "`impute` and a percentage need `items`"),
        ("{total: A, by: B, items: 4, at_least: 5}", "there are only 4 items"),
        ("{total: A, by: B, scale: {high: 4}, prorate_to: 3}", "`scale`, `maxima` and `prorate_to` exclude"),
        ("{total: A, by: B, decimals: 0}", "`decimals` goes with `impute`"),
        ("{source: dataset, values: {EX: EXDOSE}}", "`values` is for `source: variable`"),
    ],
)
def test_keys_that_do_not_go_together(tmp_path, text, said):
    ((code, what),) = refused(tmp_path, text)
    assert code == "SPEC-006"
    assert what.startswith(said)


@pytest.mark.parametrize("least", ["0%", "101%", "half", "-1", "1.5"])
def test_what_is_no_number_of_answers(tmp_path, least):
    ((code, what),) = refused(tmp_path, f"{{total: A, by: B, items: 4, at_least: '{least}'}}")
    assert (code, what) == ("SPEC-006", "'at_least': it must be a whole number, or a percentage such as 50%")


def test_a_scale_that_ends_before_it_begins(tmp_path):
    ((code, what),) = refused(tmp_path, "{total: A, by: B, scale: {low: 4, high: 4}}")
    assert (code, what) == ("SPEC-006", "'scale': `high` must be above `low`")
