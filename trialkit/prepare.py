"""What happens before any rule runs: the specs are checked, the raw files read, the terms loaded."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trialkit.column import Column
from trialkit.context import NO_COLUMN, NO_TABLE, Store
from trialkit.dictionaries.load import dictionary_faults
from trialkit.facts import NO_STANDARD
from trialkit.packages import SUFFIX
from trialkit.paths import safe_path
from trialkit.plan import all_variables, circles, tables_of
from trialkit.problems import Exit, Kind, Problem, Problems, Refusal, did_you_mean
from trialkit.queries.wording import check_wording
from trialkit.raw.read import read
from trialkit.raw.source import RawSource
from trialkit.raw.table import RawTable
from trialkit.records import Records
from trialkit.rule import ANY, Reference
from trialkit.rules.todo import TO_DO
from trialkit.spec import DatasetSpec
from trialkit.speccheck import NO_CODELIST, claims
from trialkit.standard import Standard
from trialkit.study import Study, frame, from_datasets, load_study
from trialkit.terms import Terminology, join_terminologies, load_terminology, read_terminology
from trialkit.units import STUDY_TABLE, Units, read_conversions

NO_KEY_VARIABLE = Kind(
    "SPEC-023", "no variable of the dataset", "Name a variable of the dataset.", exit=Exit.SPEC
)
NEAR = "Did you mean"
SURE = 0.75  # so like a known table that it is meant


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of every table that the specs may name.

    >>> Schema({"DM": frozenset({"SEX"})}).has("DM", "SEX")
    True
    """

    tables: dict[str, frozenset[str]]
    datasets: frozenset[str] = frozenset()

    def has(self, table: str, column: str) -> bool:
        """Say whether a table has a column, as far as that is known.

        >>> Schema({"SUBJ": frozenset({ANY})}).has("SUBJ", "SEX")
        True
        """
        return bool({column, ANY} & self.tables[table])


def schema_of(study: Study, raw: Mapping[str, Iterable[str]]) -> Schema:
    """Collect the columns of all tables: raw ones as far as their headers are known.

    >>> from trialkit.samples import sample_study
    >>> known = schema_of(sample_study(), {"DOSING": ["SUBJ", "DAY"]})
    >>> known.has("DOSING", "DOSE"), known.has("SUBJECTS", "ANYTHING"), known.has("VS", "VSDTC")
    (False, True, True)
    """
    tables = {name: frozenset(raw.get(name, {ANY})) for name in study.spec.sources}
    tables |= {name: frozenset(table.columns) for name, table in study.tables.items()}
    tables |= {name: frozenset(all_variables(spec)) for name, spec in study.datasets.items()}
    tables |= {name: frozenset(one.columns) for name, one in study.spec.dictionaries.items()}
    return Schema(tables)


def check_study(study: Study, standard: Standard, raw: Mapping[str, Iterable[str]]) -> Problems:
    """Find every name in the specs that means nothing: tables, columns, variables, codelists, keys.

    Args:
        study: the loaded specs.
        standard: whose variables and codelists are known.
        raw: the column names of the raw sources whose headers are known.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> headers = {"DOSING": ["SUBJ", "DAY", "DOSIS", "UNIT"]}
    >>> print(check_study(sample_study(), sample_standard(), headers).items[0].line())
    error SPEC-020 sdtm/ex.yaml:... unknown column 'DOSE'. Did you mean 'DOSIS'?
    """
    problems = circles(study.datasets, standard.subject_of(study.spec).variable)
    schema = replace(schema_of(study, raw), datasets=frozenset(standard.facts.datasets))
    terms = terminology(study, standard, problems)
    _check_version(study, standard, problems)
    for spec in study.datasets.values():
        columns = _check_records(spec, schema, problems)
        _check_variables(spec, columns, schema, problems)
        problems.add(
            *claims(spec, standard, terms, study.tables, {*study.spec.dictionaries, *study.spec.external})
        )
    problems.add(*dictionary_faults(study))
    if not standard.from_datasets:
        problems.add(*_unused_codelists(study, terms))
        problems.add(*check_wording(study))  # only of raw files a site is asked
    return _framed(problems, study)


def _unused_codelists(study: Study, terms: Terminology) -> Iterator[Problem]:
    """Find declared codelists that are not of the terminology, and that nothing names."""
    declared = Terminology(terms.packages)
    for name, codelist in study.spec.codelists.items() if terms.packages else ():
        if declared.find(name) is not None:
            continue
        near, word = did_you_mean(name, declared.names), re.compile(rf"\b{re.escape(name)}\b")
        own = (study.folder / "adam").is_dir() and not near.startswith(NEAR)  # ADaM has codelists of its own
        if not own and not any(word.search(text) for text in _other_texts(study)):
            what = f"codelist '{name}' is not in the terminology, and nothing names it"
            yield Problem(NO_CODELIST, what, codelist.place(), hint=near)


