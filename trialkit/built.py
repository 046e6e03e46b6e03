"""A finished dataset and its variables: what the spec says of them, and else what the standard says."""

from __future__ import annotations

from dataclasses import dataclass

from trialkit.attributes import Dataset, Type, data_type
from trialkit.attributes import Variable as Attributes
from trialkit.column import Column
from trialkit.records import Records
from trialkit.spec import DatasetSpec


@dataclass(frozen=True, slots=True)
class Meta:
    """A variable as it will be published.

    ``codelists`` are names or C-codes; ``described`` is the described value domain, such as
    "ISO 8601 datetime or interval".

    >>> Meta("SEX", "Sex", "Char").role
    ''
    """

    name: str
    label: str
    type: Type
    length: int | None = None
    format: str = ""
    codelists: tuple[str, ...] = ()
    core: str = ""
    role: str = ""
    described: str = ""
    known: bool = False

    def attributes(self, column: Column, keys: list[str]) -> Attributes:
        """Give what a writer needs to know, with the data type read off the values.

        >>> Meta("AGE", "Age", "Num").attributes(Column.numbers([63.0]), []).data_type
        'integer'
        """
        place = keys.index(self.name) + 1 if self.name in keys else None
        kind = data_type(self.type, column)
        return Attributes(self.name, self.label, self.type, kind, self.length, self.format, place)


@dataclass(frozen=True, eq=False, slots=True)
class Built:
    """A finished dataset.

    Args:
        spec: its spec.
        dataset: name, label and variables in their order, for writers.
        metas: the published variables by name, in their order.
        records: in their order, with lineage and witnesses; working variables included.

    >>> from trialkit.samples import sample_result
    >>> [one.dataset.label for one in sample_result().built]
    ['Demographics', 'Exposure', 'Vital Signs']
    """

    spec: DatasetSpec
    dataset: Dataset
    metas: dict[str, Meta]
    records: Records

    @property
    def name(self) -> str:
        """Give the dataset's name.

        >>> from trialkit.samples import sample_result
        >>> sample_result().built[0].name
        'DM'
        """
        return self.dataset.name

    @property
    def count(self) -> int:
        """Count the records.

        >>> from trialkit.samples import sample_review
        >>> sample_review("DM", SEX=["F", "M"]).built.count
        2
        """
        return self.records.count

    def published(self) -> dict[str, Column]:
        """Give the published columns in their order.

        >>> from trialkit.samples import sample_review
        >>> list(sample_review("DM", SEX=["F"], ARM=["A"]).built.published())
        ['SEX', 'ARM']
        """
        return {name: self.records.columns[name] for name in self.metas}

    def as_table(self) -> Records:
        """Give the dataset as a table that other datasets read.

        >>> from trialkit.samples import sample_review
        >>> sample_review("DM", SEX=["F", "M"]).built.as_table().rows["DM"].tolist()
        [0, 1]
        """
        return Records.start(self.name, self.records.columns, self.count)
