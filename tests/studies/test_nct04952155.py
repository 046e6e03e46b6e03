"""NCT04952155 from the simulated export to SDTM, held against what the simulation knows to be true.

A defect counts as found where reports/problems.csv has a query of its kind at its file and line.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from sdtm.standard import standard
from trialkit.result import Options, Result
from trialkit.run import run
from trialkit.simulate import simulate

STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"
MAPPED = ["SUBJ", "VISIT", "SAMPLES", "DOSE", "ALSFRS", "ROADS", "ALSAQ", "DS", "BIOMK"]
FILES = {"LABHOSP.xlsx", *(f"{name}.csv" for name in MAPPED)}
FOUND = {  # the queries that answer to a defect
    "D01": [
        "Q-VISIT-01",
        "Q-SAMP-01",
        "Q-DOSE-01",
        "Q-ALSF-01",
        "Q-ROAD-01",
        "Q-ALSQ-01",
        "Q-LAB-01",
        "Q-BIOM-01",
    ],
    "D02": ["Q-ROAD-03", "Q-ALSQ-03"],
    "D03": ["Q-QS-02"],
    "D04": ["Q-ALSF-06"],
    "D05": ["Q-ALSF-05"],
    "D06": ["Q-QS-01"],
    "D07": ["DATE-002", "Q-ALSF-04", "Q-ROAD-04", "Q-VISIT-04"],
    "D08": ["Q-LB-01"],
    "D16": ["Q-LAB-02"],
    "D17": ["Q-SAMP-03"],
    "D19": ["RAW-010", "RAW-015", "Q-DOSE-02"],
    "D21": ["Q-ALSF-07"],
}
ITEMS = {"D03", "D06"}  # the query names the item as well
DIRTY = [(13, 7, "monthly"), (13, 20, "minimal"), (200, 8, "monthly"), (60, 3, "minimal")]


@dataclass
class Export:
    """One simulated export and the SDTM made of it."""

    folder: Path
    result: Result
    made: dict[str, pd.DataFrame] = field(default_factory=dict)

    def dataset(self, name: str) -> pd.DataFrame:
        """Read a dataset with a reader of its own."""
        if name not in self.made:
            frame, _ = pyreadstat.read_xport(self.folder / "out" / "sdtm" / f"{name.lower()}.xpt")
            self.made[name] = frame
        return self.made[name]

    def truth(self, name: str) -> pd.DataFrame:
        return table(self.folder / "raw" / "truth" / f"{name}.csv")

    @cached_property
    def problems(self) -> pd.DataFrame:
        return table(self.folder / "out" / "reports" / "problems.csv")

    @cached_property
    def defects(self) -> pd.DataFrame:
        defects = self.truth("defects")
        return defects[defects.FILE.isin(FILES)]

    @cached_property
    def person(self) -> dict[str, str]:
        subject = self.truth("truth_subject")
        return dict(zip(subject.SCRNO, subject.USUBJID, strict=True))


def table(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def make(folder: Path, subjects: int, seed: int, schedule: str, clean: bool = False) -> Export:
    simulate(STUDY, subjects, seed, folder / "raw", schedule, clean)
    options = Options(STUDY, folder / "raw", folder / "out", dataset_json=False)
    return Export(folder, run(options, standard()))


@pytest.fixture(scope="module", params=DIRTY, ids=lambda case: "-".join(map(str, case)))
def dirty(request, tmp_path_factory) -> Export:
    return make(tmp_path_factory.mktemp("dirty"), *request.param)


@pytest.fixture(scope="module", params=[(13, 7, "monthly"), (60, 5, "minimal")], ids=lambda case: case[2])
def clean(request, tmp_path_factory) -> Export:
    return make(tmp_path_factory.mktemp("clean"), *request.param, clean=True)


@pytest.mark.proves("TK-FAIL-3")
def test_dirty_data_are_published_with_queries(dirty):
    assert [problem.line() for problem in dirty.result.problems.errors()] == []
    assert int(dirty.result.exit()) == 0
    assert not dirty.problems.empty


def test_clean_data_have_no_query(clean):
    assert [problem.line() for problem in clean.result.problems.items] == []


@pytest.mark.proves("TK-FAIL-3")
def test_every_defect_is_found_at_its_place(dirty):
    known = dirty.defects[(dirty.defects.KIND == "defect") & (dirty.defects.QUERY == "Y")]
    known = known[known.DETECTABLE == "Y"]
    assert set(known.CODE) <= set(FOUND)
    said = dirty.problems
    by_row = set(zip(said.code, said.file, said.line, strict=True))
    by_item = set(zip(said.code, said.file, said.line, said.column, strict=True))
    missed = []
    for one in known.itertuples():
        place = (one.FILE, one.LINE, one.FIELD) if one.CODE in ITEMS else (one.FILE, one.LINE)
        listed = by_item if one.CODE in ITEMS else by_row
        if not any((code, *place) in listed for code in FOUND[one.CODE]):
            missed.append((one.CODE, *place))
    assert missed == []


def test_no_query_without_a_defect(dirty):
    codes = {code: defect for defect, all_codes in FOUND.items() for code in all_codes}
    said = dirty.problems[dirty.problems.file.isin(FILES)]
    true = set(zip(dirty.defects.CODE, dirty.defects.FILE, dirty.defects.LINE, strict=True))
    false = [one for one in said.itertuples() if (codes.get(one.code), one.file, one.line) not in true]
    assert false == []


def test_one_dm_record_for_each_person(dirty):
    dm, subject = dirty.dataset("DM"), dirty.truth("truth_subject")
    last = subject.groupby("USUBJID").last()
    assert sorted(dm.USUBJID) == sorted(last.index)
    dm = dm.set_index("USUBJID").loc[last.index]
    assert list(dm.SUBJID) == list(last.SCRNO)
    assert list(dm.SEX) == list(last.SEX)
    assert list(dm.AGE) == list(last.AGE.astype(float))
    assert list(dm.BRTHDTC) == list(last.BIRTH.str[:7])
    assert list(dm.RFICDTC) == list(subject.groupby("USUBJID").CONSENT.min())
    assert list(dm.DTHDTC) == list(last.DEATH)
    assert list(dm.DTHFL == "Y") == list(last.DEATH != "")
    treated = last.ENROLLED == "1"
    assert list(dm.RFXSTDTC[treated].str[:10]) == list(last.FIRSTDOSE[treated])
    assert set(dm.ARMNRS[~treated]) == {"SCREEN FAILURE"}
    arms = dm[["ARM", "ARMCD", "ACTARM", "ACTARMCD"]]
    assert (arms[~treated] == "").all(axis=None)
    assert (arms[treated] == ["IL-2", "IL2", "IL-2", "IL2"]).all(axis=None)
    assert list(dm.RFPENDTC[treated]) == list(last.STUDYEND[treated])


def test_ex_has_the_injections_that_were_given(dirty):
    ex, dose = dirty.dataset("EX"), dirty.truth("truth_dose")
    unreadable = dirty.defects[(dirty.defects.CODE == "D19") & (dirty.defects.FILE == "DOSE.csv")].KEY
    dose["KEY"] = "SCRNO=" + dose.SCRNO + "|CYCLE=" + dose.CYCLE + "|INJNO=" + dose.INJNO
    dose = dose[(dose.GIVEN == "1") & ~dose.KEY.isin(unreadable)]
    link = "C" + dose.CYCLE + "-I" + dose.INJNO
    true = set(zip(dose.SCRNO.map(dirty.person), link, dose.DATE, dose.MEGAIU.astype(float), strict=True))
    assert set(zip(ex.USUBJID, ex.EXLNKID, ex.EXSTDTC.str[:10], ex.EXDOSE, strict=True)) == true
    assert len(ex) == len(true)
    assert set(ex.EXDOSU) == {"10^6 IU"}
    assert set(ex.EPOCH) == {"TREATMENT"}
    assert set(ex.EXADJ[ex.EXDOSE < 1]) <= {"FEVER"}


def laboratory(export: Export) -> pd.DataFrame:
    """Give true and published results side by side, by sample and test."""
    items = table(STUDY / "tables" / "lab_items.csv").set_index("ITEM").TESTCD
    true = pd.concat(
        [export.truth("truth_lab"), export.truth("truth_biomk").rename(columns={"ANALYTE": "TEST"})]
    )
    true["LBTESTCD"] = true.TEST.map(items)
    lb = export.dataset("LB")
    return lb[lb.LBSTRESN.notna()].merge(
        true, left_on=["LBREFID", "LBTESTCD"], right_on=["SAMPNO", "LBTESTCD"]
    )


def test_results_are_those_of_the_laboratory_in_standard_units(dirty):
    both = laboratory(dirty)
    assert len(both) > 0.9 * dirty.dataset("LB").LBSTRESN.notna().sum()
    false = both[(both.LBSTRESN - both.RESULT.astype(float)).abs() > 0.06 + 0.005 * both.LBSTRESN]
    assert false[["LBREFID", "LBTESTCD", "LBORRES", "LBORRESU", "LBSTRESN", "RESULT"]].values.tolist() == []


def test_samples_are_those_of_the_right_subject(dirty):
    sample = dirty.truth("truth_sample")
    owner = dict(zip(sample.SAMPNO, sample.SCRNO.map(dirty.person), strict=True))
    lb = dirty.dataset("LB")
    lb = lb[lb.LBREFID != ""]
    assert list(lb.USUBJID) == list(lb.LBREFID.map(owner))


def test_baseline_is_before_the_first_injection(dirty):
    lb, sample = dirty.dataset("LB"), dirty.truth("truth_sample")
    late = set(sample.SAMPNO[sample.AFTERDOSE == "1"])
    assert not late & set(lb.LBREFID[lb.LBLOBXFL == "Y"])
    first = dirty.dataset("DM").set_index("USUBJID").RFXSTDTC
    flagged = lb[lb.LBLOBXFL == "Y"]
    assert (flagged.USUBJID.map(first) > flagged.LBDTC).all()
    assert not flagged.duplicated(["USUBJID", "LBTESTCD", "LBSPEC"]).any()
    assert set(flagged.VISITNUM) <= {1.0, 2.0}


def test_refused_lumbar_punctures_are_not_done(dirty):
    refused = dirty.defects[dirty.defects.CODE == "D18"]
    lb = dirty.dataset("LB")
    assert (lb.LBREASND == "SUBJECT REFUSED").sum() == len(refused)
    assert set(lb.LBSPEC[lb.LBREASND == "SUBJECT REFUSED"]) <= {"CEREBROSPINAL FLUID"}


@pytest.mark.proves("TK-FAIL-3")
def test_out_of_range_answers_stay_as_collected(dirty):
    qs = dirty.dataset("QS")
    wrong = qs[(qs.QSORRES != "") & qs.QSSTRESN.isna()]
    defects = dirty.defects[dirty.defects.CODE == "D03"]
    assert len(wrong) == len(defects)
    assert sorted(wrong.QSORRES) == sorted(defects.DIRTY)


def test_printed_totals_are_those_of_the_visits(dirty):
    qs, visit = dirty.dataset("QS"), dirty.truth("truth_visit")
    total = qs[qs.QSTESTCD == "ALSF113"].merge(
        visit.assign(USUBJID=visit.SCRNO.map(dirty.person), VISITNUM=visit.VISITNUM.astype(float)),
        on=["USUBJID", "VISITNUM"],
    )
    wrong = total[total.ALSFRS.astype(float) != total.QSSTRESN]
    assert len(wrong) == len(dirty.defects[dirty.defects.CODE == "D04"])


def handled(export: Export, code: str, file: str) -> pd.DataFrame:
    """Give the defects of one kind with the QS record of each."""
    known = export.defects[(code == export.defects.CODE) & (file == export.defects.FILE)]
    items = (
        table(STUDY / "tables" / f"{file.removesuffix('.csv').lower()}_items.csv").set_index("ITEM").QSTESTCD
    )
    schedule = table(STUDY / "tables" / "schedule.csv")
    names = {
        name: float(one.VISITNUM) for one in schedule.itertuples() for name in one.NAMES.split(";") if name
    }
    screening, visit = known.KEY.str.extract("SCRNO=(.*?)[|]")[0], known.KEY.str.extract("VISIT=(.*)")[0]
    number = visit.map(lambda name: names.get(name) or float(name.removeprefix("计划外")))
    known = known.assign(
        USUBJID=screening.map(export.person), VISITNUM=number, QSTESTCD=known.FIELD.map(items).fillna("")
    )
    return known.merge(export.dataset("QS"), on=["USUBJID", "VISITNUM", "QSTESTCD"], how="left")


def test_the_later_of_two_entries_is_kept(dirty):
    for file in ("ROADS.csv", "ALSAQ.csv"):
        both = handled(dirty, "D02", file)
        assert list(both.QSORRES) == list(both.CLEAN)


def test_collected_totals_stay(dirty):
    for code in ("D04", "D21"):
        both = handled(dirty, code, "ALSFRS.csv")
        assert list(both.QSORRES) == list(both.DIRTY)


def test_missing_items_are_not_done(dirty):
    for file in ("ALSFRS.csv", "ROADS.csv", "ALSAQ.csv"):
        both = handled(dirty, "D06", file)
        assert set(both.QSSTAT) <= {"NOT DONE"}
        assert set(both.QSORRES) <= {""}


def test_partial_dates_stay_partial_and_impossible_ones_are_missing(dirty):
    for file in ("ALSFRS.csv", "ROADS.csv"):
        known = handled(dirty, "D07", file)[["USUBJID", "VISITNUM", "DIRTY", "EXPECT"]]
        qs = dirty.dataset("QS")
        form = qs[{"ALSFRS.csv": "ALSFRS-R", "ROADS.csv": "ROADS"}[file] == qs.QSCAT]
        both = known.merge(form, on=["USUBJID", "VISITNUM"])
        true = both.DIRTY.str.replace("-UK", "").where(both.EXPECT == "date is partial", "")
        assert list(both.QSDTC) == list(true)
        assert both.QSDY.isna().all()


def test_results_in_a_doubtful_unit_are_not_standardised(dirty):
    items = table(STUDY / "tables" / "lab_items.csv").set_index("ITEM").TESTCD
    known = dirty.defects[dirty.defects.CODE == "D08"]
    keys = known.KEY.str.extract("SAMPNO=(?P<LBREFID>.*?)[|]ITEM=(?P<LBTESTCD>.*)")
    both = keys.assign(LBTESTCD=keys.LBTESTCD.map(items)).merge(
        dirty.dataset("LB"), on=["LBREFID", "LBTESTCD"]
    )
    assert len(both) == len(known)
    assert (both.LBORRES != "").all()
    assert set(both.LBSTRESC) <= {"INDETERMINATE"}
    assert both.LBSTRESN.isna().all()


def test_unscheduled_visits_keep_their_number(dirty):
    qs = dirty.dataset("QS")
    extra = qs[qs.VISITNUM % 1 > 0]
    assert list(extra.VISIT) == [f"UNSCHEDULED {number:.2f}" for number in extra.VISITNUM]
    assert extra.VISITDY.isna().all()


def test_published_text_is_ascii_english(dirty):
    for file in sorted((dirty.folder / "out" / "sdtm").glob("*.xpt")):
        frame = dirty.dataset(file.stem)
        texts = frame.select_dtypes(exclude="number")
        assert all(str(value).isascii() for name in texts for value in texts[name].unique()), file.name


@pytest.mark.proves("TK-ROWS-1")
def test_every_raw_row_is_accounted_for(dirty):
    ledger = table(dirty.folder / "out" / "reports" / "ledger.csv")
    balance = ledger[(ledger.origin == "raw") & (ledger.reason == "balance")].set_index("file").rows
    assert set(balance.index) >= FILES
    for file in FILES - {"LABHOSP.xlsx"}:
        headers = 1 if file == "BIOMK.csv" else 2
        lines = (dirty.folder / "raw" / file).read_bytes().count(b"\n")
        assert int(balance[file]) == lines - headers, file


def test_specs_stay_short():
    lengths = {
        file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in STUDY.glob("sdtm/**/*.yaml")
    }
    assert max(lengths.values()) <= 250
