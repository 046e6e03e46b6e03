"""Transport files that are as plain as ours are read by their bytes, to the same values as pyreadstat's."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit import ibm, tables
from trialkit.attributes import Dataset, Variable
from trialkit.column import Column
from trialkit.tables import read_table
from trialkit.xpt import write_xpt

NUMBERS = [0.0, 1.5, -118.625, 1e-70, 9.9e70, 0.1, np.nan, 2.0**53 + 1]
LONG = "x" * 90


def plain(path):
    _, meta = pyreadstat.read_xport(path, metadataonly=True)
    return tables._of_plain_xpt(path, meta.column_names, meta.column_names)


def same(path):
    """Read a file in both ways."""
    frame, _ = pyreadstat.read_xport(path, disable_datetime_conversion=True)
    table = read_table(path)
    assert table.count == len(frame)
    for name in frame:
        ours = table.columns[name].objects()
        theirs = frame[name].to_numpy()
        assert np.array_equal(ours, theirs, equal_nan=True) if ours.dtype == float else (ours == theirs).all()


def written(path, text="F"):
    columns = {
        "NUM": Column.numbers(NUMBERS),
        "TEXT": Column.text(["", " a", text, "b", "c", "d", "e", LONG]),
    }
    kinds = {"NUM": ("Num", "float"), "TEXT": ("Char", "string")}
    variables = tuple(Variable(name, name, *kinds[name]) for name in columns)
    write_xpt(
        path, Dataset("DM", "Demographics", variables), columns, created=datetime(2024, 1, 31, tzinfo=UTC)
    )


def test_ours_is_plain_and_read_alike(tmp_path):
    written(tmp_path / "dm.xpt")
    assert plain(tmp_path / "dm.xpt") is not None
    same(tmp_path / "dm.xpt")


@pytest.mark.parametrize("version", [5, 8])
@pytest.mark.parametrize("text", ["short", LONG, "\u00e9" * 50, "a\u0000b" + LONG])
def test_files_of_others_are_read_alike(tmp_path, version, text):
    path = tmp_path / "dm.xpt"
    frame = pd.DataFrame({"NUM": [1.0, np.nan, -3.25], "TEXT": [text, "", "z"]})
    pyreadstat.write_xport(frame, path, table_name="DM", file_format_version=version)
    same(path)


def test_texts_that_are_not_ascii_are_left_to_the_other_reader(tmp_path):
    path = tmp_path / "dm.xpt"
    pyreadstat.write_xport(pd.DataFrame({"TEXT": ["\u00e9" * 50]}), path, file_format_version=5)
    assert plain(path) is None


def test_short_records_and_several_datasets_are_left_to_the_other_reader(tmp_path):
    path = tmp_path / "dm.xpt"
    pyreadstat.write_xport(pd.DataFrame({"TEXT": ["a"]}), path, file_format_version=5)
    assert plain(path) is None
    written(tmp_path / "ae.xpt")
    body = (tmp_path / "ae.xpt").read_bytes()
    (tmp_path / "two.xpt").write_bytes(body + body[240:])
    assert plain(tmp_path / "two.xpt") is None


@given(st.lists(st.floats(min_value=-1e70, max_value=1e70).filter(lambda one: one == 0 or abs(one) > 1e-70)))
def test_numbers_come_back(numbers):
    values = np.array(numbers, float)
    assert (ibm.decode(ibm.encode(values).tobytes()) == values).all()


def test_missing_values_of_every_kind():
    cells = b"".join(letter + bytes(7) for letter in (b".", b"_", b"A", b"Z"))
    assert np.isnan(ibm.decode(cells)).all()
    assert ibm.decode(bytes(8) + b"\x80" + bytes(7)).tolist() == [0.0, 0.0]
