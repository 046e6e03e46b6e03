"""Dates and times from raw texts: only by declared formats, and never by a guess.

A format is a pattern of ``trialkit.datepatterns``, such as ``YYYY年M月D日``, or a whole format by name:
``iso`` (ISO 8601 as it is, partial dates included), ``excel`` (serial number, 1900 date system; with
a fraction it has a time, to the second), ``sas-date`` and ``sas-datetime`` (days and seconds since
1960-01-01T00:00:00).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date as calendar_date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from trialkit.column import Codes, Column, Mask, combine
from trialkit.datepatterns import (
    DATE_PARTS,
    HALVES,
    LONGEST_FORMAT,
    MONTH_NUMBERS,
    NUMBERS,
    compile_pattern,
    fault,
    ignores_rest,
)
from trialkit.dates import DAY, SAS_DAY_ZERO, PartialDate
from trialkit.problems import Exit, Kind, Place, Problem, Problems

Reason: TypeAlias = Literal["unreadable", "impossible", "ambiguous", "conflict"]
Results: TypeAlias = tuple["list[PartialDate | Failure]", Codes]

UNKNOWN = ("UN", "UNK", "UNKN", "UK", "NK")
LONGEST_TEXT = 200

BAD_FORMAT = Kind(
    "DATE-010",
    "date format can't be read",
    "Write it as the date looks, such as YYYY-MM-DD or D.M.YYYY.",
    exit=Exit.SPEC,
)
KINDS: dict[Reason, Kind] = {
    "unreadable": Kind(
        "DATE-001", "date fits no declared format", "Declare its format, or correct the source."
    ),
    "impossible": Kind(
        "DATE-002",
        "date does not exist",
        "Ask the site; `invalid: query` lists it and leaves the value missing.",
    ),
    "ambiguous": Kind("DATE-003", "date can be read in two ways", "Declare one format for this column."),
    "conflict": Kind(
        "DATE-004", "parts of one date disagree", "Query the site, or map only one of the parts."
    ),
}

_EITHER_WAY = re.compile(r"(0?[1-9]|1[0-2])([/.-])(0?[1-9]|1[0-2])\2([0-9]{4}|[0-9]{2})(?:[T ].*)?")
_SERIAL = re.compile(r"[0-9]{1,7}(?:\.[0-9]+)?")
_COUNT = re.compile(r"-?[0-9]{1,12}(?:\.0+)?")
_LAST_SERIAL = 2958465
_PHANTOM = 60
_LAST_DAY = calendar_date.max.toordinal()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a text gave no date; ``KINDS`` has the problem kind of each reason.

    >>> KINDS[Failure("impossible").reason].code
    'DATE-002'
    """

    reason: Reason


@dataclass(frozen=True, slots=True)
class Format:
    """One declared format; a pattern of None marks a whole format by name.

    >>> compile_formats(["YYYY-MM"]).formats[0].text
    'YYYY-MM'
    """

    text: str
    pattern: re.Pattern[str] | None
    ignores: bool = False


