"""What the checks look at: the model, with all that has an identifier at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeVar

from define.model import (
    CodeList,
    Define,
    Element,
    ItemDef,
    ItemGroupDef,
    ItemRef,
    Leaf,
    Standard,
    ValueListDef,
    WhereClauseDef,
)
from define.model.shape import shape_of
from trialkit.problems import Kind, Place, Problem, did_you_mean


class HasOid(Protocol):
    """A part with an identifier.

    >>> from define.samples import sample_define
    >>> part: HasOid = sample_define().metadata
    >>> part.oid
    'MDV.1'
    """

    @property
    def oid(self) -> str:
        """Give the identifier.

        >>> from define.samples import sample_define
        >>> sample_define().study.oid
        'S1'
        """


T = TypeVar("T", bound=HasOid)


@dataclass(frozen=True, slots=True)
class Use:
    """A variable of a dataset, or a value level of one.

    Args:
        group: the dataset.
        ref: the reference to the definition.
        item: the definition.
        parent: the variable, for a value level.

    >>> from define.samples import sample_define
    >>> next(View(sample_define(), "define.xml").variables()).name
    'DM.USUBJID'
    """

    group: ItemGroupDef
    ref: ItemRef
    item: ItemDef
    parent: ItemDef | None = None

    @property
    def variable(self) -> str:
        """Name the variable in the data.

        >>> from define.samples import sample_define
        >>> [use.variable for use in View(sample_define(), "define.xml").variables()]
        ['USUBJID', 'SEX']
        """
        return (self.parent or self.item).name

    @property
    def name(self) -> str:
        """Name the variable, and the value level by its identifier.

        >>> from define.samples import sample_define
        >>> [use.name for use in View(sample_define(), "define.xml").variables()]
        ['DM.USUBJID', 'DM.SEX']
        """
        level = f" {self.item.oid}" if self.parent else ""
        return f"{self.group.name}.{self.variable}{level}"


class View:
    """A define.xml as the checks see it.

    Args:
        define: the model.
        file: the name of the file, for problems.

    >>> from define.samples import sample_define
    >>> View(sample_define(), "define.xml").codelists["CL.SEX"].name
    'Sex'
    """

    def __init__(self, define: Define, file: str) -> None:
        """Keep the model."""
        self.define = define
        self.metadata = define.metadata
        self.file = file

    @cached_property
    def items(self) -> dict[str, ItemDef]:
        """Give the definitions of variables.

        >>> from define.samples import sample_define
        >>> sorted(View(sample_define(), "define.xml").items)
        ['IT.DM.SEX', 'IT.DM.USUBJID']
        """
        return by_oid(self.metadata.items)

    @cached_property
    def codelists(self) -> dict[str, CodeList]:
        """Give the codelists.

        >>> from define.samples import sample_define
        >>> sorted(View(sample_define(), "define.xml").codelists)
        ['CL.SEX']
        """
        return by_oid(self.metadata.codelists)

    @cached_property
    def groups(self) -> dict[str, ItemGroupDef]:
        """Give the datasets.

        >>> from define.samples import sample_define
        >>> sorted(View(sample_define(), "define.xml").groups)
        ['IG.DM']
        """
        return by_oid(self.metadata.item_groups)

    @cached_property
    def value_lists(self) -> dict[str, ValueListDef]:
        """Give the value lists.

        >>> from define.samples import sample_define
        >>> View(sample_define(), "define.xml").value_lists
        {}
        """
        return by_oid(self.metadata.value_lists)

    @cached_property
    def where_clauses(self) -> dict[str, WhereClauseDef]:
        """Give the conditions.

        >>> from define.samples import sample_define
        >>> View(sample_define(), "define.xml").where_clauses
        {}
        """
        return by_oid(self.metadata.where_clauses)

    @cached_property
    def standards(self) -> dict[str, Standard]:
        """Give the standards.

        >>> from define.samples import sample_define
        >>> sorted(View(sample_define(), "define.xml").standards)
        ['STD.1', 'STD.2']
        """
        return by_oid(self.metadata.standards.standards if self.metadata.standards else ())

    @cached_property
    def leaves(self) -> dict[str, Leaf]:
        """Give the files, those of the datasets too.

        >>> from define.samples import sample_define
        >>> View(sample_define(), "define.xml").leaves["LF.DM"].href
        'dm.xpt'
        """
        mine = (group.leaf for group in self.metadata.item_groups if group.leaf)
        return {leaf.id: leaf for leaf in (*self.metadata.leaves, *mine)}

    @cached_property
    def owners(self) -> dict[str, ItemGroupDef]:
        """Give the first dataset that has each variable, by the identifier of its definition.

        >>> from define.samples import sample_define
        >>> View(sample_define(), "define.xml").owners["IT.DM.SEX"].name
        'DM'
        """
        found: dict[str, ItemGroupDef] = {}
        for group in self.metadata.item_groups:
            for ref in group.items:
                found.setdefault(ref.item_oid, group)
        return found

    @cached_property
    def members(self) -> dict[str, frozenset[str]]:
        """Give the identifiers of the variables of each dataset.

        >>> from define.samples import sample_define
        >>> sorted(View(sample_define(), "define.xml").members["IG.DM"])
        ['IT.DM.SEX', 'IT.DM.USUBJID']
        """
        return {
            group.oid: frozenset(ref.item_oid for ref in group.items) for group in self.metadata.item_groups
        }

    def variables(self) -> Iterator[Use]:
        """Give the variables of every dataset whose definitions are there.

        >>> from define.samples import sample_define
        >>> [use.item.oid for use in View(sample_define(), "define.xml").variables()]
        ['IT.DM.USUBJID', 'IT.DM.SEX']
        """
        for group in self.metadata.item_groups:
            for ref in group.items:
                if ref.item_oid in self.items:
                    yield Use(group, ref, self.items[ref.item_oid])

    def levels(self, use: Use) -> list[Use]:
        """Give the value levels of a variable.

        >>> from define.samples import sample_define
        >>> view = View(sample_define(), "define.xml")
        >>> view.levels(next(view.variables()))
        []
        """
        oid = use.item.value_list.value_list_oid if use.item.value_list else ""
        refs = self.value_lists[oid].items if oid in self.value_lists else ()
        known = ((ref, self.items.get(ref.item_oid)) for ref in refs)
        return [Use(use.group, ref, item, use.item) for ref, item in known if item]

    def uses(self) -> Iterator[Use]:
        """Give the variables, each followed by its value levels.

        >>> from define.samples import sample_define
        >>> len(list(View(sample_define(), "define.xml").uses()))
        2
        """
        for use in self.variables():
            yield use
            yield from self.levels(use)

    def problem(self, kind: Kind, part: Element, what: str, use: Use | None = None, **more: Any) -> Problem:
        """Make a problem that is at a part, with its line and XPath.

        The XPath has the prefixes odm, def, arm and xlink.

        >>> from define.samples import sample_define
        >>> view = View(sample_define(), "define.xml")
        >>> str(view.problem(Kind("A-1", "t", "f"), view.define, "w").where)
        'define.xml'
        """
        dataset, variable = (use.group.name, use.variable) if use else ("", "")
        place = Place(self.file, part.spot.line, 0, part.spot.xpath, dataset, variable)
        return Problem(kind, what, place, **more)


def by_oid(parts: Iterable[T]) -> dict[str, T]:
    """Give parts by their identifiers; of two with one, the first.

    >>> from define.samples import sample_define
    >>> list(by_oid(sample_define().metadata.codelists))
    ['CL.SEX']
    """
    found: dict[str, T] = {}
    for part in parts:
        found.setdefault(part.oid, part)
    return found


def walk(part: Element) -> Iterator[Element]:
    """Give a part and all within it, in the order of the file.

    >>> from define.samples import sample_define
    >>> [type(one).__name__ for one in walk(sample_define())][:3]
    ['Define', 'Study', 'GlobalVariables']
    """
    yield part
    for nest in shape_of(type(part)).children:
        value = getattr(part, nest.field)
        for one in value if nest.many else (value,):
            if isinstance(one, Element):
                yield from walk(one)


def nearest(name: str, known: Iterable[str]) -> str:
    """Ask whether a known name was meant; "" where none is near, so that the usual advice stands.

    >>> nearest("CL.SEXX", ["CL.SEX"]), nearest("A", ["CL.SEX"])
    ("Did you mean 'CL.SEX'?", '')
    """
    said = did_you_mean(name, known)
    return said if said.startswith("Did") else ""
