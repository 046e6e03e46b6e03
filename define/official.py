"""Files that the package ``defineutils`` carries: the schemas of CDISC and the stylesheet of the agency."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def official_file(name: str) -> Path:
    """Find a file of ``defineutils`` by its name, without importing the package.

    Raises:
        FileNotFoundError: the package that is installed has no such file.

    >>> official_file("define2-1.xsl").name
    'define2-1.xsl'
    """
    spec = find_spec("defineutils")
    places = (spec and spec.submodule_search_locations) or ()
    for place in places:
        for found in sorted(Path(place).rglob(name)):
            return found
    raise FileNotFoundError(f"defineutils has no {name}: install trialkit again")
