"""Analysis results as rows of the workbook."""

from __future__ import annotations

from collections.abc import Iterator

from define.check.view import View
from define.model import AnalysisDataset, AnalysisResult
from define.workbook import names
from define.workbook.conditions import comparisons
from define.workbook.names import bare
from define.workbook.pages import documents_text
from define.workbook.where import where_text

PARAMETER = "PARAMCD"


def display_rows(view: View) -> Iterator[dict[str, str]]:
    """Write the displays.

    >>> from define.samples import sample_define
    >>> list(display_rows(View(sample_define(), "define.xml")))
    []
    """
    for one in view.metadata.analyses.displays if view.metadata.analyses else ():
        documents, pages = documents_text(one.documents)
        title = one.description.text if one.description else ""
        yield {"ID": one.name, "Title": title, "Document": documents, "Pages": pages}


def result_rows(view: View) -> Iterator[dict[str, str]]:
    """Write the results, each with the name of its display.

    >>> from define.samples import sample_define
    >>> list(result_rows(View(sample_define(), "define.xml")))
    []
    """
    for display in view.metadata.analyses.displays if view.metadata.analyses else ():
        for one in display.results:
            yield {"Display": display.name, **_result(view, one)}


def _result(view: View, one: AnalysisResult) -> dict[str, str]:
    datasets = one.datasets.datasets if one.datasets else ()
    said, code = one.documentation, one.code
    references = documents_text(said.documents) if said else ("", "")
    programs, pages = documents_text(code.documents) if code else ("", "")
    return {
        "ID": bare(one.oid, names.RESULT),
        "Description": one.description.text if one.description else "",
        "Variables": ", ".join(name for dataset in datasets for name in _variables(view, dataset)),
        "Reason": one.reason,
        "Purpose": one.purpose,
        "Selection Criteria": "\n".join(
            _criteria(view, dataset) for dataset in datasets if dataset.where_clause
        ),
        "Join Comment": bare(one.datasets.comment_oid, names.COMMENT) if one.datasets else "",
        "Documentation": said.description.text if said and said.description else "",
        "Documentation Refs": " | ".join(text for text in references if text),
        "Programming Context": code.context if code else "",
        "Programming Code": (code.code or "") if code else "",
        "Programming Document": programs,
        "Pages": pages,
    }


def _variables(view: View, dataset: AnalysisDataset) -> list[str]:
    name = _name(view, dataset)
    items = (view.items.get(one.item_oid) for one in dataset.variables)
    return [f"{name}.{item.name}" for item in items if item] or [name]


def _name(view: View, dataset: AnalysisDataset) -> str:
    group = view.groups.get(dataset.item_group_oid)
    return group.name if group else dataset.item_group_oid


def _criteria(view: View, dataset: AnalysisDataset) -> str:
    group = view.groups.get(dataset.item_group_oid)
    if group is None or dataset.where_clause is None:
        return ""
    return f"{group.name}: {where_text(comparisons(view, group, (dataset.where_clause,)))}"
