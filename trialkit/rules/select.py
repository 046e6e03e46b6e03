"""Rows that a rule chooses from: of another table, of the records at hand, or each record itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from trialkit.column import Column, combine
from trialkit.context import Context
from trialkit.match import match
from trialkit.model import Model, SpecMap
from trialkit.numerals import as_text
from trialkit.problems import Place
from trialkit.records import NONE, Rows, is_main
from trialkit.rule import Condition, Reference, TableName, Value, VariableRule, loading_of, main_keys
from trialkit.rules.evaluate import compute_where
from trialkit.rules.found import Found
from trialkit.sentence import written
from trialkit.steps import ColumnNames, as_list, as_pairs

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_VALUE = {"$comment": "Value"}

Keys = Annotated[
    dict[str, Value],
    BeforeValidator(as_pairs),
    WithJsonSchema({"anyOf": [_TEXT, _TEXTS, {"type": "object", "additionalProperties": _VALUE}]}),
]
Values = Annotated[
    list[Value],
    BeforeValidator(lambda value: [value] if isinstance(value, dict) else as_list(value)),
    WithJsonSchema({"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]}),
]


class KeyedRows(Model):
    """Rows of a table that belong to a record.

    >>> [one.table for one in KeyedRows(table="AE").references()]
    ['AE']
    """

    table: TableName = Field("", description="the table; default: the records at hand")
    where: Condition | None = Field(None, description="which of its rows")
    on: Keys | None = Field(
        None,
        description="keys: column, or {column of the records: column or rule of the table}; "
        "default: the subject; {} takes all rows for every record",
    )

    def together(self) -> list[str]:
        """Name the variables in which records at hand agree.

        >>> KeyedRows(table="AE").together()
        []
        """
        return []

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> [(one.column, one.table) for one in KeyedRows(table="EX", on="USUBJID").references()]
        [('', 'EX'), ('USUBJID', ''), ('USUBJID', 'EX')]
        """
        if self.table:
            yield Reference("", self.table, self.place("table"))
        yield from (Reference(name, place=self.place("on")) for name in self.on or ())
        yield from (Reference(name, place=self.place("within")) for name in self.together())
        for rule in (self.on or {}).values():
            yield from self.inside(rule)
        if self.where:
            yield from (Reference(name, self.table, self.place("where")) for name in self.where.names)

    def inside(self, rule: VariableRule) -> Iterator[Reference]:
        """Name what a rule names that runs on the table.

        >>> from trialkit.rules.values import Copy
        >>> [(one.column, one.table) for one in TableRows(table="EX").inside(Copy(copy="EXDOSE"))]
        [('EXDOSE', 'EX')]
        """
        for one in rule.references():
            yield one if one.table or not self.table else replace(one, table=self.table)

    def context(self, context: Context) -> Context:
        """Give what a rule sees that runs on the table.

        >>> from trialkit.samples import sample_store
        >>> from trialkit.records import Records
        >>> store = sample_store(EX=Records.start("EX", {}, 3))
        >>> TableRows(table="EX").context(Context(store, "DM", Records({}, 1))).count
        3
        """
        if not self.table:
            return context
        return replace(context, records=context.table(self.table), variables={}, witnesses={}, lists={})

    def find(self, context: Context, of: VariableRule | None = None, *, missing: bool = False) -> Found:
        """Find the rows of each record, and what a rule gives for them.

        Args:
            context: the records at hand.
            of: the rule, run on the table.
            missing: rows for which the rule gives nothing count, too.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.records import Records
        >>> table = Records.start("EX", {"USUBJID": Column.text(["1", "1"])}, 2)
        >>> records = Records.start("DM", {"USUBJID": Column.text(["1", "2"])}, 2)
        >>> TableRows(table="EX").find(sample_context(records, EX=table)).row.tolist()
        [0, 1]
        """
        inner = self.context(context)
        mask = inner.mask(self.where) if self.where else np.ones(inner.count, bool)
        values = compute_where(inner, of, mask) if of else Column.constant("", inner.count)
        if of and not missing:
            mask = mask & ~values.missing()
        rows = np.flatnonzero(mask).astype(np.int32)
        if not self.table and not self.together():
            return Found(inner, values, np.arange(context.count, dtype=np.int32), context.count, rows, rows)
        left, right = self._keys(context, inner)
        group, first = combine(left, context.count)
        if not left:
            rows = rows if context.count else rows[:0]
            return Found(inner, values, group, len(first), np.zeros(len(rows), np.int32), rows)
        mine, theirs = [one.take(first) for one in left], [one.take(rows) for one in right]
        key, row = match(mine, len(first), theirs, len(rows)).pairs()
        return Found(inner, values, group, len(first), key, rows[row])

    def _keys(self, context: Context, inner: Context) -> tuple[list[Column], list[Column]]:
        if not self.table:
            own = [context.column(name, self.place("within")) for name in self.together()]
            return own, own
        if self.on is None:
            name = context.store.subject
            pairs = [(context.column(name), inner.column(name))]
        else:
            place = self.place("on")
            pairs = [(context.column(name, place), inner.value(rule)) for name, rule in self.on.items()]
        alike = [pair if pair[0].kind == pair[1].kind else tuple(map(as_text, pair)) for pair in pairs]
        return [left for left, _ in alike], [right for _, right in alike]


