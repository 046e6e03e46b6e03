"""The sentence of a rule, which define.xml prints as the method, tells apart what gives other values."""

import itertools
from typing import Any, get_args, get_origin

import pytest
from pydantic import ValidationError

from trialkit.context import Context
from trialkit.language import PACKAGES, _examples
from trialkit.problems import Refusal
from trialkit.rule import Rule, VariableRule, find_rules
from trialkit.rules.totals import Total

# what changes no value: texts of the ledger and of queries, and how a defect is listed
ADMINISTRATIVE = {"reason", "query", "code", "rest", "invalid", "unmatched", "uncoded", "unfit"}
ALSO = {("visit", "unknown"), ("query", "column"), ("query", "code")}
LISTED = {"error", "query", "missing", "quarantine"}  # a defect that blocks, or leaves a value out
RULES = find_rules(PACKAGES)
FIELDS = [
    (key, info.alias or name)
    for key, rule in sorted(RULES.items())
    for name, info in rule.model_fields.items()
    if (info.alias or name) not in ADMINISTRATIVE - {key} and (key, info.alias or name) not in ALSO
]
NEEDED = {  # what a key needs beside it, or can't stand with
    ("total", "maxima"): {"item": "ITEM"},
    ("total", "decimals"): {"impute": "mean", "items": 12, "scale": None, "maxima": None},
    ("total", "impute"): {"items": 12, "scale": None, "maxima": None, "decimals": None},
    ("total", "scale"): {"maxima": None},
    ("total", "items"): {"at_least": "50%", "impute": None, "decimals": None, "maxima": None},
    ("score", "maxima"): {"scale": None},
    ("epoch", "periods"): {"table": "DM"},
}
SAMPLES = {
    ("total", "maxima"): [{"table": "T", "item": "I", "maximum": "M", "to": n} for n in (7, 70)],
    ("total", "scale"): [{"low": 0, "high": 4}, {"low": 1, "high": 4}],
    ("total", "at_least"): ["50%", "60%"],
    ("epoch", "periods"): [[{"epoch": "TREATMENT", "start": one}] for one in ("RFSTDTC", "RFXSTDTC")],
    ("elapsed", "elapsed"): [{"from": "A", "to": "B"}, {"from": "A", "to": "C"}],
    ("date_from_parts", "date_from_parts"): [{"year": "A"}, {"year": "A", "month": "B"}],
    ("case", "case"): [[{"when": "A == 1", "then": one}] for one in ("X", "Y")],
    ("stack", "stack"): [[[{"read": "A"}]], [[{"read": "B"}]]],
    ("time_to_event", "events"): [[{"table": "A", "date": "B", "description": one}] for one in "XY"],
    ("time_to_event", "censorings"): [[{"table": "A", "date": one, "description": "X"}] for one in "BC"],
    ("number", "thousands"): [",", " "],
    ("extract", "pattern"): ["[0-9]", "[a-z]"],
}
TRIES: list[Any] = [
    *("A", "B", "A == 1", "A == 2", "'1'", "'2'", "DD-MON-YYYY", "MON-YYYY", "h:mm", "h:mm:ss"),
    *(1, 2, 0.1, 0.2, 1950, 2000, True, False, ["A"], ["B"], [2.0], [3.0]),
    *({"A": "B"}, {"A": "C"}, {"A": {"read": "B"}}, "Visit {n}", "Unplanned {n}"),
]


def choices(annotation):
    if "Literal" in str(get_origin(annotation)):
        return list(get_args(annotation))
    return [one for part in get_args(annotation) for one in choices(part)]


def made(rule, given):
    try:
        return rule.model_validate({key: value for key, value in given.items() if value is not None})
    except (ValidationError, Refusal):
        return None


def bases(rule):
    """Give what a field is put into: the examples of the rule, and only their required keys."""
    required = {info.alias or name for name, info in rule.model_fields.items() if info.is_required()}
    for example in _examples(rule):
        if isinstance(example, dict):
            yield dict(example)
            yield {key: value for key, value in example.items() if key in required}


def sentences(rule, key):
    """Give the sentence for each value that a key can have; those that are handled alike as one."""
    info = next(info for name, info in rule.model_fields.items() if (info.alias or name) == key)
    values = SAMPLES.get((rule.key(), key)) or choices(info.annotation) or TRIES
    found: dict[str, str] = {}
    for base in bases(rule):
        for value in [None, *values]:
            one = made(rule, base | NEEDED.get((rule.key(), key), {}) | {key: value})
            if one is not None:
                alike = one.told()[key]
                found.setdefault("listed" if alike in LISTED else alike, one.sentence())
        if len(found) > 1:
            return found
        found = {}
    return found


@pytest.mark.parametrize(("name", "key"), FIELDS, ids=lambda one: one)
def test_sentences_say_what_changes_a_value(name, key):
    found = sentences(RULES[name], key)
    assert len(found) > 1, f"{name} has no two values of {key}: add samples"
    for (one, said), (other, also) in itertools.combinations(found.items(), 2):
        assert said != also, f"{name}: `{key}: {one}` and `{key}: {other}` are both: {said}"


@pytest.mark.parametrize(
    "selections",
    [
        [{"table": "EX"}, {"table": "EC"}],
        [{"table": "EX"}, {"table": "EX", "where": "A == 1"}],
        [{"table": "EX", "on": {"A": "B"}}, {"table": "EX", "on": {"A": "C"}}],
        [{}, {"within": "A"}, {"within": ["A", "B"]}],
    ],
    ids=["table", "where", "on", "within"],
)
@pytest.mark.parametrize("name", ["earliest", "count", "first"])
def test_sentences_say_which_rows(name, selections):
    flat = [{name: "X"} | one for one in selections]
    nested = [{name: {"of": "X"} | one} for one in selections]
    made_of = [RULES[name].model_validate(one) for one in (flat if name == "first" else nested)]
    said = [one.sentence() for one in made_of]
    assert len(set(said)) == len(said), said


def test_sentence_of_a_scaled_total():
    given = {"total": "RESULT", "by": "VISIT", "at_least": 8, "short": "missing", "prorate_to": 11}
    assert Total.model_validate(given).sentence() == (
        "A record for each VISIT with the sum of RESULT, of 8 values or more, else missing, "
        "times 11 and divided by the number of values."
    )


def test_default_parts_fall_away():
    class Sample(VariableRule):
        """Sample of {sample}[, in {mode}][{mode=b}, really]."""

        sample: str
        mode: str = "a"

        def apply(self, context: Context) -> Any:
            raise NotImplementedError

    assert Sample(sample="X").sentence() == "Sample of X."
    assert Sample(sample="X", mode="b").sentence() == "Sample of X, in b, really."
    assert Sample(sample="X", mode="c").sentence() == "Sample of X, in c."
    assert issubclass(Sample, Rule)
