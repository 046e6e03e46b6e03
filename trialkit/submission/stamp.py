"""What a reviewer's guide was made from, written into it, so that an old one does not go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from trialkit.manifest import sha256
from trialkit.problems import Exit, Kind, Place, Problem
from trialkit.submission.layout import GUIDES, Layout
from trialkit.submission.parts import Part, Parts
from trialkit.submission.spec import CONFORMANCE, GUIDE

OLD_GUIDE = Kind(
    "PKG-017", "reviewer's guide is not that of the build", "Run `trialkit guide` again.", exit=Exit.SPEC
)
ANSWERS = (GUIDE, CONFORMANCE)
MAKER = "trialkit"


def stamp_of(specs: Path, part: Part) -> str:
    """Name the build of a part, and the texts of the study that go into its guide.

    Args:
        specs: the study's folder.
        part: the datasets that the guide is about.

    >>> stamp_of(Path("nowhere"), Part("sdtm", Path("sdtm"), {"build": "1a2b"}))
    'build 1a2b texts e3b0c44298fc'
    """
    texts = (specs / name for name in ANSWERS)
    said = "".join(path.read_text("utf-8-sig", "replace") for path in texts if path.is_file())
    return f"build {part.manifest.get('build', '')} texts {sha256(said.encode())[:12]}"


def old_guides(layout: Layout, parts: Parts, specs: Path) -> Iterator[Problem]:
    """Find guides that the toolkit made from another build or before a text of the study was changed.

    >>> list(old_guides(Layout("m5/datasets/s1"), Parts(Path("build")), Path("specs")))
    []
    """
    guides = {f"{GUIDES[name]}.pdf": part for name, part in parts.found.items() if name in GUIDES}
    for one in layout.entries:
        part = guides.get(one.name)
        if part is not None and _stamped(one.source) not in ("", stamp_of(specs, part)):
            what = f"{one.name} was made from another build, or before {' or '.join(ANSWERS)} was changed"
            yield Problem(OLD_GUIDE, what, Place(one.path))


def _stamped(path: Path) -> str:
    """Read the stamp of a guide; nothing where the toolkit has not made it, or it cannot be read."""
    try:
        about: Mapping[str, object] = PdfReader(path).metadata or {}
    except (OSError, PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    return str(about.get("/Keywords", "")) if about.get("/Creator") == MAKER else ""
