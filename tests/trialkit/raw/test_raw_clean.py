"""Declared changes are made and counted; everything else is kept and, where doubtful, said."""

import pytest
from pydantic import ValidationError

from trialkit.problems import Problems
from trialkit.raw.checks import column_check
from trialkit.raw.read import read
from trialkit.raw.source import CsvSource


def load(folder, text, **spec):
    (folder / "a.csv").write_text(text, "utf-8", newline="")
    problems = Problems()
    return read(CsvSource(**{"format": "csv", "file": "a.csv"} | spec), "A", folder, problems), problems.items


def test_declared_changes_are_counted_by_cell(tmp_path):
    text = "A,B\n x ,３．５\nx,\u00a0ND\n x ,ND\n\u3000x,\n"
    table, problems = load(tmp_path, text, trim=["blanks", "nbsp", "fullwidth"], missing=["ND"])
    assert table.columns["A"].objects().tolist() == ["x"] * 4
    assert table.columns["A"].values.tolist() == ["x"]
    assert table.columns["B"].objects().tolist() == ["3.5", "", "", ""]
    assert table.notes == {
        "cells with full-width forms changed": 2,
        "cells with no-break blanks changed": 1,
        "cells with blanks trimmed": 4,
        "cells with a missing token": 2,
    }
    assert problems == []


def test_controls_and_breaks_become_blanks_when_declared(tmp_path):
    table, problems = load(tmp_path, 'A\n"x\r\ny\tz"\n', trim=["controls", "breaks"])
    assert (table.columns["A"].objects().tolist(), problems) == (["x y z"], [])
    assert table.notes == {"cells with control characters changed": 1, "cells with line breaks changed": 1}


def test_line_breaks_are_kept_and_counted(tmp_path):
    table, problems = load(tmp_path, 'A\n"x\ny"\nz\n"x\ny"\n')
    assert (table.notes, problems) == ({"cells with line breaks": 2}, [])
    assert table.lines.tolist() == [2, 4, 5]


def test_blank_rows_are_kept_and_counted(tmp_path):
    table, _ = load(tmp_path, "A,B\n,\nx,\nND, \n", trim=["blanks"], missing=["ND"])
    assert (table.rows, table.notes["blank rows"]) == (3, 2)


def test_missing_tokens_match_whole_cells_only(tmp_path):
    table, _ = load(tmp_path, "A\nNA\nNAUSEA\nna\n", missing=["NA"])
    assert table.columns["A"].objects().tolist() == ["", "NAUSEA", "na"]


def test_details_are_capped_and_counts_exact(tmp_path):
    _, problems = load(
        tmp_path, "A\n" + "".join(f"x{n}\nx{n}\n" for n in range(80)), columns={"A": "integer"}
    )
    assert (len(problems), sum(problem.count for problem in problems)) == (51, 160)
    assert problems[0].value == "x0"
    assert "x0" not in problems[0].line()


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("integer", ["1", "-1", "+007"], ["1.0", "", "１", "1 "]),
        ("number", ["1", "1.", ".5", "-1.5E-3"], ["", "1,5", "<5", "inf", "NaN", "1.2.3"]),
        ("text", ["", "x\ny"], []),
        (
            "YYYY-MM-DD",
            ["2020-02-29"],
            ["2021-02-29", "2020-2-29", "2020-02-30", "x2020-02-29", "2020-02-29\n"],
        ),
        ("DD/MM/YYYY", ["31/12/2020"], ["12/31/2020"]),
        ("DD-MON-YYYY", ["01-Jan-2020", "01-JAN-2020"], ["01-Jän-2020", "31-Feb-2020"]),
        ("YYYYMMDD hh:mm:ss", ["20200229 23:59:59"], ["20200229 24:00:00", "20200229 23:59:60"]),
        ("hh:mm", ["08:02"], ["8:02", "12:60"]),
        ("YYYY年MM月DD日", ["2021年03月05日"], ["2021-03-05"]),
    ],
)
def test_column_checks(check, good, bad):
    test = column_check(check)
    assert [text for text in good if not test(text)] == []
    assert [text for text in bad if test(text)] == []


@pytest.mark.parametrize("check", ["", "int", "float", "YYYY-YYYY", "day", "dd.mm.yyyy"])
def test_unknown_column_checks_are_refused(check):
    with pytest.raises(ValidationError, match=r"is not text, integer, number or a date format: it (has|is)"):
        CsvSource(format="csv", file="a.csv", columns={"A": check})