def _other_texts(study: Study) -> Iterator[str]:
    """Give the texts of a study's specs and tables but study.yaml itself."""
    yield from (text for name, text in study.texts.items() if name != "study.yaml")
    for path in sorted((study.folder / "adam").rglob("*.yaml")):
        yield path.read_text(encoding="utf-8", errors="replace")


def _check_version(study: Study, standard: Standard, problems: Problems) -> None:
    declared = study.spec.standard
    ours = f"{standard.name} {standard.version}"
    if f"{declared.name} {declared.version}" != ours:
        what = f"study.yaml declares {declared.name} {declared.version}, and this command builds {ours}"
        hint = f"Known versions: {standard.version}. Another layout of the specs is a profile: --profile."
        problems.add(Problem(NO_STANDARD, what, study.spec.place("standard"), hint=hint))


def _framed(problems: Problems, study: Study) -> Problems:
    """Give each problem once, with the lines of the spec around it."""
    once = {(one.kind.code, one.what, one.where.file, one.where.line): one for one in problems.items[::-1]}
    return Problems(
        [replace(one, frame=one.frame or frame(study, one.where)) for one in [*once.values()][::-1]]
    )


def _check_records(spec: DatasetSpec, schema: Schema, problems: Problems) -> frozenset[str]:
    columns: frozenset[str] = frozenset()
    for step in spec.records:
        wrong = [r for r in step.references() if r.table and r.table not in schema.tables]
        if wrong:
            _unknown(wrong, columns, schema, problems)
            return frozenset({ANY})
        _unknown(step.references_in(columns, schema.tables), columns, schema, problems)
        columns = step.columns(columns, schema.tables)
    return columns


def _check_variables(spec: DatasetSpec, columns: frozenset[str], schema: Schema, problems: Problems) -> None:
    names = frozenset(all_variables(spec))
    for name, variable in all_variables(spec).items():
        _unknown(variable.rule.references(), columns | (names - {name}), schema, problems)
    for check in spec.checks:
        if check.variable and check.variable not in names:
            what, hint = (
                f"'{check.variable}' is no variable of {spec.dataset}",
                did_you_mean(check.variable, names),
            )
            problems.add(Problem(NO_KEY_VARIABLE, what, check.place("variable"), hint=hint))
        known = columns | names
        found = [Reference(name, place=check.place("when")) for name in check.when.names]
        _unknown(found, known, schema, problems)
    for field in ("keys", "sort"):
        for name in getattr(spec, field):
            if name not in names:
                what = f"'{name}' is no variable of {spec.dataset}"
                problems.add(
                    Problem(NO_KEY_VARIABLE, what, spec.place(field), hint=did_you_mean(name, names))
                )


def _unknown(
    references: Iterable[Reference], columns: frozenset[str], schema: Schema, problems: Problems
) -> None:
    for one in references:
        if one.table and one.table not in schema.tables:
            hint = _table_hint(one.table, schema, one.default)
            problems.add(Problem(NO_TABLE, f"unknown table '{one.table}'", one.place, hint=hint))
        elif one.column:
            known = schema.tables[one.table] if one.table else columns
            if not {one.column, ANY} & known:
                of = f" of {one.table}" if one.table else ""
                hint = _column_hint(one, known)
                problems.add(Problem(NO_COLUMN, f"unknown column '{one.column}'{of}", one.place, hint=hint))


def _table_hint(name: str, schema: Schema, default: str = "") -> str:
    if default:
        return (
            f"It is the default of `{default}`: name a table of the study there, or write tables/{name}.csv."
        )
    if name in schema.datasets:
        return f"{name} has no spec in this study: add one, or name another table."
    near = did_you_mean(name, schema.tables)
    folded = [one.casefold() for one in schema.tables]
    if difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=SURE):
        return near
    return f"A table of the study is the file tables/{name}.csv. {near}"


def _column_hint(one: Reference, known: Iterable[str]) -> str:
    hint = did_you_mean(one.column, known)
    return hint if one.table or hint.startswith(NEAR) else f"A text is written \"'{one.column}'\". {hint}"


def terminology(study: Study, standard: Standard, problems: Problems) -> Terminology:
    """Load the terminology that a study declares, with its own terms.

    >>> from trialkit.samples import sample_standard, sample_study
    >>> terminology(sample_study(), sample_standard(), Problems()).codelist("SEX").resolve("Female")
    'F'
    """
    declared, base = study.spec.standard, Terminology()
    place = declared.place("terminology")
    try:
        base = _declared_terms(study, standard)
        place = study.spec.place("codelists")
        return base.extended(study.spec.codelists)
    except Refusal as refusal:
        problems.add(*(replace(one, where=place) for one in refusal.problems))
        return base


