"""Datasets, variables, value levels and conditions of the workbook."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from define.model import (
    Alias,
    CodeListRef,
    DocumentRef,
    ItemDef,
    ItemGroupDef,
    ItemRef,
    Leaf,
    Origin,
    RangeCheck,
    SubClass,
    ValueListDef,
    ValueListRef,
    WhereClauseDef,
    WhereClauseRef,
)
from define.model.groups import Class
from define.upgrade import ORIGINS
from define.workbook import names
from define.workbook.book import Row
from define.workbook.export import file_of, usual_purpose
from define.workbook.load import TWICE, UNKNOWN, WRONG, Loader
from define.workbook.pages import parse_pages
from define.workbook.where import Comparison, parse_where, split_list
from trialkit.problems import did_you_mean

SAS_NAME = 8


@dataclass(slots=True)
class Items:
    """Makes datasets and all that is in them.

    >>> from define.workbook.book import Book
    >>> from trialkit.problems import Problems
    >>> sex = Row({"Dataset": "DM", "Variable": "SEX"})
    >>> book = Book({"Datasets": [Row({"Dataset": "DM"})], "Variables": [sex]})
    >>> items = Items(Loader(book, Problems()), "SDTMIG")
    >>> items.groups()[0].items[0].item_oid
    'IT.DM.SEX'
    """

    loader: Loader
    standard: str
    known: dict[str, list[str]] = field(default_factory=dict)
    definitions: list[ItemDef] = field(default_factory=list)
    value_lists: list[ValueListDef] = field(default_factory=list)
    wheres: dict[str, WhereClauseDef] = field(default_factory=dict)

    def groups(self) -> tuple[ItemGroupDef, ...]:
        """Make the datasets; definitions, value lists and conditions are gathered beside.

        >>> from define.workbook.book import Book
        >>> from trialkit.problems import Problems
        >>> Items(Loader(Book({}), Problems()), "SDTMIG").groups()
        ()
        """
        loader = self.loader
        variables, levels = defaultdict[str, list[Row]](list), defaultdict[str, list[Row]](list)
        datasets = loader.once(loader.book.rows("Datasets"), "Dataset")
        for row in loader.once(loader.book.rows("Variables"), "Dataset", "Variable"):
            variables[row.get("Dataset")].append(row)
        self.known = {name: [row.get("Variable") for row in rows] for name, rows in variables.items()}
        for row in loader.book.rows("ValueLevel"):
            levels[f"{row.get('Dataset')}.{row.get('Variable')}"].append(row)
        self._orphans(datasets, variables, levels)
        self._named_conditions()
        return tuple(self._group(row, variables[row.get("Dataset")], levels) for row in datasets)

    def _orphans(
        self, datasets: list[Row], variables: dict[str, list[Row]], levels: dict[str, list[Row]]
    ) -> None:
        there = {row.get("Dataset") for row in datasets}
        for name, rows in variables.items():
            if name not in there:
                what = f"dataset '{name}' is not on the sheet Datasets"
                self.loader.say(UNKNOWN, rows[0], "Dataset", what, did_you_mean(name, there))
        for rows in levels.values():
            self._item(rows[0], rows[0].get("Dataset"), rows[0].get("Variable"))

    def _item(self, row: Row, dataset: str, variable: str) -> str:
        """Give the identifier of a variable, and say so where there is none."""
        if variable not in self.known.get(dataset, []):
            what = f"variable '{dataset}.{variable}' is not on the sheet Variables"
            self.loader.say(
                UNKNOWN, row, "Variable", what, did_you_mean(variable, self.known.get(dataset, []))
            )
        return f"{names.ITEM}{dataset}.{variable}"

    def _group(self, row: Row, rows: list[Row], levels: dict[str, list[Row]]) -> ItemGroupDef:
        loader, name = self.loader, row.get("Dataset")
        standard, own = loader.standard_of(row, "Standard")
        file, empty = row.get("File") or file_of(name), bool(loader.yes(row, "Has No Data"))
        keys = [key.strip() for key in row.get("Key Variables").split(",") if key.strip()]
        for key in keys:
            if key not in self.known.get(name, []):
                what = f"key '{key}' is no variable of {name}"
                loader.say(UNKNOWN, row, "Key Variables", what, did_you_mean(key, self.known.get(name, [])))
        made = (Class(name=row.get("Class"), subclasses=_subclasses(row)),) if row.get("Class") else ()
        return ItemGroupDef(
            oid=names.GROUP + name,
            name=name,
            repeating=loader.yes(row, "Repeating"),
            structure=row.get("Structure"),
            purpose=row.get("Purpose") or usual_purpose(self.standard),
            domain=row.get("Domain") or ("" if self.standard.startswith("ADaM") else name),
            sas_dataset_name=sas_name(row, name),
            is_reference_data=loader.yes(row, "Reference Data"),
            archive_location_id="" if empty else names.LEAF + name,
            standard_oid=standard,
            is_non_standard=own,
            has_no_data=empty,
            comment_oid=loader.comment(row),
            description=loader.text(row, "Label"),
            items=tuple(self._variable(one, keys, levels) for one in rows),
            aliases=_aliases(row),
            dataset_class=made[0] if made else None,
            leaf=None
            if empty
            else Leaf(id=names.LEAF + name, href=file, title=row.get("File Title") or file),
        )

    def _variable(self, row: Row, keys: list[str], levels: dict[str, list[Row]]) -> ItemRef:
        name, dataset = row.get("Variable"), row.get("Dataset")
        mine = levels.get(f"{dataset}.{name}", [])
        oid = f"{names.VALUE_LIST}{dataset}.{name}"
        if mine:
            refs = tuple(self._level(one, number) for number, one in enumerate(mine, 1))
            self.value_lists.append(ValueListDef(oid=oid, items=refs))
        self._define(row, f"{names.ITEM}{dataset}.{name}", ValueListRef(value_list_oid=oid) if mine else None)
        return ItemRef(
            item_oid=f"{names.ITEM}{dataset}.{name}",
            mandatory=self.loader.yes(row, "Mandatory"),
            order_number=self.loader.number(row, "Order"),
            key_sequence=keys.index(name) + 1 if name in keys else None,
            method_oid=self.loader.method(row),
            role=row.get("Role"),
            has_no_data=bool(self.loader.yes(row, "Has No Data")),
            is_non_standard=bool(self.loader.yes(row, "Non-Standard")),
        )

    def _level(self, row: Row, number: int) -> ItemRef:
        oid = f"{names.ITEM}{row.get('Dataset')}.{row.get('Variable')}.{number}"
        self._define(row, oid, None)
        base = f"{names.WHERE}{row.get('Dataset')}.{row.get('Variable')}.{number}"
        return ItemRef(
            item_oid=oid,
            mandatory=self.loader.yes(row, "Mandatory"),
            order_number=self.loader.number(row, "Order"),
            method_oid=self.loader.method(row),
            role=row.get("Role"),
            has_no_data=bool(self.loader.yes(row, "Has No Data")),
            is_non_standard=bool(self.loader.yes(row, "Non-Standard")),
            where_clauses=self.conditions(row, "Where Clause", row.get("Dataset"), base),
        )

    def _define(self, row: Row, oid: str, values: ValueListRef | None) -> None:
        loader, name = self.loader, row.get("Item Name") or row.get("Variable")
        codelist = loader.refer(row, "Codelist", names.CODELIST, loader.ids("Codelists", "Dictionaries"))
        self.definitions.append(
            ItemDef(
                oid=oid,
                name=name,
                data_type=loader.need(row, "Data Type"),
                length=loader.number(row, "Length"),
                significant_digits=loader.number(row, "Significant Digits"),
                sas_field_name=sas_name(row, name),
                display_format=row.get("Format"),
                comment_oid=loader.comment(row),
                description=loader.text(row, "Label"),
                codelist=CodeListRef(codelist_oid=codelist) if codelist else None,
                aliases=_aliases(row),
                origins=self._origins(row),
                value_list=values,
            )
        )

    def _origins(self, row: Row) -> tuple[Origin, ...]:
        types = [text.strip() for text in row.get("Origin").split(";")] if row.get("Origin") else []
        sources, pages, texts = (
            _parts(row.get(column), len(types)) for column in ("Source", "Pages", "Predecessor")
        )
        made = []
        for kind, source, page, text in zip(types, sources, pages, texts, strict=True):
            kind, source = ORIGINS.get(kind, (kind, source)) if not source else (kind, source)
            made.append(
                Origin(
                    type=kind,
                    source=source,
                    description=self.loader.description(text),
                    documents=self._pages(row, page),
                )
            )
        return tuple(made)

    def _pages(self, row: Row, text: str) -> tuple[DocumentRef, ...]:
        if text and not self.loader.crf:
            self.loader.say(UNKNOWN, row, "Pages", "no document is the annotated CRF")
        return (DocumentRef(leaf_id=self.loader.crf, pages=parse_pages(text)),) if text else ()

    def conditions(self, row: Row, column: str, dataset: str, base: str) -> tuple[WhereClauseRef, ...]:
        """Give references to the conditions of a cell: names of the classic sheet, or text.

        >>> from define.workbook.book import Book
        >>> from trialkit.problems import Problems
        >>> items = Items(Loader(Book({}), Problems()), "SDTMIG", {"LB": ["LBTESTCD"]})
        >>> items.conditions(Row({"W": "LBTESTCD EQ ALT"}), "W", "LB", "WC.1")[0].where_clause_oid
        'WC.1'
        """
        text = row.get(column)
        if "WhereClauses" in self.loader.book.sheets:
            ids = [name.strip() for name in text.split(";") if name.strip()]
            for name in ids:
                if names.WHERE + name not in self.wheres:
                    self.loader.say(UNKNOWN, row, column, f"condition '{name}' is not defined")
            return tuple(WhereClauseRef(where_clause_oid=names.WHERE + name) for name in ids)
        try:
            found = parse_where(text) if text.strip() else ()
        except ValueError as error:
            self.loader.say(WRONG, row, column, f"condition is not understood: {error}")
            return ()
        oids = [base if len(found) == 1 else f"{base}.{number}" for number in range(1, len(found) + 1)]
        for oid, one in zip(oids, found, strict=True):
            checks = tuple(self._check(row, dataset, comparison) for comparison in one)
            self.wheres[oid] = WhereClauseDef(oid=oid, checks=checks)
        return tuple(WhereClauseRef(where_clause_oid=oid) for oid in oids)

    def _check(self, row: Row, dataset: str, one: Comparison) -> RangeCheck:
        item = self._item(row, one.dataset or dataset, one.variable)
        return RangeCheck(comparator=one.comparator, item_oid=item, values=one.values)

    def _named_conditions(self) -> None:
        """Make the conditions of the sheet that the classic workbook has for them."""
        for row in self.loader.book.rows("WhereClauses"):
            oid = names.WHERE + self.loader.need(row, "ID")
            try:
                values = split_list(row.get("Value"))
            except ValueError as error:
                self.loader.say(WRONG, row, "Value", f"values are not understood: {error}")
                continue
            comparator = "".join(row.get("Comparator").upper().split())
            several = comparator in ("IN", "NOTIN")
            one = Comparison(
                row.get("Dataset"),
                row.get("Variable"),
                comparator,
                values if several or len(values) != 1 else (values[0],),
            )
            before = self.wheres.get(oid, WhereClauseDef(oid=oid))
            check = self._check(row, row.get("Dataset"), one)
            if check in before.checks:
                self.loader.say(TWICE, row, "ID", f"a comparison of '{row.get('ID')}' stands twice")
            self.wheres[oid] = WhereClauseDef(oid=oid, checks=(*before.checks, check))


def sas_name(row: Row, name: str) -> str:
    """Give the SAS name of a row: that of its column, else the name where it can be one.

    >>> sas_name(Row({}), "AGE"), sas_name(Row({}), "LONGERNAME"), sas_name(Row({"SAS Name": "AGE1"}), "AGE")
    ('AGE', '', 'AGE1')
    """
    return row.get("SAS Name") or (name if len(name) <= SAS_NAME else "")


def _aliases(row: Row) -> tuple[Alias, ...]:
    parts = [part.rpartition(":") for part in row.get("Alias").split(";") if part.strip()]
    return tuple(Alias(context=context.strip(), name=name.strip()) for context, _, name in parts)


def _parts(text: str, count: int) -> list[str]:
    """Divide a cell among several origins; of one origin it is all."""
    if count <= 1:
        return [text] * count
    parts = [part.strip() for part in text.split(";")]
    return [*parts, *[""] * count][:count]


def _subclasses(row: Row) -> tuple[SubClass, ...]:
    return tuple(SubClass(name=name.strip()) for name in row.get("SubClass").split(";") if name.strip())
