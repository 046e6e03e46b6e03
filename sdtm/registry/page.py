"""The page of a study record as plain text, turned into the shape of the registry's interface."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sdtm.registry.countries import country_in
from sdtm.registry.pagetables import arms_and_interventions, conditions, outcomes
from sdtm.registry.record import PROTOCOL
from sdtm.registry.texts import enumeration, iso_date

Tree = dict[str, Any]
Maker = Callable[[str], Any]

_CRITERIA = re.compile(r"\W*(?:key\s+)?inclusion criteria\b", re.IGNORECASE)
_AFTER = re.compile(
    r"(To learn more|Contacts and Locations|More Information|Please refer|Sponsors and Coll|Information from|"
    r"Layout table|Go to|Study Plan|Collaborators and Inv|How is the study)",
    re.IGNORECASE,
)
_LATER = re.compile(r"(Responsible Party|More Information|Publications|ClinicalTrials\.gov Identifier)")
_SITES = re.compile(r"(Please refer to this study by|Contacts and Locations|Locations\b)", re.IGNORECASE)


def _phases(text: str) -> list[str]:
    return [re.sub(r"PHASE_", "PHASE", enumeration(one)) for one in text.split("/") if one.strip()]


def _yes(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text.split(" ")[0].lower().strip(".;"))


def _count(text: str) -> int | None:
    found = re.match(r"\s*(\d[\d,]*)", text)
    return int(found[1].replace(",", "")) if found else None


def _age(text: str, which: int) -> str:
    """Give the lowest or the highest age; none for "and older" and "up to"."""
    bare = re.sub(r"\(.*", "", text).strip()
    low, _, high = bare.partition(" to ")
    if bare.lower().startswith("up to "):
        low, high = "", bare[6:]
    return (low.removesuffix(" and older"), high)[which].strip() if re.search(r"\d", bare) else ""


# Labels of the page, and which field of the interface has the same: its path and how the text is read.
FIELDS: tuple[tuple[str, str, Maker], ...] = (
    (r"ClinicalTrials\.gov (?:Identifier|ID)", "identificationModule.nctId", str),
    (r"Official Title", "identificationModule.officialTitle", str),
    (r"(?:Other|Unique Protocol) (?:Study )?ID(?: Numbers?)?", "identificationModule.orgStudyIdInfo.id", str),
    (r"Recruitment Status|Overall Status", "statusModule.overallStatus", enumeration),
    (r"Sponsor|Lead Sponsor", "sponsorCollaboratorsModule.leadSponsor.name", str),
    (r"Responsible Party", "sponsorCollaboratorsModule.responsibleParty.name", str),
    (r"Has Data Monitoring Committee", "oversightModule.oversightHasDmc", _yes),
    (r"Studies a U\.S\. FDA-regulated Drug Product", "oversightModule.isFdaRegulatedDrug", _yes),
    (r"Studies a U\.S\. FDA-regulated Device Product", "oversightModule.isFdaRegulatedDevice", _yes),
    (r"Study Type", "designModule.studyType", enumeration),
    (r"Study Phase|Phase", "designModule.phases", _phases),
    (r"Allocation", "designModule.designInfo.allocation", enumeration),
    (r"Intervention(?:al Study)? Model", "designModule.designInfo.interventionModel", enumeration),
    (r"Observational Model", "designModule.designInfo.observationalModel", enumeration),
    (r"Time Perspective", "designModule.designInfo.timePerspective", enumeration),
    (r"Primary Purpose", "designModule.designInfo.primaryPurpose", enumeration),
    (r"Masking", "designModule.designInfo.maskingInfo.masking", enumeration),
    (r"(?:Estimated |Actual )?Enrollment", "designModule.enrollmentInfo.count", _count),
    (r"(?:Estimated |Actual )?Study Start(?: Date)?", "statusModule.startDateStruct.date", iso_date),
    (
        r"(?:Estimated |Actual )?Study Completion(?: Date)?",
        "statusModule.completionDateStruct.date",
        iso_date,
    ),
    (r"Ages Eligible for Study", "eligibilityModule.minimumAge", lambda text: _age(text, 0)),
    (r"Ages Eligible for Study", "eligibilityModule.maximumAge", lambda text: _age(text, 1)),
    (r"(?:Sexes|Genders?) Eligible for Study", "eligibilityModule.sex", enumeration),
    (r"Accepts Healthy Volunteers", "eligibilityModule.healthyVolunteers", _yes),
)
TYPED = ("count", "date")  # fields whose label says whether they are estimates


def page_tree(text: str) -> Tree:
    r"""Read a page: labelled fields, the tables of conditions and of arms, outcomes, criteria, countries.

    What the page does not have is not in the tree.

    >>> page = "A Study\nClinicalTrials.gov Identifier: NCT00000001\nAllocation: | N/A |\nMasking: | Double |"
    >>> tree = page_tree(page)["protocolSection"]
    >>> tree["identificationModule"], tree["designModule"]["designInfo"]["maskingInfo"]
    ({'nctId': 'NCT00000001', 'briefTitle': 'A Study'}, {'masking': 'DOUBLE'})
    """
    lines = text.splitlines()
    tree: Tree = {}
    for label, name, make in FIELDS:
        _field(lines, label, tuple(name.split(".")), make, tree)
    if "nctId" not in tree.get("identificationModule", {}):
        found = re.search(r"\bNCT\d{8}\b", text)
        _put(tree, ("identificationModule", "nctId"), found[0] if found else "")
    first = next((one.strip() for one in lines if one.strip()), "")
    _put(tree, ("identificationModule", "briefTitle"), first)
    for path, value in _parts(lines):
        _put(tree, path, value)
    sponsor = tree.get("sponsorCollaboratorsModule", {})
    if "leadSponsor" not in sponsor and sponsor:
        sponsor["leadSponsor"] = sponsor["responsibleParty"]
    return {PROTOCOL: tree}


def _parts(lines: list[str]) -> Iterable[tuple[tuple[str, ...], Any]]:
    named, phases = conditions(lines)
    arms, interventions = arms_and_interventions(lines)
    yield ("conditionsModule", "conditions"), named
    if phases:
        yield ("designModule", "phases"), _phases(phases)
    yield ("armsInterventionsModule", "armGroups"), arms
    yield ("armsInterventionsModule", "interventions"), interventions
    for level, measures in outcomes(lines).items():
        yield ("outcomesModule", level), measures
    yield ("eligibilityModule", "eligibilityCriteria"), _criteria(lines)
    yield ("contactsLocationsModule", "locations"), [{"country": one} for one in _countries(lines)]


def _field(lines: list[str], label: str, path: tuple[str, ...], make: Maker, tree: Tree) -> None:
    pattern = re.compile(rf"\s*({label})\s*(?::|\|)(.*)", re.IGNORECASE)
    for number, line in enumerate(lines):
        if found := pattern.fullmatch(line):
            value = found[2].strip(" |\t") or _next(lines[number + 1 :])
            made = make(value) if value else ""
            _put(tree, path, made)
            kind = re.match("(estimated|actual)", found[1], re.IGNORECASE)
            if kind and path[-1] in TYPED and made:
                _put(tree, (*path[:-1], "type"), kind[1].upper())
            return


def _next(lines: list[str]) -> str:
    value = next((one for one in lines if one.strip(" |\t")), "").strip(" |\t")
    return "" if re.match(r"[A-Z][\w .]+:", value) else value


def _put(tree: Tree, path: tuple[str, ...], value: Any) -> None:
    if value in ("", None, [], {}):
        return
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = value


def _criteria(lines: list[str]) -> str:
    start = next((at for at, line in enumerate(lines) if _CRITERIA.match(line)), None)
    if start is None:
        return ""
    rest = lines[start:]
    end = next((at for at, line in enumerate(rest) if _AFTER.match(line.strip())), len(rest))
    return "\n".join(rest[:end]).strip()


def _countries(lines: list[str]) -> list[str]:
    start = next((at for at, line in enumerate(lines) if _SITES.match(line.strip())), len(lines))
    rest = lines[start + 1 :]
    end = next((at for at, line in enumerate(rest) if _LATER.match(line.strip())), len(rest))
    named = (country_in(line.split("|")[0].strip()) for line in rest[:end])
    return list(dict.fromkeys(one for one in named if one))
