"""Writes define.xml and its page beside the datasets that they describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from define.build.build import STYLESHEET, build_define
from define.build.describe import CRF, Asked
from define.build.package import Package
from define.build.ways import Other, Ways
from define.html.levels import levels_of
from define.html.page import render
from define.html.preview import preview_of
from define.official import official_file
from define.whole import write_whole
from define.write import define_bytes
from trialkit.own import standard_of
from trialkit.publish import read_manifest
from trialkit.study import from_datasets, load_study
from trialkit.submission.layout import DEFINE, PAGE


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
    """Describe the datasets of a folder in define.xml and define.html beside them, and draw the aCRF.

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
    asked = Asked(specs, part, folder, inputs, raw)
    package, displays = asked.package(), asked.displays()
    extras = asked.extras(package, folder / CRF)
    define = build_define(package, extras)
    ways, levels = _ways(package, specs, part, displays), levels_of(define, folder)
    lineage = ways.lineage()
    found = {key: way for key, one in levels.items() if (way := ways.of_level(one))}
    lineage = replace(lineage, levels=found)
    preview = preview_of(folder, package.study.spec.preview, [one.name for one in package.datasets])
    if preview:
        preview = replace(preview, levels={key: one.values for key, one in levels.items()})
    files = {
        DEFINE: define_bytes(define),
        PAGE: render(define, preview=preview, lineage=lineage).encode("utf-8"),
        STYLESHEET: official_file(STYLESHEET).read_bytes(),
    }
    for name, data in files.items():
        write_whole(folder / name, data)
    return Written(folder, len(package.datasets), (*files, *([CRF] if raw and extras.crf else [])))


def _ways(package: Package, specs: Path, part: str, displays: Sequence[Any]) -> Ways:
    """Find the datasets of the other folder: those before ADaM, those after SDTM."""
    here = package.folder.parent
    other = "sdtm" if part == "adam" else "adam"
    standard = standard_of(other)
    nothing = Other(None)
    if not any((specs / other).glob("*.yaml")):
        return Ways(package, nothing, nothing, displays if part == "adam" else ())
    study = load_study(specs, other, ("trialkit.rules", *standard.rules))
    link = f"../{other}" if read_manifest(here / other) is not None else ""
    if part == "adam":
        return Ways(package, Other(study, link), nothing, displays)
    later = from_datasets(study, package.folder)
    return Ways(package, nothing, Other(later, link, displays))
