"""Changes of a workbook as changes of spec files; what specs cannot take is said by sheet, row and column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from define.build.conditions import conditions_of
from define.build.package import Described, Package
from define.check.view import Use, View
from define.exchange.differ import Change
from define.exchange.lost import NOT_TAKEN
from define.workbook.where import parse_where
from trialkit.exchange.yamlfile import Step, Value
from trialkit.model import Model
from trialkit.problems import Kind, Place, Problem, Problems
from trialkit.spec import DatasetSpec, ValueLevel, Variable

FIXED = Kind("DEFX-010", "specs cannot take the change", "Change it back, or change the rule.")
SHARED = Kind(
    "DEFX-011", "stands in a file that several specs include", "Change it there by hand, or change it back."
)
BY_HAND = Kind("DEFX-012", "the line of the spec has to be changed by hand", "Change the spec by hand.")
DERIVED = "Derived"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a spec file.

    Args:
        file: relative to the study's folder.
        path: the keys that lead to the mapping.
        key: of the mapping.
        value: what it becomes; None to take it away.
        change: why.
        after: the key behind which a new one goes.
        append: whether the value is one more item of the list that the key has.

    >>> Edit("study.yaml", (), "title", "A study", None).name
    'title'
    """

    file: str
    path: tuple[Step, ...]
    key: str
    value: Value
    change: Change | None
    after: str = ""
    append: bool = False

    @property
    def keys(self) -> tuple[Step, ...]:
        """Give the keys that lead to what changes, its own included; names in them may have dots.

        >>> Edit("study.yaml", ("codelists", "UNIT"), "label", "Unit", None).keys
        ('codelists', 'UNIT', 'label')
        """
        return (*self.path, self.key)

    @property
    def name(self) -> str:
        """Name the key by the keys that lead to it, for people.

        >>> Edit("study.yaml", ("codelists", "UNIT"), "label", "Unit", None).name
        'codelists.UNIT.label'
        """
        return ".".join(map(str, self.keys))

    def __str__(self) -> str:
        """Say what is changed where."""
        change = self.change
        said = f": {short(change.before)} became {short(change.after)}" if change and change.column else ""
        return f"{self.file} {self.name}{said}"


@dataclass(slots=True)
class Taking:
    """What is at hand while changes are taken.

    Args:
        package: the datasets and their specs.
        ours: what the specs say.
        theirs: what the workbook says.
        problems: where DEFX-001 and DEFX-010 to DEFX-012 go.
        edits: the changes of spec files.

    >>> Taking(None, None, None).edits
    []
    """

    package: Package
    ours: View
    theirs: View
    problems: Problems = field(default_factory=Problems)
    edits: list[Edit] = field(default_factory=list)

    def fixed(self, change: Change, why: str, kind: Kind = FIXED, severity: Any = None) -> None:
        """Say that specs cannot take a change, and what to do.

        >>> from define.workbook.book import Row
        >>> taking = Taking(None, None, None)
        >>> taking.fixed(Change("Datasets", ("DM",), "Purpose", "a", "b", Row({})), "It follows.")
        >>> taking.problems.items[0].what
        "DM: 'a' became 'b'"
        """
        if change.column:
            what = f"{change.name}: {short(change.before)} became {short(change.after)}"
        else:
            what = f"row of {change.name} is {'new' if change.after else 'gone'}"
        where = change.row.at(change.where or change.column).field.strip()
        place = Place(change.row.place.file, change.row.place.line, field=where)
        if not any(one.where == place for one in self.problems.errors()):  # an error of the cell says enough
            self.problems.add(Problem(kind, what, place, hint=why, severity=severity))

    def edit(
        self, change: Change, model: Model | None, path: tuple[Step, ...], key: str, value: Value, **more: Any
    ) -> None:
        """Keep a change of a spec file, unless what it changes stands in another file than its dataset.

        Args:
            change: of the workbook.
            model: the part of the spec, for where it stands; None for study.yaml.
            path: the keys that lead to the mapping.
            key: of the mapping.
            value: what it becomes; None to take it away.
            more: of ``Edit``.

        >>> from define.exchange.samples import sample_change, sample_taking
        >>> taking, change = sample_taking(), sample_change()
        >>> site = taking.described("DM").spec.variables["SITEID"]
        >>> taking.edit(change, site, ("variables", "SITEID"), "label", "Site")
        >>> print(taking.edits[0])
        sdtm/dm.yaml variables.SITEID.label: '' became 'Site'
        """
        file = "study.yaml" if model is None else self.file_of(change)
        if model is not None and model.place().file != file:
            self.fixed(change, f"It stands in {model.place()}: change it there.", SHARED)
        else:
            self.edits.append(Edit(file, path, key, value, change, **more))

    def file_of(self, change: Change) -> str:
        """Name the spec file of the dataset that a change is about.

        >>> from define.exchange.samples import sample_change, sample_taking
        >>> sample_taking().file_of(sample_change())
        'sdtm/dm.yaml'
        """
        return self.described(change.key[0]).spec.place("dataset").file  # type: ignore[union-attr]

    def described(self, name: str) -> Described | None:
        """Find a dataset.

        >>> from pathlib import Path
        >>> Taking(Package(None, None, Path("."), {}), None, None).described("DM")
        """
        return next((one for one in self.package.datasets if one.name == name), None)

    def use(self, view: View, change: Change) -> Use | None:
        """Find the variable or value level that a change is about, in the specs or in the workbook.

        >>> from define.exchange.samples import sample_change, sample_taking
        >>> taking = sample_taking()
        >>> taking.use(taking.ours, sample_change()).item.label
        'Study Site Identifier'
        """
        dataset, variable = change.key[:2]
        uses = (one for one in view.variables() if one.group.name == dataset and one.item.name == variable)
        use = next(uses, None)
        if use is None or change.sheet != "ValueLevel":
            return use
        wanted = conditions(change.key[2])
        return next((one for one in view.levels(use) if comparisons_of(view, one) == wanted), None)

    def left_alone(self, change: Change) -> None:
        """Say that something new is not kept, which is no error.

        >>> from define.workbook.book import Row
        >>> taking = Taking(None, None, None)
        >>> taking.left_alone(Change("Variables", ("DM", "SEX"), "Common", "", "Yes", Row({})))
        >>> taking.problems.errors()
        []
        """
        self.fixed(change, NOT_TAKEN.fix, NOT_TAKEN)


