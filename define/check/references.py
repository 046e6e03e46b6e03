"""Every identifier that is referred to is there, and every one that is there is referred to."""

from __future__ import annotations

from collections.abc import Iterator, Set

from define.check.view import View, nearest, walk
from define.model import Element
from define.model.shape import shape_of
from define.names import short
from trialkit.problems import Kind, Problem

NO_ITEM = Kind("DEFC-001", "no such ItemDef", "Define it, or correct the reference.")
NO_METHOD = Kind("DEFC-002", "no such MethodDef", "Define it, or correct the reference.")
NO_COMMENT = Kind("DEFC-003", "no such def:CommentDef", "Define it, or correct the reference.")
NO_CODELIST = Kind("DEFC-004", "no such CodeList", "Define it, or correct the reference.")
NO_VALUE_LIST = Kind("DEFC-005", "no such def:ValueListDef", "Define it, or correct the reference.")
NO_WHERE = Kind("DEFC-006", "no such def:WhereClauseDef", "Define it, or correct the reference.")
NO_STANDARD = Kind("DEFC-007", "no such def:Standard", "Define it, or correct the reference.")
NO_LEAF = Kind("DEFC-008", "no such def:leaf", "Define it, or correct the reference.")
NO_GROUP = Kind("DEFC-009", "no such ItemGroupDef", "Define it, or correct the reference.")
UNUSED = Kind("DEFC-010", "defined, but nothing refers to it", "Remove it, or refer to it.", severity="query")

REFERENCES = {
    "item_oid": NO_ITEM,
    "parameter_oid": NO_ITEM,
    "method_oid": NO_METHOD,
    "comment_oid": NO_COMMENT,
    "codelist_oid": NO_CODELIST,
    "role_codelist_oid": NO_CODELIST,
    "value_list_oid": NO_VALUE_LIST,
    "where_clause_oid": NO_WHERE,
    "standard_oid": NO_STANDARD,
    "leaf_id": NO_LEAF,
    "archive_location_id": NO_LEAF,
    "item_group_oid": NO_GROUP,
}


def dangling(view: View) -> Iterator[Problem]:
    """Find references to what is not there.

    >>> from define.check.samples import findings
    >>> findings(dangling, "items.1.codelist", codelist_oid="CL.SEXX")
    ["CodeListRef: no CodeList 'CL.SEXX'"]
    """
    known = _known(view)
    for part, field, oid in _references(view):
        kind = REFERENCES[field]
        if oid not in known[kind]:
            target = kind.title.removeprefix("no such ")
            what = f"{short(part.TAG).removeprefix('odm:')}: no {target} '{oid}'"
            yield view.problem(kind, part, what, hint=nearest(oid, known[kind]))


def unused(view: View) -> Iterator[Problem]:
    """Find definitions that nothing refers to.

    Standards and datasets need no reference.

    >>> from define.check.samples import findings
    >>> findings(unused, "items.1", codelist=None)
    ["nothing refers to CodeList 'CL.SEX'"]
    """
    metadata = view.metadata
    used = {(REFERENCES[field], oid) for _, field, oid in _references(view)}
    every: tuple[tuple[Kind, tuple[Element, ...]], ...] = (
        (NO_ITEM, metadata.items),
        (NO_CODELIST, metadata.codelists),
        (NO_METHOD, metadata.methods),
        (NO_COMMENT, metadata.comments),
        (NO_VALUE_LIST, metadata.value_lists),
        (NO_WHERE, metadata.where_clauses),
        (NO_LEAF, metadata.leaves),
    )
    for kind, parts in every:
        for part in parts:
            oid = getattr(part, "oid", "") or getattr(part, "id", "")
            if (kind, oid) not in used:
                yield view.problem(UNUSED, part, f"nothing refers to {kind.title[8:]} '{oid}'")


def _references(view: View) -> Iterator[tuple[Element, str, str]]:
    """Give every reference: the part, the field and the identifier."""
    for part in walk(view.define):
        for slot in shape_of(type(part)).attributes:
            oid = getattr(part, slot.field)
            if slot.field in REFERENCES and oid:
                yield part, slot.field, oid


def _known(view: View) -> dict[Kind, Set[str]]:
    metadata = view.metadata
    return {
        NO_ITEM: view.items.keys(),
        NO_METHOD: {one.oid for one in metadata.methods},
        NO_COMMENT: {one.oid for one in metadata.comments},
        NO_CODELIST: view.codelists.keys(),
        NO_VALUE_LIST: view.value_lists.keys(),
        NO_WHERE: view.where_clauses.keys(),
        NO_STANDARD: view.standards.keys(),
        NO_LEAF: view.leaves.keys(),
        NO_GROUP: view.groups.keys(),
    }
