"""The names of the two periods of a model, and the lines of a figure that are the slopes of the rule."""

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from adam.analysis.data import Data
from adam.figures.spaghetti import Spaghetti
from adam.methods.model import MixedSlopes
from adam.rules.slopes import Slopes
from trialkit.column import Column
from trialkit.records import Records
from trialkit.samples import sample_context

WEEKS = [0.0, 8, 16, 24, 32, 40, 48]


def assessments():
    """Three subjects whose decline changes at week 24, with an extra form that is not to analyse."""
    chance = np.random.default_rng(5)
    who, week, value, flag = [], [], [], []
    for subject in range(3):
        for one in WEEKS:
            who.append(f"S-{subject}")
            week.append(one)
            value.append(40 - 0.2 * min(one, 24) - 0.4 * max(one - 24, 0) + chance.normal(0, 0.7))
            flag.append("Y")
        who, week, value, flag = [*who, f"S-{subject}"], [*week, 30.0], [*value, 3.0], [*flag, ""]
    columns = {"USUBJID": Column.text(who), "AVISITN": Column.numbers(week), "AVAL": Column.numbers(value)}
    columns["DAY"] = Column.numbers([7 * one + 1 if one else -8 for one in week])  # of the calendar
    columns["ADY"] = Column.numbers([7 * one + 1 if one else -9 for one in week])
    columns["APERIOD"] = Column.numbers([1.0 if one <= 24 else 2.0 for one in week])
    return {**columns, "ANL01FL": Column.text(flag)}, len(who)


def lines_of(plot, data):
    """The slope of each fitted line, which is thicker than the others, by colour."""
    canvas = Canvas()
    plot.draw(canvas, data)
    found = {}
    for number, axes in enumerate(canvas.axes[:3]):
        for line in axes.get_lines():
            if line.get_linewidth() == 2.0:
                (x1, x2), (y1, y2) = line.get_data()
                found[number, line.get_color()] = (y2 - y1) / (x2 - x1) * 30.4375 / 7
    return found


def test_the_lines_of_the_figure_are_the_slopes_of_the_rule():
    columns, count = assessments()
    plot = Spaghetti(of="AVAL", time="ADY", period="APERIOD", shared="AVISITN == 24", fit="ANL01FL == 'Y'")
    found = lines_of(plot, Data("ADQS", columns, count))
    records = Records.start("ADQS", columns, count).take(columns["ANL01FL"].objects() == "Y")
    periods = {"1": "APERIOD == 1", "2": "APERIOD == 2"}
    rule = Slopes(slopes="AVAL", over="DAY", by="USUBJID", periods=periods, shared="AVISITN == 24")
    made = rule.apply(records, sample_context(records)).columns
    slopes = [made["AVAL"].objects()[made["APERIOD"].objects() == period] for period in (1.0, 2.0)]
    assert len(found) == 6
    assert [found[one, "#0072B2"] for one in range(3)] == pytest.approx(slopes[0].tolist(), rel=1e-9)
    assert [found[one, "#D55E00"] for one in range(3)] == pytest.approx(slopes[1].tolist(), rel=1e-9)


def test_a_subject_of_the_second_period_only_has_its_colour():
    columns, count = assessments()
    data = Data("ADQS", columns, count)
    late = data.take((data.texts("USUBJID") != "S-1") | (data.numbers("AVISITN") > 24))
    found = lines_of(Spaghetti(of="AVAL", time="ADY", period="APERIOD"), late)
    assert {color for subject, color in found if subject == 1} == {"#D55E00"}


def test_the_periods_of_a_model_are_called_as_declared():
    columns, count = assessments()
    data = Data("ADQS", columns, count).take(columns["ANL01FL"].objects() == "Y")
    usual = {"of": "AVAL", "time": "ADY", "change": "169", "ladder": ["intercept only"]}
    before = MixedSlopes(**usual)
    after = MixedSlopes(**usual, first_level="run-in", second_level="treatment")
    old, new = before.compute(data), after.compute(data)
    assert [(one.name, one.value) for one in old] == [(one.name, one.value) for one in new]
    labels = {one.name: one.label for one in new}
    assert (labels["B1"], labels["B2SE"]) == ("Slope, run-in", "Slope, treatment, SE")
    assert "run-in minus treatment" in after.sentence()
    assert "administration minus follow-up" in before.sentence()
    assert not any("follow-up" in one.label for one in new)
