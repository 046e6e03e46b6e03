"""Methods, comments, origins and conditions of a define, as specs say them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, get_args

from define.check.view import Use, View
from define.model import NUMBERS, CommentDef, DocumentRef, MethodDef, Origin, RangeCheck
from trialkit.spec import Origin as Said

TYPES = get_args(Said.model_fields["type"].annotation)
SOURCES = get_args(Said.model_fields["source"].annotation)
SIGNS = {"EQ": "==", "NE": "!=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "IN": "in", "NOTIN": "not in"}


def comment_of(view: View, oid: str) -> str:
    """Give the text of a comment; "" for none.

    >>> from define.samples import sample_define
    >>> comment_of(View(sample_define(), "define.xml"), "")
    ''
    """
    return _text_of(view.metadata.comments, oid)


def method_of(view: View, oid: str) -> str:
    """Give the text of a method; "" for none.

    >>> from define.samples import sample_define
    >>> method_of(View(sample_define(), "define.xml"), "")
    ''
    """
    return _text_of(view.metadata.methods, oid)


def _text_of(parts: Iterable[CommentDef | MethodDef], oid: str) -> str:
    found = next((one for one in parts if one.oid == oid), None)
    return found.description.text.strip() if found and found.description else ""


def origin_said(origins: tuple[Origin, ...], left: Counter[str]) -> dict[str, Any]:
    """Say an origin as a spec does: the first, and who else collected it.

    Args:
        origins: those of a variable.
        left: counts what specs have no place for.

    >>> origin_said((Origin(type="Collected", source="Vendor"),), Counter())
    {'type': 'Collected', 'source': 'Vendor'}
    """
    if not origins or origins[0].type not in TYPES:
        left["origins of a type that Define-XML 2.1 does not know"] += len(origins)
        return {}
    first, others = (
        origins[0],
        [one for one in origins[1:] if one.type == origins[0].type and one.source in SOURCES],
    )
    left["further origins of another type"] += len(origins) - 1 - len(others)
    made = {
        "type": first.type,
        "source": first.source if first.source in SOURCES else "",
        "pages": [int(page) if page.isdecimal() else page for one in first.documents for page in _pages(one)],
        "predecessor": first.description.text if first.description and first.type == "Predecessor" else "",
        "others": [one.source for one in others if one.source],
    }
    return {key: value for key, value in made.items() if value}


def _pages(document: DocumentRef) -> list[str]:
    found = []
    for page in document.pages:
        found += [page.pages] if page.first_page is not None else (page.page_refs or "").split()
    return found


def checks_of(view: View, level: Use) -> tuple[RangeCheck, ...]:
    """Give the comparisons of a value level, with names of variables; none where its dataset lacks one.

    >>> from define.check.samples import sample_level
    >>> view, level = sample_level()
    >>> [(one.item_oid, one.values) for one in checks_of(view, level)]
    [('USUBJID', ('01', '02'))]
    """
    refs = level.ref.where_clauses
    clause = view.where_clauses.get(refs[0].where_clause_oid) if len(refs) == 1 else None
    here = {ref.item_oid: view.items[ref.item_oid] for ref in level.group.items if ref.item_oid in view.items}
    if clause is None or any(one.item_oid not in here for one in clause.checks):
        return ()
    return tuple(replace(one, item_oid=here[one.item_oid].name) for one in clause.checks)


def where_text(view: View, level: Use, numeric: Mapping[str, bool] | None = None) -> str:
    """Write the condition of a value level as a spec says it; "" for what a spec cannot say.

    Args:
        view: the define.
        level: the value level.
        numeric: whether variables are numbers, by name; default: as the define says.

    >>> from define.check.samples import sample_level
    >>> where_text(*sample_level())
    "USUBJID in ['01', '02']"
    """
    if numeric is None:
        items = (view.items.get(ref.item_oid) for ref in level.group.items)
        numeric = {one.name: one.data_type in NUMBERS for one in items if one}
    return condition_text(checks_of(view, level), numeric)


def condition_text(checks: Iterable[RangeCheck], numeric: Mapping[str, bool]) -> str:
    """Write comparisons that all hold as a condition of a spec; "" for what a spec cannot say.

    Args:
        checks: the comparisons.
        numeric: the names of the variables by their identifiers, and whether they are numbers.

    >>> one = RangeCheck(comparator="IN", item_oid="LBTESTCD", values=("ALT", "AST"))
    >>> condition_text([one], {"LBTESTCD": False})
    "LBTESTCD in ['ALT', 'AST']"
    """
    parts = [_comparison(one, numeric) for one in checks]
    return " and ".join(parts) if all(parts) else ""


def _comparison(check: RangeCheck, numeric: Mapping[str, bool]) -> str:
    name, sign = check.item_oid, SIGNS.get(check.comparator or "", "")
    if name not in numeric or not sign or not check.values or "" in check.values:
        return ""
    values = [value if numeric[name] and is_number(value) else literal(value) for value in check.values]
    several = check.comparator in ("IN", "NOTIN")
    if len(values) > 1 and not several:
        return ""
    return f"{name} {sign} [{', '.join(values)}]" if several else f"{name} {sign} {values[0]}"


def is_number(text: str) -> bool:
    """Say whether a text is a number.

    >>> is_number("-0.5"), is_number("<5")
    (True, False)
    """
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def literal(text: str) -> str:
    """Write a text as a condition has it.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
