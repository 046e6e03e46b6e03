"""Eligibility criteria: a text of the registry as numbered criteria."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sdtm.registry.texts import plain

_HEADING = re.compile(
    r"\W*(?:(?:key|main|major|general|study)\s+)?(inclusion|exclusion)(?:\s+criteria)?\s*(?::\s*|\W*$)(.*)",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(\s*)(?:([-*•·–o])|\(?(\d{1,2})[.)、:]|\(?([a-zA-Z]|[ivx]{1,4})[.)])\s+(\S.*)")
CATEGORIES = {"inclusion": "INCLUSION", "exclusion": "EXCLUSION"}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion; ``category`` is empty where the text does not say which kind it is.

    >>> Criterion("EXCLUSION", 3, "Pregnant").short_name
    'EXCL03'
    """

    category: str
    number: int
    text: str

    @property
    def short_name(self) -> str:
        """Give IETESTCD.

        >>> Criterion("", 1, "18 years").short_name
        'CRIT01'
        """
        return f"{self.category[:4] or 'CRIT'}{self.number:02}"


@dataclass(slots=True)
class _Item:
    indent: int
    mark: str
    text: str


def criteria(text: str) -> list[Criterion]:
    r"""Cut a text into criteria; what stands below a criterion belongs to it.

    >>> text = "Inclusion Criteria:\n\n* Age 18\n* One of:\n\n  * ALS\n  * MMN\n\nExclusion:\n1. Pregnant;"
    >>> [(one.short_name, one.text) for one in criteria(text)]
    [('INCL01', 'Age 18'), ('INCL02', 'One of: ALS; MMN'), ('EXCL01', 'Pregnant')]
    """
    found: list[Criterion] = []
    for category, lines in _sections(text):
        before = sum(one.category == category for one in found)
        texts = _texts(list(_items(lines)))
        found += [Criterion(category, before + number, one) for number, one in enumerate(texts, 1)]
    return found


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    category, lines = "", list[str]()
    for line in text.splitlines():
        heading = _HEADING.fullmatch(line.rstrip())
        if heading is None:
            lines.append(line)
            continue
        yield category, lines
        category, lines = CATEGORIES[heading[1].lower()], [heading[2]]
    yield category, lines


def _items(lines: list[str]) -> Iterator[_Item]:
    """Give the items, each with its indent and the kind of its mark; other lines go on with the last."""
    last, blank = None, True
    for line in lines:
        found = _ITEM.fullmatch(line.rstrip())
        if found:
            if last:
                yield last
            kind = "bullet" if found[2] else "number" if found[3] else "letter"
            last = _Item(len(found[1]), kind, found[5])
        elif line.strip() and last and not (blank and last.mark == "none"):
            last.text += f" {line.strip()}"
        elif line.strip():
            if last:
                yield last
            last = _Item(0, "none", line.strip())
        blank = not line.strip()
    if last:
        yield last


def _texts(items: list[_Item]) -> list[str]:
    marked = [item for item in items if item.mark != "none"]
    top = marked[0] if marked else _Item(0, "none", "")
    whole: list[list[str]] = []
    for item in items:
        below = item.mark != "none" and (item.indent > top.indent or item.mark != top.mark)
        if below and whole:
            whole[-1].append(item.text)
        else:
            whole.append([item.text])
    texts = [_joined([plain(one) for one in parts]) for parts in whole]
    return [text for text in texts if text]


def _joined(parts: list[str]) -> str:
    first, rest = parts[0], [part.rstrip(" ;,.") for part in parts[1:]]
    if not rest:
        return first.rstrip(" ;,")
    return f"{first.rstrip(' ;,.:')}: {'; '.join(rest)}"


def numbered(found: list[Criterion]) -> list[Criterion]:
    """Call criteria of unknown category criteria for inclusion, after those that are said to be.

    >>> numbered([Criterion("", 1, "18 years")])[0].short_name
    'INCL01'
    """
    known = sum(one.category == "INCLUSION" for one in found)
    return [
        one if one.category else replace(one, category="INCLUSION", number=known + one.number)
        for one in found
    ]  # fmt: skip
