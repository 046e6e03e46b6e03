"""The clinical Study Data Reviewer's Guide: sections as PHUSE's template numbers them, words of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from define.build.describe import CRF
from define.build.package import Described
from define.guide.common import (
    answer,
    commented,
    decisions,
    dictionaries,
    introduction,
    protocol,
)
from define.guide.conformance import accepted_of, conformance
from define.guide.content import (
    Block,
    Guide,
    Para,
    Said,
    Section,
    Span,
    Text,
    joined,
    paras,
    table,
    text_of,
)
from define.guide.facts import Facts, unmarked
from define.guide.flow import arms, class_of, overview, tabulated
from define.guide.spec import GUIDES
from trialkit.submission.stamp import stamp_of
from trialkit.terms import Terminology

DESIGN = {"TA": "Trial Arms", "TE": "Trial Elements", "TV": "Trial Visits", "TD": "Trial Disease Assessments",
          "TM": "Trial Disease Milestones", "TI": "Trial Inclusion/Exclusion Criteria",
          "TS": "Trial Summary"}  # fmt: skip
COLUMNS = {
    "TA": ("ARMCD ARM TAETORD ETCD ELEMENT TABRANCH TATRANS EPOCH", (1.3, 1.3, 1.5, 1, 2.2, 2, 2.4, 1.7)),
    "TE": ("ETCD ELEMENT TESTRL TEENRL TEDUR", (1, 2, 4, 4, 1)),
    "TV": ("VISITNUM VISIT VISITDY TVSTRL TVENRL", (1.5, 2, 1.3, 4, 3)),
    "TS": ("TSPARMCD TSPARM TSVAL TSVALCD", (1.6, 3, 5, 1.6)),
    "TI": ("IETESTCD IETEST IECAT TIVERS", (1.4, 6, 1.6, 1)),
}
CRITERIA, DETAILS, CONVERSION = "criteria", "issue-details", "conversion"
IDENTIFIERS = ("STUDYID", "DOMAIN", "USUBJID")


def csdrg(facts: Facts) -> Guide:
    """Write the guide of the SDTM datasets.

    >>> callable(csdrg)
    True
    """
    body, details = conformance(facts, "sdtm", DETAILS)
    sections = (
        introduction(facts, "reviewer's guide", "sdtm"),
        protocol(facts, "Protocol Design", arms(facts), (_trial_design(facts),)),
        _subject_data(facts),
        body,
        Section(CRITERIA, "Inclusion/Exclusion Criteria", tuple(_criteria(facts)), mark="Appendix I"),
        details,
        Section(CONVERSION, "Legacy Data Conversion Plan and Report", tuple(answer(facts, "legacy")),
                mark="Appendix III"),
    )  # fmt: skip
    return guide_of(facts, "sdtm", sections)


def guide_of(facts: Facts, part: str, sections: tuple[Section, ...]) -> Guide:
    """Make a guide of its sections.

    >>> callable(guide_of)
    True
    """
    spec = facts.spec
    lines = [f"Made by trialkit from the specifications and the build of {spec.created:%Y-%m-%d}."]
    if spec.extract:
        lines.append(f"Extract {spec.extract}.")
    if facts.answers.sponsor:
        lines.insert(0, " ".join(facts.answers.sponsor.split()))
    built = facts.parts.found[part]
    build, stamp = str(built.manifest.get("build", "")), stamp_of(facts.specs, built)
    made = Guide(*GUIDES[part], spec.study, spec.title, tuple(lines), sections, spec.created, build, stamp)
    left = len(made.asks())
    draft = f"DRAFT - {left} text{'' if left == 1 else 's'} still to be written"
    return replace(made, lines=(draft, *lines)) if left else made


def _trial_design(facts: Facts) -> Section:
    there = [name for name in DESIGN if facts.rows("sdtm", name)]
    said = f"The trial design datasets {', '.join(there)} are submitted." if there else (
        "No trial design datasets are submitted."
    )  # fmt: skip
    missing = [name for name in ("TA", "TE", "TV", "TI", "TS") if name not in there]
    left = [Para(text_of(f"There is no {', '.join(missing)}."))] if there and missing else []
    parts = tuple(_design(facts, name) for name in there)
    return Section("trial-design", "Trial Design Datasets", (Para(text_of(said)), *left), parts)


def _design(facts: Facts, name: str) -> Section:
    blocks: list[Block] = list(_commented(facts, name))
    if name == "TI":
        blocks.append(Para(joined("The criteria are in ", Span("Appendix I", to=CRITERIA), ".")))
    elif name in COLUMNS:
        blocks += _listing(facts, name)
    return Section(f"design-{name}", f"{name} - {DESIGN[name]}", tuple(blocks))


def _listing(facts: Facts, name: str) -> list[Block]:
    names, widths = COLUMNS[name]
    rows = facts.rows("sdtm", name)
    there = [
        (one, width) for one, width in zip(names.split(), widths, strict=True) if rows and one in rows[0]
    ]
    cells = [[row[one] for one, _ in there] for row in rows]
    head, shares = [one for one, _ in there], tuple(width for _, width in there)
    if name == "TS" and (sources := _sources_of_summary(facts)):
        cells = [
            [*cell, sources.get((row["TSPARMCD"], row["TSVAL"]), "")]
            for cell, row in zip(cells, rows, strict=True)
        ]
        head, shares = [*head, "Where it is from"], (*shares, 3)
    return table(f"{name} - {DESIGN[name]}", " | ".join(head), cells, shares)


def _sources_of_summary(facts: Facts) -> dict[tuple[str, str], str]:
    """Give where each value of the trial summary is from, as the study's table says that a draft made."""
    found = facts.sides["sdtm"].study.tables.get("ts")
    if found is None or not {"TSPARMCD", "TSVAL", "SOURCE"} <= set(found.columns):
        return {}
    texts = (map(str, found.columns[name].objects()) for name in ("TSPARMCD", "TSVAL", "SOURCE"))
    return {(code, value): source for code, value, source in zip(*texts, strict=True)}


