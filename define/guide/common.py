"""What both guides say alike: introduction, protocol, comments, decisions."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version

from define.build.package import Described
from define.guide.content import Ask, Block, Para, Said, Section, Span, paras, table, text_of
from define.guide.facts import DECISION, Facts, comments_of, unmarked
from define.guide.spec import question_of
from trialkit.plan import all_variables
from trialkit.problems import Place

ACRONYMS = {
    "aCRF": "Annotated Case Report Form",
    "ADaM": "Analysis Data Model",
    "ADRG": "Analysis Data Reviewer's Guide",
    "CDISC": "Clinical Data Interchange Standards Consortium",
    "CORE": "CDISC Open Rules Engine",
    "CRF": "Case Report Form",
    "cSDRG": "Clinical Study Data Reviewer's Guide",
    "SDTM": "Study Data Tabulation Model",
    "SUPP--": "Supplemental qualifiers of a domain",
    "XPT": "SAS Transport Format, version 5",
}
PARTS = {"sdtm": "SDTM", "adam": "ADaM"}
PARAMETERS = {
    "SPONSOR": "Sponsor of the trial",
    "INDIC": "Indication",
    "TRT": "Treatment",
    "TPHASE": "Phase",
    "RANDOM": "Randomized",
    "NARMS": "Arms",
}


def answer(facts: Facts, key: str) -> list[Block]:
    """Give what guide.yaml answers, else the mark of a text that is still to be written.

    >>> callable(answer)
    True
    """
    return paras(str(getattr(facts.answers, key))) or [Ask(key, question_of(key))]


def introduction(facts: Facts, name: str, part: str, more: tuple[Section, ...] = ()) -> Section:
    """Make the first section: purpose, acronyms, standards and dictionaries.

    Args:
        facts: what is known.
        name: of the guide, as in a sentence.
        part: ``sdtm`` or ``adam``.
        more: further sections in it.

    >>> callable(introduction)
    True
    """
    purpose = (
        f"This {name} tells a reviewer what define.xml does not: how the {PARTS[part]} datasets of study "
        f"{facts.spec.study} came about, which decisions stand behind them, what the checks found, and why "
        "a finding that stays is acceptable. It is made from the specifications that made the datasets and "
        "from the reports of that build, and says what they say; texts that a person wrote are kept in one "
        "file of the study."
    )
    people = [
        ("Submitted by", answer(facts, "sponsor")),
        ("Questions about the data", answer(facts, "contact")),
    ]
    who: list[Block] = []
    for title, blocks in people:
        who += [Para(text_of(Span(title, bold=True))), *blocks]
    acronyms = sorted({**ACRONYMS, **facts.answers.acronyms}.items(), key=lambda pair: pair[0].lower())
    return Section(
        "introduction",
        "Introduction",
        parts=(
            Section("purpose", "Purpose", (Para(text_of(purpose)), *who)),
            Section("acronyms", "Acronyms", tuple(table("Acronyms", "Acronym | Meaning", acronyms, (1, 4)))),
            Section(
                "standards",
                "Study Data Standards and Dictionary Inventory",
                (
                    *table(
                        "Standards and dictionaries", "Standard or dictionary | Version | Used for",
                        _inventory(facts), (3, 2, 4),
                    ),
                    *answer(facts, "standards"),
                ),
            ),
            *more,
        ),
    )  # fmt: skip


def _inventory(facts: Facts) -> Iterator[tuple[str, str, str]]:
    for part, side in facts.sides.items():
        standard, declared = side.package.standard, side.study.spec.standard
        yield standard.name, standard.version, f"{PARTS[part]} datasets"
        for family in standard.terminology:
            yield (
                f"CDISC/NCI {family} Controlled Terminology",
                declared.terminology,
                f"{PARTS[part]} datasets",
            )
    yield (
        "Define-XML",
        "2.1",
        "Data definitions, with Analysis Results Metadata 1.0 where analyses are declared",
    )
    yield "SAS Transport Format (XPT)", "5", "All datasets"
    for name, said in dictionaries(facts).items():
        from_where = str(said.get("from", ""))
        yield str(said.get("dictionary", name)), str(said.get("version", "")), f"Coding; from {from_where}"
    yield from software()


def dictionaries(facts: Facts) -> Mapping[str, Mapping[str, object]]:
    """Give the coding dictionaries of the build.

    >>> callable(dictionaries)
    True
    """
    part = facts.parts.found.get("sdtm")
    found: Mapping[str, Mapping[str, object]] = part.manifest.get("dictionaries", {}) if part else {}
    return found


def software() -> list[tuple[str, str, str]]:
    """Give the versions of what the datasets were computed with.

    >>> software()[0][0]
    'trialkit'
    """
    names = {
        "numpy": "Arithmetic",
        "scipy": "Statistical distributions",
        "pandas": "Data frames of the checks",
    }
    python = ".".join(map(str, sys.version_info[:3]))
    rows = [(name, version(name), used) for name, used in names.items()]
    return [
        ("trialkit", version("trialkit"), "Datasets, definitions, analyses, guides"),
        ("Python", python, "Runs trialkit"),
        *rows,
    ]


def protocol(facts: Facts, title: str, blocks: Iterable[Block], more: tuple[Section, ...] = ()) -> Section:
    """Make the second section: what the protocol is, and how it is designed.

    Args:
        facts: what is known.
        title: of the section on the design.
        blocks: what stands in it.
        more: the sections after it.

    >>> callable(protocol)
    True
    """
    rows: list[tuple[Said, Said]] = [
        ("Protocol number", facts.spec.study),
        ("Protocol title", facts.spec.title or "not given"),
        *((label, value) for label, value in _summary(facts)),
    ]
    if facts.spec.extract:
        rows.append(("Extract of the data", facts.spec.extract))
    if facts.spec.cutoff:
        rows.append(("Data cutoff", facts.spec.cutoff.isoformat()))
    said = table("Protocol", "Item | Value", rows, (1, 3))
    return Section(
        "protocol",
        "Protocol Description",
        parts=(
            Section(
                "number",
                "Protocol Number and Title",
                (*said, *answer(facts, "protocol_versions"), *answer(facts, "status")),
            ),
            Section("design", title, (*answer(facts, "design"), *blocks)),
            *more,
        ),
    )


def _summary(facts: Facts) -> Iterator[tuple[str, str]]:
    rows = facts.rows("sdtm", "TS")
    for code, label in PARAMETERS.items():
        values = [row["TSVAL"] for row in rows if row.get("TSPARMCD") == code and row.get("TSVAL")]
        if values:
            yield label, "; ".join(values)


def commented(one: Described) -> list[Block]:
    """List the comments on the variables of a dataset.

    >>> callable(commented)
    True
    """
    said = [(name, text) for name, text in comments_of(one.spec).items() if name in one.metas]
    rows = ((Span(name, bold=True), unmarked(text)) for name, text in said)
    return table(f"Comments on variables of {one.name}", "Variable | Comment", rows, (1, 5))


def decisions(facts: Facts, part: str) -> Iterator[tuple[Said, ...]]:
    """Give the decisions that the specs mark as a judgement of the sponsor, with the line where each stands.

    >>> callable(decisions)
    True
    """
    study = facts.sides[part].study
    for name, spec in study.datasets.items():
        said = [("", spec.comment, spec.place("comment"))]
        said += [
            (one, text, all_variables(spec)[one].place("comment")) for one, text in comments_of(spec).items()
        ]
        for variable, text, place in said:
            for sentence in filter(DECISION.search, sentences(text)):
                yield Span(name, bold=True), variable, unmarked(sentence), _place(place)
    for file, text in sorted(study.texts.items()):
        if file.endswith(".yaml"):
            yield from (("", "", said, f"{file}:{number}") for number, said in _noted(text))


def _noted(text: str) -> Iterator[tuple[int, str]]:
    """Find the decisions that stand in comments of YAML, by line."""
    for number, line in enumerate(text.splitlines(), 1):
        noted = line.lstrip(" #") if line.lstrip().startswith("#") else line.partition(" # ")[2]
        if DECISION.search(noted):
            yield number, unmarked(noted)


def intermediate(facts: Facts, part: str, name: str) -> str:
    """Give the name of a dataset, with a word where it is an intermediate one that is not submitted.

    >>> callable(intermediate)
    True
    """
    spec = facts.sides[part].study.datasets.get(name)
    return f"{name} (intermediate dataset)" if spec is not None and spec.working else name


def _place(place: Place) -> str:
    return f"{place.file}:{place.line}" if place.file else ""


def sentences(text: str) -> list[str]:
    """Divide a text into its sentences.

    >>> sentences("One thing [J]. Another, e.g. this: 1.5 days.")
    ['One thing [J].', 'Another, e.g. this: 1.5 days.']
    """
    return [one for one in re.split(r"(?<=[.!?])\s+(?=[A-Z\"'])", " ".join(text.split())) if one]
