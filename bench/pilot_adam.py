"""Scores the ADaM of CDISCPILOT01, built from its SDTM, against the published one: column by column.

python bench/pilot_adam.py --data DIR [--out OUT_DIR]

DIR has the folders sdtm/ and adam/ of Parquet files. Numbers are equal within 1e-9, dates are compared as
days since 1960-01-01, and a missing text equals a missing value. A record that only one side has counts
for neither and is counted apart.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from trialkit.own import standard_of
from trialkit.result import Options
from trialkit.run import run

SPECS = Path(__file__).resolve().parents[1] / "specs" / "cdiscpilot01"
KEYS = {
    "ADSL": ["USUBJID"],
    "ADADAS": ["USUBJID", "PARAMCD", "AVISIT", "ADT"],
    "ADLBC": ["USUBJID", "PARAMCD", "AVISIT", "LBSEQ"],
}
# cells equal, cells compared, records of one side only on each side
NEEDED = {
    "ADSL": (12445, 12446, 0),
    "ADADAS": (497124, 497200, 33),
    "ADLBC": (1708072, 1708072, 0),
}
LOCF = "published erratum: totals of 19 subjects are overwritten by those carried forward"
WHY = {
    ("ADSL", "BMIBLGR1"): "published erratum: a group of a missing index, of subject 01-702-1082",
    ("ADADAS", "AVAL"): LOCF,
    ("ADADAS", "CHG"): LOCF,
    ("ADADAS", "PCHG"): LOCF,
    ("ADADAS", "DTYPE"): LOCF,
}


@dataclass(frozen=True)
class Score:
    """What one dataset reaches."""

    dataset: str
    equal: int
    cells: int
    ours_only: int
    theirs_only: int
    columns: dict[str, int]
    absent: list[str]
    different: dict[str, list[str]]

    @property
    def good(self) -> bool:
        needed = (self.equal, self.cells, self.ours_only) == NEEDED[self.dataset]
        return needed and self.theirs_only == self.ours_only and not self.absent


def made(folder: Path, name: str) -> pd.DataFrame:
    frame, _ = pyreadstat.read_xport(folder / f"{name.lower()}.xpt", disable_datetime_conversion=True)
    return frame.apply(plain)


def published(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{name.lower()}.parquet").apply(plain)


def plain(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        days = column.astype("datetime64[s]") - np.datetime64("1960-01-01", "s")
        return (days / np.timedelta64(1, "D")).astype(float)
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float)
    return column.astype(object).where(column.notna(), "")


def equal_cells(left: pd.Series, right: pd.Series) -> np.ndarray:
    if left.dtype == float and right.dtype == float:
        return np.isclose(left, right, rtol=1e-9, atol=1e-9, equal_nan=True)
    return (left == right).to_numpy()


def keyed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    frame = frame.copy()
    count = frame.groupby(keys, dropna=False).cumcount()
    frame.index = pd.MultiIndex.from_arrays([*(frame[key] for key in keys), count])
    return frame


def score(ours: pd.DataFrame, target: pd.DataFrame, name: str) -> Score:
    ours, target = keyed(ours, KEYS[name]), keyed(target, KEYS[name])
    both = target.index[target.index.isin(ours.index)]
    left, right = ours.loc[both], target.loc[both]
    columns, different = {}, {}
    for column in target.columns:
        if column in ours:
            same = equal_cells(left[column], right[column])
            columns[column] = int(same.sum())
            different[column] = right.loc[~same, "USUBJID"].unique().tolist()
    return Score(
        name,
        sum(columns.values()),
        right.size,
        len(ours) - len(both),
        len(target) - len(both),
        columns,
        [column for column in target.columns if column not in ours],
        different,
    )


def scores(data: Path, out: Path) -> Iterator[Score]:
    result = run(Options(SPECS, data / "sdtm", out), standard_of("adam", "1.3"))
    if result.exit():
        raise SystemExit("\n".join(problem.line() for problem in result.problems.errors()))
    for name in KEYS:
        yield score(made(out / "adam", name), published(data / "adam", name), name)


def show(one: Score) -> None:
    verdict = "ok" if one.good else "NOT AS IT SHOULD BE"
    print(
        f"{one.dataset}: {one.equal:,} of {one.cells:,} cells of shared records, {one.ours_only} records of "
        f"ours only, {one.theirs_only} of the published only: {verdict}"
    )
    if one.ours_only or one.theirs_only:
        print(f"    records of one side: {LOCF}")
    rows = one.cells // (len(one.columns) + len(one.absent))
    for column, equal in one.columns.items():
        reason = WHY.get((one.dataset, column), "?") if equal < rows else ""
        print(f"    {column:10} {equal:7,} of {rows:,}  {reason}".rstrip())
    for column in one.absent:
        print(f"    {column:10} is not made")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for one in scores(options.data, options.out or Path(folder) / "pilot"):
            show(one)


if __name__ == "__main__":
    main()
