"""Measures the mixed model on many subjects: both slopes random, Kenward-Roger test of the slope change.

python bench/bench_mixed.py [--subjects 2000] [--visits 6]
"""

import argparse
import resource
import time

import numpy as np

from adam.stats.inference import contrast
from adam.stats.mixed import fit_mixed
from adam.stats.ols import ols_by_group
from adam.stats.piecewise import piecewise


def simulated(n_subjects: int, n_visits: int, seed: int = 1):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_subjects), n_visits)
    months = np.tile(np.arange(n_visits) * 12 / (n_visits - 1), n_subjects) + rng.uniform(0, 0.3, len(groups))
    design = piecewise(months, knot=6)
    root = np.array([[6.0, 0, 0], [0.2, 0.6, 0], [0.1, 0.2, 0.5]])
    effects = rng.normal(size=(n_subjects, 3)) @ root.T
    y = (
        design.x @ [40, -0.8, -1.0]
        + (design.x * effects[groups]).sum(axis=1)
        + rng.normal(0, 1.5, len(groups))
    )
    return y, design, groups


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=2000)
    parser.add_argument("--visits", type=int, default=6)
    options = parser.parse_args()
    y, design, groups = simulated(options.subjects, options.visits)
    wall, cpu = time.perf_counter(), time.process_time()
    fit = fit_mixed(y, design.x, design.x, groups)
    change = contrast(fit, design.change)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{options.subjects} subjects x {options.visits} visits, three random effects, Kenward-Roger")
    how = f"{fit.diagnostics.steps} steps, gradient {fit.diagnostics.gradient:.1e}"
    print(f"  {wall:.2f} s ({cpu:.2f} CPU s), {how}")
    print(f"  change {change.estimate:.4f}, SE {change.se:.4f}, df {change.df:.1f}, p {change.p:.4g}")
    codes, x = np.repeat(np.arange(10_000), 8), np.tile(np.arange(8.0), 10_000)
    start = time.process_time()
    ols_by_group(codes, x, x + np.sin(codes))
    print(f"slopes of 10000 subjects x 8 visits: {time.process_time() - start:.3f} CPU s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
