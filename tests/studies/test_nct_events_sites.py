"""What a site can send of events that the simulation does not: rows changed by hand, one way each."""

import csv
import io
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from sdtm.standard import standard
from trialkit.result import Options
from trialkit.run import run
from trialkit.simulate import simulate

STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"
DATASETS = ("AE", "CM", "CO", "DD", "DS", "DV", "IE", "MH", "PR", "VS")


class Form:
    """A form of the export as rows that can be changed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.rows = list(csv.reader(io.StringIO(file.read_bytes().decode("gb18030"), newline="")))

    def get(self, line: int, name: str) -> str:
        return self.rows[line - 1][self.rows[0].index(name)]

    def set(self, line: int, **cells: str) -> None:
        for name, text in cells.items():
            self.rows[line - 1][self.rows[0].index(name)] = text

    def again(self, line: int, **cells: str) -> None:
        self.rows.append(list(self.rows[line - 1]))
        self.set(len(self.rows), **cells)

    def where(self, **cells: str) -> int:
        """Give the first line that has the cells."""
        lines = range(3, len(self.rows) + 1)
        return next(one for one in lines if all(self.get(one, name) == text for name, text in cells.items()))

    def save(self) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(self.rows)
        self.file.write_bytes(text.getvalue().encode("gb18030"))


def change(forms: dict[str, Form]) -> dict[str, str]:
    """Change rows; gives the screening numbers that tests ask for."""
    ae, cm, mh, vs, ie = (forms[name] for name in ("AE", "CM", "MH", "VS", "IE"))
    ds, visit, dose = forms["DS"], forms["VISIT"], forms["DOSE"]
    ae.set(3, AETERM="不明反应")
    ae.set(4, AEONGO="是")
    ae.set(5, AESEV="特重")
    ae.set(6, SCRNO="S999")
    ae.again(7, AEREL="可能", AUDITTIME="2023-01-01 08:00:00")
    ae.set(8, AEREL="也许")
    cm.set(3, CMTRT="新药")
    cm.set(4, CMDOSE="遵医嘱")
    cm.set(5, CMFREQ="每日2次", CMDOSE="50mg qd")
    cm.set(6, CMINDC="不明")
    onset = mh.where(MHNO="1")
    mh.set(onset, ALSONSET="")
    mh.set(mh.where(MHNO="2"), MHTERM="不明病")
    general = next(line for line in range(onset + 3, len(mh.rows)) if mh.get(line, "MHNO") != "1")
    mh.set(general, MHSTDAT="2022-12-01")
    vs.set(3, BP="128")
    vs.set(4, WEIGHT="7.5")
    vs.set(5, PULSE="")
    vs.set(6, VISIT="第5周")
    vs.set(7, VSDAT="")
    enrolled = ds.get(ds.where(STATUS="完成"), "SCRNO")
    ie.set(ie.where(SCRNO=enrolled), I03="否")
    ie.set(3, E07="")
    ds.set(ds.where(STATUS="退出"), REASON="搬家")
    ds.set(ds.where(STATUS="死亡"), DTHCAUS="不明")
    ds.set(ds.where(STATUS="完成"), LASTDOSE="2020-01-02")
    late = visit.where(SCRNO=enrolled, VISIT="第16周")
    visit.set(late, VISDAT="2030-01-01")
    remark = next(line for line in range(3, len(dose.rows)) if dose.get(line, "REMARK"))
    dose.set(remark, REMARK="看不清")
    return {"enrolled": enrolled, "general": str(general), "onset": str(onset), "remark": str(remark)}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    raw, out = folder / "raw", folder / "out"
    simulate(STUDY, 13, 7, raw, clean=True)
    names = ("AE", "CM", "MH", "VS", "IE", "DS", "VISIT", "DOSE")
    forms = {name: Form(raw / f"{name}.csv") for name in names}
    known = change(forms)
    for form in forms.values():
        form.save()
    result = run(Options(STUDY, raw, out, DATASETS, dataset_json=False), standard())
    listed = out / "reports" / "problems.csv"
    problems = pd.read_csv(listed, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return result, problems, out / "sdtm", known, forms


def dataset(made, name: str) -> pd.DataFrame:
    frame, _ = pyreadstat.read_xport(made[2] / f"{name}.xpt")
    return frame


def test_nothing_of_it_stops_the_build(made):
    assert [problem.line() for problem in made[0].problems.errors()] == []


@pytest.mark.parametrize(
    ("code", "file", "line"),
    [
        ("Q-AE-08", "AE.csv", "3"),
        ("Q-AE-06", "AE.csv", "4"),
        ("TERM-110", "AE.csv", "5"),
        ("Q-AE-02", "AE.csv", "6"),
        ("Q-AE-04", "AE.csv", "7"),
        ("VAL-003", "AE.csv", "8"),
        ("Q-CM-09", "CM.csv", "3"),
        ("Q-CM-10", "CM.csv", "4"),
        ("Q-CM-07", "CM.csv", "5"),
        ("Q-CM-08", "CM.csv", "6"),
        ("Q-MH-07", "MH.csv", "onset"),
        ("Q-MH-08", "MH.csv", "general"),
        ("Q-VS-08", "VS.csv", "3"),
        ("Q-VS-06", "VS.csv", "4"),
        ("Q-VS-05", "VS.csv", "5"),
        ("Q-VS-03", "VS.csv", "6"),
        ("Q-VS-07", "VS.csv", "7"),
        ("Q-IE-04", "IE.csv", "3"),
        ("Q-CO-01", "DOSE.csv", "remark"),
    ],
)
def test_each_is_named_with_its_place(made, code, file, line):
    problems, line = made[1], made[3].get(line, line)
    said = problems[(problems.file == file) & (problems.line == line)]
    assert code in set(said.code)


def test_each_ending_in_doubt_is_named(made):
    problems = made[1]
    for code in ("Q-DS-05", "Q-DS-06", "Q-DD-01", "Q-MH-09"):
        assert (problems.code == code).sum() == 1, code


def test_what_is_not_known_says_so(made):
    assert "TERM NOT YET TRANSLATED" in set(dataset(made, "ae").AETERM)
    assert "NOT CODED" in set(dataset(made, "ae").AEDECOD)
    assert "NAME NOT YET TRANSLATED" in set(dataset(made, "cm").CMTRT)
    assert "REASON NOT KNOWN" in set(dataset(made, "ds").DSTERM)
    assert set(dataset(made, "dd").DDORRES) == {"UNKNOWN"}
    assert "REMARK NOT YET TRANSLATED" in set(dataset(made, "co").COVAL)


def test_the_later_entry_of_an_event_is_used(made):
    ae, form = dataset(made, "ae"), made[4]["AE"]
    subject = f"M2020420-01-{form.get(7, 'SCRNO')}"
    row = ae[(subject == ae.USUBJID) & (form.get(7, "AENO") == ae.AESPID)]
    assert list(row.AEREL) == ["POSSIBLY RELATED"]


def test_a_missing_measurement_is_not_done(made):
    vs = dataset(made, "vs")
    assert sorted(vs.VSTESTCD[vs.VSSTAT == "NOT DONE"]) == ["DIABP", "PULSE", "SYSBP"]


def test_deviations_of_eligibility_and_window(made):
    dv, subject = dataset(made, "dv"), f"M2020420-01-{made[3]['enrolled']}"
    mine = dv[subject == dv.USUBJID].set_index("DVDECOD").DVTERM
    assert mine["ENROLLED ALTHOUGH NOT ELIGIBLE"] == "Enrolled although not met: INCL03"
    assert mine["VISIT OUTSIDE THE WINDOW"].startswith("WEEK 16 on day ")
    assert mine["VISIT OUTSIDE THE WINDOW"].endswith(", window 106 to 120")
