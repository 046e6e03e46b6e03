"""Rules that turn collected texts into terms."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from trialkit.codelist import Codelist, folded
from trialkit.column import Column, Mask
from trialkit.context import Context
from trialkit.numerals import as_text
from trialkit.problems import Exit, Kind, Problem, Refusal, did_you_mean
from trialkit.rule import Rule, Value, VariableRule
from trialkit.rules.evaluate import severity_of, to_texts

NO_CODELIST = Kind(
    "TERM-101", "no codelist", "Name one with `codelist:`; the variable has none.", exit=Exit.SPEC
)
NO_TERM = Kind(
    "TERM-102", "a mapped value is no term", "Map to a term, or add it to study.yaml.", exit=Exit.SPEC
)
CLOSED = Kind(
    "TERM-103",
    "unmapped texts can't be kept",
    "The codelist is not extensible: map them, or use `unmapped: query`.",
    exit=Exit.SPEC,
)
UNMAPPED = Kind(
    "TERM-110",
    "text is no term of the codelist",
    "Map it with `map:`, or add a synonym or a term under `codelists` in study.yaml.",
)
NO_DECODE = Kind("TERM-111", "term has no decode", "Give the term a decode in study.yaml.")
NOT_LISTED = Kind(
    "VAL-003", "value is not in the map", "Add it to `map:`, or say in `unmapped` what it does."
)


class Code(VariableRule):
    """Submission value of {code}[ in codelist {codelist}].

    A text is looked for in `map`, then among the submission values, then among synonyms, preferred
    terms and decodes, without regard to case, width and blanks. A text that is found nowhere is
    never changed into a term. Controlled terminology: SDTMIG 3.4, section 4.3.

    >>> Code(code="GENDER", codelist="SEX").sentence()
    'Submission value of GENDER in codelist SEX.'
    """

    origin = ""

    of: Value = Field(alias="code", description="the collected text")
    codelist: str = Field("", description="codelist, by submission value or C-code; default: the variable's")
    terms: dict[str, str] = Field(
        {}, alias="map", description="collected text: submission value; an empty one means missing"
    )
    synonyms: bool = Field(True, description="synonyms, preferred terms and decodes count")
    match_case: bool = Field(False, description="case has to agree")
    unmapped: Literal["error", "query", "keep"] = Field(
        "error",
        description="what a text without a term does: error; query (value missing); keep (as collected, "
        "only where the codelist is extensible)",
    )

    also: ClassVar[str] = (
        "[ ({map})][{synonyms=false}, by submission value alone][{match_case=true}, in the same case]"
        "[{unmapped=keep}, other texts as collected]"
    )
    example: ClassVar[str] = "SEX: {code: GENDER, codelist: SEX, map: {Man: M}, unmapped: query}"

    def apply(self, context: Context) -> Column:
        """Find the term of each distinct text; TERM-110 for texts without one.

        Raises:
            Refusal: TERM-003 and TERM-101 to TERM-103 when codelist, map and policy don't fit.

        >>> Code(code="GENDER").unmapped
        'error'
        """
        column = as_text(context.value(self.of))
        codelist = self._codelist(context)
        self._check(codelist)
        found = {text: self._found(text, codelist, context) for text in column.distinct().values.tolist()}
        unmapped = column.where(lambda text: found.get(text, "") is None)
        if self.unmapped == "keep":
            return to_texts(column, lambda text: text if found[text] is None else found[text] or "")
        what = f"{self.of.sentence().rstrip('.')} has texts that are no terms of codelist {codelist.name}"
        hint, severity = suggestion(column, unmapped, codelist), severity_of(self.unmapped)
        context.report(UNMAPPED, what, unmapped, column, self, severity=severity, hint=hint)
        return to_texts(column, lambda text: found[text] or "")

    def ready(self, context: Context) -> None:
        """Check the codelist, the map and what happens to unmapped texts.

        >>> from trialkit.records import Records
        >>> from trialkit.samples import sample_context
        >>> wrong = Code(code="GENDER", codelist="SEX", map={"W": "X"})
        >>> wrong.ready(sample_context(Records({}, 0)))
        Traceback (most recent call last):
        trialkit.problems.Refusal: error TERM-102 'X' is no term of codelist SEX. ...
        """
        self._check(self._codelist(context))

    def _codelist(self, context: Context) -> Codelist:
        return codelist_of(self, self.codelist, context)

    def _check(self, codelist: Codelist) -> None:
        place = self.place("map")
        wrong = [term for term in self.terms.values() if term and term not in codelist.by_value]
        what = f"is no term of codelist {codelist.name}"
        found = [Problem(NO_TERM, f"'{one}' {what}", place, hint=codelist.suggest(one)) for one in wrong]
        if self.unmapped == "keep" and not codelist.extensible:
            found.append(Problem(CLOSED, f"codelist {codelist.name} is closed", self.place("unmapped")))
        if found:
            raise Refusal(found)

    def _found(self, text: str, codelist: Codelist, context: Context) -> str | None:
        if text in self.terms or not text:
            return self.terms.get(text, "")
        if not self.match_case:
            for key, term in self.terms.items():
                if folded(key) == folded(text):
                    return term
        return self._term(text, codelist, context)

    def _term(self, text: str, codelist: Codelist, context: Context) -> str | None:
        return codelist.resolve(text, self.synonyms, self.match_case)


def codelist_of(rule: Rule, name: str, context: Context) -> Codelist:
    """Give the codelist that a rule names, else the variable's.

    Raises:
        Refusal: TERM-101 when neither names one, TERM-003 when there is no such codelist.

    >>> from trialkit.records import Records
    >>> from trialkit.samples import sample_context
    >>> codelist_of(Rule(), "SEX", sample_context(Records({}, 0))).code
    'C66731'
    >>> codelist_of(Rule(), "", sample_context(Records({}, 0), variable="SEX"))
    Traceback (most recent call last):
    trialkit.problems.Refusal: error TERM-101 SEX has no codelist. Its codelists are SEX: name one ...
    """
    if not name and not context.own_codelist:
        what = f"{context.variable} has no codelist"
        raise Refusal([Problem(NO_CODELIST, what, rule.place(), hint=_several(rule, context))])
    return context.codelist(name)


def _several(rule: Rule, context: Context) -> str:
    """Say with which key to name a codelist, and those that the standard has for the variable."""
    key = "codelist" if "codelist" in type(rule).model_fields else "of_codelist"
    facts = context.store.facts
    dataset = facts.find(context.dataset) if facts else None
    one = dataset.find(context.variable) if dataset else None
    names = [context.codelist(code).name for code in one.codelists] if one else []
    known = f"Its codelists are {', '.join(names)}: name" if names else "Name"
    return f"{known} one with `{key}:`."


def suggestion(column: Column, mask: Mask, codelist: Codelist) -> str:
    """Suggest a term for the most frequent of the marked texts, without saying the text.

    >>> from trialkit.packages import Term
    >>> import numpy as np
    >>> route = Codelist("", "ROUTE", "Route", True, (Term("ORAL"),))
    >>> suggestion(Column.text(["orl", "x", "orl"]), np.array([True, True, True]), route)
    "2 distinct texts; the most frequent: did you mean 'ORAL'?"
    """
    texts = column.take(mask).distinct()
    if not len(texts.values):
        return ""
    most = texts.values[texts.counts().argmax()]
    said = codelist.suggest(most)
    several = f"{len(texts.values)} distinct texts" if len(texts.values) > 1 else ""
    if not said.startswith("Did you mean"):
        return f"{several or 'One text'}, listed in problems.csv. {UNMAPPED.fix}"
    return f"{several}; the most frequent: {said[0].lower()}{said[1:]}" if several else said


class Decode(VariableRule):
    """Decode of {decode}[ in codelist {of_codelist}].

    The name that belongs to a short name (--TEST to --TESTCD, SDTMIG 3.4, section 4.2.1), or the
    short name that belongs to a name: the term of the partner codelist with the same C-code, else
    the term's own decode or preferred term.

    >>> Decode(decode="LBTESTCD").sentence()
    'Decode of LBTESTCD.'
    """

    origin = "Assigned"

    of: Value = Field(alias="decode", description="the submission value")
    of_codelist: str = Field(
        "", description="codelist of the submission values; default: the partner of the variable's codelist"
    )

    example: ClassVar[str] = "LBTEST: {decode: LBTESTCD, of_codelist: LBTESTCD}"

    def apply(self, context: Context) -> Column:
        """Decode each distinct value; TERM-111 for values without a decode.

        Raises:
            Refusal: TERM-101 when there is no codelist to decode by.

        >>> Decode(decode="LBTESTCD").of_codelist
        ''
        """
        column, name = as_text(context.value(self.of)), self._codelist(context).name
        terms = context.store.terms
        assert terms is not None, "no terminology"
        found = {text: terms.decode(name, text) if text else "" for text in column.distinct().values.tolist()}
        bad = column.where(lambda text: found.get(text, "") is None)
        what = f"{self.of.sentence().rstrip('.')} has terms without a decode in codelist {name}"
        context.report(NO_DECODE, what, bad, column, self)
        return to_texts(column, lambda text: found[text] or "")

    def ready(self, context: Context) -> None:
        """Check the codelist.

        >>> Decode(decode="LBTESTCD").of_codelist
        ''
        """
        self._codelist(context)

    def _codelist(self, context: Context) -> Codelist:
        own = codelist_of(self, self.of_codelist, context)
        if self.of_codelist or context.store.terms is None:
            return own
        return context.store.terms.partner(own.name) or own


class Recode(VariableRule):
    """{recode} recoded ({map}).

    Whole values are compared as they are. An entry for the empty text gives missing values a value.

    >>> Recode(recode="CGI", map={"NO CHANGE": "4"}).sentence()
    'CGI recoded (NO CHANGE: 4).'
    """

    origin = ""

    of: Value = Field(alias="recode", description="the value")
    values: dict[str, str] = Field(alias="map", min_length=1, description="value: what stands in its place")
    ignore_case: bool = Field(False, description="case, width and blanks don't count in the comparison")
    unmapped: Literal["error", "query", "keep", "missing"] = Field(
        "error",
        description="what a value that is not in the map does: error; query (value missing); "
        "keep (as it is); missing",
    )

    also: ClassVar[str] = "[{ignore_case=true}, in any case][{unmapped=keep}, other values as they are]"
    example: ClassVar[str] = """ARM:
  recode: PLANNED_ARM
  map: {Xan High: Xanomeline High Dose, Xan Low: Xanomeline Low Dose}
  unmapped: keep
"""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        seen: dict[str, str] = {}
        for value in self.values if self.ignore_case else ():
            if folded(value) in seen:
                raise ValueError(f"'{seen[folded(value)]}' and '{value}' are one value in any case")
            seen[folded(value)] = value
        return self

    def apply(self, context: Context) -> Column:
        """Look each distinct value up; VAL-003 for values that are not in the map.

        >>> Recode(recode="A", map={"1": "Y"}).unmapped
        'error'
        """
        column = as_text(context.value(self.of))
        fold = folded if self.ignore_case else str
        known = {fold(value): other for value, other in self.values.items()}
        found = {
            text: known.get(fold(text), None if text else "") for text in column.distinct().values.tolist()
        }
        unmapped = column.where(lambda text: found.get(text, "") is None)
        if self.unmapped in ("error", "query"):
            what = f"{self.of.sentence().rstrip('.')} has values that are not in the map"
            hint, severity = did_you_mean("", self.values), severity_of(self.unmapped)
            context.report(NOT_LISTED, what, unmapped, column, self, severity=severity, hint=hint)
        keep = self.unmapped == "keep"
        return to_texts(
            column, lambda text: (text if keep else "") if found[text] is None else found[text] or ""
        )
