"""The analysis dataset of bench/specs/adam_lab in plain pandas: python bench/plain_adam.py IN OUT.

No checks, lineage or metadata, and the result is written as Parquet, which is the cheapest way to write it.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

WINDOWS = [
    ("Baseline", 0, 1, -np.inf, 1, "<=1"),
    ("Week 2", 2, 15, 2, 21, "2-21"),
    ("Week 4", 4, 29, 22, 42, "22-42"),
    ("Week 8", 8, 57, 43, 84, "43-84"),
    ("Week 16", 16, 113, 85, 140, "85-140"),
    ("Week 24", 24, 169, 141, np.inf, ">=141"),
]
TAKEN = ["USUBJID", "SITEID", "AGE", "SEX", "RACE", "ARM", "ACTARM", "RFXSTDTC", "RFXENDTC"]
ZERO = pd.Timestamp("1960-01-01")
RESULTS = {"LBTESTCD": "PARAMCD", "LBSTRESN": "AVAL", "LBSTRESC": "AVALC", "LBCAT": "PARCAT1"}
LIMITS = {"LBSTNRLO": "A1LO", "LBSTNRHI": "A1HI", "LBNRIND": "ANRIND", "LBBLFL": "ABLFL"}


def days(texts: pd.Series) -> pd.Series:
    return (pd.to_datetime(texts, format="%Y-%m-%d") - ZERO).dt.days


def windows(data: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(WINDOWS, columns=["AVISIT", "AVISITN", "AWTARGET", "AWLO", "AWHI", "AWRANGE"])
    place = np.searchsorted(table["AWLO"], data["ADY"], side="right") - 1
    data = pd.concat([data, table.iloc[place].reset_index(drop=True)], axis=1)
    data["AWU"] = "DAYS"
    counted = data["ADY"] - (data["ADY"] > 0)
    data["AWTDIFF"] = (counted - (data["AWTARGET"] - 1)).abs()
    order = data[data["AVAL"].notna()].sort_values(
        ["USUBJID", "PARAMCD", "AVISITN", "AWTDIFF", "ADY", "LBSEQ"],
        ascending=[True, True, True, True, False, False],
    )
    first = order.drop_duplicates(["USUBJID", "PARAMCD", "AVISITN"]).index
    data["ANL01FL"] = ""
    data.loc[first, "ANL01FL"] = "Y"
    return data


def values(data: pd.DataFrame) -> pd.DataFrame:
    base = data.loc[data["ABLFL"] == "Y", ["USUBJID", "PARAMCD", "AVAL", "ANRIND"]]
    base = base.rename(columns={"AVAL": "BASE", "ANRIND": "BNRIND"})
    data = data.merge(base, on=["USUBJID", "PARAMCD"], how="left", validate="many_to_one")
    data["CHG"] = data["AVAL"] - data["BASE"]
    data["PCHG"] = 100 * data["CHG"] / data["BASE"].replace(0, np.nan)
    data["R2BASE"] = data["AVAL"] / data["BASE"].replace(0, np.nan)
    data["R2A1LO"] = data["AVAL"] / data["A1LO"].replace(0, np.nan)
    data["R2A1HI"] = data["AVAL"] / data["A1HI"].replace(0, np.nan)
    later = data[(data["ADY"] > 1) & data["AVAL"].notna()]
    worst = later.sort_values(
        ["USUBJID", "PARAMCD", "AVAL", "ADT", "LBSEQ"], ascending=[True, True, False, True, True]
    ).drop_duplicates(["USUBJID", "PARAMCD"])
    data["ANL02FL"] = ""
    data.loc[worst.index, "ANL02FL"] = "Y"
    return data


def main(source: Path, out: Path) -> None:
    dm = pd.read_parquet(source / "dm.parquet", columns=TAKEN)
    lb = pd.read_parquet(source / "lb.parquet")
    data = lb.merge(dm, on="USUBJID", how="left", validate="many_to_one")
    data = data.rename(columns={**RESULTS, **LIMITS, "ARM": "TRTP", "ACTARM": "TRTA"})
    data["TRTSDT"], data["TRTEDT"] = days(data["RFXSTDTC"]), days(data["RFXENDTC"])
    data["SAFFL"] = np.where(data["TRTSDT"].notna(), "Y", "N")
    data["ADT"] = days(data["LBDTC"].str[:10])
    data["ADY"] = data["ADT"] - data["TRTSDT"]
    data["ADY"] += data["ADY"] >= 0
    data["PARAM"] = data["LBTEST"] + " (" + data["LBSTRESU"] + ")"
    data["SRCDOM"], data["SRCVAR"], data["SRCSEQ"] = "LB", "LBSTRESN", data["LBSEQ"]
    data = values(windows(data))
    data = data.drop(columns=["RFXSTDTC", "RFXENDTC", "LBTEST", "LBSTRESU", "LBDTC", "LBORRES", "LBORRESU"])
    data = data.sort_values(["USUBJID", "PARAMCD", "ADT", "LBSEQ"])
    data.to_parquet(out / "adlb.parquet", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
