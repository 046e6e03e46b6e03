"""The folders of a submission: laid out, checked as a whole, and published or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from trialkit.load import Loading, load
from trialkit.own import part_of
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal
from trialkit.publish import FOREIGN, publishing, write_manifest
from trialkit.spec import StudySpec
from trialkit.study import NO_STUDY
from trialkit.submission.checksums import write_checksums
from trialkit.submission.layout import DEFINE, PAGE, Entry, Layout, Missing, lay_out
from trialkit.submission.links import Contents, link_problems
from trialkit.submission.names import name_problems, repeated, size_problem
from trialkit.submission.parts import Part, Parts, open_parts, unfit
from trialkit.submission.pdf import all_problems, look_at
from trialkit.submission.spec import PACKAGE, PackageSpec, load_optional
from trialkit.submission.split import FOLDER as SPLIT
from trialkit.submission.split import divide, undeclared
from trialkit.submission.stamp import old_guides
from trialkit.submission.toc import TOC, toc_page

NO_DEFINE = Kind("PKG-007", "datasets without define.xml", "Run `trialkit define`.", exit=Exit.SPEC)
OLD_DEFINE = Kind(
    "PKG-008", "define.xml is not that of the datasets", "Run `trialkit define` again.", exit=Exit.SPEC
)
NOT_THERE = Kind("PKG-009", "a file of the build is missing", "Build the study again.", exit=Exit.SPEC)
_SHOWN = re.compile(r'<meta name="preview" content="(\w+)">')
ACROSS = {
    "sdtm": ('href="../adam/', 'href="../../analysis/adam/datasets/'),
    "adam": ('href="../sdtm/', 'href="../../../tabulations/sdtm/'),
}


@dataclass(frozen=True, slots=True)
class Packaged:
    """What was published.

    >>> Packaged(Path("package"), 3, 1, ()).datasets
    1
    """

    out: Path
    files: int
    datasets: int
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    """What a package is made from."""

    specs: Path
    study: StudySpec
    spec: PackageSpec
    parts: Parts


def package(specs: Path, build: Path, out: Path) -> Packaged:
    """Lay out the study folder of module 5, check it, and publish it.

    Args:
        specs: the study's folder; package.yaml in it may say how datasets are split.
        build: the output folder of the study.
        out: the folder to publish.

    Raises:
        Refusal: with every problem of specs, build and package (PKG-001 to PKG-035), PUB-001 to PUB-003.

    >>> package(Path("nowhere"), Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    job = _open(specs, build)
    if out.resolve() in (specs.resolve(), *(one.folder.resolve() for one in job.parts.found.values())):
        raise Refusal([Problem(FOREIGN, f"'{out.name}' is a folder of the specs or of the build")])
    layout = lay_out(job.study, job.spec, job.parts, specs)
    problems = Problems([*unfit(job.parts, specs), *_described(job), *_named(job, layout)])
    problems.add(*old_guides(layout, job.parts, specs))
    with publishing(out) as staging:
        if not problems.errors():
            _fill(job, layout, staging, problems)
            problems.add(*_looked_at(layout, staging))
        problems.refuse()
        paths = [*layout.paths(), TOC]
        write_checksums(staging, paths)
        write_manifest(staging, _facts(job, layout))
    datasets = sum(one.sort == "dataset" for one in layout.entries)
    return Packaged(out, len(layout.entries), datasets, tuple(layout.missing))


def _open(specs: Path, build: Path) -> _Job:
    if not (specs / "study.yaml").is_file():
        raise Refusal([Problem(NO_STUDY, f"there is no study.yaml in '{specs.name}'")])
    study = load(specs / "study.yaml", StudySpec, Loading(), specs)
    return _Job(specs, study, load_optional(specs / PACKAGE, PackageSpec, specs), open_parts(build))


def _described(job: _Job) -> Iterator[Problem]:
    """Check that each define.xml is there, was made after its datasets, and agrees with them."""
    for part in job.parts.data():
        if not (part.folder / DEFINE).is_file():
            yield Problem(NO_DEFINE, f"{part.name} has no {DEFINE}")
            continue
        if _older(part):
            yield Problem(OLD_DEFINE, f"{part.name}/{DEFINE} is older than the datasets")
        shown, wanted = _preview(part.folder / PAGE), job.study.preview
        if shown not in ("", wanted):
            what = f"{part.name}/{PAGE} has the preview '{shown}' of the data, study.yaml says '{wanted}'"
            yield Problem(OLD_DEFINE, what)
        checked = part_of("define", "check.run").check_define(part.folder / DEFINE, part.folder)
        wrong = [one for one in checked.problems if one.level == "error"]
        for one in wrong:
            what = f"{part.name}/{DEFINE}: {one.what} ({one.kind.code})"
            yield Problem(OLD_DEFINE, what, hint=one.advice, count=one.count)


def _preview(page: Path) -> str:
    """Read off a define.html how much of the data it shows; "" where there is none."""
    if not page.is_file():
        return ""
    found = _SHOWN.search(page.read_text("utf-8", "replace"))
    return found[1] if found else "unknown"


def _older(part: Part) -> bool:
    files = [path for name in part.datasets.values() if (path := part.folder / name).is_file()]
    newest = max((path.stat().st_mtime for path in files), default=0.0)
    return (part.folder / DEFINE).stat().st_mtime < newest


def _named(job: _Job, layout: Layout) -> Iterator[Problem]:
    datasets = {one.title.partition(":")[0]: one.source for one in layout.entries if one.sort == "dataset"}
    yield from undeclared(job.spec.split, datasets)
    yield from name_problems(layout.paths())
    yield from repeated(layout.paths())
    for one in layout.entries:
        if not one.source.is_file():
            yield Problem(NOT_THERE, f"{one.name} of {one.section} is missing", Place(one.path))
        elif one.sort == "dataset":
            name, size = _dataset(one), one.source.stat().st_size
            rule = job.spec.split.get(name)
            yield from size_problem(name, size, one.path, split=rule is not None and size > rule.above)


def _dataset(entry: Entry) -> str:
    return entry.name.removesuffix(".xpt").upper()


def _fill(job: _Job, layout: Layout, staging: Path, problems: Problems) -> None:
    """Copy the files, divide the datasets that are too large, and write the table of contents."""
    for one in layout.entries:
        target = staging / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if one.name == PAGE:
            target.write_bytes(_moved(one))
        else:
            shutil.copyfile(one.source, target)
    for one in [entry for entry in layout.entries if entry.sort == "dataset"]:
        problems.add(*_divided(one, job, layout, staging))
    sizes = {one.path: (staging / one.path).stat().st_size for one in layout.entries}
    page = toc_page(job.study, layout, sizes)
    (staging / TOC).write_text(page, encoding="utf-8", newline="\n")


def _moved(entry: Entry) -> bytes:
    """Lead the links between the two pages over the folders of module 5."""
    before, after = (text.encode() for text in ACROSS[entry.section])
    return re.sub(re.escape(before), lambda _: after, entry.source.read_bytes())


def _divided(entry: Entry, job: _Job, layout: Layout, staging: Path) -> list[Problem]:
    split = job.spec.split.get(_dataset(entry))
    if split is None or entry.source.stat().st_size <= split.above:
        return []
    folder = f"{entry.path.rpartition('/')[0]}/{SPLIT}"
    try:
        pieces = divide(entry.source, staging / folder, split, job.study.created)
    except Refusal as refusal:
        return list(refusal.problems)
    for piece in pieces:
        path, title = f"{folder}/{piece.name.lower()}.xpt", f"{piece.name}: {piece.what}"
        layout.entries.append(replace(entry, path=path, title=title, records=piece.records))
    return []


def _looked_at(layout: Layout, staging: Path) -> Iterator[Problem]:
    """Check the finished folders: PDF files, and links of all pages."""
    paths = [*layout.paths(), TOC]
    pdfs = {path: look_at(staging / path, path) for path in paths if path.endswith(".pdf")}
    yield from all_problems(pdfs.values())
    yield from link_problems(Contents(staging, frozenset(paths), pdfs))


def _facts(job: _Job, layout: Layout) -> dict[str, object]:
    return {
        "study": job.study.study,
        "toolkit": version("trialkit"),
        "created": job.study.created.isoformat(),
        "builds": {one.name: one.manifest.get("build") for one in job.parts.data()},
        "missing": {one.what: one.why for one in layout.missing},
    }


def show_packaged(made: Packaged) -> list[str]:
    """Say what was published and what is not in it.

    >>> show_packaged(Packaged(Path("package"), 3, 1, (Missing("acrf.pdf", "there is none"),)))
    ['not in the package: acrf.pdf: there is none', '3 files, 1 dataset in package; contents: ...toc.html']
    """
    counts = f"{made.files} files, {made.datasets} dataset{'' if made.datasets == 1 else 's'}"
    return [
        *(f"not in the package: {one.what}: {one.why}" for one in made.missing),
        f"{counts} in {made.out}; contents: {made.out / TOC}",
    ]
