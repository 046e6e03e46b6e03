"""ADaM ADQS from the raw questionnaires: scores, windows, two baselines.

Facts: sections 1.1 to 1.3 (scores and missing items), 5.2 (parameters, baselines) and 5.3 (windows) of the
annex with its corrections 1 (schedules), 4 (out of range is missing), 6 and 8. Labels of parameters are not
derived; they are left out.
"""

import math

import numpy as np
import pandas as pd

from tests.double.export import WEEKS, visit

SUBJECT = [
    "STUDYID",
    "USUBJID",
    "SUBJID",
    "SITEID",
    "AGE",
    "AGEU",
    "SEX",
    "RACE",
    "TRTP",
    "TRTA",
    "TRTSDT",
    "TRTEDT",
]  # in both datasets

EPOCH0 = pd.Timestamp("1960-01-01")
SUBSCALES = {
    "ALSF1BU": ("BULBAR", ("Q1", "Q2", "Q3")),
    "ALSF1FM": ("FINE MOTOR", ("Q4", "Q5", "Q6")),
    "ALSF1GM": ("GROSS MOTOR", ("Q7", "Q8", "Q9")),
    "ALSF1RE": ("RESPIRATORY", ("Q10", "Q11", "Q12")),
}
DIMENSIONS = {
    "ALSQMOB": ("PHYSICAL MOBILITY", 1, 10),
    "ALSQADL": ("ADL AND INDEPENDENCE", 11, 20),
    "ALSQEAT": ("EATING AND DRINKING", 21, 23),
    "ALSQCOM": ("COMMUNICATION", 24, 30),
    "ALSQEMO": ("EMOTIONAL REACTIONS", 31, 40),
}
ITEMS = {  # items of ALSFRS-R and their columns, by subscale (annex 1.1.2)
    **{f"ALSF1{n:02}": f"Q{n}" for n in (1, 2, 3, 4)},
    **{"ALSF105A": "Q5A", "ALSF105B": "Q5B"},
    **{f"ALSF1{n:02}": f"Q{n}" for n in range(6, 13)},
}
SCALES = {
    code: scale
    for scale, columns in SUBSCALES.values()
    for code, q in ITEMS.items()
    if q.rstrip("AB") in columns
}
PRORATED = {f"{name}P": part for name, part in DIMENSIONS.items()}
NUMBERS = {
    name: float(number)
    for names, start in (
        (
            [
                *("ALSF1TS", "ALSF1TSP", "ALSF1TC", "ALSF1BU", "ALSF1FM", "ALSF1GM", "ALSF1RE", "ROADRAW"),
                *("ROADNRM", *DIMENSIONS, "ALSQSUM", "MRCSUM"),
            ],
            1,
        ),
        (["ROADRAWI", "ROADNRMI", *PRORATED], 20),
        (ITEMS, 31),
    )
    for number, name in enumerate(names, start)
}
SECOND = (
    {name: part[0] for name, part in (SUBSCALES | DIMENSIONS | PRORATED).items()}
    | SCALES
    | {"ALSQSUM": "INDEX"}
)
WORSE = {name: "Y" if name.startswith(("ALSF", "ROAD", "MRC")) else "N" for name in NUMBERS}


def answers(table, columns, maximum):
    """The answers that the instrument has; all else is missing."""
    made = table[list(columns)].apply(pd.to_numeric, errors="coerce")
    return made.where(made.ge(0) & made.le(maximum))


def whole_sum(items, factor=1.0):
    """The sum where every item is answered."""
    return items.sum(axis=1).where(items.notna().all(axis=1)) * factor


def prorated(items, least, size):
    """The sum over those answered, brought to the full number of items, where enough are answered."""
    known = items.notna().sum(axis=1)
    return (items.sum(axis=1) * size / known).where(known >= least)


