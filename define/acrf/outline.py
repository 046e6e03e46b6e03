"""Bookmarks: by form, by visit and by dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from define.acrf.content import FormContent
from define.acrf.cover import COVER, INDEX

NO_VISIT = "At any time"


class Entry(NamedTuple):
    """One bookmark; one without a destination of its own leads where the first below it leads.

    >>> Entry("Cover", "cover", 0).level
    0
    """

    title: str
    to: str
    level: int


def outline(forms: Sequence[FormContent], targets: Mapping[str, str], visits: Sequence[str]) -> list[Entry]:
    """List the bookmarks of a document.

    Args:
        forms: the forms in order.
        targets: the destination of each.
        visits: the visits in order.

    >>> form = FormContent("VS", "Vital signs", domains=("VS",), visits=("WEEK 0",))
    >>> [(one.title, one.level) for one in outline([form], {"VS": "VS"}, ["WEEK 0"])][2:6]
    [('Forms', 0), ('Vital signs', 1), ('Visits', 0), ('WEEK 0', 1)]
    """
    links = {form.source: (form.title, targets[form.source]) for form in forms}
    datasets = sorted({dataset for form in forms for dataset in form.domains})
    by_visit = [(one, [links[form.source] for form in forms if one in form.visits]) for one in visits]
    by_dataset = [(one, [links[form.source] for form in forms if one in form.domains]) for one in datasets]
    rest = [links[form.source] for form in forms if not form.visits]
    return [
        Entry("Cover and legend", COVER, 0),
        Entry("List of forms", INDEX, 0),
        *_group("Forms", 0, list(links.values())),
        *(_groups("Visits", [*by_visit, (NO_VISIT, rest)]) if visits else ()),
        *_groups("Datasets", by_dataset),
    ]


def _group(title: str, level: int, entries: Sequence[tuple[str, str]]) -> Iterator[Entry]:
    if entries:
        yield Entry(title, entries[0][1], level)
        yield from (Entry(name, to, level + 1) for name, to in entries)


def _groups(title: str, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> Iterator[Entry]:
    filled = [(name, entries) for name, entries in groups if entries]
    if filled:
        yield Entry(title, filled[0][1][0][1], 0)
        for name, entries in filled:
            yield from _group(name, 1, entries)
