"""Supplemental qualifiers: the SUPP-- dataset of a domain (SDTMIG 3.4, section 8.4)."""

from __future__ import annotations

import numpy as np

from trialkit.attributes import Dataset
from trialkit.built import Built, Meta
from trialkit.column import Column
from trialkit.context import Context
from trialkit.match import order_by
from trialkit.numerals import as_text
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.records import Records, is_main, stack
from trialkit.spec import DatasetSpec, Supplemental
from trialkit.standard import Companion

# The words of QORIG for the origins of Define-XML 2.1 (SDTMIG 3.4, section 8.4).
ORIGINS = {"Collected": "CRF", "Derived": "Derived", "Assigned": "Assigned", "Protocol": "Protocol"}
KEYS = ("USUBJID", "IDVAR", "IDVARVAL", "QNAM")
NO_PARENT = Kind(
    "SDTM-020",
    "supplemental qualifiers can't name their records",
    "Add the variable, or name another under `idvar`.",
    exit=Exit.SPEC,
)
NO_IDVAR = {"DM"}  # one record per subject: the subject identifies it (SDTMIG 3.4, section 8.4)


def supplemental_name(spec: DatasetSpec) -> str:
    """Name the SUPP-- dataset of a dataset; each part of a split domain has its own (SDTMIG 3.4, 4.1.7).

    >>> from trialkit.samples import sample_study
    >>> supplemental_name(sample_study().datasets["VS"])
    'SUPPVS'
    """
    return f"SUPP{spec.dataset}"


SUPPLEMENTAL = Companion(
    supplemental_name, frozenset({"STUDYID", "USUBJID"}), {"QVAL": "QNAM", "IDVARVAL": "IDVAR"}
)


def supplemental(built: Built, context: Context, spec: DatasetSpec) -> tuple[Built, ...]:
    """Make the SUPP-- dataset: one record per qualifier and parent record that has a value.

    >>> from trialkit.attributes import Dataset
    >>> spec = DatasetSpec.model_validate({"dataset": "DM", "records": [{"read": "SUBJ"}],
    ...     "variables": {"SEX": "SEX"}, "keys": ["SEX"]})
    >>> supplemental(Built(spec, Dataset("DM", "", ()), {}, Records({}, 0)), None, spec)
    ()
    """
    _refuse_without(built, spec)
    parts = [
        part
        for name, qualifier in spec.supplemental.items()
        if (part := _records(built, name, qualifier, spec)).count
    ]
    if not parts:
        return ()
    records = stack(parts)
    records = records.take(order_by([records.columns[name] for name in KEYS], records.count))
    return (_built(supplemental_name(spec), records, spec, context),)


def _idvar(qualifier: Supplemental, spec: DatasetSpec) -> str:
    return qualifier.idvar or ("" if spec.dataset in NO_IDVAR else f"{spec.dataset[:2]}SEQ")


def _refuse_without(built: Built, spec: DatasetSpec) -> None:
    """Refuse qualifiers of a dataset that lacks what names their parent records."""
    found = []
    for qualifier in spec.supplemental.values():
        needed = ("STUDYID", "USUBJID", _idvar(qualifier, spec))
        for name in needed:
            if name and name not in built.records.columns:
                what = f"{spec.dataset} has no {name}, by which supplemental qualifiers name their records"
                found.append(Problem(NO_PARENT, what, qualifier.place()))
    if found:
        raise Refusal(found)


def _records(built: Built, name: str, qualifier: Supplemental, spec: DatasetSpec) -> Records:
    column = built.records.columns[name]
    part = built.records.take(~column.missing())
    value = as_text(part.columns[name])
    idvar = _idvar(qualifier, spec)
    number = part.columns[idvar] if idvar else Column.constant("", part.count)
    origin = qualifier.origin
    fixed = {
        "RDOMAIN": spec.domain or spec.dataset,
        "IDVAR": idvar,
        "QNAM": name,
        "QLABEL": qualifier.label or name,
        "QORIG": ORIGINS.get(origin.type, "CRF") if origin else "CRF",
        "QEVAL": qualifier.evaluator,
    }
    columns = {key: Column.constant(text, part.count) for key, text in fixed.items()}
    columns["IDVARVAL"] = as_text(number)
    columns |= {key: part.columns[key] for key in ("STUDYID", "USUBJID")} | {"QVAL": value}
    rows = {key: row for key, row in part.rows.items() if is_main(key)}
    parent = {built.name: np.flatnonzero(~column.missing()).astype(np.int32)}
    return Records(
        columns, part.count, {**rows, **parent}, part.item, tuple(one for one in part.many if not one.is_list)
    )


def _built(name: str, records: Records, spec: DatasetSpec, context: Context) -> Built:
    assert context.store.facts is not None
    facts = context.store.facts.dataset(name)
    metas = {
        one.name: Meta(
            one.name, one.label, "Char", None, "", one.codelists, one.core, one.role, one.value_domain, True
        )
        for one in facts.variables
    }
    keys = [*KEYS]
    shown = tuple(meta.attributes(records.columns[key], keys) for key, meta in metas.items())
    own = spec.model_copy(
        update={"dataset": name, "domain": "", "label": facts.label, "keys": keys, "sort": [], "checks": []}
    )
    return Built(own, Dataset(name, facts.label, shown), metas, records)
