"""Three datasets of NCT04952155 by a second, independent program, compared by ``trialkit diff``."""

import ast
import contextlib
import io
import sys
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from adam.standard import standard as adam
from sdtm.standard import standard as sdtm
from tests.double import lb, scores, slopes
from tests.double.export import Export
from trialkit.cli import main
from trialkit.result import Options
from trialkit.run import run
from trialkit.simulate import simulate

HERE = Path(__file__).parent
STUDY = HERE.parents[1] / "specs" / "nct04952155"
SLOW = pytest.mark.slow
BUILDS = [  # subjects, seed, schedule; seed 9 has a form of week 0 from the day before the first injection
    pytest.param((13, 9, "monthly"), id="13"),
    pytest.param((60, 5, "monthly"), id="60", marks=SLOW),
    pytest.param((60, 3, "minimal"), id="60-minimal", marks=SLOW),
]
CLOSE = ("--rel", "1e-9", "--abs", "1e-9")  # sums of floating point numbers in another order


def slope_names():
    names = pd.read_csv(STUDY / "tables" / "slope_params.csv")
    return names.assign(PARAMN=names.PARAMN.astype(float))


PROGRAMS = {  # standard, variables that are programmed twice, keys, program
    "LB": ("sdtm", lb.VARIABLES, "USUBJID,LBTESTCD,LBSPEC,VISITNUM,LBDTC", lb.lb),
    "ADQS": ("adam", scores.VARIABLES, "USUBJID,PARAMCD,BASETYPE,ADT,VISITNUM", scores.adqs),
    "ADSLOPE": (
        "adam",
        slopes.VARIABLES,
        "USUBJID,PARAMCD,APERIOD",
        lambda export: slopes.adslope(export, slope_names()),
    ),
}
CASES = [
    pytest.param(name, id=name, marks=pytest.mark.proves(f"TK-DOUBLE-{number}"))
    for number, name in enumerate(PROGRAMS, 1)
]


@pytest.fixture(scope="module", params=BUILDS)
def built(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("double")
    simulate(STUDY, request.param[0], request.param[1], folder / "raw", request.param[2])
    assert not run(Options(STUDY, folder / "raw", folder, dataset_json=False), sdtm()).exit()
    assert not run(Options(STUDY, folder / "sdtm", folder, dataset_json=False), adam()).exit()
    return folder


def both(folder, name, out):
    """Write the dataset of the toolkit, as pyreadstat reads it, and that of the independent program."""
    standard, variables, _, program = PROGRAMS[name]
    file = folder / standard / f"{name.lower()}.xpt"
    ours = pyreadstat.read_xport(file, disable_datetime_conversion=True)[0]
    ours[variables].to_parquet(out / f"{name.lower()}.parquet")
    theirs = program(Export(folder / "raw"))
    theirs.to_csv(out / f"{name.lower()}.csv", index=False)
    return theirs


def diff(name, out):
    """Run the command as a shell does; give its exit code and what it says."""
    left, right = (out / f"{name.lower()}.{ending}" for ending in ("parquet", "csv"))
    words = ["diff", left, right, "--keys", PROGRAMS[name][2], "--show", 20, *CLOSE]
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setattr(sys, "argv", ["trialkit", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
    return end.value.code, said.getvalue().strip()


@pytest.mark.parametrize("name", CASES)
def test_the_independent_program_makes_the_same_dataset(built, name, tmp_path):
    records = len(both(built, name, tmp_path))
    assert diff(name, tmp_path) == (0, f"{name}  equal, {records:,} records")
    assert records > 1000


@pytest.mark.parametrize("name", PROGRAMS)
def test_one_other_cell_is_a_difference(built, name, tmp_path):
    theirs = both(built, name, tmp_path)
    value = next(one for one in ("AVAL", "LBSTRESN") if one in theirs)
    row = theirs[value].first_valid_index()
    theirs.loc[row, value] += 0.001
    theirs.to_csv(tmp_path / f"{name.lower()}.csv", index=False)
    code, said = diff(name, tmp_path)
    assert code == 1
    assert "1 changed (1 cells)" in said


@pytest.mark.parametrize(
    "module",
    [path for path in sorted(HERE.glob("*.py")) if path.name != Path(__file__).name],
    ids=lambda path: path.name,
)
def test_the_program_is_independent(module):
    """It imports nothing of the toolkit, and names no file but those of the export."""
    tree = ast.parse(module.read_text("utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    taken = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    known = {"ast", "csv", "datetime", "decimal", "functools", "math", "numpy", "pandas", "re", "unicodedata"}
    assert {name for name in plain | taken if not name.startswith("tests.double.")} <= known
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in texts if "specs" in text or text.endswith((".yaml", ".xpt"))]
