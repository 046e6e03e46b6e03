"""Other names of a thing, such as its code in NCI's thesaurus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.element import Attr, Element
from define.names import odm

NCI = "nci:ExtCodeID"
DOMAIN = "DomainDescription"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias(Element):
    """A name in a context: ``nci:ExtCodeID``, or ``DomainDescription`` of a split domain.

    >>> Alias(context=NCI, name="C66731").name
    'C66731'
    """

    TAG: ClassVar[str] = odm("Alias")

    context: Annotated[str, Attr("Context")]
    name: Annotated[str, Attr("Name")]


def nci_code(aliases: tuple[Alias, ...]) -> str:
    """Give the code in NCI's thesaurus; "" for none.

    >>> nci_code((Alias(context=NCI, name="C66731"),)), nci_code(())
    ('C66731', '')
    """
    return next((one.name for one in aliases if one.context == NCI), "")
