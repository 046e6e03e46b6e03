"""What ends a command that nothing foresaw: the environment, or a bug of ours."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path

from trialkit.problems import Exit, Kind, Problem

NO_MEMORY = Kind(
    "ENV-002",
    "memory ran out",
    "Build fewer datasets at once with --datasets, with fewer --workers, or on a larger machine.",
    exit=Exit.SPEC,
)
SYSTEM = Kind(
    "ENV-003", "the system refuses", "Check path, permissions and free space, then run again.", exit=Exit.SPEC
)
BUG = Kind(
    "BUG-001",
    "a bug of trialkit, not of the study",
    "Report it with that file; TRIALKIT_DEBUG=1 shows all of it here.",
    exit=Exit.BUG,
)

DEBUG = "TRIALKIT_DEBUG"


def terminal_ready() -> None:
    """Let the standard streams take any text: what they can't show is written as an escape.

    >>> terminal_ready()
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def problem_of(error: Exception) -> Problem:
    """Say in one line what ended a command, without any value of the data.

    The steps that led to a bug go to a file in the folder for temporary files, or to the standard
    error stream where TRIALKIT_DEBUG is set or no such file can be written.

    >>> problem_of(MemoryError()).kind.code
    'ENV-002'
    >>> problem_of(PermissionError(13, "Permission denied", "/x/out.csv")).what
    'permission denied: out.csv'
    """
    if isinstance(error, (MemoryError, BrokenExecutor)):
        what = (
            NO_MEMORY.title
            if isinstance(error, MemoryError)
            else "a worker process died, as it does without memory"
        )
        return Problem(NO_MEMORY, what)
    if isinstance(error, OSError) and error.strerror:
        file = Path(os.fsdecode(error.filename)).name if isinstance(error.filename, (str, bytes)) else ""
        return Problem(SYSTEM, f"{error.strerror.lower()}{f': {file}' if file else ''}")
    return Problem(BUG, f"{type(error).__name__} at {_spot(error)}; the steps are in {_written(error)}")


def _spot(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "no known place"


def _written(error: Exception) -> str:
    if not os.environ.get(DEBUG):
        try:
            handle, path = tempfile.mkstemp(".txt", "trialkit-")
            with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.writelines(_steps(error))
        except OSError:
            pass
        else:
            return path
    traceback.print_exception(error)
    return "the lines above"


def _steps(error: BaseException) -> Iterator[str]:
    """Give the steps of an error and of what caused it; not their messages, which may hold values."""
    cause = error.__cause__ or error.__context__
    if cause is not None:
        yield from _steps(cause)
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__name__}\n\n"
