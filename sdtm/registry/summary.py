"""Trial summary (TS): what of a study record says which parameter, and what it leaves open."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sdtm.facts import MODELS
from sdtm.registry.countries import countries
from sdtm.registry.dosing import dosing
from sdtm.registry.lines import NO_LIMIT, NOT_APPLICABLE, Draft, Line
from sdtm.registry.record import Dated, Intervention, Record
from sdtm.registry.texts import iso_duration
from trialkit.terms import Terminology

# Values of the registry that no synonym of the terminology has: by parameter.
PHASES = {
    "EARLY_PHASE1": "EARLY PHASE I",
    "NA": "NOT APPLICABLE",
    "PHASE1": "PHASE I TRIAL",
    "PHASE1 PHASE2": "PHASE I/II TRIAL",
    "PHASE2": "PHASE II TRIAL",
    "PHASE2 PHASE3": "PHASE II/III TRIAL",
    "PHASE3": "PHASE III TRIAL",
    "PHASE4": "PHASE IV TRIAL",
}
MASKING = {"NONE": "OPEN LABEL", "SINGLE": "SINGLE BLIND"} | dict.fromkeys(
    ("DOUBLE", "TRIPLE", "QUADRUPLE"), "DOUBLE BLIND"
)
CONTROLS = {"PLACEBO_COMPARATOR": "PLACEBO", "ACTIVE_COMPARATOR": "ACTIVE", "SHAM_COMPARATOR": "SHAM"}
OTHERS = {
    "CROSSOVER": "CROSS-OVER",
    "BIOLOGICAL": "BIOLOGIC",
    "BEHAVIORAL": "BEHAVIORAL THERAPY",
    "ALL": "BOTH",
}
REGISTRIES = ("EUDRACT_NUMBER", "REGISTRY", "CTIS")
ENDED = ("COMPLETED", "TERMINATED", "WITHDRAWN")


def summary(record: Record, terms: Terminology, version: str, cutoff: str = "") -> list[Line]:
    """Draft TS: the parameters that SDTM asks for, and all others that the record answers.

    Args:
        record: the study record.
        terms: the terminology.
        version: the version of the SDTMIG.
        cutoff: data cutoff of the study, ISO 8601.

    Source: SDTMIG 3.4, section 7.4; CDISC conformance rules CG0271 to CG0287.

    >>> from trialkit.terms import load_terminology
    >>> data = {"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}
    >>> lines = summary(Record.model_validate(data), load_terminology("SDTM", "2025-03-28"), "3.4")
    >>> [(line.value, line.null) for line in lines if line.parameter in ("REGID", "TITLE")]
    [('', 'NI'), ('NCT00000001', '')]
    """
    draft = Draft(record, terms)
    parts: tuple[Callable[[Draft], None], ...] = (_identity, _design, _treatment, _population, _measures)
    for part in parts:
        part(draft)
    _times(draft, cutoff)
    _regulation(draft)
    draft.add("SDTIGVER", version, source="study.yaml")
    draft.add("SDTMVER", MODELS[version].removeprefix("sdtm-"), source="study.yaml")
    return draft.lines


def _term(value: str) -> str:
    return OTHERS.get(value, value.replace("_", " "))


def _identity(draft: Draft) -> None:
    record = draft.record
    draft.add("TITLE", record.title or record.brief_title, "title" if record.title else "brief_title")
    draft.add("REGID", record.nct, "nct", code=record.nct, reference="CLINICALTRIALS.GOV")
    for one in record.others:
        if one.type in REGISTRIES:
            draft.add("REGID", one.id, "others", decide="name the registry in TSVCDREF")
    draft.add("SPREFID", record.study, "study")
    draft.add("SPONSOR", record.sponsor, "sponsor")


def _design(draft: Draft) -> None:
    record = draft.record
    draft.code("STYPE", _term(record.type), "type")
    draft.code("TPHASE", PHASES.get(" ".join(record.phases), " ".join(record.phases)), "phases")
    draft.add("TTYPE", "", decide="what it is to show, such as EFFICACY, one line each; CODELIST is TTYPE")
    draft.code("TINDTP", _term(record.purpose), "purpose")
    if record.type == "OBSERVATIONAL":
        draft.add("OBSMODEL", _term(record.observed), "observed")
        draft.add("OBSTIMP", _term(record.perspective), "perspective")
    else:
        draft.code("INTMODEL", _term(record.model), "model")
    draft.code("TBLIND", MASKING.get(record.masking, record.masking), "masking")
    draft.code("TCNTRL", _control(record), "arms")
    drawn = record.allocation == "RANDOMIZED" if record.allocation else None
    draft.yes_no("RANDOM", drawn, "allocation")
    ratio = {"decide": "share of subjects that get the treatment"} if drawn else {"null": NOT_APPLICABLE}
    draft.add("RANDQT", "", "allocation", **ratio)
    draft.yes_no("ADAPT", None, decide="is the design adaptive: Y or N; CODELIST is NY")
    draft.add("NARMS", str(len(record.arms) or ""), "arms")
    # NONE as a rule needs the code that NONE has as a control: TSVAL and TSVALCD go one to one (CORE-000152)
    rule = "rule for stopping the trial; where the protocol has none NONE, and CODELIST is TCNTRL"
    draft.add("STOPRULE", "", decide=rule)


def _control(record: Record) -> str:
    kinds = [CONTROLS[arm.type] for arm in record.arms if arm.type in CONTROLS]
    return kinds[0] if kinds else "NONE" if record.arms else ""


def _compared(record: Record) -> tuple[list[Intervention], list[Intervention]]:
    """Give the interventions under investigation, and those that only comparators have."""
    comparators = {arm.label for arm in record.arms if arm.type in CONTROLS}
    given = {
        one.name: set(one.arms) | {arm.label for arm in record.arms if one.full in arm.interventions}
        for one in record.interventions
    }
    only = [one for one in record.interventions if given[one.name] and given[one.name] <= comparators]
    return [one for one in record.interventions if one not in only], only


def _treatment(draft: Draft) -> None:
    treatments, comparators = _compared(draft.record)
    for kind in dict.fromkeys(one.type for one in treatments) or [""]:
        draft.code("INTTYPE", _term(kind), "interventions")
    for name in [one.name for one in treatments] or [""]:
        draft.add("TRT", name, "interventions", **_unii(name))
    for one in comparators:
        draft.add("COMPTRT", one.name, "interventions", **_unii(one.name))
    if not comparators:
        draft.add("COMPTRT", "", "arms", null=NOT_APPLICABLE)
    draft.add("PCLAS", "", decide="pharmacologic class with its code in MED-RT; TSVCDREF is MED-RT")
    draft.yes_no("ADDON", None, decide="is it added to existing treatment: Y or N; CODELIST is NY")
    draft.add("CURTRT", "", decide="the existing treatments with UNII, one line each, if ADDON is Y; else NA")
    draft.lines.extend(dosing(draft))


def _unii(name: str) -> dict[str, str]:
    return {"reference": "UNII", "decide": "TSVALCD: code of the substance in UNII"} if name else {}


def _population(draft: Draft) -> None:
    record = draft.record
    draft.yes_no("HLTSUBJI", record.healthy, "healthy")
    for parameter in ("INDIC", "TDIGRP"):
        for condition in record.conditions or ("",):
            coded = {"reference": "SNOMED", "decide": "TSVALCD: code of the condition in SNOMED"}
            draft.add(parameter, condition, "conditions", **(coded if condition else {}))
    low, high = iso_duration(record.youngest), iso_duration(record.oldest)
    draft.add("AGEMIN", low, "youngest", **_years(low, "is there a lowest age"))
    unlimited = {"null": NO_LIMIT} if low and not high else {}
    draft.add("AGEMAX", high, "oldest", **(unlimited or _years(high, "is there a highest age")))
    draft.code("SEXPOP", _term(record.sex), "sex")
    counted = "" if record.enrolled is None else str(record.enrolled)
    if record.enrolled_type == "ACTUAL":
        draft.add("PLANSUB", "", decide="planned number of subjects; the record has the actual one")
        draft.add("ACTSUB", counted, "enrolled")
    else:
        draft.add("PLANSUB", counted, "enrolled")
        draft.add("ACTSUB", "", decide="actual number of subjects")
    _countries(draft)
    for keyword in record.keywords:
        draft.add("KEYWORD", keyword, "keywords")


def _years(found: str, question: str) -> dict[str, str]:
    return {"reference": "ISO 8601"} if found else {"decide": question}


def _countries(draft: Draft) -> None:
    for name in dict.fromkeys(one.country for one in draft.record.locations if one.country) or [""]:
        code = countries().get(name, "")
        more = {"code": code, "reference": "ISO 3166-1 alpha-3"} if code else {}
        if name and not code:
            more = {"decide": f"code of the country '{name}' in ISO 3166-1 alpha-3"}
        draft.add("FCNTRY", code, "locations", **more)


def _measures(draft: Draft) -> None:
    record = draft.record
    draft.add("OBJPRIM", "", decide="primary objective in a sentence; the record has outcome measures only")
    unsaid = "is it primary or secondary (OUTMSSEC): the page does not say"
    levels = (
        ("OUTMSPRI", "primary", ""),
        ("OUTMSPRI", "outcomes", unsaid),
        ("OUTMSSEC", "secondary", ""),
        ("OUTMSADD", "other", ""),
    )
    for parameter, name, decide in levels:
        for measure in getattr(record, name):
            draft.add(parameter, measure.said, name, decide=decide)
    if not record.primary and not record.outcomes:
        draft.add("OUTMSPRI", "")


def _times(draft: Draft, cutoff: str) -> None:
    record = draft.record
    _dated(draft, "SSTDTC", record.start, "start", "the earliest informed consent")
    _dated(draft, "SENDTC", record.end, "end", "the last date of the study")
    draft.add("LENGTH", "", decide="planned length of the trial for a subject, such as P48W")
    if cutoff:
        draft.add("DCUTDTC", cutoff, group="CUTOFF", reference="ISO 8601", source="study.yaml cutoff")
    else:
        draft.add("DCUTDTC", "", group="CUTOFF", decide="data cutoff; the same in study.yaml")
    draft.add("DCUTDESC", "", group="CUTOFF", decide="what the cutoff is, such as DATABASE LOCK")
    if record.status in ENDED:
        draft.yes_no("ONGOSIND", False, "status")
    else:
        draft.yes_no("ONGOSIND", None, decide="is the study ongoing: Y or N; CODELIST is NY")


def _dated(draft: Draft, parameter: str, date: Dated, name: str, what: str) -> None:
    decide = "" if date.actual else f"{what}; the record has an estimate" if date.date else what
    draft.add(parameter, date.date, name, reference="ISO 8601", decide=decide)


def _regulation(draft: Draft) -> None:
    record = draft.record
    draft.yes_no("FDADRIND", record.fda_drug, "fda_drug")
    draft.yes_no("FDADEIND", record.fda_device, "fda_device")
    if record.committee is not None:
        draft.yes_no("DMCIND", record.committee, "committee")
    for parameter, what in _asked():
        draft.yes_no(parameter, None, decide=f"{what}: Y or N; CODELIST is NY")


def _asked() -> Iterable[tuple[str, str]]:
    return (
        ("RDIND", "is the disease rare"),
        ("EXTTIND", "is it the extension of another trial"),
        ("PDSTIND", "is it a pediatric study"),
        ("PDPSTIND", "is it a pediatric postmarket study"),
        ("PIPIND", "is it part of a pediatric investigation plan"),
    )
