"""The workbook as a model; every error names sheet, row and column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from define.model import (
    Alias,
    CodeList,
    CodeListItem,
    CommentDef,
    Decode,
    Description,
    EnumeratedItem,
    ExternalCodeList,
    FormalExpression,
    Leaf,
    MethodDef,
)
from define.model.alias import NCI
from define.workbook import names
from define.workbook.book import Book, Row
from define.workbook.export import NON_STANDARD
from define.workbook.pages import parse_documents
from trialkit.problems import Kind, Problem, Problems, did_you_mean

ABSENT = Kind("DEFW-005", "cell is empty", "Fill it.")
UNKNOWN = Kind("DEFW-006", "refers to what is not in the workbook", "Define it there, or correct the name.")
WRONG = Kind("DEFW-007", "cell cannot be understood", "Correct it.")
MOST_DIGITS = 18
TWICE = Kind("DEFW-008", "stands twice", "Keep one.")


@dataclass(slots=True)
class Loader:
    """Makes the parts of the model from the rows; what is wrong goes to ``problems``.

    >>> Loader(Book({}), Problems()).comments()
    ()
    """

    book: Book
    problems: Problems
    lang: str = ""
    crf: str = ""
    standards: dict[str, str] = field(default_factory=dict)

    def say(self, kind: Kind, row: Row, column: str, what: str, hint: str = "") -> None:
        """Keep a problem of a cell.

        >>> loader = Loader(Book({}), Problems())
        >>> loader.say(ABSENT, Row({}), "Label", "no label")
        >>> len(loader.problems.items)
        1
        """
        self.problems.add(Problem(kind, what, row.at(column), hint=hint))

    def need(self, row: Row, column: str) -> str:
        """Give a text that must be there.

        >>> Loader(Book({}), Problems()).need(Row({"ID": "A"}), "ID")
        'A'
        """
        text = row.get(column).strip()
        if not text:
            self.say(ABSENT, row, column, f"{column} is empty")
        return text

    def number(self, row: Row, column: str) -> int | None:
        """Read a whole number; None where the cell is empty or is none.

        >>> Loader(Book({}), Problems()).number(Row({"Length": "8"}), "Length")
        8
        """
        text = row.get(column).strip()
        whole = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
        if text and not whole:
            self.say(WRONG, row, column, f"{column} is not a whole number: '{text}'")
        return int(text) if whole else None

    def yes(self, row: Row, column: str) -> bool | None:
        """Read Yes or No; None where the cell is empty.

        >>> Loader(Book({}), Problems()).yes(Row({"Mandatory": "yes"}), "Mandatory")
        True
        """
        text = row.get(column).strip().lower()
        if text not in ("yes", "no", "y", "n", ""):
            self.say(WRONG, row, column, f"{column} is neither Yes nor No: '{text}'")
        return text.startswith("y") if text else None

    def text(self, row: Row, column: str) -> Description | None:
        """Read a text of the workbook's language; None where the cell is empty.

        >>> Loader(Book({}), Problems()).text(Row({}), "Label")
        """
        return self.description(row.get(column))

    def description(self, text: str) -> Description | None:
        """Make a description of a text; None of an empty one.

        >>> Loader(Book({}), Problems()).description("x").text
        'x'
        """
        return Description.of(text, self.lang) if text else None

    def comment(self, row: Row) -> str:
        """Give the identifier of the comment of a row; "" for none.

        >>> Loader(Book({}), Problems()).comment(Row({}))
        ''
        """
        return self.refer(row, "Comment", "COM.", self.ids("Comments"))

    def method(self, row: Row) -> str:
        """Give the identifier of the method of a row; "" for none.

        >>> Loader(Book({}), Problems()).method(Row({}))
        ''
        """
        return self.refer(row, "Method", "MT.", self.ids("Methods"))

    def refer(self, row: Row, column: str, prefix: str, known: Iterable[str]) -> str:
        """Give the identifier of what a cell refers to; "" where the cell is empty.

        >>> Loader(Book({}), Problems()).refer(Row({"Method": "AGE"}), "Method", "MT.", ["AGE"])
        'MT.AGE'
        """
        name, there = row.get(column).strip(), set(known)
        if name and name not in there:
            self.say(UNKNOWN, row, column, f"{column} '{name}' is not defined", did_you_mean(name, there))
        return prefix + name if name else ""

    def ids(self, *sheets: str) -> set[str]:
        """Give the identifiers that sheets define.

        >>> Loader(Book({"Methods": [Row({"ID": "AGE"})]}), Problems()).ids("Methods")
        {'AGE'}
        """
        return {row.get("ID").strip() for sheet in sheets for row in self.book.rows(sheet)} - {""}

    def once(self, rows: Iterable[Row], *columns: str) -> list[Row]:
        """Give the rows that are the first with their names, and say which are not.

        >>> len(Loader(Book({}), Problems()).once([Row({"ID": "A"}), Row({"ID": "A"})], "ID"))
        1
        """
        first: dict[tuple[str, ...], Row] = {}
        for row in rows:
            key = tuple(self.need(row, column) for column in columns)
            if all(key) and first.setdefault(key, row) is not row:
                self.say(TWICE, row, columns[-1], f"{'.'.join(key)} stands twice")
        return [row for key, row in first.items() if all(key)]

    def comments(self) -> tuple[CommentDef, ...]:
        """Make the comments.

        >>> loader = Loader(Book({"Comments": [Row({"ID": "A", "Description": "x"})]}), Problems())
        >>> loader.comments()[0].oid
        'COM.A'
        """
        return tuple(
            CommentDef(
                oid=names.COMMENT + row.get("ID"),
                description=self.text(row, "Description"),
                documents=parse_documents(row.get("Document"), row.get("Pages")),
            )
            for row in self.once(self.book.rows("Comments"), "ID")
        )

    def methods(self) -> tuple[MethodDef, ...]:
        """Make the methods.

        >>> loader = Loader(Book({"Methods": [Row({"ID": "A", "Name": "x"})]}), Problems())
        >>> loader.methods()[0].oid
        'MT.A'
        """
        made = []
        for row in self.once(self.book.rows("Methods"), "ID"):
            context, code = row.get("Expression Context"), row.get("Expression Code")
            expression = FormalExpression(context=context, text=code)
            made.append(
                MethodDef(
                    oid=names.METHOD + row.get("ID"),
                    name=row.get("Name"),
                    type=row.get("Type"),
                    description=self.text(row, "Description"),
                    expressions=(expression,) if context or code else (),
                    documents=parse_documents(row.get("Document"), row.get("Pages")),
                )
            )
        return tuple(made)

    def documents(self) -> tuple[Leaf, ...]:
        """Make the links to documents.

        >>> loader = Loader(Book({"Documents": [Row({"ID": "A", "Href": "a.pdf"})]}), Problems())
        >>> loader.documents()[0].href
        'a.pdf'
        """
        return tuple(
            Leaf(id=names.LEAF + row.get("ID"), href=self.need(row, "Href"), title=row.get("Title"))
            for row in self.once(self.book.rows("Documents"), "ID")
        )

    def codelists(self) -> tuple[CodeList, ...]:
        """Make the codelists, those of dictionaries last.

        >>> loader = Loader(Book({"Codelists": [Row({"ID": "A", "Term": "x"})]}), Problems())
        >>> [term.coded_value for term in loader.codelists()[0].terms]
        ['x']
        """
        rows: dict[str, list[Row]] = defaultdict(list)
        for row in self.once(self.book.rows("Codelists"), "ID", "Term"):
            rows[row.get("ID")].append(row)
        return (*(self._codelist(oid, mine) for oid, mine in rows.items()), *self._dictionaries())

    def _codelist(self, oid: str, rows: list[Row]) -> CodeList:
        head, coded = rows[0], any(row.get("Decoded Value") for row in rows)
        standard, own = self.standard_of(head, "Terminology")
        code = head.get("NCI Codelist Code")
        terms = [self._term(row, bool(code), coded) for row in rows]
        return CodeList(
            oid=names.CODELIST + oid,
            name=head.get("Name"),
            data_type=head.get("Data Type"),
            sas_format_name=head.get("SAS Format"),
            description=self.text(head, "Description"),
            standard_oid=standard,
            is_non_standard=own,
            comment_oid=self.comment(head),
            coded=tuple(term for term in terms if isinstance(term, CodeListItem)),
            enumerated=tuple(term for term in terms if isinstance(term, EnumeratedItem)),
            aliases=(Alias(context=NCI, name=code),) if code else (),
        )

    def _term(self, row: Row, standard: bool, coded: bool) -> CodeListItem | EnumeratedItem:
        code, number = row.get("NCI Term Code"), self.number(row, "Order")
        aliases = (Alias(context=NCI, name=code),) if code else ()
        extended = (standard and not code) != bool(self.yes(row, "Extended Value"))
        rank = self._rank(row)
        if not coded:
            return EnumeratedItem(
                coded_value=row.get("Term"),
                order_number=number,
                rank=rank,
                extended_value=extended,
                aliases=aliases,
            )
        return CodeListItem(
            coded_value=row.get("Term"),
            order_number=number,
            rank=rank,
            extended_value=extended,
            decode=Decode.of(row.get("Decoded Value"), self.lang),
            aliases=aliases,
        )

    def _rank(self, row: Row) -> Decimal | None:
        text = row.get("Rank").strip()
        try:
            rank = Decimal(text or 0)
        except InvalidOperation:
            rank = Decimal("NaN")
        if not rank.is_finite():
            self.say(WRONG, row, "Rank", f"Rank is not a number: '{text}'")
        return rank if text and rank.is_finite() else None

    def _dictionaries(self) -> list[CodeList]:
        made = []
        for row in self.once(self.book.rows("Dictionaries"), "ID"):
            standard, own = self.standard_of(row, "Terminology")
            one = CodeList(
                oid=names.CODELIST + row.get("ID"),
                name=row.get("Name"),
                data_type=row.get("Data Type"),
                external=ExternalCodeList(
                    dictionary=row.get("Dictionary"),
                    version=row.get("Version"),
                    href=row.get("Href"),
                    ref=row.get("Ref"),
                ),
                sas_format_name=row.get("SAS Format"),
                standard_oid=standard,
                is_non_standard=own,
                comment_oid=self.comment(row),
            )
            made.append(one)
        return made

    def standard_of(self, row: Row, column: str) -> tuple[str, bool]:
        """Give the identifier of the standard that a cell names, and whether it says there is none.

        >>> Loader(Book({}), Problems()).standard_of(Row({"Standard": "Non-Standard"}), "Standard")
        ('', True)
        """
        text = row.get(column).strip()
        if text and text not in self.standards and text != NON_STANDARD:
            hint = did_you_mean(text, self.standards)
            self.say(UNKNOWN, row, column, f"standard '{text}' is not on the first sheet", hint)
        return self.standards.get(text, ""), text == NON_STANDARD