def alsfrs(export):
    """Total, sub-scores, prorated total and the printed total of ALSFRS-R."""
    table = export.alsfrs
    items = answers(table, ["Q1", "Q2", "Q3", "Q4", "Q5A", "Q5B", *(f"Q{n}" for n in range(6, 13))], 4)
    tubes = export.endings[export.endings.PEGDAT != ""].groupby("USUBJID").PEGDAT.min()
    tube = table.USUBJID.map(tubes).fillna("")
    fed = (tube != "") & (tube <= table.DTC)
    both = items.Q5A.notna() & items.Q5B.notna()
    items["Q5"] = items.Q5A.where(~both, items.Q5B.where(fed, items.Q5A)).fillna(items.Q5B)
    single = items_of(table, items, both, fed)
    items = items.drop(columns=["Q5A", "Q5B"])
    made = {"ALSF1TS": whole_sum(items), "ALSF1TSP": prorated(items, 10, 12)}
    made["ALSF1TC"] = answers(table, ["TOTAL"], 48).TOTAL
    made |= {name: whole_sum(items[list(columns)]) for name, (_, columns) in SUBSCALES.items()}
    return pd.concat([records(table, made), single], ignore_index=True)


def items_of(table, items, both, fed):
    """The items of ALSFRS-R; of 5a and 5b the filled one, of both the one that fits the gastrostomy."""
    made = records(table, {code: items[column] for code, column in ITEMS.items()})
    filled = pd.concat([table[column] != "" for column in ITEMS.values()], ignore_index=True)
    unfit = {"ALSF105A": both & fed, "ALSF105B": both & ~fed}
    none = pd.Series(False, table.index)
    wrong = pd.concat([unfit.get(code, none) for code in ITEMS], ignore_index=True)
    return made[~wrong & (filled | ~made.PARAMCD.isin(list(unfit)))]


def roads(export):
    """Raw sum of ROADS, and the synthetic stand-in for the Rasch conversion (annex 1.2)."""
    items = answers(export.roads, [f"R{n:02}" for n in range(1, 29)], 2)
    known = items.notna().sum(axis=1)
    # the conversion is by whole sums, so a missing item gets the person's mean as a whole number, half up
    filled = items.sum(axis=1) + (28 - known) * np.floor(items.mean(axis=1) + 0.5)
    made = {"ROADRAW": whole_sum(items), "ROADRAWI": filled.where(known >= 26)}
    made |= {name.replace("RAW", "NRM"): raw.map(normed) for name, raw in list(made.items())}
    return records(export.roads, made)


def normed(raw):
    """The synthetic map of the annex, to two decimals."""
    return round(73 + 73 / math.log(113) * math.log((raw + 0.5) / (56.5 - raw)), 2)


def alsaq(export):
    """Five dimensions of 0 to 100, and their mean."""
    made = {}
    for name, (_, first, last) in DIMENSIONS.items():
        items = answers(export.alsaq, [f"A{n:02}" for n in range(first, last + 1)], 4)
        made[name] = whole_sum(items, 100 / (4 * items.shape[1]))
        half = items.notna().sum(axis=1) >= items.shape[1] / 2
        made[f"{name}P"] = items.mean(axis=1).where(half) * 100 / 4
    made["ALSQSUM"] = whole_sum(pd.DataFrame(made)[list(DIMENSIONS)], 1 / 5)
    return records(export.alsaq, made)


def records(table, made):
    """One record per form and parameter."""
    parts = [
        table[["USUBJID", "VISITNUM", "DTC"]].assign(PARAMCD=name, AVAL=aval) for name, aval in made.items()
    ]
    return pd.concat(parts, ignore_index=True)


def sas(texts):
    """Days since 1960-01-01 of whole dates."""
    whole = texts.where(texts.str.len() >= 10).str[:10]
    return (pd.to_datetime(whole) - EPOCH0).dt.days.astype(float)


def dated(table, export):
    """The date of each form; of one that is not whole, the first day of the visit, and what was filled in."""
    starts = pd.Series(
        [export.starts.get(key, "") for key in zip(table.USUBJID, table.VISITNUM, strict=True)], table.index
    )
    table["ADT"] = sas(table.DTC).fillna(sas(starts))
    size = table.DTC.str.len()
    table["ADTF"] = np.select([size >= 10, table.ADT.isna(), size == 7, size == 4], ["", "", "D", "M"], "Y")
    first = table.USUBJID.map(export.persons.FIRSTDOSE)
    table["TRTSDT"], table["TRTEDT"] = sas(first), sas(table.USUBJID.map(export.persons.LASTDOSE))
    table = table.dropna(subset=["TRTSDT"]).copy()
    table["ADY"] = table.ADT - table.TRTSDT + (table.ADT >= table.TRTSDT)
    return table


