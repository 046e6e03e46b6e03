"""Datasets, their variables and the value levels of these, as the page shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from define.html.conditions import Conditions
from define.html.lineage import Lineage, Step, VariableLineage
from define.html.links import Links, leaf_link, safe_href
from define.html.preview import Preview
from define.html.shown import Dataset, Link, Row, Source, Way
from define.model import CodeList, ItemDef, ItemGroupDef, ItemRef, Origin

SHORT = 36
_VARIABLE = re.compile(r"(\w+)\.(\w+)")


class Datasets:
    """Makes what is shown of datasets.

    >>> from define.samples import sample_define
    >>> links = Links(sample_define())
    >>> [one.id for one in Datasets(links, Conditions(links), Preview(), Lineage()).all()]
    ['dataset/IG.DM']
    """

    def __init__(self, links: Links, conditions: Conditions, preview: Preview, lineage: Lineage) -> None:
        """Keep what is known of the datasets."""
        self.links = links
        self.conditions = conditions
        self.preview = preview
        self.lineage = lineage
        self._shown: set[str] = set()

    def all(self) -> list[Dataset]:
        """Give the datasets in the order of the file.

        >>> from define.samples import sample_define
        >>> links = Links(sample_define())
        >>> made = Datasets(links, Conditions(links), Preview(), Lineage()).all()
        >>> [row.codelist.text for row in made[0].rows if row.codelist]
        ['Sex']
        """
        return [self._dataset(group) for group in self.links.metadata.item_groups]

    def spare(self) -> list[Row]:
        """Give the definitions that none of the datasets shown so far has.

        >>> from define.samples import sample_define
        >>> links = Links(sample_define())
        >>> datasets = Datasets(links, Conditions(links), Preview(), Lineage())
        >>> len(datasets.all()), datasets.spare()
        (1, [])
        """
        left = [item for item in self.links.metadata.items if item.oid not in self._shown]
        return [
            self._row(
                self.links.anchors.take("item", item.oid), ItemRef(item_oid=item.oid, mandatory=None), ""
            )
            for item in left
        ]

    def _dataset(self, group: ItemGroupDef) -> Dataset:
        made = self.links.anchors.take("dataset", group.oid)
        me = Link(group.name, f"#{made}")
        return Dataset(
            id=made,
            group=group,
            rows=tuple(self._variable(group, ref) for ref in group.items),
            keys=tuple(self._keys(group)),
            standard=self.links.to("standard", group.standard_oid) if group.standard_oid else None,
            location=leaf_link(group.leaf) if group.leaf else None,
            comment=self.links.comment(group.comment_oid, me),
            preview=self.preview.datasets.get(group.name),
        )

    def _keys(self, group: ItemGroupDef) -> Iterator[Link]:
        keyed = [(ref.key_sequence, ref.item_oid) for ref in group.items if ref.key_sequence is not None]
        for _, oid in sorted(keyed):
            yield self.links.variable(oid, group.oid)[0]

    def _variable(self, group: ItemGroupDef, ref: ItemRef) -> Row:
        made = self.links.anchors.take("variable", group.oid, ref.item_oid)
        return self._row(made, ref, group.name, self._levels(group, ref))

    def _levels(self, group: ItemGroupDef, ref: ItemRef) -> tuple[Row, ...]:
        item = self.links.view.items.get(ref.item_oid)
        oid = item.value_list.value_list_oid if item and item.value_list else ""
        found = self.links.view.value_lists.get(oid)
        return tuple(self._level(group, ref, level) for level in found.items) if found else ()

    def _level(self, group: ItemGroupDef, ref: ItemRef, level: ItemRef) -> Row:
        made = self.links.anchors.take("value", group.oid, ref.item_oid, level.item_oid)
        return self._row(made, level, group.name, near=group.oid, parent=self.links.view.items[ref.item_oid])

    def _row(
        self,
        made: str,
        ref: ItemRef,
        dataset: str,
        levels: tuple[Row, ...] = (),
        near: str = "",
        parent: ItemDef | None = None,
    ) -> Row:
        item, links = self.links.view.items.get(ref.item_oid), self.links
        self._shown.add(ref.item_oid)
        name = parent.name if parent else item.name if item else ref.item_oid
        me, key = Link(f"{dataset}.{name}" if dataset else name, f"#{made}"), (dataset, ref.item_oid)
        return Row(
            id=made,
            ref=ref,
            item=item,
            conditions=tuple(self.conditions.of(w.where_clause_oid, near, me) for w in ref.where_clauses),
            codelist=links.to("codelist", item.codelist.codelist_oid, me) if item and item.codelist else None,
            terms=self._terms(item.codelist.codelist_oid) if item and item.codelist else "",
            sources=tuple(self._source(origin, me) for origin in item.origins) if item else (),
            method=links.method(ref.method_oid, me),
            comment=links.comment(item.comment_oid, me) if item else None,
            levels=levels,
            values=self.preview.levels.get(key) if parent else self.preview.of(dataset, name),
            way=self._way(self.lineage.levels.get(key) if parent else self.lineage.of(dataset, name)),
        )

    def _terms(self, oid: str) -> str:
        found = self.links.view.codelists.get(oid)
        return about(found) if found else ""

    def _source(self, origin: Origin, me: Link) -> Source:
        said = origin.description.text.strip() if origin.description else ""
        found = _VARIABLE.fullmatch(said) if origin.type == "Predecessor" else None
        href = self.links.named(found[1], found[2]) if found else ""
        documents = self.links.documents(origin.documents, me)
        return Source(origin.type, origin.source, origin.description, href, documents)

    def _way(self, found: VariableLineage | None) -> Way | None:
        if found is None:
            return None
        sources = tuple(tuple(map(self._step, steps)) for steps in found.sources)
        return Way(sources, tuple(map(self._step, found.used)))

    def _step(self, step: Step) -> Link:
        if step.result:
            return Link(step.text, self.links.to("result", step.result).href)
        if step.dataset:
            return Link(step.text, self.links.named(step.dataset, step.variable))
        return Link(step.text, safe_href(step.href))


def about(codelist: CodeList) -> str:
    """Say what a codelist has: the terms of a short one, else their number, or the dictionary.

    >>> from define.samples import sample_define
    >>> about(sample_define().metadata.codelists[0])
    'F, M'
    """
    if codelist.external:
        return f"{codelist.external.dictionary} {codelist.external.version}".strip()
    terms = [term.coded_value for term in codelist.terms]
    said = ", ".join(terms)
    return said if len(said) <= SHORT else f"{len(terms):,} term{'s' if len(terms) > 1 else ''}"
