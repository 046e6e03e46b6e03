"""What a field is used for where its content is in no variable: derivations, keys, the choice of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from define.acrf.annotations import published
from define.acrf.mapped import Headers
from trialkit.dataflow import DatasetFlow, Leaf, flows, raw_leaves, read_columns
from trialkit.study import Study

MOST_NAMES = 4
MOST_DATASETS = 4


@dataclass(slots=True)
class Use:
    """What one raw column is used for.

    Args:
        variables: the published variables that are made from it, as ``DATASET, VARIABLE``, each with the
            number of raw columns that it is made from.
        records: the published datasets of which it decides the records.
        checked: whether a rule or a check names it at all.
        keys: what its source says of it: that it names the record, the subject or the visit.

    >>> Use(variables={("DM", "RFXSTDTC"): 1}).text
    'DM.RFXSTDTC'
    """

    variables: dict[tuple[str, str], int] = field(default_factory=dict)
    records: set[str] = field(default_factory=set)
    checked: bool = False
    keys: list[str] = field(default_factory=list)

    @property
    def submitted(self) -> bool:
        """Say whether anything that is published depends on it.

        >>> Use(checked=True).submitted
        False
        """
        return bool(self.variables or self.records)

    @property
    def text(self) -> str:
        """Say what for, in a few words.

        >>> Use(records={"AE"}, keys=["key"]).text
        'key, choice of records in AE'
        """
        parts = [*self.keys, *variable_names(self.variables)]
        if self.records:
            parts.append(f"choice of records in {_few(sorted(self.records), MOST_DATASETS, 'datasets')}")
        if not parts and self.checked:
            parts.append("checks of the data")
        return ", ".join(parts)


def variable_names(variables: Mapping[tuple[str, str], int], most: int = MOST_NAMES) -> list[str]:
    """Name variables: those of the fewest columns first, those of several datasets once, as --STDY.

    >>> variable_names({("AE", "AESTDY"): 9, ("CM", "CMSTDY"): 8, ("DM", "RFXSTDTC"): 2})
    ['DM.RFXSTDTC', '--STDY']
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for dataset, variable in sorted(variables, key=lambda one: (variables[one], one)):
        groups[generic_name(dataset, variable)].append(dataset)
    names = [
        name if len(datasets) > 1 else f"{datasets[0]}.{name}".replace(".--", "")
        for name, datasets in groups.items()
    ]
    return names if len(names) <= most else [*names[:most], f"{len(names) - most} more variables"]


def generic_name(dataset: str, variable: str) -> str:
    """Name a variable as it is named in any dataset.

    >>> generic_name("AE", "AESTDTC"), generic_name("AE", "VISITNUM")
    ('--STDTC', 'VISITNUM')
    """
    own = variable.startswith(dataset[:2]) and len(variable) > 2
    return f"--{variable[2:]}" if own else variable


def _few(names: list[str], most: int, what: str) -> str:
    return ", ".join(names) if len(names) <= most else f"{len(names)} {what}"


def uses_of(study: Study, headers: Headers) -> dict[Leaf, Use]:
    """Find what each raw column is used for, by the flow of the columns.

    >>> from trialkit.samples import sample_study
    >>> found = uses_of(sample_study(), {})
    >>> ("EX", "EXDOSE") in found[Leaf("DOSING", "DOSE")].variables
    True
    """
    made = flows(study, headers)
    found: dict[Leaf, Use] = defaultdict(Use)
    for name, spec in study.datasets.items():
        if spec.working:
            continue
        for variable in published(spec):
            leaves = raw_leaves(made[name].variables[variable], made)
            for leaf in leaves:
                found[leaf].variables[(name, variable)] = len(leaves)
        for leaf in deciding(name, made):
            found[leaf].records.add(name)
    for leaf in read_columns(made.values()):
        found[leaf].checked = True
    _name_keys(study, found)
    return {leaf: use for leaf, use in found.items() if leaf.table in study.spec.sources and leaf.column}


def deciding(name: str, made: Mapping[str, DatasetFlow]) -> set[Leaf]:
    """Give the raw columns that decide which records a dataset has, by way of the datasets that it reads.

    >>> flow = DatasetFlow(records=frozenset({Leaf("AEFORM", "AUDITTIME")}))
    >>> deciding("AE", {"AE": flow})
    {Leaf(table='AEFORM', column='AUDITTIME')}
    """
    found, todo, seen = set[Leaf](), [name], {name}
    while todo:
        leaves = made[todo.pop()].records
        found |= raw_leaves((leaf for leaf in leaves if leaf.column), made)
        more = {leaf.table for leaf in leaves if leaf.table in made} - seen
        seen |= more
        todo += sorted(more)
    return found


def _name_keys(study: Study, found: dict[Leaf, Use]) -> None:
    for name, source in study.spec.sources.items():
        said = ((source.key, "key"), ((source.subject,), "subject"), ((source.visit,), "visit"))
        for columns, what in said:
            for column in filter(None, columns):
                found[Leaf(name, column)].keys.append(what)
