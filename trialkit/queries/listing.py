"""The list of queries: one line per defect, with an id that survives a new extract, and its status."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trialkit.queries.defects import NO_ROW, Defect, defects, open_queries
from trialkit.queries.previous import NEW, OPEN, RESOLVED, Line
from trialkit.queries.wording import Wording, wording
from trialkit.raw.source import RawSource
from trialkit.result import Result

BEFORE = ("id", "status", "since", "subject", "form", "visit", "record", "field", "label", "value")
AFTER = ("code", "usubjid", "dataset", "file", "line", "study")
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of queries.

    Args:
        columns: names of the columns.
        lines: the texts of each line by column; open ones first, then those that were resolved.

    >>> Listing(("id",), ({"id": "1"},)).rows()
    [['1']]
    """

    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    def rows(self) -> list[list[str]]:
        """Give the lines as rows.

        >>> Listing(("id",), ()).rows()
        []
        """
        return [[line.get(name, "") for name in self.columns] for line in self.lines]


def columns_of(languages: Sequence[str]) -> tuple[str, ...]:
    """Name the columns of a list in some languages; English needs no mark.

    >>> columns_of(["en", "zh"])[10:14]
    ('what', 'question', 'what zh', 'question zh')
    """
    texts = [f"{name}{_mark(one)}" for one in languages for name in ("what", "question")]
    return (*BEFORE, *texts, *AFTER)


def _mark(language: str) -> str:
    return "" if language == "en" else f" {language}"


def list_queries(result: Result, previous: Iterable[Line] | None = None) -> Listing:
    """List what the site is asked.

    Accepted findings, and findings that only the programmer can answer, are not on the list.

    Args:
        result: of a run.
        previous: the lines of an earlier list; without it all are new.

    Returns:
        The open queries by form and row, then the resolved ones. A query of the earlier list is resolved
        when it is no longer found and every dataset that found it was built.

    >>> from trialkit.samples import sample_result
    >>> list_queries(sample_result()).lines
    ()
    """
    words = wording(result.study)
    asked = [one for one in open_queries(result) if words.asks_site(one.kind.code)]
    found = defects(result, asked)
    lines = [_line(one, result, words) for one in found]
    _identify(found, lines, result)
    known = {one["id"]: one for one in previous or () if one["status"] != RESOLVED}
    for line in lines:
        earlier = known.get(line["id"])
        line["status"] = OPEN if earlier else NEW
        line["since"] = earlier["since"] if earlier else result.study.spec.extract
    still = {line["id"] for line in lines}
    gone = [_gone(one, result) for key, one in known.items() if key not in still]
    gone.sort(key=lambda line: (line["status"], line["form"], line["id"]))
    return Listing(columns_of(words.languages), (*lines, *gone))


def _gone(line: Line, result: Result) -> Line:
    """Say what became of a query that is no longer found."""
    built = {one.name for one in result.built} | ({""} if not result.problems.errors() else set())
    gone = set(result.study.datasets)
    looked = all(name in built or name not in gone for name in line["dataset"].split(", "))
    return {**line, "status": RESOLVED if looked else OPEN}


def _line(one: Defect, result: Result, words: Wording) -> Line:
    table = result.store.raw.get(one.form)
    source = result.study.spec.sources.get(one.form)
    line = {
        "form": one.form,
        "record": _record(one, result, source),
        "field": ", ".join(one.fields),
        "label": ", ".join(filter(None, (table.labels.get(name, "") for name in one.fields)))
        if table
        else "",
        "value": _short(_value(one, result)),
        "subject": _declared("subject", one, result) or one.subject,
        "visit": _declared("visit", one, result),
        "code": one.code,
        "usubjid": one.subject,
        "dataset": ", ".join(one.datasets),
        "file": table.file if table else "",
        "line": str(one.line or ""),
        "study": result.study.spec.study,
    }
    for language in words.languages:
        text = words.text(one.code, language, one.said, one.reason)
        line |= {f"what{_mark(language)}": text.what, f"question{_mark(language)}": text.question}
    return line


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _cell(form: str, row: int, column: str, result: Result) -> str:
    columns = result.store.raw[form].columns
    return str(columns[column].values[columns[column].codes[row]]) if column in columns else ""


def _value(one: Defect, result: Result) -> str:
    """Give the raw text of the cell at fault; of several cells each with its name."""
    if one.row == NO_ROW:
        return one.value
    cells = [(name, _cell(one.form, one.row, name, result)) for name in one.fields]
    return cells[0][1] if len(cells) == 1 else "; ".join(f"{name}={text}" for name, text in cells)


def _declared(what: str, one: Defect, result: Result) -> str:
    """Give the subject or visit of the row, else that of another row behind the same record."""
    sources = result.study.spec.sources
    own = ((one.form, one.row),) if one.row != NO_ROW else ()
    for form, row in (*own, *one.others):
        column = getattr(sources[form], what)
        if column and (text := _cell(form, row, column, result)):
            return text
    return ""


def _keys(one: Defect, result: Result, source: RawSource | None) -> dict[str, str]:
    """Give what names the row: its declared key."""
    if source is None or one.row == NO_ROW:
        return {"record": one.record} if one.record else {}
    names = source.key or tuple(filter(None, (source.subject, source.visit)))
    return {name: _cell(one.form, one.row, name, result) for name in names}


def _record(one: Defect, result: Result, source: RawSource | None) -> str:
    keys = _keys(one, result, source)
    if one.row == NO_ROW:
        return one.record
    told = (source.subject, source.visit) if source else ()
    return "; ".join(f"{name}={text}" for name, text in keys.items() if name not in told)


def _identify(found: Sequence[Defect], lines: Sequence[Line], result: Result) -> None:
    """Give every line its id; rows that their keys don't tell apart are numbered by their text."""
    ids = [_id(one, result) for one in found]
    shared = {key for key, count in Counter(ids).items() if count > 1}
    for line, key in zip(lines, ids, strict=True):
        line["id"] = key
    twins = [place for place, key in enumerate(ids) if key in shared]
    twins.sort(key=lambda place: (ids[place], _content(found[place], result), place))
    seen: Counter[str] = Counter()
    for place in twins:
        seen[ids[place]] += 1
        if seen[ids[place]] > 1:
            lines[place]["id"] += f"-{seen[ids[place]]}"


def _id(one: Defect, result: Result) -> str:
    source = result.study.spec.sources.get(one.form)
    own = _cell(one.form, one.row, source.subject, result) if source and one.row != NO_ROW else one.subject
    keys = list(_keys(one, result, source).values())
    named = [result.study.spec.study, one.code, one.form, own, keys, list(one.fields)]
    return hashlib.sha256(json.dumps(named, ensure_ascii=False).encode()).hexdigest()[:12]


def _content(one: Defect, result: Result) -> tuple[str, ...]:
    if one.row == NO_ROW:
        return (one.said, one.value)
    table = result.store.raw[one.form]
    return tuple(_cell(one.form, one.row, name, result) for name in table.columns)


def counts(listing: Listing, by: str) -> Mapping[str, Counter[str]]:
    """Count the lines of each status by a column.

    >>> counts(Listing(("form",), ({"form": "AE", "status": "new"},)), "form")
    {'AE': Counter({'new': 1})}
    """
    found: dict[str, Counter[str]] = {}
    for line in listing.lines:
        found.setdefault(line.get(by, ""), Counter())[line["status"]] += 1
    return dict(sorted(found.items()))
