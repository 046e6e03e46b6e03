"""The models of a study's specs: the study, its datasets, their variables and checks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from trialkit.dictionaries.spec import Dictionary
from trialkit.model import Model, SpecMap
from trialkit.raw.source import Source
from trialkit.rule import ColumnName, Condition, Step, Value
from trialkit.terms import SponsorCodelist


class Origin(Model):
    """Where a variable's values come from, as Define-XML 2.1 says it."""

    type: Literal["Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available"] = Field(
        description="type of origin"
    )
    source: Literal["Investigator", "Sponsor", "Subject", "Vendor", ""] = Field(
        "", description="who collected or derived it"
    )
    pages: list[str] = Field(default=[], description="pages or named destinations of the annotated CRF")
    predecessor: str = Field("", description="the variable it was taken from, such as DM.AGE")
    others: list[Literal["Investigator", "Sponsor", "Subject", "Vendor"]] = Field(
        default=[], description="who else collected it"
    )


class ValueLevel(Model):
    """What differs from the variable for the records of one condition."""

    when: Condition = Field(description="which records")
    label: str = Field("", description="label")
    type: Literal["Char", "Num", ""] = Field("", description="type of the values")
    codelist: str = Field("", description="codelist, by submission value or C-code")
    origin: Origin | None = Field(None, description="where the values come from")
    method: str = Field("", description="method text")
    comment: str = Field("", description="comment for define.xml")


class Variable(Model):
    """One variable: a rule that fills it, and the text that define.xml needs beside it."""

    rule: Value = Field(description="the rule; its keys stand beside these")
    label: str = Field("", description="label, at most 40 ASCII characters; default: the standard's")
    type: Literal["Char", "Num", ""] = Field("", description="type: Char, Num; default: the standard's")
    length: int | None = Field(None, ge=1, le=200, description="longest value allowed, in bytes")
    codelist: str = Field("", description="codelist, by submission value or C-code; default: the standard's")
    format: str = Field("", description="display format")
    core: Literal["Req", "Exp", "Perm", ""] = Field(
        "", description="core: Req, Exp, Perm; default: the standard's"
    )
    role: str = Field("", description="role, of a variable that the standard does not know")
    origin: Origin | None = Field(None, description="where the values come from; default: from the lineage")
    method: str = Field("", description="text in place of the rule's own sentence")
    comment: str = Field("", description="comment for define.xml and the reviewer's guide")
    working: bool = Field(False, description="used by other variables and not published")
    value_level: list[ValueLevel] = Field(default=[], description="what differs for some of the records")

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
        rule.beside = {key: cls.model_fields[key].description or "" for key in own}
        items: dict[str, Any] = {key: data[key] for key in data if key in own}
        return SpecMap({**items, "rule": rule}, data.place, data.keys_at)


SHARED = frozenset({"codelist"})  # keys that a variable and its rule may both have


class Supplemental(Variable):
    """One supplemental qualifier: a variable that goes to SUPP--."""

    evaluator: str = Field("", description="evaluator (QEVAL)")
    idvar: str = Field(
        "", description="variable that names the parent record (IDVAR); default: --SEQ, none in DM"
    )


class Check(Model):
    """A check of the finished records."""

    when: Condition = Field(description="the records that are wrong")
    say: str = Field(description="what is wrong, and the question to the site")
    variable: str = Field("", description="the variable at fault")
    severity: Literal["error", "query"] = Field(
        "query", description="an error blocks publishing, a data query is listed for the site"
    )
    code: str = Field(description="stable code of the study, such as Q-LB-01")


class DatasetSpec(Model):
    """One dataset: where its records come from, its variables, and its order."""

    dataset: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,7}$", description="name of the dataset")]
    domain: str = Field("", description="domain, when the dataset is a part of a split domain")
    label: str = Field("", description="label; default: the standard's")
    structure: str = Field("", description="what one record is; default: the standard's")
    dataset_class: str = Field("", alias="class", description="observation class; default: the standard's")
    working: bool = Field(False, description="used by other datasets and not published")
    comment: str = Field("", description="comment for define.xml and the reviewer's guide")
    records: list[Step] = Field(min_length=1, description="where the records come from, step by step")
    variables: dict[str, Variable] = Field(min_length=1, description="a rule for each variable, by name")
    supplemental: dict[str, Supplemental] = Field(default={}, description="supplemental qualifiers, by QNAM")
    keys: list[ColumnName] = Field(min_length=1, description="the variables that make a record unique")
    sort: list[ColumnName] = Field(default=[], description="order of the records; default: the keys")
    checks: list[Check] = Field(default=[], description="the study's own checks of the finished records")


