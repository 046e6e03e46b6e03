"""Files and folders of datasets compared: two versions of one dataset, or all of two builds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trialkit.compare import EXACT, Comparison, Tolerance, compare
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal
from trialkit.publish import MANIFESTS
from trialkit.tables import ENDINGS, Table, read_table

NO_FILES = Kind("DIFF-004", "no datasets to compare", "Give two files, or two folders.", exit=Exit.SPEC)


@dataclass(frozen=True, eq=False, slots=True)
class Compared:
    """All datasets of two files or folders.

    >>> Compared((), ("DM",), ()).equal
    False
    """

    comparisons: tuple[Comparison, ...]
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Say whether nothing differs.

        >>> Compared((), (), ()).equal
        True
        """
        return all(one.equal for one in self.comparisons) and not self.only_left and not self.only_right


def compare_paths(
    left: Path,
    right: Path,
    keys: Sequence[str] = (),
    tolerance: Tolerance = EXACT,
) -> Compared:
    """Compare two files, or the datasets of two folders by their names.

    Without ``keys`` those count that either file declares, or the Dataset-JSON file beside it.

    Raises:
        Refusal: DIFF-001 to DIFF-004, TAB-001, TAB-002; of all datasets together.

    >>> compare_paths(Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DIFF-004 nowhere no datasets to compare. Give two files, or two folders.
    """
    ours, theirs = datasets_in(left), datasets_in(right)
    if left.is_file() and right.is_file():
        theirs = dict(zip(ours, theirs.values(), strict=True))
    problems, made = Problems(), []
    for name in sorted(ours.keys() & theirs.keys()):
        try:
            made.append(_compare_files(ours[name], theirs[name], keys, tolerance))
        except Refusal as refusal:
            problems.add(*refusal.problems)
    problems.refuse()
    return Compared(
        tuple(made), tuple(sorted(ours.keys() - theirs.keys())), tuple(sorted(theirs.keys() - ours.keys()))
    )


def _compare_files(left: Path, right: Path, keys: Sequence[str], tolerance: Tolerance) -> Comparison:
    before, after = read_table(left), read_table(right)
    known = list(keys) or declared_keys(left, before) or declared_keys(right, after)
    return compare(before, after, known, tolerance)


def declared_keys(path: Path, table: Table) -> list[str]:
    """Give the keys that a file, or the Dataset-JSON file of its name beside it, declares.

    >>> from trialkit.attributes import Dataset
    >>> declared_keys(Path("dm.xpt"), Table(Dataset("DM", "", ()), {}, 0))
    []
    """
    beside = path.with_suffix(".json")
    if table.keys or path.suffix == ".json" or not beside.is_file():
        return list(table.keys)
    return list(read_table(beside).keys)


def datasets_in(path: Path) -> dict[str, Path]:
    """Find the datasets of a folder, or the file itself, by name; XPT before other formats.

    Raises:
        Refusal: DIFF-004.

    >>> datasets_in(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DIFF-004 nowhere no datasets to compare. Give two files, or two folders.
    """
    files = [path] if path.is_file() else sorted(path.glob("*")) if path.is_dir() else []
    ranked = sorted((ENDINGS.index(one.suffix), one) for one in files if one.suffix in ENDINGS)
    found: dict[str, Path] = {}
    for _, one in ranked:
        if one.name not in MANIFESTS:
            found.setdefault(one.stem.upper(), one)
    if not found:
        raise Refusal([Problem(NO_FILES, NO_FILES.title, Place(file=path.name))])
    return found
