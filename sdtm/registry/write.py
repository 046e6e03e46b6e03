"""A draft on disk: written where nothing is, compared where something is, and never over it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sdtm.registry.draft import Drafted, Setting, draft
from sdtm.registry.read import read_record
from sdtm.standard import standard
from trialkit.load import load
from trialkit.problems import Exit, Kind, Place, Problem
from trialkit.spec import StudySpec
from trialkit.terms import join_terminologies, load_terminology

DIFFERENT = Kind(
    "REG-005",
    "file is there and differs from the draft",
    "Take over what you need by hand, or move the file away and import again; nothing was written.",
)
TERMINOLOGY = "2025-03-28"
AGREE = {
    "sdtm/dm.yaml": "ARMCD and ARM, ACTARMCD and ACTARM have to be arms of tables/ta.csv",
    "sdtm/se.yaml": "ETCD and ELEMENT have to be elements of tables/te.csv",
    "tables/visits.csv": "VISITNUM and VISIT have to be visits of tables/tv.csv",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Args:
        written: the files that were written, relative to the study's folder.
        differences: a unified diff of each file that is there and differs; then nothing was written.
        decisions: what a person has to decide.
        problems: the files that differ, as problems.
        agree: what is there already and has to agree with the draft.

    >>> Imported((), "", (), ()).exit()
    <Exit.OK: 0>
    """

    written: tuple[str, ...]
    differences: str
    decisions: tuple[str, ...]
    problems: tuple[Problem, ...]
    agree: tuple[str, ...] = ()

    def exit(self) -> Exit:
        """Give the exit code: 1 where a file differs.

        >>> Imported((), "", (), (Problem(DIFFERENT, "x"),)).exit()
        <Exit.DATA: 1>
        """
        return Exit.DATA if self.problems else Exit.OK


def import_record(file: Path, folder: Path | None = None) -> Imported:
    """Draft trial design from a registry record into a study's folder; default: specs/ and the NCT number.

    Raises:
        Refusal: REG-001 to REG-004 for the record, and the problems of a study.yaml that is there.

    >>> import_record(Path("nowhere.json"), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error REG-001 nowhere.json no such file or directory. ...
    """
    record = read_record(file)
    folder = folder or Path("specs") / record.nct.lower()
    made = draft(record, setting_of(folder))
    there = {name: text for name in made.files if (text := _existing(folder / name)) is not None}
    differs = {name: text for name, text in there.items() if text != made.files[name]}
    if differs:
        problems = tuple(Problem(DIFFERENT, DIFFERENT.title, Place(name)) for name in differs)
        return Imported((), difference(differs, made.files), made.decisions, problems)
    return Imported(_write(folder, made, there), "", made.decisions, (), agreeing(folder))


def agreeing(folder: Path) -> tuple[str, ...]:
    """Say which files of a study have to agree with a drafted design.

    >>> agreeing(Path("nowhere"))
    ()
    """
    return tuple(f"compare: {file}: {said}" for file, said in AGREE.items() if (folder / file).is_file())


def setting_of(folder: Path) -> Setting:
    """Find out what the study's folder says: study.yaml, and whether there is a spec of DM.

    Raises:
        Refusal: with the problems of study.yaml.

    >>> setting_of(Path("nowhere")).study
    ''
    """
    subjects = (folder / "sdtm" / "dm.yaml").is_file()
    if not (folder / "study.yaml").is_file():
        return Setting(load_terminology("SDTM", TERMINOLOGY), subjects=subjects)
    spec = load(folder / "study.yaml", StudySpec, folder=folder)
    names = standard(spec.standard.version).terminology
    base = join_terminologies([load_terminology(name, spec.standard.terminology) for name in names])
    cutoff = spec.cutoff.isoformat() if spec.cutoff else ""
    return Setting(base.extended(spec.codelists), spec.study, spec.standard.version, cutoff, subjects)


def _existing(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    except FileNotFoundError:
        return None


def difference(there: Mapping[str, str], drafted: Mapping[str, str]) -> str:
    r"""Write a unified diff from the files that are there to the draft.

    >>> print(difference({"a": "x\n"}, {"a": "y\n"}))
    --- a
    +++ a (draft)
    @@ -1 +1 @@
    -x
    +y
    """
    lines: list[str] = []
    for name, text in there.items():
        both = text.splitlines(), drafted[name].splitlines()
        lines += difflib.unified_diff(*both, name, f"{name} (draft)", lineterm="")
    return "\n".join(lines)


def _write(folder: Path, made: Drafted, there: Mapping[str, str]) -> tuple[str, ...]:
    """Write the files that are not there; when one cannot be written, none of them stays."""
    written: list[Path] = []
    try:
        for name in sorted(made.files.keys() - there.keys()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(made.files[name])
    except OSError:
        for path in written:
            path.unlink()
        raise
    return tuple(sorted(path.relative_to(folder).as_posix() for path in written))
