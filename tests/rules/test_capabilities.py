"""docs/adam-capabilities.md: each rule that it shows loads, and has a golden table."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from trialkit.load import Loading, read_tree
from trialkit.rule import RecordRule, VariableRule, find_rules, main_keys, read_rule
from trialkit.spec import Variable

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "adam-capabilities.md"
RULES = find_rules(("trialkit.rules", "adam.rules"))  # those that a spec of an analysis dataset may use
ROW = re.compile(r"^\| (?P<what>[^|]+) \| `(?P<code>.+)` \|$", re.MULTILINE)
SHOWN = [(row["what"], row["code"].replace("\\|", "|")) for row in ROW.finditer(PAGE.read_text("utf-8"))]
ASKED = (
    "first dose|period|phase|Population flag|end of study|discontinuation|death|Last known alive|Age group|"
    "Baseline characteristic|PARAM|Baseline value|second type of baseline|Change from|Percent change|"
    "Ratio to baseline|Ratio to a limit|Windows|Period of|Phase of|Subperiod|Last value carried|Worst value|"
    "Baseline carried|Average of|Lowest|Highest|limit of quantification|computed from others|Partial date|"
    "imputed of a date|imputed of a time|Analysis day|Criterion|several answers|Shift|Range indicator|"
    "Toxicity|prorated|imputed by the mean|from 0 to 100|Source of|Value before|Treatment emergent|"
    "First occurrence|Customized query|Standardized query|Time to the first|Cumulative dose|dose intensity|"
    "Compliance|Slopes"
)


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else str(value)


def shown_rule(code):
    made = YAML(typ="safe", pure=True).load(code)
    (one,) = made if isinstance(made, list) else made.values()
    return plain(one)


@pytest.mark.parametrize("what", ASKED.split("|"))
def test_every_capability_is_shown(what):
    assert [one for one, _ in SHOWN if what.lower() in one.lower()]


@pytest.mark.parametrize(("what", "code"), SHOWN, ids=lambda one: one[:40])
def test_the_rule_loads(what, code, tmp_path):
    path = tmp_path / "shown.yaml"
    path.write_text(code, encoding="utf-8")
    loading = Loading(rules=RULES)
    tree = read_tree(path, tmp_path, loading)
    if isinstance(tree, list):
        read_rule(tree[0], RecordRule, loading)
    else:
        (rule,) = tree.values()
        assert set(rule) - set(Variable.model_fields), what
        read_rule(rule, VariableRule, loading)
    assert loading.problems.items == []


@pytest.mark.parametrize(("what", "code"), SHOWN, ids=lambda one: one[:40])
def test_the_rule_has_a_golden_table(what, code):
    rule = shown_rule(code)
    (key,) = main_keys(rule, RULES)
    cases = YAML(typ="safe", pure=True).load((HERE / f"{key}.yaml").read_text("utf-8"))
    assert rule in [plain(case["rule"]) for case in cases], f"{what}: tests/rules/{key}.yaml has no such rule"
