"""Names of codelists with dots: a change of one is not taken for a change of another."""

import pytest

from define.exchange.differ import Change
from define.exchange.samples import sample_change, sample_taking
from define.exchange.take import Edit
from define.exchange.takelists import codelist_named, take_other
from define.model import CodeList, EnumeratedItem
from define.workbook.book import Row


@pytest.fixture
def taking():
    return sample_taking()


def planned(taking, path, key, value):
    taking.edits.append(Edit("study.yaml", path, key, value, None))


def test_a_name_with_a_dot_is_not_the_key_of_another_codelist(taking):
    """The label of UNIT is changed; a term of a codelist named UNIT.label is another matter."""
    planned(taking, ("codelists", "UNIT"), "label", "Unit")
    take_other(taking, Change("Codelists", ("UNIT.label", "mg"), "", "", "mg", Row({"Term": "mg"})))
    assert [one.hint for one in taking.problems.items] == ["No variable of the specs names the codelist."]


def test_a_codelist_that_another_change_has_declared_is_enough(taking):
    planned(taking, ("codelists",), "UNIT.label", {"terms": {"mg": []}})
    take_other(taking, Change("Codelists", ("UNIT.label", "mg"), "", "", "mg", Row({"Term": "mg"})))
    assert taking.problems.items == []


def test_a_new_codelist_does_not_go_into_the_terms_of_another(taking):
    planned(taking, ("codelists", "SITES"), "terms", {"A": "First"})
    terms = (EnumeratedItem(coded_value="X"),)
    own = CodeList(oid="CL.SITES.terms", name="Sites", data_type="text", enumerated=terms)
    taking.theirs.codelists[own.oid] = own
    assert codelist_named(taking, sample_change("Codelist", "SITES.terms")) == "SITES.terms"
    first, second = taking.edits
    assert first.value == {"A": "First"}
    wanted = {"label": "Sites", "terms": {"X": []}}
    assert second.keys in (("codelists",), ("codelists", "SITES.terms"))
    assert second.value in ({"SITES.terms": wanted}, wanted)
