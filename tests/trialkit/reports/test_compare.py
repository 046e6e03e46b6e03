"""Datasets compared by keys, held against plain pandas."""

import csv
import math
from datetime import datetime

import lxml.html
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.attributes import Dataset, Variable
from trialkit.cli import cli
from trialkit.column import Column
from trialkit.compare import Tolerance, compare
from trialkit.comparefiles import compare_paths
from trialkit.datasetjson import Provenance, write_dataset_json
from trialkit.problems import Refusal
from trialkit.tables import Table, read_table
from trialkit.xpt import write_xpt

CREATED = datetime(2024, 1, 31)  # noqa: DTZ001 - a time stamp of a file
LB = Dataset(
    "LB",
    "Laboratory Test Results",
    (
        Variable("USUBJID", "Unique Subject Identifier", "Char", "string", key_sequence=1),
        Variable("LBSEQ", "Sequence Number", "Num", "integer", key_sequence=2),
        Variable("LBORRES", "Result", "Char", "string"),
        Variable("LBSTRESN", "Numeric Result", "Num", "float"),
    ),
)


def table(rows, dataset=LB, *, typed=True):
    columns = {
        v.name: Column.text([row[n] for row in rows])
        if v.type == "Char"
        else Column.numbers([row[n] for row in rows])
        for n, v in enumerate(dataset.variables)
    }
    return Table(dataset, columns, len(rows), typed)


def listed(comparison):
    return {(d.change, d.keys, d.variable, d.left, d.right) for d in comparison.differences()}


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "A", "B"]),
        st.sampled_from([np.nan, 1.0, 2.0, 3.0]),
        st.sampled_from(["", "x", "y"]),
        st.sampled_from([np.nan, 0.0, -1.0, 1.5]),
    ),
    max_size=10,
    unique_by=lambda row: (row[0], str(row[1])),
)


def said(value):
    return value if isinstance(value, str) else "" if value != value else f"{value:.15g}"


def oracle(left, right):
    """Compare row by row, with dictionaries and pandas' own idea of equal."""
    names = ["LBORRES", "LBSTRESN"]
    before, after = ({(r[0], said(r[1])): r[2:] for r in rows} for rows in (left, right))
    found = {("removed", key, "", "", "") for key in before.keys() - after.keys()}
    found |= {("added", key, "", "", "") for key in after.keys() - before.keys()}
    for key in before.keys() & after.keys():
        for name, old, new in zip(names, before[key], after[key], strict=True):
            if not pd.Series([old]).equals(pd.Series([new])):
                found.add(("changed", key, name, said(old), said(new)))
    return found


@settings(max_examples=200)
@given(ROWS, ROWS)
def test_differences_are_those_of_a_plain_comparison(left, right):
    comparison = compare(table(left), table(right), ["USUBJID", "LBSEQ"])
    expected = oracle(left, right)
    assert listed(comparison) == expected
    assert comparison.equal == (not expected)
    assert comparison.changed_cells == sum(1 for one in expected if one[0] == "changed")
    assert comparison.changed_records == len({one[1] for one in expected if one[0] == "changed"})
    assert (len(comparison.added), len(comparison.removed)) == (
        sum(1 for one in expected if one[0] == "added"),
        sum(1 for one in expected if one[0] == "removed"),
    )


@settings(max_examples=50)
@given(ROWS, st.randoms(use_true_random=False))
def test_order_does_not_matter(rows, random):
    other = random.sample(rows, len(rows))
    assert compare(table(rows), table(other), ["USUBJID", "LBSEQ"]).equal


@settings(max_examples=100)
@given(
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
    st.floats(0, 10),
    st.floats(0, 0.1),
)
def test_tolerance_is_that_of_isclose(old, new, absolute, relative):
    found = Tolerance(absolute, relative).equal(np.array([old]), np.array([new]))[0]
    assert found == math.isclose(old, new, rel_tol=relative, abs_tol=absolute)


def test_numbers_within_the_tolerance_are_equal():
    left, right = table([("A", 1, "x", 10.0)]), table([("A", 1, "x", 10.4)])
    assert compare(left, right, LB_KEYS, Tolerance(absolute=0.5)).equal
    assert compare(left, right, LB_KEYS, Tolerance(relative=0.05)).equal
    (change,) = compare(left, right, LB_KEYS).variables
    assert (change.name, change.count, round(change.largest, 6)) == ("LBSTRESN", 1, 0.4)


LB_KEYS = ["USUBJID", "LBSEQ"]


def test_keys_that_are_not_unique_are_refused_on_both_sides():
    twice = table([("A", 1, "x", 1.0), ("A", 1, "y", 1.0), ("B", 1, "y", 1.0)])
    with pytest.raises(Refusal) as caught:
        compare(twice, twice, LB_KEYS)
    assert [problem.line() for problem in caught.value.problems] == [
        f"error DIFF-003 LB record 1 2 records on the {side} share their keys with another one (2 times). "
        "Name more keys with --keys."
        for side in ("left", "right")
    ]


def test_unknown_keys_are_refused():
    one = table([("A", 1, "x", 1.0)])
    with pytest.raises(Refusal, match=r"DIFF-002 LB 'LBSEK' is not in both. Did you mean 'LBSEQ'\?"):
        compare(one, one, ["LBSEK"])
    with pytest.raises(Refusal, match="DIFF-001"):
        compare(one, one, [])


