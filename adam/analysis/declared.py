"""The analyses that a study declares: loaded, and held against what is known of datasets and parameters."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from adam.analysis.data import NO_VARIABLE, Data
from adam.analysis.spec import Analysis, Display, Figure
from trialkit.column import Column
from trialkit.comparefiles import datasets_in
from trialkit.expr import Expression
from trialkit.load import Loading, load, read_tree
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean
from trialkit.rules.evaluate import missing_like
from trialkit.standard import Standard
from trialkit.study import load_study
from trialkit.tables import read_table

NO_DATASET = Kind("ANL-001", "unknown analysis dataset", "Build it, or correct its name.", exit=Exit.SPEC)
TWICE = Kind("ANL-005", "two analyses of one name", "Give each an identifier of its own.", exit=Exit.SPEC)
NO_PARAMETER = Kind(
    "ANL-007",
    "unknown parameter",
    "Name a parameter that the data or the specs of the analysis datasets have.",
    exit=Exit.SPEC,
)
FOLDER = "analysis"
PARAMETER = "PARAMCD"
KEYED = ("map", "terms")  # keys of specs whose own keys are values
# and those that hold texts for people; below terms there is what these are decoded to
PROSE = frozenset(
    {
        *("comment", "decode", "description", "evaluator", "label", "method", "reason", "say", "structure"),
        *("terms", "title"),
    }
)
_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,7}")
_QUOTED = re.compile(r"'([^']*)'")
_LEAST = 3  # letters of a code that make it the known part of another one, such as ALT in LALT


def load_displays(specs: Path, texts: dict[str, str]) -> tuple[list[Display], Problems]:
    """Load the files of analysis/, with every problem of every file.

    Args:
        specs: the study's folder.
        texts: where the text of each file goes.

    >>> load_displays(Path("nowhere"), {})[0]
    []
    """
    displays, problems = [], Problems()
    for path in sorted((specs / FOLDER).glob("*.yaml")):
        try:
            displays.append(load(path, Display, Loading(texts=texts), specs))
        except Refusal as refusal:
            problems.add(*refusal.problems)
    return displays, problems


def declared(displays: Iterable[Display]) -> list[Analysis | Figure]:
    """Give the analyses and figures of all displays.

    >>> declared([Display(display="T-1", title="Slopes")])
    []
    """
    every: list[Analysis | Figure] = []
    for display in displays:
        every += [*display.analyses, *display.figures]
    return every


def check_names(
    displays: Iterable[Display], datasets: Collection[str], variables: Callable[[str], Iterable[str]]
) -> Problems:
    """Find names that mean nothing: datasets, variables, identifiers that stand twice.

    Args:
        displays: what is declared.
        datasets: the names of the analysis datasets.
        variables: gives those of a dataset.

    >>> check_names([], ["ADSL"], lambda name: []).items
    []
    """
    problems, seen = Problems(), set()
    for one in declared(displays):
        if one.id in seen:
            problems.add(Problem(TWICE, f"'{one.id}' stands twice", one.place("id")))
        seen.add(one.id)
        if one.dataset not in datasets:
            hint, what = did_you_mean(one.dataset, datasets), f"unknown dataset '{one.dataset}'"
            problems.add(Problem(NO_DATASET, what, one.place("dataset"), hint=hint))
            continue
        known = list(variables(one.dataset))
        for name, place in _names(one):
            if name not in known:
                what = f"unknown variable '{name}' of {one.dataset}"
                problems.add(Problem(NO_VARIABLE, what, place, hint=did_you_mean(name, known)))
    return problems


def _names(one: Analysis | Figure) -> list[tuple[str, Place]]:
    how = one.method if isinstance(one, Analysis) else one.plot
    names = [(name, one.place("where")) for name in one.where.names] if one.where else []
    names += [(name, one.place("by")) for name in one.by] if isinstance(one, Analysis) else []
    return [*names, *((ref.column, ref.place) for ref in how.references() if ref.column and not ref.table)]


def unknown_parameters(
    displays: Iterable[Display], known: Collection[str], of_dataset: Callable[[str], Collection[str]]
) -> list[Problem]:
    """Find selections by a PARAMCD that nothing has.

    Args:
        displays: what is declared.
        known: codes that any dataset may have.
        of_dataset: gives the codes of one; asked only for what is not among the others.

    >>> one = Display.model_validate({"display": "T-1", "title": "T", "analyses": [{"id": "A", "title": "A",
    ...     "dataset": "ADLB", "where": "PARAMCD == 'ATL'", "method": {"describe": {"of": "AVAL"}}}]})
    >>> [found.hint for found in unknown_parameters([one], {"ALT"}, lambda name: set())]
    ["Did you mean 'ALT'?"]
    """
    found = []
    for one in declared(displays):
        for code, place in _parameters(one):
            if code not in known and code not in (mine := of_dataset(one.dataset)):
                near = did_you_mean(code, {*known, *mine} - {""})
                hint = near if near.startswith("Did") else NO_PARAMETER.fix
                what = f"no parameter '{code}' of {one.dataset}"
                found.append(Problem(NO_PARAMETER, what, place, hint=hint))
    return found


def _parameters(one: Analysis | Figure) -> list[tuple[str, Place]]:
    """Give each PARAMCD that the selection asks for, and those that a method asks for itself."""
    how = one.method if isinstance(one, Analysis) else one.plot
    asked = [(code, one.place("where")) for code in (one.where.texts(PARAMETER) if one.where else [])]
    for name, info in type(how).model_fields.items():
        if isinstance(value := getattr(how, name), Expression):
            asked += [(code, how.place(info.alias or name)) for code in value.texts(PARAMETER)]
    return asked


def codes_of(specs: Path) -> set[str]:
    """Give every value in the specs of analysis datasets and in the study's tables that may be a PARAMCD.

    Comments, labels and other texts for people are no values.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "study.yaml").write_text("codelists: {P: {label: Scores, terms: {SUM: Total}}} # ALL")
    >>> codes_of(folder)
    {'SUM'}
    """
    found: set[str] = set()
    for file in [*(specs / "adam").rglob("*.yaml"), specs / "study.yaml"]:
        if file.is_file():
            found.update(_values(read_tree(file, specs, Loading())))
    for file in (specs / "tables").glob("*.csv"):
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            found.update(cell for row in list(csv.reader(lines))[1:] for cell in row)
    return {text for text in found if _CODE.fullmatch(text)}


def _values(data: object) -> Iterator[str]:
    """Give the values of a spec: texts that are one, those that a condition compares with, keys of maps."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in KEYED and isinstance(value, dict):
                yield from value
            if key not in PROSE:
                yield from _values(value)
    elif isinstance(data, list):
        for value in data:
            yield from _values(value)
    elif isinstance(data, str):
        yield data
        yield from _QUOTED.findall(data)


