"""The Analysis Data Reviewer's Guide: sections and numbers as PHUSE's template has them, words of ours."""

from __future__ import annotations

from collections.abc import Iterator

from define.build.package import Described
from define.guide.common import answer, commented, introduction, protocol
from define.guide.conformance import accepted_of, conformance
from define.guide.considerations import SUBJECT, considerations, dataset_of
from define.guide.content import (
    Block,
    Guide,
    Para,
    Said,
    Section,
    Span,
    paras,
    table,
    text_of,
)
from define.guide.csdrg import guide_of, structure_of
from define.guide.facts import Facts, Side, unmarked
from define.guide.flow import analysed, class_of, overview, ranks, shown_results
from define.guide.programs import programs
from trialkit.submission.layout import program_name

DETAILS = "issue-details"
TREATMENT = ("TRT", "TR", "ARM", "ACTARM", "AP", "DOSE")


def adrg(facts: Facts) -> Guide:
    """Write the guide of the analysis datasets.

    >>> callable(adrg)
    True
    """
    body, details = conformance(facts, "adam", DETAILS)
    source = Section("source", "Source Data Used for Analysis Dataset Creation", tuple(_source(facts)))
    sections = (
        introduction(facts, "reviewer's guide", "adam", (source,)),
        protocol(facts, "Protocol Design in Relation to ADaM Concepts", _concepts(facts)),
        considerations(facts),
        _processing(facts),
        _descriptions(facts),
        body,
        programs(facts),
        Section("conversion", "Legacy Data Conversion Plan and Report", tuple(answer(facts, "legacy")),
                mark="Appendix I"),
        details,
    )  # fmt: skip
    return guide_of(facts, "adam", sections)


def _side(facts: Facts) -> Side:
    return facts.sides["adam"]


def _source(facts: Facts) -> Iterator[Block]:
    standard = (
        facts.parts.found["sdtm"].manifest.get("standard", "") if "sdtm" in facts.parts.found else "SDTM"
    )
    inputs = facts.parts.found["adam"].manifest.get("inputs", {})
    said = f"The analysis datasets are made from {len(inputs)} {standard} datasets"
    tables = _side(facts).tables
    more = f", and from these tables of the study: {', '.join(tables)}" if tables else ""
    yield Para(text_of(f"{said}{more}."))
    rows = (
        (Span(name, bold=True), str(one.get("file", "")), f"{one.get('rows', 0):,}")
        for name, one in inputs.items()
    )
    yield from table("Datasets that were read", "Dataset | File | Records", rows, (1, 2, 1))
    yield from overview(facts)


def _concepts(facts: Facts) -> Iterator[Block]:
    one = dataset_of(facts, SUBJECT)
    if one is None:
        return
    rows = []
    for name in one.metas:
        if name.startswith(TREATMENT) and not name.endswith("FN"):
            values = [value for (value,) in facts.counts("adam", SUBJECT, [name]) if value]
            text = ", ".join(values) if len(values) <= 5 else f"{len(values)} values"
            rows.append(
                (
                    Span(name, bold=True),
                    one.metas[name].label,
                    text,
                    unmarked(one.spec.variables[name].comment),
                )
            )
    head = "Variable | Label | Values | Comment"
    yield from table("Treatment, periods and phases in ADSL", head, rows, (1.2, 3, 3, 4))


def _processing(facts: Facts) -> Section:
    side = _side(facts)
    working = sorted(name for name, spec in side.study.datasets.items() if spec.working)
    names = [one.name for one in facts.datasets("adam")]
    behind = {name: side.sources.get(name, []) for name in names}
    levels = ranks(behind)
    rows = (
        (Span(name, bold=True), str(levels[name] + 1), ", ".join(behind[name]))
        for name in sorted(names, key=lambda one: (levels[one], one))
    )
    split = [
        f"{one.name} is a part of {one.spec.domain}" for one in facts.datasets("adam") if one.spec.domain
    ]
    said = f"{'; '.join(split)}." if split else "No analysis dataset is split."
    kept = "There are no intermediate datasets."
    if working:
        kept = f"{len(working)} intermediate datasets are made and not submitted. Their specifications are."
    depends = table("Dependencies of analysis datasets", "Dataset | Step | Made from", rows, (1, 0.6, 5))
    details = table(
        "Intermediate datasets", "Dataset | Made from | File",
        (_working(side, name) for name in working), (1, 4, 2),
    )  # fmt: skip
    return Section(
        "processing",
        "Analysis Data Creation and Processing Issues",
        parts=(
            Section("split", "Split Datasets", (Para(text_of(said)),)),
            Section("dependencies", "Data Dependencies", (*analysed(facts), *depends)),
            Section("intermediate", "Intermediate Datasets", (Para(text_of(kept)), *details)),
        ),
    )


def _working(side: Side, name: str) -> tuple[Said, ...]:
    spec = side.study.datasets[name]
    file = program_name(spec.place("dataset").file)
    said = f"{', '.join(side.sources.get(name, []))}. {unmarked(spec.comment)}".strip()
    return Span(name, bold=True), said, file


def _descriptions(facts: Facts) -> Section:
    rows: list[tuple[Said, ...]] = []
    for one in facts.datasets("adam"):
        link = Span(one.name, bold=True, to=f"dataset-{one.name}")
        rows.append((link, str(one.table.dataset.label), class_of(one).title(), f"{one.table.count:,}",
                     structure_of(one), ", ".join(one.spec.keys), _purposes(facts, one.name)))  # fmt: skip
    head = "Dataset | Label | Class | Records | Structure | Keys | Purpose of its analyses"
    overview = table("Analysis datasets", head, rows, (1.25, 2, 1.7, 1, 2.4, 2, 1.9))
    return Section(
        "descriptions",
        "Analysis Dataset Descriptions",
        parts=(
            Section("datasets-overview", "Overview", (*overview, *shown_results(facts))),
            Section(
                "datasets",
                "Analysis Datasets",
                (),
                tuple(_description(facts, one) for one in facts.datasets("adam")),
            ),
        ),
    )


def _purposes(facts: Facts, name: str) -> str:
    """Give the purposes that the analyses of a dataset are declared with."""
    found = (one.purpose for shown in facts.displays for one in shown.analyses if one.dataset == name)
    return "; ".join(purpose.capitalize() for purpose in dict.fromkeys(found))


def _description(facts: Facts, one: Described) -> Section:
    behind = ", ".join(_side(facts).sources.get(one.name, []))
    said = f"{one.table.count:,} record{'' if one.table.count == 1 else 's'}, made from {behind}."
    blocks: list[Block] = [Para(text_of(said)), *paras(unmarked(one.spec.comment))]
    blocks += paras(facts.answers.datasets.get(one.name, ""))
    blocks += _parameters(facts, one)
    blocks += commented(one)
    used = [(analysis.id, analysis.title) for shown in facts.displays for analysis in shown.analyses
            if analysis.dataset == one.name]  # fmt: skip
    blocks += table(f"Analyses of {one.name}", "Analysis | Title", used, (1, 5))
    blocks += accepted_of(facts, "adam", one.name)
    return Section(f"dataset-{one.name}", f"{one.name} - {one.table.dataset.label}", tuple(blocks))


def _parameters(facts: Facts, one: Described) -> list[Block]:
    if not {"PARAMCD", "PARAM"} <= set(one.metas):
        return []
    counts = facts.counts("adam", one.name, ["PARAMCD", "PARAM"])
    rows = ((Span(code, bold=True), name, f"{number:,}") for (code, name), number in counts.items())
    return table(f"Parameters of {one.name}", "PARAMCD | PARAM | Records", rows, (1.2, 5, 1))