def windows(monthly):
    """Week, first and last day, target and period of each window (annex 5.3)."""
    if not monthly:
        return [(0, -np.inf, 1, 1, 1), (24, 127, 252, 169, 1), (48, 253, 400, 337, 2)]
    inner = [(w, 7 * w - 13, 7 * w + 14 if w < 48 else 400, 7 * w + 1, 1 if w <= 24 else 2) for w in WEEKS]
    return [(0, -np.inf, 1, 1, 1), *inner]


def windowed(table, monthly):
    """The window of each record, and the one that is analysed: the closest, of two the later."""
    for week, low, high, target, period in windows(monthly):
        inside = table.ADY.ge(low) & table.ADY.le(high)
        table.loc[inside, ["AVISITN", "AWTARGET", "AWLO", "AWHI", "APERIOD"]] = (
            week,
            target,
            low,
            high,
            period,
        )
        table.loc[inside, "AVISIT"] = f"Week {week}" if week else "Baseline"
    table["AWLO"] = table.AWLO.replace(-np.inf, np.nan)
    # days before the first injection are one nearer than the numbers say: there is no day 0
    table["AWTDIFF"] = (table.ADY - table.AWTARGET).abs() - (table.ADY < 0)
    usable = table[table.AVAL.notna() & table.AVISITN.notna()]
    usable = usable.sort_values(["AWTDIFF", "ADT", "VISITNUM"], ascending=[True, False, False])
    chosen = usable.drop_duplicates(["USUBJID", "PARAMCD", "AVISITN"]).index
    table["ANL01FL"] = np.where(table.index.isin(chosen), "Y", "")
    return table


def both_baselines(table):
    """All records for the administration, those from week 24 on once more for the follow-up."""
    first = table.assign(BASETYPE="ADMINISTRATION", DTYPE="")
    early = first[first.AVAL.notna() & (first.ADT <= first.TRTSDT)].sort_values(["ADT", "VISITNUM"])
    last = early.drop_duplicates(["USUBJID", "PARAMCD"], keep="last").index
    first["ABLFL"] = np.where(first.index.isin(last), "Y", "")
    second = table[table.AVISITN >= 24].assign(BASETYPE="FOLLOW-UP", APERIOD=2.0)
    second["DTYPE"] = np.where(second.AVISITN == 24, "COPY", "")
    second["ABLFL"] = np.where((second.AVISITN == 24) & (second.ANL01FL == "Y"), "Y", "")
    return pd.concat([first, second], ignore_index=True)


def changed(table):
    """Baseline, change and criteria; a change only after the baseline."""
    keys = ["USUBJID", "PARAMCD", "BASETYPE"]
    base = table[table.ABLFL == "Y"].set_index(keys).AVAL
    table["BASE"] = [base.get(key, np.nan) for key in zip(*(table[name] for name in keys), strict=True)]
    after = np.where(table.BASETYPE == "ADMINISTRATION", table.ADT > table.TRTSDT, table.AVISITN > 24)
    table["CHG"] = (table.AVAL - table.BASE).where(after)
    table["PCHG"] = (100 * table.CHG / table.BASE).where(table.BASE != 0)
    asked = (table.PARAMCD == "ALSF1TS") & table.CHG.notna()
    table["CRIT1FL"] = np.select([asked & (table.CHG <= -6), asked], ["Y", "N"], "")
    return table


def tight(table):
    """Inside 7 days of the target up to week 20, 14 days from week 24 on, days -28 to 1 at the baseline."""
    apart = np.where(table.AVISITN < 24, 7, 14)
    low = np.where(table.AVISITN == 0, -28, table.AWTARGET - apart)
    high = np.where(table.AVISITN == 0, 1, table.AWTARGET + apart)
    return np.where((table.ANL01FL == "Y") & (low <= table.ADY) & (high >= table.ADY), "Y", "")


