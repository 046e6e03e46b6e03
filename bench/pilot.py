"""Scores the SDTM of CDISCPILOT01 against the published one: cell by cell, column by column.

python bench/pilot.py --raw RAW_DIR --target TARGET_DIR [--out OUT_DIR]

A score is equal cells over all cells of the published dataset. Numbers are equal within 1e-9, anything
else as text; a record that the target does not have counts all its cells as wrong.
"""

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from trialkit.own import standard_of
from trialkit.result import Options
from trialkit.run import run

SPECS = Path(__file__).resolve().parents[1] / "specs" / "cdiscpilot01"
KEYS = {
    "DM": ["USUBJID"],
    "EX": ["USUBJID", "EXSEQ"],
    "DS": ["USUBJID", "DSSEQ"],
    "LB": ["USUBJID", "LBTESTCD", "LBCAT", "VISITNUM", "LBDTC"],
    "QS": ["USUBJID", "QSTESTCD", "VISITNUM", "QSDTC"],
}
NEEDED = {"DM": 8190, "EX": 10047, "DS": 10950, "LB": 1429200, "QS": 328650}
WHY = {
    ("DM", "BRTHDTC"): "dates of birth are not in the raw forms",
    ("DM", "RFPENDTC"): "the last contact is not always on the disposition form",
    ("DM", "RFENDTC"): "one end date is not on the disposition form",
    ("DS", "DSSPID"): "the identifier is not in the raw form",
    ("LB", "LBSEQ"): "published numbers of three subjects have gaps that nothing in raw explains",
    ("LB", "EPOCH"): "36 published epochs contradict the visit",
    ("LB", "LBSTRESC"): "4 results below a limit are published without rounding error",
    ("QS", "QSSEQ"): "numbers after the 25 records that only the published data have",
}


@dataclass(frozen=True)
class Score:
    """What one dataset reaches."""

    dataset: str
    equal: int
    cells: int
    invented: int
    absent: int
    columns: dict[str, int]


def as_text(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.15g}"
    return "" if value is None else str(value)


def made(folder: Path, name: str) -> pd.DataFrame:
    data = json.loads((folder / f"{name.lower()}.json").read_text(encoding="utf-8"))
    frame = pd.DataFrame(data["rows"], columns=[column["name"] for column in data["columns"]], dtype=object)
    return frame.map(as_text).astype(object)


def published(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name.lower()}.csv", dtype=str, keep_default_na=False).astype(object)


def equal_cells(left: pd.Series, right: pd.Series) -> pd.Series:
    a, b = pd.to_numeric(left, errors="coerce"), pd.to_numeric(right, errors="coerce")
    return (left == right) | ((a - b).abs() <= 1e-9 * b.abs().clip(lower=1))


def keyed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    texts = [
        frame[key].map(lambda v: as_text(float(v)) if v.replace(".", "", 1).isdigit() else v) for key in keys
    ]
    copy = frame.copy()
    copy.index = pd.MultiIndex.from_arrays([*texts, frame.groupby(keys).cumcount()])
    return copy


def score(ours: pd.DataFrame, target: pd.DataFrame, name: str) -> Score:
    ours, target = keyed(ours, KEYS[name]), keyed(target, KEYS[name])
    invented = ~ours.index.isin(target.index)
    aligned = ours.reindex(target.index)
    columns = {
        column: int(equal_cells(aligned[column].fillna("<absent>"), target[column]).sum())
        if column in ours
        else 0
        for column in target.columns
    }
    wrong = int(invented.sum()) * len(target.columns)
    absent = int((~target.index.isin(ours.index)).sum())
    return Score(name, sum(columns.values()) - wrong, target.size, int(invented.sum()), absent, columns)


def scores(raw: Path, target: Path, out: Path) -> list[Score]:
    result = run(Options(SPECS, raw, out), standard_of("sdtm", "3.4"))
    if result.exit():
        raise SystemExit("\n".join(problem.line() for problem in result.problems.errors()))
    return [score(made(out / "sdtm", name), published(target, name), name) for name in KEYS]


def show(one: Score) -> None:
    verdict = "ok" if one.equal >= NEEDED[one.dataset] and not one.invented else "TOO LOW"
    print(
        f"{one.dataset}: {one.equal:,} of {one.cells:,} cells, {one.invented} records invented, "
        f"{one.absent} absent; needed {NEEDED[one.dataset]:,}: {verdict}"
    )
    rows = one.cells // len(one.columns)
    for column, equal in one.columns.items():
        if equal < rows:
            print(
                f"    {column:10} {rows - equal:6,} of {rows:,} differ  {WHY.get((one.dataset, column), '')}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for one in scores(options.raw, options.target, options.out or Path(folder) / "pilot"):
            show(one)


if __name__ == "__main__":
    main()
