"""What every part of the model has: how its fields stand in XML, and whatever else the file had there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple


class Spot(NamedTuple):
    """Where an element stood in the file that was read; line 0 for one that was made.

    >>> Spot(12, "/odm:ODM").line
    12
    """

    line: int = 0
    xpath: str = ""


class Extra(NamedTuple):
    """A comment, a processing instruction or a foreign element, kept as XML.

    Args:
        xml: the XML, with the namespaces that it needs.
        offset: in an element that holds text, how many characters of it stand before.

    >>> Extra("<!-- from the vendor -->").offset
    0
    """

    xml: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Attr:
    """Mark a field as an attribute; ``name`` is as lxml writes it.

    >>> Attr("OID").name
    'OID'
    """

    name: str


@dataclass(frozen=True, slots=True)
class Child:
    """Mark a field as child elements; ``tag`` is needed for those that hold nothing but text.

    >>> Child("{http://www.cdisc.org/ns/odm/v1.3}StudyName").tag
    '{http://www.cdisc.org/ns/odm/v1.3}StudyName'
    """

    tag: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """Mark a field as the text of the element itself.

    >>> Content()
    Content()
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """The base of every part of the model: an XML element.

    The fields of a subclass are annotated with ``Attr``, ``Child`` or ``Content``; children are
    written in the order of the fields.

    Args:
        other: attributes that the model has no field for, or whose text is none of the field's type.
        extras: comments, processing instructions and foreign elements, in their order.
        layout: the order of the children as it was read, as names of fields and "" for an extra;
            empty where it is that of the fields. Only a child's place is taken from it, so that a part
            with other children can still be written.
        namespaces: prefix and namespace of each declaration that stands on this element.
        spot: where the element stood; takes no part in comparisons.

    >>> Element(other=(("Comment", "x"),)).other
    (('Comment', 'x'),)
    """

    TAG: ClassVar[str] = ""

    other: tuple[tuple[str, str], ...] = ()
    extras: tuple[Extra, ...] = ()
    layout: tuple[str, ...] = ()
    namespaces: tuple[tuple[str, str], ...] = ()
    spot: Spot = field(default=Spot(), compare=False, repr=False)
