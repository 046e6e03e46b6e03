"""Checksums of a package: SHA-256, and MD5 as the backbone of an eCTD has it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

PIECE = 1 << 20
FILES = {"sha256": "sha256.txt", "md5": "md5.txt"}


def write_checksums(root: Path, paths: Iterable[str]) -> None:
    r"""Write the lists of checksums, each line as ``sha256sum -c`` and ``md5sum -c`` read it.

    Args:
        root: the folder of the package.
        paths: the files in it.

    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> _ = (root / "a.txt").write_bytes(b"a")
    >>> write_checksums(root, ["a.txt"])
    >>> (root / "md5.txt").read_text()
    '0cc175b9c0f1b6a831c399e269772661  a.txt\n'
    """
    found = {path: checksums(root / path) for path in sorted(paths)}
    for place, name in enumerate(FILES.values()):
        lines = (f"{codes[place]}  {path}\n" for path, codes in found.items())
        (root / name).write_text("".join(lines), encoding="utf-8", newline="\n")


def checksums(path: Path) -> tuple[str, str]:
    """Give the SHA-256 and the MD5 of a file, which is read once.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_bytes(b"a")
    >>> [code[:8] for code in checksums(path)]
    ['ca978112', '0cc175b9']
    """
    both = (hashlib.sha256(), hashlib.md5(usedforsecurity=False))
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            for one in both:
                one.update(piece)
    return both[0].hexdigest(), both[1].hexdigest()
