"""What is submitted in the place of programs, and what computed the datasets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from define.guide.common import answer, software
from define.guide.content import Block, Bullets, Para, Said, Section, Span, table, text_of
from define.guide.facts import Facts
from trialkit.submission.layout import program_name


def programs(facts: Facts) -> Section:
    """Make the section on programs: specifications, analyses, software.

    >>> callable(programs)
    True
    """
    said = (
        "There are no programs in the usual sense: a dataset is what its specification declares, and "
        "trialkit computes it. The specifications are submitted as text files in the folder programs; they "
        "hold no code."
    )
    specs = table("Specifications of datasets", "Dataset | File", _datasets(facts), (1, 4))
    return Section(
        "programs",
        "Submission of Programs",
        (Para(text_of(said)), *_environment(facts)),
        (
            Section("adam-programs", "ADaM Programs", tuple(specs)),
            Section(
                "output-programs", "Analysis Output Programs", (*_outputs(facts), *answer(facts, "report"))
            ),
            Section("macros", "Macro Programs", tuple(_shared(facts))),
        ),
    )


def _datasets(facts: Facts) -> Iterator[tuple[Said, ...]]:
    for one in facts.datasets("adam"):
        file = one.spec.place("dataset").file
        yield Span(one.name, bold=True), program_name(file)


def _shared(facts: Facts) -> Iterator[Block]:
    texts = facts.sides["adam"].study.texts
    shared = sorted(name for name in texts if name.count("/") > 1 and name.startswith("adam/"))
    if not shared:
        yield Para(text_of("Specifications share no parts."))
        return
    yield Para(text_of("Specifications share parts by including them; these are the parts:"))
    yield Bullets(tuple(text_of(program_name(name)) for name in shared))


def _environment(facts: Facts) -> Iterator[Block]:
    yield from table("Software", "Software | Version | Used for", software(), (2, 1.5, 5))
    yield from answer(facts, "environment")
    yield from answer(facts, "qc")


def _outputs(facts: Facts) -> Iterator[Block]:
    rows: list[tuple[Said, ...]] = [
        (Span(one.id, bold=True), one.title, one.dataset, one.population, _reason(one.reason), _file(one))
        for shown in facts.displays
        for one in shown.analyses
    ]
    if not rows:
        yield Para(text_of("No analyses are declared."))
    head = "Analysis | Title | Dataset | Population | Reason | File"
    yield from table("Analyses (Analysis Results Metadata)", head, rows, (1, 3.2, 1.1, 1.2, 1.7, 2.2))
    figures = [
        (Span(one.id, bold=True), one.title, one.dataset) for shown in facts.displays for one in shown.figures
    ]
    yield from table("Figures", "Figure | Title | Dataset", figures, (1, 5, 1.2))


def _reason(text: str) -> str:
    """Write a reason of an analysis; SAP is an acronym."""
    return (
        " ".join(word if word == "SAP" else word.lower() for word in text.split())
        .capitalize()
        .replace("sap", "SAP")
    )


def submitted(place: str) -> str:
    """Give a place in a specification as a reviewer finds it: the submitted file, and the line.

    >>> submitted("adam/adae.yaml:53"), submitted("adam/adlb.yaml:15:5"), submitted("")
    ('adam-adae.txt, line 53', 'adam-adlb.txt, line 15', '')
    """
    file, _, rest = place.partition(":")
    line = rest.partition(":")[0]
    return f"{program_name(file)}, line {line}" if line else program_name(file) if file else ""


def _file(analysis: Any) -> str:
    return program_name(analysis.place().file)
