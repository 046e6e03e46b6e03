"""The code of a term: what identifies a submission value in its terminology."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from trialkit.codelist import Codelist
from trialkit.column import Column
from trialkit.context import Context
from trialkit.numerals import as_text
from trialkit.problems import Kind
from trialkit.rule import Value, VariableRule
from trialkit.rules.evaluate import on_combinations, to_texts

UNKNOWN = Kind(
    "TERM-112", "value is no term of the codelist", "Use a submission value, or add it in study.yaml."
)
NONE_SUCH = "?"


class TermCode(VariableRule):
    """The {give} of {term_code} in codelist {in}.

    The C-code of a submission value, or the version of the terminology that has it (TSVALCD and
    TSVCDVER; SDTMIG 3.4, section 7.4). The codelist is a text in quotes, or a column that names one
    for each record. Without a value or a codelist, and for a sponsor's own term, it is missing.

    >>> TermCode(term_code="SEX", **{"in": "'SEX'"}).sentence()
    "The code of SEX in codelist 'SEX'."
    """

    origin = "Assigned"

    of: Value = Field(alias="term_code", description="the submission value")
    lists: Value = Field(alias="in", description="the codelist, by submission value or C-code")
    give: Literal["code", "version"] = Field("code", description="what of the term: code, version")

    example: ClassVar[str] = """TSVALCD: {term_code: TSVAL, in: CODELIST}
TSVCDVER: {term_code: TSVAL, in: CODELIST, give: version}
"""

    def apply(self, context: Context) -> Column:
        """Find the code of each distinct value and codelist; TERM-112 for values that are no terms.

        Raises:
            Refusal: TERM-003 for a codelist that there is not.

        >>> TermCode(term_code="SEX", **{"in": "'SEX'"}).give
        'code'
        """
        column, names = as_text(context.value(self.of)), as_text(context.value(self.lists))
        terms = context.store.terms
        assert terms is not None, "no terminology"
        used = [name for name in names.distinct().values.tolist() if name]
        lists = {name: terms.codelist(name, self.place("in")) for name in used}
        pairs = [column, names]
        made = on_combinations(pairs, context.count, lambda value, name: self._found(value, name, lists))
        what = f"{self.of.sentence().rstrip('.')} has values that are no terms of their codelist"
        context.report(UNKNOWN, what, made.where(NONE_SUCH.__eq__), column, self)
        return to_texts(made, lambda text: "" if text == NONE_SUCH else text)

    def _found(self, value: str, name: str, lists: dict[str, Codelist]) -> str:
        if not value or not name:
            return ""
        term = lists[name].by_value.get(value)
        if term is None:
            return NONE_SUCH
        return term.code if self.give == "code" or term.sponsor else lists[name].version
