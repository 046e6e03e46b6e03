"""Analysis results of the workbook."""

from __future__ import annotations

from define.model import (
    AnalysisDataset,
    AnalysisDatasets,
    AnalysisResult,
    AnalysisResultDisplays,
    AnalysisVariable,
    Documentation,
    ProgrammingCode,
    ResultDisplay,
)
from define.workbook import names
from define.workbook.analyses import PARAMETER
from define.workbook.book import Row
from define.workbook.load import UNKNOWN
from define.workbook.loaditems import Items
from define.workbook.pages import parse_documents


def load_analyses(items: Items) -> AnalysisResultDisplays | None:
    """Make the displays and their results; None where there is no display.

    >>> from define.workbook.book import Book
    >>> from define.workbook.load import Loader
    >>> from trialkit.problems import Problems
    >>> load_analyses(Items(Loader(Book({}), Problems()), "ADaMIG"))
    """
    loader = items.loader
    displays = loader.once(loader.book.rows("Analysis Displays"), "ID")
    results = loader.once(loader.book.rows("Analysis Results"), "Display", "ID")
    ids = [row.get("ID") for row in displays]
    for row in results:
        loader.refer(row, "Display", names.DISPLAY, ids)
    made = [
        ResultDisplay(
            oid=names.DISPLAY + row.get("ID"),
            name=row.get("ID"),
            description=loader.text(row, "Title"),
            documents=parse_documents(row.get("Document"), row.get("Pages")),
            results=tuple(_result(items, one) for one in results if one.get("Display") == row.get("ID")),
        )
        for row in displays
    ]
    return AnalysisResultDisplays(displays=tuple(made)) if made else None


def _result(items: Items, row: Row) -> AnalysisResult:
    loader = items.loader
    datasets = _datasets(items, row)
    comment = loader.refer(row, "Join Comment", names.COMMENT, loader.ids("Comments"))
    return AnalysisResult(
        oid=names.RESULT + row.get("ID"),
        reason=row.get("Reason"),
        purpose=row.get("Purpose"),
        parameter_oid=_parameter(items, datasets),
        description=loader.text(row, "Description"),
        datasets=AnalysisDatasets(comment_oid=comment, datasets=datasets) if datasets or comment else None,
        documentation=_documentation(items, row),
        code=_code(row),
    )


def _datasets(items: Items, row: Row) -> tuple[AnalysisDataset, ...]:
    variables: dict[str, list[str]] = {}
    for text in row.get("Variables").split(","):
        dataset, _, variable = text.strip().partition(".")
        if dataset:
            variables.setdefault(dataset, []).extend([variable] if variable else [])
            if dataset not in items.known or (variable and variable not in items.known[dataset]):
                items.loader.say(
                    UNKNOWN, row, "Variables", f"'{text.strip()}' is no variable of the workbook"
                )
    criteria = _criteria(row.get("Selection Criteria"), list(variables))
    made = []
    for dataset, mine in variables.items():
        base = f"{names.WHERE}{row.get('ID')}.{dataset}"
        cell = Row({"Selection Criteria": criteria.get(dataset, "")}, row.place)
        refs = items.conditions(cell, "Selection Criteria", dataset, base)
        made.append(
            AnalysisDataset(
                item_group_oid=names.GROUP + dataset,
                where_clause=refs[0] if refs else None,
                variables=tuple(AnalysisVariable(item_oid=f"{names.ITEM}{dataset}.{name}") for name in mine),
            )
        )
    return tuple(made)


def _criteria(text: str, datasets: list[str]) -> dict[str, str]:
    """Divide the criteria by dataset: a line for each, or one without a name for the first."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        if colon and name.strip() in datasets:
            found[name.strip()] = rest.strip()
        elif line.strip() and datasets:
            found[datasets[0]] = line.strip()
    return found


def _parameter(items: Items, datasets: tuple[AnalysisDataset, ...]) -> str:
    for one in datasets:
        clause = items.wheres.get(one.where_clause.where_clause_oid) if one.where_clause else None
        for check in clause.checks if clause else ():
            if check.item_oid.rpartition(".")[2] == PARAMETER:
                return check.item_oid
    return ""


def _documentation(items: Items, row: Row) -> Documentation | None:
    references, _, pages = row.get("Documentation Refs").partition("|")
    text = items.loader.text(row, "Documentation")
    if text is None and not references:
        return None
    return Documentation(description=text, documents=parse_documents(references, pages))


def _code(row: Row) -> ProgrammingCode | None:
    context, code = row.get("Programming Context"), row.get("Programming Code")
    documents = parse_documents(row.get("Programming Document"), row.get("Pages"))
    if not (context or code or documents):
        return None
    return ProgrammingCode(context=context, code=code or None, documents=documents)
