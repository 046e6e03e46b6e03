"""The mixed model against R: python bench/mixed_in_r.py [--data 40] [--seed 11]; needs Rscript.

Unbalanced data of 8 to 40 subjects are simulated, and each set is fitted with five structures of the random
effects and two sets of fixed effects, here and by lme4, lmerTest and pbkrtest (Debian: r-cran-lme4,
r-cran-lmertest, r-cran-pbkrtest). Prints the largest relative differences (of estimates: in standard errors;
of p: absolute) and how the two agree on which fits are singular. Exits with 1 beyond the limits of `LIMITS`.
"""

import argparse
import csv
import itertools
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from adam.stats.covariance import Block
from adam.stats.errors import FitError
from adam.stats.inference import contrast, f_test
from adam.stats.mixed import fit_mixed

RANDOM = {  # over intercept, time, first and second segment
    "(1|S)": (Block((0,)),),
    "(1+T|S)": (Block((0, 1)),),
    "(1+T1+T2|S)": (Block((0, 2, 3)),),
    "(1|S)+(0+T1|S)+(0+T2|S)": (Block((0, 2, 3), "diagonal"),),
    "(1+T1|S)+(0+T2|S)": (Block((0, 2)), Block((3,))),
}
FIXED = {"T1+T2": ["T1", "T2"], "ARM*T1+T2+AGE": ["ARM", "T1", "T2", "AGE", "ARM:T1"]}
# Satterthwaite's degrees of freedom come from numerical derivatives in R.
LIMITS = {
    **dict.fromkeys(("criterion", "estimate", "se", "se KR", "df KR", "p", "p KR"), 2e-6),
    **dict.fromkeys(("F KR", "df of F KR", "F"), 1e-5),
    **dict.fromkeys(("df", "df of F"), 1e-3),
}
ORDER = [
    "criterion",
    "estimate",
    "se",
    "df",
    "p",
    "se KR",
    "df KR",
    "p KR",
    "F KR",
    "df of F KR",
    "F",
    "df of F",
]
SHAPES = [(0,), (0, 1), (0, 1, 2)]


def simulated(rng: np.random.Generator, shape: tuple[int, ...]) -> pd.DataFrame:
    n = int(rng.integers(8, 40))
    spread = rng.normal(size=(3, 3)) * 0.5 + np.eye(3) * [3, 1.2, 1.2]
    who = np.repeat(np.arange(n), rng.integers(4, 12, n))
    first = np.r_[True, who[1:] != who[:-1]]
    time = np.where(first, 0, rng.uniform(0, 12, len(who)))
    one, two, arm = np.minimum(time, 6), np.maximum(time - 6, 0), who % 2
    effects = (rng.normal(size=(n, 3)) @ spread.T)[who]
    random = (effects * np.c_[np.ones(len(who)), one, two])[:, list(shape)].sum(axis=1)
    age = rng.normal(60, 10, n)[who]
    y = 40 - 0.9 * one - 1.1 * two + 0.3 * arm * one + 0.02 * age + random + rng.normal(0, 1.5, len(who))
    return pd.DataFrame({"S": who, "ARM": arm, "AGE": age, "T": time, "T1": one, "T2": two, "Y": y})


def fitted(data: pd.DataFrame, fixed: str, random: str) -> list[float]:
    columns = {**data, "ARM:T1": data["ARM"] * data["T1"]}
    one = np.ones(len(data))
    x = np.column_stack([one, *(columns[name] for name in FIXED[fixed])])
    z = np.column_stack([one, data["T"], data["T1"], data["T2"]])
    fit = fit_mixed(data["Y"].to_numpy(), x, z, data["S"].to_numpy(), RANDOM[random])
    names = ["", *FIXED[fixed]]
    change = [(name == "T2") - (name == "T1") for name in names]
    last = np.eye(len(names))[-2:]
    s, kr = (contrast(fit, change, method) for method in ("satterthwaite", "kenward-roger"))
    many, several = (f_test(fit, last, method) for method in ("kenward-roger", "satterthwaite"))
    tests = [many.f, many.den_df, several.f, several.den_df]
    return [fit.minus2loglik, s.estimate, s.se, s.df, s.p, kr.se, kr.df, kr.p, *tests]


def differences(mine: list[float], theirs: list[float]) -> dict[str, float]:
    scale = dict(zip(ORDER, np.abs(theirs), strict=True))
    scale |= {"estimate": scale["se"], "p": 1.0, "p KR": 1.0}
    pairs = zip(ORDER, mine, theirs, strict=True)
    return {name: abs(one - other) / scale[name] for name, one, other in pairs}


def compared(models: list[tuple[str, str, str]], frames: dict[str, pd.DataFrame], folder: Path) -> bool:
    outcome, worst = Counter(), dict.fromkeys(ORDER, 0.0)
    with (folder / "r.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    for (name, fixed, random), (singular, *values) in zip(models, rows, strict=True):
        try:
            mine = fitted(frames[name], fixed, random)
        except FitError as error:
            outcome[error.condition, f"R singular {singular}"] += 1
            continue
        outcome["fit", f"R singular {singular}"] += 1
        if singular == "FALSE":
            found = differences(mine, [float(value) for value in values])
            worst = {name: max(worst[name], found[name]) for name in ORDER}
    for (here, there), count in sorted(outcome.items()):
        print(f"{here:10} {there:20} {count}")
    for name, value in worst.items():
        print(f"{name:12} {value:.1e}  (limit {LIMITS[name]:.0e})")
    return all(worst[name] <= LIMITS[name] for name in ORDER)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=int, default=40)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    frames = {f"d{place}": simulated(rng, SHAPES[place % 3]) for place in range(options.data)}
    models = list(itertools.product(frames, FIXED, RANDOM))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, frame in frames.items():
            frame.to_csv(folder / f"{name}.csv", index=False, float_format="%.17g")
        pd.DataFrame(models, columns=["data", "fixed", "random"]).to_csv(folder / "models.csv", index=False)
        subprocess.run(["Rscript", Path(__file__).with_suffix(".R"), folder], check=True)
        return 0 if compared(models, frames, folder) else 1


if __name__ == "__main__":
    sys.exit(main())
