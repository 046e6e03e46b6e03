"""The XPT writer, read back by independent readers and by a decoder written from the format alone."""

import io
import struct
from datetime import UTC, datetime
from fractions import Fraction

import numpy as np
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit import ibm, xpt
from trialkit.attributes import Dataset, Variable
from trialkit.column import Column
from trialkit.problems import Exit, Refusal
from trialkit.xpt import write_xpt

CREATED = datetime(2024, 2, 29, 13, 5, 9, tzinfo=UTC)
ASCII = st.characters(min_codepoint=32, max_codepoint=126)
TEXTS = st.text(ASCII, max_size=200).map(lambda text: text.rstrip(" "))
LOW, HIGH = ibm.LOWEST, float(np.nextafter(ibm.BEYOND, 0))
NUMBERS = st.one_of(
    st.just(float("nan")),
    st.integers(-30000, 30000).map(float),
    st.floats(LOW, HIGH),
    st.floats(-HIGH, -LOW),
    st.sampled_from([0.0, LOW, -LOW, HIGH, -HIGH, 1 / 3, 1e-78, 7.2e75, 2.0**53 + 1, 5e-79 * 1.1]),
)


def char(name, length=None, fmt=""):
    return Variable(name, f"Label of {name}", "Char", "string", length, fmt)


def num(name, fmt=""):
    return Variable(name, f"Label of {name}", "Num", "float", None, fmt)


def dataset(*variables):
    return Dataset("ZZ", "A Dataset", variables)


def written(made_of, columns):
    file = io.BytesIO()
    write_xpt(file, made_of, columns, created=CREATED)
    return file.getvalue()


def read(content, path):
    path.write_bytes(content)
    return pyreadstat.read_xport(path, disable_datetime_conversion=True)


@pytest.fixture(scope="module")
def spot(tmp_path_factory):
    return tmp_path_factory.mktemp("xpt") / "zz.xpt"


def value_of(raw):
    """Decode by the definition: sign, exponent of 16 with excess 64, 56 bits of fraction."""
    if raw == b"." + bytes(7):
        return None
    size = Fraction(int.from_bytes(raw[1:], "big"), 2**56) * Fraction(16) ** ((raw[0] & 0x7F) - 64)
    return -size if raw[0] & 0x80 else size


@settings(max_examples=300, derandomize=True)
@given(NUMBERS)
def test_every_number_is_exact_and_normalised(number):
    raw = ibm.encode(np.array([number])).tobytes()
    assert value_of(raw) == (None if np.isnan(number) else Fraction(number))
    if value_of(raw):
        assert raw[1] >= 0x10, "the first hexadecimal digit is not zero"


@settings(max_examples=60, derandomize=True)
@given(st.lists(st.tuples(TEXTS, NUMBERS, TEXTS), min_size=1, max_size=12))
def test_readers_get_back_what_was_written(spot, records):
    texts, numbers, more = zip(*records, strict=True)
    columns = {"C1": Column.text(texts), "N1": Column.numbers(numbers), "C2": Column.text(more)}
    frame, meta = read(written(dataset(char("C1"), num("N1"), char("C2")), columns), spot)
    assert frame["C1"].tolist() == list(texts)
    assert frame["C2"].tolist() == list(more)
    np.testing.assert_array_equal(frame["N1"].to_numpy(float), numbers)
    assert meta.variable_storage_width["C1"] == max(1, *map(len, texts), 0)


@pytest.mark.parametrize("rows", [1, 2, 7, xpt.PIECE_ROWS - 1, xpt.PIECE_ROWS, 2 * xpt.PIECE_ROWS + 3])
@pytest.mark.parametrize("width", [1, 79, 80, 81, 200])
def test_pieces_meet_without_a_seam(spot, rows, width):
    texts = [str(i).rjust(width, "x")[-width:] for i in range(rows)]
    numbers = np.arange(rows) / 7
    columns = {"TEXT": Column.text(texts), "NUMBER": Column.numbers(numbers)}
    content = written(dataset(char("TEXT"), num("NUMBER")), columns)
    assert len(content) % 80 == 0
    frame, _ = read(content, spot)
    assert frame["TEXT"].tolist() == texts
    np.testing.assert_array_equal(frame["NUMBER"].to_numpy(), numbers)


def test_records_wider_than_a_piece(spot, monkeypatch):
    monkeypatch.setattr(xpt, "PIECE_BYTES", 7 * 200)
    wide = [char(f"V{i}") for i in range(20)]
    columns = {v.name: Column.text([*("a" * 200 for _ in range(9)), v.name]) for v in wide}
    frame, _ = read(written(dataset(*wide), columns), spot)
    assert frame.shape == (10, 20)
    assert frame.iloc[9].tolist() == list(columns)


