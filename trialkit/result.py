"""What a user chooses for a run, and what the run made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from trialkit.built import Built
from trialkit.context import Store
from trialkit.dataflow import DatasetFlow, flows
from trialkit.dictionaries.load import Loaded
from trialkit.problems import Exit, Problems
from trialkit.queries.previous import Previous
from trialkit.study import Study


@dataclass(frozen=True, slots=True)
class Options:
    """What a user chooses for one run.

    >>> Options(Path("specs/demo"), Path("raw"), Path("build/demo")).workers
    1
    """

    specs: Path
    raw: Path
    out: Path
    datasets: tuple[str, ...] = ()
    workers: int = 1
    strict: bool = False
    dataset_json: bool = True
    profile: str = ""
    previous: Path | None = None
    dictionaries: Path | None = None


@dataclass(slots=True)
class Result:
    """What a run made: the datasets in order, the problems, and the ledger; and what it was given.

    ``suffix`` ends the names of the folders for reports, and ``asked`` counts the open lines of queries.csv
    once they are written.

    >>> from trialkit.samples import sample_result
    >>> [one.name for one in sample_result().built]
    ['DM', 'EX', 'VS']
    """

    study: Study
    store: Store
    built: list[Built]
    problems: Problems
    seconds: list[tuple[str, float]] = field(default_factory=list)
    previous: Previous | None = None
    dictionaries: dict[str, Loaded] = field(default_factory=dict)
    suffix: str = ""
    asked: int = 0
    _flows: dict[str, DatasetFlow] = field(default_factory=dict, init=False)

    @property
    def flows(self) -> dict[str, DatasetFlow]:
        """Give what flows where in each dataset, by the columns of the raw files that were read.

        >>> from trialkit.samples import sample_result
        >>> sorted(sample_result().flows)
        ['DM', 'EX', 'VS']
        """
        if not self._flows:
            headers = {name: list(table.columns) for name, table in self.store.raw.items()}
            self._flows.update(flows(self.study, headers))
        return self._flows

    def exit(self) -> Exit:
        """Give the exit code.

        >>> from trialkit.samples import sample_result
        >>> sample_result().exit()
        <Exit.OK: 0>
        """
        return self.problems.exit()
