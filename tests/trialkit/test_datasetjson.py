"""The Dataset-JSON writer, read back with the standard library and held to the schema of the standard."""

import io
import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit import datasetjson
from trialkit.attributes import Dataset, Variable
from trialkit.column import Column
from trialkit.datasetjson import Provenance, write_dataset_json
from trialkit.problems import Refusal

PROVENANCE = Provenance(
    datetime(2024, 2, 29, 13, 5, 9),  # noqa: DTZ001 - a study may state local time
    study_oid="S.1",
    metadata_version_oid="MDV.1",
    file_oid="F.1",
    originator="Sponsor",
    system="EDC",
    system_version="1.0",
    modified=datetime(2024, 1, 1, tzinfo=UTC),
)
STANDARDS = os.environ.get("TRIALKIT_STANDARDS", "")


def char(name, data_type="string"):
    return Variable(name, f"Label of {name}", "Char", data_type)


def num(name, data_type="float", fmt=""):
    return Variable(name, f"Label of {name}", "Num", data_type, None, fmt)


def written(variables, columns):
    file = io.BytesIO()
    write_dataset_json(file, Dataset("ZZ", "A Dataset", tuple(variables)), columns, PROVENANCE)
    return file.getvalue()


def one(data_type, *numbers):
    content = json.loads(written([num("N", data_type)], {"N": Column.numbers(numbers)}))
    return [row[0] for row in content["rows"]]


def test_the_file_is_exact():
    variables = [
        Variable("SEX", 'Sex "of" <subject>', "Char", "string", 6, "", 1),
        num("ADT", "date", "DATE9."),
    ]
    columns = {"SEX": Column.text(["女", ""]), "ADT": Column.numbers([np.nan, 23435])}
    assert (
        written(variables, columns).decode()
        == """{
 "datasetJSONCreationDateTime": "2024-02-29T13:05:09",
 "datasetJSONVersion": "1.1.0",
 "fileOID": "F.1.ZZ",
 "dbLastModifiedDateTime": "2024-01-01T00:00:00+00:00",
 "originator": "Sponsor",
 "sourceSystem": {
  "name": "EDC",
  "version": "1.0"
 },
 "studyOID": "S.1",
 "metaDataVersionOID": "MDV.1",
 "itemGroupOID": "IG.ZZ",
 "records": 2,
 "name": "ZZ",
 "label": "A Dataset",
 "columns": [
  {
   "itemOID": "IT.ZZ.SEX",
   "name": "SEX",
   "label": "Sex \\"of\\" <subject>",
   "dataType": "string",
   "length": 6,
   "keySequence": 1
  },
  {
   "itemOID": "IT.ZZ.ADT",
   "name": "ADT",
   "label": "Label of ADT",
   "dataType": "date",
   "targetDataType": "integer",
   "displayFormat": "DATE9."
  }
 ],
 "rows": [
["女",null],
["","2024-02-29"]
]
}
"""
    )


@settings(max_examples=60, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.text(max_size=20),
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(2**53), 2**53),
        ),
        max_size=12,
    )
)
def test_what_is_written_is_read_back(records):
    columns = {
        "C": Column.text([record[0] for record in records]),
        "F": Column.numbers([record[1] for record in records]),
        "I": Column.numbers([record[2] for record in records]),
        "D": Column.numbers([record[1] for record in records]),
    }
    content = json.loads(written([char("C"), num("F"), num("I", "integer"), num("D", "decimal")], columns))
    assert content["records"] == len(records)
    assert content["rows"] == [[text, number, whole, repr(number)] for text, number, whole in records]
    assert all(type(row[2]) is int for row in content["rows"])


@pytest.mark.parametrize("rows", [0, 1, datasetjson.PIECE_ROWS, 2 * datasetjson.PIECE_ROWS + 1])
def test_pieces_meet_without_a_seam(rows):
    columns = {"C": Column.text([f"r{i}" for i in range(rows)]), "N": Column.numbers(np.arange(rows))}
    content = json.loads(written([char("C"), num("N", "integer")], columns))
    assert content["rows"] == [[f"r{i}", i] for i in range(rows)]


