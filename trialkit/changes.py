"""What has changed: spec files and lines, raw files and columns, terminology; and where data flow from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialkit.codelist import Codelist
from trialkit.dataflow import Leaf
from trialkit.manifest import spec_hash
from trialkit.model import models_in
from trialkit.plan import all_variables
from trialkit.prepare import terminology
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean
from trialkit.rule import Rule
from trialkit.specparts import Part, lines_in, parts_at
from trialkit.standard import Standard
from trialkit.study import Study
from trialkit.terms import Terminology, join_terminologies, load_terminology
from trialkit.units import STUDY_TABLE

UNKNOWN = Kind(
    "IMPACT-001",
    "not a part of the study",
    "Name a spec file (FILE or FILE:LINE), a raw file or source (FILE or FILE:COLUMN), or a table.",
    exit=Exit.SPEC,
)
NO_LINE = Kind("IMPACT-002", "the file has no such line", "Give a line of the file.", exit=Exit.SPEC)
STUDY = "study.yaml"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, and where it enters the study.

    Args:
        what: the change in words.
        leaves: columns and tables that are touched.
        parts: parts of dataset specs that are touched.
        everything: whether all datasets are touched.

    >>> Change("SUBJ.csv").everything
    False
    """

    what: str
    leaves: frozenset[Leaf] = frozenset()
    parts: tuple[Part, ...] = ()
    everything: bool = False


@dataclass(slots=True)
class Scene:
    """A study with what is known of its columns.

    Args:
        study: its specs.
        standard: what its datasets follow.
        leaves: the columns behind variables and records.
        headers: the columns of the raw sources that were read.
        named: all columns that a rule or check reads, whatever becomes of them.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> Scene(sample_study(), sample_standard(), frozenset()).sources_of("dosing.csv")
    ['DOSING']
    """

    study: Study
    standard: Standard
    leaves: frozenset[Leaf]
    headers: Mapping[str, Iterable[str]] = field(default_factory=dict)
    named: frozenset[Leaf] = frozenset()

    def sources_of(self, file: str) -> list[str]:
        """Name the sources that read a raw file, or the source, table or dictionary of that name.

        >>> from trialkit.samples import sample_standard, sample_study
        >>> Scene(sample_study(), sample_standard(), frozenset()).sources_of("visits")
        ['visits']
        """
        spec = self.study.spec
        found = [name for name, source in spec.sources.items() if source.file == file]
        tables = {*spec.sources, *self.study.tables, *spec.dictionaries}
        return found or [name for name in sorted(tables) if name == file]

    def of_table(self, table: str, column: str = "") -> frozenset[Leaf]:
        """Give a column, or all columns and the rows of a table.

        >>> from trialkit.samples import sample_standard, sample_study
        >>> scene = Scene(sample_study(), sample_standard(), frozenset({Leaf("A", "X"), Leaf("B", "Y")}))
        >>> sorted(scene.of_table("A"))
        [Leaf(table='A', column=''), Leaf(table='A', column='X')]
        """
        if column:
            cutoff = self.study.spec.sources[table].cutoff if table in self.study.spec.sources else None
            rows = {Leaf(table)} if cutoff and cutoff.column == column else set()
            return frozenset({Leaf(table, column), *rows})
        return frozenset({Leaf(table), *(one for one in self.leaves if one.table == table)})

    def using(self, has: Callable[[str, str], bool]) -> tuple[Part, ...]:
        """Give the variables of which something is true.

        >>> from trialkit.samples import sample_standard, sample_study
        >>> scene = Scene(sample_study(), sample_standard(), frozenset())
        >>> [part.name for part in scene.using(lambda dataset, variable: variable == "EXDOSE")]
        ['EXDOSE']
        """
        return tuple(
            Part(dataset, "variable", name)
            for dataset, spec in self.study.datasets.items()
            for name in all_variables(spec)
            if has(dataset, name)
        )

    def with_codelist(self, names: Iterable[str]) -> tuple[Part, ...]:
        """Give the variables that have one of some codelists.

        >>> from trialkit.samples import sample_standard, sample_study
        >>> scene = Scene(sample_study(), sample_standard(), frozenset())
        >>> [f"{part.dataset}.{part.name}" for part in scene.with_codelist({"SEX"})]
        ['DM.SEX']
        """
        wanted = set(names)
        return self.using(lambda dataset, variable: uses_codelist(self, dataset, variable, wanted))


