"""Rules on texts: case, blanks, parts, joins."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from pydantic import Field, field_validator, model_validator

from trialkit.column import Column
from trialkit.context import Context
from trialkit.exprfunctions import pattern_fault
from trialkit.numerals import as_text
from trialkit.problems import Kind
from trialkit.rule import Value, VariableRule
from trialkit.rules.evaluate import Invalid, on_combinations, severity_of, to_texts

OTHER_FORM = Kind(
    "VAL-002", "text has another form", "Query the site, or say in `invalid` what such a text becomes."
)

TOO_LONG = Kind(
    "VAL-005",
    "text needs more pieces",
    "Add a piece under `supplemental`, or shorten the text at its source.",
)


class Upper(VariableRule):
    """{upper} in upper case.

    >>> Upper(upper="A").sentence()
    'A in upper case.'
    """

    origin = ""

    of: Value = Field(alias="upper", description="the text")

    example: ClassVar[str] = "DSTERM: {upper: IT.DSTERM}"

    def apply(self, context: Context) -> Column:
        """Change each distinct text.

        >>> Upper(upper="A").key()
        'upper'
        """
        return to_texts(as_text(context.value(self.of)), str.upper)


class Lower(VariableRule):
    """{lower} in lower case.

    >>> Lower(lower="A").sentence()
    'A in lower case.'
    """

    origin = ""

    of: Value = Field(alias="lower", description="the text")

    example: ClassVar[str] = "UNIT: {lower: DOSEUNIT}"

    def apply(self, context: Context) -> Column:
        """Change each distinct text.

        >>> Lower(lower="A").key()
        'lower'
        """
        return to_texts(as_text(context.value(self.of)), str.lower)


class Trim(VariableRule):
    """{trim} without blanks at its ends.

    Line breaks, tabs and no-break blanks are blanks. With `inner: true` each run of blanks within
    becomes one blank.

    >>> Trim(trim="A").sentence()
    'A without blanks at its ends.'
    """

    origin = ""

    of: Value = Field(alias="trim", description="the text")
    inner: bool = Field(False, description="also make each run of blanks within the text one blank")

    also: ClassVar[str] = "[{inner=true}, runs of blanks within as one]"
    example: ClassVar[str] = "AETERM: {trim: AETERM, inner: true}"

    def apply(self, context: Context) -> Column:
        """Change each distinct text.

        >>> Trim(trim="A").inner
        False
        """
        change: Callable[[str], str] = (lambda text: " ".join(text.split())) if self.inner else str.strip
        return to_texts(as_text(context.value(self.of)), change)


class Replace(VariableRule):
    """{replace} with parts of the text replaced ({with}).

    Each part is replaced wherever it stands, in the order of the list. To map whole values use
    `recode`.

    >>> Replace(replace="A", **{"with": {"-": ""}}).sentence()
    'A with parts of the text replaced (-: ).'
    """

    origin = ""

    of: Value = Field(alias="replace", description="the text")
    parts: dict[str, str] = Field(alias="with", min_length=1, description="part: what stands in its place")

    example: ClassVar[str] = 'VISIT: {replace: INSTANCE, with: {"UNSCHEDULED ": "UNSCHEDULED"}}'

    @field_validator("parts")
    @classmethod
    def _no_empty_part(cls, parts: dict[str, str]) -> dict[str, str]:
        if "" in parts:
            raise ValueError("an empty part can't be replaced")
        return parts

    def apply(self, context: Context) -> Column:
        """Change each distinct text.

        >>> Replace(replace="A", **{"with": {"-": ""}}).parts
        {'-': ''}
        """
        return to_texts(as_text(context.value(self.of)), self._replaced)

    def _replaced(self, text: str) -> str:
        for part, other in self.parts.items():
            text = text.replace(part, other)
        return text


class Concat(VariableRule):
    """Join of {concat}[ with '{separator}' between].

    A number is written in its shortest form. The result is missing when a part is missing, unless
    `skip_missing: true`: then missing parts are left out together with their separators.

    >>> Concat(concat=["'01-'", "PATNUM"]).sentence()
    "Join of '01-', PATNUM."
    """

    parts: list[Value] = Field(alias="concat", min_length=1, description="the parts, in their order")
    separator: str = Field("", description="text between the parts")
    skip_missing: bool = Field(False, description="leave missing parts out")

    also: ClassVar[str] = "[{skip_missing=true}, missing parts left out]"
    example: ClassVar[str] = """USUBJID: {concat: ["'01-'", PATNUM]}"""

    def apply(self, context: Context) -> Column:
        """Join each distinct combination of parts.

        >>> Concat(concat=["A"]).skip_missing
        False
        """
        columns = [as_text(context.value(part)) for part in self.parts]
        return on_combinations(columns, context.count, self._joined)

    def _joined(self, *texts: str) -> str:
        if self.skip_missing:
            return self.separator.join(text for text in texts if text)
        return self.separator.join(texts) if all(texts) else ""


class Split(VariableRule):
    """Part {part} of {split}, split at '{separator}'.

    Parts count from 1, or from the end with -1, -2, ...; blanks around a part are removed. A text
    with fewer parts (or, where `parts` is given, with another number of parts) is invalid.

    >>> Split(split="BP", separator="/", part=1).sentence()
    "Part 1 of BP, split at '/'."
    """

    origin = ""

    of: Value = Field(alias="split", description="the text")
    separator: str = Field(min_length=1, description="text between the parts")
    part: int = Field(description="which part, from 1; -1 is the last")
    parts: int | None = Field(None, ge=1, description="how many parts the text must have")
    invalid: Invalid = Field("error", description="what a text with other parts does: error, query, missing")

    also: ClassVar[str] = "[ into {parts}]"
    example: ClassVar[str] = 'SYSBP: {split: BP, separator: "/", part: 1, parts: 2}'

    @field_validator("part")
    @classmethod
    def _not_zero(cls, part: int) -> int:
        if part == 0:
            raise ValueError("parts count from 1, or from -1 at the end")
        return part

    def apply(self, context: Context) -> Column:
        """Split each distinct text; VAL-002 for texts without the part.

        >>> Split(split="BP", separator="/", part=-1).part
        -1
        """
        return _formed(self, as_text(context.value(self.of)), self._part, self.invalid, context)

    def _part(self, text: str) -> str | None:
        parts = text.split(self.separator)
        place = self.part - 1 if self.part > 0 else len(parts) + self.part
        if not 0 <= place < len(parts) or (self.parts and len(parts) != self.parts):
            return None
        return parts[place].strip()


class Piece(VariableRule):
    """Piece {part} of {pieces} of {piece}, each of at most {bytes} bytes and broken between words.

    For text that is longer than a transport file can hold: the first piece is the variable, the others
    are supplemental qualifiers (SDTMIG 3.4, section 4.5.3.2). The blank where it breaks falls away. A
    text that needs more pieces, or has a longer word, is an error; nothing is ever cut.

    >>> Piece(piece="NOTE", part=1, pieces=2).sentence()
    'Piece 1 of 2 of NOTE, each of at most 200 bytes and broken between words.'
    """

    origin = ""

    of: Value = Field(alias="piece", description="the text")
    part: int = Field(ge=1, description="which piece, from 1")
    pieces: int = Field(ge=1, description="how many pieces the spec has variables for")
    bytes: int = Field(200, ge=1, le=200, description="the most bytes of a piece")

    example: ClassVar[str] = "CMTRT: {piece: DRUG, part: 1, pieces: 2}"

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Piece:
        if self.part > self.pieces:
            raise ValueError(f"part {self.part} is not one of {self.pieces} pieces")
        return self

    def apply(self, context: Context) -> Column:
        """Break each distinct text; VAL-005 for texts that do not fit.

        >>> Piece(piece="NOTE", part=2, pieces=2).bytes
        200
        """
        column = as_text(context.value(self.of))
        made = {text: self._broken(text) for text in column.distinct().values.tolist()}
        what = f"{self.of.sentence().rstrip('.')} has texts that do not fit into {self.pieces} pieces"
        context.report(TOO_LONG, what, column.where(lambda text: made.get(text, []) is None), column, self)
        return to_texts(column, lambda text: "".join((made[text] or [])[self.part - 1 : self.part]))

    def _broken(self, text: str) -> list[str] | None:
        pieces = [""]
        for word in text.split(" "):
            longer = f"{pieces[-1]} {word}" if pieces[-1] else word
            pieces = [*pieces[:-1], longer] if len(longer.encode()) <= self.bytes else [*pieces, word]
        fits = len(pieces) <= self.pieces and all(len(piece.encode()) <= self.bytes for piece in pieces)
        return pieces if fits else None


class Extract(VariableRule):
    """Part of {extract} that fits the pattern '{pattern}'.

    The pattern is a regular expression that is looked for anywhere in the text; the value is its
    first group, or all of it when it has none. A text that does not fit is invalid.

    >>> Extract(extract="VISIT", pattern="[0-9]+").sentence()
    "Part of VISIT that fits the pattern '[0-9]+'."
    """

    origin = ""

    of: Value = Field(alias="extract", description="the text")
    pattern: str = Field(description="regular expression with at most one group")
    invalid: Invalid = Field("error", description="what a text that does not fit does: error, query, missing")

    example: ClassVar[str] = "WEEK: {extract: VISIT, pattern: 'Week ([0-9]+)', invalid: missing}"

    @field_validator("pattern")
    @classmethod
    def _safe(cls, pattern: str) -> str:
        if fault := pattern_fault(pattern):
            raise ValueError(f"the pattern is refused: {fault}")
        if re.compile(pattern).groups > 1:
            raise ValueError("the pattern has more than one group; write (?:...) for the others")
        return pattern

    def apply(self, context: Context) -> Column:
        """Look in each distinct text; VAL-002 for texts that don't fit.

        >>> Extract(extract="VISIT", pattern="[0-9]+").invalid
        'error'
        """
        return _formed(self, as_text(context.value(self.of)), self._found, self.invalid, context)

    def _found(self, text: str) -> str | None:
        match = re.search(self.pattern, text)
        return None if match is None else match[match.re.groups] or ""


class Substring(VariableRule):
    """Characters of {substring} from number {start} on[, {characters} of them].

    Characters count from 1. A text that is too short gives what there is of it.

    >>> Substring(substring="PATNUM", start=5).sentence()
    'Characters of PATNUM from number 5 on.'
    """

    origin = ""

    of: Value = Field(alias="substring", description="the text")
    start: int = Field(1, ge=1, description="first character, from 1")
    characters: int | None = Field(None, ge=1, description="how many; default: all that follow")

    example: ClassVar[str] = "SITEID: {substring: PATNUM, start: 1, characters: 3}"

    def apply(self, context: Context) -> Column:
        """Cut each distinct text.

        >>> Substring(substring="A").start
        1
        """
        end = None if self.characters is None else self.start - 1 + self.characters
        return to_texts(as_text(context.value(self.of)), lambda text: text[self.start - 1 : end])


def _formed(
    rule: VariableRule,
    column: Column,
    change: Callable[[str], str | None],
    invalid: Invalid,
    context: Context,
) -> Column:
    """Change texts of the right form; None marks those that are not."""
    found = {text: change(text) if text else "" for text in column.distinct().values.tolist()}
    bad = column.where(lambda text: found.get(text, "") is None)
    if invalid != "missing":
        context.report(OTHER_FORM, "text has another form", bad, column, rule, severity=severity_of(invalid))
    return to_texts(column, lambda text: found[text] or "")
