"""Where everything goes in module 5, and what is not there and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from trialkit.spec import StudySpec
from trialkit.submission.parts import ANALYSIS, Part, Parts
from trialkit.submission.spec import PackageSpec

Sort: TypeAlias = Literal["dataset", "define", "document", "program"]

FOLDERS = {"sdtm": "tabulations/sdtm", "adam": "analysis/adam/datasets"}
PROGRAMS = "analysis/adam/programs"
TITLES = {"sdtm": "Tabulations (SDTM)", "adam": "Analysis datasets (ADaM)", "programs": "Programs"}
LABEL_AT, LABEL_LENGTH = 6 * 80 + 32, 40  # in the second descriptor record of a version 5 transport file
DEFINE, PAGE = "define.xml", "define.html"
GUIDES = {"sdtm": "csdrg", "adam": "adrg"}  # the files of the reviewer's guides, without their endings
DOCUMENTS = {
    "sdtm": {
        "acrf.pdf": ("Annotated case report form", "draw it with `trialkit acrf`"),
        f"{GUIDES['sdtm']}.pdf": ("Study data reviewer's guide", "make it with `trialkit guide`"),
    },
    "adam": {f"{GUIDES['adam']}.pdf": ("Analysis data reviewer's guide", "make it with `trialkit guide`")},
}
NO_PART = {
    "sdtm": "the build has no SDTM datasets (`trialkit sdtm`)",
    "adam": "the build has no analysis datasets (`trialkit adam`)",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the package.

    Args:
        section: ``sdtm``, ``adam`` or ``programs``.
        sort: what it is.
        path: where it goes, from the folder around m5.
        source: the file that is copied.
        title: what the table of contents calls it.
        records: of a dataset.

    >>> Entry("sdtm", "dataset", "m5/datasets/s1/tabulations/sdtm/dm.xpt", Path("dm.xpt"), "DM").name
    'dm.xpt'
    """

    section: str
    sort: Sort
    path: str
    source: Path
    title: str
    records: int | None = None

    @property
    def name(self) -> str:
        """Give the name of the file.

        >>> Entry("sdtm", "define", "m5/define.xml", Path("define.xml"), "").name
        'define.xml'
        """
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not in the package, and why.

    >>> Missing("csdrg.pdf", "there is none beside the datasets").what
    'csdrg.pdf'
    """

    what: str
    why: str


@dataclass(slots=True)
class Layout:
    """The files of a package.

    >>> Layout("m5/datasets/s1").entries
    []
    """

    base: str
    entries: list[Entry] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    def paths(self) -> list[str]:
        """Give the paths of all files.

        >>> Layout("m5/datasets/s1").paths()
        []
        """
        return [one.path for one in self.entries]


def lay_out(study: StudySpec, spec: PackageSpec, parts: Parts, specs: Path) -> Layout:
    """Say where the files of a build go.

    Args:
        study: study.yaml.
        spec: package.yaml.
        parts: the folders of the build.
        specs: the folder of the specs.

    >>> made = StudySpec.model_validate({"study": "S1", "created": "2024-01-31", "sources": {}})
    >>> [one.what for one in lay_out(made, PackageSpec(), Parts(Path(".")), Path("nowhere")).missing]
    ['tabulations/sdtm', 'analysis/adam']
    """
    layout = Layout(f"m5/datasets/{spec.folder or study.study.lower()}")
    for name, folder in FOLDERS.items():
        if name in parts.found:
            _place_part(layout, parts.found[name], f"{layout.base}/{folder}", parts.root)
        else:
            layout.missing.append(Missing(folder.removesuffix("/datasets"), NO_PART[name]))
    if "adam" in parts.found:
        layout.entries += _programs(specs, f"{layout.base}/{PROGRAMS}")
    if ANALYSIS in parts.found:
        why = "results belong to the study report (module 5.3.5), not beside the datasets"
        layout.missing.append(Missing("results, figures and page of the analyses", why))
    return layout


def _place_part(layout: Layout, part: Part, folder: str, root: Path) -> None:
    counts = part.manifest.get("datasets", {})
    for dataset, file in part.datasets.items():
        source = part.folder / file
        title = f"{dataset}: {label}" if (label := label_of(source)) else dataset
        layout.entries.append(
            Entry(part.name, "dataset", f"{folder}/{file}", source, title, counts.get(dataset))
        )
    for file, title in ((DEFINE, "Data definitions"), (PAGE, "Data definitions, as a page")):
        _place_file(layout, Entry(part.name, "define", f"{folder}/{file}", part.folder / file, title))
    for sheet in sorted(part.folder.glob("*.xsl")):
        layout.entries.append(Entry(part.name, "define", f"{folder}/{sheet.name}", sheet, "Stylesheet"))
    for file, (title, _) in DOCUMENTS[part.name].items():
        beside = part.folder / file
        source = beside if beside.is_file() else root / file
        _place_file(layout, Entry(part.name, "document", f"{folder}/{file}", source, title))


def label_of(path: Path) -> str:
    """Read the label of a dataset off the header of its transport file; empty where there is none.

    >>> label_of(Path("nowhere.xpt"))
    ''
    """
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(LABEL_AT)
        return file.read(LABEL_LENGTH).decode("ascii", "replace").strip()


def _place_file(layout: Layout, entry: Entry) -> None:
    if entry.source.is_file():
        layout.entries.append(entry)
        return
    how = {file: how for many in DOCUMENTS.values() for file, (_, how) in many.items()}
    why = f"there is none in the build: {how.get(entry.name, 'make it with `trialkit define`')}"
    layout.missing.append(Missing(f"{entry.title} ({entry.name} of {entry.section})", why))


def _programs(specs: Path, folder: str) -> Iterator[Entry]:
    """Give the specs of analysis datasets and analyses as text files, in one folder without any below."""
    for part in ("adam", ANALYSIS):
        for source in sorted((specs / part).rglob("*.yaml")):
            name = source.relative_to(specs).as_posix()
            yield Entry("programs", "program", f"{folder}/{program_name(name)}", source, name)


def program_name(spec: str) -> str:
    """Name the text file that a spec goes out as.

    >>> program_name("adam/shared/adsl_core.yaml")
    'adam-shared-adsl-core.txt'
    """
    return f"{spec.removesuffix('.yaml').replace('/', '-').replace('_', '-')}.txt"
