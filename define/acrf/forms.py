"""forms.yaml: how the forms of a study are titled, divided and labelled; and the columns that they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import Field

from define.acrf.mapped import Headers
from trialkit.load import Loading, load
from trialkit.model import Model
from trialkit.problems import Exit, Kind, Place, Problems, did_you_mean
from trialkit.raw.read import read
from trialkit.study import Study

FILE = "forms.yaml"
NO_SOURCE = Kind("ACRF-001", "a form of no raw source", "Name a source of study.yaml.", exit=Exit.SPEC)
NO_FIELD = Kind(
    "ACRF-002", "a field that the form does not have", "Name a column of the source.", exit=Exit.SPEC
)


class Section(Model):
    """Fields of a form that stand together under a heading.

    >>> Section(title="Dose", fields=["DOSE"]).fields
    ['DOSE']
    """

    title: str = Field(description="heading")
    fields: list[str] = Field(min_length=1, description="its fields, by the names of the raw columns")


class Form(Model):
    """One form: a raw source as the person sees it who fills it.

    >>> Form(title="Adverse Events").visits
    []
    """

    title: str = Field("", description="title in English; default: the name of the source")
    original: str = Field("", description="title in the language of the form")
    version: str = Field("", description="version of the form")
    kind: str = Field("", description="what it is where it is no form, such as: Laboratory transfer")
    sections: list[Section] = Field([], description="sections; fields of none stand in the order of the file")
    system: list[str] = Field([], description="fields that the system fills, such as an audit time")
    labels: dict[str, str] = Field({}, description="labels in English, by column")
    visits: list[str] = Field([], description="visits at which it is used; default: at any time")

    @property
    def named(self) -> Iterator[tuple[str, Place]]:
        """Give every column that it names, and where.

        >>> [name for name, _ in Form(labels={"SEX": "Sex"}).named]
        ['SEX']
        """
        places = [(name, self.place("labels")) for name in self.labels]
        places += [(name, one.place("fields")) for one in self.sections for name in one.fields]
        return iter([*places, *((name, self.place("system")) for name in self.system)])


class Forms(Model):
    """What the annotated CRF of a study looks like.

    >>> Forms(forms={"AEFORM": {"title": "Adverse Events"}}).forms["AEFORM"].title
    'Adverse Events'
    """

    title: str = Field("", description="title of the document; default: that of the study")
    version: str = Field("", description="version of the case report form")
    font: str = Field(
        "",
        description="TrueType or OpenType font in the study's folder, for letters that the usual one lacks",
    )
    visits: list[str] = Field([], description="the visits in their order; default: as the forms name them")
    forms: dict[str, Form] = Field({}, description="the forms in their order, by raw source")

    def all_visits(self) -> list[str]:
        """List the visits in order.

        >>> Forms(forms={"VS": {"visits": ["WEEK 0"]}}).all_visits()
        ['WEEK 0']
        """
        return list(
            dict.fromkeys([*self.visits, *(one for form in self.forms.values() for one in form.visits)])
        )


def load_forms(study: Study, headers: Headers) -> Forms:
    """Load forms.yaml of a study; without one every source is a form of its columns.

    Raises:
        Refusal: what is wrong with the file; ACRF-001, ACRF-002 for sources and columns that are not there.

    >>> from trialkit.samples import sample_study
    >>> load_forms(sample_study(), {}).forms
    {}
    """
    path = study.folder / FILE
    if not path.is_file():
        return Forms()
    loading = Loading()
    forms = load(path, Forms, loading, study.folder)
    for name, form in forms.forms.items():
        if name not in study.spec.sources:
            hint = did_you_mean(name, study.spec.sources)
            loading.add(NO_SOURCE, f"no source '{name}'", form.place(), hint)
        for column, place in form.named if name in headers else ():
            if column not in headers[name]:
                hint = did_you_mean(column, headers[name])
                loading.add(NO_FIELD, f"no column '{column}' in source {name}", place, hint)
    loading.problems.refuse()
    return forms


def headers_of(study: Study, raw: Path) -> dict[str, dict[str, str]]:
    """Read the columns of the raw sources, each with its label; those of an absent optional file as declared.

    Raises:
        Refusal: for files that can't be read.

    >>> from trialkit.samples import sample_study
    >>> list(headers_of(sample_study(), sample_study().folder / "raw")["DOSING"])
    ['SUBJ', 'DAY', 'DOSE', 'UNIT']
    """
    found, problems = {}, Problems()
    for name, source in study.spec.sources.items():
        if source.optional and not (raw / source.file).is_file():
            found[name] = dict.fromkeys(source.columns, "")
            continue
        table = read(source, name, raw, problems)
        if table is not None:
            found[name] = {column: table.labels.get(column, "") for column in table.columns}
    Problems([one for one in problems.errors() if one.where.file not in _files(study, found)]).refuse()
    return found


def _files(study: Study, found: Mapping[str, object]) -> set[str]:
    """Name the files whose columns are known; what is wrong with their rows does not matter here."""
    return {study.spec.sources[name].file for name in found}


def form_order(study: Study, forms: Forms) -> list[str]:
    """List the sources in the order of their forms.

    >>> from trialkit.samples import sample_study
    >>> form_order(sample_study(), Forms())
    ['SUBJECTS', 'DOSING', 'VITALS']
    """
    return list(dict.fromkeys([*forms.forms, *study.spec.sources]))


def known_headers(study: Study, forms: Forms, headers: Headers, named: Iterable[tuple[str, str]]) -> Headers:
    """Give the columns of every source: those of its file, else those that the form and the rules name.

    >>> from trialkit.samples import sample_study
    >>> known_headers(sample_study(), Forms(), {}, [("DOSING", "DOSE")])["DOSING"]
    {'DOSE': ''}
    """
    found = {name: dict(columns) for name, columns in headers.items()}
    for source in study.spec.sources:
        if source not in headers:
            own = (name for name, _ in forms.forms.get(source, Form()).named)
            ruled = (column for table, column in named if table == source and column)
            found[source] = dict.fromkeys([*own, *sorted(ruled)], "")
    return found
