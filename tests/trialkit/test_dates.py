"""Partial dates and date formats, against the standard library's calendar."""

import datetime as dt
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.column import Column
from trialkit.dateformats import KINDS, Failure, combine_parts, compile_formats, read_dates
from trialkit.dates import (
    PartialDate,
    clock_seconds,
    day_numbers,
    days,
    is_iso8601,
    moments,
    offsets,
    order,
    parse_interval,
    study_day,
)
from trialkit.problems import Exit, Place, Refusal

quick = settings(max_examples=150, derandomize=True, deadline=None)

MARCH_1900, EXCEL_ZERO, SAS_ZERO = map(dt.datetime.fromisoformat, ("1900-03-01", "1899-12-30", "1960-01-01"))
EXPORT = (
    *("YYYY-MM-DD", "YYYY/M/D", "YYYY.M.D", "YYYY年M月D日", "YYYYMMDD", "excel"),
    *("YYYY年", "YYYY-MM-DD AMh点", "YYYY/M/D h:mm"),
)


def words(text):
    return text.split()


def read(text, *formats, **options):
    found = compile_formats(formats, **options).read(text)
    return found.reason if isinstance(found, Failure) else str(found)


DAYS = ["2021-03-05", "2021-03", "2021---05", "2021-02-30", "UNK", "", "x", "2021-03-05T08:02"]
CLOCKS = ["8:02", "8:02:09", "24:00", "8:02+08:00", "UN:02", "UNK", "", "x", "2021-03-05", "-----T07"]


@st.composite
def partials(draw):
    year = draw(st.none() | st.integers(1, 9999))

    def part(low, high):
        return draw(st.none() | st.integers(low, high))

    second = part(0, 59)
    fraction = draw(st.sampled_from(["", ".5", ",250"])) if second is not None else ""
    clock = (part(0, 23), part(0, 59), second)
    offset = draw(st.sampled_from(["", "Z", "+08:00", "-05"])) if clock != (None, None, None) else ""
    return PartialDate(year, part(1, 12), part(1, 28), *clock, fraction, offset)


@quick
@given(partials())
def test_what_is_written_reads_back(date):
    if str(date):
        assert PartialDate.parse(str(date)) == date
        assert is_iso8601(str(date))
    else:
        assert date == PartialDate()


@quick
@given(st.text("0123456789-T:Z+./,", max_size=25))
def test_any_text_is_a_date_that_writes_itself_or_none(text):
    found = PartialDate.parse(text)
    assert found is None or str(found) == text


@quick
@given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
def test_complete_dates_are_those_of_the_calendar(year, month, day):
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        expected = dt.date.fromisoformat(text).toordinal()
    except ValueError:
        expected = None
    assert days(text) == expected
    assert days(text + "T08:02") == expected
    assert is_iso8601(text) is (expected is not None)


@quick
@given(st.integers(0, 25), st.integers(0, 61), st.integers(0, 61))
def test_times_are_those_of_the_clock(hour, minute, second):
    text = f"2021-03-05T{hour:02}:{minute:02}:{second:02}"
    assert is_iso8601(text) is (hour < 24 and minute < 60 and second < 60)


@pytest.mark.parametrize(
    "text",
    words("""
    2003 2003-12 2003-12-15 2003---15 --12-15 --12 ----15 2003-12-15T13 2003-12-15T13:14 2003-12-15T13:14:17
    2003-12-15T13:14:17.5 2003-12-15T-:15 2003-12-15T13:-:17 -----T07:15 2003-12--T07:15 2003-12-15T10+08:00
    2003-12-15T10:30Z 2003-12-15T10:00/2003-12-15T10:30 2020-02-29 --02-29"""),
)
def test_forms_of_the_standard(text):
    assert is_iso8601(text)


