"""Changes on the sheets of datasets, variables and value levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from define.build.comments import accepted
from define.build.package import Described
from define.build.valuelevel import levels_of, planned_levels
from define.exchange.differ import Change
from define.exchange.known import CLASSES
from define.exchange.take import (
    DERIVED,
    Taking,
    conditions,
    level_of,
    owner_of,
    with_accepted,
)
from define.exchange.takelists import codelist_named
from define.exchange.texts import origin_said, where_text
from define.model import NUMBERS
from trialkit.problems import did_you_mean
from trialkit.spec import Variable
from trialkit.xptlimits import MOST_BYTES

ORIGIN = ("Origin", "Source", "Pages", "Predecessor")
NOT_KEPT = ("Assigned Value", "Common", "Developer Notes")
TEXTS = {"Label": "label", "Structure": "structure", "Format": "format", "Role": "role"}
WHY: Mapping[str, str] = {
    "Order": "The order is that of the standard, or of the spec.",
    "Length": "It is the length of the longest value in the files. A limit is `length` of the spec.",
    "Significant Digits": "They are those of the values in the files.",
    "Data Type": "It is that of the values in the files; `type` of the spec says Char or Num.",
    "Mandatory": "It follows from `core` of the spec, and from values that are missing.",
    "Has No Data": "It follows from the files.",
    "Where Clause": "Conditions follow from the records, or from `when` under `value_level` of the spec.",
    "Purpose": "It follows from the standard.",
    "Repeating": "It follows from the keys.",
    "Reference Data": "It follows from the class.",
    "Standard": "It is that of study.yaml.",
    "SubClass": "Specs have no subclass.",
}
ROW = {
    "Datasets": "Write or remove the spec of the dataset.",
    "Variables": "Write or remove its rule in the spec of the dataset.",
    "ValueLevel": WHY["Where Clause"],
}


def take_row(taking: Taking, change: Change) -> None:
    """Take a change on one of the three sheets, or say why not.

    Args:
        taking: where it goes.
        change: what differs.

    >>> from define.workbook.book import Row
    >>> taking = Taking(None, None, None)
    >>> take_row(taking, Change("Variables", ("DM", "X"), "", "", "row", Row({})))
    >>> taking.problems.items[0].hint
    'Write or remove its rule in the spec of the dataset.'
    """
    if change.column in NOT_KEPT:
        taking.left_alone(change)
        return
    described = taking.described(change.key[0]) if change.column else None
    if described is None:
        taking.fixed(change, ROW[change.sheet])
    elif change.sheet == "Datasets":
        _dataset(taking, change, described)
    elif change.sheet == "Variables":
        _variable(taking, change, described)
    else:
        _level(taking, change, described)


def _dataset(taking: Taking, change: Change, described: Described) -> None:
    spec, text = described.spec, change.after
    if described.companion:
        taking.fixed(change, "A dataset of supplemental qualifiers follows from its parent.")
    elif change.column in ("Label", "Structure"):
        _text(taking, change, spec, (), TEXTS[change.column], text)
    elif change.column == "Comment":
        said = accepted(taking.package.study.spec.accept, spec.dataset)
        _comment(taking, change, spec, (), said)
    elif change.column == "Class":
        named = CLASSES.get(text.upper(), "")
        if named:
            taking.edit(change, spec, (), "class", named, after="dataset")
        else:
            taking.fixed(change, did_you_mean(text, CLASSES))
    elif change.column == "Key Variables":
        names = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in names if name not in described.metas]
        if unknown or not names:
            taking.fixed(change, did_you_mean(next(iter(unknown), ""), described.metas))
        else:
            taking.edit(change, spec, (), "keys", names)
    else:
        taking.fixed(change, WHY.get(change.column, "Specs have no place for it."))


def _variable(taking: Taking, change: Change, described: Described) -> None:
    found = None if described.companion else owner_of(described.spec, change.key[1])
    if found is None:
        why = "It is of the dataset of qualifiers." if described.companion else "The spec has no rule for it."
        taking.fixed(change, why)
        return
    path, variable = found
    if change.column == "Comment":
        said = accepted(taking.package.study.spec.accept, described.name, change.key[1])
        _comment(taking, change, variable, path, said)
    elif change.column == "Length" and taking.package.planned:
        if change.after.isdecimal() and not 1 <= int(change.after) <= MOST_BYTES:
            taking.fixed(change, f"A text variable has a length of 1 to {MOST_BYTES} bytes.")
        else:
            _text(taking, change, variable, path, "length", change.after)
    elif change.column == "Data Type":
        _type(taking, change, variable, path, described)
    else:
        _shared(taking, change, variable, path)


def _shared(taking: Taking, change: Change, variable: Variable, path: Any) -> None:
    """Take what a variable and a qualifier have."""
    if change.column in ORIGIN:
        said = _origin(taking, change)
        if said:
            taking.edit(change, variable, path, "origin", said)
    elif change.column == "Method":
        if _method_fits(taking, change):
            _text(taking, change, variable, path, "method", change.after)
    elif change.column == "Codelist":
        named = codelist_named(taking, change)
        if named:
            taking.edit(change, variable, path, "codelist", named)
    elif change.column in TEXTS:
        _text(taking, change, variable, path, TEXTS[change.column], change.after)
    else:
        taking.fixed(change, WHY.get(change.column, "Specs have no place for it."))


def _text(taking: Taking, change: Change, model: Any, path: Any, key: str, text: str) -> None:
    """Set a text; without one the key is taken away, and what holds then is the rule's or the standard's."""
    field = "dataset_class" if key == "class" else key
    if text:
        taking.edit(change, model, path, key, text, after="" if path else "dataset")
    elif field in model.model_fields_set:
        taking.edit(change, model, path, key, None)
    else:
        taking.fixed(change, "It is the standard's or the rule's own: give another, but not none.")


def _comment(taking: Taking, change: Change, model: Any, path: Any, said: str) -> None:
    text = with_accepted(change.after, said)
    if text is None:
        taking.fixed(change, f"It ends with the reasons of accepted findings, which study.yaml says: {said}")
    else:
        _text(taking, change, model, path, "comment", text)


def _type(taking: Taking, change: Change, variable: Variable, path: Any, described: Described) -> None:
    kind = "Num" if change.after in NUMBERS else "Char"
    if taking.package.planned and kind != described.metas[change.key[1]].type:
        taking.edit(change, variable, path, "type", kind)
    else:
        taking.fixed(change, WHY["Data Type"])


def _origin(taking: Taking, change: Change) -> dict[str, Any]:
    """Give the origin that a row of the workbook says."""
    use = taking.use(taking.theirs, change)
    said = origin_said(use.item.origins, Counter()) if use else {}
    wrong = use is not None and len(use.item.origins) > 1 + len(said.get("others", []))
    if not said or wrong:
        taking.fixed(
            change, "Give one origin of Define-XML 2.1 with a source of it; others who collected it follow."
        )
        return {}
    return said


def _method_fits(taking: Taking, change: Change) -> bool:
    use = taking.use(taking.theirs, change)
    if use and use.item.origins and use.item.origins[0].type == DERIVED:
        return True
    taking.fixed(change, "Only a derived variable has a method.")
    return False


def _level(taking: Taking, change: Change, described: Described) -> None:
    wanted = conditions(change.key[2])
    if described.companion:
        names = [values[0] for name, sign, values in wanted if (name, sign) == ("QNAM", "EQ")]
        found = owner_of(described.spec, names[0]) if change.key[1] == "QVAL" and names else None
        if found is None or change.column in ("Comment", "Codelist"):
            taking.fixed(change, "Qualifiers have a label, an origin and a method.")
        else:
            _shared(taking, change, found[1], found[0])
        return
    found = owner_of(described.spec, change.key[1])
    value = _level_value(taking, change)
    if found is None or value is None:
        return
    (key, said), (path, variable) = value, found
    levels = (planned_levels if taking.package.planned else levels_of)(described).get(change.key[1], [])
    place, broader = level_of(variable, wanted, levels)
    if place is not None:
        taking.edit(change, variable, (*path, "value_level", place), key, said)
        return
    own = dict(broader._source or {}) if broader else {}
    when = _when(taking, change)
    if when and variable.place().file == taking.file_of(change):
        earlier = next((one for one in taking.edits if one.append and _same(one, path, when)), None)
        if earlier is not None and isinstance(earlier.value, dict):
            earlier.value[key] = said
        else:
            value_level = {**own, "when": when, key: said}
            taking.edit(change, variable, path, "value_level", value_level, append=True)
    else:
        taking.fixed(change, WHY["Where Clause"])


def _same(edit: Any, path: Any, when: str) -> bool:
    return edit.path == path and isinstance(edit.value, dict) and edit.value.get("when") == when


def _level_value(taking: Taking, change: Change) -> tuple[str, Any] | None:
    """Give the key and the value by which a spec says a change of a value level."""
    if change.column in ORIGIN:
        said = _origin(taking, change)
        return ("origin", said) if said else None
    if change.column == "Codelist":
        named = codelist_named(taking, change)
        return ("codelist", named) if named else None
    if change.column == "Method" and not _method_fits(taking, change):
        return None
    key = {"Label": "label", "Comment": "comment", "Method": "method"}.get(change.column, "")
    if key and change.after:
        return key, change.after
    why = "Give another text, but not none." if key else WHY.get(change.column, "Specs have no place for it.")
    taking.fixed(change, why)
    return None


def _when(taking: Taking, change: Change) -> str:
    use = taking.use(taking.ours, change)
    described = taking.described(change.key[0])
    numeric = {name: one.type == "Num" for name, one in described.metas.items()} if described else {}
    return where_text(taking.ours, use, numeric) if use else ""
