"""Wait for Arrow's threads to let go of Python objects."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 2.0  # seconds; Arrow needs microseconds, or milliseconds on a busy machine
STEP = 0.0005


def wait_for_arrow(view: memoryview, held: Callable[[], object] = lambda: None) -> None:
    """Wait until no thread of Arrow holds a buffer or a Python object that it was given.

    Arrow may answer before its threads have let go of what they read. One that does so after the
    interpreter has ended would abort the process.

    Args:
        view: what Arrow read; it can't be used any more.
        held: gives an object that Arrow was handed, such as a weak reference; None once it is gone.

    >>> view = memoryview(b"text")
    >>> wait_for_arrow(view)
    >>> view.tobytes()
    Traceback (most recent call last):
    ValueError: operation forbidden on released memoryview object
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if held() is None and _released(view):
            return
        time.sleep(STEP)


def _released(view: memoryview) -> bool:
    try:
        view.release()
    except BufferError:
        return False
    return True
