"""Comments and methods of a package, each said once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from define.model import CommentDef, Description, MethodDef
from trialkit.spec import Accept

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")


def readable(text: str) -> str:
    r"""Write a text on one line, with characters that XML cannot hold by their number.

    >>> readable("a\x01\nb")
    'aU+0001 b'
    """
    return " ".join(_NOT_XML.sub(lambda sign: f"U+{ord(sign[0]):04X}", text).split())


@dataclass(slots=True)
class Texts:
    """Collects comments and methods; equal comments share one definition.

    >>> texts = Texts()
    >>> texts.comment("COM.DM", "One row."), texts.comment("COM.EX", "One row."), texts.comment("COM.LB", "")
    ('COM.DM', 'COM.DM', '')
    """

    comments: dict[str, CommentDef] = field(default_factory=dict)
    methods: dict[str, MethodDef] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)

    def comment(self, oid: str, text: str) -> str:
        """Keep a comment and give its identifier; "" for no text.

        >>> Texts().comment("COM.DM", " ")
        ''
        """
        text = readable(text)
        if not text:
            return ""
        if text not in self._known:
            self._known[text] = oid
            self.comments[oid] = CommentDef(oid=oid, description=Description.of(text))
        return self._known[text]

    def method(self, oid: str, name: str, text: str, kind: str = "Computation") -> str:
        """Keep a method and give its identifier.

        >>> Texts().method("MT.DM.AGE", "Algorithm for AGE", "Years.")
        'MT.DM.AGE'
        """
        said = Description.of(readable(text))
        self.methods[oid] = MethodDef(oid=oid, name=name, type=kind, description=said)
        return oid


def accepted(findings: list[Accept], dataset: str, variable: str = "") -> str:
    """Say which findings of a dataset or variable the study accepts, and why.

    >>> one = Accept(code="CHECK-110", dataset="QS", variable="QSORRESU", count=3, reason="as published")
    >>> accepted([one], "QS", "QSORRESU")
    'Accepted finding CHECK-110, 3 times: as published.'
    """
    mine = [one for one in findings if (one.dataset, one.variable) == (dataset, variable)]
    return " ".join(
        f"Accepted finding {one.code}, {one.count} times: {one.reason.rstrip('.')}." for one in mine
    )
