"""The shape of an element, read off the annotations of its class: what reading and writing go by."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from define.model.element import Attr, Child, Content, Element

YES, NO = "Yes", "No"
Scalar: TypeAlias = str | int | bool | Decimal | None


@dataclass(frozen=True, slots=True)
class Slot:
    """An attribute of an element.

    Args:
        field: the name of the field.
        name: the name of the attribute.
        read: makes the value of a text; ValueError where it is none.
        absent: the value where there is no such attribute.
        required: whether the class has no default for it.

    >>> next(slot.absent for slot in shape_of(_example()).attributes if slot.field == "length") is None
    True
    """

    field: str
    name: str
    read: Callable[[str], Scalar]
    absent: Scalar
    required: bool

    def text(self, value: Scalar) -> str | None:
        """Write a value; None where the attribute is left out.

        >>> [slot.text(True) for slot in shape_of(_example()).attributes if slot.field == "length"]
        ['Yes']
        """
        if value is None or value == self.absent:
            return None
        return {True: YES, False: NO}[value] if isinstance(value, bool) else str(value)

    def exactly(self, text: str) -> Scalar:
        """Make the value of a text that is written as the same text again.

        Raises:
            ValueError: there is none.

        >>> length = next(slot for slot in shape_of(_example()).attributes if slot.field == "length")
        >>> length.exactly("8")
        8
        >>> length.exactly("08")
        Traceback (most recent call last):
        ValueError: 08
        """
        value = self.read(text)
        if self.text(value) != text:
            raise ValueError(text)
        return value


@dataclass(frozen=True, slots=True)
class Nest:
    """The children of one kind.

    Args:
        field: the name of the field.
        tag: their tag.
        made: their class; ``str`` for those that hold nothing but text.
        many: whether there may be several.
        required: whether there must be one.

    >>> [nest.field for nest in shape_of(_example()).children][:2]
    ['description', 'codelist']
    """

    field: str
    tag: str
    made: type[Element] | type[str]
    many: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """All that can stand in an element.

    Args:
        attributes: its attributes.
        children: its children, in their order.
        content: the field of its text, if it holds text.
        order: the place of each field among the children.
        by_tag: the children by their tags.

    >>> shape_of(_example()).content
    ''
    """

    attributes: tuple[Slot, ...]
    children: tuple[Nest, ...]
    content: str
    order: Mapping[str, int]
    by_tag: Mapping[str, Nest]


def shape_of(made: type[Element]) -> Shape:
    """Read the shape of an element off its class.

    >>> len(shape_of(_example()).attributes)
    8
    """
    found: Any = made
    return _shape_of(found)


@cache
def _shape_of(made: Any) -> Shape:
    hints = get_type_hints(made, include_extras=True)
    attributes, children, content = list[Slot](), list[Nest](), ""
    for one in fields(made):
        hint = hints[one.name]
        if get_origin(hint) is not Annotated:
            continue
        kind, mark = get_args(hint)
        needed = one.default is MISSING
        if isinstance(mark, Attr):
            attributes.append(_slot(one.name, mark.name, kind, needed))
        elif isinstance(mark, Child):
            children.append(_nest(one.name, mark.tag, kind, needed))
        elif isinstance(mark, Content):
            content = one.name
    order = {nest.field: number for number, nest in enumerate(children)}
    return Shape(tuple(attributes), tuple(children), content, order, {nest.tag: nest for nest in children})


def _slot(name: str, attribute: str, kind: Any, required: bool) -> Slot:
    optional, inner = _optional(kind)
    if inner is bool:
        read: Callable[[str], Scalar] = _yes_no if optional else _yes
    else:
        read = _READ[inner]
    absent: Scalar = None if optional else _ABSENT[inner]
    return Slot(name, attribute, read, absent, required)


def _nest(name: str, tag: str, kind: Any, required: bool) -> Nest:
    many = get_origin(kind) is tuple
    inner = get_args(kind)[0] if many else _optional(kind)[1]
    return Nest(name, tag or inner.TAG, inner, many, required and not many)


def _optional(kind: Any) -> tuple[bool, Any]:
    """Say whether None is allowed, and which type beside it."""
    if get_origin(kind) in (Union, types.UnionType):
        return True, next(one for one in get_args(kind) if one is not type(None))
    return False, kind


def _yes_no(text: str) -> bool:
    if text not in (YES, NO):
        raise ValueError(text)
    return text == YES


def _yes(text: str) -> bool:
    if text != YES:
        raise ValueError(text)
    return True


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite():
        raise ValueError(text)
    return value


_READ: dict[Any, Callable[[str], Scalar]] = {str: str, int: int, Decimal: _decimal}
_ABSENT: dict[Any, Scalar] = {str: "", bool: False}


def _example() -> type[Element]:
    from define.model.items import ItemDef

    return ItemDef
