"""A small working study to start from."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from trialkit.generate import schemas
from trialkit.problems import Exit, Kind, Problem, Refusal

NOT_EMPTY = Kind(
    "CLI-002", "the folder is not empty", "Give a new folder; nothing was written.", exit=Exit.SPEC
)
SCHEMA = "schema"


def start_study(folder: Path) -> list[str]:
    """Write a small working study, with raw data, into a new folder.

    Its specs name their JSON Schema in the first line. Where there is none beside the folder, as in
    specs/schema, the study gets its own.

    Returns:
        The paths of the files, relative to the folder.

    Raises:
        Refusal: when the folder has files already.

    >>> import tempfile
    >>> "study.yaml" in start_study(Path(tempfile.mkdtemp()) / "demo")
    True
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal([Problem(NOT_EMPTY, f"'{folder.name}' is there and is not empty")])
    with as_file(files("trialkit") / "templates" / "starter") as source:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    if not (folder.parent / SCHEMA / "study.schema.json").is_file():
        _own_schema(folder)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _own_schema(folder: Path) -> None:
    """Write the schemas into the study's own folder, and name them there."""
    (folder / SCHEMA).mkdir()
    made = schemas()
    for path in sorted(folder.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("$schema=../", "$schema=", 1), encoding="utf-8")
        name = text.splitlines()[0].rpartition("/")[2]
        (folder / SCHEMA / name).write_text(made[name], encoding="utf-8")
