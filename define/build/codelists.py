"""Codelists of a package: restricted to the terms that its files use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from define.build.package import Described, Package
from define.build.planned import planned_terms
from define.model import (
    Alias,
    CodeList,
    CodeListItem,
    CodeListRef,
    Decode,
    EnumeratedItem,
    ExternalCodeList,
)
from trialkit.codelist import Codelist
from trialkit.column import Column
from trialkit.numerals import texts
from trialkit.rules.coding import Coded

NCI = "nci:ExtCodeID"
COUNTRIES = "COUNTRY"
PAIRS = (("TESTCD", "TEST"), ("PARMCD", "PARM"), ("PARAMCD", "PARAM"), ("QNAM", "QLABEL"))


OF_DATA = ("PARAMCD", "QNAM", "TSPARMCD")


def list_of_data(dataset: str, name: str) -> str:
    """Name the codelist that a variable has of the values that are there; "" for other variables.

    >>> list_of_data("ADLB", "PARAMCD"), list_of_data("DM", "SEX")
    ('ADLB.PARAMCD', '')
    """
    return f"{dataset}.{name}" if name in OF_DATA else ""


@dataclass(slots=True)
class _Use:
    """The terms that the variables of one codelist use, and what they are decoded to."""

    number: bool = False
    values: dict[str, None] = field(default_factory=dict)
    decodes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Codelists:
    """The codelists of a package; what is not used is not in them.

    >>> Codelists(Package(None, None, None, {})).made()
    ()
    """

    package: Package
    uses: dict[str, _Use] = field(default_factory=dict)
    external: dict[str, ExternalCodeList] = field(default_factory=dict)

    def ref(self, described: Described, name: str, column: Column, codelist: str = "") -> CodeListRef | None:
        """Note what a variable uses, and refer to its codelist; None where it has none.

        Args:
            described: the dataset.
            name: the variable.
            column: its values, or those of some records.
            codelist: in place of the variable's own.

        >>> from trialkit.samples import sample_study
        >>> made = Codelists(Package(sample_study(), None, None, {}))
        >>> ex = Described("EX", sample_study().datasets["EX"], None, None, {})
        >>> made.ref(ex, "EXTRT", Column.text(["A"])) is None
        True
        """
        if external := self._dictionary(described, name):
            return CodeListRef(codelist_oid=external)
        key = codelist or self._key(described, name)
        used = [text for text in texts(column.distinct()) if text]
        if self.package.planned:
            used = self._planned(described, name, key)
        if not key or not used:
            return None
        use = self.uses.setdefault(key, _Use(number=column.kind == "number"))
        use.values |= dict.fromkeys(sorted(set(used)))
        use.decodes |= self._pairs(described, name)
        return CodeListRef(codelist_oid=f"CL.{key}")

    def _planned(self, described: Described, name: str, key: str) -> list[str]:
        """Give the terms that the specs name, where there is no file."""
        own = self.package.study.spec.codelists.get(key)
        variable = None if described.companion else described.spec.variables.get(name)
        return planned_terms(variable, self.package.terms.find(key), list(own.terms) if own else [])

    def _key(self, described: Described, name: str) -> str:
        meta = described.metas.get(name)
        if meta and len(meta.codelists) == 1:
            found = self.package.terms.find(meta.codelists[0])
            if found is not None:
                return found.name
        if own := list_of_data(described.name, name):
            return own
        fact = described.facts.find(name) if described.facts else None
        return "_".join(fact.values) if fact and fact.values else ""

    def _pairs(self, described: Described, name: str) -> Mapping[str, str]:
        """Read what codes stand for off the data: a test code and its test, a parameter code and its text."""
        ends = next((pair for pair in PAIRS if name.endswith(pair[0])), None)
        if ends is None or described.table is None:
            return {}
        partner = f"{name.removesuffix(ends[0])}{ends[1]}"
        columns = described.table.columns
        if partner not in columns or name not in columns:
            return {}
        return dict(zip(texts(columns[name]), texts(columns[partner]), strict=True))

    def _dictionary(self, described: Described, name: str) -> str:
        """Refer to the dictionary that codes a variable, or that it names as its codelist."""
        variable, study = described.spec.variables.get(name), self.package.study.spec
        rule = variable.rule if variable else None
        inner = getattr(rule, "values", None) or [rule]
        coded = next((one for one in inner if isinstance(one, Coded)), None)
        named = (
            coded.dictionary if coded else variable.codelist if variable and not described.companion else ""
        )
        if named in study.dictionaries:
            known = study.dictionaries[named]
            made = ExternalCodeList(dictionary=known.dictionary, version=str(known.version))
        elif named in study.external:
            other = study.external[named]
            made = ExternalCodeList(
                dictionary=other.dictionary, version=other.version, href=other.href, ref=other.ref
            )
        elif name == COUNTRIES:
            named, made = "ISO3166", ExternalCodeList(dictionary="ISO 3166-1 alpha-3", version="2020")
        else:
            return ""
        self.external[f"CL.{named}"] = made
        return f"CL.{named}"

    def made(self) -> tuple[CodeList, ...]:
        """Give the codelists that were referred to, by identifier.

        >>> Codelists(Package(None, None, None, {})).made()
        ()
        """
        lists = [self._codelist(key, use) for key, use in self.uses.items()]
        lists += [
            CodeList(oid=oid, name=one.dictionary, data_type="text", external=one)
            for oid, one in self.external.items()
        ]
        return tuple(sorted(lists, key=lambda one: one.oid))

    def _codelist(self, key: str, use: _Use) -> CodeList:
        known = self.package.terms.find(key)
        head: dict[str, Any] = {
            "oid": f"CL.{key}",
            "name": known.label if known and known.label else known.name if known else key,
            "data_type": _data_type(use),
            "standard_oid": f"STD.CT.{known.standard}" if known and known.code else "",
            "is_non_standard": not (known and known.code),
            "aliases": (Alias(context=NCI, name=known.code),) if known and known.code else (),
        }
        decodes = {value: self._decode(known, value, use) for value in use.values}
        if decodes and all(decodes.values()):
            items = [
                CodeListItem(**_term(known, value, order), decode=Decode.of(decodes[value]))
                for order, value in enumerate(_ordered(use, known), 1)
            ]
            return CodeList(**head, coded=tuple(items))
        plain = [
            EnumeratedItem(**_term(known, value, order))
            for order, value in enumerate(_ordered(use, known), 1)
        ]
        return CodeList(**head, enumerated=tuple(plain))

    def _decode(self, known: Codelist | None, value: str, use: _Use) -> str:
        if use.decodes.get(value):
            return use.decodes[value]
        return (self.package.terms.decode(known.name, value) or "") if known else ""


def _data_type(use: _Use) -> str:
    if not use.number:
        return "text"
    return "float" if any("." in value for value in use.values) else "integer"


def _ordered(use: _Use, known: Codelist | None) -> list[str]:
    if use.number:
        return sorted(use.values, key=float)
    return sorted(use.values)


def _term(known: Codelist | None, value: str, order: int) -> dict[str, Any]:
    term = known.by_value.get(value) if known else None
    code = term.code if term else ""
    return {
        "coded_value": value,
        "order_number": order,
        "extended_value": bool(known and known.code and not code),
        "aliases": (Alias(context=NCI, name=code),) if code else (),
    }