@pytest.mark.parametrize(
    "text",
    [
        *words("""
        2003-12-15T24:00 2003-12-15T23:59:60 2003-12-15T12:60 2021-02-29 2021-02-30 2003-00 2003-12-00 2003--
        0000-01-01 2003- 2003-12-- 2003-12-15T 2003-12-15T- 2003-1-5 20031215 2003-12-15T1314 - --- --02-30
        2003-12-15T13:14:17. 2003-12-15Z 2003-12-15T10:00+25:00 2003-12-15T10:00+08:75 UNK 2003-UN-UN 2003-12/
        ２００３ 31/12/2003 2003/12/15 P1D"""),
        *("", " 2003", "2003\n"),
    ],
)
def test_forms_that_are_refused(text):
    assert not is_iso8601(text)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"year": 2021, "month": 2, "day": 29}, "no such day"),
        ({"hour": 24}, "hour must be 0 to 23"),
        ({"fraction": ".5"}, "needs a second"),
        ({"year": 2021, "offset": "Z"}, "needs a time"),
        ({"hour": 1, "offset": "+8"}, "the form"),
    ],
)
def test_impossible_components_are_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        PartialDate(**parts)


def test_interval():
    assert [str(end) for end in parse_interval("2003/2004-01-02T10")] == ["2003", "2004-01-02T10"]
    assert parse_interval("2003/2004/2005") is None


@quick
@given(partials(), st.integers(0, 10**9))
def test_bounds_enclose_every_completion(date, seed):
    if date.year is None:
        assert date.lower() is None
        assert date.upper() is None
        return
    low, high = date.lower(), date.upper()
    month = date.month or seed % 12 + 1
    some = PartialDate(date.year, month, date.day or seed % 28 + 1, *(
        part if part is not None else seed % size
        for part, size in zip((date.hour, date.minute, date.second), (24, 60, 60), strict=True)
    ))  # fmt: skip
    assert clock_seconds(low) <= clock_seconds(some) <= clock_seconds(high)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("2021-02", "2021-03", "before"),
        ("2021-02-28T23:59", "2021-03", "before"),
        ("2021", "2021-03", "overlap"),
        ("2021-03-05", "2021-03-05T08:02", "overlap"),
        ("2021-03-05", "2021-03-05", "overlap"),
        ("2021-03-06", "2021-03-05T23:59:59", "after"),
        ("--12-15", "2021-03-05", "overlap"),
        ("2021-03-05T08:00+08:00", "2021-03-05T01:00Z", "before"),
        ("2021-03-05T08:00+08:00", "2021-03-05T01:00", "after"),
        ("2021-03-05T08:00:00.25", "2021-03-05T08:00:00.5", "before"),
        ("2021-03-05T08:00:00.25", "2021-03-05T08:00:00", "overlap"),
    ],
)
def test_order(one, other, expected):
    first, second = PartialDate.parse(one), PartialDate.parse(other)
    mirror = {"before": "after", "after": "before", "overlap": "overlap"}
    assert order(first, second) == expected
    assert order(second, first) == mirror[expected]


@quick
@given(st.lists(st.tuples(st.dates(), st.dates()), max_size=20))
def test_study_day_is_never_zero(pairs):
    dates, references = (Column.text([pair[side].isoformat() for pair in pairs]) for side in (0, 1))
    apart = [(one - other).days for one, other in pairs]
    expected = [day + 1 if day >= 0 else day for day in apart]
    assert study_day(dates, references).objects().tolist() == expected
    assert 0 not in expected


def test_study_day_of_partial_or_missing_dates_is_missing():
    dates = Column.text(["2021-03", "2021-03-05", "", "2021-02-29", "2021-03-05T23:59"])
    references = Column.text(["2021-03-05", "", "2021-03-05", "2021-03-05", "2021-03-05T00:00"])
    assert study_day(dates, references).missing().tolist() == [True, True, True, True, False]
    assert dates.objects().tolist()[0] == "2021-03"


def test_day_numbers_and_moments_row_by_row():
    column = Column.text(["2021-03-05T00:00:10.5", "", "2021", "2021-03-05T00:00:10.5"])
    ordinal = dt.date(2021, 3, 5).toordinal()
    np.testing.assert_array_equal(day_numbers(column), [ordinal, np.nan, np.nan, ordinal])
    low, high = moments(column)
    assert low[0] == high[0] == ordinal * 86400 + 10.5
    assert np.isnan(low[1])
    assert high[2] - low[2] == 365 * 86400 - 1


