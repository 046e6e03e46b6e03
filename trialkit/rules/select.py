"""Rows that a rule chooses from: of another table, of the records at hand, or each record itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from trialkit.column import Column, Mask, combine
from trialkit.context import Context
from trialkit.ledger import is_main
from trialkit.match import match, order_by
from trialkit.model import Model, SpecMap
from trialkit.problems import Place
from trialkit.records import NONE, Rows
from trialkit.rule import Condition, Reference, TableName, Value, VariableRule, loading_of, main_keys, written
from trialkit.rules.evaluate import as_text, compute_where, subject_of
from trialkit.steps import ColumnNames, as_list, as_pairs

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_VALUE = {"$ref": "#/$defs/Value"}

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


class TableRows(Model):
    """Rows of a table, or of the records at hand, that belong to a record.

    >>> TableRows(table="AE", where="AESER == 'Y'").sentence()
    "row of AE of the subject where AESER == 'Y'"
    """

    table: TableName = Field("", description="the table; default: the records at hand")
    where: Condition | None = Field(None, description="which of its rows")
    on: Keys | None = Field(
        None,
        description="keys: column, or {column of the records: column or rule of the table}; "
        "default: the subject; {} takes all rows for every record",
    )
    within: ColumnNames = Field([], description="without a table: records that agree in these variables")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.table and self.within:
            raise ValueError("`within` is for the records at hand; give `on` for a table")
        if not self.table and self.on is not None:
            raise ValueError("`on` needs a table; give `within` for the records at hand")
        return self

    def sentence(self) -> str:
        """Say which rows they are.

        >>> TableRows(within="USUBJID").sentence()
        'record with the same USUBJID'
        """
        where = f" where {self.where.text}" if self.where else ""
        if not self.table:
            return f"record{self._alike()}{where}"
        return f"row of {self.table}{self._alike()}{where}"

    def _alike(self) -> str:
        if self.table and self.on is None:
            return " of the subject"
        names = list(self.on or ()) if self.table else self.within
        return f" with the same {', '.join(names)}" if names else ""

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> [(one.column, one.table) for one in TableRows(table="EX", on="USUBJID").references()]
        [('', 'EX'), ('USUBJID', ''), ('USUBJID', 'EX')]
        """
        if self.table:
            yield Reference("", self.table, self.place("table"))
        yield from (Reference(name, place=self.place("on")) for name in self.on or ())
        yield from (Reference(name, place=self.place("within")) for name in self.within)
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

        >>> from trialkit.context import Store
        >>> from trialkit.records import Records
        >>> store = Store(None, {"EX": Records.start("EX", {}, 3)}, {})
        >>> TableRows(table="EX").context(Context(store, "DM", Records({}, 1))).count
        3
        """
        if not self.table:
            return context
        return replace(context, records=context.table(self.table), variables={}, witnesses={})

    def find(self, context: Context, of: VariableRule | None = None, *, missing: bool = False) -> Found:
        """Find the rows of each record, and what a rule gives for them.

        Args:
            context: the records at hand.
            of: the rule, run on the table.
            missing: rows for which the rule gives nothing count, too.

        >>> from trialkit.context import Store
        >>> from trialkit.records import Records
        >>> table = Records.start("EX", {"USUBJID": Column.text(["1", "1"])}, 2)
        >>> records = Records.start("DM", {"USUBJID": Column.text(["1", "2"])}, 2)
        >>> TableRows(table="EX").find(Context(Store(None, {"EX": table}, {}), "DM", records)).row.tolist()
        [0, 1]
        """
        inner = self.context(context)
        mask = inner.mask(self.where) if self.where else np.ones(inner.count, bool)
        values = compute_where(inner, of, mask) if of else Column.constant("", inner.count)
        if of and not missing:
            mask = mask & ~values.missing()
        rows = np.flatnonzero(mask).astype(np.int32)
        if not self.table and not self.within:
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
            own = [context.column(name, self.place("within")) for name in self.within]
            return own, own
        if self.on is None:
            name = subject_of(context)
            pairs = [(context.column(name), inner.column(name))]
        else:
            place = self.place("on")
            pairs = [(context.column(name, place), inner.value(rule)) for name, rule in self.on.items()]
        alike = [pair if pair[0].kind == pair[1].kind else tuple(map(as_text, pair)) for pair in pairs]
        return [left for left, _ in alike], [right for _, right in alike]


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
        where = f" where {self.where.text}" if self.where else ""
        among = f" in {self.table}" if self.table else " of records" if self.within else ""
        return f"{written(self.of)}{among}{self._alike()}{where}"

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> [(one.column, one.table) for one in Selection(table="EX", of="EXSTDTC").references()]
        [('', 'EX'), ('EXSTDTC', 'EX')]
        """
        yield from super().references()
        yield from self.inside(self.of)


