"""A canvas of reportlab that names no font that is not embedded; its bytes depend on what is drawn alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from define.acrf.fonts import clean

PDF_VERSION = (1, 7)  # agencies take 1.4 to 1.7


@dataclass(frozen=True, slots=True)
class About:
    """What a document says of itself.

    >>> About("aCRF", "DEMO01", "Annotated CRF", datetime(2024, 1, 31)).title
    'aCRF'
    """

    title: str
    study: str
    subject: str
    created: datetime
    keywords: str = ""


class EmbeddedCanvas(Canvas):  # type: ignore[misc]
    """A canvas without clock, random identifiers and fonts that are not embedded.

    >>> import io
    >>> EmbeddedCanvas(io.BytesIO()).getPageNumber()
    1
    """

    def __init__(self, *args: Any, **choices: Any) -> None:
        super().__init__(
            *args, **{**choices, "invariant": 1, "pageCompression": 1, "pdfVersion": PDF_VERSION}
        )
        self._doc.signature = hashlib.md5(usedforsecurity=False)  # else it takes in the clock

    def _make_preamble(self) -> None:
        self._preamble = "1 0 0 1 0 0 cm"  # the usual one names Helvetica

    def describe(self, about: About) -> None:
        """Say what the document is, with the time that the study gives.

        >>> import io
        >>> about = About("aCRF", "DEMO01", "Annotated CRF", datetime(2024, 1, 31))
        >>> EmbeddedCanvas(io.BytesIO()).describe(about)
        """
        self.setTitle(clean(about.title))
        self.setAuthor(clean(about.study))
        self.setSubject(clean(about.subject))
        self.setKeywords(about.keywords)
        self.setCreator("trialkit")
        self.setProducer("trialkit")
        created = about.created if about.created.tzinfo is None else about.created.astimezone(UTC)
        stamp = self._doc._timeStamp
        stamp.YMDhms, stamp.dhh, stamp.dmm = created.timetuple()[:6], 0, 0
        self._doc.Catalog.Lang = pdfdoc.PDFString("en")
