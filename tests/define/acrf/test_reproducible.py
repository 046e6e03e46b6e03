"""The same bytes whatever the time zone, the hash seed and the locale; and the time is that of the study."""

import os
import subprocess
import sys
from pathlib import Path

from pypdf import PdfReader

from trialkit.simulate import simulate

SPECS = Path(__file__).resolve().parents[3] / "specs" / "nct04952155"
MAIN = [sys.executable, "-c", "from trialkit.cli import main; main()"]
ENVIRONMENTS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC"},
    {"PYTHONHASHSEED": "77", "TZ": "Asia/Shanghai", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1000000000"},
)


def test_two_runs_have_the_same_bytes(tmp_path):
    simulate(SPECS, 1, 1, tmp_path / "raw", None, True)
    made = []
    for number, environment in enumerate(ENVIRONMENTS):
        out = tmp_path / f"{number}" / "acrf.pdf"
        command = [*MAIN, "acrf", str(SPECS), "--raw", str(tmp_path / "raw"), "--out", str(out)]
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "17 forms" in done.stderr
        made.append(out.read_bytes())
        assert [one.name for one in out.parent.iterdir()] == ["acrf.pdf"]
    assert made[0] == made[1]
    described = PdfReader(tmp_path / "0" / "acrf.pdf").metadata
    assert described.creation_date.isoformat() == "2023-03-01T00:00:00+00:00"
    assert described.title == "M2020420: annotated case report form"
