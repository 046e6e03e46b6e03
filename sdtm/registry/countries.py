"""Codes of countries by the names that the registry has for them (ISO 3166-1 alpha-3)."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def countries() -> dict[str, str]:
    """Load the code of each country by its English names.

    >>> countries()["China"], countries()["Korea, Republic of"]
    ('CHN', 'KOR')
    """
    lines = (files("sdtm") / "data" / "countries.csv").read_text("utf-8").splitlines()
    return {row["country"]: row["code"] for row in csv.DictReader(lines)}


def country_in(place: str) -> str:
    """Find the country that a place begins with, else the one named last; "" for none.

    >>> country_in("Korea, Republic of"), country_in("United States, Georgia")
    ('Korea, Republic of', 'United States')
    >>> country_in("Beijing, Beijing, China, 100098"), country_in("Principal Investigator")
    ('China', '')
    """
    known = countries()
    starts = [name for name in known if place == name or place.startswith(f"{name},")]
    named = [part.strip() for part in place.split(",") if part.strip() in known]
    return max(starts, key=len) if starts else named[-1] if named else ""
