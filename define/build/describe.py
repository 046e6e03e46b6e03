"""From a study's specs, and the datasets where they are built, to a define.xml and what it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from define.acrf import Acrf
from define.acrf import build as build_acrf
from define.build.build import Extras
from define.build.package import Package, open_package
from define.build.pages import NO_PAGES, Pages
from define.build.planned import planned_package
from define.guide.spec import guide_file
from trialkit.own import part_of, standard_of
from trialkit.publish import read_manifest

CRF = "acrf.pdf"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be described, and where it is.

    Args:
        specs: the study's folder.
        part: ``sdtm`` or ``adam``.
        folder: the datasets; None for what the specs alone say.
        inputs: the SDTM datasets behind ADaM; default: the folder ``sdtm`` beside.
        raw: the raw files, for the annotated CRF; without them there is none.
        fresh: whether the specs must be those that made the datasets.

    >>> Asked(Path("specs"), "sdtm").folder is None
    True
    """

    specs: Path
    part: str
    folder: Path | None = None
    inputs: Path | None = None
    raw: Path | None = None
    fresh: bool = True

    def package(self) -> Package:
        """Open the datasets, or plan them where none are named.

        Raises:
            Refusal: DEFB-001, DEFB-002, the problems of the specs.

        >>> Asked(Path("nowhere"), "sdtm", Path("nowhere")).package()
        Traceback (most recent call last):
        trialkit.problems.Refusal: error DEFB-001 no datasets of this toolkit in 'nowhere'. Build them first.
        """
        if self.folder is None:
            return planned_package(self.specs, standard_of(self.part))
        manifest = read_manifest(self.folder)
        number = str(manifest["standard"]).rpartition(" ")[2] if manifest else ""
        return open_package(self.specs, self.folder, standard_of(self.part, number), self.inputs, self.fresh)

    def displays(self) -> Sequence[Any]:
        """Load the analyses that the study declares; none without analysis datasets.

        >>> Asked(Path("nowhere"), "adam").displays()
        ()
        """
        if self.folder is None:
            return ()
        return displays_of(self.specs, self.folder if self.part == "adam" else self.folder.parent / "adam")

    def extras(self, package: Package, crf: Path) -> Extras:
        """Draw the annotated CRF into a file, where there are raw files, and find what else is named.

        >>> Asked(Path("nowhere"), "sdtm").extras(None, Path("acrf.pdf")).crf
        ''
        """
        drawn = build_acrf(package.study, self.raw, crf) if self.part == "sdtm" and self.raw else None
        mine = self.displays() if self.part == "adam" else ()
        guide = guide_file(self.specs, self.part)
        return Extras(crf=CRF if drawn else "", pages=_pages(drawn), guide=guide, displays=mine)


def displays_of(specs: Path, data: Path) -> Sequence[Any]:
    """Load the analyses that a study declares; none where its analysis datasets are not there.

    >>> displays_of(Path("nowhere"), Path("nowhere"))
    ()
    """
    if not (specs / "analysis").is_dir() or read_manifest(data) is None:
        return ()
    found: Sequence[Any] = part_of("adam", "analysis.run").load_plan(specs, data).displays
    return found


def _pages(crf: Acrf | None) -> Pages:
    """Say on which pages of the annotated CRF the columns stand."""
    if crf is None:
        return NO_PAGES
    return Pages({column: (page,) for column, (page, _) in crf.places.items()})
