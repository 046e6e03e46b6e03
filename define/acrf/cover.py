"""The pages before the forms: what the document is, how to read it, and which forms there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from define.acrf.boxes import colours_of, leading, note_of, stacked
from define.acrf.content import Box, FormContent
from define.acrf.fonts import BODY, BOLD, Fonts
from define.acrf.shapes import (
    BOTTOM,
    GREY,
    INK,
    LEFT,
    RIGHT,
    RULE,
    TOP,
    Anchor,
    Colour,
    Link,
    Page,
    Rectangle,
    Text,
)

COVER, INDEX = "cover", "index"
ROW = 15.0
LEGEND = (
    (Box("VS (Vital Signs)", "domain", "VS"), "A dataset that fields of the form go to, and its colour here"),
    (Box("VSORRES WHEN VSTESTCD = TEMP", "variable", "VS"), "The variable that the content of the field goes "
     "to, be it as a term of a codelist or in ISO 8601, and for which records"),
    (Box("SUPPVS.QVAL WHEN QNAM = VSPOS", "variable", "VS"), "The same, for a supplemental qualifier"),
    (Box("DM.RFICDTC (earliest)", "variable", "DM"), "The variable is this one of several collected values"),
    (Box("VISITNUM in LB, PR, SV, VS", "several"), "Datasets that have the field alike"),
    (Box("RELREC: EC.ECLNKID = EX.EXLNKID", "relation"), "Records that are related"),
    (Box("Used for: --STDY", "use"), "The content itself is in no variable: others are derived from it, or "
     "it tells records apart"),
    (Box("[NOT SUBMITTED]", "none"), "Nothing that is submitted depends on the field"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """What the cover says of the document.

    >>> About("Study", "Title", ("Extract A",)).notes
    ()
    """

    study: str
    title: str
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Cover:
    """Places the cover and the list of forms.

    >>> cover = Cover(About("DEMO01", "A study", ()), Fonts.of([]))
    >>> len(cover.placed([FormContent("SUBJ", "Subject")], {"SUBJ": ("SUBJ", 3)}))
    2
    """

    about: About
    fonts: Fonts
    page: Page = field(default_factory=Page)
    y: float = TOP

    def placed(self, forms: Sequence[FormContent], targets: dict[str, tuple[str, int]]) -> list[Page]:
        """Place the pages.

        Args:
            forms: the forms.
            targets: for each of them its destination and page number.

        >>> Cover(About("DEMO01", "A study", ()), Fonts.of([])).placed([], {})[0].shapes[0].name
        'cover'
        """
        self.page.add(Anchor(COVER, TOP))
        self.y = TOP - 60
        self._write(self.about.study, BOLD, 11, GREY)
        self._write("Annotated Case Report Form", BOLD, 22, INK, 8)
        self._write(self.about.title, BODY, 11, INK, 10)
        for line in self.about.lines:
            self._write(line, BODY, 9, GREY, 2)
        self.y -= 22
        self._legend()
        for note in self.about.notes:
            self._write(note, BODY, 9, INK, 6)
        return [self.page, *self._index(forms, targets)]

    def _write(self, text: str, font: str, size: float, colour: Colour, after: float = 3) -> None:
        for line in self.fonts.wrapped(text, font, size, RIGHT - LEFT, 8):
            self.y -= leading(size)
            self.page.add(Text(LEFT, self.y, line, font, size, colour))
        self.y -= after

    def _legend(self) -> None:
        self._write("How to read the annotations", BOLD, 11, INK, 8)
        colours = colours_of(["VS", "DM"])
        for box, meaning in LEGEND:
            [note], taken = stacked([note_of(box, self.fonts, 200, colours)], LEFT, self.y)
            lines = self.fonts.wrapped(meaning, BODY, 8.5, RIGHT - LEFT - 212, 3)
            for number, line in enumerate(lines):
                self.page.add(Text(LEFT + 212, self.y - 10 - number * leading(8.5), line, BODY, 8.5, INK))
            self.page.add(replace(note, subject="legend"))
            self.y -= max(taken, leading(8.5) * len(lines)) + 9
        self.y -= 8
        said = (
            "Annotations follow the mapping specifications. Each form has its own colours, in the order of "
        )
        self._write(f"{said}how many fields go to a dataset.", BODY, 8.5, GREY, 8)

    def _index(self, forms: Sequence[FormContent], targets: dict[str, tuple[str, int]]) -> list[Page]:
        pages, rows = [], int((TOP - 60 - BOTTOM) / ROW)
        for start in range(0, max(len(forms), 1), rows):
            page, y = Page(), TOP - 34
            page.add(Text(LEFT, y, "Forms" if not start else "Forms (continued)", BOLD, 14, INK))
            page.add(*([] if start else [Anchor(INDEX, TOP)]))
            for form in forms[start : start + rows]:
                y -= ROW
                self._entry(page, y - 8, form, *targets[form.source])
            pages.append(page)
        return pages

    def _entry(self, page: Page, y: float, form: FormContent, to: str, number: int) -> None:
        title = self.fonts.wrapped(form.title, BODY, 9, 300, 2)[:1] or [""]
        datasets = self.fonts.wrapped(", ".join(form.domains), BODY, 8, 160, 2)[:1] or [""]
        page.add(
            Text(LEFT, y, title[0], BODY, 9, INK),
            Text(LEFT + 320, y, datasets[0], BODY, 8, GREY),
            Text(RIGHT - self.fonts.width(str(number), BODY, 9), y, str(number), BODY, 9, INK),
            Rectangle(LEFT, y - 4, RIGHT - LEFT, 0.0, None, RULE),
            Link(LEFT, y - 3, RIGHT - LEFT, ROW - 2, to),
        )


def index_pages(forms: int) -> int:
    """Count the pages that the list of forms takes.

    >>> index_pages(17)
    1
    """
    rows = int((TOP - 60 - BOTTOM) / ROW)
    return max(1, -(-forms // rows))