@dataclass(frozen=True, slots=True)
class Formats:
    """The compiled date formats of one column; made by ``compile_formats``.

    >>> formats = compile_formats(["YYYY-MM-DD", "YYYY年[M月[D日]]"])
    >>> [str(formats.read(text)) for text in ("2021-03-UK", "2019年", "2021年3月5日")]
    ['2021-03', '2019', '2021-03-05']
    """

    formats: tuple[Format, ...]
    unknown: frozenset[str]
    year_cutoff: int | None = None

    def read(self, text: str) -> PartialDate | Failure:
        """Read one text by the declared formats.

        Formats that fit and agree give one date; where they give different dates the text is
        ambiguous. The empty text and a text that is an unknown token (not one of digits) give a
        date of which nothing is known.

        >>> compile_formats(["DD/MM/YYYY", "MM/DD/YYYY"]).read("01/02/2020")
        Failure(reason='ambiguous')
        >>> compile_formats(["YYYY-MM-DD"]).read("2021-02-29")
        Failure(reason='impossible')
        """
        if not text or (text.casefold() in self.unknown and not text.isdigit()):
            return PartialDate()
        for ignores in (False, True):
            tried = (self._try(form, text) for form in self.formats if form.ignores is ignores)
            if found := [result for result in tried if result is not None]:
                return _decided(found)
        return Failure("ambiguous" if _EITHER_WAY.fullmatch(text) else "unreadable")

    def _try(self, form: Format, text: str) -> PartialDate | Failure | None:
        """Read a text by one format; None where it does not fit."""
        if form.pattern is None:
            return _NAMED[form.text](text)
        match = form.pattern.fullmatch(text) if len(text) <= LONGEST_TEXT else None
        if match is None:
            return None
        try:
            return PartialDate(**self._components({k: v for k, v in match.groupdict().items() if v}))
        except ValueError:
            return Failure("impossible")

    def _components(self, texts: dict[str, str]) -> dict[str, Any]:
        """Turn matched texts into the components of a date."""
        known = {name: text for name, text in texts.items() if not self._is_unknown(name, text)}
        parts: dict[str, Any] = {name: _number(known[name]) for name in NUMBERS if name in known}
        if "short" in known and self.year_cutoff is not None:
            parts["year"] = self.year_cutoff + (int(known["short"]) - self.year_cutoff) % 100
        if "fraction" in known and "second" in parts:
            parts["fraction"] = "." + known["fraction"]
        if "offset" in known and {"hour", "minute", "second"} & set(parts):
            parts["offset"] = re.sub(r"([+-]..)(..)$", r"\1:\2", known["offset"].upper())
        if "half" in known and "hour" in parts:
            parts["hour"] = _on_24(parts["hour"], HALVES[known["half"].upper()])
        return parts

    def _is_unknown(self, name: str, text: str) -> bool:
        """Say whether a component is declared unknown; digits can be so in dates but not in times."""
        return text.casefold() in self.unknown and (name in (*DATE_PARTS, "short") or not text.isdigit())


def _number(text: str) -> int:
    """Give the number of a component that is digits or the name of a month."""
    return int(text) if text.isdigit() else MONTH_NUMBERS[text.upper()]


def _on_24(hour: int, half: int) -> int:
    """Turn an hour with AM or PM into the hour of the day; 13 PM is taken as it is."""
    if half:
        return hour + 12 if 1 <= hour < 12 else hour or 24
    return 0 if hour == 12 else hour + (12 if hour > 12 else 0)


def _decided(found: Sequence[PartialDate | Failure]) -> PartialDate | Failure:
    """Settle on the one date that the fitting formats give."""
    dates = {result for result in found if isinstance(result, PartialDate)}
    if len(dates) > 1:
        return Failure("ambiguous")
    return dates.pop() if dates else Failure("impossible")


def compile_formats(
    formats: Sequence[str],
    *,
    unknown: Sequence[str] = UNKNOWN,
    year_cutoff: int | None = None,
    where: Place | None = None,
) -> Formats:
    """Compile declared date formats.

    Args:
        formats: formats as the module describes them.
        unknown: tokens that stand for an unknown component, in any case. Digits such as ``00``
            count in years, months and days only.
        year_cutoff: first year of the hundred years that two-digit years mean, such as 1930.
        where: place of the declaration in the spec, for problems.

    Raises:
        Refusal: with every DATE-010 problem found.

    >>> str(compile_formats(["DD-MON-YYYY"]).read("UN-feb-2020"))
    '2020-02'
    >>> str(compile_formats(["DD.MM.YY"], year_cutoff=1930).read("05.03.29"))
    '2029-03-05'
    """
    problems = Problems()
    spot = where or Place()
    if not formats:
        problems.add(Problem(BAD_FORMAT, "no date format is declared", spot))
    if not all(unknown) or (year_cutoff is not None and not 1000 <= year_cutoff <= 9900):
        hint = "Unknown tokens are texts such as UNK; a year cutoff is a year such as 1930."
        problems.add(
            Problem(BAD_FORMAT, "an unknown token is empty or the year cutoff no year", spot, hint=hint)
        )
    problems.add(*(problem for text in formats for problem in _faults(text, year_cutoff, spot)))
    problems.refuse()
    compiled = tuple(_compiled(text, unknown) for text in formats)
    return Formats(compiled, frozenset(token.casefold() for token in unknown), year_cutoff)