def test_offsets_are_listed_never_applied():
    assert offsets(Column.text(["2021-03-05T08:00+08:00", "2021-03-05T08:00-05:00"])) == ("+08:00", "-05:00")
    assert read("2021-03-05 08:00 +0800", "YYYY-MM-DD hh:mm Z") == "2021-03-05T08:00+08:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-05", "2021-03-05"),
        ("2021/3/5", "2021-03-05"),
        ("2021.03.05", "2021-03-05"),
        ("2021年3月5日", "2021-03-05"),
        ("20210305", "2021-03-05"),
        ("44260", "2021-03-05"),
        ("2021-03-UK", "2021-03"),
        ("2021-UK-UK", "2021"),
        ("2019年", "2019"),
        ("2021/3/5 8:02", "2021-03-05T08:02"),
        ("2021-03-05 上午8点", "2021-03-05T08"),
        ("2021-03-05 下午3点", "2021-03-05T15"),
        ("", ""),
        ("UNK", ""),
        ("2018年春", "unreadable"),
        ("2021-02-30", "impossible"),
        ("2021年2月29日", "impossible"),
        ("20211305", "impossible"),
        ("2021-3-5", "unreadable"),
        ("2021-00-05", "impossible"),
        ("01/02/2020", "ambiguous"),
        ("13/02/2020", "unreadable"),
        ("2021/3/5 24:00", "impossible"),
        ("2021/3/5 12:60", "impossible"),
        ("2021-03-05 ", "unreadable"),
        ("２０２１-03-05", "unreadable"),
        ("9" * 300, "unreadable"),
    ],
)
def test_the_texts_of_a_mixed_export(text, expected):
    assert read(text, *EXPORT) == expected


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("UN-FEB-2020", "DD-MON-YYYY", "2020-02"),
        ("29-feb-2020", "DD-MON-YYYY", "2020-02-29"),
        ("un UNK 2020", "DD MON YYYY", "2020"),
        ("UN-UNK-UNKN", "DD-MON-YYYY", ""),
        ("05-UNK-2020", "DD-MON-YYYY", "2020---05"),
        ("31/FEB/2014", "DD/MON/YYYY", "impossible"),
        ("00/MAR/2014", "DD/MON/YYYY", "impossible"),
        ("5  March   2014", "D MONTH YYYY", "2014-03-05"),
        ("13/02/2020", "DD/MM/YYYY", "2020-02-13"),
        ("13/02/2020", "M/D/YYYY", "impossible"),
        ("3/5/2021 8:02:09.250", "M/D/YYYY h:mm[:ss[.f]]", "2021-03-05T08:02:09.250"),
        ("3/5/2021 8:02", "M/D/YYYY h:mm[:ss[.f]]", "2021-03-05T08:02"),
        ("2021-03-05 23:59:60", "YYYY-MM-DD hh:mm:ss", "impossible"),
        ("2021-03-05 UN:UN", "YYYY-MM-DD hh:mm", "2021-03-05"),
        ("2021-03-05 UN:UN+08:00", "YYYY-MM-DD hh:mmZ", "2021-03-05"),
        ("12:05 AM", "h:mm AM", "-----T00:05"),
        ("12:05 p.m.", "h:mm AM", "-----T12:05"),
        ("13:05 pm", "h:mm AM", "-----T13:05"),
        ("13:05 AM", "h:mm AM", "impossible"),
        ("2018年春", "YYYY年{rest}", "2018"),
        ("2018年", "YYYY年…", "2018"),
        ("on 2020-01-02", "'on' YYYY-MM-DD", "2020-01-02"),
        ("2020-01-02T03:04", "YYYY-MM-DDThh:mm", "2020-01-02T03:04"),
        ("2003---15", "iso", "2003---15"),
        ("2021-02-29", "iso", "impossible"),
        ("2021-03-05T24:00", "iso", "impossible"),
        ("2021/03/05", "iso", "unreadable"),
    ],
)
def test_formats(text, form, expected):
    assert read(text, form) == expected


def test_digits_are_unknown_only_where_declared_and_only_in_dates():
    assert read("2021-00-00", "YYYY-MM-DD", unknown=["00"]) == "2021"
    assert read("2021-03-00 00:00", "YYYY-MM-DD hh:mm", unknown=["00"]) == "2021-03--T00:00"
    assert read("00", "hh", unknown=["00"]) == "-----T00"
    assert read("99:10", "hh:mm", unknown=["99", "000"]) == "impossible"
    assert read("2021-UK-05", "YYYY-MM-DD", unknown=["00"]) == "unreadable"


