"""A dictionary as a table that rules look into, from a licensed folder or from a table of the study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from trialkit.codelist import folded
from trialkit.column import Column
from trialkit.dictionaries.files import Licensed
from trialkit.dictionaries.meddra import read_meddra
from trialkit.dictionaries.spec import TOPS, Dictionary
from trialkit.dictionaries.whodrug import read_whodrug
from trialkit.paths import safe_path
from trialkit.plan import tables_of
from trialkit.problems import Exit, Kind, Problem, Problems, Refusal, did_you_mean
from trialkit.records import Records
from trialkit.study import Study

NOWHERE_TO_READ = Kind(
    "DICT-004",
    "there is no dictionary to read",
    "Give its licensed folder with --dictionaries, or a `table` of the study that stands in.",
    exit=Exit.SPEC,
)
BAD_TABLE = Kind(
    "DICT-005", "the table is no dictionary", "Give it the columns that are named.", exit=Exit.SPEC
)
NO_CODE = Kind(
    "DICT-006", "a synonym has a code that the dictionary lacks", "Correct the code.", exit=Exit.SPEC
)
SYNONYM = ("VERBATIM", "CODE")
LICENSED, OWN = "licensed folder", "table of the study, no licensed dictionary"


@dataclass(frozen=True, eq=False, slots=True)
class Loaded:
    """A dictionary that was read.

    Args:
        spec: what the study says of it.
        records: its rows, with the columns of ``Dictionary.columns``.
        origin: whether it is the licensed dictionary or the study's own table.
        files: SHA-256 of each file that it was read from.

    >>> Loaded(Dictionary(dictionary="MedDRA", version="27.0"), Records({}, 0), OWN, {}).title
    'MedDRA 27.0 (table of the study, no licensed dictionary)'
    """

    spec: Dictionary
    records: Records
    origin: str
    files: Mapping[str, str]

    @property
    def title(self) -> str:
        """Say which dictionary it is and where it is from.

        >>> Loaded(Dictionary(dictionary="MedDRA", version="27.0"), Records({}, 0), LICENSED, {}).title
        'MedDRA 27.0 (licensed folder)'
        """
        return f"{self.spec.dictionary} {self.spec.version} ({self.origin})"

    def facts(self) -> dict[str, Any]:
        """Give what the manifest says of it.

        >>> spec = Dictionary(dictionary="MedDRA", version="27.0")
        >>> Loaded(spec, Records({}, 0), LICENSED, {}).facts()["from"]
        'licensed folder'
        """
        return {
            "dictionary": self.spec.dictionary,
            "version": self.spec.version,
            "from": self.origin,
            "files": dict(sorted(self.files.items())),
        }


def load_dictionaries(study: Study, folder: Path | None, names: Iterable[str]) -> dict[str, Loaded]:
    """Read some of a study's dictionaries.

    Args:
        study: the study.
        folder: what ``--dictionaries`` names; a dictionary whose own folder in it is not there is taken
            from the study's table.
        names: the datasets whose rules look into them.

    Raises:
        Refusal: DICT-001 to DICT-006, of all dictionaries together.

    >>> from trialkit.samples import sample_study
    >>> load_dictionaries(sample_study(), None, [])
    {}
    """
    problems, made = Problems(), {}
    tables = {table for name in names for table in tables_of(study.datasets[name])}
    for name in sorted(tables & set(study.spec.dictionaries)):
        try:
            made[name] = _load(name, study.spec.dictionaries[name], study, folder)
        except Refusal as refusal:
            problems.add(*refusal.problems)
    problems.refuse()
    return made


def dictionary_faults(study: Study) -> list[Problem]:
    """Find the tables that dictionaries name and that are not there, or are no dictionary.

    >>> from trialkit.samples import sample_study
    >>> dictionary_faults(sample_study())
    []
    """
    found: list[Problem] = []
    for spec in study.spec.dictionaries.values():
        own = (spec.table, (spec.lowest[0], spec.preferred))
        for name, needed in (own, (spec.synonyms, SYNONYM)):
            try:
                _rows_of(name, needed, spec, study) if name else ()
            except Refusal as refusal:
                found += refusal.problems
    return found


def _load(name: str, spec: Dictionary, study: Study, folder: Path | None) -> Loaded:
    place = safe_path(folder, spec.folder or spec.dictionary.lower()) if folder else None
    if place is not None and place.is_dir():
        licensed = Licensed(place, spec.encoding)
        medical = spec.dictionary == "MedDRA"
        rows = read_meddra(licensed, spec.version) if medical else read_whodrug(licensed, spec.layout)
        return _finished(spec, list(rows), study, LICENSED, licensed.hashes)
    if not spec.table:
        raise Refusal([Problem(NOWHERE_TO_READ, f"no licensed {spec.dictionary} for {name}", spec.place())])
    file = f"tables/{spec.table}.csv"
    found = list(_own(spec, study))
    return _finished(spec, found, study, OWN, {file: sha256(study.texts[file].encode()).hexdigest()})


def _own(spec: Dictionary, study: Study) -> Iterator[dict[str, str]]:
    """Read a table of the study: its columns are those of the dictionary, as many as it has."""
    rows = _rows_of(spec.table, (spec.lowest[0], spec.preferred), spec, study)
    for row in rows:
        top = next((row[name] for name in TOPS[spec.dictionary] if row.get(name)), "")
        made = {
            "PRIMARY": "Y",
            "PATH": top,
            "PSOC": row.get("SOC", ""),
            "PSOCCD": row.get("SOCCD", ""),
            **row,
        }
        yield {**made, "TERM": folded(row[spec.lowest[0]]), "CODE": row.get(spec.lowest[1], "")}


def _rows_of(name: str, needed: Iterable[str], spec: Dictionary, study: Study) -> list[dict[str, str]]:
    if name not in study.tables:
        hint = did_you_mean(name, study.tables)
        raise Refusal([Problem(BAD_TABLE, f"there is no table '{name}'", spec.place(), hint=hint)])
    table = study.tables[name]
    wrong = [one for one in needed if one not in table.columns]
    if wrong:
        said = (f"table '{name}' has no column {one}" for one in wrong)
        hints = (did_you_mean(one, table.columns) for one in wrong)
        pairs = zip(said, hints, strict=True)
        raise Refusal([Problem(BAD_TABLE, what, spec.place(), hint=hint) for what, hint in pairs])
    columns = [column.objects().tolist() for column in table.columns.values()]
    return [dict(zip(table.columns, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _finished(
    spec: Dictionary, rows: list[dict[str, str]], study: Study, origin: str, files: Mapping[str, str]
) -> Loaded:
    if spec.synonyms:
        rows = [*rows, *_synonyms(spec, rows, study)]
    columns = {name: Column.text(row.get(name, "") for row in rows) for name in spec.columns}
    return Loaded(spec, Records(columns, len(rows)), origin, dict(files))


def _synonyms(spec: Dictionary, rows: list[dict[str, str]], study: Study) -> Iterator[dict[str, str]]:
    """Let texts that the study has coded itself stand beside the dictionary's own."""
    by_code: dict[str, list[dict[str, str]]] = {}
    wanted = _rows_of(spec.synonyms, SYNONYM, spec, study)
    codes = {one["CODE"] for one in wanted}
    for row in rows:
        if row["CODE"] in codes:
            by_code.setdefault(row["CODE"], []).append(row)
    lines = study.tables[spec.synonyms]
    wrong = [number for number, one in enumerate(wanted) if one["CODE"] not in by_code]
    if wrong:
        what = f"{spec.dictionary} {spec.version} has no such code"
        raise Refusal([Problem(NO_CODE, what, lines.spot(number, "CODE")) for number in wrong])
    for one in wanted:
        yield from ({**row, "TERM": folded(one["VERBATIM"])} for row in by_code[one["CODE"]])
