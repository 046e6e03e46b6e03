"""`trialkit why`: where the value of a cell came from, down to the raw files."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from trialkit.column import Column
from trialkit.explain.answer import Answer
from trialkit.explain.build import NO_BUILD, Build, open_build
from trialkit.explain.explainer import Explainer
from trialkit.explain.find import PARTS
from trialkit.explain.tree import as_tree
from trialkit.expr import compile_expression
from trialkit.numerals import texts
from trialkit.own import standard_of
from trialkit.problems import Exit, Kind, Place, Problem, Refusal
from trialkit.publish import read_manifest

NO_RECORD = Kind("WHY-004", "no record meets the condition", "Correct the condition.", exit=Exit.SPEC)
MANY_RECORDS = Kind(
    "WHY-005", "many records meet the condition", "Name more keys in the condition.", exit=Exit.SPEC
)
MOST_RECORDS = 10
SHOWN_KEYS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """One question: which cells of a dataset, and where the build, the specs and the raw files are.

    >>> Question("LB", "LBSEQ == 12", "LBSTRESN", Path("build/s1"), Path("specs/s1"), Path("raw")).dataset
    'LB'
    """

    dataset: str
    where: str
    variable: str
    out: Path
    specs: Path
    raw: Path
    inputs: Path | None = None


def open_explainer(out: Path, specs: Path, raw: Path, inputs: Path | None = None) -> Explainer:
    """Open the builds of a study's output folder, one for each standard.

    Args:
        out: the output folder.
        specs: the study's specs.
        raw: the raw files behind SDTM.
        inputs: the SDTM datasets behind ADaM; default: those of the output folder.

    Raises:
        Refusal: WHY-001, WHY-006, or the problems of the specs.

    >>> open_explainer(Path("nowhere"), Path("specs"), Path("raw"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error WHY-001 no build in 'nowhere'. Build the study first, or give its ...
    """
    builds = []
    for part in PARTS:
        manifest = read_manifest(out / part)
        if manifest is not None:
            version = str(manifest["standard"]).rpartition(" ")[2]
            read = raw if part == "sdtm" else inputs or out / "sdtm"
            builds.append(open_build(out, specs, read, standard_of(part, version)))
    if not builds:
        raise Refusal([Problem(NO_BUILD, f"no build in '{out.name}'")])
    return Explainer(builds)


def records_where(build: Build, dataset: str, condition: str) -> list[int]:
    """Find the records that meet a condition, from 0.

    Raises:
        Refusal: WHY-002 to WHY-005, or what is wrong with the condition.

    >>> from trialkit.samples import sample_explainer
    >>> records_where(sample_explainer().builds[0], "VS", "VSSEQ == 1 and SUBJID == '001'")
    Traceback (most recent call last):
    trialkit.problems.Refusal: error WHY-003 VS.SUBJID no such variable. Did you mean 'USUBJID'?
    """
    build.check(dataset)
    count = build.datasets[dataset]
    mask = compile_expression(condition).mask(lambda name: build.column(dataset, name), count)
    found: list[int] = mask.nonzero()[0].tolist()
    where = Place(dataset=dataset)
    if not found:
        raise Refusal([Problem(NO_RECORD, f"none of {count} records meets {condition}", where)])
    if len(found) > MOST_RECORDS:
        hint = f"{MANY_RECORDS.fix} Such as: {'; '.join(_keys(build, dataset, found[:SHOWN_KEYS]))}"
        raise Refusal([Problem(MANY_RECORDS, f"{len(found)} records meet {condition}", where, hint=hint)])
    return found


def _keys(build: Build, dataset: str, records: list[int]) -> list[str]:
    spec = build.study.datasets.get(dataset)
    names = spec.keys if spec else [build.standard.subject_of(build.study.spec).variable]
    columns: dict[str, Column] = {name: build.column(dataset, name) for name in names}
    shown = [
        [
            f"{name} == {value}" if columns[name].kind == "number" else f"{name} == '{value}'"
            for value in texts(Column(columns[name].values, columns[name].codes[records]))
        ]
        for name in names
    ]
    return [" and ".join(pairs) for pairs in zip(*shown, strict=True)]


def why(question: Question) -> tuple[list[Answer], list[str]]:
    """Answer a question.

    Returns:
        One answer for each record that meets the condition, and what has changed since the build.

    Raises:
        Refusal: WHY-001 to WHY-006.

    >>> why(Question("LB", "LBSEQ == 12", "LBSTRESN", Path("no"), Path("no"), Path("no")))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error WHY-001 no build in 'no'. Build the study first, or give its folder ...
    """
    explainer = open_explainer(question.out, question.specs, question.raw, question.inputs)
    build = next((one for one in explainer.builds if question.dataset in one.datasets), explainer.builds[0])
    records = records_where(build, question.dataset, question.where)
    answers = [_whole(explainer, question, record) for record in records]
    return answers, explainer.warnings


def _whole(explainer: Explainer, question: Question, record: int) -> Answer:
    """Answer for one record; where no raw cell made the value, name the rows behind the record."""
    answer = explainer.why(question.dataset, record, question.variable)
    if answer.cells():
        return answer
    return replace(answer, origins=(*answer.origins, *explainer.rows(question.dataset, record)))


def show_answers(answers: list[Answer], warnings: list[str], console: Console, *, as_json: bool) -> None:
    """Print answers as trees or as JSON.

    >>> show_answers([Answer("DM.SEX", "F")], [], Console(width=40, color_system=None), as_json=False)
    DM.SEX = 'F'
    """
    if as_json:
        data = {"answers": [one.as_json() for one in answers], "warnings": warnings}
        console.out(json.dumps(data, ensure_ascii=False, indent=1), highlight=False)
        return
    for one in answers:
        console.print(as_tree(one))
    for said in warnings:
        console.print(Text(f"warning: {said}", "bold yellow"))
