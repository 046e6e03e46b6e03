"""The namespaces of Define-XML 2.1 and Analysis Results Metadata 1.0, and names in them."""

from __future__ import annotations

ODM = "http://www.cdisc.org/ns/odm/v1.3"
DEF = "http://www.cdisc.org/ns/def/v2.1"
DEF_20 = "http://www.cdisc.org/ns/def/v2.0"
ARM = "http://www.cdisc.org/ns/arm/v1.0"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"

PREFIXES = {ODM: "odm", DEF: "def", ARM: "arm", XLINK: "xlink", XML: "xml"}


def odm(name: str) -> str:
    """Give a name of ODM 1.3 as lxml writes it.

    >>> odm("ItemDef")
    '{http://www.cdisc.org/ns/odm/v1.3}ItemDef'
    """
    return f"{{{ODM}}}{name}"


def def_(name: str) -> str:
    """Give a name of Define-XML 2.1 as lxml writes it.

    >>> def_("Origin")
    '{http://www.cdisc.org/ns/def/v2.1}Origin'
    """
    return f"{{{DEF}}}{name}"


def arm(name: str) -> str:
    """Give a name of Analysis Results Metadata 1.0 as lxml writes it.

    >>> arm("Code")
    '{http://www.cdisc.org/ns/arm/v1.0}Code'
    """
    return f"{{{ARM}}}{name}"


def space_of(name: str) -> str:
    """Give the namespace of a name; "" for none.

    >>> space_of(odm("ItemDef")) == ODM, space_of("OID")
    (True, '')
    """
    return name[1:].partition("}")[0] if name.startswith("{") else ""


def short(name: str) -> str:
    """Write a name with the usual prefix, as problems and XPath show it.

    >>> short(def_("Origin")), short("OID"), short("{urn:x}y")
    ('def:Origin', 'OID', 'y')
    """
    space, local = space_of(name), name.rpartition("}")[2]
    return f"{PREFIXES[space]}:{local}" if space in PREFIXES else local
