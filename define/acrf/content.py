"""What stands on each form: its fields with their labels, and the boxes with annotations beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from define.acrf.annotations import Annotation, annotations_of, joined, said_by_form
from define.acrf.forms import Form, Forms, form_order
from define.acrf.mapped import Headers, Mapped
from define.acrf.relations import Relation, relations_of
from define.acrf.uses import Use, generic_name, uses_of
from trialkit.dataflow import Leaf
from trialkit.standard import Standard

Kind: TypeAlias = Literal["variable", "several", "use", "none", "domain", "relation"]

SYSTEM = "System fields"
ELSEWHERE = 4  # datasets that have a field alike, from which on one box names them all


@dataclass(frozen=True, slots=True)
class Box:
    """One annotation: its text, what kind it is, and the dataset whose colour it has.

    >>> Box("DMDTC", "variable", "DM").dataset
    'DM'
    """

    text: str
    kind: Kind
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class FieldContent:
    """A field of a form: its column, its labels and its annotations.

    >>> FieldContent("SEX", "Sex", "", ()).column
    'SEX'
    """

    column: str
    label: str
    original: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class FormContent:
    """One form.

    Args:
        source: its raw source.
        title: its title in English.
        original: its title in the language of the form.
        about: lines on version, file and visits.
        domains: the datasets that its fields go to, the one of most fields first; they have colours in turn.
        heads: the annotations of the form as a whole.
        sections: heading and fields of each section.
        visits: the visits at which it is used.

    >>> FormContent("SUBJ", "Subject").domains
    ()
    """

    source: str
    title: str
    original: str = ""
    about: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    heads: tuple[Box, ...] = ()
    sections: tuple[tuple[str, tuple[FieldContent, ...]], ...] = ()
    visits: tuple[str, ...] = ()


@dataclass(slots=True)
class Writer:
    """Writes the content of forms.

    >>> from define.acrf.samples import sample_writer
    >>> [form.title for form in sample_writer().all()]
    ['SUBJECTS', 'DOSING', 'VITALS']
    """

    mapped: Mapped
    headers: Headers
    forms: Forms
    standard: Standard
    annotations: dict[Leaf, list[Annotation]] = field(init=False)
    uses: dict[Leaf, Use] = field(init=False)
    relations: list[Relation] = field(init=False)

    def __post_init__(self) -> None:
        self.annotations = annotations_of(self.mapped)
        self.uses = uses_of(self.mapped.study, self.headers)
        self.relations = relations_of(self.mapped)

    def all(self) -> list[FormContent]:
        """Write every form, in order.

        >>> from define.acrf.samples import sample_writer
        >>> [box.text for box in sample_writer().all()[2].heads]
        ['VS (Vital Signs)', 'DM (Demographics)']
        """
        return [self.form(source) for source in form_order(self.mapped.study, self.forms)]

    def form(self, source: str) -> FormContent:
        """Write one form.

        >>> from define.acrf.samples import sample_writer
        >>> form = sample_writer().form("VITALS")
        >>> [(one.column, one.boxes[0].text) for one in form.sections[0][1] if one.column == "SYS"]
        [('SYS', 'VSORRES WHEN VSTESTCD = SYSBP')]
        """
        form = self.forms.forms.get(source, Form())
        domains = self._domains(source)
        sections = tuple(
            (title, tuple(self._field(source, column, form, domains) for column in columns))
            for title, columns in sections_of(form, list(self.headers[source]))
        )
        return FormContent(
            source,
            form.title or source,
            form.original,
            tuple(self._about(source, form)),
            domains,
            tuple(self._heads(source, domains)),
            sections,
            tuple(form.visits),
        )

    def _about(self, source: str, form: Form) -> Iterator[str]:
        spec = self.mapped.study.spec
        version = form.version or self.forms.version
        parts = [form.kind, f"Version {version}" if version else "", f"File {spec.sources[source].file}"]
        yield "  ·  ".join(part for part in parts if part)
        if self.forms.all_visits():
            yield f"Visits: {', '.join(form.visits) or 'at any time'}"

    def _domains(self, source: str) -> tuple[str, ...]:
        """Order the datasets of a form: those of most fields first, then of most variables."""
        leaves = [Leaf(source, column) for column in self.headers[source]]
        found = [(one.dataset, leaf) for leaf in leaves for one in self.annotations.get(leaf, [])]
        fields = Counter(dataset for dataset, _ in set(found))
        variables = Counter(dataset for dataset, _ in found)
        return tuple(sorted(fields, key=lambda one: (-fields[one], -variables[one], one)))

    def _heads(self, source: str, domains: Sequence[str]) -> Iterator[Box]:
        for dataset in domains:
            spec = self.mapped.study.datasets[dataset]
            facts = self.standard.facts_of(spec)
            label = spec.label or (facts.label if facts else "")
            yield Box(f"{dataset} ({label})" if label else dataset, "domain", dataset)
        for dataset in domains:
            said = said_by_form(self.mapped, dataset, source) if self._is_of(source, dataset) else []
            if said:
                yield Box(", ".join(str(one) for one in said), "variable", dataset)
        used = {pair for column in self.headers[source] for pair in self._variables(Leaf(source, column))}
        for one in self.relations:
            if one.belongs(used, domains[:1]):
                yield Box(one.text, "relation")

    def _is_of(self, source: str, dataset: str) -> bool:
        """Say whether records of a dataset are those of the form, rather than have one value of it."""
        fields = {
            column
            for column in self.headers[source]
            for one in self.annotations.get(Leaf(source, column), [])
            if one.dataset == dataset and not one.picked
        }
        return len(fields) > 1

    def _variables(self, leaf: Leaf) -> set[tuple[str, str]]:
        own = {(one.dataset, one.variable) for one in self.annotations.get(leaf, [])}
        return own | set(self.uses[leaf].variables if leaf in self.uses else ())

    def _field(self, source: str, column: str, form: Form, domains: Sequence[str]) -> FieldContent:
        leaf, order = Leaf(source, column), list(domains)
        found = sorted(self.annotations.get(leaf, []), key=lambda one: order.index(one.dataset))
        boxes = variable_boxes(found) or [use_box(self.uses.get(leaf, Use()))]
        return FieldContent(
            column, form.labels.get(column, ""), self.headers[source].get(column, ""), tuple(boxes)
        )


def sections_of(form: Form, columns: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Divide the columns of a form: those of no section first, those of the system last.

    >>> form = Form(sections=[{"title": "Dose", "fields": ["DOSE"]}], system=["AUDIT"])
    >>> sections_of(form, ["AUDIT", "DOSE", "SUBJ"])
    [('', ['SUBJ']), ('Dose', ['DOSE']), ('System fields', ['AUDIT'])]
    """
    there = set(columns)
    found: list[tuple[str, list[str]]] = [(one.title, list(one.fields)) for one in form.sections]
    taken = {column for _, fields in found for column in fields} | set(form.system)
    rest = [column for column in columns if column not in taken]
    parts = [("", rest), *found, (SYSTEM, form.system)]
    kept = [(title, [column for column in fields if column in there]) for title, fields in parts]
    return [(title, fields) for title, fields in kept if fields]


