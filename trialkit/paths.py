"""Paths that a spec may name: inside one folder, on every platform, whoever wrote them."""

from __future__ import annotations

import re
from pathlib import Path

from trialkit.problems import Exit, Kind, Problem, Refusal

UNSAFE = Kind(
    "PATH-001",
    "path leads outside the folder",
    "Give a relative path with forward slashes to a file inside the folder.",
    exit=Exit.SPEC,
)

LOCALE = "Set LC_ALL=C.UTF-8 or PYTHONUTF8=1, or rename the file."

_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"
}
_REASONS = (
    (re.compile(r"^\s*$"), "is empty"),
    (re.compile(r"[\x00-\x1f\x7f]"), "holds a control character"),
    (re.compile(r"^[A-Za-z]:[\\/]|^[/\\]"), "is absolute"),
    (re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:"), "is a URL or names a drive"),
    (re.compile(r"\\"), "has a backslash"),
    (re.compile(r"^~"), "begins with ~"),
    (re.compile(r"\$|%[^%]+%"), "names an environment variable"),
    (re.compile(r"[:*?\"<>|]"), "holds a character that some platforms refuse"),
    (re.compile(r"(^|/)\.\.(/|$)"), "climbs out of the folder"),
    (re.compile(r"(^|/)[^/]*[^./][. ]+(/|$)|(^|/)[. ]{3,}(/|$)"), "has a part that ends in a dot or blank"),
)


def safe_path(folder: Path, text: str) -> Path:
    """Turn a path of a spec into the path of a file inside a folder.

    Args:
        folder: the study or raw folder.
        text: the path as the spec has it, relative to the folder.

    Returns:
        The absolute path; the file need not exist.

    Raises:
        Refusal: PATH-001 when the path is absolute, climbs out, follows a symbolic link out, or is a
            URL, a home or environment reference, a device name or no path at all.

    >>> safe_path(Path("raw"), "edc/AE.csv").relative_to(Path("raw").resolve()).as_posix()
    'edc/AE.csv'
    >>> safe_path(Path("raw"), "../AE.csv")
    Traceback (most recent call last):
    trialkit.problems.Refusal: error PATH-001 path '../AE.csv' climbs out of the folder. Give a \
relative path with forward slashes to a file inside the folder.
    """
    reason = _unsafe(text)
    if reason:
        raise _refusal(text, reason)
    root = folder.resolve()
    try:
        path = (root / text).resolve()
    except UnicodeEncodeError as error:
        raise _refusal(text, "cannot be written in the system's encoding", LOCALE) from error
    except (OSError, RuntimeError) as error:
        raise _refusal(text, "cannot be resolved") from error
    if not path.is_relative_to(root):
        raise _refusal(text, "follows a symbolic link out of the folder")
    return path


def _unsafe(text: str) -> str:
    for pattern, reason in _REASONS:
        if pattern.search(text):
            return reason
    parts = text.casefold().split("/")
    if any(part.split(".")[0].strip() in _DEVICES for part in parts):
        return "names a device"
    return ""


def _refusal(text: str, reason: str, hint: str = "") -> Refusal:
    return Refusal([Problem(UNSAFE, f"path {text!r} {reason}", hint=hint)])