class TableRows(KeyedRows):
    """Rows of a table, or of the records at hand, that belong to a record.

    >>> TableRows(table="AE", where="AESER == 'Y'").sentence()
    "row of AE of the subject where AESER == 'Y'"
    """

    within: ColumnNames = Field([], description="without a table: records that agree in these variables")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.table and self.within:
            raise ValueError("`within` is for the records at hand; give `on` for a table")
        if not self.table and self.on is not None:
            raise ValueError("`on` needs a table; give `within` for the records at hand")
        return self

    def together(self) -> list[str]:
        """Name the variables in which records at hand agree.

        >>> TableRows(within="USUBJID").together()
        ['USUBJID']
        """
        return self.within

    def sentence(self) -> str:
        """Say which rows they are.

        >>> TableRows(within="USUBJID").sentence()
        'record with the same USUBJID'
        """
        where = f" where {written(self.where)}" if self.where else ""
        if not self.table:
            return f"record{self._alike()}{where}"
        return f"row of {self.table}{self._alike()}{where}"

    def _alike(self) -> str:
        if self.table and self.on is None:
            return " of the subject"
        names = written(self.on or self.within)
        return f" with the same {names}" if names else ""


class Selection(TableRows):
    """Values to choose from: of the record itself, or of rows that belong to it.

    >>> Selection(of="EXSTDTC", table="EX", where="EXDOSE > 0").sentence()
    'EXSTDTC in EX of the subject where EXDOSE > 0'
    """

    of: Value = Field(description="column or rule of the table")

    def sentence(self) -> str:
        """Say which values they are.

        >>> Selection(of="A", within="USUBJID").sentence()
        'A of records with the same USUBJID'
        """
        where = f" where {written(self.where)}" if self.where else ""
        among = f" in {self.table}" if self.table else " of records" if self.within else ""
        return f"{written(self.of)}{among}{self._alike()}{where}"

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> [(one.column, one.table) for one in Selection(table="EX", of="EXSTDTC").references()]
        [('', 'EX'), ('EXSTDTC', 'EX')]
        """
        yield from super().references()
        yield from self.inside(self.of)


class Ordered(TableRows):
    """Rows in an order.

    >>> [one.column for one in Ordered(within="USUBJID", order="ADTM").references()]
    ['USUBJID', 'ADTM']
    """

    order: Values = Field([], description="what orders the rows; default: the order of the table")

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> [one.column for one in Ordered(order="ADTM").references()]
        ['ADTM']
        """
        yield from super().references()
        for rule in self.order:
            yield from self.inside(rule)


def as_selections(value: Any, info: ValidationInfo) -> Any:
    """Read selections: each a mapping of its own, or a value of the record itself; one stands for a list.

    >>> from types import SimpleNamespace
    >>> as_selections("RFICDTC", SimpleNamespace(context=None))
    [{'of': 'RFICDTC'}]
    """
    values = value if isinstance(value, list) else [value]
    rules = loading_of(info).rules
    return [as_selection(one, rules) for one in values]


def as_selection(value: Any, rules: dict[str, Any]) -> Any:
    """Read one selection: a mapping of its own, or a value.

    >>> as_selection({"of": "A", "table": "B"}, {})
    {'of': 'A', 'table': 'B'}
    """
    own = isinstance(value, Model) and not isinstance(value, VariableRule)
    if own or (isinstance(value, dict) and not main_keys(_located(value), rules)):
        return value
    place = getattr(value, "place", None)
    where = place if isinstance(place, Place) else Place()
    return SpecMap({"of": value}, where, {"of": where})


def _located(value: dict[str, Any]) -> SpecMap:
    return value if isinstance(value, SpecMap) else SpecMap(value, Place(), {})


def keep_witness(context: Context, selection: KeyedRows, rows: Rows) -> None:
    """Keep the rows that decided: of the table, or records at hand.

    Records at hand are kept by their place; in a step, after which there may be others, by their rows.

    >>> from trialkit.samples import sample_context
    >>> from trialkit.records import Records
    >>> context = sample_context(Records.start("SUBJ", {}, 2), variable="V")
    >>> keep_witness(context, TableRows(within="A"), np.array([1, 1])); context.witnesses["@V"].tolist()
    [1, 1]
    """
    if selection.table or (selection.together() and not context.step):
        context.witness(selection.table, rows)
    elif selection.together():
        for source, behind in context.records.rows.items():
            if is_main(source):
                context.witness(source, np.append(behind, NONE)[rows])


def keep_list(context: Context, selection: KeyedRows, found: Found) -> None:
    """Keep all rows that were found, as ``keep_witness`` keeps one.

    >>> from trialkit.samples import sample_context
    >>> from trialkit.records import Records
    >>> table = Records.start("EX", {"USUBJID": Column.text(["1", "1"])}, 2)
    >>> records = Records.start("DM", {"USUBJID": Column.text(["1"])}, 1)
    >>> context = sample_context(records, variable="V", EX=table)
    >>> rows = TableRows(table="EX")
    >>> keep_list(context, rows, rows.find(context)); context.lists["#EX@V"].row.tolist()
    [0, 1]
    """
    if selection.table or (selection.together() and not context.step):
        context.listed(selection.table, found.group, (found.key, found.row))
    elif selection.together():
        for source, behind in context.records.rows.items():
            if is_main(source):
                there = behind[found.row] != NONE
                context.listed(source, found.group, (found.key[there], behind[found.row][there]))
