"""Traceability diagrams: from raw data over SDTM and ADaM to analyses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from define.build.groups import CLASSES
from define.build.package import Described
from define.guide.content import Block, Figure, Para, text_of
from define.guide.diagram import Column, chains, flow
from define.guide.facts import Facts

OTHER = "Other"
MOST = 24  # boxes in a column; more of them are drawn on further diagrams


def class_of(one: Described) -> str:
    """Give the class of a dataset as define.xml names it; SUPP-- and RELREC are relationships.

    >>> callable(class_of)
    True
    """
    known = one.spec.dataset_class or (one.facts.observation_class if one.facts else "")
    return "RELATIONSHIP" if one.companion else CLASSES.get(known, known.upper() or OTHER.upper())


def overview(facts: Facts) -> list[Block]:
    """Draw the stages of the data with how much each has.

    >>> callable(overview)
    True
    """
    stages: list[tuple[str, str]] = []
    sdtm, adam = (facts.parts.found.get(part) for part in ("sdtm", "adam"))
    if sdtm:
        inputs = sdtm.manifest.get("inputs", {})
        rows = sum(int(one.get("rows", 0)) for one in inputs.values())
        stages.append(("Raw data", f"{len(inputs)} sources, {rows:,} rows"))
        stages.append(("SDTM", f"{len(sdtm.datasets)} datasets"))
    if adam:
        stages.append(("ADaM", f"{len(adam.datasets)} datasets"))
    if facts.displays:
        stages.append(("Analyses", f"{sum(len(one.analyses) for one in facts.displays)} analyses"))
    columns = [Column(f"Step {number}", {name: said}) for number, (name, said) in enumerate(stages, 1)]
    names = [name for name, _ in stages]
    drawing = flow(columns, pairwise(names))
    words = "; then ".join(f"{name}, {said}" for name, said in stages)
    return [Figure("From raw data to analyses", drawing, f"{words}.")] if stages else []


def tabulated(facts: Facts) -> Iterator[Block]:
    """Draw for each class of datasets from which raw data they are made.

    >>> callable(tabulated)
    True
    """
    side = facts.sides["sdtm"]
    classes: dict[str, list[Described]] = {}
    for one in side.package.datasets:
        if not one.companion:
            classes.setdefault(class_of(one), []).append(one)
    for name, datasets in classes.items():
        for start in range(0, len(datasets), MOST):
            yield from _tabulated(facts, name, datasets[start : start + MOST])


def _tabulated(facts: Facts, name: str, datasets: Sequence[Described]) -> Iterator[Block]:
    side = facts.sides["sdtm"]
    behind = {one.name: side.sources.get(one.name, []) for one in datasets}
    raw = {source for found in behind.values() for source in found if source in side.study.spec.sources}
    others = {source for found in behind.values() for source in found} - raw
    if not raw:
        return
    common = ubiquitous({name: set(found) & raw for name, found in behind.items()})
    labels = {one.name: str(one.table.dataset.label) for one in datasets}
    edges = [(source, one) for one, found in behind.items() for source in _drawn(found, raw, set(common))]
    drawn = {source for source, _ in edges}
    files = {source: facts.title(source) or side.study.spec.sources[source].file for source in sorted(drawn)}
    drawing = flow([Column("Raw data", files), Column(name.title(), labels)], edges)
    words = "; ".join(f"{one} from {', '.join(found) or 'no raw data'}" for one, found in behind.items())
    yield Figure(f"Raw data to {name.title()} datasets", drawing, f"{words}.")
    if said := " ".join(filter(None, (_undrawn(common), _of_others(others)))):
        yield Para(text_of(said), small=True)


def _undrawn(common: Mapping[str, Sequence[str]]) -> str:
    """Say what nearly all datasets of a diagram are made from, which it draws no arrows for."""
    if not common:
        return ""
    said = "; ".join(
        f"{source}, for all{f' but {_and(left)}' if left else ''}" for source, left in common.items()
    )
    return (
        f"Not drawn, because nearly all of these datasets are also made from it: {said}. "
        "A dataset that is made from nothing else has its arrows."
    )


def _of_others(others: Iterable[str]) -> str:
    names = ", ".join(sorted(others))
    return f"Datasets of other classes that give them dates, visits or keys: {names}." if names else ""


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _drawn(found: Iterable[str], raw: set[str], common: set[str]) -> list[str]:
    """Leave out what nearly all read, but no dataset without any arrow."""
    mine = [source for source in found if source in raw]
    return [source for source in mine if source not in common] or mine


def ubiquitous(behind: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Give what at least three quarters of several datasets are made from, with the datasets that are not.

    >>> ubiquitous({"AE": {"SUBJ", "AE"}, "MH": {"SUBJ"}, "CM": {"SUBJ", "CM"}, "DD": {"DS"}})
    {'SUBJ': ['DD']}
    """
    found = {}
    for source in sorted(set().union(*behind.values())):
        left = [name for name, mine in behind.items() if source not in mine]
        if len(behind) > 2 and len(left) * 4 <= len(behind):
            found[source] = left
    return found


