"""All checks of a define.xml: by the XML Schema, by what the standard says beyond it, and by the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from define.check import analyses, attributes, conditions, links, order, origins, references, terms
from define.check import inventory as inventory_checks
from define.check import values as value_checks
from define.check.analysisdata import analysis_conditions
from define.check.schema import schema_file, schema_problems
from define.check.select import Selector
from define.check.sheet import Sheet, Usage
from define.check.tables import Tables
from define.check.view import View
from define.names import DEF_20
from define.read import parse_define, version_of
from define.xmlfile import file_bytes, parse_xml
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal

NO_FOLDER = Kind("DEFC-902", "no such folder of data", "Give the folder with the datasets.", exit=Exit.SPEC)

Check: TypeAlias = Callable[[View], Iterator[Problem]]

CHECKS: tuple[Check, ...] = (
    references.dangling,
    references.unused,
    attributes.context,
    attributes.labels,
    attributes.lengths,
    attributes.standards,
    attributes.datasets,
    origins.origins,
    origins.methods,
    origins.predecessors,
    origins.sources,
    links.links,
    conditions.comparisons,
    conditions.terms,
    conditions.value_lists,
    conditions.joins,
    order.order_numbers,
    order.keys,
    order.names,
    terms.codelists,
    terms.codes,
    terms.types,
    terms.texts,
    analyses.analyses,
)
DATA_CHECKS: tuple[Callable[[Sheet], Iterator[Problem]], ...] = (
    inventory_checks.variables,
    inventory_checks.attributes,
    inventory_checks.records,
    value_checks.lengths,
    value_checks.unique_keys,
    value_checks.missing,
    value_checks.levels,
    value_checks.undescribed,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks found.

    Args:
        file: the name of the file.
        problems: all of them, in the order of the checks.
        notes: what was checked, and what was not and why.
        datasets: number of datasets.
        variables: number of variables and value levels.
        records: number of records that were looked at.

    >>> Checked("define.xml", (), ()).errors
    0
    """

    file: str
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    datasets: int = 0
    variables: int = 0
    records: int = 0

    @property
    def errors(self) -> int:
        """Count the errors.

        >>> Checked("define.xml", (), ()).errors
        0
        """
        return sum(problem.level == "error" for problem in self.problems)

    def exit(self) -> Exit:
        """Give the exit code.

        >>> Checked("define.xml", (), ()).exit()
        <Exit.OK: 0>
        """
        return Problems(list(self.problems)).exit()


@dataclass(slots=True)
class _Found:
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    records: int = 0


def check_define(path: Path, data: Path | None = None, schema: Path | None = None) -> Checked:
    """Check a define.xml.

    Args:
        path: the file.
        data: folder with the datasets, to compare with; None for the file alone.
        schema: folder with the XML Schema; None for that of the package ``defineutils``.

    Returns:
        What was found. The place of each problem has the line, and the XPath as its field, with the
        prefixes odm, def, arm and xlink.

    Raises:
        Refusal: DEF-001, and DEFC-901 and DEFC-902 for folders that have not what is needed.

    >>> check_define(Path("nowhere.xml"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error DEF-001 nowhere.xml file cannot be read: ...
    """
    content, found = file_bytes(path), _Found()
    if data is not None and not data.is_dir():
        raise Refusal([Problem(NO_FOLDER, f"{data.name}: {NO_FOLDER.title}")])
    xsd = schema_file(schema)
    problems = Problems()
    try:
        define = parse_define(content, path.name, problems)
    except Refusal as refusal:
        return Checked(path.name, refusal.problems, ("the file cannot be read: nothing else was checked",))
    found.problems += problems.items
    _schema(content, path.name, xsd, found)
    view = View(define, path.name)
    for check in CHECKS:
        found.problems += check(view)
    found.problems += links.missing_files(view, path.parent)
    _data(view, data, found)
    variables = sum(1 for _ in view.uses())
    return Checked(
        path.name, tuple(found.problems), tuple(found.notes), len(view.groups), variables, found.records
    )


def _schema(content: bytes, file: str, xsd: Path, found: _Found) -> None:
    root = parse_xml(content, file)
    if version_of(root, file) == DEF_20:
        found.notes.append(
            "the file is of Define-XML 2.0: checked as the 2.1 that it becomes, not by the XML Schema"
        )
    else:
        found.problems += schema_problems(root, xsd, file)
        found.notes.append(f"checked by the XML Schema {xsd.name}")


def _data(view: View, data: Path | None, found: _Found) -> None:
    if data is None:
        found.notes.append("the data were not checked: give their folder")
        return
    tables, usage = Tables(data), Usage()
    selector = Selector(view, tables)
    found.problems += inventory_checks.files(view, tables)
    for group in view.metadata.item_groups:
        table = tables.of(group)
        if table is None:
            _not_seen(view, group.oid, usage)
            continue
        sheet = Sheet(view, selector, group, table)
        for check in DATA_CHECKS:
            found.problems += check(sheet)
        found.problems += value_checks.codelists(sheet, usage)
        found.records += table.count
    found.problems += value_checks.unused_terms(view, usage)
    found.problems += analysis_conditions(view, selector)
    found.problems += tables.problems
    found.notes.append(f"checked by the data: {found.records:,} records")


def _not_seen(view: View, oid: str, usage: Usage) -> None:
    for use in view.uses():
        if use.group.oid == oid and use.item.codelist and not use.group.has_no_data:
            usage.complete[use.item.codelist.codelist_oid] = False


def place_of(problem: Problem) -> Place:
    """Give file and line of a problem: its sentence names dataset and variable, and an XPath is long.

    >>> str(place_of(Problem(NO_FOLDER, "w", Place("define.xml", 3, field="/odm:ODM", dataset="DM"))))
    'define.xml:3'
    """
    return Place(problem.where.file, problem.where.line)
