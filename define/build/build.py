"""A define.xml for the datasets of a build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from define.build.analyses import displays_of
from define.build.documents import documents_of
from define.build.groups import Elements
from define.build.origins import origins_of
from define.build.package import Package
from define.build.pages import NO_PAGES, Pages
from define.model import (
    Define,
    GlobalVariables,
    MetaDataVersion,
    Standard,
    Standards,
    Study,
)
from trialkit.spec import StudySpec

STYLESHEET = "define2-1.xsl"


@dataclass(frozen=True, slots=True)
class Extras:
    """What a define.xml can name beside the datasets.

    Args:
        crf: file name of the annotated CRF; empty where there is none.
        pages: where the columns of the forms stand in it.
        guide: file name of the reviewer's guide; empty where there is none.
        displays: declared analyses, for analysis results metadata.

    >>> Extras().crf
    ''
    """

    crf: str = ""
    pages: Pages = NO_PAGES
    guide: str = ""
    displays: Sequence[Any] = ()


def build_define(package: Package, extras: Extras | None = None) -> Define:
    """Describe the datasets of a package; the same package gives the same model.

    Args:
        package: the datasets and their specs.
        extras: annotated CRF and analyses.

    >>> from define.build.samples import sample_package
    >>> [group.name for group in build_define(sample_package()).study.metadata.item_groups]
    ['DM', 'EX', 'VS']
    """
    study = package.study.spec
    extras = extras or Extras()
    origins = origins_of(package.study, package.standard.from_datasets, package.headers or None)
    named = documents_of(study, package.standard.folder, extras.crf, extras.guide)
    elements = Elements(package, origins, named.crf_id, extras.pages)
    groups = tuple(elements.group(one) for one in package.datasets)
    analyses, clauses = displays_of(extras.displays, elements.items, elements.texts)
    part = package.standard.folder.upper()
    where = {one.oid: one for one in (*elements.clauses.values(), *clauses)}
    metadata = MetaDataVersion(
        oid=f"MDV.{study.study}.{part}",
        name=f"Study {study.study}, {package.standard.name} {package.guide}",
        description=f"{part} metadata of study {study.study}",
        standards=_standards(package),
        annotated_crf=named.crf,
        supplemental_doc=named.supplemental,
        value_lists=tuple(elements.lists.values()),
        where_clauses=tuple(where[oid] for oid in sorted(where)),
        item_groups=groups,
        items=tuple(elements.items.values()),
        codelists=elements.codelists.made(),
        methods=tuple(elements.texts.methods.values()),
        comments=tuple(elements.texts.comments.values()),
        leaves=named.leaves,
        analyses=analyses,
    )
    return Define(
        file_oid=f"DEF.{study.study}.{part}",
        creation_date_time=study.created.isoformat(),
        as_of_date_time=study.created.isoformat(),
        originator="trialkit",
        source_system="trialkit",
        source_system_version=version("trialkit"),
        context="Other" if package.planned else "Submission",
        study=Study(oid=f"ST.{study.study}", global_variables=_names(study), metadata=metadata),
        prolog=(f'<?xml-stylesheet type="text/xsl" href="{STYLESHEET}"?>',),
    )


def _names(study: StudySpec) -> GlobalVariables:
    return GlobalVariables(
        study_name=study.study,
        study_description=study.title or study.study,
        protocol_name=study.protocol or study.study,
    )


def _standards(package: Package) -> Standards:
    declared = package.study.spec.standard
    guide = Standard(
        oid="STD.IG", name=package.standard.name, type="IG", version=package.guide, status="Final"
    )
    used = dict.fromkeys(package.standard.terminology, declared.terminology)
    terms = [
        Standard(
            oid=f"STD.CT.{name}",
            name="CDISC/NCI",
            type="CT",
            version=number,
            status="Final",
            publishing_set=name,
        )
        for name, number in used.items()
    ]
    return Standards(standards=(guide, *terms))
