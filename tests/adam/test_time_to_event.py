"""Times to events against a plain computation, subject by subject."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adam.rules.survival import TimeToEvent
from trialkit.column import Column
from trialkit.records import Records
from trialkit.samples import sample_context

DAY = st.one_of(st.none(), st.integers(90, 130))
SUBJECTS = "ABC"


def numbers(values):
    return Column.numbers([np.nan if value is None else value for value in values])


@given(
    st.lists(st.tuples(st.sampled_from(SUBJECTS), DAY, st.sampled_from("YN")), max_size=12),
    st.lists(DAY, min_size=3, max_size=3),
)
def test_each_subject_has_the_earliest_event_before_the_censoring(forms, deaths):
    start, end = 100, 125
    adsl = {"USUBJID": Column.text(SUBJECTS), "TRTSDT": numbers([start] * 3), "DTHDT": numbers(deaths)}
    adsl["ENDDT"] = numbers([end] * 3)
    names, days, flags = zip(*forms, strict=True) if forms else ((), (), ())
    form = {"USUBJID": Column.text(names), "ADT": numbers(days), "FL": Column.text(flags)}
    tables = {"ADSL": Records.start("ADSL", adsl, 3), "ADQS": Records.start("ADQS", form, len(forms))}
    nothing = Records({}, 0)
    context = sample_context(nothing, "ADTTE", **tables)
    context.store.subject = "USUBJID"
    rule = TimeToEvent.model_validate(
        {
            "time_to_event": "ADSL",
            "start": "TRTSDT",
            "events": [
                {"table": "ADQS", "date": "ADT", "where": "FL == 'Y'", "description": "DROP"},
                {"table": "ADSL", "date": "DTHDT", "description": "DEATH"},
            ],
            "censorings": [
                {"table": "ADQS", "date": "ADT", "description": "LAST"},
                {"table": "ADSL", "date": "ENDDT", "description": "END"},
            ],
        }
    )
    made = rule.apply(nothing, context).columns
    for place, subject in enumerate(SUBJECTS):
        drops = [
            d for name, d, flag in forms if name == subject and d is not None and flag == "Y" and d >= start
        ]
        events = [(d, 0, "DROP") for d in drops]
        if deaths[place] is not None and deaths[place] >= start:
            events.append((deaths[place], 1, "DEATH"))
        seen = [d for name, d, _ in forms if name == subject and d is not None]
        last = max(seen) if seen else end
        event = min(events, default=None)
        if event is not None and event[0] <= last:
            expected = (event[0], 0.0, event[2])
        else:
            expected = (last, 1.0, "LAST" if seen else "END")
        assert tuple(made[name].objects()[place] for name in ("ADT", "CNSR", "EVNTDESC")) == expected
        assert made["AVAL"].objects()[place] == expected[0] - start + 1


def test_an_event_needs_a_censoring():
    with pytest.raises(ValueError, match="censorings"):
        TimeToEvent.model_validate(
            {
                "time_to_event": "ADSL",
                "start": "A",
                "events": [{"table": "A", "date": "B", "description": "C"}],
            }
        )