def analysed(facts: Facts) -> Iterator[Block]:
    """Draw from which SDTM datasets the analysis datasets are made, and in which order.

    >>> callable(analysed)
    True
    """
    side = facts.sides["adam"]
    names = [one.name for one in side.package.datasets]
    behind = {name: side.sources.get(name, []) for name in names}
    levels = ranks(behind)
    last = max(levels.values())
    common = [name for name in names if levels[name] < last and _leads(name, levels, behind)]
    inputs = sorted({source for found in behind.values() for source in found} - set(names))
    columns = [Column("SDTM", {source: _label(facts, source) for source in inputs})]
    for level in sorted(set(levels.values())):
        mine = {name: side.label(name) for name in names if levels[name] == level}
        columns.append(Column("ADaM" if not level else f"ADaM, step {level + 1}", mine))
    edges = [(source, name) for name, found in behind.items() for source in found if source not in common]
    words = "; ".join(f"{name} from {', '.join(found)}" for name, found in behind.items())
    yield Figure("SDTM to ADaM datasets", flow(columns, edges), f"{words}.")
    if common:
        said = f"Read by every dataset of a later step, without arrows: {', '.join(common)}."
        yield Para(text_of(said), small=True)


def _leads(name: str, levels: Mapping[str, int], behind: Mapping[str, Sequence[str]]) -> bool:
    """Say whether every dataset of a later step reads a dataset."""
    return all(name in behind[other] for other, level in levels.items() if level > levels[name])


def ranks(behind: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Give for each dataset how many steps of datasets of its own kind come before it.

    >>> ranks({"ADSL": ["DM"], "ADLB": ["ADSL", "LB"]})
    {'ADSL': 0, 'ADLB': 1}
    """
    found: dict[str, int] = {}

    def rank(name: str, above: tuple[str, ...]) -> int:
        if name not in found:
            own = [one for one in behind[name] if one in behind and one not in above]
            found[name] = max((rank(one, (*above, name)) + 1 for one in own), default=0)
        return found[name]

    return {name: rank(name, ()) for name in behind}


def _label(facts: Facts, name: str) -> str:
    return facts.sides["sdtm"].label(name) if "sdtm" in facts.sides else ""


def shown_results(facts: Facts) -> Iterator[Block]:
    """Draw which analysis datasets the declared displays are made from.

    >>> callable(shown_results)
    True
    """
    behind = {
        one.display: sorted({part.dataset for part in (*one.analyses, *one.figures)})
        for one in facts.displays
    }
    if not behind:
        return
    names = sorted({name for found in behind.values() for name in found})
    side = facts.sides["adam"]
    columns = [
        Column("ADaM", {name: side.label(name) for name in names}),
        Column(
            "Displays", {one.display: one.title for one in sorted(facts.displays, key=_display)}, ordered=True
        ),
    ]
    edges = [(name, display) for display, found in behind.items() for name in found]
    words = "; ".join(f"{display} from {', '.join(found)}" for display, found in behind.items())
    yield Figure("ADaM datasets to displays of results", flow(columns, edges), f"{words}.")


def _display(one: Any) -> list[tuple[str, int]]:
    """Give the key to sort a display by: T-2 before T-10."""
    return [(word, int(number or 0)) for word, number in re.findall(r"(\D+)(\d*)", one.display)]


def arms(facts: Facts) -> list[Block]:
    """Draw the elements of each arm in their order, in the colours of their epochs; nothing without TA.

    >>> callable(arms)
    True
    """
    rows: dict[str, list[tuple[str, str, str]]] = {}
    for row in sorted(facts.rows("sdtm", "TA"), key=_in_arm):
        name = f"{row.get('ARM', '')} ({row.get('ARMCD', '')})"
        rows.setdefault(name, []).append((row.get("ETCD", ""), row.get("ELEMENT", ""), row.get("EPOCH", "")))
    words = "; ".join(f"{arm}: {', '.join(text for _, text, _ in row)}" for arm, row in rows.items())
    return [Figure("Elements of each arm, by epoch", chains(rows), f"{words}.")] if rows else []


def _in_arm(row: Mapping[str, str]) -> tuple[str, float]:
    number = row.get("TAETORD", "")
    return row.get("ARMCD", ""), float(number) if number.isdecimal() else 0.0
