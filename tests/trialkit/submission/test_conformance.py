"""All findings in one list, with a small CORE of our own in place of the real one."""

import csv
import json
import os
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import html
from openpyxl import load_workbook

from trialkit.cli import cli
from trialkit.problems import Refusal
from trialkit.publish import hashes
from trialkit.submission.conformance import conformance
from trialkit.submission.core import find_core, read_report
from trialkit.submission.owncheck import own_findings
from trialkit.submission.parts import open_parts

EVIL = "<script>alert(1)</script>"
ISSUE = {
    "core_id": "CORE-000701",
    "message": "EPOCH is missing.",
    "executability": "fully executable",
    "dataset": "vs.xpt",
    "USUBJID": "DEMO01-01-001",
    "row": 2,
    "SEQ": 2,
    "variables": ["VSORRES", "EPOCH"],
    "values": [EVIL, None],
}
WHOLE = {
    "core_id": "CORE-000007",
    "message": "=1+1",
    "dataset": "DM",
    "row": "",
    "variables": [],
    "values": [],
}
FAILED = {
    "core_id": "CORE-000003",
    "message": "rule failed - KeyError",
    "values": "'X'",
    "variables": "",
    "row": "",
}
REPORT = {
    "Conformance_Details": {"CORE_Engine_Version": "0.17.1"},
    "Issue_Details": [
        ISSUE,
        {**ISSUE, "row": 1},
        WHOLE,
        {**FAILED, "dataset": "vs.xpt"},
        {**FAILED, "dataset": "dm.xpt"},
    ],
    "Rules_Report": [
        {
            "core_id": "CORE-000701",
            "status": "ISSUE REPORTED",
            "origins": ["SDTM and SDTMIG Conformance Rules"],
        },
        {"core_id": "CORE-000007", "status": "ISSUE REPORTED"},
        {"core_id": "CORE-000003", "status": "EXECUTION ERROR"},
        {"core_id": "CORE-000001", "status": "SUCCESS"},
        {"core_id": "CORE-000002", "status": "SKIPPED"},
    ],
}
NOTHING = {"Conformance_Details": {}, "Issue_Details": [], "Rules_Report": []}
PROGRAM = """\
#!{python}
import json, sys
from pathlib import Path
here = Path(__file__).resolve().parent
words = sys.argv[1:]
with (here / "asked.jsonl").open("a") as file:
    file.write(json.dumps(words) + "\\n")
if words[0] == "validate":
    target, adam = words[words.index("-o") + 1] + ".json", "adamig" in words
else:
    asked = json.loads(Path(words[2]).read_text())
    (here / "request.json").write_text(json.dumps(asked))
    target, adam = words[3], asked["standard"] == "adamig"
Path(target).write_text({nothing!r} if adam else {report!r})
sys.exit({code})
"""


def program(path, report=REPORT, code=0):
    """Write a program in the place of CORE that gives a report."""
    path.parent.mkdir(parents=True)
    text = PROGRAM.format(
        python=sys.executable, nothing=json.dumps(NOTHING), report=json.dumps(report), code=code
    )
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    cache = path.parent / "resources" / "cache"
    cache.mkdir(parents=True)
    (cache / "rules.pkl").write_bytes(b"")
    return path.parent


@pytest.fixture
def core(tmp_path):
    return find_core(program(tmp_path / "release" / "core"))


def accept(place, *entries):
    text = json.dumps({"accept": list(entries)})  # JSON is YAML
    (place.specs / "conformance.yaml").write_text(text, encoding="utf-8")


def checked(place, core=None):
    return conformance(place.specs, place.build, place.out, core)


def errors(made):
    return [(one.check, one.dataset, one.row) for one in made.findings if one.level == "error"]


def test_a_release_is_asked_for_each_folder(place, core):
    checked(place, core)
    asked = (core.program.parent / "asked.jsonl").read_text(encoding="utf-8").splitlines()
    sdtm, adam = map(json.loads, asked)
    assert sdtm[:5] == ["validate", "-s", "sdtmig", "-v", "3-4"]
    assert [Path(one).name for word, one in pairwise(sdtm) if word == "-dp"] == [
        *("dm.xpt", "ex.xpt", "vs.xpt"),
    ]
    assert Path(sdtm[sdtm.index("--define-xml-path") + 1]) == place.sdtm / "define.xml"
    assert (adam[2], adam[4]) == ("adamig", "1-3")


