"""Codelists, methods and comments: whole and without contradictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from define.check.view import View
from define.model import NUMBERS, CodeList, CommentDef, MethodDef
from define.model.alias import nci_code
from trialkit.problems import Kind, Problem

EMPTY = Kind("DEFC-080", "codelist has no terms", "List the terms that may occur, or name the dictionary.")
TWICE = Kind("DEFC-081", "term stands twice", "Keep one.")
TYPE = Kind("DEFC-082", "types of variable and codelist differ", "Make both text, or both numeric.")
NO_DECODE = Kind("DEFC-083", "term has no decode", "Give Decode, or make it an EnumeratedItem.")
NO_CODE = Kind(
    "DEFC-084",
    "term is neither coded nor marked as an extension",
    "Give the Alias with the code of the terminology, or def:ExtendedValue.",
    severity="query",
)
MIXED = Kind("DEFC-085", "codelist has terms of both kinds", "Make all CodeListItem, or all EnumeratedItem.")
NO_VERSION = Kind(
    "DEFC-086", "dictionary has no name or version", "Give Dictionary and Version.", severity="query"
)
NO_TYPE = Kind("DEFC-090", "method has no type", "Give Type: Computation or Imputation.")
NO_TEXT = Kind("DEFC-091", "method or comment says nothing", "Give a Description.")


def codelists(view: View) -> Iterator[Problem]:
    """Find codelists that are empty or mixed, and terms that stand twice or have no decode.

    >>> from define.check.samples import findings
    >>> findings(codelists, "codelists.0.coded.0", coded_value="M")
    ["CL.SEX: 'M' stands twice"]
    """
    for one in view.metadata.codelists:
        if not one.terms and one.external is None:
            yield view.problem(EMPTY, one, f"{one.oid} has no terms")
        if one.coded and one.enumerated:
            yield view.problem(MIXED, one, f"{one.oid} has coded and enumerated terms")
        if one.external is not None and not (one.external.dictionary and one.external.version):
            yield view.problem(NO_VERSION, one, f"{one.oid} names no dictionary or version")
        yield from _terms(view, one)


def _terms(view: View, one: CodeList) -> Iterator[Problem]:
    seen = Counter[str]()
    for term in one.terms:
        seen[term.coded_value] += 1
        if seen[term.coded_value] == 2:
            yield view.problem(TWICE, term, f"{one.oid}: '{term.coded_value}' stands twice")
    for item in one.coded:
        if not item.decoded.strip():
            yield view.problem(NO_DECODE, item, f"{one.oid}: '{item.coded_value}' has no decode")


def codes(view: View) -> Iterator[Problem]:
    """Find terms of a standard codelist that have no code and are not marked as extensions.

    >>> from define.model import Alias
    >>> from define.check.samples import findings
    >>> nci = Alias(context="nci:ExtCodeID", name="C66731")
    >>> findings(codes, "codelists.0", aliases=(nci,))
    ['CL.SEX: 2 terms without a code']
    """
    for one in view.metadata.codelists:
        if one.standard_oid and nci_code(one.aliases):
            bare = [term for term in one.terms if not nci_code(term.aliases) and not term.extended_value]
            if bare:
                what = f"{one.oid}: {len(bare)} terms without a code"
                yield view.problem(NO_CODE, bare[0], what, count=len(bare))


def types(view: View) -> Iterator[Problem]:
    """Find variables whose type does not go with that of their codelist.

    >>> from define.check.samples import findings
    >>> findings(types, "codelists.0", data_type="integer")
    ['IT.DM.SEX is text, CL.SEX is integer']
    """
    for item in view.metadata.items:
        one = view.codelists.get(item.codelist.codelist_oid) if item.codelist else None
        if one and one.external is None and (one.data_type in NUMBERS) != (item.data_type in NUMBERS):
            what = f"{item.oid} is {item.data_type}, {one.oid} is {one.data_type}"
            yield view.problem(TYPE, item, what)


def texts(view: View) -> Iterator[Problem]:
    """Find methods without a type, and methods and comments without a text.

    >>> from define.model import CommentDef
    >>> from define.check.samples import findings
    >>> findings(texts, comments=(CommentDef(oid="COM.1"),))
    ['COM.1 has no Description']
    """
    for method in view.metadata.methods:
        if not method.type:
            yield view.problem(NO_TYPE, method, f"{method.oid} has no Type")
    parts: tuple[MethodDef | CommentDef, ...] = (*view.metadata.methods, *view.metadata.comments)
    for part in parts:
        if not (part.description and part.description.text.strip()):
            yield view.problem(NO_TEXT, part, f"{part.oid} has no Description")
