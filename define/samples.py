"""A small define.xml for examples and tests."""

from __future__ import annotations

from define.model import (
    CodeList,
    CodeListItem,
    CodeListRef,
    Decode,
    Define,
    Description,
    GlobalVariables,
    ItemDef,
    ItemGroupDef,
    ItemRef,
    Leaf,
    MetaDataVersion,
    Origin,
    Standard,
    Standards,
    Study,
)
from define.model.groups import Class
from define.names import DEF, ODM, XLINK


def sample_define() -> Define:
    """Make a define.xml of one dataset with two variables.

    >>> [one.name for one in sample_define().metadata.items]
    ['USUBJID', 'SEX']
    """
    return Define(
        file_oid="F.S1",
        creation_date_time="2024-01-31T00:00:00",
        context="Other",
        study=Study(
            oid="S1",
            global_variables=GlobalVariables(study_name="S1", study_description="", protocol_name="S1"),
            metadata=_metadata(),
        ),
        namespaces=(("", ODM), ("def", DEF), ("xlink", XLINK)),
    )


def _metadata() -> MetaDataVersion:
    guide = Standard(oid="STD.1", name="SDTMIG", type="IG", version="3.4", status="Final")
    terms = Standard(
        oid="STD.2",
        name="CDISC/NCI",
        type="CT",
        publishing_set="SDTM",
        version="2025-03-28",
        status="Final",
    )
    return MetaDataVersion(
        oid="MDV.1",
        name="Study S1",
        standards=Standards(standards=(guide, terms)),
        item_groups=(_dm(),),
        items=_items(),
        codelists=(_sex(),),
    )


def _dm() -> ItemGroupDef:
    return ItemGroupDef(
        oid="IG.DM",
        name="DM",
        repeating=False,
        structure="One record per subject",
        purpose="Tabulation",
        domain="DM",
        sas_dataset_name="DM",
        is_reference_data=False,
        archive_location_id="LF.DM",
        standard_oid="STD.1",
        description=Description.of("Demographics"),
        items=(
            ItemRef(item_oid="IT.DM.USUBJID", mandatory=True, order_number=1, key_sequence=1),
            ItemRef(item_oid="IT.DM.SEX", mandatory=True, order_number=2),
        ),
        dataset_class=Class(name="SPECIAL PURPOSE"),
        leaf=Leaf(id="LF.DM", href="dm.xpt", title="dm.xpt"),
    )


def _items() -> tuple[ItemDef, ...]:
    return (
        ItemDef(
            oid="IT.DM.USUBJID",
            name="USUBJID",
            data_type="text",
            length=8,
            description=Description.of("Unique Subject Identifier"),
            origins=(Origin(type="Assigned", source="Sponsor"),),
        ),
        ItemDef(
            oid="IT.DM.SEX",
            name="SEX",
            data_type="text",
            length=1,
            description=Description.of("Sex"),
            codelist=CodeListRef(codelist_oid="CL.SEX"),
            origins=(Origin(type="Collected", source="Investigator"),),
        ),
    )


def _sex() -> CodeList:
    return CodeList(
        oid="CL.SEX",
        name="Sex",
        data_type="text",
        standard_oid="STD.2",
        coded=(
            CodeListItem(coded_value="F", decode=Decode.of("Female")),
            CodeListItem(coded_value="M", decode=Decode.of("Male")),
        ),
    )
