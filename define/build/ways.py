"""The ways of the values of a package: down to the raw files, and up to what uses them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from define.build.package import Described, Package
from define.html.anchors import anchor
from define.html.levels import LevelData
from define.html.lineage import Lineage, Step, VariableLineage
from trialkit.dataflow import NOTHING, DatasetFlow, Leaf, flows
from trialkit.plan import all_variables
from trialkit.study import Study
from trialkit.submission.layout import PAGE

MOST = 24  # ways shown of one variable


@dataclass(frozen=True, slots=True)
class Other:
    """The datasets of the study in another folder, such as those of ADaM for SDTM.

    Args:
        study: their specs.
        folder: from this page to theirs, such as ``../adam``; empty where there is no page.
        displays: the declared analyses, where they are the analysed ones.

    >>> Other(None).folder
    ''
    """

    study: Study | None
    folder: str = ""
    displays: Sequence[Any] = ()

    def link(self, dataset: str, variable: str) -> str:
        """Give the address of a variable on their page; "" where it is not shown there.

        >>> Other(None, "../adam").link("ADLB", "AVAL")
        ''
        """
        spec = self.study.datasets.get(dataset) if self.study else None
        shown = spec.variables.get(variable) if spec and not spec.working else None
        if not self.folder or shown is None or shown.working:
            return ""
        place = anchor("variable", f"IG.{dataset}", f"IT.{dataset}.{variable}")
        return f"{self.folder}/{PAGE}#{place}"


@dataclass(slots=True)
class Ways:
    """Collects where values come from and where they go.

    Args:
        package: the datasets described.
        before: the datasets that they were made from, for ADaM.
        after: the datasets that are made from them, for SDTM.
        displays: the analyses of the datasets described.

    >>> Ways(Package(None, None, None, {}), Other(None), Other(None)).used
    {}
    """

    package: Package
    before: Other
    after: Other
    displays: Sequence[Any] = ()
    own: Mapping[str, DatasetFlow] = field(default_factory=dict)
    earlier: Mapping[str, DatasetFlow] = field(default_factory=dict)
    used: dict[Leaf, list[Step]] = field(default_factory=dict)

    def lineage(self) -> Lineage:
        """Give the ways of all variables.

        >>> from define.build.samples import sample_package
        >>> found = Ways(sample_package(), Other(None), Other(None)).lineage()
        >>> [[step.text for step in way] for way in found.of("DM", "SEX").sources]
        [['subjects.csv GENDER']]
        """
        self.own = flows(self.package.study)
        self.earlier = flows(self.before.study) if self.before.study else {}
        self.used = self._uses()
        found = {
            (one.name, name): VariableLineage(
                tuple(self._sources(one, name)), tuple(self.used.get(Leaf(one.name, name), ()))
            )
            for one in self.package.datasets
            if not one.companion
            for name in one.metas
            if name in all_variables(one.spec)
        }
        return Lineage({key: one for key, one in found.items() if one.sources or one.used})

    def of_level(self, level: LevelData) -> VariableLineage | None:
        """Give the ways of a value level: those of its variable that its records have taken.

        >>> from define.build.samples import sample_package
        >>> from define.html.preview import Values
        >>> ways = Ways(sample_package(), Other(None), Other(None))
        >>> _ = ways.lineage()
        >>> level = LevelData("DM", "SEX", Values(count=1, missing=0, distinct=1), frozenset({"SUBJECTS"}))
        >>> ways.of_level(level).sources[0][0].text
        'subjects.csv GENDER'
        """
        one = next((one for one in self.package.datasets if one.name == level.dataset), None)
        if one is None or one.companion or not level.tables:
            return None
        found = self._sources(one, level.variable, level.tables)
        return VariableLineage(tuple(found)) if found else None

    def _sources(
        self, one: Described, name: str, tables: Container[str] | None = None
    ) -> list[tuple[Step, ...]]:
        """Follow a variable down, of those from which it was made through some, or all."""
        leaves = self.own[one.spec.dataset].variables.get(name, NOTHING)
        taken = [leaf for leaf in sorted(leaves) if leaf.column and (tables is None or leaf.table in tables)]
        ways = [way for leaf in taken for way in self._down(leaf, (one.name, name), 0)]
        return list(dict.fromkeys(ways))[:MOST]

    def _down(self, leaf: Leaf, of: tuple[str, str], depth: int) -> list[tuple[Step, ...]]:
        """Follow a column down: through datasets of the package, those before it, to a file."""
        if leaf.table in self.own and depth < MOST:
            return self._through(
                leaf, self.own, Step(f"{leaf.table}.{leaf.column}", leaf.table, leaf.column), of, depth
            )
        if leaf.table in self.earlier and depth < MOST:
            step = Step(f"{leaf.table}.{leaf.column}", href=self.before.link(leaf.table, leaf.column))
            return self._through(leaf, self.earlier, step, of, depth)
        return [(self._file(leaf),)]

    def _through(
        self, leaf: Leaf, made: Mapping[str, DatasetFlow], step: Step, of: tuple[str, str], depth: int
    ) -> list[tuple[Step, ...]]:
        inner = sorted(one for one in made[leaf.table].variables.get(leaf.column, NOTHING) if one.column)
        if (leaf.table, leaf.column) == of or not inner:
            return [(step,)]
        ways = [way for one in inner for way in self._down(one, of, depth + 1)]
        return [(step, *way) for way in dict.fromkeys(ways)][:MOST]

    def _file(self, leaf: Leaf) -> Step:
        for study in (self.package.study, self.before.study):
            if study is not None and leaf.table in study.spec.sources:
                return Step(f"{study.spec.sources[leaf.table].file} {leaf.column}")
        return Step(f"tables/{leaf.table}.csv {leaf.column}")

    def _uses(self) -> dict[Leaf, list[Step]]:
        """Note what uses each variable: variables of these datasets and of later ones, and analyses."""
        found: dict[Leaf, dict[Step, None]] = defaultdict(dict)
        for name, variable, leaves in _published(self.package.study, self.own):
            for leaf in leaves:
                found[leaf][Step(f"{name}.{variable}", name, variable)] = None
        for leaf, steps in self._later().items():
            found[leaf] |= dict.fromkeys(steps)
        for one in _analyses(self.displays):
            for variable in _names(one):
                found[Leaf(one.dataset, variable)][Step(one.id, result=f"AR.{one.id}")] = None
        return {leaf: list(steps) for leaf, steps in found.items()}

    def _later(self) -> dict[Leaf, list[Step]]:
        """Follow variables into the analysis datasets, and on to the analyses of these."""
        if self.after.study is None:
            return {}
        made, found = flows(self.after.study), defaultdict[Leaf, dict[Step, None]](dict)
        analysed = defaultdict[Leaf, list[Step]](list)
        for one in _analyses(self.after.displays):
            for variable in _names(one):
                where = (
                    f"{self.after.folder}/{PAGE}#{anchor('result', f'AR.{one.id}')}"
                    if self.after.folder
                    else ""
                )
                analysed[Leaf(one.dataset, variable)].append(Step(f"{one.id} {one.title}", href=where))
        for name, variable, leaves in _published(self.after.study, made):
            step = Step(f"{name}.{variable}", href=self.after.link(name, variable))
            for leaf in _behind(leaves, made):
                found[leaf] |= dict.fromkeys([step, *analysed[Leaf(name, variable)]])
        return {leaf: list(steps) for leaf, steps in found.items()}


def _behind(leaves: Iterable[Leaf], made: Mapping[str, DatasetFlow]) -> set[Leaf]:
    found: set[Leaf] = set()
    todo = list(leaves)
    while todo:
        leaf = todo.pop()
        if leaf not in found:
            found.add(leaf)
            todo += made[leaf.table].variables.get(leaf.column, ()) if leaf.table in made else ()
    return found


def _published(study: Study, made: Mapping[str, DatasetFlow]) -> Iterable[tuple[str, str, Iterable[Leaf]]]:
    for name, spec in study.datasets.items():
        if not spec.working:
            for variable, one in spec.variables.items():
                if not one.working:
                    yield name, variable, made[name].variables.get(variable, NOTHING)


def _analyses(displays: Sequence[Any]) -> Iterable[Any]:
    return (one for display in displays for one in display.analyses)


def _names(one: Any) -> list[str]:
    where = list(one.where.names) if one.where else []
    return [*where, *one.by, *(ref.column for ref in one.method.references() if ref.column and not ref.table)]
