"""guide.yaml: the texts of the reviewer's guides that only a person can write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from trialkit.load import Loading, load
from trialkit.model import Model
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean
from trialkit.study import NO_STUDY
from trialkit.submission.layout import GUIDES as NAMES
from trialkit.submission.spec import GUIDE

GUIDES = {  # name of the files and title, by the datasets that they are about
    "sdtm": (NAMES["sdtm"], "Clinical Study Data Reviewer's Guide"),
    "adam": (NAMES["adam"], "Analysis Data Reviewer's Guide"),
}
NO_DATASET = Kind(
    "GUIDE-001", "guide.yaml names a dataset that has no spec", "Correct its name.", exit=Exit.SPEC
)

Which: TypeAlias = Literal["csdrg", "adrg", "both"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a text of guide.yaml answers, and in which guide it stands.

    >>> Question("csdrg").guide
    'csdrg'
    """

    guide: Which


BOTH, CSDRG, ADRG = Question("both"), Question("csdrg"), Question("adrg")


def _ask(asked: str) -> Any:
    return Field("", description=asked)


class GuideSpec(Model):
    """guide.yaml: the texts of the reviewer's guides that neither specs nor data say.

    >>> GuideSpec().sponsor
    ''
    """

    sponsor: Annotated[str, BOTH] = _ask("Who submits the study, with address?")
    contact: Annotated[str, BOTH] = _ask("Whom does a reviewer ask about the data?")
    protocol_versions: Annotated[str, BOTH] = _ask(
        "Which versions and amendments has the protocol, and which of them changed what was collected?"
    )
    design: Annotated[str, BOTH] = _ask("How is the study designed, in a paragraph or two?")
    collection: Annotated[str, CSDRG] = _ask("How, where and by whom were the data collected?")
    status: Annotated[str, BOTH] = _ask(
        "Is the study complete, and is this a final, an interim or a cut-off extract?"
    )
    standards: Annotated[str, BOTH] = _ask("Why these standards and versions, and not others?")
    acrf: Annotated[str, CSDRG] = _ask(
        "How was the annotated CRF made, and which pages or fields are not annotated, and why?"
    )
    screen_failures: Annotated[str, CSDRG] = _ask(
        "Which data of subjects are submitted who were screened and not treated?"
    )
    not_submitted: Annotated[str, CSDRG] = _ask("Why are collected data that no dataset holds not submitted?")
    open_queries: Annotated[str, CSDRG] = _ask(
        "Why were the data locked with queries open, and what do they mean?"
    )
    agency_rules: Annotated[str, BOTH] = _ask(
        "Which version of the agency's own validator was run, when, and what did it find?"
    )
    legacy: Annotated[str, BOTH] = _ask("Were data converted from an earlier form, and how?")
    report: Annotated[str, ADRG] = _ask(
        "Where is the study report, and which plan were the analyses done by?"
    )
    comparison: Annotated[str, ADRG] = _ask(
        "Which subjects and records of SDTM are not in the analysis datasets, and why?"
    )
    special_subjects: Annotated[str, ADRG] = _ask("Which subjects need analysis rules of their own, and why?")
    windows: Annotated[str, ADRG] = _ask("Why are visits windowed and records chosen as they are?")
    imputation: Annotated[str, ADRG] = _ask("Why are missing values imputed as they are, or not at all?")
    environment: Annotated[str, ADRG] = _ask(
        "On which operating system and hardware were the programs run, and how are they run again?"
    )
    qc: Annotated[str, ADRG] = _ask("How were datasets and analyses checked by a second person?")
    acronyms: dict[str, str] = Field({}, description="further acronyms, each with what it stands for")
    datasets: dict[str, str] = Field(
        {}, description="what a reviewer must know of a dataset beside its comment in the specs, by dataset"
    )


def question_of(key: str) -> str:
    """Give the question that a key of guide.yaml answers.

    >>> question_of("sponsor")
    'Who submits the study, with address?'
    """
    return GuideSpec.model_fields[key].description or ""


def questions(which: Which) -> dict[str, str]:
    """Give the questions of a guide by the key of guide.yaml that answers them.

    >>> "acrf" in questions("csdrg"), "acrf" in questions("adrg")
    (True, False)
    """
    found = {}
    for name, field in GuideSpec.model_fields.items():
        asked = [one for one in field.metadata if isinstance(one, Question)]
        if asked and asked[0].guide in (which, "both"):
            found[name] = question_of(name)
    return found


def guide_file(specs: Path, part: str) -> str:
    """Name the guide that stands beside the datasets; "" for a study that has no guide.yaml.

    >>> guide_file(Path("nowhere"), "sdtm")
    ''
    """
    return f"{GUIDES[part][0]}.pdf" if (specs / GUIDE).is_file() else ""


def load_guide(specs: Path) -> GuideSpec:
    """Load guide.yaml; without it nothing is answered.

    Raises:
        Refusal: STUDY-001, the problems of the file.

    >>> load_guide(Path("nowhere"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    if not (specs / "study.yaml").is_file():
        raise Refusal([Problem(NO_STUDY, f"there is no study.yaml in '{specs.name}'")])
    path = specs / GUIDE
    return load(path, GuideSpec, Loading(), specs) if path.is_file() else GuideSpec()


def check_datasets(spec: GuideSpec, known: set[str]) -> None:
    """Check that the datasets of guide.yaml are those of the study.

    Raises:
        Refusal: GUIDE-001.

    >>> check_datasets(GuideSpec(datasets={"XX": "text"}), {"DM"})
    Traceback (most recent call last):
    trialkit.problems.Refusal: error GUIDE-001 XX has no spec. Known: DM.
    """
    problems = Problems()
    for name in spec.datasets:
        if name not in known:
            place: Place = spec.place("datasets")
            problems.add(Problem(NO_DATASET, f"{name} has no spec", place, hint=did_you_mean(name, known)))
    problems.refuse()
