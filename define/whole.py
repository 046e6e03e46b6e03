"""Files that are written whole or not at all: one, several of one change, or a new folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from trialkit.publish import unwritable


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place and put it there; what stood there stays when that fails.

    Raises:
        Refusal: PUB-003, the file cannot be written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "define.xml"
    >>> write_whole(path, b"<ODM/>")
    >>> path.read_bytes(), len(list(path.parent.iterdir()))
    (b'<ODM/>', 1)
    """
    write_all({path: data})


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write all files, or leave all as they are.

    What needs space is written beside the files first, so that a full disk is found before any changes.

    Raises:
        Refusal: PUB-003, a file cannot be written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_all({folder / "dm.yaml": b"dataset: DM", folder / "none" / "vs.yaml": b"dataset: VS"})
    Traceback (most recent call last):
    trialkit.problems.Refusal: error PUB-003 vs.yaml no such file or directory. ...
    >>> list(folder.iterdir())
    []
    """
    path, done = Path(), list[Path]()
    try:
        for path, data in files.items():
            _beside(path, "part").write_bytes(data)
            if path.exists():
                shutil.copymode(path, _beside(path, "part"))
                shutil.copy2(path, _beside(path, "old"))
        for path in files:
            os.replace(_beside(path, "part"), path)
            done.append(path)
    except OSError as error:
        for changed in done:
            _restore(changed)
        raise unwritable(error, path) from error
    finally:
        for path in files:
            for end in ("part", "old"):
                with suppress(OSError):  # never written, or the folder is read-only
                    _beside(path, end).unlink()


def write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write a new folder, which is there with all its files or not at all.

    Args:
        out: a folder that is not there, or is empty; its parents are made.
        files: the files by their paths in it.

    Raises:
        Refusal: PUB-003, a file cannot be written.

    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "study"
    >>> write_folder(out, {"sdtm/dm.yaml": b"dataset: DM"})
    >>> [path.name for path in out.parent.iterdir()], (out / "sdtm" / "dm.yaml").read_bytes()
    (['study'], b'dataset: DM')
    """
    out = out.resolve()  # "." has no name
    beside = _beside(out, "part")
    shutil.rmtree(beside, ignore_errors=True)
    path = out
    try:
        for name, data in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        path = out
        _put(beside, out)
    except OSError as error:
        raise unwritable(error, out, "" if path == out else path.name) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _put(made: Path, out: Path) -> None:
    """Put a folder in its place; an empty one that is there stays, as a shell may stand in it."""
    if not out.is_dir():
        made.replace(out)
        return
    done: list[Path] = []
    try:
        for one in sorted(made.iterdir()):
            one.replace(out / one.name)
            done.append(one)
    except OSError:
        for one in done:
            (out / one.name).replace(one)
        raise


def _beside(path: Path, end: str) -> Path:
    return path.with_name(f".{path.name}.{end}")


def _restore(path: Path) -> None:
    """Put back what stood at a place, or nothing."""
    old = _beside(path, "old")
    if old.exists():
        os.replace(old, path)
    else:
        path.unlink()
