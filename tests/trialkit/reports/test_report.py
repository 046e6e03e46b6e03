"""The report of a run: exact counts, capped details, inert text, the same bytes each time."""

import base64
import csv
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import lxml.html
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from trialkit.cells import Cells
from trialkit.column import Column
from trialkit.own import standard_of
from trialkit.problems import Kind, Place, Problem, Problems
from trialkit.publish import hashes
from trialkit.reporting.accounts import Account, Part, accounts, ledger_rows
from trialkit.reporting.faults import FAULT_HEADER, fault_rows
from trialkit.reporting.sheet import inert, write_sheet
from trialkit.reporting.summary import last_line, show_summary
from trialkit.reporting.unmapped import unmapped_problems
from trialkit.reporting.write import write_reports
from trialkit.result import Options
from trialkit.run import run
from trialkit.spec import StudySpec
from trialkit.starter import start_study

KIND = Kind("Q-LB-01", "many cells are wrong", "Ask the site.", severity="query")


def sheet(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def page(path):
    return lxml.html.fromstring((path / "run.html").read_text(encoding="utf-8"))


def with_problems(result, *problems):
    return replace(result, problems=Problems(list(problems)))


def test_problems_name_the_cell_the_record_and_the_rule(demo):
    rows = [row for row in sheet(demo.out / "reports" / "problems.csv") if row["code"] == "Q-DM-01"]
    assert [(r["severity"], r["dataset"], r["variable"], r["subject"], r["value"]) for r in rows] == [
        ("query", "DM", "AGE", "DEMO-004", "34"),
        ("query", "DM", "AGE", "DEMO-005", "35"),
    ]
    assert [(r["file"], r["line"], r["column"], r["count"]) for r in rows] == [
        ("SUBJ.csv", "6", "AGE", "2"),
        ("SUBJ.csv", "7", "AGE", "2"),
    ]
    assert rows[0]["also"] == "DOSE.csv:7"
    assert rows[0]["what"] == "Is the age right"
    assert rows[0]["spec"].startswith("sdtm/dm.yaml:")


@pytest.mark.proves("TK-FAIL-5")
def test_accepted_findings_stand_last_with_their_reason(demo):
    rows = sheet(demo.out / "reports" / "problems.csv")
    assert rows[-1]["severity"] == "accepted"
    assert rows[-1]["accepted"] == "categories come later"
    assert [row["severity"] for row in rows[:-1]] == ["query"] * (len(rows) - 1)


def test_details_are_capped_and_counts_exact(demo, tmp_path):
    many = 2500
    cells = Cells({"LAB1": np.zeros(many, np.int32)}, None, Column.text([f"v{n}" for n in range(many)]), None)
    problem = Problem(KIND, "wrong", Place(dataset="LB", variable="LBORRES"), count=many, cells=cells)
    result = with_problems(demo.result, problem)
    rows = list(fault_rows(result))
    assert len(rows) == 1000
    assert {row[FAULT_HEADER.index("count")] for row in rows} == {many}
    write_reports(tmp_path, result)
    text = page(tmp_path).text_content()
    assert "2,450 more" in text
    assert "2,500" in text


def test_records_are_named_by_their_keys_when_they_are_finished(demo):
    records = demo.result.built[0].count
    name = demo.result.built[0].name
    cells = Cells({}, None, Column.text(["x"]), None, np.array([records - 1], np.int32))
    row = next(fault_rows(with_problems(demo.result, Problem(KIND, "w", Place(dataset=name), cells=cells))))
    keys = demo.result.built[0].spec.keys
    values = [demo.result.built[0].records.columns[key].objects()[-1] for key in keys]
    assert row[FAULT_HEADER.index("record")] == " ".join(
        f"{k}={v}" for k, v in zip(keys, values, strict=True)
    )


def test_rows_of_a_working_dataset_are_followed_to_the_raw_file(demo):
    cells = Cells({"FIRSTEX": np.array([0, -1], np.int32)}, None, Column.text(["x", "y"]), None)
    rows = list(fault_rows(with_problems(demo.result, Problem(KIND, "w", cells=cells, count=2))))
    file, line = FAULT_HEADER.index("file"), FAULT_HEADER.index("line")
    assert [(row[file], row[line]) for row in rows] == [("DOSE.csv", 3), ("", "")]


def test_the_source_that_has_the_column_comes_first(demo):
    rows = {name: np.array([0], np.int32) for name in ("labitems", "SUBJ", "LAB1")}
    cells = Cells(rows, Column.text(["GLUC"]), Column.text(["x"]), None)
    row = next(fault_rows(with_problems(demo.result, Problem(KIND, "w", cells=cells))))
    found = dict(zip(FAULT_HEADER, row, strict=True))
    assert (found["file"], found["line"], found["column"]) == ("LAB1.csv", 2, "GLUC")
    assert found["also"] == "SUBJ.csv:2; tables/labitems.csv:2"


@pytest.mark.proves("TK-ROWS-1")
def test_every_source_balances(demo):
    found = {one.source: one for one in accounts(demo.result)}
    assert all(one.balanced for one in found.values())
    subj = found["SUBJ"]
    assert (subj.read, subj.used, subj.balance) == (7, 5, "7 = 5 + 2")
    assert [(part.reason, part.rows) for part in subj.excluded] == [
        ("set aside on reading: 3 fields where the header has 6", 1),
        ("screen failure", 1),
    ]
    rows = sheet(demo.out / "reports" / "ledger.csv")
    balances = {row["source"]: row["balance"] for row in rows if row["reason"] == "balance"}
    assert balances["DOSE"] == "7 = 5 + 2"
    assert [row["spec"] for row in rows if row["reason"] == "not the first dose"] == [
        "sdtm/first.yaml:5:5"
    ] * 2


@pytest.mark.proves("TK-ROWS-1")
def test_rows_of_the_ledger_add_up_for_each_dataset(demo):
    rows = [row for row in sheet(demo.out / "reports" / "ledger.csv") if row["origin"] == "raw"]
    for source in {row["source"] for row in rows}:
        size = demo.result.store.raw[source].rows
        for dataset in {row["dataset"] for row in rows if row["source"] == source} - {""}:
            mine = [row for row in rows if (row["source"], row["dataset"]) == (source, dataset)]
            assert sum(int(row["rows"]) for row in mine) == size


@pytest.mark.proves("TK-ROWS-2")
def test_rows_that_nothing_explains_do_not_balance():
    account = Account("raw", "A", "a.csv", 3, 1, (Part("nothing explains these rows", 2),))
    assert not account.balanced
    assert ledger_rows([account])[-1][-1] == "3 = 1 + 2"


@pytest.mark.proves("TK-ROWS-3")
def test_unmapped_columns_sources_and_notes_are_listed(demo):
    rows = [
        (r["what"], r["source"], r["column"], r["label"], r["rows"])
        for r in sheet(demo.out / "reports/unmapped.csv")
    ]
    assert rows[:3] == [
        ("column", "LAB1", "EXTRA", "", "2"),
        ("column", "SUBJ", '\'=HYPERLINK("http://x")', "", "2"),
        ("source", "NEVER", "", "no dataset reads it", ""),
    ]
    assert ("note", "LAB1", "", "cells with a missing token", "1") in rows


@pytest.mark.proves("TK-ROWS-3")
def test_unmapped_columns_are_errors_where_the_source_says_so(demo):
    assert unmapped_problems(demo.result) == []
    source = demo.result.study.spec.sources["LAB1"].model_copy(update={"unmapped": "error"})
    sources = {**demo.result.study.spec.sources, "LAB1": source}
    spec = demo.result.study.spec.model_copy(update={"sources": sources})
    result = replace(demo.result, study=replace(demo.result.study, spec=spec))
    assert [problem.line() for problem in unmapped_problems(result)] == [
        "error MAP-001 LAB1.csv EXTRA no rule reads column 'EXTRA' of source LAB1. "
        "Map it, or say `unmapped: list` for its source."
    ]


@pytest.mark.proves("TK-INERT-1")
def test_hostile_text_is_inert_on_the_page(demo, tmp_path):
    hostile = ["</script><script>alert(2)</script>", "]]><img src=x onerror=alert(3)>", "javascript:alert(4)"]
    cells = Cells(
        {"SUBJ": np.array([0, 1, 2], np.int32)},
        Column.text(hostile),
        Column.text(hostile),
        Column.text(hostile),
    )
    problem = Problem(
        KIND,
        hostile[0],
        Place(dataset=hostile[1]),
        hostile[2],
        hostile[1],
        3,
        cells=cells,
        accepted=hostile[0],
    )
    write_reports(tmp_path, with_problems(demo.result, problem))
    tree = page(tmp_path)
    assert len(tree.xpath("//script")) == 1
    assert not tree.xpath("//img | //iframe | //object | //link | //*[@style] | //base | //form")
    assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")]
    assert all(re.match(r"#|\.\./sdtm/\w+\.xpt$|\w+\.(csv|xlsx)$", link) for link in tree.xpath("//@href"))
    assert not tree.xpath("//@src")
    shown = tree.xpath("//table//td/text()")
    assert set(hostile) <= set(shown)
    assert "A <script>alert('title')</script> & study ]]>" in tree.xpath("//h1")[0].text_content()


@pytest.mark.proves("TK-INERT-1")
def test_only_our_own_style_and_script_are_allowed(demo):
    tree = page(demo.out / "reports")
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none';")
    for element in tree.xpath("//style | //script"):
        code = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"'sha256-{code}'" in policy
    assert "unsafe" not in policy


def test_the_page_has_landmarks_labels_and_targets(demo):
    tree = page(demo.out / "reports")
    assert [len(tree.xpath(f"//{name}")) for name in ("header", "main", "nav", "footer", "h1")] == [1] * 5
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in tree.xpath("//@href") if link.startswith("#")} <= set(ids)
    assert all(element.xpath("ancestor::label") for element in tree.xpath("//input | //select"))
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in tree.xpath("//svg"))
    assert tree.get("lang") == "en"


