"""CDISCPILOT01 against its published SDTM, cell by cell."""

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_score():
    spec = importlib.util.spec_from_file_location("pilot", ROOT / "bench" / "pilot.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["pilot"] = module
    spec.loader.exec_module(module)
    return module


def raw_folder():
    named = os.environ.get("TRIALKIT_PILOT_RAW", "")
    if named:
        return Path(named)
    return Path(os.environ.get("TRIALKIT_REFERENCE", "nowhere")) / "cdiscpilot01" / "raw"


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    raw = raw_folder()
    if not raw.is_dir():
        pytest.skip("no raw forms of CDISCPILOT01: set TRIALKIT_PILOT_RAW to their folder")
    pilot = load_score()
    found = pilot.scores(raw, raw.parent / "target", tmp_path_factory.mktemp("pilot") / "out")
    return {one.dataset: one for one in found}


# What the raw forms hold. DM reaches 8,195 with the adverse event form, which not everybody has.
@pytest.mark.parametrize(
    ("dataset", "cells"), [("DM", 8182), ("EX", 10047), ("DS", 10955), ("LB", 1429245), ("QS", 328658)]
)
def test_score(scores, dataset, cells):
    assert scores[dataset].equal >= cells
    assert scores[dataset].invented == 0