def phases(table, export):
    """Screening, administration or follow-up: by the period, without one by date (annex 5.1, 5.3, 5.9)."""
    weeks24 = [export.starts.get((who, 8.0), "") for who in table.USUBJID]
    end = pd.concat([sas(pd.Series(weeks24, table.index)), table.TRTSDT + 175], axis=1).min(axis=1)
    first = table.APERIOD.eq(1) | (table.APERIOD.isna() & (end >= table.ADT))
    known = table.APERIOD.notna() | table.ADT.notna()
    names = ["SCREENING", "ADMINISTRATION", "FOLLOW-UP"]
    return np.select([table.ADT < table.TRTSDT, first, known], names, "")


def monthly_of(export):
    """Whether the questionnaires were filled every four weeks: there is a form of week 4."""
    return any((part.VISITNUM == 3).any() for part in (export.alsfrs, export.roads, export.alsaq))


def of_subjects(table, export, analysed):
    """What every analysis dataset says of the subject; FASFL for those who are analysed."""
    persons = export.persons.loc[table.USUBJID].reset_index()
    return table.reset_index(drop=True).assign(
        STUDYID="M2020420",
        SUBJID=persons.SCRNO,
        SITEID="01",
        AGE=persons.AGE.map(lambda text: float(text) if text else np.nan),
        AGEU="YEARS",
        SEX=persons.SEX.map({"男": "M", "1": "M", "M": "M", "女": "F", "2": "F", "F": "F"}),
        RACE="ASIAN",
        TRTP=np.where(persons.ENRNO != "", "IL-2", ""),
        TRTA="IL-2",
        TRTSDT=sas(persons.FIRSTDOSE),
        TRTEDT=sas(persons.LASTDOSE),
        SAFFL="Y",
        FASFL=np.where(persons.USUBJID.isin(analysed), "Y", "N"),
    )


def analysed(table):
    """The subjects with a complete ALSFRS-R after the day of the first injection."""
    return set(table[(table.PARAMCD == "ALSF1TS") & table.AVAL.notna() & (table.ADT > table.TRTSDT)].USUBJID)


def adqs(export):
    """The dataset."""
    table = pd.concat([alsfrs(export), roads(export), alsaq(export)], ignore_index=True)
    table = windowed(dated(table, export), monthly_of(export))
    subjects = analysed(table)
    table = of_subjects(changed(both_baselines(table)), export, subjects)
    table = table.assign(
        HIGHER=table.PARAMCD.map(WORSE),
        PARAMN=table.PARAMCD.map(NUMBERS),
        PARCAT1=np.select(
            [table.PARAMCD.str.startswith("ALSF"), table.PARAMCD.str.startswith("ROAD")],
            ["ALSFRS-R", "ROADS"],
            "ALSAQ-40",
        ),
        PARCAT2=table.PARAMCD.map(SECOND).fillna("TOTAL"),
        VISIT=table.VISITNUM.map(visit),
        APHASE=phases(table, export),
        APERIODC=table.APERIOD.map({1.0: "ADMINISTRATION", 2.0: "FOLLOW-UP"}),
        ANL02FL=tight(table),
        AWU=np.where(table.AVISITN.notna(), "DAYS", ""),
    )
    table = table.sort_values(["USUBJID", "PARAMN", "BASETYPE", "ADT", "VISITNUM"], kind="stable")
    table["ASEQ"] = table.groupby("USUBJID").cumcount() + 1.0
    return table[VARIABLES]


VARIABLES = [
    *SUBJECT,
    *(
        "SAFFL",
        "FASFL",
        "ASEQ",
        "PARAMCD",
        "PARAMN",
        "PARCAT1",
        "PARCAT2",
        "HIGHER",
        "VISITNUM",
        "VISIT",
        "ADT",
        "ADTF",
        "ADY",
    ),
    *(
        "AVISIT",
        "AVISITN",
        "APERIOD",
        "APERIODC",
        "APHASE",
        "AVAL",
        "BASETYPE",
        "ABLFL",
        "BASE",
        "CHG",
        "PCHG",
        "DTYPE",
    ),
    *("ANL01FL", "ANL02FL", "CRIT1FL", "AWTARGET", "AWTDIFF", "AWLO", "AWHI", "AWU"),
]