class Ordered(Selection):
    """Values to choose from by an order.

    >>> Ordered(of="A", within="USUBJID", order="ADTM").sentence()
    'A of records with the same USUBJID, in order of ADTM'
    """

    order: Values = Field([], description="what orders the rows; default: the order of the table")

    def sentence(self) -> str:
        """Say which values they are, and their order.

        >>> Ordered(of="A", within="USUBJID").sentence()
        'A of records with the same USUBJID'
        """
        return super().sentence() + (f", in order of {written(self.order)}" if self.order else "")

    def references(self) -> Iterator[Reference]:
        """Name the columns of the records and of the table.

        >>> [one.column for one in Ordered(of="A", within="USUBJID", order="ADTM").references()]
        ['USUBJID', 'A', 'ADTM']
        """
        yield from super().references()
        for rule in self.order:
            yield from self.inside(rule)

    def positions(self, inner: Context) -> npt.NDArray[np.float64]:
        """Give the place of each row in the order; shape (rows of the table,).

        >>> from trialkit.context import Store
        >>> from trialkit.records import Records
        >>> records = Records.start("EX", {"A": Column.text(["b", "a"])}, 2)
        >>> Ordered(of="A", order="A").positions(Context(Store(None, {}, {}), "EX", records)).tolist()
        [1.0, 0.0]
        """
        order = order_by([inner.value(rule) for rule in self.order], inner.count)
        places = np.empty(inner.count)
        places[order] = np.arange(inner.count)
        return places


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """The rows that belong to each record.

    Args:
        inner: the context of the table.
        values: what the rule gives for each row of the table.
        group: for each record the number of its key; shape (records,).
        keys: how many keys there are.
        key: for each row that was found the number of its key, in order; shape (rows found,).
        row: its place in the table; shape (rows found,).

    >>> Found(None, Column.text(["a"]), np.array([0]), 1, np.array([0]), np.array([0])).counts().tolist()
    [1]
    """

    inner: Context
    values: Column
    group: Rows
    keys: int
    key: Rows
    row: Rows

    def only(self, mask: Mask) -> Found:
        """Keep the marked rows of the table; shape of the mask (rows of the table,).

        >>> found = Found(None, Column.text([]), np.array([0]), 1, np.array([0, 0]), np.array([0, 1]))
        >>> found.only(np.array([False, True])).row.tolist()
        [1]
        """
        kept = mask[self.row]
        return replace(self, key=self.key[kept], row=self.row[kept])

    def with_values(self, values: Column) -> Found:
        """Put other values in place of those of the rows.

        >>> found = Found(None, Column.text(["1"]), np.array([0]), 1, np.array([0]), np.array([0]))
        >>> found.with_values(Column.numbers([1.0])).values.kind
        'number'
        """
        return replace(self, values=values)

    def counts(self) -> npt.NDArray[np.int64]:
        """Count the rows of each record; shape (records,).

        >>> found = Found(None, Column.text([]), np.array([0, 1]), 2, np.array([0, 0]), np.array([0, 1]))
        >>> found.counts().tolist()
        [2, 0]
        """
        return np.bincount(self.key, minlength=self.keys)[self.group]

    def per_key(self, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Add numbers of the rows up for each record; NaN without a row; shape (records,).

        >>> found = Found(None, Column.text([]), np.array([0, 1]), 2, np.array([0, 0]), np.array([0, 1]))
        >>> found.per_key(np.array([1.0, 2.0])).tolist()
        [3.0, nan]
        """
        total = np.bincount(self.key, numbers[self.row], self.keys)
        count = np.bincount(self.key, minlength=self.keys)
        return np.where(count > 0, total, np.nan)[self.group]

    def best(self, *scores: npt.NDArray[np.float64]) -> Rows:
        """Find the row of each record with the lowest scores; -1 for none; shape (records,).

        Args:
            scores: of each row of the table; a later one decides where the earlier ones are equal,
                and at last the order of the table.

        >>> found = Found(None, Column.text([]), np.array([0, 1]), 2, np.array([0, 0]), np.array([0, 1]))
        >>> found.best(np.array([2.0, 1.0])).tolist()
        [1, -1]
        """
        best = np.full(self.keys, NONE, np.int32)
        if len(self.key):
            starts = np.flatnonzero(np.r_[True, self.key[1:] != self.key[:-1]])
            lowest = _lowest([score[self.row] for score in scores], starts, len(self.row))
            best[self.key[starts]] = self.row[lowest]
        return best[self.group]


def _lowest(
    scores: Sequence[npt.NDArray[np.float64]], starts: npt.NDArray[np.int64], size: int
) -> npt.NDArray[np.int64]:
    """Find the place of the lowest score in each run, the first one where scores are equal."""
    sizes = np.diff(np.r_[starts, size])
    still = np.ones(size, bool)
    for score in scores:
        open_scores = np.where(still, score, np.inf)
        still &= open_scores == np.repeat(np.minimum.reduceat(open_scores, starts), sizes)
    return np.minimum.reduceat(np.where(still, np.arange(size), size), starts)


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


def keep_witness(context: Context, selection: TableRows, rows: Rows) -> None:
    """Keep the rows that decided: of the table, or behind the records at hand.

    >>> from trialkit.context import Store
    >>> from trialkit.records import Records
    >>> context = Context(Store(None, {}, {}), "DM", Records.start("SUBJ", {}, 2), variable="V")
    >>> keep_witness(context, TableRows(within="A"), np.array([1, 1])); context.witnesses["SUBJ@V"].tolist()
    [1, 1]
    """
    if selection.table:
        context.witness(selection.table, rows)
    elif selection.within:
        for source, behind in context.records.rows.items():
            if is_main(source):
                context.witness(source, np.append(behind, NONE)[rows])


def key_texts(columns: Sequence[Column], mask: Mask) -> Column:
    """Write keys for a list of problems, for the marked records only.

    >>> key_texts([Column.text(["a"]), Column.numbers([1.0])], np.array([True])).objects().tolist()
    ['a 1']
    """
    texts = [as_text(column).take(mask).objects() for column in columns]
    shown = np.full(len(mask), "", object)
    shown[mask] = [" ".join(row) for row in zip(*texts, strict=True)]
    return Column.text(shown)
