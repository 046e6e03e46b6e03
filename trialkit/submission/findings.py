"""Findings of all checks in one shape, and which of them the study accepts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from trialkit.submission.spec import Accepted

Level: TypeAlias = Literal["error", "query", "accepted"]
Tool: TypeAlias = Literal["trialkit", "define-check", "CDISC CORE", "conformance.yaml"]

LEVELS = ("error", "query", "accepted")
PARTS = ("sdtm", "adam", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found in one place.

    Args:
        tool: who checked.
        part: ``sdtm`` or ``adam``.
        check: the code of the check.
        level: ``error`` has to be mended or accepted; ``query`` is a data query; ``accepted``.
        dataset: where.
        variables: the variables it speaks of, the first one is that of the spec line.
        row: the number of the record, from 1, or 0.
        record: keys or number of the record, as the check gives them.
        subject: the subject.
        value: the value at fault.
        what: what is wrong, as the check says it.
        explained: the same in one sentence, with its place.
        spec: file and line of the specs to look at.
        count: how many times, where the check does not list each.
        reason: why it is accepted.

    >>> Finding("CDISC CORE", "sdtm", "CORE-000701", "error", "AE", ("EPOCH",), row=6).place
    'AE.EPOCH row 6'
    """

    tool: Tool
    part: str
    check: str
    level: Level
    dataset: str = ""
    variables: tuple[str, ...] = ()
    row: int = 0
    record: str = ""
    subject: str = ""
    value: str = ""
    what: str = ""
    explained: str = ""
    spec: str = ""
    count: int = 1
    reason: str = ""

    @property
    def variable(self) -> str:
        """Give the variables as one text.

        >>> Finding("trialkit", "sdtm", "C", "error", "AE", ("AESTDTC", "AEENDTC")).variable
        'AESTDTC, AEENDTC'
        """
        return ", ".join(self.variables)

    @property
    def place(self) -> str:
        """Say where it is.

        >>> Finding("trialkit", "sdtm", "C", "error", "AE").place
        'AE'
        """
        name = ".".join(part for part in (self.dataset, self.variable) if part)
        return f"{name} row {self.row}" if self.row else name

    def order(self) -> tuple[int, str, str, int, str, str, str, str]:
        """Give the place in the list: by dataset, variable and row, whoever found it.

        >>> Finding("trialkit", "sdtm", "C", "error", "AE").order()[1]
        'AE'
        """
        place = (PARTS.index(self.part), self.dataset, self.variable, self.row)
        return (*place, self.check, self.record, self.value, self.what)


def merged(found: Iterable[Finding]) -> list[Finding]:
    """Put the findings of all checks into one order.

    >>> one = Finding("trialkit", "sdtm", "C", "error", "AE")
    >>> [finding.dataset for finding in merged([replace(one, dataset="DM"), one])]
    ['AE', 'DM']
    """
    return sorted(found, key=Finding.order)


def fits(accept: Accepted, finding: Finding) -> bool:
    """Say whether an accepted finding speaks of a finding.

    >>> accept = Accepted(check="CORE-000701", dataset="AE", reason="no element can be told")
    >>> fits(accept, Finding("CDISC CORE", "sdtm", "CORE-000701", "error", "AE"))
    True
    """
    return (
        finding.check in accept.check
        and (not accept.dataset or finding.dataset in accept.dataset)
        and (not accept.variable or bool(set(accept.variable) & set(finding.variables)))
    )


def judged(found: Sequence[Finding], accepts: Sequence[Accepted], tools: Iterable[Tool]) -> list[Finding]:
    """Mark the findings that the study accepts; another count than the accepted one is a finding itself.

    An accepted finding that no longer occurs is a question, unless none of its checks was run.

    Args:
        found: all findings.
        accepts: conformance.yaml.
        tools: who checked.

    >>> one = Finding("CDISC CORE", "sdtm", "CORE-000701", "error", "AE")
    >>> accept = Accepted(check="CORE-000701", count=2, reason="no element can be told")
    >>> [finding.what for finding in judged([one], [accept], ["CDISC CORE"])][1:]
    ['accepted 2 times, found 1 times: CORE-000701']
    """
    made, ran = list(found), set(tools)
    for accept in accepts:
        mine = [place for place, one in enumerate(made) if one.level == "error" and fits(accept, one)]
        count = sum(made[place].count for place in mine)
        if accept.count in (None, count):
            for place in mine:
                made[place] = replace(made[place], level="accepted", reason=accept.reason)
        elif count:
            made.append(_about(accept, f"accepted {accept.count} times, found {count} times", "error"))
        if not count and _could_occur(accept, ran):
            made.append(_about(accept, "accepted and no longer found", "query"))
    return made


def _could_occur(accept: Accepted, ran: set[Tool]) -> bool:
    core = all(code.startswith("CORE-") for code in accept.check)
    return "CDISC CORE" in ran if core else True


def _about(accept: Accepted, what: str, level: Level) -> Finding:
    codes, place = ", ".join(accept.check), accept.place()
    said = f"{what}: {codes}"
    spec = f"{place.file}:{place.line}" if place.file else ""
    dataset = accept.dataset[0] if len(accept.dataset) == 1 else ""
    return Finding(
        "conformance.yaml", "", "ACCEPT", level, dataset, what=said, explained=f"{said}.", spec=spec
    )


def open_findings(found: Iterable[Finding]) -> int:
    """Count the findings that are neither accepted nor a data query.

    >>> open_findings([Finding("trialkit", "sdtm", "C", "error", count=3)])
    3
    """
    return sum(one.count for one in found if one.level == "error")
