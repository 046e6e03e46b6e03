"""The draft of a study's trial design: tables as CSV, and the specs that read them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from sdtm.registry.design import Row, arms, elements, inclusion, visits
from sdtm.registry.lines import Line
from sdtm.registry.record import Record
from sdtm.registry.summary import summary
from sdtm.registry.texts import pieces, plain
from trialkit.reporting.sheet import inert
from trialkit.terms import Terminology

DATASETS = ("ts", "ti", "tv", "ta", "te")
TSVAL = "  TSVAL: TSVAL"
ACTUAL = """\
  TSVAL:
    case:
      - {when: TSPARMCD == 'ACTSUB', then: {text: {count: {table: DM, where: ARMCD != '', on: {}}}}}
    else: {copy: TSVAL}"""
# SDTMIG 3.4, 4.5.3.2: what does not fit into TSVAL goes on in TSVAL1, TSVAL2 ...
MORE = "  TSVAL{0}: TSVAL{0}"
UNLISTED = "study.yaml: declare under `codelists` the terms of DICTNAM that the terminology has not: "
DICTIONARIES = ("CLINICALTRIALS.GOV", "ISO 3166-1 alpha-3", "ISO 8601")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of the study for which the draft is made.

    Args:
        terms: its terminology.
        study: its identifier; empty where there is no study.yaml yet.
        version: the version of the SDTMIG.
        cutoff: its data cutoff, ISO 8601.
        subjects: whether it has a spec of DM, in which subjects can be counted.

    >>> Setting(Terminology()).version
    '3.4'
    """

    terms: Terminology
    study: str = ""
    version: str = "3.4"
    cutoff: str = ""
    subjects: bool = False


@dataclass(frozen=True, slots=True)
class Drafted:
    """The files of a draft by their path in the study's folder, and what is left to decide.

    >>> Drafted({}, ()).decisions
    ()
    """

    files: dict[str, str]
    decisions: tuple[str, ...]


def draft(record: Record, setting: Setting) -> Drafted:
    """Draft TS, TI, TV, TA and TE.

    >>> from trialkit.terms import load_terminology
    >>> data = {"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}
    >>> made = draft(Record.model_validate(data), Setting(load_terminology("SDTM", "2025-03-28")))
    >>> sorted(made.files)[:3]
    ['sdtm/ta.yaml', 'sdtm/te.yaml', 'sdtm/ti.yaml']
    """
    lines = summary(record, setting.terms, setting.version, setting.cutoff)
    tables = {
        "ts": _summary_rows(lines, setting),
        "ti": inclusion(record),
        "tv": visits(record),
        "ta": arms(record),
        "te": elements(record),
    }
    most = max(len(pieces(line.value)) for line in lines)
    study = setting.study or record.study or record.nct
    parts = dict.fromkeys(DATASETS, 1) | {"ts": most}
    made = {
        f"tables/{name}.csv": table_text(HEADS[name], tables[name], parts[name]) for name in DATASETS
    }  # fmt: skip
    made |= {f"sdtm/{name}.yaml": _spec(name, study, setting, most) for name in DATASETS}
    return Drafted(made, (*_decisions(tables), *_of_study(record, lines, setting)))


HEADS: dict[str, Sequence[str]] = {
    "ts": ("TSPARMCD", "TSGRPID", "TSVAL", "TSVALNF", "TSVALCD", "TSVCDREF", "TSVCDVER", "CODELIST", "SOURCE",
           "DECIDE"),
    "ti": ("IETESTCD", "IETEST", "IECAT", "TIVERS", "FULLTEXT", "SOURCE", "DECIDE"),
    "tv": ("VISITNUM", "VISIT", "VISITDY", "TVSTRL", "TVENRL", "SOURCE", "DECIDE"),
    "ta": ("ARMCD", "ARM", "TAETORD", "ETCD", "TABRANCH", "TATRANS", "EPOCH", "SOURCE", "DECIDE"),
    "te": ("ETCD", "ELEMENT", "TESTRL", "TEENRL", "TEDUR", "SOURCE", "DECIDE"),
}  # fmt: skip


def _summary_rows(lines: Sequence[Line], setting: Setting) -> list[Row]:
    rows = []
    for said in lines:
        counted = setting.subjects and said.parameter == "ACTSUB"
        line = Line("ACTSUB", source="counted in DM") if counted else said
        value = {f"TSVAL{number or ''}": text for number, text in enumerate(pieces(line.value))}
        rows.append({
            "TSPARMCD": line.parameter, "TSGRPID": line.group, **value, "TSVALNF": line.null,
            "TSVALCD": line.code, "TSVCDREF": line.reference, "CODELIST": line.codelist,
            "SOURCE": line.source, "DECIDE": line.decide,
        })  # fmt: skip
    return rows


def table_text(head: Sequence[str], rows: Sequence[Row], parts: int = 1) -> str:
    r"""Write a table as CSV; a text that a spreadsheet would take for a formula gets an apostrophe.

    Args:
        head: the columns.
        rows: the lines; a column that one lacks is empty there.
        parts: over how many columns TSVAL goes.

    >>> table_text(["TSPARMCD", "TSVAL"], [{"TSPARMCD": "TITLE", "TSVAL": "a", "TSVAL1": "=b"}], 2)
    "TSPARMCD,TSVAL,TSVAL1\nTITLE,a,'=b\n"
    """
    more = [f"TSVAL{number}" for number in range(1, parts)]
    names = [one for name in head for one in (name, *(more if name == "TSVAL" else ()))]
    file = io.StringIO()
    writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: inert(text) for name, text in row.items()} for row in rows)
    return file.getvalue()


def _spec(name: str, study: str, setting: Setting, parts: int) -> str:
    text = (files("sdtm") / "data" / "registry" / f"{name}.yaml").read_text("utf-8")
    value = [ACTUAL if setting.subjects else TSVAL, *(MORE.format(number) for number in range(1, parts))]
    return text.replace("@STUDY@", json.dumps(study, ensure_ascii=False)).replace("@TSVAL@", "\n".join(value))


def _decisions(tables: dict[str, list[Row]]) -> list[str]:
    """Say each open point with the line of its table; the first line of a table is its header."""
    found = []
    for name, rows in tables.items():
        for line, row in enumerate(rows, 2):
            if row["DECIDE"]:
                what = next(iter(row.values()))
                found.append(f"decide: tables/{name}.csv:{line} {what}: {row['DECIDE']}")
        if not rows:
            found.append(f"decide: tables/{name}.csv: the record has nothing for it")
    return found


def _of_study(record: Record, lines: Sequence[Line], setting: Setting) -> list[str]:
    known = setting.terms.find("DICTNAM")
    used = {line.reference for line in lines} & set(DICTIONARIES)
    lost = sorted(name for name in used if known is None or name not in known.by_value)
    found = [f"decide: {UNLISTED}{', '.join(lost)}"] if lost else []
    if not setting.study:
        found.append("decide: STUDYID in sdtm/*.yaml: there is no study.yaml that names the study")
    elif record.study and setting.study != record.study:
        found.append(f"decide: study.yaml names the study {setting.study}, the record {plain(record.study)}")
    return found
