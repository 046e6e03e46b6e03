"""The annotated CRF of a study: built, written, and asked where a variable or a field stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from define.acrf.annotations import Annotation
from define.acrf.content import FormContent, Writer
from define.acrf.cover import LEGEND, About, Cover, index_pages
from define.acrf.draw import Description, pdf_of
from define.acrf.fonts import Fonts, packaged_font
from define.acrf.forms import Forms, headers_of, known_headers, load_forms
from define.acrf.mapped import Headers, Mapped
from define.acrf.names import Names
from define.acrf.outline import outline
from define.acrf.place import FormPlacer
from define.acrf.shapes import Anchor, Page
from define.whole import write_whole
from trialkit.dataflow import Leaf, flows, read_columns
from trialkit.own import standard_of
from trialkit.paths import safe_path
from trialkit.spec import StudySpec
from trialkit.study import Study, load_study


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the content of one field goes to one variable.

    >>> Spot(Annotation("DM", "SEX"), "SUBJ", "SEX", "SUBJ.SEX", 3).page
    3
    """

    annotation: Annotation
    source: str
    column: str
    destination: str
    page: int


@dataclass(frozen=True, slots=True)
class Acrf:
    """An annotated CRF that was written.

    Args:
        file: the PDF file.
        pages: how many pages it has.
        forms: its forms.
        spots: where the variables stand, in the order of the pages.
        destinations: the names of destinations, by source and column; "" for the form.
        first_pages: the page of each destination.

    >>> Acrf(Path("acrf.pdf"), 3).pages_of("DM", "SEX")
    []
    """

    file: Path
    pages: int
    forms: tuple[FormContent, ...] = ()
    spots: tuple[Spot, ...] = ()
    destinations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    first_pages: Mapping[str, int] = field(default_factory=dict)

    def pages_of(self, dataset: str, variable: str, when: Mapping[str, str] | None = None) -> list[int]:
        """Give the pages on which a variable is annotated; none for one that no field goes to.

        Args:
            dataset: the dataset, or SUPP and its name for a supplemental qualifier.
            variable: the variable, or QNAM.
            when: for value level: what the records have, such as VSTESTCD TEMP.

        >>> spot = Spot(Annotation("DM", "SEX"), "SUBJ", "SEX", "SUBJ.SEX", 3)
        >>> Acrf(Path("acrf.pdf"), 3, spots=(spot,)).pages_of("DM", "SEX")
        [3]
        """
        return sorted({spot.page for spot in self._spots(dataset, variable, when or {})})

    def destinations_of(
        self, dataset: str, variable: str, when: Mapping[str, str] | None = None
    ) -> list[str]:
        """Give the named destinations of the fields whose content goes to a variable, in order of the pages.

        >>> spot = Spot(Annotation("DM", "SEX"), "SUBJ", "SEX", "SUBJ.SEX", 3)
        >>> Acrf(Path("acrf.pdf"), 3, spots=(spot,)).destinations_of("DM", "SEX")
        ['SUBJ.SEX']
        """
        found = (spot.destination for spot in self._spots(dataset, variable, when or {}))
        return list(dict.fromkeys(found))

    def destination_of(self, source: str, column: str = "") -> str:
        """Give the named destination of a form, or of a field.

        Raises:
            KeyError: there is no such form or field.

        >>> Acrf(Path("acrf.pdf"), 3, destinations={("SUBJ", ""): "SUBJ"}).destination_of("SUBJ")
        'SUBJ'
        """
        return self.destinations[(source, column)]

    @property
    def places(self) -> dict[tuple[str, str], tuple[int, str]]:
        """Give the page number and the named destination of every form and field, by source and column.

        >>> Acrf(Path("a.pdf"), 3, destinations={("SUBJ", ""): "SUBJ"}, first_pages={"SUBJ": 3}).places
        {('SUBJ', ''): (3, 'SUBJ')}
        """
        return {key: (self.first_pages[name], name) for key, name in self.destinations.items()}

    def _spots(self, dataset: str, variable: str, when: Mapping[str, str]) -> Iterator[Spot]:
        for spot in self.spots:
            one = spot.annotation
            named = dataset in (one.dataset, f"SUPP{one.dataset}" if one.supplemental else one.dataset)
            fits = all(when.get(name, values[0]) in values for name, values in one.when)
            if named and one.variable == variable and fits:
                yield spot


