"""Analysis results metadata (ARM 1.0) from the declared analyses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from define.build.comments import Texts
from define.build.conditions import conditions_of, where_clause
from define.model import (
    AnalysisDataset,
    AnalysisDatasets,
    AnalysisResult,
    AnalysisResultDisplays,
    AnalysisVariable,
    Description,
    Documentation,
    ProgrammingCode,
    ResultDisplay,
    WhereClauseDef,
    WhereClauseRef,
)

PURPOSES = {"SAFETY": "SECONDARY OUTCOME MEASURE"}


def displays_of(
    displays: Sequence[Any], items: Iterable[str], texts: Texts
) -> tuple[AnalysisResultDisplays | None, list[WhereClauseDef]]:
    """Make the result displays of a study's analyses, and the where clauses that they select by.

    Args:
        displays: the declared displays, with their analyses.
        items: identifiers of the variables that are described.
        texts: where comments go, such as on selections that a where clause cannot say.

    >>> displays_of([], [], Texts())
    (None, [])
    """
    known, clauses = set(items), list[WhereClauseDef]()
    made = [
        ResultDisplay(
            oid=f"RD.{one.display}",
            name=one.display,
            description=Description.of(one.title),
            results=tuple(_result(analysis, known, clauses, texts) for analysis in one.analyses),
        )
        for one in displays
        if one.analyses
    ]
    return (AnalysisResultDisplays(displays=tuple(made)) if made else None), clauses


def _result(one: Any, known: set[str], clauses: list[WhereClauseDef], texts: Texts) -> AnalysisResult:
    parameter = f"IT.{one.dataset}.{one.parameter or 'PARAMCD'}"
    said = " ".join(filter(None, (one.estimand and f"Estimand: {one.estimand}", one.comment)))
    return AnalysisResult(
        oid=f"AR.{one.id}",
        reason=one.reason,
        purpose=PURPOSES.get(one.purpose, one.purpose),
        parameter_oid=parameter if parameter in known else "",
        description=Description.of(one.title),
        datasets=_datasets(one, known, clauses, texts),
        documentation=Documentation(
            description=Description.of(" ".join(f"{one.method.sentence()} {said}".split()))
        ),
        code=ProgrammingCode(context="trialkit", code=_code(one)),
    )


def _code(one: Any) -> str:
    """Write the analysis as the command and the lines of the spec that make it."""
    place = one.place()
    return f"trialkit analyze SPEC_DIR --adam DIR --out DIR  # {place.file}:{place.line}, {one.id}"


def _datasets(one: Any, known: set[str], clauses: list[WhereClauseDef], texts: Texts) -> AnalysisDatasets:
    conditions = conditions_of(one.where) if one.where else ()
    ref, comment = None, ""
    if conditions:
        clause = where_clause(one.dataset, conditions, lambda name: f"IT.{one.dataset}.{name}")
        clauses.append(clause)
        ref = WhereClauseRef(where_clause_oid=clause.oid)
    elif one.where:
        comment = texts.comment(f"COM.AR.{one.id}", f"Records of {one.dataset} where {one.where.text}.")
    names = dict.fromkeys([*(part.column for part in one.method.references() if part.column), *one.by])
    variables = [f"IT.{one.dataset}.{name}" for name in names]
    shown = tuple(AnalysisVariable(item_oid=oid) for oid in variables if oid in known)
    dataset = AnalysisDataset(item_group_oid=f"IG.{one.dataset}", where_clause=ref, variables=shown)
    return AnalysisDatasets(comment_oid=comment, datasets=(dataset,))
