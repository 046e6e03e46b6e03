"""Origins of variables: where their values come from, by the rules that make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from define.model import Description, DocumentRef, PDFPageRef
from define.model import Origin as OriginElement
from define.workbook.pages import is_range, parse_pages
from trialkit.dataflow import NOTHING, DatasetFlow, Leaf, Leaves, flows
from trialkit.model import Model, models_in
from trialkit.rule import RecordRule, VariableRule
from trialkit.rules.todo import Todo
from trialkit.rules.values import Constant
from trialkit.spec import DatasetSpec, Origin, Variable
from trialkit.study import Study

MARK = "!"  # begins the name of a table that stands for a kind of origin, not for data
DERIVED, ASSIGNED = Leaf(f"{MARK}Derived"), Leaf(f"{MARK}Assigned")
MARKS = {"Derived": DERIVED, "Assigned": ASSIGNED}
COLLECTED, PREDECESSOR, PROTOCOL, NOT_AVAILABLE = "Collected", "Predecessor", "Protocol", "Not Available"


def mark(rule: Model, leaves: Leaves) -> Leaves:
    """Add what kinds of origin the rules within a rule give to a value.

    >>> from trialkit.rules.values import Constant
    >>> sorted(mark(Constant(constant="DM"), NOTHING))
    [Leaf(table='!Assigned', column='')]
    """
    # a text that stands in for a missing value does not change where the others come from
    rules = [one for one in models_in(rule) if isinstance(one, VariableRule)]
    kinds = {one.origin for one in rules if one is rule or not isinstance(one, Constant)}
    if isinstance(rule, RecordRule):
        kinds = {"Assigned"} if rule.key() == "gather" else {"Derived"}
    return leaves | {MARKS[kind] for kind in kinds if kind}


@dataclass(frozen=True, slots=True)
class Found:
    """The origin of a variable, and the columns of sources that stand behind it.

    Args:
        type: of the origin (Define-XML 2.1, section 5.3.11.3).
        source: who collected, derived or assigned it.
        predecessor: the variable that it was taken from.
        columns: the columns of sources.
        pages: of the annotated CRF, where the spec declares them.
        others: who else collected it.

    >>> Found("Derived", "Sponsor").predecessor
    ''
    """

    type: str
    source: str = ""
    predecessor: str = ""
    columns: frozenset[Leaf] = frozenset()
    pages: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(slots=True)
class Origins:
    """Tells the origins of the variables of a study's datasets.

    Args:
        study: its specs.
        from_datasets: whether its sources are datasets, as for ADaM.
        made: what flows where, marked with kinds of origin.

    >>> from trialkit.samples import sample_study
    >>> origins_of(sample_study(), False).of(sample_study().datasets["EX"], "EXDOSE").type
    'Collected'
    """

    study: Study
    from_datasets: bool
    made: Mapping[str, DatasetFlow] = field(default_factory=dict)

    def of(self, spec: DatasetSpec, name: str) -> Found:
        """Give the origin of a variable: as the spec declares it, else as its rules make it.

        >>> from trialkit.samples import sample_study
        >>> study = sample_study()
        >>> one = origins_of(study, False).of(study.datasets["VS"], "DOMAIN")
        >>> one.type, one.source
        ('Assigned', 'Sponsor')
        """
        variable = {**spec.variables, **spec.supplemental}.get(name)
        own = variable.origin if variable else None
        if variable is None:
            return Found(NOT_AVAILABLE)
        found = Found("") if isinstance(variable.rule, Todo) else self._read(spec, name, variable)
        return declared(own, found) if own else found

    def _read(self, spec: DatasetSpec, name: str, variable: Variable) -> Found:
        leaves = self._submitted(self.made[spec.dataset].variables.get(name, NOTHING))
        behind = frozenset(one for one in self._behind(leaves) if not one.table.startswith(MARK))
        columns = frozenset(one for one in behind if one.table in self.study.spec.sources and one.column)
        kinds = self._kinds(leaves)
        if DERIVED in kinds:
            return Found("Derived", "Sponsor", "", columns)
        if self.from_datasets and (where := self._predecessor(leaves)) and ASSIGNED not in kinds:
            return Found(PREDECESSOR, "", where, columns)
        if self.from_datasets and columns:
            return Found("Derived", "Sponsor", "", columns)
        tables = any(one.table in self.study.tables for one in behind)
        if columns and not tables and ASSIGNED not in kinds:
            first, *others = self.collectors(columns)
            return Found(COLLECTED, first, "", columns, others=tuple(others))
        design = spec.dataset in ("TA", "TE", "TI", "TS", "TV")
        return Found(PROTOCOL if design else "Assigned", "Sponsor", "", columns)

    def _submitted(self, leaves: Iterable[Leaf]) -> Leaves:
        """Follow working datasets to those that a reader of define.xml has, with the marks on the way."""
        found: set[Leaf] = set()
        todo, seen = list(leaves), set[Leaf]()
        while todo:
            leaf = todo.pop()
            if leaf not in seen:
                seen.add(leaf)
                spec = self.study.datasets.get(leaf.table)
                inner = self.made[leaf.table].variables.get(leaf.column) if spec and spec.working else None
                todo += inner or ()
                found |= {leaf} if inner is None else set()
        return frozenset(found)

    def _behind(self, leaves: Iterable[Leaf]) -> set[Leaf]:
        """Follow datasets of the study down to sources and tables."""
        found: set[Leaf] = set()
        todo, seen = list(leaves), set[Leaf]()
        while todo:
            leaf = todo.pop()
            if leaf not in seen:
                seen.add(leaf)
                inner = self.made[leaf.table].variables.get(leaf.column) if leaf.table in self.made else None
                todo += inner or ()
                found |= set() if inner is not None else {leaf}
        return found

    def _kinds(self, leaves: Iterable[Leaf]) -> set[Leaf]:
        """Find the kinds of origin; in ADaM those of another dataset are that dataset's own."""
        everything = set(leaves) if self.from_datasets else self._behind(leaves)
        return {one for one in everything if one.table.startswith(MARK)}

    def _predecessor(self, leaves: Iterable[Leaf]) -> str:
        plain = [one for one in leaves if not one.table.startswith(MARK) and one.column]
        datasets = {*self.study.spec.sources, *self.made}
        if len({one.column for one in plain}) != 1 or not {one.table for one in plain} <= datasets:
            return ""
        return ", ".join(sorted(f"{one.table}.{one.column}" for one in plain))

    def collectors(self, columns: Iterable[Leaf]) -> list[str]:
        """Name those who collected some columns of sources.

        >>> from trialkit.samples import sample_study
        >>> origins_of(sample_study(), False).collectors([Leaf("DOSING", "DOSE")])
        ['Investigator']
        """
        return sorted({self.study.spec.sources[one.table].collected_by for one in columns})


