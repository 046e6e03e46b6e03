"""What a workbook cannot hold: found by making a define.xml of it again and comparing."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

from define.check.references import REFERENCES
from define.check.view import walk
from define.model import Define
from define.model.shape import shape_of

Value: TypeAlias = tuple[str, object]
IDENTIFIERS = {*REFERENCES, "oid", "id"}  # the workbook has its own way to write them


def losses(before: Define, after: Define) -> dict[str, int]:
    """Count the values of one define.xml that another has not, by attribute and element.

    What a shared definition says counts once for every variable that shares it in the other.

    >>> from define.check.samples import changed
    >>> from define.samples import sample_define
    >>> losses(changed(sample_define(), "study.metadata.items.1", length=2), sample_define())
    {'Length of ItemDef': 1}
    """
    missing = _values(before) - _values(after)
    found = Counter[str]()
    for (name, _), count in missing.items():
        found[name] += count
    return dict(sorted(found.items()))


def _values(define: Define) -> Counter[Value]:
    found = Counter[Value]()
    for part in walk(define):
        shape, kind = shape_of(type(part)), type(part).__name__
        before = found.total()
        for slot in shape.attributes:
            value = getattr(part, slot.field)
            if slot.field not in IDENTIFIERS and value not in (None, "", False):
                found[f"{slot.name.rpartition('}')[2]} of {kind}", value] += 1
        if shape.content:
            found[f"text of {kind}", getattr(part, shape.content).rstrip()] += 1
        for nest in shape.children:
            if nest.made is str and not nest.many and getattr(part, nest.field):
                name = f"{nest.tag.rpartition('}')[2]} of {kind}"
                found[name, getattr(part, nest.field).strip()] += 1
        if found.total() == before:
            found[f"{kind} elements", ""] += 1
        for name, value in part.other:
            found[f"attribute {name.rpartition('}')[2]} of {kind}", value] += 1
        for extra in part.extras:
            if not extra.xml.startswith("<!--"):
                found[f"foreign elements of {kind}", extra.xml] += 1
    return found
