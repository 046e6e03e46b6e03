"""One record of a dataset, and the steps that had been taken when a rule saw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trialkit.explain.build import Build, rows_of
from trialkit.plan import all_variables
from trialkit.records import is_main, source_of, variable_of
from trialkit.rule import RecordRule
from trialkit.rules.intervals import Collapse
from trialkit.rules.join import Join
from trialkit.rules.records import Read, Stack
from trialkit.rules.totals import MEMBER
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
        above: number of the stack whose branch the steps are; "" for those of the dataset.
        crossed: ends of the keys of the rows that count before a step that was gone back through.
        repeats: those of them that repeat records.

    >>> from types import SimpleNamespace
    >>> Scope(None, SimpleNamespace(dataset="LB"), 3, ()).dataset
    'LB'
    """

    build: Build
    spec: DatasetSpec
    record: int
    steps: Sequence[RecordRule]
    variables: bool = False
    above: str = ""
    crossed: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Give the number of the last step, such as 2 or 2.1.

        >>> from types import SimpleNamespace
        >>> Scope(None, SimpleNamespace(dataset="LB"), 3, [Read(read="LAB")], above="2").path
        '2.1'
        """
        return f"{self.above}.{len(self.steps)}" if self.above else str(len(self.steps))

    def back(self, name: str = "") -> Scope:
        """Go back through the last step, where names are columns of the records.

        Args:
            name: a column that the step takes from another record than the others.

        >>> from types import SimpleNamespace
        >>> Scope(None, SimpleNamespace(dataset="LB"), 3, [Read(read="LAB")], True).back().variables
        False
        """
        step = self.steps[-1]
        end = name if isinstance(step, Collapse) and name == step.end else ""
        return replace(
            self,
            steps=self.steps[:-1],
            variables=False,
            crossed=(f"{end}/{self.path}", *self.crossed),
            repeats=(self.path, *self.repeats) if step.copies else self.repeats,
        )

    def into(self, branch: Sequence[RecordRule]) -> Scope:
        """Go into a branch of the last step, to its end.

        >>> from types import SimpleNamespace
        >>> Scope(None, SimpleNamespace(dataset="LB"), 3, [Read(read="LAB")]).into([]).above
        '1'
        """
        return replace(self, steps=branch, variables=False, above=self.path)

    def after(self, step: RecordRule) -> Scope:
        """Add a step at the end.

        >>> from types import SimpleNamespace
        >>> Scope(None, SimpleNamespace(dataset="LB"), 3, ()).after(Read(read="LAB")).path
        '1'
        """
        return replace(self, steps=[*self.steps, step])

    def number(self) -> int:
        """Give what the last step did with the record: its branch, its item, or that it was added.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"#/1": np.array([7])}, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, [Read(read="LAB")]).number()
        7
        """
        return self.row(f"#/{self.path}")

    def row(self, key: str) -> int:
        """Give a number of the record's lineage; -1 for none.

        >>> from types import SimpleNamespace
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({}, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).row("LAB")
        -1
        """
        rows = self.trace.rows.get(key)
        return int(rows[self.record]) if rows is not None else -1

    def has_read(self, table: str) -> bool:
        """Say whether a step before the last one reads or joins a table already.

        >>> from types import SimpleNamespace
        >>> steps = [Read(read="LAB"), Join(join="DM", on="USUBJID")]
        >>> scope = Scope(None, SimpleNamespace(dataset="LB"), 3, steps)
        >>> scope.has_read("LAB"), scope.has_read("DM")
        (True, False)
        """
        return any(_reads(step, table) for step in self.steps[:-1])

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
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({}, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 3, ()).trace.rows
        {}
        """
        return self.build.trace(self.dataset)

    def is_variable(self, name: str, owner: str) -> bool:
        """Say whether a name means another variable of the dataset.

        >>> from types import SimpleNamespace
        >>> Scope(None, SimpleNamespace(dataset="LB"), 3, ()).is_variable("LBDTC", "LBDY")
        False
        """
        return self.variables and name != owner and name in all_variables(self.spec)

    def main(self, table: str) -> list[int]:
        """Give the rows of a table that stand behind the record.

        Before a step that merges records it is the row of the first of them.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"LAB": np.array([7])}, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).main("LAB")
        [7]
        """
        for end in self.crossed:
            if (first := self.row(f"{table}@{end}")) >= 0:
                return [first]
        found = [row] if (row := self.row(table)) >= 0 else []
        for many in self.trace.many:
            if many.source == table:
                found += [row for row in rows_of(many, self.record).tolist() if row not in found]
        return found

    def tables(self) -> list[str]:
        """Name the tables with rows behind the record.

        >>> from types import SimpleNamespace
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({}, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).tables()
        []
        """
        named = [key for key in self.trace.rows if is_main(key)] + [many.source for many in self.trace.many]
        return [name for name in dict.fromkeys(named) if self.main(name)]

    def deciding(self, owner: str) -> list[tuple[str, int]]:
        """Give the rows of tables that decided a value; -1 where no row was found.

        Without a table it is a record of the dataset itself.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"EX@RFSTDTC": np.array([7])}, ()))
        >>> Scope(build, SimpleNamespace(dataset="DM"), 0, ()).deciding("RFSTDTC")
        [('EX', 7)]
        """
        return [(source_of(key), self.row(key)) for key in self._keys(owner) if not key.startswith("#")]

    def listed(self, owner: str) -> list[tuple[str, list[int]]]:
        """Give the rows of tables that were combined into a value.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> from trialkit.records import Many
        >>> made = Trace({"#EX@DOSE": np.array([0])}, (Many("#EX@DOSE", np.array([0, 0]), np.array([7, 8])),))
        >>> build = SimpleNamespace(trace=lambda dataset: made)
        >>> Scope(build, SimpleNamespace(dataset="DM"), 0, ()).listed("DOSE")
        [('EX', [7, 8])]
        """
        lists = {many.source: many for many in self.trace.many}
        return [
            (key[1:].split("@")[0], rows_of(lists[key], self.row(key)).tolist() if key in lists else [])
            for key in self._keys(owner)
            if key.startswith("#") and "@" in key
        ]

    def branches(self, owner: str) -> list[int]:
        """Give what the choosing rules of a value chose.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"#DSCAT": np.array([1])}, ()))
        >>> Scope(build, SimpleNamespace(dataset="DS"), 0, ()).branches("DSCAT")
        [1]
        """
        return [self.row(key) for key in self._keys(owner) if key.startswith("#") and "@" not in key]

    def _keys(self, owner: str) -> list[str]:
        return sorted((key for key in self.trace.rows if variable_of(key) == owner), key=_number)

    def other(self, table: str, row: int) -> int | None:
        """Find the record behind which a row stands; None where that is not one.

        Of several records of one row it is the one that was gathered as the same item.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"LAB": np.array([7, 9])}, ()))
        >>> Scope(build, SimpleNamespace(dataset="LB"), 0, ()).other("LAB", 9)
        1
        """
        rows = self.trace.rows
        found = np.flatnonzero(rows[table] == row) if table in rows else np.empty(0, np.intp)
        for key in [key for key in rows if key.startswith("#/")]:
            if len(found) > 1:
                found = found[rows[key][found] == rows[key][self.record]]
        return int(found[0]) if len(found) == 1 else None

    def members(self) -> list[int]:
        """Give the records that the last step added up into this one; not those that repeat them.

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> build = SimpleNamespace(trace=lambda dataset: Trace({"#/1": np.array([-2, -2, 0])}, ()))
        >>> Scope(build, SimpleNamespace(dataset="QS"), 2, [Read(read="ALSFRS")]).members()
        [0, 1]
        """
        rows = self.trace.rows
        member = rows[f"#/{self.path}"] == MEMBER - self.number()
        for path in self.repeats:
            member = member & (rows[f"#/{path}"] < 0)
        parts = self.above.split(".") if self.above else []
        for end in range(1, len(parts) + 1):  # the steps of another branch have the same numbers
            branch = rows[f"#/{'.'.join(parts[:end])}"]
            member = member & (branch == branch[self.record])
        members: list[int] = np.flatnonzero(member).tolist()
        return members


def _reads(step: RecordRule, table: str) -> bool:
    if isinstance(step, Stack):
        return any(_reads(one, table) for branch in step.branches for one in branch)
    return isinstance(step, (Read, Join)) and step.table == table


def _number(key: str) -> tuple[int, str]:
    base, _, number = key.partition("~")
    return int(number or 1), base