def _criteria(facts: Facts) -> list[Block]:
    return _listing(facts, "TI") or [Para(text_of("There is no dataset of criteria (TI)."))]


def _commented(facts: Facts, name: str) -> Iterator[Block]:
    one = next((one for one in facts.datasets("sdtm") if one.name == name), None)
    if one is not None and one.spec.comment:
        yield from paras(unmarked(one.spec.comment))
    yield from paras(facts.answers.datasets.get(name, ""))


def _subject_data(facts: Facts) -> Section:
    domains = [one for one in facts.datasets("sdtm") if not one.companion and one.name not in DESIGN]
    return Section(
        "subject-data",
        "Subject Data Description",
        parts=(
            Section("overview", "Overview", tuple(_overview(facts))),
            Section(
                "traceability",
                "Traceability Flow Diagram",
                (*overview(facts), *_sources(facts), *tabulated(facts)),
            ),
            Section("acrf", "Annotated CRFs", (*_crf(facts), *answer(facts, "acrf"))),
            Section(
                "domains",
                "SDTM Subject Domains",
                tuple(_inventory(facts, domains)),
                tuple(_domain(facts, one) for one in domains),
            ),
        ),
    )


def _overview(facts: Facts) -> Iterator[Block]:
    yield from answer(facts, "collection")
    subjects = facts.rows("sdtm", "DM")
    if subjects:
        counted = ((name, f"{number:,}") for name, number in sorted(Counter(map(_group, subjects)).items()))
        yield from table(f"Subjects of DM ({len(subjects)})", "Planned arm | Subjects", counted, (4, 1))
    yield from answer(facts, "screen_failures")
    rows = _decided(facts)
    yield from table(
        "Decisions of the sponsor in the specifications",
        "Dataset | Variable | Decision | Where",
        rows,
        (1, 1.2, 5, 2),
    )
    yield from _sponsor_terms(facts)
    yield from _excluded(facts)
    yield from _unmapped(facts)