def test_header_is_exact():
    made_of = dataset(char("SEX"), Variable("ADT", "Analysis Date", "Num", "date", None, "DATE9."))
    content = written(made_of, {"SEX": Column.text(["F"]), "ADT": Column.numbers([0.0])})
    records = [content[at : at + 80] for at in range(0, len(content), 80)]
    stamp = b"29FEB24:13:05:09"
    assert records[0] == b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"0" * 30 + b"  "
    assert records[1] == b"SAS     SAS     SASLIB  9.4     " + b" " * 32 + stamp
    assert records[2] == stamp + b" " * 64
    assert records[3] == b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140  "
    assert records[4] == b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!" + b"0" * 30 + b"  "
    assert records[5] == b"SAS     ZZ      SASDATA 9.4     " + b" " * 32 + stamp
    assert records[6] == stamp + b" " * 16 + b"A Dataset".ljust(40) + b" " * 8
    assert records[7] == b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000000200000000000000000000  "
    namestrs = b"".join(records[8:12])
    assert namestrs[280:] == b" " * 40
    first = struct.unpack(">hhhh8s40s8shhh2s8shhi52s", namestrs[:140])
    assert first[:7] == (2, 0, 1, 1, b"SEX     ", b"Label of SEX".ljust(40), b" " * 8)
    assert first[14] == 0
    second = struct.unpack(">hhhh8s40s8shhh2s8shhi52s", namestrs[140:280])
    assert second[:9] == (1, 0, 8, 2, b"ADT     ", b"Analysis Date".ljust(40), b"DATE    ", 9, 0)
    assert second[14] == 1
    assert records[12] == b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!" + b"0" * 30 + b"  "
    assert records[13:] == [b"F" + bytes(8) + b" " * 71]


def test_readers_see_the_attributes(spot):
    made_of = dataset(
        char("SEX", fmt="$1."), num("ADT", "DATE9."), num("ADTM", "E8601DT19."), num("X", "8.2")
    )
    columns = {"SEX": Column.text(["F"])} | {n: Column.numbers([1.0]) for n in ("ADT", "ADTM", "X")}
    _, meta = read(written(made_of, columns), spot)
    assert (meta.table_name, meta.file_label) == ("ZZ", "A Dataset")
    assert meta.column_labels == [f"Label of {name}" for name in meta.column_names]
    assert list(meta.original_variable_types.values()) == ["$1", "DATE9", "E8601DT19", "8.2"]


def test_dates_come_back_as_dates(spot):
    made_of = dataset(num("ADT", "DATE9."))
    spot.write_bytes(written(made_of, {"ADT": Column.numbers([23435.0, np.nan])}))
    frame, _ = pyreadstat.read_xport(spot)
    assert str(frame["ADT"][0])[:10] == "2024-02-29"
    assert frame["ADT"].isna().tolist() == [False, True]


def test_no_records(spot):
    columns = {"SEX": Column.text([]), "AGE": Column.numbers([])}
    content = written(dataset(char("SEX"), num("AGE")), columns)
    assert content.endswith(b"OBS     HEADER RECORD!!!!!!!" + b"0" * 30 + b"  ")
    frame, _ = read(content, spot)
    assert frame.shape == (0, 2)


def test_unused_values_count_for_nothing():
    column = Column(np.array(["naïve " * 99, "F", "F"], object), np.array([1, 2], np.int32))
    number = Column(np.array([np.inf, 1.0]), np.array([1, 1], np.int32))
    made_of = dataset(char("SEX"), num("AGE"))
    plain = {"SEX": Column.text(["F", "F"]), "AGE": Column.numbers([1.0, 1.0])}
    assert written(made_of, {"SEX": column, "AGE": number}) == written(made_of, plain)


def test_same_bytes_whatever_the_order_of_the_values():
    made_of = dataset(char("SEX"))
    column = Column.text(["M", "F", "", "M"])
    assert written(made_of, {"SEX": column}) == written(made_of, {"SEX": column.compact()})


def test_gives_the_lengths_of_the_file(tmp_path):
    columns = {"SEX": Column.text(["", "F"]), "LONG": Column.text(["abc", ""]), "AGE": Column.numbers([1, 2])}
    made_of = dataset(char("SEX", 20), char("LONG"), num("AGE"))
    made = write_xpt(tmp_path / "zz.xpt", made_of, columns, created=CREATED)
    assert [variable.length for variable in made.variables] == [1, 3, 8]
    assert (tmp_path / "zz.xpt").read_bytes() == written(made_of, columns)


def refused(made_of, columns):
    file = io.BytesIO()
    with pytest.raises(Refusal) as raised:
        write_xpt(file, made_of, columns, created=CREATED)
    assert file.getvalue() == b"", "nothing is written before everything is checked"
    return raised.value.problems


