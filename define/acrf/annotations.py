"""What stands beside a field: the variables that its content goes to, and for which records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from define.acrf.known import Trace
from define.acrf.mapped import Mapped, Values
from trialkit.dataflow import Leaf
from trialkit.plan import all_variables
from trialkit.spec import DatasetSpec

NOT_COLLECTED = frozenset({"Derived", "Assigned", "Protocol", "Not Available"})
ALWAYS = frozenset({"STUDYID", "DOMAIN", "USUBJID"})
NAMED_BY_FORM = frozenset({"CAT", "SCAT", "TRT"})  # what a form says of all its records by being that form


class When(NamedTuple):
    """One variable and the values that its records have.

    >>> str(When("VSTESTCD", ("SYSBP", "DIABP")))
    'VSTESTCD IN (SYSBP, DIABP)'
    """

    variable: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        """Write it as an annotation has it."""
        if len(self.values) == 1:
            return f"{self.variable} = {self.values[0]}"
        return f"{self.variable} IN ({', '.join(self.values)})"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One variable that the content of a field goes to.

    Args:
        dataset: the dataset.
        variable: the variable, or the QNAM of a supplemental qualifier.
        supplemental: whether it is a supplemental qualifier.
        when: the records for which the field fills it; none: all of the form.
        picked: how the value is picked among several, such as ``earliest``.

    >>> Annotation("VS", "VSORRES", when=(When("VSTESTCD", ("TEMP",)),)).text
    'VSORRES WHEN VSTESTCD = TEMP'
    >>> Annotation("AE", "AECRIT", supplemental=True).text
    'SUPPAE.QVAL WHEN QNAM = AECRIT'
    >>> Annotation("DS", "VISITNUM").text
    'DS.VISITNUM'
    """

    dataset: str
    variable: str
    supplemental: bool = False
    when: tuple[When, ...] = ()
    picked: str = ""

    @property
    def name(self) -> str:
        """Name the variable, with the dataset where its own name doesn't say it.

        >>> Annotation("DM", "RFICDTC", picked="earliest").name
        'DM.RFICDTC (earliest)'
        """
        if self.supplemental:
            return f"SUPP{self.dataset}.QVAL"
        plain = self.variable.startswith(self.dataset[:2])
        name = self.variable if plain else f"{self.dataset}.{self.variable}"
        return f"{name} ({self.picked})" if self.picked else name

    @property
    def condition(self) -> str:
        """Say for which records.

        >>> Annotation("VS", "VSORRES").condition
        ''
        """
        when = (When("QNAM", (self.variable,)),) if self.supplemental else self.when
        return f" WHEN {' and '.join(str(one) for one in when)}" if when else ""

    @property
    def text(self) -> str:
        """Write it as it stands on the page.

        >>> Annotation("EX", "EXDOSE").text
        'EXDOSE'
        """
        return self.name + self.condition


def annotations_of(mapped: Mapped) -> dict[Leaf, list[Annotation]]:
    """Find for each raw column the published variables that its content goes to.

    >>> from trialkit.samples import sample_study
    >>> found = annotations_of(Mapped(sample_study(), {}))
    >>> [one.text for one in found[Leaf("VITALS", "SYS")]]
    ['VSORRES WHEN VSTESTCD = SYSBP']
    """
    found: dict[Leaf, list[Annotation]] = defaultdict(list)
    for name, spec in sorted(mapped.study.datasets.items()):
        if not spec.working:
            for leaf, one in _of_dataset(spec, mapped.dataset(name)):
                found[leaf].append(one)
    return dict(found)


