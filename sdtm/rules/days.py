"""Study day, and the reference dates of a subject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from pydantic import Field

from trialkit.column import Column
from trialkit.context import Context
from trialkit.dates import study_day
from trialkit.match import match
from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.rule import Reference, Value, VariableRule

OWN_REFERENCE = Kind(
    "SDTM-001",
    "the reference date is in the dataset that is being built",
    "Name it: `reference: RFSTDTC`.",
    exit=Exit.SPEC,
)


class _OnReference(VariableRule):
    """What rules share that compare a date with a reference date of the subject."""

    reference: Value | None = Field(
        None, description="reference date; default: the subject's own in `table`, see the rule"
    )
    table: str = Field("DM", description="table with the default reference date, one row per subject")
    subject: str = Field("USUBJID", description="variable that identifies a subject, here and in `table`")

    default: ClassVar[str] = "RFSTDTC"

    def references(self) -> Iterator[Reference]:
        """Name the columns, and those of the subject's table where the reference date is there.

        >>> [(one.table, one.column) for one in StudyDay(study_day="LBDTC").references()]
        [('', 'LBDTC'), ('', 'USUBJID'), ('DM', 'USUBJID'), ('DM', 'RFSTDTC')]
        """
        yield from super().references()
        if self.reference is None:
            place = self.place()
            yield Reference(self.subject, place=place)
            yield Reference(self.subject, self.table, place)
            yield Reference(self.default, self.table, place)

    def told(self) -> dict[str, str]:
        """Name the default reference date where it is used.

        >>> StudyDay(study_day="DMDTC", reference="RFSTDTC").sentence()
        'Study day of DMDTC relative to RFSTDTC.'
        """
        default = {} if self.reference else {"reference": f"{self.table}.{self.default}"}
        return super().told() | default

    def reference_date(self, context: Context) -> Column:
        """Give the reference date of each record.

        Raises:
            Refusal: SDTM-001 in the dataset that holds the reference date itself.

        >>> from trialkit.samples import sample_store
        >>> from trialkit.records import Records
        >>> columns = {"USUBJID": Column.text(["1"]), "RFSTDTC": Column.text(["2021-03-05"])}
        >>> store = sample_store(DM=Records.start("DM", columns, 1))
        >>> context = Context(store, "LB", Records.start("LB", {"USUBJID": Column.text(["1"])}, 1))
        >>> StudyDay(study_day="LBDTC").reference_date(context).objects().tolist()
        ['2021-03-05']
        """
        if self.reference is not None:
            return context.value(self.reference)
        if context.dataset == self.table:
            raise Refusal([Problem(OWN_REFERENCE, f"{self.default} is in {self.table} itself", self.place())])
        table = context.table(self.table)
        mine, theirs = context.column(self.subject), table.columns[self.subject]
        rows = match([mine], context.count, [theirs], table.count).first()
        context.witness(self.table, rows)
        return table.columns[self.default].take_or_missing(rows)


class StudyDay(_OnReference):
    """Study day of {study_day} relative to {reference}.

    The reference date is day 1 and the day before it day -1; there is no day 0 (SDTMIG 3.4, section
    4.4.4). The default reference date is RFSTDTC of the subject in DM. A date that is not complete, or
    the lack of a reference date, gives a missing day. The date itself stays as it is.

    >>> StudyDay(study_day="LBDTC").sentence()
    'Study day of LBDTC relative to DM.RFSTDTC.'
    """

    of: Value = Field(alias="study_day", description="date (ISO 8601)")

    also: ClassVar[str] = "[, by {subject}]"
    example: ClassVar[str] = """\
LBDY: {study_day: LBDTC}
DMDY: {study_day: DMDTC, reference: RFSTDTC}
"""

    def apply(self, context: Context) -> Column:
        """Count the days.

        >>> from trialkit.samples import sample_context
        >>> from trialkit.records import Records
        >>> columns = {"D": Column.text(["2021-03-04"]), "R": Column.text(["2021-03-05"])}
        >>> records = Records.start("DM", columns, 1)
        >>> rule = StudyDay(study_day="D", reference="R")
        >>> rule.apply(sample_context(records)).objects().tolist()
        [-1.0]
        """
        found = study_day(context.value(self.of), self.reference_date(context))
        return found if context.count else Column.numbers(np.empty(0))