def check_analyses(specs: Path, data: Path | None, standard: Standard) -> Problems:
    """Check the declared analyses by the specs of the analysis datasets, before these are built.

    Each selection and method is tried on no records, so that texts in place of numbers are found. With the
    datasets that ADaM starts from, parameters are checked as well.

    Args:
        specs: the study's folder.
        data: the folder with SDTM datasets.
        standard: ADaM.

    Returns:
        Every problem, those of the specs of the analysis datasets included where these can't be loaded.

    >>> from trialkit.own import standard_of
    >>> check_analyses(Path("nowhere"), None, standard_of("adam", "1.3")).items
    []
    """
    displays, problems = load_displays(specs, {})
    if not displays and not problems.items:
        return problems
    try:
        study = load_study(specs, "adam", ("trialkit.rules", *standard.rules))
    except Refusal as refusal:
        problems.add(*refusal.problems)
        return problems
    columns = {
        name: {
            variable: missing_like("number" if standard.meta(spec, variable).type == "Num" else "text", 0)
            for variable, one in spec.variables.items()
            if not one.working
        }
        for name, spec in study.datasets.items()
        if not spec.working
    }
    problems.add(*check_names(displays, columns, columns.__getitem__).items)
    if not problems.items:
        problems.add(*_tried(displays, columns))
    if data and not problems.items:
        problems.add(*unknown_parameters(displays, _likely(displays, codes_of(specs), data), lambda name: ()))
    return problems


def _tried(displays: list[Display], columns: Mapping[str, Mapping[str, Column]]) -> list[Problem]:
    """Try each selection and method on no records."""
    found = []
    for one in declared(displays):
        try:
            data = Data(one.dataset, columns[one.dataset], 0).where(one.where)
            if isinstance(one, Analysis):
                one.method.compute(data)
        except Refusal as refusal:
            found += [
                each if each.where.file else replace(each, where=one.place()) for each in refusal.problems
            ]
    return found


def _likely(displays: list[Display], codes: set[str], data: Path) -> set[str]:
    """Add the test codes of the data, and the parameters that are asked for and have one as a part."""
    asked = {code for one in declared(displays) for code, _ in _parameters(one)}
    if asked <= codes:
        return codes
    tests: set[str] = set()
    for name, path in datasets_in(data).items():
        for column in read_table(path, [f"{name[:2]}TESTCD"]).columns.values():
            tests.update(column.values.tolist())
    parts = [code for code in tests if len(code) >= _LEAST]
    return codes | tests | {code for code in asked if any(part in code for part in parts)}
