"""Lines of a drafted trial summary, and what they need to be coded."""

from __future__ import annotations

from dataclasses import dataclass, field

from sdtm.checks.design import TSVAL
from sdtm.registry.record import Record
from sdtm.registry.texts import plain
from trialkit.terms import Terminology

# CDISC CT, TSPARMCD: parameters that are answered yes or no, beside those that the checks know.
CODELISTS = {**dict.fromkeys(["ADAPT", "DMCIND", "FDADEIND", "FDADRIND", "ONGOSIND"], "NY"), **TSVAL}
NO_INFORMATION, NOT_APPLICABLE, NO_LIMIT = "NI", "NA", "PINF"  # ISO 21090 null flavors
UNSAID = "the record does not say"


@dataclass(frozen=True, slots=True)
class Line:
    """One record of TS before it is written.

    Args:
        parameter: TSPARMCD.
        value: TSVAL; however long.
        null: TSVALNF.
        codelist: the codelist whose term the value is.
        reference: TSVCDREF, where it is not the terminology of that codelist.
        code: TSVALCD in that reference.
        group: TSGRPID.
        source: where the value comes from.
        decide: what a person has to decide.

    >>> Line("NARMS", "1").null
    ''
    """

    parameter: str
    value: str = ""
    null: str = ""
    codelist: str = ""
    reference: str = ""
    code: str = ""
    group: str = ""
    source: str = ""
    decide: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A record and the lines that are drafted from it.

    Args:
        record: the study record.
        terms: the terminology that values are coded with.
        lines: the lines so far.

    >>> from sdtm.registry.record import Record
    >>> Draft(Record.model_construct(nct="NCT00000001"), Terminology()).lines
    []
    """

    record: Record
    terms: Terminology
    lines: list[Line] = field(default_factory=list)

    def source(self, name: str) -> str:
        """Name a field of the record as the source of a value.

        >>> draft = Draft(Record.model_construct(nct="NCT00000001"), Terminology())
        >>> draft.source("title")
        'NCT00000001 officialTitle'
        """
        return f"{self.record.nct} {Record.field(name)}"

    def add(self, parameter: str, value: str, name: str = "", **more: str) -> None:
        """Add a line; without a value it has the null flavor NI and a decision.

        >>> draft = Draft(Record.model_construct(nct="NCT00000001"), Terminology())
        >>> draft.add("SPONSOR", "", "sponsor"); draft.lines[0].decide
        'the record does not say'
        """
        if name:
            more["source"] = self.source(name)
        if not value and not more.get("null"):
            kept = {"group": more.get("group", ""), "decide": more.get("decide") or UNSAID}
            more = {**kept, "null": NO_INFORMATION}
        text = plain(value)
        if not text.isascii():
            more["decide"] = "; ".join(one for one in (more.get("decide"), "write it in ASCII") if one)
        self.lines.append(Line(parameter, text, **more))

    def code(self, parameter: str, text: str, name: str = "", **more: str) -> None:
        """Add a line whose value is a term; a text without a term is left to a person.

        >>> from trialkit.terms import load_terminology
        >>> draft = Draft(Record.model_construct(nct="NCT00000001"), load_terminology("SDTM", "2025-03-28"))
        >>> draft.code("TPHASE", "Phase II trial", "phases"); draft.lines[0].value, draft.lines[0].codelist
        ('PHASE II TRIAL', 'TPHASE')
        """
        codelist = self.terms.codelist(CODELISTS[parameter])
        value = codelist.resolve(text) if text else None
        if text and value is None:
            said = f"no term of {codelist.name} for '{plain(text)}' of the record"
            more = {"null": NO_INFORMATION, "decide": said}
        self.add(parameter, value or "", name, **({"codelist": codelist.name} if value else {}), **more)

    def yes_no(self, parameter: str, answer: bool | None, name: str = "", **more: str) -> None:
        """Add an answer, Y or N.

        >>> from trialkit.terms import load_terminology
        >>> draft = Draft(Record.model_construct(nct="NCT00000001"), load_terminology("SDTM", "2025-03-28"))
        >>> draft.yes_no("RANDOM", False); draft.lines[0].value
        'N'
        """
        self.code(parameter, "" if answer is None else "Y" if answer else "N", name, **more)
