"""Measures `trialkit adam` against plain pandas on an ADLB-like core, in one run.

python bench/bench_adam.py [--rows 60000 600000 3000000]

Prints CPU seconds, peak memory and the steps of the toolkit: all of it (checks, lineage, SAS transport file,
reports), and of the pandas program (no checks, no lineage, a Parquet file). Then the values of both are
compared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

HERE = Path(__file__).resolve().parent
STEPS = """
import json, sys
from pathlib import Path
from trialkit.own import standard_of
from trialkit.result import Options
from trialkit.run import run
specs, raw, out = map(Path, sys.argv[1:4])
result = run(Options(specs, raw, out, dataset_json=False), standard_of("adam", "1.3"))
assert not result.exit(), [problem.line() for problem in result.problems.errors()]
print(json.dumps(result.seconds))
"""


def measured(command: list[str]) -> tuple[float, float, str]:
    """Run a command; give its CPU seconds, its peak memory in GB, and what it printed."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"failed: {' '.join(command[:3])}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6, printed


def compare(ours: Path, theirs: Path) -> int:
    """Count the cells in which the two differ."""
    left, _ = pyreadstat.read_xport(ours, disable_datetime_conversion=True)
    right = pd.read_parquet(theirs)
    differ = 0
    for name in left.columns.intersection(right.columns):
        mine, other = left[name], right[name]
        if pd.api.types.is_numeric_dtype(mine):
            other = other.astype(float).replace([np.inf, -np.inf], np.nan)
            differ += int((~np.isclose(mine, other, rtol=1e-9, atol=1e-9, equal_nan=True)).sum())
        else:
            differ += int((mine.fillna("").to_numpy() != other.fillna("").to_numpy()).sum())
    return differ


def bench(rows: int, folder: Path) -> None:
    data, out = folder / f"in{rows}", folder / f"out{rows}"
    data.mkdir()
    (folder / f"plain{rows}").mkdir()
    subprocess.run([sys.executable, HERE / "gen_adam.py", str(rows), data], check=True)
    started = time.perf_counter()
    ours, peak, printed = measured(
        [sys.executable, "-c", STEPS, str(HERE / "specs" / "adam_lab"), str(data), str(out)]
    )
    wall = time.perf_counter() - started
    plain, plain_peak, _ = measured(
        [sys.executable, str(HERE / "plain_adam.py"), str(data), str(folder / f"plain{rows}")]
    )
    print(
        f"{rows:9,} rows: trialkit {ours:6.2f} CPU-s ({1e6 * ours / rows:5.2f} us a row, {wall:.1f} s, "
        f"{peak:.2f} GB); pandas {plain:6.2f} CPU-s ({plain_peak:.2f} GB); ratio {ours / plain:.2f}"
    )
    print("    " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in json.loads(printed)))
    if rows <= 1_000_000:
        differ = compare(out / "adam" / "adlb.xpt", folder / f"plain{rows}" / "adlb.parquet")
        print(f"    {differ} cells differ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[60_000, 600_000, 3_000_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for rows in options.rows:
            bench(rows, Path(folder))


if __name__ == "__main__":
    main()
