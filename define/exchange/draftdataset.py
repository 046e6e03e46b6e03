"""The datasets of a define as draft specs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from define.check.view import Use, View
from define.exchange.draftcodelists import Lists
from define.exchange.draftlevels import levels_said, qualifiers
from define.exchange.known import Known
from define.exchange.lost import GUESSED, NOT_TAKEN, TWICE
from define.exchange.texts import comment_of, method_of, origin_said
from define.exchange.yamltext import fits
from define.model import NUMBERS, ItemDef, ItemGroupDef
from define.model.element import Element
from trialkit.facts import DatasetFacts, VariableFacts
from trialkit.problems import Kind, Place, Problem, Problems

NAME = re.compile(r"[A-Z][A-Z0-9_]{1,7}")
LONGEST = 200
RULE, RECORDS = "the rule", "where the records come from"
SUPP = "SUPP"


@dataclass(slots=True)
class Datasets:
    """Drafts the specs of the datasets of a define.

    Args:
        view: the define.
        known: its standard and terminology.
        lists: where codelists go.
        problems: where DEFX-001, DEFX-003 and DEFX-004 go.

    >>> from define.exchange.known import known_of
    >>> from define.samples import sample_define
    >>> view = View(sample_define(), "define.xml")
    >>> known = known_of(view, "sdtm")
    >>> Datasets(view, known, Lists(view, known), Problems()).specs()["DM"]["variables"]["SEX"]["label"]
    'Sex'
    """

    view: View
    known: Known
    lists: Lists
    problems: Problems

    def specs(self) -> dict[str, dict[str, Any]]:
        """Give the specs by dataset, those of supplemental qualifiers within that of their parent.

        >>> from define.exchange.known import known_of
        >>> from define.samples import sample_define
        >>> view, problems = View(sample_define(), "define.xml"), Problems()
        >>> known = known_of(view, "sdtm")
        >>> Datasets(view, known, Lists(view, known), problems).specs()["DM"]["keys"]
        ['USUBJID']
        """
        made: dict[str, dict[str, Any]] = {}
        companions, seen = [], set[str]()
        for group in self.view.metadata.item_groups:
            if group.name in seen:
                self._say(TWICE, f"dataset {group.name} is described again", group)
            elif self.known.part == "sdtm" and group.name.startswith(SUPP):
                companions.append(group)
            elif not NAME.fullmatch(group.name) or not self._has_variables(group):
                self._say(NOT_TAKEN, f"dataset {group.name}: no name of a dataset, or no variable", group)
            else:
                made[group.name] = self._dataset(group)
            seen.add(group.name)
        for group in companions:
            self._companion(group, made)
        return made

    def _has_variables(self, group: ItemGroupDef) -> bool:
        """Say whether a variable of a dataset is defined, and has a name that a spec can have."""
        found = (self.view.items.get(ref.item_oid) for ref in group.items)
        return any(item is not None and fits(item.name) for item in found)

    def _say(self, kind: Kind, what: str, part: Element) -> None:
        self.problems.add(Problem(kind, what, Place(self.view.file, part.spot.line, field=part.spot.xpath)))

    def _dataset(self, group: ItemGroupDef) -> dict[str, Any]:
        kind = self.known.class_of(group)
        facts = self.known.facts(group.domain or group.name, kind)
        uses = [use for use in self.view.variables() if use.group is group]
        spec = {
            "dataset": group.name,
            "domain": group.domain if group.domain != group.name and self.known.part == "sdtm" else "",
            "label": group.label,
            "class": kind,
            "structure": group.structure,
            "comment": comment_of(self.view, group.comment_oid),
            "keys": self._keys(group, uses),
            "records": [{"todo": RECORDS}],
            "variables": {
                use.item.name: one
                for use in uses
                if fits(use.item.name) and (one := self._variable(use, facts))
            },
        }
        return {key: value for key, value in spec.items() if value}

    def _keys(self, group: ItemGroupDef, uses: list[Use]) -> list[str]:
        keyed = [(use.ref.key_sequence, use.item.name) for use in uses if use.ref.key_sequence is not None]
        if keyed:
            return [name for _, name in sorted(keyed)]
        names = [use.item.name for use in uses]
        self._say(GUESSED, f"keys of {group.name}", group)
        usual = [name for name in ("STUDYID", "USUBJID", f"{group.name}SEQ", "PARAMCD") if name in names]
        return usual or names[:1]

    def _variable(self, use: Use, facts: DatasetFacts | None) -> dict[str, Any]:
        """Draft a variable; nothing of one that is there only because the standard expects it."""
        item, ref, name = use.item, use.ref, use.item.name
        fact = facts.find(name) if facts else None
        kind = fact.type if fact and fact.type else "Num" if item.data_type in NUMBERS else "Char"
        length = self._length(item, f"{use.group.name}.{name}")
        made = {
            "label": item.label,
            "type": kind,
            "length": length if kind == "Char" and item.data_type == "text" else None,
            "codelist": self.lists.of(use.group.name, item, fact),
            "format": item.display_format
            if item.display_format != self.known.standard.format_of(name, kind)
            else "",
            "core": _core(ref.mandatory, fact),
            "role": ref.role if self.known.part == "sdtm" and not (fact and fact.role == ref.role) else "",
            "origin": origin_said(item.origins, self.lists.left),
            "method": method_of(self.view, ref.method_oid) if _derived(use) else "",
            "comment": comment_of(self.view, item.comment_oid),
            "value_level": levels_said(self.view, use, kind, self.lists),
        }
        if ref.method_oid and not _derived(use):
            self.lists.left["methods of variables that are not derived"] += 1
        told = {key: value for key, value in made.items() if value}
        absent = told.get("origin") == {"type": "Not Available"} and fact is not None and fact.core == "Exp"
        plain = (
            set(told) <= {"label", "type", "length", "origin"}
            and fact is not None
            and fact.label == item.label
        )
        todo = RULE if "origin" in told else f"{RULE}, the origin"
        return {} if absent and plain else {"todo": todo, **told}

    def _length(self, item: ItemDef, name: str) -> int | None:
        """Give the length of a variable; none that a spec cannot have."""
        if item.length is not None and item.length < 1:
            self._say(NOT_TAKEN, f"length {item.length} of {name}", item)
            return None
        return item.length if item.length is not None and item.length <= LONGEST else None

    def _companion(self, group: ItemGroupDef, made: dict[str, dict[str, Any]]) -> None:
        """Put supplemental qualifiers into the spec of their parent."""
        name = group.name.removeprefix(SUPP)  # that of the dataset; of a whole split domain in some files
        of_domain = next((one for one in made.values() if name == one.get("domain")), None)
        parent = next((one for one in made.values() if name == one["dataset"]), of_domain)
        found = dict(self._qualifiers(group))
        if parent is None or not found:
            self._say(NOT_TAKEN, f"dataset {group.name}: no parent dataset, or no value level of QVAL", group)
        else:
            parent["supplemental"] = found

    def _qualifiers(self, group: ItemGroupDef) -> Iterator[tuple[str, dict[str, Any]]]:
        value = next(
            (use for use in self.view.variables() if use.group is group and use.item.name == "QVAL"), None
        )
        found = qualifiers(self.view, value) if value else ()
        for name, level in ((name, level) for name, level in found if fits(name)):
            made = {
                "todo": RULE,
                "label": level.item.label,
                "origin": origin_said(level.item.origins, self.lists.left),
                "method": method_of(self.view, level.ref.method_oid) if _derived(level) else "",
            }
            yield name, {key: text for key, text in made.items() if text}


def _derived(use: Use) -> bool:
    return bool(use.item.origins) and use.item.origins[0].type == "Derived"


def _core(mandatory: bool | None, fact: VariableFacts | None) -> str:
    """Say the core where the standard's own would not make the variable mandatory, or would."""
    required = fact is not None and fact.core == "Req"
    if mandatory and not required:
        return "Req"
    return "Exp" if mandatory is False and required else ""
