"""The toolkit's other packages, found by name and checked to be ours."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from trialkit.problems import Exit, Kind, Problem, Refusal
from trialkit.standard import Standard

FOREIGN = Kind(
    "ENV-001",
    "another package has the name of one of ours",
    "Use a virtual environment of its own, or remove the other package.",
    exit=Exit.SPEC,
)
PACKAGES = ("sdtm", "adam", "define")
USUAL = {"sdtm": "3.4", "adam": "1.3"}  # the guides that are followed where nothing says otherwise


def check_packages() -> None:
    """Check that ``sdtm``, ``adam`` and ``define`` are the ones that came with this toolkit.

    Raises:
        Refusal: naming each package that is not.

    >>> check_packages()
    """
    ours = Path(__file__).resolve().parent.parent
    wrong = []
    for name in PACKAGES:
        file = importlib.import_module(name).__file__
        if file is None or Path(file).resolve().parent.parent != ours:
            wrong.append(Problem(FOREIGN, f"package '{name}' is not the one of this toolkit"))
    if wrong:
        raise Refusal(wrong)


def part_of(package: str, module: str) -> ModuleType:
    """Give a module of one of our packages, which the engine does not import itself.

    >>> part_of("sdtm", "standard").standard().version
    '3.4'
    """
    return importlib.import_module(f"{package}.{module}")


def standard_of(package: str, version: str = "") -> Standard:
    """Give the standard that one of our packages implements.

    Args:
        package: ``sdtm`` or ``adam``.
        version: of the implementation guide; empty for the usual one.

    Raises:
        Refusal: for a version that it does not know.

    >>> standard_of("sdtm").version
    '3.4'
    """
    made: Standard = importlib.import_module(f"{package}.standard").standard(version or USUAL[package])
    return made
