"""Progress on the terminal, for what takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

SILENT_SECONDS = 2.0


@dataclass(slots=True)
class Steps:
    """Counts the steps of a run and keeps how long each took.

    >>> steps = Steps(2)
    >>> with steps.step("read"): pass
    >>> [name for name, _ in steps.seconds]
    ['read']
    """

    total: int
    shown: bool = False
    seconds: list[tuple[str, float]] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    _bar: Progress | None = None

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step by its CPU seconds; the bar appears when the run passes two seconds.

        >>> with Steps(1).step("x"): pass
        """
        self._show(name)
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds.append((name, time.process_time() - start))
            self._show(name)

    def _show(self, name: str) -> None:
        late = time.perf_counter() - self.began > SILENT_SECONDS
        if self.shown and late and self._bar is None:
            self._bar = _bar()
            self._bar.add_task(name, total=self.total)
            self._bar.start()
        if self._bar is not None:
            task = self._bar.tasks[0].id
            self._bar.update(task, description=name, completed=len(self.seconds))

    def stop(self) -> None:
        """Take the bar away.

        >>> Steps(1).stop()
        """
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar() -> Progress:
    """Make a bar; the library is loaded only by a run that shows one."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=Console(file=sys.stderr), transient=True)


def on_terminal() -> bool:
    """Say whether a person watches the standard error stream.

    >>> isinstance(on_terminal(), bool)
    True
    """
    return sys.stderr.isatty()
