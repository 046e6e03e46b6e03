"""ADaM ADSLOPE: rates and least squares slopes per subject and period, and what lies between the periods.

Facts: sections 0.3, 1.4 and 5.2 of the annex and its correction 7 (sign); a month is 30.4375 days; a rate
needs eight weeks between its values, a slope two values. Days are those of the calendar. The names of the
parameters come from the study's list of them.
"""

import numpy as np
import pandas as pd

from tests.double.scores import SUBJECT, WORSE, adqs, analysed, dated, monthly_of, of_subjects, windowed

MONTH = 30.4375
GRADES = {f"{n}{sign}": n + part for n in range(6) for sign, part in (("", 0), ("-", -0.33), ("+", 0.33))}
GRADES = {name: value for name, value in GRADES.items() if name not in ("0-", "5+")}
ROMAN = {
    "Ⅰ": "1",
    "Ⅱ": "2",
    "Ⅲ": "3",
    "Ⅳ": "4",
    "Ⅴ": "5",
    "I": "1",
    "II": "2",
    "III": "3",
    "IV": "4",
    "V": "5",
}
MUSCLES = [f"{name}_{side}" for name in ("SHAB", "ELFL", "WREX", "HIFL", "KNEX", "ANDO") for side in "LR"]


def strength(export):
    """The MRC sum of twelve movements, from ten grades or more brought to twelve."""
    grades = export.mrc[MUSCLES].map(
        lambda text: GRADES.get(ROMAN.get(grade := text.replace("级", ""), grade))
    )
    grades = grades.astype(float)
    known = grades.notna().sum(axis=1)
    aval = (grades.sum(axis=1) * 12 / known).where(known >= 10)
    made = export.mrc[["USUBJID", "VISITNUM", "DTC"]].assign(PARAMCD="MRCSUM", AVAL=aval)
    return windowed(dated(made, export), monthly_of(export))


def values(export, sources):
    """The values to analyse of each window, with the period they count in; week 24 counts in both."""
    scores = adqs(export)
    scores = scores[(scores.BASETYPE == "ADMINISTRATION") & scores.PARAMCD.isin(sources)]
    table = pd.concat([scores, strength(export)], ignore_index=True)
    table = table[table.ANL01FL == "Y"]
    shared = table[table.AVISITN == 24].assign(APERIOD=2.0)
    return pd.concat([table, shared]).sort_values(["ADT", "VISITNUM"])


def line(part):
    """Least squares and the two end points of one subject, parameter and period."""
    day = (part.ADT - part.TRTSDT + 1).to_numpy()
    value, size = part.AVAL.to_numpy(), len(part)
    made = {"n": size, "first": part.ADY.iloc[0], "last": part.ADY.iloc[-1], "ADT": part.ADT.iloc[-1]}
    made["days"] = part.ADT.iloc[-1] - part.ADT.iloc[0]
    if made["days"] >= 56:
        made["rate"] = (value[-1] - value[0]) / made["days"] * MONTH
    if size >= 2:
        month = day / MONTH
        square = ((month - month.mean()) ** 2).sum()
        slope = ((month - month.mean()) * (value - value.mean())).sum() / square
        made |= {"slope": slope, "intercept": value.mean() - slope * month.mean()}
        left, all_ = (
            ((value - made["intercept"] - slope * month) ** 2).sum(),
            ((value - value.mean()) ** 2).sum(),
        )
        made["se"] = np.sqrt(left / (size - 2) / square) if size > 2 else np.nan
        made["r2"] = 1 - left / all_ if all_ > 1e-12 else np.nan
    return made


def lines(export, sources):
    """The lines of all subjects, parameters and periods; a period without any value has none."""
    found = {
        key: line(part) for key, part in values(export, sources).groupby(["USUBJID", "PARAMCD", "APERIOD"])
    }
    subjects = sorted({key[:2] for key in found})
    empty = {"n": 0}
    return {key: [found.get((*key, period), empty) for period in (1.0, 2.0)] for key in subjects}


def of_period(who, source, period, made):
    """The records of one period: rate, slope, number of values, standard error."""
    beside = {"APERIOD": period, "N_PT": made["n"], "AWLO": made.get("first"), "AWHI": made.get("last")}
    beside |= {
        "AWINDAYS": made.get("days"),
        "ADT": made.get("ADT"),
        "ADY": made.get("last"),
        "ENOUGH": made["n"],
    }
    for measure in ("rate", "slope", "n", "se"):
        aval = float(made.get(measure, np.nan))
        record = {"USUBJID": who, "SRCPARM": source, "MEASURE": measure, "AVAL": aval, **beside}
        if measure == "slope":
            record |= {"SLPSE": made.get("se"), "SLPINT": made.get("intercept"), "SLPR2": made.get("r2")}
        yield record


def between(who, source, first, second):
    """The records between the periods: difference and slowing; above 0 favours IL-2."""
    sign = 1 if WORSE[source] == "Y" else -1
    for measure in ("rate", "slope"):
        one, two = sign * first.get(measure, np.nan), sign * second.get(measure, np.nan)
        slowing = 100 * (1 - one / two) if two < 0 else np.nan
        for name, aval in ((f"{measure}_difference", one - two), (f"{measure}_slowing", slowing)):
            enough = min(first["n"], second["n"])
            yield {"USUBJID": who, "SRCPARM": source, "MEASURE": name, "AVAL": aval, "ENOUGH": enough}


def adslope(export, names):
    """The dataset; ``names`` are the parameters by source and measure."""
    rows = []
    for (who, source), (first, second) in lines(export, set(names.SOURCE)).items():
        rows += [*of_period(who, source, 1.0, first), *of_period(who, source, 2.0, second)]
        rows += between(who, source, first, second)
    table = pd.DataFrame(rows).merge(names, left_on=["SRCPARM", "MEASURE"], right_on=["SOURCE", "MEASURE"])
    known, rates = table.AVAL.notna(), table.MEASURE.str.startswith("rate")
    table["HIGHER"] = table.SRCPARM.map(WORSE)
    table["APERIODC"] = table.APERIOD.map({1.0: "ADMINISTRATION", 2.0: "FOLLOW-UP"})
    table["ANL01FL"] = np.where(known & (np.where(rates, 2, 3) <= table.ENOUGH), "Y", "")
    table["ANL02FL"] = np.where(known & (table.ENOUGH >= 2), "Y", "")
    slowing = known & table.MEASURE.str.endswith("slowing")
    for number, least in enumerate((20, 25, 50), 1):
        table[f"CRIT{number}FL"] = np.select([slowing & (least <= table.AVAL), slowing], ["Y", "N"], "")
    table["AWU"] = np.where(table.AWLO.notna(), "DAYS", "")
    table = of_subjects(table, export, analysed(adqs(export)))
    table = table.sort_values(["USUBJID", "PARAMN", "APERIOD"])
    table["ASEQ"] = table.groupby("USUBJID").cumcount() + 1.0
    return table[VARIABLES]


VARIABLES = [
    *SUBJECT,
    *("SAFFL", "FASFL", "ASEQ", "PARAMCD", "PARAM", "PARAMN", "PARCAT1", "SRCPARM", "HIGHER", "APERIOD"),
    *(
        "APERIODC",
        "AVAL",
        "ADT",
        "ADY",
        "N_PT",
        "AWLO",
        "AWHI",
        "AWU",
        "AWINDAYS",
        "SLPSE",
        "SLPINT",
        "SLPR2",
    ),
    *("ANL01FL", "ANL02FL", "CRIT1FL", "CRIT2FL", "CRIT3FL"),
]
