"""Writes define.xml and its page beside the datasets that they describe."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from define.build.build import Extras, build_define
from define.build.package import Package, open_package
from define.write import define_bytes
from trialkit.own import part_of, standard_of
from trialkit.publish import read_manifest

XML, SHEET = "define.xml", "define2-1.xsl"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for one folder of datasets.

    >>> Written(Path("sdtm"), 12, ("define.xml",)).datasets
    12
    """

    folder: Path
    datasets: int
    files: tuple[str, ...]


def publish_define(
    specs: Path, folder: Path, part: str, *, inputs: Path | None = None, raw: Path | None = None
) -> Written:
    """Describe the datasets of a folder in define.xml and define.html beside them.

    Args:
        specs: the study's folder.
        folder: the datasets.
        part: ``sdtm`` or ``adam``.
        inputs: the SDTM datasets behind ADaM; default: the folder ``sdtm`` beside.
        raw: the raw files, for the annotated CRF; without them there is none.

    Raises:
        Refusal: DEFB-001, DEFB-002, the problems of the specs.

    >>> publish_define(Path("nowhere"), Path("nowhere"), "sdtm")
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEFB-001 no datasets of this toolkit in 'nowhere'. Build them first.
    """
    manifest = read_manifest(folder)
    number = str(manifest["standard"]).rpartition(" ")[2] if manifest else ""
    standard = standard_of(part, number) if number else standard_of(part, {"sdtm": "3.4"}.get(part, "1.3"))
    package = open_package(specs, folder, standard, inputs)
    define = build_define(package, _extras(package, specs, part))
    files = {XML: define_bytes(define)}
    if sheet := stylesheet():
        files[SHEET] = sheet.read_bytes()
    for name, data in files.items():
        _replace(folder / name, data)
    return Written(folder, len(package.datasets), tuple(files))


def _extras(package: Package, specs: Path, part: str) -> Extras:
    displays = []
    if part == "adam" and (specs / "analysis").is_dir():
        displays = part_of("adam", "analysis.run").load_plan(specs, package.folder).displays
    return Extras(displays=displays, stylesheet=stylesheet() is not None)


def stylesheet() -> Path | None:
    """Find the agency's stylesheet in the package that ships it; None where that is not installed.

    >>> found = stylesheet()
    >>> found is None or found.suffix
    '.xsl'
    """
    if find_spec("defineutils") is None:
        return None
    found = find_spec("defineutils")
    folders = [Path(one) for one in found.submodule_search_locations or ()] if found else []
    sheets = [path for folder in folders for path in sorted(folder.rglob("define2-1*.xsl"))]
    return sheets[0] if sheets else None


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole, or leave the one that is there."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)