def _group(row: dict[str, str]) -> str:
    return row.get("ARM", "") or f"no arm: {row.get('ARMNRS', '') or 'no reason'}"


def _decided(facts: Facts) -> list[tuple[Said, ...]]:
    return list(decisions(facts, "sdtm"))


def _sponsor_terms(facts: Facts) -> Iterator[Block]:
    """List the terms that the study adds to codelists, and its own codelists."""
    side = facts.sides["sdtm"]
    published = Terminology(side.package.terms.packages)
    rows: list[tuple[Said, ...]] = []
    for name, declared in sorted(side.study.spec.codelists.items()):
        package = published.find(name)
        standard = set(package.values) if package else set()
        for term, said in declared.terms.items():
            if term not in standard:
                kind = "term of an extensible codelist" if package else "codelist of the sponsor"
                rows.append((Span(name, bold=True), term, said.decode or term, kind))
    if rows:
        yield Para(text_of("Terms that the published terminology lacks:"))
    yield from table(
        "Terms and codelists of the sponsor", "Codelist | Term | Meaning | Kind", rows, (1.2, 2.5, 4, 2)
    )
    yield from _coding(facts)


def _coding(facts: Facts) -> Iterator[Block]:
    for name, said in dictionaries(facts).items():
        source = f"{said.get('dictionary', name)} {said.get('version', '')}: {said.get('from', '')}"
        yield Para(text_of(f"Terms are coded with {source}."))
    uncoded = facts.report("sdtm", "uncoded.csv")
    if uncoded:
        rows = ((row["dataset"], row["variable"], row["term"], row["records"]) for row in uncoded)
        yield from table(
            "Terms that are not coded", "Dataset | Variable | Term | Records", rows, (1, 1, 4, 1)
        )


def _excluded(facts: Facts) -> Iterator[Block]:
    """List the raw rows that are in no dataset, with the reason of each."""
    rows = [
        (row["source"], facts.title(row["source"]) or row["file"], _why(row["reason"]), row["rows"])
        for row in facts.sides["sdtm"].ledger
        if row["origin"] == "raw" and not row["dataset"] and row["reason"] not in ("used", "balance")
    ]
    said = "Every raw row is accounted for: it is used, or left out for one of these reasons."
    yield Para(text_of(said if rows else "Every raw row is used."))
    head = "Source | Form or file | Why it is left out | Rows"
    yield from table("Raw rows that are left out", head, rows, (1.1, 2.5, 4.5, 0.7))


def _why(reason: str) -> str:
    """Say in words of a reviewer why a row is left out."""
    known = {
        "set aside on reading: bytes that do not decode": "a byte of it is damaged, so that it can't be read",
        "exact duplicate": "the row is there twice, and the other one is used",
        "duplicate key": "another entry of the same form is used",
    }
    return known.get(reason, reason.removeprefix("set aside on reading: "))


def _unmapped(facts: Facts) -> Iterator[Block]:
    found = facts.report("sdtm", "unmapped.csv")
    rows = [
        (row["source"], row["column"], _label(facts, row), row["rows"]) for row in found if row.get("column")
    ]
    yield from answer(facts, "not_submitted")
    head = "Source | Column | Label | Rows with a value"
    yield from table("Collected columns that no dataset holds", head, rows, (1.5, 2, 4, 1.2))


def _label(facts: Facts, row: Mapping[str, str]) -> str:
    """Give the label of a column in English where forms.yaml has it, with the one of the raw data."""
    form = facts.forms.get(row["source"])
    said = form.labels.get(row["column"], "") if form else ""
    return " - ".join(filter(None, (said, row["label"])))