def build(study: Study, raw: Path | Headers, out: Path) -> Acrf:
    """Write the annotated CRF of a study.

    Args:
        study: the specs of its SDTM datasets; forms.yaml beside them says what the forms look like.
        raw: the folder with the raw files, or the columns of each source with their labels.
        out: the PDF file to write.

    Raises:
        Refusal: for files that can't be read, and for what is wrong with forms.yaml; PUB-003,
            the file cannot be written.

    >>> import tempfile
    >>> from trialkit.samples import sample_study
    >>> study, folder = sample_study(), Path(tempfile.mkdtemp())
    >>> acrf = build(study, study.folder / "raw", folder / "acrf.pdf")
    >>> acrf.pages_of("VS", "VSORRES"), acrf.destinations_of("VS", "VSORRES", {"VSTESTCD": "SYSBP"})
    ([5], ['VITALS.SYS'])
    """
    known = headers_of(study, raw) if isinstance(raw, Path) else raw
    forms = load_forms(study, known)
    headers = known_headers(study, forms, known, read_columns(flows(study, known).values()))
    standard = standard_of("sdtm", study.spec.standard.version)
    writer = Writer(Mapped(study, headers), headers, forms, standard)
    contents = writer.all()
    fonts = Fonts.of(_texts(contents, study.spec, forms), _other_font(study, forms))
    names = Names()
    placed = [FormPlacer(form, fonts, names).placed() for form in contents]
    numbers = _numbers(placed, 1 + index_pages(len(contents)))
    targets = {form.source: (names.of(form.source), numbers[names.of(form.source)]) for form in contents}
    cover = Cover(_about(study.spec, forms, contents, fonts), fonts).placed(contents, targets)
    pages = [*cover, *(page for part in placed for page in part)]
    entries = outline(contents, {source: name for source, (name, _) in targets.items()}, forms.all_visits())
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, pdf_of(pages, entries, fonts, _description(study.spec, forms)))
    spots = tuple(_spots(writer, contents, names, numbers))
    return Acrf(out, len(pages), tuple(contents), spots, dict(names.found), numbers)


def build_from(specs: Path, raw: Path, out: Path) -> Acrf:
    """Write the annotated CRF of the study in a folder.

    Raises:
        Refusal: the problems of the specs and of the files.

    >>> build_from(Path("nowhere"), Path("raw"), Path("acrf.pdf"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error STUDY-001 there is no study.yaml in 'nowhere'. ...
    """
    standard = standard_of("sdtm")
    return build(load_study(specs, standard.folder, ("trialkit.rules", *standard.rules)), raw, out)


def _texts(contents: Sequence[FormContent], spec: StudySpec, forms: Forms) -> Iterator[str]:
    yield from (spec.study, spec.title, forms.title, forms.version, spec.extract)
    yield from (box.text for box, _ in LEGEND)
    for form in contents:
        yield from (form.title, form.original, *form.about, *(box.text for box in form.heads))
        for title, fields in form.sections:
            yield title
            for one in fields:
                yield from (one.column, one.label, one.original, *(box.text for box in one.boxes))


def _other_font(study: Study, forms: Forms) -> Path | None:
    return safe_path(study.folder, forms.font) if forms.font else packaged_font()


def _numbers(placed: Sequence[Sequence[Page]], before: int) -> dict[str, int]:
    """Number the pages; gives that of each destination."""
    pages = [page for part in placed for page in part]
    return {
        shape.name: number
        for number, page in enumerate(pages, before + 1)
        for shape in page.shapes
        if isinstance(shape, Anchor)
    }


def _about(spec: StudySpec, forms: Forms, contents: Sequence[FormContent], fonts: Fonts) -> About:
    standard = spec.standard
    lines = [
        f"Version of the forms: {forms.version}" if forms.version else "",
        f"Extract: {spec.extract}" if spec.extract else "",
        f"Standard: {standard.name} {standard.version}, terminology {standard.terminology}",
        f"Created: {spec.created:%Y-%m-%d}",
    ]
    unseen = not all(
        fonts.has(text)
        for form in contents
        for text in (form.original, *(one.original for _, fields in form.sections for one in fields))
    )
    note = "Labels in the language of the forms are left out where no font has their letters."
    return About(spec.study, forms.title or spec.title, tuple(filter(None, lines)), (note,) if unseen else ())


def _description(spec: StudySpec, forms: Forms) -> Description:
    title = f"{spec.study}: annotated case report form"
    version = f"version {forms.version}" if forms.version else ""
    footer = "  ·  ".join(filter(None, (spec.study, "Annotated CRF", version, spec.extract)))
    return Description(title, spec.study, footer, spec.created)


def _spots(
    writer: Writer, contents: Sequence[FormContent], names: Names, numbers: Mapping[str, int]
) -> Iterator[Spot]:
    for form in contents:
        for column in (one.column for _, fields in form.sections for one in fields):
            name = names.of(form.source, column)
            for annotation in writer.annotations.get(Leaf(form.source, column), []):
                yield Spot(annotation, form.source, column, name, numbers[name])
