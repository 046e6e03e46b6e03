"""What is known of the standard and the terminology that a define.xml follows."""

from __future__ import annotations

from dataclasses import dataclass, field

from define.build.codelists import list_of_data
from define.build.groups import CLASSES as OURS
from define.check.view import View
from define.exchange.lost import OTHER_STANDARD
from define.model import Define, ItemGroupDef
from trialkit import spec
from trialkit.facts import DatasetFacts, VariableFacts
from trialkit.own import standard_of
from trialkit.problems import Place, Problem, Refusal
from trialkit.standard import Standard
from trialkit.terms import Terminology, join_terminologies, load_terminology

LATEST: str = spec.Standard.model_fields["terminology"].default
PARTS = {"SDTM": "sdtm", "ADaM": "adam", "Tabulation": "sdtm", "Analysis": "adam"}
# the classes of Define-XML as the implementation guides call them
CLASSES = {theirs: ours for ours, theirs in OURS.items()}


@dataclass(frozen=True, slots=True)
class Known:
    """The standard that the specs of a define will follow.

    Args:
        part: ``sdtm`` or ``adam``.
        standard: what we know of it, in the version nearest to the one that the define names.
        version: of the guide, as the define says it.
        terminology: the version of its terminology.
        terms: the terms, as far as that version is there.

    >>> Known("sdtm", standard_of("sdtm", "3.4"), "3.4", "2025-03-28").facts("DM").label
    'Demographics'
    """

    part: str
    standard: Standard
    version: str
    terminology: str
    terms: Terminology = field(default_factory=Terminology)

    def facts(self, name: str, dataset_class: str = "") -> DatasetFacts | None:
        """Give what the standard says of a dataset; None for one of which it says nothing.

        >>> Known("adam", standard_of("adam", "1.3"), "1.3", "").facts("ADXX", "Basic Data Structure").name
        'ADXX'
        """
        found = self.standard.facts.find(name)
        if found is None and dataset_class:
            try:
                return self.standard.facts.custom(name, dataset_class, "")
            except Refusal:
                return None
        return found

    def class_of(self, group: ItemGroupDef) -> str:
        """Give the class of a dataset as its spec says it; "" where a spec cannot say it.

        >>> from define.samples import sample_define
        >>> known = Known("sdtm", standard_of("sdtm", "3.4"), "3.4", "")
        >>> known.class_of(sample_define().metadata.item_groups[0])
        'Special Purpose'
        """
        named = CLASSES.get(group.dataset_class.name if group.dataset_class else "", "")
        return named if self.facts(group.domain or group.name, named) else ""

    def codelist_of(self, dataset: str, name: str, fact: VariableFacts | None) -> str:
        """Give the codelist that a variable has without its spec saying so; "" for none.

        >>> known = Known("sdtm", standard_of("sdtm", "3.4"), "3.4", "", load_terminology("SDTM", LATEST))
        >>> known.codelist_of("DM", "SEX", known.facts("DM").find("SEX"))
        'SEX'
        """
        if fact and len(fact.codelists) == 1 and (found := self.terms.find(fact.codelists[0])):
            return found.name
        if own := list_of_data(dataset, name):
            return own
        return "_".join(fact.values) if fact and fact.values else ""


def part_of_define(define: Define, file: str) -> str:
    """Say whether a define is of SDTM or ADaM datasets.

    Raises:
        Refusal: DEFX-002.

    >>> from define.samples import sample_define
    >>> part_of_define(sample_define(), "define.xml")
    'sdtm'
    """
    metadata = define.metadata
    guides = [
        one.name for one in (metadata.standards.standards if metadata.standards else ()) if one.type == "IG"
    ]
    named = [*(name[:4] for name in guides), *(one.purpose for one in metadata.item_groups)]
    found = next((PARTS[name] for name in named if name in PARTS), "")
    if not found:
        raise Refusal(
            [
                Problem(
                    OTHER_STANDARD,
                    f"{', '.join(guides) or 'no standard'}: {OTHER_STANDARD.title}",
                    Place(file),
                )
            ]
        )
    return found


def known_of(view: View, part: str) -> Known:
    """Find the standard and the terminology that a define names.

    >>> from define.samples import sample_define
    >>> known_of(View(sample_define(), "define.xml"), "sdtm").terminology
    '2025-03-28'
    """
    standards = list(view.standards.values())
    guide = next(
        (one.version for one in standards if one.type == "IG" and PARTS.get(one.name[:4]) == part), ""
    )
    try:
        standard = standard_of(part, guide)
    except (Refusal, KeyError):
        standard = standard_of(part)
    sets = {one.publishing_set: one.version for one in standards if one.type == "CT"}
    version = next((sets[name] for name in standard.terminology if name in sets), LATEST)
    return Known(part, standard, guide or standard.version, version, _terms(standard, version))


def _terms(standard: Standard, version: str) -> Terminology:
    """Load the terminology of a version, or where it is not there the latest that is."""
    for one in (version, LATEST):
        try:
            return join_terminologies([load_terminology(name, one) for name in standard.terminology])
        except Refusal:
            continue
    return Terminology()
