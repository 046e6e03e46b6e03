"""The record rules of a dataset as paths: each way in which its records come about, with what is known of it.

A stack has a path for each branch, a gather one for each item, a table of the study one for each row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from define.acrf.follow import Scope, followed, from_rows
from define.acrf.known import MISSING, Value, known
from define.acrf.truth import judged
from trialkit.raw.table import RawTable
from trialkit.rule import RecordRule
from trialkit.rules.filter import Drop, Keep
from trialkit.rules.gather import Gather
from trialkit.rules.join import Join
from trialkit.rules.records import Let, Read, Stack
from trialkit.steps import as_list

MOST_ROWS = 200  # a longer table of the study is one path


class Tables(Protocol):
    """The tables that paths read.

    >>> issubclass(Tables, Protocol)
    True
    """

    def column(self, table: str, name: str) -> Value:
        """Give what is known of a column of a table.

        >>> from define.acrf.samples import sample_tables
        >>> [one.column for one in sample_tables().column("SUBJ", "SEX").traces]
        ['SEX']
        """

    def rows(self, name: str) -> RawTable | None:
        """Give a table of the study; None for any other.

        >>> from define.acrf.samples import sample_tables
        >>> sample_tables().rows("SUBJ")
        """


@dataclass(frozen=True, slots=True)
class TableScope:
    """The columns of another table, as a rule sees them that runs on it.

    >>> TableScope(None, "EX").name
    'EX'
    """

    tables: Tables
    name: str

    def value(self, name: str, *, record: bool = False) -> Value:
        """Give a column.

        >>> from define.acrf.samples import sample_tables
        >>> [one.column for one in TableScope(sample_tables(), "SUBJ").value("SEX").traces]
        ['SEX']
        """
        return self.tables.column(self.name, name)

    def table(self, name: str) -> Scope:
        """Give another table; "" for this one.

        >>> TableScope(None, "EX").table("DM").name
        'DM'
        """
        return TableScope(self.tables, name or self.name)

    def rows(self, name: str) -> RawTable | None:
        """Give a table of the study.

        >>> from define.acrf.samples import sample_tables
        >>> TableScope(sample_tables(), "EX").rows("no table")
        """
        return self.tables.rows(name)


@dataclass(frozen=True, slots=True)
class Path:
    """One way in which records come about: the columns that were made, and the tables that were read.

    >>> Path(None, {"DOMAIN": known("DM")}).value("DOMAIN").text
    'DM'
    """

    tables: Tables
    made: Mapping[str, Value] = field(default_factory=dict)
    read: tuple[str, ...] = ()

    def value(self, name: str, *, record: bool = False) -> Value:
        """Give a column of the records; one that they lack is missing.

        >>> Path(None).value("AGE").text
        ''
        """
        if name in self.made:
            return self.made[name]
        found = [self.tables.column(table, name) for table in self.read]
        return next((one for one in found if one != MISSING), MISSING)

    def table(self, name: str) -> Scope:
        """Give the columns of another table; "" for those at hand.

        >>> Path(None).table("EX").name
        'EX'
        """
        return TableScope(self.tables, name) if name else self

    def rows(self, name: str) -> RawTable | None:
        """Give a table of the study.

        >>> from define.acrf.samples import sample_tables
        >>> Path(sample_tables()).rows("no table")
        """
        return self.tables.rows(name)

    def having(self, columns: Mapping[str, Value]) -> Path:
        """Give the path with more columns.

        >>> Path(None).having({"A": known("x")}).value("A").text
        'x'
        """
        return replace(self, made={**self.made, **columns})


def paths_of(steps: Iterable[RecordRule], tables: Tables) -> list[Path]:
    """List the paths that some record rules take.

    >>> from define.acrf.samples import sample_tables
    >>> from trialkit.rules.gather import Gather
    >>> gather = Gather(gather={"SYSBP": "SYS", "DIABP": "DIA"}, key="TEST", into="RESULT")
    >>> [path.value("TEST").text for path in paths_of([Read(read="VITALS"), gather], sample_tables())]
    ['SYSBP', 'DIABP']
    """
    paths: list[Path] = []
    for step in steps:
        match step:
            case Read():
                paths += _read(step.table, tables)
            case Stack():
                paths += [path for branch in step.branches for path in paths_of(branch, tables)]
            case _:
                paths = [made for path in paths for made in _after(step, path)]
    return paths


def _read(name: str, tables: Tables) -> Iterator[Path]:
    rows = tables.rows(name)
    if rows is None or rows.rows > MOST_ROWS:
        yield Path(tables, read=(name,))
        return
    cells = {column: values.objects().tolist() for column, values in rows.columns.items()}
    for row in range(rows.rows):
        yield Path(tables, {column: known(texts[row]) for column, texts in cells.items()})


def _after(step: RecordRule, path: Path) -> Iterator[Path]:
    match step:
        case Let():
            yield _with_columns(step, path)
        case Gather():
            yield from _gathered(step, path)
        case Join():
            yield path.having({new: _joined(step, theirs, path) for new, theirs in step.take.items()})
        case Keep() | Drop():
            if judged(step.when, lambda name: path.value(name).text) is not isinstance(step, Drop):
                yield path
        case _:
            new = step.columns(frozenset(), {})
            yield path.having({name: Value() for name in sorted(new) if path.value(name) == MISSING})


def _with_columns(step: Let, path: Path) -> Path:
    for name, rule in step.rules.items():
        path = path.having({name: followed(rule, path)})
    return path


def _gathered(step: Gather, path: Path) -> Iterator[Path]:
    for key, columns in gathered_items(step, path.tables):
        values = [path.value(column) if column else MISSING for column in columns]
        yield path.having({step.name: known(key), **dict(zip(step.into, values, strict=True))})


def gathered_items(step: Gather, tables: Tables) -> list[tuple[str, tuple[str, ...]]]:
    """List the items of a gather rule: name and columns.

    >>> gathered_items(Gather(gather={"SYSBP": "SYS"}, key="TEST", into="RESULT"), None)
    [('SYSBP', ('SYS',))]
    """
    if isinstance(step.items, dict):
        return [(key, tuple(as_list(columns))) for key, columns in step.items.items()]
    rows, names = tables.rows(step.items), list(step.into.values())
    if rows is None or not {step.name, *names} <= set(rows.columns):
        return []
    keys = rows.columns[step.name].objects().tolist()
    groups = zip(*(rows.columns[name].objects().tolist() for name in names), strict=True)
    return list(zip(keys, groups, strict=True))


def _joined(step: Join, column: str, path: Path) -> Value:
    rows = path.tables.rows(step.table)
    if rows is None:
        return path.tables.column(step.table, column)
    return from_rows(rows, {theirs: path.value(mine) for mine, theirs in step.on.items()}, column)
