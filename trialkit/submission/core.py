"""CDISC CORE, run in its own process and environment, and what its report says."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.submission.findings import Finding
from trialkit.submission.layout import DEFINE
from trialkit.submission.parts import Part

NO_CORE = Kind(
    "CONF-002",
    "CDISC CORE is not where it is said to be",
    "Name a release folder of CORE, or an environment that has cdisc-rules-engine 0.17, and its cache.",
    exit=Exit.SPEC,
)
FAILED = Kind("CONF-003", "CDISC CORE could not be run", "Run it by hand to see why.", exit=Exit.SPEC)
BAD_REPORT = Kind("CONF-004", "report of CDISC CORE cannot be read", "Use CORE 0.17.", exit=Exit.SPEC)

EXECUTABLES = ("core", "core.exe")
PYTHONS = ("bin/python", "Scripts/python.exe")
CACHE = "resources/cache"
RULES = "rules.pkl"
ERROR, SKIPPED = "EXECUTION ERROR", "SKIPPED"
# one thread, no order of hashes, and no packages from around it: the same report every time
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


@dataclass(frozen=True, slots=True)
class Core:
    """Where CORE is.

    Args:
        program: its executable, or the Python that has its package.
        cache: the folder of its cache.
        release: whether it is the executable.

    >>> Core(Path("core"), Path("cache"), release=True).release
    True
    """

    program: Path
    cache: Path
    release: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of CORE found in one folder of datasets.

    Args:
        findings: one for each entry of its report, and one for each rule that could not be run.
        rules: how many rules ended how.
        origins: how many rules it has of each collection of rules.
        notes: what was not checked.
        version: of CORE.

    >>> Ran(()).rules
    {}
    """

    findings: tuple[Finding, ...]
    rules: Mapping[str, int] = field(default_factory=dict)
    origins: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    version: str = ""


def find_core(place: Path, cache: Path | None = None) -> Core:
    """Find CORE: a release folder or its executable, or an environment or its Python.

    Args:
        place: where it is.
        cache: the folder of its cache; default: resources/cache beside.

    Raises:
        Refusal: CONF-002.

    >>> find_core(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error CONF-002 there is no CORE in 'nowhere'. Name a release folder ...
    """
    names = [place] if place.is_file() else [place / name for name in (*EXECUTABLES, *PYTHONS)]
    program = next((path for path in names if path.is_file()), None)
    if program is None:
        raise Refusal([Problem(NO_CORE, f"there is no CORE in '{place.name}'")])
    beside = (place if place.is_dir() else place.parent) / CACHE
    folder = (cache or beside).resolve()
    if not (folder / RULES).is_file():
        raise Refusal([Problem(NO_CORE, f"there is no cache of CORE in '{folder.name}'")])
    # a link to Python is kept: what it leads to has not the packages of the environment
    return Core(program.absolute(), folder, release=program.name in EXECUTABLES)


def run_core(core: Core, part: Part, workers: int = 1) -> Ran:
    """Check one folder of datasets and its define.xml.

    Raises:
        Refusal: CONF-003, CONF-004.

    >>> run_core(Core(Path("nowhere"), Path("cache")), Part("sdtm", Path("sdtm"), {}))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error CONF-003 CDISC CORE could not be run: ...
    """
    with tempfile.TemporaryDirectory(prefix="core-") as name, as_file(_driver()) as driver:
        folder = Path(name)
        report = folder / "report.json"
        if core.release:
            _run(_released(core, part, report, workers), core.program.parent)
        else:
            _run(_driven(core, part, driver, folder, workers), folder)
        return read_report(report, part.name)


def _driver() -> Any:
    return files("trialkit") / "data" / "core" / "driver.py"


def _released(core: Core, part: Part, report: Path, workers: int) -> list[str]:
    """Ask a release of CORE; its report is named without the ending."""
    standard, number = named(part)
    define = part.folder.resolve() / DEFINE
    more = ["--define-xml-path", str(define)] if define.is_file() else []
    terms = [word for name in terminology(part) for word in ("-ct", name)]
    return [
        *(str(core.program), "validate", "-s", standard, "-v", number, "-ca", str(core.cache)),
        *(word for path in _datasets(part) for word in ("-dp", str(path))),
        *(*terms, *more, "-of", "JSON", "-o", str(report.with_suffix(""))),
        *("-ps", str(workers), "-p", "disabled", "-l", "disabled"),
    ]


