"""Codelists, and how a collected text becomes one of their submission values."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trialkit.packages import Term
from trialkit.problems import did_you_mean


def folded(text: str) -> str:
    """Fold a text for comparison without case, width and repeated spaces.

    >>> folded("  Ｍale  ")
    'male'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, eq=False)
class Codelist:
    """One codelist.

    Args:
        code: NCI C-code; empty for a codelist of the sponsor.
        name: submission value of the codelist, such as ``SEX``.
        label: full name.
        extensible: whether a sponsor may add terms.
        terms: in the order of the official file, then the sponsor's.
        standard: the standard whose package holds it; empty for a codelist of the sponsor.
        version: the version of that package.
        declared: texts that the study says mean a term; they outrank the package's synonyms.

    >>> terms = (Term("F", "C16576", "Female"), Term("M", "C20197", "Male"))
    >>> sex = Codelist("C66731", "SEX", "Sex", False, terms)
    >>> sex.resolve("female"), sex.resolve("m"), sex.resolve("?")
    ('F', 'M', None)
    """

    code: str
    name: str
    label: str
    extensible: bool
    terms: tuple[Term, ...]
    standard: str = ""
    version: str = ""
    declared: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_value(self) -> dict[str, Term]:
        """Give the terms by submission value.

        >>> Codelist("", "X", "", True, (Term("A"),)).by_value["A"].sponsor
        True
        """
        return {term.value: term for term in self.terms}

    @cached_property
    def by_code(self) -> dict[str, Term]:
        """Give the official terms by C-code.

        >>> Codelist("", "X", "", True, (Term("A", "C1"), Term("B"))).by_code.keys()
        dict_keys(['C1'])
        """
        return {term.code: term for term in self.terms if term.code}

    @property
    def values(self) -> tuple[str, ...]:
        """List the submission values.

        >>> Codelist("", "X", "", True, (Term("A"), Term("B"))).values
        ('A', 'B')
        """
        return tuple(self.by_value)

    @cached_property
    def _folded_values(self) -> dict[str, str]:
        return unambiguous((folded(term.value), term.value) for term in self.terms)

    @cached_property
    def _synonyms(self) -> dict[str, str]:
        return unambiguous((name, term.value) for term in self.terms for name in _names(term))

    @cached_property
    def _folded_synonyms(self) -> dict[str, str]:
        return unambiguous((folded(name), term.value) for term in self.terms for name in _names(term))

    @cached_property
    def _folded_declared(self) -> dict[str, str]:
        return unambiguous((folded(name), value) for name, value in self.declared.items())

    def resolve(self, text: str, synonyms: bool = True, case: bool = False) -> str | None:
        """Find the submission value that a text means.

        The submission value as it is comes first, then what the study declares, then the
        submission value without regard to case, width and spaces, then synonyms, preferred
        terms and decodes. A text that fits two terms in one step means none.

        Args:
            text: the collected text.
            synonyms: whether synonyms, preferred terms and decodes count.
            case: whether case has to agree.

        >>> terms = (Term("ug", "C1", "Microgram", ("mcg",)), Term("Pa"), Term("PA"))
        >>> unit = Codelist("", "UNIT", "", True, terms)
        >>> unit.resolve("mcg"), unit.resolve("MCG", case=True), unit.resolve("pa")
        ('ug', None, None)
        """
        if text in self.by_value:
            return text
        for key, table in self._steps(text, synonyms, case):
            if key in table:
                return table[key] or None
        return None

    def _steps(self, text: str, synonyms: bool, case: bool) -> Iterator[tuple[str, Mapping[str, str]]]:
        yield text, self.declared
        if not case:
            yield folded(text), self._folded_declared
            yield folded(text), self._folded_values
        if synonyms:
            yield text, self._synonyms
        if synonyms and not case:
            yield folded(text), self._folded_synonyms

    def code_of(self, value: str) -> str | None:
        """Give the C-code of a submission value; None for an unknown or a sponsor's value.

        >>> Codelist("", "X", "", True, (Term("A", "C1"),)).code_of("A")
        'C1'
        """
        term = self.by_value.get(value)
        return term.code or None if term else None

    def suggest(self, text: str) -> str:
        """Say which submission value a text might mean.

        >>> Codelist("", "X", "", True, (Term("ORAL", "C1", "By Mouth"),)).suggest("by mouht")
        "Did you mean 'ORAL' (By Mouth)?"
        >>> Codelist("", "X", "", True, (Term("Y"), Term("N"))).suggest("perhaps")
        'Known: N, Y.'
        """
        named = {name: value for name, value in {**self._synonyms, **self.declared}.items() if value}
        said = did_you_mean(text, self.values)
        if said.startswith("Did you mean") or not named:
            return said
        near = did_you_mean(text, named)
        if not near.startswith("Did you mean"):
            return said
        name = near[len("Did you mean '") : -len("'?")]
        return f"Did you mean '{named[name]}' ({name})?"


def _names(term: Term) -> list[str]:
    return [name for name in (*term.synonyms, term.preferred) if name]


def unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Make a table of pairs; a key that has two values gets the empty one.

    >>> unambiguous([("a", "x"), ("b", "y"), ("a", "z")])
    {'a': '', 'b': 'y'}
    """
    table: dict[str, str] = {}
    for key, value in pairs:
        table[key] = value if table.get(key, value) == value else ""
    return table
