"""Conditions as text: ``PARAMCD IN (A, B) and AVISITN EQ 1``; ``or`` between several conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass

COMPARATORS = ("NOTIN", "IN", "EQ", "NE", "LE", "LT", "GE", "GT")
_SIGNS = {"=": "EQ", "==": "EQ", "!=": "NE", "<>": "NE", "<=": "LE", "<": "LT", ">=": "GE", ">": "GT"}
_NAME = r"(?:([A-Za-z_]\w*)\.)?([A-Za-z_]\w*)"
_OPERATOR = r"(?:NOT\s*IN|IN|EQ|NE|LE|LT|GE|GT)\b|==|=|!=|<>|<=|>=|<|>"
_HEAD = re.compile(rf"\s*{_NAME}\s*({_OPERATOR})\s*", re.IGNORECASE)
_JOIN = re.compile(rf"\s+(and|or)\s+(?={_NAME}\s*(?:{_OPERATOR}))|\s*\Z", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"]|"")*)"|\'((?:[^\']|\'\')*)\'')
_PLAIN = re.compile(r"[\w.+:/%-]+(?: [\w.+:/%-]+)*")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison; ``dataset`` is empty for the dataset at hand.

    >>> str(Comparison("", "PARAMCD", "IN", ("A", "B, C")))
    'PARAMCD IN (A, "B, C")'
    """

    dataset: str
    variable: str
    comparator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        """Write the comparison as text."""
        name = f"{self.dataset}.{self.variable}" if self.dataset else self.variable
        values = ", ".join(quoted(value) for value in self.values)
        several = self.comparator in ("IN", "NOTIN") or len(self.values) != 1
        return f"{name} {self.comparator} {f'({values})' if several else values}"


def quoted(value: str) -> str:
    """Put quotes around a value that could be taken for something else.

    >>> quoted("ALT"), quoted("Week 2"), quoted("A, B"), quoted("this and that"), quoted("")
    ('ALT', 'Week 2', '"A, B"', '"this and that"', '""')
    """
    words = set(value.upper().split())
    plain = _PLAIN.fullmatch(value) and not words & {"AND", "OR"}
    return value if plain else '"' + value.replace('"', '""') + '"'


def where_text(conditions: tuple[tuple[Comparison, ...], ...]) -> str:
    """Write conditions, of which any may hold, each of comparisons that must all hold.

    >>> one = Comparison("", "LBTESTCD", "EQ", ("ALT",))
    >>> where_text(((one, Comparison("DM", "SEX", "EQ", ("F",))), (one,)))
    'LBTESTCD EQ ALT and DM.SEX EQ F or LBTESTCD EQ ALT'
    """
    return " or ".join(" and ".join(map(str, one)) for one in conditions)


def parse_where(text: str) -> tuple[tuple[Comparison, ...], ...]:
    """Read conditions.

    Raises:
        ValueError: with what is not understood.

    >>> parse_where("PARAMCD in (A, B) and AVISITN = 1")[0][1]
    Comparison(dataset='', variable='AVISITN', comparator='EQ', values=('1',))
    >>> parse_where("PARAMCD")
    Traceback (most recent call last):
    ValueError: no comparison at 'PARAMCD'
    """
    made: list[list[Comparison]] = [[]]
    at = 0
    while True:
        head = _HEAD.match(text, at)
        if head is None:
            raise ValueError(f"no comparison at '{text[at : at + 30]}'")
        values, at = _values(text, head.end())
        operator = "".join(head[3].upper().split())
        made[-1].append(Comparison(head[1] or "", head[2], _SIGNS.get(operator, operator), values))
        join = _JOIN.match(text, at)
        if join is None:
            raise ValueError(f"no 'and' or 'or' at '{text[at : at + 30]}'")
        if join[1] is None:
            return tuple(tuple(one) for one in made)
        if join[1].lower() == "or":
            made.append([])
        at = join.end()


def _values(text: str, at: int) -> tuple[tuple[str, ...], int]:
    if text[at : at + 1] == "(":
        return _listed(text, at + 1)
    quote = _QUOTED.match(text, at)
    if quote:
        return (_unquoted(quote),), quote.end()
    end = next((join.start() for join in _JOIN.finditer(text, at)), len(text))
    if not text[at:end].strip():
        raise ValueError("a comparison without a value")
    return (text[at:end].strip(),), end


def split_list(text: str) -> tuple[str, ...]:
    """Read values with commas between them.

    Raises:
        ValueError: with what is not understood.

    >>> split_list('A, "B, C"')
    ('A', 'B, C')
    """
    values, at = _listed(f"{text})", 0)
    if at != len(text) + 1:
        raise ValueError(f"a bracket at '{text[at - 1 :]}'")
    return values


def _listed(text: str, at: int) -> tuple[tuple[str, ...], int]:
    values: list[str] = []
    while True:
        at += len(text[at:]) - len(text[at:].lstrip())
        quote = _QUOTED.match(text, at)
        if quote:
            values.append(_unquoted(quote))
            at = quote.end()
        else:
            end = min((text.find(sign, at) for sign in ",)" if text.find(sign, at) >= 0), default=-1)
            if end < 0:
                raise ValueError("a list of values without its end ')'")
            if text[at:end].strip():
                values.append(text[at:end].strip())
            at = end
        at += len(text[at:]) - len(text[at:].lstrip())
        if text[at : at + 1] not in (",", ")"):
            raise ValueError("a list of values without its end ')'")
        at += 1
        if text[at - 1] == ")":
            return tuple(values), at


def _unquoted(quote: re.Match[str]) -> str:
    return quote[1].replace('""', '"') if quote[1] is not None else quote[2].replace("''", "'")
