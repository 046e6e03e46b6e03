"""Events, interventions and vital signs of NCT04952155, held against what the simulation knows to be true."""

import csv
import io
from collections import Counter
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
DATASETS = ("AE", "CM", "CO", "DD", "DS", "DV", "IE", "MH", "PR", "VS")
FORMS = {f"{name}.csv" for name in ("AE", "CM", "DS", "IE", "MH", "VS")}
FOUND = {"D01": {"Q-AE-01", "Q-CM-01", "Q-MH-01", "Q-VS-01"}, "D07": {"Q-AE-05", "Q-AE-10"}}
DIRTY = [(13, 7, "monthly"), (13, 20, "minimal"), (80, 11, "monthly")]


@dataclass
class Export:
    """One simulated export and the datasets made of it."""

    folder: Path
    result: Result
    made: dict[str, pd.DataFrame] = field(default_factory=dict)

    def dataset(self, name: str) -> pd.DataFrame:
        """Read a dataset with a reader of its own."""
        if name not in self.made:
            file = self.folder / "out" / "sdtm" / f"{name.lower()}.xpt"
            frame, _ = pyreadstat.read_xport(file)
            self.made[name] = frame.fillna(dict.fromkeys(frame.select_dtypes(exclude="number"), ""))
        return self.made[name]

    def qualifier(self, domain: str, name: str) -> dict[tuple[str, float], str]:
        """Give the values of a supplemental qualifier by subject and sequence number."""
        supp = self.dataset(f"SUPP{domain}")
        supp = supp[name == supp.QNAM]
        return dict(zip(zip(supp.USUBJID, supp.IDVARVAL.astype(float), strict=True), supp.QVAL, strict=True))

    def truth(self, name: str) -> pd.DataFrame:
        return table(self.folder / "raw" / "truth" / f"{name}.csv")

    def form(self, name: str) -> pd.DataFrame:
        """Give the rows of a form, as they are, without exact duplicates."""
        text = (self.folder / "raw" / f"{name}.csv").read_bytes().decode("gb18030", "replace")
        ids, _, *rows = csv.reader(io.StringIO(text, newline=""))
        frame = pd.DataFrame([row for row in rows if len(row) == len(ids)], columns=ids).drop_duplicates()
        return frame.assign(USUBJID=frame.SCRNO.map(self.person))

    @cached_property
    def problems(self) -> pd.DataFrame:
        said = table(self.folder / "out" / "reports" / "problems.csv")
        return said[said.file.isin(FORMS)]

    @cached_property
    def defects(self) -> pd.DataFrame:
        defects = self.truth("defects")
        return defects[defects.FILE.isin(FORMS)]

    @cached_property
    def person(self) -> dict[str, str]:
        subject = self.truth("truth_subject")
        return dict(zip(subject.SCRNO, subject.USUBJID, strict=True))


