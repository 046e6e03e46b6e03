"""Terminology: the codelists of official packages and what the sponsor adds to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import Field, model_validator

from trialkit.codelist import Codelist as Codelist
from trialkit.codelist import unambiguous
from trialkit.model import Model
from trialkit.packages import NO_PACKAGE, CodelistHead, Package, Term, open_package, read_package
from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal, did_you_mean

NO_CODELIST = Kind(
    "TERM-003",
    "unknown codelist",
    "Name a codelist of the terminology package or of the study.",
    exit=Exit.SPEC,
)
NOT_EXTENSIBLE = Kind(
    "TERM-004",
    "the codelist is not extensible",
    "Map to one of its terms; only synonyms can be added to it.",
    exit=Exit.SPEC,
)
TWO_MEANINGS = Kind(
    "TERM-005",
    "a synonym of two terms",
    "Keep the synonym at one term.",
    exit=Exit.SPEC,
)
# Codelists of short names and of names share the C-codes of their terms (SDTMIG 3.4, 4.2.1).
PAIRED_ENDINGS = (("TC", "TN"), ("PC", "PN"), ("CD", ""))


class SponsorTerm(Model):
    """A term as a study declares it: a decode, synonyms, or both.

    A plain text is the decode and a list is the synonyms.

    >>> SponsorTerm.model_validate(["home", "at home"]).synonyms
    ('home', 'at home')
    >>> SponsorTerm.model_validate("Treatment A").decode
    'Treatment A'
    """

    decode: str = Field("", description="what the term means")
    synonyms: tuple[str, ...] = Field((), description="collected texts that mean the term")

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"decode": given}
        return {"synonyms": given} if isinstance(given, (list, tuple)) else given

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        """Add the short forms to the JSON Schema."""
        return {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, handler(schema)]
        }


class SponsorCodelist(Model):
    """A codelist as a study declares it: its own, or additions to one of the package.

    >>> SponsorCodelist(terms={"A": "Treatment A"}).terms["A"].decode
    'Treatment A'
    """

    label: str = Field("", description="name of the codelist")
    terms: dict[str, SponsorTerm] = Field(description="terms by submission value")


@dataclass(frozen=True, eq=False)
class Terminology:
    r"""The codelists that a study may use: packages in order of precedence, then the sponsor's.

    >>> sdtm = load_terminology("SDTM", "2025-03-28")
    >>> sdtm.codelist("C66731").name, sdtm.codelist("SEX").resolve("female")
    ('SEX', 'F')
    >>> sdtm.decode("LBTESTCD", "ALB"), sdtm.decode("LBTEST", "Albumin"), sdtm.decode("SEX", "M")
    ('Albumin', 'ALB', 'Male')
    """

    packages: tuple[Package, ...] = ()
    sponsor: Mapping[str, Codelist] = field(default_factory=dict)
    _made: dict[str, Codelist] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """List the codelists by name.

        >>> "SEX" in load_terminology("SDTM", "2025-03-28").names
        True
        """
        return sorted({*self.sponsor, *(name for package in self.packages for name in package.names)})

    def find(self, name: str) -> Codelist | None:
        """Find a codelist by submission value or C-code.

        >>> Terminology().find("SEX") is None
        True
        """
        if name in self.sponsor:
            return self.sponsor[name]
        for package in self.packages:
            if head := package.find(name):
                return self.sponsor.get(head.name) or self._kept(package, head)
        return None

    def _kept(self, package: Package, head: CodelistHead) -> Codelist:
        if head.name not in self._made:
            self._made[head.name] = _codelist(package, head)
        return self._made[head.name]

    def codelist(self, name: str, where: Place = Place()) -> Codelist:  # noqa: B008 - immutable
        """Give a codelist by submission value or C-code.

        Raises:
            Refusal: ``TERM-003`` with the nearest name.

        >>> load_terminology("SDTM", "2025-03-28").codelist("LBTESTCDS")
        Traceback (most recent call last):
        trialkit.problems.Refusal: error TERM-003 there is no codelist 'LBTESTCDS'. Did you mean 'LBTESTCD'?
        """
        if codelist := self.find(name):
            return codelist
        hint = did_you_mean(name, self.names)
        raise Refusal([Problem(NO_CODELIST, f"there is no codelist '{name}'", where, hint=hint)])

    def joined(self, other: Terminology) -> Terminology:
        """Add the codelists of another terminology; those of this one come first.

        >>> both = load_terminology("ADaM", "2025-03-28").joined(load_terminology("SDTM", "2025-03-28"))
        >>> both.codelist("DATEFL").standard, both.codelist("SEX").standard
        ('ADaM', 'SDTM')
        """
        return Terminology((*self.packages, *other.packages), {**other.sponsor, **self.sponsor})

    def partner(self, name: str) -> Codelist | None:
        """Find the codelist of names that belongs to one of short names, or the other way round.

        >>> load_terminology("SDTM", "2025-03-28").partner("VSTEST").name
        'VSTESTCD'
        """
        for short, long in PAIRED_ENDINGS:
            for old, new in ((short, long), (long, short)):
                other = name.removesuffix(old) + new if name.endswith(old) else name
                if other != name and (found := self.find(other)):
                    return found
        return None

    def decode(self, name: str, value: str) -> str | None:
        """Give the decode of a value: the term of the partner codelist, else the preferred term.

        >>> load_terminology("SDTM", "2025-03-28").decode("TSPARMCD", "TITLE")
        'Trial Title'
        """
        codelist = self.codelist(name)
        term = codelist.by_value.get(value)
        if term is None:
            return None
        partner = self.partner(codelist.name)
        other = partner.by_code.get(term.code) if partner else None
        return other.value if other else term.preferred or None

    def extended(self, additions: Mapping[str, SponsorCodelist | Mapping[str, Any]]) -> Terminology:
        """Add what a study declares: terms, synonyms, and codelists of its own.

        Args:
            additions: by codelist name (or C-code); see ``SponsorCodelist``.

        Raises:
            Refusal: ``TERM-004`` for a term in a codelist that is not extensible,
                ``TERM-005`` for a synonym of two terms.

        >>> own = {"UNIT": {"terms": {"cells/field": ["c/f"]}}}
        >>> unit = load_terminology("SDTM", "2025-03-28").extended(own).codelist("UNIT")
        >>> unit.resolve("c/f"), unit.by_value["cells/field"].sponsor
        ('cells/field', True)
        """
        found, made = Problems(), dict(self.sponsor)
        for name, given in additions.items():
            addition = SponsorCodelist.model_validate(given)
            base = self.find(name) or Codelist("", name, addition.label or name, True, ())
            made[base.name] = _extended(base, addition, found)
        found.refuse()
        return Terminology(self.packages, made)


def _codelist(package: Package, head: CodelistHead) -> Codelist:
    terms = package.terms(head.name)
    return Codelist(
        head.code, head.name, head.label, head.extensible, terms, package.standard, package.version
    )


def _extended(base: Codelist, addition: SponsorCodelist, found: Problems) -> Codelist:
    terms = dict(base.by_value)
    for value, given in addition.terms.items():
        if value not in terms and not base.extensible:
            what = f"'{value}' cannot be added to codelist {base.name}"
            found.add(Problem(NOT_EXTENSIBLE, what, hint=base.suggest(value)))
        known = terms.get(value, Term(value))
        terms[value] = replace(known, preferred=given.decode or known.preferred)
    pairs = [(text, value) for value, given in addition.terms.items() for text in given.synonyms]
    found.add(*_two_meanings(base.name, pairs))
    return replace(base, terms=tuple(terms.values()), declared={**base.declared, **dict(pairs)})


def _two_meanings(name: str, pairs: list[tuple[str, str]]) -> list[Problem]:
    texts = [text for text, value in unambiguous(pairs).items() if not value]
    return [Problem(TWO_MEANINGS, f"'{text}' is a synonym of two terms of {name}") for text in texts]


def load_terminology(standard: str, version: str, folder: Traversable | None = None) -> Terminology:
    """Load a terminology package.

    Args:
        standard: such as ``SDTM`` or ``ADaM``.
        version: date of the package, ISO 8601.
        folder: where an imported package is; without it, those that come with the toolkit.

    Raises:
        Refusal: ``TERM-001`` when there is none, ``TERM-002`` when it is damaged.

    >>> load_terminology("ADaM", "2025-03-28").codelist("DTYPE").extensible
    True
    """
    return Terminology((open_package(standard, version, folder),))


def read_terminology(file: Traversable) -> Terminology:
    """Read a terminology package file that a study names.

    Raises:
        Refusal: ``TERM-001`` when it cannot be read, ``TERM-002`` when it is damaged.

    >>> from pathlib import Path
    >>> read_terminology(Path("nowhere.tsv.gz"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error TERM-001 nowhere.tsv.gz the terminology package cannot be read. \
Import the official file with `trialkit ct import`.
    """
    try:
        data = file.read_bytes()
    except OSError:
        what = "the terminology package cannot be read"
        raise Refusal([Problem(NO_PACKAGE, what, Place(file.name))]) from None
    return Terminology((read_package(data, file.name),))


def join_terminologies(terminologies: Sequence[Terminology]) -> Terminology:
    """Join several terminologies, the first with precedence.

    >>> join_terminologies([]).names
    []
    """
    joined = Terminology()
    for terminology in terminologies:
        joined = joined.joined(terminology)
    return joined
