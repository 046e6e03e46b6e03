"""Doses, visits, elements, cells, antibodies and muscle strength of NCT04952155, held against the truth."""

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
FOUND = {"D01": {"Q-MRC-01", "Q-FLOW-01"}, "D03": {"Q-MK-02"}}  # the queries that answer to a defect
MINE = {"MRC.csv", "FLOW.csv"}


def table(file):
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")


class Export:
    """A simulated export and the datasets made of it."""

    def __init__(self, folder):
        self.folder = folder
        options = Options(STUDY, folder / "raw", folder / "out", dataset_json=False)
        self.result = run(options, standard())
        self.problems = table(folder / "out" / "reports" / "problems.csv")
        self.data = {
            file.stem.upper(): pyreadstat.read_xport(file)[0] for file in (folder / "out").glob("*/*.xpt")
        }

    def truth(self, name):
        return table(self.folder / "raw" / "truth" / f"{name}.csv")

    @property
    def person(self):
        subject = self.truth("truth_subject")
        return dict(zip(subject.SCRNO, subject.USUBJID, strict=True))

    def defects(self, code, file):
        known = self.truth("defects")
        return known[(code == known.CODE) & (file == known.FILE)]


@pytest.fixture(scope="module", params=[(13, 7, "monthly"), (60, 3, "minimal")], ids=lambda one: one[2])
def dirty(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("findings")
    subjects, seed, schedule = request.param
    simulate(STUDY, subjects, seed, folder / "raw", schedule)
    return Export(folder)


def test_the_build_succeeds(dirty):
    assert [problem.line() for problem in dirty.result.problems.errors()] == []


def test_each_defect_is_found_once_and_nothing_else(dirty):
    known = dirty.truth("defects")
    known = known[known.FILE.isin(MINE) & (known.KIND == "defect") & (known.DETECTABLE == "Y")]
    assert set(known.CODE) == set(FOUND)
    said = dirty.problems[dirty.problems.file.isin(MINE)]
    codes = {query: defect for defect, queries in FOUND.items() for query in queries}
    listed = sorted(zip(said.code.map(codes), said.file, said.line, strict=True))
    assert listed == sorted(zip(known.CODE, known.FILE, known.LINE, strict=True))


def test_rows_are_accounted_for(dirty):
    ledger = table(dirty.folder / "out" / "reports" / "ledger.csv")
    balance = ledger[(ledger.origin == "raw") & (ledger.reason == "balance")].set_index("file").rows
    for file, headers in {"MRC.csv": 2, "FLOW.csv": 1}.items():
        assert int(balance[file]) == (dirty.folder / "raw" / file).read_bytes().count(b"\n") - headers


def test_every_planned_injection_has_a_record_and_no_dose_is_zero(dirty):
    ec, dose = dirty.data["EC"], dirty.truth("truth_dose")
    dose["KEY"] = "SCRNO=" + dose.SCRNO + "|CYCLE=" + dose.CYCLE + "|INJNO=" + dose.INJNO
    dose = dose[~dose.KEY.isin(dirty.defects("D19", "DOSE.csv").KEY)]
    link, given = "C" + dose.CYCLE + "-I" + dose.INJNO, dose.GIVEN.map({"1": "Y", "0": "N"})
    true = set(zip(dose.SCRNO.map(dirty.person), link, given, strict=True))
    assert set(zip(ec.USUBJID, ec.ECLNKID, ec.ECOCCUR, strict=True)) == true
    assert len(ec) == len(true)
    assert set(ec.ECMOOD) == {"PERFORMED"}
    assert set(ec.ECPRESP) == {"Y"}
    missed = ec[ec.ECOCCUR == "N"]
    assert missed.ECDOSE.isna().all()
    assert (missed[["ECDOSU", "ECLOT", "ECLOC"]] == "").all(axis=None)
    assert (missed.ECREASOC != "").all()
    assert (ec.ECDOSE[ec.ECOCCUR == "Y"] > 0).all()
    assert (ec.ECSTDTC != "").all()
    assert set(ec.ECADJ[ec.ECDOSE < 1]) <= {"FEVER"}


def test_exposure_is_what_was_given(dirty):
    ec, ex = dirty.data["EC"], dirty.data["EX"]
    both = ec[ec.ECOCCUR == "Y"].merge(ex, left_on=["USUBJID", "ECLNKID"], right_on=["USUBJID", "EXLNKID"])
    assert len(both) == len(ex) == (ec.ECOCCUR == "Y").sum()
    for name in ("DOSE", "DOSU", "LOT", "LOC", "LAT", "STDTC", "ADJ"):
        assert list(both[f"EC{name}"]) == list(both[f"EX{name}"])


def test_visits_are_those_of_the_truth(dirty):
    sv, visit = dirty.data["SV"], dirty.truth("truth_visit")
    visit = visit.assign(USUBJID=visit.SCRNO.map(dirty.person), VISITNUM=visit.VISITNUM.astype(float))
    once = visit.groupby(["USUBJID", "VISITNUM"]).agg(DONE=("DONE", "max"), FIRST=("DATE", "min"))
    both = sv.set_index(["USUBJID", "VISITNUM"]).join(once, how="outer")
    assert len(both) == len(sv) == len(once)
    planned = both.index.get_level_values("VISITNUM") % 1 == 0
    assert set(both.SVPRESP[planned]) == {"Y"}
    assert set(both.SVPRESP[~planned]) | set(both.SVOCCUR[~planned]) <= {""}
    assert list(both.SVOCCUR[planned]) == list(both.DONE[planned].map({"1": "Y", "0": "N"}))
    # a date before the informed consent gives way to a form of that visit, and else stays as collected
    moved = set(dirty.defects("D07", "VISIT.csv").DIRTY.str.replace(r"[/.]", "-", regex=True))
    true = both.FIRST.where(both.DONE == "1", "")
    assert set(both.SVSTDTC[true != both.SVSTDTC]) <= moved
    assert both.VISITDY[~planned].isna().all()


def test_missed_visits_have_a_reason_and_nothing_else(dirty):
    sv = dirty.data["SV"]
    missed = sv[sv.SVOCCUR == "N"]
    assert (missed.SVREASOC != "").all()
    assert (missed[["SVSTDTC", "SVENDTC", "SVCNTMOD"]] == "").all(axis=None)
    assert (sv.SVREASOC[sv.SVOCCUR != "N"] == "").all()
    assert list(sv.SVEPCHGI == "Y") == list(sv.SVREASOC == "LOCKDOWN")
    assert set(sv.SVCNTMOD) <= {"IN PERSON", "TELEPHONE CALL", ""}


def test_no_visit_after_the_end_of_participation(dirty):
    sv, subject = dirty.data["SV"], dirty.truth("truth_subject")
    end = subject.groupby("USUBJID").STUDYEND.max()
    dated = sv[(sv.SVENDTC != "") & (sv.USUBJID.map(end) != "")]
    assert (dated.USUBJID.map(end) >= dated.SVENDTC).all()


def test_elements_have_no_gaps(dirty):
    se = dirty.data["SE"].sort_values(["USUBJID", "SESEQ"])
    following = se.groupby("USUBJID").SESTDTC.shift(-1)
    assert list(se.SEENDTC[following.notna()]) == list(following.dropna())
    assert (se.SESTDTC != "").all()
    assert (se.SESTDTC.str[:10] <= se.SEENDTC).all()
    assert set(se.ETCD) == {"SCRN", "IL2", "REST", "FU"}
    steps = se.groupby("USUBJID").TAETORD
    assert (steps.diff().dropna() > 0).all()
    assert (steps.first() == 1).all()


def test_screen_failures_are_screened_only(dirty):
    se, subject = dirty.data["SE"], dirty.truth("truth_subject")
    enrolled = set(subject.USUBJID[subject.ENROLLED == "1"])
    assert set(se.ETCD[~se.USUBJID.isin(enrolled)]) == {"SCRN"}
    assert set(se.USUBJID) == set(subject.USUBJID)
    assert set(se.USUBJID[se.ETCD == "IL2"]) == enrolled


def test_cells_are_those_of_the_flow_cytometry(dirty):
    cp, flow = dirty.data["CP"], dirty.truth("truth_flow")
    for test, column in {"TLHRTLH": "TREGPCT", "TLYH": "CD4ABS"}.items():
        both = cp[test == cp.CPTESTCD].merge(flow, left_on="CPREFID", right_on="SAMPNO", how="outer")
        assert list(both.CPSTRESN) == list(both[column].astype(float))
    assert dict(zip(cp.CPTESTCD, cp.CPTEST, strict=True)) == {
        "TLYH": "TLym Help",
        "TLHLY": "TLym Help/Lym",
        "TLYHR": "TLym Help Reg",
        "TLHRTLH": "TLym Help Reg/TLym Help",
        "TH17TH": "TLym Help 17/TLym Help",
        "TLHFTH": "TLym Help Foll/TLym Help",
        "TLHETLH": "TLym Help Eff/TLym Help",
    }
    assert list(cp.CPSTRESU == "%") == list(cp.CPMRKSTR.str.contains("/"))
    assert set(cp.CPSTRESU) == {"%", "10^6/L"}


def test_cells_are_timed_by_the_injection_before(dirty):
    cp, supp = dirty.data["CP"], dirty.data["SUPPCP"]
    later = cp[cp.VISITNUM == 8].copy()
    days = supp[supp.QNAM == "LDOSEDY"].set_index(["USUBJID", "IDVARVAL"]).QVAL
    said = [float(days[who, f"{number:.0f}"]) for who, number in zip(later.USUBJID, later.CPSEQ, strict=True)]
    passed = pd.to_datetime(later.CPDTC.str[:10]) - pd.to_datetime(later.CPRFTDTC.str[:10])
    lost = later.USUBJID.isin(
        dirty.defects("D19", "DOSE.csv").KEY.str[6:].str.split("|").str[0].map(dirty.person)
    )
    assert [one for one, gone in zip(passed.dt.days, lost, strict=True) if not gone] == [
        one for one, gone in zip(said, lost, strict=True) if not gone
    ]
    before = cp[cp.VISITNUM == 2]
    assert set(before.CPTPTREF) == {"FIRST INJECTION"}
    assert (before.CPDTC < before.CPRFTDTC).all()
    assert set(cp.CPLOBXFL[cp.VISITNUM == 2]) == {"Y"}
    assert set(cp.CPLOBXFL[cp.VISITNUM == 8]) == {""}


def test_antibodies_and_antigens(dirty):
    antibody, mb, lab = dirty.data["IS"], dirty.data["MB"], dirty.truth("truth_lab")
    assert set(zip(antibody.ISTESTCD, antibody.ISBDAGNT, antibody.ISCAT, strict=True)) == {
        ("ATAB", "NUCLEAR AUTOANTIGENS", "AUTOANTIBODIES"),
        ("ATIGMAB", "GANGLIOSIDE GM1", "AUTOANTIBODIES"),
        ("RFATAB", "", "AUTOANTIBODIES"),
        ("MBAB", "HUMAN IMMUNODEFICIENCY VIRUS", "INFECTION"),
    }
    titer = antibody[antibody.ISORRES.str.startswith("1:")]
    assert len(titer)
    assert list(titer.ISSTRESC) == list(titer.ISORRES)
    assert titer.ISSTRESN.isna().all()
    assert set(antibody.ISORRES[~antibody.index.isin(titer.index)]) <= {
        "NEGATIVE",
        "WEAKLY POSITIVE",
        "POSITIVE",
        "",
    }
    assert set(mb.MBTESTCD) == {"HBSAG"}
    assert set(mb.MBTSTDTL) == {"DETECTION"}
    assert set(mb.MBREFID) <= set(lab.SAMPNO)


def test_grades_of_muscles(dirty):
    mk = dirty.data["MK"]
    raw = Form(dirty.folder / "raw" / "MRC.csv")
    written = {text for row in raw.rows[2:] for text in row[4:16]}
    assert {"Ⅳ", "4级", "4-", "4+"} <= written
    pairs = dict(zip(mk.MKORRES, mk.MKSTRESC, strict=True))
    assert {"4-": "3.67", "4": "4", "4+": "4.33", "6": "INDETERMINATE"}.items() <= pairs.items()
    assert mk.MKORRES.str.fullmatch("[0-6][+-]?").all()
    wrong = mk[mk.MKSTRESC == "INDETERMINATE"]
    assert sorted(wrong.MKORRES) == sorted(dirty.defects("D03", "MRC.csv").DIRTY)
    assert wrong.MKSTRESN.isna().all()
    assert set(wrong.MKLOBXFL) <= {""}
    assert set(mk.MKEVAL) == {"INVESTIGATOR"}
    assert not mk.duplicated(["USUBJID", "MKTESTCD", "MKLOC", "MKLAT", "VISITNUM"]).any()
    first = mk[mk.MKLOBXFL == "Y"]
    assert not first.duplicated(["USUBJID", "MKTESTCD", "MKLOC", "MKLAT"]).any()


def test_grades_add_up_to_those_of_the_visit(dirty):
    mk, visit = dirty.data["MK"], dirty.truth("truth_visit")
    added = mk.groupby(["USUBJID", "VISITNUM"]).MKSTRESN.agg(["sum", "count"])
    known = visit[visit.MRC != ""]
    true = {(dirty.person[one.SCRNO], float(one.VISITNUM)): float(one.MRC) for one in known.itertuples()}
    assert set(true) == set(added.index)
    whole = added[added["count"] == 12]["sum"]
    assert len(added) - len(whole) <= len(dirty.defects("D03", "MRC.csv"))
    assert whole.to_dict() == pytest.approx({key: true[key] for key in whole.index}, abs=0.02)


def test_relationships_lead_somewhere(dirty):
    relrec, data = dirty.data["RELREC"], dirty.data
    whole = relrec[relrec.USUBJID == ""]
    assert set(zip(whole.RDOMAIN, whole.IDVAR, whole.RELTYPE, whole.RELID, strict=True)) == {
        ("EC", "ECLNKID", "ONE", "ECEX"),
        ("EX", "EXLNKID", "ONE", "ECEX"),
        ("LB", "LBLNKID", "MANY", "LBPR"),
        ("PR", "PRLNKID", "ONE", "LBPR"),
    }
    reduced = data["EC"][data["EC"].ECADJ == "FEVER"]
    doses = relrec[(relrec.RDOMAIN == "EC") & (relrec.USUBJID != "")]
    places = set(zip(doses.USUBJID, doses.IDVARVAL.astype(float), strict=True))
    assert places == set(zip(reduced.USUBJID, reduced.ECSEQ, strict=True))
    assert set(relrec.USUBJID[relrec.RDOMAIN == "AE"]) == {who for who, _ in places}


class Form:
    """A file of the export as rows that can be changed."""

    def __init__(self, file):
        self.file, self.encoding = file, "utf-8-sig" if file.stem == "FLOW" else "gb18030"
        self.rows = list(csv.reader(io.StringIO(file.read_bytes().decode(self.encoding), newline="")))

    def set(self, line, **cells):
        for name, text in cells.items():
            self.rows[line - 1][self.rows[0].index(name)] = text

    def again(self, line, **cells):
        self.rows.append(list(self.rows[line - 1]))
        self.set(len(self.rows), **cells)
        return len(self.rows)

    def save(self):
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(self.rows)
        self.file.write_bytes(text.getvalue().encode(self.encoding))


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    simulate(STUDY, 13, 7, folder / "raw", clean=True)
    mrc, flow = Form(folder / "raw" / "MRC.csv"), Form(folder / "raw" / "FLOW.csv")
    mrc.set(3, SCRNO="S999")
    mrc.set(4, VISIT="第5周")
    mrc.set(5, SHAB_L="四")
    mrc.set(6, SHAB_L="", SHAB_R="7")
    mrc.set(7, EVALDAT="2020-02-30")
    mrc.set(8, EVALDAT="2020-02-UK")
    mrc.again(9, KNEX_L="0", AUDITTIME="2030-01-01 08:00:00")
    flow.set(2, SAMPNO="B999999")
    flow.set(3, LDOSE="3")
    flow.set(4, TREGABS="999")
    flow.set(5, ABSUNIT="瓶")
    flow.set(6, TH17PCT="101")
    flow.set(7, TFHPCT="")
    flow.set(8, TEFFPCT="高")
    flow.again(9, TFHPCT="1.11")
    mrc.save()
    flow.save()
    return Export(folder)


@pytest.mark.parametrize(
    ("code", "file", "line"),
    [
        ("Q-MRC-02", "MRC.csv", 3),
        ("Q-MRC-08", "MRC.csv", 4),
        ("Q-MK-03", "MRC.csv", 5),
        ("Q-MK-01", "MRC.csv", 6),
        ("Q-MK-02", "MRC.csv", 6),
        ("DATE-002", "MRC.csv", 7),
        ("Q-MRC-04", "MRC.csv", 8),
        ("Q-MRC-03", "MRC.csv", 9),
        ("Q-FLOW-02", "FLOW.csv", 2),
        ("Q-FLOW-04", "FLOW.csv", 3),
        ("Q-FLOW-05", "FLOW.csv", 4),
        ("TERM-110", "FLOW.csv", 5),
        ("Q-CP-02", "FLOW.csv", 6),
        ("Q-CP-01", "FLOW.csv", 7),
        ("Q-CP-03", "FLOW.csv", 8),
        ("Q-FLOW-03", "FLOW.csv", 9),
    ],
)
def test_what_a_site_can_send_is_named_with_its_place(changed, code, file, line):
    said = changed.problems
    assert ((said.code == code) & (said.file == file) & (said.line == str(line))).any()
    assert [problem.line() for problem in changed.result.problems.errors()] == []


def test_results_in_doubt_stay_as_collected(changed):
    cp = changed.data["CP"]
    lost = cp[cp.CPSTRESC == "INDETERMINATE"]
    assert "101" in set(lost.CPORRES)
    assert lost.CPSTRESN.isna().all()
    assert set(cp.CPREASND[cp.CPSTAT == "NOT DONE"]) == {"NO RESULT REPORTED"}
