"""Publishing a folder: complete or not at all, one run at a time, and only over our own folders."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from trialkit.problems import Exit, Kind, Place, Problem, Problems, Refusal

LOCKED = Kind(
    "PUB-001",
    "another run is writing the same folder",
    "Wait until it ends, then run again.",
    exit=Exit.SPEC,
)
FOREIGN = Kind(
    "PUB-002",
    "output folder was not made by this toolkit",
    "Give another folder, or empty this one yourself.",
    exit=Exit.SPEC,
)
UNWRITABLE = Kind(
    "PUB-003",
    "output cannot be written",
    "Free space or get the permission, then run again; the earlier output is as it was.",
    exit=Exit.SPEC,
)

MANIFEST = "manifest.json"
# the manifest of a folder whose .json files are datasets
DATA_MANIFEST = "MANIFEST"
MANIFESTS = (MANIFEST, DATA_MANIFEST)
LOG = "log"

_MADE_BY = "trialkit"
_ENVIRONMENT = {
    errno.EACCES: "permission denied",
    errno.EDQUOT: "quota exceeded",
    errno.EFBIG: "file too large",
    errno.ENAMETOOLONG: "name too long",
    errno.EIO: "input/output error",
    errno.ENOSPC: "no space left on the device",
    errno.ENOTDIR: "a part of the path is a file",
    errno.EPERM: "operation not permitted",
    errno.EROFS: "read-only file system",
}

Verify = Callable[[Path], Iterable[Problem]]


def _verified(_: Path) -> Iterable[Problem]:
    return ()


@contextmanager
def publishing(out: Path, verify: Verify = _verified) -> Iterator[Path]:
    """Give a folder to write to, and put it in the place of ``out`` when the block ends well.

    The earlier output stays whole while the block runs, and after it fails or is killed; what a
    killed run left is cleared away by the next one. ``log/`` of the earlier output is kept.
    Folders beside ``out`` with its name, a dot before and ``.new``, ``.old`` or ``.lock`` behind
    are used meanwhile.

    Args:
        out: the folder to publish; its parents are made.
        verify: reads back the finished folder; any error that it gives stops publishing.

    Raises:
        Refusal: PUB-001 to PUB-003, or the errors of ``verify``; also raised by the block itself.
        RuntimeError: the block ended without ``write_manifest``.

    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "sdtm"
    >>> with publishing(out) as staging:
    ...     _ = (staging / "dm.xpt").write_bytes(b"")
    ...     write_manifest(staging, {"study": "S1"})
    >>> sorted(path.name for path in out.iterdir())
    ['dm.xpt', 'manifest.json']
    """
    out = out.resolve()
    if not out.name:
        raise _refusal(FOREIGN, "it is the root folder", out)
    with _environment(out), ExitStack() as stack:
        _make(out.parent)
        stack.enter_context(_locked(out))
        _settle(out)
        stack.callback(_settle, out)
        staging = _beside(out, "new")
        staging.mkdir()
        yield staging
        if not _ours(staging):
            raise RuntimeError(f"no {MANIFEST} was written for {out.name}")
        Problems(list(verify(staging))).refuse()
        _swap(out)


def write_manifest(folder: Path, facts: Mapping[str, Any], name: str = MANIFEST) -> None:
    """Write the manifest of a folder: the facts, and the SHA-256 of every file but logs.

    Args:
        folder: the folder, with all its files.
        facts: what made it, such as inputs, versions and counts; plain JSON data.
        name: one of ``MANIFESTS``.

    Raises:
        OSError: a file cannot be read or the manifest not written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_manifest(folder, {"study": "S1"})
    >>> read_manifest(folder)
    {'made_by': 'trialkit', 'outputs': {}, 'study': 'S1'}
    """
    manifest = {**facts, "made_by": _MADE_BY, "outputs": hashes(folder)}
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / name).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Read the manifest of a folder; None where there is none of this toolkit.

    >>> import tempfile
    >>> read_manifest(Path(tempfile.mkdtemp())) is None
    True
    """
    found = [manifest for name in MANIFESTS if (manifest := _read(folder / name)) is not None]
    return found[0] if found else None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    ours = isinstance(manifest, dict) and manifest.get("made_by") == _MADE_BY
    return manifest if ours else None


def hashes(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of every file of a folder by its path; not of logs or the manifest.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "a.txt").write_bytes(b"a")
    1
    >>> {name: code[:8] for name, code in hashes(folder).items()}
    {'a.txt': 'ca978112'}
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).as_posix(): path for path in files}
    kept = sorted(name for name in names if name not in MANIFESTS and not name.startswith(f"{LOG}/"))
    return {name: _sha256(names[name]) for name in kept}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _beside(out: Path, end: str) -> Path:
    return out.with_name(f".{out.name}.{end}")


def _ours(folder: Path) -> bool:
    return read_manifest(folder) is not None


@contextmanager
def _environment(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _ENVIRONMENT:
            raise
        raise unwritable(
            error, out, Path(os.fsdecode(error.filename)).name if error.filename else ""
        ) from error


def unwritable(error: OSError, out: Path, file: str = "") -> Refusal:
    """Say why output cannot be written.

    Args:
        error: what the system said.
        out: the file or folder that was to be written.
        file: the file of the folder at which that failed.

    >>> print(unwritable(OSError(errno.EROFS, ""), Path("specs/study.yaml")).problems[0].what)
    read-only file system
    """
    what = _ENVIRONMENT.get(error.errno or 0) or (error.strerror or type(error).__name__).lower()
    return _refusal(UNWRITABLE, f"{what}: {file}" if file else what, out)


def _refusal(kind: Kind, what: str, out: Path) -> Refusal:
    return Refusal([Problem(kind, what, Place(file=out.name))])


def _make(parent: Path) -> None:
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(parent)) from error


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold the lock of an output folder; the system lets go of it when a process dies."""
    path = _beside(out, "lock")
    file = _lock(path, out)
    try:
        yield
    finally:
        path.unlink()
        file.close()


def _lock(path: Path, out: Path) -> TextIO:
    while True:
        file = path.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _refusal(LOCKED, f"process {_holder(file)} is writing it", out) from error
        # the run before may have removed the file between our opening and locking it
        if os.fstat(file.fileno()).st_nlink:
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            return file
        file.close()


def _holder(file: TextIO) -> str:
    with file:
        file.seek(0)
        return file.read() or "unknown"


def _settle(out: Path) -> None:
    """Finish or undo a swap, and clear away what it left."""
    new, old = _beside(out, "new"), _beside(out, "old")
    if old.exists() and not out.exists():
        old.rename(out)
    _refuse_foreign(out)
    if old.exists():
        _keep_log(old / LOG, out / LOG)
        shutil.rmtree(old)
    if new.exists():
        shutil.rmtree(new)


def _refuse_foreign(out: Path) -> None:
    if not out.exists() or _ours(out):
        return
    if not out.is_dir():
        raise _refusal(FOREIGN, "it is a file", out)
    if any(path.name != LOG for path in out.iterdir()):
        raise _refusal(FOREIGN, f"it has files but no {MANIFEST} of this toolkit", out)


def _keep_log(earlier: Path, kept: Path) -> None:
    for path in sorted(earlier.iterdir()) if earlier.is_dir() else ():
        kept.mkdir(exist_ok=True)
        if not (kept / path.name).exists():
            path.rename(kept / path.name)


def _swap(out: Path) -> None:
    if out.exists():
        out.rename(_beside(out, "old"))
    _beside(out, "new").rename(out)
