"""Rules on dates, times and durations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema

from trialkit.column import Column, Mask
from trialkit.context import Context
from trialkit.dateformats import KINDS, UNKNOWN, compile_formats, read_dates
from trialkit.dates import PartialDate, offsets
from trialkit.durations import UNITS, between, duration
from trialkit.load import Loading
from trialkit.model import Model
from trialkit.numerals import as_text
from trialkit.problems import Kind, Place, Refusal
from trialkit.rule import Value, VariableRule
from trialkit.rules.evaluate import Invalid, on_combinations, severity_of, to_texts

MIXED_OFFSETS = Kind(
    "DATE-104",
    "times of several offsets from UTC",
    "Say in the reviewer's guide which clock counts.",
    "query",
)
NO_DURATION = Kind("DATE-105", "no duration", "Query the site, or say in `invalid` what it does.")
BACKWARDS = Kind("DATE-106", "end before start", "Query the site.", "query")
NOT_ISO = Kind("DATE-107", "not an ISO 8601 date", "Read it with `date` and its formats.")

SOME = 5
MANY = "More than half of the dates fail: are the formats right?"

YEARS = ("YYYY",)
MONTHS = ("M", "MM", "MON", "MONTH")
DAYS = ("D", "DD")
TIMES = ("h:mm[:ss]",)


class _Dated(VariableRule):
    """What date rules share: the texts that mean unknown, the century, the policy."""

    origin = ""

    unknown: list[str] = Field(list(UNKNOWN), description="texts that mean an unknown component, in any case")
    year_cutoff: int | None = Field(
        None, ge=1000, le=9900, description="first of the hundred years that two-digit years mean"
    )
    invalid: Invalid = Field(
        "error", description="what an impossible or unreadable date does: error, query, missing"
    )

    also: ClassVar[str] = "[, unknown parts as {unknown}][, years of two digits from {year_cutoff} on]"

    def _read(self, parts: Sequence[tuple[Value, Sequence[str]]], context: Context) -> Column:
        """Read parts of one date; DATE-001 to DATE-004 for what can't be read."""
        columns = [as_text(context.value(value)) for value, _ in parts]
        compiled = [
            compile_formats(formats, unknown=self.unknown, year_cutoff=self.year_cutoff, where=self.place())
            for _, formats in parts
        ]
        found, failed = read_dates(list(zip(columns, compiled, strict=True)), context.count)
        shown = columns[0] if len(columns) == 1 else on_combinations(columns, context.count, _joined)
        name = ", ".join(value.sentence().rstrip(".") for value, _ in parts)
        for reason, mask in failed.items():
            ambiguous = reason == "ambiguous"
            if self.invalid != "missing" or ambiguous:
                severity = None if ambiguous else severity_of(self.invalid)
                what = f"{name}: {KINDS[reason].title}"
                hint = MANY if _most(mask, shown) else ""
                context.report(KINDS[reason], what, mask, shown, self, severity=severity, hint=hint)
        self._offsets(found, context)
        return found

    def _offsets(self, found: Column, context: Context) -> None:
        if len(several := offsets(found)) > 1:
            what = f"times have several offsets from UTC: {', '.join(one or 'none' for one in several)}"
            context.report(MIXED_OFFSETS, what, found.where(lambda text: "T" in text), found, self)


def _most(failed: Mask, dates: Column) -> bool:
    """Say whether so many dates fail that it can't be the site."""
    count = int(np.count_nonzero(failed))
    return count >= SOME and 2 * count > int(np.count_nonzero(~dates.missing()))


def _timed(time: Value | None, formats: list[str]) -> list[tuple[Value, Sequence[str]]]:
    return [] if time is None else [(time, formats or TIMES)]


def _joined(*texts: str) -> str:
    return " ".join(text for text in texts if text)


def readable_formats(formats: Any, info: ValidationInfo) -> Any:
    """Check date formats when the spec is loaded, each at its place.

    >>> from types import SimpleNamespace
    >>> readable_formats(["DD-MON-YYYY"], SimpleNamespace(context=None, data={}))
    ['DD-MON-YYYY']
    """
    texts = [formats] if isinstance(formats, str) else formats
    loading = info.context if isinstance(info.context, Loading) else None
    for text in texts if isinstance(texts, list) else []:
        try:
            compile_formats([str(text)], year_cutoff=info.data.get("year_cutoff"))
        except Refusal as refusal:
            if loading is None:
                raise
            for one in refusal.problems:
                loading.add(one.kind, one.what, getattr(text, "place", Place()), one.hint)
    return texts


