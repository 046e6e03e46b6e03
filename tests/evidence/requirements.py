"""What has to be proved: what the toolkit promises, every rule of the language, every problem code."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from trialkit.generate import kinds
from trialkit.language import PACKAGES, short
from trialkit.rule import RecordRule, find_rules

PROMISES = Path(__file__).with_name("promises.yaml")


@dataclass(frozen=True)
class Requirement:
    """One requirement: its id, its part of the page, what it says, and whether it is a problem code."""

    id: str
    part: str
    text: str
    code: bool = False


@functools.cache
def requirements():
    """Give all requirements in the order of the page."""
    return (*promises(), *rules(), *codes())


def promises():
    """Give what the toolkit promises as a whole."""
    texts = YAML(typ="safe", pure=True).load(PROMISES.read_text("utf-8"))
    return [Requirement(name, "Promises", text) for name, text in texts.items()]


def rules():
    """Give the rules of the mapping language, those on records first."""
    found = sorted(find_rules(PACKAGES).items())
    made = [
        Requirement(
            f"rule:{key}", "Record rules" if issubclass(rule, RecordRule) else "Variable rules", short(rule)
        )
        for key, rule in found
    ]
    return sorted(made, key=lambda one: one.part)


def codes():
    """Give the problems that the toolkit finds."""
    return [
        Requirement(kind.code, "Problem codes", f"{kind.title[:1].upper()}{kind.title[1:]}.", code=True)
        for kind in kinds()
    ]


def known():
    """Give the ids of all requirements."""
    return frozenset(one.id for one in requirements())
