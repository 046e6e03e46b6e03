"""Where a build is, and the specs and raw files that it was made from, when nobody says so."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trialkit.explain.build import NO_BUILD
from trialkit.manifest import spec_hash
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.publish import DATA_MANIFEST, read_manifest
from trialkit.study import NO_STUDY

MANY_BUILDS = Kind(
    "WHY-007", "there is more than one build", "Say which with --out, or set STUDY.", exit=Exit.SPEC
)
PARTS = ("sdtm", "adam")


def find_build(out: Path | None, base: Path = Path("build")) -> Path:
    """Find the output folder: the one given, that of STUDY, or the only one there is.

    Raises:
        Refusal: WHY-001 and WHY-007.

    >>> find_build(Path("build/s1")).name
    's1'
    """
    if out is not None:
        return out
    if study := os.environ.get("STUDY"):
        return base / study
    found = [path for path in (base, *sorted(base.glob("*"))) if _is_build(path)]
    if len(found) == 1:
        return found[0]
    kind = MANY_BUILDS if found else NO_BUILD
    names = ", ".join(path.name for path in found)
    what = f"{kind.title}: {names}" if found else f"no build in '{base.name}'"
    raise Refusal([Problem(kind, what)])


def _is_build(path: Path) -> bool:
    """Say whether a folder holds datasets that were published, rather than lineage or reports."""
    return any((path / part / DATA_MANIFEST).is_file() and read_manifest(path / part) for part in PARTS)


def find_specs(out: Path, base: Path = Path("specs")) -> Path:
    """Find the specs of a build: of its name, around it, or wherever its study is.

    Those count that have its spec files, else those of its study; of several the first.

    Raises:
        Refusal: WHY-001 where there is no build, STUDY-001 where no folder has its specs.

    >>> find_specs(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error WHY-001 no build in 'nowhere'. Build the study first, or give its ...
    """
    manifest = next(filter(None, (read_manifest(out / part) for part in PARTS)), None)
    if manifest is None:
        raise Refusal([Problem(NO_BUILD, f"no build in '{out.name}'")])
    named = [base / out.name, Path(out.name), out.parent.parent / out.name]
    around = [*named, out.parent, out, Path(), *sorted(base.glob("*"))]
    there = [path for path in dict.fromkeys(around) if (path / "study.yaml").is_file()]
    best = max(there, key=lambda path: _likeness(path, manifest), default=None)
    if best is None or not any(_likeness(best, manifest)):
        raise Refusal([_no_specs(manifest["study"], around)])
    return best


def _likeness(specs: Path, manifest: Mapping[str, Any]) -> tuple[bool, int]:
    """Say whether a folder has the specs of a build's study, and how many are as they were."""
    text = (specs / "study.yaml").read_text(encoding="utf-8", errors="replace")
    named = re.search(r"(?m)^study: *['\"]?([^'\"#\s]+)", text)
    files = {name: specs / name for name in manifest["specs"]}
    same = sum(
        path.is_file() and spec_hash(name, path.read_text("utf-8-sig", "replace")) == manifest["specs"][name]
        for name, path in files.items()
    )
    return named is not None and named[1] == manifest["study"], same


def _no_specs(study: str, searched: Iterable[Path]) -> Problem:
    folders = ", ".join(f"'{path.as_posix()}'" for path in dict.fromkeys(searched))
    what = f"the specs of {study} are not in {folders}"
    return Problem(NO_STUDY, what, hint="Give the folder that has its study.yaml with --specs.")


def find_raw(out: Path, specs: Path) -> Path:
    """Find the raw files of a build: raw/ in the output folder, beside it, or in the specs.

    The first folder that has one of the files counts; without any, raw/ of the output folder.

    >>> find_raw(Path("build/s1"), Path("specs/s1")).as_posix()
    'build/s1/raw'
    """
    manifest = read_manifest(out / "sdtm") or {"inputs": {}}
    files = [one["file"] for one in manifest["inputs"].values()]
    around = [path / "raw" for path in (out, specs, out.parent)]
    has = (path for path in around if any((path / file).exists() for file in files))
    return next(has, around[0])
