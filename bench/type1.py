"""Type I error of the test of the slope change in small samples: no change, both slopes random.

python bench/type1.py [--trials 1000] [--subjects 13] [--seed 1] [--slope-sd 0.7]

The scores are simulated as published of people with ALS: at the start 34.3 (SD 9.1), losing 0.82 a month
(SD 0.7 between subjects; J Neurol Neurosurg Psychiatry, cohort of 73); the error of measurement has an SD of
1.2. Other publications give slopes that vary more: PRO-ACT has an SD of 2.3.

Every trial goes down the declared ladder of random effects; its test is that of the first rung that holds.
Trials in which no rung holds count as not rejected and are named. Prints the rejection rate at 5 % with its
exact binomial limits, for all trials and by rung, and for comparison that of a model with one random slope.
"""

import argparse
from collections import Counter

import numpy as np

from adam.stats.errors import FitError
from adam.stats.inference import contrast
from adam.stats.ladder import SLOPE_LADDER, fit_ladder
from adam.stats.piecewise import piecewise
from adam.stats.tests_paired import binomial_ci

START, SLOPE, START_SD, ERROR_SD = 34.3, -0.82, 9.1, 1.2
CORRELATION = np.array([[1, 0.2, 0.2], [0.2, 1, 0.5], [0.2, 0.5, 1]])  # of start, first and second slope
VISITS = np.arange(13.0)  # months, the change point at 6


def trial(rng: np.random.Generator, n_subjects: int, slope_sd: float):
    groups = np.repeat(np.arange(n_subjects), len(VISITS))
    months = np.tile(VISITS, n_subjects) + np.where(
        np.tile(VISITS, n_subjects) > 0, rng.uniform(-0.2, 0.2, len(groups)), 0
    )
    stays = rng.uniform(size=n_subjects) > 0.2
    leaves = np.where(stays, 13, rng.integers(8, 13, n_subjects))
    kept = np.tile(VISITS, n_subjects) < leaves[groups]
    design = piecewise(months[kept], knot=6)
    spread = np.array([START_SD, slope_sd, slope_sd])
    drawn = rng.normal(size=(n_subjects, 3)) @ np.linalg.cholesky(CORRELATION).T * spread
    noise = rng.normal(0, ERROR_SD, kept.sum())
    return (
        (design.x * (drawn[groups[kept]] + [START, SLOPE, SLOPE])).sum(axis=1) + noise,
        design,
        groups[kept],
    )


def tested(y, design, groups, rungs) -> tuple[str, dict[str, bool], tuple]:
    ladder = fit_ladder(y, design.x, design.z, groups, rungs)
    if ladder.fit is None:
        return "no rung holds", {"kenward-roger": False, "satterthwaite": False}, ladder.tried
    rejected = {
        m: contrast(ladder.fit, design.change, m).p < 0.05 for m in ("kenward-roger", "satterthwaite")
    }
    return ladder.rung, rejected, ladder.tried


def shown(label: str, rejected: list[bool]) -> None:
    if rejected:
        one = binomial_ci(sum(rejected), len(rejected))
        print(f"{label:34} {one.count:4} of {one.n:4}  {one.proportion:.3f} ({one.low:.3f}, {one.high:.3f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--subjects", type=int, default=13)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slope-sd", type=float, default=0.7, help="SD of the slopes, in points a month")
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    rungs, rejected, left, single = Counter(), {}, Counter(), []
    for _ in range(options.trials):
        y, design, groups = trial(rng, options.subjects, options.slope_sd)
        rung, result, tried = tested(y, design, groups, SLOPE_LADDER)
        rungs[rung] += 1
        left.update(f"{one.rung}: {one.condition}" for one in tried if not one.used)
        for method, value in result.items():
            rejected.setdefault((method, "all trials"), []).append(value)
            rejected.setdefault((method, rung), []).append(value)
        try:
            single.append(tested(y, design, groups, SLOPE_LADDER[2:3])[1]["kenward-roger"])
        except FitError as error:
            left[f"one slope alone: {error.condition}"] += 1
    how = f"seed {options.seed}, SD of slopes {options.slope_sd:g}"
    print(f"{options.trials} trials of {options.subjects} subjects, {how}")
    for name, count in rungs.most_common():
        print(f"  {name}: {count}")
    print("left on the way:", ", ".join(f"{name} {count}" for name, count in sorted(left.items())) or "none")
    for (method, rung), values in sorted(rejected.items()):
        shown(f"{method}, {rung}", values)
    shown("one random slope only", single)


if __name__ == "__main__":
    main()