CASES = [
    *((text, "error XPT-006 ZZ.V record 2 text is not ASCII. Translate the text with `recode`, or its characters "  # noqa: E501
       "with `replace`; none is changed by itself.") for text in ("naïve", "\ud800")),
    *((text, "error XPT-007 ZZ.V record 2 text has control characters. Add `breaks` or `controls` to `trim` of "  # noqa: E501
       "the source, or use `replace`.") for text in ("a\nb", "a\0", "a\x7f")),
    ("a ", "error XPT-008 ZZ.V record 2 text ends with a blank. Add `blanks` to `trim` of the source, or use the "  # noqa: E501
     "rule `trim`."),
    ("a" * 201, "error XPT-005 ZZ.V record 2 text is longer than 200 bytes. Break it with `piece` into "
     "supplemental qualifiers, or shorten it at the source; it is never cut."),
    (np.inf, "error XPT-009 ZZ.V record 2 number is out of range. Correct the number or leave it missing; "
     "magnitudes from 5.4E-79 to 7.2E75 can be held."),
]  # fmt: skip


@pytest.mark.parametrize(("value", "line"), CASES)
def test_values_that_cannot_be_held(value, line):
    if isinstance(value, str):
        made_of, column = dataset(char("V")), Column.text(["x", value])
    else:
        made_of, column = dataset(num("V")), Column.numbers([1, value])
    (problem,) = refused(made_of, {"V": column})
    assert problem.line() == line
    assert problem.kind.exit == Exit.DATA
    assert problem.value == str(value)


@pytest.mark.parametrize("number", [-np.inf, ibm.BEYOND, -ibm.BEYOND, np.nextafter(LOW, 0), 5e-324])
def test_numbers_outside_the_range(number):
    (problem,) = refused(dataset(num("V")), {"V": Column.numbers([number, 0, number])})
    assert (problem.kind.code, problem.count, problem.where.record) == ("XPT-009", 2, "record 1")


def test_a_declared_length_is_a_limit():
    (problem,) = refused(dataset(char("V", 3)), {"V": Column.text(["abcd"])})
    assert problem.what == "text is longer than 3 bytes"


def test_attributes_that_cannot_be_held():
    variables = (
        Variable("lower", "x" * 41, "Char", "string"),
        Variable("TOOLONGNAME", "Größe", "Num", "float", None, "$8."),
        Variable("1ST", "ends in a blank ", "Num", "float", None, "DATE 9"),
        Variable("_N_", "", "Num", "float"),
        Variable("AGE", "Age", "Num", "float"),
        Variable("AGE", "Age\n", "Num", "float"),
    )
    made_of = Dataset("LONGERTHAN8", "é", variables)
    columns = {v.name: Column.numbers([1.0]) for v in variables} | {"lower": Column.text(["x"])}
    found = refused(made_of, columns)
    assert {problem.kind.exit for problem in found} == {Exit.SPEC}
    assert [f"{p.kind.code} {p.where}: {p.what}" for p in found] == [
        "XPT-001 LONGERTHAN8: dataset name 'LONGERTHAN8'",
        "XPT-002 LONGERTHAN8: dataset label of 2 bytes 'é'",
        "XPT-004 LONGERTHAN8: variable AGE occurs 2 times",
        "XPT-001 LONGERTHAN8.lower: variable name 'lower'",
        f"XPT-002 LONGERTHAN8.lower: variable label of 41 bytes '{'x' * 41}'",
        "XPT-001 LONGERTHAN8.TOOLONGNAME: variable name 'TOOLONGNAME'",
        "XPT-002 LONGERTHAN8.TOOLONGNAME: variable label of 7 bytes 'Größe'",
        "XPT-003 LONGERTHAN8.TOOLONGNAME: format '$8.' of a Num variable",
        "XPT-001 LONGERTHAN8.1ST: variable name '1ST'",
        "XPT-002 LONGERTHAN8.1ST: variable label of 16 bytes 'ends in a blank '",
        "XPT-003 LONGERTHAN8.1ST: format 'DATE 9' of a Num variable",
        "XPT-001 LONGERTHAN8._N_: variable name '_N_'",
        "XPT-002 LONGERTHAN8.AGE: variable label of 4 bytes 'Age\\n'",
    ]


def test_a_last_record_that_looks_like_padding():
    made_of = dataset(char("A"), char("B"))
    (problem,) = refused(made_of, {"A": Column.text(["x", ""]), "B": Column.text(["", ""])})
    assert problem.kind.code == "XPT-010"
    assert written(dataset(char("A"), num("B")), {"A": Column.text([""]), "B": Column.numbers([np.nan])})


def test_types_that_differ():
    found = refused(dataset(char("A"), num("B")), {"A": Column.numbers([1]), "B": Column.text(["x"])})
    assert [problem.what for problem in found] == [
        "a Char variable of data type string has number values",
        "a Num variable of data type float has text values",
    ]


def test_a_dataset_without_variables():
    (problem,) = refused(dataset(), {})
    assert problem.what == "dataset of 0 variables"


def test_columns_that_do_not_belong_together():
    with pytest.raises(ValueError, match="missing or not equally long"):
        written(dataset(char("A"), char("B")), {"A": Column.text(["x"])})
    with pytest.raises(ValueError, match="missing or not equally long"):
        written(dataset(char("A"), char("B")), {"A": Column.text(["x"]), "B": Column.text([])})
