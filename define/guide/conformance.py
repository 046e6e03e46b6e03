"""What the checks found and why it stays: the section on conformance of both guides, and its appendix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from define.guide.common import answer, intermediate
from define.guide.content import Ask, Block, Bullets, Para, Said, Section, Span, joined, table, text_of
from define.guide.facts import Facts
from define.guide.findings import CORE, Issue
from trialkit.model import models_in
from trialkit.rule import Rule
from trialkit.submission.spec import CONFORMANCE

ACCEPTED = "Dataset and variables | Check | Count | What the check says | Why it is acceptable"
NOTED = "CHECK-"  # codes of checks of the datasets themselves: nothing that a site could answer
NOT_RUN = "Not run: CDISC CORE was not run on this build, so that its findings are not counted."
KEPT, LEFT, EMPTY = "Record kept", "Row not used", "Value missing"


def conformance(facts: Facts, part: str, details: str) -> tuple[Section, Section]:
    """Make the section on conformance, and its appendix with every query that stayed open.

    Args:
        facts: what is known.
        part: ``sdtm`` or ``adam``.
        details: the key of the appendix.

    >>> callable(conformance)
    True
    """
    known, more = facts.known, "Additional Conformance Details"
    inputs = (
        *_listed("These checks were run:", known.ran, part),
        *_listed("These were not:", known.unchecked, part),
        *answer(facts, "agency_rules"),
    )
    parts = [
        Section("inputs", "Conformance Inputs", inputs),
        Section("issues", "Issues Summary", tuple(_summary(facts, part))),
    ]
    if part == "sdtm":
        parts.append(Section("open-queries", more, tuple(_queries(facts, part, details))))
    body = Section("conformance", "Data Conformance Summary", parts=tuple(parts))
    listed = tuple(_details(facts, part))
    return body, Section(details, "Conformance Issues Details", listed, mark="Appendix II")


def _summary(facts: Facts, part: str) -> Iterator[Block]:
    accepted, errors = (facts.known.of(part, level) for level in ("accepted", "error"))
    queries, noted = _asked(facts, part), _noted(facts, part)
    why = " Why each of them is acceptable stands below." if accepted else ""
    yield Para(text_of(f"{_counts(errors, queries, accepted)}{why}"))
    rows = (_row(many) for many in alike(accepted))
    yield from table("Findings that stay, and why", ACCEPTED, rows, (2, 2, 1.1, 3.2, 4.5))
    if any(one.count is None for one in accepted):
        yield Para(text_of(NOT_RUN), small=True)
    yield from _unsaid(accepted)
    head = "Dataset | Check | Count | What the check says"
    open_ones = ((one.dataset, one.check, one.shown, one.what) for one in errors)
    yield from table("Findings that are neither accepted nor mended", head, open_ones, (1, 2, 1, 5))
    head = "Dataset | Variable | Check | What the check says"
    said = ((one.dataset, one.variable, one.check, one.what) for one in noted)
    yield from table("Noted by the checks; there is nothing to be mended", head, said, (1, 1.2, 1.2, 5))


def _asked(facts: Facts, part: str) -> list[Issue]:
    return [one for one in facts.known.of(part, "query") if not one.check.startswith(NOTED)]


def _noted(facts: Facts, part: str) -> list[Issue]:
    return [one for one in facts.known.of(part, "query") if one.check.startswith(NOTED)]


def _speaks_of(said: str, part: str) -> bool:
    other = {"sdtm": "adam", "adam": "sdtm"}[part]
    return not said.startswith(f"{other}:") and f"define.xml of {other}" not in said


def _listed(lead: str, said: Iterable[str], part: str) -> list[Block]:
    mine = (one.removeprefix(f"{part}: ").replace(" (--core)", "") for one in said if _speaks_of(one, part))
    items = tuple(map(text_of, mine))
    return [Para(text_of(lead)), Bullets(items)] if items else []


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _counts(errors: list[Issue], queries: list[Issue], accepted: list[Issue]) -> str:
    found, asked = (sum(one.count or 0 for one in issues) for issues in (errors, queries))
    said = [
        _number(found, "finding to be mended", "findings to be mended"),
        _number(asked, "data query", "data queries"),
        _number(len(accepted), "accepted finding", "accepted findings"),
    ]
    rules = _number(len({one.check for one in accepted}), "rule", "rules")
    pairs = f" (one for each rule and dataset, of {rules})" if accepted else ""
    return f"{', '.join(said)}{pairs}."


def alike(accepted: Iterable[Issue]) -> list[list[Issue]]:
    """Put the findings together that are accepted for one reason.

    A check of the toolkit is about one variable, and its findings in others stay apart.

    >>> first = Issue("sdtm", "accepted", "CDISC CORE", "CORE-1", "LB", "", 9, "Wrong.", "It is right")
    >>> second = Issue("sdtm", "accepted", "CDISC CORE", "CORE-2", "LB", "", 9, "Bad.", "It is right")
    >>> [[one.check for one in many] for many in alike([first, second])]
    [['CORE-1', 'CORE-2']]
    """
    groups: dict[tuple[str, str, str], list[Issue]] = {}
    for one in accepted:
        variable = "" if one.tool == CORE else one.variable
        groups.setdefault((one.tool, variable, one.reason), []).append(one)
    return list(groups.values())


def _row(many: list[Issue]) -> tuple[Said, ...]:
    """Write a row of findings with one reason."""
    one = many[0]
    datasets, checks, whats = (
        list(dict.fromkeys(getattr(each, name) for each in many)) for name in ("dataset", "check", "what")
    )
    names = ", ".join(name or "any dataset" for name in datasets)
    variables = _variables(many)
    place = joined(Span(names, bold=True), f" {variables}" if variables else "")
    count = _counted(many, len(datasets) == len(many))
    return place, f"{', '.join(sorted(checks))} ({one.tool})", count, " ".join(whats), one.reason


def _counted(many: list[Issue], apart: bool) -> str:
    """Write the counts of a row once where they are the same, else by dataset or check."""
    counts = list(dict.fromkeys(one.shown for one in many))
    if len(counts) == 1:
        return f"{counts[0]} each" if len(many) > 1 and many[0].count is not None else counts[0]
    return "; ".join(f"{one.dataset if apart else one.check}: {one.shown}" for one in many)


def _variables(many: Iterable[Issue]) -> str:
    names = (name for one in many for name in one.variable.split(", ") if name)
    return ", ".join(dict.fromkeys(names))


def _unsaid(accepted: list[Issue]) -> list[Block]:
    codes = sorted({one.check for one in accepted if not one.what})
    asked = "What does the check say, in one sentence? Add it as `says`, or run CORE."
    return [Ask(code, f"{code}: {asked}", CONFORMANCE) for code in codes]


def _queries(facts: Facts, part: str, details: str) -> Iterator[Block]:
    queries = _asked(facts, part)
    number = _number(sum(one.count or 0 for one in queries), "data query", "data queries")
    said = (
        f"{number} of {_number(len(queries), 'kind', 'kinds')} stayed open at the time "
        "of this extract. Each is handled as the specifications declare: the collected text is kept, a value "
        "that can't be standardized is missing, and what is excluded has its reason. "
    )
    yield Para(joined(said, "All of them are in ", Span("Appendix II", to=details), "."))
    yield from answer(facts, "open_queries")


def _details(facts: Facts, part: str) -> Iterator[Block]:
    queries = _asked(facts, part)
    if not queries:
        yield Para(text_of("No data query stayed open."))
    stands = standing(facts, part)
    rows = (
        (
            intermediate(facts, part, one.dataset), one.variable, one.check, one.shown,
            str(one.subjects or ""), one.what,
            stands.get(one.check, EMPTY if one.variable else LEFT),
        )
        for one in queries
    )  # fmt: skip
    head = "Dataset | Variable | Check | Count | Subjects | What is asked | In the data"
    yield from table("Data queries that stayed open", head, rows, (1.4, 1.4, 1.5, 0.8, 0.9, 4.6, 1.8))


def standing(facts: Facts, part: str) -> dict[str, str]:
    """Give for the codes of queries that the specs declare what became of the value or row.

    >>> callable(standing)
    True
    """
    found: dict[str, str] = {}
    for spec in facts.sides[part].study.datasets.values():
        for check in spec.checks:
            found[check.code] = KEPT
        for step in spec.records:
            for one in models_in(step):
                if isinstance(one, Rule):
                    found.setdefault(getattr(one, "code", None) or "", _becomes(one))
    return found


def _becomes(step: Rule) -> str:
    """Say what a step over records does with a record that it asks about."""
    asks = step.key() == "query" or getattr(step, "missing", "quarantine") != "quarantine"
    return KEPT if asks else LEFT


def accepted_of(facts: Facts, part: str, dataset: str) -> list[Block]:
    """List the accepted findings of a dataset; nothing where there are none.

    >>> callable(accepted_of)
    True
    """
    mine = [one for one in facts.known.of(part, "accepted") if one.dataset == dataset]
    items = []
    for many in alike(mine):
        checks = ", ".join(f"{one.check} ({one.shown})" for one in many)
        items.append(text_of(f"{' '.join(filter(None, (checks, _variables(many))))}: {many[0].reason}"))
    lead = joined("Accepted findings (", Span("Issues Summary", to="issues"), "):")
    return [Para(lead), Bullets(tuple(items))] if items else []