DateFormats = Annotated[
    list[str],
    BeforeValidator(readable_formats),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Date(_Dated):
    """{date}[ with the time {time}] in ISO 8601, read as {formats}[, times as {time_formats}].

    Formats look as the dates do (`DD-MON-YYYY`, `M/D/YYYY h:mm`, `iso`); a text is never read by a
    guess. Unknown parts stay unknown: a partial date is never filled up. A date that can't be, such
    as 30 February, and a text that fits no format are invalid; a text that two formats read
    differently is an error in any case. Dates and times: SDTMIG 3.4, section 4.4.1 and 4.4.2.

    >>> Date(date="DMDTC", formats=["DD-MON-YYYY"]).sentence()
    'DMDTC in ISO 8601, read as DD-MON-YYYY.'
    """

    of: Value = Field(alias="date", description="the date, or the date and time in one text")
    formats: DateFormats = Field(min_length=1, description="one format or several, as the dates look")
    time: Value | None = Field(None, description="the time, where it stands in a column of its own")
    time_formats: DateFormats = Field([], description="formats of the times; default: h:mm[:ss]")

    example: ClassVar[str] = """DSDTC:
  date: DSDTCOL
  formats: MM-DD-YYYY
  time: DSTMCOL
  time_formats: "h:mm"
  invalid: query
"""

    def apply(self, context: Context) -> Column:
        """Read each distinct combination of texts; DATE-001 to DATE-004 for what can't be read.

        >>> Date(date="A", formats=["iso"]).invalid
        'error'
        """
        return self._read([(self.of, self.formats), *_timed(self.time, self.time_formats)], context)


class DateParts(Model):
    """The columns that hold the parts of a date.

    >>> DateParts(year="BRTHYR").year.sentence()
    'BRTHYR.'
    """

    year: Value = Field(description="the year, four digits")
    month: Value | None = Field(None, description="the month, a number or a name")
    day: Value | None = Field(None, description="the day of the month")


class DateFromParts(_Dated):
    """Date of {date_from_parts}[, time {time}] in ISO 8601.

    Parts that are missing or unknown stay unknown; a date that can't be is invalid. SDTMIG 3.4,
    section 4.4.2.

    >>> DateFromParts(date_from_parts={"year": "Y", "month": "M"}).sentence()
    'Date of year Y, month M in ISO 8601.'
    """

    parts: DateParts = Field(alias="date_from_parts", description="year, month, day")
    time: Value | None = Field(None, description="the time")
    time_formats: DateFormats = Field([], description="formats of the times; default: h:mm[:ss]")

    also: ClassVar[str] = f"[, times as {{time_formats}}]{_Dated.also}"
    example: ClassVar[str] = "BRTHDTC: {date_from_parts: {year: BRTHYR, month: BRTHMO, day: BRTHDY}}"

    def apply(self, context: Context) -> Column:
        """Join each distinct combination of parts; DATE-001 to DATE-004 for what can't be.

        >>> DateFromParts(date_from_parts={"year": "Y"}).invalid
        'error'
        """
        named = ((self.parts.year, YEARS), (self.parts.month, MONTHS), (self.parts.day, DAYS))
        parts = [(value, formats) for value, formats in named if value is not None]
        return self._read([*parts, *_timed(self.time, self.time_formats)], context)


def _insist(rule: VariableRule, of: VariableRule, column: Column, context: Context) -> None:
    """Report texts that are no ISO 8601 dates (DATE-107)."""
    bad = column.where(lambda text: text != "" and PartialDate.parse(text) is None)
    context.report(NOT_ISO, f"{of.sentence().rstrip('.')} is no ISO 8601 date", bad, column, rule)


class DatePart(VariableRule):
    """The {part} of {date_part}.

    The part of an ISO 8601 date and time; missing where the date does not have it.

    >>> DatePart(date_part="EXSTDTC").sentence()
    'The date of EXSTDTC.'
    """

    origin = ""

    of: Value = Field(alias="date_part", description="ISO 8601 date and time")
    part: Literal["date", "time", "year", "month", "day"] = Field(
        "date", description="which part: date, time, year, month, day"
    )

    example: ClassVar[str] = "RFSTDAY: {date_part: RFSTDTC, part: date}"

    def apply(self, context: Context) -> Column:
        """Take the part of each distinct text; DATE-107 for what is no date.

        >>> DatePart(date_part="A").part
        'date'
        """
        column = as_text(context.value(self.of))
        _insist(self, self.of, column, context)
        return to_texts(column, self._part)

    def _part(self, text: str) -> str:
        date = PartialDate.parse(text) or PartialDate()
        if self.part == "date":
            return str(PartialDate(date.year, date.month, date.day))
        if self.part == "time":
            return text.partition("T")[2] if date.precision != "none" else ""
        number = getattr(date, self.part)
        return "" if number is None else f"{number:0{4 if self.part == 'year' else 2}}"


class Duration(VariableRule):
    """{duration} {unit} as an ISO 8601 duration.

    SDTMIG 3.4, section 4.4.3. The unit is a word such as DAYS, HOURS, min, WEEKS; m is refused,
    because it may be month or minute.

    >>> Duration(duration="DUR", unit="'DAYS'").sentence()
    "DUR 'DAYS' as an ISO 8601 duration."
    """

    of: Value = Field(alias="duration", description="the number")
    unit: Value = Field(description="its unit")
    invalid: Invalid = Field(
        "error", description="what a number or unit that can't be read does: error, query, missing"
    )

    example: ClassVar[str] = "AEDUR: {duration: DURN, unit: DURU}"

    def apply(self, context: Context) -> Column:
        """Write each distinct combination; DATE-105 for what can't be read.

        >>> Duration(duration="A", unit="U").invalid
        'error'
        """
        columns = [as_text(context.value(self.of)), as_text(context.value(self.unit))]
        made = on_combinations(
            columns, context.count, lambda number, unit: duration(number.strip(), unit.strip()) or ""
        )
        bad = made.missing() & ~columns[0].missing()
        if self.invalid != "missing":
            shown = on_combinations(columns, context.count, _joined)
            severity = severity_of(self.invalid)
            hint = f"Units: {', '.join(UNITS)}."
            context.report(
                NO_DURATION, "a duration can't be read", bad, shown, self, severity=severity, hint=hint
            )
        return made


class Span(Model):
    """From when to when.

    >>> Span.model_validate({"from": "AESTDTC", "to": "AEENDTC"}).start.sentence()
    'AESTDTC.'
    """

    start: Value = Field(alias="from", description="ISO 8601 start")
    end: Value = Field(alias="to", description="ISO 8601 end")


class Elapsed(VariableRule):
    """Time {elapsed} as an ISO 8601 duration.

    As exact as the less exact of the two; missing unless both dates are complete. An end before the
    start is a data query and leaves the duration missing. SDTMIG 3.4, section 4.4.3.

    >>> Elapsed(elapsed={"from": "EXSTDTC", "to": "EXENDTC"}).sentence()
    'Time from EXSTDTC, to EXENDTC as an ISO 8601 duration.'
    """

    span: Span = Field(alias="elapsed", description="from when to when")

    example: ClassVar[str] = "EXDUR: {elapsed: {from: EXSTDTC, to: EXENDTC}}"

    def apply(self, context: Context) -> Column:
        """Compute each distinct combination; DATE-106 for an end before its start.

        >>> Elapsed(elapsed={"from": "A", "to": "B"}).key()
        'elapsed'
        """
        ends = self.span.start, self.span.end
        columns = [as_text(context.value(one)) for one in ends]
        for one, column in zip(ends, columns, strict=True):
            _insist(self, one, column, context)
        made = on_combinations(columns, context.count, _between)
        back = made.where(lambda text: text.startswith("-"))
        shown = on_combinations(columns, context.count, "{} to {}".format)
        context.report(BACKWARDS, "the end is before the start", back, shown, self)
        return to_texts(made, lambda text: "" if text.startswith("-") else text)


def _between(start: str, end: str) -> str:
    first, last = PartialDate.parse(start), PartialDate.parse(end)
    return (between(first, last) or "") if first and last else ""