def _of_dataset(spec: DatasetSpec, paths: Sequence[Values]) -> Iterator[tuple[Leaf, Annotation]]:
    touched, variables = _touched(spec, paths), all_variables(spec)
    for variable in published(spec):
        origin = variables[variable].origin
        if origin and origin.type in NOT_COLLECTED:
            continue
        ways: dict[Trace, list[int]] = defaultdict(list)
        for number, path in enumerate(paths):
            for trace in path[variable].traces:
                ways[trace._replace(recoded=False)].append(number)
        for trace, numbers in sorted(ways.items()):
            extra = variable in spec.supplemental
            when = () if extra else conditions(spec, paths, set(numbers), touched[trace.source])
            yield trace.leaf, Annotation(spec.dataset, variable, extra, when, trace.picked)


def published(spec: DatasetSpec) -> list[str]:
    """Name the variables of a dataset that are in the output, supplemental qualifiers included.

    >>> from trialkit.samples import sample_study
    >>> published(sample_study().datasets["VS"])[:3]
    ['STUDYID', 'DOMAIN', 'USUBJID']
    """
    named = [name for name, variable in spec.variables.items() if not variable.working]
    return [*named, *spec.supplemental]


def _touched(spec: DatasetSpec, paths: Sequence[Values]) -> dict[str, set[int]]:
    """Say for each raw source which paths have its content."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, path in enumerate(paths):
        for variable in published(spec):
            for trace in path[variable].traces:
                found[trace.source].add(number)
    return found


def conditions(
    spec: DatasetSpec, paths: Sequence[Values], mine: set[int], among: set[int]
) -> tuple[When, ...]:
    """Say how the records of some paths are told from those of others.

    The test comes first, then the keys of the dataset, then any variable.

    Args:
        spec: the dataset.
        paths: its paths.
        mine: the paths to tell.
        among: the paths to tell them from.

    >>> from define.acrf.known import known
    >>> from trialkit.samples import sample_study
    >>> paths = [{"VSTESTCD": known("SYSBP")}, {"VSTESTCD": known("DIABP")}]
    >>> conditions(sample_study().datasets["VS"], paths, {1}, {0, 1})
    (When(variable='VSTESTCD', values=('DIABP',)),)
    """
    chosen: list[When] = []
    left = among | mine
    for variable in _telling(spec):
        values = [paths[number][variable].said for number in sorted(mine) if variable in paths[number]]
        if left == mine or not values or "" in values:
            continue
        same = {number for number in left if paths[number][variable].said in values}
        if same != left:
            chosen.append(When(variable, tuple(dict.fromkeys(values))))
            left = same
    return tuple(chosen)


def _telling(spec: DatasetSpec) -> list[str]:
    names = [name for name in published(spec) if name not in ALWAYS | set(spec.supplemental)]
    tests = [name for name in names if name.endswith("TESTCD")]
    return list(dict.fromkeys([*tests, *(key for key in spec.keys if key in names), *names]))


def said_by_form(mapped: Mapped, dataset: str, source: str) -> list[When]:
    """Give what a dataset has in all records of a form, such as a category, because they are of that form.

    >>> from trialkit.samples import sample_study
    >>> said_by_form(Mapped(sample_study(), {}), "VS", "VITALS")
    []
    """
    spec, paths = mapped.study.datasets[dataset], mapped.dataset(dataset)
    mine = _touched(spec, paths)[source]
    found = []
    for variable in published(spec):
        here = {paths[number][variable].text for number in mine}
        elsewhere = {path[variable].text for number, path in enumerate(paths) if number not in mine}
        telling = variable.removeprefix(dataset[:2]) in NAMED_BY_FORM or bool(elsewhere - here)
        [text, *others] = here or {None}
        if text and not others and telling and variable not in ALWAYS:
            found.append(When(variable, (text,)))
    return found


def joined(annotations: Iterable[Annotation]) -> list[tuple[str, str, str]]:
    """Write annotations of one field as few boxes: dataset, variables, condition.

    >>> joined([Annotation("AE", "AESEV"), Annotation("AE", "AETOXGR")])
    [('AE', 'AESEV, AETOXGR', '')]
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in annotations:
        groups[(one.dataset, one.condition)].append(one.name)
    return [(dataset, ", ".join(names), when) for (dataset, when), names in groups.items()]
