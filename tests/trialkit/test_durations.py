"""ISO 8601 durations."""

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.dates import PartialDate
from trialkit.durations import UNITS, between, duration, is_duration

quick = settings(max_examples=150, derandomize=True, deadline=None)


def days_of(text):
    """The length of a duration without years and months, by other means."""
    weeks, days, hours, minutes, seconds = (
        float(found[1]) if (found := re.search(pattern, text)) else 0.0
        for pattern in ("([0-9.]+)W", "([0-9.]+)D", "([0-9.]+)H", "T.*?([0-9.]+)M", "([0-9.]+)S")
    )
    length = 7 * weeks + days + (hours + (minutes + seconds / 60) / 60) / 24
    return -length if text.startswith("-") else length


def test_durations():
    for text in (
        *("P14D", "P2W", "P1Y", "P1Y6M", "P1M", "PT1M"),
        *("PT0S", "P0D", "-PT15M", "P1DT2H30M", "PT1.5H", "PT0,5S", "P3Y6M4DT12H"),
    ):
        assert is_duration(text), text


def test_what_is_no_duration():
    for text in (
        *("", "P", "PT", "P1", "1D", "P1H", "PT1D", "P1D2M"),
        *("P1DT", "P-1D", "+P1D", "P1.5DT1H", "P1W1D", "p1d", "P1D\n", "P１D"),
    ):
        assert not is_duration(text), text


@quick
@given(st.text("P0123456789YMWDTHS.,-", max_size=12))
def test_any_text_is_judged(text):
    assert not is_duration(text) or text.lstrip("-").startswith("P")


@quick
@given(st.decimals(0, 10**6, places=2), st.sampled_from(UNITS))
def test_number_and_unit_make_a_duration(number, unit):
    made = duration(str(number), unit.upper())
    assert is_duration(made)
    if made.endswith("D"):
        assert days_of(made) == float(number)


@pytest.mark.parametrize(
    ("number", "unit", "made"),
    [
        ("14", "d", "P14D"),
        ("007", "Weeks", "P7W"),
        ("0", "min", "PT0M"),
        ("2.50", "HOURS", "PT2.5H"),
        ("1", "month", "P1M"),
        ("1", "m", None),
        ("-1", "DAYS", None),
        ("1e3", "DAYS", None),
        ("about 3", "DAYS", None),
        ("", "DAYS", None),
    ],
)
def test_duration(number, unit, made):
    assert duration(number, unit) == made


def as_partial(moment):
    return PartialDate(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)


@quick
@given(st.datetimes(), st.datetimes())
def test_between_against_the_calendar(start, end):
    start, end = start.replace(microsecond=0), end.replace(microsecond=0)
    made = between(as_partial(start), as_partial(end))
    assert is_duration(made)
    apart = end - start
    assert round(days_of(made) * 86400) == apart // dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("start", "end", "made"),
    [
        ("2021-03-01", "2021-03-01T08:00", "P0D"),
        ("2021-03-02", "2021-03-01", "-P1D"),
        ("2021-03-01T08", "2021-03-01T10:59", "PT2H"),
        ("2021-03-01T08:59:59", "2021-03-01T09:00", "PT1M"),
        ("2021-03-01T08:00+08:00", "2021-03-01T01:00Z", "PT1H"),
        ("2021-03-01T08:00+08:00", "2021-03-01T08:00", "PT0M"),
        ("2021-03", "2021-03-01", None),
        ("2021-03-01", "--03-02", None),
    ],
)
def test_between(start, end, made):
    assert between(PartialDate.parse(start), PartialDate.parse(end)) == made