def declared(origin: Origin, found: Found) -> Found:
    """Give the origin that a spec declares, with what stands behind the values.

    >>> declared(Origin(type="Protocol"), Found("Collected", "Investigator")).source
    'Sponsor'
    """
    source = origin.source or (found.source if found.type == origin.type else "")
    if not source and origin.type in ("Derived", "Assigned", "Protocol"):
        source = "Sponsor"
    pages, others = tuple(origin.pages), tuple(origin.others)
    return Found(origin.type, source, origin.predecessor, found.columns, pages, others)


def origins_of(
    study: Study, from_datasets: bool, headers: Mapping[str, Iterable[str]] | None = None
) -> Origins:
    """Follow what flows where in a study, and with it the kinds of origin.

    >>> from trialkit.samples import sample_study
    >>> sorted(origins_of(sample_study(), False).made)
    ['DM', 'EX', 'VS']
    """
    return Origins(study, from_datasets, flows(study, headers, mark))


def origin_element(found: Found, crf: str, pages: Iterable[int | str] = ()) -> OriginElement:
    """Write an origin, with the pages of the annotated CRF where it has them.

    Args:
        found: the origin.
        crf: identifier of the annotated CRF's leaf; empty where there is none.
        pages: physical pages, or named destinations.

    >>> origin_element(Found("Predecessor", predecessor="ADSL.AGE"), "").description.text
    'ADSL.AGE'
    """
    refs = _page_refs([*pages, *found.pages]) if crf else ()
    said = Description.of(found.predecessor) if found.predecessor else None
    documents = (DocumentRef(leaf_id=crf, pages=refs),) if refs and found.type == COLLECTED else ()
    return OriginElement(type=found.type, source=found.source, description=said, documents=documents)


def _page_refs(pages: Iterable[int | str]) -> tuple[PDFPageRef, ...]:
    """Write pages in one reference, each range in one of its own, and the names of destinations in one."""
    texts = list(dict.fromkeys(str(page) for page in pages))
    numbers = sorted({int(text) for text in texts if text.isdigit()})
    ranges = [text for text in texts if not text.isdigit() and is_range(text)]
    names = [text for text in texts if not text.isdigit() and text not in ranges]
    refs = [PDFPageRef(type="PhysicalRef", page_refs=" ".join(map(str, numbers)))] if numbers else []
    refs += [page for text in ranges for page in parse_pages(text)]
    refs += [PDFPageRef(type="NamedDestination", page_refs=" ".join(names))] if names else []
    return tuple(refs)
