"""What people changed in a workbook: cells, rows that are new or gone, methods and comments by their text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from define.workbook.book import Book, Row
from define.workbook.layout import CLASSIC, V21, Generation
from define.workbook.where import parse_where, quoted
from trialkit.problems import Place

KEYS: Mapping[str, tuple[str, ...]] = {
    "Define": ("Attribute", "#"),
    "Datasets": ("Dataset",),
    "Variables": ("Dataset", "Variable"),
    "ValueLevel": ("Dataset", "Variable", "Where Clause"),
    "Codelists": ("ID", "Term"),
    "Dictionaries": ("ID",),
    "Methods": ("ID",),
    "Comments": ("ID",),
    "Documents": ("ID",),
    "Analysis Displays": ("ID",),
    "Analysis Results": ("Display", "ID"),
}
HEADS = ("Name", "NCI Codelist Code", "Data Type", "Terminology", "Comment", "SAS Format", "Description")
TEXTS = {"Method": "Methods", "Comment": "Comments"}
SPOKEN_OF = tuple(TEXTS.values())
SPOKEN = ("Datasets", "Variables", "ValueLevel", "Codelists", "Dictionaries")
ANSWERS = {"y": "Yes", "yes": "Yes", "n": "No", "no": "No"}
YES_NO = {"Mandatory", "Repeating", "Reference Data", "Has No Data", "Non-Standard", "Extended Value"}


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that differs, or a whole row: then its column is empty.

    Args:
        sheet: the sheet.
        key: what the row is about.
        column: the column; empty for a row that is new or gone.
        before: what the specs say.
        after: what the workbook says.
        row: the row of the workbook; of one that is gone its place is the sheet.
        where: sheet and column in which the text stands, for methods and comments.

    >>> Change("Variables", ("DM", "SEX"), "Label", "Sex", "Gender", Row({})).name
    'DM.SEX'
    """

    sheet: str
    key: tuple[str, ...]
    column: str
    before: str
    after: str
    row: Row
    where: str = ""

    @property
    def name(self) -> str:
        """Name what the row is about.

        >>> Change("ValueLevel", ("LB", "LBORRES", "LBTESTCD EQ ALT"), "", "", "", Row({})).name
        'LB.LBORRES where LBTESTCD EQ ALT'
        """
        if self.sheet == "ValueLevel":
            return f"{'.'.join(self.key[:2])} where {self.key[2]}"
        return self.key[0] if self.sheet == "Define" else ".".join(self.key)


@dataclass(slots=True)
class Texts:
    """The rows of a workbook by what they are about, methods and comments by their text.

    >>> Texts(Book({"Datasets": [Row({"Dataset": "DM"})]})).rows("Datasets")
    {('DM',): {'Dataset': 'DM'}}
    """

    book: Book
    places: dict[tuple[str, tuple[str, ...]], Row] = field(default_factory=dict)
    spoken_of: dict[str, dict[str, Row]] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)

    def rows(self, sheet: str) -> dict[tuple[str, ...], dict[str, str]]:
        """Give the rows of a sheet by their keys; of two with one key the first.

        >>> Texts(Book({})).rows("Datasets")
        {}
        """
        found: dict[tuple[str, ...], dict[str, str]] = {}
        for number, row in enumerate(self.book.rows(sheet)):
            values = {name: _plain(name, text) for name, text in row.values.items()}
            if sheet == "ValueLevel":
                values["Where Clause"] = self._where(values.get("Where Clause", ""))
            same = (
                sum(1 for key in found if key[0] == values.get("Attribute")) if sheet == "Define" else number
            )
            values["#"] = str(same)
            key = tuple(values.get(name, "") for name in KEYS[sheet])
            for column, other in TEXTS.items():
                if sheet in SPOKEN and values.get(column):
                    values[column] = self.text(other, values[column])
            if key not in found and any(key):
                found[key] = {name: text for name, text in values.items() if text and name != "#"}
                self.places[sheet, key] = row
        return found

    def text(self, sheet: str, name: str) -> str:
        """Give the text of a method or comment; its identifier where it is not defined.

        >>> Texts(Book({"Methods": [Row({"ID": "A", "Description": "x"})]})).text("Methods", "A")
        'x'
        """
        row = self.spoken(sheet, name)
        self.used.add((sheet, name.strip()))
        return _plain("", row.get("Description")) if row else name

    def spoken(self, sheet: str, name: str) -> Row | None:
        """Find the row of a method or comment.

        >>> Texts(Book({})).spoken("Methods", "A")
        """
        if sheet not in self.spoken_of:
            self.spoken_of[sheet] = {row.get("ID").strip(): row for row in self.book.rows(sheet)}
        return self.spoken_of[sheet].get(name.strip())

    def _where(self, text: str) -> str:
        """Write a condition in one way, that of a classic workbook by its comparisons."""
        if "WhereClauses" in self.book.sheets:
            parts = [row for row in self.book.rows("WhereClauses") if row.get("ID").strip() == text]
            return " and ".join(map(_comparison, parts)) or text
        try:
            return " or ".join(" and ".join(map(str, one)) for one in parse_where(text))
        except ValueError:
            return text