def test_two_formats_that_disagree_are_ambiguous_but_a_fit_beats_a_remainder():
    both = ("DD/MM/YYYY", "MM/DD/YYYY")
    assert [read(text, *both) for text in ("01/02/2020", "13/02/2020", "05/05/2020", "13/13/2020")] == [
        *("ambiguous", "2020-02-13", "2020-05-05", "impossible")
    ]
    seasons = ("YYYY年M月D日", "YYYY年{rest}")
    assert [read(text, *seasons) for text in ("2018年3月5日", "2018年春", "2018年2月30日")] == [
        *("2018-03-05", "2018", "impossible")
    ]


@pytest.mark.parametrize(("text", "expected"), [("29", "2029"), ("30", "1930"), ("00", "2000"), ("UK", "")])
def test_two_digit_years_fall_in_the_declared_hundred_years(text, expected):
    assert read(text, "YY", year_cutoff=1930) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("60", "impossible"),
        ("61", "1900-03-01"),
        ("2958465", "9999-12-31"),
        ("2958466", "unreadable"),
        ("0", "impossible"),
        ("44260.0", "2021-03-05"),
        ("44260.334722222", "2021-03-05T08:02:00"),
        ("44260.9999999", "2021-03-06T00:00:00"),
        ("2958465.9999999", "impossible"),
        ("0.5", "-----T12:00:00"),
        ("-1", "unreadable"),
        ("4.4E4", "unreadable"),
    ],
)
def test_excel_serial_numbers(text, expected):
    assert read(text, "excel") == expected


@quick
@given(st.datetimes(MARCH_1900).map(lambda moment: moment.replace(microsecond=0)))
def test_serial_numbers_against_the_calendar(moment):
    stamp = moment.isoformat()
    excel = (moment - EXCEL_ZERO) / dt.timedelta(days=1)
    if excel != int(excel):
        assert read(f"{excel:.9f}", "excel") == stamp
    sas = moment - SAS_ZERO
    assert read(str(sas.days), "sas-date") == stamp[:10]
    assert read(str(sas.days * 86400 + sas.seconds), "sas-datetime") == stamp


def test_sas_numbers_beyond_the_calendar_are_impossible():
    assert read("-999999", "sas-date") == read("999999999999", "sas-datetime") == "impossible"
    assert read("1.5", "sas-date") == read("1.5", "sas-datetime") == "unreadable"


@quick
@given(
    st.dates(),
    st.sampled_from([("YYYY-MM-DD", "%Y-%m-%d"), ("DD-MON-YYYY", "%d-%b-%Y"), ("YYYYMMDD", "%Y%m%d")]),
)
def test_patterns_against_strptime(day, form):
    text = day.strftime(form[1]).rjust(len(day.isoformat()) if form[0] != "YYYYMMDD" else 8, "0")
    if day.year >= 1000:
        assert read(text, form[0]) == day.isoformat()


@quick
@given(st.text(max_size=30) | st.text("0123456789-/.: UNK年月日上午点", max_size=20))
def test_no_text_breaks_reading(text):
    found = compile_formats([*EXPORT, "iso", "sas-date", "D-MON-YYYY", "YYYY{rest}"]).read(text)
    assert isinstance(found, (PartialDate, Failure))


@quick
@given(st.text(max_size=20) | st.text("YMDhmsfAZ[]{}'…T -/", max_size=20), st.text(max_size=12))
def test_no_format_breaks_compiling(form, text):
    try:
        outcome = compile_formats([form]).read(text)
    except Refusal as refusal:
        outcome = [(problem.kind.code, problem.kind.exit) for problem in refusal.problems]
    assert isinstance(outcome, (PartialDate, Failure)) or outcome == [("DATE-010", Exit.SPEC)]


