"""What was simulated comes back: ALSFRS-R slopes from QS equal those of the simulated totals.

The slopes are ordinary least squares here, by subject and period, in points a month of 30.4375 days, computed
with numpy from the XPT file as pyreadstat reads it.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from sdtm.standard import standard
from trialkit.result import Options
from trialkit.run import run
from trialkit.simulate import simulate

STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"
MONTH = 30.4375
SUBJECTS = 60


def slopes(frame, day, value):
    """Fit each subject and period with at least three assessments; a series by subject and period."""
    fits = {
        key: np.polyfit(part[day] / MONTH, part[value], 1)[0]
        for key, part in frame.dropna(subset=[day, value]).groupby(["USUBJID", "PERIOD"])
        if part[day].nunique() >= 3
    }
    return pd.Series(fits)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slopes")
    simulate(STUDY, SUBJECTS, 5, folder / "raw", None, False)
    options = Options(STUDY, folder / "raw", folder / "out", ("QS",), dataset_json=False)
    assert not run(options, standard()).exit()
    qs, _ = pyreadstat.read_xport(folder / "out" / "sdtm" / "qs.xpt")
    read = {
        name: pd.read_csv(folder / "raw" / "truth" / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("truth_subject", "truth_visit", "defects")
    }
    return qs, read


def enrolled(read):
    return read["truth_subject"].query("ENROLLED == '1'")


def simulated(read):
    subjects = enrolled(read).set_index("SCRNO")
    visits = read["truth_visit"]
    visits = visits[(visits.DONE == "1") & (visits.ALSFRS != "")].copy()
    visits["USUBJID"] = visits.SCRNO.map(subjects.USUBJID)
    end = pd.to_datetime(visits.SCRNO.map(subjects.ADMEND))
    visits["PERIOD"] = np.where(pd.to_datetime(visits.DATE) <= end, 1, 2)
    for name in ("DAY", "ALSFRS", "VISITNUM", "LATENT"):
        visits[name] = visits[name].astype(float)
    return visits


def test_slopes_of_undamaged_subjects_are_equal(made):
    qs, read = made
    visits = simulated(read)
    defects = read["defects"]
    # damage to an item leaves the total on the form, and an exact duplicate is dropped
    total_hurt = defects.FIELD.isin(["TOTAL", "EVALDAT", ""]) & (defects.CODE != "D01")
    hurt = defects[(defects.FILE == "ALSFRS.csv") & (defects.KIND == "defect") & total_hurt]
    names = enrolled(read).set_index("SCRNO").USUBJID
    damaged = {key.split("|")[0].removeprefix("SCRNO=") for key in hurt.KEY} & set(names.index)
    whole = visits[~visits.SCRNO.isin(damaged)]
    total = qs[(qs.QSTESTCD == "ALSF113") & ~qs.USUBJID.isin(names.loc[sorted(damaged)])]
    total = total.merge(visits[["USUBJID", "VISITNUM", "PERIOD"]], on=["USUBJID", "VISITNUM"])
    mine, theirs = slopes(total, "QSDY", "QSSTRESN"), slopes(whole, "DAY", "ALSFRS")
    assert len(theirs) >= 30
    assert sorted(mine.index) == sorted(theirs.index)
    assert np.allclose(mine, theirs.loc[mine.index], rtol=0, atol=1e-12)


def test_rounding_and_clipping_hardly_bend_the_slopes(made):
    _, read = made
    subjects = enrolled(read).set_index("USUBJID")
    fitted = slopes(simulated(read), "DAY", "ALSFRS")
    latent = pd.Series({key: float(subjects.loc[key[0], f"S{key[1]}"]) for key in fitted.index})
    bias = float((fitted - latent).mean())
    # the standard error of the mean difference: nothing but noise is expected
    assert abs(bias) < 4 * float((fitted - latent).std()) / np.sqrt(len(fitted))