def _comparison(row: Row) -> str:
    values = row.get("Value")
    several = "".join(row.get("Comparator").upper().split()) in ("IN", "NOTIN")
    return f"{row.get('Variable')} {row.get('Comparator')} {f'({values})' if several else quoted(values)}"


def _plain(column: str, text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    return ANSWERS.get(text.lower(), text) if column in YES_NO else text


def generation_of(book: Book) -> Generation:
    """Find the generation in which specs say the same as a workbook; the two newer ones are alike.

    >>> generation_of(Book({"WhereClauses": []})).name, generation_of(Book({})).name
    ('classic', '2.1')
    """
    return CLASSIC if "WhereClauses" in book.sheets else V21


def differences(before: Book, after: Book) -> Iterator[Change]:
    """Find what a workbook says otherwise than the specs; columns and sheets that it lacks are not compared.

    Args:
        before: what the specs say, as a workbook of the same generation.
        after: the workbook.

    >>> one = Book({"Datasets": [Row({"Dataset": "DM", "Label": "a"})]})
    >>> two = Book({"Datasets": [Row({"Dataset": "DM", "Label": "b"})]}, {"Datasets": frozenset({"Label"})})
    >>> [(change.column, change.after) for change in differences(one, two)]
    [('Label', 'b')]
    """
    ours, theirs = Texts(before), Texts(after)
    for sheet in KEYS:
        if sheet not in after.sheets:
            continue
        old, new = ours.rows(sheet), theirs.rows(sheet)
        first = after.rows(sheet)[0].place if after.rows(sheet) else Place(field=sheet)
        nowhere = Row({}, replace(first, line=0))
        for key in [*new, *(key for key in old if key not in new)]:
            if sheet in SPOKEN_OF and key not in new:
                continue  # a text that is gone differs where it was named
            row = theirs.places.get((sheet, key), nowhere)
            if sheet in SPOKEN_OF and key not in old and (sheet, key[0]) in theirs.used:
                continue
            if key not in old or key not in new:
                state = ("", "row") if key in new else ("row", "")
                yield Change(sheet, key, "", *state, row)
            else:
                yield from _cells(sheet, key, old[key], new[key], row, theirs)


def _cells(
    sheet: str, key: tuple[str, ...], old: dict[str, str], new: dict[str, str], row: Row, theirs: Texts
) -> Iterator[Change]:
    there = theirs.book.columns.get(sheet, frozenset())
    for column in sorted(there | set(new)):
        said = (old.get(column, ""), new.get(column, ""))
        hidden = column in KEYS[sheet] or (column == "Description" and (sheet, key[0]) in theirs.used)
        if said[0] == said[1] or not column or hidden:
            continue
        spoken = (
            theirs.spoken(TEXTS[column], row.get(column)) if column in TEXTS and sheet in SPOKEN else None
        )
        if spoken is not None and row.get(column):
            yield Change(sheet, key, column, *said, spoken, "Description")
        else:
            yield Change(sheet, key, column, *said, row)
