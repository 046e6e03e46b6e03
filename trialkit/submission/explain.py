"""One sentence for each finding, with the line of the specs to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from trialkit.own import standard_of
from trialkit.problems import Place
from trialkit.spec import DatasetSpec
from trialkit.study import Study, load_study
from trialkit.submission.findings import Finding
from trialkit.submission.parts import Part

MOST = 120


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the variables of datasets stand in the specs, by part.

    >>> Lines().of("sdtm", "LB", ("LBORRES",))
    ''
    """

    specs: Mapping[str, Mapping[str, DatasetSpec]] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)

    def of(self, part: str, dataset: str, variables: Iterable[str]) -> str:
        """Give file and line of the first of some variables that a spec names, else of the dataset.

        >>> from trialkit.samples import sample_study
        >>> Lines({"sdtm": sample_study().datasets}).of("sdtm", "VS", ["USUBJID", "VSORRES"])
        'sdtm/vs.yaml:19'
        """
        spec = self.specs.get(part, {}).get(self.parents.get(dataset, dataset))
        if spec is None:
            return ""
        names = [name for name in variables if name in spec.variables]
        # what identifies a record stands in most findings, and is seldom what they are about
        own = [name for name in names if name not in spec.keys] or names
        if dataset in self.parents and spec.supplemental:
            return _text(next(iter(spec.supplemental.values())).place())
        return _text(spec.variables[own[0]].place() if own else spec.place("dataset"))


def _text(place: Place) -> str:
    return f"{place.file}:{place.line}" if place.file else ""


def load_lines(specs: Path, parts: Iterable[Part]) -> Lines:
    """Load the specs of the folders of a build.

    Raises:
        Refusal: with every problem of the specs.

    >>> load_lines(Path("nowhere"), []).parents
    {}
    """
    found: dict[str, Mapping[str, DatasetSpec]] = {}
    parents: dict[str, str] = {}
    for part in parts:
        standard = standard_of(part.name, str(part.manifest["standard"]).rpartition(" ")[2])
        study: Study = load_study(specs, standard.folder, ("trialkit.rules", *standard.rules))
        found[part.name] = study.datasets
        names = ((standard.companion.name(one), name) for name, one in study.datasets.items())
        parents |= {companion: name for companion, name in names if companion}
    return Lines(found, parents)


def explained(found: Iterable[Finding], lines: Lines) -> list[Finding]:
    """Give each finding its sentence and its line of the specs, where it has none yet.

    >>> one = Finding("CDISC CORE", "sdtm", "CORE-1", "error", "AE", ("EPOCH",), 6, what="EPOCH is missing.")
    >>> explained([one], Lines())[0].explained
    'In AE, row 6: EPOCH is missing.'
    """
    made = []
    for one in found:
        spec = one.spec or lines.of(one.part, one.dataset, one.variables)
        made.append(replace(one, spec=spec, explained=one.explained or sentence(one)))
    return made


def sentence(finding: Finding) -> str:
    """Say in one sentence what is wrong, where, and with which values.

    >>> sentence(Finding("CDISC CORE", "sdtm", "C", "error", "LB", row=5, value="LBORRES=<1", what="Bad."))
    'In LB, row 5: Bad (LBORRES=<1).'
    """
    row = f", row {finding.row}" if finding.row else ""
    place = f"In {finding.dataset}{row}: " if finding.dataset else ""
    value = finding.value if len(finding.value) <= MOST else f"{finding.value[: MOST - 1]}…"
    shown = f" ({value})" if value else ""
    return f"{place}{finding.what.rstrip('.')}{shown}."
