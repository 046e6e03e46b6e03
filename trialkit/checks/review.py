"""A finished dataset under review: its columns, and the problems found in its records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trialkit.built import Built
from trialkit.cells import Cells
from trialkit.column import Column, Mask
from trialkit.context import Store
from trialkit.match import match
from trialkit.plan import all_variables
from trialkit.problems import Kind, Place, Problem
from trialkit.records import Records, is_main


@dataclass(frozen=True, eq=False, slots=True)
class Review:
    """One finished dataset and what it can be held against.

    >>> from trialkit.samples import sample_review
    >>> dm = sample_review("DM", SEX=["M", "x"])
    >>> dm.has("SEX"), dm.filled("SEX").tolist()
    (True, [True, True])
    """

    built: Built
    store: Store

    @property
    def domain(self) -> str:
        """Give the two characters that the dataset's variables begin with.

        >>> from trialkit.samples import sample_review
        >>> sample_review("LBCH", LBSEQ=[1.0]).domain
        'LB'
        """
        return (self.built.spec.domain or self.built.name)[:2]

    @property
    def count(self) -> int:
        """Count the records.

        >>> from trialkit.samples import sample_review
        >>> sample_review("LB", LBSEQ=[1.0, 2.0]).count
        2
        """
        return self.built.count

    @property
    def subject(self) -> str:
        """Name the variable that identifies a subject.

        >>> from trialkit.samples import sample_review
        >>> sample_review("LB", LBSEQ=[1.0]).subject
        'USUBJID'
        """
        return self.store.subject

    def has(self, *names: str) -> bool:
        """Say whether all these variables are published.

        >>> from trialkit.samples import sample_review
        >>> sample_review("LB", LBSEQ=[1.0]).has("LBSEQ", "LBDTC")
        False
        """
        return all(name in self.built.metas for name in names)

    def column(self, name: str) -> Column:
        """Give the values of a variable.

        >>> from trialkit.samples import sample_review
        >>> sample_review("DM", SEX=["M", ""]).column("SEX").objects().tolist()
        ['M', '']
        """
        return self.built.records.columns[name]

    def filled(self, name: str) -> Mask:
        """Mark the records in which a variable has a value; shape (records,).

        >>> from trialkit.samples import sample_review
        >>> sample_review("DM", SEX=["M", ""]).filled("SEX").tolist()
        [True, False]
        """
        return ~self.column(name).missing()

    def table(self, name: str) -> Records | None:
        """Give another finished dataset of the run; None where there is none of that name.

        >>> from trialkit.samples import sample_records, sample_review, sample_store
        >>> store = sample_store(DM=sample_records("DM", SEX=["M", "F"]))
        >>> sample_review("LB", store, LBSEQ=[1.0]).table("DM").count
        2
        """
        return None if name in self.store.raw else self.store.tables.get(name)

    def of_subject(self, dataset: str, variable: str) -> Column | None:
        """Look a text variable up by subject, the first record counts; None where it is not there.

        >>> from trialkit.samples import sample_records, sample_review, sample_store
        >>> store = sample_store(DM=sample_records("DM", USUBJID=["1", "2"], RFSTDTC=["2021", ""]))
        >>> lb = sample_review("LB", store, USUBJID=["2", "1", "1"])
        >>> lb.of_subject("DM", "RFSTDTC").objects().tolist()
        ['', '2021', '2021']
        """
        table = self.table(dataset)
        if table is None or not {self.subject, variable} <= set(table.columns) or not self.has(self.subject):
            return None
        mine, theirs = self.column(self.subject), table.columns[self.subject]
        return table.columns[variable].take_or_missing(
            match([mine], self.count, [theirs], table.count).first()
        )

    def problems(
        self,
        kind: Kind,
        what: str,
        variable: str,
        at: Mask | npt.NDArray[np.integer[Any]],
        values: Column | None = None,
        hint: str = "",
    ) -> list[Problem]:
        """Make one problem of all the records at fault; none where there is no such record.

        Args:
            kind: the kind of problem.
            what: one sentence without subject data.
            variable: the variable at fault; may be empty.
            at: the records at fault, as a mask or as ascending places.
            values: what to list, one value per record of the dataset; default: the variable's.
            hint: more help than the kind's.

        >>> from trialkit.samples import sample_review
        >>> dm, kind = sample_review("DM", SEX=["M", "x"]), Kind("A-1", "t", "Do this.")
        >>> dm.problems(kind, "bad", "SEX", np.array([False, True]))[0].line()
        'error A-1 DM.SEX record 2 bad. Do this.'
        """
        rows = np.flatnonzero(at) if at.dtype == bool else np.asarray(at, np.int64)
        if not len(rows):
            return []
        listed = self.column(variable) if values is None else values
        where = Place(dataset=self.built.name, variable=variable, record=f"record {rows[0] + 1}")
        cells, spec = self._cells(rows, listed), self.place(variable)
        return [Problem(kind, what, where, hint=hint, count=len(rows), spec=spec, cells=cells)]

    def place(self, variable: str) -> Place:
        """Give the place in the spec of a variable, else of the dataset.

        >>> from trialkit.samples import sample_result
        >>> dm = Review(sample_result().built[0], sample_result().store)
        >>> dm.place("SEX").file, dm.place("NONE").file
        ('sdtm/dm.yaml', 'sdtm/dm.yaml')
        """
        spec = self.built.spec
        known = all_variables(spec).get(variable)
        return (known or spec).place()

    def _cells(self, rows: npt.NDArray[np.int64], values: Column) -> Cells:
        records = self.built.records
        lineage = {key: source[rows] for key, source in records.rows.items() if is_main(key)}
        item = records.item.take(rows) if records.item is not None else None
        subject = records.columns.get(self.subject)
        who = subject.take(rows) if subject is not None else None
        return Cells(lineage, item, values.take(rows), who, rows.astype(np.int32))
