"""From a file to a study record: JSON of the registry's interface, or the text of its page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sdtm.registry.page import page_tree
from sdtm.registry.record import PROTOCOL, Record
from trialkit.problems import Exit, Kind, Place, Problem, Refusal

UNREADABLE = Kind("REG-001", "registry record cannot be read", "Give a file with UTF-8 text.", exit=Exit.SPEC)
NOT_JSON = Kind("REG-002", "not valid JSON", "Save the record again; it may be cut off.", exit=Exit.SPEC)
NO_RECORD = Kind(
    "REG-003",
    "not a study record of ClinicalTrials.gov",
    "Save one study as JSON (version 2 of the interface), or its page as text.",
    exit=Exit.SPEC,
)
BAD_FIELD = Kind(
    "REG-004",
    "field of the registry record does not fit",
    "Save the record again, or mend the field in the file.",
    exit=Exit.SPEC,
)
MOST = 20_000_000  # bytes; the largest records with results have about 5 MB


def read_record(file: Path) -> Record:
    """Read a study record in either form.

    Raises:
        Refusal: REG-001 for a file that cannot be read, REG-002 for broken JSON, REG-003 for what is
            no study record, REG-004 with each field that does not fit.

    >>> read_record(Path("nowhere.json"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error REG-001 nowhere.json no such file or directory. ...
    """
    text, place = _text(file), Place(file.name)
    if text.lstrip()[:1] in ("{", "["):
        tree = _study(_json(text, place), place)
    else:
        if not re.search(r"\bNCT\d{8}\b", text):
            raise Refusal([Problem(NO_RECORD, "no NCT number is in the text", place)])
        tree = page_tree(text)
    return _record(tree, place)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST:
            raise Refusal([Problem(UNREADABLE, "the file is larger than any record", Place(file.name))])
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "the file cannot be opened").lower()
    except UnicodeDecodeError:
        reason = "not UTF-8 text"
    raise Refusal([Problem(UNREADABLE, reason, Place(file.name))]) from None


def _json(text: str, place: Place) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = Place(place.file, error.lineno, error.colno)
        raise Refusal([Problem(NOT_JSON, error.msg.lower(), where)]) from None
    except (RecursionError, ValueError):
        raise Refusal([Problem(NOT_JSON, "too deep, or a number too long", place)]) from None


def _study(tree: Any, place: Place) -> dict[str, Any]:
    """Give the one study of a tree: the tree itself, or that of a search with one result."""
    found = tree.get("studies", [tree]) if isinstance(tree, dict) else tree
    studies = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    if len(studies) > 1:
        raise Refusal([Problem(NO_RECORD, f"{len(studies)} studies are in the file", place)])
    if not studies or not isinstance(studies[0].get(PROTOCOL), dict):
        raise Refusal([Problem(NO_RECORD, f"there is no {PROTOCOL}", place)])
    return studies[0]


def pruned(tree: Any) -> Any:
    """Leave out what is null, so that it counts as not said.

    >>> pruned({"a": None, "b": [{"c": None}]})
    {'b': [{}]}
    """
    if isinstance(tree, dict):
        return {key: pruned(value) for key, value in tree.items() if value is not None}
    return [pruned(one) for one in tree if one is not None] if isinstance(tree, list) else tree


def _record(tree: Any, place: Place) -> Record:
    try:
        return Record.model_validate(pruned(tree))
    except ValidationError as error:
        problems = []
        for detail in error.errors(include_url=False, include_input=False):
            field = ".".join(str(step) for step in detail["loc"])
            what = f"{field}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
            problems.append(Problem(BAD_FIELD, what, place))
        raise Refusal(problems) from None
