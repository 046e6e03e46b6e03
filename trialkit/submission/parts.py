"""The folders of a build, and what keeps them from going out together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialkit.manifest import spec_hash
from trialkit.problems import Exit, Kind, Place, Problem, Refusal
from trialkit.publish import hashes, read_manifest

NO_BUILD = Kind("PKG-001", "no datasets of this toolkit", "Build them first.", exit=Exit.SPEC)
MIXED = Kind("PKG-002", "folders of different builds", "Build the study again, all of it.", exit=Exit.SPEC)
STALE = Kind("PKG-003", "made from other datasets than those of the build", "Make it again.", exit=Exit.SPEC)
CHANGED = Kind("PKG-004", "a file is not the one of the build", "Build the datasets again.", exit=Exit.SPEC)
PARTIAL = Kind("PKG-005", "not a whole build", "Build all datasets, without errors.", exit=Exit.SPEC)
OTHER_SPECS = Kind(
    "PKG-006", "specs have changed since the build", "Build and describe the datasets again.", exit=Exit.SPEC
)

DATA = ("sdtm", "adam")
BESIDE = {"sdtm": ("trace/sdtm", "reports"), "adam": ("trace/adam", "reports-adam")}
ANALYSIS = "analysis"


@dataclass(frozen=True, slots=True)
class Part:
    """One folder of a build, with its manifest.

    >>> Part("sdtm", Path("build/s1/sdtm"), {"build": "1", "outputs": {"dm.xpt": "0"}}).datasets
    {'DM': 'dm.xpt'}
    """

    name: str
    folder: Path
    manifest: Mapping[str, Any]

    @property
    def outputs(self) -> Mapping[str, str]:
        """Give the SHA-256 of the files that the build published.

        >>> Part("sdtm", Path("sdtm"), {}).outputs
        {}
        """
        found: Mapping[str, str] = self.manifest.get("outputs", {})
        return found

    @property
    def datasets(self) -> dict[str, str]:
        """Give the transport files by dataset.

        >>> Part("sdtm", Path("sdtm"), {}).datasets
        {}
        """
        files = sorted(name for name in self.outputs if name.endswith(".xpt"))
        return {name.removesuffix(".xpt").upper(): name for name in files}


@dataclass(frozen=True, slots=True)
class Parts:
    """The folders of a build that are there, by name.

    >>> Parts(Path("build")).data()
    []
    """

    root: Path
    found: Mapping[str, Part] = field(default_factory=dict)

    def data(self) -> list[Part]:
        """Give the folders with datasets, SDTM first.

        >>> Parts(Path("build")).data()
        []
        """
        return [self.found[name] for name in DATA if name in self.found]


def open_parts(root: Path) -> Parts:
    """Find the folders of a build.

    Raises:
        Refusal: PKG-001.

    >>> open_parts(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error PKG-001 no datasets of this toolkit in 'nowhere'. Build them first.
    """
    names = [*DATA, *(one for many in BESIDE.values() for one in many), ANALYSIS]
    manifests = {name: read_manifest(root / name) for name in names}
    found = {name: Part(name, root / name, one) for name, one in manifests.items() if one is not None}
    if not set(DATA) & found.keys():
        raise Refusal([Problem(NO_BUILD, f"{NO_BUILD.title} in '{root.name}'")])
    return Parts(root, found)


def unfit(parts: Parts, specs: Path) -> list[Problem]:
    """Say what keeps the folders of a build from going out together.

    Args:
        parts: the folders.
        specs: the study's folder.

    >>> unfit(Parts(Path("build")), Path("specs"))
    []
    """
    found: list[Problem] = []
    for part in parts.data():
        found += [*_partial(part), *_mixed(parts, part), *_changed(part), *_respecified(part, specs)]
    return [*found, *_stale(parts), *_analyses(parts, specs)]


def _partial(part: Part) -> Iterator[Problem]:
    if part.manifest.get("only"):
        yield Problem(PARTIAL, f"{part.name} has only {', '.join(part.manifest['only'])}")


def _mixed(parts: Parts, part: Part) -> Iterator[Problem]:
    for name in BESIDE[part.name]:
        beside = parts.found.get(name)
        if beside is None:
            yield Problem(MIXED, f"{name} of the build of {part.name} is missing")
        elif "failed" in beside.manifest:
            yield Problem(PARTIAL, f"{name} is that of a run that failed")
        elif beside.manifest.get("build") != part.manifest.get("build"):
            yield Problem(MIXED, f"{part.name} and {name} are of different builds")


def _changed(part: Part) -> Iterator[Problem]:
    now = hashes(part.folder)
    for name, code in sorted(part.outputs.items()):
        if now.get(name) != code:
            what = "has changed since the build" if name in now else "is missing"
            yield Problem(CHANGED, f"{part.name}/{name} {what}")
    for name in sorted(now.keys() - part.outputs.keys()):
        if name.endswith(".xpt"):
            yield Problem(CHANGED, f"{part.name}/{name} is not of the build")


def _respecified(part: Part, specs: Path) -> Iterator[Problem]:
    known = sorted(part.manifest.get("specs", {}).items())
    other = [name for name, code in known if _text_hash(specs, name) != code]
    if other:
        more = f" and {len(other) - 1} more" if other[1:] else ""
        what = f"{other[0]}{more} changed since the build of {part.name}"
        yield Problem(OTHER_SPECS, what, Place(other[0]), count=len(other))


def _text_hash(specs: Path, name: str) -> str:
    """Give the hash of a spec as the build took it."""
    path = specs / name
    return spec_hash(name, path.read_text("utf-8-sig", "replace")) if path.is_file() else ""


def _stale(parts: Parts) -> Iterator[Problem]:
    if not {"sdtm", "adam"} <= parts.found.keys():
        return
    before, after = parts.found["sdtm"], parts.found["adam"]
    yield from _from_others(before, after, "trialkit adam")


def _analyses(parts: Parts, specs: Path) -> Iterator[Problem]:
    if {"adam", ANALYSIS} <= parts.found.keys():
        yield from _from_others(parts.found["adam"], parts.found[ANALYSIS], "trialkit analyze")
        yield from _changed(parts.found[ANALYSIS])
        yield from _respecified(parts.found[ANALYSIS], specs)


def _from_others(before: Part, after: Part, command: str) -> Iterator[Problem]:
    """Compare what a folder was made from with what the folder before it holds now."""
    for name, read in sorted(after.manifest.get("inputs", {}).items()):
        if before.outputs.get(read["file"]) != read["sha256"]:
            what = f"{after.name} was made from another {name} than the one in {before.name}"
            yield Problem(STALE, what, hint=f"Run `{command}` again.")