def _declared_terms(study: Study, standard: Standard) -> Terminology:
    """Load the packages of a version, or the package file of the study that stands in its place."""
    version = study.spec.standard.terminology
    if version.endswith(SUFFIX):
        return read_terminology(safe_path(study.folder, version))
    return join_terminologies([load_terminology(name, version) for name in standard.terminology])


def needed_sources(study: Study, names: Iterable[str]) -> list[str]:
    """Name the raw sources that some datasets read.

    >>> needed_sources(Study(Path("."), None, {}, {}), [])
    []
    """
    found = {table for name in names for table in tables_of(study.datasets[name])}
    return sorted(found & set(study.spec.sources)) if found else []


def make_store(study: Study, standard: Standard, raw: Path, names: Iterable[str]) -> Store:
    """Read what some datasets need: raw files, spec tables, terms and units.

    No raw file is opened before the specs are good. Errors in single rows and cells stay in the
    store's problems, so that they are reported together with what the rules find.

    Raises:
        Refusal: with every problem of the specs; else of raw files that can't be used at all.

    >>> from trialkit.samples import sample_folder, sample_standard, sample_study
    >>> store = make_store(sample_study(), sample_standard(), sample_folder() / "raw", ["EX"])
    >>> sorted(store.raw)
    ['DOSING', 'SUBJECTS', 'visits', 'vs_tests']
    """
    names = list(names)
    problems = _wanted(check_study(study, standard, {}), study, names)
    terms = terminology(study, standard, Problems())
    problems.refuse()
    units = study_units(study, terms, problems)
    problems.refuse()
    wanted = needed_sources(study, names)
    tables = study.tables | _read_sources(study, wanted, raw, problems)
    headers = {name: list(tables[name].columns) for name in wanted if name in tables}
    problems.add(*_wanted(check_study(study, standard, headers), study, names).items)
    if problems.exit() > Exit.DATA or not set(wanted) <= set(tables):
        problems.refuse()
    records = {name: Records.start(name, table.columns, table.rows) for name, table in tables.items()}
    subject = standard.subject_of(study.spec)
    return Store(
        records,
        tables,
        subject.variable,
        subject.dataset,
        study.spec.cutoff,
        terms,
        standard.facts,
        units,
        problems,
    )


def _wanted(problems: Problems, study: Study, names: list[str]) -> Problems:
    """Leave out what is still to do in datasets that nobody wants now."""
    left = {spec.place("dataset").file for name, spec in study.datasets.items() if name not in names}
    return Problems([one for one in problems.items if one.kind != TO_DO or one.where.file not in left])


def _read_sources(study: Study, names: Iterable[str], raw: Path, problems: Problems) -> dict[str, RawTable]:
    tables: dict[str, RawTable] = {}
    for name in names:
        source = study.spec.sources[name]
        table = read(source, name, raw, problems)
        if table is not None or source.optional:
            tables[name] = table or absent(name, source)
    return tables


def absent(name: str, source: RawSource) -> RawTable:
    """Stand in for an optional file that is not there: no rows, and the columns that are declared.

    >>> from trialkit.raw.source import CsvSource
    >>> source = CsvSource(format="csv", file="ae.csv", optional=True, columns={"AETERM": "text"})
    >>> list(absent("AE", source).columns)
    ['AETERM']
    """
    columns = {column: Column.text([]) for column in source.columns}
    return RawTable(name, source.file, columns, np.empty(0, np.int32))


def study_units(study: Study, terms: Terminology, problems: Problems) -> Units:
    """Give the units of a study: those of the terminology, and its own conversions.

    The study's conversions are in ``tables/units.csv``; see ``read_conversions``.

    >>> study_units(Study(Path("."), None, {}, {}), load_terminology("SDTM", "2025-03-28"), Problems()).study
    ()
    """
    text = study.texts.get(STUDY_TABLE, "")
    rows, found = read_conversions(text, STUDY_TABLE) if text else ([], Problems())
    problems.add(*found.items)
    return Units(terms.codelist("UNIT"), tuple(rows))


def check_specs(folder: Path, raw: Path | None, standard: Standard) -> Problems:
    """Check a study's specs; with its raw folder also the names of raw columns.

    >>> from trialkit.samples import sample_folder, sample_standard
    >>> check_specs(sample_folder(), sample_folder() / "raw", sample_standard()).items
    []
    """
    study = load_study(folder, standard.folder, ("trialkit.rules", *standard.rules))
    if standard.from_datasets and raw:
        study = from_datasets(study, raw)
    problems, headers = Problems(), {}
    for name, source in study.spec.sources.items() if raw else ():
        table = read(source, name, raw, problems) if raw else None
        if table is not None:
            headers[name] = list(table.columns)
    problems.add(*check_study(study, standard, headers).items)
    return problems
