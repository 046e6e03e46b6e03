"""Writes the guides of a study, and says which texts are still to be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from define.acrf.fonts import Fonts, packaged_font
from define.guide.adrg import adrg
from define.guide.content import Guide
from define.guide.csdrg import csdrg
from define.guide.facts import Facts, load_facts
from define.guide.pdf import pdf_bytes
from define.guide.spec import load_guide, question_of, questions
from define.guide.texts import texts_in
from define.guide.word import docx_bytes
from define.whole import write_whole
from trialkit.problems import Problem, Refusal
from trialkit.publish import UNWRITABLE
from trialkit.submission.spec import GUIDE

NO_CORE = "run `trialkit conformance` with --core on this build before"
GUIDES: dict[str, Callable[[Facts], Guide]] = {"sdtm": csdrg, "adam": adrg}


@dataclass(frozen=True, slots=True)
class Missing:
    """A text that a person has still to write.

    >>> Missing("csdrg, adrg", "sponsor", "Who?", "guide.yaml").shown
    'guide.yaml: sponsor (csdrg, adrg): Who?'
    """

    guides: str
    key: str
    question: str
    file: str

    @property
    def shown(self) -> str:
        """Write it in one line.

        >>> Missing("adrg", "qc", "How?", "guide.yaml").shown
        'guide.yaml: qc (adrg): How?'
        """
        return f"{self.file}: {self.key} ({self.guides}): {self.question}"


def missing_texts(specs: Path) -> list[Missing]:
    """List the texts of both guides that are still to be written.

    Raises:
        Refusal: STUDY-001, the problems of guide.yaml.

    >>> missing_texts(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    answers, has_adam = load_guide(specs), any((specs / "adam").glob("*.yaml"))
    asked = {"csdrg": questions("csdrg"), **({"adrg": questions("adrg")} if has_adam else {})}
    keys = dict.fromkeys(key for many in asked.values() for key in many)
    found = []
    for key in keys:
        guides = [name for name, many in asked.items() if key in many]
        if not str(getattr(answers, key)).strip():
            found.append(Missing(", ".join(guides), key, question_of(key), GUIDE))
    return found


def write_guides(
    specs: Path,
    build: Path,
    out: Path | None = None,
    inputs: Path | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the guides of a build as PDF and DOCX, each beside its datasets.

    Args:
        specs: the study's folder.
        build: its output folder.
        out: the folder for all files, in place of the folders of the datasets.
        inputs: the SDTM datasets behind ADaM; default: those of the build.
        note: takes what a person should know of the guides.

    Raises:
        Refusal: as ``load_facts``; PUB-003 for a file that cannot be written.

    >>> write_guides(Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    facts = load_facts(specs, build, inputs)
    files: dict[Path, bytes] = {}
    for part in facts.sides:
        guide, folder = GUIDES[part](facts), out or facts.parts.found[part].folder
        fonts = Fonts.of(texts_in(guide), packaged_font())
        files[folder / f"{guide.name}.pdf"] = pdf_bytes(guide, fonts)
        files[folder / f"{guide.name}.docx"] = docx_bytes(guide, fonts)
    _write(files)
    if number := sum(one.count is None for one in facts.known.issues):
        note(f"{number} accepted findings have no count in the guides: {NO_CORE}")
    return list(files)


def _write(files: Mapping[Path, bytes]) -> None:
    for path, data in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        except OSError as error:
            what = f"{path.name}: {error.strerror or type(error).__name__}"
            raise Refusal([Problem(UNWRITABLE, what)]) from None
