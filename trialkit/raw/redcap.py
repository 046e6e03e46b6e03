"""REDCap exports: choice codes to labels, and column labels, by the data dictionary."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from trialkit.problems import Kind, Problem, Problems, did_you_mean
from trialkit.raw.clean import clean
from trialkit.raw.delimited import read_delimited
from trialkit.raw.files import RawFile, open_file
from trialkit.raw.source import CsvSource, RedcapSource
from trialkit.raw.table import RawTable, said_lines

NOT_DICTIONARY = Kind(
    "RAW-070", "not a REDCap data dictionary", "Give the dictionary that REDCap exports as CSV."
)
NO_CHOICE = Kind("RAW-071", "code is no choice of the data dictionary", "Bring the dictionary up to date.")
BAD_CHOICES = Kind("RAW-072", "choices cannot be read", "Write them as 'code, label | code, label'.")
SAME_FIELD = Kind("RAW-073", "field stands twice in the data dictionary", "Keep one line per field.")

_HEADERS = {
    "name": ("Variable / Field Name", "field_name"),
    "type": ("Field Type", "field_type"),
    "label": ("Field Label", "field_label"),
    "choices": ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations"),
    "form": ("Form Name", "form_name"),
}
_FIXED_CHOICES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
_COMPLETE = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
_CHOICE_TYPES = ("radio", "dropdown", "checkbox")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the data dictionary: its type, label and choices (label by code).

    >>> Field("radio", "Sex", {"1": "Male"}).choices["1"]
    'Male'
    """

    type: str
    label: str
    choices: dict[str, str]


def read_redcap(
    source: RedcapSource, name: str, file: RawFile, folder: Path, problems: Problems
) -> RawTable | None:
    """Read a REDCap export with its dictionary: cells cleaned, codes turned into labels as declared.

    Checkbox columns (``field___code``) keep 0 and 1; their column label names the choice.

    Args:
        source: the spec of the source.
        name: its name.
        file: the export.
        folder: the raw folder, which has the dictionary too.
        problems: where problems go: those of ``read_delimited`` and ``clean``, RAW-070 to RAW-073.

    Returns:
        The table; None without a readable export and dictionary.

    >>> found, file = Problems(), RawFile(Path("d.csv"), "d.csv", b"record_id", "")
    >>> source = RedcapSource(format="redcap", file="d.csv", dictionary="no.csv")
    >>> read_redcap(source, "A", file, Path("no folder"), found)
    >>> found.items[0].what
    "raw file 'no.csv' is missing"
    """
    table = read_delimited(_csv(source, source.file), name, file, problems)
    dictionary = open_file(source.model_copy(update={"optional": False}), folder, problems, source.dictionary)
    fields = None if dictionary is None else read_dictionary(source, dictionary, problems)
    if table is None or fields is None or dictionary is None:
        return None
    labels = {column: label for column in table.columns if (label := _label(column, fields))}
    done = replace(table, labels=labels, companions={dictionary.file: dictionary.sha256})
    cleaned = clean(done, source, problems)
    return cleaned if source.choices == "codes" else _labelled(cleaned, fields, problems)


def _csv(source: RedcapSource, file: str) -> CsvSource:
    own = source if file == source.file else CsvSource(format="csv", file=file)
    return CsvSource(
        format="csv",
        file=file,
        encoding=source.encoding,
        delimiter=own.delimiter,
        ragged=own.ragged,
        undecodable=own.undecodable,
    )


