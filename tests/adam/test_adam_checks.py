"""What ADaM checks of a finished dataset: one case per finding, and one that is right."""

from dataclasses import replace

import numpy as np
import pytest

from adam.checks import record_checks
from adam.checks.subject import values
from trialkit.rules.values import Constant, Copy
from trialkit.samples import sample_records, sample_review, sample_store
from trialkit.spec import DatasetSpec

NAN = np.nan
ADSL = {"USUBJID": ["1", "2"], "AGE": [60.0, 70.0], "SEX": ["F", ""]}
GOOD = {
    "USUBJID": ["1", "1", "2", "2"],
    "PARAMCD": ["ALT", "ALT", "ALT", "AST"],
    "PARAM": ["Alanine", "Alanine", "Alanine", "Aspartate"],
    "PARAMN": [1.0, 1.0, 1.0, 2.0],
    "AVISIT": ["Baseline", "Week 4", "Baseline", ""],
    "AVISITN": [0.0, 4.0, 0.0, NAN],
    "ABLFL": ["Y", "", "Y", ""],
    "AVAL": [10.0, 12.0, 0.0, 3.0],
    "BASE": [10.0, 10.0, 0.0, NAN],
    "CHG": [NAN, 2.0, 0.0, NAN],
    "PCHG": [NAN, 20.0, NAN, NAN],
    "ADY": [-1.0, 28.0, 1.0, 2.0],
    "ASTDT": [5.0, 5.0, NAN, 5.0],
    "AENDT": [5.0, 6.0, 5.0, NAN],
    "ADTF": ["", "D", "", ""],
    "ADT": [1.0, 2.0, 3.0, 4.0],
    "AGE": [60.0, 60.0, 70.0, 70.0],
    "SEX": ["F", "F", "", ""],
}


def found(**changed):
    review = sample_review("LB", sample_store(ADSL=sample_records("ADSL", **ADSL)), **{**GOOD, **changed})
    problems = record_checks(review.built, review.store)
    return [(one.kind.code, one.where.variable, one.count) for one in problems]


def test_what_is_right_has_no_finding():
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"PARAM": ["Alanine", "Alanine", "ALT", "Aspartate"]}, [("CHECK-131", "PARAM", 1)] * 2),
        ({"PARAMN": [1.0, 1.0, 1.0, 1.0]}, [("CHECK-131", "PARAM", 1)]),
        ({"AVISITN": [0.0, 0.0, 0.0, NAN]}, [("CHECK-131", "AVISIT", 1)]),
        ({"ABLFL": ["Y", "Y", "Y", ""]}, [("CHECK-301", "ABLFL", 2)]),
        ({"BASE": [10.0, 11.0, 0.0, NAN], "CHG": [NAN, 1.0, 0.0, NAN], "PCHG": [NAN] * 4},
         [("CHECK-302", "BASE", 1), ("CHECK-313", "PCHG", 1)]),
        ({"BASE": [10.0, 10.0, 0.0, 3.0]}, [("CHECK-302", "BASE", 1)]),
        ({"CHG": [NAN, 3.0, 0.0, NAN]}, [("CHECK-303", "CHG", 1)]),
        ({"PCHG": [NAN, 20.0, 5.0, NAN]}, [("CHECK-303", "PCHG", 1)]),
        ({"AGE": [60.0, 61.0, 70.0, 70.0]}, [("CHECK-310", "AGE", 1)]),
        ({"SEX": ["F", "F", "F", ""]}, [("CHECK-310", "SEX", 1)]),
        ({"ADY": [-1.0, 0.0, 1.0, 2.0]}, [("CHECK-311", "ADY", 1)]),
        ({"AENDT": [5.0, 4.0, 5.0, NAN]}, [("CHECK-312", "AENDT", 1)]),
        ({"ADT": [1.0, NAN, 3.0, 4.0]}, [("CHECK-314", "ADTF", 1)]),
    ],
)  # fmt: skip
def test_findings(changed, expected):
    assert sorted(found(**changed)) == sorted(expected)


def test_baseline_is_told_apart_by_its_type():
    types = {"BASETYPE": ["A", "B", "A", "A"], "ABLFL": ["Y", "Y", "Y", ""], "BASE": [10.0, 12.0, 0.0, NAN]}
    assert found(**types, CHG=[NAN] * 3 + [1.0], PCHG=[NAN, 0.0, NAN, NAN]) == [("CHECK-303", "CHG", 1)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"rule": Constant(constant=""), "comment": "Not collected."}, 0),
        ({"rule": Constant(constant="")}, 1),
        ({"rule": Copy(copy="RACE"), "comment": "Not collected."}, 1),
    ],
)
def test_a_variable_that_is_said_to_be_empty_has_no_wrong_rule(rule, expected):
    review = sample_review("ADSL", USUBJID=["1"], RACE=[""])
    said = {"dataset": "ADSL", "records": [{"read": "DM"}], "keys": ["USUBJID"], "variables": {"RACE": rule}}
    review = replace(review, built=replace(review.built, spec=DatasetSpec.model_validate(said)))
    assert len(values(review)) == expected
