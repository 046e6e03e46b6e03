"""The datasets and variables of a package as elements of define.xml."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from define.build.codelists import Codelists
from define.build.comments import Texts, accepted
from define.build.conditions import where_clause
from define.build.methods import Sentences
from define.build.origins import COLLECTED, Found, Origins, declared, origin_element
from define.build.package import Described, Package
from define.build.pages import NO_PAGES, Pages
from define.build.planned import planned_form
from define.build.valuelevel import Level, as_numbers, levels_of, planned_levels
from define.build.values import described as form_of
from define.model import (
    Alias,
    Class,
    Description,
    ItemDef,
    ItemGroupDef,
    ItemRef,
    Leaf,
    Origin,
    ValueListDef,
    ValueListRef,
    WhereClauseDef,
    WhereClauseRef,
)
from define.model.alias import DOMAIN
from trialkit.column import Column
from trialkit.plan import all_variables
from trialkit.rules.todo import Todo
from trialkit.spec import ValueLevel

CLASSES = {
    "Special-Purpose": "SPECIAL PURPOSE", "Special Purpose": "SPECIAL PURPOSE", "Events": "EVENTS",
    "Interventions": "INTERVENTIONS", "Findings": "FINDINGS", "Findings About": "FINDINGS ABOUT",
    "Trial Design": "TRIAL DESIGN",
    "Relationship": "RELATIONSHIP", "Study Reference": "STUDY REFERENCE",
    "Subject Level Analysis Dataset": "SUBJECT LEVEL ANALYSIS DATASET", "ADaM Other": "ADAM OTHER",
    "Basic Data Structure": "BASIC DATA STRUCTURE", "Occurrence Data Structure": "OCCURRENCE DATA STRUCTURE",
}  # fmt: skip
REFERENCE = {"TRIAL DESIGN", "STUDY REFERENCE"}


@dataclass(slots=True)
class Elements:
    """Makes the elements of a package, and collects what they refer to.

    >>> Elements(Package(None, None, None, {}), None).items
    {}
    """

    package: Package
    origins: Origins
    crf: str = ""
    pages: Pages = NO_PAGES
    texts: Texts = field(default_factory=Texts)
    items: dict[str, ItemDef] = field(default_factory=dict)
    clauses: dict[str, WhereClauseDef] = field(default_factory=dict)
    lists: dict[str, ValueListDef] = field(default_factory=dict)
    codelists: Codelists = field(init=False)
    _methods: dict[str, Sentences] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start with no codelist."""
        self.codelists = Codelists(self.package)

    def group(self, one: Described) -> ItemGroupDef:
        """Make the element of a dataset.

        >>> from define.build.origins import origins_of
        >>> from define.build.samples import sample_package
        >>> package = sample_package()
        >>> made = Elements(package, origins_of(package.study, False)).group(package.datasets[0])
        >>> made.oid, made.dataset_class.name, made.repeating, made.items[0].item_oid
        ('IG.DM', 'SPECIAL PURPOSE', False, 'IT.DM.STUDYID')
        """
        spec, facts = one.spec, one.facts
        known = CLASSES.get(spec.dataset_class or (facts.observation_class if facts else ""), "")
        known = "RELATIONSHIP" if one.companion else known
        keys = ["STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"] if one.companion else spec.keys
        parent = spec.domain or spec.dataset
        tabulation = not self.package.standard.from_datasets
        return ItemGroupDef(
            oid=one.table.dataset.oid,
            name=one.name,
            domain=(parent if one.companion else spec.domain or one.name) if tabulation else "",
            sas_dataset_name=one.name,
            repeating=list(keys) != ["USUBJID"],
            is_reference_data=known in REFERENCE,
            purpose="Tabulation" if tabulation else "Analysis",
            structure=spec.structure if spec.structure and not one.companion else _structure(one),
            archive_location_id=f"LF.{one.name}",
            standard_oid="STD.IG",
            has_no_data=not (one.table.count or self.package.planned),
            comment_oid=self.texts.comment(f"COM.{one.name}", self._comment(one)),
            description=Description.of(_label(one)),
            items=tuple(self._items(one, list(keys))),
            aliases=self._domain(one),
            dataset_class=Class(name=known) if known else None,
            leaf=Leaf(id=f"LF.{one.name}", href=f"{one.name.lower()}.xpt", title=f"{one.name.lower()}.xpt"),
        )

    def _domain(self, one: Described) -> tuple[Alias, ...]:
        """Describe the domain that a dataset is a part of (Define-XML 2.1, section 5.3.12)."""
        if not one.spec.domain:
            return ()
        whole = self.package.standard.facts.find(one.spec.domain)
        return (Alias(context=DOMAIN, name=whole.label if whole else one.table.dataset.label),)

    def _comment(self, one: Described) -> str:
        if one.companion:
            return ""
        accept = accepted(self.package.study.spec.accept, one.name)
        return " ".join(filter(None, (one.spec.comment, accept)))

    def _items(self, one: Described, keys: list[str]) -> list[ItemRef]:
        levels = planned_levels(one) if self.package.planned else levels_of(one)
        refs = []
        for order, name in enumerate(one.metas, 1):
            found = self._origin(one, name)
            column, meta = one.table.columns[name], one.metas[name]
            item = self._item(one, name, column, found, f"IT.{one.name}.{name}")
            if name in levels:
                item = replace(item, value_list=self._value_list(one, name, levels[name], found))
            self.items[item.oid] = item
            refs.append(
                ItemRef(
                    item_oid=item.oid,
                    mandatory=meta.core == "Req" and not bool(column.missing().any()),
                    order_number=order,
                    key_sequence=keys.index(name) + 1 if name in keys else None,
                    method_oid=self._method(one, name, found),
                    role=meta.role if not self.package.standard.from_datasets else "",
                    is_non_standard=not meta.known and not one.companion,
                    has_no_data=bool(one.table.count) and bool(column.missing().all()),
                )
            )
        return refs

    def _origin(self, one: Described, name: str) -> Found:
        if one.companion:
            return {"IDVARVAL": Found("Derived", "Sponsor"), "QVAL": Found("")}.get(
                name, Found("Assigned", "Sponsor")
            )
        if name not in all_variables(one.spec):
            return Found("Not Available")
        return self.origins.of(one.spec, name)

    def _item(self, one: Described, name: str, column: Column, found: Found, oid: str) -> ItemDef:
        meta = one.metas[name]
        form = (
            planned_form(meta)
            if self.package.planned
            else form_of(column, dates="ISO 8601" in meta.described)
        )
        variable = None if one.companion else all_variables(one.spec).get(name)
        accept = "" if one.companion else accepted(self.package.study.spec.accept, one.name, name)
        said = " ".join(filter(None, (variable.comment if variable else "", accept)))
        return ItemDef(
            oid=oid,
            name=name,
            data_type=form.data_type,
            length=form.length,
            significant_digits=form.digits,
            sas_field_name=name,
            display_format=meta.format,
            comment_oid=self.texts.comment(f"COM.{one.name}.{name}", said),
            description=Description.of(meta.label),
            codelist=self.codelists.ref(one, name, column),
            origins=self._origin_elements(found),
        )

    def _origin_elements(self, found: Found) -> tuple[Origin, ...]:
        if not found.type:
            return ()
        pages = self.pages.of(found.columns) if found.type == COLLECTED and not found.pages else ()
        first = origin_element(found, self.crf, pages)
        return (first, *(replace(first, source=source) for source in found.others))

    def _method(self, one: Described, name: str, found: Found) -> str:
        if found.type != "Derived":
            return ""
        oid = f"MT.{one.name}.{name}"
        if one.companion:
            text = "The value of the variable that IDVAR names, in the parent record."
        else:
            text = self._sentences(one, name)
        return self.texts.method(oid, f"Algorithm for {one.name}.{name}", text) if text else ""

    def _sentences(self, one: Described, name: str) -> str:
        """Give the method that the spec says, else what its rule says; of a rule still to do nothing."""
        variable = all_variables(one.spec)[name]
        if variable.method or isinstance(variable.rule, Todo):
            return variable.method
        spec = one.spec
        if spec.dataset not in self._methods:  # once, for that looks through all that it reads
            self._methods[spec.dataset] = Sentences.of(spec, self.package.study.datasets)
        return self._methods[spec.dataset].text(name)

    def _value_list(self, one: Described, name: str, levels: list[Level], found: Found) -> ValueListRef:
        oid = f"VL.{one.name}.{name}"
        refs = [self._level(one, level, found, order) for order, level in enumerate(levels, 1)]
        self.lists[oid] = ValueListDef(oid=oid, items=tuple(refs))
        return ValueListRef(value_list_oid=oid)

    def _level(self, one: Described, level: Level, found: Found, order: int) -> ItemRef:
        column = one.table.columns[level.variable].take(level.rows)
        clause = where_clause(one.name, level.conditions, lambda name: f"IT.{one.name}.{name}")
        self.clauses[clause.oid] = clause
        origin, method = self._of_level(one, level, found)
        item = self._item(
            one, level.variable, column, origin, f"IT.{one.name}.{level.variable}.{_plain(level.name)}"
        )
        item = replace(item, description=Description.of(level.label), comment_oid="", codelist=None)
        if level.said:
            item = self._said(one, level, level.said, item)
        self.items[item.oid] = item
        where = (WhereClauseRef(where_clause_oid=clause.oid),)
        return ItemRef(
            item_oid=item.oid, mandatory=False, order_number=order, method_oid=method, where_clauses=where
        )

    def _said(self, one: Described, level: Level, said: ValueLevel, item: ItemDef) -> ItemDef:
        """Add what the spec says of a value level."""
        column = one.table.columns[level.variable].take(level.rows)
        own = self.package.terms.find(said.codelist) if said.codelist else None
        if said.type == "Num" and column.kind == "text":
            form = form_of(as_numbers(column, said))
            item = replace(item, data_type=form.data_type, significant_digits=form.digits)
        return replace(
            item,
            description=Description.of(said.label or level.label),
            comment_oid=self.texts.comment(f"COM.{item.oid.removeprefix('IT.')}", said.comment),
            codelist=self.codelists.ref(one, level.variable, column, own.name) if own else None,
        )

    def _of_level(self, one: Described, level: Level, found: Found) -> tuple[Found, str]:
        """Give origin and method of a value-level item: a qualifier has its own."""
        if not one.companion:
            found = declared(level.said.origin, found) if level.said and level.said.origin else found
            if level.said and level.said.method and found.type == "Derived":
                where = f"{one.name}.{level.variable}.{_plain(level.name)}"
                return found, self.texts.method(f"MT.{where}", f"Algorithm for {where}", level.said.method)
            return found, self._method(one, level.variable, found)
        name = level.conditions[0].values[0]
        own = self.origins.of(one.spec, name)
        if own.type != "Derived":
            return own, ""
        text, where = self._sentences(one, name), f"{one.name}.{name}"
        return own, self.texts.method(f"MT.{where}", f"Algorithm for {where}", text) if text else ""


def _label(one: Described) -> str:
    """Give the label that the spec says; the file of a draft may have another."""
    known = one.facts.label if one.facts else ""
    return (not one.companion and (one.spec.label or known)) or one.table.dataset.label


def _structure(one: Described) -> str:
    if one.companion:
        return "One record per supplemental qualifier per related parent domain record(s)"
    found = one.facts.structure if one.facts else ""
    return found or f"One record per {', '.join(one.spec.keys)}"


def _plain(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in text)