def test_an_environment_runs_our_driver(place, tmp_path):
    folder = program(tmp_path / "env" / "bin" / "python").parent
    checked(place, find_core(folder, folder / "bin" / "resources" / "cache"))
    words = json.loads((folder / "bin" / "asked.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert words[0] == "-P"
    assert words[1].endswith("driver.py")
    request = json.loads((folder / "bin" / "request.json").read_text(encoding="utf-8"))
    assert (request["library"], request["library_version"]) == ("adam", "adamig-1-3")
    assert request["terminology"] == ["sdtmct-2025-03-28", "adamct-2025-03-28"]
    assert [Path(path).name for path in request["datasets"]] == ["adsl.xpt"]


def test_findings_in_order_with_spec_lines(place, core):
    made = checked(place, core)
    assert errors(made) == [
        ("CORE-000003", "", 0),
        ("CORE-000007", "DM", 0),
        ("CORE-000701", "VS", 1),
        ("CORE-000701", "VS", 2),
    ]
    last = [one for one in made.findings if one.level == "error"][-1]
    assert last.explained == f"In VS, row 2: EPOCH is missing (VSORRES={EVIL}; EPOCH=None)."
    file, line = last.spec.split(":")
    text = (place.specs / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert text.strip().startswith("VSORRES:")
    assert made.exit() == 1


def test_a_rule_that_could_not_be_run_is_one_finding(place, core):
    (one,) = (one for one in checked(place, core).findings if one.check == "CORE-000003")
    assert one.what == "the rule could not be run: 'X'"


def test_accepted_findings_stay_listed(place, core):
    accept(
        place,
        {
            "check": ["CORE-000701", "CORE-000007"],
            "dataset": ["VS", "DM"],
            "reason": "no element can be told",
        },
        {"check": "CORE-000003", "count": 1, "reason": "the engine fails in it"},
    )
    made = checked(place, core)
    assert made.exit() == 0
    assert (made.count("error"), made.count("accepted")) == (0, 4)
    assert "no element can be told" in (place.out / "conformance.html").read_text(encoding="utf-8")


def test_another_variable_or_dataset_is_not_accepted(place, core):
    accept(
        place,
        {"check": "CORE-000701", "variable": "VSSTRESC", "reason": "of another variable"},
        {"check": "CORE-000007", "dataset": "EX", "reason": "of another dataset"},
    )
    made = checked(place, core)
    assert made.count("accepted") == 0
    unused = [one for one in made.findings if one.check == "ACCEPT"]
    assert [(one.level, one.what) for one in unused] == [
        ("query", "accepted and no longer found: CORE-000701"),
        ("query", "accepted and no longer found: CORE-000007"),
    ]
    assert unused[0].spec == "conformance.yaml:1"


@pytest.mark.proves("TK-FAIL-5")
def test_another_count_is_a_finding(place, core):
    accept(place, {"check": "CORE-000701", "count": 3, "reason": "no element can be told"})
    made = checked(place, core)
    assert ("ACCEPT", "", 0) in errors(made)
    assert made.count("accepted") == 0


def test_without_core_it_says_what_was_not_checked(place):
    accept(place, {"check": "CORE-000701", "reason": "no element can be told"})
    made = checked(place)
    assert [text for text in made.not_checked if "--core" in text] == [
        "sdtm: SDTM and SDTMIG Conformance Rules of CDISC (CG...): CDISC CORE was not run (--core)",
        "sdtm: FDA Business Rules (FB...): CDISC CORE was not run (--core)",
        "adam: ADaM Conformance Rules of CDISC (AD...): CDISC CORE was not run (--core)",
    ]
    assert not [one for one in made.findings if one.check == "ACCEPT"], "it was not looked for"


def test_what_core_could_not_check_is_said(place, core):
    said = checked(place, core).not_checked
    assert "sdtm: 1 rules of CORE speak of what these datasets have not" in said
    assert any(text.endswith("CORE has no published rules of adamig 1-3") for text in said)


def test_define_is_checked_again(place):
    path = place.sdtm / "define.xml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('OID="IT.DM.SEX" Name="SEX"', 'OID="IT.DM.SEX" Name="SEXX"'), encoding="utf-8"
    )
    found = [one for one in checked(place).findings if one.tool == "define-check"]
    assert found
    assert "of define.xml" in found[0].explained
    path.unlink()
    assert any("there is none" in text for text in checked(place).not_checked)


def test_the_reports_of_the_build_are_read(place):
    path = place.build / "reports" / "problems.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file))
    row = dict.fromkeys(header, "") | {"severity": "query", "code": "Q-1", "dataset": "VS", "what": "Why?"}
    rows = [row | {"fix": "Ask.", "count": "5", "line": str(line), "file": "vitals.csv"} for line in (2, 3)]
    rows += [row | {"code": "Q-2", "severity": "accepted", "accepted": "it is so", "count": "1"}]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)
    found = [one for one in own_findings(open_parts(place.build)) if one.part == "sdtm"]
    assert [(one.check, one.level, one.count) for one in found] == [
        ("Q-1", "query", 1),
        ("Q-1", "query", 4),
        ("Q-2", "accepted", 1),
    ]
    assert found[0].explained == "Why? (raw: vitals.csv line 2); Ask."
    assert found[2].reason == "it is so"


def test_a_report_that_is_missing(place):
    (place.build / "reports" / "problems.csv").unlink()
    with pytest.raises(Refusal, match="CONF-001"):
        own_findings(open_parts(place.build))


@pytest.mark.parametrize("data", [b"code\n1\n", b"\xff\xfe", b"severity,count\nerror,x\n"])
def test_a_report_that_is_damaged(place, data):
    (place.build / "reports" / "problems.csv").write_bytes(data)
    with pytest.raises(Refusal, match="CONF-001"):
        own_findings(open_parts(place.build))


def test_a_stale_build_is_refused(place):
    raw = place.specs / "raw" / "subjects.csv"
    raw.write_text(raw.read_text(encoding="utf-8").replace("Female", "Male"), encoding="utf-8")
    place.tabulate()
    with pytest.raises(Refusal, match="PKG-003"):
        checked(place)


def test_texts_are_inert(place, core):
    checked(place, core)
    page = (place.out / "conformance.html").read_text(encoding="utf-8")
    assert EVIL not in page
    assert len(html.document_fromstring(page).xpath("//script")) == 1
    sheet = load_workbook(place.out / "conformance.xlsx")["Findings"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]


def test_the_page_can_be_searched(place, core):
    checked(place, core)
    page = html.document_fromstring((place.out / "conformance.html").read_bytes())
    assert {one.get("id") for one in page.xpath("//*[@id]")} >= {
        "search",
        "level",
        "dataset",
        "order",
        "findings",
    }
    assert [one.get("data-code") for one in page.xpath("//details")] == [
        *("CORE-000003", "CORE-000007", "CORE-000701", "CHECK-313"),
    ]
    assert page.xpath("//table[@class='sortable']")


def test_json_and_workbook_have_all_findings(place, core):
    made = checked(place, core)
    said = json.loads((place.out / "conformance.json").read_text(encoding="utf-8"))
    assert said["counts"] == {"error": 4, "query": 3, "accepted": 0}
    assert len(said["findings"]) == len(made.findings) == 7
    assert load_workbook(place.out / "conformance.xlsx")["Findings"].max_row == 8


def test_the_same_findings_give_the_same_bytes(place, core):
    checked(place, core)
    first = hashes(place.out)
    checked(place, core)
    assert hashes(place.out) == first


def test_the_command(place, core):
    words = ["conformance", place.specs, "--build", place.build, "--out", place.out]
    result = CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)
    assert (result.exception, result.return_value) == (None, 0)
    words += ["--core", core.program.parent]
    result = CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)
    assert result.return_value == 1
    assert "error CORE-000701 VS EPOCH is missing. (2 times)" in result.stderr
    assert EVIL not in result.output, "no value of a subject on the terminal"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"Rules_Report": [1], "Issue_Details": []}', '{"Rules_Report": []}']
)
def test_reports_that_are_none(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match="CONF-004"):
        read_report(path, "sdtm")


