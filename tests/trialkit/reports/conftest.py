"""A small study with one of everything, built once."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from trialkit.own import standard_of
from trialkit.result import Options, Result
from trialkit.run import run

DEMO = Path(__file__).parent / "demo"


@dataclass(frozen=True)
class Demo:
    specs: Path
    raw: Path
    out: Path
    result: Result


def build_demo(folder, change=None):
    specs, raw, out = (folder / name / "demo" for name in ("specs", "raw", "build"))
    shutil.copytree(DEMO / "specs", specs)
    shutil.copytree(DEMO / "raw", raw)
    if change:
        change(specs, raw)
    return Demo(specs, raw, out, run(Options(specs, raw, out), standard_of("sdtm", "3.4")))


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    return build_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def rebuild(tmp_path):
    return lambda change=None: build_demo(tmp_path, change)
