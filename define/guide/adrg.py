"""The Analysis Data Reviewer's Guide: sections and numbers as PHUSE's template has them, words of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from define.build.package import Described
from define.guide.common import answer, conformance, decisions, introduction, protocol, software
from define.guide.content import (
    Block,
    Bullets,
    Guide,
    Para,
    Said,
    Section,
    Span,
    joined,
    paras,
    table,
    text_of,
)
from define.guide.csdrg import guide_of, structure_of
from define.guide.facts import Facts, Side, comments_of
from define.guide.flow import analysed, class_of, overview, ranks, shown_results
from trialkit.model import models_in
from trialkit.rule import Rule

NAME, TITLE = "adrg", "Analysis Data Reviewer's Guide"
DETAILS = "issue-details"
SUBJECT = "ADSL"
TREATMENT = ("TRT", "TR", "ARM", "ACTARM", "AP", "DOSE")
IDENTIFIERS = ("STUDYID", "USUBJID", "SUBJID", "SITEID")
WINDOWED = ("AVISIT", "AVISITN", "AWTARGET", "AWTDIFF", "AWLO", "AWHI", "AWU", "AWRANGE", "ABLFL", "BASETYPE")


def adrg(facts: Facts) -> Guide:
    """Write the guide of the analysis datasets.

    >>> callable(adrg)
    True
    """
    body, details = conformance(facts, "adam", DETAILS)
    part = facts.parts.found["adam"]
    source = Section("source", "Source Data Used for Analysis Dataset Creation", tuple(_source(facts)))
    sections = (
        introduction(facts, "reviewer's guide", "adam", (source,)),
        protocol(facts, "Protocol Design in Relation to ADaM Concepts", _concepts(facts)),
        _considerations(facts),
        _processing(facts),
        _descriptions(facts),
        body,
        _programs(facts),
        Section("conversion", "Legacy Data Conversion Plan and Report", tuple(answer(facts, "legacy")),
                mark="Appendix I"),
        details,
    )  # fmt: skip
    return guide_of(facts, NAME, TITLE, sections, str(part.manifest.get("build", "")))


def _side(facts: Facts) -> Side:
    return facts.sides["adam"]


def _source(facts: Facts) -> Iterator[Block]:
    standard = (
        facts.parts.found["sdtm"].manifest.get("standard", "") if "sdtm" in facts.parts.found else "SDTM"
    )
    inputs = facts.parts.found["adam"].manifest.get("inputs", {})
    yield Para(
        text_of(
            f"The analysis datasets are made from {len(inputs)} {standard} datasets and from nothing else."
        )
    )
    rows = (
        (Span(name, bold=True), str(one.get("file", "")), f"{one.get('rows', 0):,}")
        for name, one in inputs.items()
    )
    yield from table("Datasets that were read", "Dataset | File | Records", rows, (1, 2, 1))
    yield from overview(facts)


def _concepts(facts: Facts) -> Iterator[Block]:
    one = _dataset(facts, SUBJECT)
    if one is None:
        return
    rows = []
    for name in one.metas:
        if name.startswith(TREATMENT) and not name.endswith("FN"):
            values = sorted({row[name] for row in facts.rows("adam", SUBJECT)} - {""})
            text = ", ".join(values) if len(values) <= 5 else f"{len(values)} values"
            rows.append(
                (Span(name, bold=True), one.metas[name].label, text, one.spec.variables[name].comment)
            )
    head = "Variable | Label | Values | Comment"
    yield from table("Treatment, periods and phases in ADSL", head, rows, (1.2, 3, 3, 4))


def _dataset(facts: Facts, name: str) -> Described | None:
    return next((one for one in facts.datasets("adam") if one.name == name), None)


def _considerations(facts: Facts) -> Section:
    return Section(
        "considerations",
        "Analysis Considerations Related to Multiple Analysis Datasets",
        parts=(
            Section("comparison", "Comparison of SDTM and ADaM Content", tuple(_comparison(facts))),
            Section("core", "Core Variables", tuple(_core(facts))),
            Section("treatment", "Treatment Variables", tuple(_treatment(facts))),
            Section(
                "special",
                "Subject Issues that Require Special Analysis Rules",
                (*_populations(facts), *answer(facts, "special_subjects")),
            ),
            Section(
                "windows",
                "Use of Visit Windowing, Unscheduled Visits, and Record Selection",
                (*answer(facts, "windows"), *_windows(facts)),
            ),
            Section(
                "imputation",
                "Imputation/Derivation Methods",
                (*answer(facts, "imputation"), *_imputed(facts), *_derived(facts), *_decided(facts)),
            ),
        ),
    )


def _comparison(facts: Facts) -> Iterator[Block]:
    yield from answer(facts, "comparison")
    subjects = [len({row.get("USUBJID") for row in facts.rows(part, name)}) for part, name in
                (("sdtm", "DM"), ("adam", SUBJECT)) if facts.rows(part, name)]  # fmt: skip
    if len(subjects) == 2:
        yield Para(text_of(f"DM has {subjects[0]:,} subjects, ADSL has {subjects[1]:,}."))
    read = {name for found in _side(facts).sources.values() for name in found}
    left = [one.name for one in facts.datasets("sdtm") if one.name not in read]
    if left:
        yield Para(text_of(f"SDTM datasets that no analysis dataset is made from: {', '.join(left)}."))
    yield from _excluded(facts)


def _excluded(facts: Facts) -> Iterator[Block]:
    kept = ("used", "balance", "no record needs it")
    rows = [
        (Span(row["dataset"], bold=True), row["source"], row["reason"], row["rows"], row["spec"])
        for row in _side(facts).ledger
        if row["dataset"] and row["reason"] not in kept and row["origin"] != "table"
    ]
    head = "Dataset | Source | Why records are left out | Records | Specification"
    yield from table("Records that an analysis dataset leaves out", head, rows, (1.1, 1.1, 4, 0.9, 2.3))


def _core(facts: Facts) -> Iterator[Block]:
    """List the variables of ADSL that stand in every other dataset."""
    one, others = _dataset(facts, SUBJECT), [two for two in facts.datasets("adam") if two.name != SUBJECT]
    if one is None or not others:
        yield Para(
            text_of(
                "There is no ADSL with other datasets beside it." if one is None else "ADSL stands alone."
            )
        )
        return
    names = [name for name in one.metas if sum(name in two.metas for two in others) * 2 > len(others)]
    rows = []
    for name in names:
        lacking = [two.name for two in others if name not in two.metas]
        rows.append((Span(name, bold=True), one.metas[name].label, ", ".join(lacking) or "none"))
    yield Para(text_of("These variables of ADSL stand in most of the other datasets:"))
    yield from table("Core variables", "Variable | Label | Datasets without it", rows, (1.3, 3.5, 4))


def _treatment(facts: Facts) -> Iterator[Block]:
    rows = []
    for one in facts.datasets("adam"):
        names = [name for name in one.metas if name.startswith(("TRT", "TRTP", "TRTA")) and "DT" not in name]
        if names:
            rows.append((Span(one.name, bold=True), ", ".join(names)))
    if not rows:
        yield Para(text_of("No dataset has a treatment variable."))
    yield from table("Treatment variables", "Dataset | Variables", rows, (1, 5))


def _populations(facts: Facts) -> Iterator[Block]:
    one = _dataset(facts, SUBJECT)
    rows, subjects = [], facts.rows("adam", SUBJECT)
    for name in one.metas if one else ():
        if one and name.endswith("FL") and len(name) > 2:
            number = sum(row[name] == "Y" for row in subjects)
            used = sorted({analysis.id for shown in facts.displays for analysis in shown.analyses
                           if analysis.population == name})  # fmt: skip
            comment = one.spec.variables[name].comment.replace(" [J]", "")
            rows.append((Span(name, bold=True), one.metas[name].label, str(number), comment, ", ".join(used)))
    head = "Flag | Population or event | Subjects | How it is defined | Analyses"
    yield from table("Populations and flags of ADSL", head, rows, (1.1, 2.3, 0.9, 4.5, 2))


def _windows(facts: Facts) -> Iterator[Block]:
    rows = []
    for one in facts.datasets("adam"):
        names = [name for name in one.metas if name in WINDOWED or name.startswith("ANL")]
        if names:
            rows.append((Span(one.name, bold=True), ", ".join(names), _comment(one, names)))
    head = "Dataset | Variables of windows, baseline and selection | Comment"
    yield from table("Windows, baselines and chosen records", head, rows, (1, 3, 4))
    for name in sorted({step for one in facts.datasets("adam") for step in _window_tables(one)}):
        yield from _window_table(facts, name)


def _comment(one: Described, names: Iterable[str]) -> str:
    said = comments_of(one.spec)
    return " ".join(f"{name}: {said[name]}" for name in names if name in said).replace(" [J]", "")


def _window_tables(one: Described) -> Iterator[str]:
    for step in one.spec.records:
        for rule in models_in(step):
            if isinstance(rule, Rule) and rule.key() == "windows":
                yield str(getattr(rule, "windows", ""))


def _window_table(facts: Facts, name: str) -> list[Block]:
    found = _side(facts).study.tables.get(name)
    if found is None:
        return []
    columns = {column: [str(value) for value in values.objects()] for column, values in found.columns.items()}
    rows = zip(*columns.values(), strict=True)
    return table(f"Windows of the table {name}", " | ".join(columns), rows, (1.0,) * len(columns))


def _imputed(facts: Facts) -> Iterator[Block]:
    rows = []
    for one in facts.datasets("adam"):
        for name in one.metas:
            if name.endswith(("DTF", "TMF")):
                records = [row for row in facts.rows("adam", one.name) if row[name]]
                kinds = ", ".join(sorted({row[name] for row in records})) or "none"
                rows.append((Span(one.name, bold=True), name, f"{len(records):,}", kinds))
    head = "Dataset | Flag of imputation | Records | Parts that were imputed"
    yield from table("Imputed dates", head, rows, (1, 1.5, 1, 3))


def _derived(facts: Facts) -> Iterator[Block]:
    rows = []
    for one in facts.datasets("adam"):
        if "DTYPE" in one.metas:
            counts: dict[str, int] = {}
            for row in facts.rows("adam", one.name):
                counts[row["DTYPE"]] = counts.get(row["DTYPE"], 0) + 1
            said = comments_of(one.spec).get("DTYPE", "").replace(" [J]", "")
            rows += [
                (Span(one.name, bold=True), kind, f"{n:,}", said)
                for kind, n in sorted(counts.items())
                if kind
            ]
    yield from table(
        "Records that were derived (DTYPE)", "Dataset | DTYPE | Records | Comment", rows, (1, 2, 1, 4)
    )


def _decided(facts: Facts) -> list[Block]:
    head = "Dataset | Variable | Decision | Where"
    return table(
        "Decisions of the sponsor in the specifications", head, decisions(facts, "adam"), (1, 1.2, 5, 2)
    )


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
    said = (
        "No analysis dataset is split."
        if not any(one.spec.domain for one in facts.datasets("adam"))
        else "See 5.1."
    )
    kept = (
        f"Intermediate datasets are made and not submitted: {', '.join(working)}. Their specifications are among "
        "the programs." if working else "There are no intermediate datasets."
    )  # fmt: skip
    depends = table("Dependencies of analysis datasets", "Dataset | Step | Made from", rows, (1, 0.6, 5))
    details = [
        Para(joined(Span(name, bold=True), f": {side.study.datasets[name].comment}"))
        for name in working
        if side.study.datasets[name].comment
    ]
    return Section(
        "processing",
        "Analysis Data Creation and Processing Issues",
        parts=(
            Section("split", "Split Datasets", (Para(text_of(said)),)),
            Section("dependencies", "Data Dependencies", (*analysed(facts), *depends)),
            Section("intermediate", "Intermediate Datasets", (Para(text_of(kept)), *details)),
        ),
    )


def _descriptions(facts: Facts) -> Section:
    rows: list[tuple[Said, ...]] = []
    for one in facts.datasets("adam"):
        link = Span(one.name, bold=True, to=f"dataset-{one.name}")
        rows.append((link, str(one.table.dataset.label), class_of(one).title(), f"{one.table.count:,}",
                     structure_of(one), ", ".join(one.spec.keys)))  # fmt: skip
    head = "Dataset | Label | Class | Records | Structure | Keys"
    overview = table("Analysis datasets", head, rows, (1, 2.4, 2, 0.9, 3, 2.2))
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


def _description(facts: Facts, one: Described) -> Section:
    behind = ", ".join(_side(facts).sources.get(one.name, []))
    said = f"{one.table.count:,} record{'' if one.table.count == 1 else 's'}, made from {behind}."
    blocks: list[Block] = [Para(text_of(said)), *paras(one.spec.comment.replace(" [J]", ""))]
    blocks += paras(facts.answers.datasets.get(one.name, ""))
    blocks += _parameters(facts, one)
    notes = [(Span(name, bold=True), text.replace(" [J]", "")) for name, text in comments_of(one.spec).items()
             if name in one.metas]  # fmt: skip
    blocks += table(f"Comments on variables of {one.name}", "Variable | Comment", notes, (1, 5))
    used = [(analysis.id, analysis.title) for shown in facts.displays for analysis in shown.analyses
            if analysis.dataset == one.name]  # fmt: skip
    blocks += table(f"Analyses of {one.name}", "Analysis | Title", used, (1, 5))
    mine = [issue for issue in facts.known.of("adam", "accepted") if issue.dataset == one.name]
    if mine:
        items = tuple(
            text_of(f"{issue.check} {issue.variable} ({issue.shown}): {issue.reason}") for issue in mine
        )
        blocks += [
            Para(joined("Accepted findings (", Span("Issues Summary", to="issues"), "):")),
            Bullets(items),
        ]
    return Section(f"dataset-{one.name}", f"{one.name} - {one.table.dataset.label}", tuple(blocks))


def _parameters(facts: Facts, one: Described) -> list[Block]:
    if not {"PARAMCD", "PARAM"} <= set(one.metas):
        return []
    counts: dict[tuple[str, str], int] = {}
    for row in facts.rows("adam", one.name):
        key = (row["PARAMCD"], row["PARAM"])
        counts[key] = counts.get(key, 0) + 1
    rows = ((Span(code, bold=True), name, f"{number:,}") for (code, name), number in sorted(counts.items()))
    return table(f"Parameters of {one.name}", "PARAMCD | PARAM | Records", rows, (1.2, 5, 1))


def _programs(facts: Facts) -> Section:
    folder = "programs"
    datasets = [
        (Span(one.name, bold=True), one.spec.place("dataset").file, _flat(one.spec.place("dataset").file))
        for one in facts.datasets("adam")
    ]
    outputs = [
        (Span(analysis.id, bold=True), analysis.title, analysis.dataset, analysis.population, analysis.reason.title(),
         _flat(analysis.place().file))
        for shown in facts.displays for analysis in shown.analyses
    ]  # fmt: skip
    said = (
        "There are no programs in the usual sense: a dataset is what its specification declares, and trialkit computes "
        f"it. The specifications are submitted as text files in the folder {folder}; they hold no code."
    )
    shared = sorted(
        {name for name in _side(facts).study.texts if name.count("/") > 1 and name.startswith("adam/")}
    )
    return Section(
        "programs",
        "Submission of Programs",
        (Para(text_of(said)), *_environment(facts)),
        (
            Section("adam-programs", "ADaM Programs", tuple(
                table("Specifications of datasets", "Dataset | Specification | File", datasets, (1, 3, 3)))),
            Section("output-programs", "Analysis Output Programs", (*_outputs(facts, outputs), *answer(facts, "report"))),
            Section("macros", "Macro Programs", (
                Para(text_of("Specifications share parts by including them; these are the parts:" if shared
                             else "Specifications share no parts.")),
                *table("Shared parts", "Part | File", ((name, _flat(name)) for name in shared), (1, 1)))),
        ),
    )  # fmt: skip


def _environment(facts: Facts) -> Iterator[Block]:
    yield from table("Software", "Software | Version | Used for", software(), (2, 1.5, 5))
    yield from answer(facts, "environment")
    yield from answer(facts, "qc")


def _outputs(facts: Facts, rows: list[tuple[Said, ...]]) -> Iterator[Block]:
    if not rows:
        yield Para(text_of("No analyses are declared."))
    head = "Analysis | Title | Dataset | Population | Reason | File"
    yield from table("Analyses (Analysis Results Metadata)", head, rows, (1, 3.2, 1.1, 1.2, 1.7, 2.2))
    figures = [
        (Span(one.id, bold=True), one.title, one.dataset) for shown in facts.displays for one in shown.figures
    ]
    yield from table("Figures", "Figure | Title | Dataset", figures, (1, 5, 1.2))


def _flat(name: str) -> str:
    return f"{name.removesuffix('.yaml').replace('/', '-').replace('_', '-')}.txt"
