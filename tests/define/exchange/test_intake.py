"""A workbook back into its specs: unchanged, with all that people change, with what specs cannot take."""

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import click
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from define.build.describe import Asked
from define.exchange.drafts import spec_draft
from define.exchange.export import define_of, spec_export
from define.exchange.intake import part_of_workbook, spec_import
from define.workbook.book import Book, Row, read_book, write_book
from define.workbook.layout import CLASSIC, GENERATIONS, V21
from trialkit.problems import Exit, Problems, Refusal

CREATED = datetime(2024, 1, 31, tzinfo=UTC)


@pytest.fixture
def specs(study, tmp_path):
    return shutil.copytree(study / "specs", tmp_path / "specs")


def asked(study, specs, *, built=True):
    return Asked(specs, "sdtm", study / "build" / "sdtm" if built else None, None, None)


@pytest.fixture(scope="module")
def exported(study, tmp_path_factory):
    """Give the workbooks of the small study, by generation and whether the datasets are named."""
    folder = tmp_path_factory.mktemp("exported")
    for generation in GENERATIONS:
        for built in (True, False):
            spec_export(
                asked(study, study / "specs", built=built), folder / f"{generation}-{built}.xlsx", generation
            )
    return folder


def edited(file, target, changes, *, generation=V21):
    """Copy a workbook with some cells changed: (sheet, names of the row, column) and the text."""
    book = read_book(file, Problems())
    sheets = {sheet: [dict(row.values) for row in rows] for sheet, rows in book.sheets.items()}
    for (sheet, names, column), text in changes.items():
        rows = [row for row in sheets[sheet] if set(names) <= set(row.values())]
        if not rows:
            rows = [dict(zip(("ID", "Term"), names, strict=False))]
            sheets[sheet] += rows
        for row in rows[:1]:
            row[column] = text
    made = Book({sheet: [Row(row) for row in rows] for sheet, rows in sheets.items()})
    write_book(target, made, generation, CREATED)
    return target


def bytes_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def changed_lines(before, after):
    """Give the lines that are new in each file, and check that no other has gone but those they stand for."""
    found = {}
    for name, data in after.items():
        old, new = before[name].decode().splitlines(), data.decode().splitlines()
        if old != new:
            found[name] = [line for line in new if line not in old]
            assert len([line for line in old if line not in new]) <= len(found[name])
    return found


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize("generation", GENERATIONS)
def test_an_unchanged_workbook_changes_nothing(generation, built, study, specs, exported):
    before = bytes_of(specs)
    assert spec_import(asked(study, specs, built=built), exported / f"{generation}-{built}.xlsx") == Exit.OK
    assert bytes_of(specs) == before


