"""A study record of ClinicalTrials.gov, with the parts from which trial design can be drafted."""

from __future__ import annotations

from pydantic import AliasPath, BaseModel, ConfigDict, Field

PROTOCOL = "protocolSection"


def part(*path: str) -> AliasPath:
    """Name a field of the record by its path in version 2 of the registry's interface.

    >>> part("oversightModule", "oversightHasDmc").path
    ['protocolSection', 'oversightModule', 'oversightHasDmc']
    """
    return AliasPath(PROTOCOL, *path)


class Part(BaseModel):
    """A part of the record; fields that are not needed here are passed over.

    >>> Part.model_validate({"unheardOf": 1})
    Part()
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class Dated(Part):
    """A date, and whether it is that of an event or an estimate.

    >>> Dated(date="2020-01", type="ESTIMATED").actual
    False
    """

    date: str = ""
    type: str = ""

    @property
    def actual(self) -> bool:
        """Say whether the event has taken place.

        >>> Dated(date="2020-01-01", type="ACTUAL").actual
        True
        """
        return self.type == "ACTUAL"


class Arm(Part):
    """An arm, or a group of an observational study.

    >>> Arm(label="IL-2", type="EXPERIMENTAL").label
    'IL-2'
    """

    label: str = ""
    type: str = ""
    description: str = ""
    interventions: tuple[str, ...] = Field((), alias="interventionNames")


class Intervention(Part):
    """What is given or done.

    >>> Intervention(type="DRUG", name="Aspirin").full
    'Drug: Aspirin'
    """

    type: str = ""
    name: str = ""
    description: str = ""
    arms: tuple[str, ...] = Field((), alias="armGroupLabels")

    @property
    def full(self) -> str:
        """Give the name with its type before it, as arms name it.

        >>> Intervention(type="DIETARY_SUPPLEMENT", name="Zinc").full
        'Dietary Supplement: Zinc'
        """
        return f"{self.type.replace('_', ' ').title()}: {self.name}"


class Outcome(Part):
    """An outcome measure.

    >>> Outcome(measure="Pain", timeFrame="week 4").said
    'Pain [week 4]'
    """

    measure: str = ""
    description: str = ""
    frame: str = Field("", alias="timeFrame")

    @property
    def said(self) -> str:
        """Say the whole measure in one text.

        >>> Outcome(measure="Pain", description="Mean of 7 days").said
        'Pain: Mean of 7 days'
        """
        text = ": ".join(one for one in (self.measure, self.description) if one)
        return f"{text} [{self.frame}]" if self.frame else text


class Identifier(Part):
    """A further identifier of the study.

    >>> Identifier(id="2020-000001-10", type="EUDRACT_NUMBER").id
    '2020-000001-10'
    """

    id: str = ""
    type: str = ""


class Location(Part):
    """A site.

    >>> Location(country="China").country
    'China'
    """

    country: str = ""


class Record(Part):
    """A study record; what it does not say is empty, or None where false would be an answer.

    ``outcomes`` are measures of which a page does not say whether they are primary.

    >>> data = {"protocolSection": {"identificationModule": {"nctId": "NCT00000000"}}}
    >>> record = Record.model_validate(data)
    >>> record.nct, record.healthy, record.phases
    ('NCT00000000', None, ())
    """

    nct: str = Field(validation_alias=part("identificationModule", "nctId"), pattern=r"^NCT\d{8}$")
    title: str = Field("", validation_alias=part("identificationModule", "officialTitle"))
    brief_title: str = Field("", validation_alias=part("identificationModule", "briefTitle"))
    study: str = Field("", validation_alias=part("identificationModule", "orgStudyIdInfo", "id"))
    others: tuple[Identifier, ...] = Field(
        (), validation_alias=part("identificationModule", "secondaryIdInfos")
    )
    sponsor: str = Field("", validation_alias=part("sponsorCollaboratorsModule", "leadSponsor", "name"))
    status: str = Field("", validation_alias=part("statusModule", "overallStatus"))
    start: Dated = Field(Dated(), validation_alias=part("statusModule", "startDateStruct"))
    end: Dated = Field(Dated(), validation_alias=part("statusModule", "completionDateStruct"))
    committee: bool | None = Field(None, validation_alias=part("oversightModule", "oversightHasDmc"))
    fda_drug: bool | None = Field(None, validation_alias=part("oversightModule", "isFdaRegulatedDrug"))
    fda_device: bool | None = Field(None, validation_alias=part("oversightModule", "isFdaRegulatedDevice"))
    conditions: tuple[str, ...] = Field((), validation_alias=part("conditionsModule", "conditions"))
    keywords: tuple[str, ...] = Field((), validation_alias=part("conditionsModule", "keywords"))
    type: str = Field("", validation_alias=part("designModule", "studyType"))
    phases: tuple[str, ...] = Field((), validation_alias=part("designModule", "phases"))
    allocation: str = Field("", validation_alias=part("designModule", "designInfo", "allocation"))
    model: str = Field("", validation_alias=part("designModule", "designInfo", "interventionModel"))
    observed: str = Field("", validation_alias=part("designModule", "designInfo", "observationalModel"))
    perspective: str = Field("", validation_alias=part("designModule", "designInfo", "timePerspective"))
    purpose: str = Field("", validation_alias=part("designModule", "designInfo", "primaryPurpose"))
    masking: str = Field("", validation_alias=part("designModule", "designInfo", "maskingInfo", "masking"))
    enrolled: int | None = Field(None, validation_alias=part("designModule", "enrollmentInfo", "count"))
    enrolled_type: str = Field("", validation_alias=part("designModule", "enrollmentInfo", "type"))
    arms: tuple[Arm, ...] = Field((), validation_alias=part("armsInterventionsModule", "armGroups"))
    interventions: tuple[Intervention, ...] = Field(
        (), validation_alias=part("armsInterventionsModule", "interventions")
    )
    primary: tuple[Outcome, ...] = Field((), validation_alias=part("outcomesModule", "primaryOutcomes"))
    secondary: tuple[Outcome, ...] = Field((), validation_alias=part("outcomesModule", "secondaryOutcomes"))
    other: tuple[Outcome, ...] = Field((), validation_alias=part("outcomesModule", "otherOutcomes"))
    outcomes: tuple[Outcome, ...] = Field((), validation_alias=part("outcomesModule", "outcomes"))
    criteria: str = Field("", validation_alias=part("eligibilityModule", "eligibilityCriteria"))
    healthy: bool | None = Field(None, validation_alias=part("eligibilityModule", "healthyVolunteers"))
    sex: str = Field("", validation_alias=part("eligibilityModule", "sex"))
    youngest: str = Field("", validation_alias=part("eligibilityModule", "minimumAge"))
    oldest: str = Field("", validation_alias=part("eligibilityModule", "maximumAge"))
    locations: tuple[Location, ...] = Field((), validation_alias=part("contactsLocationsModule", "locations"))

    @classmethod
    def field(cls, name: str) -> str:
        """Give the name that the registry's interface has for a field.

        >>> Record.field("youngest"), Record.field("study")
        ('minimumAge', 'orgStudyIdInfo.id')
        """
        alias = cls.model_fields[name].validation_alias
        assert isinstance(alias, AliasPath)
        return ".".join(str(step) for step in alias.path[2:])

    def measures(self) -> tuple[Outcome, ...]:
        """Give all outcome measures.

        >>> Record.model_construct(primary=(Outcome(measure="A"),), outcomes=()).measures()[0].measure
        'A'
        """
        return (*self.primary, *self.outcomes, *self.secondary, *self.other)
