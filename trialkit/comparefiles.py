"""Files and folders of datasets compared: two versions of one dataset, or all of two builds."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trialkit.compare import EXACT, NO_KEYS, Comparison, Tolerance, compare
from trialkit.numerals import to_number
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean
from trialkit.publish import DATA_MANIFEST, MANIFESTS, read_manifest
from trialkit.tables import ENDINGS, Table, read_table

NO_DATASET = Kind("DIFF-005", "no such dataset on either side", "Name one that is there.", exit=Exit.SPEC)
BAD_TOLERANCE = Kind(
    "DIFF-006", "not a tolerance", "Write VARIABLE=0.01, or VARIABLE=1% of the larger number.", exit=Exit.SPEC
)
NO_FILES = Kind("DIFF-004", "no datasets to compare", "Give two files, or two folders.", exit=Exit.SPEC)
OVER = Kind("DIFF-007", "file is written twice or compared", "Give another name.", exit=Exit.SPEC)


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


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as the same record, and as the same number.

    Args:
        keys: by dataset; under "" those of all others. Without any, those count that either file
            declares, or the Dataset-JSON file or the manifest beside it.
        tolerance: how far numbers may lie apart.
        tolerances: the same for some variables.
        datasets: the only ones that are compared; none for all.

    >>> Rules(keys={"LB": ("USUBJID", "LBSEQ")}).keys_of("DM")
    ()
    """

    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tolerance: Tolerance = EXACT
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    datasets: Sequence[str] = ()

    def keys_of(self, dataset: str) -> Sequence[str]:
        """Give the keys that are named for a dataset.

        >>> Rules(keys={"": ["USUBJID"]}).keys_of("DM")
        ['USUBJID']
        """
        return self.keys.get(dataset) or self.keys.get("", ())


def rules_of(
    keys: Sequence[str] = (),
    datasets: str = "",
    absolute: float = 0.0,
    relative: float = 0.0,
    tolerance: Sequence[str] = (),
) -> Rules:
    """Read what a user says about keys and tolerances.

    Args:
        keys: variables with commas between, of all datasets or, behind its name and a colon, of one.
        datasets: names with commas between.
        absolute: how far numbers may lie apart.
        relative: the same, as a part of the larger one.
        tolerance: VARIABLE=0.01, or VARIABLE=1% for a part of the larger number.

    Raises:
        Refusal: DIFF-001, DIFF-006.

    >>> rules_of(["LB:USUBJID,LBSEQ"], tolerance=["LBSTRESN=1%"]).tolerances["LBSTRESN"]
    Tolerance(absolute=0.0, relative=0.01)
    """
    split = [text.rpartition(":") for text in keys]
    named = {dataset.strip(): _names(variables) for dataset, _, variables in split}
    if empty := [text for text in keys if not _names(text.rpartition(":")[2])]:
        raise Refusal([Problem(NO_KEYS, f"'{empty[0]}' names no key")])
    if wrong := [size for size in (absolute, relative) if not math.isfinite(size)]:
        raise Refusal([Problem(BAD_TOLERANCE, f"{wrong[0]} is {BAD_TOLERANCE.title}")])
    wide, near = Tolerance(absolute, relative), dict(map(_tolerance, tolerance))
    return Rules(named, wide, near, _names(datasets))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _tolerance(text: str) -> tuple[str, Tolerance]:
    name, _, number = text.partition("=")
    size = to_number(number.removesuffix("%"))
    if not name.strip() or not 0 <= size < math.inf:
        raise Refusal([Problem(BAD_TOLERANCE, f"'{text}' is {BAD_TOLERANCE.title}")])
    relative = number.endswith("%")
    return name.strip(), Tolerance(0.0, size / 100) if relative else Tolerance(size)


def compare_paths(left: Path, right: Path, rules: Rules | None = None) -> Compared:
    """Compare two files, or the datasets of two folders or builds by their names.

    Raises:
        Refusal: DIFF-001 to DIFF-005, TAB-001, TAB-002; of all datasets together.

    >>> compare_paths(Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DIFF-004 nowhere no datasets to compare. Give two files, or two folders.
    """
    rules = rules or Rules()
    ours, theirs = datasets_in(left), datasets_in(right)
    if left.is_file() and right.is_file():
        theirs = dict(zip(ours, theirs.values(), strict=True))
    ours, theirs = (_chosen(found, rules.datasets, {*ours, *theirs}) for found in (ours, theirs))
    problems, made = Problems(), []
    _chosen({}, [name for name in rules.keys if name], {*ours, *theirs})
    seen: set[str] = set()
    for name in sorted(ours.keys() & theirs.keys()):
        try:
            made.append(_compare_files(name, ours[name], theirs[name], rules, seen))
        except Refusal as refusal:
            problems.add(*refusal.problems)
    if not problems.items:
        problems.add(*_unknown(rules.tolerances, seen))
    problems.refuse()
    return Compared(
        tuple(made), tuple(sorted(ours.keys() - theirs.keys())), tuple(sorted(theirs.keys() - ours.keys()))
    )