def _sources(facts: Facts) -> Iterator[Block]:
    """List the raw data, and say which datasets stand between them and those that are submitted."""
    inputs = facts.parts.found["sdtm"].manifest.get("inputs", {})
    rows = (
        (Span(name, bold=True), facts.title(name), str(one.get("file", "")), f"{int(one.get('rows', 0)):,}")
        for name, one in inputs.items()
    )
    yield from table("Raw data", "Name | Form or transfer | File | Rows", rows, (1, 3, 1.5, 0.8))
    between = sorted(name for name, one in facts.sides["sdtm"].study.datasets.items() if one.working)
    if between:
        said = "Intermediate datasets, which several datasets are made from and which are not submitted"
        yield Para(text_of(f"{said}: {', '.join(between)}."))


def _crf(facts: Facts) -> Iterator[Block]:
    if any((folder / CRF).is_file() for folder in (facts.parts.root, facts.parts.found["sdtm"].folder)):
        said = ", beside the datasets. Its annotations are read off the same specifications as the datasets."
        yield Para(joined("The annotated CRF is ", Span(CRF, file=CRF), said))
    else:
        yield Para(text_of("There is no annotated CRF in this build."))


def _inventory(facts: Facts, domains: list[Described]) -> Iterator[Block]:
    companions = {one.spec.dataset: one for one in facts.datasets("sdtm") if one.companion}
    rows = []
    for one in domains:
        supp = companions.get(one.name)
        added = f"{supp.name} ({supp.table.count:,})" if supp else ""
        link = Span(one.name, bold=True, to=f"domain-{one.name}")
        rows.append((link, str(one.table.dataset.label), class_of(one).title(), f"{one.table.count:,}", added,
                     structure_of(one), ", ".join(one.spec.keys)))  # fmt: skip
    head = "Dataset | Label | Class | Records | Qualifiers (records) | Structure | Keys"
    yield from table("Datasets", head, rows, (1.1, 2.1, 1.7, 1.1, 1.6, 2.5, 2.4))
    split = sorted({(one.spec.domain, one.name) for one in domains if one.spec.domain})
    said = "; ".join(f"{name} is a part of {domain}" for domain, name in split)
    yield Para(text_of(f"Split domains: {said}." if split else "No domain is split into several datasets."))


def structure_of(one: Described) -> str:
    """Give what one record of a dataset is.

    >>> callable(structure_of)
    True
    """
    found = one.facts.structure if one.facts else ""
    return one.spec.structure or found or f"One record per {', '.join(one.spec.keys)}"


def _domain(facts: Facts, one: Described) -> Section:
    label = str(one.table.dataset.label)
    read: Text = joined(f"{one.table.count:,} record{'' if one.table.count == 1 else 's'}. ")
    read = joined(read, _made_from(facts, one.name))
    blocks: list[Block] = [Para(read), *_commented(facts, one.name)]
    blocks += commented(one)
    blocks += _qualifiers(facts, one)
    blocks += accepted_of(facts, "sdtm", one.name)
    return Section(f"domain-{one.name}", f"{one.name} - {label}", tuple(blocks))


def _made_from(facts: Facts, name: str) -> str:
    """Say which raw data and which datasets a dataset is made from; nothing where there are none."""
    side = facts.sides["sdtm"]
    behind = side.sources.get(name, [])
    raw = [one for one in behind if one in side.study.spec.sources]
    others = [one for one in behind if one not in raw]
    word = "dataset" if len(others) == 1 else "datasets"
    said = [f"the {what} {', '.join(names)}" for what, names in (("raw data", raw), (word, others)) if names]
    return f"Made from {' and '.join(said)}." if said else ""


def _qualifiers(facts: Facts, one: Described) -> list[Block]:
    supp = next((two for two in facts.datasets("sdtm") if two.companion and two.spec is one.spec), None)
    if supp is None:
        return []
    counts = facts.counts("sdtm", supp.name, ["QNAM"])
    rows = [
        (Span(name, bold=True), said.label or name, f"{counts[(name,)]:,}", unmarked(said.comment))
        for name, said in one.spec.supplemental.items()
        if (name,) in counts
    ]
    return table(
        f"Supplemental qualifiers ({supp.name})", "QNAM | Label | Records | Comment", rows, (1.2, 3, 1, 4)
    )
