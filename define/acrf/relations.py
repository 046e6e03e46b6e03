"""Notes on related records, read off the dataset RELREC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from define.acrf.known import MISSING
from define.acrf.mapped import Mapped

DATASET = "RELREC"


@dataclass(frozen=True, slots=True)
class Relation:
    """One relationship: the datasets and their variables that tell the related records.

    >>> Relation((("EC", "ECLNKID"), ("EX", "EXLNKID"))).text
    'RELREC: EC.ECLNKID = EX.EXLNKID'
    """

    members: tuple[tuple[str, str], ...]

    @property
    def by_record(self) -> bool:
        """Say whether single records are related, by their sequence numbers.

        >>> Relation((("AE", "AESEQ"), ("EC", "ECSEQ"))).by_record
        True
        """
        return all(variable.endswith("SEQ") for _, variable in self.members)

    @property
    def text(self) -> str:
        """Write the note.

        >>> Relation((("AE", "AESEQ"), ("EC", "ECSEQ"))).text
        'RELREC: related records in AE and EC, by AESEQ and ECSEQ'
        """
        if self.by_record:
            datasets, variables = (" and ".join(names) for names in zip(*self.members, strict=True))
            return f"RELREC: related records in {datasets}, by {variables}"
        return f"RELREC: {' = '.join(f'{dataset}.{variable}' for dataset, variable in self.members)}"

    def belongs(self, used: Collection[tuple[str, str]], main: Collection[str]) -> bool:
        """Say whether it belongs on a form.

        Args:
            used: the variables that are made from its fields.
            main: the dataset that most of its fields go to.

        >>> Relation((("EC", "ECLNKID"),)).belongs({("EC", "ECLNKID")}, ["EC"])
        True
        """
        if self.by_record:
            return any(dataset in main for dataset, _ in self.members)
        return any(member in used for member in self.members)


def relations_of(mapped: Mapped) -> list[Relation]:
    """List the relationships of a study, as far as the specs name them.

    >>> from trialkit.samples import sample_study
    >>> relations_of(Mapped(sample_study(), {}))
    []
    """
    if DATASET not in mapped.study.datasets:
        return []
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in mapped.dataset(DATASET):
        name, dataset, variable = (path.get(one, MISSING).said for one in ("RELID", "RDOMAIN", "IDVAR"))
        if name and dataset and variable and (dataset, variable) not in found[name]:
            found[name].append((dataset, variable))
    return [Relation(tuple(members)) for _, members in sorted(found.items()) if len(members) > 1]