def test_attributes_and_variables():
    other = Dataset(
        "LB",
        "Labs",
        (
            *LB.variables[:2],
            Variable("LBORRES", "Result or Finding", "Char", "string", 20),
            Variable("LBSTRESN", "Numeric Result", "Char", "string"),
            Variable("LBFAST", "Fasting", "Char", "string"),
        ),
    )
    found = compare(table([("A", 1, "x", 1.0)]), table([("A", 1, "x", "1", "Y")], other), LB_KEYS)
    assert [(one.variable, one.attribute, one.left, one.right) for one in found.attributes] == [
        ("", "label", "Laboratory Test Results", "Labs"),
        ("LBORRES", "label", "Result", "Result or Finding"),
        ("LBSTRESN", "type", "Num", "Char"),
    ]
    assert (found.only_left, found.only_right, found.changed_cells) == ((), ("LBFAST",), 0)


def test_texts_of_untyped_files_are_compared_as_numbers():
    plain = Dataset("LB", "", tuple(Variable(v.name, "", "Char", "string") for v in LB.variables))
    left = table([("A", "1.0", "x", "1.50"), ("B", "2", "", "")], plain, typed=False)
    right = table([("A", 1, "x", 1.5), ("B", 2, "", np.nan)])
    found = compare(left, right, LB_KEYS)
    assert found.equal


ROWS_ON_FILE = [("A", 1.0, "x", 1.5), ("A", 2.0, "", np.nan), ("B", 1.0, "naïve".replace("ï", "i"), -2.25)]


@pytest.fixture
def files(tmp_path):
    made = table(ROWS_ON_FILE)
    write_xpt(tmp_path / "lb.xpt", LB, made.columns, created=CREATED)
    (tmp_path / "other").mkdir()
    write_dataset_json(tmp_path / "other" / "lb.json", LB, made.columns, Provenance(CREATED))
    frame = {name: pa.array(column.objects().tolist()) for name, column in made.columns.items()}
    pq.write_table(pa.table(frame), tmp_path / "lb.parquet")
    with (tmp_path / "lb.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(made.columns)
        writer.writerows([[said(cell) for cell in row] for row in ROWS_ON_FILE])
    lines = (tmp_path / "other" / "lb.json").read_text().replace("\n", " ")
    head, rows = lines.split('"rows": [', 1)
    records = rows[: rows.rindex("]")].replace("],", "]\n").strip()
    (tmp_path / "lb.ndjson").write_text(head.rstrip().rstrip(",") + "}\n" + records)
    return tmp_path


@pytest.mark.parametrize("name", ["lb.xpt", "lb.parquet", "lb.csv", "lb.ndjson"])
def test_every_format_gives_the_same_values(files, name):
    reference = read_table(files / "other" / "lb.json")
    assert reference.keys == ("USUBJID", "LBSEQ")
    assert reference.dataset.label == "Laboratory Test Results"
    found = compare(reference, read_table(files / name), LB_KEYS)
    assert listed(found) == set()
    assert found.matched == 3


def test_some_variables_only(files):
    for name in ("lb.xpt", "other/lb.json", "lb.parquet", "lb.csv"):
        assert list(read_table(files / name, ["LBSEQ"]).columns) == ["LBSEQ"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.doc", b"", "TAB-001 a.doc not a file of a dataset"),
        ("a.xpt", b"nothing", "TAB-002 a.xpt dataset cannot be read"),
        ("a.json", b"{", "TAB-002 a.json dataset cannot be read: it is damaged or of another format"),
        ("a.json", b"[1]", "TAB-002 a.json dataset cannot be read"),
        ("a.json", b"{}", "TAB-002 a.json dataset cannot be read"),
        ("a.parquet", b"PAR1", "TAB-002 a.parquet dataset cannot be read"),
        ("a.csv", b"A,B\n1\n", "RAW-"),
    ],
)
def test_files_that_are_no_dataset_are_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refusal) as caught:
        read_table(tmp_path / name)
    assert said in caught.value.problems[0].line()


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(Refusal, match=r"TAB-002 a\.json dataset cannot be read: there is no such file"):
        read_table(tmp_path / "a.json")


def test_a_build_equals_itself_and_keys_come_from_its_files(demo):
    found = compare_paths(demo.out / "sdtm", demo.out / "sdtm")
    assert found.equal
    assert [(one.name, one.keys[1]) for one in found.comparisons] == [
        ("DM", "USUBJID"),
        ("LB", "USUBJID"),
        ("SUPPDM", "IDVAR"),
    ]


def invoke(*arguments):
    return CliRunner().invoke(cli, ["diff", *map(str, arguments)], standalone_mode=False)


def test_the_command_shows_counts_and_writes_files(demo, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    before = read_table(demo.out / "sdtm" / "dm.json")
    columns = dict(before.columns)
    columns["SEX"] = Column.text(["=1+1", *columns["SEX"].objects()[1:]])
    write_dataset_json(other / "dm.json", before.dataset, columns, Provenance(CREATED))
    done = invoke(demo.out / "sdtm", other, "--csv", tmp_path / "d.csv", "--html", tmp_path / "d.html")
    assert done.return_value == 1
    assert "LB only on the left\n" in done.stdout
    assert "SEX    1 cells" in done.stdout
    assert "=1+1" not in done.stdout
    rows = (tmp_path / "d.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[-1] == "DM,changed,STUDYID=DEMO USUBJID=DEMO-001,SEX,M,'=1+1"
    tree = lxml.html.fromstring((tmp_path / "d.html").read_text(encoding="utf-8"))
    assert tree.xpath("//tr[@class='changed']/td/text()")[-1] == "=1+1"
    assert len(tree.xpath("//script")) == 1
    assert invoke(demo.out / "sdtm", demo.out / "sdtm").return_value == 0
    assert "'M' -> '=1+1'" in invoke(demo.out / "sdtm" / "dm.xpt", other / "dm.json", "--show", 1).stdout