def test_links_lead_to_the_datasets(demo):
    links = [link for link in page(demo.out / "reports").xpath("//@href") if link.endswith(".xpt")]
    assert links == ["../sdtm/dm.xpt", "../sdtm/lb.xpt", "../sdtm/suppdm.xpt"]
    assert all((demo.out / "reports" / link).exists() for link in links)


@pytest.mark.proves("TK-INERT-2")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1", "'=1"),
        ("+1", "+1"),
        ("-1.5e3", "-1.5e3"),
        ("-1+1", "'-1+1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("x=1", "x=1"),
        ("", ""),
        ("+", "'+"),
        ("＝1", "'＝1"),
    ],
)
def test_formulas_get_an_apostrophe(text, shown):
    assert inert(text) == shown


@pytest.mark.proves("TK-INERT-2")
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), min_size=2, max_size=2)
    )
)
def test_sheets_are_read_back_as_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("sheet") / "a.csv"
    write_sheet(path, ["a", "b"], rows)
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1:] == [[inert(cell) for cell in row] for row in rows]


@pytest.mark.proves("TK-SAME-1")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_same_bytes_in_another_process(demo, tmp_path, workers):
    out = tmp_path / "elsewhere"
    command = [sys.executable, "-c", "from trialkit.cli import main; main()", "sdtm", str(demo.specs)]
    done = subprocess.run(
        [*command, "--raw", str(demo.raw), "--out", str(out), "--workers", workers],
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for folder in ("reports", "trace/sdtm"):
        assert hashes(out / folder) == hashes(demo.out / folder)


def fail(specs, _raw):
    path = specs / "sdtm" / "dm.yaml"
    text = path.read_text().replace("code: Q-DM-01}", "code: Q-DM-01, severity: error}")
    path.write_text(text)


def test_a_failed_run_says_so_and_leaves_the_earlier_report(rebuild):
    good = rebuild()
    before = hashes(good.out)
    fail(good.specs, None)
    result = run(Options(good.specs, good.raw, good.out), standard_of("sdtm", "3.4"))
    assert {name: code for name, code in hashes(good.out).items() if not name.startswith("failed/")} == before
    tree = page(good.out / "failed")
    assert "nothing was published" in tree.xpath("//*[@role='status']")[0].text_content()
    assert not [link for link in tree.xpath("//@href") if link.endswith(".xpt")]
    assert last_line(result, good.out).endswith(
        f"nothing was published, report in {good.out}/failed/run.html"
    )


def shown(result, out):
    file = StringIO()
    options = Options(Path("specs"), Path("raw"), out)
    show_summary(result, options, Console(file=file, width=100, color_system=None))
    return file.getvalue()


def test_what_was_gathered_from_a_row_names_the_column_at_fault_and_is_asked_once(tmp_path):
    specs, out = tmp_path / "study", tmp_path / "out"
    start_study(specs)
    raw, spec = specs / "raw" / "vitals.csv", specs / "sdtm" / "vs.yaml"
    text = raw.read_text().replace("23-Jan-2023", "30-Feb-2023").replace("002,Week 1", "002,Week One")
    raw.write_text(text)
    for path in (spec, spec.with_name("dm.yaml")):
        text = path.read_text().replace("formats: DD-MON-YYYY}", "formats: DD-MON-YYYY, invalid: query}")
        path.write_text(text)
    spec.write_text(spec.read_text().replace('"Unscheduled {n}"}', '"Unscheduled {n}", unknown: query}'))
    result = run(Options(specs, specs / "raw", out), standard_of("sdtm", "3.4"))
    rows = [r for r in sheet(out / "reports" / "problems.csv") if r["dataset"] == "VS"]
    assert {(r["variable"], r["line"], r["column"]) for r in rows} == {
        ("VSDTC", "3", "DATE"),
        ("VISIT", "5", "VISIT"),
    }
    asked = sheet(out / "reports" / "queries.csv")
    assert [(r["line"], r["field"]) for r in asked] == [("3", "DATE"), ("5", "VISIT")]
    assert last_line(result, out).startswith("0 errors, 6 queries (2 lines in queries.csv); datasets in ")


@pytest.mark.proves("TK-LOG-1")
def test_the_terminal_shows_counts_and_no_subject_data(demo):
    text = shown(demo.result, demo.out)
    assert re.search(r"^ DM +5 Demographics", text, re.M)
    assert re.search(
        r"query Q-DM-01 DM\.AGE \S+\.csv:\d+ \(\S+:\d+:\d+\) \(2 times\) Is the age right\.", text
    )
    assert re.search(
        r"0 errors, 17 queries \(3 lines in queries\.csv\), 1 accepted; datasets in ", text.splitlines()[-1]
    )
    assert "DEMO-00" not in text
    assert "FIRSTEX" not in text


def test_a_result_without_anything_has_a_report(demo, tmp_path):
    spec = StudySpec.model_validate({"study": "EMPTY", "created": "2024-01-31T00:00:00", "sources": {}})
    study = replace(demo.result.study, spec=spec, datasets={}, tables={})
    store = replace(demo.result.store, raw={}, tables={}, ledger=type(demo.result.store.ledger)())
    write_reports(tmp_path, replace(demo.result, study=study, store=store, built=[], problems=Problems()))
    assert "None was built." in page(tmp_path).text_content()