class Accept(Model):
    """A finding that the study accepts, with its exact count and its reason."""

    code: str = Field(description="code of the finding, such as CHECK-111")
    dataset: str = Field("", description="dataset; default: any")
    variable: str = Field("", description="variable; default: any")
    count: int = Field(ge=1, description="how many cells; another count is an error")
    reason: str = Field(min_length=10, description="why, for the run report and the reviewer's guide")


class Standard(Model):
    """The standard and terminology that the datasets follow."""

    name: Literal["SDTMIG", "ADaMIG"] = Field("SDTMIG", description="implementation guide")
    version: str = Field("3.4", description="its version")
    terminology: str = Field("2025-03-28", description="version of the terminology package, or a file")


class Document(Model):
    """A document that define.xml names beside the datasets."""

    file: str = Field(min_length=1, description="path from define.xml, such as csdrg.pdf")
    title: str = Field("", description="its title; default: the path")
    kind: Literal["crf", "supplemental", ""] = Field(
        "supplemental", description='crf (annotated CRF), supplemental, or "" where only texts refer to it'
    )
    of: Literal["sdtm", "adam", ""] = Field("", description="whose define.xml names it; default: both")


class External(Model):
    """A dictionary outside of the study that holds the terms of a codelist, such as ISO 3166 or UNII."""

    dictionary: str = Field(min_length=1, description="its name")
    version: str = Field("", description="its version")
    href: str = Field("", description="where it is")
    ref: str = Field("", description="another reference to it")


class Subject(Model):
    """How subjects are identified."""

    variable: str = Field("", description="variable that identifies a subject; default: the standard's")
    dataset: str = Field("", description="dataset with one record per subject; default: the standard's")


class StudySpec(Model):
    """study.yaml: what holds for all datasets of the study."""

    study: str = Field(min_length=1, description="study identifier")
    title: str = Field("", description="title of the study")
    protocol: str = Field("", description="protocol identifier; default: the study's")
    created: datetime = Field(description="time stamp written into outputs")
    cutoff: date | None = Field(None, description="data cutoff")
    extract: str = Field("", description="identifier of the extract")
    standard: Standard = Field(Standard(), description="standard and terminology that the datasets follow")
    analysis: Standard = Field(
        Standard(name="ADaMIG", version="1.3"),
        description="standard and terminology that the analysis datasets follow",
    )
    subject: Subject = Field(Subject(), description="how subjects are identified")
    sources: dict[str, Source] = Field(description="the raw files, by the names that the specs use")
    codelists: dict[str, SponsorCodelist] = Field(
        default={}, description="the sponsor's codelists, terms and synonyms, by codelist"
    )
    dictionaries: dict[str, Dictionary] = Field(default={}, description="coding dictionaries, by name")
    external: dict[str, External] = Field(
        default={}, description="further dictionaries that a variable may name as its codelist, by name"
    )
    documents: dict[str, Document] = Field(
        default={}, description="documents that define.xml names, by identifier"
    )
    accept: list[Accept] = Field(default=[], description="findings that the study accepts")
    strict: bool = Field(False, description="data queries are errors")
    preview: Literal["none", "summary", "rows"] = Field(
        "summary", description="what define.html shows of the data: none, summary (no single record), rows"
    )
    plugins: list[str] = Field(default=[], description="packages with further rules, by entry point")

    def of_part(self, part: str) -> StudySpec:
        """Give what holds for the datasets of one folder, ``sdtm`` or ``adam``.

        >>> spec = StudySpec.model_validate({"study": "S", "created": "2024-01-31", "sources": {}})
        >>> spec.of_part("adam").standard.name
        'ADaMIG'
        """
        if part != "adam":
            return self
        made = self.model_copy(update={"standard": self.analysis, "subject": Subject()})
        made._source = self._source
        return made

    @model_validator(mode="after")
    def _one_cutoff(self) -> Self:
        """Give every source that dates its rows the study's cutoff, where it has none of its own."""
        for name, source in self.sources.items():
            if source.cutoff and source.cutoff.date is None:
                dated = source.cutoff.model_copy(update={"date": self.cutoff})
                self.sources[name] = source.model_copy(update={"cutoff": dated})
        return self