Conditions = frozenset[tuple[str, str, tuple[str, ...]]]


def conditions(text: str) -> Conditions:
    """Read the condition of a value level, so that the order of its comparisons makes no difference.

    >>> conditions("A EQ x and B IN (z, y)") == conditions("B IN (y, z) and A EQ x")
    True
    """
    try:
        found = parse_where(text) if text else ()
    except ValueError:
        return frozenset()
    if len(found) != 1:
        return frozenset()
    return _as_set(found[0])


def _as_set(comparisons: Iterable[Any]) -> Conditions:
    return frozenset((one.variable, one.comparator, tuple(sorted(one.values))) for one in comparisons)


def comparisons_of(view: View, level: Use) -> Conditions:
    """Give the condition of a value level of a define.

    >>> from define.samples import sample_define
    >>> view = View(sample_define(), "define.xml")
    >>> comparisons_of(view, next(view.variables()))
    frozenset()
    """
    refs = level.ref.where_clauses
    clause = view.where_clauses.get(refs[0].where_clause_oid) if len(refs) == 1 else None
    checks = clause.checks if clause else ()
    return frozenset(
        (view.items[one.item_oid].name, one.comparator, tuple(sorted(one.values)))
        for one in checks
        if one.item_oid in view.items
    )


def short(text: str) -> str:
    """Write a text in quotes, the beginning of a long one.

    >>> short("Sex"), len(short("x" * 99))
    ("'Sex'", 45)
    """
    return f"'{text}'" if len(text) <= SHOWN else f"'{text[:SHOWN]}...'"


SHOWN = 40


def with_accepted(text: str, said: str) -> str | None:
    """Take the reasons of accepted findings off a comment, which study.yaml says; None where they changed.

    Args:
        text: the comment of the workbook.
        said: the reasons.

    >>> with_accepted("A comment. Accepted.", "Accepted."), with_accepted("A comment.", "Accepted.")
    ('A comment.', None)
    """
    if not said:
        return text
    return text.removesuffix(said).rstrip() if text.endswith(said) else None


def owner_of(spec: DatasetSpec, name: str) -> tuple[tuple[Step, ...], Variable] | None:
    """Find a variable or qualifier of a spec, and the keys that lead to it; None for one that it has not.

    >>> from trialkit.samples import sample_study
    >>> owner_of(sample_study().datasets["DM"], "SEX")[0]
    ('variables', 'SEX')
    """
    for part, there in (("variables", spec.variables), ("supplemental", spec.supplemental)):
        if name in there:
            return (part, name), there[name]
    return None


def level_of(
    variable: Variable, wanted: Conditions, known: Iterable[Any]
) -> tuple[int | None, ValueLevel | None]:
    """Find what a spec says of a value level: its own entry, and else one that is about more records.

    Args:
        variable: the spec.
        wanted: the condition of the level.
        known: the levels of the dataset, each with what is said of it.

    >>> level_of(Variable(rule="A"), frozenset(), [])
    (None, None)
    """
    for place, one in enumerate(variable.value_level):
        if _as_set(conditions_of(one.when) or ()) == wanted:
            return place, one
    return None, next((one.said for one in known if _as_set(one.conditions) == wanted), None)
