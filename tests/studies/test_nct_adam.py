"""Analysis datasets of NCT04952155, held against SDTM, plain computations and the simulated truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from click.testing import CliRunner

from adam.standard import standard as adam
from sdtm.standard import standard as sdtm
from trialkit.cli import cli
from trialkit.result import Options
from trialkit.run import run
from trialkit.simulate import simulate

STUDY = Path(__file__).parents[2] / "specs" / "nct04952155"
MONTH = 30.4375
DATASETS = {"ADSL", "ADQS", "ADMK", "ADSLOPE", "ADLB", "ADCP", "ADEX", "ADAE", "ADCM", "ADTTE", "ADDV"}
MONTHLY = {0: 1} | {week: 7 * week + 1 for week in range(4, 52, 4)}
MINIMAL = {0: 1, 24: 169, 48: 337}


class Build:
    """A simulated export, its SDTM and its analysis datasets, as pyreadstat reads them."""

    def __init__(self, folder, subjects, seed, schedule):
        self.folder, self.schedule = folder, schedule
        simulate(STUDY, subjects, seed, folder / "raw", schedule)
        tabulated = run(Options(STUDY, folder / "raw", folder / "out", dataset_json=False), sdtm())
        assert not tabulated.exit()
        self.result = run(Options(STUDY, folder / "out" / "sdtm", folder / "out", dataset_json=False), adam())
        self.sdtm, self.adam = (
            {
                file.stem.upper(): pyreadstat.read_xport(file, disable_datetime_conversion=True)[0]
                for file in sorted((folder / "out" / part).glob("*.xpt"))
            }
            for part in ("sdtm", "adam")
        )

    def truth(self, name):
        file = self.folder / "raw" / "truth" / f"{name}.csv"
        return pd.read_csv(file, dtype=str, keep_default_na=False)

    def param(self, dataset, code, **where):
        """The records of one parameter with these values."""
        frame = self.adam[dataset]
        frame = frame[code == frame.PARAMCD]
        for name, value in where.items():
            frame = frame[frame[name] == value]
        return frame


@pytest.fixture(scope="module")
def monthly(tmp_path_factory):
    return Build(tmp_path_factory.mktemp("monthly"), 13, 1, "monthly")


@pytest.fixture(scope="module")
def minimal(tmp_path_factory):
    return Build(tmp_path_factory.mktemp("minimal"), 13, 1, "minimal")


@pytest.fixture(params=["monthly", "minimal"])
def built(request):
    return request.getfixturevalue(request.param)


def number(dates):
    """SAS dates of ISO 8601 texts; missing for those that are not complete."""
    whole = dates.where(dates.str.len() >= 10, "").str[:10]
    return (pd.to_datetime(whole, errors="coerce") - pd.Timestamp("1960-01-01")).dt.days


def complete(form, items):
    """The sum of all items of each form; missing where one is missing. Of 5a and 5b one counts."""
    form = form.assign(ITEM=form.QSTESTCD.replace({"ALSF105B": "ALSF105A"}))
    form = form.dropna(subset=["QSSTRESN"]).drop_duplicates(["USUBJID", "VISITNUM", "ITEM"])
    found = form.groupby(["USUBJID", "VISITNUM"]).QSSTRESN.agg(["sum", "count"])
    return found["sum"].where(found["count"] == items)


def alsfrs(build):
    """Totals of ALSFRS-R with the day of each form, from QS, SV and DM."""
    qs, dm, sv = (build.sdtm[name] for name in ("QS", "DM", "SV"))
    items = qs[(qs.QSCAT == "ALSFRS-R") & (qs.QSSCAT != "")]
    one = qs[qs.QSCAT == "ALSFRS-R"].drop_duplicates(["USUBJID", "VISITNUM"])
    one = one[["USUBJID", "VISITNUM", "QSDTC"]]
    one = one.merge(complete(items, 12).rename("TOTAL").reset_index(), how="left")
    one = one.merge(sv[["USUBJID", "VISITNUM", "SVSTDTC"]], how="left")
    one = one.merge(dm[["USUBJID", "RFXSTDTC"]])
    one["ADT"] = number(one.QSDTC).fillna(number(one.SVSTDTC))
    one["START"] = number(one.RFXSTDTC)
    one["DAY"] = one.ADT - one.START + (one.ADT >= one.START)
    return one


def windowed(forms, weeks):
    """The week of each form, and of several in a window that closest to the target; of two the later."""
    targets = np.array(list(weeks.values()))
    tops = np.append(targets[1:] - 14 - 1, 400) if len(weeks) > 3 else np.array([1, 252, 400])
    lows = np.append(-np.inf, targets[1:] - 14) if len(weeks) > 3 else np.array([-np.inf, 127, 253])
    tops[0] = 1
    place = [next((n for n in range(len(lows)) if lows[n] <= day <= tops[n]), -1) for day in forms.DAY]
    forms = forms.assign(PLACE=place)[np.array(place) >= 0].dropna(subset=["TOTAL"])
    forms["WEEK"] = np.array(list(weeks))[forms.PLACE]
    target = targets[forms.PLACE]
    # without a day 0, the days before the first one are one nearer
    forms["APART"] = (target - forms.DAY - (forms.DAY < 0)).abs()
    forms = forms.sort_values(["USUBJID", "WEEK", "APART", "DAY"], ascending=[True, True, True, False])
    return forms.drop_duplicates(["USUBJID", "WEEK"])


def test_every_dataset_is_there(built):
    assert not built.result.exit()
    assert [one.line() for one in built.result.problems.errors()] == []
    assert set(built.adam) == DATASETS
    assert {name for name, frame in built.adam.items() if not len(frame)} == set()


def test_every_endpoint_of_the_registry_record_has_data(built):
    for code in (
        "ALSF1RT",
        "ALSF1SL",
        "ROADRT",
        "MRCRT",
        "AQMOBRT",
        "AQADLRT",
        "AQEATRT",
        "AQCOMRT",
        "AQEMORT",
    ):
        for period in (1, 2):
            assert built.param("ADSLOPE", code, APERIOD=period).AVAL.notna().sum() >= 5, code
    for code in ("ALSF1RTD", "ALSF1SLD", "ROADRTD", "MRCRTD", "AQMOBRTD"):
        assert built.param("ADSLOPE", code).AVAL.notna().sum() >= 5, code
    for code in ("TREGPCT", "TH17PCT", "TEFFPCT", "TFHPCT", "TREGTH17"):
        assert built.param("ADCP", code, AVISITN=24).R2BASE.notna().sum() >= 5, code
    for code in ("INTLK6", "INTLK10", "INTLK17", "INTLK21", "IFNG", "TNF", "MCP1", "TGFB1"):
        assert built.param("ADLB", code, AVISITN=24, BASETYPE="ADMINISTRATION").R2BASE.notna().sum() >= 5, (
            code
        )
    for code in ("NFLPS", "NFLPC"):
        assert built.param("ADLB", code, AVISITN=48, BASETYPE="FOLLOW-UP").AVAL.notna().sum() >= 3, code


def test_totals_are_the_sums_of_their_items(built):
    qs, adqs = built.sdtm["QS"], built.adam["ADQS"]
    adqs = adqs[adqs.BASETYPE == "ADMINISTRATION"].set_index(["USUBJID", "VISITNUM"])
    cat = {"ALSF1TS": ("ALSFRS-R", 12), "ROADRAW": ("ROADS", 28)}
    for code, (category, items) in cat.items():
        mine = adqs[code == adqs.PARAMCD].AVAL
        chosen = qs[(category == qs.QSCAT) & (qs.QSTESTCD != "ALSF113")]
        theirs = complete(chosen, items).reindex(mine.index)
        assert len(mine) >= 35
        assert np.allclose(mine, theirs, equal_nan=True)
    for code, scale, items in (("ALSQMOB", "PHYSICAL MOBILITY", 10), ("ALSQCOM", "COMMUNICATION", 7)):
        mine = adqs[code == adqs.PARAMCD].AVAL
        theirs = complete(qs[scale == qs.QSSCAT], items).reindex(mine.index) * 100 / (4 * items)
        assert np.allclose(mine, theirs, equal_nan=True)


def test_items_are_parameters_and_missing_items_are_prorated_or_imputed(built):
    qs, adqs = built.sdtm["QS"], built.adam["ADQS"]
    adqs = adqs[adqs.BASETYPE == "ADMINISTRATION"].set_index(["USUBJID", "VISITNUM"])
    walking = qs[qs.QSTESTCD == "ALSF108"].set_index(["USUBJID", "VISITNUM"])
    mine = adqs[adqs.PARAMCD == "ALSF108"]
    assert np.allclose(mine.AVAL, walking.QSSTRESN.reindex(mine.index), equal_nan=True)
    assert (walking.QSSEQ.reindex(mine.index) == mine.SRCSEQ).all()
    items = qs[(qs.QSCAT == "ROADS") & (qs.QSTESTCD != "QSALL")].dropna(subset=["QSSTRESN"])
    roads = items.groupby(["USUBJID", "VISITNUM"]).QSSTRESN.agg(["sum", "count", "mean"])
    imputed = roads["sum"] + (28 - roads["count"]) * np.floor(roads["mean"] + 0.5)
    mine = adqs[adqs.PARAMCD == "ROADRAWI"].AVAL
    theirs = imputed.where(roads["count"] >= 26).reindex(mine.index)
    assert np.allclose(mine, theirs, equal_nan=True)
    assert mine.notna().sum() > adqs[adqs.PARAMCD == "ROADRAW"].AVAL.notna().sum()
    for code, scale, count in (("ALSQMOBP", "PHYSICAL MOBILITY", 10), ("ALSQEATP", "EATING AND DRINKING", 3)):
        form = qs[scale == qs.QSSCAT].dropna(subset=["QSSTRESN"]).groupby(["USUBJID", "VISITNUM"]).QSSTRESN
        mine = adqs[code == adqs.PARAMCD].AVAL
        theirs = (25 * form.mean()).where(form.count() >= count / 2).reindex(mine.index)
        assert np.allclose(mine, theirs, equal_nan=True)


def test_toxicity_grades_are_those_of_the_limits(built):
    adlb = built.adam["ADLB"]
    alt = adlb[adlb.PARAMCD == "ALT"]
    multiple = np.where(alt.BASE <= alt.ANRHI, alt.AVAL / alt.ANRHI, alt.AVAL / alt.BASE)
    least = np.where(alt.BASE <= alt.ANRHI, multiple > 1, multiple >= 1.5)
    grade = least.astype(int) + (multiple > 3) + (multiple > 5) + (multiple > 20)
    expected = pd.Series(grade, alt.index).astype(str).where(alt.BASE.notna() & alt.ANRHI.notna(), "")
    assert (expected == alt.ATOXGRH).all()
    assert (alt.ATOXDSCH == "Alanine Aminotransferase Increased").all()
    lym = adlb[adlb.PARAMCD == "LYM"]
    grade = (lym.AVAL < lym.ANRLO).astype(int)
    for step, limit in enumerate((0.8, 0.5, 0.2), 2):
        grade = grade.where(limit <= lym.AVAL, step)
    assert (grade.astype(str) == lym.ATOXGRL).all()
    assert (lym.ATOXGRL > "0").any()
    assert set(adlb[adlb.PARAMCD == "NFLPS"].ATOXGRH) == {""}


def test_sums_of_strength_are_prorated(built):
    mk, admk = built.sdtm["MK"], built.param("ADMK", "MRCSUM", BASETYPE="ADMINISTRATION")
    grades = mk.dropna(subset=["MKSTRESN"]).groupby(["USUBJID", "VISITNUM"]).MKSTRESN.agg(["mean", "count"])
    theirs = (12 * grades["mean"]).where(grades["count"] >= 10)
    mine = admk.set_index(["USUBJID", "VISITNUM"]).AVAL
    assert np.allclose(mine, theirs.reindex(mine.index), equal_nan=True)


def test_slopes_equal_those_of_polyfit(built):
    weeks = MONTHLY if built.schedule == "monthly" else MINIMAL
    forms = windowed(alsfrs(built), weeks)
    checked = 0
    for period, chosen in ((1, forms[forms.WEEK <= 24]), (2, forms[forms.WEEK >= 24])):
        mine = built.param("ADSLOPE", "ALSF1SL", APERIOD=period).set_index("USUBJID")
        assert len(mine) == (built.adam["ADSL"].SAFFL == "Y").sum()
        for subject, record in mine.iterrows():
            part = chosen[subject == chosen.USUBJID]
            assert len(part) == record.N_PT
            if len(part) < 2:
                assert np.isnan(record.AVAL)
                assert record.MISSREAS in ("NO ASSESSMENT", "FEWER THAN 2 ASSESSMENTS")
                continue
            slope, intercept = np.polyfit(part.DAY / MONTH, part.TOTAL, 1)
            assert np.allclose([record.AVAL, record.SLPINT], [slope, intercept], rtol=1e-9, atol=1e-9)
            assert (record.ANL01FL == "Y") == (len(part) >= 3)
            checked += 1
    assert checked >= 15


def test_differences_favour_the_administration_above_zero(built):
    wide = built.adam["ADSLOPE"].set_index(["USUBJID", "SRCPARM"])
    for kind, scale in (("ALSF1", 1), ("ROAD", 1), ("MRC", 1), ("AQMOB", -1), ("AQSUM", -1)):
        own = wide[f"{kind}SL" == wide.PARAMCD]
        first, second = (own[period == own.APERIOD].AVAL for period in (1, 2))
        difference = wide[f"{kind}SLD" == wide.PARAMCD].AVAL
        assert np.allclose(difference, scale * (first - second), equal_nan=True)
        slowing = wide[f"{kind}SLP" == wide.PARAMCD]
        expected = (100 * (1 - first / second)).where(scale * second < 0)
        assert np.allclose(slowing.AVAL, expected, equal_nan=True)
        assert (slowing.MISSREAS == "").equals(slowing.AVAL.notna())


def test_baselines_and_changes(built):
    for name, keys in {"ADQS": ["BASETYPE"], "ADMK": ["BASETYPE"], "ADLB": ["BASETYPE"], "ADCP": []}.items():
        frame = built.adam[name]
        by = ["USUBJID", "PARAMCD", *keys]
        flagged = frame[frame.ABLFL == "Y"]
        assert not flagged.duplicated(by).any()
        base = frame[by].merge(flagged[[*by, "AVAL"]], how="left").AVAL.to_numpy()
        assert np.allclose(frame.BASE, base, equal_nan=True)
        known = frame.CHG.notna()
        assert np.allclose(frame.CHG[known], (frame.AVAL - frame.BASE)[known])
        anl = frame[(frame.ANL01FL == "Y")]
        assert not anl.duplicated([*by, "AVISITN"]).any()
        assert (anl.AVISITN.notna()).all()


def test_records_from_week_24_on_stand_in_both_baseline_types(built):
    frame = built.adam["ADQS"]
    first = frame[(frame.BASETYPE == "ADMINISTRATION") & (frame.AVISITN >= 24)]
    second = frame[frame.BASETYPE == "FOLLOW-UP"]
    keys = ["USUBJID", "PARAMCD", "VISITNUM", "AVAL", "ADT"]
    assert first[keys].reset_index(drop=True).equals(second[keys].reset_index(drop=True))
    assert set(second.DTYPE[second.AVISITN == 24]) == {"COPY"}
    assert set(second.APERIOD) == {2.0}


def test_baseline_of_a_sample_after_the_first_injection(monthly):
    late = monthly.truth("truth_sample").query("AFTERDOSE == '1'")
    names = monthly.truth("truth_subject").set_index("SCRNO").USUBJID
    for subject in late.SCRNO.map(names):
        assert monthly.param("ADLB", "NFLPS", USUBJID=subject, ABLFL="Y", BASETYPE="ADMINISTRATION").empty


def test_populations(built):
    adsl = built.adam["ADSL"].set_index("USUBJID")
    ex, qs = built.sdtm["EX"], alsfrs(built)
    assert set(adsl.index) == set(built.sdtm["DM"].USUBJID)
    assert set(adsl.index[adsl.SAFFL == "Y"]) == set(ex.USUBJID)
    after = set(qs[(qs.ADT > qs.START) & qs.TOTAL.notna()].USUBJID)
    assert set(adsl.index[adsl.FASFL == "Y"]) == set(ex.USUBJID) & after
    assert not set(adsl.index[adsl.PPROTFL == "Y"]) & set(built.sdtm["DV"].query("DVCAT == 'MAJOR'").USUBJID)
    truth = built.truth("truth_subject").query("ENROLLED == '1'").set_index("USUBJID")
    assert set(adsl.index[adsl.ENRLFL == "Y"]) == set(truth.index)
    end = number(truth.ADMEND).reindex(adsl.index)
    assert (adsl.AP01EDT - end).abs().max() <= 14


def test_exposure(built):
    ex, ec, adex = built.sdtm["EX"], built.sdtm["EC"], built.adam["ADEX"]
    wide = adex[adex.PARCAT1 == "SUMMARY"].pivot(index="USUBJID", columns="PARAMCD", values="AVAL")
    assert np.allclose(wide.NDOSE, ex.groupby("USUBJID").size())
    assert np.allclose(wide.CUMDOSE, ex.groupby("USUBJID").EXDOSE.sum())
    assert np.allclose(wide.NPLAN, ec.groupby("USUBJID").size())
    assert np.allclose(wide.NDOSE + wide.MISSN, wide.NPLAN)
    assert np.allclose(wide.COMPL, 100 * wide.NDOSE / wide.NPLAN)
    cycles = ex.assign(CYCLE=ex.EXLNKID.str[:2]).groupby(["USUBJID", "CYCLE"]).size()
    assert np.allclose(wide.CYCN, cycles.groupby("USUBJID").size())
    assert np.allclose(wide.CYCCOMP, (cycles == 7).groupby("USUBJID").sum())
    assert (adex.PARAMCD == "DOSE").sum() == len(ex)


def test_results_below_the_limit_are_half_of_it(built):
    lb = built.sdtm["LB"].set_index(["USUBJID", "LBSEQ"]).LBSTRESC
    adlb = built.adam["ADLB"]
    below = adlb[(adlb.DTYPE == "HALFLLOQ") & ~adlb.PARAMCD.str.endswith("L")]
    texts = lb.loc[list(zip(below.USUBJID, below.LBSEQ, strict=True))]
    assert len(below) >= 5
    assert np.allclose(below.AVAL, texts.str[1:].astype(float) / 2)
    base = adlb[adlb.PARAMCD == "INTLK17"].set_index(["USUBJID", "LBSEQ", "BASETYPE"]).AVAL
    logs = adlb[adlb.PARAMCD == "INTLK17L"].set_index(["USUBJID", "LBSEQ", "BASETYPE"]).AVAL
    assert np.allclose(logs, np.log10(base.reindex(logs.index)))


def test_days_since_the_last_injection(built):
    ex = built.sdtm["EX"].assign(DAY=lambda frame: number(frame.EXSTDTC))
    for name in ("ADLB", "ADCP"):
        frame = built.adam[name].dropna(subset=["LDOSEDY"])
        assert len(frame) >= 50
        for subject, part in frame.groupby("USUBJID"):
            given = np.sort(ex[subject == ex.USUBJID].DAY.dropna().to_numpy())
            last = given[np.searchsorted(given, part.ADT.to_numpy(), side="left") - 1]
            assert np.array_equal(part.LDOSEDY, part.ADT - last)


def test_times_to_events(built):
    adsl, tte = built.adam["ADSL"].set_index("USUBJID"), built.adam["ADTTE"]
    forms = alsfrs(built).dropna(subset=["TOTAL", "ADT"])
    pr = built.sdtm["PR"]
    for code in ("TT6PT", "TTDTH", "TTDTV", "TTPEG", "TTDISC"):
        mine = tte[code == tte.PARAMCD].set_index("USUBJID")
        population = adsl[(adsl.FASFL if code == "TT6PT" else adsl.SAFFL) == "Y"]
        assert list(mine.index) == list(population.index)
        for subject, record in mine.iterrows():
            person = adsl.loc[subject]
            if code == "TT6PT":
                own = forms[subject == forms.USUBJID].sort_values("ADT")
                base = own[own.ADT <= own.START].TOTAL
                later = own[own.ADT > own.START]
                drop = later[later.TOTAL - base.iloc[-1] <= -6] if len(base) else later[:0]
                ends = later.ADT.max() if len(later) and len(base) else person.TRTSDT
                event = drop.ADT.min()
            elif code == "TTDISC":
                event = person.TRTEDT if person.EOTSTT == "DISCONTINUED" else np.nan
                ends = person.TRTEDT
            else:
                kinds = {"TTDTV": ["TRACHEOSTOMY", "NON-INVASIVE MECHANICAL VENTILATION"], "TTDTH": []}
                kinds["TTPEG"] = ["PERCUTANEOUS ENDOSCOPIC GASTROSTOMY"]
                dates = number(pr[(subject == pr.USUBJID) & pr.PRTRT.isin(kinds[code])].PRSTDTC).tolist()
                event = np.nanmin([np.inf, *dates, *([] if code == "TTPEG" else [person.DTHDT])])
                ends = person.DTHDT if code == "TTPEG" and not np.isnan(person.DTHDT) else person.LSTALVDT
            happened = bool(event <= ends)
            assert (0 if happened else 1) == record.CNSR, (code, subject)
            assert (event if happened else ends) == record.ADT, (code, subject)
            assert record.AVAL == record.ADT - person.TRTSDT + 1
            assert bool(record.CNSDTDSC) is not happened


def test_adverse_events(built):
    adae = built.adam["ADAE"]
    emergent = adae[adae.TRTEMFL == "Y"]
    assert ((emergent.ASTDT >= emergent.TRTSDT) & (emergent.ASTDT <= emergent.TRTEDT + 28)).all()
    assert (emergent.groupby("USUBJID").AOCCFL.apply(lambda flags: (flags == "Y").sum()) == 1).all()
    assert (adae[adae.AOCCFL == "Y"].TRTEMFL == "Y").all()
    worst = emergent[emergent.AOCCIFL == "Y"].set_index("USUBJID").ASEVN
    assert worst.equals(emergent.groupby("USUBJID").ASEVN.max().reindex(worst.index))
    site = adae.AEDECOD.str.contains("Injection site")
    assert (adae.CQ01NAM[site] == "INJECTION SITE REACTION").all()
    assert (adae.CQ01NAM[~site] == "").all()


def recovered(build, least):
    """Mean slopes and their mean difference against those that were simulated."""
    truth = build.truth("truth_subject").query("ENROLLED == '1'").set_index("USUBJID")
    for code, latent in (("ALSF1SL", 1), ("ALSF1SL", 2), ("ALSF1SLD", None)):
        frame = build.param("ADSLOPE", code, ANL01FL="Y")
        frame = (frame[latent == frame.APERIOD] if latent else frame).set_index("USUBJID")
        real = (
            truth[f"S{latent}"].astype(float) if latent else truth.S1.astype(float) - truth.S2.astype(float)
        )
        error = frame.AVAL - real.reindex(frame.index)
        assert len(error) >= least
        assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error)), code


def test_simulated_slopes_come_back(tmp_path):
    recovered(Build(tmp_path, 200, 7, "monthly"), 140)


@pytest.mark.slow
def test_simulated_slopes_come_back_for_many(tmp_path):
    recovered(Build(tmp_path, 2000, 11, "monthly"), 1400)


WHY = {  # a cell, and what its answer has to name
    "ADSL|SUBJID == 'S004'|TRTSDT": ["DOSE.csv", "ACTDAT"],
    "ADSL|SUBJID == 'S004'|ALSF1BL": ["ALSFRS.csv", "Q1 ", "Q12 "],
    "ADSL|SUBJID == 'S004'|DTHDT": ["DS.csv", "DTHDAT"],
    "ADSL|SUBJID == 'S004'|STERFL": ["CM.csv"],
    "ADSL|SUBJID == 'S004'|DXSUB": ["MH.csv", "DXSUB"],
    "ADQS|SUBJID == 'S004' and PARAMCD == 'ALSF1TS' and AVISITN == 8|AVAL": ["ALSFRS.csv", "Q1 ", "Q12 "],
    "ADQS|SUBJID == 'S004' and PARAMCD == 'ROADNRM' and AVISITN == 8|AVAL": ["roads_norm.csv", "ROADS.csv"],
    "ADQS|SUBJID == 'S004' and PARAMCD == 'ALSQEAT' and AVISITN == 8|AVAL": ["ALSAQ.csv", "A21 ", "A23 "],
    "ADQS|SUBJID == 'S004' and PARAMCD == 'ALSF1TS' and AVISITN == 8|BASE": ["ALSFRS.csv", "Q1 "],
    "ADMK|SUBJID == 'S004' and PARAMCD == 'MRCSUM' and AVISITN == 8|AVAL": ["MRC.csv", "SHAB_L", "ANDO_R"],
    "ADSLOPE|SUBJID == 'S004' and PARAMCD == 'ALSF1SL' and APERIOD == 1|AVAL": [
        "Least squares",
        "ALSFRS.csv",
    ],
    "ADSLOPE|SUBJID == 'S004' and PARAMCD == 'MRCSLD'|AVAL": ["Least squares", "MRC.csv"],
    "ADLB|SUBJID == 'S004' and PARAMCD == 'NFLPS' and AVISITN == 0|AVAL": ["BIOMK.csv"],
    "ADLB|SUBJID == 'S004' and PARAMCD == 'NFLPSL' and AVISITN == 0|AVAL": ["BIOMK.csv"],
    "ADCP|SUBJID == 'S004' and PARAMCD == 'TREGTH17' and AVISITN == 24|AVAL": [
        "FLOW.csv",
        "TREGPCT",
        "TH17PCT",
    ],
    "ADEX|SUBJID == 'S004' and PARAMCD == 'CUMDOSE'|AVAL": ["DOSE.csv", "40 rows of EX"],
    "ADAE|SUBJID == 'S004' and AESEQ == 1|ASTDT": ["AE.csv", "AESTDAT"],
    "ADTTE|SUBJID == 'S004' and PARAMCD == 'TTDTH'|ADT": ["DS.csv", "DTHDAT"],
}


@pytest.mark.proves("TK-WHY-2")
@pytest.mark.parametrize("cell", WHY)
def test_why_goes_down_to_the_raw_cells(monthly, cell):
    dataset, where, variable = cell.split("|")
    if dataset in ("ADQS", "ADMK", "ADLB") and "BASETYPE" not in where:
        where += " and BASETYPE == 'ADMINISTRATION'"
    options = ["--where", where, "--out", str(monthly.folder / "out"), "--raw", str(monthly.folder / "raw")]
    answer = CliRunner().invoke(cli, ["why", dataset, variable, "--specs", str(STUDY), *options])
    assert answer.exit_code == 0, answer.output
    for text in WHY[cell]:
        assert text in answer.output, answer.output
