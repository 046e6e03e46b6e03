"""Coding with a dictionary: from a text or code to the terms above it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from trialkit.codelist import folded
from trialkit.column import Column, combine
from trialkit.context import NO_TABLE, Context
from trialkit.numerals import as_text
from trialkit.problems import Kind, Problem, Refusal, did_you_mean
from trialkit.records import Records
from trialkit.rule import Reference, TableName, Value, VariableRule
from trialkit.rules.evaluate import severity_of

UNCODED = Kind(
    "DICT-010",
    "a text is not in the dictionary",
    "Code it: add it to the `synonyms` of the dictionary; all such texts are in uncoded.csv.",
)
AMBIGUOUS = Kind(
    "DICT-011",
    "several entries of the dictionary fit a text",
    "Code by the code with `by: code`, or say with `path` which hierarchy counts.",
)


class Coded(VariableRule):
    """{give} of {coded} in the dictionary {dictionary}[, in the hierarchy of {path}].

    A text is looked for among the lowest level terms of MedDRA or the drug names of WHODrug, and among
    the texts that the study has coded itself, without regard to case, width and blanks. Of the
    hierarchies above a term the primary one counts: in MedDRA that of the primary system organ class
    (SOC); PSOC is the primary class in any case. Of a drug with several ATC classes none is primary.

    MedDRA gives LLT, PT, HLT, HLGT, SOC and PSOC, WHODrug gives DRUG, PREF, ATC and ATC1 to ATC4, and both
    the codes under these names with CD behind them. (AELLT to AESOCCD: SDTMIG 3.4, section 6.2.1.)

    >>> Coded(coded="AETERM", dictionary="MEDDRA", give="PT").sentence()
    'PT of AETERM in the dictionary MEDDRA.'
    """

    origin = "Assigned"

    of: Value = Field(alias="coded", description="the text or code")
    dictionary: TableName = Field(description="a dictionary of study.yaml")
    give: str = Field(description="which level, such as PT or PTCD")
    by: Literal["term", "code"] = Field("term", description="whether it is a text, or the code of a term")
    path: Value | None = Field(None, description="code of the SOC or ATC class; default: the primary one")
    uncoded: Literal["error", "query"] = Field(
        "error", description="what a text is that is not in the dictionary: an error or a data query"
    )

    also: ClassVar[str] = "[{by=code}, found by its code]"
    example: ClassVar[str] = "AEDECOD: {coded: AETERM, dictionary: MEDDRA, give: PT, uncoded: query}"

    def references(self) -> Iterator[Reference]:
        """Name the columns, and the level of the dictionary.

        >>> [(one.column, one.table) for one in Coded(coded="A", dictionary="D", give="PT").references()]
        [('A', ''), ('', 'D'), ('PT', 'D')]
        """
        yield from super().references()
        yield Reference(self.give, self.dictionary, self.place("give"))

    def apply(self, context: Context) -> Column:
        """Look each distinct text up; DICT-010 and DICT-011 for what is not there once.

        >>> from trialkit.samples import sample_context, sample_records
        >>> codes = sample_records("D", TERM=["fever"], CODE=["1"], PATH=["9"], PRIMARY=["Y"], PT=["Pyrexia"])
        >>> context = sample_context(sample_records(AETERM=["FEVER ", ""]), D=codes)
        >>> Coded(coded="AETERM", dictionary="D", give="PT").apply(context).objects().tolist()
        ['Pyrexia', '']
        """
        texts = as_text(context.value(self.of))
        paths = as_text(context.value(self.path)) if self.path else Column.constant("", context.count)
        group, first = combine([texts, paths], context.count)
        table = self._table(context)
        asked = [folded(text) for text in texts.take(first).objects().tolist()]
        entries = self._entries(table, set(asked) - {""})
        ways = paths.take(first).objects().tolist()
        found = [_given(entries.get(text, []), way) for text, way in zip(asked, ways, strict=True)]
        values = Column(np.array([next(iter(one)) if len(one) == 1 else "" for one in found], object), group)
        pairs = zip(asked, found, strict=True)
        missing = np.array([bool(text) and not one for text, one in pairs], bool)[group]
        several = np.array([len(one) > 1 for one in found], bool)[group]
        self._report(context, texts, missing, several)
        return values

    def _table(self, context: Context) -> Records:
        tables = context.store.tables
        if self.dictionary in tables:
            return tables[self.dictionary]
        what, hint = f"unknown dictionary '{self.dictionary}'", did_you_mean(self.dictionary, tables)
        raise Refusal([Problem(NO_TABLE, what, self.place("dictionary"), hint=hint)])

    def _entries(self, table: Records, wanted: set[str]) -> dict[str, list[tuple[str, str, str]]]:
        """Give the path, primary flag and value of each entry of the wanted texts."""
        column = table.columns["CODE" if self.by == "code" else "TERM"]
        keys = [folded(key) if self.by == "code" else key for key in column.values.tolist()]
        mine = np.array([key in wanted for key in keys], bool)
        rows = np.flatnonzero(mine[column.codes]) if len(mine) else np.empty(0, np.intp)
        parts = [table.columns[name].take(rows).objects().tolist() for name in ("PATH", "PRIMARY", self.give)]
        found: dict[str, list[tuple[str, str, str]]] = {}
        for code, *entry in zip(column.codes[rows].tolist(), *parts, strict=True):
            found.setdefault(keys[code], []).append((entry[0], entry[1], entry[2]))
        return found

    def _report(self, context: Context, texts: Column, missing: np.ndarray, several: np.ndarray) -> None:
        severity, said = severity_of(self.uncoded), context.store.problems.items
        what = f"{self.of.sentence().rstrip('.')} is not in the dictionary {self.dictionary}"
        known = {(one.kind.code, one.what, one.where.dataset) for one in said}
        # every level of a term is a variable of its own: the first one speaks for all
        if (UNCODED.code, what, context.dataset) not in known:
            context.report(UNCODED, what, missing, texts, self, severity=severity)
        what = f"several entries of {self.dictionary} fit"
        context.report(AMBIGUOUS, what, several, texts, self, severity=severity)


def _given(entries: list[tuple[str, str, str]], path: str) -> set[str]:
    """Choose the hierarchy: the one that is asked for, else the primary one, else any."""
    chosen = [one for one in entries if one[0] == path] if path else [one for one in entries if one[1] == "Y"]
    return {value for _, _, value in (chosen if chosen or path else entries)}