def _faults(text: str, year_cutoff: int | None, spot: Place) -> list[Problem]:
    """Give the problem with a format, if it has one."""
    found = None if text in _NAMED else fault(text, year_cutoff)
    if found is None:
        return []
    hint = f"{found[1]} Whole formats by name: {', '.join(_NAMED)}."
    return [Problem(BAD_FORMAT, f"date format {text[:LONGEST_FORMAT]!r} {found[0]}", spot, hint=hint)]


def _compiled(text: str, unknown: Sequence[str]) -> Format:
    """Compile a format that has no fault."""
    if text in _NAMED:
        return Format(text, None)
    return Format(text, compile_pattern(text, unknown), ignores_rest(text))


def _excel(text: str) -> PartialDate | Failure | None:
    """Read a serial number of the 1900 date system; serial 60, the 29 February 1900, never was."""
    if not _SERIAL.fullmatch(text) or int(text.partition(".")[0]) > _LAST_SERIAL:
        return None
    serial = Decimal(text)
    seconds = int((serial * DAY).to_integral_value(ROUND_HALF_UP))
    number, second = divmod(seconds, DAY)
    if number == _PHANTOM or not seconds or number > _LAST_SERIAL:
        return Failure("impossible")
    timed = serial != int(serial)
    if not number:
        return _clock(PartialDate(), second)
    zero = calendar_date(1899, 12, 31 if number < _PHANTOM else 30).toordinal()
    day = _day(zero + number)
    return _clock(day, second) if timed else day


def _sas_date(text: str) -> PartialDate | Failure | None:
    """Read a SAS date, in days since 1960-01-01."""
    if not _COUNT.fullmatch(text):
        return None
    number = SAS_DAY_ZERO + int(text.partition(".")[0])
    return _day(number) if 1 <= number <= _LAST_DAY else Failure("impossible")


def _sas_datetime(text: str) -> PartialDate | Failure | None:
    """Read a SAS date-time, in seconds since 1960-01-01T00:00:00."""
    if not _COUNT.fullmatch(text):
        return None
    number, second = divmod(SAS_DAY_ZERO * DAY + int(text.partition(".")[0]), DAY)
    return _clock(_day(number), second) if 1 <= number <= _LAST_DAY else Failure("impossible")


def _day(number: int) -> PartialDate:
    """Give the date of a day number."""
    found = calendar_date.fromordinal(number)
    return PartialDate(found.year, found.month, found.day)


def _clock(day: PartialDate, second: int) -> PartialDate:
    """Give a date the time that is so many seconds after midnight."""
    return PartialDate(day.year, day.month, day.day, second // 3600, second // 60 % 60, second % 60)


def _iso(text: str) -> PartialDate | Failure | None:
    """Read ISO 8601 text; text of the right shape that can't be a date is impossible."""
    if found := PartialDate.parse(text):
        return found
    shaped = re.fullmatch(r"[0-9]{4}-[0-9]{2}(-[0-9]{2}(T[0-9]{2}(:[0-9]{2}){0,2}(Z|[+-][0-9:]+)?)?)?", text)
    return Failure("impossible") if shaped else None


_NAMED: dict[str, Callable[[str], PartialDate | Failure | None]] = {
    "iso": _iso,
    "excel": _excel,
    "sas-date": _sas_date,
    "sas-datetime": _sas_datetime,
}


def combine_parts(parts: Sequence[PartialDate | Failure]) -> PartialDate | Failure:
    """Make one date of parts that were read apart, such as a date and a time, or year, month and day.

    Returns:
        The date; or the first failure among the parts; or ``conflict`` where two parts differ
        in a component; or ``impossible``.

    >>> str(combine_parts([PartialDate(2021, 3, 5), PartialDate(hour=8, minute=2)]))
    '2021-03-05T08:02'
    >>> combine_parts([PartialDate(2021, 2), PartialDate(day=29)])
    Failure(reason='impossible')
    """
    merged: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, Failure):
            return part
        for name, value in _known(part):
            if merged.setdefault(name, value) != value:
                return Failure("conflict")
    try:
        return PartialDate(**merged)
    except ValueError:
        return Failure("impossible")


