"""What holds for several analysis datasets: populations, windows, imputation, decisions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from define.build.package import Described
from define.guide.common import answer, decisions, intermediate
from define.guide.content import Block, Para, Section, Span, table, text_of
from define.guide.facts import Facts, comments_of, unmarked
from define.guide.programs import submitted
from trialkit.model import models_in
from trialkit.rule import Rule

SUBJECT = "ADSL"
TREATMENT = re.compile(r"TRT(\d\d)?[PA]N?|TRTSEQ[PA]N?|TR\d\d[PA]G\dN?|TR[PA]G\dN?|DOSE(\d\d)?[PA]")
WINDOWED = ("AVISIT", "AVISITN", "AWTARGET", "AWTDIFF", "AWLO", "AWHI", "AWU", "AWRANGE", "ABLFL", "BASETYPE")


def considerations(facts: Facts) -> Section:
    """Make the section on what holds for several analysis datasets.

    >>> callable(considerations)
    True
    """
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
    tabulated, analysed = (
        len(facts.counts(part, name, ["USUBJID"])) for part, name in (("sdtm", "DM"), ("adam", SUBJECT))
    )
    if tabulated and analysed:
        yield Para(text_of(f"DM has {tabulated:,} subjects, ADSL has {analysed:,}."))
    read = {name for found in facts.sides["adam"].sources.values() for name in found}
    left = [one.name for one in facts.datasets("sdtm") if one.name not in read]
    if left:
        yield Para(text_of(f"SDTM datasets that no analysis dataset is made from: {', '.join(left)}."))
    yield from _excluded(facts)


def _excluded(facts: Facts) -> Iterator[Block]:
    kept = ("used", "balance", "no record needs it")
    found = [
        row
        for row in facts.sides["adam"].ledger
        if row["dataset"] and row["reason"] not in kept and row["origin"] != "table"
    ]
    # subjects of ADSL whose records a step leaves out are counted with their records
    counted = {_step(row) for row in found if row["source"] != SUBJECT}
    rows = [
        (Span(intermediate(facts, "adam", row["dataset"]), bold=True), row["source"], row["reason"],
         f"{int(row['rows']):,}", submitted(row["spec"]))
        for row in found
        if row["source"] != SUBJECT or _step(row) not in counted
    ]  # fmt: skip
    head = "Dataset | Source | Why records are left out | Records | Specification"
    yield from table("Records that an analysis dataset leaves out", head, rows, (1.1, 1.1, 4, 0.9, 2.3))


def _step(row: Mapping[str, str]) -> tuple[str, ...]:
    return row["dataset"], row["reason"], row["spec"]


def _core(facts: Facts) -> Iterator[Block]:
    """List the variables of ADSL that stand in every other dataset."""
    one, others = dataset_of(facts, SUBJECT), [two for two in facts.datasets("adam") if two.name != SUBJECT]
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
    if all(lacking == "none" for _, _, lacking in rows):
        yield Para(text_of("These variables of ADSL stand in every other analysis dataset:"))
        yield from table("Core variables", "Variable | Label", (row[:2] for row in rows), (1.3, 7.5))
        return
    yield Para(text_of("These variables of ADSL stand in most of the other analysis datasets:"))
    yield from table("Core variables", "Variable | Label | Datasets without it", rows, (1.3, 3.5, 4))


def _treatment(facts: Facts) -> Iterator[Block]:
    rows = []
    for one in facts.datasets("adam"):
        names = [name for name in one.metas if TREATMENT.fullmatch(name)]
        if names:
            rows.append((Span(one.name, bold=True), ", ".join(names)))
    if not rows:
        yield Para(text_of("No dataset has a treatment variable."))
    yield from table("Treatment variables", "Dataset | Variables", rows, (1, 5))


def _populations(facts: Facts) -> Iterator[Block]:
    one = dataset_of(facts, SUBJECT)
    rows = []
    for name in one.metas if one else ():
        if one and name.endswith("FL") and len(name) > 2:
            number = facts.counts("adam", SUBJECT, [name]).get(("Y",), 0)
            used = sorted({analysis.id for shown in facts.displays for analysis in shown.analyses
                           if analysis.population == name})  # fmt: skip
            comment = unmarked(one.spec.variables[name].comment)
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
    users: dict[str, list[str]] = {}
    for one in facts.datasets("adam"):
        for name in dict.fromkeys(_window_tables(one)):
            users.setdefault(name, []).append(one.name)
    for name in sorted(users):
        yield from _window_table(facts, name, users[name])


def _comment(one: Described, names: Iterable[str]) -> str:
    said = comments_of(one.spec)
    return unmarked(" ".join(f"{name}: {said[name]}" for name in names if name in said))


def _window_tables(one: Described) -> Iterator[str]:
    for step in one.spec.records:
        for rule in models_in(step):
            if isinstance(rule, Rule) and rule.key() == "windows":
                yield str(getattr(rule, "windows", ""))


def _window_table(facts: Facts, name: str, users: list[str]) -> list[Block]:
    found = facts.sides["adam"].study.tables.get(name)
    if found is None:
        return []
    columns = {column: [str(value) for value in values.objects()] for column, values in found.columns.items()}
    rows = zip(*columns.values(), strict=True)
    visits = len(next(iter(columns.values()), ()))
    title = f"Windows of {visits} visits, used for {', '.join(users)} (table {name} of the study)"
    return table(title, " | ".join(columns), rows, (1.0,) * len(columns))


def _imputed(facts: Facts) -> Iterator[Block]:
    rows = []
    for one in facts.datasets("adam"):
        for name in one.metas:
            if name.endswith(("DTF", "TMF")):
                counts = {kind: n for (kind,), n in facts.counts("adam", one.name, [name]).items() if kind}
                kinds, records = ", ".join(counts) or "none", sum(counts.values())
                rows.append((Span(one.name, bold=True), name, f"{records:,}", kinds))
    head = "Dataset | Flag of imputation | Records | Parts that were imputed"
    yield from table("Imputed dates", head, rows, (1, 1.5, 1, 3))


def _derived(facts: Facts) -> Iterator[Block]:
    rows = []
    for one in facts.datasets("adam"):
        if "DTYPE" in one.metas:
            said = unmarked(comments_of(one.spec).get("DTYPE", ""))
            rows += [
                (Span(one.name, bold=True), kind, f"{n:,}", said)
                for (kind,), n in facts.counts("adam", one.name, ["DTYPE"]).items()
                if kind
            ]
    yield from table(
        "Records that were derived (DTYPE)", "Dataset | DTYPE | Records | Comment", rows, (1, 2, 1, 4)
    )


def _decided(facts: Facts) -> list[Block]:
    head = "Dataset | Variable | Decision | Where"
    rows = ((*row[:-1], submitted(str(row[-1]))) for row in decisions(facts, "adam"))
    return table("Decisions of the sponsor in the specifications", head, rows, (1, 1.2, 5, 2))


def dataset_of(facts: Facts, name: str) -> Described | None:
    """Find an analysis dataset.

    >>> callable(dataset_of)
    True
    """
    return next((one for one in facts.datasets("adam") if one.name == name), None)
