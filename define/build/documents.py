"""The documents that a define.xml names beside the datasets."""

from __future__ import annotations

from dataclasses import dataclass

from define.guide.spec import GUIDES
from define.model import AnnotatedCRF, DocumentRef, Leaf, SupplementalDoc
from trialkit.spec import StudySpec

CRF, GUIDE = "LF.acrf", "LF.guide"


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents by their kinds, and the links to them.

    >>> Documents().crf_id
    ''
    """

    crf: AnnotatedCRF | None = None
    supplemental: SupplementalDoc | None = None
    leaves: tuple[Leaf, ...] = ()

    @property
    def crf_id(self) -> str:
        """Give the identifier of the annotated CRF that pages are of; "" for none.

        >>> Documents(AnnotatedCRF(documents=(DocumentRef(leaf_id="LF.acrf"),))).crf_id
        'LF.acrf'
        """
        return self.crf.documents[0].leaf_id if self.crf else ""


def documents_of(study: StudySpec, part: str, crf: str = "", guide: str = "") -> Documents:
    """Collect the documents that a study declares, the annotated CRF that was drawn, and the reviewer's guide.

    Args:
        study: its study.yaml.
        part: ``sdtm`` or ``adam``.
        crf: file name of the annotated CRF that was drawn; empty where there is none.
        guide: file name of the reviewer's guide; empty for a study without answers for it.

    >>> spec = StudySpec.model_validate({"study": "S", "created": "2024-01-31", "sources": {}})
    >>> documents_of(spec, "sdtm", "acrf.pdf").leaves[0].title
    'Annotated CRF'
    """
    leaves = {CRF: Leaf(id=CRF, href=crf, title="Annotated CRF")} if crf else {}
    kinds = dict.fromkeys(leaves, "crf")
    if guide and guide not in [one.file for one in study.documents.values()]:
        leaves[GUIDE] = Leaf(id=GUIDE, href=guide, title=GUIDES[part][1])
        kinds[GUIDE] = "supplemental"
    for name, one in study.documents.items():
        if one.of in ("", part):
            leaves[f"LF.{name}"] = Leaf(id=f"LF.{name}", href=one.file, title=one.title or one.file)
            kinds[f"LF.{name}"] = one.kind
    refs = {
        kind: tuple(DocumentRef(leaf_id=oid) for oid, said in kinds.items() if said == kind)
        for kind in ("crf", "supplemental")
    }
    return Documents(
        AnnotatedCRF(documents=refs["crf"]) if refs["crf"] else None,
        SupplementalDoc(documents=refs["supplemental"]) if refs["supplemental"] else None,
        tuple(leaves.values()),
    )
