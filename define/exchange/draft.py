"""Draft specs from a define.xml: all that it says, and each rule marked as still to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from posixpath import normpath
from typing import Any

from define.check.view import View
from define.exchange.draftcodelists import Lists
from define.exchange.draftdataset import Datasets
from define.exchange.known import Known, known_of, part_of_define
from define.exchange.lost import FAR_DOCUMENT, NO_DATASETS, NOT_TAKEN
from define.exchange.take import short
from define.exchange.yamltext import fits, written
from define.model import Define, Leaf
from define.workbook.imports import NO_DATE
from define.workbook.names import LEAF, bare
from trialkit.problems import Place, Problem, Problems

DOCUMENT = "supplemental"
OF_A_MACHINE = re.compile(r"[/\\]|[A-Za-z]:[/\\]|file:|.*\\", re.IGNORECASE)


@dataclass(slots=True)
class Draft:
    """The draft of a study: study.yaml as a mapping, and its datasets by the path of their files.

    >>> Draft().files()["study.yaml"].splitlines()[0]
    '# Drafted from a define. What nobody has written yet is marked `todo`; `trialkit check` lists it.'
    """

    study: dict[str, Any] = field(default_factory=dict)
    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """Write the files by their paths in the study's folder.

        >>> sorted(Draft(datasets={"sdtm/dm.yaml": {"dataset": "DM"}}).files())
        ['sdtm/dm.yaml', 'study.yaml']
        """
        made = {"study.yaml": written(self.study, "study")}
        return made | {path: written(spec, "dataset") for path, spec in self.datasets.items()}

    def joined(self, other: Draft) -> Draft:
        """Add the draft of another define of the study; what both say is taken from the first.

        >>> Draft({"study": "S1"}).joined(Draft({"study": "S2", "analysis": {}})).study
        {'study': 'S1', 'analysis': {}}
        """
        study = {**other.study, **self.study}
        for key in ("codelists", "dictionaries", "external", "documents"):
            if key in self.study or key in other.study:
                study[key] = {**other.study.get(key, {}), **self.study.get(key, {})}
        ordered = {key: study[key] for key in ORDER if key in study}
        return Draft(ordered, {**self.datasets, **other.datasets})


ORDER = (
    *("study", "title", "protocol", "created", "standard", "analysis", "sources", "documents"),
    *("dictionaries", "external", "codelists"),
)


def draft_of(define: Define, file: str, problems: Problems) -> Draft:
    """Draft the specs of the datasets that a define.xml describes.

    Args:
        define: the model, of define.xml or of a workbook.
        file: the name of the file, for problems.
        problems: where DEFX-001 goes, what specs have no place for, and DEFX-003 to DEFX-006.

    Raises:
        Refusal: DEFX-002 for a define of another standard.

    >>> from define.samples import sample_define
    >>> draft_of(sample_define(), "define.xml", Problems()).datasets["sdtm/dm.yaml"]["keys"]
    ['USUBJID']
    """
    view = View(define, file)
    known = known_of(view, part_of_define(define, file))
    lists = Lists(view, known)
    made = Datasets(view, known, lists, problems).specs()
    study = _study(view, known) | {
        key: value
        for key, value in (
            ("documents", _documents(view, known.part)),
            ("dictionaries", lists.dictionaries),
            ("external", lists.external),
            ("codelists", lists.codelists),
        )
        if value
    }
    problems.add(*_left_out(view, lists.left), *_far_documents(view))
    if not made:
        problems.add(Problem(NO_DATASETS, NO_DATASETS.title, Place(file)))
    found = Draft({key: study[key] for key in ORDER if key in study})
    found.datasets |= {f"{known.part}/{name.lower()}.yaml": spec for name, spec in made.items()}
    return found


def _study(view: View, known: Known) -> dict[str, Any]:
    named = view.define.study.global_variables
    name = (named.study_name if named else "") or view.define.study.oid
    title, protocol = (named.study_description, named.protocol_name) if named else ("", "")
    return {
        "study": name,
        **({"title": title} if title and title != name else {}),
        **({"protocol": protocol} if protocol and protocol != name else {}),
        "created": _moment(view.define.creation_date_time),
        "analysis" if known.part == "adam" else "standard": {
            "name": known.standard.name,
            "version": known.version,
            "terminology": known.terminology,
        },
        "sources": {},
    }


def _moment(text: str) -> str:
    """Give a time stamp that a spec can have; one that cannot be read is not known."""
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return NO_DATE


def _documents(view: View, part: str) -> dict[str, dict[str, str]]:
    metadata = view.metadata
    kinds = {
        one.leaf_id: kind
        for kind, where in (("crf", metadata.annotated_crf), (DOCUMENT, metadata.supplemental_doc))
        for one in (where.documents if where else ())
    }
    leaves = [one for one in metadata.leaves if fits(bare(one.id, LEAF)) and one.href]
    return {bare(one.id, LEAF): _document(one, kinds.get(one.id, ""), part) for one in leaves}


def _document(leaf: Leaf, kind: str, part: str) -> dict[str, str]:
    title = (leaf.title or "").strip()
    made = {"file": leaf.href} | ({"title": title} if title and title != leaf.href else {})
    return made | ({"kind": kind} if kind != DOCUMENT else {}) | {"of": part}


def _far_documents(view: View) -> Iterator[Problem]:
    """Find the documents that are on somebody's machine, or far above define.xml."""
    for one in view.metadata.leaves:
        if _is_far(one.href):
            what = f"{FAR_DOCUMENT.title}: {short(one.href)}"
            yield Problem(FAR_DOCUMENT, what, Place(view.file, one.spot.line, field=one.spot.xpath))


def _is_far(href: str) -> bool:
    """Say whether a path is of one machine, or above the folder that holds that of define.xml.

    Programs and reports may stand in a folder next to that of define.xml: one step up is usual.
    """
    return bool(OF_A_MACHINE.match(href)) or (":" not in href and normpath(href).startswith("../.."))


def _left_out(view: View, lists: Mapping[str, int]) -> Iterator[Problem]:
    """Say what the define has and specs have no place for."""
    metadata = view.metadata
    results = [
        one for shown in (metadata.analyses.displays if metadata.analyses else ()) for one in shown.results
    ]
    found = {
        "analysis results": len(results),
        "formal expressions of methods": _count(one.expressions for one in metadata.methods),
        "documents of methods": _count(one.documents for one in metadata.methods),
        "documents of comments": _count(one.documents for one in metadata.comments),
        "imputation as the type of a method": sum(one.type == "Imputation" for one in metadata.methods),
        "subclasses of datasets": _count(
            one.dataset_class.subclasses for one in metadata.item_groups if one.dataset_class
        ),
        **lists,
    }
    for what, count in found.items():
        if count:
            yield Problem(NOT_TAKEN, what, Place(view.file), count=count)


def _count(parts: Iterable[tuple[Any, ...]]) -> int:
    return sum(map(len, parts))
