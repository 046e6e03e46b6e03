"""Toxicity grades of laboratory results, by the limits that a study's own table gives."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field

from trialkit.column import Column, Mask
from trialkit.context import Context
from trialkit.model import Model
from trialkit.numerals import as_text
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.records import NONE, Records, Rows
from trialkit.rule import ColumnName, Reference, TableName, Value, VariableRule
from trialkit.rules.evaluate import Invalid, as_number, severity_of

BAD_CRITERIA = Kind(
    "ADAM-060", "criteria of toxicity are in doubt", "Correct the table of criteria.", exit=Exit.SPEC
)
OTHER_UNIT = Kind(
    "ADAM-061",
    "a result is not in the unit of its criteria",
    "Convert it, give criteria in its unit, or say in `unfit` what such a result does.",
)
NO_LIMIT = Kind(
    "ADAM-062",
    "a result lacks the limit or baseline that its criteria need",
    "Give the limit, or say in `unfit` what such a result does.",
)
COLUMNS = ("TERM", "DIRECTION", "GRADE", "LIMIT", "OF", "UNIT")
OPTIONAL = ("SIGN", "BASELINE")
NO_CRITERIA = -1.0
CLOSE = 1e-12  # relative: 3 x 0.1 is 0.3

Numbers = npt.NDArray[np.float64]


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


class Criterion(Model):
    """One row of a table of criteria: above, or below, which limit a result has which grade.

    >>> row = {"code": "HGB", "TERM": "Anemia", "DIRECTION": "L", "GRADE": 3, "LIMIT": 80, "UNIT": "g/L"}
    >>> Criterion.model_validate(row).beyond(np.array([79.0, 80.0]), np.array([80.0, 80.0]))
    array([ True, False])
    """

    code: str = Field(min_length=1, description="the parameter")
    term: str = Field("", alias="TERM", description="what the toxicity is called (ATOXDSCH, ATOXDSCL)")
    direction: Annotated[Literal["H", "L"], BeforeValidator(_upper)] = Field(
        alias="DIRECTION", description="H: high results are toxic, L: low ones"
    )
    grade: int = Field(alias="GRADE", ge=1, le=5, description="the grade")
    limit: float = Field(
        alias="LIMIT", allow_inf_nan=False, description="the limit, or how many times that of OF"
    )
    of: Annotated[Literal["", "ULN", "LLN", "BASE"], BeforeValidator(_upper)] = Field(
        "", alias="OF", description="what LIMIT is a multiple of: ULN, LLN, BASE"
    )
    unit: str = Field(
        "", alias="UNIT", description="unit of the result, in any case; of a multiple, if need be"
    )
    sign: Literal["", ">", ">=", "<", "<="] = Field("", alias="SIGN", description="default: > for H, < for L")
    baseline: Annotated[Literal["", "NORMAL", "ABNORMAL"], BeforeValidator(_upper)] = Field(
        "",
        alias="BASELINE",
        description="only where the baseline is, or is not, within the limit: NORMAL, ABNORMAL",
    )

    def beyond(self, value: Numbers, limit: Numbers) -> Mask:
        """Say which values are beyond their limit.

        >>> row = {"code": "ALT", "DIRECTION": "H", "GRADE": 2, "LIMIT": 3, "OF": "ULN", "SIGN": ">="}
        >>> Criterion.model_validate(row).beyond(np.array([0.3]), np.array([3 * 0.1]))
        array([ True])
        """
        equal = np.isclose(value, limit, rtol=CLOSE, atol=0.0)
        beyond = value > limit if self.direction == "H" else value < limit
        return np.asarray((beyond & ~equal) | (equal if self.sign.endswith("=") else False), bool)


@dataclass(frozen=True, eq=False, slots=True)
class _Results:
    """The results, and what limits are multiples of; shape (records,) each."""

    value: Numbers
    unit: Column
    of: dict[str, Numbers]

    def take(self, places: npt.NDArray[np.intp]) -> _Results:
        parts = {name: numbers[places] for name, numbers in self.of.items()}
        return _Results(self.value[places], self.unit.take(places), parts)

    def fits(self, one: Criterion) -> Mask:
        """Say which results are in the unit of a criterion."""
        wanted = one.unit.strip().casefold()
        return self.unit.where(lambda text: not wanted or text.strip().casefold() == wanted)

    def limit(self, one: Criterion) -> Numbers:
        return one.limit * self.of[one.of] if one.of else np.full(len(self.value), one.limit)

    def applies(self, one: Criterion) -> tuple[Mask, Mask]:
        """Say for which records a criterion holds, and for which that can't be known."""
        size = len(self.value)
        if not one.baseline:
            return np.ones(size, bool), np.isnan(self.limit(one))
        edge = self.of["ULN" if one.direction == "H" else "LLN"]
        base = self.of["BASE"]
        outside = base > edge if one.direction == "H" else base < edge
        holds = outside if one.baseline == "ABNORMAL" else ~outside
        return holds, np.isnan(base) | np.isnan(edge) | (holds & np.isnan(self.limit(one)))


