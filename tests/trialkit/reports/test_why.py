"""Every cell says where it came from: held against the raw files as another reader reads them."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from trialkit.cli import cli
from trialkit.explain.answer import Answer
from trialkit.explain.find import find_build, find_raw, find_specs
from trialkit.explain.live import live_parts, parts_of
from trialkit.explain.tree import as_tree
from trialkit.problems import Refusal
from trialkit.rule import VariableRule
from trialkit.rules.choose import Case, FirstOf
from trialkit.rules.values import Copy
from trialkit.why import Question, open_explainer, records_where, why


@pytest.fixture(scope="module")
def explainer(demo):
    return open_explainer(demo.out, demo.specs, demo.raw)


@pytest.fixture(scope="module")
def lines(demo):
    """The cells of the raw files and tables by file, line and column; a plain reader."""
    found = {}
    for folder in (demo.raw, demo.specs):
        for path in folder.rglob("*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                reader = csv.reader(file)
                header, start = next(reader), reader.line_num + 1
                for row in reader:
                    name = path.relative_to(folder).as_posix()
                    if len(row) == len(header):
                        found |= {(name, start, h): cell for h, cell in zip(header, row, strict=True)}
                    start = reader.line_num + 1
    return found


def ask(explainer, dataset, where, variable):
    build = explainer.builds[0]
    (record,) = records_where(build, dataset, where)
    return explainer.why(dataset, record, variable)


def cells(answer):
    return [(one.file, one.line, one.column, one.value) for one in answer.cells()]


def every_cell(explainer, demo):
    for one in demo.result.built:
        for variable in one.metas:
            for record in range(one.count):
                yield one, variable, record, explainer.why(one.name, record, variable)


@pytest.mark.proves("TK-WHY-1")
def test_every_raw_cell_that_is_named_is_in_the_raw_file(explainer, demo, lines):
    seen = 0
    for _, _, _, answer in every_cell(explainer, demo):
        for one in answer.cells():
            if one.column:
                assert lines[one.file, one.line, one.column] == one.value
                seen += 1
    assert seen > 300


@pytest.mark.proves("TK-WHY-1")
def test_every_answer_has_the_published_value_and_a_rule(explainer, demo):
    for built, variable, record, answer in every_cell(explainer, demo):
        column = built.records.columns[variable]
        value = column.objects()[record]
        assert answer.value == (
            value if isinstance(value, str) else "" if value != value else f"{value:.15g}"
        )
        assert answer.rule or answer.notes or answer.origins


def test_a_gathered_value_names_its_own_raw_column(explainer, demo):
    lb = next(one for one in demo.result.built if one.name == "LB")
    values = lb.records.columns["LBORRES"].objects()
    totals = lb.records.columns["LBTESTCD"].objects() == "SODIUM"
    for record in range(lb.count):
        found = explainer.why("LB", record, "LBORRES").cells()
        if not totals[record]:
            assert [one.value.strip() for one in found] == [values[record]]


def test_copy(explainer):
    answer = ask(explainer, "DM", "USUBJID == 'DEMO-002'", "SEX")
    assert cells(answer) == [("SUBJ.csv", 3, "SEX", "F")]
    assert answer.rule == "SEX."
    assert answer.spec.startswith("sdtm/dm.yaml:")


def test_quoted_line_breaks_do_not_move_lines(explainer):
    assert cells(ask(explainer, "DM", "USUBJID == 'DEMO-005'", "SEX")) == [("SUBJ.csv", 7, "SEX", "M")]


def test_raw_text_is_shown_as_it_stands_in_the_file(explainer):
    answer = ask(explainer, "LB", "USUBJID == 'DEMO-001' and LBTESTCD == 'ALT' and VISITNUM == 1", "LBORRES")
    assert answer.value == "21"
    assert cells(answer) == [("LAB1.csv", 2, "ALT", " 21 ")]


def test_units_of_a_gathered_group(explainer):
    answer = ask(explainer, "LB", "USUBJID == 'DEMO-001' and LBTESTCD == 'ALT' and VISITNUM == 2", "LBORRESU")
    assert cells(answer) == [("LAB1.csv", 3, "ALT_U", "U/L")]


def test_item_of_a_gathered_record(explainer):
    answer = ask(explainer, "LB", "USUBJID == 'DEMO-001' and LBTESTCD == 'ALT' and VISITNUM == 2", "LBTESTCD")
    (item,) = answer.origins
    assert (item.role, item.value, item.spec) == ("item", "ALT", "tables/labitems.csv:3 ITEM")
    assert cells(answer) == [("LAB1.csv", 3, "ALT", "22")]


def test_stack_leads_to_the_branch_that_the_record_came_from(explainer):
    answer = ask(explainer, "LB", "USUBJID == 'DEMO-004' and VISITNUM == 2", "LBTESTCD")
    assert cells(answer) == [("LAB2.csv", 3, "TEST", "ALT")]
    assert answer.origins[0].role == "working column"


def test_branches_that_read_the_same_rows_are_told_apart_by_their_constants(explainer):
    for phase, cell in (("SCREENING", ("AGE", "31")), ("TREATMENT", ("SITE", "10"))):
        answer = ask(explainer, "PHASES", f"SUBJECT == '001' and PHASE == '{phase}'", "START")
        assert cells(answer) == [("SUBJ.csv", 2, *cell)]


def test_total_lists_the_values_that_it_adds(explainer):
    answer = ask(
        explainer, "LB", "USUBJID == 'DEMO-001' and LBTESTCD == 'SODIUM' and VISITNUM == 1", "LBSTRESN"
    )
    assert answer.value == "26.1"
    assert cells(answer) == [("LAB1.csv", 2, "ALT", " 21 "), ("LAB1.csv", 2, "GLUC", "5.1")]
    total = next(one for one in answer.every() if one.role == "total")
    assert total.notes == ("2 values",)


def test_total_leaves_out_blanks(explainer):
    answer = ask(
        explainer, "LB", "USUBJID == 'DEMO-002' and LBTESTCD == 'SODIUM' and VISITNUM == 1", "LBORRES"
    )
    assert cells(answer) == [("LAB1.csv", 4, "GLUC", "6.1")]


def test_join_goes_through_a_working_dataset(explainer):
    answer = ask(explainer, "DM", "USUBJID == 'DEMO-001'", "RFSTDTC")
    assert answer.value == "2024-01-10"
    assert ("DOSE.csv", 3, "START", "2024-01-10") in cells(answer)
    assert [(one.what, one.role) for one in answer.origins] == [
        ("FIRSTEX.FIRST", ""),
        ("FIRSTEX.SUBJECT", "joined on"),
        ("SUBJ.SUBJECT", "key"),
    ]


def test_earliest_names_the_row_that_decided(explainer):
    answer = ask(explainer, "DM", "USUBJID == 'DEMO-003'", "RFXSTDTC")
    decided = [one for one in answer.origins if one.role == "row of LAB1" or one.role == "row of DOSE"]
    assert {(one.file, one.line) for one in decided} == {("DOSE.csv", 6)}
    assert answer.notes == ("selection 1 of 2: START in DOSE with the same SUBJECT",)


def test_lookup_names_the_row_that_was_found(explainer):
    answer = ask(explainer, "DM", "USUBJID == 'DEMO-002'", "RFICDTC")
    found = {(one.line, one.column, one.value) for one in answer.origins if one.role == "row of LAB1"}
    assert found == {(4, "SUBJECT", "002"), (4, "VISIT", "1"), (4, "DATE", "2024-01-11")}


def test_lookup_without_a_row_says_so(explainer):
    answer = ask(explainer, "DM", "USUBJID == 'DEMO-004'", "RFICDTC")
    assert (answer.value, answer.notes) == ("", ("no row of LAB1",))


def test_minimum_within_records_names_the_other_record(explainer):
    answer = ask(explainer, "LB", "USUBJID == 'DEMO-004' and VISITNUM == 1", "LBORNRLO")
    (other,) = [one for one in answer.origins if one.role]
    assert (other.role, other.file, other.line, other.value) == (
        "working column",
        "",
        0,
        "",
    ) or other.line == 3
    assert ("LAB2.csv", 3, "RES", "40") in cells(answer)
    assert ("LAB2.csv", 2, "RES", "41") not in cells(answer)


def test_case_follows_the_case_that_applied(explainer):
    first = ask(explainer, "DM", "USUBJID == 'DEMO-003'", "AGEU")
    assert first.notes == ("case 1 of 1: AGE >= 33",)
    assert [(one.what, one.role) for one in first.origins] == [("DM.AGE", "decided")]
    other = ask(explainer, "DM", "USUBJID == 'DEMO-001'", "AGEU")
    assert other.notes == ("no case applies: else",)
    assert [one.what for one in other.origins] == ["DM.AGEUNIT", "DM.AGE"]
    assert other.origins[0].notes == ("value 2 of 2",)


def test_study_day_goes_through_dm_to_the_first_dose(explainer):
    answer = ask(explainer, "LB", "USUBJID == 'DEMO-001' and LBTESTCD == 'ALT' and VISITNUM == 1", "LBDY")
    assert answer.value == "1"
    found = cells(answer)
    assert ("LAB1.csv", 2, "DATE", "2024-01-10") in found
    assert ("DOSE.csv", 3, "START", "2024-01-10") in found


def test_supplemental_qualifiers_lead_to_their_parent(explainer):
    answer = ask(explainer, "SUPPDM", "USUBJID == 'DEMO-004'", "QVAL")
    assert cells(answer) == [("SUBJ.csv", 6, "NOTE", "=1+1")]
    assert answer.origins[0].what == "DM.NOTE"
    assert ask(explainer, "SUPPDM", "USUBJID == 'DEMO-004'", "QORIG").notes == ("goes with a record of DM",)


def test_expected_variables_without_a_rule_say_so(explainer):
    answer = ask(explainer, "DM", "USUBJID == 'DEMO-004'", "RACE")
    assert answer.notes == ("no rule: an expected variable, added empty",)


def test_working_datasets_can_be_asked(explainer):
    answer = ask(explainer, "FIRSTEX", "SUBJECT == '003'", "FIRST")
    assert cells(answer) == [("DOSE.csv", 6, "START", "2024-01-12")]


@pytest.mark.parametrize(
    ("dataset", "where", "variable", "said"),
    [
        (
            "LX",
            "A == 1",
            "B",
            "WHY-002 LX no such dataset in the build. Known: DM, FIRSTEX, LB, PHASES, SUPPDM.",
        ),
        ("LB", "LBSEQ == 1", "LBORES", "WHY-003 LB.LBORES no such variable. Did you mean 'LBORRES'?"),
        (
            "LB",
            "LBSEQ == 1",
            "ITEM",
            r"WHY-003 LB.ITEM no such variable. It is a working column of `let`: ask",
        ),
        ("LB", "LBSEQQ == 1", "LBORRES", "WHY-003 LB.LBSEQQ no such variable. Did you mean 'LBSEQ'?"),
        ("LB", "LBSEQ == 99", "LBORRES", "WHY-004 LB none of 13 records meets LBSEQ == 99. Correct"),
        (
            "LB",
            "LBSEQ >= 0",
            "LBORRES",
            "WHY-005 LB 13 records meet LBSEQ >= 0. Name more keys in the condition.",
        ),
        ("LB", "LBSEQ == '1'", "LBORRES", "EXPR-"),
    ],
)
def test_what_cannot_be_answered_is_refused(demo, dataset, where, variable, said):
    with pytest.raises(Refusal) as caught:
        why(Question(dataset, where, variable, demo.out, demo.specs, demo.raw))
    assert said in caught.value.problems[0].line()


def test_many_records_list_some_keys(demo):
    with pytest.raises(Refusal) as caught:
        why(Question("LB", "LBSEQ >= 0", "LBORRES", demo.out, demo.specs, demo.raw))
    assert "STUDYID == 'DEMO' and USUBJID == 'DEMO-001' and" in caught.value.problems[0].hint


def test_constants_name_the_rows_behind_the_record(demo):
    (answer,), _ = why(Question("DM", "USUBJID == 'DEMO-002'", "DOMAIN", demo.out, demo.specs, demo.raw))
    assert [(one.file, one.line, one.role) for one in answer.origins if one.file] == [
        ("SUBJ.csv", 3, "behind the record")
    ]


def test_changed_raw_files_and_specs_are_said(rebuild):
    demo = rebuild()
    question = Question("DM", "USUBJID == 'DEMO-002'", "SEX", demo.out, demo.specs, demo.raw)
    assert why(question)[1] == []
    with (demo.raw / "SUBJ.csv").open("a") as file:
        file.write("007,M,10,31,,\n")
    with (demo.specs / "sdtm" / "dm.yaml").open("a") as file:
        file.write("# later\n")
    assert why(question)[1] == [
        "spec sdtm/dm.yaml has changed since the build",
        "raw file SUBJ.csv has changed since the build",
    ]
    lines = (demo.raw / "SUBJ.csv").read_text().splitlines()
    (demo.raw / "SUBJ.csv").write_text("\n".join(lines[:2]))
    (answer,), warnings = why(question)
    assert warnings[1] == "raw file SUBJ.csv has changed since the build"
    assert [(one.file, one.notes) for one in answer.cells()] == [("SUBJ.csv", ("row 2 is gone",))]
    (demo.raw / "SUBJ.csv").unlink()
    (answer,), warnings = why(question)
    assert warnings[1] == (
        f"raw file SUBJ.csv cannot be read in '{demo.raw.as_posix()}'; its texts are not shown: "
        "say where with --raw"
    )
    assert (answer.cells()[0].spot, answer.cells()[0].unread) == ("SUBJ.csv row 2 SEX", True)
    console = Console(width=80, color_system=None)
    with console.capture() as shown:
        console.print(as_tree(answer))
    assert shown.get().endswith("└── SUBJ.csv row 2 SEX  (not read)\n")


@pytest.mark.proves("TK-WHOLE-2")
def test_traces_of_another_build_are_refused(rebuild):
    demo = rebuild()
    manifest = demo.out / "trace" / "sdtm" / "manifest.json"
    data = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**data, "build": "other"}))
    with pytest.raises(Refusal, match="WHY-006"):
        open_explainer(demo.out, demo.specs, demo.raw)


def test_the_build_is_found(demo, tmp_path, monkeypatch):
    monkeypatch.delenv("STUDY", raising=False)
    assert find_build(None, demo.out.parent) == demo.out
    with pytest.raises(Refusal, match="WHY-001"):
        find_build(None, tmp_path)
    for name in ("a", "b"):
        shutil.copytree(demo.out / "sdtm", tmp_path / name / "sdtm")
    with pytest.raises(Refusal, match="WHY-007 there is more than one build: a, b"):
        find_build(None, tmp_path)
    monkeypatch.setenv("STUDY", "b")
    assert find_build(None, tmp_path) == tmp_path / "b"


def test_an_output_folder_itself_is_found_and_its_parts_are_no_builds(demo, tmp_path, monkeypatch):
    monkeypatch.delenv("STUDY", raising=False)
    shutil.copytree(demo.out, tmp_path / "build")
    assert find_build(None, tmp_path / "build") == tmp_path / "build"


@pytest.mark.parametrize("out", ["build/demo", "specs/demo/build", "build", "build/other"])
def test_specs_and_raw_files_of_a_build_are_found(demo, tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STUDY", raising=False)
    shutil.copytree(demo.specs, "specs/demo")
    shutil.copytree(demo.raw, "specs/demo/raw")
    shutil.copytree(demo.specs, "specs/other")
    (tmp_path / "specs/other/study.yaml").write_text("study: OTHER")
    shutil.copytree(demo.out, out)
    assert find_specs(Path(out)) == Path("specs/demo")
    assert find_raw(Path(out), Path("specs/demo")) == Path("specs/demo/raw")
    asked = ["why", "DM", "--where", "USUBJID=='DEMO-002'", "SEX"]
    shown = CliRunner().invoke(cli, [*asked, *(["--out", out] if out.startswith("specs") else [])])
    assert shown.stdout.endswith("SUBJ.csv:3 SEX  'F'\n")


def test_specs_in_the_current_folder_are_found_by_the_name_of_the_build(demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(demo.specs, "demo")
    shutil.copytree(demo.out, "build/demo")
    assert find_specs(Path("build/demo")) == Path("demo")


def test_specs_that_are_nowhere_are_asked_for(demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs/out").mkdir(parents=True)
    (tmp_path / "specs/out/study.yaml").write_text("study: OTHER")
    shutil.copytree(demo.out, "build/out")
    with pytest.raises(Refusal, match=r"STUDY-001 the specs of DEMO are not in 'specs/out', .*--specs"):
        find_specs(Path("build/out"))


def invoke(demo, *more):
    paths = ["--out", str(demo.out), "--specs", str(demo.specs), "--raw", str(demo.raw)]
    return CliRunner().invoke(cli, ["why", "DM", "--where", "USUBJID=='DEMO-002'", "SEX", *paths, *more])


def test_the_command_prints_a_tree(demo):
    assert invoke(demo).stdout == (
        "DM.SEX = 'F'  record 2\nSEX.  sdtm/dm.yaml:22:8\n└── SUBJ.csv:3 SEX  'F'\n"
    )


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"junk" * 300]
)
@pytest.mark.parametrize("file", ["trace/sdtm/dm.parquet", "sdtm/dm.xpt"])
def test_a_damaged_build_is_said(demo, tmp_path, file, damage):
    shutil.copytree(demo.out, tmp_path / "out")
    path = tmp_path / "out" / file
    path.write_bytes(damage(path.read_bytes()))
    paths = ["--out", tmp_path / "out", "--specs", demo.specs, "--raw", demo.raw]
    asked = ["why", "DM", "--where", "USUBJID=='DEMO-002'", "SEX", *map(str, paths)]
    shown = CliRunner().invoke(cli, asked)
    assert isinstance(shown.exception, Refusal)
    assert [one.kind.code for one in shown.exception.problems] == ["WHY-008"]


def test_the_command_prints_json(demo):
    data = json.loads(invoke(demo, "--json").stdout)
    (answer,) = data["answers"]
    assert answer["value"] == "F"
    assert answer["origins"][0] | {"what": ""} == {
        "what": "", "value": "F", "file": "SUBJ.csv", "line": 3, "column": "SEX",
    }  # fmt: skip
    assert data["warnings"] == []


@pytest.mark.parametrize(
    "given", [["why"], ["why", "LB"], ["why", "LB", "LBDTC"], ["why", "LB", "LBDTC", "--wehre"]]
)
def test_a_question_that_is_not_whole_is_shown_how(given):
    done = CliRunner().invoke(cli, given)
    assert done.exit_code == 2
    assert done.stderr.rstrip().endswith(
        "For example: trialkit why LB LBSTRESN --where \"USUBJID == '01-001' and LBSEQ == 12\""
    )


def test_branches_are_matched_inside_out():
    inner = FirstOf(first_of=["A", "B"])
    outer = Case.model_construct(cases=Case(case=[{"when": "X == 'x'", "then": "y"}]).cases, otherwise=inner)
    live = live_parts(outer, [1, 1])
    assert live.notes == ["no case applies: else", "value 2 of 2"]
    assert [one.column for one, _ in live.references] == ["B", "X"]
    assert live_parts(outer, []).notes == []


def test_a_rule_without_parts_names_itself():
    assert [one.column for one in parts_of(Copy(copy="A"))[1]] == ["A"]
    assert parts_of(VariableRule()) == ([], [])


def test_answers_list_each_raw_cell_once():
    raw = Answer("S.X", "1", file="s.csv", line=2, column="X")
    assert Answer("A.B", origins=(raw, Answer("A.C", origins=(raw,)))).cells() == [raw]