def _chosen(found: Mapping[str, Path], wanted: Sequence[str], known: Collection[str]) -> dict[str, Path]:
    wrong = [name for name in wanted if name not in known]
    if wrong:
        hints = ((name, did_you_mean(name, known)) for name in wrong)
        raise Refusal([Problem(NO_DATASET, f"no dataset {name}", hint=hint) for name, hint in hints])
    return {name: path for name, path in found.items() if not wanted or name in wanted}


def _unknown(tolerances: Mapping[str, Tolerance], seen: Collection[str]) -> Iterator[Problem]:
    """Give the tolerances of variables that no dataset has."""
    for name in tolerances:
        if name not in seen:
            hint = did_you_mean(name, seen)
            yield Problem(BAD_TOLERANCE, f"no dataset has a variable {name}", hint=hint)


def refuse_outputs(outputs: Sequence[Path | None], left: Path, right: Path) -> None:
    """Refuse to write two lists into one file, or over what is compared.

    Raises:
        Refusal: DIFF-007.

    >>> refuse_outputs([Path("x.csv"), Path("x.csv")], Path("a"), Path("b"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DIFF-007 x.csv file is written twice or compared. Give another name.
    """
    given = [path.resolve() for path in outputs if path]
    inside = [one for path in (left, right) if path.is_dir() for one in _files(path)]
    inputs = {path.resolve() for path in (left, right, *inside)}
    wrong = [path for path in given if path in inputs or given.count(path) > 1]
    if wrong:
        raise Refusal([Problem(OVER, OVER.title, Place(file=wrong[0].name))])


def _compare_files(name: str, left: Path, right: Path, rules: Rules, seen: set[str]) -> Comparison:
    before, after = read_table(left), read_table(right)
    seen |= {one.name for table in (before, after) for one in table.dataset.variables}
    known = rules.keys_of(name) or declared_keys(left, before) or declared_keys(right, after)
    return compare(before, after, known, rules.tolerance, rules.tolerances)


def declared_keys(path: Path, table: Table) -> list[str]:
    """Give the keys that a file declares, else the manifest or the Dataset-JSON file beside it.

    >>> from trialkit.attributes import Dataset
    >>> declared_keys(Path("dm.xpt"), Table(Dataset("DM", "", ()), {}, 0))
    []
    """
    manifest = read_manifest(path.parent) or {}
    beside = path.with_suffix(".json")
    if table.keys or path.suffix == ".json":
        return list(table.keys)
    if found := manifest.get("keys", {}).get(path.stem.upper()):
        return list(found)
    return list(read_table(beside).keys) if beside.is_file() else []


def datasets_in(path: Path) -> dict[str, Path]:
    """Find the datasets of a folder, or the file itself, by name; XPT before other formats.

    Of a build they are those in the folders of its standards.

    Raises:
        Refusal: DIFF-004.

    >>> datasets_in(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DIFF-004 nowhere no datasets to compare. Give two files, or two folders.
    """
    files = [path] if path.is_file() else _files(path)
    ended = [(one.suffix.lower(), one) for one in files]
    ranked = sorted((ENDINGS.index(ending), one) for ending, one in ended if ending in ENDINGS)
    found: dict[str, Path] = {}
    for _, one in ranked:
        if one.name not in MANIFESTS:
            found.setdefault(one.stem.upper(), one)
    if not found:
        raise Refusal([Problem(NO_FILES, NO_FILES.title, Place(file=path.name))])
    return found


def _files(path: Path) -> list[Path]:
    """Give the files of a folder; of a build those of its folders with datasets."""
    parts = [one.parent for one in sorted(path.glob(f"*/{DATA_MANIFEST}"))]
    return [one for folder in parts or [path] for one in sorted(folder.glob("*"))]
