"""What the ADaM implementation guides say of datasets and variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

from trialkit.facts import NO_DATASET, DatasetFacts, Facts, VariableFacts, read_facts
from trialkit.own import standard_of
from trialkit.problems import Problem, Refusal, did_you_mean

SUBJECT, BASIC, OCCURRENCE, OTHER = (
    "Subject Level Analysis Dataset",
    "Basic Data Structure",
    "Occurrence Data Structure",
    "ADaM Other",
)
STRUCTURES = {BASIC: "BDS", OCCURRENCE: "OCCDS", OTHER: "OTHER"}
SDTM = "3.4"


@dataclass(frozen=True, eq=False)
class AnalysisFacts(DatasetFacts):
    """What is said of one analysis dataset.

    Variables that come from ADSL or from SDTM keep their name, label and type there (ADaMIG 1.3,
    section 3.1.1); the order of the variables is the spec's own.

    Args:
        others: facts in which the variables of other datasets are looked up.

    >>> adamig().custom("ADAE", "Occurrence Data Structure", "Adverse Events").find("AETERM").label
    'Reported Term for the Adverse Event'
    >>> adamig().custom("ADLB", "Basic Data Structure", "").find("TRTSDT").label
    'Date of First Exposure to Treatment'
    """

    others: tuple[DatasetFacts, ...] = ()

    def find(self, name: str) -> VariableFacts | None:
        """Find a variable of the structure, of ADSL, or of SDTM.

        >>> adamig().custom("ADLB", "Basic Data Structure", "").find("TRT01P").core
        'Perm'
        """
        own = super().find(name)
        if own and own.label:  # names such as *DT have no label of their own
            return own
        found = next((one for other in self.others if (one := other.find(name)) and one.label), None)
        found = found or _of_sdtm(name)
        return replace(found, core="Perm", role="", order=0) if found else own

    def order(self, names: Sequence[str]) -> list[str]:
        """Leave the variables in the order of the spec.

        >>> adamig().datasets["ADSL"].order(["SEX", "AGE"])
        ['SEX', 'AGE']
        """
        return list(names)


@cache
def _of_sdtm(name: str) -> VariableFacts | None:
    """Find a variable that the SDTMIG lists, first in the domain that it is named after."""
    known = standard_of("sdtm", SDTM).facts.datasets
    datasets = [known[one] for one in (name[:2], "DM", "AE", "LB", "SV", "TV") if one in known]
    return next((one for other in datasets if (one := other.find(name))), None)


@dataclass(frozen=True, eq=False)
class AdamFacts(Facts):
    """What one version of the ADaMIG says: ADSL by name, any other dataset by its class.

    >>> adamig().find("ADLB") is None
    True
    """

    structures: dict[str, DatasetFacts] = field(default_factory=dict)

    def custom(self, name: str, observation_class: str, label: str, structure: str = "") -> DatasetFacts:
        """Give the facts of an analysis dataset of a class.

        Raises:
            Refusal: ``FACT-002`` for an unknown class.

        >>> adamig().custom("ADLB", "Basic Data Structur", "")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error FACT-002 dataset 'ADLB' has the unknown class 'Basic Data ...
        """
        if observation_class not in STRUCTURES:
            what = f"dataset '{name}' has the unknown class '{observation_class}'"
            raise Refusal([Problem(NO_DATASET, what, hint=did_you_mean(observation_class, STRUCTURES))])
        own = self.structures[STRUCTURES[observation_class]]
        others = (self.structures["ADSL"], self.structures["BDS"], self.structures["OCCDS"])
        return AnalysisFacts(name, label, observation_class, structure, own.listed, others=others)


@cache
def adamig(version: str = "1.3") -> AdamFacts:
    """Load the facts of a version of the ADaMIG: ``ADSL``, ``BDS``, and ``OCCDS`` beside it.

    Raises:
        Refusal: ``FACT-001`` for a version that is not known.

    >>> adamig().find("ADSL").find("TRT01P").label
    'Planned Treatment for Period 01'
    >>> adamig().custom("ADLB", "Basic Data Structure", "").find("ADTF").codelists
    ('DATEFL',)
    """
    folder = files("adam") / "data"
    read = read_facts("ADaMIG", version, folder)
    structures = dict(read.datasets)
    adsl, others = structures["ADSL"], (structures["BDS"],)
    named = AnalysisFacts(
        adsl.name, adsl.label, adsl.observation_class, adsl.structure, adsl.listed, others=others
    )
    return AdamFacts(read.standard, read.version, {"ADSL": named}, structures)


def display_format(name: str, kind: str) -> str:
    """Give the format that shows a date or time kept as a number (ADaMIG 1.3, section 3.1.2).

    >>> display_format("TRTSDT", "Num"), display_format("ADTM", "Num"), display_format("AVAL", "Num")
    ('DATE9.', 'DATETIME20.', '')
    """
    ends = {"DTM": "DATETIME20.", "DT": "DATE9.", "TM": "TIME8."}
    if kind != "Num":
        return ""
    return next((form for end, form in ends.items() if name.endswith(end)), "")
