"""What a standard says of datasets and variables: facts read from tables, no rule and no prose."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources.abc import Traversable

from trialkit.problems import Exit, Kind, Place, Problem, Refusal, did_you_mean

NO_STANDARD = Kind("FACT-001", "unknown standard or version", "Name a version that is known.", exit=Exit.SPEC)
NO_DATASET = Kind("FACT-002", "unknown dataset", "Name a dataset of the standard.", exit=Exit.SPEC)
# ADaMIG 1.3, 3.1.1: the lower-case letters that stand for numbers in the names of variables.
PLACEHOLDERS = {"xx": r"\d{2}", "zz": r"\d{2}", "y": r"[1-9]\d?", "w": r"[1-9]"}


@dataclass(frozen=True, slots=True)
class VariableFacts:
    """What a standard says of one variable.

    Args:
        name: variable name; in ADaM it may hold placeholders (``TRTxxP``).
        label: at most 40 characters.
        type: ``Char`` or ``Num``.
        role: SDTM role, or the ADaMIG's set of variables.
        core: ``Req``, ``Exp``, ``Perm`` or ``Cond``; empty for a variable of the model alone.
        codelists: names of codelists, or a C-code where the terminology has no such codelist.
        order: place among all variables allowed in the dataset, from 1.
        value_domain: described value domain, such as ``ISO 8601 duration``.
        values: the only values allowed, where the standard lists them.

    >>> VariableFacts("AGE", "Age", "Num").core
    ''
    """

    name: str
    label: str
    type: str
    role: str = ""
    core: str = ""
    codelists: tuple[str, ...] = ()
    order: int = 0
    value_domain: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class DatasetFacts:
    """What a standard says of one dataset.

    Args:
        name: dataset name.
        label: dataset label.
        observation_class: such as ``Findings``.
        structure: what one record is.
        listed: the variables that the implementation guide lists.
        model: the variables that the model knows, with ``--`` in place of the domain code.

    >>> age = VariableFacts("AGE", "Age", "Num", core="Exp")
    >>> dm = DatasetFacts("DM", "Demographics", "Special-Purpose", "One record per subject", (age,))
    >>> dm.find("AGE").core, dm.find("HEIGHT")
    ('Exp', None)
    """

    name: str
    label: str
    observation_class: str
    structure: str
    listed: tuple[VariableFacts, ...] = ()
    model: tuple[VariableFacts, ...] = ()

    @cached_property
    def allowed(self) -> tuple[VariableFacts, ...]:
        """Give the listed variables and the model's others, in the order of the standard.

        >>> term, seq = VariableFacts("--TERM", "", "Char"), VariableFacts("--SEQ", "", "Num")
        >>> listed = (VariableFacts("AETERM", "Reported Term", "Char", core="Req"),)
        >>> [fact.name for fact in DatasetFacts("AE", "", "Events", "", listed, (seq, term)).allowed]
        ['AESEQ', 'AETERM']
        """
        known = {variable.name: variable for variable in self.listed}
        names = [variable.name.replace("--", self.name[:2]) for variable in self.model]
        merged = [(name, known.pop(name, variable)) for name, variable in zip(names, self.model, strict=True)]
        everything = enumerate([*merged, *known.items()], 1)
        return tuple(replace(variable, name=name, order=place) for place, (name, variable) in everything)

    @property
    def variables(self) -> tuple[VariableFacts, ...]:
        """Give the listed variables, in the order of the standard.

        >>> DatasetFacts("DM", "", "", "", (VariableFacts("AGE", "Age", "Num"),)).variables[0].order
        1
        """
        listed = {variable.name for variable in self.listed}
        return tuple(variable for variable in self.allowed if variable.name in listed)

    @cached_property
    def _by_name(self) -> dict[str, VariableFacts]:
        return {variable.name: variable for variable in self.allowed}

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], VariableFacts]]:
        open_names = [variable for variable in self.allowed if re.search(r"[a-z*]", variable.name)]
        open_names.sort(key=lambda variable: (variable.name.startswith("*"), -len(variable.name)))
        return [(_pattern(variable.name), variable) for variable in open_names]

    def find(self, name: str) -> VariableFacts | None:
        """Find an allowed variable; placeholders in names and labels are filled in.

        >>> planned = VariableFacts("TRTxxP", "Planned Treatment for Period xx", "Char")
        >>> DatasetFacts("ADSL", "", "", "", (planned,)).find("TRT02P").label
        'Planned Treatment for Period 02'
        """
        if name in self._by_name:
            return self._by_name[name]
        for pattern, variable in self._patterns:
            if match := pattern.fullmatch(name):
                label = re.sub(r"\b(xx|zz|y|w)\b", lambda mark: match[mark[0]], variable.label)
                return replace(variable, name=name, label=label)
        return None

    def order(self, names: Sequence[str]) -> list[str]:
        """Put variables into the order of the standard; unknown ones stay last as given.

        >>> age, sex = VariableFacts("AGE", "", "Num"), VariableFacts("SEX", "", "Char")
        >>> DatasetFacts("DM", "", "", "", (age, sex)).order(["OWN", "SEX", "AGE"])
        ['AGE', 'SEX', 'OWN']
        """
        last = len(self.allowed) + 1
        return sorted(names, key=lambda name: known.order if (known := self.find(name)) else last)


def _pattern(name: str) -> re.Pattern[str]:
    parts = re.split(r"(xx|zz|y|w|\*)", name)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    if part == "*":
        return "[A-Z][A-Z0-9]*"
    return f"(?P<{part}>{PLACEHOLDERS[part]})" if part in PLACEHOLDERS else re.escape(part)


@dataclass(frozen=True, eq=False)
class Facts:
    """What one version of a standard says.

    >>> Facts("SDTMIG", "3.4", {"DM": DatasetFacts("DM", "Demographics", "", "")}).find("DM").label
    'Demographics'
    """

    standard: str
    version: str
    datasets: Mapping[str, DatasetFacts]

    def find(self, name: str) -> DatasetFacts | None:
        """Find a dataset.

        >>> Facts("SDTMIG", "3.4", {}).find("XX") is None
        True
        """
        return self.datasets.get(name)

    def dataset(self, name: str, where: Place = Place()) -> DatasetFacts:  # noqa: B008 - immutable
        """Give a dataset, as ``find`` does.

        Raises:
            Refusal: ``FACT-002`` with the nearest name.

        >>> Facts("SDTMIG", "3.4", {}).dataset("XX")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error FACT-002 SDTMIG 3.4 has no dataset 'XX'. None is known.
        """
        if found := self.find(name):
            return found
        what = f"{self.standard} {self.version} has no dataset '{name}'"
        raise Refusal([Problem(NO_DATASET, what, where, hint=did_you_mean(name, self.datasets))])

    def variable(self, dataset: str, name: str) -> VariableFacts | None:
        """Find a variable that the dataset may have.

        >>> Facts("SDTMIG", "3.4", {"DM": DatasetFacts("DM", "", "", "")}).variable("DM", "AGE")
        """
        return self.dataset(dataset).find(name)

    def order(self, dataset: str, names: Sequence[str]) -> list[str]:
        """Put variables into the order of the standard.

        >>> Facts("SDTMIG", "3.4", {"DM": DatasetFacts("DM", "", "", "")}).order("DM", ["B", "A"])
        ['B', 'A']
        """
        return self.dataset(dataset).order(names)

    def custom(self, name: str, observation_class: str, label: str, structure: str = "") -> DatasetFacts:
        """Give the facts of a sponsor's own dataset of a class, where the standard has classes.

        Raises:
            Refusal: ``FACT-002`` for a class that the standard does not have.

        >>> Facts("ADaMIG", "1.3", {}).custom("ADXX", "Findings", "Own")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error FACT-002 dataset 'ADXX' has the unknown class 'Findings'. ...
        """
        what = f"dataset '{name}' has the unknown class '{observation_class}'"
        raise Refusal([Problem(NO_DATASET, what, hint=did_you_mean(observation_class, ()))])


def _versions(standard: str, known: Iterable[str]) -> str:
    """List the versions of a standard that are known."""
    head = f"{standard.lower()}-"
    found = sorted(stem.removeprefix(head) for stem in known if stem.startswith(head))
    return f"Known versions: {', '.join(found)}." if found else "None is known."


def read_facts(standard: str, version: str, folder: Traversable) -> Facts:
    """Read the tables of one version of a standard.

    Args:
        standard: such as ``SDTMIG``.
        version: such as ``3.4``.
        folder: where ``<standard>-<version>-datasets.csv`` and ``-variables.csv`` are, in lower case.

    Raises:
        Refusal: ``FACT-001`` when the version is not there.

    >>> from pathlib import Path
    >>> read_facts("SDTMIG", "9.9", Path("."))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error FACT-001 there are no facts of 'SDTMIG 9.9'. None is known.
    """
    stem, ending = f"{standard.lower()}-{version}", "-datasets.csv"
    known = [file.name.removesuffix(ending) for file in folder.iterdir() if file.name.endswith(ending)]
    if stem not in known:
        what = f"there are no facts of '{standard} {version}'"
        raise Refusal([Problem(NO_STANDARD, what, hint=_versions(standard, known))])
    listed = read_variables(folder, f"{stem}-variables.csv")
    datasets = {
        row["dataset"]: DatasetFacts(
            row["dataset"], row["label"], row["class"], row["structure"], listed["", row["dataset"]]
        )
        for row in _rows(folder, stem + ending)
    }
    return Facts(standard, version, datasets)


def read_variables(folder: Traversable, name: str) -> dict[tuple[str, str], tuple[VariableFacts, ...]]:
    """Read a table of variables, by observation class, where it has one, and dataset.

    >>> from importlib.resources import files
    >>> read_variables(files("sdtm") / "data", "sdtmig-3.4-variables.csv")["", "DM"][0].name
    'STUDYID'
    """
    groups: dict[tuple[str, str], list[VariableFacts]] = defaultdict(list)
    for row in _rows(folder, name):
        groups[row.get("class", ""), row["dataset"]].append(_variable(row))
    return {key: tuple(variables) for key, variables in groups.items()}


def _rows(folder: Traversable, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / name).read_text("utf-8").splitlines()))


def _variable(row: dict[str, str]) -> VariableFacts:
    return VariableFacts(
        row["variable"],
        row["label"],
        row["type"],
        row["role"],
        row.get("core", ""),
        _list(row.get("codelists", "")),
        value_domain=row.get("value_domain", ""),
        values=_list(row.get("values", "")),
    )


def _list(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("; ")) if cell else ()
