"""Analysis datasets may have variables of the sponsor, which say what they are."""

import pytest

from adam.facts import adamig
from adam.standard import standard
from trialkit.built import Meta
from trialkit.checks.structure import _attributes
from trialkit.model import SpecMap
from trialkit.problems import Place
from trialkit.samples import sample_review
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


STRUCTURES = ("Basic Data Structure", "Occurrence Data Structure", "ADaM Other")


@pytest.mark.parametrize("structure", STRUCTURES)
def test_variables_of_adsl_keep_their_label_and_type(structure):
    facts = adamig()
    mine = facts.custom("ADXX", structure, "")
    for one in facts.structures["ADSL"].listed:
        name = one.name.replace("xx", "01").replace("zz", "01").replace("y", "1").replace("w", "1")
        found, there = mine.find(name), facts.datasets["ADSL"].find(name)
        assert (found.label, found.type) == (there.label, there.type)
        assert found.label


@pytest.mark.parametrize(("label", "codes"), [("", ["CHECK-105"]), ("Date of First Stool", [])])
def test_a_date_of_the_sponsor_needs_a_label(label, codes):
    """The guide knows how such a name ends, not what it means."""
    meta = Meta("STOOLDT", label, "Num", None, "DATE9.", (), "Perm", "", "", True)
    review = sample_review("DM", STOOLDT=[1.0])
    assert [one.kind.code for one in _attributes(review, meta, None)] == codes
