"""Facts of the standards: what is there, in which order, and with which codelists."""

from __future__ import annotations

import pytest

from adam.facts import adamig
from sdtm.facts import sdtmig
from trialkit.problems import Refusal
from trialkit.terms import load_terminology

SDTM = load_terminology("SDTM", "2025-03-28")
BOTH = SDTM.joined(load_terminology("ADaM", "2026-03-27"))


def test_every_dataset_and_variable_of_the_guide_is_there():
    facts = sdtmig()
    assert len(facts.datasets) == 63
    assert sum(len(dataset.variables) for dataset in facts.datasets.values()) == 1917
    assert len(adamig().dataset("ADSL").variables), len(adamig().structures["BDS"].variables) == (141, 195)


def test_variables_state_what_the_standard_states():
    result = sdtmig().variable("LB", "LBORRESU")
    assert (result.label, result.type, result.role, result.core, result.codelists) == (
        "Original Units",
        "Char",
        "Variable Qualifier",
        "Exp",
        ("UNIT",),
    )
    assert sdtmig().variable("DM", "RFSTDTC").value_domain == "ISO 8601 datetime or interval"
    assert sdtmig().variable("DS", "DSDECOD").codelists == ("NCOMPLT", "PROTMLST", "OTHEVENT")
    assert sdtmig().variable("AE", "DOMAIN").values == ("AE",)


def test_labels_fit_a_transport_file():
    everything = [*sdtmig().datasets.values(), *adamig().structures.values()]
    # ADaMIG 1.3 publishes one label of 41 characters.
    long = {
        variable.name for dataset in everything for variable in dataset.allowed if len(variable.label) > 40
    }
    assert long == {"PBCHGCyN"}
    assert all(len(variable.name) <= 8 for dataset in everything for variable in dataset.allowed)
    assert {variable.type for dataset in everything for variable in dataset.allowed} == {"Char", "Num"}


@pytest.mark.parametrize("name", sorted(sdtmig().datasets))
def test_the_guide_never_contradicts_the_order_of_the_model(name):
    dataset = sdtmig().dataset(name)
    listed = [variable.name for variable in dataset.listed]
    assert dataset.order(listed) == listed == dataset.order(listed[::-1])
    assert [variable.order for variable in dataset.allowed] == list(range(1, len(dataset.allowed) + 1))


def test_every_codelist_is_in_the_terminology():
    everything = [*sdtmig().datasets.values(), *adamig().structures.values()]
    named = {name for dataset in everything for variable in dataset.listed for name in variable.codelists}
    assert {name for name in named if BOTH.find(name) is None} == {"C85495"}
    assert all(name == "C85495" or BOTH.codelist(name).name == name for name in named)


def test_model_variables_are_allowed_in_their_place():
    vs = sdtmig().dataset("VS")
    assert "VSFAST" not in {variable.name for variable in vs.listed}
    assert vs.find("VSFAST").core == ""
    assert vs.order(["VSDTC", "VSFAST", "VSTESTCD", "USUBJID", "VSLOC"]) == [
        "USUBJID",
        "VSTESTCD",
        "VSLOC",
        "VSFAST",
        "VSDTC",
    ]
    assert vs.find("VSCNTMOD").codelists == ("CNTMODE",)
    assert vs.find("VSTERM") is None


def test_object_of_findings_about_follows_the_test():
    names = [variable.name for variable in sdtmig().dataset("FA").allowed]
    assert names[names.index("FATEST") + 1] == "FAOBJ"


def test_supplemental_split_and_custom_datasets():
    facts = sdtmig()
    assert facts.dataset("SUPPAE").label == "Supplemental Qualifiers for AE"
    assert [v.name for v in facts.dataset("SUPPAE").variables][-5:] == [
        "QNAM",
        "QLABEL",
        "QVAL",
        "QORIG",
        "QEVAL",
    ]
    assert facts.dataset("QSCG").find("QSTESTCD").core == "Req"
    own = facts.custom("XF", "Findings", "Own Findings")
    assert own.order(["VISITNUM", "XFORRES", "XFSEQ"]) == ["XFSEQ", "XFORRES", "VISITNUM"]


@pytest.mark.parametrize("name", ["DMX", "LBCHEM", "SUPP", "L", "TSX"])
def test_what_is_not_a_dataset_is_refused(name):
    with pytest.raises(Refusal, match=f"FACT-002 SDTMIG 3.4 has no dataset '{name}'"):
        sdtmig().dataset(name)


def test_unknown_version_is_refused():
    with pytest.raises(Refusal, match=r"no facts of 'SDTMIG 3\.5'\. Known versions: 3\.4\."):
        sdtmig("3.5")


@pytest.mark.parametrize(
    ("dataset", "name", "label"),
    [
        ("ADSL", "TR01PG2N", "Planned Pooled Trt 2 for Period 01 (N)"),
        ("ADSL", "P01S2EDM", "Period 01 Subperiod 2 End Datetime"),
        ("BDS", "ANL03FL", "Analysis Flag 03"),
        ("BDS", "CRIT12FL", "Criterion 12 Evaluation Result Flag"),
        ("BDS", "R2A1LO", "Ratio to Analysis Range 1 Lower Limit"),
        ("BDS", "B2IND", "Baseline Analysis Range 2 Indicator"),
    ],
)
def test_placeholders_are_filled_in(dataset, name, label):
    found = adamig().structures[dataset].find(name)
    assert (found.name, found.label) == (name, label)


def test_a_name_that_fits_no_placeholder_is_unknown():
    assert adamig().variable("ADSL", "TRT1P") is None
    assert adamig().structures["BDS"].find("CRIT0FL") is None
    assert adamig().structures["BDS"].find("MYSDTM").type == "Num"
    assert adamig().structures["BDS"].find("MYDTF").codelists == ("DATEFL",)
