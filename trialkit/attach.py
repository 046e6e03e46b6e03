"""What is known of a variable: what its spec says, and else what the standard says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialkit.attributes import DataType, Type
from trialkit.attributes import Variable as Attributes
from trialkit.column import Column
from trialkit.facts import DatasetFacts
from trialkit.spec import DatasetSpec, Variable
from trialkit.standard import Standard


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


def data_type(type_: Type, column: Column) -> DataType:
    """Give the Dataset-JSON data type: integer where all numbers are whole.

    >>> data_type("Num", Column.numbers([1.5]))
    'float'
    """
    if type_ == "Char":
        return "string"
    values = column.compact().values
    known = values[~np.isnan(values)]
    whole = np.isfinite(known).all() and (known == np.floor(known)).all() and (abs(known) < 2**53).all()
    return "integer" if whole else "float"


def facts_of(spec: DatasetSpec, standard: Standard) -> DatasetFacts | None:
    """Give what the standard says of a dataset; None for one of which it says nothing.

    A sponsor's own domain declares its class and has the variables of the model.

    >>> facts_of(None, None)
    Traceback (most recent call last):
    AttributeError: 'NoneType' object has no attribute 'dataset'
    """
    name = spec.domain or spec.dataset
    found = standard.facts.find(name)
    if found is None and spec.dataset_class:
        return standard.facts.custom(name, spec.dataset_class, spec.label, spec.structure)
    return found


def meta_of(spec: DatasetSpec, name: str, standard: Standard) -> Meta:
    """Join what the spec and the standard say of a variable.

    A variable that the standard does not know and whose spec gives no label has its own name
    as label; the checks report that.

    >>> from trialkit.standard import Standard
    >>> meta_of(None, "X", None)
    Traceback (most recent call last):
    AttributeError: 'NoneType' object has no attribute 'variables'
    """
    variable: Variable | None = {**spec.variables, **spec.supplemental}.get(name)
    facts = facts_of(spec, standard)
    fact = facts.find(name) if facts else None
    own = [variable.codelist] if variable and variable.codelist else None
    kind: Type = (variable and variable.type) or (fact.type if fact else "Char")  # type: ignore[assignment]
    return Meta(
        name,
        (variable and variable.label) or (fact.label if fact else name),
        kind,
        variable.length if variable else None,
        variable.format if variable else "",
        tuple(own or (fact.codelists if fact else ())),
        (variable and variable.core) or (fact.core if fact else ""),
        fact.role if fact else "",
        fact.value_domain if fact else "",
        fact is not None,
    )
