"""How queries are worded in each language: by the study, by the toolkit's own table, or as the spec says."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from trialkit.problems import Exit, Kind, Problem, did_you_mean
from trialkit.raw.table import RawTable, missing_columns
from trialkit.spec import DatasetSpec
from trialkit.steps import all_steps
from trialkit.study import Study

UNKNOWN_CODE = Kind(
    "QUERY-001", "a text for a query that nobody asks", "Correct the code, or remove the row.", exit=Exit.SPEC
)
ENGLISH, ANY = "en", "*"
TABLE = "queries"
COLUMNS = ("code", "language", "what", "question")
_ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Text:
    """What is wrong, and what is asked of the site.

    >>> Text("The date does not exist.", "What is the date?").question
    'What is the date?'
    """

    what: str
    question: str


def split(text: str) -> Text:
    """Take the last sentence of a query as the question, and what stands before it as what is wrong.

    >>> split("Value and unit disagree. Which unit is it?")
    Text(what='Value and unit disagree.', question='Which unit is it?')
    >>> split("Whose row is this?").what
    ''
    """
    parts = [part for part in _ENDS.split(text.strip()) if part]
    return Text(" ".join(parts[:-1]), parts[-1]) if parts else Text("", "")


@cache
def own_texts() -> Mapping[tuple[str, str], Text]:
    """Give the toolkit's own texts by code and language; a code with blank texts is none for the site.

    >>> own_texts()["DATE-002", "en"].question
    'What is the date?'
    """
    text = files("trialkit").joinpath("data/queries.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {(row["code"], row["language"]): Text(row["what"], row["question"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of a study's queries.

    ``tables/queries.csv`` of the study has the columns code, language, what and question; its texts come
    before the toolkit's own ones. The list of queries is in English and in the languages of that table.

    >>> Wording({("Q-1", "zh"): Text("", "哪一天？")}).languages
    ('en', 'zh')
    """

    texts: Mapping[tuple[str, str], Text]

    @property
    def languages(self) -> tuple[str, ...]:
        """Name the languages of the list, English first.

        >>> Wording({}).languages
        ('en',)
        """
        return (ENGLISH, *sorted({language for _, language in self.texts} - {ENGLISH}))

    def asks_site(self, code: str) -> bool:
        """Say whether the site can answer a query; what only the programmer can answer is no query for it.

        >>> [Wording({}).asks_site(code) for code in ("DATE-002", "CHECK-002", "Q-1")]
        [True, False, True]
        """
        text = self.texts.get((code, ENGLISH)) or own_texts().get((code, ENGLISH))
        return text is None or bool(text.question)

    def text(self, code: str, language: str, said: str, reason: str = "") -> Text:
        """Word one query.

        Args:
            code: of the query.
            language: such as ``en`` or ``zh``; English stands in for a text that is not there.
            said: what the spec says.
            reason: why the row was left out, which says what is wrong where the spec only asks.

        >>> Wording({}).text("Q-1", "en", "Whose row is this?", "unknown subject")
        Text(what='Unknown subject.', question='Whose row is this?')
        """
        own = own_texts()
        found = self.texts.get((code, language)) or own.get((code, language))
        if found is not None:
            return found
        if language != ENGLISH:
            return self.text(code, ENGLISH, said, reason)
        made = split(said)
        if not made.question.endswith("?") and not made.what:
            return Text(made.question, own[ANY, ENGLISH].question)
        return Text(made.what or _sentence(reason), made.question)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def wording(study: Study) -> Wording:
    """Read the texts of a study's queries.

    >>> from trialkit.samples import sample_study
    >>> wording(sample_study()).languages
    ('en',)
    """
    table = study.tables.get(TABLE)
    if table is None or missing_columns(table, COLUMNS):
        return Wording({})
    columns = [table.columns[name].objects().tolist() for name in COLUMNS]
    return Wording(
        {(code, lang): Text(what, asked) for code, lang, what, asked in zip(*columns, strict=True)}
    )


def asked_codes(study: Study) -> set[str]:
    """Give the codes of the queries that the specs of a study ask.

    >>> from trialkit.samples import sample_study
    >>> sorted(asked_codes(sample_study()))
    []
    """
    return {code for spec in study.datasets.values() for code in _codes(spec)}


def _codes(spec: DatasetSpec) -> set[str]:
    steps = (one for step in spec.records for one in all_steps(step))
    return {check.code for check in spec.checks} | {getattr(one, "code", "") for one in steps} - {""}


def check_wording(study: Study) -> list[Problem]:
    """Find faults of a study's texts: a column that is missing, a code that nobody asks.

    >>> from trialkit.samples import sample_study
    >>> check_wording(sample_study())
    []
    """
    table = study.tables.get(TABLE)
    if table is None:
        return []
    if wrong := missing_columns(table, COLUMNS):
        return wrong
    known = asked_codes(study) | {code for code, _ in own_texts()}
    return list(_unknown(table, known))


def _unknown(table: RawTable, known: set[str]) -> list[Problem]:
    codes = table.columns["code"].objects().tolist()
    return [
        Problem(
            UNKNOWN_CODE,
            f"no query has the code '{code}'",
            table.spot(row, "code"),
            hint=did_you_mean(code, known),
        )
        for row, code in enumerate(codes)
        if code not in known
    ]
