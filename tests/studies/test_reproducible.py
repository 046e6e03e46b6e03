"""Same inputs, same bytes: over time zones, locales, hash seeds, folders and numbers of workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trialkit.publish import hashes
from trialkit.simulate import simulate

ROOT = Path(__file__).resolve().parents[2]
SPECS = ROOT / "specs" / "nct04952155"
MAIN = [sys.executable, "-c", "from trialkit.cli import main; main()"]
ENVIRONMENTS = {
    "plain": ({}, "1"),
    "other": ({"TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "123", "LANG": "de_DE.UTF-8"}, "2"),
}


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "raw"
    simulate(SPECS, 6, 3, folder, None, False)
    return folder


def built(raw, out, environment, workers):
    command = [*MAIN, "sdtm", str(SPECS), "--raw", str(raw), "--out", str(out), "--workers", workers]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, cwd=out.parent
    )
    assert done.returncode == 0, done.stderr
    return {name: code for name, code in hashes(out).items() if not name.startswith("log/")}


@pytest.mark.proves("TK-SAME-1")
def test_two_runs_have_the_same_bytes(raw, tmp_path):
    made = {name: built(raw, tmp_path / name, *how) for name, how in ENVIRONMENTS.items()}
    assert made["plain"] == made["other"]
    names = set(made["plain"])
    assert {"sdtm/dm.xpt", "sdtm/lb.json", "reports/run.html", "reports/manifest.json"} <= names
    assert any(name.startswith("trace/") for name in names)


def test_two_simulations_have_the_same_bytes(raw, tmp_path):
    environment = {**os.environ, "TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "9"}
    command = [
        *MAIN,
        "simulate",
        str(SPECS),
        "--subjects",
        "6",
        "--seed",
        "3",
        "--out",
        str(tmp_path / "again"),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert hashes(tmp_path / "again") == hashes(raw)