def _driven(core: Core, part: Part, driver: Path, folder: Path, workers: int) -> list[str]:
    standard, number = named(part)
    library = (standard, number) if part.name == "sdtm" else ("adam", f"{standard}-{number}")
    define = part.folder.resolve() / DEFINE
    request = {
        "cache": str(core.cache),
        "standard": standard,
        "version": number,
        "library": library[0],
        "library_version": library[1],
        "terminology": terminology(part),
        "define": str(define) if define.is_file() else "",
        "datasets": [str(path) for path in _datasets(part)],
        "workers": workers,
    }
    asked = folder / "request.json"
    asked.write_text(json.dumps(request), encoding="utf-8")
    return [str(core.program), "-P", str(driver), str(asked), str(folder / "report.json")]


def named(part: Part) -> tuple[str, str]:
    """Give the standard of a folder as CORE names it.

    >>> named(Part("sdtm", Path("sdtm"), {"standard": "SDTMIG 3.4"}))
    ('sdtmig', '3-4')
    """
    standard, _, number = str(part.manifest.get("standard", "")).lower().partition(" ")
    return standard, number.replace(".", "-")


def terminology(part: Part) -> list[str]:
    """Give the terminology of a folder as CORE names it.

    >>> terminology(Part("adam", Path("adam"), {"terminology": "2025-03-28"}))
    ['sdtmct-2025-03-28', 'adamct-2025-03-28']
    """
    release = part.manifest.get("terminology", "")
    return [f"{name}ct-{release}" for name in (("sdtm",) if part.name == "sdtm" else ("sdtm", "adam"))]


def _datasets(part: Part) -> list[Path]:
    return [part.folder.resolve() / name for name in part.datasets.values()]


def _run(command: Sequence[str], folder: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(  # noqa: S603 - the program that the user has named
            command, cwd=folder, env={**kept, **QUIET}, capture_output=True, text=True, errors="replace"
        )
    except OSError as error:
        what = f"{FAILED.title}: {(error.strerror or 'it does not start').lower()}"
        raise Refusal([Problem(FAILED, what)]) from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "it says nothing").splitlines()[-1]
        raise Refusal([Problem(FAILED, f"{FAILED.title}: {last[:200]}")])


def read_report(path: Path, part: str) -> Ran:
    """Read CORE's JSON report.

    Raises:
        Refusal: CONF-004.

    >>> read_report(Path("nowhere.json"), "sdtm")
    Traceback (most recent call last):
    trialkit.problems.Refusal: error CONF-004 nowhere.json: report of CDISC CORE cannot be read. ...
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        rules = {str(one["core_id"]): str(one["status"]).upper() for one in report["Rules_Report"]}
        details = list(report["Issue_Details"])
        failed = {name for name, status in rules.items() if status == ERROR}
        # a rule that failed is one finding, however many datasets it failed for
        found = [_finding(one, part) for one in details if one["core_id"] not in failed]
        found += [_not_run(name, details, part) for name in sorted(failed)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal([Problem(BAD_REPORT, f"{path.name}: {BAD_REPORT.title}")]) from error
    counts = {status.lower(): list(rules.values()).count(status) for status in sorted(set(rules.values()))}
    notes = tuple(f"{name}: {why}" for name, why in sorted(report.get("Not_Run", {}).items()))
    version = str(report.get("Conformance_Details", {}).get("CORE_Engine_Version", ""))
    return Ran(tuple(found), counts, _origins(report["Rules_Report"]), notes, version)


def _origins(rules: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    named = [origin for one in rules for origin in one.get("origins", ())]
    return {origin: named.count(origin) for origin in sorted(set(named))}


def _finding(one: Mapping[str, Any], part: str) -> Finding:
    variables = tuple(str(name) for name in one.get("variables") or ())
    values = [str(value) for value in one.get("values") or ()]
    shown = "; ".join(f"{name}={value}" for name, value in zip(variables, values, strict=False))
    row = str(one.get("row") or "")
    return Finding(
        "CDISC CORE",
        part,
        str(one["core_id"]),
        "error",
        _dataset(one),
        variables,
        row=int(row) if row.isdigit() else 0,
        record=f"--SEQ {one['SEQ']}" if one.get("SEQ") not in (None, "") else "",
        subject=str(one.get("USUBJID") or ""),
        value=shown,
        what=str(one.get("message") or ""),
    )


def _dataset(one: Mapping[str, Any]) -> str:
    return Path(str(one.get("dataset") or "")).name.partition(".")[0].upper()


def _not_run(name: str, details: Sequence[Mapping[str, Any]], part: str) -> Finding:
    mine = [one for one in details if one["core_id"] == name]
    names = sorted({_dataset(one) for one in mine} - {""})
    why = str(mine[0].get("values") or mine[0].get("message") or "") if mine else "no reason is given"
    dataset = names[0] if len(names) == 1 else ""
    return Finding("CDISC CORE", part, name, "error", dataset, what=f"the rule could not be run: {why}")
