"""Identifiers of the parts of the page, made of OIDs so that links to them stay good."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "standard",
    "document",
    "dataset",
    "variable",
    "value",
    "item",
    "codelist",
    "method",
    "comment",
    "where",
    "display",
    "result",
]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def anchor(kind: Kind, *oids: str) -> str:
    """Make the identifier of a part: its kind and the OIDs that lead to it.

    A variable is named by the OIDs of its dataset and of its definition, a value level by these and
    that of its own definition, every other part by its own OID. Characters that mean something in a link
    are written as ``~`` and two digits.

    >>> anchor("variable", "IG.DM", "IT.DM.AGE"), anchor("codelist", "CL.A b")
    ('variable/IG.DM/IT.DM.AGE', 'codelist/CL.A~20b')
    """
    return "/".join([kind, *(_UNSAFE.sub(_escape, oid) for oid in oids)])


def _escape(found: re.Match[str]) -> str:
    return "".join(f"~{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))


class Anchors:
    """Gives out identifiers, no one twice: where OIDs are not unique, links lead to the first.

    >>> anchors = Anchors()
    >>> anchors.take("method", "MT.A"), anchors.take("method", "MT.A")
    ('method/MT.A', 'method/MT.A/~2')
    """

    def __init__(self) -> None:
        self._taken = Counter[str]()

    def take(self, kind: Kind, *oids: str) -> str:
        """Give an identifier of its own to a part.

        >>> Anchors().take("method", "MT.A")
        'method/MT.A'
        """
        made = anchor(kind, *oids)
        self._taken[made] += 1
        return made if self._taken[made] == 1 else f"{made}/~{self._taken[made]}"