def variable_boxes(annotations: Sequence[Annotation]) -> list[Box]:
    """Write the annotations of a field; what many datasets have alike stands in one box.

    >>> [box.text for box in variable_boxes([Annotation(name, "VISIT") for name in ("EG", "LB", "QS", "VS")])]
    ['VISIT in EG, LB, QS, VS']
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for one in annotations:
        groups[one.dataset].append(generic_name(one.dataset, one.variable) + one.condition + one.picked)
    alike = Counter(tuple(names) for names in groups.values())
    several: Mapping[str, tuple[str, ...]] = {
        dataset: tuple(names) for dataset, names in groups.items() if alike[tuple(names)] >= ELSEWHERE
    }
    boxes = [
        Box(names + condition, "variable", dataset)
        for dataset, names, condition in joined(one for one in annotations if one.dataset not in several)
    ]
    for names in dict.fromkeys(several.values()):
        datasets = ", ".join(dataset for dataset, own in several.items() if own == names)
        boxes.append(Box(f"{', '.join(names)} in {datasets}", "several"))
    return boxes


def use_box(use: Use) -> Box:
    """Write what a field without a variable is used for.

    >>> use_box(Use()).text, use_box(Use(keys=["key"])).text
    ('[NOT SUBMITTED]', 'Used for: key')
    """
    if use.submitted or use.keys:
        return Box(f"Used for: {use.text}", "use")
    return Box(f"[NOT SUBMITTED] Used for: {use.text}" if use.text else "[NOT SUBMITTED]", "none")
