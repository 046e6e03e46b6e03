"""The models of a study's specs: the study, its datasets, their variables and checks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from trialkit.model import Model, SpecMap
from trialkit.raw.source import Source
from trialkit.rule import ColumnName, Condition, Step, Value
from trialkit.terms import SponsorCodelist


class Origin(Model):
    """Where a variable's values come from, as Define-XML 2.1 says it."""

    type: Literal["Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available"]
    source: Literal["Investigator", "Sponsor", "Subject", "Vendor", ""] = ""
    pages: list[str] = Field(default=[], description="pages or named destinations of the annotated CRF")
    predecessor: str = ""


class ValueLevel(Model):
    """What differs from the variable for the records of one condition."""

    when: Condition = Field(description="which records")
    label: str = ""
    type: Literal["Char", "Num", ""] = ""
    codelist: str = ""
    origin: Origin | None = None
    method: str = ""
    comment: str = ""


class Variable(Model):
    """One variable: a rule that fills it, and the text that define.xml needs beside it."""

    rule: Value = Field(description="the rule; its keys stand beside these")
    label: str = Field("", description="label, at most 40 ASCII characters; default: the standard's")
    type: Literal["Char", "Num", ""] = Field("", description="default: the standard's")
    length: int | None = Field(None, ge=1, le=200, description="longest value allowed, in bytes")
    codelist: str = Field("", description="codelist, by submission value or C-code; default: the standard's")
    format: str = Field("", description="display format")
    core: Literal["Req", "Exp", "Perm", ""] = Field("", description="default: the standard's")
    origin: Origin | None = Field(None, description="default: from the lineage")
    method: str = Field("", description="text in place of the rule's own sentence")
    comment: str = Field("", description="comment for define.xml and the reviewer's guide")
    working: bool = Field(False, description="used by other variables and not published")
    value_level: list[ValueLevel] = []

    @model_validator(mode="before")
    @classmethod
    def _split(cls, data: Any) -> Any:
        """Give the rule its keys, and the variable its own."""
        if isinstance(data, str):
            return {"rule": data}
        if not isinstance(data, SpecMap) or "rule" in data:
            return data
        own = set(cls.model_fields) - {"rule"}
        rule = data.only({key for key in data if key not in own or key in SHARED})
        items: dict[str, Any] = {key: data[key] for key in data if key in own}
        return SpecMap({**items, "rule": rule}, data.place, data.keys_at)


SHARED = frozenset({"codelist"})  # keys that a variable and its rule may both have


class Supplemental(Variable):
    """One supplemental qualifier: a variable that goes to SUPP--."""

    evaluator: str = Field("", description="QEVAL")
    idvar: str = Field("", description="IDVAR; default: the sequence variable, none in DM")


class Check(Model):
    """A check of the finished records."""

    when: Condition = Field(description="the records that are wrong")
    say: str = Field(description="what is wrong, and the question to the site")
    variable: str = Field("", description="the variable at fault")
    severity: Literal["error", "query"] = "query"
    code: str = Field(description="stable code of the study, such as Q-LB-01")


class DatasetSpec(Model):
    """One dataset: where its records come from, its variables, and its order."""

    dataset: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,7}$", description="name of the dataset")]
    domain: str = Field("", description="domain, when the dataset is a part of a split domain")
    label: str = Field("", description="default: the standard's")
    structure: str = Field("", description="what one record is; default: the standard's")
    dataset_class: str = Field("", alias="class", description="observation class; default: the standard's")
    working: bool = Field(False, description="used by other datasets and not published")
    comment: str = ""
    records: list[Step] = Field(min_length=1, description="where the records come from, step by step")
    variables: dict[str, Variable] = Field(min_length=1)
    supplemental: dict[str, Supplemental] = {}
    keys: list[ColumnName] = Field(min_length=1, description="the variables that make a record unique")
    sort: list[ColumnName] = Field(default=[], description="order of the records; default: the keys")
    checks: list[Check] = []


class Accept(Model):
    """A finding that the study accepts, with its exact count and its reason."""

    code: str
    dataset: str = ""
    variable: str = ""
    count: int = Field(ge=1)
    reason: str = Field(min_length=10)


class Standard(Model):
    """The standard and terminology that the datasets follow."""

    name: Literal["SDTMIG", "ADaMIG"] = "SDTMIG"
    version: str = "3.4"
    terminology: str = Field("2025-03-28", description="version of the terminology package, or a file")


class Subject(Model):
    """How subjects are identified."""

    variable: str = "USUBJID"
    dataset: str = "DM"


class StudySpec(Model):
    """study.yaml: what holds for all datasets of the study."""

    study: str = Field(min_length=1, description="study identifier")
    title: str = ""
    created: datetime = Field(description="time stamp written into outputs")
    cutoff: date | None = Field(None, description="data cutoff")
    extract: str = Field("", description="identifier of the extract")
    standard: Standard = Standard()
    subject: Subject = Subject()
    sources: dict[str, Source]
    codelists: dict[str, SponsorCodelist] = {}
    accept: list[Accept] = []
    strict: bool = Field(False, description="data queries are errors")
    plugins: list[str] = Field(default=[], description="packages with further rules, by entry point")