def test_a_core_that_fails(place, tmp_path):
    core = find_core(program(tmp_path / "release" / "core", code=1))
    with pytest.raises(Refusal, match="CONF-003"):
        checked(place, core)
    core.program.write_text("no program", encoding="utf-8")
    with pytest.raises(Refusal, match="CONF-003"):
        checked(place, core)


def test_a_core_that_is_not_there(tmp_path):
    with pytest.raises(Refusal, match="there is no CORE in"):
        find_core(tmp_path)
    (tmp_path / "core").write_text("", encoding="utf-8")
    with pytest.raises(Refusal, match="there is no cache of CORE"):
        find_core(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "accept: [{check: X}]",
        "accept: [{check: X, reason: short}]",
        "accept: [{check: [], reason: long enough}]",
        "x: 1",
    ],
)
def test_a_conformance_spec_that_is_wrong(place, text):
    (place.specs / "conformance.yaml").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(Refusal, match="SPEC-00"):
        checked(place)


@pytest.mark.slow
def test_the_real_core(place):
    """Needs TRIALKIT_CORE and TRIALKIT_CORE_CACHE: an environment with cdisc-rules-engine, and its cache."""
    if not os.environ.get("TRIALKIT_CORE"):
        pytest.skip("no CORE: set TRIALKIT_CORE")
    cache = os.environ.get("TRIALKIT_CORE_CACHE")
    core = find_core(Path(os.environ["TRIALKIT_CORE"]), Path(cache) if cache else None)
    made = checked(place, core)
    assert any("CDISC CORE 0.17" in text for text in made.ran)
    found = [one for one in made.findings if one.tool == "CDISC CORE"]
    assert found, "the small study has no trial design, which CORE asks for"
    assert not [one for one in found if "could not be run" in one.what]
    assert all(one.explained for one in found)
