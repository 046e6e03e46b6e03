"""The sheets and columns of the three generations of the workbook, by the names that the newest has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_ATTRIBUTES = (
    *("Data Type", "Length", "Significant Digits", "Format", "Mandatory", "Assigned Value", "Codelist"),
    *("Common", "Origin", "Source", "Pages", "Method", "Predecessor", "Role", "Has No Data", "Comment"),
    "Developer Notes",
)
_SHEETS: Mapping[str, tuple[str, ...]] = {
    "Define": ("Attribute", "Value"),
    "Datasets": (
        *("Dataset", "Label", "Class", "SubClass", "Structure", "Purpose", "Key Variables", "Standard"),
        *("Has No Data", "Repeating", "Reference Data", "Comment", "Developer Notes"),
    ),
    "Variables": ("Order", "Dataset", "Variable", "Label", *_ATTRIBUTES),
    "ValueLevel": (
        *("Order", "Dataset", "Variable", "Where Clause", "Label"),
        *(name for name in _ATTRIBUTES if name not in ("Common", "Role", "Has No Data")),
    ),
    "WhereClauses": ("ID", "Dataset", "Variable", "Comparator", "Value"),
    "Codelists": (
        *("ID", "Name", "NCI Codelist Code", "Data Type", "Terminology", "Comment", "Order", "Term"),
        *("NCI Term Code", "Decoded Value"),
    ),
    "Dictionaries": ("ID", "Name", "Data Type", "Dictionary", "Version"),
    "Methods": (
        *("ID", "Name", "Type", "Description", "Expression Context", "Expression Code", "Document", "Pages"),
    ),
    "Comments": ("ID", "Description", "Document", "Pages"),
    "Documents": ("ID", "Title", "Href"),
    "Analysis Displays": ("ID", "Title", "Document", "Pages"),
    "Analysis Results": (
        *("Display", "ID", "Description", "Variables", "Reason", "Purpose", "Selection Criteria"),
        *("Join Comment", "Documentation", "Documentation Refs", "Programming Context", "Programming Code"),
        *("Programming Document", "Pages"),
    ),
}
# columns that no generation has: they are added where they hold something, so that nothing is lost;
# other tools ignore columns that they don't know
_ADDED: Mapping[str, tuple[str, ...]] = {
    "Datasets": ("Domain", "SAS Name", "Alias", "File", "File Title"),
    "Variables": ("Non-Standard", "SAS Name", "Alias"),
    "ValueLevel": ("Item Name", "Role", "Has No Data", "Non-Standard", "SAS Name", "Alias"),
    "Codelists": ("Rank", "Extended Value", "SAS Format", "Description"),
    "Dictionaries": ("Href", "Ref", "Terminology", "Comment", "SAS Format"),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "Define": ("Attribute",),
    "Datasets": ("Dataset",),
    "Variables": ("Dataset", "Variable"),
    "ValueLevel": ("Dataset", "Variable", "Where Clause"),
    "WhereClauses": ("ID", "Dataset", "Variable", "Comparator"),
    "Codelists": ("ID", "Term"),
    "Dictionaries": ("ID", "Dictionary"),
    "Methods": ("ID",),
    "Comments": ("ID",),
    "Documents": ("ID", "Href"),
    "Analysis Displays": ("ID",),
    "Analysis Results": ("Display", "ID"),
}
_SINCE_CURRENT = {"Assigned Value", "Common", "Developer Notes"}
_SINCE_21 = {"SubClass", "Standard", "Has No Data", "Source", "Terminology"}


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of the workbook.

    Args:
        name: what a user calls it.
        sheets: its sheets and their columns, by the names of the newest.
        printed: the names that it has for a sheet or a column instead: by sheet, and "" or column.

    >>> CLASSIC.label("Datasets", "Label"), V21.label("Datasets", "Label")
    ('Description', 'Label')
    """

    name: str
    sheets: Mapping[str, tuple[str, ...]]
    printed: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def further(self, sheet: str) -> tuple[str, ...]:
        """Name the columns that may be added to a sheet: those of later generations, and some of ours.

        >>> V21.further("Datasets")
        ('Purpose', 'Domain', 'SAS Name', 'Alias', 'File', 'File Title')
        """
        if sheet not in self.sheets:
            return ()
        every = (*_SHEETS[sheet], *_ADDED.get(sheet, ()))
        return tuple(name for name in every if name not in self.sheets[sheet])

    def label(self, sheet: str, column: str = "") -> str:
        """Give the name of a sheet, or of a column, as it stands in the file.

        >>> CLASSIC.label("Define")
        'Study'
        """
        return self.printed.get((sheet, column), column or sheet)


def _without(columns: set[str], sheets: set[str]) -> dict[str, tuple[str, ...]]:
    return {
        sheet: tuple(name for name in names if name not in columns)
        for sheet, names in _SHEETS.items()
        if sheet not in sheets
    }


def _current() -> dict[str, tuple[str, ...]]:
    made = _without({*_SINCE_21}, {"WhereClauses"})
    made["Datasets"] = tuple(name for name in made["Datasets"] if name != "Purpose")
    made["Codelists"] = tuple(name for name in made["Codelists"] if name != "Comment")
    return made


def _v21() -> dict[str, tuple[str, ...]]:
    made = _without(set(), {"WhereClauses"})
    made["Datasets"] = tuple(name for name in made["Datasets"] if name != "Purpose")
    return made


def _classic() -> dict[str, tuple[str, ...]]:
    made = _without({*_SINCE_21, *_SINCE_CURRENT}, {"Analysis Displays", "Analysis Results"})
    made["Codelists"] = tuple(name for name in made["Codelists"] if name != "Comment")
    return made


CLASSIC = Generation(
    "classic",
    _classic(),
    {
        ("Define", ""): "Study",
        ("Datasets", "Label"): "Description",
        ("ValueLevel", "Label"): "Description",
    },
)
CURRENT = Generation("current", _current())
V21 = Generation("2.1", _v21())
GENERATIONS = {one.name: one for one in (CLASSIC, CURRENT, V21)}


def folded(name: str) -> str:
    """Write a name so that other capitals, blanks and signs make no difference.

    >>> folded(" Has no-data "), folded("Value Level") == folded("ValueLevel")
    ('hasnodata', True)
    """
    return "".join(character for character in name.casefold() if character.isalnum())


def sheet_of(printed: str) -> str:
    """Give the sheet of a printed name; "" for one that no generation has.

    >>> sheet_of("study"), sheet_of("Value Level"), sheet_of("Notes")
    ('Define', 'ValueLevel', '')
    """
    known = {folded(one.label(sheet)): sheet for one in GENERATIONS.values() for sheet in one.sheets}
    return known.get(folded(printed), "")


def column_of(sheet: str, printed: str) -> str:
    """Give the column of a printed name; "" for one that no generation has.

    >>> column_of("Datasets", "description"), column_of("Datasets", "Remark")
    ('Label', '')
    """
    known = {
        folded(one.label(sheet, column)): column
        for one in GENERATIONS.values()
        for column in (*one.further(sheet), *one.sheets.get(sheet, ()))
    }
    return known.get(folded(printed), "")
