"""Drafts as YAML."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.emitter import RoundTripEmitter

from trialkit.load import INCLUDE, MERGE

HEAD = "# Drafted from a define. What nobody has written yet is marked `todo`; `trialkit check` lists it.\n"
SCHEMA = "# yaml-language-server: $schema={}schema/{}.schema.json\n"
ENDLESS = 10**6  # no line is folded: texts are found and changed more easily on one line
LONGEST_KEY = 1000  # a YAML key may have 1,024 characters


class _Emitter(RoundTripEmitter):
    """Writes long keys, such as the terms of a codelist, as keys."""

    MAX_SIMPLE_KEY_LENGTH = LONGEST_KEY


def written(data: dict[str, Any], kind: str) -> str:
    """Write a spec as YAML.

    Args:
        data: its keys and values; texts, mappings and lists.
        kind: ``study`` or ``dataset``, for the schema that editors complete from.

    >>> print(written({"dataset": "DM", "keys": ["USUBJID"]}, "dataset").splitlines()[-1])
    keys: [USUBJID]
    """
    yaml = YAML()
    yaml.width, yaml.allow_unicode, yaml.Emitter = ENDLESS, True, _Emitter
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(_node(data), out)
    return HEAD + SCHEMA.format("" if kind == "study" else "../", kind) + out.getvalue()


def _node(value: Any) -> Any:
    """Put lists of texts, and mappings of short texts in a list or below a variable, on one line."""
    if isinstance(value, dict):
        made = CommentedMap((key, _node(one)) for key, one in value.items())
        if not value or set(value) <= {"type", "source", "pages", "predecessor", "others"}:
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        items = CommentedSeq(_node(one) for one in value)
        if all(isinstance(one, (str, int)) for one in value):
            items.fa.set_flow_style()
        return items
    return value


def fits(key: str) -> bool:
    """Say whether a text can be a key of a spec.

    >>> fits("10^6/L"), fits("x" * 2000), fits("include")
    (True, False, False)
    """
    plain = "\n" not in key and "\r" not in key and key not in (INCLUDE, MERGE)
    return bool(key) and len(key) < LONGEST_KEY and plain