def named_changes(tokens: Iterable[str], scene: Scene) -> list[Change]:
    """Read what a user says has changed.

    Args:
        tokens: spec files, relative to the study's folder or to the current one, with or without a line;
            raw files or names of sources, tables and dictionaries, with or without a column.
        scene: the study.

    Raises:
        Refusal: IMPACT-001, IMPACT-002, of all of them together.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> named_changes(["dosing.cvs"], Scene(sample_study(), sample_standard(), frozenset()))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error IMPACT-001 'dosing.cvs' is not a part of the study. Did ...
    """
    problems, found = Problems(), []
    for token in tokens:
        try:
            found.append(_named(token, scene))
        except Refusal as refusal:
            problems.add(*refusal.problems)
    problems.refuse()
    return found


def _named(token: str, scene: Scene) -> Change:
    file, _, part = token.rpartition(":") if ":" in token else (token, "", "")
    name = _relative(file, scene.study.folder)
    if name in scene.study.texts:
        return spec_change(name, scene, _line(name, part, scene))
    tables = scene.sources_of(name) or scene.sources_of(Path(name).name)
    if not tables:
        files = {source.file for source in scene.study.spec.sources.values()}
        known = {*scene.study.texts, *files, *scene.study.spec.sources, *scene.study.spec.dictionaries}
        what = f"'{token}' is {UNKNOWN.title}"
        raise Refusal([Problem(UNKNOWN, what, hint=did_you_mean(name, known))])
    column = "" if part.isdigit() else part
    for table in tables if column else ():
        _check_column(table, column, scene)
    return Change(token, frozenset().union(*(scene.of_table(table, column) for table in tables)))


def _check_column(table: str, column: str, scene: Scene) -> None:
    """Refuse a column that a table does not have; of a raw file that was not read, one that nothing reads."""
    made = scene.study.tables.get(table)
    columns = list(made.columns if made else scene.headers.get(table, ()))
    what, more = f"{table} has no column '{column}'", ""
    if not columns:
        source = scene.study.spec.sources.get(table)
        named = {*source.key, source.subject, source.visit} if source else set()
        named |= {source.cutoff.column} if source and source.cutoff else set()
        columns = sorted(filter(None, {*named, *(one.column for one in scene.named if one.table == table)}))
        what = f"no rule reads a column '{column}' of {table}"
        more = " With --raw all columns of the file are known."
    if column not in columns:
        raise Refusal([Problem(UNKNOWN, what, hint=did_you_mean(column, columns) + more)])


def _relative(file: str, folder: Path) -> str:
    path = Path(file)
    if path.exists() and path.resolve().is_relative_to(folder.resolve()):
        return path.resolve().relative_to(folder.resolve()).as_posix()
    return path.as_posix()


def _line(name: str, part: str, scene: Scene) -> int:
    if not part:
        return 0
    last = len(scene.study.texts[name].splitlines())
    if not part.isdigit() or not 1 <= int(part) <= last:
        what = f"{name} has no line '{part}'"
        raise Refusal([Problem(NO_LINE, what, Place(name), hint=f"It has lines 1 to {last}.")])
    return int(part)


def spec_change(name: str, scene: Scene, line: int = 0) -> Change:
    """Say what a spec file, or one line of it, touches.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> scene = Scene(sample_study(), sample_standard(), frozenset())
    >>> [part.dataset for part in spec_change("sdtm/ex.yaml", scene).parts][:1]
    ['EX']
    """
    study, what = scene.study, f"{name}:{line}" if line else name
    if name == STUDY_TABLE:
        return Change(what, parts=scene.using(lambda one, variable: _converts(study, one, variable)))
    table = Path(name).stem
    if name == f"tables/{table}.csv" and table in study.tables:
        return Change(what, scene.of_table(table))
    if name == STUDY:
        return _study_change(what, line, scene)
    return Change(what, parts=tuple(parts_at(study, name, line)))


def _converts(study: Study, dataset: str, variable: str) -> bool:
    rule = all_variables(study.datasets[dataset])[variable].rule
    return any(isinstance(one, Rule) and STUDY_TABLE in one.files for one in models_in(rule))


def _study_change(what: str, line: int, scene: Scene) -> Change:
    """Find the source, codelist or dictionary at a line; everything else holds for all datasets."""
    spec = scene.study.spec
    for name, source in spec.sources.items():
        if line and line in _lines_of(source):
            return Change(what, scene.of_table(name))
    for name, one in spec.dictionaries.items():
        if line and line in _lines_of(one):
            return Change(what, scene.of_table(name))
    for name, codelist in spec.codelists.items():
        if line and line in _lines_of(codelist):
            return Change(what, parts=scene.with_codelist({name}))
    return Change(what, everything=True)