@pytest.mark.parametrize(
    ("form", "what"),
    [
        ("dd/mm/yyyy", "date format 'dd/mm/yyyy' has 'dd', which stands for nothing"),
        ("DD-MMM-YYYY", "date format 'DD-MMM-YYYY' has the month twice"),
        ("YYYY-mm-DD", "date format 'YYYY-mm-DD' has minutes without hours"),
        ("YYYYMD", "date format 'YYYYMD' has 'MD', which can't be told apart"),
        ("DD/MM/YY", "date format 'DD/MM/YY' has a two-digit year"),
        ("YYYY[-MM", "date format 'YYYY[-MM' has a bracket without its partner"),
        ("{rest}", "date format '{rest}' has no date or time component"),
        ("YYYY{rest}{rest}", "date format 'YYYY{rest}{rest}' ignores or leaves out too much"),
        ("mm:ss AM", "date format 'mm:ss AM' has AM without an hour or f without a second"),
        (" ", "date format ' ' is empty or too long"),
        ("Y" * 101, f"date format '{'Y' * 100}' is empty or too long"),
        ("iso8601", "date format 'iso8601' has 'iso', which stands for nothing"),
    ],
)
def test_bad_formats_are_refused(form, what):
    with pytest.raises(Refusal) as caught:
        compile_formats([form], where=Place("dm.yaml", 3, 5))
    (problem,) = caught.value.problems
    assert (problem.what, str(problem.where)) == (what, "dm.yaml:3:5")
    assert problem.hint.endswith("Whole formats by name: iso, excel, sas-date, sas-datetime.")


def test_all_problems_of_a_declaration_at_once():
    with pytest.raises(Refusal) as caught:
        compile_formats(["dd", "YY"], unknown=[""])
    assert len(caught.value.problems) == 3
    with pytest.raises(Refusal, match="no date format is declared"):
        compile_formats([])


def test_parts_are_joined_and_checked():
    assert str(combine_parts([PartialDate(2021), PartialDate(month=3), PartialDate(day=5)])) == "2021-03-05"
    assert combine_parts([PartialDate(2021, 3), PartialDate(month=4)]) == Failure("conflict")
    assert combine_parts([PartialDate(2021, 2), PartialDate(day=30)]) == Failure("impossible")
    assert combine_parts([PartialDate(2021), Failure("unreadable")]) == Failure("unreadable")
    assert combine_parts([]) == PartialDate()


def test_columns_are_read_once_per_distinct_text_and_failures_keep_their_rows():
    formats = pickle.loads(pickle.dumps(compile_formats(EXPORT)))
    texts = ["2021/3/5", "2021-02-30", "春", "", "01/02/2020", "2021-03-05", "春"]
    column, failed = read_dates([(Column.text(texts), formats)], len(texts))
    assert column.objects().tolist() == ["2021-03-05", "", "", "", "", "2021-03-05", ""]
    rows = {reason: np.flatnonzero(mask).tolist() for reason, mask in failed.items()}
    assert rows == {"unreadable": [2, 6], "impossible": [1], "ambiguous": [4]}
    assert {KINDS[reason].code for reason in failed} == {"DATE-001", "DATE-002", "DATE-003"}


def test_year_month_and_day_columns():
    parts = [(["2021", "2021", "UNK"], "YYYY"), (["3", "2", "12"], "M"), (["5", "29", "15"], "D")]
    column, failed = read_dates([(Column.text(c), compile_formats([f])) for c, f in parts], 3)
    assert column.objects().tolist() == ["2021-03-05", "", "--12-15"]
    assert failed["impossible"].tolist() == [False, True, False]


@quick
@given(st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(CLOCKS)), max_size=12))
def test_date_and_time_columns_are_joined_as_one_by_one(pairs):
    formats = compile_formats(["iso"]), compile_formats(["h:mm[:ss][Z]", "iso"])
    columns = [Column.text([pair[side] for pair in pairs]) for side in (0, 1)]
    column, failed = read_dates(list(zip(columns, formats, strict=True)), len(pairs))
    for row, pair in enumerate(pairs):
        expected = combine_parts([form.read(text) for form, text in zip(formats, pair, strict=True)])
        reasons = [reason for reason, mask in failed.items() if mask[row]]
        assert reasons == ([expected.reason] if isinstance(expected, Failure) else [])
        assert column.objects()[row] == ("" if reasons else str(expected))


def test_no_rows():
    column, failed = read_dates([(Column.text([]), compile_formats(["iso"]))], 0)
    assert (len(column), failed) == (0, {})
