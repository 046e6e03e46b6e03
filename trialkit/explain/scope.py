"""One record of a dataset, and the steps that had been taken when a rule saw it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trialkit.explain.build import Build, rows_of
from trialkit.plan import all_variables
from trialkit.records import is_main, source_of, variable_of
from trialkit.rule import RecordRule
from trialkit.rules.gather import Gather
from trialkit.rules.records import Read, Stack
from trialkit.spec import DatasetSpec
from trialkit.trace import Trace


@dataclass(frozen=True, slots=True)
class Scope:
    """What a rule saw when it made one value.

    Args:
        build: the build.
        spec: the dataset.
        record: place of its record, from 0.
        steps: the record rules before the rule.
        variables: whether names are variables of the dataset before they are columns.

    >>> from types import SimpleNamespace
    >>> Scope(None, SimpleNamespace(dataset="LB"), 3, ()).dataset
    'LB'
    """

    build: Build
    spec: DatasetSpec
    record: int
    steps: Sequence[RecordRule]
    variables: bool = False

    @property
    def dataset(self) -> str:
        """Give the dataset's name.

        >>> from types import SimpleNamespace
        >>> Scope(None, SimpleNamespace(dataset="LB"), 3, ()).dataset
        'LB'
        """
        return self.spec.dataset

    @property
    def trace(self) -> Trace:
        """Give the dataset's lineage.

        >>> from types import SimpleNamespace
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({}, None, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 3, ()).trace.rows
        {}
        """
        return self.build.trace(self.dataset)

    def before(self, steps: Sequence[RecordRule]) -> Scope:
        """Go back to fewer steps, where names are columns of the records.

        >>> from types import SimpleNamespace
        >>> Scope(None, SimpleNamespace(dataset="LB"), 3, (), True).before(()).variables
        False
        """
        return replace(self, steps=steps, variables=False)

    def is_variable(self, name: str, owner: str) -> bool:
        """Say whether a name means another variable of the dataset.

        >>> from types import SimpleNamespace
        >>> Scope(None, SimpleNamespace(dataset="LB"), 3, ()).is_variable("LBDTC", "LBDY")
        False
        """
        return self.variables and name != owner and name in all_variables(self.spec)

    def main(self, table: str) -> list[int]:
        """Give the rows of a table that stand behind the record.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"LAB": np.array([7])}, None, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).main("LAB")
        [7]
        """
        rows = self.trace.rows.get(table)
        found = [int(rows[self.record])] if rows is not None and rows[self.record] >= 0 else []
        for many in self.trace.many:
            if many.source == table:
                found += [row for row in rows_of(many, self.record).tolist() if row not in found]
        return found

    def tables(self) -> list[str]:
        """Name the tables with rows behind the record.

        >>> from types import SimpleNamespace
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({}, None, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).tables()
        []
        """
        named = [key for key in self.trace.rows if is_main(key)] + [many.source for many in self.trace.many]
        return [name for name in dict.fromkeys(named) if self.main(name)]

    def deciding(self, owner: str) -> list[tuple[str, int]]:
        """Give the rows of tables that decided a value; -1 where no row was found.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"EX@RFSTDTC": np.array([7])}, None, ()))
        >>> Scope(build, SimpleNamespace(dataset="DM"), 0, ()).deciding("RFSTDTC")
        [('EX', 7)]
        """
        keys = [key for key in self.trace.rows if variable_of(key) == owner and not key.startswith("#")]
        return [(source_of(key), int(self.trace.rows[key][self.record])) for key in sorted(keys, key=_number)]

    def branches(self, owner: str) -> list[int]:
        """Give what the choosing rules of a value chose.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"#DSCAT": np.array([1])}, None, ()))
        >>> Scope(build, SimpleNamespace(dataset="DS"), 0, ()).branches("DSCAT")
        [1]
        """
        keys = [key for key in self.trace.rows if variable_of(key) == owner and key.startswith("#")]
        return [int(self.trace.rows[key][self.record]) for key in sorted(keys, key=_number)]

    @property
    def item(self) -> str:
        """Name the raw column that the record was gathered from; "" for none.

        >>> from types import SimpleNamespace
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({}, None, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).item
        ''
        """
        column = self.trace.item
        return str(column.values[column.codes[self.record]]) if column is not None else ""

    def other(self, table: str, row: int) -> int | None:
        """Find the record behind which a row stands; None where that is not one.

        Of several records of one row it is the one that was gathered from the same raw column.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"LAB": np.array([7, 9])}, None, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).other("LAB", 9)
        1
        """
        rows, item = self.trace.rows.get(table), self.trace.item
        found = np.flatnonzero(rows == row) if rows is not None else np.empty(0, np.intp)
        if len(found) > 1 and item is not None:
            found = found[item.values[item.codes[found]] == self.item]
        return int(found[0]) if len(found) == 1 else None

    def merged(self) -> bool:
        """Say whether the record was made from several.

        >>> from types import SimpleNamespace
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({}, None, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).merged()
        False
        """
        if any(len(rows_of(many, self.record)) for many in self.trace.many):
            return True
        gathers = any(isinstance(one, Gather) for one in flat(self.steps))
        return gathers and self.trace.item is not None and not self.item

    def branch_fits(self, branch: Sequence[RecordRule]) -> bool:
        """Say whether the record may have come from a branch of a stack.

        >>> from types import SimpleNamespace
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({}, None, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).branch_fits([Read(read="LAB")])
        False
        """
        reads = [one.table for one in flat(branch) if isinstance(one, Read)]
        gathers = any(isinstance(one, Gather) for one in flat(branch))
        return any(self.main(table) for table in reads) and (gathers or not self.item)


def _number(key: str) -> tuple[int, str]:
    base, _, number = key.partition("~")
    return int(number or 1), base


def flat(steps: Sequence[RecordRule]) -> Iterator[Any]:
    """Give the steps, those in branches of stacks included.

    >>> [one.key() for one in flat([Stack(stack=[[{"read": "AE"}]])])]
    ['stack', 'read']
    """
    for step in steps:
        yield step
        if isinstance(step, Stack):
            for branch in step.branches:
                yield from flat(branch)