def _lines_of(model: Any) -> set[int]:
    return {line for file, line in lines_in(model._source) if file == STUDY} if model._source else set()


def uses_codelist(scene: Scene, dataset: str, variable: str, names: Iterable[str]) -> bool:
    """Say whether a variable has, or a rule of it names, one of some codelists.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> scene = Scene(sample_study(), sample_standard(), frozenset())
    >>> uses_codelist(scene, "DM", "SEX", {"SEX"}), uses_codelist(scene, "DM", "SEX", {"UNIT"})
    (True, False)
    """
    spec = scene.study.datasets[dataset]
    rule = all_variables(spec)[variable].rule
    named = set(scene.standard.meta(spec, variable).codelists)
    for one in models_in(rule):
        named |= {getattr(one, key, "") for key in ("codelist", "of_codelist")}
    return bool(named & set(names))


def terminology_changes(scene: Scene, old: str, new: str) -> list[Change]:
    """Compare two versions of the terminology: one change for each codelist that the study uses.

    Raises:
        Refusal: for a version that is not there.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> scene = Scene(sample_study(), sample_standard(), frozenset())
    >>> terminology_changes(scene, "2025-03-28", "2025-03-28")
    []
    """
    before, after = (_terms(version, scene) for version in (old, new))
    changes = []
    for name in before.names:
        mine, theirs = before.find(name), after.find(name)
        said = "removed" if theirs is None else "" if mine is None else _differences(mine, theirs)
        if said and mine is not None:
            parts = scene.with_codelist({name, mine.code})
            if parts:
                changes.append(Change(f"codelist {name}: {said}", parts=parts))
    return changes


def _terms(version: str, scene: Scene) -> Terminology:
    if version == scene.study.spec.standard.terminology:
        problems = Problems()
        made = terminology(scene.study, scene.standard, problems)
        problems.refuse()
        return Terminology(made.packages)
    return join_terminologies([load_terminology(name, version) for name in scene.standard.terminology])


def _differences(old: Codelist, new: Codelist) -> str:
    before, after = old.by_value, new.by_value
    changed = [name for name in before if name in after and before[name] != after[name]]
    counts = {
        "added": len(after.keys() - before.keys()),
        "removed": len(before.keys() - after.keys()),
        "changed": len(changed),
        "now extensible or no longer": int(old.extensible != new.extensible),
    }
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def changes_since(manifest: Mapping[str, Any], scene: Scene, raw: Path | None) -> list[Change]:
    """Compare the manifest of a build with the specs, the terminology and the raw files of today.

    Args:
        manifest: of the build.
        scene: the study of today.
        raw: the folder with the raw files; None leaves them out.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> scene = Scene(sample_study(), sample_standard(), frozenset())
    >>> changes_since({"specs": {}, "inputs": {}, "terminology": "2025-03-28"}, scene, None)[0].what
    'sdtm/dm.yaml (new)'
    """
    found = list(_spec_files(manifest["specs"], scene))
    found += _raw_files(manifest["inputs"], scene, raw) if raw else []
    if manifest["terminology"] != scene.study.spec.standard.terminology:
        found += terminology_changes(scene, manifest["terminology"], scene.study.spec.standard.terminology)
    for name, one in scene.study.spec.dictionaries.items():
        then = manifest.get("dictionaries", {}).get(name)
        if then and then["version"] != one.version:
            found.append(Change(f"{one.dictionary} {then['version']} -> {one.version}", scene.of_table(name)))
    return found


def _spec_files(then: Mapping[str, str], scene: Scene) -> Iterator[Change]:
    now = {name: spec_hash(name, text) for name, text in scene.study.texts.items()}
    for name in sorted(now.keys() | then.keys()):
        if name not in now:
            yield Change(f"{name} (removed)")
        elif now[name] != then.get(name):
            change = spec_change(name, scene)
            suffix = "" if name in then else " (new)"
            yield Change(f"{name}{suffix}", change.leaves, change.parts, change.everything)


def _raw_files(then: Mapping[str, Any], scene: Scene, raw: Path) -> Iterator[Change]:
    for name, source in sorted(scene.study.spec.sources.items()):
        path = raw / source.file
        known = then.get(name, {}).get("sha256", "")
        if not path.is_file():
            if known:
                yield Change(f"{source.file} (not there)", scene.of_table(name))
            continue
        with path.open("rb") as file:
            now = hashlib.file_digest(file, "sha256").hexdigest()
        if now != known and (known or scene.of_table(name) != {Leaf(name)}):
            yield Change(source.file if known else f"{source.file} (new)", scene.of_table(name))
