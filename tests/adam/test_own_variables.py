"""Analysis datasets may have variables of the sponsor, which say what they are."""

import pytest

from adam.standard import standard
from trialkit.model import SpecMap
from trialkit.problems import Place
from trialkit.spec import DatasetSpec
from trialkit.speccheck import claims
from trialkit.terms import Terminology


def spec(**keys):
    variable = SpecMap({"copy": "BMI", **keys}, Place(), {})
    return DatasetSpec.model_validate(
        {"dataset": "ADSL", "records": [{"read": "DM"}], "variables": {"BMIBL": variable}, "keys": ["BMIBL"]}
    )


def test_with_label_and_type_they_are_fine():
    assert claims(spec(label="Body Mass Index", type="Num"), standard(), Terminology()) == []


@pytest.mark.parametrize("keys", [{}, {"label": "Body Mass Index"}, {"type": "Num"}])
def test_without_they_may_be_misspelt(keys):
    (found,) = claims(spec(**keys), standard(), Terminology())
    assert found.kind.code == "SPEC-022"
    assert found.hint == "Give a variable of the sponsor a label and a type."