def table(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def make(folder: Path, subjects: int, seed: int, schedule: str, clean: bool = False) -> Export:
    simulate(STUDY, subjects, seed, folder / "raw", schedule, clean)
    options = Options(STUDY, folder / "raw", folder / "out", DATASETS, dataset_json=False)
    return Export(folder, run(options, standard()))


@pytest.fixture(scope="module", params=DIRTY, ids=lambda case: "-".join(map(str, case)))
def dirty(request, tmp_path_factory) -> Export:
    return make(tmp_path_factory.mktemp("dirty"), *request.param)


@pytest.fixture(scope="module", params=[(13, 3, "minimal"), (60, 12, "monthly")], ids=lambda case: case[2])
def clean(request, tmp_path_factory) -> Export:
    return make(tmp_path_factory.mktemp("clean"), *request.param, clean=True)


def test_dirty_data_are_published_with_queries(dirty):
    assert [problem.line() for problem in dirty.result.problems.errors()] == []
    assert int(dirty.result.exit()) == 0
    assert not dirty.problems.empty


def test_clean_data_have_no_query(clean):
    assert [problem.line() for problem in clean.result.problems.items] == []


def test_every_defect_is_found_at_its_place_and_nothing_else(dirty):
    known = dirty.defects[(dirty.defects.KIND == "defect") & (dirty.defects.QUERY == "Y")]
    true = set(zip(known.CODE, known.FILE, known.LINE, strict=True))
    codes = {code: defect for defect, all_codes in FOUND.items() for code in all_codes}
    said = dirty.problems
    named = [codes.get(code, f"none for {code}") for code in said.code]
    assert set(zip(named, said.file, said.line, strict=True)) == true


def test_every_form_is_used_up(dirty):
    ledger = table(dirty.folder / "out" / "reports" / "ledger.csv")
    balance = ledger[(ledger.origin == "raw") & (ledger.reason == "balance")].set_index("file").rows
    for file in FORMS:
        assert int(balance[file]) == (dirty.folder / "raw" / file).read_bytes().count(b"\n") - 2


def test_adverse_events_are_the_true_ones(dirty):
    ae = dirty.dataset("AE")
    true = dirty.truth("truth_ae").assign(USUBJID=lambda one: one.SCRNO.map(dirty.person))
    both = ae.merge(true, left_on=["USUBJID", "AESPID"], right_on=["USUBJID", "AENO"], validate="1:1")
    assert len(both) == len(ae) == len(true)
    changed = dirty.defects[(dirty.defects.CODE == "D07") & (dirty.defects.FILE == "AE.csv")]
    keys = changed.KEY.str.extract("SCRNO=(?P<SCRNO>.*)[|]AENO=(?P<AENO>.*)").assign(FIELD=changed.FIELD)
    moved = {
        name: set(zip(one.SCRNO, one.AENO, strict=True)) for name, one in keys.groupby("FIELD", sort=True)
    }
    for variable, truth, column in (("AESTDTC", "START", "AESTDAT"), ("AEENDTC", "END", "AEENDAT")):
        other = both[both[variable] != both[truth]]
        assert set(zip(other.SCRNO, other.AENO, strict=True)) == moved.get(column, set())
    severity = {"1": "MILD", "2": "MODERATE", "3": "SEVERE", "5": "SEVERE"}
    assert list(both.AESEV) == list(both.GRADE.map(severity))
    assert list(both.AESER) == list(both.SERIOUS.map({"0": "N", "1": "Y"}))
    assert set(both.AEOUT[both.GRADE == "5"]) <= {"FATAL"}
    assert list(both.AEENRTPT == "ONGOING") == list(both.END == "")
    assert all(day and true.startswith(day) for day, true in zip(both.AESTDTC, both.START, strict=True))
    late = changed[changed.FIELD == "AEENDAT"].DIRTY.str.replace(r"\D", "", regex=True)
    kept = dirty.qualifier("AE", "AEENDCOL")
    assert sorted(day.replace("-", "") for day in kept.values()) == sorted(late)
    ended = ae.set_index(["USUBJID", "AESEQ"]).AEENDTC
    assert all(day.startswith(ended[key]) and len(ended[key]) in (0, 4, 7) for key, day in kept.items())


def test_a_serious_event_has_a_criterion_and_says_where_from(dirty):
    ae = dirty.dataset("AE")
    assert list(ae.AESER == "Y") == list((ae.AESDTH == "Y") | (ae.AESMIE == "Y"))
    source = dirty.qualifier("AE", "AESCRIT")
    serious = ae[ae.AESER == "Y"]
    assert set(source) == set(zip(serious.USUBJID, serious.AESEQ, strict=True))


def test_terms_are_translated_and_coded(dirty):
    english = table(STUDY / "tables" / "translations.csv").set_index("TEXT").ENGLISH
    coded = table(STUDY / "tables" / "pseudo_meddra.csv").set_index("LLT")
    raw, ae = dirty.form("AE"), dirty.dataset("AE")
    both = ae.merge(raw, left_on=["USUBJID", "AESPID"], right_on=["USUBJID", "AENO"])
    assert list(both.AETERM_x) == list(both.AETERM_y.map(english))
    assert list(ae.AEDECOD) == list(ae.AETERM.map(coded.PT))
    assert list(ae.AESOC) == list(ae.AEBODSYS) == list(ae.AETERM.map(coded.SOC))
    assert list(ae.AEHLTCD) == list(ae.AETERM.map(coded.HLTCD).astype(float))
    assert set(coded.DICTIONARY) == {"PSEUDO 1.0, not MedDRA"}
    drugs = table(STUDY / "tables" / "pseudo_whodrug.csv").set_index("DRUG")
    raw, cm = dirty.form("CM"), dirty.dataset("CM")
    both = cm.merge(raw, left_on=["USUBJID", "CMSPID"], right_on=["USUBJID", "CMNO"], validate="1:1")
    assert len(both) == len(raw) == len(cm)
    assert list(both.CMTRT_x) == list(both.CMTRT_y.map(english))
    assert list(cm.CMDECOD) == list(cm.CMTRT.map(drugs.PREF))


def test_every_translation_of_a_term_or_drug_is_coded_or_used(dirty):
    simulated = [table(STUDY / "simulation" / f"{name}.csv") for name in ("adverse", "history", "medication")]
    texts = {one for frame in simulated for column in ("term", "trade", "indication") if column in frame
             for cell in frame[column] for one in cell.split("|")}  # fmt: skip
    assert texts <= set(table(STUDY / "tables" / "translations.csv").TEXT)


def test_doses_of_medication_are_split(dirty):
    cm, raw = dirty.dataset("CM"), dirty.form("CM")
    both = cm.merge(raw, left_on=["USUBJID", "CMSPID"], right_on=["USUBJID", "CMNO"])
    made = both.CMDOSE_x.map("{:g}".format) + both.CMDOSU
    assert list(made) == list(both.CMDOSE_y.str.split(" ").str[0])
    often = both.CMDOSE_y.str.split(" ").str[1].str.upper()
    assert list(both.CMDOSFRQ) == list(often)
    assert set(cm.CMROUTE) <= {"ORAL", "INTRAVENOUS DRIP", "INTRAMUSCULAR"}


def test_medication_began_before_consent_where_that_is_certain(dirty):
    cm = dirty.dataset("CM").merge(dirty.dataset("DM")[["USUBJID", "RFSTDTC"]], on="USUBJID")
    consent = cm.CMSTTPT[cm.CMSTRTPT == "BEFORE"]
    start = cm.CMSTDTC[cm.CMSTRTPT == "BEFORE"]
    assert all(one < day[: len(one)] for one, day in zip(start, consent, strict=True))
    assert (cm.CMSTDTC[cm.CMSTRTPT == ""] != "").all()


def test_history_of_als_is_the_true_one(dirty):
    mh, subject = dirty.dataset("MH"), dirty.truth("truth_subject").groupby("USUBJID").last()
    als = mh[mh.MHCAT == "ALS HISTORY"]
    assert Counter(als.MHEVDTYP) == {"SYMPTOM ONSET": len(subject), "DIAGNOSIS": len(subject)}
    onset = als[als.MHEVDTYP == "SYMPTOM ONSET"].set_index("USUBJID").MHSTDTC
    assert all(subject.ONSET[who].startswith(day) and day for who, day in onset.items())
    diagnosis = als[als.MHEVDTYP == "DIAGNOSIS"].set_index("USUBJID").MHSTDTC
    assert dict(diagnosis) == dict(subject.DIAGNOSIS)
    site = {key[0]: text for key, text in dirty.qualifier("MH", "MHONSITE").items()}
    english = table(STUDY / "tables" / "translations.csv").set_index("TEXT").ENGLISH
    assert site == dict(subject.SITE.map(english))
    assert set(mh.MHEVDTYP[mh.MHCAT == "GENERAL"]) <= {""}
    general = mh[mh.MHCAT == "GENERAL"]
    assert len(general) == (dirty.form("MH").MHNO != "1").sum()


def test_disposition_is_the_true_one(dirty):
    ds, subject = dirty.dataset("DS"), dirty.truth("truth_subject")
    words = {
        "completed": "COMPLETED",
        "ae": "ADVERSE EVENT",
        "progression": "PROGRESSIVE DISEASE",
        "death": "DEATH",
        "screen failure": "SCREEN FAILURE",
    }
    ended = ds[ds.DSSCAT == "STUDY PARTICIPATION"].set_index("DSSPID")
    assert dict(ended.DSDECOD) == dict(zip(subject.SCRNO, subject.DISP.map(words), strict=True))
    enrolled = subject[subject.ENROLLED == "1"].set_index("SCRNO")
    assert dict(ended.DSSTDTC[enrolled.index]) == dict(enrolled.STUDYEND)
    for decode, column, who in (
        ("INFORMED CONSENT OBTAINED", "CONSENT", subject.set_index("SCRNO")),
        ("ENTERED INTO TRIAL", "FIRSTDOSE", enrolled),
    ):
        assert dict(ds[decode == ds.DSDECOD].set_index("DSSPID").DSSTDTC) == dict(who[column])
    met = ds[ds.DSDECOD == "ELIGIBILITY CRITERIA MET"]
    assert set(met.DSSPID) == set(enrolled.index)
    treatment = ds[ds.DSSCAT == "STUDY TREATMENT"].set_index("DSSPID").DSDECOD
    early = enrolled[
        (pd.to_datetime(enrolled.FIRSTDOSE) + pd.Timedelta(days=153)).dt.strftime("%F") > enrolled.STUDYEND
    ]
    assert set(treatment.index[treatment != "COMPLETED"]) == set(early.index)


def test_deaths_have_a_cause(dirty):
    dd, subject = dirty.dataset("DD"), dirty.truth("truth_subject")
    assert set(dd.USUBJID) == set(subject.USUBJID[subject.DEATH != ""])
    assert set(dd.DDSTRESC) == {"RESPIRATORY FAILURE"}
    assert set(dd.DDTEST) == {"Primary Cause of Death"}


def test_procedures_are_the_true_ones(dirty):
    pr, subject = dirty.dataset("PR"), dirty.truth("truth_subject")
    for name, column in (("PERCUTANEOUS ENDOSCOPIC GASTROSTOMY", "PEG"), ("TRACHEOSTOMY", "TRACH")):
        there = subject[subject[column] != ""]
        made = pr[name == pr.PRTRT]
        assert dict(zip(made.USUBJID, made.PRSTDTC, strict=True)) == dict(
            zip(there.USUBJID, there[column], strict=True)
        )
    puncture = pr[pr.PRTRT == "LUMBAR PUNCTURE"]
    sample = dirty.truth("truth_sample")
    sample = sample[sample.MATRIX == "脑脊液"]
    assert Counter(puncture.PROCCUR) == Counter(sample.STATUS.map({"DONE": "Y", "NOT DONE": "N"}))
    done = sample[sample.STATUS == "DONE"].set_index("SAMPNO")
    taken = puncture[puncture.PROCCUR == "Y"].set_index("PRLNKID").PRSTDTC
    assert set(taken.index) == set(done.index)
    moment = done.DATE + "T" + done.TIME
    assert all(moment[number].startswith(text) and len(text) >= 13 for number, text in taken.items())
    assert set(puncture.PRREASOC[puncture.PROCCUR == "N"]) <= {"SUBJECT REFUSED"}


def test_vital_signs_are_those_of_the_form(dirty):
    vs, raw = dirty.dataset("VS"), dirty.form("VS")
    text = {name: raw[name].str.normalize("NFKC").str.strip() for name in raw}
    made = dict(iter(vs.groupby("VSTESTCD")))
    pressure = text["BP"].str.split("/", expand=True).astype(float)
    for name, values in (
        ("TEMP", text["TEMP"].astype(float)),
        ("PULSE", text["PULSE"].astype(float)),
        ("SYSBP", pressure[0]),
        ("DIABP", pressure[1]),
        ("WEIGHT", text["WEIGHT"].astype(float)),
    ):
        assert sorted(made[name].VSSTRESN) == sorted(values), name
    tall = raw[raw.HEIGHT != ""]
    centimetres = tall.HEIGHT.astype(float) * tall.HEIGHTU.map({"cm": 1, "m": 100})
    assert made["HEIGHT"].VSSTRESN.sort_values().tolist() == pytest.approx(sorted(centimetres))
    assert set(zip(vs.VSTESTCD, vs.VSSTRESU, strict=True)) == {
        *(("TEMP", "C"), ("PULSE", "beats/min"), ("SYSBP", "mmHg")),
        *(("DIABP", "mmHg"), ("WEIGHT", "kg"), ("HEIGHT", "cm")),
    }
    flagged = vs[vs.VSLOBXFL == "Y"]
    assert not flagged.duplicated(["USUBJID", "VSTESTCD"]).any()
    assert set(flagged.VISITNUM) <= {1.0, 2.0}


def test_criteria_are_those_that_were_not_met(dirty):
    ie, raw = dirty.dataset("IE"), dirty.form("IE")
    unmet = {
        (one.SCRNO, f"{kind}{column[1:]}")
        for letter, kind, answer in (("I", "INCL", "否"), ("E", "EXCL", "是"))
        for column in raw.columns if column[0] == letter and column[1:].isdigit()
        for one in raw[raw[column] == answer].itertuples()
    }  # fmt: skip
    assert set(zip(ie.IESPID, ie.IETESTCD, strict=True)) == unmet
    assert set(zip(ie.IECAT, ie.IEORRES, strict=True)) <= {("INCLUSION", "N"), ("EXCLUSION", "Y")}
    assert (ie.IESTRESC == ie.IEORRES).all()


def test_deviations_follow_from_the_data(dirty):
    dv, defects = dirty.dataset("DV"), dirty.truth("defects")
    who = defects.KEY.str.extract("SCRNO=([^|]*)")[0].map(dirty.person)
    missed = defects[defects.CODE == "D10"]
    made = dv[dv.DVDECOD == "VISIT NOT DONE"]
    assert Counter(made.USUBJID) == Counter(who[missed.index])
    assert (made.EPOCH != "").all()
    for decode, expect in (
        ("VACCINATION DURING THE STUDY", "vaccinated during the study"),
        ("BACKGROUND TREATMENT CHANGED", "co-medication dose changed after entry"),
    ):
        changed = who[(defects.CODE == "D20") & (expect == defects.EXPECT)]
        assert sorted(dv.USUBJID[decode == dv.DVDECOD]) == sorted(changed)
    dose = dirty.truth("truth_dose")
    cycle = dose.assign(GIVEN=dose.GIVEN.astype(int)).groupby(["SCRNO", "CYCLE"]).GIVEN.agg(["sum", "size"])
    none = cycle[(cycle["sum"] == 0) & (cycle["size"] == 7)].index
    made = dv[dv.DVDECOD == "CYCLE OF STUDY TREATMENT NOT GIVEN"]
    assert set(zip(made.USUBJID, made.DVTERM.str[-1], strict=True)) == {
        (dirty.person[screening], number) for screening, number in none
    }
    assert set(dv.DVDECOD) <= {
        *("VISIT NOT DONE", "VACCINATION DURING THE STUDY", "BACKGROUND TREATMENT CHANGED"),
        "CYCLE OF STUDY TREATMENT NOT GIVEN",
    }


def test_remarks_are_comments_on_their_records(dirty):
    co = dirty.dataset("CO")
    notes = dirty.form("IE").IENOTE
    assert (co.RDOMAIN == "IE").sum() == (notes != "").sum()
    english = table(STUDY / "tables" / "translations.csv").set_index("TEXT").ENGLISH
    about = co[co.RDOMAIN == "IE"]
    assert Counter(about.COVAL) == Counter(notes[notes != ""].map(english))
    ie = dirty.dataset("IE")
    assert set(zip(about.USUBJID, about.IDVARVAL.astype(float), strict=True)) <= set(
        zip(ie.USUBJID, ie.IESEQ, strict=True)
    )
    injections = co[co.RDOMAIN == "EC"]
    remarks = dirty.form("DOSE").REMARK
    assert Counter(injections.COVAL) <= Counter(remarks[remarks != ""].map(english))
    assert len(injections) > 0.9 * (remarks != "").sum()


def test_published_text_is_ascii_english(dirty):
    for file in sorted((dirty.folder / "out" / "sdtm").glob("*.xpt")):
        texts = dirty.dataset(file.stem.upper()).select_dtypes(exclude="number")
        assert all(str(value).isascii() for name in texts for value in texts[name].unique()), file.name