def test_a_single_variable():
    assert json.loads(written([char("C")], {"C": Column.text(["a", "b"])}))["rows"] == [["a"], ["b"]]


def test_numbers_by_data_type():
    assert one("integer", 1, np.nan, -0.0) == [1, None, 0]
    assert one("double", 0.1, 5, 1e300) == [0.1, 5.0, 1e300]
    assert one("decimal", 0.1, np.nan) == ["0.1", None]
    assert one("boolean", 0, 1, np.nan) == [False, True, None]
    assert one("time", 0, 86399) == ["00:00:00", "23:59:59"]
    assert one("datetime", 0, 23435 * 86400 + 61) == ["1960-01-01T00:00:00", "2024-02-29T00:01:01"]


@settings(max_examples=60, derandomize=True)
@given(st.dates())
def test_dates(day):
    assert one("date", (day - date(1960, 1, 1)) / timedelta(days=1)) == [day.isoformat()]


@pytest.mark.parametrize(
    ("data_type", "number"),
    [
        ("integer", 1.5), ("integer", np.inf), ("float", np.inf), ("decimal", -np.inf), ("boolean", 2),
        ("date", 0.5), ("date", 1e9), ("datetime", 1e300), ("time", 86400), ("time", -1), ("time", 0.5),
    ],
)  # fmt: skip
def test_numbers_that_do_not_fit(data_type, number):
    with pytest.raises(Refusal) as raised:
        one(data_type, 1, number, number)
    (problem,) = raised.value.problems
    assert problem.line() == (
        f"error DSJ-002 ZZ.N record 2 number does not fit the data type {data_type} (2 times). "
        "Correct the value, or declare the data type that the values have."
    )


def test_every_problem_at_once():
    columns = {"C": Column.text(["\ud800"]), "N": Column.numbers([np.inf])}
    with pytest.raises(Refusal) as raised:
        written([char("C"), num("N")], columns)
    assert [problem.kind.code for problem in raised.value.problems] == ["DSJ-001", "DSJ-002"]
    with pytest.raises(Refusal) as raised:
        written([char("C"), num("N")], {"C": columns["N"], "N": columns["C"]})
    assert [problem.kind.code for problem in raised.value.problems] == ["DST-001", "DST-001"]


def test_unused_values_count_for_nothing():
    text = Column(np.array(["\udfff", "F"], object), np.array([1], np.int32))
    number = Column(np.array([np.inf, 1.0]), np.array([1], np.int32))
    assert json.loads(written([char("C"), num("N")], {"C": text, "N": number}))["rows"] == [["F", 1.0]]


def test_controls_and_quotes_are_escaped():
    texts = ['a"b', "a\\b", "a\nb\x00", "</script>", "\u2028", "😀"]
    content = json.loads(written([char("C")], {"C": Column.text(texts)}))
    assert [row[0] for row in content["rows"]] == texts


@pytest.mark.skipif(not STANDARDS, reason="TRIALKIT_STANDARDS does not name a folder with the schema")
def test_the_schema_of_the_standard(tmp_path):
    schema = json.loads((Path(STANDARDS) / "datasetjson" / "dataset.schema.json").read_text("utf-8"))
    types = ("integer", "float", "double", "decimal", "boolean", "date", "datetime", "time")
    variables = [
        char("C"),
        char("U", "URI"),
        char("CDTC", "datetime"),
        *(num(f"N{i}", t) for i, t in enumerate(types)),
    ]
    columns = {v.name: Column.text(["a"]) if v.type == "Char" else Column.numbers([1]) for v in variables}
    path = tmp_path / "zz.json"
    write_dataset_json(path, Dataset("ZZ", "A Dataset", tuple(variables)), columns, PROVENANCE)
    jsonschema.validate(json.loads(path.read_bytes()), schema)