def _known(part: PartialDate) -> Iterator[tuple[str, int | str]]:
    """Give the known components."""
    pairs = ((field.name, getattr(part, field.name)) for field in fields(PartialDate))
    return ((name, value) for name, value in pairs if value not in (None, ""))


def read_dates(parts: Sequence[tuple[Column, Formats]], rows: int) -> tuple[Column, dict[Reason, Mask]]:
    """Read date columns, or the parts of dates in several columns, into ISO 8601 texts.

    Each distinct text is read once, and each distinct combination of texts is joined once.

    Args:
        parts: the text columns with their formats.
        rows: the number of rows.

    Returns:
        The ISO 8601 texts, missing where nothing is known or the text failed; and for each reason
        that occurs the mask of the rows that failed for it, shape (rows,).

    >>> day, time = compile_formats(["YYYY/M/D"]), compile_formats(["h:mm"])
    >>> dates = Column.text(["2021/3/5", "2021/2/30"]), Column.text(["8:02", ""])
    >>> column, failed = read_dates(list(zip(dates, [day, time])), 2)
    >>> column.objects().tolist(), failed["impossible"].tolist()
    (['2021-03-05T08:02', ''], [False, True])
    """
    group, first = combine([column for column, _ in parts], rows)
    read = [_read_each(column, formats, first) for column, formats in parts]
    texts, easy = np.full(len(first), "", object), np.zeros(len(first), np.bool_)
    if len(read) == 2:
        texts, easy = _days_and_clocks(*read)
    reasons = np.full(len(first), "", object)
    for place in np.flatnonzero(~easy).tolist():
        found = combine_parts([results[codes[place]] for results, codes in read])
        if isinstance(found, Failure):
            reasons[place] = found.reason
        else:
            texts[place] = str(found)
    failed = {reason: (reasons == reason)[group] for reason in KINDS if (reasons == reason).any()}
    return Column(texts, group).unified(), failed


def _read_each(column: Column, formats: Formats, rows: Codes) -> Results:
    """Read each distinct text of a column once; also give the places of some rows' results."""
    small = column.compact()
    return [formats.read(text) for text in small.values.tolist()], small.codes[rows]


def _days_and_clocks(days: Results, clocks: Results) -> tuple[npt.NDArray[Any], Mask]:
    """Join complete dates with times as texts: nearly every day of a long study has its own times."""
    heads = np.array([_head(result) for result in days[0]], object)[days[1]]
    tails = np.array([_tail(result) for result in clocks[0]], object)[clocks[1]]
    texts = np.full(len(heads), "", object)
    easy = np.asarray((heads != "") & (tails != "-"), np.bool_)
    texts[easy] = heads[easy] + tails[easy]
    return texts, easy


def _head(result: PartialDate | Failure) -> str:
    """Give the text of a complete date without a time, else nothing."""
    whole = isinstance(result, PartialDate) and result.precision == "day" and result.day_number
    return str(result) if whole else ""


def _tail(result: PartialDate | Failure) -> str:
    """Give the text of a time without a date, from its T on; a hyphen where it is something else."""
    if result == PartialDate():
        return ""
    text = "" if isinstance(result, Failure) else str(result)
    return text[5:] if text.startswith("-----T") else "-"
