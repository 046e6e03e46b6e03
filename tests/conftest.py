"""What all tests share: where public reference data are, when they are there, and how long to look."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ("tests.evidence.plugin",)

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("default", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=5000, deadline=None)
settings.load_profile("default")

# Reference data (terminology, standards, the pilot study) are public but not part of the repository:
# TRIALKIT_REFERENCE names their folder; tests that need them are skipped without it.
_BESIDE = ROOT.parent / "shared" / "data"
if "TRIALKIT_REFERENCE" not in os.environ and _BESIDE.is_dir():
    os.environ["TRIALKIT_REFERENCE"] = str(_BESIDE)
os.environ.setdefault("TRIALKIT_STANDARDS", os.environ.get("TRIALKIT_REFERENCE", ""))


@pytest.fixture(scope="session")
def reference():
    folder = Path(os.environ.get("TRIALKIT_REFERENCE", ""))
    if not os.environ.get("TRIALKIT_REFERENCE") or not folder.is_dir():
        pytest.skip("no reference data: set TRIALKIT_REFERENCE to their folder")
    return folder
