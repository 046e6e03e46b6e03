"""Which problems a study accepts, and which data queries a final lock refuses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from trialkit.problems import Exit, Kind, Problem, Problems
from trialkit.spec import Accept, StudySpec

CHANGED = Kind(
    "ACCEPT-001",
    "an accepted finding has another count",
    "Look at the new cells, then correct the data or the accepted count.",
)
UNUSED = Kind(
    "ACCEPT-002", "an accepted finding no longer occurs", "Remove it from study.yaml.", exit=Exit.DATA
)
FEWER = "Some have gone: look at those that are left, then lower the accepted count."


def matches(accept: Accept, problem: Problem) -> bool:
    """Say whether an accepted finding speaks of a problem.

    >>> kind = Kind("TERM-101", "t", "f")
    >>> accept = Accept(code="TERM-101", dataset="LB", count=1, reason="as the laboratory writes it")
    >>> matches(accept, Problem(kind, "w"))
    False
    """
    place = problem.where
    return (
        accept.code == problem.kind.code
        and accept.dataset in ("", place.dataset)
        and accept.variable in ("", place.variable)
    )


def judged(problems: Problems, study: StudySpec, *, strict: bool, built: Iterable[str] = ()) -> Problems:
    """Mark the accepted findings, check their counts, and make queries errors when strict.

    An accepted finding stays listed, as a query with its reason. An accepted finding of a
    dataset that was not built in this run is left alone.

    >>> from trialkit.samples import sample_study
    >>> asked = Problem(Kind("Q-VS-01", "t", "f", severity="query"), "Is the pressure right?")
    >>> judged(Problems([asked]), sample_study().spec, strict=True).errors()[0].what
    'Is the pressure right?'
    """
    made, datasets = Problems(list(problems.items)), set(built)
    for accept in study.accept:
        mine = [problem for problem in made.items if matches(accept, problem)]
        count = sum(problem.count for problem in mine)
        if count == accept.count:
            made.items = [_accepted(one, accept) if one in mine else one for one in made.items]
        elif count:
            what = f"accepted {accept.count} times, found {count} times: {accept.code}"
            hint = "" if count > accept.count else FEWER
            made.add(Problem(CHANGED, what, mine[0].where, hint=hint, spec=accept.place()))
        elif not accept.dataset or accept.dataset in datasets:
            made.add(Problem(UNUSED, f"{accept.code} does not occur", accept.place()))
    if strict:
        made.items = [one if one.accepted else _strict(one) for one in made.items]
    return made


def _strict(problem: Problem) -> Problem:
    """Make an error of a query; the advice stays, because its handling is declared already."""
    hint = problem.advice if problem.level == "query" else problem.hint
    return replace(problem, severity="error", hint=hint)


def _accepted(problem: Problem, accept: Accept) -> Problem:
    return replace(problem, severity="query", accepted=accept.reason)
