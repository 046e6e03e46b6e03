"""Writes a synthetic LB and DM as Parquet: python bench/gen_adam.py ROWS FOLDER.

40 parameters and 12 visits per subject; values have up to three digits after the point.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

VISITS, PARAMETERS = 12, 40


def main(rows: int, folder: Path) -> None:
    random = np.random.default_rng(1)
    subjects = max(1, rows // (VISITS * PARAMETERS))
    ids = np.array([f"B-{number:06}" for number in range(subjects)])
    start = np.datetime64("2022-01-03") + random.integers(0, 700, subjects)
    arms = np.array(["Placebo", "Low", "High"])[random.integers(0, 3, subjects)]
    dm = pd.DataFrame(
        {
            "STUDYID": "BENCHADAM",
            "DOMAIN": "DM",
            "USUBJID": ids,
            "SUBJID": [one[2:] for one in ids],
            "SITEID": np.array([f"{site:03}" for site in random.integers(1, 60, subjects)]),
            "RFXSTDTC": start.astype(str),
            "RFXENDTC": (start + 170).astype(str),
            "AGE": random.integers(18, 90, subjects).astype(float),
            "AGEU": "YEARS",
            "SEX": np.array(["F", "M"])[random.integers(0, 2, subjects)],
            "RACE": np.array(["WHITE", "ASIAN"])[random.integers(0, 2, subjects)],
            "ARM": arms,
            "ACTARM": arms,
        }
    )
    dm.to_parquet(folder / "dm.parquet")
    who, what, visit = (one.ravel() for one in np.indices((subjects, PARAMETERS, VISITS)))
    days = np.array([-14, 0, 14, 28, 42, 56, 84, 112, 126, 140, 168, 182])
    moved = random.integers(-3, 4, (subjects, VISITS))
    moved[:, :2] = 0
    date = start[who] + days[visit] + moved[who, visit]
    high = np.round(10 + 5.0 * np.arange(PARAMETERS), 1)
    low = np.round(high / 4, 2)
    value = np.round(random.gamma(9, 1, len(who)) / 15 * high[what], 2)
    names = np.array([f"TEST{number:02}" for number in range(PARAMETERS)])
    status = np.where(value < low[what], "LOW", np.where(value > high[what], "HIGH", "NORMAL"))
    texts = pd.Series(value).astype(str)
    lb = pd.DataFrame(
        {
            "STUDYID": "BENCHADAM",
            "DOMAIN": "LB",
            "USUBJID": ids[who],
            "LBSEQ": (what * VISITS + visit + 1).astype(float),
            "LBTESTCD": names[what],
            "LBTEST": np.char.add("Test Number ", names)[what],
            "LBCAT": np.where(what < 25, "CHEMISTRY", "HEMATOLOGY"),
            "LBORRES": texts,
            "LBORRESU": "U/L",
            "LBSTRESC": texts,
            "LBSTRESN": value,
            "LBSTRESU": "U/L",
            "LBSTNRLO": low[what],
            "LBSTNRHI": high[what],
            "LBNRIND": status,
            "LBBLFL": np.where(visit == 1, "Y", ""),
            "VISITNUM": visit + 1.0,
            "VISIT": np.array([f"VISIT {number}" for number in range(1, VISITS + 1)])[visit],
            "LBDTC": date.astype(str),
        }
    )
    lb.to_parquet(folder / "lb.parquet")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
