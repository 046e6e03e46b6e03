"""Changes on the sheets of codelists, dictionaries, documents and the study."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from define.exchange.differ import HEADS, Change
from define.exchange.lost import NOT_TAKEN
from define.exchange.take import Taking
from define.workbook.names import CODELIST, LEAF
from trialkit.problems import did_you_mean
from trialkit.spec import StudySpec

OFFICIAL = "It is that of the terminology, or of the terms that are used."
STUDY = {"StudyName": "study", "StudyDescription": "title", "ProtocolName": "protocol"}
DOCUMENT = {"Title": "title", "Href": "file"}
ELSEWHERE = {
    "Analysis Displays": "Analyses are declared in analysis/*.yaml.",
    "Analysis Results": "Analyses are declared in analysis/*.yaml.",
    "Methods": "Specs say the text of a method; its name, type, code and documents follow from its variable.",
    "Comments": "Specs say the text of a comment, and no documents.",
    "Define": "It follows from study.yaml.",
}


def take_other(taking: Taking, change: Change) -> None:
    """Take a change of one of the other sheets, or say why not.

    Args:
        taking: where it goes.
        change: what differs.

    >>> from define.workbook.book import Row
    >>> taking = Taking(None, None, None)
    >>> take_other(taking, Change("Methods", ("A",), "Name", "x", "y", Row({})))
    >>> len(taking.problems.items)
    1
    """
    if change.sheet == "Codelists":
        _codelist(taking, change)
    elif change.sheet == "Dictionaries":
        _dictionary(taking, change)
    elif change.sheet == "Documents":
        _document(taking, change)
    elif change.sheet == "Define" and change.key[0] in (*STUDY, "CreationDateTime"):
        _study(taking, change)
    elif change.sheet in ("Methods", "Comments") and change.column in ("", "Description"):
        taking.fixed(change, "No dataset, variable or value level names it.", NOT_TAKEN)
    else:
        taking.fixed(change, ELSEWHERE[change.sheet])


def _of_study(taking: Taking) -> StudySpec:
    return taking.package.study.spec


def _codelist(taking: Taking, change: Change) -> None:
    name, term = change.key
    study, known = _of_study(taking).codelists, taking.package.terms.find(name)
    own = study.get(name)
    if change.column == "Name" and own is not None and not (known and known.code):
        if not any(one.keys == ("codelists", name, "label") for one in taking.edits):
            taking.edit(change, None, ("codelists", name), "label", change.after)
    elif change.column == "Decoded Value" and change.after:
        _term(taking, change, own)
    elif not change.column and change.after and CODELIST + name in taking.ours.codelists:
        if known and term in known.by_value:
            taking.fixed(change, "A term of the terminology is there as soon as it is used.")
        elif known and not known.extensible:
            taking.fixed(change, "The codelist is closed: no term can be added.")
        else:
            _term(taking, change, own)
    elif not change.column and change.after:
        if not _declared(taking, name):
            taking.fixed(change, "No variable of the specs names the codelist.")
    else:
        official = change.column in HEADS or change.column
        taking.fixed(change, OFFICIAL if official else "The data or the specs use the term.")


def _declared(taking: Taking, name: str) -> bool:
    """Say whether another change of the workbook has declared a codelist already."""
    return any(
        one.keys == ("codelists", name)
        or (one.keys == ("codelists",) and isinstance(one.value, dict) and name in one.value)
        for one in taking.edits
    )


def _term(taking: Taking, change: Change, own: Any) -> None:
    """Set the decode of a term in study.yaml, or add the term."""
    name, term = change.key
    codelist = taking.theirs.codelists.get(CODELIST + name)
    terms = codelist.terms if codelist else ()
    decoded = next((getattr(one, "decoded", "") for one in terms if one.coded_value == term), "")
    value: Any = decoded or []
    if own is None:
        _create(taking, change, ("codelists",), name, {"terms": {term: value}})
    elif term in own.terms and own.terms[term].synonyms:
        if change.column:
            said = {"decode": decoded, "synonyms": list(own.terms[term].synonyms)}
            taking.edit(change, None, ("codelists", name, "terms"), term, said)
    else:
        taking.edit(change, None, ("codelists", name, "terms"), term, value)


def _create(taking: Taking, change: Change, path: tuple[str, ...], name: str, value: dict[str, Any]) -> None:
    """Add an entry of study.yaml, with the key above it where that is not there."""
    [above] = path
    there = getattr(_of_study(taking), above)
    planned = [one for one in taking.edits if one.file == "study.yaml"]
    for one in planned:
        if one.keys == (above, name) and isinstance(one.value, dict):
            _merge(one.value, value)
            return
        if one.keys == (above,) and isinstance(one.value, dict):
            _merge(one.value, {name: value})
            return
    if there:
        taking.edit(change, None, path, name, value)
    else:
        taking.edit(change, None, (), above, {name: value})


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def codelist_named(taking: Taking, change: Change) -> str:
    """Give the name by which a spec names the codelist of a cell, and declare one that is new.

    Args:
        taking: where it goes.
        change: of the cell.

    Returns:
        The name; "" where there is none, which has been said.

    >>> from define.exchange.samples import sample_change, sample_taking
    >>> codelist_named(sample_taking(), sample_change("Codelist", "C66742"))
    'NY'
    """
    name, study = change.after, _of_study(taking)
    known = taking.package.terms.find(name)
    if known is not None:
        return known.name
    if name in study.dictionaries or name in study.external:
        return name
    given = taking.theirs.codelists.get(CODELIST + name)
    if not name or given is None:
        taking.fixed(change, f"Name a codelist. {did_you_mean(name, taking.package.terms.names)}")
        return ""
    if given.external is not None:
        said = {"dictionary": given.external.dictionary, "version": given.external.version}
        _create(taking, change, ("external",), name, {key: text for key, text in said.items() if text})
    else:
        terms = {one.coded_value: getattr(one, "decoded", "") or [] for one in given.terms}
        label = {"label": given.name} if given.name and given.name != name else {}
        _create(taking, change, ("codelists",), name, {**label, "terms": terms})
    return name


def _dictionary(taking: Taking, change: Change) -> None:
    name, study = change.key[0], _of_study(taking)
    key = {"Dictionary": "dictionary", "Version": "version", "Href": "href", "Ref": "ref"}.get(
        change.column, ""
    )
    if key in ("dictionary", "version") and name in study.dictionaries and change.after:
        taking.edit(change, None, ("dictionaries", name), key, change.after)
    elif key and name in study.external and change.after:
        taking.edit(change, None, ("external", name), key, change.after)
    elif change.column or change.before or not any(one.keys[0] == "external" for one in taking.edits):
        taking.fixed(change, "Dictionaries are declared in study.yaml, and named by a variable.")


def _document(taking: Taking, change: Change) -> None:
    name = change.key[0]
    there = _of_study(taking).documents
    if change.column in DOCUMENT and name in there and change.after:
        taking.edit(change, None, ("documents", name), DOCUMENT[change.column], change.after)
    elif not change.column and change.after:
        leaf = next(one for one in taking.theirs.metadata.leaves if one.id == LEAF + name)
        said = {
            "file": leaf.href,
            **({"title": leaf.title} if leaf.title and leaf.title != leaf.href else {}),
        }
        part = taking.package.standard.folder
        _create(taking, change, ("documents",), name, {**said, "kind": _kind(taking, name), "of": part})
    elif not change.column and name in there and len(there) > 1:
        taking.edit(change, None, ("documents",), name, None)
    else:
        taking.fixed(change, "Documents are declared in study.yaml; the annotated CRF is drawn.")


def _kind(taking: Taking, name: str) -> str:
    """Say of what kind a document is by the lists on the first sheet."""
    metadata = taking.theirs.metadata
    named = metadata.supplemental_doc.documents if metadata.supplemental_doc else ()
    return "supplemental" if any(one.leaf_id == LEAF + name for one in named) else ""


def _study(taking: Taking, change: Change) -> None:
    key, text = STUDY.get(change.key[0], "created"), change.after
    if change.column != "Value" or not text:
        taking.fixed(change, "study.yaml needs it.")
    elif key == "created" and not _is_moment(text):
        taking.fixed(change, "Give a date and time such as 2024-01-31T00:00:00.")
    else:
        taking.edit(change, None, (), key, text, after="study")


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
