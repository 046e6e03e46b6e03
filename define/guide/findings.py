"""What all checks found in a build: what the study accepts with its reason, and what stayed open."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from define.guide.spec import GUIDES
from trialkit.submission.conformance import not_checked
from trialkit.submission.findings import Finding, Tool, fits, judged, merged
from trialkit.submission.owncheck import define_findings, own_findings
from trialkit.submission.parts import Parts
from trialkit.submission.spec import CONFORMANCE, Accepted, ConformanceSpec, load_optional

CORE = "CDISC CORE"
REPORT = Path("conformance", "conformance.json")


@dataclass(frozen=True, slots=True)
class Issue:
    """What one check found in one dataset.

    Args:
        part: ``sdtm`` or ``adam``.
        level: ``error``, ``query`` or ``accepted``.
        tool: who checked.
        check: the code of the check.
        dataset: where.
        variable: where.
        count: how many times; None where the check was not run on this build.
        what: what is wrong, in one sentence.
        reason: why it is accepted.
        subjects: how many subjects it concerns, 0 where that is not known.

    >>> Issue("sdtm", "accepted", "trialkit", "CHECK-111", "LB", "LBSTRESC", 874, "").shown
    '874'
    """

    part: str
    level: str
    tool: str
    check: str
    dataset: str
    variable: str
    count: int | None
    what: str
    reason: str = ""
    subjects: int = 0

    @property
    def shown(self) -> str:
        """Write the count.

        >>> Issue("sdtm", "accepted", "CDISC CORE", "CORE-1", "LB", "", None, "").shown
        'not run'
        """
        return "not run" if self.count is None else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of the conformance of a build.

    Args:
        issues: what was found, one for each check, dataset and variable.
        ran: what was checked, and how.
        unchecked: what was not checked, and why.

    >>> Known().of("sdtm", "accepted")
    []
    """

    issues: tuple[Issue, ...] = ()
    ran: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()

    def of(self, part: str, level: str) -> list[Issue]:
        """Give the issues of a part and level.

        >>> Known().of("adam", "query")
        []
        """
        return [one for one in self.issues if (one.part, one.level) == (part, level)]


def known_findings(specs: Path, parts: Parts, datasets: Mapping[str, Sequence[str]]) -> Known:
    """Collect what the checks found: the toolkit's own anew, CORE's from the report of this build.

    Args:
        specs: the study's folder.
        parts: the folders of the build.
        datasets: the names of the datasets of each part.

    Raises:
        Refusal: CONF-001, the problems of conformance.yaml.

    >>> known_findings(Path("nowhere"), Parts(Path("nowhere")), {}).issues
    ()
    """
    accepts = load_optional(specs / CONFORMANCE, ConformanceSpec, specs).accept
    found, notes = define_findings(parts)
    found = [one for one in found if not _of_guides(one)]
    report = core_report(parts)
    core = [_again(row) for row in report.get("findings", ()) if row.get("tool") == CORE]
    tools: list[Tool] = ["trialkit", "define-check", *(["CDISC CORE"] if _has_core(report) else [])]  # type: ignore[list-item]
    all_of_them = merged(judged([*found, *own_findings(parts), *core], accepts, tools))
    issues = grouped(_placed(all_of_them, datasets), accepts)
    left = [] if _has_core(report) else _not_run(accepts, datasets)
    ran = report.get("checked", ()) or [
        f"{part.name}: the checks of trialkit at the build, and those of define.xml against the data"
        for part in parts.data()
    ]
    unchecked = report.get("not_checked", ()) if report else (*notes, *not_checked(parts.data(), {}))
    return Known((*issues, *left), tuple(map(str, ran)), tuple(map(str, unchecked)))


def _of_guides(one: Finding) -> bool:
    """Say whether a finding is only that the guides, which are being made, are not there yet."""
    files = tuple(f"{name}.pdf" for name, _ in GUIDES.values())
    return one.check == "DEFC-052" and one.what.endswith(files)


def _has_core(report: Mapping[str, Any]) -> bool:
    return any(CORE in str(said) for said in report.get("checked", ()))


def core_report(parts: Parts) -> Mapping[str, Any]:
    """Read the conformance report of the build; nothing where there is none, or one of another build.

    >>> core_report(Parts(Path("nowhere")))
    {}
    """
    try:
        report = json.loads((parts.root / REPORT).read_text(encoding="utf-8"))
        builds = {part.name: part.manifest.get("build") for part in parts.data()}
        return report if report["builds"] == builds else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _again(row: Mapping[str, Any]) -> Finding:
    """Make a finding of the report once more, still to be judged."""
    names = tuple(name for name in str(row["variable"]).split(", ") if name)
    return Finding(
        "CDISC CORE", str(row["part"]), str(row["check"]), "error", str(row["dataset"]), names,
        row=int(row["row"] or 0), record=str(row["record"]), subject=str(row["subject"]),
        value=str(row["value"]), what=str(row["what"]), count=int(row["count"] or 1),
    )  # fmt: skip


def _placed(found: Iterable[Finding], datasets: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Give what is said of conformance.yaml itself the part of its dataset, else the first one."""
    made = []
    for one in found:
        parts = [part for part, names in datasets.items() if one.dataset in names] or list(datasets)
        made.append(one if one.part or not parts else replace(one, part=parts[0]))
    return made


def grouped(found: Iterable[Finding], accepts: Sequence[Accepted] = ()) -> list[Issue]:
    """Count findings by check, dataset, variable and reason.

    Args:
        found: the findings in order.
        accepts: conformance.yaml, for what its checks mean.

    >>> one = Finding("trialkit", "sdtm", "C", "error", "AE", what="Bad.", subject="S1")
    >>> [(issue.count, issue.subjects) for issue in grouped([one, one])]
    [(2, 1)]
    """
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for one in found:
        key = (one.part, one.level, one.tool, one.check, one.dataset, one.variable, one.reason)
        groups.setdefault(key, []).append(one)
    made = []
    for (part, level, tool, check, dataset, variable, reason), mine in groups.items():
        said = next((one.says for one in accepts if one.says and fits(one, mine[0])), "")
        whats = list(dict.fromkeys(one.what.strip().rstrip(".") for one in mine))
        subjects = len({one.subject for one in mine} - {""})
        count = sum(one.count for one in mine)
        what = _sentence(said or _together(whats))
        made.append(Issue(part, level, tool, check, dataset, variable, count, what, reason, subjects))
    return made


def _together(whats: Sequence[str]) -> str:
    more = f" (and {len(whats) - 3} more like these)" if whats[3:] else ""
    return f"{'; '.join(whats[:3])}{more}"


def _sentence(text: str) -> str:
    """End a text as a sentence, once."""
    return text if text.endswith(("?", "!")) else f"{text.rstrip('.')}."


def _not_run(accepts: Sequence[Accepted], datasets: Mapping[str, Sequence[str]]) -> list[Issue]:
    """Give what is accepted of CORE's checks where CORE was not run on this build."""
    made = []
    for one in accepts:
        for check in (code for code in one.check if code.startswith("CORE-")):
            for dataset in one.dataset or [""]:
                for part in _parts_of(dataset, datasets):
                    variable, what = ", ".join(one.variable), one.says and _sentence(one.says)
                    made.append(
                        Issue(part, "accepted", CORE, check, dataset, variable, None, what, one.reason)
                    )
    return made


def _parts_of(dataset: str, datasets: Mapping[str, Sequence[str]]) -> list[str]:
    found = [part for part, names in datasets.items() if dataset in names]
    return found or list(datasets)[:1]
