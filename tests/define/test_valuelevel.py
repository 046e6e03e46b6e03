"""Value levels that a spec declares: added to those of the data, made where these have none, never lost."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from define.read import read_define
from trialkit.cli import cli
from trialkit.problems import Problems

STARTER = Path(__file__).parents[2] / "trialkit" / "templates" / "starter"
RULES = {
    "VSORRES": "VSORRES: {copy: RESULT}",
    "VSSTRESN": "VSSTRESN: {number: VSSTRESC, invalid: missing}",
    "VISIT": 'VISIT: {visit: VISIT, give: VISIT, schedule: visits, unscheduled: "Unscheduled {n}"}',
}
TEMP = "VSTESTCD == 'TEMP'"


def call(*arguments):
    return CliRunner().invoke(cli, [str(one) for one in arguments]).exception


def described(folder, variable, level):
    shutil.copytree(STARTER, folder / "study")
    spec = folder / "study" / "sdtm" / "vs.yaml"
    text = spec.read_text("utf-8").replace("VSORRES: RESULT", RULES["VSORRES"])
    assert RULES[variable] in text
    with_level = f"{RULES[variable].removesuffix('}')}, value_level: [{level}]}}"
    spec.write_text(text.replace(RULES[variable], with_level), "utf-8")
    assert call("sdtm", folder / "study", "--raw", folder / "study" / "raw", "--out", folder) is None
    if refused := call("define", folder / "study", "--sdtm", folder / "sdtm"):
        return str(refused)
    problems = Problems()
    define = read_define(folder / "sdtm" / "define.xml", problems)
    assert not problems.items
    call("define-check", folder / "sdtm" / "define.xml", "--data", folder / "sdtm", "--json", folder / "j")
    assert '"errors": 0' in (folder / "j").read_text("utf-8")
    return define.study.metadata


def items(metadata):
    return {one.oid: one for one in metadata.items}


def test_what_is_declared_is_added_to_the_items_of_the_data(tmp_path):
    said = "type: Num, label: Ear, comment: By ear., origin: {type: Collected, source: Vendor}"
    made = described(tmp_path, "VSORRES", f"{{when: {TEMP}, {said}}}")
    one, other = items(made)["IT.VS.VSORRES.TEMP"], items(made)["IT.VS.VSORRES.SYSBP"]
    assert (one.data_type, one.description.text, one.origins[0].source) == ("float", "Ear", "Vendor")
    assert one.comment_oid == "COM.VS.VSORRES.TEMP"
    assert (other.data_type, other.comment_oid, other.origins[0].source) == ("text", "", "Investigator")


def test_a_method_of_its_own(tmp_path):
    made = described(tmp_path, "VSSTRESN", f"{{when: {TEMP}, method: Rounded by hand.}}")
    texts = {one.oid: one.description.text for one in made.methods}
    assert texts["MT.VS.VSSTRESN.TEMP"] == "Rounded by hand."
    assert "Number in VSSTRESC" in texts["MT.VS.VSSTRESN"]


def test_a_variable_without_items_gets_those_that_are_declared(tmp_path):
    made = described(tmp_path, "VISIT", "{when: VISITNUM == 1, label: First, comment: Planned.}")
    one = next(item for oid, item in items(made).items() if oid.startswith("IT.VS.VISIT."))
    assert one.description.text == "First"


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("{when: VSTESTC == 'TEMP'}", "Did you mean 'VSTESTCD'?"),
        ("{when: DECIMALS == 1}", "'DECIMALS' is no published variable of VS"),
        ("{when: VISITNUM == 1}", "are not the records of value levels of VSORRES"),
        ("{when: VSTESTCD == 'SYSBP' or VISITNUM == 1}", "are not the records of value levels of VSORRES"),
    ],
)
def test_what_define_cannot_say_is_refused(tmp_path, level, said):
    found = described(tmp_path, "VSORRES", level)
    assert isinstance(found, str)
    assert "DEFB-003" in found
    assert said in found
