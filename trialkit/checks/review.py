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
from trialkit.plan import all_variables
from trialkit.problems import Kind, Place, Problem
from trialkit.records import Records, is_main


@dataclass(frozen=True, eq=False, slots=True)
class Review:
    """One finished dataset and what it can be held against.

    >>> from trialkit.samples import sample_store
    >>> from trialkit.attributes import Dataset
    >>> from trialkit.built import Built
    >>> records = Records.start("SUBJ", {"SEX": Column.text(["M", "x"])}, 2)
    >>> review = Review(Built(None, Dataset("DM", "", ()), {"SEX": None}, records), sample_store())
    >>> review.has("SEX"), review.filled("SEX").tolist()
    (True, [True, True])
    """

    built: Built
    store: Store

    @property
    def domain(self) -> str:
        """Give the two characters that the dataset's variables begin with.

        >>> from trialkit.attributes import Dataset
        >>> from trialkit.built import Built
        >>> Review(Built(None, Dataset("LBCH", "", ()), {}, Records({}, 0)), None).domain
        'LB'
        """
        spec = self.built.spec
        return ((spec.domain if spec else "") or self.built.name)[:2]

    @property
    def count(self) -> int:
        """Count the records.

        >>> from trialkit.attributes import Dataset
        >>> from trialkit.built import Built
        >>> Review(Built(None, Dataset("LB", "", ()), {}, Records({}, 3)), None).count
        3
        """
        return self.built.count

    @property
    def subject(self) -> str:
        """Name the variable that identifies a subject.

        >>> from trialkit.samples import sample_store
        >>> Review(None, sample_store()).subject
        'USUBJID'
        """
        return self.store.subject

    def has(self, *names: str) -> bool:
        """Say whether all these variables are published.

        >>> from trialkit.attributes import Dataset
        >>> from trialkit.built import Built
        >>> Review(Built(None, Dataset("LB", "", ()), {}, Records({}, 3)), None).has("LBDTC")
        False
        """
        return all(name in self.built.metas for name in names)

    def column(self, name: str) -> Column:
        """Give the values of a variable.

        >>> from trialkit.attributes import Dataset
        >>> from trialkit.built import Built
        >>> records = Records({"SEX": Column.text(["M"])}, 1)
        >>> Review(Built(None, Dataset("DM", "", ()), {}, records), None).column("SEX").objects().tolist()
        ['M']
        """
        return self.built.records.columns[name]

    def filled(self, name: str) -> Mask:
        """Mark the records in which a variable has a value; shape (records,).

        >>> from trialkit.attributes import Dataset
        >>> from trialkit.built import Built
        >>> records = Records({"SEX": Column.text(["M", ""])}, 2)
        >>> Review(Built(None, Dataset("DM", "", ()), {}, records), None).filled("SEX").tolist()
        [True, False]
        """
        return ~self.column(name).missing()

    def table(self, name: str) -> Records | None:
        """Give another finished dataset of the run; None where there is none of that name.

        >>> from trialkit.samples import sample_store
        >>> Review(None, sample_store(DM=Records({}, 2))).table("DM").count
        2
        """
        return None if name in self.store.raw else self.store.tables.get(name)

    def of_subject(self, dataset: str, variable: str) -> Column | None:
        """Look a text variable up by subject, the first record counts; None where it is not there.

        >>> from trialkit.samples import sample_store
        >>> from trialkit.attributes import Dataset
        >>> from trialkit.built import Built
        >>> ids = Column.text(["1", "2"])
        >>> dm = Records({"USUBJID": ids, "RFSTDTC": Column.text(["2021", ""])}, 2)
        >>> lb = Built(None, Dataset("LB", "", ()), {"USUBJID": None}, Records({"USUBJID": ids}, 2))
        >>> Review(lb, sample_store(DM=dm)).of_subject("DM", "RFSTDTC").objects().tolist()
        ['2021', '']
        """
        table = self.table(dataset)
        if table is None or not {self.subject, variable} <= set(table.columns) or not self.has(self.subject):
            return None
        pairs = zip(table.columns[self.subject].objects(), table.columns[variable].objects(), strict=True)
        known = dict(reversed(list(pairs)))
        mine = self.column(self.subject)
        return Column(np.array([known.get(one, "") for one in mine.values.tolist()], object), mine.codes)

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

        >>> from trialkit.samples import sample_store
        >>> from trialkit.attributes import Dataset
        >>> from trialkit.built import Built
        >>> records = Records.start("SUBJ", {"SEX": Column.text(["M", "x"])}, 2)
        >>> built = Built(None, Dataset("DM", "", ()), {"SEX": None}, records)
        >>> kind = Kind("A-1", "t", "Do this.")
        >>> review = Review(built, sample_store())
        >>> review.problems(kind, "bad", "SEX", np.array([False, True]))[0].line()
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

        >>> from trialkit.attributes import Dataset
        >>> from trialkit.built import Built
        >>> Review(Built(None, Dataset("DM", "", ()), {}, Records({}, 0)), None).place("SEX")
        Place(file='', line=0, column=0, field='', dataset='', variable='', record='')
        """
        spec = self.built.spec
        if spec is None:
            return Place()
        known = all_variables(spec).get(variable)
        return (known or spec).place()

    def _cells(self, rows: npt.NDArray[np.int64], values: Column) -> Cells:
        records = self.built.records
        lineage = {key: source[rows] for key, source in records.rows.items() if is_main(key)}
        item = records.item.take(rows) if records.item is not None else None
        subject = records.columns.get(self.subject)
        who = subject.take(rows) if subject is not None else None
        return Cells(lineage, item, values.take(rows), who, rows.astype(np.int32))
