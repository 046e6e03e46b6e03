"""Analysis results (Analysis Results Metadata 1.0, section 4)."""

from __future__ import annotations

from collections.abc import Iterator

from define.check.view import View
from define.model import AnalysisDataset, AnalysisResult, Description
from trialkit.problems import Kind, Problem

REASON = Kind("DEFC-095", "reason is not one of the terms", "Use a term of ARM 1.0 if one fits.", "query")
PURPOSE = Kind("DEFC-096", "purpose is not one of the terms", "Use a term of ARM 1.0 if one fits.", "query")
OUTSIDE = Kind("DEFC-097", "variable is not of the analysis dataset", "Name a variable of the dataset.")
NO_JOIN = Kind("DEFC-098", "several datasets without a comment", "Say in def:CommentOID how they are joined.")
NO_TEXT = Kind("DEFC-099", "display or result has no description", "Give a Description.")

# both lists are open (ARM 1.0, 4.2.2)
REASONS = (*("SPECIFIED IN PROTOCOL", "SPECIFIED IN SAP", "DATA DRIVEN", "REQUESTED BY REGULATORY AGENCY"),)
PURPOSES = (*("PRIMARY OUTCOME MEASURE", "SECONDARY OUTCOME MEASURE", "EXPLORATORY OUTCOME MEASURE"),)


def analyses(view: View) -> Iterator[Problem]:
    """Find reasons and purposes that are no terms, and results that are not described.

    >>> from define.check.samples import findings
    >>> from define.model import AnalysisResult, AnalysisResultDisplays, Description, ResultDisplay
    >>> text, purpose = Description.of("Mean"), "PRIMARY OUTCOME MEASURE"
    >>> result = AnalysisResult(oid="AR.1", reason="BECAUSE", purpose=purpose, description=text)
    >>> display = ResultDisplay(oid="RD.1", name="T1", description=Description.of("T"), results=(result,))
    >>> findings(analyses, analyses=AnalysisResultDisplays(displays=(display,)))
    ["AR.1: reason 'BECAUSE'"]
    """
    for display in view.metadata.analyses.displays if view.metadata.analyses else ():
        if not _said(display.description):
            yield view.problem(NO_TEXT, display, f"{display.oid} has no Description")
        for result in display.results:
            yield from _result(view, result)


def _said(description: Description | None) -> bool:
    return description is not None and bool(description.text.strip())


def _result(view: View, result: AnalysisResult) -> Iterator[Problem]:
    if not _said(result.description):
        yield view.problem(NO_TEXT, result, f"{result.oid} has no Description")
    if result.reason not in REASONS:
        yield view.problem(REASON, result, f"{result.oid}: reason '{result.reason}'")
    if result.purpose not in PURPOSES:
        yield view.problem(PURPOSE, result, f"{result.oid}: purpose '{result.purpose}'")
    datasets = result.datasets.datasets if result.datasets else ()
    if result.datasets and len(datasets) > 1 and not result.datasets.comment_oid:
        what = f"{result.oid} has {len(datasets)} datasets and no comment"
        yield view.problem(NO_JOIN, result.datasets, what)
    for dataset in datasets:
        yield from _variables(view, result, dataset)


def _variables(view: View, result: AnalysisResult, dataset: AnalysisDataset) -> Iterator[Problem]:
    group = view.groups.get(dataset.item_group_oid)
    mine = {ref.item_oid for ref in group.items} if group else set[str]()
    for variable in dataset.variables if group else ():
        if variable.item_oid not in mine and variable.item_oid in view.items:
            what = f"{result.oid}: {variable.item_oid} is not of {dataset.item_group_oid}"
            yield view.problem(OUTSIDE, variable, what)