@dataclass(frozen=True, eq=False, slots=True)
class _Graded:
    """The grades of one direction: NO_CRITERIA without criteria, NaN where none can be given, and why."""

    grade: Numbers
    row: Rows
    other: Mask
    unknown: Mask


class ToxicityGrade(VariableRule):
    """Toxicity {give} of {toxicity_grade} by the limits of {on} in {criteria}.

    The table is the study's own: a row for each parameter, direction and grade, with the columns of ``on``,
    TERM (the toxicity), DIRECTION (H, L), GRADE (1 to 5), LIMIT, OF (blank for a limit that is a number; ULN,
    LLN or BASE where it is a multiple of them), UNIT, and if need be SIGN (>=, <= where the limit itself is
    toxic) and BASELINE (NORMAL or ABNORMAL where a row holds only for such a baseline: one within ``high``,
    or ``low`` for direction L). Rows in another unit than the result do not hold.

    The grade is the highest whose limit the result is beyond, 0 where it is beyond none, and missing without
    a result and for a parameter without criteria. With ``direction: both`` the grade of a low result has a
    minus sign, and 0 needs both directions. ``give: term`` gives the name of the toxicity of the parameter
    instead. A result in no unit of its criteria (ADAM-061), or without a limit or baseline that one of its
    rows needs (ADAM-062), has no grade; ``unfit`` says whether that is an error. (ATOXGR, ATOXGRH, ATOXGRL,
    ATOXDSCH, ATOXDSCL: ADaMIG 1.3, section 3.3.4. Those of the baseline by ``baseline_value``.)

    >>> ToxicityGrade(toxicity_grade="AVAL", criteria="TOX", direction="high").sentence()
    'Toxicity grade of AVAL by the limits of PARAMCD in TOX, high.'
    """

    of: Value = Field(alias="toxicity_grade", description="the result, a number")
    criteria: TableName = Field(description="table of the study with the criteria")
    direction: Literal["both", "high", "low"] = Field("both", description="which criteria: both, high, low")
    give: Literal["grade", "term"] = Field("grade", description="grade, or term: the name of the toxicity")
    on: ColumnName = Field("PARAMCD", description="column with the parameter, here and in the table")
    unit: ColumnName = Field("", description="column with the unit of the result, such as AVALU")
    high: ColumnName = Field("", description="column with the upper limit of normal (ULN)")
    low: ColumnName = Field("", description="column with the lower limit of normal (LLN)")
    base: ColumnName = Field("", description="column with the baseline value (BASE)")
    unfit: Invalid = Field("error", description="a result without its unit or limit: error, query, missing")

    also: ClassVar[str] = (
        "[, {direction}][; unit {unit}][; upper limit of normal {high}][; lower limit of normal {low}]"
        "[; baseline {base}]"
    )
    example: ClassVar[str] = """\
ATOXGRH: {toxicity_grade: AVAL, criteria: toxicity, direction: high, unit: AVALU, high: ANRHI, base: BASE}
ATOXGRL: {toxicity_grade: AVAL, criteria: toxicity, direction: low, unit: AVALU, low: ANRLO}
ATOXDSCH: {toxicity_grade: AVAL, criteria: toxicity, direction: high, give: term}
BTOXGRH: {baseline_value: ATOXGRH, by: [USUBJID, PARAMCD]}
"""

    def references(self) -> Iterator[Reference]:
        """Name the columns, and those of the table.

        >>> [one.column for one in ToxicityGrade(toxicity_grade="AVAL", criteria="TOX").references()][:4]
        ['AVAL', '', 'PARAMCD', 'PARAMCD']
        """
        yield from super().references()
        for column in (self.on, *COLUMNS):
            yield Reference(column, self.criteria, self.place("criteria"))

    def ready(self, context: Context) -> None:
        """Check the criteria, where the table is one of the study.

        Raises:
            Refusal: ADAM-060.

        >>> from trialkit.samples import sample_context
        >>> ToxicityGrade(toxicity_grade="AVAL", criteria="TOX").ready(sample_context(Records({}, 0)))
        """
        table = context.store.tables.get(self.criteria)
        if table is not None and {self.on, *COLUMNS} <= set(table.columns):
            self._criteria(table)

    def apply(self, context: Context) -> Column:
        """Grade the results; keeps the row of the table that decided.

        >>> from trialkit.samples import sample_context, sample_records
        >>> table = {"PARAMCD": ["K"], "TERM": ["High"], "DIRECTION": ["H"], "GRADE": ["1"], "LIMIT": ["5.5"]}
        >>> table |= {"OF": [""], "UNIT": [""]}
        >>> records = sample_records(PARAMCD=["K", "K"], AVAL=[5.6, 5.5])
        >>> context = sample_context(records, TOX=sample_records(**table))
        >>> ToxicityGrade(toxicity_grade="AVAL", criteria="TOX").apply(context).objects().tolist()
        ['1', '0']
        """
        rows = [one for one in self._criteria(context.table(self.criteria)) if self._asked(one[1])]
        if self.give == "term":
            return self._terms([one for _, one in rows], context)
        results = self._results(context)
        code = as_text(context.column(self.on, self.place("on")))
        low, high = (
            self._graded([pair for pair in rows if pair[1].direction == direction], code, results)
            for direction in ("L", "H")
        )
        graded = (low.grade > 0) | (high.grade > 0)
        ungraded = ~graded & (np.isnan(low.grade) | np.isnan(high.grade))
        self._report(OTHER_UNIT, ungraded & (low.other | high.other), context)
        self._report(NO_LIMIT, ungraded & (low.unknown | high.unknown), context)
        deep = low.grade > 0
        worst = np.where(deep, low.grade, np.where(high.grade > 0, high.grade, 0.0))
        nothing = ungraded | ((low.grade == NO_CRITERIA) & (high.grade == NO_CRITERIA))
        context.witness(self.criteria, np.where(deep, low.row, high.row).astype(np.int32))
        signed = np.where(deep & (self.direction == "both"), -worst, worst)
        return _texts(np.where(nothing, np.nan, signed))

    def _asked(self, one: Criterion) -> bool:
        return self.direction == "both" or one.direction == self.direction[0].upper()

    def _terms(self, criteria: Sequence[Criterion], context: Context) -> Column:
        known = {one.code: one.term for one in reversed(criteria)}
        code = as_text(context.column(self.on, self.place("on"))).distinct()
        return Column(np.array([known.get(text, "") for text in code.values.tolist()], object), code.codes)

    def _results(self, context: Context) -> _Results:
        size = context.count
        names = {"ULN": self.high, "LLN": self.low, "BASE": self.base}
        unit = as_text(context.column(self.unit)) if self.unit else Column.constant("", size)
        of = {
            key: as_number(context.column(name), context, self).objects() if name else np.full(size, np.nan)
            for key, name in names.items()
        }
        return _Results(as_number(context.value(self.of), context, self).objects(), unit, of)

    def _graded(self, rows: list[tuple[int, Criterion]], code: Column, results: _Results) -> _Graded:
        """Grade one direction, each parameter by its own criteria."""
        size = len(code)
        made = _Graded(
            np.full(size, NO_CRITERIA),
            np.full(size, NONE, np.int32),
            np.zeros(size, bool),
            np.zeros(size, bool),
        )
        small = code.distinct()
        for number, text in enumerate(small.values.tolist()):
            mine = [(row, one) for row, one in rows if one.code == text]
            places = np.flatnonzero(small.codes == number) if mine else np.empty(0, np.intp)
            if len(places):
                part = _grade(mine, results.take(places))
                for name in ("grade", "row", "other", "unknown"):
                    getattr(made, name)[places] = getattr(part, name)
        return made

    def _report(self, kind: Kind, mask: Mask, context: Context) -> None:
        if mask.any() and self.unfit != "missing":
            shown = context.column(self.unit or self.on) if kind is OTHER_UNIT else context.column(self.on)
            context.report(kind, kind.title, mask, shown, self, severity=severity_of(self.unfit))

    def _criteria(self, table: Records) -> list[tuple[int, Criterion]]:
        """Read the rows of the table, all of which are good, or refuse it."""
        names = [name for name in (*COLUMNS, *OPTIONAL) if name in table.columns]
        texts = {name: as_text(table.columns[name]).objects().tolist() for name in (self.on, *names)}
        made, faults = [], []
        for row in range(table.count):
            given = {name: texts[name][row] for name in names if texts[name][row] != ""}
            try:
                made.append((row, Criterion.model_validate({"code": texts[self.on][row], **given})))
            except ValueError:
                faults.append(f"row {row + 1} of {self.criteria} is no criterion")
        faults += [f"row {row + 1} of {self.criteria} {said}" for row, said in self._doubts(made)]
        if faults:
            raise Refusal([Problem(BAD_CRITERIA, what, self.place("criteria")) for what in faults])
        return made

    def _doubts(self, made: list[tuple[int, Criterion]]) -> Iterator[tuple[int, str]]:
        keys = {"ULN": ("high", self.high), "LLN": ("low", self.low), "BASE": ("base", self.base)}
        lowest: dict[tuple[str, ...], float] = {}
        first: dict[tuple[str | int, ...], int] = {}
        for row, one in sorted(made, key=lambda pair: pair[1].grade):
            needs = {one.of, *(("BASE", "ULN" if one.direction == "H" else "LLN") if one.baseline else ())}
            for name in sorted(needs - {""}) if self._asked(one) and self.give == "grade" else ():
                key, column = keys[name]
                if not column:
                    yield row, f"needs {name}: name its column under `{key}`"
            if one.unit and not self.unit and self._asked(one) and self.give == "grade":
                yield row, "has a unit: name the column with that of the results under `unit`"
            sign = -1 if one.direction == "L" else 1
            if one.sign and (one.sign[0] == ">") != (one.direction == "H"):
                yield row, f"has the sign {one.sign} for direction {one.direction}"
            series = (one.code, one.direction, one.of, one.unit.upper(), one.baseline)
            if (*series, one.grade) in first:
                yield (
                    row,
                    f"gives grade {one.grade} again, as row {first[*series, one.grade] + 1} does",
                )
            elif sign * one.limit < lowest.get(series, -math.inf):
                yield row, "has a limit that is not beyond that of the grade before"
            first.setdefault((*series, one.grade), row)
            lowest[series] = sign * one.limit


def _grade(rows: list[tuple[int, Criterion]], results: _Results) -> _Graded:
    """Grade the results of one parameter in one direction."""
    there = ~np.isnan(results.value)
    size = len(there)
    grade, decided = np.where(there, 0.0, np.nan), np.full(size, NONE, np.int32)
    unknown, fitting = np.zeros(size, bool), np.zeros(size, bool)
    for row, one in sorted(rows, key=lambda pair: pair[1].grade):
        fits = results.fits(one)
        fitting |= fits & bool(one.unit)
        holds, lacking = results.applies(one)
        unknown |= there & fits & lacking
        beyond = there & fits & holds & one.beyond(results.value, results.limit(one))
        grade, decided = np.where(beyond, one.grade, grade), np.where(beyond, row, decided)
    other = there & ~fitting & any(one.unit for _, one in rows)
    lost = other | unknown
    row_of = np.where(lost, NONE, decided).astype(np.int32)
    return _Graded(np.where(lost, np.nan, grade), row_of, other, unknown & ~other)


def _texts(grades: Numbers) -> Column:
    values = Column.numbers(grades).distinct()
    texts = ["" if math.isnan(one) else str(int(one)) for one in values.values.tolist()]
    return Column(np.array(texts, object), values.codes)
