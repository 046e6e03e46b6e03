"""The answer to "why this value": a tree of cells, from a dataset down to raw files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """One value and what it came from.

    Args:
        what: the cell: DATASET.VARIABLE, a working column, or SOURCE.COLUMN of a raw file.
        value: the value; for a raw cell the text as it stands in the file.
        role: why it stands here, such as "row of DM" for a row that decided.
        rule: the rule's sentence.
        spec: the rule's place in the specs.
        file: the raw file, empty for what is not raw.
        line: line, row or record in that file, from 1.
        column: the raw column.
        row: the row, where the file could not be read and its line is not known, from 1.
        unread: the raw file could not be read, so that the value is not known.
        record: number of the record in its dataset, from 1.
        notes: what else there is to say, such as the case that applied.
        origins: the cells that it came from.

    >>> Answer("SUBJ.SEX", "F", file="SUBJ.csv", line=3, column="SEX").spot
    'SUBJ.csv:3 SEX'
    """

    what: str
    value: str = ""
    role: str = ""
    rule: str = ""
    spec: str = ""
    file: str = ""
    line: int = 0
    column: str = ""
    row: int = 0
    unread: bool = False
    record: int = 0
    notes: tuple[str, ...] = ()
    origins: tuple[Answer, ...] = ()

    @property
    def spot(self) -> str:
        """Give the place in a raw file; empty for what is not raw.

        >>> Answer("DM.SEX").spot
        ''
        """
        row = f" row {self.row}" if self.row else ""
        place = f"{self.file}:{self.line}" if self.line else f"{self.file}{row}"
        return f"{place} {self.column}".strip()

    def every(self) -> Iterator[Answer]:
        """Give this answer and all below it.

        >>> [one.what for one in Answer("DM.SEX", origins=(Answer("SUBJ.SEX"),)).every()]
        ['DM.SEX', 'SUBJ.SEX']
        """
        yield self
        for one in self.origins:
            yield from one.every()

    def cells(self) -> list[Answer]:
        """List the raw cells, each once.

        >>> Answer("DM.SEX", origins=(Answer("SUBJ.SEX", file="SUBJ.csv", line=3),)).cells()[0].line
        3
        """
        found = {(one.file, one.line or one.row, one.column): one for one in self.every() if one.file}
        return list(found.values())

    def as_json(self) -> dict[str, Any]:
        """Give plain JSON data without what is empty.

        >>> Answer("DM.SEX", "F").as_json()
        {'what': 'DM.SEX', 'value': 'F'}
        """
        return _filled(asdict(self)) | {"what": self.what, "value": self.value}


def _filled(data: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in data.items() if value or key in ("what", "value")}
    if "origins" in kept:
        kept["origins"] = [_filled(one) for one in kept["origins"]]
    return kept
