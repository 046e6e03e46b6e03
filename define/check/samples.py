"""What examples and tests of the checks need: a define.xml with one thing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from define.check.view import Use, View
from define.model import Define, RangeCheck, WhereClauseDef, WhereClauseRef
from define.samples import sample_define
from trialkit.problems import Problem


def changed(part: Any, path: str, **changes: Any) -> Any:
    """Change a part deep within another; ``path`` has names of fields and places in tuples.

    >>> changed(sample_define(), "study.metadata.items.1", name="AGE").metadata.items[1].name
    'AGE'
    """
    step, _, rest = path.partition(".")
    if not step:
        return replace(part, **changes)
    if isinstance(part, tuple):
        place = int(step)
        return (*part[:place], changed(part[place], rest, **changes), *part[place + 1 :])
    return replace(part, **{step: changed(getattr(part, step), rest, **changes)})


def sample_level() -> tuple[View, Use]:
    """Give a value level of SEX in that define, for the records of two subjects.

    >>> sample_level()[1].item.name
    'SEX'
    """
    define = sample_define()
    clause = WhereClauseDef(
        oid="WC.1",
        checks=(RangeCheck(comparator="IN", item_oid="IT.DM.USUBJID", values=("01", "02")),),
    )
    metadata = replace(define.metadata, where_clauses=(clause,))
    view = View(replace(define, study=replace(define.study, metadata=metadata)), "define.xml")
    use = list(view.variables())[1]
    ref = replace(use.ref, where_clauses=(WhereClauseRef(where_clause_oid="WC.1"),))
    return view, replace(use, ref=ref, parent=use.item)


def findings(check: Callable[[View], Iterable[Problem]], path: str = "", **changes: Any) -> list[str]:
    """Say what a check finds in the sample with one part of its metadata changed.

    >>> findings(lambda view: [view.problem(None, view.define, view.metadata.name)], name="Study S2")
    ['Study S2']
    """
    whole: Define = changed(sample_define(), f"study.metadata.{path}".rstrip("."), **changes)
    return [problem.what for problem in check(View(whole, "define.xml"))]