LABEL = ("Variables", ("DM", "SITEID"), "Label")
TAKEN = {  # what is changed in the workbook, and the lines of specs that come of it
    "label": ({LABEL: "Site"}, {"sdtm/dm.yaml": ["  SITEID: {copy: SITE, label: Site}"]}),
    "label with signs": (
        {LABEL: "Site: no. 1, or #2"},
        {"sdtm/dm.yaml": ['  SITEID: {copy: SITE, label: "Site: no. 1, or #2"}']},
    ),
    "label beside a comment": (
        {("Variables", ("DM", "SUBJID"), "Label"): "Subject"},
        {"sdtm/dm.yaml": ["  SUBJID: {copy: SUBJ, label: Subject}           # the column as it is"]},
    ),
    "label of a block": (
        {("Variables", ("VS", "VSLOBXFL"), "Label"): "Baseline"},
        {"sdtm/vs.yaml": ["    label: Baseline"]},
    ),
    "formula": ({LABEL: "=1+1"}, {"sdtm/dm.yaml": ['  SITEID: {copy: SITE, label: "=1+1"}']}),
    "comment": (
        {("Comments", ("DM.AGE",), "Description"): "Not asked."},
        {
            "sdtm/dm.yaml": [
                '  AGE: {constant: "", comment: Not asked.}',
                '  RACE: {constant: "", comment: Not asked.}',
            ]
        },
    ),
    "origin": (
        {("Variables", ("DM", "SITEID"), "Source"): "Sponsor"},
        {"sdtm/dm.yaml": ["  SITEID: {copy: SITE, origin: {type: Collected, source: Sponsor}}"]},
    ),
    "method": (
        {("Methods", ("VS.VSSEQ",), "Description"): "Number of the record."},
        {
            "sdtm/vs.yaml": [
                "  VSSEQ: {sequence: [VISITNUM, VSTESTCD], within: [USUBJID], method: Number of the record.}"
            ]
        },
    ),
    "new comment": (
        {
            ("Variables", ("DM", "SITEID"), "Comment"): "C1",
            ("Comments", ("C1",), "Description"): "Of two sites.",
        },
        {"sdtm/dm.yaml": ["  SITEID: {copy: SITE, comment: Of two sites.}"]},
    ),
    "new method": (
        {
            ("Variables", ("VS", "VSSEQ"), "Method"): "M1",
            ("Methods", ("M1",), "Description"): "By visit.",
        },
        {"sdtm/vs.yaml": ["  VSSEQ: {sequence: [VISITNUM, VSTESTCD], within: [USUBJID], method: By visit.}"]},
    ),
    "no comment": (
        {("Variables", ("DM", "AGE"), "Comment"): ""},
        {"sdtm/dm.yaml": ['  AGE: {constant: ""}']},
    ),
    "class": (
        {("Datasets", ("VS",), "Class"): "FINDINGS ABOUT"},
        {"sdtm/vs.yaml": ["class: Findings About"]},
    ),
    "dataset label": ({("Datasets", ("VS",), "Label"): "Vitals"}, {"sdtm/vs.yaml": ["label: Vitals"]}),
    "structure": (
        {("Datasets", ("VS",), "Structure"): "One record per test"},
        {"sdtm/vs.yaml": ["structure: One record per test"]},
    ),
    "keys": (
        {("Datasets", ("VS",), "Key Variables"): "USUBJID, VISITNUM, VSTESTCD"},
        {"sdtm/vs.yaml": ["keys: [USUBJID, VISITNUM, VSTESTCD]"]},
    ),
    "value level": (
        {("ValueLevel", ("VS", "VSORRES", "VSTESTCD EQ SYSBP"), "Label"): "Systolic"},
        {"sdtm/vs.yaml": ["      - {when: VSTESTCD == 'SYSBP', label: Systolic}"]},
    ),
    "value level of the spec": (
        {("Comments", ("VS.VSORRES.TEMP",), "Description"): "By ear."},
        {"sdtm/vs.yaml": ["        comment: By ear."]},
    ),
    "two of a value level": (
        {
            ("ValueLevel", ("VS", "VSORRES", "VSTESTCD EQ SYSBP"), "Label"): "Systolic",
            ("ValueLevel", ("VS", "VSORRES", "VSTESTCD EQ SYSBP"), "Source"): "Vendor",
        },
        {
            "sdtm/vs.yaml": [
                "      - {when: VSTESTCD == 'SYSBP', label: Systolic, "
                "origin: {type: Collected, source: Vendor}}"
            ]
        },
    ),
    "title": (
        {("Define", ("StudyDescription",), "Value"): "Another title"},
        {"study.yaml": ["title: Another title"]},
    ),
    "new codelist": (
        {
            ("Variables", ("DM", "SITEID"), "Codelist"): "SITES",
            ("Codelists", ("SITES", "01"), "Name"): "Sites",
            ("Codelists", ("SITES", "01"), "Decoded Value"): "Berlin",
            ("Codelists", ("SITES", "01"), "Data Type"): "text",
            ("Codelists", ("SITES", "01"), "Order"): "1",
            ("Codelists", ("SITES", "01"), "Terminology"): "Non-Standard",
            ("Codelists", ("SITES", "02"), "Name"): "Sites",
            ("Codelists", ("SITES", "02"), "Decoded Value"): "Bonn",
            ("Codelists", ("SITES", "02"), "Data Type"): "text",
            ("Codelists", ("SITES", "02"), "Order"): "2",
            ("Codelists", ("SITES", "02"), "Terminology"): "Non-Standard",
        },
        {
            "sdtm/dm.yaml": ["  SITEID: {copy: SITE, codelist: SITES}"],
            "study.yaml": ["codelists: {SITES: {label: Sites, terms: {01: Berlin, 02: Bonn}}}"],
        },
    ),
    "document": (
        {("Documents", ("sap",), "Href"): "sap.pdf", ("Documents", ("sap",), "Title"): "Analysis Plan"},
        {"study.yaml": ['documents: {sap: {file: sap.pdf, title: Analysis Plan, kind: "", of: sdtm}}']},
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_people_change_is_taken_and_then_shows(name, study, specs, exported, tmp_path):
    changes, lines = TAKEN[name]
    before = bytes_of(specs)
    file = edited(exported / "2.1-True.xlsx", tmp_path / "edited.xlsx", changes)
    assert spec_import(asked(study, specs), file) == Exit.OK
    assert changed_lines(before, bytes_of(specs)) == lines
    again = replace(asked(study, specs), fresh=False)
    assert spec_import(again, file) == Exit.OK  # what the define says now is what the workbook says
    assert changed_lines(before, bytes_of(specs)) == lines


OLDER = {
    "origin": (
        {("Variables", ("DM", "SITEID"), "Origin"): "eDT"},
        {"sdtm/dm.yaml": ["  SITEID: {copy: SITE, origin: {type: Collected, source: Vendor}}"]},
    ),
    "value level": (
        {("ValueLevel", ("VS", "VSORRES", "VS.VSTESTCD.EQ.SYSBP"), "Label"): "Systolic"},
        {"sdtm/vs.yaml": ["      - {when: VSTESTCD == 'SYSBP', label: Systolic}"]},
    ),
}


@pytest.mark.parametrize("name", OLDER)
def test_a_classic_workbook_is_taken_as_well(name, study, specs, exported, tmp_path):
    changes, lines = OLDER[name]
    before = bytes_of(specs)
    file = edited(exported / "classic-True.xlsx", tmp_path / "edited.xlsx", changes, generation=CLASSIC)
    assert spec_import(asked(study, specs), file) == Exit.OK
    assert changed_lines(before, bytes_of(specs)) == lines


def test_a_condition_of_a_classic_workbook_cannot_be_changed(study, specs, exported, tmp_path, capsys):
    changes = {("WhereClauses", ("VS.VSTESTCD.EQ.SYSBP",), "Value"): "OTHER"}
    file = edited(exported / "classic-True.xlsx", tmp_path / "edited.xlsx", changes, generation=CLASSIC)
    before = bytes_of(specs)
    assert spec_import(asked(study, specs), file) == Exit.DATA
    assert bytes_of(specs) == before
    said = capsys.readouterr().err
    assert "row of VS.VSORRES where VSTESTCD EQ OTHER is new. Conditions follow from the records" in said


def test_without_datasets_length_type_and_terms_are_those_of_the_specs(study, specs, exported, tmp_path):
    changes = {
        ("Variables", ("DM", "SITEID"), "Length"): "10",
        ("Codelists", ("SEX", "U"), "Decoded Value"): "Not Known",
    }
    file = edited(exported / "2.1-False.xlsx", tmp_path / "edited.xlsx", changes)
    with pytest.raises(Refusal, match=r"DEFX-014 edited\.xlsx the workbook was exported with no datasets"):
        spec_import(asked(study, specs), file)
    before = bytes_of(specs)
    assert spec_import(asked(study, specs, built=False), file) == Exit.OK
    assert changed_lines(before, bytes_of(specs)) == {
        "sdtm/dm.yaml": ["  SITEID: {copy: SITE, length: 10}"],
        "study.yaml": ["codelists: {SEX: {terms: {U: Not Known}}}"],
    }


def test_all_that_specs_cannot_take_is_said_in_one_run_and_nothing_is_written(
    study, specs, exported, tmp_path, capsys
):
    changes = {
        LABEL: "Site",
        ("Variables", ("DM", "USUBJID"), "Length"): "40",
        ("Variables", ("DM", "USUBJID"), "Data Type"): "integer",
        ("Variables", ("DM", "USUBJID"), "Mandatory"): "No",
        ("Variables", ("DM", "USUBJID"), "Order"): "40",
        ("Datasets", ("VS",), "Repeating"): "No",
        ("Datasets", ("VS",), "Class"): "SOMETHING",
        ("Datasets", ("VS",), "Key Variables"): "USUBJID, VSTESTD",
        ("ValueLevel", ("VS", "VSORRES", "VSTESTCD EQ SYSBP"), "Where Clause"): "VSTESTCD EQ DIABP2",
        ("Methods", ("VS.VSSEQ",), "Type"): "Imputation",
        ("Codelists", ("SEX", "F"), "NCI Term Code"): "C1",
        ("Define", ("StandardVersion",), "Value"): "3.3",
        ("Variables", ("DM", "SEX"), "Label"): "",
    }
    file = edited(exported / "2.1-True.xlsx", tmp_path / "edited.xlsx", changes)
    before = bytes_of(specs)
    assert spec_import(asked(study, specs), file) == Exit.DATA
    assert bytes_of(specs) == before
    said = [line.split(". ")[0] for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert said == SAID
    assert sorted(path.name for path in specs.parent.iterdir()) == ["edited.xlsx", "specs"]


SAID = [
    "error DEFW-006 edited.xlsx:4 Datasets Key Variables key 'VSTESTD' is no variable of VS",
    "error DEFX-010 edited.xlsx:6 Define Value StandardVersion: '3.4' became '3.3'",
    "error DEFX-010 edited.xlsx:4 Datasets Class VS: 'FINDINGS' became 'SOMETHING'",
    "error DEFX-010 edited.xlsx:4 Datasets Repeating VS: 'Yes' became 'No'",
    "error DEFX-010 edited.xlsx:4 Variables Data Type DM.USUBJID: 'text' became 'integer'",
    "error DEFX-010 edited.xlsx:4 Variables Length DM.USUBJID: '13' became '40'",
    "error DEFX-010 edited.xlsx:4 Variables Mandatory DM.USUBJID: 'Yes' became 'No'",
    "error DEFX-010 edited.xlsx:4 Variables Order DM.USUBJID: '3' became '40'",
    "error DEFX-010 edited.xlsx:18 Variables Label DM.SEX: 'Sex' became ''",
    "error DEFX-010 edited.xlsx:3 ValueLevel row of VS.VSORRES where VSTESTCD EQ DIABP2 is new",
    "error DEFX-010 edited.xlsx ValueLevel row of VS.VSORRES where VSTESTCD EQ SYSBP is gone",
    "error DEFX-010 edited.xlsx:10 Codelists NCI Term Code SEX.F: 'C16576' became 'C1'",
    "error DEFX-010 edited.xlsx:13 Methods Type VS.VSSEQ: 'Computation' became 'Imputation'",
]


def grids(file):
    """Give the cells of a workbook by sheet, with the header."""
    book = CalamineWorkbook.from_path(str(file))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def written(path, sheets):
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def test_real_workbooks_are_odd(study, specs, exported, tmp_path, capsys):
    sheets = grids(exported / "2.1-True.xlsx")
    odd = {"Notes": [["anything"], ["=1+1"]]}
    for name, [header, *rows] in sheets.items():
        spaced = [f" {text.upper()} " for text in header] + ["My Column"]
        odd[name.lower()] = [["Legend"], [], spaced, *([*row, "x"] for row in rows), [""] * 3, []]
    odd["variables"][3][odd["variables"][2].index(" COMMON ")] = "Yes"
    before = bytes_of(specs)
    assert spec_import(asked(study, specs), written(tmp_path / "odd.xlsx", odd)) == Exit.OK
    assert bytes_of(specs) == before
    said = capsys.readouterr().err
    assert "query DEFW-003 odd.xlsx Notes sheet 'Notes' was ignored" in said
    assert "column 'My Column' of sheet variables was ignored" in said
    assert "query DEFX-001 odd.xlsx:4 variables Common DM.STUDYID: '' became 'Yes'" in said


def remove(sheets):
    del sheets["Variables"]


def rename(sheets):
    sheets["Datasets"][0] = ["Name", "Text", *sheets["Datasets"][0][2:]]


def twice(sheets):
    sheets["Variables"].append(sheets["Variables"][1])


def unknown_codelist(sheets):
    sheets["Variables"][1][sheets["Variables"][0].index("Codelist")] = "NOPE"


def other_dataset(sheets):
    sheets["Variables"][1][1] = "XX"


HOSTILE = {
    "a sheet is not there": (remove, "DEFW-002"),
    "a header is wrong": (rename, "DEFW-004"),
    "a key twice": (twice, "DEFW-008"),
    "a codelist that is none": (unknown_codelist, "DEFW-006"),
    "a dataset that is none": (other_dataset, "DEFW-006"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_workbooks_are_coded_problems_and_nothing_is_written(
    name, study, specs, exported, tmp_path, capsys
):
    spoil, code = HOSTILE[name]
    sheets = grids(exported / "2.1-True.xlsx")
    spoil(sheets)
    file = written(tmp_path / "hostile.xlsx", sheets)
    before = bytes_of(specs)
    assert spec_import(asked(study, specs), file) > Exit.OK
    assert bytes_of(specs) == before
    assert f"error {code} hostile.xlsx" in capsys.readouterr().err
    assert spec_draft([file], tmp_path / "draft") > Exit.OK
    assert not (tmp_path / "draft").exists()


def test_a_column_that_is_not_there_is_not_compared(study, specs, exported, tmp_path):
    sheets = grids(exported / "2.1-True.xlsx")
    place = sheets["Variables"][0].index("Length")
    sheets["Variables"] = [[*row[:place], *row[place + 1 :]] for row in sheets["Variables"]]
    del sheets["Documents"], sheets["Analysis Results"]
    before = bytes_of(specs)
    assert spec_import(asked(study, specs), written(tmp_path / "less.xlsx", sheets)) == Exit.OK
    assert bytes_of(specs) == before


def test_what_the_specs_could_not_stand_is_an_error(study, specs, exported, tmp_path, capsys):
    file = edited(
        exported / "2.1-True.xlsx",
        tmp_path / "edited.xlsx",
        {LABEL: "A label that is longer than forty characters"},
    )
    before = bytes_of(specs)
    assert spec_import(asked(study, specs), file) > Exit.OK
    assert bytes_of(specs) == before
    assert "error XPT-" in capsys.readouterr().err


def test_pages_of_the_annotated_crf_are_those_of_the_workbook(study, specs, tmp_path):
    drawn = replace(asked(study, specs), raw=specs / "raw")
    spec_export(drawn, tmp_path / "drawn.xlsx")
    cell = ("Variables", ("DM", "SITEID"), "Pages")
    file = edited(tmp_path / "drawn.xlsx", tmp_path / "edited.xlsx", {cell: "7-8, Sites"})
    before = bytes_of(specs)
    assert spec_import(drawn, file) == Exit.OK
    line = "  SITEID: {copy: SITE, origin: {type: Collected, source: Investigator, pages: [7-8, Sites]}}"
    assert changed_lines(before, bytes_of(specs)) == {"sdtm/dm.yaml": [line]}
    item = next(one for one in define_of(replace(drawn, fresh=False)).metadata.items if one.name == "SITEID")
    assert [page.pages for page in item.origins[0].documents[0].pages] == ["7-8", "Sites"]


def test_what_stands_in_a_file_that_specs_include_is_changed_there(study, specs, tmp_path, capsys):
    path = specs / "sdtm" / "dm.yaml"
    (specs / "sdtm" / "shared").mkdir()
    (specs / "sdtm" / "shared" / "site.yaml").write_text("{copy: SITE}\n", "utf-8")
    text = path.read_text("utf-8").replace("SITEID: SITE", "SITEID: {include: sdtm/shared/site.yaml}")
    path.write_text(text, "utf-8")
    planned = asked(study, specs, built=False)
    spec_export(planned, tmp_path / "planned.xlsx")
    file = edited(tmp_path / "planned.xlsx", tmp_path / "edited.xlsx", {LABEL: "Site"})
    before = bytes_of(specs)
    assert spec_import(planned, file) == Exit.DATA
    assert bytes_of(specs) == before
    assert "error DEFX-011 edited.xlsx:" in (said := capsys.readouterr().err)
    assert "It stands in sdtm/shared/site.yaml:1:1: change it there." in said


def test_a_line_that_cannot_be_changed_alone_is_changed_by_hand(study, specs, tmp_path, capsys):
    path = specs / "sdtm" / "dm.yaml"
    text = path.read_text("utf-8").replace(
        "  SITEID: SITE\n",
        "  SITEID:\n    copy: SITE\n    origin:\n      # as the monitor says\n      type: Collected\n",
    )
    path.write_text(text, "utf-8")
    planned = asked(study, specs, built=False)
    spec_export(planned, tmp_path / "planned.xlsx")
    cell = ("Variables", ("DM", "SITEID"), "Source")
    file = edited(tmp_path / "planned.xlsx", tmp_path / "edited.xlsx", {cell: "Vendor"})
    assert spec_import(planned, file) == Exit.DATA
    assert path.read_text("utf-8") == text
    assert "DEFX-012" in (said := capsys.readouterr().err)
    assert "Change sdtm/dm.yaml, variables.SITEID.origin, by hand: a comment stands within the value." in said


def test_texts_that_nothing_names_are_spoken_of(study, specs, exported, tmp_path, capsys):
    changes = {("Comments", ("C9",), "Description"): "Of nothing."}
    file = edited(exported / "2.1-True.xlsx", tmp_path / "edited.xlsx", changes)
    before = bytes_of(specs)
    assert spec_import(asked(study, specs), file) == Exit.OK
    assert bytes_of(specs) == before
    said = capsys.readouterr().err
    assert (
        "query DEFX-001 edited.xlsx:4 Comments row of C9 is new. No dataset, variable or value level" in said
    )


def test_a_draft_goes_out_as_a_workbook_and_comes_back(study, exported, tmp_path):
    assert spec_draft([exported / "2.1-True.xlsx"], tmp_path / "draft") == Exit.OK
    draft = asked(study, tmp_path / "draft")
    spec_export(draft, tmp_path / "draft.xlsx")
    before = bytes_of(tmp_path / "draft")
    file = edited(tmp_path / "draft.xlsx", tmp_path / "edited.xlsx", {LABEL: "Site"})
    assert spec_import(draft, file) == Exit.OK
    assert changed_lines(before, bytes_of(tmp_path / "draft")) == {"sdtm/dm.yaml": ["    label: Site"]}


def test_specs_that_have_changed_since_the_export_are_spoken_of(study, specs, tmp_path, capsys):
    planned = asked(study, specs, built=False)
    spec_export(planned, tmp_path / "planned.xlsx")
    assert spec_import(planned, tmp_path / "planned.xlsx", dry=True) == Exit.OK
    assert "DEFX-015" not in capsys.readouterr().err
    path = specs / "sdtm" / "dm.yaml"
    path.write_text(
        path.read_text("utf-8").replace("SITEID: SITE", "SITEID: {copy: SITE, label: New}"), "utf-8"
    )
    assert spec_import(planned, tmp_path / "planned.xlsx", dry=True) == Exit.OK
    assert "query DEFX-015 planned.xlsx the specs have changed" in (said := capsys.readouterr().err)
    assert "sdtm/dm.yaml variables.SITEID.label: 'New' became 'Study Site Identifier'" in said


def test_a_dry_run_writes_nothing(study, specs, exported, tmp_path, run):
    file = edited(exported / "2.1-True.xlsx", tmp_path / "edited.xlsx", {LABEL: "Site"})
    before = bytes_of(specs)
    code, output = run(
        "spec", "import", file, "--into", specs, "--sdtm", study / "build" / "sdtm", "--dry-run"
    )
    assert (code, bytes_of(specs)) == (Exit.OK, before)
    assert "sdtm/dm.yaml variables.SITEID.label" in output
    assert part_of_workbook(file) == "sdtm"


def test_what_cannot_be_copied_beside_the_specs_is_left_alone(study, specs, exported, tmp_path):
    os.mkfifo(specs / "tables" / "pipe")
    (specs / "tables" / "above").symlink_to("..")
    file = edited(exported / "2.1-False.xlsx", tmp_path / "edited.xlsx", {LABEL: "Site"})
    assert spec_import(asked(study, specs, built=False), file) == Exit.OK
    assert "label: Site" in (specs / "sdtm" / "dm.yaml").read_text("utf-8")


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_ends_and_the_byte_order_mark_stay(end, study, specs, exported, tmp_path):
    path = specs / "sdtm" / "dm.yaml"
    text = path.read_text("utf-8").replace("\n", end)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    file = edited(exported / "2.1-False.xlsx", tmp_path / "edited.xlsx", {LABEL: "Site"})
    assert spec_import(asked(study, specs, built=False), file) == Exit.OK
    wanted = text.replace("SITEID: SITE", "SITEID: {copy: SITE, label: Site}")
    assert path.read_bytes() == b"\xef\xbb\xbf" + wanted.encode()


@pytest.mark.parametrize(
    "words",
    [
        ("--into", "a", "--out", "b"),
        (),
        ("--out", "b", "--dry-run"),
        ("--into", "a", "--sdtm", "c", "--adam", "d"),
    ],
)
def test_options_that_do_not_go_together(words, exported, run):
    with pytest.raises(click.UsageError):
        run("spec", "import", exported / "2.1-True.xlsx", *words)


def test_specs_that_cannot_be_written_are_as_before(study, specs, exported, tmp_path):
    """The folder of a spec is in the way of what is written beside it: a real error of the system."""
    file = edited(exported / "2.1-True.xlsx", tmp_path / "edited.xlsx", {LABEL: "Site"})
    (specs / "sdtm" / ".dm.yaml.part").mkdir()
    before = bytes_of(specs)
    with pytest.raises(Refusal, match=r"PUB-003 dm\.yaml is a directory"):
        spec_import(asked(study, specs), file)
    assert bytes_of(specs) == before


@pytest.mark.parametrize(
    ("cell", "label", "said"),
    [
        (LABEL, "x" * 300, "Variables Label DM.SITEID: variable label of 300 bytes 'xxxx"),
        (LABEL, "Größe", "Variables Label DM.SITEID: variable label of 7 bytes 'Größe'"),
        (("Datasets", ("DM",), "Label"), "y" * 41, "Datasets Label DM: dataset label of 41 bytes 'yyyy"),
    ],
)
def test_a_label_that_no_file_can_hold_is_said_where_the_workbook_has_it(
    cell, label, said, study, specs, exported, tmp_path, capsys
):
    file = edited(exported / "2.1-True.xlsx", tmp_path / "edited.xlsx", {cell: label})
    before = bytes_of(specs)
    assert spec_import(asked(study, specs), file) == Exit.SPEC
    assert bytes_of(specs) == before
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert len(lines) == 1, lines
    assert lines[0].startswith("error XPT-002 edited.xlsx:")
    assert said in lines[0]
    assert "x" * 80 not in lines[0]
    assert ".yaml" not in lines[0]


def test_a_spec_that_is_a_link_stays_one(study, specs, exported, tmp_path):
    path, real = specs / "sdtm" / "dm.yaml", tmp_path / "real.yaml"
    path.rename(real)
    path.symlink_to(real)
    file = edited(exported / "2.1-True.xlsx", tmp_path / "edited.xlsx", {LABEL: "Site"})
    assert spec_import(asked(study, specs), file) == Exit.OK
    assert path.is_symlink()
    assert "  SITEID: {copy: SITE, label: Site}" in real.read_text("utf-8").splitlines()


@pytest.mark.parametrize("length", ["0", "201"])
def test_a_length_that_no_spec_can_have_is_said_where_the_workbook_has_it(
    length, study, specs, exported, tmp_path, capsys
):
    cell = ("Variables", ("DM", "SITEID"), "Length")
    file = edited(exported / "2.1-False.xlsx", tmp_path / "edited.xlsx", {cell: length})
    before = bytes_of(specs)
    assert spec_import(asked(study, specs, built=False), file) == Exit.DATA
    assert bytes_of(specs) == before
    said = capsys.readouterr().err
    assert (
        f"Variables Length DM.SITEID: '' became '{length}'. A text variable has a length of 1 to 200" in said
    )
