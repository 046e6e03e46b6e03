"""The parts of dataset specs by their lines: variables, steps, working columns, checks and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from trialkit.model import SpecList, SpecMap, SpecText
from trialkit.spec import DatasetSpec
from trialkit.study import Study

What: TypeAlias = Literal["variable", "column", "records", "check", "dataset"]
Lines: TypeAlias = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a dataset's spec.

    Args:
        dataset: whose.
        what: a variable, a working column, a step that decides which records there are, a check, or
            what holds for the dataset as a whole.
        name: of the variable or column.

    >>> Part("LB", "variable", "LBSTRESN").what
    'variable'
    """

    dataset: str
    what: What
    name: str = ""


def lines_in(value: Any) -> Iterator[tuple[str, int]]:
    """Give the file and line of every key and value of a part of a spec.

    >>> from trialkit.problems import Place
    >>> list(lines_in(SpecText("x", Place("a.yaml", 3, 1))))
    [('a.yaml', 3)]
    """
    if isinstance(value, (SpecText, SpecMap, SpecList)):
        yield (value.place.file, value.place.line)
    if isinstance(value, SpecMap):
        for key, part in value.items():
            yield (value.spot(key).file, value.spot(key).line)
            yield from lines_in(part)
    elif isinstance(value, SpecList):
        for part in value:
            yield from lines_in(part)


def parts_of(spec: DatasetSpec) -> list[tuple[Part, Lines]]:
    """Give the parts of a dataset's spec with their lines, those of included files among them.

    >>> from trialkit.samples import sample_study
    >>> parts = parts_of(sample_study().datasets["EX"])
    >>> [part.name for part, _ in parts if part.what == "variable"][:2]
    ['STUDYID', 'DOMAIN']
    """
    source = spec._source
    if source is None:
        return []
    found: list[tuple[Part, Lines]] = []
    for key, value in source.items():
        if key in ("variables", "supplemental") and isinstance(value, SpecMap):
            found += _named(spec.dataset, "variable", value)
        elif key == "records":
            found += _steps(spec.dataset, value)
        else:
            what: What = "check" if key == "checks" else "dataset"
            found.append((Part(spec.dataset, what), frozenset({*_at(source, key), *lines_in(value)})))
    return found


def _at(source: SpecMap, key: str) -> set[tuple[str, int]]:
    return {(source.spot(key).file, source.spot(key).line)}


def _named(dataset: str, what: What, values: SpecMap) -> list[tuple[Part, Lines]]:
    return [
        (Part(dataset, what, name), frozenset({*_at(values, name), *lines_in(value)}))
        for name, value in values.items()
    ]


def _steps(dataset: str, steps: Any) -> list[tuple[Part, Lines]]:
    found: list[tuple[Part, Lines]] = []
    for step in steps if isinstance(steps, SpecList) else []:
        if isinstance(step, SpecMap) and "stack" in step:
            for branch in step["stack"]:
                found += _steps(dataset, branch)
        elif isinstance(step, SpecMap) and isinstance(step.get("let"), SpecMap):
            found += _named(dataset, "column", step["let"])
        else:
            what: What = (
                "check" if isinstance(step, SpecMap) and "query" in step and "say" in step else "records"
            )
            names = [str(name) for name in _made(step)]
            lines = frozenset(lines_in(step))
            found += [
                (Part(dataset, what), lines),
                *((Part(dataset, "column", name), lines) for name in names),
            ]
    return found


def _made(step: Any) -> list[str]:
    """Name the columns that a step makes beside deciding on records."""
    if not isinstance(step, SpecMap):
        return []
    made = [step.get(key) for key in ("take", "into", "set")]
    made += [step["key"]] if "gather" in step and "key" in step else []
    return [name for one in made if one for name in ([one] if isinstance(one, str) else one)]


def parts_at(study: Study, file: str, line: int = 0) -> list[Part]:
    """Give the parts that a line of a spec file belongs to; without a line all parts that have lines in it.

    A line between two parts, such as a comment, belongs to the one before it.

    >>> from trialkit.samples import sample_study
    >>> study = sample_study()
    >>> place = study.datasets["EX"].variables["EXDOSE"].place()
    >>> parts_at(study, "sdtm/ex.yaml", place.line)
    [Part(dataset='EX', what='variable', name='EXDOSE')]
    """
    found: list[Part] = []
    for spec in study.datasets.values():
        mine = [(part, {at for name, at in lines if name == file}) for part, lines in parts_of(spec)]
        mine = [(part, lines) for part, lines in mine if lines]
        found += [part for part, lines in mine if not line or min(lines) <= line <= max(lines)]
        if line and mine and not any(min(lines) <= line <= max(lines) for _, lines in mine):
            before = [(min(lines), part) for part, lines in mine if min(lines) <= line]
            nearest = max((start for start, _ in before), default=0)
            found += [part for start, part in before if start == nearest]
    return list(dict.fromkeys(found))