def read_dictionary(source: RedcapSource, file: RawFile, problems: Problems) -> dict[str, Field] | None:
    r"""Read a data dictionary, as the web page or the API of REDCap exports it.

    Args:
        source: the spec of the source.
        file: the dictionary.
        problems: where problems go: those of ``read_delimited``, RAW-070, RAW-072 and RAW-073.

    Returns:
        The fields by name, and one for the completion status of each form.

    >>> data = b"field_name,form_name,field_type,field_label,select_choices_or_calculations" \
    ...     b'\nsex,dm,radio,Sex,"1, Male | 2, Female"'
    >>> source = RedcapSource(format="redcap", file="d.csv", dictionary="c.csv")
    >>> read_dictionary(source, RawFile(Path("c.csv"), "c.csv", data, ""), Problems())["sex"].choices
    {'1': 'Male', '2': 'Female'}
    """
    table = read_delimited(_csv(source, file.file), "dictionary", file, problems)
    if table is None:
        return None
    names = {key: next((n for n in known if n in table.columns), "") for key, known in _HEADERS.items()}
    if lacking := [_HEADERS[key][0] for key, column in names.items() if not column]:
        what = f"'{file.file}' has no column {' nor '.join(repr(column) for column in lacking)}"
        problems.add(Problem(NOT_DICTIONARY, what, file.place(1)))
        return None
    cells = {key: [str(text).strip() for text in table.columns[names[key]].objects()] for key in names}
    fields = {f"{form}_complete": Field("complete", "", _COMPLETE) for form in cells["form"]}
    seen: set[str] = set()
    for row, name in enumerate(cells["name"]):
        if name in seen:
            where = table.spot(row, names["name"])
            problems.add(Problem(SAME_FIELD, f"a line above has the field {name}", where))
        seen.add(name)
        kind = cells["type"][row]
        choices = _FIXED_CHOICES.get(kind, {})
        if kind in _CHOICE_TYPES:
            labelled = kind != "checkbox" and source.choices == "labels"
            choices, fault = _choices(cells["choices"][row], labelled)
            if fault:
                place = table.spot(row, names["choices"])
                problems.add(Problem(BAD_CHOICES, fault, place, value=cells["choices"][row]))
        fields[name] = Field(kind, " ".join(_TAG.sub(" ", cells["label"][row]).split()), choices)
    return fields


def _choices(text: str, labelled: bool) -> tuple[dict[str, str], str]:
    """Read the choices of a field, and say what is wrong; labels count where they stand for the codes."""
    pairs = [part.partition(",") for part in text.split("|")]
    if any(not comma or not code.strip() for code, comma, _ in pairs):
        return {}, "a choice has no code or no comma"
    found = {code.strip(): label.strip() for code, _, label in pairs}
    if len(found) < len(pairs):
        return {}, "two choices have one code"
    if labelled and "" in found.values():
        return {}, "a choice has no label"
    if labelled and len(set(found.values())) < len(pairs):
        return {}, "two choices have one label, so their codes could not be told apart"
    return found, ""


def _label(column: str, fields: dict[str, Field]) -> str:
    """Label a column by its field; a checkbox column by its choice too."""
    name, box, code = column.partition("___")
    field = fields.get(column if not box else name)
    if field is None or not box:
        return field.label if field else ""
    chosen = (label for key, label in field.choices.items() if _box_code(key) == code)
    return ": ".join(part for part in (field.label, next(chosen, "")) if part)


def _box_code(code: str) -> str:
    """Write a code as REDCap does in the name of a checkbox column."""
    return re.sub("[^a-z0-9_]", "_", code.lower())


def _labelled(table: RawTable, fields: dict[str, Field], problems: Problems) -> RawTable:
    columns = dict(table.columns)
    for name, column in table.columns.items():
        field = fields.get(name)
        if field is not None and field.choices and field.type != "checkbox":
            columns[name] = column.map(partial(_chosen, field.choices))
            _unknown(table, name, field, problems)
    return replace(table, columns=columns)


def _chosen(choices: dict[str, str], code: str) -> str:
    return choices.get(code, code)


def _unknown(table: RawTable, name: str, field: Field, problems: Problems) -> None:
    column = table.columns[name].compact()
    for place, code in enumerate(column.values):
        if code and code not in field.choices:
            rows = np.flatnonzero(column.codes == place)
            where = replace(table.spot(int(rows[0]), name), record=said_lines(table.lines[rows], table.unit))
            hint = did_you_mean(code, field.choices)
            what = f"a code of {name} is no choice of the dictionary"
            problems.add(Problem(NO_CHOICE, what, where, value=code, hint=hint, count=len(rows)))
