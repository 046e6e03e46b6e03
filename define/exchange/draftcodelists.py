"""The codelists of a define as specs say them: by name where the terminology has them, else the sponsor's."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from define.build.codelists import COUNTRIES, list_of_data
from define.check.view import View
from define.exchange.known import Known
from define.exchange.texts import is_number
from define.exchange.yamltext import fits
from define.model import CodeList, ItemDef
from define.model.alias import nci_code
from define.workbook.names import CODELIST, bare
from trialkit.codelist import Codelist
from trialkit.facts import VariableFacts

CODING = ("MedDRA", "WHODrug")
LONG = "names that cannot be a key of a spec: of several lines, of more than 1,000 characters, or include"
PARAMETER = "PARAMCD"  # its codelist is made of the data as well, but what it decodes is the sponsor's own


@dataclass(slots=True)
class Lists:
    """Collects what study.yaml has to say of codelists and dictionaries.

    Args:
        view: the define.
        known: its standard and terminology.
        codelists: those of the sponsor, and additions to others.
        dictionaries: MedDRA and WHODrug.
        external: other dictionaries.
        left: what specs have no place for, with counts.

    >>> from define.exchange.known import known_of
    >>> from define.samples import sample_define
    >>> view = View(sample_define(), "define.xml")
    >>> known, sex = known_of(view, "sdtm"), view.items["IT.DM.SEX"]
    >>> Lists(view, known).of("DM", sex, known.facts("DM").find("SEX"))
    ''
    """

    view: View
    known: Known
    codelists: dict[str, dict[str, Any]] = field(default_factory=dict)
    dictionaries: dict[str, dict[str, str]] = field(default_factory=dict)
    external: dict[str, dict[str, str]] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)

    def of(self, dataset: str, item: ItemDef, fact: VariableFacts | None) -> str:
        """Give the codelist that a spec has to name for a variable; "" where it has it anyway, or none.

        Args:
            dataset: the dataset.
            item: the variable, or a value level of it.
            fact: what the standard says of the variable.

        >>> from define.exchange.known import known_of
        >>> from define.samples import sample_define
        >>> view = View(sample_define(), "define.xml")
        >>> Lists(view, known_of(view, "sdtm")).of("DM", view.items["IT.DM.SEX"], None)
        'SEX'
        """
        one = self.view.codelists.get(item.codelist.codelist_oid) if item.codelist else None
        if one is None:
            return ""
        oid = bare(one.oid, CODELIST)
        if not fits(oid):
            self.left[LONG] += 1
            return ""
        if one.external is not None:
            return self._dictionary(oid, item.name, one)
        usual, named = self.known.codelist_of(dataset, item.name, fact), self._named(one, oid)
        own = named.name if named else oid
        if own == usual and item.name != PARAMETER:
            if named:
                self._add(named, one)
            return ""
        if named:
            self._add(named, one)
        elif item.name == PARAMETER or not list_of_data(dataset, item.name):
            label = {"label": one.name} if one.name and one.name != oid else {}
            fit = [term for term in one.terms if fits(term.coded_value)]
            self.left[LONG] += len(one.terms) - len(fit)
            terms = {term.coded_value: getattr(term, "decoded", "") or [] for term in fit}
            self.codelists[oid] = {**label, "terms": terms}
        return own

    def _named(self, one: CodeList, oid: str) -> Codelist | None:
        code = nci_code(one.aliases)
        return (self.known.terms.find(code) if code else None) or self.known.terms.find(oid)

    def _add(self, named: Codelist, one: CodeList) -> None:
        """Add terms that the terminology lacks, and decodes that it has not."""
        for term in one.terms:
            value, decoded = term.coded_value, getattr(term, "decoded", "")
            if value not in named.by_value and not named.extensible:
                self.left["terms that a closed codelist of the terminology lacks"] += 1
                continue
            usual = self.known.terms.decode(named.name, value) if value in named.by_value else None
            new = value not in named.by_value and (decoded or not is_number(value))
            if not fits(value):
                self.left[LONG] += 1
            elif new or (decoded and decoded != usual):
                mine = self.codelists.setdefault(named.name, {"terms": {}})["terms"]
                mine[value] = decoded or mine.get(value) or []

    def _dictionary(self, oid: str, variable: str, one: CodeList) -> str:
        assert one.external is not None, "a codelist that was found to be external"
        said = one.external
        if variable == COUNTRIES and oid == "ISO3166":
            return ""
        if said.dictionary in CODING and said.version and not (said.href or said.ref):
            self.dictionaries[oid] = {"dictionary": said.dictionary, "version": said.version}
            return oid
        pairs = (("dictionary", said.dictionary or one.name or oid), ("version", said.version))
        more = (("href", said.href), ("ref", said.ref))
        self.external[oid] = {key: text for key, text in (*pairs, *more) if text}
        return oid
