"""Measures `trialkit sdtm` against the floor program and against pyreadstat's writer, in one run.

python bench/bench.py [--rows 100000 1000000] [--floor FOLDER]

Prints CPU seconds and peak memory: of the toolkit by step, on a vital signs form and on a laboratory form; of
the floor program on the same vital signs form (a bare program that does the least work, without checks,
lineage, ledger or metadata); and of the XPT writer against pyreadstat's on one frame.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLOOR = Path(os.environ.get("TRIALKIT_FLOOR", HERE.parents[1] / "shared" / "tools" / "floor"))
STEPS = """
import json, sys, resource
from pathlib import Path
from trialkit.own import standard_of
from trialkit.result import Options
from trialkit.run import run
specs, raw, out = map(Path, sys.argv[1:4])
result = run(Options(specs, raw, out, dataset_json=sys.argv[4] == "json"), standard_of("sdtm", "3.4"))
assert not result.exit(), [problem.line() for problem in result.problems.errors()]
print(json.dumps(result.seconds))
"""


def measured(command: list[str]) -> tuple[float, float, str]:
    """Run a command; give its CPU seconds, its peak memory in GB, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(command[:3])}")
    del before
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6, printed


def toolkit(
    specs: Path, raw: Path, out: Path, json_too: str = ""
) -> tuple[float, float, list[tuple[str, float]]]:
    cpu, peak, printed = measured([sys.executable, "-c", STEPS, str(specs), str(raw), str(out), json_too])
    return cpu, peak, [(name, seconds) for name, seconds in json.loads(printed)]


def vitals(rows: int, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, FLOOR / "gen_vs.py", str(rows), folder], check=True, stdout=subprocess.DEVNULL
    )
    (folder / f"vs_{rows}.csv").rename(folder / "vs.csv")
    (folder / f"dm_{rows}.csv").rename(folder / "dm.csv")
    return folder


def show(name: str, cpu: float, peak: float, steps: list[tuple[str, float]] = ()) -> None:
    print(f"{name:34} {cpu:8.2f} s CPU {peak:6.2f} GB")
    for step, seconds in steps:
        if seconds >= 0.05:
            print(f"    {step:30} {seconds:8.2f}")


def compare(rows: int, folder: Path) -> float:
    print(f"\n== {rows:,} raw rows ==")
    raw = vitals(rows, folder / f"vs{rows}")
    cpu, peak, steps = toolkit(HERE / "specs" / "vitals", raw, folder / f"out{rows}")
    show("vital signs", cpu, peak, steps)
    floor_cpu, floor_peak, _ = measured(
        [
            sys.executable,
            str(FLOOR / "floor_vs.py"),
            str(raw / "vs.csv"),
            str(raw / "dm.csv"),
            str(folder / "x.bin"),
        ]
    )
    show("floor program", floor_cpu, floor_peak)
    print(f"    toolkit / floor {cpu / floor_cpu:.2f}")
    with_json, _, _ = toolkit(HERE / "specs" / "vitals", raw, folder / f"out{rows}", "json")
    print(f"    Dataset-JSON adds {with_json - cpu:.2f} s CPU")
    lab_raw = folder / f"lab{rows}"
    measured([sys.executable, str(HERE / "gen_lab.py"), str(rows), str(lab_raw)])
    lab_cpu, lab_peak, lab_steps = toolkit(HERE / "specs" / "lab", lab_raw, folder / f"lab_out{rows}")
    show("laboratory", lab_cpu, lab_peak, lab_steps)
    print(
        f"    us CPU per raw row: vital signs {1e6 * cpu / rows:.1f}, laboratory {1e6 * lab_cpu / rows:.1f}"
    )
    return cpu


def writer(rows: int, folder: Path) -> None:
    """Write one frame with the toolkit and with pyreadstat, from str and from object columns."""
    import pandas as pd
    import pyreadstat

    from trialkit.tables import read_table

    table = read_table(folder / f"out{rows}" / "sdtm" / "vs.xpt")
    columns, dataset = table.columns, table.dataset
    from datetime import UTC, datetime

    from trialkit.xpt import write_xpt

    def timed(write) -> float:
        start = time.process_time()
        write()
        return time.process_time() - start

    objects = pd.DataFrame({name: column.objects() for name, column in columns.items()})
    strings = objects.astype({name: "str" for name, column in columns.items() if column.kind == "text"})
    ours = min(
        timed(lambda: write_xpt(folder / "w.xpt", dataset, columns, created=datetime(2014, 1, 1, tzinfo=UTC)))
        for _ in range(3)
    )
    theirs = {
        kind: timed(
            lambda frame=frame: pyreadstat.write_xport(frame, folder / "p.xpt", file_format_version=5)
        )
        for kind, frame in (("object", objects), ("str", strings))
    }
    print(f"\n== XPT writer, {len(objects):,} records ==\ntoolkit {ours:.2f} s CPU")
    for kind, seconds in theirs.items():
        print(f"pyreadstat from {kind} columns {seconds:.2f} s CPU: {seconds / ours:.1f} times the toolkit's")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    options = parser.parse_args()
    if not (FLOOR / "floor_vs.py").exists():
        raise SystemExit("the floor program is not there: set TRIALKIT_FLOOR to its folder")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in options.rows:
            compare(rows, folder)
        writer(options.rows[0], folder)


if __name__ == "__main__":
    main()
