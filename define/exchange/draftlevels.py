"""Value levels of a define, as far as the datasets do not give them by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from define.build.valuelevel import kinds_of
from define.check.view import Use, View
from define.exchange.draftcodelists import Lists
from define.exchange.texts import checks_of, comment_of, method_of, origin_said, where_text
from define.model import NUMBERS, RangeCheck


def levels_said(view: View, use: Use, kind: str, lists: Lists) -> list[dict[str, Any]]:
    """Say the value levels of a variable that differ from what their records and the variable give.

    Args:
        view: the define.
        use: the variable.
        kind: its type.
        lists: where codelists go, and what specs cannot say.

    >>> from define.exchange.known import known_of
    >>> from define.samples import sample_define
    >>> view = View(sample_define(), "define.xml")
    >>> use = next(view.variables())
    >>> levels_said(view, use, "Char", Lists(view, known_of(view, "sdtm")))
    []
    """
    made = []
    code = code_of(view, use)
    for level in view.levels(use):
        when, checks = where_text(view, level), checks_of(view, level)
        said = _said(view, use, level, kind, lists)
        usual = _label(view, use, code, checks) if code else ""
        if level.item.label != (usual or use.item.name):
            said = {"label": level.item.label, **said}
        if not when:
            lists.left["value levels of which a spec cannot say the records"] += 1
        elif said or not usual:
            made.append({"when": when, **{key: value for key, value in said.items() if value}})
    return made


def qualifiers(view: View, use: Use) -> Iterator[tuple[str, Use]]:
    """Give the value levels of QVAL, each with its QNAM.

    >>> from define.samples import sample_define
    >>> view = View(sample_define(), "define.xml")
    >>> list(qualifiers(view, next(view.variables())))
    []
    """
    for level in view.levels(use):
        checks = checks_of(view, level)
        if len(checks) == 1 and checks[0].item_oid == "QNAM" and len(checks[0].values) == 1:
            yield checks[0].values[0], level


def code_of(view: View, use: Use) -> str:
    """Name the variable whose values give the value levels of a variable by themselves; "" for none.

    >>> from define.samples import sample_define
    >>> view = View(sample_define(), "define.xml")
    >>> code_of(view, next(view.variables()))
    ''
    """
    kinds = (kind for kind in kinds_of(use.group.name) if kind.code != "QNAM")
    code = next((kind.code for kind in kinds if use.item.name in kind.values), "")
    names = {view.items[ref.item_oid].name for ref in use.group.items if ref.item_oid in view.items}
    return code if code in names else ""


def _label(view: View, use: Use, code: str, checks: tuple[RangeCheck, ...]) -> str:
    """Give the label that a value level has by its records: what its code stands for, and what is by it."""
    if not checks or checks[0].item_oid != code or any(one.comparator != "EQ" for one in checks):
        return ""
    first, *more = [one.values[0] if one.values else "" for one in checks]
    mine = (view.items.get(ref.item_oid) for ref in use.group.items)
    item = next((one for one in mine if one and one.name == code), None)
    codelist = view.codelists.get(item.codelist.codelist_oid) if item and item.codelist else None
    decodes = {
        term.coded_value: getattr(term, "decoded", "") for term in (codelist.terms if codelist else ())
    }
    text = decodes.get(first) or first
    return f"{text} ({', '.join(more)})" if more else text


def _said(view: View, use: Use, level: Use, kind: str, lists: Lists) -> dict[str, Any]:
    item, origins = level.item, level.item.origins
    derived = bool(origins) and origins[0].type == "Derived"
    own = level.ref.method_oid and level.ref.method_oid != use.ref.method_oid
    return (
        {
            "type": "Num" if item.data_type in NUMBERS and kind == "Char" else "",
            "codelist": lists.of(use.group.name, replace(item, name="-"), None) if item.codelist else "",
            "origin": origin_said(origins, lists.left) if origins != use.item.origins and origins else {},
            "method": method_of(view, level.ref.method_oid) if derived and own else "",
            "comment": comment_of(view, item.comment_oid),
        }
        if _differs(use, level, kind)
        else {}
    )


def _differs(use: Use, level: Use, kind: str) -> bool:
    item = level.item
    return bool(
        item.comment_oid
        or item.codelist
        or item.origins != use.item.origins
        or level.ref.method_oid != use.ref.method_oid
        or (item.data_type in NUMBERS and kind == "Char")
    )
