"""What is known of the conformance of a build: all checks in one list, with what the study accepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from trialkit.load import Loading, load
from trialkit.problems import Exit, Problem, Problems, Refusal
from trialkit.publish import FOREIGN, publishing, write_manifest
from trialkit.spec import StudySpec
from trialkit.study import NO_STUDY
from trialkit.submission.core import SKIPPED, Core, Ran, named, run_core
from trialkit.submission.explain import explained, load_lines
from trialkit.submission.findings import Finding, Tool, judged, merged, open_findings
from trialkit.submission.owncheck import define_findings, own_findings
from trialkit.submission.parts import Part, Parts, open_parts, unfit
from trialkit.submission.report import write_conformance
from trialkit.submission.spec import CONFORMANCE, ConformanceSpec, load_optional

FAMILIES = {
    "sdtm": (
        "SDTM and SDTMIG Conformance Rules of CDISC (CG...)",
        "FDA Business Rules (FB...)",
    ),
    "adam": ("ADaM Conformance Rules of CDISC (AD...)",),
}
ALWAYS = (
    "FDA's validator rules and PMDA's rules: no free program has them; the agencies run them at their side",
    "terms of licensed dictionaries (MedDRA, WHODrug) against the dictionaries themselves",
)


@dataclass(frozen=True, slots=True)
class Conformance:
    """The conformance of a build.

    Args:
        study: study.yaml.
        findings: all of them, in order.
        ran: what was checked, and how.
        not_checked: what was not checked, and why.

    >>> study = StudySpec.model_validate({"study": "S1", "created": "2024-01-31", "sources": {}})
    >>> Conformance(study, ()).exit()
    <Exit.OK: 0>
    """

    study: StudySpec
    findings: tuple[Finding, ...]
    ran: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    builds: Mapping[str, str] = field(default_factory=dict)

    def count(self, level: str) -> int:
        """Count the findings of a level.

        >>> study = StudySpec.model_validate({"study": "S1", "created": "2024-01-31", "sources": {}})
        >>> Conformance(study, ()).count("error")
        0
        """
        return sum(one.count for one in self.findings if one.level == level)

    def exit(self) -> Exit:
        """Give the exit code: 1 where a finding is neither accepted nor a data query.

        >>> study = StudySpec.model_validate({"study": "S1", "created": "2024-01-31", "sources": {}})
        >>> Conformance(study, (Finding("trialkit", "sdtm", "C", "error"),)).exit()
        <Exit.DATA: 1>
        """
        return Exit.DATA if open_findings(self.findings) else Exit.OK


def conformance(
    specs: Path, build: Path, out: Path, core: Core | None = None, workers: int = 1
) -> Conformance:
    """Put the findings of all checks of a build into one list, and publish it.

    Args:
        specs: the study's folder; conformance.yaml in it names what the study accepts.
        build: the output folder of the study.
        out: the folder to publish.
        core: where CDISC CORE is; None where the user has none.
        workers: how many processes CORE may use.

    Raises:
        Refusal: the problems of the specs; PKG-001 to PKG-006 for a build whose folders don't belong
            together; CONF-001 to CONF-004; PUB-001 to PUB-003.

    >>> conformance(Path("nowhere"), Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    if not (specs / "study.yaml").is_file():
        raise Refusal([Problem(NO_STUDY, f"there is no study.yaml in '{specs.name}'")])
    study = load(specs / "study.yaml", StudySpec, Loading(), specs)
    accepts, parts = load_optional(specs / CONFORMANCE, ConformanceSpec, specs), open_parts(build)
    if out.resolve() in (specs.resolve(), build.resolve()):
        raise Refusal([Problem(FOREIGN, f"'{out.name}' is the folder of the specs or of the build")])
    Problems(unfit(parts, specs)).refuse()
    lines = load_lines(specs, parts.data())
    found, unchecked = define_findings(parts)
    cores = {part.name: run_core(core, part, workers) for part in parts.data()} if core else {}
    found += [*own_findings(parts), *(one for ran in cores.values() for one in ran.findings)]
    tools: list[Tool] = ["trialkit", "define-check", *(["CDISC CORE"] if cores else [])]  # type: ignore[list-item]
    made = Conformance(
        study,
        tuple(explained(merged(judged(found, accepts.accept, tools)), lines)),
        tuple(_ran(parts, cores)),
        (*unchecked, *not_checked(parts.data(), cores)),
        {part.name: str(part.manifest["build"]) for part in parts.data()},
    )
    with publishing(out) as staging:
        write_conformance(staging, made)
        write_manifest(staging, _facts(made))
    return made


def _ran(parts: Parts, cores: Mapping[str, Ran]) -> Iterator[str]:
    for part in parts.data():
        yield f"{part.name}: the checks of trialkit at the build, and those of define.xml against the data"
        if (ran := cores.get(part.name)) and ran.rules:
            counts = ", ".join(f"{count} {status}" for status, count in ran.rules.items())
            origins = "; ".join(f"{count} of the {name}" for name, count in ran.origins.items())
            of = f" ({origins})" if origins else ""
            yield f"{part.name}: CDISC CORE {ran.version}, {sum(ran.rules.values())} rules{of}: {counts}"


def not_checked(parts: Sequence[Part], cores: Mapping[str, Ran]) -> list[str]:
    """Say which families of rules were not checked, and why.

    >>> not_checked([], {})[0][:24]
    "FDA's validator rules an"
    """
    said = []
    for part in parts:
        ran = cores.get(part.name)
        if ran is None:
            said += [
                f"{part.name}: {family}: CDISC CORE was not run (--core)" for family in FAMILIES[part.name]
            ]
        elif not ran.rules:
            standard = " ".join(named(part))
            said.append(f"{part.name}: {FAMILIES[part.name][0]}: CORE has no published rules of {standard}")
        else:
            said += [f"{part.name}: rule {note}" for note in ran.notes]
            if skipped := ran.rules.get(SKIPPED.lower(), 0) - len(ran.notes):
                said.append(f"{part.name}: {skipped} rules of CORE speak of what these datasets have not")
    return [*said, *ALWAYS]


def _facts(made: Conformance) -> dict[str, object]:
    counts = {level: made.count(level) for level in ("error", "query", "accepted")}
    return {
        "study": made.study.study,
        "toolkit": version("trialkit"),
        "created": made.study.created.isoformat(),
        "builds": dict(made.builds),
        "findings": counts,
    }


def show_conformance(made: Conformance, out: Path) -> list[str]:
    """Say what was found and what was not checked.

    >>> study = StudySpec.model_validate({"study": "S1", "created": "2024-01-31", "sources": {}})
    >>> show_conformance(Conformance(study, ()), Path("conformance"))[-1]
    '0 findings, 0 data queries, 0 accepted; page in conformance/conformance.html'
    """
    counts: dict[str, int] = {}
    for one in (one for one in made.findings if one.level == "error"):
        said = f"error {one.check} {one.dataset} {one.what}"
        counts[said] = counts.get(said, 0) + one.count
    lines = [f"{said} ({count} times)" for said, count in counts.items()]
    errors, queries, accepted = (made.count(level) for level in ("error", "query", "accepted"))
    last = f"{errors} findings, {queries} data queries, {accepted} accepted"
    unchecked = (f"not checked: {text}" for text in made.not_checked)
    return [*lines, *unchecked, f"{last}; page in {out / 'conformance.html'}"]
